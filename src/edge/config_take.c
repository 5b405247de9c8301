/* Reading single values of the configuration, and saying what is wrong with one. */
#include "config_parts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/moment.h"
#include "base/text.h"

const char *config_item_origin(struct apply *a, unsigned int line, const char *option)
{
	return config_origin(a->c, line, option, a->origin, sizeof(a->origin));
}

int config_item_fail(struct apply *a, const struct item *item, const char *what)
{
	const char *name = setting_table[item->setting].full;

	if (item->option)
		return config_fail(a->error, "%s: \"%s\": %s", item->option, item->text, what);
	return config_fail(a->error, "%s:%u: %s: \"%s\": %s", a->c->path, item->line, name,
			   item->text, what);
}

int config_take_prefix(struct apply *a, const struct item *item, const char *text,
		       struct prefix *ret_)
{
	char masked[PREFIX_TEXT], what[256];
	struct prefix p;
	int r = prefix_parse(text, &p);

	if (r == 0) {
		*ret_ = p;
		return 0;
	}
	if (r == -EDOM)
		return config_item_fail(a, item,
					text_print(what, sizeof(what),
						   "%.60s has bits set behind its prefix; write %s",
						   text, prefix_format(&p, masked)));
	return config_item_fail(a, item,
				"expected an address or a prefix, such as 10.0.0.25 or 10.0.0.0/8");
}

int config_take_number(struct apply *a, const struct item *item, const char *text, int64_t least,
		       int64_t most, int64_t *ret_)
{
	char what[128];
	int64_t n = 0;
	const char *at = text;

	for (; *at >= '0' && *at <= '9' && n <= most; at++)
		n = n * 10 + (*at - '0');
	if (*at || at == text || n < least || n > most)
		return config_item_fail(a, item,
					text_print(what, sizeof(what),
						   "expected a number from %" PRId64 " to %" PRId64,
						   least, most));
	*ret_ = n;
	return 0;
}

int config_take_port(struct apply *a, const struct item *item, const char *text, uint16_t *ret_)
{
	int64_t n;
	int r = config_take_number(a, item, text, 1, 65535, &n);

	if (r == 0)
		*ret_ = (uint16_t)n;
	return r;
}

int config_take_duration(struct apply *a, const struct item *item, int64_t *ret_)
{
	if (moment_parse_duration(item->text, ret_) < 0)
		return config_item_fail(a, item, "expected a duration, such as 90d, 12h or 1h30m");
	return 0;
}

int config_take_size(struct apply *a, const struct item *item, int64_t *ret_)
{
	static const char units[] = "KMGT";
	size_t length = strlen(item->text);
	const char *unit = length ? strchr(units, item->text[length - 1]) : NULL;
	unsigned int shift = unit ? 10 * (unsigned int)(unit - units + 1) : 0;
	char number[24];
	char *end;
	long long n;

	if (unit)
		length--;
	if (length == 0 || length >= sizeof(number))
		return config_item_fail(a, item, "expected a size, such as 500M or 4G");
	memcpy(number, item->text, length);
	number[length] = '\0';
	errno = 0;
	n = strtoll(number, &end, 10);
	if (*end || number[0] < '0' || number[0] > '9' || errno || n > INT64_MAX >> shift)
		return config_item_fail(a, item, "expected a size, such as 500M or 4G");
	*ret_ = (int64_t)n << shift;
	return 0;
}

/* A date in the future or the past: no duration, and no time of an unnamed day. */
int config_take_until(struct apply *a, const struct item *item, int64_t *ret_)
{
	if (strlen(item->text) < 10 || item->text[4] != '-' ||
	    moment_parse(item->text, 0, ret_) < 0)
		return config_item_fail(
			a, item, "expected a date, such as 2026-12-31 or 2026-12-31T18:00:00Z");
	return 0;
}

/* Whether text can be printed as it stands: only backslashes would be escaped, to four bytes each.
 */
static bool is_plain(const char *text, size_t length, char *buf, size_t size)
{
	size_t want = length;

	for (size_t i = 0; i < length; i++)
		want += text[i] == '\\' ? 3 : 0;
	return text_escape(text, length, buf, size) == length && strlen(buf) == want;
}

int config_take_text(struct apply *a, const struct item *item, size_t most, char **ret_)
{
	size_t length = strlen(item->text);
	char *copy;
	bool plain;

	if (length == 0 || length > most)
		return config_item_fail(a, item,
					length ? "this is too long" : "expected some text");
	copy = malloc(4 * length + 1);
	if (!copy)
		return -ENOMEM;
	plain = is_plain(item->text, length, copy, 4 * length + 1);
	if (!plain) {
		free(copy);
		return config_item_fail(
			a, item,
			"control characters and bytes that are no UTF-8 cannot stand "
			"here");
	}
	memcpy(copy, item->text, length + 1);
	free(*ret_);
	*ret_ = copy;
	return 0;
}
