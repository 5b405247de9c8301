/*
 * What is an attempt, and what is the same attempt.
 *
 * A SYN from an internal client to an external server on a watched port begins one.  The same SYN
 * again (four-tuple and initial sequence number, less than TRACKER_REMEMBER after the connection's
 * last frame) is a retransmission or a mirror's second copy.  Another number is a new attempt,
 * whatever the old connection is doing; the old one stays known, so that its late frames start
 * nothing.
 *
 * Frames that no flow explains are kept as an embryo: one per four-tuple, counted as stray at once.
 * It becomes an attempt, and its strays are taken back, when
 *   - a SYN that its numbers fit comes within SWAPPED: the two directions were just swapped;
 *   - payload comes from the client, or segments of both directions whose numbers match: the
 *     capture began in mid-stream.  A RST never matches: internal hosts answer the SYN+ACK that a
 *     stranger's forged SYN brought them with a RST of the right number;
 *   - it holds payload of the server, and the mirror has shown no frame from inside to outside for
 *     ONE_SIDED: then this is all we will ever see of it.
 * Otherwise it is dropped after two seconds, and its frames stay counted as stray.
 *
 * Numbers of a segment are believed only as far as they fit: a SYN+ACK or RST answers a SYN only by
 * acknowledging it, and an edge moves over no gap wider than TRACKER_NEAR unless the other side is
 * not seen.
 */
#include <stdlib.h>
#include <string.h>

#include "tracker_internal.h"

#define ONE_SIDED   (600 * TRACKER_SECOND)
#define OLDER_MOST  4 /* flows of one four-tuple among which a late frame is placed */
#define EXPIRE_EACH 4 /* flows ended on the way of one packet */
#define SHARES	    16

_Static_assert(LIST_COUNT < SHARES, "a full table has a list beyond its share");

static const uint32_t hold[LIST_COUNT] = {
	[LIST_INBOUND] = TRACKER_REMEMBER,
	[LIST_EMBRYO] = TRACKER_TICKS(2),
	[LIST_UNCLASSIFIED] = TRACKER_TICKS(7200), /* two hours */
	[LIST_ENDED] = TRACKER_REMEMBER,
	[LIST_UNANSWERED] = TRACKER_REMEMBER,
	[LIST_CLAIMED_CLOSING] = TRACKER_TICKS(3600),
	[LIST_CLAIMED] = TRACKER_TICKS(432000),
	[LIST_OVER] = TRACKER_REMEMBER,
	[LIST_CLOSING] = TRACKER_TICKS(3600),
	[LIST_CONNECTED] = TRACKER_TICKS(432000), /* five days */
};

struct tracker *tracker_new(const struct hash_key *key, uint32_t capacity,
			    const struct tracker_sink *sink)
{
	struct tracker *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->sink = *sink;
	t->outward = -1;
	t->flows = flows_new(key, capacity < 16 ? 16 : capacity);
	if (!t->flows) {
		free(t);
		return NULL;
	}
	return t;
}

void tracker_free(struct tracker *t)
{
	if (!t)
		return;
	flows_free(t->flows);
	free(t);
}

const struct tracker_counters *tracker_counters(const struct tracker *t)
{
	return &t->counters;
}

uint32_t tracker_index(const struct tracker *t, const struct flow *f)
{
	return flows_index(t->flows, f);
}

int64_t tracker_now(const struct tracker *t)
{
	return t->clock;
}

int64_t tracker_stamp(const struct tracker *t, int64_t clock)
{
	return clock - t->offset;
}

static void queue(struct tracker *t, struct flow *f)
{
	flows_queue(t->flows, f, flow_is_proven(f) ? QUEUE_PROVEN : QUEUE_PLAIN);
}

void tracker_touch(struct tracker *t, struct flow *f)
{
	queue(t, f);
}

/* --- time ------------------------------------------------------------------------------------- */

static uint32_t ticks_now(const struct tracker *t)
{
	return (uint32_t)(t->clock / TRACKER_TICK);
}

/* The frame's own: where its stamp is not believed yet, what the clock will be if it is. */
static uint32_t ticks_of_frame(const struct tracker *t)
{
	int64_t most = t->clock + TRACKER_STEP_MOST;

	if (!t->ahead)
		return ticks_now(t);
	return (uint32_t)((t->ahead_from < most ? t->ahead_from : most) / TRACKER_TICK);
}

