/*
 * What questions cost on a record that is old.  Each statement that they run is looked at by its
 * plan; and the steps of SQLite's machine are counted, which repeat exactly: the same last day
 * costs the same, however much came before it.
 */
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../plan/plan.h"
#include "query/connections.h"
#include "query/host.h"
#include "query/incident_report.h"
#include "query/offender.h"
#include "query/status.h"

#define DAY	   INT64_C(1699920000000000) /* 2023-11-14 00:00 UTC, the last one */
#define NOW	   (DAY + MOMENT_DAY)
#define PAGE	   50
#define STATEMENTS 256

struct cost {
	sqlite3 *db; /* another handle, for plans */
	int64_t steps;
	int walks;
	char *seen[STATEMENTS];
	size_t count;
};

/* Hosts from `first` on with twenty connections each, a minute apart, from `from` on. */
static void add_hosts(struct scratch *s, int first, int hosts, int64_t from)
{
	scratch_sql(s,
		    "WITH RECURSIVE n(i) AS (SELECT %d UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
		    " INSERT INTO host(id, address) SELECT i, format('10.0.%%d.%%d', i / 250,"
		    " i %% 250 + 1) FROM n",
		    first, first + hosts - 1);
	scratch_sql(s,
		    "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
		    " INSERT INTO raw SELECT %d + i / 20, 1 + i %% 100, 25, %lld + i %% 1440 *"
		    " 60000000, %lld + i %% 1440 * 60000000, 1, 'connected', 100 FROM n",
		    hosts * 20 - 1, first, from, from);
}

/* Forty hosts on the last day, and so many in the month before it; all of them looked at. */
static void open_history(struct scratch *s, int earlier)
{
	scratch_open(s);
	scratch_sql(s, "CREATE INDEX raw_by_host ON raw(host)");
	scratch_sql(s, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i <"
		       " 100) INSERT INTO server(id, address) SELECT i, '198.51.100.' || i FROM n");
	add_hosts(s, 1, 40, DAY);
	for (int day = 1; day <= 30; day++)
		add_hosts(s, 40 + day * earlier, earlier, DAY - day * MOMENT_DAY);
	scratch_sum(s);
	scratch_sql(s, "INSERT INTO conn(host, client_port, server, server_port, started, last,"
		       " ended, standing, reason, outcome, connected, vlan, bytes_sent,"
		       " bytes_received) SELECT host, 1024, server, port, started, last, last, 0,"
		       " 'x', outcome, 1, '', 100, 100 FROM raw;"
		       "INSERT INTO identity(host, mac, vlan, hops, first_seen, last_seen) SELECT"
		       " id, '02:00:00:00:00:01', '20', 64, 0, 0 FROM host;"
		       "INSERT INTO helo(host, name, first_seen, last_seen) SELECT id, 'pc', 0, 0"
		       " FROM host;"
		       "INSERT INTO verdict SELECT id, 'bot', 0.9, 3.0, 0, '[\"x\"]', '[]', '[]',"
		       " x'00' FROM host");
	scratch_sql(s,
		    "INSERT INTO run(mode, sensor, pid, started, beat, newest) VALUES ('watch',"
		    " 'fw1', 1, 0, %lld, %lld);"
		    "INSERT INTO incident(opened, opened_by, since, until, closed, reason, reset,"
		    " freeze, policy, frozen, frozen_until, thawed) VALUES (%lld, 'joe', %lld,"
		    " %lld, %lld, 'listed', 0, 1, 'mail_servers 10.0.0.1', %lld, %lld, %lld)",
		    NOW - 1, NOW - 1, DAY, DAY, NOW, NOW, DAY, NOW, NOW);
}

/* --- looking on ------------------------------------------------------------------------------- */

static void look_at(struct cost *c, const char *sql)
{
	for (size_t i = 0; i < c->count; i++)
		if (strcmp(c->seen[i], sql) == 0)
			return;
	assert_true(c->count < STATEMENTS);
	c->seen[c->count++] = strdup(sql);
	c->walks += plan_walks(c->db, sql, NULL, 0, NULL);
}

static int trace(unsigned int what, void *context, void *statement, void *took)
{
	struct cost *c = context;

	(void)what;
	(void)took;
	c->steps += sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_VM_STEP, 1);
	look_at(c, sqlite3_sql(statement));
	return 0;
}

