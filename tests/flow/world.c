#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/lpm.h"

static struct packet link_layer;

static void on_begin(void *context, struct flow *f)
{
	struct world *w = context;

	if (f->kind == FLOW_ATTEMPT)
		w->begun++;
	else
		w->unclassified++;
}

static void on_change(void *context, struct flow *f, bool news, bool final)
{
	struct world *w = context;

	assert_int_equal(f->kind, FLOW_ATTEMPT);
	assert_true(news || final);
	if (!final)
		return;
	w->finals++;
	w->connected += f->connected;
	w->open_at_end += !f->ended;
	w->outcomes[flow_outcome(f)]++;
	w->sent += f->bytes_sent;
	w->received += f->bytes_received;
	w->last = *f;
}

void world_link(uint8_t hops, uint8_t mac_last, int vlan)
{
	memset(&link_layer, 0, sizeof(link_layer));
	link_layer.hops = hops;
	link_layer.has_mac = true;
	link_layer.mac_source[0] = 2;
	link_layer.mac_source[5] = mac_last;
	link_layer.tag_count = vlan ? 1 : 0;
	link_layer.tags[0] = (struct vlan_tag){.tpid = 0x8100, .tci = (uint16_t)vlan};
}

static void add_internal(struct world *w, const char *text)
{
	static int mark;
	struct prefix p;

	assert_int_equal(prefix_parse(text, &p), 0);
	*lpm_get(w->internal, &p) = &mark;
}

void world_open(struct world *w, uint32_t capacity)
{
	struct hash_key key = {{1, 2}};
	struct tracker_sink sink = {.context = w, .begin = on_begin, .change = on_change};

	memset(w, 0, sizeof(*w));
	w->internal = lpm_new();
	add_internal(w, "10.0.0.0/8");
	add_internal(w, "fd00::/8");
	w->site.internal = w->internal;
	w->site.ports[25] = PORT_WATCHED;
	w->site.ports[26] = PORT_WATCHED;
	w->site.ports[465] = PORT_ALSO;
	w->now = INT64_C(1700000000) * SEC;
	w->tracker = tracker_new(&key, capacity, &sink);
	w->counters = tracker_counters(w->tracker);
	world_link(64, 7, 0);
}

void world_finish(struct world *w)
{
	while (tracker_finish(w->tracker, 100))
		;
}

void world_close(struct world *w)
{
	tracker_free(w->tracker);
	lpm_free(w->internal, NULL);
	memset(&w->tracker, 0, sizeof(w->tracker));
}

static struct flow *send(struct world *w, const struct packet *p, bool icmp)
{
	/* As the way does: which directions the mirror shows is told first. */
	if (!icmp)
		tracker_direction(w->tracker, p->time,
				  site_side(&w->site, &p->source) == SIDE_INTERNAL);
	return tracker_packet(w->tracker, &w->site, p, icmp);
}

static struct packet segment(struct world *w, const struct talk *t, bool client)
{
	static const uint8_t payload[2] = {'H', 'E'};
	struct packet p = link_layer;

	p.time = w->now;
	assert_int_equal(addr_parse(client ? t->client : t->server, &p.source), 0);
	assert_int_equal(addr_parse(client ? t->server : t->client, &p.destination), 0);
	p.source_port = client ? t->client_port : t->server_port;
	p.destination_port = client ? t->server_port : t->client_port;
	p.protocol = 6;
	p.payload = payload;
	return p;
}

static struct flow *segment_of(struct world *w, const struct talk *t, bool client, uint8_t flags,
			       uint32_t seq, uint32_t ack, uint32_t length)
{
	struct packet p = segment(w, t, client);

	p.flags = flags;
	p.seq = seq;
	p.ack = ack;
	p.payload_length = length;
	p.payload_captured = length < 2 ? length : 2;
	return send(w, &p, false);
}

struct flow *from_client(struct world *w, const struct talk *t, uint8_t flags, uint32_t seq,
			 uint32_t ack, uint32_t length)
{
	return segment_of(w, t, true, flags, seq, ack, length);
}

struct flow *from_server(struct world *w, const struct talk *t, uint8_t flags, uint32_t seq,
			 uint32_t ack, uint32_t length)
{
	return segment_of(w, t, false, flags, seq, ack, length);
}

struct flow *icmp_quotes(struct world *w, const struct talk *t, uint32_t seq)
{
	struct packet p = segment(w, t, true);

	p.seq = seq;
	return send(w, &p, true);
}
