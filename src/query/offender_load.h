/*
 * offender_load: between offender.c, which finds the offenders and adds up their numbers, and
 * offender_details.c, which asks what else is known of each.
 */
#ifndef EGRESS25_SRC_QUERY_OFFENDER_LOAD_H
#define EGRESS25_SRC_QUERY_OFFENDER_LOAD_H

#include "query/offender.h"

/* Hosts by number: open addressing, slots hold an index + 1. */
struct index {
	uint32_t *slots;
	size_t size; /* a power of two */
};

struct load {
	struct record *record;
	const struct window *window;
	const struct policy *policy; /* NULL where it permits nothing to anybody */
	int64_t now;
	int64_t host; /* 0: all */
	struct offenders *into;
	size_t first; /* of this record's within `into` */
	struct index index;
};

/* Fills in the rest of each offender from l->first on.  0 or a negative errno. */
int offender_load_details(struct load *l);

#endif
