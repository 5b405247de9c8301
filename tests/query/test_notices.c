/* What remote servers said of us: several runs told as one. */
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/moment.h"
#include "query/host.h"
#include "query/notices.h"
#include "query/status.h"

#define T0 INT64_C(1700000000000000) /* 2023-11-14T22:13:20Z */

static int setup(void **state)
{
	static struct scratch s;

	scratch_open(&s);
	for (int i = 0; i < 2; i++)
		scratch_sql(&s,
			    "INSERT INTO run(mode, sensor, pid, started, beat, newest)"
			    " VALUES ('watch', 'fw1', 1, %lld, %lld, %lld)",
			    T0, T0, T0);
	*state = &s;
	return 0;
}

static int teardown(void **state)
{
	scratch_close(*state);
	return 0;
}

/* Heard first and last so many seconds behind T0, by 10.0.0.25 and from 198.51.100.RUN. */
static void add(struct scratch *s, int run, const char *address, const char *list, int policy,
		int finding, int first, int last, int heard, int voices)
{
	scratch_sql(s,
		    "INSERT INTO listing VALUES (%d, %Q, %Q, %d, %d, %lld, %lld, %d, %d,"
		    " '10.0.0.25', '198.51.100.%d', '554 by %q', 0, '198.51.100.%d',"
		    " '[\"10.0.0.25\"]')",
		    run, address, list, policy, finding, T0 + first * MOMENT_SECOND,
		    T0 + last * MOMENT_SECOND, heard, voices, run, list, run);
}

static void expect(struct scratch *s, const char *client, const char *expression)
{
	char error[RECORD_ERROR], *text;
	struct record *r;
	struct list list;

	assert_int_equal(record_open(s->path, &r, error), 0);
	assert_int_equal(notices_load(r, client, &list), 0);
	text = scratch_print(REPORT_JSON, 100, notice_fields, list.items, list.count,
			     sizeof(struct notice_row));
	assert_json(text, expression);
	free(text);
	notices_done(&list);
	record_close(r);
}

static void a_listing_is_told_by_every_field(void **state)
{
	struct scratch *s = *state;

	add(s, 1, "203.0.113.9", "zen.spamhaus.org", 0, 1, 0, 60, 5, 2);
	expect(s, NULL,
	       ". == [{address: \"203.0.113.9\", list: \"zen.spamhaus.org\", finding: true,"
	       " policy: false, first_seen: \"2023-11-14T22:13:20.000000Z\","
	       " last_seen: \"2023-11-14T22:14:20.000000Z\", heard: 5, servers: 2,"
	       " client: \"10.0.0.25\", server: \"198.51.100.1\","
	       " reply: \"554 by zen.spamhaus.org\"}]");
}

#define MERGED                                                                                     \
	"(length == 1) and (.[0] | .finding and .heard == 9 and .servers == 4 and .first_seen =="  \
	" \"2023-11-14T22:13:30.000000Z\" and .last_seen == \"2023-11-14T22:15:00.000000Z\")"

static void the_words_of_several_runs_are_those_heard_last(void **state)
{
	struct scratch *s = *state;

	add(s, 1, "203.0.113.9", "a", 1, 1, 10, 50, 2, 4);
	add(s, 2, "203.0.113.9", "a", 0, 0, 60, 100, 7, 1);
	expect(s, NULL, MERGED);
	expect(s, NULL, ".[0] | (.policy | not) and .server == \"198.51.100.2\"");
}

/* An older file was read into the record after a newer one. */
static void the_order_of_the_runs_is_not_that_of_the_words(void **state)
{
	struct scratch *s = *state;

	add(s, 2, "203.0.113.9", "a", 1, 1, 10, 50, 2, 4);
	add(s, 1, "203.0.113.9", "a", 0, 0, 60, 100, 7, 1);
	expect(s, NULL, MERGED);
	expect(s, NULL, ".[0] | (.policy | not) and .server == \"198.51.100.1\"");
}

