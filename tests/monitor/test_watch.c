/*
 * The monitor: what it says, what a reload changes, and what becomes of frames that wait when it is
 * told to stop.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "../edge/store_fixture.h"
#include "watch_harness.h"

static void some_twice(int beat)
{
	if (beat == 1 || beat == 3)
		frames_come(2);
	else if (beat == 5)
		end();
}

static void unclassified_traffic_is_told_once(void **state)
{
	const char *words, *at;

	(void)state;
	fake = (struct fake){.external = true};
	words = run(fixture_path("unclassified.db"), some_twice);
	at = strstr(words, "connections between two external addresses are not classified: ");
	assert_non_null(at);
	assert_non_null(strstr(at, "Seen: 203.0.113.9 to 198.51.100.4."));
	assert_null(strstr(at + 1, "connections between two external"));
}

static void reload_then_five(int beat)
{
	if (beat == 1)
		kill(getpid(), SIGHUP);
	else if (beat == 2)
		frames_come(5);
	else if (beat == 4)
		end();
}

static void a_reload_changes_the_limits_of_the_record(void **state)
{
	const char *path = fixture_path("limits.db"), *words;

	(void)state;
	fake = (struct fake){.set_ports = 0};
	words = run(path, reload_then_five);
	assert_non_null(strstr(words, "reload: the new configuration is in force\n"));
	assert_int_equal(ask(path, "SELECT attempts FROM host_sum WHERE span = 0"), 5);
	assert_int_equal(ask(path, "SELECT count(*) FROM conn"), 2);
}

/* An editor writes anew under another name: for a moment there is no file. */
static void a_reload_without_the_file_keeps_what_is_in_force(void **state)
{
	const char *path = fixture_path("gone.db"), *words;

	(void)state;
	fake = (struct fake){.set_ports = 0};
	has_file = true;
	words = run(path, reload_then_five);
	has_file = false;
	assert_non_null(strstr(words, "reload: /etc/egress25.conf is gone"));
	assert_null(strstr(words, "the new configuration is in force"));
	assert_int_equal(ask(path, "SELECT count(*) FROM conn"), 5);
}

static void signal_then_two(int beat)
{
	if (beat == 1)
		kill(getpid(), SIGUSR1);
	else if (beat == 2)
		frames_come(2);
	else if (beat == 4)
		end();
}

static void sigusr1_ends_nothing(void **state)
{
	const char *path = fixture_path("usr1.db");

	(void)state;
	fake = (struct fake){.set_ports = 0};
	assert_non_null(strstr(run(path, signal_then_two), "SIGUSR1"));
	assert_int_equal(ask(path, "SELECT count(*) FROM conn"), 2);
}

static void offenders_are_reset_where_the_configuration_says_so(void **state)
{
	const char *path = fixture_path("resets.db"), *words;

	(void)state;
	begin_resets(RESET_ON);
	words = run(path, some_twice);
	assert_non_null(strstr(words, "resets are on"));
	assert_int_equal(wire.sent, 8);
	assert_string_equal(wire.last, "mirror0");
	assert_int_equal(wire.opened, wire.closed);
	assert_int_equal(ask(path, "SELECT sum(resets) FROM conn"), 8);
	assert_int_equal(ask(path, "SELECT resets_sent FROM run"), 8);
	begin_resets(RESET_ON);
	reset_via = "eth7";
	run(fixture_path("via.db"), some_twice);
	assert_string_equal(wire.last, "eth7");
	assert_int_equal(wire.sent, 8);
	end_resets();
}

/* Whether this user may. */
static bool may_hurry(void)
{
	struct sched_param usual = {0}, first = {.sched_priority = 1};
	bool may = sched_setscheduler(0, SCHED_FIFO, &first) == 0;

	sched_setscheduler(0, SCHED_OTHER, &usual);
	return may;
}

