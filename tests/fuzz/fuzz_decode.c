/*
 * Frames through the decoder and the reassembly of fragments: of any link type, in tunnels, cut by
 * the capture.  What is told points into what was given; what was read of a cut frame is what
 * stands in the whole one; and a segment planned in answer is known again.
 */
#include <stdlib.h>
#include <string.h>

#include "frames.h"
#include "wire/decode.h"
#include "wire/defrag.h"
#include "wire/probe.h"
#include "wire/reset.h"

static const struct hash_key key = {{1, 2}};

static void within(const uint8_t *data, size_t length, const uint8_t *part, size_t size)
{
	FUZZ_MUST(part >= data && part <= data + length);
	FUZZ_MUST(size <= (size_t)(data + length - part));
}

static void check_fragment(const uint8_t *data, size_t length, const struct packet *p)
{
	within(data, length, p->fragment, p->fragment_captured);
	FUZZ_MUST(p->fragment_captured <= p->fragment_length && p->fragment_length > 0);
	FUZZ_MUST(p->fragment_offset + p->fragment_length <= 65535);
	FUZZ_MUST(p->fragment_offset % 8 == 0);
	FUZZ_MUST(!p->fragment_more || p->fragment_length % 8 == 0);
}

/* What holds of any answer; data is what the packet may point into. */
static void check_packet(const uint8_t *data, size_t length, enum decode outcome,
			 const struct packet *p)
{
	FUZZ_MUST(outcome < DECODE_COUNT);
	fuzz_harmless(decode_name(outcome));
	if (outcome >= DECODE_BAD_LINK || outcome == DECODE_NOT_IP)
		return;
	FUZZ_MUST(p->tag_count <= PACKET_TAGS && p->tunnel < TUNNEL_COUNT);
	FUZZ_MUST(p->depth <= DECODE_DEPTH && p->carrier_count <= PACKET_CARRIERS);
	if (outcome == DECODE_TCP || outcome == DECODE_UDP) {
		within(data, length, p->payload, p->payload_captured);
		FUZZ_MUST(p->payload_captured <= p->payload_length);
		FUZZ_MUST(p->payload_length <= 65535 || data);
		FUZZ_MUST(p->protocol == (outcome == DECODE_TCP ? 6 : 17));
	}
	if (outcome == DECODE_UDP)
		FUZZ_MUST(p->source_port == 53 || p->destination_port == 53);
	if (outcome == DECODE_FRAGMENT)
		check_fragment(data, length, p);
}

static void check_talk(const struct frame *f, const struct packet *p)
{
	struct neighbour_talk talk;
	uint8_t out[PROBE_ROOM];
	const uint8_t own[6] = {2, 0, 0, 0, 0, 1};
	struct probe probe = {.tag_count = p->tag_count};

	if (!probe_read(f, p, &talk))
		return;
	probe.target = talk.sender;
	memcpy(probe.tags, p->tags, sizeof(probe.tags));
	FUZZ_MUST(probe_build(&probe, own, out) <= sizeof(out));
}

/* A RST as its plan says, as it would be seen again. */
static struct packet seen_again(const struct reset *r)
{
	return (struct packet){
		.source = r->source,
		.destination = r->destination,
		.source_port = r->source_port,
		.destination_port = r->destination_port,
		.seq = r->seq,
		.ack = r->has_ack ? r->ack : 0,
		.flags = r->has_ack ? TCP_RST | TCP_ACK : TCP_RST,
		.window = r->window,
		.protocol = 6,
	};
}

static void check_answer(const struct packet *p)
{
	struct reset_edges edges = {.client_known = p->window & 1,
				    .server_known = p->window & 2,
				    .client = p->seq + p->payload_length,
				    .server = p->ack};
	struct reset_pair pair;
	struct packet again;

	if (!(p->flags & (TCP_SYN | TCP_ACK)) || p->flags & TCP_RST)
		return;
	reset_plan(p, p->window & 4, &edges, &key, &pair);
	again = seen_again(&pair.client);
	FUZZ_MUST(reset_is_own(&again, &key));
	again = seen_again(&pair.server);
	FUZZ_MUST(reset_is_own(&again, &key));
}

/* The same frame, cut by the capture: what is told of it is told of the whole one too. */
static void check_cut(const struct frame *whole, enum decode outcome, const struct packet *p)
{
	struct packet q;
	struct frame f = *whole;
	enum decode cut;

	f.captured -= f.captured / 4;
	cut = decode_frame(&f, &q);
	check_packet(f.data, f.captured, cut, &q);
	if (cut != DECODE_TCP && cut != DECODE_ICMP_ERROR)
		return;
	FUZZ_MUST(cut == outcome);
	FUZZ_MUST(addr_equal(&p->source, &q.source) && addr_equal(&p->destination, &q.destination));
	FUZZ_MUST(p->source_port == q.source_port && p->destination_port == q.destination_port);
	FUZZ_MUST(p->seq == q.seq && p->tag_count == q.tag_count && p->depth == q.depth);
	if (cut == DECODE_TCP)
		FUZZ_MUST(p->flags == q.flags && p->ack == q.ack &&
			  q.payload_captured <= p->payload_captured &&
			  memcmp(p->payload, q.payload, q.payload_captured) == 0);
}

/* Its memory is taken for the first fragment alone: it costs more than a hundred frames. */
static bool add(struct defrag **d, struct packet *p, const uint8_t **data, size_t *length)
{
	if (!*d)
		*d = defrag_new(&key);
	FUZZ_MUST(*d != NULL);
	return defrag_add(*d, p, p, data, length);
}

static void take(struct defrag **d, const struct frame *f)
{
	const uint8_t *data = f->data;
	size_t length = f->captured;
	struct packet p;
	enum decode outcome = decode_frame(f, &p);
	int rounds = 0;

	check_packet(data, length, outcome, &p);
	check_cut(f, outcome, &p);
	if (outcome == DECODE_NOT_IP || outcome == DECODE_OTHER_IP)
		check_talk(f, &p);
	while (outcome == DECODE_FRAGMENT && add(d, &p, &data, &length)) {
		FUZZ_MUST(++rounds <= DECODE_DEPTH && length <= 65535);
		outcome = decode_datagram(&p, data, length, &p);
		check_packet(data, length, outcome, &p);
	}
	if (outcome == DECODE_TCP)
		check_answer(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct frames frames = frames_of(data, size);
	struct defrag *d = NULL;
	struct frame f;

	while (frames_next(&frames, &f))
		take(&d, &f);
	defrag_free(d);
	return 0;
}