static void without_an_address_each_list_is_told_for_itself(void **state)
{
	struct scratch *s = *state;

	add(s, 1, "", "a", 0, 0, 0, 10, 1, 1);
	add(s, 2, "", "a", 0, 0, 20, 30, 2, 1);
	add(s, 1, "", "b", 0, 0, 0, 20, 4, 1);
	add(s, 1, "203.0.113.9", "a", 0, 0, 0, 5, 8, 1);
	expect(s, NULL,
	       "map([.address, .list, .heard]) == [[null, \"a\", 3], [null, \"b\", 4],"
	       " [\"203.0.113.9\", \"a\", 8]]");
}

/* A run that was told of another list, by one server, knows nothing of what made it a finding. */
static void each_list_of_a_finding_is_told_with_its_own_voices(void **state)
{
	struct scratch *s = *state;

	add(s, 1, "203.0.113.9", "a", 0, 1, 10, 50, 2, 4);
	add(s, 2, "203.0.113.9", "b", 1, 0, 60, 100, 7, 1);
	add(s, 2, "", "b", 1, 1, 60, 70, 7, 1); /* as nobody writes it */
	expect(s, NULL,
	       "map([.list, .finding, .policy, .heard, .servers, .reply]) =="
	       " [[\"b\", true, true, 7, 1, \"554 by b\"],"
	       " [\"a\", true, false, 2, 4, \"554 by a\"],"
	       " [\"b\", false, true, 7, 1, \"554 by b\"]]");
}

static void a_configured_address_comes_before_other_findings(void **state)
{
	struct scratch *s = *state;

	add(s, 1, "203.0.113.9", "a", 0, 1, 0, 5, 2, 1);
	add(s, 1, "203.0.113.10", "a", 0, 1, 0, 50, 2, 2);
	scratch_sql(s, "UPDATE listing SET configured = 1 WHERE address = '203.0.113.9'");
	expect(s, NULL, "map(.address) == [\"203.0.113.9\", \"203.0.113.10\"]");
}

static void the_newest_come_first(void **state)
{
	struct scratch *s = *state;

	add(s, 1, "203.0.113.1", "a", 0, 0, 0, 20, 1, 1);
	add(s, 1, "203.0.113.2", "a", 0, 0, 0, 30, 1, 1);
	add(s, 1, "203.0.113.3", "a", 0, 0, 0, 10, 1, 1);
	add(s, 1, "203.0.113.0", "a", 0, 0, 0, 10, 1, 1);
	expect(s, NULL,
	       "map(.address) == [\"203.0.113.2\", \"203.0.113.1\", \"203.0.113.0\","
	       " \"203.0.113.3\"]");
}

static void a_host_is_shown_what_it_was_told(void **state)
{
	struct scratch *s = *state;

	add(s, 1, "203.0.113.1", "a", 0, 0, 0, 20, 1, 1);
	add(s, 1, "203.0.113.2", "b", 0, 0, 0, 30, 1, 1);
	scratch_sql(s, "UPDATE listing SET client = '10.0.0.7',"
		       " clients = '[\"10.0.0.7\",\"10.0.0.70\"]' WHERE list = 'b'");
	expect(s, "10.0.0.7", "map(.list) == [\"b\"]");
	expect(s, "10.0.0.70", "map(.list) == [\"b\"]");
	expect(s, "10.0.0.25", "map(.list) == [\"a\"]");
	expect(s, "10.0.0.8", ". == []");
	expect(s, "10.0.0.2", ". == []");
	/* Also where a later run told another. */
	add(s, 2, "203.0.113.2", "b", 0, 0, 0, 40, 1, 1);
	expect(s, "10.0.0.70", "map(.list) == [\"b\"]");
	expect(s, "10.0.0.25", "map(.list) == [\"b\", \"a\"]");
}

