/* evidence_parts: what the files of evidence share. */
#ifndef EGRESS25_JUDGE_EVIDENCE_PARTS_H
#define EGRESS25_JUDGE_EVIDENCE_PARTS_H

#include "judge/evidence.h"

/*
 * One word of struct evidence's `known`: a group that was contacted.
 *   bits 0-15   minute of its newest attempt, modulo 65536 (45 days)
 *   bits 16-20  enum known_flag
 *   bits 21-22  how far a dialogue has spoken for it, in thirds
 *   bits 23-31  tag, never 0; with the bucket it stands for the group
 * Buckets of four; in a full one the group that was idle for longest is forgotten.  Two groups are
 * taken for one by one chance in a hundred, which takes a little from the number of new ones.
 */
enum known_flag {
	KNOWN_OPEN = 1 << 16,	  /* no success so far */
	KNOWN_RETURNED = 1 << 17, /* came back to after 4 minutes and more */
	KNOWN_RETRIED = 1 << 18,  /* likewise, while open */
	KNOWN_ENDED = 1 << 19,	  /* a connection of this ten minutes has ended */
	KNOWN_TALKED = 1 << 20,	  /* with a dialogue */
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

#endif
