/*
 * A record that somebody edited.  The input is a row of edits of a good one: table, column, kind of
 * value, and its length and bytes; then every query is asked in every format.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "edge/schema.h"
#include "fuzz.h"
#include "query/record.h"

#define T0    INT64_C(1700000000000000)
#define EDITS 16

static const char *const tables[] = {"run",	    "host",	    "server",	"host_sum",
				     "contact_sum", "conn",	    "identity", "interface",
				     "lost",	    "unclassified", "router",	"pruned",
				     "helo",	    "verdict",	    "listing",	"incident",
				     "attack"};
#define TABLES (sizeof(tables) / sizeof(*tables))

static void sql(sqlite3 *db, const char *text)
{
	char *error = NULL;

	if (sqlite3_exec(db, text, NULL, NULL, &error) != SQLITE_OK)
		fprintf(stderr, "%s: %s\n", error, text);
	FUZZ_MUST(!error);
}

#define T    "1700000000000000"
#define HOUR "1699999200000000"

static const char filling[] =
	"INSERT INTO run(mode, sensor, pid, started, beat, newest) VALUES"
	" ('watch', 'fw1', 1, " T ", " T ", " T "), ('watch', 'fw1', 1, " T ", " T ", " T ");"
	"INSERT INTO host VALUES (1, '10.0.0.1'), (2, '10.0.0.2');"
	"INSERT INTO server(id, address, name) VALUES (1, '198.51.100.4', 'mx.example.org'),"
	" (2, '2001:db8::25', NULL);"
	"INSERT INTO host_sum(span, start, standing, host, first, last, attempts, connected,"
	" bytes_sent, outcome_sent, rows, destinations) VALUES"
	" (0, 0, 0, 1, " T ", " T ", 4, 4, 9, 4, 4, 2), (60, " T ", 0, 1, " T ", " T
	", 4, 4, 9, 4, 4,"
	" 2), (3600, " HOUR ", 0, 1, " T ", " T ", 4, 4, 9, 4, 4, 2), (0, 0, 0, 2, " T ", " T
	", 1, 0,"
	" 0, 0, 1, 1), (0, 0, 1, 1, " T ", " T ", 7, 1, 1, 1, 1, 1);"
	"INSERT INTO contact_sum VALUES (0, 0, 0, 1, 1, 25, 2, 2, " T "),"
	" (0, 0, 0, 1, 2, 25, 2, 2, " T "), (3600, " HOUR ", 0, 1, 1, 25, 2, 2, " T ");"
	"INSERT INTO conn SELECT NULL, id, 4000, 1, 25, " T ", " T ", " T
	", 0, 'why', 'sent', 1, '7',"
	" 'aa', 1, 2, 3, 4, 5, 6, 'pc7', '[\"a@example.org\"]', '220 hi', '554 no', NULL FROM host;"
	"INSERT INTO identity VALUES (1, 'aa', '7', 64, 1, 2, NULL, 'frame'),"
	" (1, 'bb', '', 64, 1, 2, 'pc', 'frame');"
	"INSERT INTO interface VALUES (2, 'eth1', 9, 1, 1, 500, 400, 7, 0);"
	"INSERT INTO lost VALUES (2, 'truncated frame', 4);"
	"INSERT INTO attack VALUES (2, 'syn flood', " T ", " T ", 5000);"
	"INSERT INTO unclassified VALUES (2, '203.0.113.5', '198.51.100.4', 25);"
	"INSERT INTO router VALUES ('aa', 1);"
	"INSERT INTO pruned VALUES ('minutes', 1, " T ");"
	"INSERT INTO helo VALUES (1, 'pc7', " T ", " T ");"
	"INSERT INTO verdict VALUES (1, 'bot', 0.9, 2.2, " T ", '[\"r\"]',"
	" '[{\"reason\":\"a\",\"weight\":1.5,\"text\":\"b\"}]', '[\"m\"]', x'00');"
	"INSERT INTO listing VALUES (2, '203.0.113.9', 'zen', 0, 1, " T ", " T ", 2, 2,"
	" '10.0.0.1', '198.51.100.4', '554', 0, '198.51.100.4', '[\"10.0.0.1\"]');"
	"INSERT INTO incident(id, opened, opened_by, since, until, reason, address, reset, freeze,"
	" policy, frozen, frozen_until, mta) VALUES (1, " HOUR ", 'root', " HOUR ", " T
	", 'listed',"
	" '203.0.113.9', 0, 1, 'mail_servers 10.0.0.25', " HOUR ", " T ", 'postfix');";

/* Made once: each run's edits are taken back. */
static sqlite3 *record(void)
{
	static sqlite3 *db;

	if (db)
		return db;
	setenv("TZ", "UTC", 1);
	FUZZ_MUST(sqlite3_open(":memory:", &db) == SQLITE_OK);
	for (int version = 0; version < SCHEMA_VERSION; version++)
		for (int i = 0; i < SCHEMA_PARTS && schema_step[version][i]; i++)
			sql(db, schema_step[version][i]);
	sql(db, filling);
	return db;
}

