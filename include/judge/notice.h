/*
 * notice: a remote server's words that we are listed: "554 5.7.1 ... Client host [203.0.113.9]
 * blocked using zen.spamhaus.org".  Recognises such a reply, which list it names, and which address
 * of ours.  Pure.
 */
#ifndef EGRESS25_JUDGE_NOTICE_H
#define EGRESS25_JUDGE_NOTICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

#define NOTICE_LIST 64

struct notice {
	char list[NOTICE_LIST]; /* "zen.spamhaus.org", or the operator's own: "Microsoft"; lower
				 * case where it is a zone; "local list" where the server does not
				 * say whose; never empty */
	bool has_address;
	struct addr address; /* the public address of ours that it names */
	bool is_policy;	     /* a listing that is no infection: PBL, missing PTR, dynamic range */
};

enum notice_result {
	NOTICE_NONE, /* it says something else */
	NOTICE_LISTED,
	NOTICE_GIVEN_UP, /* it names more than 16 addresses, or is made to be laborious to read */
};

/*
 * Whether a 4xx or 5xx reply (code and lines joined by a space, escaped) says that its sender is
 * listed or blocked for its reputation.  Time is bounded, whatever the text; what stands behind its
 * first 1,536 bytes is not looked at.  The address is the one in the place where that wording has
 * it, else the only public one outside URLs or within them, if the two do not disagree.  *ret_ is
 * untouched unless it is NOTICE_LISTED.
 */
enum notice_result notice_parse(const char *reply, struct notice *ret_);

/*
 * Who has said so, and whether it is more than a claim.  One server's word is a claim, since anyone
 * can forge it; a finding is one that names a configured public address, or what two servers in
 * different networks (/24, /48) and different domains say of the same address.  A server without a
 * known name counts as of another domain than a named one; two without are told apart by /16 and
 * /32.  Of bounded size: beyond it the oldest claims go first, then the oldest findings, and
 * `evicted` counts both.  Where no address is named, or the server's own, there is an entry for
 * each list; that never becomes a finding.
 */
#define NOTICE_ADDRESSES 32 /* public addresses held at once */
#define NOTICE_VOICES	 8  /* servers held for each */

struct notice_heard {
	int64_t time;
	struct addr client; /* the internal host that was told so */
	struct addr server;
	const char *domain; /* the server's: names_domain() of its name; "" where unknown */
	const struct notice *notice;
};

struct listing {
	bool has_address;
	struct addr address;
	char list[NOTICE_LIST]; /* the one named last */
	bool is_policy;		/* every notice so far was one of policy */
	bool finding;
	int64_t first, last;	    /* stamps of the first and the newest notice */
	uint64_t heard;		    /* notices in all */
	uint32_t voices;	    /* distinct servers, up to NOTICE_VOICES */
	struct addr client, server; /* of the newest */
	char reply[320];	    /* its words, escaped */
};

struct listings;

struct listings *listings_new(void);
void listings_free(struct listings *l);
/* Addresses configured as public, borrowed until the next call. */
void listings_set_public(struct listings *l, const struct addr *addresses, size_t count);
/* Takes a notice; returns the entry as it now stands, and in *ret_news whether it is a new claim
 * or has just become a finding. */
const struct listing *listings_hear(struct listings *l, const struct notice_heard *heard,
				    const char *reply, bool *ret_news);
size_t listings_count(const struct listings *l);
const struct listing *listings_at(const struct listings *l, size_t i); /* newest last heard first */
uint64_t listings_evicted(const struct listings *l);

/* One as a sentence: a claim or a finding, and what it is worth. */
#define LISTING_TEXT 1024
const char *listing_describe(const struct listing *l, char buf[LISTING_TEXT]);

#endif
