/* What the tests of the store share: made-up connections, and questions to a record. */
#ifndef EGRESS25_TESTS_STORE_FIXTURE_H
#define EGRESS25_TESTS_STORE_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "edge/store.h"

struct sqlite3;

/* 2026-11-24 00:00:00 UTC: the start of a minute, an hour and a day. */
#define DAY_START INT64_C(1795478400000000)

/* An empty directory under /tmp, made anew; fixture_leave() removes it with its files. */
const char *fixture_enter(void);
void fixture_leave(void);
/* The same as cmocka has it, for a group of tests. */
int fixture_enter_group(void **state);
int fixture_leave_group(void **state);
/* "<directory>/<name>" in one of a few static buffers. */
const char *fixture_path(const char *name);

struct batch *fixture_batch(void);
struct store_options fixture_options(const char *path);
struct store *fixture_open(const struct store_options *options); /* fails the test */
struct store *fixture_open_path(const char *path);

struct addr fixture_addr(const char *text);
/* The nth address from base on. */
struct addr fixture_nth(const char *base, uint32_t n);

/* An unanswered attempt on port 25 by an offender, not told before. */
struct connection fixture_attempt(uint64_t id, const char *client, const char *server,
				  int64_t started);
/* Adds a first telling, with the counts that belong to it. */
unsigned int fixture_add(struct batch *b, const struct connection *c);
/* Adds a later telling; its outcome was `before` until now. */
unsigned int fixture_update(struct batch *b, const struct connection *c, enum outcome before);

/* Writes and clears; fails the test where it cannot. */
void fixture_write(struct store *s, struct batch *b);
int fixture_try(struct store *s, struct batch *b);

/* The one number that a query yields; -1 for null and for no row. */
int64_t fixture_ask(struct sqlite3 *db, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The one text, in a static buffer; "" for null. */
const char *fixture_ask_text(struct sqlite3 *db, const char *sql);

/* What must hold in any record: hours and minutes add up to totals, outcomes to attempts. */
void fixture_check_sums(struct sqlite3 *db);

/* A connection of its own to the file. */
struct sqlite3 *fixture_reader(const char *path);

#endif
