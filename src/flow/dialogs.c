/* The lives of dialogues, and segments on their way to them.  How they are read: dialogs_read.c. */
#include "dialogs_internal.h"

#include <string.h>
#include <sys/mman.h>

#include "flow/site.h"

#define NEAR	1048576 /* bytes from the edge that belong to one window, as in the tracker */
#define EXPIRES 2	/* dialogues given their time on the way of one segment */
/* Each gives up a hole in front of a piece, or one reply: there are no more of these. */
#define GIVE_UPS (4 * STREAM_HELD)

static size_t size_of(uint32_t flows)
{
	return sizeof(struct dialogs) + ((size_t)flows + 1) * sizeof(uint16_t);
}

struct dialogs *dialogs_new(uint32_t flows, const struct dialogs_sink *sink)
{
	struct dialogs *d = mmap(NULL, size_of(flows), PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (d == MAP_FAILED)
		return NULL;
	d->sink = *sink;
	d->flows = flows;
	d->fresh = 1;
	stream_pool_init(&d->pool);
	return d;
}

void dialogs_free(struct dialogs *d)
{
	if (d)
		munmap(d, size_of(d->flows));
}

const struct dialogs_counters *dialogs_counters(const struct dialogs *d)
{
	return &d->counters;
}

/* --- lists ------------------------------------------------------------------------------------ */

static struct link *link_of(struct dialogs *d, const struct list *l, uint32_t at)
{
	struct entry *e = &d->entries[at];

	return l == &d->waiting ? &e->wait : l == &d->ending ? &e->end : &e->use;
}

static void append(struct dialogs *d, struct list *l, uint32_t at)
{
	*link_of(d, l, at) = (struct link){.before = l->last};
	if (l->last)
		link_of(d, l, l->last)->after = at;
	else
		l->first = at;
	l->last = at;
}

static void take_out(struct dialogs *d, struct list *l, uint32_t at)
{
	struct link *k = link_of(d, l, at);

	if (k->before)
		link_of(d, l, k->before)->after = k->after;
	else
		l->first = k->after;
	if (k->after)
		link_of(d, l, k->after)->before = k->before;
	else
		l->last = k->before;
}

static uint32_t number_of(const struct dialogs *d, const struct entry *e)
{
	return (uint32_t)(e - d->entries);
}

/* --- waiting ---------------------------------------------------------------------------------- */

static void note_waiting(struct dialogs *d, struct entry *e, int64_t now)
{
	bool waits = dialogs_lacks_bytes(d, e, SERVER) || dialogs_lacks_bytes(d, e, CLIENT);

	if (waits == e->waits)
		return;
	e->waits = waits;
	e->since = now;
	if (waits)
		append(d, &d->waiting, number_of(d, e));
	else
		take_out(d, &d->waiting, number_of(d, e));
}

static void note_facts(struct entry *e)
{
	const struct smtp_facts *facts = &e->dialogue.smtp.facts;

	e->flow->sent = e->flow->sent_before || facts->messages > 0;
	e->flow->rejected =
		e->flow->rejected_before || facts->replies_4xx > 0 || facts->replies_5xx > 0;
	/* Of the other ports the tracker tells.  What was but guessed may be taken back. */
	if (facts->encrypted || e->flow->port_class == PORT_WATCHED)
		e->flow->encrypted = facts->encrypted;
}

/* With `replies`, what waits for a reply waits no longer either. */
static void give_up(struct dialogs *d, struct entry *e, bool replies, int64_t now)
{
	dialogs_read_on(d, e);
	for (int i = 0; i < GIVE_UPS && dialogs_give_up_one(d, e, replies); i++)
		dialogs_read_on(d, e);
	note_facts(e);
	note_waiting(d, e, now);
}

/* It is not about to end, or has done so. */
static void go_on(struct dialogs *d, struct entry *e)
{
	if (e->ends)
		take_out(d, &d->ending, number_of(d, e));
	e->ends = false;
}

void dialogs_tick(struct dialogs *d, int64_t now, uint32_t most)
{
	while (d->waiting.first && most-- > 0) {
		struct entry *e = &d->entries[d->waiting.first];

		if (now - e->since < DIALOGS_WAIT)
			break;
		give_up(d, e, false, now);
		d->sink.late(d->sink.context, e->flow);
	}
	while (d->ending.first && most-- > 0) {
		struct entry *e = &d->entries[d->ending.first];

		if (now - e->ended < DIALOGS_LINGER)
			return;
		go_on(d, e);
		e->over = true;
		give_up(d, e, true, now);
		d->sink.late(d->sink.context, e->flow);
	}
}

/* --- a dialogue's life ------------------------------------------------------------------------ */

static struct entry *find(const struct dialogs *d, uint32_t index)
{
	uint32_t at = index <= d->flows ? d->of_flow[index] : 0;

