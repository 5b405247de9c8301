/* The verdict on a host: with offenders, in their order, and its ledger. */
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/moment.h"
#include "query/host.h"
#include "query/offender.h"
#include "query/status.h"

#define T0  INT64_C(1700000000000000) /* 2023-11-14T22:13:20Z */
#define ALL ((struct window){INT64_MIN, INT64_MAX})

static int setup(void **state)
{
	static struct scratch s;

	scratch_open(&s);
	scratch_sql(&s, "PRAGMA synchronous = OFF");
	scratch_sql(&s,
		    "INSERT INTO run(mode, sensor, pid, started, beat, newest)"
		    " VALUES ('watch', 'fw1', 1, %lld, %lld, %lld)",
		    T0, T0, T0 + MOMENT_DAY);
	*state = &s;
	return 0;
}

static int teardown(void **state)
{
	scratch_close(*state);
	return 0;
}

static struct record *open_record(struct scratch *s)
{
	char error[RECORD_ERROR];
	struct record *r = NULL;

	if (record_open(s->path, &r, error) < 0)
		fail_msg("%s", error);
	return r;
}

static void expect(struct scratch *s, struct window w, const struct policy *policy,
		   const char *expression)
{
	struct record *r = open_record(s);
	struct offenders o = {0};
	uint64_t outside;
	char *text;

	assert_int_equal(offenders_load(r, &w, 0, policy, T0, &o, &outside), 0);
	offenders_rank(&o);
	text = scratch_print(REPORT_JSON, 100, offender_fields, o.items, o.count, sizeof(*o.items));
	assert_json(text, expression);
	free(text);
	offenders_done(&o);
	record_close(r);
}

static void expect_host(struct scratch *s, const char *address, const char *expression)
{
	struct record *r = open_record(s);
	struct window w = ALL;
	struct host h;
	char *text;

	assert_int_equal(host_load(r, address, &w, NULL, T0, &h), 1);
	text = scratch_print_object(REPORT_JSON, 100, host_fields, &h);
	assert_json(text, expression);
	free(text);
	host_done(&h);
	record_close(r);
}

/* 10.0.0.ID with attempts, some connected, and messages; all within the minute of T0. */
static void add_host(struct scratch *s, int id, int attempts, int connected, int messages)
{
	scratch_sql(s, "INSERT INTO host VALUES (%d, '10.0.0.%d')", id, id);
	scratch_sql(s,
		    "INSERT INTO host_sum(span, start, standing, host, first, last, attempts,"
		    " connected, messages, recipients, outcome_unanswered) VALUES"
		    " (0, 0, 0, %d, %lld, %lld, %d, %d, %d, %d, %d)",
		    id, T0, T0, attempts, connected, messages, 3 * messages, attempts);
}

static void add_verdict(struct scratch *s, int host, const char *verdict, double score)
{
	scratch_sql(s,
		    "INSERT INTO verdict VALUES (%d, %Q, %.3f, 2.197, %lld,"
		    " '[\"first reason\",\"second\"]', '[]', '[]', x'00')",
		    host, verdict, score, T0);
}

/* It has been permitted something too: remarks are on those who may send. */
static void may_send(struct scratch *s, int host)
{
	scratch_sql(s,
		    "INSERT INTO host_sum(span, start, standing, host, first, last, attempts)"
		    " VALUES (0, 0, 1, %d, 5, 6, 7)",
		    host);
}

static void an_offender_shows_what_is_thought_of_it_and_why(void **state)
{
	struct scratch *s = *state;

	add_host(s, 1, 5, 4, 3);
	add_verdict(s, 1, "bot", 0.9);
	scratch_sql(s, "INSERT INTO helo VALUES (1, 'b', %lld, %lld), (1, 'a', %lld, %lld)", T0, T0,
		    T0 + 1, T0 + 2);
	expect(s, ALL, NULL,
	       ".[0] | .verdict == \"bot\" and .score == 0.9 and .reasons == [\"first reason\","
	       " \"second\"] and .helo == [\"b\", \"a\"] and .messages == 3"
	       " and .recipients == 9");
}

