#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/moment.h"
#include "query/host.h"
#include "query/offender.h"
#include "query/record.h"

static const char *const hostile[] = {
	"\x1b[2J\x1b]0;owned\x07", /* escape sequences of a terminal */
	"a\xe2\x80\xae"
	"b\xe2\x81\xa6", /* bidirectional override and isolate */
	"\xc2\x9b"
	"31m", /* the C1 form of CSI */
	"say \"hi\", \\o/\r\n\ttab",
	"=cmd|' /C calc'!A0",
	"+1+1",
	"-2+3",
	"@SUM(1)",
	"\t=1",
	"\"=1\"",
	"\xff\xfe\xc0\xaf", /* no UTF-8 */
	"gr\xc3\xbc\xc3\x9f"
	"e \xe6\x97\xa5\xe6\x9c\xac",
	"already \\x1b escaped",
	"",
};
#define HOSTILE (sizeof(hostile) / sizeof(*hostile))
_Static_assert(HOSTILE == 14, "the expectations below say how many rows they look at");

static char *escaped(const char *text)
{
	char buf[4096];

	record_escape(text, strlen(text), buf, sizeof(buf));
	return strdup(buf);
}

static void escapes_in_a_record_stay_and_all_else_is_escaped(void **state)
{
	char *text = escaped("a\\x1b \x1b[0m\\");

	(void)state;
	assert_string_equal(text, "a\\x1b \\x1b[0m\\");
	free(text);
}

static void escaping_fits_any_buffer(void **state)
{
	char buf[16];

	(void)state;
	for (size_t size = 0; size <= sizeof(buf); size++) {
		memset(buf, 'Z', sizeof(buf));
		record_escape("\\\x1b\\\\\x1b", 5, buf, size);
		if (size > 0)
			assert_true(strlen(buf) < size);
		for (size_t i = size; i < sizeof(buf); i++)
			assert_int_equal(buf[i], 'Z');
	}
}

/* Offenders and connections with a hostile text in every text there is, one text a row. */
struct strangers {
	char *texts[HOSTILE];
	const char *lists[HOSTILE][2];
	struct offender offenders[HOSTILE];
	struct connection_row connections[HOSTILE];
};

static void fill(struct strangers *all)
{
	for (size_t i = 0; i < HOSTILE; i++) {
		char *text = all->texts[i] = escaped(hostile[i]);
		struct list list = {all->lists[i], 2};

		all->lists[i][0] = all->lists[i][1] = text;
		all->offenders[i] = (struct offender){.name = text,
						      .vendor = text,
						      .sensor = text,
						      .first_seen = TIME_UNKNOWN,
						      .last_seen = TIME_UNKNOWN,
						      .helo = list};
		snprintf(all->offenders[i].address, sizeof(all->offenders[i].address), "%s",
			 "10.0.0.1");
		all->connections[i] = (struct connection_row){.server_name = text,
							      .helo = text,
							      .banner = text,
							      .reply = text,
							      .offence = text,
							      .sensor = text,
							      .senders = list,
							      .ended = TIME_UNKNOWN};
	}
}

static void empty(struct strangers *all)
{
	for (size_t i = 0; i < HOSTILE; i++)
		free(all->texts[i]);
}

static void assert_harmless(const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		assert_true(c >= 0x20 || c == '\n' || c == '\r');
		assert_int_not_equal(c, 0x7f);
	}
}

static void hostile_texts_come_through_json_as_they_were_escaped(void **state)
{
	struct strangers all;
	char *json;

	(void)state;
	fill(&all);
	json = scratch_print(REPORT_JSON, 100, offender_fields, all.offenders, HOSTILE,
			     sizeof(*all.offenders));
	assert_harmless(json);
	assert_json(json, "length == 14 and all(.[]; .name == .vendor and .helo == [.name, .name]"
			  " and (.name | type == \"string\"))");
	free(json);
	json = scratch_print(REPORT_JSON, 100, connection_fields, all.connections, HOSTILE,
			     sizeof(*all.connections));
	assert_harmless(json);
	assert_json(json, "length == 14 and all(.[]; .helo == .banner and"
			  " (.senders | length == 2))");
	free(json);
	empty(&all);
}

static void hostile_texts_are_one_harmless_cell_of_csv(void **state)
{
	struct strangers all;
	char *csv;

	(void)state;
	fill(&all);
	csv = scratch_print(REPORT_CSV, 100, connection_fields, all.connections, HOSTILE,
			    sizeof(*all.connections));
	assert_harmless(csv);
	assert_csv(csv, "len(rows) == 14 and all(None not in r and"
			" r[\"helo\"] == r[\"banner\"] == r[\"offence\"] and"
			" not any(v.lstrip(\" \\t\\r\\n\\\"\")[:1] in list(\"=+-@\")"
			" for v in r.values()) for r in rows)");
	free(csv);
	csv = scratch_print(REPORT_CSV, 100, offender_fields, all.offenders, HOSTILE,
			    sizeof(*all.offenders));
	assert_csv(csv, "len(rows) == 14 and all(None not in r and"
			" r[\"name\"] == r[\"vendor\"] for r in rows)");
	free(csv);
	empty(&all);
}

