/*
 * Connections from arbitrary segments: 12 bytes each, of a few hosts and servers, with numbers
 * close to one another.  Whatever comes, each attempt begins once, is told as final once, and
 * nothing is left over; the counters say what the sink was told.
 */
#include <stdlib.h>

#include "base/lpm.h"
#include "flow/tracker.h"
#include "fuzz.h"

#define CAPACITY 16
#define START	 INT64_C(1700000000000000)

struct world {
	struct tracker *tracker;
	uint64_t begun[FLOW_KIND_COUNT], ended, serial;
	bool alive[CAPACITY + 1];
};

static const struct site *site(void)
{
	static struct site s;
	static int mark;
	struct prefix p;

	if (!s.internal) {
		struct lpm *internal = lpm_new();

		FUZZ_MUST(internal && prefix_parse("10.0.0.0/8", &p) == 0);
		*lpm_get(internal, &p) = &mark;
		s.internal = internal;
		s.ports[25] = PORT_WATCHED;
		s.ports[587] = PORT_ALSO;
	}
	return &s;
}

static void on_begin(void *context, struct flow *f)
{
	struct world *w = context;
	uint32_t index = tracker_index(w->tracker, f);

	FUZZ_MUST(f->kind == FLOW_ATTEMPT || f->kind == FLOW_UNCLASSIFIED);
	FUZZ_MUST(index >= 1 && index <= CAPACITY && !w->alive[index]);
	FUZZ_MUST(f->serial > w->serial || f->kind == FLOW_UNCLASSIFIED);
	FUZZ_MUST(site_side(site(), &f->server) == SIDE_EXTERNAL);
	FUZZ_MUST(site_side(site(), &f->client) ==
		  (f->kind == FLOW_ATTEMPT ? SIDE_INTERNAL : SIDE_EXTERNAL));
	FUZZ_MUST(f->server_port == 25 || f->server_port == 587);
	w->serial = f->serial > w->serial ? f->serial : w->serial;
	w->alive[index] = f->kind == FLOW_ATTEMPT; /* of others no end is told */
	w->begun[f->kind]++;
}

static void on_change(void *context, struct flow *f, bool news, bool final)
{
	struct world *w = context;
	uint32_t index = tracker_index(w->tracker, f);

	FUZZ_MUST(w->alive[index] && f->kind == FLOW_ATTEMPT && (news || final));
	FUZZ_MUST(flow_outcome(f) < OUTCOME_COUNT && f->last >= f->started);
	FUZZ_MUST(f->told_bytes_sent <= f->bytes_sent);
	FUZZ_MUST(f->bytes_sent == 0 || f->connected || f->encrypted || f->client_edge);
	FUZZ_MUST(f->tag_count <= PACKET_TAGS);
	if (final) {
		w->alive[index] = false;
		w->ended++;
	}
}

static struct addr end_of(uint8_t which)
{
	static const uint8_t ends[8][4] = {{10, 0, 0, 1},     {10, 0, 0, 2},	 {10, 0, 0, 3},
					   {198, 51, 100, 1}, {198, 51, 100, 2}, {203, 0, 113, 1},
					   {224, 0, 0, 1},    {198, 51, 100, 3}};

	return addr_from_v4(ends[which % 8]);
}

static uint16_t port_of(uint8_t which)
{
	static const uint16_t ports[4] = {25, 587, 40000, 40001};

	return ports[which % 4];
}

/* Numbers that lie around where they wrap, and far ones. */
static uint32_t number_of(uint8_t near, uint8_t far)
{
	return (uint32_t)near * 4 - 256 + (far > 250 ? UINT32_C(0x80000000) : far % 4);
}

static void take(struct world *w, const uint8_t *at, int64_t *now)
{
	struct packet p = {
		.source = end_of(at[0]),
		.destination = end_of((uint8_t)(at[0] >> 3)),
		.source_port = port_of(at[1]),
		.destination_port = port_of((uint8_t)(at[1] >> 2)),
		.hops = at[1] >> 4,
		.flags = at[2] & 0x1f,
		.seq = number_of(at[3], at[4]),
		.ack = number_of(at[5], at[6]),
		.payload = at,
		.payload_length = at[7] & 128 ? at[8] * 16u : 0,
		.payload_captured = at[7] & 128 ? at[8] % 12 : 0,
		.protocol = 6,
		.has_mac = at[7] & 64,
		.tag_count = at[7] & 3,
	};
	bool icmp = (at[7] & 32) != 0;
	struct flow *f;

	if (p.payload_captured > p.payload_length)
		p.payload_captured = p.payload_length;
	*now += (at[7] & 16 ? -1 : 1) * (int64_t)at[9] * at[9] * at[9] * 100;
	p.time = *now;
	tracker_clock(w->tracker, p.time);
	if (at[10] & 1)
		tracker_direction(w->tracker, at[10] & 2, at[10] >> 4);
	f = tracker_packet(w->tracker, site(), &p, icmp);
	if (f)
		FUZZ_MUST(tracker_index(w->tracker, f) <= CAPACITY);
	if (at[11] & 1)
		tracker_tick(w->tracker, *now + at[11] * INT64_C(1000000), at[11]);
	if (at[11] & 2)
		tracker_collect(w->tracker, (at[11] & 4) != 0, at[11] >> 3);
	FUZZ_MUST(tracker_counters(w->tracker)->tracked <= CAPACITY);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct hash_key key = {{1, 2}};
	struct world w = {0};
	struct tracker_sink sink = {.context = &w, .begin = on_begin, .change = on_change};
	const struct tracker_counters *c;
	struct bytes in = bytes_of(data, size);
	const uint8_t *at;
	int64_t now = START;

	w.tracker = tracker_new(&key, CAPACITY, &sink);
	FUZZ_MUST(w.tracker != NULL);
	c = tracker_counters(w.tracker);
	while ((at = bytes_take(&in, 12)))
		take(&w, at, &now);
	while (tracker_finish(w.tracker, 7))
		;
	FUZZ_MUST(c->attempts == w.begun[FLOW_ATTEMPT]);
	FUZZ_MUST(c->unclassified == w.begun[FLOW_UNCLASSIFIED]);
	FUZZ_MUST(w.ended == w.begun[FLOW_ATTEMPT] && c->tracked == 0);
	tracker_free(w.tracker);
	return 0;
}