/* --- questions -------------------------------------------------------------------------------- */

static const struct window last_day = {.since = DAY, .until = INT64_MAX};

static void ask_status(struct record *r)
{
	struct status s;

	assert_int_equal(status_load(r, MOMENT_DAY, NOW, &s), 0);
	assert_true(s.offenders >= 40);
	status_done(&s);
}

static void load_offenders(struct record *r, const struct window *w, bool today)
{
	struct offenders found = {0};
	uint64_t outside = 0;

	assert_int_equal(offenders_load(r, w, 0, NULL, NOW, &found, &outside), 0);
	assert_true(!today || found.count == 40);
	offenders_done(&found);
}

static void ask_offenders(struct record *r)
{
	load_offenders(r, &last_day, true);
}

static void ask_offenders_of_an_hour(struct record *r)
{
	load_offenders(r,
		       &(struct window){.since = DAY + MOMENT_HOUR, .until = DAY + 2 * MOMENT_HOUR},
		       false);
}

static void ask_host(struct record *r)
{
	struct host h;

	assert_int_equal(host_load(r, "10.0.0.2", &last_day, NULL, NOW, &h), 1);
	assert_int_equal(h.offender.attempts, 20);
	host_done(&h);
}

static void walk_connections(struct record *r, const char *client)
{
	const struct connection_row *row;
	const struct record *failed;
	struct connections *c;

	assert_int_equal(connections_open(&r, 1, &last_day, client, &c), 0);
	for (int i = 0; i < PAGE && connections_next(c, &row, &failed) > 0; i++)
		continue;
	connections_close(c);
}

static void ask_connections(struct record *r)
{
	walk_connections(r, NULL);
}

static void ask_connections_of_a_host(struct record *r)
{
	walk_connections(r, "10.0.0.2");
}

static void ask_incident(struct record *r)
{
	struct incident_report i;

	assert_int_equal(incident_report_load(r, 1, NULL, NOW, &i), 1);
	assert_true(i.incident.found.count > 0);
	incident_report_done(&i);
}

static const struct {
	const char *name;
	void (*ask)(struct record *r);
} questions[] = {
	{"status", ask_status},
	{"offenders", ask_offenders},
	{"offenders of an hour long past", ask_offenders_of_an_hour},
	{"host", ask_host},
	{"connections", ask_connections},
	{"connections of a host", ask_connections_of_a_host},
	{"incident report", ask_incident},
};
#define QUESTIONS (sizeof(questions) / sizeof(*questions))

static int ask_all(int earlier, int64_t ret_steps[QUESTIONS])
{
	char error[RECORD_ERROR];
	struct record *r = NULL;
	struct cost c = {0};
	struct scratch s;

	open_history(&s, earlier);
	c.db = s.db;
	assert_int_equal(record_open(s.path, &r, error), 0);
	sqlite3_trace_v2(r->db, SQLITE_TRACE_PROFILE, trace, &c);
	for (size_t i = 0; i < QUESTIONS; i++) {
		c.steps = 0;
		questions[i].ask(r);
		ret_steps[i] = c.steps;
	}
	record_close(r);
	for (size_t i = 0; i < c.count; i++)
		free(c.seen[i]);
	/* Each has several statements of its own. */
	assert_true(c.count > 3 * QUESTIONS);
	scratch_close(&s);
	return c.walks;
}

static void no_question_costs_more_for_what_came_before_its_time(void **state)
{
	int64_t few[QUESTIONS], many[QUESTIONS];
	bool grew = false;

	(void)state;
	ask_all(1, few);
	ask_all(5, many);
	for (size_t i = 0; i < QUESTIONS; i++) {
		print_message("%-32s %8lld steps, %8lld with a long history\n", questions[i].name,
			      (long long)few[i], (long long)many[i]);
		assert_true(few[i] > 0);
		if (many[i] > few[i] + few[i] / 10)
			print_error("%s grew\n", questions[i].name);
		grew |= many[i] > few[i] + few[i] / 10;
	}
	assert_false(grew);
}

static void no_question_walks_a_table_that_grows(void **state)
{
	int64_t steps[QUESTIONS];

	(void)state;
	assert_int_equal(ask_all(1, steps), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_question_walks_a_table_that_grows),
		cmocka_unit_test(no_question_costs_more_for_what_came_before_its_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
