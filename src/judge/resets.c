#include "judge/resets.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/moment.h"

#define APART	 1000 /* microseconds between two answers, later on */
#define SEGMENTS 2    /* of an answer */
#define HOSTS	 1024 /* counted apart within a second; those of one hash together */
#define SERVERS	 64   /* MAC addresses of mail servers that are remembered */
#define WAITING	 64   /* answers that wait */

static const char *const refusal_names[RESET_REFUSAL_COUNT] = {
	[RESET_REFUSED_PROTECTED] = "resets refused: an end is in never_reset",
	[RESET_REFUSED_MAIL_SERVER] = "resets refused: the host has a mail server's MAC address",
	[RESET_REFUSED_TUNNEL] = "resets refused: a remote mirror takes nothing back",
	[RESET_REFUSED_LINK] = "resets refused: the frame told no MAC addresses",
	[RESET_REFUSED_SENDING] = "resets refused: the interface did not take them",
};
_Static_assert(sizeof(refusal_names) / sizeof(*refusal_names) == RESET_REFUSAL_COUNT,
	       "a refusal has no name");

/* Of a connection; all 0 where it was never reset. */
struct state {
	uint32_t mark;		  /* what the client had sent when it was first reset ends here */
	uint32_t beyond;	  /* the first payload seen behind the mark begins here */
	uint32_t last;		  /* low microseconds of the stamp of the last answer */
	uint32_t sent, told_sent; /* segments */
	uint8_t waits;		  /* its place among those that wait, from 1 on; 0: none */
	uint8_t answers;	  /* up to RESETS_AT_ONCE */
	bool marked;		  /* since it was first reset */
	bool has_beyond;
	bool survived;
	bool could; /* it was counted as one that could be killed */
	bool told_killable, told_killed;
};

struct share {
	uint32_t second, segments;
};

/* The answer to the newest segment of a connection. */
struct waiting {
	const struct flow *f;
	uint32_t index;
	bool later; /* not before APART has passed since the last one */
	int64_t time;
	struct reset_pair pair;
};

struct resets {
	struct hash_key key;
	const struct neighbours *neighbours;
	const struct policy *policy;
	const struct prefix *never;
	size_t never_count;
	uint32_t limit, flows;
	enum reset_mode mode;
	bool via;
	struct state *states; /* [flows + 1] */
	struct share all, hosts[HOSTS];
	uint8_t servers[SERVERS][6];
	unsigned int server_count, server_next;
	struct waiting waiting[WAITING];
	unsigned int waiting_count;
	struct resets_counters counters;
};

const char *reset_refusal_name(enum reset_refusal refusal)
{
	return refusal_names[refusal];
}

static size_t states_bytes(const struct resets *r)
{
	return ((size_t)r->flows + 1) * sizeof(*r->states);
}

