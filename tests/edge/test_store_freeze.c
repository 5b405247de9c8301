/* The freeze in the record: begun, joined, found after a kill, released, ended. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "edge/store_freeze.h"
#include "store_fixture.h"

#define MINUTE INT64_C(60000000)
#define HOUR   (60 * MINUTE)

static const struct store_incident row = {
	.opened_by = "joe",
	.reason = "freeze of postfix",
	.policy = "",
	.opened = DAY_START,
	.since = DAY_START,
	.until = DAY_START + 16 * MINUTE,
	.reset = true,
};
static const struct store_frozen frozen = {
	.frozen = DAY_START,
	.frozen_until = DAY_START + 15 * MINUTE,
	.mta = "postfix",
	.host = "mail",
};

static char error[STORE_ERROR];

static struct store *begin(const char *name)
{
	const char *path = fixture_path(name);
	struct store *s = NULL;

	store_close(fixture_open_path(path));
	if (store_incident_enter(path, &s, error) < 0)
		fail_msg("%s", error);
	return s;
}

static int freeze_at(struct store *s, int64_t now, int64_t *ret_id, bool *ret_joined)
{
	struct store_incident i = row;
	struct store_frozen f = frozen;

	i.opened = i.since = f.frozen = now;
	i.until = now + 16 * MINUTE;
	f.frozen_until = now + 15 * MINUTE;
	return store_freeze_begin(s, &i, &f, ret_id, ret_joined, error);
}

static int64_t ask(struct store *s, const char *sql)
{
	return fixture_ask(store_database(s), "%s", sql);
}

static void a_freeze_opens_an_incident_and_its_end_closes_it(void **state)
{
	struct store *s = begin("open.db");
	struct store_frozen found = {0};
	bool joined = true;
	int64_t id = 0;

	(void)state;
	assert_int_equal(store_freeze_find(s, &found, error), 0);
	assert_int_equal(freeze_at(s, DAY_START, &id, &joined), 0);
	assert_int_equal(id, 1);
	assert_false(joined);
	assert_int_equal(store_freeze_find(s, &found, error), 1);
	assert_int_equal(found.id, 1);
	assert_true(found.open);
	assert_int_equal(found.frozen_until, DAY_START + 15 * MINUTE);
	assert_string_equal(found.mta, "postfix");
	assert_string_equal(found.host, "mail");
	assert_int_equal(store_freeze_release(s, 1, DAY_START + MINUTE, error), 0);
	assert_int_equal(ask(s, "SELECT frozen_until FROM incident"), DAY_START + MINUTE);
	/* Later than the limit is no longer freeze. */
	assert_int_equal(store_freeze_release(s, 1, DAY_START + HOUR, error), 0);
	assert_int_equal(ask(s, "SELECT frozen_until FROM incident"), DAY_START + MINUTE);
	assert_int_equal(store_freeze_end(s, &found, true, DAY_START + 2 * MINUTE, error), 0);
	assert_int_equal(ask(s, "SELECT closed = thawed AND closed_by = 'freeze' AND reset = 1"
				" AND revision = 4 FROM incident"),
			 1);
	assert_int_equal(store_freeze_find(s, &found, error), 0);
	store_incident_leave(s);
}

static void an_open_incident_is_joined_and_gets_back_what_it_had(void **state)
{
	struct store *s = begin("join.db");
	struct store_incident plain = row;
	struct store_frozen found = {0};
	bool joined = false;
	int64_t id = 0;

	(void)state;
	plain.reset = false;
	plain.until = DAY_START + 5 * MINUTE;
	assert_int_equal(store_incident_open(s, &plain, &id, error), 0);
	assert_int_equal(freeze_at(s, DAY_START + MINUTE, &id, &joined), 0);
	assert_true(joined);
	assert_int_equal(ask(s, "SELECT reset + freeze * 10 FROM incident"), 11);
	assert_int_equal(ask(s, "SELECT until FROM incident"), DAY_START + 17 * MINUTE);
	assert_int_equal(store_freeze_find(s, &found, error), 1);
	assert_true(found.joined);
	assert_int_equal(store_freeze_end(s, &found, true, DAY_START + 2 * MINUTE, error), 0);
	assert_int_equal(ask(s, "SELECT closed IS NULL AND reset = 0 FROM incident"), 1);
	assert_int_equal(ask(s, "SELECT until FROM incident"), DAY_START + 5 * MINUTE);
	/* Where its own limit passed meanwhile, it ends now and not in the past. */
	assert_int_equal(freeze_at(s, DAY_START + 3 * MINUTE, &id, &joined), 0);
	assert_int_equal(store_freeze_find(s, &found, error), 1);
	assert_int_equal(store_freeze_end(s, &found, true, DAY_START + 9 * MINUTE, error), 0);
	assert_int_equal(ask(s, "SELECT until FROM incident"), DAY_START + 9 * MINUTE);
	store_incident_leave(s);
}

