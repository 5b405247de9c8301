#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "query/status.h"

#define NOW	     INT64_C(1700000000000000) /* 2023-11-14T22:13:20Z */
#define SILENT_AFTER (10 * MOMENT_MINUTE)

struct fixture {
	struct scratch s;
	int lock;
};

/* A healthy monitor that runs: it holds the lock. */
static int setup(void **state)
{
	static struct fixture f;
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	char name[128];

	scratch_open(&f.s);
	snprintf(name, sizeof(name), "%s-lock", f.s.path);
	f.lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	assert_int_equal(fcntl(f.lock, F_OFD_SETLK, &lock), 0);
	scratch_sql(&f.s,
		    "INSERT INTO run(mode, sensor, pid, started, beat, newest, packets, stray)"
		    " VALUES ('watch', 'fw1', 1, %lld, %lld, %lld, 1000, 3)",
		    NOW - MOMENT_HOUR, NOW - MOMENT_SECOND, NOW - MOMENT_SECOND);
	scratch_sql(&f.s, "INSERT INTO interface VALUES (1, 'eth1', 1000, 0, 0, 500, 400, %lld, 0)",
		    NOW - MOMENT_SECOND);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	close(f->lock);
	scratch_close(&f->s);
	return 0;
}

static char *ask(struct fixture *f, enum report_format format, int columns)
{
	char error[RECORD_ERROR];
	struct record *r = NULL;
	struct status s;
	char *text;

	if (record_open(f->s.path, &r, error) < 0)
		fail_msg("%s", error);
	assert_int_equal(status_load(r, SILENT_AFTER, NOW, &s), 0);
	text = scratch_print_object(format, columns, status_fields, &s);
	status_done(&s);
	record_close(r);
	return text;
}

static void expect(struct fixture *f, const char *expression)
{
	char *text = ask(f, REPORT_JSON, 100);

	assert_json(text, expression);
	free(text);
}

/* One reason, with these words. */
static void expect_blind(struct fixture *f, const char *words)
{
	char expression[256];

	snprintf(expression, sizeof(expression),
		 "(.blind | length == 1) and (.blind[0] |"
		 " contains(\"%s\"))",
		 words);
	expect(f, expression);
}

static void a_healthy_monitor_is_told_by_every_field_of_the_interface(void **state)
{
	struct fixture *f = *state;

	scratch_sql(&f->s, "INSERT INTO lost VALUES (1, 'truncated frame', 4)");
	scratch_sql(&f->s, "INSERT INTO host VALUES (1, '10.0.0.1')");
	scratch_sql(&f->s,
		    "INSERT INTO host_sum(span, start, standing, host, first, last, attempts)"
		    " VALUES (0, 0, 0, 1, 1, 1, 7), (0, 0, 1, 1, 1, 1, 5)");
	expect(f,
	       ".running and .sensor == \"fw1\" and .started == \"2023-11-14T21:13:20.000000Z\" and"
	       " .interfaces == [{name: \"eth1\", received: 1000, dropped: 0,"
	       " dropped_by_interface: 0, both_directions: true,"
	       " last_frame: \"2023-11-14T22:13:19.000000Z\", outward: 500, inward: 400,"
	       " down: false}]");
	expect(f, ".packets == 1000 and .connections == 12 and .offenders == 1 and"
		  " .unclassified == {connections: 0, examples: []} and .stray == 3 and"
		  " .resets == {sent: 0, planned: 0, limited: 0, refused: 0, killed_share: null}");
	expect(f, ".lost == {\"truncated frame\": 4} and .record.schema == 2 and"
		  " .record.bytes > 4096 and .record.log >= 0 and .record.log < .record.bytes and"
		  " (.record.path | endswith(\"/record.db\")) and"
		  " .incident == null and .blind == [] and .listings == [] and .remarks == []");
}

static void a_monitor_that_does_not_run_is_told(void **state)
{
	struct fixture *f = *state;

	close(f->lock);
	f->lock = -1;
	expect(f, ".running == false");
	expect_blind(f, "no monitor runs");
}

/* The monitor was killed, so its run has no end; a read has begun since and holds the lock. */
static void a_read_behind_a_killed_monitor_is_no_monitor(void **state)
{
	struct fixture *f = *state;

	scratch_sql(&f->s, "INSERT INTO run(mode, sensor, pid, started, beat)"
			   " VALUES ('read', 'fw1', 2, 1, 1)");
	expect(f, ".running == false and .packets == 1000");
	expect_blind(f, "no monitor runs");
}

