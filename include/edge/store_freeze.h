/*
 * store_freeze: the columns of `incident` that tell of a frozen mail server, as the commands freeze
 * and thaw write them.
 */
#ifndef EGRESS25_EDGE_STORE_FREEZE_H
#define EGRESS25_EDGE_STORE_FREEZE_H

#include "edge/store_incident.h"
#include "judge/mta.h"

/* A mail server that was frozen, and is not known to be thawed. */
struct store_frozen {
	int64_t id; /* of the incident */
	int64_t frozen, frozen_until;
	bool open;	     /* the incident is */
	bool joined;	     /* it was there before the freeze */
	char mta[16];	     /* escaped; empty where a row was written by hand */
	char host[MTA_HOST]; /* likewise; empty: this machine */
};

/*
 * Each 0 or a negative errno with one line in error.
 *
 * begin: freezes within the open incident, or within a new one of *i where none is open; i->reset
 * and i->until are the freeze's, and lengthen those of an incident that it joins.  Earlier freezes
 * of the same mail server count as thawed: whoever freezes has asked it.  -EALREADY where the open
 * incident has a freeze that is not thawed; its number then is in *ret_id.
 * renew: it had not been frozen for a while: the grace begins anew.
 * find: the newest that is not known to be thawed: 1, or 0 where there is none.
 * release: mail servers may send again, from now on.
 * end: the incident is closed, or gets back what it had before the freeze joined it; where the thaw
 * is proven, all freezes of that mail server count as thawed.
 */
int store_freeze_begin(struct store *s, const struct store_incident *i,
		       const struct store_frozen *f, int64_t *ret_id, bool *ret_joined,
		       char error[STORE_ERROR]);
int store_freeze_renew(struct store *s, int64_t id, int64_t now, char error[STORE_ERROR]);
int store_freeze_find(struct store *s, struct store_frozen *ret_, char error[STORE_ERROR]);
int store_freeze_release(struct store *s, int64_t id, int64_t now, char error[STORE_ERROR]);
int store_freeze_end(struct store *s, const struct store_frozen *f, bool proven, int64_t now,
		     char error[STORE_ERROR]);

#endif