uint32_t tracker_ticks_since(const struct tracker *t, const struct flow *f)
{
	uint32_t age = ticks_now(t) - f->own.active;

	return (int32_t)age < 0 ? 0 : age;
}

bool tracker_is_one_sided(const struct tracker *t)
{
	return t->inward >= TRACKER_SURE && (t->outward < 0 || t->clock - t->outward > ONE_SIDED);
}

void tracker_direction(struct tracker *t, bool from_internal, unsigned int weight)
{
	if (from_internal) {
		t->outward = t->clock;
		t->inward = 0;
	} else if (t->inward < TRACKER_SURE) {
		t->inward += weight;
	}
}

/* --- a flow's life ---------------------------------------------------------------------------- */

enum flows_list tracker_list_of(const struct flow *f)
{
	if (f->kind == FLOW_EMBRYO)
		return LIST_EMBRYO;
	if (f->kind == FLOW_INBOUND)
		return LIST_INBOUND;
	if (f->kind == FLOW_UNCLASSIFIED)
		return LIST_UNCLASSIFIED;
	if (f->ended)
		return flow_is_proven(f) ? LIST_OVER : LIST_ENDED;
	if (!f->connected)
		return LIST_UNANSWERED;
	if (!flow_is_proven(f))
		return f->client_fin || f->server_fin ? LIST_CLAIMED_CLOSING : LIST_CLAIMED;
	return f->client_fin || f->server_fin ? LIST_CLOSING : LIST_CONNECTED;
}

/* A frame of f was taken in: it is the youngest of its list now, and may have changed. */
void tracker_settle(struct tracker *t, struct flow *f, int64_t stamp)
{
	if (stamp > f->last)
		f->last = stamp;
	f->own.active = ticks_of_frame(t);
	flows_touch(t->flows, f, tracker_list_of(f));
	if (f->kind == FLOW_ATTEMPT)
		queue(t, f);
}

void tracker_forget(struct tracker *t, struct flow *f)
{
	if (f->kind == FLOW_ATTEMPT)
		t->sink.change(t->sink.context, f, flows_is_queued(f), true);
	flows_remove(t->flows, f);
	t->counters.tracked = flows_used(t->flows);
}

void tracker_supersede(struct tracker *t, struct flow *f)
{
	f->ended = true;
	flows_touch(t->flows, f, tracker_list_of(f));
	if (f->kind == FLOW_ATTEMPT)
		queue(t, f);
}

/* Those that began something keep a share each, or a flood of one kind would leave no room for the
 * few of another to become what they are.  There are fewer lists than shares. */
static uint32_t share_of(const struct tracker *t, enum flows_list list)
{
	return list < LIST_ENDED ? 0 : flows_used(t->flows) / SHARES;
}

static void evict(struct tracker *t)
{
	for (unsigned int i = 0; i < LIST_COUNT; i++) {
		struct flow *f = flows_oldest(t->flows, (enum flows_list)i);

		if (flows_count(t->flows, (enum flows_list)i) <= share_of(t, (enum flows_list)i))
			continue;
		if (f->kind == FLOW_EMBRYO || f->kind == FLOW_INBOUND)
			t->counters.evicted_embryos++;
		else if (!f->ended)
			t->counters.evicted[f->connected]++;
		tracker_forget(t, f);
		return;
	}
}

struct flow *tracker_insert(struct tracker *t, const struct segment *s)
{
	struct flow *f = flows_insert(t->flows, &s->tuple, LIST_EMBRYO);

	if (!f) {
		evict(t);
		f = flows_insert(t->flows, &s->tuple, LIST_EMBRYO);
	}
	f->kind = FLOW_EMBRYO;
	f->own.prospect = (uint8_t)s->kind;
	f->port_class = s->port_class;
	f->interface = s->p->interface;
	f->started = f->last = s->p->time;
	f->own.active = ticks_of_frame(t);
	t->counters.tracked = flows_used(t->flows);
	return f;
}

