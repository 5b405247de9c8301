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
	offence_told(f, NULL);
	resets_begin(w->resets, tracker_index(w->tracker, f));
	return true;
}

void way_set_clock(struct way *w, int64_t ahead)
{
	w->ahead = ahead;
}
