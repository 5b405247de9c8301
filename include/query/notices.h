/*
 * notices: what remote servers said of us: that a public address of ours is on a blacklist.
 */
#ifndef EGRESS25_QUERY_NOTICES_H
#define EGRESS25_QUERY_NOTICES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "query/record.h"
#include "query/value.h"

#define NOTICES_MOST 64

struct notice_row {
	char address[ADDR_TEXT]; /* the public address named; "" where none was */
	char *list;		 /* "zen.spamhaus.org" */
	bool finding; /* the address: it is configured, or two servers that are strangers name it */
	bool policy;  /* no sign of an infection: a list of dynamic addresses, say */
	int64_t first_seen, last_seen;
	int64_t heard, servers;
	char client[ADDR_TEXT], server[ADDR_TEXT]; /* of the newest */
	char *reply;
};

extern const struct field notice_fields[];

/* Findings first, then the newest; of those that `client` was told of where it is not NULL.  0 with
 * *ret_ filled, to be given to notices_done(), or a negative errno (record_error()). */
int notices_load(const struct record *r, const char *client, struct list *ret_);
void notices_done(struct list *list);

/* One as a sentence: a claim or a finding, what it is worth, and when it was heard last. */
#define NOTICES_TEXT 1100
const char *notices_describe(const struct notice_row *row, char buf[NOTICES_TEXT]);

#endif