static void a_lock_that_somebody_else_s_read_holds_is_no_monitor(void **state)
{
	struct fixture *f = *state;

	scratch_sql(&f->s, "UPDATE run SET mode = 'read'");
	expect(f, ".running == false");
	expect_blind(f, "read from capture files");
}

static void a_run_that_ended_does_not_run_though_the_lock_is_held(void **state)
{
	struct fixture *f = *state;

	scratch_sql(&f->s, "UPDATE run SET ended = beat");
	expect(f, ".running == false");
}

static void the_monitor_s_run_is_told_and_not_that_of_a_later_read(void **state)
{
	struct fixture *f = *state;

	scratch_sql(&f->s,
		    "INSERT INTO run(mode, sensor, pid, started, beat, packets)"
		    " VALUES ('read', 'x', 1, %lld, %lld, 5)",
		    NOW, NOW);
	expect(f, ".packets == 1000 and .sensor == \"fw1\"");
}

static void a_record_not_written_is_told(void **state)
{
	struct fixture *f = *state;

	scratch_sql(&f->s, "UPDATE run SET beat = %lld", NOW - 40 * MOMENT_SECOND);
	expect(f, ".running");
	expect_blind(f, "written nothing to the record for 40 s:");
}

static void an_interface_that_is_down_is_told(void **state)
{
	struct fixture *f = *state;

	scratch_sql(&f->s, "UPDATE interface SET down = 1");
	expect_blind(f, "eth1: the interface is down");
}

static void a_silent_mirror_is_told(void **state)
{
	struct fixture *f = *state;

	scratch_sql(&f->s, "UPDATE interface SET last_frame = %lld", NOW - SILENT_AFTER);
	expect(f, ".blind == []");
	scratch_sql(&f->s, "UPDATE interface SET last_frame = %lld", NOW - SILENT_AFTER - 1);
	expect_blind(f, "eth1: silent, the last frame came 10 min ago");
	scratch_sql(&f->s, "UPDATE interface SET last_frame = 0");
	expect(f, ".interfaces[0].last_frame == null");
	expect_blind(f, "eth1: no frame at all since the start 60 min ago");
}

static void a_one_sided_mirror_is_told(void **state)
{
	struct fixture *f = *state;

	scratch_sql(&f->s, "UPDATE interface SET inward = 0");
	expect(f, ".interfaces[0].both_directions == false");
	expect_blind(f, "500 frames to external addresses, none back");
	scratch_sql(&f->s, "UPDATE interface SET inward = 9, outward = 0");
	expect(f, ".blind == []"); /* too few to say */
	scratch_sql(&f->s, "UPDATE interface SET inward = 10");
	expect_blind(f, "10 frames from external addresses, none to them");
}

static void each_direction_on_an_interface_of_its_own_is_no_one_sided_mirror(void **state)
{
	struct fixture *f = *state;

	scratch_sql(&f->s, "UPDATE interface SET inward = 0");
	scratch_sql(&f->s, "INSERT INTO interface VALUES (1, 'eth2', 9, 0, 0, 0, 400, %lld, 0)",
		    NOW);
	expect(f, ".blind == [] and (.interfaces | map(.both_directions)) == [false, false]");
}

static void drops_are_told_with_their_share(void **state)
{
	struct fixture *f = *state;

	scratch_sql(&f->s, "UPDATE interface SET received = 100000, dropped = 50");
	expect(f, ".blind == [] and .interfaces[0].dropped == 50");
	scratch_sql(&f->s, "UPDATE interface SET received = 90000, dropped = 10000");
	expect_blind(f, "10000 of 100000 frames (10.0 %)");
}

static void unclassified_traffic_is_told_with_its_addresses(void **state)
{
	struct fixture *f = *state;

	scratch_sql(&f->s, "UPDATE run SET unclassified = 12");
	scratch_sql(&f->s,
		    "INSERT INTO unclassified VALUES (1, '203.0.113.5', '198.51.100.4', 25)");
	expect_blind(f, "203.0.113.5 to 198.51.100.4");
	expect_blind(f, "12 connections on watched ports have two external ends");
	expect(f, ".unclassified == {connections: 12, examples: [{client: \"203.0.113.5\","
		  " server: \"198.51.100.4\", port: 25}]}");
}

static void one_connection_is_told_as_one(void **state)
{
	struct fixture *f = *state;

	scratch_sql(&f->s, "UPDATE run SET unclassified = 1");
	expect_blind(f, "1 connection on a watched port has two external ends");
}

static void a_sheet_fits_the_terminal(void **state)
{
	static const int widths[] = {40, 80, 200};
	struct fixture *f = *state;

	scratch_sql(&f->s, "UPDATE run SET unclassified = 12; UPDATE interface SET down = 1");
	for (int i = 0; i < 3; i++) {
		char *text = ask(f, REPORT_TABLE, widths[i]);

		assert_in_range(widest_line(text), 1, widths[i]);
		assert_non_null(strstr(text, "NAT"));
		free(text);
	}
}

