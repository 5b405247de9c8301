/*
 * formats: what report.c, and nobody else, needs of the three formats.  Write errors stay with the
 * stream: ferror(3).
 */
#ifndef EGRESS25_SRC_QUERY_FORMATS_H
#define EGRESS25_SRC_QUERY_FORMATS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/json.h"
#include "query/report.h"
#include "query/value.h"

/* Longest text of one cell of a table. */
#define CELL_TEXT 4200

/* A field as one line of words for a table's cell; "-" where it is null or empty. */
void value_words(const struct field *f, const void *row, int64_t now, char *buf, size_t size);

/* A field that is itself no more than a number, a text, a truth or a time; and whether it is null.
 */
bool value_is_plain(const struct field *f);
bool value_is_null(const struct field *f, const void *row);

/* Digits without printf(3), which is what long lists would cost most. */
void json_number(FILE *out, int64_t n);
void json_value(FILE *out, const struct field *f, const void *row);
void json_object(FILE *out, const struct field *fields, const void *row);

void csv_heading(FILE *out, const struct field *fields);
void csv_row(FILE *out, const struct field *fields, const void *row);

struct table;
struct table *table_new(const struct report_options *options, const struct field *fields);
void table_free(struct table *t); /* accepts NULL */
/* 0 or -ENOMEM.  style is kept, not copied. */
int table_add(struct table *t, const void *row, const char *style);
void table_flush(struct table *t);
void table_set_now(struct table *t, int64_t now);
int table_object(const struct report_options *options, const struct field *fields,
		 const void *object);

#endif
