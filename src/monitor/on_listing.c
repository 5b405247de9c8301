#include "on_listing.h"

#include "base/moment.h"
#include "base/text.h"

static bool is_cause(const struct listing *l, const struct config *c)
{
	return l->finding && l->news != LISTING_TOLD && l->has_address && !l->is_policy &&
	       (l->configured || c->public_count == 0);
}

static void fill(const struct listing *l, const struct config *c, int64_t now,
		 struct incident_wish *w)
{
	char server[ADDR_TEXT], client[ADDR_TEXT];

	w->reset = c->incident_on_listing == ON_LISTING_RESET;
	w->since = now - ON_LISTING_BEFORE;
	w->length = w->reset ? INCIDENT_LENGTH_RESET : INCIDENT_LENGTH;
	w->any = !l->configured;
	addr_format(&l->address, w->address);
	text_print(w->reason, sizeof(w->reason), "blacklisted: %s, as %s told %s", l->list,
		   addr_format(&l->server, server), addr_format(&l->client, client));
	policy_print(c->policy, w->policy, sizeof(w->policy));
}

bool on_listing_wish(const struct batch *batch, const struct config *c, int64_t now,
		     struct incident_wish *ret_)
{
	if (c->incident_on_listing == ON_LISTING_OFF)
		return false;
	for (uint32_t i = 0; i < batch_listing_count(batch); i++)
		if (is_cause(batch_listing(batch, i), c)) {
			fill(batch_listing(batch, i), c, now, ret_);
			return true;
		}
	return false;
}
