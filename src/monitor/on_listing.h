/* on_listing: a blacklist finding opens an incident.  Pure. */
#ifndef EGRESS25_SRC_MONITOR_ON_LISTING_H
#define EGRESS25_SRC_MONITOR_ON_LISTING_H

#include <stdbool.h>

#include "edge/config.h"
#include "judge/batch.h"
#include "judge/incident.h"

/* What is found may be the work of hours before. */
#define ON_LISTING_BEFORE MOMENT_DAY

/*
 * Whether anything that the batch tells of listings is to open an incident, and which.  That is a
 * finding which is news, no mere policy of a list; and where public addresses are configured one of
 * these alone, for whoever has two servers can forge the others.
 */
bool on_listing_wish(const struct batch *batch, const struct config *c, int64_t now,
		     struct incident_wish *ret_);

#endif
