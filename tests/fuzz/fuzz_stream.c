/*
 * Segments in any order, from arbitrary bytes.  The first byte chooses: one side's stream against a
 * model (each byte is a function of its place, so what is handed on must be just that, in order,
 * and no piece may be lost from the pool); or whole dialogues, for what must hold whatever is said.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/flow/dialogs_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
	if (!condition)
		abort();
}

/* --- one side --------------------------------------------------------------------------------- */

static uint8_t byte_at(uint32_t place)
{
	return (uint8_t)(place * 7 + place / 251);
}

static void check_handed(const uint8_t *data, size_t n, uint32_t place)
{
	for (size_t i = 0; i < n; i++)
		must(data[i] == byte_at(place + (uint32_t)i));
}

/* Hands on what is ready; with `skip`, over a hole too. */
static void hand_on(struct stream *s, struct stream_pool *pool, bool skip)
{
	struct stream_piece *p;

	if (skip)
		stream_skip(s, stream_hole(s, pool));
	while ((p = stream_ready(s, pool))) {
		size_t n = (size_t)(p->length - p->from);

		check_handed(p->data + p->from, n, s->next);
		stream_skip(s, stream_advance_piece(s, pool, n));
	}
}

static void one_side(const uint8_t *data, size_t size)
{
	static struct stream_pool pool;
	struct stream s = {0};
	bool differs = false;
	uint8_t bytes[256];

	stream_pool_init(&pool);
	stream_begin(&s, (uint32_t)-300); /* numbers wrap soon */
	for (size_t i = 0; i + 3 < size; i += 4) {
		uint32_t seq = (uint32_t)-300 + data[i] * 4u + (data[i + 1] & 3u);
		struct stream_segment g = {.seq = seq, .data = bytes, .length = data[i + 2]};

		g.captured = data[i + 3] & 64 ? g.length / 2 : g.length;
		for (uint32_t at = 0; at < g.captured; at++)
			bytes[at] = byte_at(seq + at);
		if (data[i + 3] & 32 && !s.head)
			stream_skip_hearsay(&s, data[i + 1]);
		stream_take_back(&s, &g);
		must(!stream_trim(&s, &g));
		if (g.length > 0 && stream_distance(g.seq, s.next) >= 0)
			stream_hold(&s, &pool, &g, &differs);
		must(s.held <= STREAM_HELD && s.held + pool.free_count == STREAM_POOL);
		hand_on(&s, &pool, data[i + 3] & 128);
	}
	while (s.head)
		hand_on(&s, &pool, true);
	must(!differs);
	must(pool.free_count == STREAM_POOL && s.held == 0 && !s.last);
}

/* --- dialogues -------------------------------------------------------------------------------- */

#define FLOWS 4

static uint32_t held_of(const struct dialogs *d)
{
	return STREAM_POOL - d->pool.free_count;
}

static void refusal(void *context, struct flow *f, const struct smtp_reply *reply)
{
	(void)context;
	must(f != NULL && reply->code >= 400 && reply->code <= 599);
}

static void nothing(void *context, struct flow *f)
{
	(void)context;
	must(f != NULL);
}

static void segment(struct dialogs *d, struct flow *flows, const uint8_t *at,
		    const uint8_t *payload, size_t n, int64_t now)
{
	uint32_t index = 1 + (at[0] & 3u) % FLOWS;
	struct flow *f = &flows[index];
	bool client = at[0] & 4;
	struct packet p = {
		.time = now,
		.source_port = client ? 40000 : 25,
		.destination_port = client ? 25 : 40000,
		.source = client ? f->client : f->server,
		.destination = client ? f->server : f->client,
		.seq = (client ? 1000u : 5000u) + at[1] * 16u + (at[2] & 15u),
		.ack = (client ? 5000u : 1000u) + at[3] * 16u + (at[2] >> 4),
		.flags = (uint8_t)(TCP_ACK | (at[0] & 8 ? TCP_FIN : 0)),
		.payload = payload,
		.payload_captured = (uint32_t)n,
		.payload_length = (uint32_t)n + (at[0] & 16 ? 100u : 0),
	};

	if (at[0] & 32)
		p.flags &= (uint8_t)~TCP_ACK;
	*(client ? &f->client_next : &f->server_next) = p.seq + p.payload_length;
	if (p.flags & TCP_ACK && at[0] & 64) /* the tracker may believe it, or not */
		*(client ? &f->server_next : &f->client_next) = p.ack;
	f->server_edge = f->server_edge || !client || (at[0] & 64);
	f->client_edge = f->client_edge || client;
	dialogs_segment(d, index, f, &p, now);
	if (at[0] & 128)
		dialogs_end(d, index, now);
}

static void dialogues(const uint8_t *data, size_t size)
{
	const struct dialogs_sink sink = {.refusal = refusal, .late = nothing, .evict = nothing};
	struct dialogs *d = dialogs_new(FLOWS, &sink);
	struct flow flows[FLOWS + 1] = {0};
	int64_t now = 0;

	must(d != NULL);
	for (uint32_t i = 1; i <= FLOWS; i++) {
		flows[i].client = addr_from_v4((const uint8_t[]){10, 0, 0, (uint8_t)i});
		flows[i].server = addr_from_v4((const uint8_t[]){198, 51, 100, 4});
		flows[i].client_port = 40000;
		flows[i].server_port = 25;
	}
	while (size >= 6) {
		size_t n = data[4] < size - 6 ? data[4] : size - 6;

		now += data[5] * INT64_C(20000);
		segment(d, flows, data, data + 6, n, now);
		must(held_of(d) <= 2 * STREAM_HELD * FLOWS);
		data += 6 + n;
		size -= 6 + n;
	}
	for (uint32_t i = 1; i <= FLOWS; i++) {
		const struct dialogue *x = dialogs_find(d, i);

		dialogs_flush(d, i);
		must(!x || x->smtp.facts.messages <= x->smtp.facts.replies);
		dialogs_forget(d, i);
	}
	must(held_of(d) == 0 && !d->used[0].first && !d->used[1].first && !d->waiting.first &&
	     !d->ending.first);
	dialogs_free(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	if (data[0] & 1)
		one_side(data + 1, size - 1);
	else
		dialogues(data + 1, size - 1);
	return 0;
}