struct resets *resets_new(const struct hash_key *key, uint32_t flows, const struct neighbours *n)
{
	struct resets *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->key = *key;
	r->flows = flows;
	r->neighbours = n;
	r->limit = RESETS_LIMIT;
	r->states = mmap(NULL, states_bytes(r), PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (r->states != MAP_FAILED)
		return r;
	free(r);
	return NULL;
}

void resets_free(struct resets *r)
{
	if (!r)
		return;
	munmap(r->states, states_bytes(r));
	free(r);
}

static void drop_all(struct resets *r)
{
	for (unsigned int i = 0; i < r->waiting_count; i++)
		r->states[r->waiting[i].index].waits = 0;
	r->waiting_count = 0;
}

void resets_set_mode(struct resets *r, enum reset_mode mode)
{
	if (r->mode != mode)
		drop_all(r);
	r->mode = mode;
}

enum reset_mode resets_mode(const struct resets *r)
{
	return r->mode;
}

void resets_set_limit(struct resets *r, uint32_t segments_a_second)
{
	r->limit = segments_a_second;
}

void resets_set_via(struct resets *r, bool via)
{
	r->via = via;
}

void resets_set_policy(struct resets *r, const struct policy *policy, const struct prefix *never,
		       size_t never_count)
{
	r->policy = policy;
	r->never = never;
	r->never_count = never_count;
	r->server_count = 0; /* they may be others now */
	drop_all(r);
}

const struct resets_counters *resets_counters(const struct resets *r)
{
	return &r->counters;
}

/* --- whom not to reset ------------------------------------------------------------------------ */

static bool is_server_mac(const struct resets *r, const uint8_t mac[6])
{
	for (unsigned int i = 0; i < r->server_count; i++)
		if (memcmp(r->servers[i], mac, 6) == 0)
			return true;
	return false;
}

void resets_note(struct resets *r, const struct packet *p)
{
	if (!p->has_mac || !policy_is_mail_server(r->policy, &p->destination) ||
	    is_server_mac(r, p->mac_destination))
		return;
	memcpy(r->servers[r->server_next], p->mac_destination, 6);
	r->server_next = (r->server_next + 1) % SERVERS;
	if (r->server_count < SERVERS)
		r->server_count++;
}

static bool is_protected(const struct resets *r, const struct addr *a)
{
	for (size_t i = 0; i < r->never_count; i++)
		if (prefix_contains(&r->never[i], a))
			return true;
	return false;
}

/* The reason not to, or RESET_REFUSAL_COUNT. */
static enum reset_refusal refuse(const struct resets *r, const struct flow *f,
				 const struct packet *p, bool from_client)
{
	const uint8_t *mac = from_client ? p->mac_source : p->mac_destination;
	static const uint8_t none[6];

	if (p->tunnel != TUNNEL_NONE && !r->via)
		return RESET_REFUSED_TUNNEL;
	if (!p->has_mac || memcmp(p->mac_source, none, 6) == 0 ||
	    memcmp(p->mac_destination, none, 6) == 0)
		return RESET_REFUSED_LINK;
	for (unsigned int i = 0; i < p->tag_count; i++)
		if (p->tags[i].tpid == 0)
			return RESET_REFUSED_LINK;
	if (is_protected(r, &f->client) || is_protected(r, &f->server))
		return RESET_REFUSED_PROTECTED;
	/* A mail server's own address is permitted, or it is frozen: then that is what is asked. */
	if (f->reason != REASON_FROZEN && is_server_mac(r, mac) &&
	    !neighbours_is_router(r->neighbours, mac))
		return RESET_REFUSED_MAIL_SERVER;
	return RESET_REFUSAL_COUNT;
}

/* --- how much --------------------------------------------------------------------------------- */

static bool has_room(struct share *s, uint32_t second, uint32_t limit)
{
	if (moment_is_next(second, s->second))
		*s = (struct share){.second = second};
	return s->segments + SEGMENTS <= limit;
}

/* Takes the room of one answer. */
static bool take_room(struct resets *r, const struct flow *f, int64_t time)
{
	uint32_t second = (uint32_t)(time / MOMENT_SECOND);
	uint64_t hash = hash_bytes(&r->key, &f->client, sizeof(f->client));
	struct share *host = &r->hosts[hash % HOSTS];
	uint32_t limit = f->connected ? r->limit : r->limit - r->limit / 4;

	if (!has_room(&r->all, second, limit) || !has_room(host, second, limit / 4))
		return false;
	r->all.segments += SEGMENTS;
	host->segments += SEGMENTS;
	return true;
}

static bool is_too_soon(const struct state *s, int64_t time)
{
	return s->answers >= RESETS_AT_ONCE && (uint32_t)time - s->last < APART;
}

/* --- what became of it ------------------------------------------------------------------------ */

/* a lies behind b, not by half of all numbers. */
static bool is_behind(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) > 0;
}

static void count_fate(struct resets *r, struct state *s, const struct flow *f)
{
	if (!s->could && f->connected) {
		s->could = true;
		r->counters.could++;
		r->counters.killed += !s->survived;
	}
}

/* Whether payload that the client sent after it was first reset was acknowledged.  A FIN takes a
 * number too, so that without payload in sight one number more says nothing. */
static void watch(struct resets *r, struct state *s, const struct flow *f, const struct packet *p,
		  bool from_client)
{
	uint32_t end = p->seq + p->payload_length;

	if (from_client && p->payload_length > 0 && is_behind(end, s->mark) && !s->has_beyond) {
		s->has_beyond = true;
		s->beyond = is_behind(p->seq, s->mark) ? p->seq : s->mark;
	}
	count_fate(r, s, f);
	if (from_client || s->survived || !(p->flags & TCP_ACK) || (p->flags & TCP_RST))
		return;
	if (!is_behind(p->ack, s->mark + 1) && !(s->has_beyond && is_behind(p->ack, s->beyond)))
		return;
	s->survived = true;
	r->counters.killed -= s->could;
}

enum reset_fate resets_fate(const struct resets *r, uint32_t index, const struct flow *f)
{
	const struct state *s = &r->states[index];

	if (!s->marked || !f->connected)
		return RESET_FATE_NONE;
	return s->survived ? RESET_FATE_SURVIVED : RESET_FATE_KILLED;
}

void resets_tell(const struct resets *r, uint32_t index, const struct flow *f,
		 struct connection *connection, struct tally *change)
{
	const struct state *s = &r->states[index];
	enum reset_fate fate = resets_fate(r, index, f);

	connection->resets = s->sent;
	if (fate != RESET_FATE_NONE)
		connection->killed = fate == RESET_FATE_KILLED ? 1 : 0;
	change->resets = s->sent - s->told_sent;
	change->killable = (fate != RESET_FATE_NONE) - s->told_killable;
	change->killed = (fate == RESET_FATE_KILLED) - s->told_killed;
}

void resets_told(struct resets *r, uint32_t index, const struct flow *f)
{
	struct state *s = &r->states[index];
	enum reset_fate fate = resets_fate(r, index, f);

	if (!s->marked)
		return;
	s->told_sent = s->sent;
	s->told_killable = fate != RESET_FATE_NONE;
	s->told_killed = fate == RESET_FATE_KILLED;
}

/* --- a packet --------------------------------------------------------------------------------- */

/* Takes one out of those that wait; they stay in their order. */
static struct waiting take_waiting(struct resets *r, uint32_t index)
{
	unsigned int at = r->states[index].waits - 1U;
	struct waiting w = r->waiting[at];

