/*
 * Local times are those of Central Europe, given as a rule so that no time zone files are needed:
 * clocks go from 02:00 to 03:00 on 2026-03-29 and from 03:00 to 02:00 on 2026-10-25.  The expected
 * seconds are those of Python's zoneinfo for Europe/Berlin.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <time.h>

#include "base/moment.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define S	     MOMENT_SECOND

/* 2026-11-24 03:47:09 UTC, 04:47:09 local */
static const int64_t now = INT64_C(1795492029) * MOMENT_SECOND;

static void reads_at(int64_t at, const char *text, int64_t want)
{
	int64_t t = 1;

	assert_int_equal(moment_parse(text, at, &t), 0);
	assert_int_equal(t, want);
}

static void reads(const char *text, int64_t want)
{
	reads_at(now, text, want);
}

static void floors_go_down_before_1970_as_well(void **state)
{
	(void)state;
	assert_int_equal(moment_floor(0, MOMENT_MINUTE), 0);
	assert_int_equal(moment_floor(59 * S, MOMENT_MINUTE), 0);
	assert_int_equal(moment_floor(60 * S, MOMENT_MINUTE), 60 * S);
	assert_int_equal(moment_floor(-1, MOMENT_MINUTE), -60 * S);
	assert_int_equal(moment_floor(-60 * S, MOMENT_MINUTE), -60 * S);
	assert_int_equal(moment_floor(-60 * S - 1, MOMENT_MINUTE), -120 * S);
	assert_int_equal(moment_floor(-1, MOMENT_DAY), -MOMENT_DAY);
	/* at the ends of the number's range nothing overflows */
	assert_true(moment_floor(INT64_MIN, MOMENT_DAY) <= INT64_MIN + MOMENT_DAY);
	assert_true(moment_floor(INT64_MAX, MOMENT_DAY) > INT64_MAX - MOMENT_DAY);
}

static void utc_prints_as_rfc_3339_with_microseconds(void **state)
{
	char buf[MOMENT_TEXT];

	(void)state;
	assert_string_equal(moment_format_utc(now, buf), "2026-11-24T03:47:09.000000Z");
	assert_string_equal(moment_format_utc(now + 25, buf), "2026-11-24T03:47:09.000025Z");
	assert_string_equal(moment_format_utc(0, buf), "1970-01-01T00:00:00.000000Z");
	assert_string_equal(moment_format_utc(-1, buf), "1969-12-31T23:59:59.999999Z");
	assert_string_equal(moment_format_utc(INT64_C(1709208000) * S, buf),
			    "2024-02-29T12:00:00.000000Z");
	/* what four digits cannot say becomes the nearest that they can */
	assert_string_equal(moment_format_utc(INT64_MAX, buf), "9999-12-31T23:59:59.999999Z");
	assert_string_equal(moment_format_utc(INT64_MIN, buf), "0001-01-01T00:00:00.000000Z");
}

static void local_time_prints_with_its_summer_time(void **state)
{
	char buf[MOMENT_TEXT];

	(void)state;
	assert_string_equal(moment_format_local(now, buf), "2026-11-24 04:47:09");
	assert_string_equal(moment_format_local(INT64_C(1782901800) * S, buf),
			    "2026-07-01 12:30:00");
}

static void relative_times_are_short_words(void **state)
{
	static const struct {
		int64_t ago;
		const char *want;
	} rows[] = {
		{0, "just now"},
		{S - 1, "just now"},
		{S, "1 s ago"},
		{119 * S, "119 s ago"},
		{120 * S, "2 min ago"},
		{3 * MOMENT_MINUTE + 59 * S, "3 min ago"},
		{119 * MOMENT_MINUTE, "119 min ago"},
		{2 * MOMENT_HOUR, "2 h ago"},
		{47 * MOMENT_HOUR, "47 h ago"},
		{5 * MOMENT_DAY, "5 days ago"},
		{-4 * MOMENT_MINUTE, "in 4 min"},
		{-3 * MOMENT_DAY, "in 3 days"},
	};
	char buf[MOMENT_TEXT];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_string_equal(moment_format_ago(now - rows[i].ago, now, buf), rows[i].want);
	/* no overflow, whatever a record holds */
	moment_format_ago(INT64_MIN, INT64_MAX, buf);
	moment_format_ago(INT64_MAX, INT64_MIN, buf);
}

