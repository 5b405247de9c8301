/*
 * A busy campus as its writer meets it, five minutes at a time, the same each time it is made: two
 * mail servers that send all day, hosts that have a burst of an hour now and then, and on some days
 * a flood from forged sources.  Numbers are such that a test can work out by hand what was made.
 */
#ifndef EGRESS25_TESTS_YEAR_CAMPUS_H
#define EGRESS25_TESTS_YEAR_CAMPUS_H

#include <stdint.h>

#include "judge/batch.h"

#define CAMPUS_STEPS 288 /* of a day */
#define CAMPUS_STEP  INT64_C(300000000)
#define CAMPUS_BURST 12 /* steps that a burst lasts */
#define CAMPUS_FLOOD 24 /* steps of a flood, from the middle of its day on */

struct campus_plan {
	int64_t start;		   /* of a day */
	uint32_t permitted;	   /* connections of the mail servers in a step */
	uint32_t offenders, every; /* each has a burst on one day of so many, */
	uint32_t burst;		   /* of so many attempts a step */
	uint32_t forged;	   /* sources in a step of a flood: each has one attempt */
	uint32_t flood_every;	   /* days from one flood to the next; the first after half of it */
	uint32_t servers;
};

struct campus {
	struct campus_plan plan;
	uint64_t next_id, attempts;
	uint64_t random;
	struct evidence *evidence; /* of each offender */
};

struct campus *campus_new(const struct campus_plan *plan,
			  uint64_t first_id); /* NULL without memory */
void campus_free(struct campus *campus);

/* Whether the offender has its burst on that day, the flood comes. */
bool campus_is_active(const struct campus_plan *plan, uint32_t offender, uint32_t day);
bool campus_is_flooded(const struct campus_plan *plan, uint32_t day);

struct addr campus_offender(uint32_t i);
int64_t campus_time(const struct campus_plan *plan, uint32_t day, uint32_t step);

/*
 * One step's batches: `hand_over` is called whenever the batch is full, and at the end, and returns
 * the batch to fill next.
 */
typedef struct batch *campus_hand_over_fn(void *context);
void campus_step(struct campus *campus, struct batch *b, uint32_t day, uint32_t step,
		 campus_hand_over_fn *hand_over, void *context);

#endif
