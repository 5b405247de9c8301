#include "wire/reset.h"

#include <string.h>

/* No padding, for it is hashed as bytes. */
struct marked {
	struct addr source, destination;
	uint16_t source_port, destination_port;
	uint32_t seq, ack, unused;
};
_Static_assert(sizeof(struct marked) == 48, "struct marked has padding");

static uint16_t mark_of(const struct hash_key *key, const struct marked *m)
{
	return (uint16_t)hash_bytes(key, m, sizeof(*m));
}

static bool is_before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

/* What the receiver of a segment waits for behind it. */
static uint32_t end_of(const struct packet *p)
{
	return p->seq + p->payload_length + !!(p->flags & TCP_SYN) + !!(p->flags & TCP_FIN);
}

static uint32_t later(uint32_t end, bool known, uint32_t edge)
{
	return known && is_before(end, edge) ? edge : end;
}

/* Data on a SYN is taken by few; who takes none waits for what follows the SYN alone. */
static uint32_t end_of_sender(const struct packet *p, bool known, uint32_t edge)
{
	return p->flags & TCP_SYN ? p->seq + 1 : later(end_of(p), known, edge);
}

/* How to reach an end: by the MAC address on its own frames, or on those to it. */
static void address(const struct packet *p, bool to_sender, struct reset *r)
{
	r->interface = p->interface;
	memcpy(r->mac, to_sender ? p->mac_source : p->mac_destination, sizeof(r->mac));
	r->tag_count = p->tag_count;
	memcpy(r->tags, p->tags, sizeof(r->tags));
	r->pppoe = p->pppoe;
	r->pppoe_session = p->pppoe_session;
	r->source = to_sender ? p->destination : p->source;
	r->destination = to_sender ? p->source : p->destination;
	r->source_port = to_sender ? p->destination_port : p->source_port;
	r->destination_port = to_sender ? p->source_port : p->destination_port;
}

static void mark(struct reset *r, const struct hash_key *key)
{
	const struct marked m = {
		.source = r->source,
		.destination = r->destination,
		.source_port = r->source_port,
		.destination_port = r->destination_port,
		.seq = r->seq,
		.ack = r->ack,
	};

	r->window = mark_of(key, &m);
}

void reset_plan(const struct packet *p, bool from_client, const struct reset_edges *edges,
		const struct hash_key *key, struct reset_pair *ret_)
{
	bool known = from_client ? edges->client_known : edges->server_known;
	uint32_t end = end_of_sender(p, known, from_client ? edges->client : edges->server);
	bool has_ack = p->flags & TCP_ACK;

	memset(ret_, 0, sizeof(*ret_));
	address(p, from_client, &ret_->client);
	address(p, !from_client, &ret_->server);
	/* The client may still be in SYN-SENT, where only what it sent so far can be acknowledged:
	 * so the segment to it always does. */
	ret_->client.has_ack = true;
	if (from_client) {
		ret_->client.seq = has_ack ? p->ack : 0;
		ret_->client.ack = end;
		ret_->server.seq = end;
	} else {
		ret_->client.seq = end;
		ret_->client.ack = p->ack;
		ret_->server.seq = p->ack;
	}
	mark(&ret_->client, key);
	mark(&ret_->server, key);
}

bool reset_is_own(const struct packet *p, const struct hash_key *key)
{
	const struct marked m = {
		.source = p->source,
		.destination = p->destination,
		.source_port = p->source_port,
		.destination_port = p->destination_port,
		.seq = p->seq,
		.ack = p->ack,
	};

	return (p->flags & TCP_RST) && p->payload_length == 0 && p->window == mark_of(key, &m);
}
