/* What earlier runs knew. */
#include "watch_internal.h"

#include "base/moment.h"

static void restore(void *context, const struct addr *host, const void *blob, size_t size)
{
	way_restore(context, host, blob, size);
}

static bool resume(void *context, uint64_t id, const struct flow *f)
{
	return way_resume(context, id, f, moment_now() - f->last);
}

int watch_load_past(struct watch *w)
{
	int64_t now = moment_now();
	int result;

	watch_clock(w);
	way_tick(w->way, now);
	result = store_load_evidence(w->store, restore, w->way);
	if (result == 0)
		result = store_load_open(w->store, now, resume, w->way);
	return result;
}
