/* What was said, in the record: of each connection, of each host, and the names of servers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/moment.h"
#include "store_fixture.h"

static struct store *s;
static struct batch *b;
static struct sqlite3 *db;

static void begin(const struct store_options *options)
{
	s = fixture_open(options);
	b = fixture_batch();
	db = store_database(s);
}

static int enter(void **state)
{
	struct store_options options = fixture_options(NULL);

	(void)state;
	begin(&options);
	return 0;
}

static void end(void)
{
	store_close(s);
	batch_free(b);
}

static int leave(void **state)
{
	(void)state;
	end();
	return 0;
}

#define SILENCE                                                                                    \
	{                                                                                          \
		.server_name = "", .helo = "", .banner = "", .reply = "", .senders = ""            \
	}

static void add(const struct connection *c, const struct connection_texts *texts)
{
	struct tally change = {.attempts = c->begun};

	change.outcomes[c->outcome] = c->begun;
	assert_int_equal(batch_add(b, c, texts, &change), 0);
}

/* A connection of 10.0.0.1 that begins so many seconds into the day and gives one HELO. */
static void greet(uint64_t id, int64_t second, const char *helo)
{
	struct connection c =
		fixture_attempt(id, "10.0.0.1", "192.0.2.1", DAY_START + second * MOMENT_SECOND);
	struct connection_texts texts = SILENCE;

	c.last = c.started + 7;
	texts.helo = helo;
	add(&c, &texts);
}

static void said(const char *sql, const char *expected)
{
	assert_string_equal(fixture_ask_text(db, sql), expected);
}

#define WORDS                                                                                      \
	"SELECT helo || '|' || banner || '|' || reply || '|' || senders || '|' || messages"        \
	" || '|' || recipients || '|' || coalesce(server_name, '-') FROM connection"

static struct connection talk(void)
{
	struct connection c = fixture_attempt(1, "10.0.0.1", "192.0.2.1", DAY_START);

	c.open = true;
	c.has_dialogue = true;
	c.messages = 1;
	c.recipients = 3;
	return c;
}

static const struct connection_texts words = {
	.server_name = "mx.example.net",
	.helo = "pc7",
	.banner = "mx ESMTP",
	.reply = "550 5.1.1 no",
	.senders = "a@example.com\0<>",
	.senders_length = sizeof("a@example.com\0<>"),
};
#define AS_SAID "pc7|mx ESMTP|550 5.1.1 no|[\"a@example.com\",\"<>\"]|1|3|mx.example.net"

static void what_was_said_stands_in_the_row(void **state)
{
	struct connection c = talk();

	(void)state;
	add(&c, &words);
	fixture_write(s, b);
	said(WORDS, AS_SAID);
}

static void a_connection_without_a_dialogue_has_nulls(void **state)
{
	struct connection c = fixture_attempt(1, "10.0.0.1", "192.0.2.1", DAY_START);
	struct connection_texts name = SILENCE;

	(void)state;
	name.server_name = "mx.example.net";
	add(&c, &name);
	fixture_write(s, b);
	assert_int_equal(fixture_ask(db, "SELECT helo IS NULL AND banner IS NULL AND reply IS NULL"
					 " AND senders = '[]' AND messages IS NULL"
					 " AND recipients IS NULL FROM connection"),
			 1);
	said("SELECT server_name FROM connection", "mx.example.net");
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM helo"), 0);
}

static void an_update_without_texts_clears_nothing(void **state)
{
	struct connection c = talk();

	(void)state;
	add(&c, &words);
	fixture_write(s, b);
	c.begun = false;
	c.open = false;
	c.last += 9;
	add(&c, NULL);
	fixture_write(s, b);
	said(WORDS, AS_SAID);
	assert_int_equal(fixture_ask(db, "SELECT ended FROM conn"), DAY_START + 9);
	c.has_dialogue = false; /* it was given up, or a later run of the tracker */
	add(&c, &(struct connection_texts)SILENCE);
	fixture_write(s, b);
	said(WORDS, AS_SAID);
}

static void an_update_with_texts_says_what_is_new(void **state)
{
	struct connection c = talk();
	struct connection_texts later = words;

	(void)state;
	later.reply = "421 bye";
	add(&c, &words);
	fixture_write(s, b);
	c.begun = false;
	c.messages = 2;
	add(&c, &later);
	fixture_write(s, b);
	said("SELECT reply || messages || recipients FROM connection", "421 bye23");
}

