/*
 * What is called an attack, since when, and until when.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "judge/pressure.h"

#define NOW (INT64_C(1700000000) * MOMENT_SECOND)

static uint64_t counts[PRESSURE_KIND_COUNT];
static struct pressures p;

static int setup(void **state)
{
	(void)state;
	memset(counts, 0, sizeof(counts));
	p = (struct pressures){0};
	counts[PRESSURE_SYNS] = 5000000; /* of long ago */
	pressures_note(&p, counts, NOW);
	return 0;
}

/* After `ms` so many more. */
static void more(int64_t *now, int64_t ms, uint64_t n)
{
	*now += ms * 1000;
	counts[PRESSURE_SYNS] += n;
	pressures_note(&p, counts, *now);
}

static void what_was_counted_before_and_a_few_are_no_attack(void **state)
{
	int64_t now = NOW;

	(void)state;
	for (int i = 0; i < 100; i++)
		more(&now, 1000, 999);
	assert_int_equal(p.kinds[PRESSURE_SYNS].last, 0);
	p = (struct pressures){0}; /* by a clock that begins at 0 */
	pressures_note(&p, counts, MOMENT_SECOND);
	assert_int_equal(p.kinds[PRESSURE_SYNS].last, 0);
}

static void a_flood_is_one_with_its_beginning_its_peak_and_its_end(void **state)
{
	const struct pressure *x = &p.kinds[PRESSURE_SYNS];
	int64_t now = NOW;

	(void)state;
	more(&now, 1000, 1000);
	more(&now, 2000, 600000);
	more(&now, 1000, 200000);
	more(&now, 1000, 3);
	more(&now, 1000, 0);
	assert_int_equal(x->since, NOW);
	assert_int_equal(x->last, NOW + 4 * MOMENT_SECOND);
	assert_int_equal(x->peak, 300000);
	for (unsigned int i = 0; i < PRESSURE_KIND_COUNT; i++)
		assert_true(i == PRESSURE_SYNS || p.kinds[i].last == 0);
}

static void within_a_second_nothing_is_looked_at(void **state)
{
	int64_t now = NOW;

	(void)state;
	more(&now, 10, 900);
	assert_int_equal(p.kinds[PRESSURE_SYNS].last, 0);
	more(&now, 990, 99);
	assert_int_equal(p.kinds[PRESSURE_SYNS].last, 0);
	more(&now, 10, 900);
	more(&now, 990, 100);
	assert_int_equal(p.kinds[PRESSURE_SYNS].peak, 1000);
}

static void after_a_minute_of_calm_it_is_another(void **state)
{
	int64_t now = NOW;

	(void)state;
	more(&now, 1000, 9000);
	more(&now, 59000, 0);
	more(&now, 1000, 2000);
	assert_int_equal(p.kinds[PRESSURE_SYNS].since, NOW);
	for (int i = 0; i < 61; i++)
		more(&now, 1000, 0);
	more(&now, 1000, 2000);
	assert_int_equal(p.kinds[PRESSURE_SYNS].since, now - MOMENT_SECOND);
	assert_int_equal(p.kinds[PRESSURE_SYNS].peak, 2000);
}

static void every_kind_has_a_name_of_its_own_and_words(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < PRESSURE_KIND_COUNT; i++) {
		assert_true(strlen(pressure_words((enum pressure_kind)i)) > 10);
		for (unsigned int j = 0; j < i; j++)
			assert_string_not_equal(pressure_name((enum pressure_kind)i),
						pressure_name((enum pressure_kind)j));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(what_was_counted_before_and_a_few_are_no_attack, setup),
		cmocka_unit_test_setup(a_flood_is_one_with_its_beginning_its_peak_and_its_end,
				       setup),
		cmocka_unit_test_setup(within_a_second_nothing_is_looked_at, setup),
		cmocka_unit_test_setup(after_a_minute_of_calm_it_is_another, setup),
		cmocka_unit_test(every_kind_has_a_name_of_its_own_and_words),
	};

	return cmocka_run_group_tests_name("pressure", tests, NULL, NULL);
}
