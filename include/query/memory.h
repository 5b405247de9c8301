/*
 * memory: whether an answer lacks something for want of memory.  A query that cannot copy a text
 * goes on without it; that is noted here, as is each allocation of SQLite's that fails, and whoever
 * prints the answer says in the end that it is not whole.
 */
#ifndef EGRESS25_QUERY_MEMORY_H
#define EGRESS25_QUERY_MEMORY_H

#include <stdbool.h>

/* Before SQLite is used. */
void memory_watch(void);

void memory_lacks(void);
bool memory_lacked(void);

/* A copy of text, NULL for NULL.  Also NULL without memory, which is noted. */
char *memory_copy(const char *text);
/* p; where that is NULL it was wanted and there was no memory for it. */
void *memory_noted(void *p);

#endif