/* A bot may sit on a mail server that has no other habits yet. */
static void whoever_may_send_and_behaves_like_a_bot_is_a_remark(void **state)
{
	/* standing: 0 offence, 1 permitted, 2 also watched */
	static const struct {
		const char *verdict, *reasons;
		int standing, beside;
	} hosts[] = {
		{"bot", "[\"first\",\"second\"]", 1, 1},
		{"bot", "none", 1, 1},
		{"sender", "[\"first\"]", 1, 1},
		{"bot", "[\"first\"]", 0, 1},
		{"bot", "[\"first\"]", 2, 2},
	};
	struct fixture *f = *state;

	for (int i = 0; i < (int)(sizeof(hosts) / sizeof(*hosts)); i++) {
		scratch_sql(&f->s, "INSERT INTO host VALUES (%d, '10.0.0.%d')", i, i);
		scratch_sql(
			&f->s,
			"INSERT OR IGNORE INTO host_sum(span, start, standing, host, first,"
			" last, attempts) VALUES (0, 0, %d, %d, 1, 1, 1), (0, 0, %d, %d, 1, 1, 1)",
			hosts[i].standing, i, hosts[i].beside, i);
		scratch_sql(
			&f->s,
			"INSERT INTO verdict VALUES (%d, %Q, 0.93, 2.6, 1, %Q, '[]', '[]', x'00')",
			i, hosts[i].verdict, hosts[i].reasons);
	}
	expect(f, ".remarks == [\"10.0.0.0 (bot 0.93): behaves like a bot: first\","
		  " \"10.0.0.1 (bot 0.93): behaves like a bot\"]");
}

/* In the monitor's words, see tests/monitor/test_watch_sandbox.c. */
static void how_the_monitor_runs_is_told_and_what_its_seal_lacks(void **state)
{
	struct fixture *f = *state;

	expect(f, ".privileges == null and .notes == []");
	scratch_sql(&f->s, "UPDATE run SET privileges = 'runs as egress25 without capabilities, "
			   "confined by Landlock, sealed by seccomp'");
	expect(f, ".privileges == \"runs as egress25 without capabilities, confined by Landlock, "
		  "sealed by seccomp\" and .notes == [] and .blind == []");
	scratch_sql(&f->s, "UPDATE run SET privileges = 'runs as root without capabilities, "
			   "not confined: this kernel has no Landlock, "
			   "not sealed: this kernel has no seccomp'");
	expect(f,
	       "(.notes | length == 3) and .blind == [] and (.notes[0] | contains(\"not confined "
	       "by Landlock\")) and (.notes[1] | contains(\"not sealed by seccomp\")) and"
	       " (.notes[2] | contains(\"runs as root\"))");
	scratch_sql(&f->s, "UPDATE run SET privileges = 'runs as egress25 without capabilities, "
			   "confined by Landlock, sealed by seccomp, which on this architecture "
			   "but logs'");
	expect(f, "(.notes | length == 1) and (.notes[0] | contains(\"but logs\"))");
	scratch_sql(&f->s, "UPDATE run SET ended = beat");
	expect(f, ".notes == [] and .privileges != null");
}

#define WITH_RECORD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

/* A freeze that began so long ago, and lasts or lasted until then; nobody has proven its end. */
static void add_freeze(struct fixture *f, int64_t ago, int64_t until)
{
	scratch_sql(&f->s,
		    "INSERT INTO incident(opened, opened_by, since, until, reason, reset, freeze,"
		    " policy, frozen, frozen_until, mta, mta_host) VALUES (%lld, 'joe', %lld, %lld,"
		    " '', 0, 1, '', %lld, %lld, 'exim', 'mail')",
		    NOW - ago, NOW - ago, until + MOMENT_MINUTE, NOW - ago, until);
}

/* What an admin is told of it; "" where nothing is frozen. */
static const char *frozen_words(struct fixture *f)
{
	static char words[sizeof(((struct status *)NULL)->freeze.words)];
	char error[RECORD_ERROR];
	struct record *r = NULL;
	struct status s;

	assert_int_equal(record_open(f->s.path, &r, error), 0);
	assert_int_equal(status_load(r, SILENT_AFTER, NOW, &s), 0);
	memcpy(words, s.freeze.words, sizeof(words));
	status_done(&s);
	record_close(r);
	return words;
}