/* What is accepted late gets a row that it was not given at first, and its words with it. */
static void a_row_that_comes_late_has_its_words(void **state)
{
	struct connection c = talk();

	(void)state;
	store_set_limits(s, &(struct store_limits){.rows_per_host_hour = 1});
	greet(7, 0, "first");
	add(&c, NULL);
	fixture_write(s, b);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM conn"), 1);
	c.begun = false;
	c.outcome = OUTCOME_SENT;
	add(&c, &words);
	fixture_write(s, b);
	said(WORDS " WHERE id = 1", AS_SAID);
}

static void senders_are_json_whatever_they_hold(void **state)
{
	struct connection c = talk();
	struct connection_texts texts = SILENCE;

	(void)state;
	texts.senders = "\"a b\"@x\0\\x01'@y";
	texts.senders_length = sizeof("\"a b\"@x\0\\x01'@y");
	add(&c, &texts);
	fixture_write(s, b);
	assert_int_equal(fixture_ask(db, "SELECT json_valid(senders) FROM conn"), 1);
	assert_int_equal(fixture_ask(db, "SELECT json_array_length(senders) FROM conn"), 2);
	said("SELECT senders ->> 0 FROM conn", "\"a b\"@x");
	said("SELECT senders ->> 1 FROM conn", "\\x01'@y");
}

static void a_host_s_names_are_kept_with_their_times(void **state)
{
	(void)state;
	greet(1, 100, "a");
	greet(2, 50, "b");
	greet(3, 200, "a");
	fixture_write(s, b);
	greet(4, 20, "a");
	greet(5, 40, "a");
	greet(6, 30, "c");
	greet(7, 90, "c");
	greet(8, 10, "c");
	fixture_write(s, b);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM helo"), 3);
	assert_int_equal(fixture_ask(db, "SELECT first_seen FROM helo WHERE name = 'c'"),
			 DAY_START + 10 * MOMENT_SECOND);
	assert_int_equal(fixture_ask(db, "SELECT last_seen FROM helo WHERE name = 'c'"),
			 DAY_START + 90 * MOMENT_SECOND + 7);
	assert_int_equal(fixture_ask(db, "SELECT first_seen FROM helo WHERE name = 'a'"),
			 DAY_START + 20 * MOMENT_SECOND);
	assert_int_equal(fixture_ask(db, "SELECT last_seen FROM helo WHERE name = 'a'"),
			 DAY_START + 200 * MOMENT_SECOND + 7);
	assert_int_equal(fixture_ask(db, "SELECT first_seen FROM helo WHERE name = 'b'"),
			 DAY_START + 50 * MOMENT_SECOND);
	assert_int_equal(fixture_ask(db, "SELECT last_seen FROM helo WHERE name = 'b'"),
			 DAY_START + 50 * MOMENT_SECOND + 7);
}

static void hosts_that_take_turns_keep_their_own_names(void **state)
{
	(void)state;
	for (uint64_t id = 1; id <= 20; id++) {
		struct connection c = fixture_attempt(id, id % 2 ? "10.0.0.1" : "10.0.0.2",
						      "192.0.2.1", DAY_START);
		struct connection_texts texts = SILENCE;

		texts.helo = id % 2 ? "odd" : "even";
		add(&c, &texts);
	}
	fixture_write(s, b);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM helo"), 2);
	said("SELECT name FROM helo JOIN host ON id = host WHERE address = '10.0.0.1'", "odd");
	said("SELECT name FROM helo JOIN host ON id = host WHERE address = '10.0.0.2'", "even");
}

static void the_sixteen_names_seen_first_stay(void **state)
{
	char name[16];

	(void)state;
	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "n%03d", i);
		greet((uint64_t)i + 1, i, name);
		if (i % 7 == 0)
			fixture_write(s, b);
	}
	fixture_write(s, b);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM helo"), 16);
	said("SELECT max(name) FROM helo", "n015");
	/* One that is among them goes on being noted; a stamp that jumps back makes room. */
	greet(1000, 400, "n003");
	greet(1001, -5, "before");
	fixture_write(s, b);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM helo"), 16);
	said("SELECT max(name) FROM helo", "n014");
	assert_int_equal(fixture_ask(db, "SELECT last_seen FROM helo WHERE name = 'n003'"),
			 DAY_START + 400 * MOMENT_SECOND + 7);
	said("SELECT helo FROM offender",
	     "[\"before\",\"n000\",\"n001\",\"n002\",\"n003\",\"n004\",\"n005\",\"n006\","
	     "\"n007\",\"n008\",\"n009\",\"n010\",\"n011\",\"n012\",\"n013\",\"n014\"]");
}

