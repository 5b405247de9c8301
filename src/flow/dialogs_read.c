/*
 * In which order two sides' bytes are read.
 *
 * A mirror may show the two directions swapped, and each on its own may lose or reorder segments.
 * But each segment acknowledges what its sender had received; so it is handed on only once the
 * other side's bytes were handed on up to there.  A reply then always follows the command that it
 * answers, and a body the 354 that asked for it, whatever the mirror did.  And the difference
 * between what the server had said and what the client had acknowledged when it spoke tells exactly
 * who did not wait.
 *
 * Bytes that are missing, by sequence number or because the other side acknowledged them, are
 * awaited for DIALOGS_WAIT, or until STREAM_HELD pieces are held.  Then they are given up: a hole.
 * An acknowledgement may lie, as far as the tracker believes it: where the bytes are sent after all
 * they are read after all.
 * What the client sends behind DATA, say, while the reply is still to come, waits without a limit
 * of time, for its meaning depends on that reply.
 */
#include "dialogs_internal.h"

/* --- reading ---------------------------------------------------------------------------------- */

/* For smtp.c's sink. */
struct hearing {
	struct dialogs *d;
	struct entry *e;
};

static void refusal(void *context, const struct smtp_reply *reply)
{
	const struct hearing *h = context;

	h->d->sink.refusal(h->d->sink.context, h->e->flow, reply);
}

/* How many of the server's bytes a segment of the client's acknowledges. */
static uint64_t known_to_client(const struct entry *e, uint32_t ack, bool has_ack)
{
	const struct stream *server = &e->sides[SERVER];
	int32_t behind = stream_distance(server->next, ack);

	if (!has_ack || !server->known || behind < 0)
		return has_ack && server->known ? server->taken : 0;
	return (uint64_t)behind > server->taken ? 0 : server->taken - (uint64_t)behind;
}

/* Hands bytes on; returns how many were taken. */
static size_t hand_on(struct dialogs *d, struct entry *e, int side, const uint8_t *data, size_t n,
		      uint32_t ack, bool has_ack)
{
	struct hearing h = {.d = d, .e = e};
	struct smtp_sink sink = {.context = &h, .refusal = refusal};
	struct smtp *smtp = &e->dialogue.smtp;
	size_t taken;

	if (side == SERVER) {
		smtp_server(smtp, data, n, &sink);
		return n;
	}
	taken = smtp_client(smtp, data, n, known_to_client(e, ack, has_ack));
	/* No reply will ever be seen where the mirror shows the client alone. */
	while (taken < n && !e->sides[SERVER].known && smtp_waits(smtp)) {
		smtp_assume(smtp);
		taken += smtp_client(smtp, data + taken, n - taken, 0);
	}
	return taken;
}

static void note_hole(struct dialogs *d, struct entry *e, int side, uint32_t n)
{
	d->counters.holes++;
	d->counters.hole_bytes += n;
	smtp_gap(&e->dialogue.smtp, side == CLIENT, n);
}

void dialogs_give_up_bytes(struct dialogs *d, struct entry *e, int side, uint32_t n)
{
	if (n == 0)
		return;
	stream_skip(&e->sides[side], n);
	note_hole(d, e, side, n);
}

/* Whether the other side's bytes that a segment acknowledges were all handed on, or wait only for
 * what this side says. */
static bool is_due(const struct dialogs *d, const struct entry *e, int side, uint32_t ack,
		   bool has_ack)
{
	const struct stream *other = &e->sides[!side];

	if (!has_ack || !other->known || e->heedless ||
	    stream_distance(ack, other->next) <= (other->fin ? 1 : 0))
		return true;
	return side == SERVER && other->head && stream_hole(other, &d->pool) == 0 &&
	       smtp_waits(&e->dialogue.smtp);
}

/* Reads what is held of one side as far as it goes.  Returns whether anything moved. */
static bool read_side(struct dialogs *d, struct entry *e, int side)
{
	struct stream *s = &e->sides[side];
	struct stream_piece *p;
	bool moved = false;

	while ((p = stream_ready(s, &d->pool)) && is_due(d, e, side, p->ack, p->has_ack)) {
		size_t n = (size_t)(p->length - p->from);
		size_t taken = hand_on(d, e, side, p->data + p->from, n, p->ack, p->has_ack);

		if (taken > 0 || n == 0) {
			dialogs_give_up_bytes(d, e, side, stream_advance_piece(s, &d->pool, taken));
			moved = true;
		}
		if (taken < n)
			break;
	}
	return moved;
}

void dialogs_read_on(struct dialogs *d, struct entry *e)
{
	bool moved;

	if (!e->sides[SERVER].head && !e->sides[CLIENT].head)
		return;
	do {
		moved = read_side(d, e, SERVER);
		moved |= read_side(d, e, CLIENT);
	} while (moved);
}

bool dialogs_read_directly(struct dialogs *d, struct entry *e, int side, struct stream_segment *g)
{
	struct stream *s = &e->sides[side];
	size_t taken;

	if (s->head || g->seq != s->next || !is_due(d, e, side, g->ack, g->has_ack))
		return false;
	taken = hand_on(d, e, side, g->data, g->captured, g->ack, g->has_ack);
	stream_advance(s, g->data, taken);
	if (taken == g->captured) {
		dialogs_give_up_bytes(d, e, side, g->length - g->captured);
		return true;
	}
	g->seq += (uint32_t)taken;
	g->data += taken;
	g->captured -= (uint32_t)taken;
	g->length -= (uint32_t)taken;
	return false;
}

/* --- waiting ---------------------------------------------------------------------------------- */

bool dialogs_lacks_bytes(const struct dialogs *d, const struct entry *e, int side)
{
	const struct stream *s = &e->sides[side];
	const struct stream_piece *p = &d->pool.pieces[s->head];

	return s->head && (stream_hole(s, &d->pool) || !is_due(d, e, side, p->ack, p->has_ack));
}

/* The other side's bytes that this side's first piece acknowledges, and that were never seen. */
static uint32_t unseen_by(const struct dialogs *d, const struct entry *e, int side)
{
	const struct stream *s = &e->sides[side], *other = &e->sides[!side];
	const struct stream_piece *p = &d->pool.pieces[s->head];
	uint32_t n, hole = stream_hole(other, &d->pool);

	if (!s->head || is_due(d, e, side, p->ack, p->has_ack))
		return 0;
	n = (uint32_t)stream_distance(p->ack, other->next);
	if (other->head && n > hole)
		n = hole;
	return n;
}

/* Gives up what one side lacks, or what it has acknowledged of the other's.  False: nothing. */
static bool give_up_hole(struct dialogs *d, struct entry *e, int side)
{
	uint32_t n = stream_hole(&e->sides[side], &d->pool);

	if (n > 0) {
		dialogs_give_up_bytes(d, e, side, n);
		return true;
	}
	n = unseen_by(d, e, side);
	if (n == 0)
		return false;
	stream_skip_hearsay(&e->sides[!side], n);
	note_hole(d, e, !side, n);
	return true;
}

bool dialogs_give_up_one(struct dialogs *d, struct entry *e, bool replies)
{
	if (give_up_hole(d, e, SERVER) || give_up_hole(d, e, CLIENT))
		return true;
	if (dialogs_lacks_bytes(d, e, SERVER) || dialogs_lacks_bytes(d, e, CLIENT)) {
		e->heedless = true; /* each waits for the other */
		return true;
	}
	if (!replies || !e->sides[CLIENT].head || !smtp_waits(&e->dialogue.smtp))
		return false;
	smtp_assume(&e->dialogue.smtp);
	return true;
}