static void a_frozen_mail_server_is_told_loudly(void **state)
{
	struct fixture *f = *state;

	expect(f, ".freeze == null");
	assert_string_equal(frozen_words(f), "");
	add_freeze(f, 3 * MOMENT_MINUTE, NOW + MOMENT_MINUTE);
	expect(f, ".freeze == {\"incident\": 1, \"mta\": \"exim\", \"mta_host\": \"mail\","
		  " \"frozen\": \"2023-11-14T22:10:20.000000Z\","
		  " \"frozen_until\": \"2023-11-14T22:14:20.000000Z\", \"over\": false}");
	assert_memory_equal(frozen_words(f), "FROZEN: exim on mail ", 21);
	assert_non_null(strstr(frozen_words(f), "(3 min ago)"));
}

static void a_thaw_that_nobody_has_proven_is_told_whatever_became_of_the_incident(void **state)
{
	struct fixture *f = *state;

	add_freeze(f, 3 * MOMENT_MINUTE, NOW - MOMENT_SECOND);
	expect(f, ".freeze.over");
	assert_memory_equal(frozen_words(f), "THAWING: exim on mail", 21);
	scratch_sql(&f->s, "UPDATE incident SET frozen_until = %lld, closed = %lld",
		    NOW - 2 * MOMENT_MINUTE, NOW - MOMENT_MINUTE);
	assert_memory_equal(frozen_words(f), "THAW NOT CONFIRMED: exim on mail", 32);
	scratch_sql(&f->s, "UPDATE incident SET frozen_until = NULL");
	assert_memory_equal(frozen_words(f), "THAW NOT CONFIRMED: exim on mail", 32);
	scratch_sql(&f->s, "UPDATE incident SET thawed = 1");
	expect(f, ".freeze == null");
}

static void an_attack_is_told_with_its_beginning_and_its_end(void **state)
{
	struct fixture *f = *state;

	expect(f, ".attacks == []");
	scratch_sql(&f->s,
		    "INSERT INTO attack VALUES (1, 'syn flood', %lld, %lld, 298000),"
		    " (1, 'strays', %lld, %lld, 1200), (1, 'fragments', 1, %lld, 3),"
		    " (0, 'servers', %lld, %lld, 5)",
		    NOW - 3 * MOMENT_MINUTE, NOW - MOMENT_SECOND, NOW - 4 * MOMENT_HOUR,
		    NOW - 3 * MOMENT_HOUR, NOW - 25 * MOMENT_HOUR, NOW, NOW);
	expect(f, "[.attacks[] | .kind, .ongoing, .peak] =="
		  " [\"syn flood\", true, 298000, \"strays\", false, 1200]");
	expect(f, ".attacks[0].text == \"attempts that no server answered, up to 298000 a second:"
		  " began 3 min ago, goes on\"");
	expect(f, ".attacks[1].text | endswith(\"began 4 h ago, the last 3 h ago\")");
	expect(f, ".attacks[1].last == \"2023-11-14T19:13:20.000000Z\"");
	scratch_sql(&f->s, "UPDATE run SET ended = 1");
	expect(f, "[.attacks[].ongoing] == [false, false]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_RECORD(a_healthy_monitor_is_told_by_every_field_of_the_interface),
		WITH_RECORD(a_monitor_that_does_not_run_is_told),
		WITH_RECORD(a_read_behind_a_killed_monitor_is_no_monitor),
		WITH_RECORD(a_lock_that_somebody_else_s_read_holds_is_no_monitor),
		WITH_RECORD(a_run_that_ended_does_not_run_though_the_lock_is_held),
		WITH_RECORD(the_monitor_s_run_is_told_and_not_that_of_a_later_read),
		WITH_RECORD(a_record_not_written_is_told),
		WITH_RECORD(an_interface_that_is_down_is_told),
		WITH_RECORD(a_silent_mirror_is_told),
		WITH_RECORD(a_one_sided_mirror_is_told),
		WITH_RECORD(each_direction_on_an_interface_of_its_own_is_no_one_sided_mirror),
		WITH_RECORD(drops_are_told_with_their_share),
		WITH_RECORD(unclassified_traffic_is_told_with_its_addresses),
		WITH_RECORD(one_connection_is_told_as_one),
		WITH_RECORD(whoever_may_send_and_behaves_like_a_bot_is_a_remark),
		WITH_RECORD(an_attack_is_told_with_its_beginning_and_its_end),
		WITH_RECORD(how_the_monitor_runs_is_told_and_what_its_seal_lacks),
		WITH_RECORD(a_frozen_mail_server_is_told_loudly),
		WITH_RECORD(a_thaw_that_nobody_has_proven_is_told_whatever_became_of_the_incident),
		WITH_RECORD(a_sheet_fits_the_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
