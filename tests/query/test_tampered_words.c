/*
 * A record that somebody tampered with: what was said, thought and heard becomes no JSON, JSON of
 * any depth and length, the wrong types, and bytes that a terminal obeys.  Every answer is given
 * nevertheless, in every format, and no such byte is in it.
 */
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

#define T0 INT64_C(1700000000000000) /* 2023-11-14T22:13:20Z */

static const struct window all = {INT64_MIN, INT64_MAX};

static int setup(void **state)
{
	static struct scratch s;

	scratch_open(&s);
	scratch_sql(&s, "PRAGMA synchronous = OFF");
	scratch_sql(&s,
		    "INSERT INTO run(mode, sensor, pid, started, beat, newest)"
		    " VALUES ('watch', 'fw1', 1, %lld, %lld, %lld)",
		    T0, T0, T0);
	scratch_sql(&s, "INSERT INTO host VALUES (1, '10.0.0.1');"
			"INSERT INTO server VALUES (1, '198.51.100.4', 'mx.example.net')");
	scratch_sql(&s, "INSERT INTO raw VALUES (1, 1, 25, %lld, %lld, 1, 'sent', 9)", T0, T0);
	scratch_sum(&s);
	scratch_sql(&s, /* remarks are on those who may send */
		    "INSERT INTO host_sum(span, start, standing, host, first, last, attempts)"
		    " VALUES (0, 0, 1, 1, %lld, %lld, 7)",
		    T0, T0);
	scratch_sql(
		&s,
		"INSERT INTO conn VALUES (1, 1, 4000, 1, 25, %lld, %lld, %lld, 0, 'why', 'sent',"
		" 1, '', NULL, 1, 2, 1, 1, 0, NULL, 'pc7', '[\"a@b\"]', 'mx', '550', NULL)",
		T0, T0, T0);
	scratch_sql(&s, "INSERT INTO helo VALUES (1, 'pc7', %lld, %lld)", T0, T0);
	scratch_sql(&s,
		    "INSERT INTO verdict VALUES (1, 'bot', 0.9, 2.2, %lld, '[\"r\"]',"
		    " '[{\"reason\":\"a\",\"weight\":1.5,\"text\":\"b\"}]', '[\"m\"]', x'00')",
		    T0);
	scratch_sql(&s,
		    "INSERT INTO listing VALUES (1, '203.0.113.9', 'zen', 0, 1, %lld, %lld, 2, 2,"
		    " '10.0.0.1', '198.51.100.4', '554', 0, '198.51.100.4', '[\"10.0.0.1\"]')",
		    T0, T0);
	*state = &s;
	return 0;
}

static int teardown(void **state)
{
	scratch_close(*state);
	return 0;
}

/* Nothing that a terminal obeys: C0 but for line ends, DEL, C1, bidirectional controls, bytes that
 * are no UTF-8. */
static void expect_harmless(const char *text)
{
	const uint8_t *at = (const uint8_t *)text;

	while (*at) {
		unsigned int more = *at >= 0xf0 ? 3 : *at >= 0xe0 ? 2 : *at >= 0xc2 ? 1 : 0;

		if ((*at < 0x20 && *at != '\n' && *at != '\r') || *at == 0x7f ||
		    (*at >= 0x80 && *at < 0xc2))
			fail_msg("byte %02x in: %.80s", *at, (const char *)at);
		if (*at == 0xc2)
			assert_true(at[1] >= 0xa0);
		if (*at == 0xe2 && at[1] == 0x80)
			assert_false(at[2] >= 0xaa && at[2] <= 0xae);
		if (*at == 0xe2 && at[1] == 0x81)
			assert_false(at[2] >= 0xa6 && at[2] <= 0xa9);
		for (at++; more > 0; more--, at++)
			assert_true(*at >= 0x80 && *at < 0xc0);
	}
}

static void print(const struct field *fields, const void *item, size_t size)
{
	for (enum report_format f = REPORT_TABLE; f < REPORT_FORMAT_COUNT; f++) {
		char *one = scratch_print_object(f, 80, fields, item);
		char *list = scratch_print(f, 80, fields, item, 1, size);

		expect_harmless(one);
		expect_harmless(list);
		assert_true(strlen(one) < 4000000 && strlen(list) < 4000000);
		free(one);
		free(list);
	}
}

