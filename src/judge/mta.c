#include "judge/mta.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"

#define DIGITS 12 /* of a number, so that seconds counted in microseconds do not overflow */

static const char *const kind_names[] = {
	[MTA_POSTFIX] = "postfix",   [MTA_EXIM] = "exim",   [MTA_OPENSMTPD] = "opensmtpd",
	[MTA_SENDMAIL] = "sendmail", [MTA_QMAIL] = "qmail", [MTA_EXCHANGE] = "exchange",
};
_Static_assert(sizeof(kind_names) / sizeof(*kind_names) == MTA_KIND_COUNT, "a kind without name");

const char *mta_kind_name(enum mta_kind kind)
{
	return kind_names[kind];
}

int mta_kind_parse(const char *text, enum mta_kind *ret_)
{
	for (size_t i = 0; i < MTA_KIND_COUNT; i++)
		if (strcmp(text, kind_names[i]) == 0) {
			*ret_ = (enum mta_kind)i;
			return 0;
		}
	return -EINVAL;
}

/* What begins with '-' ssh, or what it starts, would take for an option. */
bool mta_host_is_valid(const char *text)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._:%@-";
	const char *at = strchr(text, '@'), *host = at ? at + 1 : text;
	size_t length = strlen(text);

	return length < MTA_HOST && text[strspn(text, allowed)] == '\0' && *host && *host != '-' &&
	       *text != '-' && at != text && !strchr(host, '@');
}

/* --- the lines -------------------------------------------------------------------------------- */

struct line {
	const char *key, *value;
	size_t key_length, value_length;
};

static bool is_word(const char *text, size_t length, const char *word)
{
	return length == strlen(word) && memcmp(text, word, length) == 0;
}

static void take_answer(const struct line *l, enum mta_answer *ret_)
{
	*ret_ = is_word(l->value, l->value_length, "yes")  ? MTA_YES
		: is_word(l->value, l->value_length, "no") ? MTA_NO
							   : MTA_UNKNOWN;
}

/* Digits up to a blank or the end; what is none, or absurd, is left alone. */
static void take_number(const struct line *l, int64_t *ret_)
{
	int64_t n = 0;
	size_t i = 0;

	for (; i < l->value_length && l->value[i] >= '0' && l->value[i] <= '9' && i < DIGITS; i++)
		n = n * 10 + (l->value[i] - '0');
	if (i > 0 && (i == l->value_length || l->value[i] == ' '))
		*ret_ = n;
}

static void take_text(const struct line *l, struct mta_lines *lines)
{
	if (lines->count == MTA_LINES)
		lines->more++;
	else
		text_escape(l->value, l->value_length, lines->text[lines->count++], MTA_LINE);
}

static void take_line(const struct line *l, struct mta_state *s)
{
	const struct {
		const char *key;
		enum mta_answer *answer;
		int64_t *number;
		struct mta_lines *lines;
	} keys[] = {
		{.key = "frozen", .answer = &s->frozen},
		{.key = "in_force", .answer = &s->in_force},
		{.key = "running", .answer = &s->running},
		{.key = "deliveries", .number = &s->deliveries},
		{.key = "timer", .number = &s->timer},
		{.key = "spared", .lines = &s->spared},
		{.key = "callout", .lines = &s->callouts},
		{.key = "note", .lines = &s->notes},
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		if (!is_word(l->key, l->key_length, keys[i].key))
			continue;
		if (keys[i].answer)
			take_answer(l, keys[i].answer);
		else if (keys[i].number)
			take_number(l, keys[i].number);
		else
			take_text(l, keys[i].lines);
	}
	if (is_word(l->key, l->key_length, "nothing"))
		s->nothing = true;
}

void mta_state_read(const char *text, size_t length, struct mta_state *ret_)
{
	const char *end = text + length;

	*ret_ = (struct mta_state){.deliveries = -1};
	while (text < end) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		const char *blank;
		struct line l = {.key = text};

		stop = stop ? stop : end;
		blank = memchr(text, ' ', (size_t)(stop - text));
		l.key_length = (size_t)((blank ? blank : stop) - text);
		l.value = blank ? blank + 1 : stop;
		l.value_length = (size_t)(stop - l.value);
		take_line(&l, ret_);
		text = stop + 1;
	}
}
