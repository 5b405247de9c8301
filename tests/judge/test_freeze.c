/* The steps of a freeze: whatever goes wrong, what was done is undone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "judge/freeze.h"

#define PATHS 59049 /* 3 results for each of 10 steps */

struct walk {
	enum freeze_step steps[FREEZE_STEP_COUNT + 1];
	size_t count;
	bool failed;
};

/* The way where the nth step that is taken has the nth result, in base 3. */
static void walk(struct walk *w, int results)
{
	enum freeze_step step = FREEZE_LOOK;

	*w = (struct walk){0};
	while (step != FREEZE_OVER) {
		enum freeze_result result = (enum freeze_result)(results % FREEZE_RESULT_COUNT);

		if (w->count == FREEZE_STEP_COUNT)
			fail_msg("the way does not end");
		w->steps[w->count++] = step;
		w->failed = w->failed || freeze_is_failure(step, result);
		step = freeze_next(step, result);
		results /= FREEZE_RESULT_COUNT;
	}
}

static size_t at(const struct walk *w, enum freeze_step step)
{
	size_t i = 0;

	while (i < w->count && w->steps[i] != step)
		i++;
	return i;
}

static bool has(const struct walk *w, enum freeze_step step)
{
	return at(w, step) < w->count;
}

static void where_all_goes_well_each_step_is_taken_once_in_order(void **state)
{
	struct walk w;

	(void)state;
	walk(&w, 0);
	assert_int_equal(w.count, FREEZE_OVER);
	for (size_t i = 0; i < w.count; i++)
		assert_int_equal(w.steps[i], i);
	assert_false(w.failed);
}

static void what_may_be_frozen_is_thawed_and_asked_whatever_fails(void **state)
{
	struct walk w;

	(void)state;
	for (int results = 0; results < PATHS; results++) {
		walk(&w, results);
		assert_int_equal(has(&w, FREEZE_FREEZE), has(&w, FREEZE_THAW));
		assert_int_equal(has(&w, FREEZE_THAW), has(&w, FREEZE_CONFIRM));
		if (has(&w, FREEZE_THAW))
			assert_true(at(&w, FREEZE_FREEZE) < at(&w, FREEZE_THAW) &&
				    at(&w, FREEZE_THAW) < at(&w, FREEZE_CONFIRM));
	}
}

static void what_the_record_may_say_is_taken_back_before_the_thaw_and_closed_behind_it(void **state)
{
	struct walk w;

	(void)state;
	for (int results = 0; results < PATHS; results++) {
		walk(&w, results);
		if (!has(&w, FREEZE_OPEN))
			continue;
		assert_true(at(&w, FREEZE_RELEASE) < at(&w, FREEZE_THAW));
		assert_true(at(&w, FREEZE_CONFIRM) < at(&w, FREEZE_CLOSE));
		assert_true(has(&w, FREEZE_CLOSE));
	}
}

static void nothing_is_frozen_where_the_first_look_fails(void **state)
{
	struct walk w;

	(void)state;
	for (int result = FREEZE_FAILED; result < FREEZE_RESULT_COUNT; result++) {
		walk(&w, result);
		assert_int_equal(w.count, 1);
		assert_int_equal(w.failed, result == FREEZE_FAILED);
	}
}

static void a_signal_is_no_failure_and_an_unproven_thaw_is_one(void **state)
{
	(void)state;
	for (int step = 0; step < FREEZE_STEP_COUNT; step++)
		assert_false(freeze_is_failure((enum freeze_step)step, FREEZE_END));
	assert_true(freeze_is_failure(FREEZE_CONFIRM, FREEZE_FAILED));
	/* One that had to be tried again, say, and is proven then. */
	assert_false(freeze_is_failure(FREEZE_THAW, FREEZE_FAILED));
	assert_string_equal(freeze_step_name(FREEZE_CONFIRM), "confirm");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(where_all_goes_well_each_step_is_taken_once_in_order),
		cmocka_unit_test(what_may_be_frozen_is_thawed_and_asked_whatever_fails),
		cmocka_unit_test(
			what_the_record_may_say_is_taken_back_before_the_thaw_and_closed_behind_it),
		cmocka_unit_test(nothing_is_frozen_where_the_first_look_fails),
		cmocka_unit_test(a_signal_is_no_failure_and_an_unproven_thaw_is_one),
	};

	return cmocka_run_group_tests_name("freeze", tests, NULL, NULL);
}