	return at ? (struct entry *)&d->entries[at] : NULL;
}

struct dialogue *dialogs_find(const struct dialogs *d, uint32_t index)
{
	struct entry *e = find(d, index);

	return e ? &e->dialogue : NULL;
}

void dialogs_end(struct dialogs *d, uint32_t index, int64_t now)
{
	struct entry *e = find(d, index);

	if (!e || e->ends || e->over)
		return;
	e->ends = true;
	e->ended = now;
	append(d, &d->ending, number_of(d, e));
}

bool dialogs_is_over(const struct dialogs *d, uint32_t index)
{
	const struct entry *e = find(d, index);

	return !e || e->over;
}

static void drop(struct dialogs *d, struct entry *e)
{
	uint32_t at = number_of(d, e);

	if (e->waits)
		take_out(d, &d->waiting, at);
	go_on(d, e);
	take_out(d, &d->used[e->proven], at);
	stream_release(&e->sides[SERVER], &d->pool);
	stream_release(&e->sides[CLIENT], &d->pool);
	d->of_flow[e->index] = 0;
	e->index = 0;
	e->use.after = d->free;
	d->free = at;
}

void dialogs_forget(struct dialogs *d, uint32_t index)
{
	struct entry *e = find(d, index);

	if (e)
		drop(d, e);
}

void dialogs_flush(struct dialogs *d, uint32_t index)
{
	struct entry *e = find(d, index);

	if (e)
		give_up(d, e, true, e->since);
}

static uint32_t take_entry(struct dialogs *d)
{
	struct entry *oldest;
	uint32_t at = d->free;

	if (!at && d->fresh <= DIALOGS)
		return d->fresh++;
	if (!at) {
		oldest = &d->entries[d->used[0].first ? d->used[0].first : d->used[1].first];
		d->counters.evicted += !oldest->over; /* else nothing more would come */
		give_up(d, oldest, true, oldest->since);
		d->sink.evict(d->sink.context, oldest->flow);
		if (oldest->index)
			drop(d, oldest);
		at = d->free;
	}
	d->free = d->entries[at].use.after;
	return at;
}

/*
 * The first byte of a side's stream, as far as it was seen.  The tracker has counted this segment
 * already: its edge less what it counted is where the side began.
 */
static uint32_t first_of(uint32_t edge, uint32_t shown, uint64_t bytes, bool fin)
{
	uint32_t first = edge - (uint32_t)bytes - (fin ? 1 : 0);

	/* One byte may have been acknowledged that it took for a FIN. */
	return stream_distance(shown, first) == -1 ? shown : first;
}

static struct entry *begin(struct dialogs *d, uint32_t index, struct flow *f)
{
	uint32_t at = take_entry(d);
	struct entry *e = &d->entries[at];

