/*
 * print: answers that one command gives for another.
 */
#ifndef EGRESS25_COMMANDS_PRINT_H
#define EGRESS25_COMMANDS_PRINT_H

#include <stdint.h>

#include "commands/command.h"

struct sqlite3;

/*
 * Prints the offenders of the whole record behind db, or of the window the options name, in the
 * format they ask for.  Returns an exit status: with --exit-code EXIT_FOUND where there is one that
 * today's policy does not permit.
 */
int offenders_print(struct sqlite3 *db, const struct config *config, const struct options *options,
		    int64_t now);

struct query;

/* `incident report`: as text or JSON, and as an HTML page; of that incident, or with 0 of the
 * latest. Exit statuses. */
int incident_print(const struct query *q, int64_t id);
int incident_print_page(const struct query *q, int64_t id);

/* Says that there is no such incident, or with 0 none at all; EXIT_FAILED. */
int incident_missing(int64_t id);

/* `offenders --follow`: each offender as it appears, until a signal or until nobody reads. */
int offenders_follow(const struct query *q, const struct options *options);

#endif