/* The name of a table's n-th column, counted round. */
static bool column_of(sqlite3 *db, const char *table, uint8_t n, char name[64])
{
	char query[128];
	sqlite3_stmt *s = NULL;

	snprintf(query, sizeof(query), "SELECT * FROM %s", table);
	if (sqlite3_prepare_v2(db, query, -1, &s, NULL) != SQLITE_OK)
		return false;
	snprintf(name, 64, "%s", sqlite3_column_name(s, n % sqlite3_column_count(s)));
	sqlite3_finalize(s);
	return true;
}

static int64_t number_of(const uint8_t *at, size_t n)
{
	uint64_t number = 0;

	for (size_t i = 0; i < n && i < 8; i++)
		number = number << 8 | at[i];
	return (int64_t)number;
}

static void bind(sqlite3_stmt *s, uint8_t kind, const uint8_t *at, size_t n)
{
	switch (kind % 4) {
	case 0:
		sqlite3_bind_text(s, 1, (const char *)at, (int)n, SQLITE_TRANSIENT);
		break;
	case 1:
		sqlite3_bind_int64(s, 1, number_of(at, n));
		break;
	case 2:
		sqlite3_bind_blob(s, 1, at, (int)n, SQLITE_TRANSIENT);
		break;
	default:
		sqlite3_bind_double(s, 1, (double)number_of(at, n) / 16);
		break;
	}
}

/* Refused where the table's own rules forbid it. */
static void edit(sqlite3 *db, const uint8_t *head, const uint8_t *at, size_t n)
{
	const char *table = tables[head[0] % TABLES];
	char column[64], query[256];
	sqlite3_stmt *s = NULL;

	if (!column_of(db, table, head[1], column))
		return;
	snprintf(query, sizeof(query), "UPDATE OR IGNORE %s SET \"%s\" = ?1", table, column);
	if (sqlite3_prepare_v2(db, query, -1, &s, NULL) != SQLITE_OK)
		return;
	bind(s, head[2], at, n);
	sqlite3_step(s);
	sqlite3_finalize(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	sqlite3 *db = record();
	struct bytes in = bytes_of(data, size);
	struct record *r;
	struct answers answers;
	const uint8_t *head;

	sql(db, "SAVEPOINT edits");
	for (int i = 0; i < EDITS && (head = bytes_take(&in, 4)); i++) {
		size_t n = head[3] < in.left ? head[3] : in.left;

		edit(db, head, bytes_take(&in, n), n);
	}
	r = record_borrow(db);
	if (r) {
		answers_ask(r, "10.0.0.1", NULL, T0, &answers);
		record_close(r);
	}
	sql(db, "ROLLBACK TO edits; RELEASE edits");
	return 0;
}
