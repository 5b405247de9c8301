/* What remote servers say of us, in the record. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/moment.h"
#include "base/text.h"
#include "store_fixture.h"

static struct store *s;
static struct batch *b;
static struct sqlite3 *db;

static void begin(void)
{
	s = fixture_open_path(fixture_path("record.db"));
	db = store_database(s);
}

static int enter(void **state)
{
	(void)state;
	fixture_enter();
	begin();
	b = fixture_batch();
	return 0;
}

static int leave(void **state)
{
	(void)state;
	store_close(s);
	batch_free(b);
	fixture_leave();
	return 0;
}

static void said(const char *sql, const char *expected)
{
	assert_string_equal(fixture_ask_text(db, sql), expected);
}

static struct listing listing(const char *address, const char *list, int64_t last)
{
	struct listing l = {
		.first = DAY_START,
		.last = last,
		.heard = 3,
		.voices = 2,
		.client = fixture_addr("10.0.0.25"),
		.server = fixture_addr("2001:db8::25"),
		.first_server = fixture_addr("2001:db8::25"),
		.client_count = 2,
		.clients = {fixture_addr("10.0.0.25"), fixture_addr("10.0.0.7")},
	};

	if (address) {
		l.has_address = true;
		l.address = fixture_addr(address);
	}
	text_print(l.list, sizeof(l.list), "%s", list);
	text_print(l.reply, sizeof(l.reply), "554 blocked using %s", list);
	return l;
}

static void hear(const struct listing *l)
{
	assert_true(batch_add_listing(b, l));
	fixture_write(s, b);
}

static void a_listing_stands_with_all_that_was_said(void **state)
{
	struct listing l = listing("203.0.113.9", "zen.spamhaus.org", DAY_START + 8);

	(void)state;
	l.finding = true;
	l.configured = true;
	hear(&l);
	said("SELECT configured || '|' || first_server || '|' || clients FROM listing",
	     "1|2001:db8::25|[\"10.0.0.25\",\"10.0.0.7\"]");
	said("SELECT run || '|' || address || '|' || list || '|' || policy || '|' || finding"
	     " || '|' || (first - 1795478400000000) || '|' || (last - 1795478400000000)"
	     " || '|' || heard || '|' || voices || '|' || client || '|' || server || '|' || reply"
	     " FROM listing",
	     "1|203.0.113.9|zen.spamhaus.org|0|1|0|8|3|2|10.0.0.25|2001:db8::25|"
	     "554 blocked using zen.spamhaus.org");
}

static void each_list_of_an_address_has_its_own_row(void **state)
{
	struct listing l = listing("203.0.113.9", "zen.spamhaus.org", DAY_START);

	(void)state;
	hear(&l);
	l = listing("203.0.113.9", "b.barracudacentral.org", DAY_START + 1);
	hear(&l);
	l.heard = 5;
	hear(&l);
	said("SELECT group_concat(list || ' ' || heard) FROM (SELECT * FROM listing ORDER BY list)",
	     "b.barracudacentral.org 5,zen.spamhaus.org 3");
}

static void without_an_address_there_is_one_for_each_list(void **state)
{
	struct listing l = listing(NULL, "zen.spamhaus.org", DAY_START);

	(void)state;
	hear(&l);
	hear(&l);
	l = listing(NULL, "Microsoft", DAY_START + 1);
	hear(&l);
	l = listing("203.0.113.9", "Microsoft", DAY_START + 1);
	hear(&l);
	said("SELECT group_concat(address || ':' || list) FROM (SELECT * FROM listing ORDER BY 2, "
	     "3)",
	     ":Microsoft,:zen.spamhaus.org,203.0.113.9:Microsoft");
}

static void each_run_keeps_its_own(void **state)
{
	struct listing l = listing("203.0.113.9", "zen.spamhaus.org", DAY_START);

	(void)state;
	hear(&l);
	store_close(s);
	begin();
	l.heard = 1;
	hear(&l);
	said("SELECT group_concat(run || ':' || heard) FROM (SELECT * FROM listing ORDER BY run)",
	     "1:3,2:1");
}

static void what_was_heard_last_long_ago_goes_by_age(void **state)
{
	struct listing old = listing("203.0.113.9", "zen.spamhaus.org", DAY_START + 1);
	struct listing heard =
		listing("203.0.113.10", "zen.spamhaus.org", DAY_START + 8 * MOMENT_DAY);
	char error[STORE_ERROR];
	int r = 1;

	(void)state;
	hear(&old);
	hear(&heard);
	store_set_limits(s, &(struct store_limits){.retention_age = 5 * MOMENT_DAY});
	for (int calls = 0; r > 0; calls++) {
		assert_true(calls < 1000);
		r = store_prune(s, DAY_START + 10 * MOMENT_DAY, error);
	}
	assert_int_equal(r, 0);
	said("SELECT group_concat(address) FROM listing", "203.0.113.10");
}

/* Claims of that many addresses, or findings, heard a second apart; each server says so many. */
static void hear_many(int count, int server_says, bool finding, int64_t from)
{
	char text[ADDR_TEXT];

	for (int i = 0; i < count; i++) {
		struct listing l = listing("203.0.113.9", "zen", from + i * MOMENT_SECOND);

		text_print(text, sizeof(text), "198.51.%d.%d", i / 256, i % 256);
		l.address = fixture_addr(text);
		text_print(text, sizeof(text), "192.0.%d.%d", i / server_says / 256,
			   i / server_says % 256);
		l.first_server = fixture_addr(text);
		l.finding = finding;
		if (!batch_add_listing(b, &l)) {
			fixture_write(s, b);
			batch_clear(b);
			assert_true(batch_add_listing(b, &l));
		}
	}
	fixture_write(s, b);
	batch_clear(b);
}

