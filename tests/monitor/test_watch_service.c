/* What a service manager hears of the monitor, with its socket as the judge. */
#include "../service_manager.h"

#include <signal.h>
#include <time.h>

#include <sqlite3.h>

#include "../edge/store_fixture.h"
#include "watch_harness.h"

static int manager = -1;
static const char *words; /* what it said on standard error */

static void begin(void)
{
	fake = (struct fake){.set_ports = 0};
	manager = manager_open(fixture_path("service"));
}

static void finish(void)
{
	manager_close(manager);
	unlink(fixture_path("service"));
}

static void expect(const char *text)
{
	assert_string_equal(manager_hears(manager), text);
}

static void reload_then_end(int beat)
{
	if (beat == 1)
		frames_come(3);
	if (beat == 2)
		kill(getpid(), SIGHUP);
	else if (beat == 4)
		end();
}

/* sd_notify(3): READY follows a reload too, which bears the time of the clock that systemd reads.
 */
static void it_tells_when_it_watches_reloads_and_stops_and_nothing_else(void **state)
{
	struct timespec before, after;
	long long microseconds;
	int taken = 0;

	(void)state;
	begin();
	clock_gettime(CLOCK_MONOTONIC, &before);
	words = run(fixture_path("told.db"), reload_then_end);
	clock_gettime(CLOCK_MONOTONIC, &after);
	expect("READY=1");
	expect("STATUS=watching mirror0: 0 frames, 0 attempts");
	assert_int_equal(sscanf(manager_hears(manager), "RELOADING=1\nMONOTONIC_USEC=%lld%n",
				&microseconds, &taken),
			 1);
	assert_true(taken > 0);
	assert_in_range(microseconds, before.tv_sec * INT64_C(1000000),
			after.tv_sec * INT64_C(1000000) + 1000000);
	expect("READY=1");
	expect("STOPPING=1\nSTATUS=writing the last of it into the record");
	expect("");
	finish();
}

static unsigned int signs_of_life(void)
{
	unsigned int n = 0;
	const char *text;

	while (*(text = manager_hears(manager)))
		n += strcmp(text, "WATCHDOG=1") == 0;
	return n;
}

static struct sqlite3 *lock;

/* The capture thread's beat goes on meanwhile, but its health is not asked for: so the clock ends
 * it. */
static void lock_the_record(int beat)
{
	if (beat == 2) {
		assert_int_equal(sqlite3_open(fixture_path("stalled.db"), &lock), SQLITE_OK);
		sqlite3_busy_timeout(lock, 1000);
		assert_int_equal(sqlite3_exec(lock, "BEGIN IMMEDIATE", NULL, NULL, NULL),
				 SQLITE_OK);
		frames_come(2);
		alarm(2);
	}
}

static void let_go(int signal)
{
	(void)signal;
	sqlite3_close(lock);
	end();
}

static void signs_of_life_come_at_half_the_interval_whatever_the_record_does(void **state)
{
	(void)state;
	begin();
	setenv("WATCHDOG_USEC", "1000000", 1);
	signal(SIGALRM, let_go);
	words = run(fixture_path("stalled.db"), lock_the_record);
	assert_in_range(signs_of_life(), 4, 6);
	assert_int_equal(ask(fixture_path("stalled.db"), "SELECT count(*) FROM conn"), 2);
	finish();
}

static unsigned int signs_meanwhile;

static void stand_still(int beat)
{
	if (beat == 3) {
		signs_of_life();
		sleep(1);
		signs_meanwhile = signs_of_life();
	} else if (beat == 4) {
		end();
	}
}

static void a_capture_thread_that_stands_still_shows_no_sign_of_life(void **state)
{
	(void)state;
	begin();
	setenv("WATCHDOG_USEC", "1000000", 1);
	words = run(fixture_path("still.db"), stand_still);
	assert_int_equal(signs_meanwhile, 0);
	assert_int_equal(signs_of_life(), 1);
	finish();
}

static void end_at_once(int beat)
{
	if (beat == 1)
		end();
}

static void a_socket_that_is_not_there_is_said_and_ends_nothing(void **state)
{
	(void)state;
	begin();
	setenv("NOTIFY_SOCKET", fixture_path("nobody"), 1);
	words = run(fixture_path("nobody.db"), end_at_once);
	assert_non_null(strstr(words, "egress25: watch: NOTIFY_SOCKET: No such file or directory: "
				      "the service manager hears nothing of the monitor\n"));
	finish();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_tells_when_it_watches_reloads_and_stops_and_nothing_else),
		cmocka_unit_test(signs_of_life_come_at_half_the_interval_whatever_the_record_does),
		cmocka_unit_test(a_capture_thread_that_stands_still_shows_no_sign_of_life),
		cmocka_unit_test(a_socket_that_is_not_there_is_said_and_ends_nothing),
	};

	return cmocka_run_group_tests_name("watch_service", tests, fixture_enter_group,
					   fixture_leave_group);
}