static void durations_are_sums_of_units(void **state)
{
	static const struct {
		const char *text;
		int64_t want;
	} rows[] = {
		{"0s", 0},
		{"90m", 90 * MOMENT_MINUTE},
		{"24h", MOMENT_DAY},
		{"7d", 7 * MOMENT_DAY},
		{"2w", 14 * MOMENT_DAY},
		{"1h30m", 90 * MOMENT_MINUTE},
		{"1d2h3m4s", MOMENT_DAY + 2 * MOMENT_HOUR + 3 * MOMENT_MINUTE + 4 * S},
	};
	int64_t t;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(moment_parse_duration(rows[i].text, &t), 0);
		assert_int_equal(t, rows[i].want);
	}
}

static void text_that_is_no_duration_is_refused_and_changes_nothing(void **state)
{
	static const char *const bad[] = {"",
					  "h",
					  "90",
					  "90 m",
					  " 90m",
					  "90m ",
					  "-90m",
					  "+90m",
					  "1.5h",
					  "9x",
					  "1h30",
					  "1H",
					  "99999999999999s",
					  "9999999999w",
					  "9999999999d",
					  "9999999999h99999999999h"};
	int64_t t = 42;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_equal(moment_parse_duration(bad[i], &t), -EINVAL);
		assert_int_equal(t, 42);
	}
}

static void a_duration_means_that_long_ago(void **state)
{
	(void)state;
	reads("90m", now - 90 * MOMENT_MINUTE);
	reads("7d", now - 7 * MOMENT_DAY);
	reads("0s", now);
}

static void rfc_3339_is_read_with_its_zone(void **state)
{
	(void)state;
	reads("2026-11-24T03:47:09Z", now);
	reads("2026-11-24t03:47:09z", now);
	reads("2026-11-24 03:47:09Z", now);
	reads("2026-11-24T04:47:09+01:00", now);
	reads("2026-11-23T22:47:09-05:00", now);
	reads("2026-11-24T09:17:09+05:30", now);
	reads("2026-11-24T03:47:09.5Z", now + S / 2);
	reads("2026-11-24T03:47:09.000025Z", now + 25);
	reads("2026-11-24T03:47:09.0000259999Z", now + 25);
	reads("2026-11-24T03:47Z", now - 9 * S);
	reads("1969-12-31T23:59:59Z", -S);
	reads("2024-02-29T12:00:00Z", INT64_C(1709208000) * S);
	reads("2000-02-29T00:00:00Z", INT64_C(951782400) * S);
	/* a leap second is the next minute's first */
	reads("2016-12-31T23:59:60Z", INT64_C(1483228800) * S);
}

static void without_a_zone_it_is_local_time(void **state)
{
	(void)state;
	reads("2026-11-24T04:47:09", now);
	reads("2026-11-24 04:47", now - 9 * S);
	reads("2026-11-24", INT64_C(1795474800) * S);
	reads("2024-02-29", INT64_C(1709161200) * S);
	reads("2026-07-01 12:30", INT64_C(1782901800) * S);
	/* before and after the hour that is left out in spring */
	reads("2026-03-29 01:30", INT64_C(1774744200) * S);
	reads("2026-03-29 03:30", INT64_C(1774747800) * S);
}

