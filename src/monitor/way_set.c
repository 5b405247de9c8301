/* What is in force on the way, and may be changed while frames come. */
#include "way_internal.h"

void way_set_policy(struct way *w, const struct policy *policy)
{
	w->policy = policy;
	w->site = policy_site(policy);
	inquiry_set_policy(w->inquiry, policy);
	resets_set_policy(w->resets, policy, w->protected.never, w->protected.count);
}

void way_set_resets(struct way *w, const struct way_resets *resets)
{
	w->sender = *resets;
	resets_set_via(w->resets, resets->via);
}

void way_set_protected(struct way *w, const struct prefix *never, size_t count, uint32_t limit)
{
	w->protected.never = never;
	w->protected.count = count;
	resets_set_policy(w->resets, w->policy, never, count);
	resets_set_limit(w->resets, limit);
}

void way_set_reset_mode(struct way *w, enum reset_mode mode)
{
	resets_set_mode(w->resets, mode);
}

void way_set_frozen(struct way *w, int64_t since, int64_t until)
{
	w->frozen.since = since;
	w->frozen.until = until;
}

void way_set_public(struct way *w, const struct addr *addresses, size_t count)
{
	inquiry_set_public(w->inquiry, addresses, count);
}

void way_restore(struct way *w, const struct addr *host, const void *blob, size_t size)
{
	crowd_admit(w->crowd, host, true, tracker_now(w->tracker));
	inquiry_restore(w->inquiry, host, blob, size);
}

void way_set_batch(struct way *w, struct batch *batch)
{
	w->batch = batch;
}