	r->states[index].waits = 0;
	r->waiting_count--;
	for (; at < r->waiting_count; at++) {
		r->waiting[at] = r->waiting[at + 1];
		r->states[r->waiting[at].index].waits--;
	}
	return w;
}

void resets_begin(struct resets *r, uint32_t index)
{
	struct state *s = &r->states[index];

	/* Reading does not touch memory that was never written. */
	if (s->waits)
		take_waiting(r, index);
	if (s->answers || s->marked || s->mark)
		memset(s, 0, sizeof(*s));
}

bool resets_is_own(struct resets *r, const struct packet *p)
{
	if (r->counters.sent == 0 || !reset_is_own(p, &r->key))
		return false;
	r->counters.own++;
	return true;
}

static bool is_offence(const struct flow *f)
{
	return f->kind == FLOW_ATTEMPT && f->standing == STANDING_OFFENCE &&
	       f->port_class == PORT_WATCHED;
}

/* What can be answered: the SYN of the client, and whatever acknowledges. */
static bool is_answerable(const struct packet *p, bool from_client)
{
	if (p->flags & TCP_RST)
		return false;
	return (p->flags & TCP_ACK) || (from_client && (p->flags & TCP_SYN));
}

/* A place for the flow's answer: the one that it has, or a new one.  NULL: over the limit. */
static struct waiting *find_place(struct resets *r, uint32_t index, const struct flow *f,
				  int64_t time)
{
	struct state *s = &r->states[index];
	struct waiting *w;

	if (s->waits)
		return &r->waiting[s->waits - 1];
	if (r->waiting_count == WAITING || !take_room(r, f, time)) {
		r->counters.limited += SEGMENTS;
		return NULL;
	}
	w = &r->waiting[r->waiting_count++];
	s->waits = (uint8_t)r->waiting_count;
	w->f = f;
	w->index = index;
	w->later = is_too_soon(s, time);
	return w;
}

static void plan(struct resets *r, struct waiting *w, const struct packet *p, bool from_client)
{
	const struct flow *f = w->f;
	struct state *s = &r->states[w->index];
	const struct reset_edges edges = {.client_known = f->client_edge,
					  .server_known = f->server_edge,
					  .client = f->client_shown,
					  .server = f->server_shown};

	w->time = p->time;
	if (!s->marked)
		s->mark = edges.client_known ? edges.client : from_client ? p->seq : p->ack;
	reset_plan(p, from_client, &edges, &r->key, &w->pair);
}

bool resets_packet(struct resets *r, uint32_t index, const struct flow *f, const struct packet *p)
{
	struct state *s = &r->states[index];
	bool from_client = addr_equal(&p->source, &f->client) && p->source_port == f->client_port;
	enum reset_refusal refusal;
	struct waiting *w;

	if (s->marked)
		watch(r, s, f, p, from_client);
	if (r->mode < RESET_DRY_RUN || !is_offence(f) || !is_answerable(p, from_client))
		return false;
	refusal = refuse(r, f, p, from_client);
	if (refusal != RESET_REFUSAL_COUNT) {
		r->counters.refused[refusal] += SEGMENTS;
		return false;
	}
	w = find_place(r, index, f, p->time);
	if (!w)
		return false;
	plan(r, w, p, from_client);
	return s->answers == 0;
}

unsigned int resets_waiting(const struct resets *r)
{
	return r->waiting_count;
}

bool resets_are_many(const struct resets *r)
{
	return r->waiting_count == WAITING;
}

static void answer(struct resets *r, const struct waiting *w, resets_send_fn *send, void *context)
{
	struct state *s = &r->states[w->index];
	unsigned int segments;

	if (s->answers < RESETS_AT_ONCE)
		s->answers++;
	s->last = (uint32_t)w->time;
	if (r->mode == RESET_DRY_RUN) {
		r->counters.planned += SEGMENTS;
		return;
	}
	segments = send(context, &w->pair);
	r->counters.sent += segments;
	r->counters.refused[RESET_REFUSED_SENDING] += SEGMENTS - segments;
	if (segments == 0)
		return;
	s->sent += segments;
	s->marked = true;
	count_fate(r, s, w->f);
}

static bool is_due(const struct resets *r, const struct waiting *w, int64_t now)
{
	return !w->later || (uint32_t)now - r->states[w->index].last >= APART;
}

void resets_flush(struct resets *r, int64_t now, resets_send_fn *send, void *context)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < r->waiting_count; i++) {
		struct waiting *w = &r->waiting[i];
		uint8_t *waits = &r->states[w->index].waits;

		*waits = 0;
		if (now == INT64_MAX || is_due(r, w, now)) {
			answer(r, w, send, context);
			continue;
		}
		if (kept != i)
			r->waiting[kept] = *w;
		*waits = (uint8_t)++kept;
	}
	r->waiting_count = kept;
}

void resets_flush_one(struct resets *r, uint32_t index, resets_send_fn *send, void *context)
{
	struct waiting w;

	if (!r->states[index].waits)
		return;
	w = take_waiting(r, index);
	answer(r, &w, send, context);
}
