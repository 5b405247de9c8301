/*
 * people: hosts of known character, told to evidence directly, without packets: for a first fit of
 * the weights, and for tests of what many seeds have in common.  Their habits are drawn anew for
 * each seed.
 */
#ifndef EGRESS25_TESTS_PEOPLE_H
#define EGRESS25_TESTS_PEOPLE_H

#include "judge/evidence.h"

enum kind {
	BOT_BURST,
	BOT_LIST,
	BOT_SLOW,
	BOT_STARTTLS,
	BOT_PROVIDER,
	BOT_EARLY,
	BOT_BEGUN,
	HONEST_PRINTER, /* first of the honest */
	HONEST_ROTATING,
	HONEST_ALARM,
	HONEST_MONITOR,
	HONEST_WEB,
	HONEST_DEVELOPER,
	HONEST_CLIENT,
	HONEST_SCANNER,
	HONEST_MTA,
	HONEST_LIST_HOST,
	HONEST_FAX,
	HONEST_PHONE,
	HONEST_FORWARDER,
	KIND_COUNT
};
extern const char *const kind_names[KIND_COUNT];

/* What the mirror shows of them. */
enum sight {
	SIGHT_DIALOGUE,
	SIGHT_BLOCKED, /* port 25 is blocked: SYNs and DNS */
	SIGHT_SYNS,    /* nothing is blocked, and SYNs and DNS are all that is seen */
	SIGHT_COUNT
};
extern const char *const sight_names[SIGHT_COUNT];

/* Lives `days` of a host; calls look after each attempt or session where it is set. */
void person_live(struct evidence *e, enum kind kind, enum sight sight, uint64_t seed, double days,
		 void (*look)(void *context, const struct evidence *e), void *context);

#endif
