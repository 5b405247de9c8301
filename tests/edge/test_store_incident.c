/* Incidents: what commands write beside the monitor, and what it reads and answers. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "edge/store_incident.h"
#include "store_fixture.h"

#define HOUR INT64_C(3600000000)

static const struct store_incident sample = {
	.opened_by = "joe",
	.reason = "listed by example.org",
	.address = "198.51.100.7",
	.policy = "mail_servers 10.0.0.25",
	.opened = DAY_START,
	.since = DAY_START - HOUR,
	.until = DAY_START + HOUR,
	.reset = true,
};

static struct store *enter_path(const char *path)
{
	char error[STORE_ERROR] = "";
	struct store *s = NULL;

	if (store_incident_enter(path, &s, error) < 0)
		fail_msg("%s", error);
	return s;
}

static int64_t open_one(struct store *s, const struct store_incident *i)
{
	char error[STORE_ERROR] = "";
	int64_t id = 0;

	if (store_incident_open(s, i, &id, error) < 0)
		fail_msg("%s", error);
	return id;
}

static struct incident_order poll_with(struct store *s, const struct incident_answer *answer,
				       int64_t now)
{
	struct incident_order order;

	assert_int_equal(store_incident_poll(s, answer, now, &order), 0);
	return order;
}

static void a_command_opens_an_incident_beside_the_monitor_which_acknowledges_it(void **state)
{
	const char *path = fixture_path("acknowledge.db");
	struct incident_answer answer = {0};
	struct store_incident_state how;
	struct incident_order order;
	struct store *monitor = fixture_open_path(path), *command = enter_path(path);
	char error[STORE_ERROR];

	(void)state;
	order = poll_with(monitor, &answer, DAY_START);
	assert_int_equal(order.id, 0);
	assert_int_equal(open_one(command, &sample), 1);
	order = poll_with(monitor, &answer, DAY_START);
	assert_int_equal(order.id, 1);
	assert_true(order.reset);
	assert_false(order.freeze);
	assert_int_equal(order.opened, DAY_START);
	assert_int_equal(order.until, DAY_START + HOUR);
	assert_int_equal(store_incident_state(command, 1, &how, error), 0);
	assert_false(how.acknowledged);
	assert_int_equal(order.revision, 1);
	answer.id = 1;
	answer.revision = 1;
	strcpy(answer.effect, "resets are on");
	poll_with(monitor, &answer, DAY_START + 5);
	assert_int_equal(store_incident_state(command, 1, &how, error), 0);
	assert_true(how.acknowledged);
	assert_false(how.released);
	assert_string_equal(how.effect, "resets are on");
	/* Another effect is written down too; when it was taken up stays. */
	strcpy(answer.effect, "resets are stopped");
	poll_with(monitor, &answer, DAY_START + 9);
	assert_int_equal(fixture_ask(store_database(monitor), "SELECT acknowledged FROM incident"),
			 DAY_START + 5);
	assert_string_equal(fixture_ask_text(store_database(monitor),
					     "SELECT effect FROM incident"),
			    "resets are stopped");
	store_incident_leave(command);
	store_close(monitor);
}

static void one_is_open_at_most_and_a_second_is_told_its_number(void **state)
{
	const char *path = fixture_path("second.db");
	struct store *monitor = fixture_open_path(path), *command = enter_path(path);
	char error[STORE_ERROR] = "";
	int64_t id = 0;

	(void)state;
	open_one(command, &sample);
	assert_int_equal(store_incident_open(command, &sample, &id, error), -EEXIST);
	assert_int_equal(id, 1);
	assert_non_null(strstr(error, "incident 1 is open"));
	/* And whoever does not ask first is refused by the record itself. */
	assert_int_not_equal(sqlite3_exec(store_database(monitor),
					  "INSERT INTO incident(opened, opened_by, since, until,"
					  " reason, reset, freeze, policy)"
					  " VALUES (1, '', 1, 2, '', 0, 0, '')",
					  NULL, NULL, NULL),
			     SQLITE_OK);
	store_incident_leave(command);
	store_close(monitor);
}

static void closing_is_seen_by_the_monitor_and_its_release_by_the_command(void **state)
{
	const char *path = fixture_path("close.db");
	struct incident_answer answer = {.id = 1, .revision = 1, .effect = "watching"};
	struct store_incident_state how;
	struct store *monitor = fixture_open_path(path), *command = enter_path(path);
	char error[STORE_ERROR] = "";
	int64_t id = 0;

	(void)state;
	assert_int_equal(store_incident_close(command, "user", DAY_START, &id, error), -ENOENT);
	open_one(command, &sample);
	poll_with(monitor, &answer, DAY_START);
	assert_int_equal(store_incident_close(command, "user", DAY_START + 7, &id, error), 0);
	assert_int_equal(id, 1);
	assert_int_equal(poll_with(monitor, &answer, DAY_START + 8).id, 0);
	assert_int_equal(store_incident_state(command, 1, &how, error), 0);
	assert_false(how.released); /* it is still in force there */
	answer.id = 0;
	poll_with(monitor, &answer, DAY_START + 9);
	assert_int_equal(store_incident_state(command, 1, &how, error), 0);
	assert_true(how.released);
	assert_string_equal(fixture_ask_text(store_database(monitor),
					     "SELECT (closed - opened) || closed_by FROM incident"),
			    "7user");
	store_incident_leave(command);
	store_close(monitor);
}