/* From embryo to what it is. */
void tracker_begin(struct tracker *t, struct flow *f, enum flow_kind kind)
{
	t->counters.stray -= f->own.strays;
	f->own.strays = 0;
	f->kind = (uint8_t)kind;
	if (kind == FLOW_ATTEMPT) {
		f->serial = ++t->serial;
		t->counters.attempts++;
	} else {
		t->counters.unclassified++;
	}
	t->sink.begin(t->sink.context, f);
}

/* A flow's time is up.  Returns whether it is gone. */
static bool end_of_time(struct tracker *t, struct flow *f)
{
	if (f->kind == FLOW_EMBRYO && tracker_resolve_embryo(t, f))
		return false;
	tracker_forget(t, f);
	return true;
}

/* --- which flow, which direction -------------------------------------------------------------- */

/* How far a segment lies from what f expects of its side. */
static uint32_t misfit(const struct flow *f, const struct segment *s)
{
	int32_t d = 0;

	if (s->from_client ? f->client_edge : f->server_edge)
		d = tracker_distance(s->p->seq, s->from_client ? f->client_next : f->server_next);
	else if (s->p->flags & TCP_ACK)
		d = tracker_distance(s->p->ack, s->from_client ? f->server_next : f->client_next);
	return d < 0 ? 0u - (uint32_t)d : (uint32_t)d;
}

/* The newest flow of a four-tuple whose time is not up. */
static struct flow *find_live(struct tracker *t, const struct tuple *tuple)
{
	for (int i = 0; i < OLDER_MOST; i++) {
		struct flow *f = flows_find(t->flows, tuple);

		if (!f || tracker_ticks_since(t, f) < hold[f->own.list] || !end_of_time(t, f))
			return f;
	}
	return NULL;
}

/* The flow of a segment that is no SYN: where a four-tuple was reused, the one whose numbers it
 * fits best. */
static struct flow *flow_of(struct tracker *t, const struct segment *s)
{
	struct flow *best = find_live(t, &s->tuple), *f = best;
	bool answer = !s->from_client && (s->p->flags & (TCP_SYN | TCP_RST));

	if (!f || !f->own.older)
		return f;
	if (answer) {
		struct flow *exact = flows_find_syn(t->flows, &s->tuple, s->p->ack - 1);

		if (exact)
			return exact;
	}
	for (int i = 1; i < OLDER_MOST; i++) {
		f = flows_at(t->flows, f->own.older);
		if (!f)
			break;
		if (misfit(f, s) < misfit(best, s))
			best = f;
	}
	return best;
}

static struct segment segment_of(const struct packet *p, bool from_client, uint8_t port_class)
{
	return (struct segment){
		.p = p,
		.tuple =
			{
				.client = from_client ? p->source : p->destination,
				.server = from_client ? p->destination : p->source,
				.client_port = from_client ? p->source_port : p->destination_port,
				.server_port = from_client ? p->destination_port : p->source_port,
			},
		.from_client = from_client,
		.port_class = port_class,
	};
}

/* Where both ports are watched: a known flow tells, else the SYN.  False where nothing does. */
static bool is_from_client(const struct tracker *t, const struct packet *p, bool *ret_)
{
	struct segment forth = segment_of(p, true, PORT_WATCHED);
	struct segment back = segment_of(p, false, PORT_WATCHED);
	bool syn = (p->flags & TCP_SYN) && !(p->flags & TCP_ACK);

	if (!syn && flows_find(t->flows, &back.tuple))
		*ret_ = false;
	else if (syn || flows_find(t->flows, &forth.tuple))
		*ret_ = true;
	else
		return false;
	return true;
}

/* Places a segment: who is the client, and what could it be.  False where it is none of ours. */
static bool place(struct tracker *t, const struct site *site, const struct packet *p,
		  struct segment *ret_)
{
	enum port_class to = site_port(site, p->destination_port);
	enum port_class from = site_port(site, p->source_port);
	bool from_client = to != PORT_OTHER;
	enum side client, server;