static void the_view_s_names_are_json_whatever_they_hold(void **state)
{
	(void)state;
	greet(1, 0, "a\"b\\\\c");
	greet(2, 1, "\xc3\xa9\\x00");
	fixture_write(s, b);
	said("SELECT helo ->> 0 FROM offender", "a\"b\\\\c");
	said("SELECT helo ->> 1 FROM offender", "\xc3\xa9\\x00");
}

static void thinned_connections_are_still_heard(void **state)
{
	(void)state;
	store_set_limits(s, &(struct store_limits){.rows_per_host_hour = 1});
	greet(1, 0, "a");
	greet(2, 1, "b");
	fixture_write(s, b);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM conn"), 1);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM helo"), 2);
}

static void a_record_of_totals_alone_has_names_too(void **state)
{
	struct store_options options = {.sensor = "x", .mode = "read", .totals_only = true};
	struct connection c = talk();

	(void)state;
	end();
	begin(&options);
	add(&c, &words);
	fixture_write(s, b);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM conn"), 0);
	said("SELECT name FROM helo", "pc7");
	said("SELECT name FROM server WHERE address = '192.0.2.1'", "mx.example.net");
	said("SELECT helo FROM offender", "[\"pc7\"]");
}

/* A user's mail program on port 587 has a name of its own, which is no offender's. */
static void also_watched_ports_name_no_offender(void **state)
{
	struct connection c = talk();

	(void)state;
	c.standing = STANDING_ALSO_WATCHED;
	add(&c, &words);
	c.id = 2;
	c.client = fixture_addr("10.0.0.2");
	c.standing = STANDING_PERMITTED;
	add(&c, &words);
	fixture_write(s, b);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM helo"), 1);
	said("SELECT address FROM helo JOIN host ON id = host", "10.0.0.2");
}

static void a_server_has_the_name_heard_last(void **state)
{
	struct connection c = talk();
	struct connection_texts texts = words;

	(void)state;
	add(&c, &texts);
	fixture_write(s, b);
	c.id = 2;
	texts.server_name = "";
	add(&c, &texts);
	fixture_write(s, b);
	said("SELECT name FROM server WHERE id > 0", "mx.example.net");
	c.id = 3;
	texts.server_name = "mail.example.org";
	add(&c, &texts);
	fixture_write(s, b);
	said("SELECT name FROM server WHERE id > 0", "mail.example.org");
	assert_int_equal(fixture_ask(db, "SELECT name FROM server WHERE id = 0"), -1);
}

static void messages_and_recipients_add_up(void **state)
{
	struct connection c = talk();
	struct tally change = {.attempts = 1, .messages = 1, .recipients = 3};

	(void)state;
	change.outcomes[OUTCOME_UNANSWERED] = 1;
	assert_int_equal(batch_add(b, &c, &words, &change), 0);
	fixture_write(s, b);
	c.begun = false;
	c.messages = 5;
	c.recipients = 9;
	change = (struct tally){.messages = 4, .recipients = 6};
	assert_int_equal(batch_add(b, &c, NULL, &change), 0);
	fixture_write(s, b);
	assert_int_equal(fixture_ask(db, "SELECT messages FROM offender"), 5);
	assert_int_equal(fixture_ask(db, "SELECT recipients FROM offender"), 9);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM host_sum WHERE messages = 5"
					 " AND recipients = 9 AND attempts = 1"),
			 4); /* all time, minute, hour, day */
	assert_int_equal(fixture_ask(db, "SELECT messages * 100 + recipients FROM conn"), 509);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)
	const struct CMUnitTest tests[] = {
		TEST(what_was_said_stands_in_the_row),
		TEST(a_connection_without_a_dialogue_has_nulls),
		TEST(an_update_without_texts_clears_nothing),
		TEST(an_update_with_texts_says_what_is_new),
		TEST(a_row_that_comes_late_has_its_words),
		TEST(senders_are_json_whatever_they_hold),
		TEST(a_host_s_names_are_kept_with_their_times),
		TEST(hosts_that_take_turns_keep_their_own_names),
		TEST(the_sixteen_names_seen_first_stay),
		TEST(the_view_s_names_are_json_whatever_they_hold),
		TEST(thinned_connections_are_still_heard),
		TEST(a_record_of_totals_alone_has_names_too),
		TEST(also_watched_ports_name_no_offender),
		TEST(a_server_has_the_name_heard_last),
		TEST(messages_and_recipients_add_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
