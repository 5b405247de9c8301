/* The incident in force: its beginning, and each way in which it ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../../src/monitor/incident_watch.h"

#define SECOND INT64_C(1000000)
#define NOW    INT64_C(1795478400000000)
#define STEADY INT64_C(5000000)

static const struct incident_order none, sample = {
						 .id = 3,
						 .opened = NOW - SECOND,
						 .until = NOW + 10 * SECOND,
						 .reset = true,
						 .revision = 1,
};

static void one_is_taken_up_and_closed_as_the_record_says(void **state)
{
	struct incident_watch w = {0};

	(void)state;
	assert_int_equal(incident_watch_update(&w, &none, NOW, STEADY), INCIDENT_SAME);
	assert_int_equal(incident_watch_update(&w, &sample, NOW, STEADY), INCIDENT_OPENED);
	assert_int_equal(w.order.id, 3);
	assert_true(w.order.reset);
	assert_int_equal(incident_watch_update(&w, &sample, NOW, STEADY), INCIDENT_SAME);
	assert_int_equal(incident_watch_update(&w, &none, NOW, STEADY), INCIDENT_CLOSED);
	assert_int_equal(w.order.id, 0);
	assert_int_equal(w.ended.id, 0);
}

static void it_ends_at_its_limit_though_the_record_still_calls_it_open(void **state)
{
	struct incident_watch w = {0};
	int64_t later = 10 * SECOND;

	(void)state;
	incident_watch_update(&w, &sample, NOW, STEADY);
	assert_int_equal(incident_watch_update(&w, &sample, NOW + later - 1, STEADY + later - 1),
			 INCIDENT_SAME);
	assert_int_equal(incident_watch_update(&w, &sample, NOW + later, STEADY + later),
			 INCIDENT_LIMIT);
	assert_int_equal(w.order.id, 0);
	assert_int_equal(w.ended.id, 3);
	/* And is not taken up again, whatever the wall clock says then. */
	assert_int_equal(incident_watch_update(&w, &sample, NOW, STEADY + later + 1),
			 INCIDENT_SAME);
	assert_int_equal(w.order.id, 0);
	/* Until the record has it too. */
	assert_int_equal(incident_watch_update(&w, &none, NOW, STEADY + later + 2), INCIDENT_SAME);
	assert_int_equal(w.ended.id, 0);
}

static void a_wall_clock_set_back_does_not_lengthen_it(void **state)
{
	struct incident_watch w = {0};

	(void)state;
	incident_watch_update(&w, &sample, NOW, STEADY);
	assert_int_equal(incident_watch_update(&w, &sample, NOW - 3600 * SECOND,
					       STEADY + 10 * SECOND),
			 INCIDENT_LIMIT);
}

static void one_past_its_limit_takes_no_effect_after_a_restart(void **state)
{
	struct incident_watch w = {0};

	(void)state;
	assert_int_equal(incident_watch_update(&w, &sample, NOW + 60 * SECOND, STEADY),
			 INCIDENT_LIMIT);
	assert_int_equal(w.order.id, 0);
	assert_int_equal(w.ended.id, 3);
}

static void another_one_of_the_same_number_is_another_one(void **state)
{
	struct incident_order other = sample;
	struct incident_watch w = {0};

	(void)state;
	other.opened = NOW;
	incident_watch_update(&w, &sample, NOW, STEADY);
	assert_int_equal(incident_watch_update(&w, &other, NOW, STEADY), INCIDENT_CLOSED);
	assert_int_equal(incident_watch_update(&w, &other, NOW, STEADY), INCIDENT_OPENED);
	assert_int_equal(w.order.opened, NOW);
}

static void what_a_command_changes_is_taken_up_with_limits_of_its_own(void **state)
{
	struct incident_order frozen = sample;
	struct incident_watch w = {0};

	(void)state;
	incident_watch_update(&w, &sample, NOW, STEADY);
	frozen.revision = 2;
	frozen.freeze = true;
	frozen.frozen = NOW;
	frozen.frozen_until = NOW + 5 * SECOND;
	frozen.until = NOW + 20 * SECOND;
	assert_int_equal(incident_watch_update(&w, &frozen, NOW, STEADY), INCIDENT_CHANGED);
	assert_true(w.order.freeze);
	assert_int_equal(w.order.revision, 2);
	assert_int_equal(incident_watch_update(&w, &frozen, NOW, STEADY), INCIDENT_SAME);
	/* The old limit is no more. */
	frozen.revision = 3;
	frozen.freeze = false;
	assert_int_equal(incident_watch_update(&w, &frozen, NOW, STEADY + 11 * SECOND),
			 INCIDENT_CHANGED);
	assert_false(w.order.freeze);
}

static void a_freeze_ends_at_its_limit_though_the_record_still_tells_of_it(void **state)
{
	struct incident_order frozen = sample;
	struct incident_watch w = {0};

	(void)state;
	frozen.freeze = true;
	frozen.frozen = NOW;
	frozen.frozen_until = NOW + 5 * SECOND;
	incident_watch_update(&w, &frozen, NOW, STEADY);
	assert_int_equal(incident_watch_update(&w, &frozen, NOW - 3600 * SECOND,
					       STEADY + 5 * SECOND - 1),
			 INCIDENT_SAME);
	assert_true(w.order.freeze);
	/* Of a clock that nobody sets. */
	assert_int_equal(incident_watch_update(&w, &frozen, NOW - 3600 * SECOND,
					       STEADY + 5 * SECOND),
			 INCIDENT_THAWED);
	assert_false(w.order.freeze);
	assert_int_equal(w.order.id, 3);
	assert_int_equal(incident_watch_update(&w, &frozen, NOW, STEADY + 6 * SECOND),
			 INCIDENT_SAME);
	assert_false(w.order.freeze);
	/* Found by a restart behind its limit it is none. */
	w = (struct incident_watch){0};
	assert_int_equal(incident_watch_update(&w, &frozen, NOW + 6 * SECOND, STEADY),
			 INCIDENT_OPENED);
	assert_false(w.order.freeze);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_is_taken_up_and_closed_as_the_record_says),
		cmocka_unit_test(it_ends_at_its_limit_though_the_record_still_calls_it_open),
		cmocka_unit_test(a_wall_clock_set_back_does_not_lengthen_it),
		cmocka_unit_test(one_past_its_limit_takes_no_effect_after_a_restart),
		cmocka_unit_test(what_a_command_changes_is_taken_up_with_limits_of_its_own),
		cmocka_unit_test(a_freeze_ends_at_its_limit_though_the_record_still_tells_of_it),
		cmocka_unit_test(another_one_of_the_same_number_is_another_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
