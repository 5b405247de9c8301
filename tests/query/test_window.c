#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "judge/schema.h"
#include "query/window.h"

/* 2026-11-24T03:47:09Z, by `date -u -d 2026-11-24T03:47:09Z +%s`. */
#define NOW (INT64_C(1795492029) * MOMENT_SECOND)

static struct window parse(const char *since, const char *until)
{
	struct window w = {0};
	const char *bad;

	assert_int_equal(window_parse(since, until, false, NOW, NOW, &w, &bad), 0);
	return w;
}

static void since_goes_down_to_its_minute_and_until_up(void **state)
{
	struct window w = parse("2026-11-24T02:10:59.999999Z", "2026-11-24T02:12:00.000001Z");

	(void)state;
	assert_int_equal(w.since, INT64_C(1795486200) * MOMENT_SECOND); /* 02:10:00 */
	assert_int_equal(w.until, INT64_C(1795486380) * MOMENT_SECOND); /* 02:13:00 */
	w = parse("2026-11-24T02:10:00Z", "2026-11-24T02:12:00Z");
	assert_int_equal(w.since, INT64_C(1795486200) * MOMENT_SECOND);
	assert_int_equal(w.until, INT64_C(1795486320) * MOMENT_SECOND);
}

static void the_default_is_the_day_before_the_newest_frame(void **state)
{
	struct window w = parse(NULL, NULL);

	(void)state;
	assert_int_equal(w.since, (INT64_C(1795492029) - 9 - 86400) * MOMENT_SECOND);
	assert_int_equal(w.until, INT64_MAX);
}

static void what_is_not_given_is_open(void **state)
{
	struct window w;
	const char *bad;

	(void)state;
	assert_int_equal(parse("24h", NULL).until, INT64_MAX);
	assert_int_equal(parse(NULL, "24h").since, INT64_MIN);
	assert_int_equal(window_parse(NULL, NULL, true, NOW, NOW, &w, &bad), 0);
	assert_true(window_is_all(&w));
}

static void nonsense_and_empty_windows_are_refused(void **state)
{
	struct window w = {7, 8};
	const char *bad = NULL;

	(void)state;
	assert_int_equal(window_parse("tomorrow", NULL, false, NOW, NOW, &w, &bad), -EINVAL);
	assert_string_equal(bad, "tomorrow");
	assert_int_equal(window_parse("1h", "yesterday", false, NOW, NOW, &w, &bad), -EINVAL);
	assert_string_equal(bad, "yesterday");
	assert_int_equal(window_parse("1h", "2h", false, NOW, NOW, &w, &bad), -EDOM);
	assert_int_equal(w.since, 7);
}

static void all_time_is_one_span(void **state)
{
	struct window w = {INT64_MIN, INT64_MAX};
	struct span spans[WINDOW_SPANS];

	(void)state;
	assert_int_equal(window_spans(&w, SCHEMA_SPAN_DAY, spans), 1);
	assert_int_equal(spans[0].span, SCHEMA_SPAN_ALL);
	assert_int_equal(spans[0].from, 0);
}

/* How often a minute is counted by the spans. */
static int covers(const struct span *spans, size_t count, int64_t minute)
{
	int times = 0;

	for (size_t i = 0; i < count; i++) {
		int64_t start = moment_floor(minute, spans[i].span * MOMENT_SECOND);

		times += start >= spans[i].from && start < spans[i].to;
	}
	return times;
}

static void check(int64_t since, int64_t until, int64_t largest)
{
	struct window w = {since, until};
	struct span spans[WINDOW_SPANS];
	size_t count = window_spans(&w, largest, spans);
	int64_t low = since == INT64_MIN ? until - 3 * MOMENT_DAY : since - 2 * MOMENT_HOUR;
	int64_t high = until == INT64_MAX ? since + 3 * MOMENT_DAY : until + 2 * MOMENT_HOUR;

	assert_in_range(count, 1, WINDOW_SPANS);
	for (int64_t m = low; m < high; m += MOMENT_MINUTE)
		assert_int_equal(covers(spans, count, m), m >= since && m < until);
}

static void every_minute_of_a_window_is_counted_once_and_no_other(void **state)
{
	(void)state;
	srand(1);
	for (int i = 0; i < 60; i++) {
		int64_t since = moment_floor(NOW, MOMENT_DAY) + (rand() % 3000) * MOMENT_MINUTE;
		int64_t until = since + (1 + rand() % (i % 2 ? 90 : 5000)) * MOMENT_MINUTE;
		int64_t largest = i % 3 ? SCHEMA_SPAN_DAY : SCHEMA_SPAN_HOUR;

		check(since, until, largest);
		check(since, INT64_MAX, largest);
		check(INT64_MIN, until, largest);
	}
	check(-90 * MOMENT_MINUTE, 90 * MOMENT_MINUTE, SCHEMA_SPAN_DAY); /* across 1970 */
}

static void bounds_are_shown_as_they_are_used(void **state)
{
	struct window w = parse("2026-11-24T02:10:59Z", "2026-11-24T02:12:00Z");
	char text[WINDOW_TEXT];

	(void)state;
	assert_string_equal(window_format(&w, text), "from 2026-11-24 02:10 to 2026-11-24 02:12");
	w.until = INT64_MAX;
	assert_string_equal(window_format(&w, text), "since 2026-11-24 02:10");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(since_goes_down_to_its_minute_and_until_up),
		cmocka_unit_test(the_default_is_the_day_before_the_newest_frame),
		cmocka_unit_test(what_is_not_given_is_open),
		cmocka_unit_test(nonsense_and_empty_windows_are_refused),
		cmocka_unit_test(all_time_is_one_span),
		cmocka_unit_test(every_minute_of_a_window_is_counted_once_and_no_other),
		cmocka_unit_test(bounds_are_shown_as_they_are_used),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
