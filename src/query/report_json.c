#include <inttypes.h>

#include "base/moment.h"
#include "judge/offence.h"
#include "formats.h"

void json_number(FILE *out, int64_t n)
{
	uint64_t left = n < 0 ? -(uint64_t)n : (uint64_t)n;
	char digits[20];
	int count = 0;

	if (n < 0)
		putc_unlocked('-', out);
	do
		digits[count++] = (char)('0' + left % 10);
	while (left /= 10);
	while (count > 0)
		putc_unlocked(digits[--count], out);
}

static void put_text(FILE *out, const char *text)
{
	if (text)
		json_text(out, text);
	else
		fputs("null", out);
}

static void put_maybe(FILE *out, const struct maybe *m, bool truth)
{
	if (!m->known)
		fputs("null", out);
	else if (truth)
		fputs(m->value ? "true" : "false", out);
	else
		json_number(out, m->value);
}

/* Hundredths, whatever the locale's decimal point is. */
static void put_real(FILE *out, const struct maybe_real *m)
{
	int64_t hundredths = (int64_t)((m->value < 0 ? -m->value : m->value) * 100 + 0.5);

	if (m->known)
		fprintf(out, "%s%" PRId64 ".%02d", m->value < 0 && hundredths ? "-" : "",
			hundredths / 100, (int)(hundredths % 100));
	else
		fputs("null", out);
}

static void put_time(FILE *out, int64_t t)
{
	char buf[MOMENT_TEXT];

	put_text(out, t == TIME_UNKNOWN ? NULL : moment_format_utc(t, buf));
}

static void put_numbers(FILE *out, const struct numbers *n)
{
	putc_unlocked('[', out);
	for (size_t i = 0; i < n->count; i++)
		fprintf(out, i ? ",%u" : "%u", n->items[i]);
	putc_unlocked(']', out);
}

static void put_texts(FILE *out, const struct list *l)
{
	const char *const *items = l->items;

	putc_unlocked('[', out);
	for (size_t i = 0; i < l->count; i++) {
		if (i)
			putc_unlocked(',', out);
		put_text(out, items[i]);
	}
	putc_unlocked(']', out);
}

static void put_count(FILE *out, const char *name, int64_t count, bool first)
{
	if (!first)
		putc_unlocked(',', out);
	json_text(out, name);
	fprintf(out, ":%" PRId64, count);
}

static void put_outcomes(FILE *out, const int64_t *counts)
{
	putc_unlocked('{', out);
	for (int i = 0; i < OUTCOME_COUNT; i++)
		put_count(out, outcome_name((enum outcome)i), counts[i], i == 0);
	putc_unlocked('}', out);
}

static void put_counts(FILE *out, const struct list *l)
{
	const struct named_count *items = l->items;

	putc_unlocked('{', out);
	for (size_t i = 0; i < l->count; i++)
		put_count(out, items[i].name, items[i].count, i == 0);
	putc_unlocked('}', out);
}

static void put_objects(FILE *out, const struct field *f, const struct list *l)
{
	putc_unlocked('[', out);
	for (size_t i = 0; i < l->count; i++) {
		if (i)
			putc_unlocked(',', out);
		json_object(out, f->fields, (const char *)l->items + i * f->size);
	}
	putc_unlocked(']', out);
}

void json_value(FILE *out, const struct field *f, const void *row)
{
	const void *at = field_at(f, row);

	switch (f->kind) {
	case FIELD_CHARS:
		put_text(out, *(const char *)at ? at : NULL);
		break;
	case FIELD_TEXT:
		put_text(out, *(const char *const *)at);
		break;
	case FIELD_INTEGER:
		json_number(out, *(const int64_t *)at);
		break;
	case FIELD_BOOL:
		fputs(*(const bool *)at ? "true" : "false", out);
		break;
	case FIELD_MAYBE:
	case FIELD_MAYBE_BOOL:
		put_maybe(out, at, f->kind == FIELD_MAYBE_BOOL);
		break;
	case FIELD_REAL:
		put_real(out, at);
		break;
	case FIELD_TIME:
		put_time(out, *(const int64_t *)at);
		break;
	case FIELD_NUMBERS:
		put_numbers(out, at);
		break;
	case FIELD_TEXTS:
		put_texts(out, at);
		break;
	case FIELD_OUTCOMES:
		put_outcomes(out, at);
		break;
	case FIELD_COUNTS:
		put_counts(out, at);
		break;
	case FIELD_OBJECT:
		if (value_is_null(f, row))
			fputs("null", out);
		else
			json_object(out, f->fields, at);
		break;
	case FIELD_OBJECTS:
		put_objects(out, f, at);
		break;
	case FIELD_INLINE:
	case FIELD_KIND_COUNT:
		break;
	}
}

static void put_fields(FILE *out, const struct field *fields, const void *row, bool *first)
{
	for (const struct field *f = fields; f->name; f++) {
		if (f->kind == FIELD_INLINE) {
			put_fields(out, f->fields, field_at(f, row), first);
			continue;
		}
		if (!*first)
			putc_unlocked(',', out);
		*first = false;
		json_text(out, f->name);
		putc_unlocked(':', out);
		json_value(out, f, row);
	}
}

void json_object(FILE *out, const struct field *fields, const void *row)
{
	bool first = true;

	putc_unlocked('{', out);
	put_fields(out, fields, row, &first);
	putc_unlocked('}', out);
}
