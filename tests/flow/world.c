#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/lpm.h"

struct world w;
const struct talk bot = {"10.0.3.77", "198.51.100.4", 40000, 25};

static struct packet link_layer;

static void on_begin(void *context, struct flow *f)
{
	struct world *at = context;

	if (f->kind == FLOW_ATTEMPT)
		at->begun++;
	else
		at->unclassified++;
}

static void on_change(void *context, struct flow *f, bool news, bool final)
{
	struct world *at = context;

	assert_int_equal(f->kind, FLOW_ATTEMPT);
	assert_true(news || final);
	if (!final)
		return;
	at->finals++;
	at->connected += f->connected;
	at->open_at_end += !f->ended;
	at->outcomes[flow_outcome(f)]++;
	at->sent += f->bytes_sent;
	at->received += f->bytes_received;
	at->last = *f;
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

static void add_internal(struct world *at, const char *text)
{
	static int mark;
	struct prefix p;

	assert_int_equal(prefix_parse(text, &p), 0);
	*lpm_get(at->internal, &p) = &mark;
}

void world_open(struct world *at, uint32_t capacity)
{
	struct hash_key key = {{1, 2}};
	struct tracker_sink sink = {.context = at, .begin = on_begin, .change = on_change};

	memset(at, 0, sizeof(*at));
	at->internal = lpm_new();
	add_internal(at, "10.0.0.0/8");
	add_internal(at, "fd00::/8");
	at->site.internal = at->internal;
	at->site.ports[25] = PORT_WATCHED;
	at->site.ports[26] = PORT_WATCHED;
	at->site.ports[465] = PORT_ALSO;
	at->now = INT64_C(1700000000) * SEC;
	at->tracker = tracker_new(&key, capacity, &sink);
	at->counters = tracker_counters(at->tracker);
	world_link(64, 7, 0);
}

void world_finish(struct world *at)
{
	while (tracker_finish(at->tracker, 100))
		;
}

void world_close(struct world *at)
{
	tracker_free(at->tracker);
	lpm_free(at->internal, NULL);
	memset(&at->tracker, 0, sizeof(at->tracker));
}

static struct flow *send(struct world *at, const struct packet *p, bool icmp)
{
	tracker_clock(at->tracker, p->time);
	/* As the way does: which directions the mirror shows is told first. */
	if (!icmp)
		tracker_direction(at->tracker, site_side(&at->site, &p->source) == SIDE_INTERNAL,
				  TRACKER_SURE);
	return tracker_packet(at->tracker, &at->site, p, icmp);
}

static struct packet segment(struct world *at, const struct talk *t, bool client)
{
	static const uint8_t payload[2] = {'H', 'E'};
	struct packet p = link_layer;

	p.time = at->now;
	assert_int_equal(addr_parse(client ? t->client : t->server, &p.source), 0);
	assert_int_equal(addr_parse(client ? t->server : t->client, &p.destination), 0);
	p.source_port = client ? t->client_port : t->server_port;
	p.destination_port = client ? t->server_port : t->client_port;
	p.protocol = 6;
	p.payload = payload;
	return p;
}

static struct flow *segment_of(struct world *at, const struct talk *t, bool client, uint8_t flags,
			       uint32_t seq, uint32_t ack, uint32_t length)
{
	struct packet p = segment(at, t, client);

	p.flags = flags;
	p.seq = seq;
	p.ack = ack;
	p.payload_length = length;
	p.payload_captured = length < 2 ? length : 2;
	return send(at, &p, false);
}

struct flow *from_client(struct world *at, const struct talk *t, uint8_t flags, uint32_t seq,
			 uint32_t ack, uint32_t length)
{
	return segment_of(at, t, true, flags, seq, ack, length);
}

struct flow *from_server(struct world *at, const struct talk *t, uint8_t flags, uint32_t seq,
			 uint32_t ack, uint32_t length)
{
	return segment_of(at, t, false, flags, seq, ack, length);
}

struct flow *icmp_quotes(struct world *at, const struct talk *t, uint32_t seq)
{
	struct packet p = segment(at, t, true);

	p.seq = seq;
	return send(at, &p, true);
}

int world_setup(void **state)
{
	(void)state;
	world_open(&w, 4096);
	return 0;
}

int world_teardown(void **state)
{
	(void)state;
	world_close(&w);
	return 0;
}

void handshake(const struct talk *t, uint32_t isn, uint32_t server_isn)
{
	from_client(&w, t, TCP_SYN, isn, 0, 0);
	w.now += 10 * MS;
	from_server(&w, t, TCP_SYN | TCP_ACK, server_isn, isn + 1, 0);
	w.now += MS;
	from_client(&w, t, TCP_ACK, isn + 1, server_isn + 1, 0);
	w.now += MS;
}

void expect(unsigned int attempts, unsigned int connected)
{
	world_finish(&w);
	assert_int_equal(w.begun, attempts);
	assert_int_equal(w.finals, attempts);
	assert_int_equal(w.counters->attempts, attempts);
	assert_int_equal(w.connected, connected);
	assert_int_equal(w.counters->tracked, 0);
}
