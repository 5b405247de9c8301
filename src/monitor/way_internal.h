/* way_internal: what the files of way share. */
#ifndef EGRESS25_SRC_MONITOR_WAY_INTERNAL_H
#define EGRESS25_SRC_MONITOR_WAY_INTERNAL_H

#include "base/moment.h"
#include "flow/dialogs.h"
#include "flow/neighbours.h"
#include "flow/tracker.h"
#include "judge/crowd.h"
#include "judge/offence.h"
#include "judge/resets.h"
#include "monitor/inquiry.h"
#include "monitor/way.h"
#include "wire/decode.h"
#include "wire/defrag.h"
#include "wire/glance.h"

/* An open connection that was answered has said enough. */
#define WAY_SAID (10 * MOMENT_SECOND)

struct way {
	struct way_options options;
	const struct policy *policy;
	const struct site *site;
	struct batch *batch;

	struct defrag *defrag;
	struct tracker *tracker;
	struct neighbours *neighbours;
	struct dialogs *dialogs;
	struct inquiry *inquiry;
	struct resets *resets;
	struct crowd *crowd;
	struct way_resets sender;
	struct {
		const struct prefix *never;
		size_t count;
	} protected;

	struct {
		int64_t since, until;
	} frozen; /* mail servers may not send */

	bool finishing;
	int64_t ahead, latest; /* see way_set_clock() */
	uint64_t resumed;      /* attempts of an earlier run, that nobody had answered */
	uint64_t packets;
	uint32_t until_sample;
	int64_t sampled; /* stamp of the last frame that was */
	int64_t newest;
	uint64_t decoded[DECODE_COUNT];
	uint64_t foreign_tunnels;
	uint64_t batch_lost[BATCH_LOSS_COUNT];
	struct pressures pressures;
	uint64_t answered; /* attempts */
	uint64_t crowded;  /* attempts of hosts that were not told apart */
	struct {
		uint64_t received, outward, inward;
		int64_t last_frame;
	} interfaces[HEALTH_INTERFACES];
	struct health_example examples[HEALTH_EXAMPLES];
	uint8_t example_count;
};

/* way_health.c: looks at what grows fast. */
void way_note_pressure(struct way *w);

/* By the clock that nobody sets.  A stamp of a moment before the other one was set is now's. */
static inline int64_t way_clock(const struct way *w, int64_t stamp)
{
	int64_t at = stamp - w->ahead;

	return w->latest && at > w->latest + MOMENT_SECOND ? w->latest : at;
}

#endif
