/*
 * schema: the record's tables as SQL, one step per version.
 */
#ifndef EGRESS25_EDGE_SCHEMA_H
#define EGRESS25_EDGE_SCHEMA_H

#include "judge/schema.h"

#define SCHEMA_PARTS 4

/* schema_step[v] brings a record of version v to version v + 1; one transaction each.  Its parts
 * follow one another; the first NULL ends them. */
extern const char *const schema_step[SCHEMA_VERSION][SCHEMA_PARTS];

#endif
