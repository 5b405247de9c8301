/*
 * texts: lists of texts, as the record keeps them: JSON arrays in a column.
 */
#ifndef EGRESS25_QUERY_TEXTS_H
#define EGRESS25_QUERY_TEXTS_H

#include <stddef.h>

#include "query/record.h"
#include "query/value.h"

/* A statement for texts_take(), to be finalized; or NULL. */
struct sqlite3_stmt *texts_prepare(const struct record *r);

/*
 * The texts of a row's column, `most` at most, each escaped as by record_text(); what is no JSON
 * array of texts counts as empty.  *list is to be given to texts_done().
 */
void texts_take(struct sqlite3_stmt *each, struct sqlite3_stmt *row, int column, size_t most,
		struct list *list);

/* Adds a copy of what the first column of each row of s holds.  0 or a negative errno. */
int texts_collect(const struct record *r, struct sqlite3_stmt *s, size_t most, struct list *list);

/* Adds a text printed as printf(3) does; nothing where the list holds `most` already.  0 or
 * -ENOMEM.
 */
int texts_print(struct list *list, size_t most, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

void texts_done(struct list *list);

#endif
