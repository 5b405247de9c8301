/*
 * A clock that is set, by hand or by a time server, sets the frames' stamps.  What is recorded has
 * them; what lasts a while is measured by the clock that nobody sets: way_set_clock().
 */
#include "watch_internal.h"

#include "base/log.h"
#include "base/moment.h"

#define STEP MOMENT_SECOND /* less is a clock that is steered */

static void say_step(struct watch *w, int64_t step, int64_t steady)
{
	if (w->clock.said && steady - w->clock.said < MOMENT_MINUTE)
		return;
	w->clock.said = steady;
	log_say("the clock was set %s by %lld s: what comes now is recorded under the new time",
		step > 0 ? "forward" : "back",
		(long long)(((step > 0 ? step : -step) + MOMENT_SECOND / 2) / MOMENT_SECOND));
}

void watch_clock(struct watch *w)
{
	int64_t steady = moment_since_boot(), ahead = moment_now() - steady;
	int64_t step = ahead - w->clock.ahead;

	if (w->clock.known && (step > STEP || step < -STEP))
		say_step(w, step, steady);
	w->clock.known = true;
	w->clock.ahead = ahead;
	way_set_clock(w->way, ahead, steady);
}
