/*
 * plan: whether a statement walks a table that grows with what hosts do, by SQLite's own word
 * (EXPLAIN QUERY PLAN).  Tables that grow with starts of the monitor, with incidents or not beyond
 * a number may be walked: run and what belongs to it, source, incident, listing, router, pruned.
 */
#ifndef EGRESS25_TESTS_PLAN_H
#define EGRESS25_TESTS_PLAN_H

#include <stddef.h>

struct sqlite3;

/* A statement that walks such a table, known by a part of it, and why it may. */
struct plan_exception {
	const char *part, *why;
};

/*
 * Prints each step of the statement's plan that walks a growing table, unless it is excepted;
 * returns how many there were.  Fails the test where the statement does not prepare.  What an
 * exception was used for is noted in used[], one for each, if it is given.
 */
int plan_walks(struct sqlite3 *db, const char *sql, const struct plan_exception *exceptions,
	       size_t count, int *used);

#endif
