/*
 * schema: the record's tables as SQL, one step per version.
 */
#ifndef EGRESS25_EDGE_SCHEMA_H
#define EGRESS25_EDGE_SCHEMA_H

#include "judge/schema.h"

/* schema_step[v] brings a record of version v to version v + 1; one transaction each. */
extern const char *const schema_step[SCHEMA_VERSION];

#endif