	e->flow = f;
	e->index = index;
	e->waits = e->heedless = e->ends = e->over = false;
	e->dialogue.told_messages = e->dialogue.told_recipients = e->dialogue.told_words = 0;
	e->dialogue.listed = false;
	e->dialogue.weighed_at = 0;
	e->dialogue.weighed = (struct smtp_mark){0};
	smtp_init(&e->dialogue.smtp);
	memset(e->sides, 0, sizeof(e->sides));
	if (f->server_edge)
		stream_begin(&e->sides[SERVER], first_of(f->server_next, f->server_shown,
							 f->bytes_received, f->server_fin));
	if (f->client_edge)
		stream_begin(&e->sides[CLIENT], first_of(f->client_next, f->client_shown,
							 f->bytes_sent, f->client_fin));
	d->of_flow[index] = (uint16_t)at;
	e->proven = flow_is_proven(f);
	append(d, &d->used[e->proven], at);
	f->dialogue = true;
	d->counters.begun++;
	return e;
}

/* --- segments --------------------------------------------------------------------------------- */

/* Returns whether bytes differed from what is held. */
static bool hold(struct dialogs *d, struct entry *e, int side, struct stream_segment *g,
		 int64_t now)
{
	bool differs = false;

	if (stream_hold(&e->sides[side], &d->pool, g, &differs))
		return differs;
	/* No room: what was awaited is given up, and what still finds none will be a hole. */
	give_up(d, e, true, now);
	stream_trim(&e->sides[side], g);
	if (!stream_hold(&e->sides[side], &d->pool, g, &differs))
		d->counters.overflows++;
	return differs;
}

/* Takes in a segment that begins within a window of what is expected. */
static void take_near(struct dialogs *d, struct entry *e, int side, struct stream_segment *g,
		      int64_t now)
{
	bool keep_alive = stream_may_keep_alive(&e->sides[side], g), differs;

	if (!keep_alive)
		stream_take_back(&e->sides[side], g);
	differs = stream_trim(&e->sides[side], g);
	if (g->length > 0 && !dialogs_read_directly(d, e, side, g))
		differs |= hold(d, e, side, g, now);
	if (!differs || keep_alive)
		return;
	d->counters.conflicts++;
	smtp_conflict(&e->dialogue.smtp, side == CLIENT);
}

/* The edge of a side, as the tracker believes it. */
static uint32_t edge_of(const struct entry *e, int side)
{
	return side == CLIENT ? e->flow->client_next : e->flow->server_next;
}

static void take_payload(struct dialogs *d, struct entry *e, int side, const struct packet *p,
			 int64_t now)
{
	struct stream *s = &e->sides[side];
	struct stream_segment g = {
		.seq = p->seq + ((p->flags & TCP_SYN) ? 1 : 0),
		.ack = p->ack,
		.has_ack = p->flags & TCP_ACK,
		.data = p->payload,
		.captured = p->payload_captured < p->payload_length ? p->payload_captured
								    : p->payload_length,
		.length = p->payload_length,
	};
	int32_t ahead;

	if (!s->known)
		stream_begin(s, g.seq);
	if (g.has_ack && stream_distance(g.ack, edge_of(e, !side)) > 0)
		g.ack = edge_of(e, !side); /* the rest is not believed */
	ahead = stream_distance(g.seq, s->next);
	if (ahead < -NEAR)
		return;
	if (ahead > NEAR) {
		/* No byte of this window's, unless the tracker believed it. */
		if (edge_of(e, side) - (g.seq + g.length) > 1)
			return;
		give_up(d, e, true, now);
		dialogs_give_up_bytes(d, e, side, g.seq - s->next);
	}
	take_near(d, e, side, &g, now);
}

/* What a side acknowledges of the other's. */
static void take_ack(struct entry *e, int side, uint32_t ack)
{
	struct stream *other = &e->sides[!side];

	if (other->known && stream_distance(ack, other->next) <= NEAR)
		stream_acknowledge(other, ack);
}

void dialogs_segment(struct dialogs *d, uint32_t index, struct flow *f, const struct packet *p,
		     int64_t now)
{
	int side = p->source_port == f->client_port && addr_equal(&p->source, &f->client) ? CLIENT
											  : SERVER;
	struct entry *e;

	dialogs_tick(d, now, EXPIRES);
	e = find(d, index);
	if (!e && (p->payload_length == 0 || f->dialogue))
		return;
	if (!e) {
		e = begin(d, index, f);
	} else if (e->proven != flow_is_proven(f) || d->used[e->proven].last != number_of(d, e)) {
		take_out(d, &d->used[e->proven], number_of(d, e));
		e->proven = flow_is_proven(f);
		append(d, &d->used[e->proven], number_of(d, e));
	}
	go_on(d, e);
	e->over = false;
	if (p->payload_length > 0)
		take_payload(d, e, side, p, now);
	if (p->flags & TCP_ACK)
		take_ack(e, side, p->ack);
	if (p->flags & TCP_FIN)
		e->sides[side].fin = true;
	dialogs_read_on(d, e);
	note_facts(e);
	note_waiting(d, e, now);
}
