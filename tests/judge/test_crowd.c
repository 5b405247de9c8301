/*
 * Which hosts are told apart, when somebody makes up more than there are.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/moment.h"
#include "judge/crowd.h"

static const struct hash_key key = {{3, 4}};
static struct crowd *crowd;

static int open_crowd(void **state)
{
	(void)state;
	crowd = crowd_new(&key);
	return crowd ? 0 : -1;
}

static int close_crowd(void **state)
{
	(void)state;
	crowd_free(crowd);
	return 0;
}

static bool admit(uint32_t host, bool proven, int64_t now)
{
	const uint8_t bytes[4] = {10, (uint8_t)(host >> 16), (uint8_t)(host >> 8), (uint8_t)host};
	struct addr a = addr_from_v4(bytes);

	return crowd_admit(crowd, &a, proven, now);
}

static uint32_t admit_many(uint32_t from, uint32_t count, bool proven, int64_t now)
{
	uint32_t taken = 0;

	for (uint32_t i = 0; i < count; i++)
		taken += admit(from + i, proven, now);
	return taken;
}

static void of_hosts_never_proven_so_many_are_told_apart_at_once(void **state)
{
	(void)state;
	assert_int_equal(admit_many(0, 100000, false, MOMENT_HOUR), CROWD_AT_ONCE);
	/* Those that were stay so. */
	assert_int_equal(admit_many(0, CROWD_AT_ONCE, false, MOMENT_HOUR), CROWD_AT_ONCE);
	assert_false(admit(200000, false, MOMENT_HOUR));
}

static void and_some_more_each_hour_but_never_more_than_at_once(void **state)
{
	int64_t now = 100 * MOMENT_HOUR;

	(void)state;
	admit_many(0, 100000, false, now);
	assert_int_equal(admit_many(100000, 100000, false, now + MOMENT_HOUR), CROWD_AN_HOUR);
	assert_int_equal(admit_many(200000, 100000, false, now + 500 * MOMENT_HOUR), CROWD_AT_ONCE);
}

static void a_proven_host_always_is(void **state)
{
	(void)state;
	admit_many(0, 100000, false, MOMENT_HOUR);
	assert_int_equal(admit_many(300000, 1000, true, MOMENT_HOUR), 1000);
	assert_int_equal(admit_many(300000, 1000, false, MOMENT_HOUR), 1000);
}

static void a_proven_host_is_not_forgotten_for_others(void **state)
{
	int64_t now = MOMENT_HOUR;

	(void)state;
	admit_many(300000, 1000, true, now);
	for (int i = 1; i < 20; i++) /* 155,648, more than are remembered */
		admit_many((uint32_t)i * 400000, 20000, false, now + 2 * MOMENT_HOUR * i);
	assert_int_equal(admit_many(300000, 1000, false, now + 38 * MOMENT_HOUR), 1000);
	assert_false(admit(77, false, now + 38 * MOMENT_HOUR));
}

static void a_proven_host_long_silent_gives_way(void **state)
{
	(void)state;
	/* More than there is room for, so that each place is taken. */
	assert_int_equal(admit_many(0, 400000, true, MOMENT_HOUR), 400000);
	assert_int_equal(admit_many(1000000, 200, false, 2 * MOMENT_HOUR), 0);
	assert_int_equal(admit_many(1000000, 200, false, 7 * MOMENT_DAY), 200);
}

static void an_old_clock_and_a_far_leap_take_nobody_away(void **state)
{
	(void)state;
	assert_int_equal(admit_many(0, 100000, false, 100 * MOMENT_HOUR), CROWD_AT_ONCE);
	assert_true(admit(1, false, 0));
	assert_false(admit(200000, false, 0));
	assert_true(admit(2, false, INT64_MAX / 2));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_crowd, close_crowd)
	const struct CMUnitTest tests[] = {
		TEST(of_hosts_never_proven_so_many_are_told_apart_at_once),
		TEST(and_some_more_each_hour_but_never_more_than_at_once),
		TEST(a_proven_host_always_is),
		TEST(a_proven_host_is_not_forgotten_for_others),
		TEST(a_proven_host_long_silent_gives_way),
		TEST(an_old_clock_and_a_far_leap_take_nobody_away),
	};

	return cmocka_run_group_tests_name("crowd", tests, NULL, NULL);
}
