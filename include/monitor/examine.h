/*
 * examine: listens on mirror ports for a while, asks a few hosts whether probes reach them, and
 * judges the deployment.
 */
#ifndef EGRESS25_MONITOR_EXAMINE_H
#define EGRESS25_MONITOR_EXAMINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "edge/config.h"
#include "judge/check.h"

struct examine_options {
	const struct config *config; /* with one interface or more */
	int64_t duration;	     /* microseconds at most; less where all is proven before */
	bool progress;		     /* on standard error */
};

struct examination {
	struct check_facts facts;
	struct check checks[CHECK_MOST];
	size_t count;
};

/*
 * SIGINT and SIGTERM, blocked when it returns, end it with what is known.  0; or a negative errno,
 * having said why: no interface at all can be captured from.
 */
int examine_run(const struct examine_options *options, struct examination *ret_);

#endif
