/* What is thought of a host, in the record. */
#include "judge/history.h"

#include <math.h>
#include <stdlib.h>

#include <sqlite3.h>

#include "judge/suspects.h"
#include "store_fixture.h"

static struct store *s;
static struct batch *b;
static struct sqlite3 *db;

static void begin(const struct store_options *options)
{
	s = fixture_open(options);
	db = store_database(s);
}

static int enter(void **state)
{
	struct store_options options = fixture_options(NULL);

	(void)state;
	begin(&options);
	b = fixture_batch();
	return 0;
}

static int leave(void **state)
{
	(void)state;
	store_close(s);
	batch_free(b);
	return 0;
}

/* For what needs a file. */
static int enter_file(void **state)
{
	struct store_options options;

	(void)state;
	fixture_enter();
	options = fixture_options(fixture_path("record.db"));
	begin(&options);
	b = fixture_batch();
	return 0;
}

static int leave_file(void **state)
{
	leave(state);
	fixture_leave();
	return 0;
}

static void said(const char *sql, const char *expected)
{
	assert_string_equal(fixture_ask_text(db, sql), expected);
}

/* An attempt, so that the record knows the host, and what is thought of him. */
static void think(uint64_t id, const char *address, const struct evidence *e)
{
	struct connection c = fixture_attempt(id, address, "192.0.2.1", DAY_START);

	fixture_add(b, &c);
	assert_true(batch_add_host(b, &c.client, e));
}

/* Six servers never met before in a minute: a bot by the issue's own words. */
static struct evidence a_bot(void)
{
	struct history h;

	history_begin(&h);
	for (unsigned int i = 0; i < 8; i++) {
		syn(&h, i);
		h.now += 5 * MOMENT_SECOND;
	}
	return h.e;
}

/* A dead relay tried every half hour for a week. */
static struct evidence a_device(void)
{
	struct history h;

	history_begin(&h);
	for (int i = 0; i < 7 * 48; i++) {
		syn(&h, 1);
		h.now += 30 * MOMENT_MINUTE;
	}
	return h.e;
}

static struct evidence a_beginner(void)
{
	struct history h;

	history_begin(&h);
	syn(&h, 1);
	return h.e;
}

/* How many terms of the host's ledger, which is JSON, have weights on that side of 0; what is known
 * of anybody is no reason. */
static int64_t terms(const char *side)
{
	return fixture_ask(db,
			   "SELECT count(*) FROM verdict, json_each(ledger) WHERE"
			   " value ->> 'weight' %s AND value ->> 'reason' <>"
			   " 'before anything is known'",
			   side);
}

static int64_t reasons(void)
{
	return fixture_ask(db, "SELECT json_array_length(reasons) FROM verdict");
}

static void a_bot_s_reasons_are_what_speaks_for_one_strongest_first(void **state)
{
	struct evidence e = a_bot();

	(void)state;
	think(1, "10.0.0.1", &e);
	fixture_write(s, b);
	said("SELECT verdict FROM offender", "bot");
	assert_int_equal(fixture_ask(db, "SELECT score > 0.5 AND score < 1 FROM offender"), 1);
	assert_true(reasons() > 0);
	assert_int_equal(reasons(), terms("> 0"));
	said("SELECT CASE WHEN json_group_array(t) = reasons THEN 'same' ELSE reasons END FROM"
	     " (SELECT reasons, value ->> 'text' AS t FROM verdict, json_each(ledger)"
	     " WHERE value ->> 'weight' > 0 ORDER BY value ->> 'weight' DESC)",
	     "same");
	/* The burst of eight, in words. */
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM verdict, json_each(reasons) WHERE"
					 " value LIKE '8 servers contacted for the first time%%'"),
			 1);
}