static void a_time_of_day_is_the_most_recent_one(void **state)
{
	(void)state;
	reads("04:47", now - 9 * S);
	reads("04:48", now - 9 * S + MOMENT_MINUTE - MOMENT_DAY);
	reads("00:00", INT64_C(1795474800) * S);
	reads("23:59", INT64_C(1795474800) * S - MOMENT_MINUTE);
	reads("04:47:09", now);
	reads("04:47:10", now + S - MOMENT_DAY);
	/* in another zone */
	reads("03:47Z", now - 9 * S);
	reads("03:48Z", now - 9 * S + MOMENT_MINUTE - MOMENT_DAY);
	reads("22:47-05:00", now - 9 * S);
	reads("09:17+05:30", now - 9 * S);
}

static void a_time_of_day_is_right_around_the_change_of_clocks(void **state)
{
	const int64_t summer = INT64_C(1792888200) * S; /* 2026-10-25 02:30 the first time */
	const int64_t winter = INT64_C(1792891800) * S; /* and the second */
	const int64_t spring = INT64_C(1774747800) * S; /* 2026-03-29 03:30 */

	(void)state;
	reads_at(summer, "02:30", summer);
	reads_at(summer + 15 * MOMENT_MINUTE, "02:30", summer);
	reads_at(winter, "02:30", winter);
	reads_at(winter + 15 * MOMENT_MINUTE, "02:30", winter);
	reads_at(winter + 9 * MOMENT_HOUR, "02:30", winter);
	/* the day of 25 hours: yesterday's 12:00 */
	reads_at(winter, "12:00", INT64_C(1792836000) * S);
	/* the day of 23 hours */
	reads_at(spring, "01:30", INT64_C(1774744200) * S);
	reads_at(spring, "23:30", INT64_C(1774737000) * S);
}

static void text_that_is_no_time_is_refused_and_changes_nothing(void **state)
{
	static const char *const bad[] = {"",
					  "now",
					  "yesterday",
					  "2026",
					  "2026-11",
					  "2026-13-01",
					  "2026-00-10",
					  "2026-11-00",
					  "2026-11-31",
					  "2026-02-29",
					  "2023-02-29",
					  "1900-02-29",
					  "2100-02-29",
					  "26-11-24",
					  "2026-1-2",
					  "2026/11/24",
					  "2026-11-24T",
					  "2026-11-24T24:00",
					  "2026-11-24T03:60",
					  "2026-11-24T03:47:61",
					  "2026-11-24T03",
					  "2026-11-24T03:47:09.",
					  "2026-11-24T03:47:09.Z",
					  "2026-11-24T03:47:09+1",
					  "2026-11-24T03:47:09+0100",
					  "2026-11-24T03:47:09+24:00",
					  "2026-11-24T03:47:09Z ",
					  " 2026-11-24",
					  "2026-11-24 ",
					  "2026-11-24Z",
					  "2026-11-24X03:47",
					  "24:00",
					  "04:60",
					  "4:47",
					  "04:47x",
					  "04:4",
					  "-1:00",
					  "0000-01-01",
					  "12026-01-01"};
	int64_t t = 42;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		if (moment_parse(bad[i], now, &t) != -EINVAL)
			fail_msg("\"%s\" was taken", bad[i]);
		assert_int_equal(t, 42);
	}
}

static int set_zone(void **state)
{
	(void)state;
	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(floors_go_down_before_1970_as_well),
		cmocka_unit_test(utc_prints_as_rfc_3339_with_microseconds),
		cmocka_unit_test(local_time_prints_with_its_summer_time),
		cmocka_unit_test(relative_times_are_short_words),
		cmocka_unit_test(durations_are_sums_of_units),
		cmocka_unit_test(text_that_is_no_duration_is_refused_and_changes_nothing),
		cmocka_unit_test(a_duration_means_that_long_ago),
		cmocka_unit_test(rfc_3339_is_read_with_its_zone),
		cmocka_unit_test(without_a_zone_it_is_local_time),
		cmocka_unit_test(a_time_of_day_is_the_most_recent_one),
		cmocka_unit_test(a_time_of_day_is_right_around_the_change_of_clocks),
		cmocka_unit_test(text_that_is_no_time_is_refused_and_changes_nothing),
	};

	return cmocka_run_group_tests_name("moment", tests, set_zone, NULL);
}
