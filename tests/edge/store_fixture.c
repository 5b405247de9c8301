#include "store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

static char directory[64];

const char *fixture_enter(void)
{
	strcpy(directory, "/tmp/egress25-store-XXXXXX");
	assert_non_null(mkdtemp(directory));
	return directory;
}

void fixture_leave(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", directory);
	assert_int_equal(system(command), 0);
}

int fixture_enter_group(void **state)
{
	(void)state;
	fixture_enter();
	return 0;
}

int fixture_leave_group(void **state)
{
	(void)state;
	fixture_leave();
	return 0;
}

const char *fixture_path(const char *name)
{
	static char paths[4][128];
	static size_t turn;
	char *path = paths[turn++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", directory, name);
	return path;
}

struct batch *fixture_batch(void)
{
	struct hash_key key = {.k = {1, 2}};
	struct batch *b = batch_new(&key);

	assert_non_null(b);
	return b;
}

struct store_options fixture_options(const char *path)
{
	return (struct store_options){.path = path, .sensor = "sensor-a", .mode = "watch"};
}

struct store *fixture_open(const struct store_options *options)
{
	char error[STORE_ERROR] = "";
	struct store *s = NULL;

	if (store_open(options, &s, error) < 0)
		fail_msg("store_open: %s", error);
	return s;
}

struct store *fixture_open_path(const char *path)
{
	struct store_options options = fixture_options(path);

	return fixture_open(&options);
}

struct addr fixture_addr(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(text, &a), 0);
	return a;
}

struct addr fixture_nth(const char *base, uint32_t n)
{
	struct addr a = fixture_addr(base);
	uint32_t last = ((uint32_t)a.b[12] << 24 | (uint32_t)a.b[13] << 16 |
			 (uint32_t)a.b[14] << 8 | a.b[15]) +
			n;

	a.b[12] = (uint8_t)(last >> 24);
	a.b[13] = (uint8_t)(last >> 16);
	a.b[14] = (uint8_t)(last >> 8);
	a.b[15] = (uint8_t)last;
	return a;
}

struct connection fixture_attempt(uint64_t id, const char *client, const char *server,
				  int64_t started)
{
	return (struct connection){
		.id = id,
		.started = started,
		.last = started,
		.client = fixture_addr(client),
		.server = fixture_addr(server),
		.client_port = 40000,
		.server_port = 25,
		.begun = true,
		.standing = STANDING_OFFENCE,
		.reason = REASON_NO_MAIL_SERVER,
		.outcome = OUTCOME_UNANSWERED,
		.has_mac = true,
		.mac = {0x52, 0x54, 0, 0, 0, 1},
		.hops = 64,
	};
}

unsigned int fixture_add(struct batch *b, const struct connection *c)
{
	struct tally change = {.attempts = 1,
			       .connected = c->connected,
			       .bytes_sent = (int64_t)c->bytes_sent};

	change.outcomes[c->outcome] = 1;
	return batch_add(b, c, NULL, &change);
}

unsigned int fixture_update(struct batch *b, const struct connection *c, enum outcome before)
{
	struct connection later = *c;
	struct tally change = {0};

	later.begun = false;
	change.outcomes[c->outcome]++;
	change.outcomes[before]--;
	return batch_add(b, &later, NULL, &change);
}

int fixture_try(struct store *s, struct batch *b)
{
	char error[STORE_ERROR] = "";
	int r = store_write(s, b, DAY_START, NULL, NULL, error);

	if (r == 0)
		batch_clear(b);
	else
		assert_string_not_equal(error, "");
	return r;
}

void fixture_write(struct store *s, struct batch *b)
{
	char error[STORE_ERROR] = "";

	if (store_write(s, b, DAY_START, NULL, NULL, error) < 0)
		fail_msg("store_write: %s", error);
	batch_clear(b);
}

static sqlite3_stmt *ask(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *st = NULL;

	if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	return st;
}

int64_t fixture_ask(struct sqlite3 *db, const char *format, ...)
{
	char sql[1024];
	sqlite3_stmt *st;
	int64_t value = -1;
	va_list list;
	int rc;

	va_start(list, format);
	vsnprintf(sql, sizeof(sql), format, list);
	va_end(list);
	st = ask(db, sql);
	rc = sqlite3_step(st);
	if (rc == SQLITE_ROW && sqlite3_column_type(st, 0) != SQLITE_NULL)
		value = sqlite3_column_int64(st, 0);
	else if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	sqlite3_finalize(st);
	return value;
}

const char *fixture_ask_text(struct sqlite3 *db, const char *sql)
{
	static char text[1024];
	sqlite3_stmt *st = ask(db, sql);
	const char *value = NULL;

	if (sqlite3_step(st) == SQLITE_ROW)
		value = (const char *)sqlite3_column_text(st, 0);
	snprintf(text, sizeof(text), "%s", value ? value : "");
	sqlite3_finalize(st);
	return text;
}

void fixture_check_sums(struct sqlite3 *db)
{
	static const char *const columns[] = {"attempts", "connected",	  "bytes_sent",
					      "folded",	  "outcome_sent", "outcome_unanswered"};

	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		for (int span = 60; span <= 86400; span = span == 60 ? 3600 : span * 24)
			assert_int_equal(fixture_ask(db,
						     "SELECT count(*) FROM (SELECT host, standing,"
						     " sum(%s) AS n FROM host_sum WHERE span = %d "
						     "GROUP BY host, standing) a"
						     " JOIN host_sum t ON t.span = 0 AND t.start = "
						     "0 AND t.host = a.host AND"
						     " t.standing = a.standing WHERE t.%s <> a.n",
						     columns[i], span, columns[i]),
					 0);
	assert_int_equal(fixture_ask(db,
				     "SELECT count(*) FROM host_sum WHERE attempts <> outcome_sent"
				     " + outcome_encrypted + outcome_rejected + outcome_connected "
				     "+ outcome_refused +"
				     " outcome_unreachable + outcome_unanswered"),
			 0);
	assert_int_equal(fixture_ask(db,
				     "SELECT count(*) FROM host_sum h WHERE span IN (0, 60, 3600)"
				     " AND standing = 0 AND attempts <> (SELECT sum(attempts) FROM "
				     "contact_sum c WHERE"
				     " c.span = h.span AND c.start = h.start AND c.standing = 0 "
				     "AND c.host = h.host)"),
			 0);
}

struct sqlite3 *fixture_reader(const char *path)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	return db;
}