static void the_ledger_adds_up_to_the_log_odds_and_they_to_the_score(void **state)
{
	struct evidence e = a_bot();

	(void)state;
	think(1, "10.0.0.1", &e);
	fixture_write(s, b);
	assert_int_equal(fixture_ask(db, "SELECT abs(log_odds - (SELECT total(value ->> 'weight')"
					 " FROM json_each(ledger))) < 0.02 FROM verdict"),
			 1);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM verdict, json_each(ledger) WHERE"
					 " json_type(value, '$.weight') NOT IN ('real')"
					 " OR json_type(value, '$.reason') <> 'text'"
					 " OR json_type(value, '$.text') <> 'text'"),
			 0);
	assert_int_equal(fixture_ask(db, "SELECT abs(score - 1 / (1 + exp(-log_odds))) < 0.002"
					 " FROM verdict"),
			 1);
}

static void a_device_s_reasons_are_what_speaks_against_a_bot(void **state)
{
	struct evidence e = a_device();

	(void)state;
	think(1, "10.0.0.1", &e);
	fixture_write(s, b);
	said("SELECT verdict FROM offender", "device");
	assert_int_equal(fixture_ask(db, "SELECT score < 0.5 FROM offender"), 1);
	assert_true(reasons() > 0);
	assert_int_equal(reasons(), terms("< 0"));
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM verdict, json_each(ledger) WHERE"
					 " value ->> 'reason' = 'before anything is known'"),
			 1);
}

static void the_reasons_of_one_of_whom_little_is_seen_are_what_speaks_either_way(void **state)
{
	struct evidence e = a_beginner();

	(void)state;
	think(1, "10.0.0.1", &e);
	fixture_write(s, b);
	said("SELECT verdict FROM offender", "unclear");
	assert_true(terms("> 0") > 0 && terms("< 0") > 0);
	assert_int_equal(reasons(), terms("<> 0"));
}

/* Told in the ledger, and no reason: not for a device either. */
static void what_weighs_nothing_is_no_reason(void **state)
{
	struct evidence e = a_device();

	(void)state;
	e.sums[SUM_LISTED] = e.sums[SUM_TALKS] = 1;
	think(1, "10.0.0.1", &e);
	fixture_write(s, b);
	said("SELECT verdict FROM offender", "device");
	assert_int_equal(fixture_ask(db, "SELECT value ->> 'weight' = 0 FROM verdict,"
					 " json_each(ledger) WHERE value ->> 'reason' ="
					 " 'refused as blacklisted'"),
			 1);
	assert_int_equal(reasons(), terms("< 0"));
}

static void a_host_has_one_verdict_the_newest(void **state)
{
	struct evidence e = a_beginner();

	(void)state;
	batch_health(b)->newest = DAY_START;
	batch_health(b)->packets = 1;
	think(1, "10.0.0.1", &e);
	fixture_write(s, b);
	e = a_bot();
	batch_health(b)->newest = DAY_START + 5;
	batch_health(b)->packets = 1;
	think(2, "10.0.0.1", &e);
	fixture_write(s, b);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM verdict"), 1);
	said("SELECT verdict FROM verdict", "bot");
	assert_int_equal(fixture_ask(db, "SELECT observed FROM verdict"), DAY_START + 5);
}

/* Its evidence was given up for want of room, and begins anew. */
static void a_bot_that_begins_anew_stays_one_until_as_much_is_known(void **state)
{
	struct evidence e = a_bot();
	int64_t end = e.last;

	(void)state;
	think(1, "10.0.0.1", &e);
	fixture_write(s, b);
	said("SELECT verdict FROM verdict", "bot");
	e = a_beginner();
	e.first = e.last = e.faded = end + MOMENT_HOUR;
	think(2, "10.0.0.1", &e);
	fixture_write(s, b);
	said("SELECT verdict FROM verdict", "bot");
	/* As much is known now, or it is long ago. */
	e.attempts = e.observations = a_bot().observations;
	think(3, "10.0.0.1", &e);
	fixture_write(s, b);
	assert_string_not_equal(fixture_ask_text(db, "SELECT verdict FROM verdict"), "bot");
}

static void a_bot_of_a_month_ago_is_forgotten(void **state)
{
	struct evidence e = a_bot();
	int64_t end = e.last;

	(void)state;
	think(1, "10.0.0.1", &e);
	fixture_write(s, b);
	e = a_beginner();
	e.first = e.last = e.faded = end + 31 * MOMENT_DAY;
	think(2, "10.0.0.1", &e);
	fixture_write(s, b);
	said("SELECT verdict FROM verdict", "unclear");
}

