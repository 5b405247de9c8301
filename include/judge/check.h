/*
 * check: what a deployment's facts say of it: sees both directions, sits inside the NAT, and so on;
 * each with what to do.  Pure: the facts are gathered elsewhere, those of frames by survey.h.
 */
#ifndef EGRESS25_JUDGE_CHECK_H
#define EGRESS25_JUDGE_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "judge/reset_mode.h"
#include "wire/packet.h"

#define CHECK_PORTS    16
#define CHECK_SERVERS  16
#define CHECK_EXAMPLES 3
#define CHECK_PROBES   3 /* sent by one interface at most */
#define CHECK_TEXT     512
#define CHECK_SURELY   10 /* frames that say something where one may be a stray */

/* --- facts ------------------------------------------------------------------------------------ */

enum check_way { CHECK_OUTWARD, CHECK_INWARD, CHECK_WAY_COUNT };

/* An interface that watches. */
struct check_port {
	char name[32];		/* escaped, as the error is */
	char error[CHECK_TEXT]; /* why it cannot be captured from; "" where it can */
	bool up;
	bool has_mac; /* frames tell MAC addresses; and `mac` is its own */
	uint8_t mac[6];
	uint32_t mtu; /* 0 where it is not known, as of "any" */
	bool features_known, gro, lro;
	uint64_t frames;    /* that came in and were looked at */
	uint64_t dropped;   /* left out by the kernel for want of room */
	uint64_t unread;    /* not understood */
	uint64_t strangers; /* between other machines than this one, and to one of them alone */
	uint64_t merged;    /* longer than the MTU and what may stand around it */
	uint32_t longest;
	/* Frames between internal and external addresses, without and with tags. */
	uint64_t ways[CHECK_WAY_COUNT][2];
	uint64_t tagged;    /* all frames with tags */
	uint8_t deepest;    /* most tags of a frame */
	uint8_t vlans[512]; /* a bit for each innermost VLAN */
	bool pppoe;
	uint32_t tunnels; /* a bit for each enum tunnel but the first */
};

/* TCP connections between internal and external addresses. */
struct check_talks {
	uint32_t both; /* seen in both directions */
	/* Seen in one alone, though that one shows that the other end spoke. */
	uint32_t lone[CHECK_WAY_COUNT];
};

struct check_sides {
	uint64_t across, internal, external; /* frames by where their ends are */
	struct {
		struct addr from, to;
	} examples[CHECK_EXAMPLES]; /* the first different ones of external */
	uint8_t example_count;
	bool public_seen; /* a configured public address was an end of an external one */
	struct addr public_address;
	uint64_t foreign; /* tunnels from external addresses, which are not unpacked */
};

struct check_server {
	struct prefix prefix;
	bool seen;
};

/* An interface that sends. */
struct check_prober {
	char name[32];
	char error[CHECK_TEXT]; /* why nothing can be sent there; "" where it can */
	uint8_t sent;		/* probes that the kernel took */
	int failed;		/* errno of the last that it did not take; 0 */
	uint32_t unsent;	/* frames that the interface dropped meanwhile */
	struct addr asked[CHECK_PROBES];
	bool seen_again; /* one of them came in by a mirror */
	bool answered;
	struct addr answerer;
};

struct check_facts {
	int64_t listened;  /* microseconds */
	uint32_t snapshot; /* bytes of a frame that are read at most */
	uint8_t port_count;
	struct check_port ports[CHECK_PORTS];
	struct check_talks talks;
	struct check_sides sides;
	uint32_t server_count; /* configured ones; of the first CHECK_SERVERS is known: */
	struct check_server servers[CHECK_SERVERS];
	uint8_t prober_count;
	struct check_prober probers[CHECK_PORTS];
	enum reset_mode mode;
	bool via; /* resets leave by another interface */
	struct {
		bool known, synchronised;
		int64_t now, error;    /* error: as the kernel thinks */
		int64_t ahead, behind; /* greatest distance of a frame's stamp */
		int64_t jump;	       /* against the clock that never jumps */
	} clock;
	int realtime; /* 0, or a negative errno: it may not be used */
};

/* --- the judgement ---------------------------------------------------------------------------- */

enum check_result { CHECK_PASS, CHECK_WARN, CHECK_FAIL, CHECK_UNKNOWN, CHECK_RESULT_COUNT };
const char *check_result_name(enum check_result r); /* "pass", "warn", "fail", "unknown" */

enum check_kind {
	CHECK_INTERFACE,
	CHECK_DIRECTIONS,
	CHECK_NAT,
	CHECK_MAIL_SERVER,
	CHECK_TAGS,
	CHECK_OFFLOAD,
	CHECK_CLOCK,
	CHECK_RESETS,
	CHECK_INJECTION,
	CHECK_SCHEDULING,
	CHECK_KIND_COUNT
};
const char *check_kind_name(enum check_kind k);

struct check {
	enum check_kind kind;
	enum check_result result;
	const char *interface;	 /* of the facts; NULL where it is about no single one */
	char seen[CHECK_TEXT];	 /* what the result is drawn from */
	char advice[CHECK_TEXT]; /* what to do; "" where there is nothing to be done */
};

#define CHECK_MOST (4 * CHECK_PORTS + CHECK_KIND_COUNT - 4)

/* The checks in order.  How many. */
size_t check_judge(const struct check_facts *f, struct check ret_[CHECK_MOST]);

/* Whether nothing would come of listening on. */
bool check_is_settled(const struct check_facts *f, const struct check *checks, size_t count);

#endif