static void a_host_of_which_nothing_is_thought_has_nulls(void **state)
{
	struct scratch *s = *state;

	add_host(s, 1, 5, 4, 0);
	expect(s, ALL, NULL,
	       ".[0] | .verdict == null and .score == null and .reasons == [] and .helo == []"
	       " and .messages == 0 and .recipients == 0");
	expect_host(s, "10.0.0.1",
		    ".log_odds == null and .ledger == [] and .remarks == []"
		    " and .listings == [] and .verdict == null");
}

static void messages_and_recipients_are_those_of_the_window(void **state)
{
	struct scratch *s = *state;
	int64_t minute = T0 - T0 % MOMENT_MINUTE;

	scratch_sql(s, "INSERT INTO host VALUES (1, '10.0.0.1')");
	for (int i = 0; i < 3; i++)
		scratch_sql(
			s,
			"INSERT INTO host_sum(span, start, standing, host, first, last,"
			" attempts, messages, recipients) VALUES (60, %lld, 0, 1, %lld, %lld, 1,"
			" %d, %d)",
			minute + i * MOMENT_MINUTE, T0, T0, 1 << i, 10 << i);
	/* Offences only: another standing's messages are not theirs. */
	scratch_sql(s,
		    "INSERT INTO host_sum(span, start, standing, host, first, last, attempts,"
		    " messages, recipients) VALUES (60, %lld, 1, 1, %lld, %lld, 1, 100, 100)",
		    minute, T0, T0);
	expect(s, (struct window){minute, minute + 2 * MOMENT_MINUTE}, NULL,
	       ".[0].messages == 3 and .[0].recipients == 30");
	expect(s, (struct window){minute + MOMENT_MINUTE, minute + 3 * MOMENT_MINUTE}, NULL,
	       ".[0].messages == 6 and .[0].recipients == 60");
}

static void names_are_those_heard_within_the_window(void **state)
{
	struct scratch *s = *state;
	int64_t since = T0 - T0 % MOMENT_MINUTE, until = since + MOMENT_MINUTE;

	scratch_sql(s, "INSERT INTO host VALUES (1, '10.0.0.1')");
	scratch_sql(s,
		    "INSERT INTO host_sum(span, start, standing, host, first, last, attempts)"
		    " VALUES (60, %lld, 0, 1, %lld, %lld, 1), (0, 0, 0, 1, %lld, %lld, 1)",
		    since, T0, T0, T0, T0);
	scratch_sql(s,
		    "INSERT INTO helo VALUES (1, 'before', %lld, %lld), (1, 'into', %lld, %lld),"
		    " (1, 'across', %lld, %lld), (1, 'at its end', %lld, %lld),"
		    " (1, 'last of it', %lld, %lld)",
		    since - 9, since - 1, since - 8, since, since - 7, until, until, until + 1,
		    until - 1, until + 5);
	expect(s, (struct window){since, until}, NULL,
	       ".[0].helo == [\"into\", \"across\", \"last of it\"]");
	expect(s, ALL, NULL,
	       ".[0].helo == [\"before\", \"into\", \"across\", \"last of it\","
	       " \"at its end\"]");
}

static void at_most_sixteen_names_are_told_first_seen_first(void **state)
{
	struct scratch *s = *state;

	add_host(s, 1, 1, 0, 0);
	for (int i = 0; i < 20; i++)
		scratch_sql(s, "INSERT INTO helo VALUES (1, 'n%02d', %lld, %lld)", 99 - i, T0 + i,
			    T0 + i);
	expect(s, ALL, NULL,
	       "(.[0].helo | length == 16) and .[0].helo[0] == \"n99\""
	       " and .[0].helo[15] == \"n84\"");
}