static void one_that_is_not_thawed_stands_in_the_way_of_another_in_its_incident(void **state)
{
	struct store *s = begin("twice.db");
	bool joined;
	int64_t id = 0;

	(void)state;
	assert_int_equal(freeze_at(s, DAY_START, &id, &joined), 0);
	id = 0;
	assert_int_equal(freeze_at(s, DAY_START + MINUTE, &id, &joined), -EALREADY);
	assert_int_equal(id, 1);
	assert_non_null(strstr(error, "incident 1: has a mail server frozen already"));
	assert_int_equal(ask(s, "SELECT frozen FROM incident"), DAY_START);
	store_incident_leave(s);
}

static void a_thaw_that_is_not_proven_closes_and_is_found_until_it_is(void **state)
{
	struct store *s = begin("unproven.db");
	struct store_frozen found = {0};
	bool joined;
	int64_t id = 0;

	(void)state;
	assert_int_equal(freeze_at(s, DAY_START, &id, &joined), 0);
	assert_int_equal(store_freeze_find(s, &found, error), 1);
	assert_int_equal(store_freeze_end(s, &found, false, DAY_START + MINUTE, error), 0);
	assert_int_equal(ask(s, "SELECT closed IS NOT NULL AND thawed IS NULL FROM incident"), 1);
	assert_int_equal(store_freeze_find(s, &found, error), 1);
	assert_false(found.open);
	/* Another mail server's freeze proves nothing of this one; its own does. */
	sqlite3_exec(store_database(s), "UPDATE incident SET mta_host = 'other'", NULL, NULL, NULL);
	assert_int_equal(freeze_at(s, DAY_START + HOUR, &id, &joined), 0);
	assert_int_equal(ask(s, "SELECT thawed IS NULL FROM incident WHERE id = 1"), 1);
	sqlite3_exec(store_database(s), "UPDATE incident SET mta_host = 'mail', closed = 1", NULL,
		     NULL, NULL);
	assert_int_equal(freeze_at(s, DAY_START + 2 * HOUR, &id, &joined), 0);
	assert_int_equal(ask(s, "SELECT count(*) FROM incident WHERE thawed IS NULL"), 1);
	store_incident_leave(s);
}

static void what_the_monitor_has_not_taken_up_as_it_stands_is_not_acknowledged(void **state)
{
	const char *path = fixture_path("revision.db");
	struct incident_answer answer = {.id = 1, .revision = 2, .effect = "watching"};
	struct store_incident_state how;
	struct incident_order order;
	struct store *monitor = fixture_open_path(path), *s = NULL;
	bool joined;
	int64_t id = 0;

	(void)state;
	assert_int_equal(store_incident_enter(path, &s, error), 0);
	assert_int_equal(freeze_at(s, DAY_START, &id, &joined), 0);
	assert_int_equal(store_incident_poll(monitor, &answer, DAY_START, &order), 0);
	assert_true(order.freeze);
	assert_int_equal(order.frozen, DAY_START);
	assert_int_equal(order.frozen_until, DAY_START + 15 * MINUTE);
	assert_int_equal(store_incident_state(s, 1, &how, error), 0);
	assert_true(how.acknowledged);
	assert_int_equal(store_freeze_renew(s, 1, DAY_START + MINUTE, error), 0);
	assert_int_equal(store_incident_state(s, 1, &how, error), 0);
	assert_false(how.acknowledged);
	assert_int_equal(store_incident_poll(monitor, &answer, DAY_START, &order), 0);
	assert_int_equal(order.frozen, DAY_START + MINUTE);
	assert_int_equal(store_incident_state(s, 1, &how, error), 0);
	assert_false(how.acknowledged); /* the old one is in force there */
	answer.revision = order.revision;
	assert_int_equal(store_incident_poll(monitor, &answer, DAY_START, &order), 0);
	assert_int_equal(store_incident_state(s, 1, &how, error), 0);
	assert_true(how.acknowledged);
	assert_false(how.closed);
	store_incident_leave(s);
	store_close(monitor);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_freeze_opens_an_incident_and_its_end_closes_it),
		cmocka_unit_test(an_open_incident_is_joined_and_gets_back_what_it_had),
		cmocka_unit_test(
			one_that_is_not_thawed_stands_in_the_way_of_another_in_its_incident),
		cmocka_unit_test(a_thaw_that_is_not_proven_closes_and_is_found_until_it_is),
		cmocka_unit_test(
			what_the_monitor_has_not_taken_up_as_it_stands_is_not_acknowledged),
	};

	return cmocka_run_group_tests_name("store_freeze", tests, fixture_enter_group,
					   fixture_leave_group);
}