static void ask_offenders(struct record *r)
{
	struct offenders found = {0};
	uint64_t outside = 0;

	assert_int_equal(offenders_load(r, &all, 0, NULL, T0, &found, &outside), 0);
	offenders_rank(&found);
	assert_int_equal(found.count, 1);
	assert_true(found.items[0].reasons.count <= VERDICT_REASONS);
	assert_true(!found.items[0].score.known ||
		    (found.items[0].score.value >= 0 && found.items[0].score.value <= 1));
	print(offender_fields, &found.items[0], sizeof(*found.items));
	offenders_done(&found);
}

static void ask_host(struct record *r)
{
	struct host h;

	assert_int_equal(host_load(r, "10.0.0.1", &all, NULL, T0, &h), 1);
	assert_int_equal(h.recent.count, 1);
	assert_true(h.ledger.terms.count <= VERDICT_REASONS);
	assert_true(h.ledger.remarks.count <= VERDICT_REASONS);
	print(host_fields, &h, sizeof(h));
	host_done(&h);
}

static void ask_status(struct record *r)
{
	struct status s;

	assert_int_equal(status_load(r, 10 * MOMENT_MINUTE, T0, &s), 0);
	for (size_t i = 0; i < s.listings.count; i++) {
		char text[NOTICES_TEXT];

		expect_harmless(
			notices_describe((const struct notice_row *)s.listings.items + i, text));
	}
	print(status_fields, &s, sizeof(s));
	status_done(&s);
}

static void ask_all(struct scratch *s)
{
	char error[RECORD_ERROR];
	struct record *r;

	if (record_open(s->path, &r, error) < 0)
		fail_msg("%s", error);
	ask_offenders(r);
	ask_host(r);
	ask_status(r);
	record_close(r);
}

/* Sets everything to the value, an SQL expression, and asks. */
static void tamper(struct scratch *s, const char *value)
{
	scratch_sql(s,
		    "UPDATE conn SET helo = %s, banner = %s, reply = %s, senders = %s;"
		    "UPDATE server SET name = %s; UPDATE helo SET name = %s;"
		    "UPDATE verdict SET verdict = %s, reasons = %s, ledger = %s, remarks = %s;"
		    "UPDATE listing SET address = %s, list = %s, client = %s, server = %s,"
		    " reply = %s, first_server = %s, clients = %s",
		    value, value, value, value, value, value, value, value, value, value, value,
		    value, value, value, value, value, value);
	ask_all(s);
	/* Else nobody is told of them. */
	scratch_sql(s, "UPDATE listing SET clients = '[\"10.0.0.1\"]'");
	ask_all(s);
}

static void any_text_is_shown_harmlessly(void **state)
{
	static const char *const values[] = {
		"'no JSON'",
		"''",
		"'['",
		"'[\"a\",'",
		"'null'",
		"'{\"reason\":\"a\"}'",
		"'17'",
		"'[[[[\"a\"]]]]'",
		"replace(hex(zeroblob(3000)), '00', '[') || replace(hex(zeroblob(3000)), '00', "
		"']')",
		"replace(hex(zeroblob(999)), '00', '[') || replace(hex(zeroblob(999)), '00', ']')",
		"'[1, -5, 1e999, null, true, {}, [], \"x\"]'",
		"'[{\"reason\":1,\"weight\":\"NaN\",\"text\":[]},{\"weight\":{}},{}]'",
		"'[{\"reason\":null,\"weight\":1e999,\"text\":null},"
		"{\"weight\":-99999999999999999999}]'",
		"'[\"\\u001b[31m\\u0000\\u202e\\u0085\\ud800\"]'",
		"'[{\"reason\":\"\\u001b]0;x\\u0007\",\"weight\":1,\"text\":\"\\u009b31m\\r\\n\"}]"
		"'",
		"CAST(x'5b221b5b33316d07ff80e280ae225d' AS TEXT)", /* ["ESC[31m BEL ... "] */
		"CAST(x'1b5b33316d07ff80c29be280aee281a60d0a097f' AS TEXT)",
		"CAST(x'6100621b' AS TEXT)", /* with a NUL */
		"'=cmd|x!A1'",
	};

	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++)
		tamper(*state, values[i]);
}

