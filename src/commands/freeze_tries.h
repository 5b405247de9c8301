/* freeze_tries: who tries while the mail server is frozen, looked up as the record grows. */
#ifndef EGRESS25_SRC_COMMANDS_FREEZE_TRIES_H
#define EGRESS25_SRC_COMMANDS_FREEZE_TRIES_H

#include <stdio.h>

#include "commands/query.h"

struct tries;

/* NULL without memory.  q is borrowed, with its first record. */
struct tries *tries_new(struct query *q);
void tries_free(struct tries *t); /* accepts NULL */

/*
 * Looks again where the record was written, at what began since; tell(context, line), unless NULL,
 * for each that is new and each whose verdict is another one.
 */
void tries_look(struct tries *t, int64_t since, void (*tell)(void *context, const char *text),
		void *context);

/* "2 offenders so far, 14 attempts"; returns buf. */
const char *tries_summary(const struct tries *t, char *buf, size_t size);

/* Writes them as a table of so many lines at most; how many there were. */
int tries_table(struct tries *t, FILE *out, int most);

#endif
