/*
 * window: a stretch of time, whole minutes, made of the spans by which the record keeps sums.
 */
#ifndef EGRESS25_QUERY_WINDOW_H
#define EGRESS25_QUERY_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/moment.h"

#define WINDOW_DEFAULT MOMENT_DAY

/* since <= start < until.  INT64_MIN and INT64_MAX: open. */
struct window {
	int64_t since, until;
};

/* Whole days, hours or minutes: starts from `from`, below `to`; span in seconds as in the schema.
 */
struct span {
	int64_t span, from, to;
};
#define WINDOW_SPANS 5

bool window_is_all(const struct window *w);

/*
 * From --since and --until (either may be NULL) or --all; else the day before newest, or before now
 * where newest is 0: nothing was ever seen.  since is
 * brought down to its minute, until up.  0, or -EINVAL with *ret_bad the text at fault, -EDOM where
 * until is not behind since.
 */
int window_parse(const char *since, const char *until, bool all, int64_t newest, int64_t now,
		 struct window *ret_, const char **ret_bad);

/*
 * The spans that make up the window, none overlapping.  largest is SCHEMA_SPAN_DAY or _HOUR.  A
 * window that is all is one span of all time (which stands in the tables as span 0).  An open end
 * reaches as far as there is anything.
 */
size_t window_spans(const struct window *w, int64_t largest, struct span ret_[WINDOW_SPANS]);

/* "from 2026-11-24 03:00 to 2026-11-24 04:00", local time. */
#define WINDOW_TEXT 160
const char *window_format(const struct window *w, char buf[WINDOW_TEXT]);

#endif
