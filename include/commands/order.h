/*
 * order: what `incident open` and `freeze` have in common: a row for the record, and whether a
 * monitor is there to act on it.
 */
#ifndef EGRESS25_COMMANDS_ORDER_H
#define EGRESS25_COMMANDS_ORDER_H

#include "commands/command.h"
#include "monitor/request.h"
#include "query/incident.h"

struct order {
	struct store_incident row; /* points to the texts */
	char user[INCIDENT_USER], reason[INCIDENT_TEXT], address[ADDR_TEXT],
		policy[INCIDENT_POLICY];
};

/*
 * Fills it from the options: opened now, and until `length` later unless --for says otherwise,
 * which must lie between least and most.  `reason` is the one where none is given.  An exit status,
 * with the reason said.
 */
struct order_limits {
	int64_t length, least, most;
	const char *range; /* "from 1s to 31d, such as 2h" */
	const char *reason;
};
int order_fill(const struct options *o, const struct config *c, const char *command,
	       const struct order_limits *limits, struct order *ret_);

/* Whether a monitor writes the record, with the configuration, which is the caller's.  Likewise. */
int order_running(const struct options *o, struct config **ret_config, bool *ret_);

#endif