static void status_and_host_show_listings(void **state)
{
	struct scratch *s = *state;
	char error[RECORD_ERROR], *text;
	struct window all = {INT64_MIN, INT64_MAX};
	struct record *r;
	struct status status;
	struct host h;

	add(s, 1, "203.0.113.9", "zen", 0, 1, 0, 60, 5, 2);
	scratch_sql(s, "INSERT INTO host VALUES (1, '10.0.0.25'), (2, '10.0.0.7')");
	assert_int_equal(record_open(s->path, &r, error), 0);
	assert_int_equal(status_load(r, MOMENT_HOUR, T0, &status), 0);
	text = scratch_print_object(REPORT_JSON, 100, status_fields, &status);
	assert_json(text, "(.listings | length == 1) and .listings[0].list == \"zen\""
			  " and .remarks == []");
	free(text);
	status_done(&status);
	assert_int_equal(host_load(r, "10.0.0.25", &all, NULL, T0, &h), 1);
	text = scratch_print_object(REPORT_JSON, 100, host_fields, &h);
	assert_json(text, ".listings | map(.reply) == [\"554 by zen\"]");
	free(text);
	host_done(&h);
	assert_int_equal(host_load(r, "10.0.0.7", &all, NULL, T0, &h), 1);
	assert_int_equal(h.notices.count, 0);
	host_done(&h);
	record_close(r);
}

/* What it is worth stands in the sentence: a claim anyone can forge, or a finding. */
static void a_sentence_says_who_said_what_of_whom(void **state)
{
	struct notice_row row = {
		.address = "203.0.113.9",
		.list = (char[]){"zen.spamhaus.org"},
		.finding = true,
		.last_seen = T0,
		.heard = 5,
		.servers = 2,
		.client = "10.0.0.25",
		.server = "198.51.100.4",
	};
	static const char *const words[] = {"203.0.113.9", "zen.spamhaus.org", "10.0.0.25",
					    "198.51.100.4", "2023-11-14 22:13:20"};
	char text[NOTICES_TEXT];

	(void)state;
	notices_describe(&row, text);
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (!strstr(text, words[i]))
			fail_msg("\"%s\" is not in: %s", words[i], text);
	assert_null(strstr(text, "forge"));
	assert_null(strstr(text, "confirmed"));
	/* Two servers of one network are one word too, though harder to forge. */
	row.finding = false;
	assert_non_null(strstr(notices_describe(&row, text), "not confirmed"));
	row.servers = 1;
	assert_non_null(strstr(notices_describe(&row, text), "forge"));
}

static void more_than_can_be_told_are_cut_short(void **state)
{
	struct scratch *s = *state;

	scratch_sql(s, "WITH RECURSIVE n(i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n"
		       " WHERE i < 999) INSERT INTO listing SELECT 1, '', 'l' || i, 0, 0, i, i, 1,"
		       " 1, '10.0.0.25', '', '', 0, '', '[]' FROM n");
	expect(s, NULL, "length == 64 and .[0].list == \"l999\"");
	/* Newer claims do not hide a finding. */
	add(s, 1, "203.0.113.9", "a", 0, 1, -1, -1, 2, 2);
	scratch_sql(s, "UPDATE listing SET last = %lld WHERE finding = 0", T0);
	expect(s, NULL, "length == 64 and .[0].list == \"a\" and .[0].finding");
}

#define WITH_RECORD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_RECORD(a_listing_is_told_by_every_field),
		WITH_RECORD(the_words_of_several_runs_are_those_heard_last),
		WITH_RECORD(the_order_of_the_runs_is_not_that_of_the_words),
		WITH_RECORD(without_an_address_each_list_is_told_for_itself),
		WITH_RECORD(each_list_of_a_finding_is_told_with_its_own_voices),
		WITH_RECORD(a_configured_address_comes_before_other_findings),
		WITH_RECORD(the_newest_come_first),
		WITH_RECORD(a_host_is_shown_what_it_was_told),
		WITH_RECORD(status_and_host_show_listings),
		cmocka_unit_test(a_sentence_says_who_said_what_of_whom),
		WITH_RECORD(more_than_can_be_told_are_cut_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
