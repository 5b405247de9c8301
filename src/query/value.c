#include "query/value.h"

#include <inttypes.h>
#include <string.h>

#include "base/moment.h"
#include "base/text.h"
#include "judge/offence.h"
#include "formats.h"

bool value_is_plain(const struct field *f)
{
	return f->kind <= FIELD_OUTCOMES || f->kind == FIELD_COUNTS;
}

bool value_is_null(const struct field *f, const void *row)
{
	const void *at = field_at(f, row);

	switch (f->kind) {
	case FIELD_CHARS:
		return *(const char *)at == '\0';
	case FIELD_TEXT:
		return *(const char *const *)at == NULL;
	case FIELD_MAYBE:
	case FIELD_MAYBE_BOOL:
		return !((const struct maybe *)at)->known;
	case FIELD_REAL:
		return !((const struct maybe_real *)at)->known;
	case FIELD_TIME:
		return *(const int64_t *)at == TIME_UNKNOWN;
	case FIELD_INTEGER:
	case FIELD_BOOL:
	case FIELD_NUMBERS:
	case FIELD_TEXTS:
	case FIELD_OUTCOMES:
	case FIELD_COUNTS:
	case FIELD_OBJECTS:
	case FIELD_INLINE:
	case FIELD_KIND_COUNT:
		break;
	case FIELD_OBJECT:
		return f->maybe && *(const int64_t *)at == 0;
	}
	return false;
}

/* Words that are put one behind the other, ", " between them. */
struct words {
	char *buf;
	size_t size, used;
};

static void add_words(struct words *w, const char *text)
{
	if (w->used)
		w->used += strlen(text_print(w->buf + w->used, w->size - w->used, ", "));
	w->used += strlen(text_print(w->buf + w->used, w->size - w->used, "%s", text));
}

static void add_count(struct words *w, const char *name, int64_t count)
{
	char text[256];

	if (count != 0)
		add_words(w, text_print(text, sizeof(text), "%s %" PRId64, name, count));
}

static void list_words(const struct field *f, const void *at, struct words *w)
{
	const struct list *l = at;
	const struct numbers *n = at;
	char text[16];

	if (f->kind == FIELD_NUMBERS)
		for (size_t i = 0; i < n->count; i++)
			add_words(w, text_print(text, sizeof(text), "%u", n->items[i]));
	else if (f->kind == FIELD_TEXTS)
		for (size_t i = 0; i < l->count; i++)
			add_words(w, ((const char *const *)l->items)[i]);
	else if (f->kind == FIELD_OUTCOMES)
		for (int i = 0; i < OUTCOME_COUNT; i++)
			add_count(w, outcome_name((enum outcome)i), ((const int64_t *)at)[i]);
	else if (f->kind == FIELD_COUNTS)
		for (size_t i = 0; i < l->count; i++)
			add_count(w, ((const struct named_count *)l->items)[i].name,
				  ((const struct named_count *)l->items)[i].count);
	else if (f->kind == FIELD_OBJECTS)
		add_count(w, f->name, (int64_t)l->count);
}

static void plain_words(const struct field *f, const void *row, int64_t now, struct words *w)
{
	const void *at = field_at(f, row);
	char text[MOMENT_TEXT];

	switch (f->kind) {
	case FIELD_CHARS:
		add_words(w, at);
		break;
	case FIELD_TEXT:
		add_words(w, *(const char *const *)at);
		break;
	case FIELD_INTEGER:
		add_words(w, text_print(text, sizeof(text), "%" PRId64, *(const int64_t *)at));
		break;
	case FIELD_MAYBE:
		add_words(w, text_print(text, sizeof(text), "%" PRId64,
					((const struct maybe *)at)->value));
		break;
	case FIELD_REAL:
		add_words(w, text_print(text, sizeof(text), "%.2f",
					((const struct maybe_real *)at)->value));
		break;
	case FIELD_BOOL:
		add_words(w, *(const bool *)at ? "yes" : "no");
		break;
	case FIELD_MAYBE_BOOL:
		add_words(w, ((const struct maybe *)at)->value ? "yes" : "no");
		break;
	case FIELD_TIME:
		add_words(w, moment_format_ago(*(const int64_t *)at, now, text));
		break;
	case FIELD_NUMBERS:
	case FIELD_TEXTS:
	case FIELD_OUTCOMES:
	case FIELD_COUNTS:
	case FIELD_OBJECTS:
		list_words(f, at, w);
		break;
	case FIELD_OBJECT:
	case FIELD_INLINE:
	case FIELD_KIND_COUNT:
		break;
	}
}

void value_words(const struct field *f, const void *row, int64_t now, char *buf, size_t size)
{
	struct words w = {.buf = buf, .size = size};

	buf[0] = '\0';
	if (f->cell)
		f->cell(row, now, buf, size);
	else if (!value_is_null(f, row))
		plain_words(f, row, now, &w);
	if (!buf[0])
		text_print(buf, size, "-");
}
