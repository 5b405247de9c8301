/*
 * pressure: whether somebody seems to attack the monitor, told by how fast a few of its counters
 * grow.  Pure and small; a kind is under pressure while its counter grows by its threshold a second
 * or more, and what stops for PRESSURE_CALM has ended: what comes later begins anew.
 */
#ifndef EGRESS25_JUDGE_PRESSURE_H
#define EGRESS25_JUDGE_PRESSURE_H

#include <stdint.h>

#include "base/moment.h"

#define PRESSURE_CALM MOMENT_MINUTE

enum pressure_kind {
	PRESSURE_SYNS,	    /* attempts that no server answered */
	PRESSURE_ATTEMPTS,  /* attempts that one did */
	PRESSURE_HOSTS,	    /* attempts of hosts that are not told apart */
	PRESSURE_DIALOGUES, /* dialogues given up for want of room */
	PRESSURE_STRAYS,    /* frames of no connection */
	PRESSURE_FRAGMENTS, /* fragments given up */
	PRESSURE_CONFLICTS, /* segments that repeat bytes as other ones */
	PRESSURE_SERVERS,   /* attempts whose server is not told apart */
	PRESSURE_KIND_COUNT
};

/* As the record and JSON have it; and a sentence's subject for whoever reads a status. */
const char *pressure_name(enum pressure_kind kind);
const char *pressure_words(enum pressure_kind kind);

struct pressure {
	int64_t since, last; /* first and newest second of it; 0: there was none */
	uint64_t peak;	     /* the most in a second */
};

struct pressures {
	int64_t noted; /* 0: not yet */
	uint64_t counts[PRESSURE_KIND_COUNT];
	struct pressure kinds[PRESSURE_KIND_COUNT];
};

/* The counters as they stand at `now`, often: looked at once a second. */
void pressures_note(struct pressures *p, const uint64_t counts[PRESSURE_KIND_COUNT], int64_t now);

#endif
