/*
 * host: all that a record knows of one host, permitted or not.
 */
#ifndef EGRESS25_QUERY_HOST_H
#define EGRESS25_QUERY_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "query/connections.h"
#include "query/notices.h"
#include "query/offender.h"
#include "query/record.h"
#include "query/verdict.h"
#include "query/window.h"

#define HOST_IDENTITIES 1000 /* bounds of the lists */
#define HOST_SERVERS	1000
#define HOST_RECENT	20

struct host_identity {
	char mac[MAC_TEXT];
	struct maybe vlan; /* innermost */
	char vlan_tags[32];
	int64_t hops;
	bool router; /* many addresses share the MAC address */
	char *name;
	char source[32];
	int64_t first_seen, last_seen;
};

struct host_server {
	char address[ADDR_TEXT];
	char *name;
	int64_t attempts, connected;
	int64_t last_attempt;
	const char *standing; /* "offence", "permitted", "also watched" */
};

/* What is no offence. */
struct host_sum {
	int64_t attempts, connected;
	int64_t first_seen, last_seen;
};

struct host {
	struct offender offender;		 /* zeros where it offended not */
	struct host_sum permitted, also_watched; /* of the whole record */
	struct list identities;			 /* newest first */
	int64_t server_count; /* all, of which the list holds the most attempted */
	struct list servers;
	struct list recent;
	struct ledger_sheet ledger; /* the sum behind the verdict */
	struct list notices;	    /* blacklistings that it was told of */
};

extern const struct field host_fields[];

/*
 * 1 and *ret_ filled; 0 where the record does not know the host; or a negative errno
 * (record_error()). Within a window servers are those of offences only: for permitted attempts the
 * record keeps no other sum than that of all time.  host_done() where it returned 1.
 */
int host_load(struct record *r, const char *address, const struct window *w,
	      const struct policy *policy, int64_t now, struct host *ret_);
void host_done(struct host *h);

#endif
