/*
 * RFC 4180: CRLF ends a record, a cell with comma, quote or line break stands in quotes.  What a
 * spreadsheet would take for a formula is made text by an apostrophe: cells that begin with =, +, -
 * or @, also behind blanks, tabs and quotes, which some spreadsheets pass over.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/moment.h"
#include "judge/offence.h"
#include "formats.h"
#include "query/memory.h"

static bool may_be_formula(const char *text)
{
	text += strspn(text, " \t\r\n\"'");
	return *text && strchr("=+-@", *text);
}

static void put_cell(FILE *out, const char *text)
{
	bool quote = text[strcspn(text, ",\"\r\n")] != '\0' || *text == ' ' || *text == '\t';

	if (quote)
		putc_unlocked('"', out);
	if (may_be_formula(text))
		putc_unlocked('\'', out);
	for (; *text; text++) {
		if (*text == '"')
			putc_unlocked('"', out);
		putc_unlocked(*text, out);
	}
	if (quote)
		putc_unlocked('"', out);
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

/* What is made of several values. */
static void put_several(FILE *cell, const struct field *f, const void *row)
{
	const void *at = field_at(f, row);

	if (f->kind == FIELD_TEXTS)
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

static bool is_empty(const struct field *f, const void *at)
{
	if (f->kind == FIELD_NUMBERS)
		return ((const struct numbers *)at)->count == 0;
	return (f->kind == FIELD_TEXTS || f->kind == FIELD_COUNTS) &&
	       ((const struct list *)at)->count == 0;
}

/* The same as one cell.  Nearly all are empty, or hold nothing that needs quotes: a stream in
 * memory, which costs more than the rest of a row, is for the others. */
static void put_joined(FILE *out, const struct field *f, const void *row)
{
	const void *at = field_at(f, row);
	char *text = NULL;
	size_t length = 0;
	FILE *cell;

	if (is_empty(f, at))
		return;
	if (f->kind == FIELD_NUMBERS || f->kind == FIELD_OUTCOMES) {
		put_several(out, f, row);
		return;
	}
	cell = memory_noted(open_memstream(&text, &length));
	if (!cell)
		return;
	put_several(cell, f, row);
	if (fclose(cell) == 0 && text) /* glibc closes well without memory */
		put_cell(out, text);
	else
		memory_lacks();
	free(text);
}

static void put_field(FILE *out, const struct field *f, const void *row)
{
	const void *at = field_at(f, row);
	char time[MOMENT_TEXT];

	if (value_is_null(f, row))
		return;
	if (f->kind == FIELD_CHARS)
		put_cell(out, at);
	else if (f->kind == FIELD_TEXT)
		put_cell(out, *(const char *const *)at);
	else if (f->kind == FIELD_TIME)
		fputs(moment_format_utc(*(const int64_t *)at, time), out);
	else if (f->kind < FIELD_NUMBERS) /* a number or a truth */
		json_value(out, f, row);
	else
		put_joined(out, f, row);
}

static void walk(FILE *out, const struct field *fields, const void *row, bool *first)
{
	for (const struct field *f = fields; f->name; f++) {
		if (f->kind == FIELD_INLINE) {
			walk(out, f->fields, row ? field_at(f, row) : NULL, first);
			continue;
		}
		if (!*first)
			putc_unlocked(',', out);
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