static void the_order_is_by_verdict_score_messages_connected_attempts_address(void **state)
{
	struct scratch *s = *state;

	/* Each is to stand before the next, for the reason that the line says. */
	add_host(s, 90, 1, 0, 0);
	add_verdict(s, 90, "bot", 0.95); /* verdict, before those with far greater numbers */
	add_host(s, 80, 9, 9, 9);
	add_verdict(s, 80, "bot", 0.9); /* score */
	add_host(s, 70, 1, 0, 0);
	add_verdict(s, 70, "unclear", 0.7);
	add_host(s, 60, 9, 9, 9);
	add_verdict(s, 60, "unclear", 0.2);
	add_host(s, 50, 99, 99, 99); /* nothing is known: as unclear, of score 0 */
	add_host(s, 40, 3, 2, 2);
	add_verdict(s, 40, "sender", 0.1);
	add_host(s, 30, 4, 3, 1); /* messages */
	add_verdict(s, 30, "sender", 0.1);
	add_host(s, 20, 5, 2, 1); /* connected */
	add_verdict(s, 20, "sender", 0.1);
	add_host(s, 9, 4, 2, 1); /* attempts */
	add_verdict(s, 9, "sender", 0.1);
	add_host(s, 10, 4, 2, 1); /* address: as numbers, not as text */
	add_verdict(s, 10, "sender", 0.1);
	add_host(s, 1, 99, 99, 99);
	add_verdict(s, 1, "device", 0.3);
	expect(s, ALL, NULL,
	       "map(.address | sub(\"10.0.0.\"; \"\") | tonumber) == [90, 80, 70, 60, 50, 40, 30,"
	       " 20, 9, 10, 1]");
}

static void those_now_permitted_rank_last_whatever_they_are(void **state)
{
	struct scratch *s = *state;
	struct policy *policy = policy_new();
	struct prefix prefix;

	add_host(s, 1, 9, 9, 9);
	add_verdict(s, 1, "bot", 0.99);
	add_host(s, 2, 1, 0, 0);
	add_verdict(s, 2, "device", 0.01);
	assert_int_equal(prefix_parse("10.0.0.1", &prefix), 0);
	assert_int_equal(policy_add_mail_server(policy, &prefix, "test"), 0);
	expect(s, ALL, policy, "map(.now_permitted) == [false, true] and .[1].verdict == \"bot\"");
	policy_free(policy);
}

#define LEDGER                                                                                     \
	"'[{\"reason\":\"burst\",\"weight\":2.500,\"text\":\"6 servers\"},"                        \
	"{\"reason\":\"prior\",\"weight\":-1.250,\"text\":\"most are none\"}]'"

static void a_host_s_ledger_has_each_reason_with_its_weight_and_figures(void **state)
{
	struct scratch *s = *state;

	add_host(s, 1, 9, 9, 9);
	add_verdict(s, 1, "bot", 0.9);
	scratch_sql(s, "UPDATE verdict SET remarks = '[\"unlike itself\"]'");
	expect_host(s, "10.0.0.1", ".remarks == []");
	may_send(s, 1);
	scratch_sql(s, "UPDATE verdict SET log_odds = 1.25, ledger = " LEDGER
		       ", remarks = '[\"unlike itself\"]'");
	expect_host(s, "10.0.0.1",
		    ".log_odds == 1.25 and .ledger == [{reason: \"burst\", weight: 2.5,"
		    " text: \"6 servers\"}, {reason: \"prior\", weight: -1.25,"
		    " text: \"most are none\"}] and .remarks == [\"unlike itself\"]"
		    " and .verdict == \"bot\" and (.reasons | length == 2)");
}

/* It has no offence, yet what is thought of it is shown. */
static void a_permitted_mail_server_is_judged_too(void **state)
{
	struct scratch *s = *state;

	add_host(s, 1, 9, 9, 9);
	add_verdict(s, 1, "sender", 0.2);
	scratch_sql(s, "UPDATE host_sum SET standing = 1;"
		       "UPDATE verdict SET remarks = '[\"2 new HELO names\", \"past\"]';"
		       "INSERT INTO helo VALUES (1, 'mail', 1, 1700000000000000)");
	expect(s, ALL, NULL, ". == []");
	expect_host(s, "10.0.0.1",
		    ".attempts == 0 and .permitted.attempts == 9 and .verdict == \"sender\""
		    " and .remarks == [\"2 new HELO names\", \"past\"] and .helo == [\"mail\"]");
}

