/*
 * moment: times and durations.  A time is an int64_t of microseconds since 1970 UTC, everywhere.
 */
#ifndef EGRESS25_BASE_MOMENT_H
#define EGRESS25_BASE_MOMENT_H

#include <stdbool.h>
#include <stdint.h>

#define MOMENT_SECOND INT64_C(1000000)
#define MOMENT_MINUTE (60 * MOMENT_SECOND)
#define MOMENT_HOUR   (60 * MOMENT_MINUTE)
#define MOMENT_DAY    (24 * MOMENT_HOUR)

/* The last that four digits of a year can say: 9999-12-31T23:59:59.999999Z. */
#define MOMENT_LAST INT64_C(253402300799999999)

/* Room for any text below, with the final NUL. */
#define MOMENT_TEXT 64

/* Start of the span (one of the above) that holds t; right for times before 1970 too.  INT64_MIN
 * where it would lie before that. */
int64_t moment_floor(int64_t t, int64_t span);

/* The wall clock. For edges and commands only: pure code is handed the time. */
int64_t moment_now(void);

/* Microseconds on clocks that nobody sets, for spans within this process; the second one goes on
 * while the machine sleeps.  For edges and commands only, too. */
int64_t moment_steady(void);
int64_t moment_since_boot(void);

/* "2026-11-24T03:47:09.000000Z" (RFC 3339, UTC, microseconds).  Returns buf. */
const char *moment_format_utc(int64_t t, char buf[MOMENT_TEXT]);

/* "2026-11-24 04:47:09" in local time. */
const char *moment_format_local(int64_t t, char buf[MOMENT_TEXT]);

/* "3 min ago", "2 h ago", "5 days ago", "just now", "in 4 min". */
const char *moment_format_ago(int64_t t, int64_t now, char buf[MOMENT_TEXT]);

/*
 * Reads --since and --until: RFC 3339 (with or without seconds, fraction, zone; "T" or a blank),
 * "YYYY-MM-DD", "HH:MM" (the most recent one), all local unless a zone stands; or a duration ago
 * ("90m", "24h", "7d", "1h30m").  0, or -EINVAL.
 */
int moment_parse(const char *text, int64_t now, int64_t *ret_);

/* A duration: one or several of NUMBER and s, m, h, d or w ("1h30m").  0, or -EINVAL. */
int moment_parse_duration(const char *text, int64_t *ret_);

/*
 * Whether a limit for each second begins anew, of stamps in seconds.  A little back is no other
 * second: interfaces take turns.  Further back: a clock was set.
 */
static inline bool moment_is_next(int64_t second, int64_t before)
{
	return second > before || second < before - 2;
}

#endif
