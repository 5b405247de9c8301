#include "incident_watch.h"

/* Numbers begin anew where another record took the place of the first. */
static bool is_same(const struct incident_order *a, const struct incident_order *b)
{
	return a->id == b->id && a->opened == b->opened;
}

static enum incident_change end(struct incident_watch *w, enum incident_change why)
{
	w->ended = why == INCIDENT_LIMIT ? w->order : (struct incident_order){0};
	w->order = (struct incident_order){0};
	return why;
}

/* A freeze that is over, or was when a restart found it, is none. */
static void take(struct incident_watch *w, const struct incident_order *record, int64_t now,
		 int64_t steady)
{
	w->order = *record;
	w->deadline = steady + (record->until - now);
	w->thaw = steady + (record->frozen_until - now);
	if (now >= record->frozen_until)
		w->order.freeze = false;
}

static enum incident_change begin(struct incident_watch *w, const struct incident_order *record,
				  int64_t now, int64_t steady)
{
	take(w, record, now, steady);
	/* After a restart its limit may have passed: it takes no effect, but its end is told. */
	if (now >= record->until)
		return end(w, INCIDENT_LIMIT);
	w->ended = (struct incident_order){0};
	return INCIDENT_OPENED;
}

enum incident_change incident_watch_update(struct incident_watch *w,
					   const struct incident_order *record, int64_t now,
					   int64_t steady)
{
	if (w->order.id && (now >= w->order.until || steady >= w->deadline))
		return end(w, INCIDENT_LIMIT);
	if (w->order.id && !is_same(&w->order, record))
		return end(w, INCIDENT_CLOSED);
	if (w->order.id && w->order.revision != record->revision) {
		take(w, record, now, steady);
		return INCIDENT_CHANGED;
	}
	if (w->order.freeze && (now >= w->order.frozen_until || steady >= w->thaw)) {
		w->order.freeze = false;
		return INCIDENT_THAWED;
	}
	if (record->id == 0)
		w->ended = (struct incident_order){0};
	else if (!w->order.id && !is_same(&w->ended, record))
		return begin(w, record, now, steady);
	return INCIDENT_SAME;
}