static void a_flood_of_claims_keeps_the_newest_and_every_finding(void **state)
{
	struct listing l = listing("203.0.113.9", "zen", DAY_START);

	(void)state;
	l.finding = true;
	hear(&l);
	batch_clear(b);
	hear_many(1000, 4, false, DAY_START);
	said("SELECT count(*) || ' ' || sum(finding) || ' ' || sum(address = '198.51.3.231')"
	     " || ' ' || sum(address = '198.51.0.0') FROM listing",
	     "256 1 1 0");
	said("SELECT reason || ': ' || count FROM lost",
	     "listings that found no room in the record: 745");
}

/* As two rented servers can forge them. */
static void many_findings_of_one_server_push_out_one_another(void **state)
{
	struct listing l = listing("203.0.113.9", "zen", DAY_START);

	(void)state;
	l.finding = true;
	hear(&l);
	l = listing("203.0.113.10", "zen", DAY_START);
	l.finding = l.configured = true;
	hear(&l);
	batch_clear(b);
	hear_many(1000, 1000, true, DAY_START + 1);
	said("SELECT count(*) || ' ' || sum(address = '203.0.113.9') || ' ' ||"
	     " sum(address = '203.0.113.10') FROM listing",
	     "256 1 1");
	/* Where they are of many, the oldest goes, but no configured address. */
	hear_many(1000, 1, true, DAY_START + 2000 * MOMENT_SECOND);
	said("SELECT count(*) || ' ' || sum(address = '203.0.113.9') || ' ' ||"
	     " sum(address = '203.0.113.10') FROM listing",
	     "256 0 1");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)
	const struct CMUnitTest tests[] = {
		TEST(a_listing_stands_with_all_that_was_said),
		TEST(each_list_of_an_address_has_its_own_row),
		TEST(without_an_address_there_is_one_for_each_list),
		TEST(each_run_keeps_its_own),
		TEST(what_was_heard_last_long_ago_goes_by_age),
		TEST(a_flood_of_claims_keeps_the_newest_and_every_finding),
		TEST(many_findings_of_one_server_push_out_one_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
