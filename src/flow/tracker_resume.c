/*
 * Connections that an earlier run knew.  Where the sides' numbers stand now nobody knows: the next
 * segments tell, and what was sent meanwhile is not counted.  Only of a SYN that nobody answered
 * the number stands, for its answer must fit it.
 */
#include <stddef.h>
#include <string.h>

#include "tracker_internal.h"

static uint32_t ticks_before(const struct tracker *t, int64_t age)
{
	if (age < 0)
		age = 0;
	if (age > TRACKER_STEP_MOST)
		age = TRACKER_STEP_MOST;
	return (uint32_t)((t->clock - age) / TRACKER_TICK);
}

static void forget_edges(struct flow *f)
{
	f->client_edge = f->syn_seen && !f->connected;
	f->client_next = f->client_shown = f->client_isn + 1;
	f->server_edge = false;
	f->server_next = f->server_shown = 0;
	f->client_fin = f->server_fin = f->ended;
}

struct flow *tracker_resume(struct tracker *t, const struct site *site, const struct flow *like,
			    int64_t age)
{
	struct tuple tuple = {.client = like->client,
			      .server = like->server,
			      .client_port = like->client_port,
			      .server_port = like->server_port};
	enum port_class port = site_port(site, like->server_port);
	struct flow *f = port == PORT_OTHER ? NULL : flows_insert(t->flows, &tuple, LIST_EMBRYO);

	if (!f)
		return NULL;
	memcpy(f, like, offsetof(struct flow, own));
	f->kind = FLOW_ATTEMPT;
	f->port_class = (uint8_t)port;
	forget_edges(f);
	if (f->syn_seen)
		flows_index_syn(t->flows, f);
	f->own.active = ticks_before(t, age);
	flows_touch(t->flows, f, tracker_list_of(f));
	t->counters.tracked = flows_used(t->flows);
	return f;
}
