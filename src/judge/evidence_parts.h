/* evidence_parts: what the files of evidence share. */
#ifndef EGRESS25_JUDGE_EVIDENCE_PARTS_H
#define EGRESS25_JUDGE_EVIDENCE_PARTS_H

#include "judge/evidence.h"

/*
 * One word of struct evidence's `known`: a group that was contacted.
 *   bits 0-15   minute of its newest attempt, modulo 65536 (45 days)
 *   bits 16-21  enum known_flag
 *   bits 22-23  how far its newest dialogue with a MAIL command spoke for it, in thirds
 *   bits 24-31  tag, never 0; with the bucket it stands for the group
 * Buckets of four; in a full one the group that was idle for longest is forgotten.  Two groups are
 * taken for one by one chance in sixty, which takes a little from the number of new ones.
 */
enum known_flag {
	KNOWN_OPEN = 1 << 16,	  /* no success so far */
	KNOWN_RETURNED = 1 << 17, /* came back to after 4 minutes and more */
	KNOWN_RETRIED = 1 << 18,  /* likewise, while open */
	KNOWN_ENDED = 1 << 19,	  /* a connection of this ten minutes has ended */
	KNOWN_TALKED = 1 << 20,	  /* with a dialogue that was more than a check */
	KNOWN_MAILED = 1 << 21,	  /* ever with a MAIL command, or what STARTTLS hides */
};

#define KNOWN_VOUCHED_STEPS 3

uint32_t *known_find(struct evidence *e, uint64_t group);
/* The word for a group that known_find() does not find: its tag is set, all else is 0. */
uint32_t *known_insert(struct evidence *e, uint64_t group, uint16_t minute);
unsigned int known_vouched(uint32_t word);
void known_set_vouched(uint32_t *word, unsigned int thirds);
static inline uint16_t known_age(uint32_t word, uint16_t minute)
{
	return (uint16_t)(minute - (uint16_t)word);
}
/* Groups that were tried within the last 30 days. */
unsigned int known_count(const struct evidence *e);

/* Minute of a stamp, modulo 65536. */
uint16_t evidence_minute(int64_t time);

/* Time goes on to `time`: sums fade. */
void evidence_touch(struct evidence *e, int64_t time);

#define EVIDENCE_SLOT 10 /* minutes in which a destination is observed once */

/* a - b, without overflow. */
static inline int64_t evidence_since(int64_t a, int64_t b)
{
	int64_t d;

	return __builtin_sub_overflow(a, b, &d) ? (a < b ? INT64_MIN : INT64_MAX) : d;
}

static inline void evidence_add(struct evidence *e, enum evidence_sum sum, float amount)
{
	float x = e->sums[sum] + amount;

	e->sums[sum] = x < 0 ? 0 : x > 1e6F ? 1e6F : x;
}

static inline void evidence_count(uint32_t *total)
{
	if (*total < UINT32_MAX)
		(*total)++;
}

/* Moves a share of the last `memory` observations towards x. */
static inline void evidence_move(float *share, float x, float memory)
{
	*share += (x - *share) / memory;
}

/* What one dialogue shows, before it is entered. */
struct talk {
	const struct smtp_facts *facts;
	float weight;
	float helo_bad; /* 0 to 1 */
	float refused;	/* share of what was asked for, 0 to 1 */
	float strange;	/* how little its sender's domain is the usual one, 0 to 1 */
	bool helo_new;
	bool named;    /* a sender with a domain was given */
	bool own_name; /* HELO name and sender's address are of one registered domain */
	bool breach;
	bool mail;   /* a MAIL command was seen */
	bool hidden; /* behind STARTTLS: neither senders nor QUIT can be seen */
};

/* evidence_identity.c: HELO names, senders and their domains; sets t's members that tell of them.
 */
void evidence_hear_identity(struct evidence *e, struct talk *t);
/* Of a text, letters folded; never 0. */
uint32_t evidence_hash(const char *text, size_t length);

#endif
