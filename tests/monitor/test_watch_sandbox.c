/* The stages in which the monitor gives up what it could do, and interfaces that go and come. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../edge/store_fixture.h"
#include "watch_harness.h"

static void at_once(int beat)
{
	(void)beat;
	end();
}

static void begin(void)
{
	begin_resets(RESET_OFF);
}

static void it_drops_and_is_confined_before_the_record_is_opened_and_sealed_behind(void **state)
{
	const char *path = fixture_path("stages.db"), *words;
	char where[200];

	(void)state;
	begin();
	fake.record = path;
	words = run(path, at_once);
	assert_string_equal(fake.stages, "drop confine record seal ");
	snprintf(where, sizeof(where), "owner in %.*s", (int)(strrchr(path, '/') - path), path);
	assert_string_equal(fake.dropped_to, where);
	assert_int_equal(fake.writable, 1);
	assert_non_null(strstr(words, "runs as someone without capabilities, confined by Landlock, "
				      "sealed by seccomp\n"));
	assert_int_equal(ask(path, "SELECT privileges = 'runs as someone without capabilities, "
				   "confined by Landlock, sealed by seccomp' FROM run"),
			 1);
	end_resets();
}

static void who_cannot_drop_makes_no_record(void **state)
{
	const char *path = fixture_path("undropped.db");

	(void)state;
	begin();
	fake.drop = run_result = -ENOENT;
	assert_string_equal(run(path, NULL), "egress25: user someone: there is none\n");
	assert_string_equal(fake.stages, "drop ");
	assert_int_equal(access(path, F_OK), -1);
	end_resets();
}

static void a_kernel_without_landlock_or_seccomp_is_told_and_used(void **state)
{
	const char *words;

	(void)state;
	begin();
	fake.confine = fake.seal = -EOPNOTSUPP;
	words = run(fixture_path("old.db"), at_once);
	assert_non_null(strstr(words, "not confined: this kernel has no Landlock, not sealed: this "
				      "kernel has no seccomp"));
	assert_int_equal(
		ask(fixture_path("old.db"),
		    "SELECT privileges = 'runs as someone without capabilities, not "
		    "confined: this kernel has no Landlock, not sealed: this kernel has no "
		    "seccomp' FROM run"),
		1);
	end_resets();
}

static void a_stage_that_fails_ends_it(void **state)
{
	(void)state;
	begin();
	fake.confine = run_result = -E2BIG;
	assert_non_null(strstr(run(fixture_path("a.db"), NULL), "watch: cannot start: "));
	assert_string_equal(fake.stages, "drop confine ");
	begin();
	fake.seal = run_result = -EBUSY;
	assert_non_null(strstr(run(fixture_path("b.db"), NULL), "watch: cannot start: "));
	end_resets();
}

static void nothing_may_send_where_resets_are_never_sent(void **state)
{
	(void)state;
	begin();
	run(fixture_path("off.db"), at_once);
	assert_int_equal(fake.senders, 1);
	begin_resets(RESET_NEVER);
	run(fixture_path("never.db"), at_once);
	assert_int_equal(fake.senders, 0);
	end_resets();
}

/* Not there when it is looked for the first time. */
static void goes_and_comes(int beat)
{
	static int before, came;

	if (fake.gone) {
		before = fake.rebound;
		came = beat;
		fake.gone = fake.rebound == 0;
		fake.rebind = fake.gone ? -ENODEV : 0;
	} else if (fake.rebound == before) {
		came = beat;
	} else if (beat == came + 1) {
		frames_come(3);
	} else if (beat == came + 3) {
		end();
	}
}

static void an_interface_that_went_without_a_word_is_watched_again(void **state)
{
	const char *path = fixture_path("back.db"), *words;

	(void)state;
	begin();
	fake.gone = true;
	fake.rebind = -ENODEV;
	words = run(path, goes_and_comes);
	assert_non_null(strstr(words, "mirror0: the interface has gone: looking for it again"));
	assert_non_null(strstr(words, "mirror0: is back, and watched again"));
	assert_string_equal(wire.last, "again mirror0");
	assert_int_equal(wire.opened, 1);
	assert_int_equal(ask(path, "SELECT count(*) FROM conn"), 3);
	end_resets();
}

static void goes_for_good(int beat)
{
	(void)beat;
	fake.gone = true;
	if (fake.rebound >= 2)
		end();
}

static void one_of_another_kind_is_told_once(void **state)
{
	const char *words, *first;

	(void)state;
	begin();
	fake.rebind = -EOPNOTSUPP;
	words = run(fixture_path("strange.db"), goes_for_good);
	first = strstr(words, "is back as another kind of interface");
	assert_non_null(first);
	assert_null(strstr(first + 1, "is back as"));
	end_resets();
}

static int enter(void **state)
{
	(void)state;
	fixture_enter();
	end_resets();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			it_drops_and_is_confined_before_the_record_is_opened_and_sealed_behind),
		cmocka_unit_test(who_cannot_drop_makes_no_record),
		cmocka_unit_test(a_kernel_without_landlock_or_seccomp_is_told_and_used),
		cmocka_unit_test(a_stage_that_fails_ends_it),
		cmocka_unit_test(nothing_may_send_where_resets_are_never_sent),
		cmocka_unit_test(an_interface_that_went_without_a_word_is_watched_again),
		cmocka_unit_test(one_of_another_kind_is_told_once),
	};

	return cmocka_run_group_tests(tests, enter, fixture_leave_group);
}
