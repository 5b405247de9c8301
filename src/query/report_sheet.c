/*
 * A single thing as a sheet: a line for each field that is known, long ones broken between words
 * and never cut; then a table for each list of things in it.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/moment.h"
#include "base/text.h"
#include "formats.h"

#define SHEET_LABEL 16
#define SHEET_ROWS  20 /* of a list within a sheet */

struct sheet {
	const struct report_options *options;
	int label; /* columns of the labels */
};

/* With blanks behind it, up to that many columns. */
static void put_label(const struct sheet *s, const char *name, int room)
{
	FILE *out = s->options->out;
	int columns = 0;

	if (s->options->color)
		fputs("\033[1m", out);
	for (; *name; name++, columns++)
		putc(*name == '_' ? ' ' : *name, out);
	if (s->options->color)
		fputs("\033[0m", out);
	if (room > 0)
		fprintf(out, "%*s", columns < room ? room - columns : 1, "");
}

static void put_line(const struct sheet *s, const char *name, const char *text)
{
	put_label(s, name, s->label);
	report_wrap(s->options->out, text, s->label, s->label, s->options->columns);
}

/* In full, since there is room: local time and how long ago. */
static void put_time(const struct sheet *s, const struct field *f, int64_t t)
{
	char local[MOMENT_TEXT], ago[MOMENT_TEXT], text[160];

	moment_format_local(t, local);
	moment_format_ago(t, s->options->now, ago);
	put_line(s, f->name, text_print(text, sizeof(text), "%s (%s)", local, ago));
}

/* Each on a line of its own: they are sentences. */
static void put_texts(const struct sheet *s, const struct field *f, const struct list *l)
{
	const char *const *items = l->items;

	for (size_t i = 0; i < l->count; i++)
		put_line(s, i == 0 ? f->name : "", items[i]);
}

/* "sent 0, planned 0": the fields of a small struct on one line; lists in it follow. */
static void put_struct(const struct sheet *s, const struct field *f, const void *at)
{
	char line[2 * CELL_TEXT] = "", text[CELL_TEXT];
	size_t used = 0;

	for (const struct field *in = f->fields; in->name; in++) {
		if (!value_is_plain(in) || value_is_null(in, at))
			continue;
		value_words(in, at, s->options->now, text, sizeof(text));
		text_print(line + used, sizeof(line) - used, "%s%s %s", used ? ", " : "", in->name,
			   text);
		used += strlen(line + used);
	}
	put_line(s, f->name, line);
}

static int put_list(const struct sheet *s, const struct field *f, const struct list *l)
{
	size_t most = l->count < SHEET_ROWS ? l->count : SHEET_ROWS;
	FILE *out = s->options->out;
	struct table *t;
	char more[80];
	int rc = 0;

	if (l->count == 0)
		return 0;
	t = table_new(s->options, f->fields);
	if (!t)
		return -1;
	putc('\n', out);
	put_label(s, f->name, 0);
	putc('\n', out);
	for (size_t i = 0; i < most && rc == 0; i++)
		rc = table_add(t, (const char *)l->items + i * f->size, NULL);
	table_flush(t);
	table_free(t);
	if (l->count > most)
		report_wrap(out,
			    text_print(more, sizeof(more),
				       "... and %zu more: --format json shows them",
				       l->count - most),
			    0, 0, s->options->columns);
	if (f->note)
		report_wrap(out, f->note, 0, 0, s->options->columns);
	return rc;
}

static void put_fields(const struct sheet *s, const struct field *fields, const void *object)
{
	char text[CELL_TEXT];

	for (const struct field *f = fields; f->name; f++) {
		const void *at = field_at(f, object);

		if (f->kind == FIELD_INLINE) {
			put_fields(s, f->fields, at);
		} else if (f->kind == FIELD_OBJECTS || value_is_null(f, object)) {
			continue;
		} else if (f->kind == FIELD_OBJECT) {
			put_struct(s, f, at);
		} else if (f->kind == FIELD_TIME) {
			put_time(s, f, *(const int64_t *)at);
		} else if (f->kind == FIELD_TEXTS) {
			put_texts(s, f, at);
		} else {
			value_words(&(struct field){.name = f->name,
						    .kind = f->kind,
						    .offset = f->offset},
				    object, s->options->now, text, sizeof(text));
			if (strcmp(text, "-") != 0)
				put_line(s, f->name, text);
		}
	}
}

static int put_lists(const struct sheet *s, const struct field *fields, const void *object)
{
	int rc = 0;

	for (const struct field *f = fields; f->name && rc == 0; f++) {
		if (f->kind == FIELD_INLINE || f->kind == FIELD_OBJECT)
			rc = put_lists(s, f->fields, field_at(f, object));
		else if (f->kind == FIELD_OBJECTS)
			rc = put_list(s, f, field_at(f, object));
	}
	return rc;
}

/* Two blanks behind the longest label. */
static int label_columns(const struct field *fields)
{
	int most = SHEET_LABEL;

	for (const struct field *f = fields; f->name; f++) {
		int n = f->kind == FIELD_INLINE ? label_columns(f->fields)
						: (int)strlen(f->name) + 2;

		most = n > most ? n : most;
	}
	return most;
}

int table_object(const struct report_options *options, const struct field *fields,
		 const void *object)
{
	struct sheet s = {.options = options, .label = label_columns(fields)};

	put_fields(&s, fields, object);
	return put_lists(&s, fields, object);
}
