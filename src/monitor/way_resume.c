/* What outlasts a run, and a clock that is set. */
#include "way_internal.h"

/*
 * What was open and had said enough was taken as evidence then, as was what has ended: see is_due()
 * of way.c.
 */
static bool was_weighed(const struct flow *f)
{
	return f->ended || ((f->sent || f->rejected) && f->last - f->started > WAY_SAID);
}

bool way_resume(struct way *w, uint64_t id, const struct flow *like, int64_t age)
{
	struct flow *f = tracker_resume(w->tracker, w->site, like, age);

	if (!f)
		return false;
	/* Unsigned: ids of earlier runs lie below the base. */
	f->serial = id - w->options.id_base;
	f->weighed = was_weighed(f);
	f->answered = f->connected;
	w->resumed += !f->answered;
	offence_told(f, NULL);
	resets_begin(w->resets, tracker_index(w->tracker, f));
	return true;
}

/* What was noted of the frames' clock goes with it. */
static void shift(struct way *w, int64_t step)
{
	w->newest += w->newest ? step : 0;
	for (unsigned int i = 0; i < HEALTH_INTERFACES; i++)
		w->interfaces[i].last_frame += w->interfaces[i].last_frame ? step : 0;
	if (w->frozen.until != INT64_MAX) {
		w->frozen.since += step;
		w->frozen.until += step;
	}
}

void way_set_clock(struct way *w, int64_t ahead, int64_t steady)
{
	int64_t step = ahead - w->ahead;

	if (w->latest && (step > MOMENT_SECOND || step < -MOMENT_SECOND))
		shift(w, step);
	w->ahead = ahead;
	w->latest = steady;
}
