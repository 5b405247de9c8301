/*
 * How a window is made of sums: minutes up to the first full hour, hours up to the first full day,
 * days, and back down.  At most 59 + 23 + days + 23 + 59 starts are read, whatever the window.
 */
#include "query/window.h"

#include <errno.h>
#include <limits.h>

#include "base/text.h"
#include "judge/schema.h"

bool window_is_all(const struct window *w)
{
	return w->since == INT64_MIN && w->until == INT64_MAX;
}

static int64_t ceiling(int64_t t, int64_t span)
{
	int64_t floor = moment_floor(t, span);

	return floor == t ? t : floor + span;
}

int window_parse(const char *since, const char *until, bool all, int64_t newest, int64_t now,
		 struct window *ret_, const char **ret_bad)
{
	struct window w = {.since = INT64_MIN, .until = INT64_MAX};
	int64_t t;

	if (since) {
		*ret_bad = since;
		if (moment_parse(since, now, &t) < 0)
			return -EINVAL;
		w.since = moment_floor(t, MOMENT_MINUTE);
	}
	if (until) {
		*ret_bad = until;
		if (moment_parse(until, now, &t) < 0)
			return -EINVAL;
		w.until = ceiling(t, MOMENT_MINUTE);
	}
	if (w.until <= w.since)
		return -EDOM;
	if (!since && !until && !all)
		w.since = moment_floor((newest ? newest : now) - WINDOW_DEFAULT, MOMENT_MINUTE);
	*ret_ = w;
	return 0;
}

static void add(struct span *spans, size_t *count, int64_t span, int64_t from, int64_t to)
{
	if (from < to)
		spans[(*count)++] = (struct span){.span = span, .from = from, .to = to};
}

/* Bounds beyond any stamp would overflow when rounded. */
static int64_t tame(int64_t t)
{
	const int64_t most = INT64_MAX / 4;

	return t > most ? most : t < -most ? -most : t;
}

size_t window_spans(const struct window *w, int64_t largest, struct span ret_[WINDOW_SPANS])
{
	static const int64_t steps[] = {SCHEMA_SPAN_MINUTE, SCHEMA_SPAN_HOUR, SCHEMA_SPAN_DAY};
	int64_t from[3], to[3];
	int64_t since = tame(w->since), until = tame(w->until);
	size_t count = 0, levels = largest == SCHEMA_SPAN_DAY ? 3 : 2;

	if (window_is_all(w)) {
		ret_[0] = (struct span){.span = SCHEMA_SPAN_ALL, .from = 0, .to = 1};
		return 1;
	}
	/* An open side has no edge to be filled by smaller spans. */
	if (w->since == INT64_MIN)
		since = moment_floor(since, MOMENT_DAY);
	if (w->until == INT64_MAX)
		until = moment_floor(until, MOMENT_DAY);
	from[0] = since;
	to[0] = until;
	for (size_t i = 1; i < levels; i++) {
		int64_t unit = steps[i] * MOMENT_SECOND;

		from[i] = ceiling(since, unit);
		to[i] = moment_floor(until, unit);
		if (from[i] >= to[i]) {
			levels = i;
			break;
		}
	}
	for (size_t i = 0; i + 1 < levels; i++)
		add(ret_, &count, steps[i], from[i], from[i + 1]);
	add(ret_, &count, steps[levels - 1], from[levels - 1], to[levels - 1]);
	for (size_t i = levels - 1; i > 0; i--)
		add(ret_, &count, steps[i - 1], to[i], to[i - 1]);
	return count;
}

/* Windows are whole minutes: the seconds say nothing. */
static void format_minute(int64_t t, char buf[MOMENT_TEXT])
{
	moment_format_local(t, buf);
	buf[16] = '\0';
}

const char *window_format(const struct window *w, char buf[WINDOW_TEXT])
{
	char since[MOMENT_TEXT], until[MOMENT_TEXT];

	if (window_is_all(w))
		return text_print(buf, WINDOW_TEXT, "in the whole record");
	if (w->since != INT64_MIN)
		format_minute(w->since, since);
	if (w->until == INT64_MAX)
		return text_print(buf, WINDOW_TEXT, "since %s", since);
	format_minute(w->until, until);
	if (w->since == INT64_MIN)
		return text_print(buf, WINDOW_TEXT, "before %s", until);
	return text_print(buf, WINDOW_TEXT, "from %s to %s", since, until);
}