static void a_formula_is_text_in_csv(void **state)
{
	char text[] = "=1+1";
	struct connection_row c = {.helo = text, .ended = TIME_UNKNOWN};
	char *csv = scratch_print(REPORT_CSV, 100, connection_fields, &c, 1, sizeof(c));

	(void)state;
	assert_csv(csv, "rows[0][\"helo\"] == \"\\x27=1+1\"");
	free(csv);
}

static void lists_and_nothing_at_all_have_their_forms(void **state)
{
	struct offender o = {.first_seen = 0, .last_seen = TIME_UNKNOWN};
	char *text;

	(void)state;
	o.vlans = (struct numbers){2, {5, 6}};
	o.score = (struct maybe_real){true, 0.875};
	o.outcomes[OUTCOME_REFUSED] = 3;
	text = scratch_print(REPORT_CSV, 100, offender_fields, &o, 1, sizeof(o));
	assert_csv(text,
		   "rows[0][\"vlans\"] == \"5; 6\" and rows[0][\"mac\"] == \"\" and"
		   " rows[0][\"score\"] == \"0.88\" and"
		   " rows[0][\"first_seen\"] == \"1970-01-01T00:00:00.000000Z\" and"
		   " rows[0][\"last_seen\"] == \"\" and \"refused=3\" in rows[0][\"outcomes\"]");
	free(text);
	text = scratch_print(REPORT_JSON, 100, offender_fields, &o, 1, sizeof(o));
	assert_json(text, ".[0].vlans == [5, 6] and .[0].score == 0.88 and .[0].mac == null and"
			  " .[0].last_seen == null and .[0].outcomes.refused == 3");
	free(text);
	text = scratch_print(REPORT_JSON, 100, offender_fields, NULL, 0, sizeof(o));
	assert_json(text, ". == []");
	free(text);
	text = scratch_print(REPORT_CSV, 100, offender_fields, NULL, 0, sizeof(o));
	assert_memory_equal(text, "address,name,mac,", 17);
	free(text);
}

/* Ten offenders whose every column is at its widest. */
static void fill_wide(struct offender *o, size_t count, bool v6)
{
	for (size_t i = 0; i < count; i++) {
		o[i] = (struct offender){.attempts = 3000000,
					 .connected = 12345,
					 .bytes_sent = 1,
					 .destinations = 65536,
					 .sensor = "a-sensor-of-long-name",
					 .first_seen = 0,
					 .last_seen = 1,
					 .now_permitted = i % 2};
		snprintf(o[i].address, sizeof(o[i].address), "%s",
			 v6 ? "2001:db8:1111:2222:3333:4444:5555:6666" : "192.168.100.200");
		snprintf(o[i].mac, sizeof(o[i].mac), "52:54:00:12:34:56");
		o[i].vlans = (struct numbers){3, {100, 200, 4000}};
		for (int j = 0; j < OUTCOME_COUNT; j++)
			o[i].outcomes[j] = 100000;
	}
}

static void no_line_is_wider_than_the_terminal(void **state)
{
	static const int widths[] = {1, 10, 20, 40, 60, 80, 100, 132, 200, 400};
	struct offender o[10];

	(void)state;
	for (size_t i = 0; i < sizeof(widths) / sizeof(*widths); i++) {
		for (int v6 = 0; v6 < 2; v6++) {
			char *text;

			fill_wide(o, 10, v6);
			text = scratch_print(REPORT_TABLE, widths[i], offender_fields, o, 10,
					     sizeof(*o));
			assert_in_range(widest_line(text), 1, widths[i]);
			free(text);
		}
	}
}

static void room_goes_to_what_matters_most(void **state)
{
	struct offender o[10];
	char *text;

	(void)state;
	fill_wide(o, 10, false);
	text = scratch_print(REPORT_TABLE, 40, offender_fields, o, 10, sizeof(*o));
	assert_non_null(strstr(text, "192.168.100.200"));
	assert_non_null(strstr(text, "3000000"));
	assert_null(strstr(text, "FIRST SEEN"));
	free(text);
	text = scratch_print(REPORT_TABLE, 80, offender_fields, o, 10, sizeof(*o));
	assert_non_null(strstr(text, "52:54:00:12:34:56"));
	assert_non_null(strstr(text, "VLAN"));
	free(text);
	text = scratch_print(REPORT_TABLE, 400, offender_fields, o, 10, sizeof(*o));
	assert_non_null(strstr(text, "FIRST SEEN"));
	assert_non_null(strstr(text, "unanswered 100000"));
	assert_non_null(strstr(text, "a-sensor-of-long-name"));
	assert_non_null(strstr(text, "permitted"));
	free(text);
}

