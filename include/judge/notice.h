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
#include "base/hash.h"

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

/* Neither private nor otherwise special, so that a server can see it as ours; those for
 * documentation pass.  No other is taken from a notice. */
bool notice_is_public(const struct addr *a);

/*
 * The same for what strangers say all day: a text that was read lately is known again, and new ones
 * are read up to NOTICE_RATE in a second of stamps, and as long as the connection has had fewer
 * than NOTICE_READS refusals `before` it.  Whether it is a notice.
 */
#define NOTICE_READS 64
#define NOTICE_RATE  1000

struct notice_counters {
	uint64_t given_up; /* texts that were NOTICE_GIVEN_UP */
	uint64_t unread;   /* refusals beyond those bounds */
};

struct notice_reader;

struct notice_reader *notice_reader_new(const struct hash_key *key); /* NULL without memory */
void notice_reader_free(struct notice_reader *r);
bool notice_reader_read(struct notice_reader *r, const char *reply, uint32_t before, int64_t time,
			struct notice *ret_);
const struct notice_counters *notice_reader_counters(const struct notice_reader *r);

/*
 * Who has said so, and whether it is more than a claim.  One server's word is a claim, since anyone
 * can forge it; an address is a finding where it is configured as public, or where two servers say
 * so, of whatever list, that have nothing to do with each other as far as is known: of different
 * networks (/16, /32) of one address family, and not of one domain.  That domains differ proves
 * nothing, since who owns a zone names his servers as he likes; and a v4 server beside a v6 one may
 * be a single machine.  Each list of an address is told for itself, with those who named it.  Where
 * no address is named, or the server's own, lists stand by themselves, and never become a finding.
 *
 * Of bounded size.  Where there is no room, whoever has made the most of it goes back: the party (a
 * network or domain) that was the first to name the most addresses (or lists of one), NOTICE_OWN at
 * least, loses its oldest claim, else its oldest finding; else the oldest claim goes, else the
 * oldest finding.  So a few servers of one owner, who can forge as many findings as they like, push
 * out one another's.  A configured address is given up for no other.
 */
#define NOTICE_ADDRESSES 48 /* public addresses held at once: more than can be configured */
#define NOTICE_LISTS	 16 /* lists held for each */
#define NOTICE_VOICES	 8  /* servers held for each of both */
#define NOTICE_CLIENTS	 8  /* internal hosts held for each list */
#define NOTICE_OWN	 4

struct notice_heard {
	int64_t time;
	struct addr client; /* the internal host that was told so */
	struct addr server;
	const char *domain; /* the server's: names_domain() of its name; "" where doubtful */
	const struct notice *notice;
};

enum listing_news {
	LISTING_TOLD,	 /* nothing that was not taken before */
	LISTING_CLAIMED, /* a list that was not named for this address before */
	LISTING_FOUND,	 /* the address became a finding */
};

/* A list and an address. */
struct listing {
	bool has_address;
	struct addr address;
	char list[NOTICE_LIST];
	bool is_policy;	 /* every notice so far was one of policy */
	bool finding;	 /* the address is one */
	bool configured; /* the address is, as public */
	enum listing_news news;
	int64_t first, last;	    /* stamps of the first and the newest notice */
	uint64_t heard;		    /* notices in all */
	uint32_t voices;	    /* distinct servers, up to NOTICE_VOICES */
	struct addr client, server; /* of the newest */
	struct addr first_server;   /* who named it first */
	uint32_t client_count;
	struct addr clients[NOTICE_CLIENTS]; /* the newest that were told, newest first */
	char reply[320];		     /* the newest notice's words, escaped */
};

struct listings;

struct listings *listings_new(void);
void listings_free(struct listings *l);
/* Addresses configured as public, borrowed until the next call. */
void listings_set_public(struct listings *l, const struct addr *addresses, size_t count);
/* Takes a notice; returns the entry as it now stands, until the next call, and in *ret_news whether
 * it is new, or its address has just become a finding. */
const struct listing *listings_hear(struct listings *l, const struct notice_heard *heard,
				    const char *reply, bool *ret_news);
/* One that has changed, with its news; false where all were taken.  In turn, so that none waits for
 * ever on others that change on. */
bool listings_take_changed(struct listings *l, struct listing *ret_);
size_t listings_count(const struct listings *l);
/* By address, the last heard of first; of each its lists in that order. */
const struct listing *listings_at(const struct listings *l, size_t i);
uint64_t listings_evicted(const struct listings *l); /* lists of addresses given up */

/* One as a sentence: a claim or a finding, and what it is worth. */
#define LISTING_TEXT 1024
const char *listing_describe(const struct listing *l, char buf[LISTING_TEXT]);

#endif
