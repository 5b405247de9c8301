/* Whom to ask: a host behind a router would not hear the question, and its silence prove nothing.
 */
#include "survey_parts.h"

#include <string.h>

/* What systems begin with: a frame that shows it has passed no router. */
static bool is_initial(uint8_t hops)
{
	return hops == 64 || hops == 128 || hops == 255;
}

static bool is_link_local(const struct addr *a)
{
	return a->b[0] == 0xfe && (a->b[1] & 0xc0) == 0x80;
}

enum host_rank hosts_rank(const struct packet *p)
{
	if (is_link_local(&p->source))
		return HOST_LINKED;
	return is_initial(p->hops) ? HOST_NEAR : HOST_NONE;
}

static bool is_same(const struct host *h, const struct probe *p)
{
	return h->rank != HOST_NONE && addr_equal(&h->probe.target, &p->target);
}

void hosts_note(struct host hosts[HOSTS_KEPT], enum host_rank rank, const struct probe *probe)
{
	struct host *least = &hosts[0];

	for (struct host *h = hosts; h < hosts + HOSTS_KEPT; h++) {
		if (is_same(h, probe)) {
			if (rank > h->rank)
				h->rank = rank;
			return;
		}
		if (h->rank < least->rank)
			least = h;
	}
	if (rank > least->rank)
		*least = (struct host){.rank = rank, .probe = *probe};
}

/* Whether a is rather to be asked than b: less often, then by what is known of it. */
static bool is_better(const struct host *a, const struct host *b)
{
	return a->asked != b->asked ? a->asked < b->asked : a->rank > b->rank;
}

bool hosts_next(struct host hosts[HOSTS_KEPT], struct probe *ret_)
{
	struct host *best = NULL;

	for (struct host *h = hosts; h < hosts + HOSTS_KEPT; h++)
		if (h->rank != HOST_NONE && (!best || is_better(h, best)))
			best = h;
	if (!best)
		return false;
	best->asked++;
	*ret_ = best->probe;
	return true;
}
