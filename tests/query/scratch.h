/*
 * scratch: small records for tests, made by the schema and plain SQL, and independent parsers (jq,
 * Python) to look at what is printed.
 */
#ifndef EGRESS25_TESTS_SCRATCH_H
#define EGRESS25_TESTS_SCRATCH_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "query/report.h"

struct scratch {
	char directory[64];
	char path[96];
	sqlite3 *db;
};

/* A new record, with a table raw(host, server, port, started, last, connected, outcome, bytes) that
 * no program knows. */
void scratch_open(struct scratch *s);
void scratch_close(struct scratch *s);

/* Runs SQL (printf's formats, %q and %Q as in sqlite3_mprintf); fails the test where it fails. */
void scratch_sql(struct scratch *s, const char *format, ...);
int64_t scratch_number(struct scratch *s, const char *format, ...);

/* Sums up `raw` by the words of the schema: what a writer would have left. */
void scratch_sum(struct scratch *s);

/* Prints rows into memory; freed by the caller. */
char *scratch_print(enum report_format format, int columns, const struct field *fields,
		    const void *rows, size_t count, size_t size);
char *scratch_print_object(enum report_format format, int columns, const struct field *fields,
			   const void *object);

/* Asserts that a jq expression holds of the text; skips the test where there is no jq. */
void assert_json(const char *text, const char *expression);

/* Asserts that a Python expression holds, in which `rows` are the rows of the CSV text as dicts. */
void assert_csv(const char *text, const char *expression);

/* The widest line, in characters. */
int widest_line(const char *text);

#endif