static void resets_are_sent_with_real_time_priority_or_it_is_said(void **state)
{
	bool may = may_hurry();
	const char *words;

	(void)state;
	begin_resets(RESET_ON);
	words = run(fixture_path("hurry.db"), some_twice);
	assert_int_equal(wire.scheduling, may ? SCHED_FIFO : SCHED_OTHER);
	assert_int_equal(strstr(words, "no real-time priority") == NULL, may);
	assert_int_equal(sched_getscheduler(0) & ~SCHED_RESET_ON_FORK, SCHED_OTHER);
	end_resets();
}

static int sent_before_the_end;

static void twelve_at_once(int beat)
{
	if (beat == 1)
		frames_come(12);
	if (beat == 3)
		sent_before_the_end = wire.sent;
	if (beat == 4)
		end();
}

static void what_the_millisecond_held_back_is_sent_without_another_frame(void **state)
{
	(void)state;
	begin_resets(RESET_ON);
	fake.dialogue = true;
	run(fixture_path("late.db"), twelve_at_once);
	assert_int_equal(sent_before_the_end, 2 * (8 + 1));
	end_resets();
}

static void one_then_one(int beat)
{
	if (beat == 1 || beat == 4)
		frames_come(1);
	if (beat == 6)
		end();
}

static void a_mail_server_s_mac_address_is_remembered_from_beat_to_beat(void **state)
{
	(void)state;
	begin_resets(RESET_ON);
	fake.same_mac = true;
	run(fixture_path("mac.db"), one_then_one);
	assert_int_equal(wire.sent, 0);
	assert_int_equal(ask(fixture_path("mac.db"), "SELECT count(*) FROM conn"), 1);
	end_resets();
}

static void resets_that_are_off_or_never_send_nothing(void **state)
{
	(void)state;
	begin_resets(RESET_OFF);
	run(fixture_path("off.db"), some_twice);
	assert_int_equal(wire.opened, 1);
	assert_int_equal(wire.sent, 0);
	begin_resets(RESET_NEVER);
	run(fixture_path("never.db"), some_twice);
	assert_int_equal(wire.opened, 0);
	begin_resets(RESET_DRY_RUN);
	run(fixture_path("dry.db"), some_twice);
	assert_int_equal(wire.sent, 0);
	assert_int_equal(ask(fixture_path("dry.db"), "SELECT resets_planned FROM run"), 8);
	end_resets();
}

static void sigusr1_stops_all_resets(void **state)
{
	(void)state;
	begin_resets(RESET_ON);
	assert_non_null(strstr(run(fixture_path("stop.db"), signal_then_two), "no reset is sent"));
	assert_int_equal(wire.sent, 0);
	end_resets();
}

static void a_reload_switches_resets_on_but_not_past_never(void **state)
{
	(void)state;
	begin_resets(RESET_OFF);
	reset_mode_again = RESET_ON;
	run(fixture_path("on.db"), reload_then_five);
	assert_int_equal(wire.sent, 10);
	begin_resets(RESET_NEVER);
	reset_mode_again = RESET_ON;
	assert_non_null(strstr(run(fixture_path("sealed.db"), reload_then_five), "restart"));
	assert_int_equal(wire.sent, 0);
	end_resets();
}

static void without_a_mail_server_resets_do_not_arm(void **state)
{
	(void)state;
	begin_resets(RESET_ON);
	mail_server = false;
	run_result = -EPERM;
	assert_non_null(strstr(run(fixture_path("unarmed.db"), NULL), "--mail-server"));
	assert_int_equal(wire.opened, 0);
	end_resets();
}

static void reload_without_a_mail_server(int beat)
{
	mail_server = false;
	reload_then_five(beat);
}

static void a_reload_to_resets_without_a_mail_server_is_refused_whole(void **state)
{
	const char *words;

	(void)state;
	begin_resets(RESET_OFF);
	reset_mode_again = RESET_ON;
	words = run(fixture_path("refused.db"), reload_without_a_mail_server);
	assert_non_null(strstr(words, "reset = on: no mail server is configured"));
	assert_non_null(strstr(words, "reload: the configuration in force stays as it was\n"));
	assert_null(strstr(words, "the new configuration is in force"));
	assert_int_equal(wire.sent, 0);
	assert_int_equal(ask(fixture_path("refused.db"), "SELECT count(*) FROM conn"), 5);
	end_resets();
}