static void a_mail_server_unlike_itself_is_remarked_on(void **state)
{
	struct evidence e = a_device();

	(void)state;
	think(1, "10.0.0.1", &e);
	e.habits.strange_helo = 1;
	e.habits.helo_before = 30;
	think(2, "10.0.0.25", &e);
	fixture_write(s, b);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM verdict WHERE remarks = '[]'"), 1);
	said("SELECT remarks FROM verdict JOIN host ON id = host WHERE address = '10.0.0.25'",
	     "[\"1 new HELO name of late, after 30 sessions under others\"]");
}

static void a_record_of_totals_alone_has_verdicts_too(void **state)
{
	struct store_options options = {.sensor = "x", .mode = "read", .totals_only = true};
	struct evidence e = a_bot();

	(void)state;
	store_close(s);
	begin(&options);
	think(1, "10.0.0.1", &e);
	fixture_write(s, b);
	said("SELECT verdict FROM offender", "bot");
}

static void the_view_serves_a_reader_that_trusts_no_schema(void **state)
{
	struct evidence e = a_bot();
	struct sqlite3 *reader;

	(void)state;
	think(1, "10.0.0.1", &e);
	fixture_write(s, b);
	reader = fixture_reader(fixture_path("record.db"));
	sqlite3_db_config(reader, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	assert_int_equal(fixture_ask(reader, "SELECT count(*) FROM offender WHERE verdict = 'bot'"
					     " AND reasons <> '[]' AND score > 0.5"),
			 1);
	sqlite3_close(reader);
}

/* --- the judge's memory ----------------------------------------------------------------------- */

struct loaded {
	int count;
	char addresses[8][ADDR_TEXT];
	struct evidence evidence[8];
	size_t sizes[8];
	struct suspects *suspects;
	int taken;
};

static void load_one(void *context, const struct addr *address, const void *blob, size_t size)
{
	struct loaded *l = context;

	if (l->count < 8) {
		addr_format(address, l->addresses[l->count]);
		l->sizes[l->count] = size;
		if (size == sizeof(struct evidence))
			memcpy(&l->evidence[l->count], blob, size);
		l->count++;
	}
	l->taken += suspects_restore(l->suspects, address, blob, size);
}

static void load(struct loaded *l)
{
	struct hash_key key = {.k = {1, 2}};

	memset(l, 0, sizeof(*l));
	l->suspects = suspects_new(&key, 16);
	assert_non_null(l->suspects);
	assert_int_equal(store_load_evidence(s, load_one, l), 0);
}

static void the_next_run_remembers_byte_for_byte(void **state)
{
	struct store_options options = fixture_options(fixture_path("record.db"));
	struct evidence bot = a_bot(), device = a_device();
	struct addr address = fixture_addr("10.0.0.1");
	static struct loaded l;

	(void)state;
	batch_health(b)->newest = DAY_START + 9;
	batch_health(b)->packets = 1;
	think(1, "10.0.0.1", &bot);
	fixture_write(s, b);
	batch_health(b)->newest = DAY_START;
	batch_health(b)->packets = 1;
	think(2, "2001:db8::7", &device);
	fixture_write(s, b);
	store_close(s);
	begin(&options);
	load(&l);
	assert_int_equal(l.count, 2);
	assert_int_equal(l.taken, 2);
	/* The longest idle first. */
	assert_string_equal(l.addresses[0], "2001:db8::7");
	assert_string_equal(l.addresses[1], "10.0.0.1");
	assert_memory_equal(&l.evidence[0], &device, sizeof(device));
	assert_memory_equal(&l.evidence[1], &bot, sizeof(bot));
	assert_memory_equal(suspects_find(l.suspects, &address), &bot, sizeof(bot));
	suspects_free(l.suspects);
}

static void a_memory_that_was_tampered_with_is_not_taken(void **state)
{
	struct evidence bot = a_bot(), other = bot;
	static struct loaded l;

	(void)state;
	think(1, "10.0.0.1", &bot);
	think(2, "10.0.0.2", &bot);
	think(3, "10.0.0.3", &bot);
	other.version++;
	think(4, "10.0.0.4", &other);
	think(5, "10.0.0.5", &bot);
	fixture_write(s, b);
	assert_int_equal(
		sqlite3_exec(db,
			     "UPDATE verdict SET state = x'' WHERE host = (SELECT id FROM host"
			     " WHERE address = '10.0.0.1');"
			     "UPDATE verdict SET state = zeroblob(100000) WHERE host = (SELECT id"
			     " FROM host WHERE address = '10.0.0.2');"
			     "UPDATE host SET address = 'x'' OR 1' WHERE address = '10.0.0.3'",
			     NULL, NULL, NULL),
		SQLITE_OK);
	load(&l);
	assert_int_equal(l.count, 4);
	assert_int_equal(l.taken, 1);
	assert_int_equal(suspects_counters(l.suspects)->discarded, 3);
	suspects_free(l.suspects);
}

/* --- retention -------------------------------------------------------------------------------- */

static void prune(int64_t now)
{
	char error[STORE_ERROR];
	int r = 1;

	for (int calls = 0; r > 0; calls++) {
		assert_true(calls < 1000);
		r = store_prune(s, now, error);
	}
	assert_int_equal(r, 0);
}

static void what_is_thought_of_a_host_goes_with_the_host(void **state)
{
	struct connection_texts texts = {
		.server_name = "", .helo = "pc7", .banner = "", .reply = "", .senders = ""};
	struct evidence e = a_bot();

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct connection c = fixture_attempt((uint64_t)i + 1, i ? "10.0.0.2" : "10.0.0.1",
						      "192.0.2.1", DAY_START + i * 9 * MOMENT_DAY);
		struct tally change = {.attempts = 1, .outcomes = {[OUTCOME_UNANSWERED] = 1}};

		batch_add(b, &c, &texts, &change);
		batch_add_host(b, &c.client, &e);
	}
	fixture_write(s, b);
	store_set_limits(s, &(struct store_limits){.retention_age = 5 * MOMENT_DAY});
	prune(DAY_START + 10 * MOMENT_DAY);
	said("SELECT group_concat(address) FROM host", "10.0.0.2");
	said("SELECT address FROM verdict JOIN host ON id = host", "10.0.0.2");
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM verdict"), 1);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM helo"), 1);
}