static void a_column_without_anything_in_it_is_not_shown(void **state)
{
	struct offender o[2];
	char *text;

	(void)state;
	fill_wide(o, 2, false);
	for (int i = 0; i < 2; i++) {
		o[i].now_permitted = false;
		o[i].vlans.count = 0;
	}
	text = scratch_print(REPORT_TABLE, 400, offender_fields, o, 2, sizeof(*o));
	assert_null(strstr(text, "TODAY"));
	assert_null(strstr(text, "VLAN"));
	free(text);
}

static void a_long_list_is_one_table_with_one_heading(void **state)
{
	size_t count = 2 * REPORT_PAGE + 7, lines = 0, headings = 0;
	struct offender *o = calloc(count, sizeof(*o));
	char *text, *at;

	(void)state;
	fill_wide(o, count, false);
	text = scratch_print(REPORT_TABLE, 80, offender_fields, o, count, sizeof(*o));
	for (at = text; (at = strchr(at, '\n')); at++)
		lines++;
	for (at = text; (at = strstr(at, "ADDRESS")); at++)
		headings++;
	assert_int_equal(lines, count + 1);
	assert_int_equal(headings, 1);
	free(text);
	free(o);
}

static void sheets_break_lines_between_words_and_cut_none(void **state)
{
	const char *reasons[] = {
		"a reason of many words that needs more room than one line of forty "
		"columns offers to it"};
	struct host h = {.offender = {.attempts = 3, .first_seen = 0, .last_seen = 0}};
	char *text;

	(void)state;
	h.permitted.first_seen = h.permitted.last_seen = TIME_UNKNOWN;
	h.also_watched = h.permitted;
	h.offender.reasons = (struct list){reasons, 1};
	text = scratch_print_object(REPORT_TABLE, 60, host_fields, &h);
	assert_in_range(widest_line(text), 1, 60);
	assert_non_null(strstr(text, "a reason of many"));
	assert_non_null(strstr(text, "to it"));
	free(text);
}

static void a_write_that_fails_is_told(void **state)
{
	FILE *full = fopen("/dev/full", "w");
	struct report_options options = {.out = full, .format = REPORT_JSON, .columns = 80};
	struct report *r = report_begin(&options, offender_fields);
	struct offender o = {0};
	int rc = 0;

	(void)state;
	assert_non_null(full);
	for (int i = 0; i < 100 && rc == 0; i++)
		rc = report_row(r, &o);
	assert_true(rc < 0);
	assert_true(report_end(r) < 0);
	fclose(full);
}

/* As with --follow, whose rows come long after its beginning. */
static void times_are_relative_to_the_now_set_last(void **state)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);
	struct report_options options = {.format = REPORT_TABLE, .columns = 400, .out = out};
	struct report *r = report_begin(&options, offender_fields);
	struct offender o = {.last_seen = MOMENT_HOUR};

	(void)state;
	assert_non_null(out);
	assert_non_null(r);
	report_set_now(r, MOMENT_HOUR + 7 * MOMENT_SECOND);
	assert_int_equal(report_row(r, &o), 0);
	assert_int_equal(report_end(r), 0);
	fclose(out);
	assert_non_null(strstr(text, "7 s ago"));
	free(text);
}

/* 2009 is told by its day, as an old capture wants it; at noon in UTC, which no zone moves far. */
static void offenders_of_long_ago_are_told_with_their_day(void **state)
{
	struct offender o = {.first_seen = INT64_C(1260100800000000), /* 2009-12-06 */
			     .last_seen = INT64_C(1700000000000000) - 59 * MOMENT_DAY}; /* of now */
	char *text;

	(void)state;
	text = scratch_print(REPORT_TABLE, 400, offender_fields, &o, 1, sizeof(o));
	assert_non_null(strstr(text, " 2009-12-06 "));
	assert_null(strstr(text, "12:00"));
	assert_non_null(strstr(text, " 59 days ago"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(escapes_in_a_record_stay_and_all_else_is_escaped),
		cmocka_unit_test(escaping_fits_any_buffer),
		cmocka_unit_test(hostile_texts_come_through_json_as_they_were_escaped),
		cmocka_unit_test(hostile_texts_are_one_harmless_cell_of_csv),
		cmocka_unit_test(a_formula_is_text_in_csv),
		cmocka_unit_test(lists_and_nothing_at_all_have_their_forms),
		cmocka_unit_test(no_line_is_wider_than_the_terminal),
		cmocka_unit_test(room_goes_to_what_matters_most),
		cmocka_unit_test(a_column_without_anything_in_it_is_not_shown),
		cmocka_unit_test(a_long_list_is_one_table_with_one_heading),
		cmocka_unit_test(sheets_break_lines_between_words_and_cut_none),
		cmocka_unit_test(a_write_that_fails_is_told),
		cmocka_unit_test(times_are_relative_to_the_now_set_last),
		cmocka_unit_test(offenders_of_long_ago_are_told_with_their_day),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