static void a_reload_tells_the_new_mode_of_resets_and_what_needs_a_restart(void **state)
{
	const char *words;

	(void)state;
	begin_resets(RESET_ON);
	reset_mode_again = RESET_DRY_RUN;
	words = run(fixture_path("told.db"), reload_then_five);
	assert_non_null(strstr(words, "resets are dry-run\n"));
	assert_null(strstr(words, "restart"));
	begin_resets(RESET_NEVER);
	reset_mode_again = RESET_ON;
	words = run(fixture_path("left.db"), reload_then_five);
	assert_non_null(strstr(words, "reload: leaving reset = never needs a restart\n"));
	assert_null(strstr(words, "reload: a change of"));
	assert_null(strstr(words, "resets are"));
	end_resets();
}

static void an_interface_that_takes_no_resets_is_told(void **state)
{
	(void)state;
	begin_resets(RESET_OFF);
	wire.result = -EOPNOTSUPP;
	assert_non_null(strstr(run(fixture_path("lo.db"), some_twice), "mirror0: resets: is no"));
	begin_resets(RESET_ON);
	wire.result = run_result = -EOPNOTSUPP;
	run(fixture_path("lo2.db"), NULL);
	end_resets();
}

static void a_filter_that_could_not_be_changed_is_not_called_in_force(void **state)
{
	const char *words;

	(void)state;
	fake = (struct fake){.set_ports = -ENOMEM};
	words = run(fixture_path("filter.db"), reload_then_five);
	assert_non_null(strstr(words, "mirror0: the kernel filter could not be changed"));
	assert_non_null(strstr(words, "in force, but for the ports that it watches\n"));
}

static void stop_with_frames(int beat)
{
	(void)beat;
	fake.at_end = 40000;
	end();
}

static void frames_that_wait_at_the_end_keep_their_servers(void **state)
{
	const char *path = fixture_path("end.db");

	(void)state;
	fake = (struct fake){.many = true};
	run(path, stop_with_frames);
	assert_int_equal(ask(path, "SELECT sum(attempts) FROM host_sum WHERE span = 0"), 40000);
	assert_int_equal(ask(path, "SELECT sum(folded) FROM host_sum WHERE span = 0"), 0);
	assert_int_equal(ask(path, "SELECT count(*) FROM conn"), 40000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unclassified_traffic_is_told_once),
		cmocka_unit_test(a_reload_changes_the_limits_of_the_record),
		cmocka_unit_test(a_reload_without_the_file_keeps_what_is_in_force),
		cmocka_unit_test(sigusr1_ends_nothing),
		cmocka_unit_test(offenders_are_reset_where_the_configuration_says_so),
		cmocka_unit_test(resets_are_sent_with_real_time_priority_or_it_is_said),
		cmocka_unit_test(what_the_millisecond_held_back_is_sent_without_another_frame),
		cmocka_unit_test(a_mail_server_s_mac_address_is_remembered_from_beat_to_beat),
		cmocka_unit_test(resets_that_are_off_or_never_send_nothing),
		cmocka_unit_test(sigusr1_stops_all_resets),
		cmocka_unit_test(a_reload_switches_resets_on_but_not_past_never),
		cmocka_unit_test(without_a_mail_server_resets_do_not_arm),
		cmocka_unit_test(a_reload_to_resets_without_a_mail_server_is_refused_whole),
		cmocka_unit_test(a_reload_tells_the_new_mode_of_resets_and_what_needs_a_restart),
		cmocka_unit_test(an_interface_that_takes_no_resets_is_told),
		cmocka_unit_test(a_filter_that_could_not_be_changed_is_not_called_in_force),
		cmocka_unit_test(frames_that_wait_at_the_end_keep_their_servers),
	};

	return cmocka_run_group_tests_name("watch", tests, fixture_enter_group,
					   fixture_leave_group);
}
