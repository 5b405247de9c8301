/*
 * Each statement of the store by its plan: none walks a table that grows with what hosts do, but
 * those named here, each with its reason.  And what a total of all hosts is kept by.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "../../src/edge/store_internal.h"
#include "../plan/plan.h"
#include "base/moment.h"
#include "store_fixture.h"

static const struct plan_exception exceptions[] = {
	{"FROM conn ORDER BY id DESC LIMIT ?1)", "from the newest on, so many; once, at the start"},
	{"ORDER BY observed DESC LIMIT ?1", "once, at the start"},
	{"max(standing = 0), max(last) LIMIT ?1",
	 "for so many victims at a time, when nothing else is left to take"},
};
#define EXCEPTIONS (sizeof(exceptions) / sizeof(*exceptions))

static void no_statement_walks_what_grows_without_a_reason(void **state)
{
	struct store *s = fixture_open_path(fixture_path("plan.db"));
	int used[EXCEPTIONS] = {0}, walks = 0;

	(void)state;
	for (int i = 0; i < SQL_COUNT; i++)
		walks += plan_walks(store_database(s), store_sql_text((enum store_sql)i),
				    exceptions, EXCEPTIONS, used);
	store_close(s);
	assert_int_equal(walks, 0);
	for (size_t i = 0; i < EXCEPTIONS; i++)
		if (!used[i])
			fail_msg("nothing needs the exception of %s (%s)", exceptions[i].part,
				 exceptions[i].why);
}

/* By counting anew. */
static void check_standing_sums(struct sqlite3 *db)
{
	for (int standing = 0; standing < 3; standing++) {
		assert_int_equal(fixture_ask(db,
					     "SELECT hosts FROM standing_sum WHERE standing = %d",
					     standing),
				 fixture_ask(db,
					     "SELECT count(*) FROM host_sum WHERE span = 0 AND"
					     " standing = %d AND attempts > 0",
					     standing));
		assert_int_equal(
			fixture_ask(db, "SELECT attempts FROM standing_sum WHERE standing = %d",
				    standing),
			fixture_ask(db,
				    "SELECT coalesce(sum(attempts), 0) FROM host_sum WHERE"
				    " span = 0 AND standing = %d",
				    standing));
	}
}

/* 30 hosts at noon of a day, the first two of them permitted. */
static void add_day(struct batch *b, int64_t day, const char *base)
{
	for (uint32_t i = 0; i < 30; i++) {
		struct connection c =
			fixture_attempt((uint64_t)(day / MOMENT_SECOND) + i, "10.0.0.1",
					"192.0.2.1", day + MOMENT_DAY / 2);

		c.client = fixture_nth(base, i);
		c.standing = i < 2 ? STANDING_PERMITTED : STANDING_OFFENCE;
		fixture_add(b, &c);
		if (i == 5) { /* once more, within the same batch */
			c.id += 100;
			fixture_add(b, &c);
		}
	}
}

static void all_hosts_together_are_counted_exactly_through_writing_and_retention(void **state)
{
	struct store_options options = fixture_options(fixture_path("standing.db"));
	struct batch *b = fixture_batch();
	char error[STORE_ERROR];
	struct sqlite3 *db;
	struct store *s;
	int r;

	(void)state;
	options.retention_age = 10 * MOMENT_DAY;
	s = fixture_open(&options);
	db = store_database(s);
	check_standing_sums(db);
	add_day(b, DAY_START, "10.0.1.0");
	fixture_write(s, b);
	assert_int_equal(fixture_ask(db, "SELECT hosts FROM standing_sum WHERE standing = 0"), 28);
	assert_int_equal(fixture_ask(db, "SELECT attempts FROM standing_sum WHERE standing = 0"),
			 29);
	assert_int_equal(fixture_ask(db, "SELECT attempts FROM standing_sum WHERE standing = 1"),
			 2);
	add_day(b, DAY_START + 9 * MOMENT_DAY, "10.0.1.20"); /* ten of them again */
	fixture_write(s, b);
	check_standing_sums(db);
	assert_int_equal(fixture_ask(db, "SELECT hosts FROM standing_sum WHERE standing = 0"),
			 28 + 18 + 2);
	while ((r = store_prune(s, DAY_START + 15 * MOMENT_DAY, error)) > 0)
		continue;
	if (r < 0)
		fail_msg("%s", error);
	check_standing_sums(db);
	/* Twenty hosts of the first day went. */
	assert_int_equal(fixture_ask(db, "SELECT hosts FROM standing_sum WHERE standing = 0"),
			 28 + 18 + 2 - 18);
	batch_free(b);
	store_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_statement_walks_what_grows_without_a_reason),
		cmocka_unit_test(
			all_hosts_together_are_counted_exactly_through_writing_and_retention),
	};

	return cmocka_run_group_tests(tests, fixture_enter_group, fixture_leave_group);
}