static void status_names_the_host_of_each_remark_newest_first(void **state)
{
	struct scratch *s = *state;
	struct record *r;
	struct status status;
	char *text;

	add_host(s, 1, 1, 1, 1);
	add_host(s, 2, 1, 1, 1);
	add_host(s, 3, 1, 1, 1);
	add_host(s, 4, 1, 1, 1);
	for (int i = 1; i <= 4; i++) {
		add_verdict(s, i, "sender", 0.1);
		if (i < 4)
			may_send(s, i);
	}
	scratch_sql(s,
		    "UPDATE verdict SET remarks = '[\"a\",\"b\"]' WHERE host = 1;"
		    "UPDATE verdict SET remarks = '[\"an offender\"]' WHERE host = 4;"
		    "UPDATE verdict SET remarks = '[\"c\"]', observed = %lld WHERE host = 2",
		    T0 + 9);
	r = open_record(s);
	assert_int_equal(status_load(r, MOMENT_HOUR, T0, &status), 0);
	text = scratch_print_object(REPORT_JSON, 100, status_fields, &status);
	assert_json(text,
		    ".remarks == [\"10.0.0.2 (sender 0.10): c\", \"10.0.0.1 (sender 0.10): a\","
		    " \"10.0.0.1 (sender 0.10): b\"]");
	free(text);
	status_done(&status);
	record_close(r);
}

static void a_table_shows_the_verdict_and_the_strongest_reason(void **state)
{
	struct scratch *s = *state;
	struct record *r = open_record(s);
	struct window w = ALL;
	struct offenders o = {0};
	uint64_t outside;
	char *text;

	add_host(s, 1, 9, 9, 9);
	add_verdict(s, 1, "bot", 0.9);
	assert_int_equal(offenders_load(r, &w, 0, NULL, T0, &o, &outside), 0);
	text = scratch_print(REPORT_TABLE, 400, offender_fields, o.items, o.count,
			     sizeof(*o.items));
	assert_non_null(strstr(text, "bot 0.90"));
	assert_non_null(strstr(text, "first reason"));
	assert_null(strstr(text, "second"));
	free(text);
	offenders_done(&o);
	record_close(r);
}

/* The offenders as a table of that width; to be freed. */
static char *table_of(struct scratch *s, int columns)
{
	struct record *r = open_record(s);
	struct window w = ALL;
	struct offenders o = {0};
	uint64_t outside;
	char *text;

	assert_int_equal(offenders_load(r, &w, 0, NULL, T0, &o, &outside), 0);
	offenders_rank(&o);
	text = scratch_print(REPORT_TABLE, columns, offender_fields, o.items, o.count,
			     sizeof(*o.items));
	offenders_done(&o);
	record_close(r);
	return text;
}

static void the_two_strongest_reasons_stand_beneath_where_a_column_has_no_room(void **state)
{
	struct scratch *s = *state;
	const char *row;
	char *text;

	for (int i = 1; i <= 3; i++) {
		add_host(s, i, 9, 9, 9);
		add_verdict(s, i, "bot", 0.9);
	}
	scratch_sql(s, "UPDATE verdict SET reasons = '[\"fifty servers contacted for the first time"
		       " within one minute and more than that later in the day\",\"HELO changed\","
		       "\"third\"]' WHERE host = 1;"
		       "UPDATE verdict SET reasons = '[]' WHERE host = 2");
	text = table_of(s, 80);
	assert_null(strstr(text, "BECAUSE"));
	assert_null(strstr(text, "third"));
	assert_in_range(widest_line(text), 60, 80);
	row = strstr(text, "10.0.0.1 ");
	assert_non_null(row);
	row = strchr(row, '\n');
	/* 80 columns end behind "the day", two of them being the indent. */
	assert_ptr_equal(strstr(row, "\n  fifty servers contacted for the first time within one"
				     " minute and more than\n    that later in the day\n"
				     "  HELO changed\n10.0.0.2 "),
			 row);
	row = strchr(strstr(text, "10.0.0.2 "), '\n');
	assert_memory_equal(row, "\n10.0.0.3 ", 10);
	free(text);
}