/* It looks something up, long after its last attempt was pruned: nothing would ever take a row for
 * it away again. */
static void a_host_without_attempts_gets_no_row(void **state)
{
	struct evidence e = a_bot();
	struct addr address = fixture_addr("10.0.0.1");

	(void)state;
	batch_add_host(b, &address, &e);
	fixture_write(s, b);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM host"), 0);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM verdict"), 0);
	think(1, "10.0.0.1", &e);
	fixture_write(s, b);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM verdict"), 1);
}

int main(void)
{
#define TEST(name)	cmocka_unit_test_setup_teardown(name, enter, leave)
#define TEST_FILE(name) cmocka_unit_test_setup_teardown(name, enter_file, leave_file)
	const struct CMUnitTest tests[] = {
		TEST(a_bot_s_reasons_are_what_speaks_for_one_strongest_first),
		TEST(the_ledger_adds_up_to_the_log_odds_and_they_to_the_score),
		TEST(a_device_s_reasons_are_what_speaks_against_a_bot),
		TEST(the_reasons_of_one_of_whom_little_is_seen_are_what_speaks_either_way),
		TEST(what_weighs_nothing_is_no_reason),
		TEST(a_host_has_one_verdict_the_newest),
		TEST(a_bot_that_begins_anew_stays_one_until_as_much_is_known),
		TEST(a_bot_of_a_month_ago_is_forgotten),
		TEST(a_mail_server_unlike_itself_is_remarked_on),
		TEST(a_record_of_totals_alone_has_verdicts_too),
		TEST_FILE(the_view_serves_a_reader_that_trusts_no_schema),
		TEST_FILE(the_next_run_remembers_byte_for_byte),
		TEST(a_memory_that_was_tampered_with_is_not_taken),
		TEST(what_is_thought_of_a_host_goes_with_the_host),
		TEST(a_host_without_attempts_gets_no_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
