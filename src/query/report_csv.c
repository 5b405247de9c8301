/*
 * RFC 4180: CRLF ends a record, a cell with comma, quote or line break stands in quotes.  What a
 * spreadsheet would take for a formula is made text by an apostrophe: cells that begin with =, +, -
 * or @, also behind blanks, tabs and quotes, which some spreadsheets pass over.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "flow/flow.h"
#include "query/writer.h"

static bool may_be_formula(const char *text)
{
	text += strspn(text, " \t\r\n\"'");
	return *text && strchr("=+-@", *text);
}

static void put_cell(FILE *out, const char *text)
{
	bool quote = text[strcspn(text, ",\"\r\n")] != '\0' || *text == ' ' || *text == '\t';

	if (quote)
		putc('"', out);
	if (may_be_formula(text))
		putc('\'', out);
	for (; *text; text++) {
		if (*text == '"')
			putc('"', out);
		putc(*text, out);
	}
	if (quote)
		putc('"', out);
}

static void put_texts(FILE *cell, const struct list *l)
{
	const char *const *items = l->items;

	for (size_t i = 0; i < l->count; i++)
		fprintf(cell, "%s%s", i ? "; " : "", items[i]);
}

static void put_numbers(FILE *cell, const struct numbers *n)
{
	for (size_t i = 0; i < n->count; i++)
		fprintf(cell, "%s%u", i ? "; " : "", n->items[i]);
}

static void put_outcomes(FILE *cell, const int64_t *counts)
{
	for (int i = 0; i < OUTCOME_COUNT; i++)
		fprintf(cell, "%s%s=%" PRId64, i ? "; " : "", outcome_name((enum outcome)i),
			counts[i]);
}

static void put_counts(FILE *cell, const struct list *l)
{
	const struct named_count *items = l->items;

	for (size_t i = 0; i < l->count; i++)
		fprintf(cell, "%s%s=%" PRId64, i ? "; " : "", items[i].name, items[i].count);
}

/* Texts without JSON's quotes; the rest as JSON has it. */
static void put_value(FILE *cell, const struct field *f, const void *row)
{
	const void *at = field_at(f, row);

	if (f->kind == FIELD_CHARS)
		fputs(at, cell);
	else if (f->kind == FIELD_TEXT)
		fputs(*(const char *const *)at, cell);
	else if (f->kind == FIELD_TEXTS)
		put_texts(cell, at);
	else if (f->kind == FIELD_NUMBERS)
		put_numbers(cell, at);
	else if (f->kind == FIELD_OUTCOMES)
		put_outcomes(cell, at);
	else if (f->kind == FIELD_COUNTS)
		put_counts(cell, at);
	else
		json_value(cell, f, row);
}

/* A time as RFC 3339 text: JSON's, but for its quotes. */
static char *unquoted(char *text)
{
	size_t n = strlen(text);

	text[n - 1] = '\0';
	return text + 1;
}

static void put_field(FILE *out, const struct field *f, const void *row)
{
	char *text = NULL;
	size_t length = 0;
	FILE *cell;

	if (value_is_null(f, row))
		return;
	cell = open_memstream(&text, &length);
	if (!cell)
		return;
	put_value(cell, f, row);
	if (fclose(cell) == 0)
		put_cell(out, f->kind == FIELD_TIME ? unquoted(text) : text);
	free(text);
}

static void walk(FILE *out, const struct field *fields, const void *row, bool *first)
{
	for (const struct field *f = fields; f->name; f++) {
		if (f->kind == FIELD_INLINE) {
			walk(out, f->fields, row ? field_at(f, row) : NULL, first);
			continue;
		}
		if (!*first)
			putc(',', out);
		*first = false;
		if (row)
			put_field(out, f, row);
		else
			put_cell(out, f->name);
	}
}

void csv_heading(FILE *out, const struct field *fields)
{
	bool first = true;

	walk(out, fields, NULL, &first);
	fputs("\r\n", out);
}

void csv_row(FILE *out, const struct field *fields, const void *row)
{
	bool first = true;

	walk(out, fields, row, &first);
	fputs("\r\n", out);
}