static void reasons_have_a_column_where_all_of_them_fit(void **state)
{
	struct scratch *s = *state;
	char *text;

	add_host(s, 1, 9, 9, 9);
	add_verdict(s, 1, "bot", 0.9);
	for (int columns = 70; columns < 200; columns++) {
		text = table_of(s, columns);
		assert_non_null(strstr(text, "first reason"));
		if (strstr(text, "BECAUSE"))
			assert_null(strstr(text, "second"));
		else
			assert_non_null(strstr(text, "\n  first reason\n  second\n"));
		assert_in_range(widest_line(text), 1, columns);
		assert_null(strstr(text, "first…"));
		free(text);
	}
}

#define LONG                                                                                       \
	"of 40 new destinations 12 had orderly dialogues, 28 were tried again later, 3 lay next "  \
	"to the one before"

static void figures_of_a_ledger_are_broken_between_words_and_never_cut(void **state)
{
	struct ledger_row rows[] = {
		{"a reason of some words", LONG, {.known = true, .value = -2.25}},
		{"simple engine", "short", {.known = true}},
	};
	struct host h = {.ledger.terms = {rows, 2}};

	(void)state;
	for (int columns = 46; columns < 180; columns++) {
		char *text = scratch_print_object(REPORT_TABLE, columns, host_fields, &h), *at;
		const char *word = LONG;

		assert_in_range(widest_line(text), 1, columns);
		at = strstr(text, "FIGURES");
		assert_non_null(at);
		while (*word) {
			size_t n = strcspn(word, " ");
			char one[32];

			snprintf(one, sizeof(one), "%.*s", (int)n, word);
			at = strstr(at, one);
			if (!at)
				fail_msg("%d columns: \"%s\" is missing in\n%s", columns, one,
					 text);
			at += n;
			word += n + (word[n] == ' ');
		}
		assert_non_null(strstr(at, "\n  0.00  "));
		free(text);
	}
}

static void a_ledger_says_how_it_is_to_be_read(void **state)
{
	struct ledger_row row = {"prior", "most", {.known = true, .value = -2.25}};
	struct host h = {.ledger.terms = {&row, 1}}, none = {0};
	char *text = scratch_print_object(REPORT_TABLE, 4096, host_fields, &h);

	(void)state;
	/* The threshold of the manual. */
	assert_non_null(strstr(text, "from 0.8 on a host is called a bot"));
	assert_non_null(strstr(text, "Figures fade by half in a day"));
	free(text);
	text = scratch_print_object(REPORT_TABLE, 4096, host_fields, &none);
	assert_null(strstr(text, "fade"));
	free(text);
}

#define WITH_RECORD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_RECORD(an_offender_shows_what_is_thought_of_it_and_why),
		WITH_RECORD(a_host_of_which_nothing_is_thought_has_nulls),
		WITH_RECORD(messages_and_recipients_are_those_of_the_window),
		WITH_RECORD(names_are_those_heard_within_the_window),
		WITH_RECORD(at_most_sixteen_names_are_told_first_seen_first),
		WITH_RECORD(the_order_is_by_verdict_score_messages_connected_attempts_address),
		WITH_RECORD(those_now_permitted_rank_last_whatever_they_are),
		WITH_RECORD(a_host_s_ledger_has_each_reason_with_its_weight_and_figures),
		WITH_RECORD(a_permitted_mail_server_is_judged_too),
		WITH_RECORD(status_names_the_host_of_each_remark_newest_first),
		WITH_RECORD(a_table_shows_the_verdict_and_the_strongest_reason),
		WITH_RECORD(the_two_strongest_reasons_stand_beneath_where_a_column_has_no_room),
		WITH_RECORD(reasons_have_a_column_where_all_of_them_fit),
		cmocka_unit_test(figures_of_a_ledger_are_broken_between_words_and_never_cut),
		cmocka_unit_test(a_ledger_says_how_it_is_to_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
