/*
 * Time is a clock of the tracker's own that never runs back: it follows the stamps, stands still
 * while they are behind, and goes on from there where they stay more than STEP_BACK behind for
 * STEP_AFTER: a clock was set back.  Interfaces whose clocks differ take turns; that is none.  Over
 * STEP_AHEAD it leaps only when a second frame says so: one wild stamp must not end everything.
 */
#include "tracker_internal.h"

#define STEP_BACK  (60 * TRACKER_SECOND)
#define STEP_AFTER (10 * TRACKER_SECOND)
#define STEP_AHEAD (86400 * TRACKER_SECOND)

/* The stamp went on for STEP_AFTER without coming back to the clock: it is the clock's now. */
static void step_back(struct tracker *t, int64_t at)
{
	int64_t passed = at - t->behind_from;

	if (!t->behind) {
		t->behind = true;
		t->behind_from = at;
	} else if (passed < 0) {
		t->behind_from = at;
	} else if (passed > STEP_AFTER) {
		t->offset += t->clock + passed - at;
		t->clock += passed;
		t->behind = false;
	}
}

/* Whether a stamp far ahead may be believed: the one before was there too. */
static bool step_ahead(struct tracker *t, int64_t at)
{
	bool again = t->ahead && at >= t->ahead_from - TRACKER_SECOND;

	t->ahead = !again;
	t->ahead_from = at;
	return again;
}

void tracker_clock(struct tracker *t, int64_t stamp)
{
	int64_t at;

	if (!t->running) {
		t->running = true;
		t->offset = -stamp;
		t->stamp = stamp;
	}
	if (stamp < t->stamp - TRACKER_SECOND)
		t->counters.back_jumps++;
	t->stamp = stamp;
	at = stamp + t->offset;
	if (at < t->clock - STEP_BACK) {
		step_back(t, at);
		return;
	}
	t->behind = false;
	if (at > t->clock + STEP_AHEAD && !step_ahead(t, at))
		return;
	t->ahead = false;
	if (at > t->clock + TRACKER_STEP_MOST) {
		t->offset -= at - (t->clock + TRACKER_STEP_MOST);
		at = t->clock + TRACKER_STEP_MOST;
	}
	if (at > t->clock)
		t->clock = at;
}
