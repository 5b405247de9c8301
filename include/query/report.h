/*
 * report: the one way out: rows or a single thing, as a table, as JSON or as CSV.  The three
 * writers are fed from the same tables of fields, so a new field is one row of such a table.
 *
 * JSON: a list is an array with one object a line, so it can be written, and read, as it comes.
 * CSV: RFC 4180 with a heading; a list of plain values is joined by "; ", anything deeper is JSON
 * within its cell; a cell that a spreadsheet might take for a formula begins with an apostrophe.
 * Table: never wider than the terminal; see report_table.c.
 *
 * Texts are expected as record_text() made them: escaped.
 */
#ifndef EGRESS25_QUERY_REPORT_H
#define EGRESS25_QUERY_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "query/value.h"

enum report_format { REPORT_TABLE, REPORT_JSON, REPORT_CSV, REPORT_FORMAT_COUNT };

#define REPORT_COLUMNS 4096 /* where no terminal and no COLUMNS says how wide: a pipe gets all */

struct report_options {
	FILE *out;
	enum report_format format;
	bool lines; /* JSON: one object a line and no array around them */
	bool color;
	int columns; /* width of a table */
	bool merged; /* rows come of several records */
	int64_t now; /* for relative times */
};

/* The terminal's width and whether it takes colour, as standard output and the environment say. */
int report_terminal_columns(void);
bool report_terminal_color(void);

struct report;

/* Begins a list.  NULL without memory. */
struct report *report_begin(const struct report_options *options, const struct field *fields);

/* Words of SGR ("1;31") for a row of the table, or NULL for plain; called with the row. */
void report_set_style(struct report *r, const char *(*style)(const void *row));

/* The time from which relative ones are told, for a list that goes on. */
void report_set_now(struct report *r, int64_t now);

/* Adds one row; a table holds it back until REPORT_PAGE rows, or report_flush(). */
#define REPORT_PAGE 1000
int report_row(struct report *r, const void *row);
int report_flush(struct report *r);

/* Ends the list.  0, or the negative errno of the first write that failed.  Accepts NULL. */
int report_end(struct report *r);

/* A line of plain words around a table; nothing in the other formats. */
int report_note(const struct report_options *options, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * A text broken between words into lines no wider than `columns`, the second and further ones
 * indented, and a newline behind the last; the first begins at column `at`, where the stream is.
 */
void report_wrap(FILE *out, const char *text, int at, int indent, int columns);

/* A single thing. */
int report_object(const struct report_options *options, const struct field *fields,
		  const void *object);

#endif
