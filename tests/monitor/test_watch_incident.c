/* The monitor and incidents: rows that a command writes while it runs. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "../edge/store_fixture.h"
#include "base/moment.h"
#include "watch_harness.h"

static const char *incident_path;
static int64_t incident_length; /* seconds */

static void change_record(const char *sql)
{
	struct sqlite3 *db = fixture_reader(incident_path);

	sqlite3_busy_timeout(db, 2000);
	fixture_ask(db, "%s", sql);
	sqlite3_close(db);
}

static void open_incident(void)
{
	int64_t wall = moment_now();
	char sql[256];

	snprintf(sql, sizeof(sql),
		 "INSERT INTO incident(opened, opened_by, since, until, reason, reset, freeze,"
		 " policy) VALUES (%lld, 'joe', 0, %lld, 'listed', 1, 0, '')",
		 (long long)wall, (long long)(wall + incident_length * MOMENT_SECOND));
	change_record(sql);
}

/* Frames before, within and after. */
static void incident_and_close(int beat)
{
	if (beat == 2)
		frames_come(1);
	else if (beat == 3)
		open_incident();
	else if (beat == 7)
		frames_come(2);
	else if (beat == 9)
		change_record("UPDATE incident SET closed = 1, closed_by = 'user'");
	else if (beat == 13)
		frames_come(4);
	else if (beat == 15)
		end();
}

static const char *run_incident(const char *name, enum reset_mode mode, void (*beat)(int))
{
	begin_resets(mode);
	incident_path = fixture_path(name);
	incident_length = 600;
	return run(incident_path, beat);
}

static void an_incident_switches_resets_on_and_its_end_off_again(void **state)
{
	const char *words = run_incident("incident.db", RESET_OFF, incident_and_close);

	(void)state;
	assert_non_null(strstr(words, "incident 1: until "));
	assert_non_null(strstr(words, ": resets are on"));
	assert_non_null(strstr(words, "incident 1: was closed"));
	assert_int_equal(wire.sent, 4);
	assert_int_equal(ask(incident_path, "SELECT acknowledged IS NOT NULL AND released IS NOT"
					    " NULL AND effect = 'resets are on' FROM incident"),
			 1);
	end_resets();
}

static void never_and_dry_run_and_a_missing_mail_server_outrank_it(void **state)
{
	(void)state;
	assert_non_null(strstr(run_incident("i-never.db", RESET_NEVER, incident_and_close),
			       "resets stay off: the monitor runs with reset = never"));
	assert_int_equal(wire.opened, 0);
	assert_non_null(strstr(run_incident("i-dry.db", RESET_DRY_RUN, incident_and_close),
			       "counted, not sent"));
	assert_int_equal(wire.sent, 0);
	begin_resets(RESET_OFF);
	mail_server = false;
	incident_path = fixture_path("i-none.db");
	assert_non_null(strstr(run(incident_path, incident_and_close), "knows no mail server"));
	assert_int_equal(wire.sent, 0);
	end_resets();
}

static void incident_then_sigusr1(int beat)
{
	if (beat == 3)
		open_incident();
	else if (beat == 7)
		kill(getpid(), SIGUSR1);
	else if (beat == 9)
		frames_come(2);
	else if (beat == 13)
		end();
}

static void sigusr1_outranks_an_incident_and_the_record_is_told(void **state)
{
	(void)state;
	run_incident("i-usr1.db", RESET_OFF, incident_then_sigusr1);
	assert_int_equal(wire.sent, 0);
	assert_int_equal(ask(incident_path,
			     "SELECT effect LIKE 'resets stay off: SIGUSR1%' FROM incident"),
			 1);
	end_resets();
}

static void frames_at_once(int beat)
{
	if (beat == 1)
		frames_come(2);
	else if (beat == 5)
		end();
}

static void an_open_incident_is_taken_up_again_after_a_restart(void **state)
{
	(void)state;
	run_incident("i-again.db", RESET_OFF, frames_at_once);
	assert_int_equal(wire.sent, 0);
	open_incident();
	begin_resets(RESET_OFF);
	run(incident_path, frames_at_once);
	assert_int_equal(wire.sent, 4);
	end_resets();
}

static void short_incident(int beat)
{
	if (beat == 3)
		open_incident();
	else if (beat == 12)
		frames_come(2);
	else if (beat == 15)
		end();
}

static void an_incident_ends_by_itself_at_its_limit(void **state)
{
	const char *words;

	(void)state;
	begin_resets(RESET_OFF);
	incident_path = fixture_path("i-limit.db");
	incident_length = 1;
	words = run(incident_path, short_incident);
	assert_non_null(strstr(words, "incident 1: has come to its limit"));
	assert_int_equal(wire.sent, 0);
	assert_int_equal(ask(incident_path, "SELECT closed = until AND closed_by = 'limit' AND"
					    " released IS NOT NULL FROM incident"),
			 1);
	end_resets();
}

/* A freeze of one to two seconds, in the open incident of an hour; its end is waited for. */
static void freeze_for_a_second(int beat)
{
	if (beat == 1)
		open_incident();
	else if (beat == 5)
		change_record("UPDATE incident SET freeze = 1, frozen = 0, revision = 2,"
			      " frozen_until = 1000000 * (unixepoch() + 2)");
	else if (beat > 5 &&
		 (beat > 100 || ask(incident_path, "SELECT taken = 2 AND effect ="
						   " 'resets are on' FROM incident") == 1))
		end();
}

static void a_freeze_in_the_open_incident_is_taken_up_and_ends_at_its_own_limit(void **state)
{
	const char *words = run_incident("i-freeze.db", RESET_OFF, freeze_for_a_second), *at;

	(void)state;
	at = strstr(words, ": resets are on; mail servers may not send");
	assert_non_null(at);
	assert_non_null(strstr(at, "incident 1: the freeze has come to its limit"));
	assert_int_equal(ask(incident_path, "SELECT taken = 2 AND closed IS NULL AND effect ="
					    " 'resets are on' FROM incident"),
			 1);
	end_resets();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_incident_switches_resets_on_and_its_end_off_again),
		cmocka_unit_test(never_and_dry_run_and_a_missing_mail_server_outrank_it),
		cmocka_unit_test(sigusr1_outranks_an_incident_and_the_record_is_told),
		cmocka_unit_test(an_open_incident_is_taken_up_again_after_a_restart),
		cmocka_unit_test(an_incident_ends_by_itself_at_its_limit),
		cmocka_unit_test(
			a_freeze_in_the_open_incident_is_taken_up_and_ends_at_its_own_limit),
	};

	return cmocka_run_group_tests_name("watch_incident", tests, fixture_enter_group,
					   fixture_leave_group);
}