static void the_monitor_writes_down_that_one_came_to_its_limit(void **state)
{
	const char *path = fixture_path("limit.db");
	struct incident_answer answer = {.ended = 1};
	struct store *monitor = fixture_open_path(path), *command = enter_path(path);

	(void)state;
	open_one(command, &sample);
	assert_int_equal(poll_with(monitor, &answer, DAY_START + HOUR).id, 0);
	assert_int_equal(fixture_ask(store_database(monitor),
				     "SELECT count(*) FROM incident WHERE closed_by = 'limit' AND"
				     " closed = until AND released IS NOT NULL"),
			 1);
	store_incident_leave(command);
	store_close(monitor);
}

static void where_no_monitor_ran_one_past_its_limit_stands_in_nobodys_way(void **state)
{
	const char *path = fixture_path("expired.db");
	struct store_incident later = sample;
	struct store *command;

	(void)state;
	store_close(fixture_open_path(path));
	command = enter_path(path);
	open_one(command, &sample);
	later.opened = DAY_START + 2 * HOUR;
	later.until = DAY_START + 3 * HOUR;
	later.address = NULL;
	assert_int_equal(open_one(command, &later), 2);
	assert_int_equal(fixture_ask(store_database(command),
				     "SELECT closed FROM incident WHERE id = 1"),
			 DAY_START + HOUR);
	store_incident_leave(command);
}

static void what_is_no_record_of_this_version_is_refused_and_left_alone(void **state)
{
	const char *path = fixture_path("older.db"), *link = fixture_path("link.db");
	char error[STORE_ERROR] = "";
	struct store *s = NULL;

	(void)state;
	assert_int_equal(store_incident_enter(fixture_path("none.db"), &s, error), -ENOENT);
	assert_int_not_equal(access(fixture_path("none.db"), F_OK), 0);
	s = fixture_open_path(path);
	sqlite3_exec(store_database(s), "PRAGMA user_version = 1", NULL, NULL, NULL);
	store_close(s);
	s = NULL;
	assert_int_equal(store_incident_enter(path, &s, error), -EPROTO);
	assert_non_null(strstr(error, "older"));
	assert_int_equal(symlink(path, link), 0);
	assert_int_equal(store_incident_enter(link, &s, error), -EINVAL);
	assert_null(s);
}

static int64_t count(const char *path)
{
	sqlite3 *db = fixture_reader(path);
	int64_t n = fixture_ask(db, "SELECT count(*) FROM incident");

	sqlite3_close(db);
	return n;
}

static void the_monitor_opens_one_for_a_listing_once_a_day(void **state)
{
	const char *path = fixture_path("wish.db");
	struct store *monitor = fixture_open_path(path), *command = enter_path(path);
	struct incident_wish wish = {.length = HOUR,
				     .since = DAY_START - HOUR,
				     .reset = true,
				     .reason = "blacklisted",
				     .address = "203.0.113.9",
				     .policy = ""};
	struct incident_answer answer = {0};
	struct incident_order order;

	(void)state;
	assert_int_equal(store_incident_wish(monitor, &wish, DAY_START), 0);
	assert_int_equal(store_incident_wish(monitor, &wish, DAY_START), 0); /* one is open */
	order = poll_with(monitor, &answer, DAY_START);
	assert_int_equal(order.id, 1);
	assert_int_equal(order.until, DAY_START + HOUR);
	assert_true(order.reset);
	/* That one is past its limit. */
	assert_int_equal(store_incident_wish(monitor, &wish, DAY_START + 2 * HOUR), 0);
	assert_int_equal(count(path), 1);
	wish.any = true;
	strcpy(wish.address, "203.0.113.10");
	assert_int_equal(store_incident_wish(monitor, &wish, DAY_START + 2 * HOUR), 0);
	assert_int_equal(count(path), 1);
	wish.any = false; /* another address of ours */
	assert_int_equal(store_incident_wish(monitor, &wish, DAY_START + 2 * HOUR), 0);
	assert_int_equal(count(path), 2);
	wish.any = true;
	assert_int_equal(store_incident_wish(monitor, &wish, DAY_START + 27 * HOUR), 0);
	assert_int_equal(count(path), 3);
	sqlite3_exec(store_database(monitor), "UPDATE incident SET closed = opened", NULL, NULL,
		     NULL);
	/* The clock stood in the future, and was set back. */
	assert_int_equal(store_incident_wish(monitor, &wish, DAY_START - 3 * HOUR), 0);
	assert_int_equal(count(path), 4);
	store_incident_leave(command);
	store_close(monitor);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_command_opens_an_incident_beside_the_monitor_which_acknowledges_it),
		cmocka_unit_test(one_is_open_at_most_and_a_second_is_told_its_number),
		cmocka_unit_test(closing_is_seen_by_the_monitor_and_its_release_by_the_command),
		cmocka_unit_test(the_monitor_writes_down_that_one_came_to_its_limit),
		cmocka_unit_test(where_no_monitor_ran_one_past_its_limit_stands_in_nobodys_way),
		cmocka_unit_test(the_monitor_opens_one_for_a_listing_once_a_day),
		cmocka_unit_test(what_is_no_record_of_this_version_is_refused_and_left_alone),
	};

	return cmocka_run_group_tests(tests, fixture_enter_group, fixture_leave_group);
}