static void a_very_long_text_is_survived(void **state)
{
	tamper(*state, "hex(zeroblob(50000))");
	tamper(*state, "'[\"' || hex(zeroblob(50000)) || '\"]'");
	tamper(*state, "'[' || replace(hex(zeroblob(50000)), '00', '\"ab\",') || '1]'");
}

static void any_real_is_survived(void **state)
{
	static const char *const values[] = {"9e999", "-9e999", "1e308", "-0.0", "-1", "1.0001"};
	struct scratch *s = *state;

	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
		scratch_sql(s, "UPDATE verdict SET score = %s, log_odds = %s", values[i],
			    values[i]);
		ask_all(s);
	}
}

/* Whoever makes a record need not make his tables strict. */
static void any_type_in_any_column_is_survived(void **state)
{
	static const char *const values[] = {"x'1b00ff'", "NULL",  "'\x1b[31m'",
					     "-5",	  "1e999", "x'5b2261225d'"};
	struct scratch *s = *state;

	scratch_sql(s, "DROP TABLE verdict; DROP TABLE helo; DROP TABLE listing;"
		       "CREATE TABLE verdict(host, verdict, score, log_odds, observed, reasons,"
		       " ledger, remarks, state); CREATE TABLE helo(host, name, first_seen,"
		       " last_seen); CREATE TABLE listing(run, address, list, policy, finding,"
		       " first, last, heard, voices, client, server, reply, configured,"
		       " first_server, clients)");
	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
		const char *v = values[i];

		scratch_sql(s, "DELETE FROM verdict; DELETE FROM helo; DELETE FROM listing");
		scratch_sql(s, "INSERT INTO verdict VALUES (1, %s, %s, %s, %s, %s, %s, %s, %s)", v,
			    v, v, v, v, v, v, v);
		scratch_sql(s, "INSERT INTO helo VALUES (1, %s, %s, %s)", v, v, v);
		scratch_sql(s,
			    "INSERT INTO listing VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s,"
			    " %s, %s, %s, %s, %s, %s)",
			    v, v, v, v, v, v, v, v, v, v, v, v, v, v, v);
		ask_all(s);
		/* Else nobody is told of them. */
		scratch_sql(s, "UPDATE listing SET clients = '[\"10.0.0.1\"]'");
		ask_all(s);
	}
}

/* One host's damaged row leaves the remarks on others to be read. */
static void a_damaged_row_hides_no_other(void **state)
{
	struct scratch *s = *state;
	char error[RECORD_ERROR];
	struct record *r;
	struct status status;

	scratch_sql(s,
		    "INSERT INTO host VALUES (2, '10.0.0.25'); INSERT INTO host_sum(span, start,"
		    " standing, host, first, last, attempts) VALUES (0, 0, 1, 2, 5, 6, 7);"
		    "INSERT INTO verdict VALUES"
		    " (2, 'sender', 0.1, -2, %lld, '[]', '[]', '[\"sound\"]', x'00');"
		    "UPDATE verdict SET remarks = '[broken' WHERE host = 1",
		    T0 + 1);
	assert_int_equal(record_open(s->path, &r, error), 0);
	assert_int_equal(status_load(r, 10 * MOMENT_MINUTE, T0, &status), 0);
	assert_int_equal(status.remarks.count, 1);
	assert_string_equal(((char *const *)status.remarks.items)[0],
			    "10.0.0.25 (sender 0.10): sound");
	status_done(&status);
	record_close(r);
}

#define WITH_RECORD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_RECORD(any_text_is_shown_harmlessly),
		WITH_RECORD(a_very_long_text_is_survived),
		WITH_RECORD(any_real_is_survived),
		WITH_RECORD(any_type_in_any_column_is_survived),
		WITH_RECORD(a_damaged_row_hides_no_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