	if (to == PORT_OTHER && from == PORT_OTHER)
		return false;
	if (to != PORT_OTHER && from != PORT_OTHER && !is_from_client(t, p, &from_client)) {
		t->counters.stray++;
		return false;
	}
	*ret_ = segment_of(p, from_client, (uint8_t)(from_client ? to : from));
	client = site_side(site, &ret_->tuple.client);
	server = site_side(site, &ret_->tuple.server);
	if (client == SIDE_NEITHER || server == SIDE_NEITHER)
		return false;
	if (server == SIDE_INTERNAL) {
		if (client == SIDE_INTERNAL)
			t->counters.internal++;
		else
			t->counters.inbound++;
		return false;
	}
	ret_->kind = client == SIDE_INTERNAL ? FLOW_ATTEMPT : FLOW_UNCLASSIFIED;
	return ret_->kind == FLOW_ATTEMPT || ret_->port_class == PORT_WATCHED;
}

/* --- the way in ------------------------------------------------------------------------------- */

/* Of a stamp that was not believed in the end: its turn comes again, but not before the others. */
static bool is_of_no_time(struct tracker *t, struct flow *f)
{
	if (t->ahead || (int32_t)(ticks_now(t) - f->own.active) >= 0)
		return false;
	f->own.active = ticks_now(t);
	flows_touch(t->flows, f, (enum flows_list)f->own.list);
	return true;
}

static bool expire_one(struct tracker *t)
{
	for (unsigned int i = 0; i < LIST_COUNT; i++) {
		struct flow *f = flows_oldest(t->flows, (enum flows_list)i);

		if (!f)
			continue;
		if (is_of_no_time(t, f))
			return true;
		if (tracker_ticks_since(t, f) < hold[i])
			continue;
		end_of_time(t, f);
		return true;
	}
	return false;
}

static bool expire(struct tracker *t, uint32_t most)
{
	while (most > 0 && expire_one(t))
		most--;
	return most == 0;
}

/* A segment of a four-tuple that has a flow, other than a SYN of the client's. */
static struct flow *known_segment(struct tracker *t, const struct segment *s, struct flow *f)
{
	if (s->from_client) {
		if (tracker_client_fits(f, s->p)) {
			tracker_client_segment(t, f, s->p);
			return f;
		}
		t->counters.stray++;
		return NULL;
	}
	if (!tracker_server_fits(f, s->p)) {
		f = flows_find(t->flows, &s->tuple);
		return tracker_server_orphan(t, s, f->kind == FLOW_EMBRYO ? f : NULL);
	}
	tracker_server_segment(t, f, s->p);
	return f;
}

struct flow *tracker_packet(struct tracker *t, const struct site *site, const struct packet *p,
			    bool icmp)
{
	struct segment s;
	struct flow *f;
	uint8_t opening = p->flags & (TCP_SYN | TCP_ACK | TCP_RST);

	expire(t, EXPIRE_EACH);
	if (!place(t, site, p, &s))
		return NULL;
	if (icmp)
		return s.from_client ? tracker_icmp_error(t, &s) : NULL;
	if (s.from_client && opening == TCP_SYN)
		return tracker_client_syn(t, &s);
	f = flow_of(t, &s);
	if (opening == (s.from_client ? TCP_SYN | TCP_ACK : TCP_SYN) ||
	    (f && f->kind == FLOW_INBOUND)) {
		tracker_inbound(t, &s, f);
		return NULL;
	}
	if (f && f->kind != FLOW_EMBRYO)
		return known_segment(t, &s, f);
	return s.from_client ? tracker_client_orphan(t, &s, f) : tracker_server_orphan(t, &s, f);
}

bool tracker_tick(struct tracker *t, int64_t now, uint32_t most)
{
	tracker_clock(t, now);
	return expire(t, most);
}

uint32_t tracker_collect(struct tracker *t, bool proven, uint32_t most)
{
	enum flows_queue queue = proven ? QUEUE_PROVEN : QUEUE_PLAIN;
	uint32_t done = 0;
	struct flow *f;

	while (done < most && (f = flows_queued(t->flows, queue))) {
		flows_unqueue(t->flows, f);
		t->sink.change(t->sink.context, f, true, false);
		done++;
	}
	return done;
}

bool tracker_finish(struct tracker *t, uint32_t most)
{
	for (unsigned int i = 0; i < LIST_COUNT; i++) {
		struct flow *f;

		while ((f = flows_oldest(t->flows, (enum flows_list)i))) {
			if (most-- == 0)
				return true;
			end_of_time(t, f);
		}
	}
	return false;
}
