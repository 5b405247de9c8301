/*
 * Goal: to say of a connection to port 25 which name its host asked for before, and by which way,
 * in memory of a fixed size and in constant time.
 *
 * A question is remembered for some seconds; the first answer that fits it is believed, and only
 * records that belong to what was asked: those of the name itself or of the end of its chain of
 * CNAMEs, and addresses of exchanges that the same host was led to.  What an answer tells is known
 * of the host that asked, for a day or as long as it may be cached, and of the address, whoever
 * asks.  How a host came by an address is worked out when it is asked for, since the MX may be
 * looked up after the address was cached.
 *
 * What may be lost: whatever is older, when more is seen than there is room for.  The sketch knows
 * longer than the tables what was there once, so that "none of its answers held it" is never said
 * of what was just forgotten.  A host that asks a resolver past the mirror, or in secret (DoH,
 * DoT), while other questions of its are seen, is taken for one that did not ask.
 */
#include "names_internal.h"

#include <string.h>
#include <sys/mman.h>

#include "wire/numbers.h"

#define DNS_ANY	      255
#define QUESTION_LIFE (10 * NAMES_SECOND)
/* So long a host's DNS is seen before what it does not ask for means anything: until then it may
 * use what it cached before; 300 s is what most mail exchanges' addresses live. */
#define SEEN_ENOUGH (300 * NAMES_SECOND)

struct names *names_new(const struct hash_key *key)
{
	struct names *n = mmap(NULL, sizeof(*n), PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (n == MAP_FAILED)
		return NULL;
	n->key = *key;
	return n;
}

void names_free(struct names *n)
{
	if (n)
		munmap(n, sizeof(*n));
}

void names_set_public(struct names *n, const struct addr *addresses, size_t count)
{
	n->public = addresses;
	n->public_count = count;
}

const struct names_counters *names_counters(const struct names *n)
{
	return &n->counters;
}

/* --- keys ------------------------------------------------------------------------------------- */

enum key_kind {
	KEY_QUESTION,
	KEY_ADDRESS,
	KEY_RELATION,
	KEY_EXCHANGE,
	KEY_TOLD,
	KEY_HOST,
	KEY_DOMAIN
};

/* No padding, for it is hashed as bytes. */
struct key_of {
	struct addr a, b;
	uint64_t name;
	uint16_t port, id, type, kind;
};
_Static_assert(sizeof(struct key_of) == 48, "struct key_of has padding");

static uint64_t make_key(const struct names *n, const struct key_of *k)
{
	return hash_bytes(&n->key, k, sizeof(*k));
}

static uint64_t relation_key(const struct names *n, const struct addr *client,
			     const struct addr *server)
{
	return make_key(n, &(struct key_of){.a = *client, .b = *server, .kind = KEY_RELATION});
}

static uint64_t client_name_key(const struct names *n, enum key_kind kind,
				const struct addr *client, uint64_t name)
{
	return make_key(n, &(struct key_of){.a = *client, .name = name, .kind = (uint16_t)kind});
}

static uint64_t lone_key(const struct names *n, enum key_kind kind, const struct addr *a)
{
	return make_key(n, &(struct key_of){.a = *a, .kind = (uint16_t)kind});
}

static uint64_t hash_text(const struct hash_key *key, const char *text)
{
	return hash_bytes(key, text, strlen(text));
}

/* --- what is remembered ----------------------------------------------------------------------- */

/* The labels at the end that there is room for; of one label alone its end. */
static void keep_name(const char *name, char out[static NAMES_TEXT])
{
	size_t length = strlen(name);

	while (length >= NAMES_TEXT) {
		const char *dot = strchr(name, '.');

		name = dot ? dot + 1 : name + length - (NAMES_TEXT - 1);
		while (!dot && ((uint8_t)*name & 0xc0) == 0x80) /* no piece of a character */
			name++;
		length = strlen(name);
	}
	memcpy(out, name, length + 1);
}

static int64_t life_of(uint32_t ttl)
{
	int64_t life = ttl * NAMES_SECOND;

	return life < NAMES_DAY ? NAMES_DAY : life > NAMES_LONGEST ? NAMES_LONGEST : life;
}

static bool is_recent(int64_t time, int64_t now)
{
	return mark_is_alive(&(struct mark){.time = time, .life = NAMES_HOUR}, now);
}

/* A resolver's answers of 127.0.0.0/8 are a blacklist's, or nobody's. */
static bool is_server(const struct site *site, const struct addr *a)
{
	return site_side(site, a) == SIDE_EXTERNAL && !(addr_is_v4(a) && a->b[12] == 127);
}

static bool is_exchange(const struct names *n, const struct addr *client, uint64_t name,
			int64_t now)
{
	return table_find(NAMES_TABLE(n, exchanges), client_name_key(n, KEY_EXCHANGE, client, name),
			  now) != NULL;
}

static void note_exchange(struct names *n, const struct addr *client, uint64_t name, uint32_t ttl,
			  int64_t now)
{
	struct mark *m =
		table_get(NAMES_TABLE(n, exchanges), client_name_key(n, KEY_EXCHANGE, client, name),
			  now, &n->counters.evicted);

	m->time = now;
	m->life = life_of(ttl);
}

static void note_relation(struct names *n, const struct addr *client, const struct addr *server,
			  const char *name, uint64_t hash, uint32_t ttl, int64_t now)
{
	uint64_t key = relation_key(n, client, server);
	struct relation *r = table_get(NAMES_TABLE(n, relations), key, now, &n->counters.evicted);
	bool by_mx = is_exchange(n, client, hash, now);

	sketch_put(&n->known, key, now);
	/* What an MX led to stays so though the host asks for a neighbour's name as well. */
	if (r->by_mx && !by_mx && is_recent(r->mark.time, now))
		return;
	r->mark.time = now;
	r->mark.life = life_of(ttl);
	r->name_hash = hash;
	r->by_mx = by_mx;
	keep_name(name, r->name);
}

static void note_address(const struct names_call *c, const struct addr *client,
			 const struct addr *server, const char *name, uint32_t ttl)
{
	struct names *n = c->n;
	int64_t now = c->packet->time;
	struct address *a;

	if (!is_server(c->site, server))
		return;
	a = table_get(NAMES_TABLE(n, addresses), lone_key(n, KEY_ADDRESS, server), now,
		      &n->counters.evicted);
	a->mark.time = now;
	a->mark.life = life_of(ttl);
	keep_name(name, a->name);
	names_note_domain(n, server, name, now);
	note_relation(n, client, server, name, hash_text(&n->key, name), ttl, now);
}

static void note_host(const struct names_call *c, const struct addr *client,
		      const struct addr *resolver)
{
	struct names *n = c->n;
	int64_t now = c->packet->time;
	struct host *h = table_get(NAMES_TABLE(n, hosts), lone_key(n, KEY_HOST, client), now,
				   &n->counters.evicted);

	if (h->mark.life == 0)
		h->since = now;
	h->mark.time = now;
	h->mark.life = NAMES_HOUR;
	if (site_side(c->site, resolver) == SIDE_INTERNAL) {
		h->asked_inside = now;
		h->has_asked_inside = true;
	}
}

/* --- lookups that tell something -------------------------------------------------------------- */

static bool is_public(const struct names *n, const struct addr *a)
{
	for (size_t i = 0; i < n->public_count; i++)
		if (addr_equal(&n->public[i], a))
			return true;
	return false;
}

/* Of anything else than 127.0.0.2 and its like, by which a list is tried out. */
static bool asks_blacklist(const struct names_call *c, const struct dns_message *m,
			   struct names_event *e)
{
	bool known;

	if (m->type != DNS_A && m->type != DNS_AAAA && m->type != DNS_TXT && m->type != DNS_ANY)
		return false;
	if (!names_zone(m->name, &e->listed, &e->name, &known) || !is_server(c->site, &e->listed))
		return false;
	e->lookup = NAMES_DNSBL;
	return c->n->public_count ? is_public(c->n, &e->listed) : known;
}

/* True where this client's last such lookup is more than an hour ago. */
static bool is_news(struct names *n, const struct addr *client, const char *name, int64_t now)
{
	uint64_t key = client_name_key(n, KEY_TOLD, client, hash_text(&n->key, name));
	struct mark *m = table_get(NAMES_TABLE(n, told), key, now, &n->counters.evicted);
	bool news = m->life == 0;

	m->time = now;
	m->life = NAMES_HOUR;
	return news;
}

static void tell_lookup(const struct names_call *c, const struct addr *client,
			const struct dns_message *m)
{
	struct names_event e = {
		.time = c->packet->time,
		.lookup = NAMES_MX,
		.client = *client,
		.name = m->name,
	};

	if (m->type == DNS_MX ? m->name[0] == 0 : !asks_blacklist(c, m, &e))
		return;
	if (!is_news(c->n, client, m->name, e.time))
		return;
	e.name_hash = hash_text(&names_lasting, e.name);
	c->event(c->context, &e);
}

/* --- questions and answers -------------------------------------------------------------------- */

static uint64_t question_key(const struct names *n, const struct dns_message *m,
			     const struct addr *client, const struct addr *resolver, uint16_t port)
{
	return make_key(n, &(struct key_of){
				   .a = *client,
				   .b = *resolver,
				   .name = hash_text(&n->key, m->name),
				   .port = port,
				   .id = m->id,
				   .type = m->type,
				   .kind = KEY_QUESTION,
			   });
}

static void take_question(const struct names_call *c, const struct dns_message *m)
{
	const struct packet *p = c->packet;
	struct question *q;

	if (p->destination_port != DNS_PORT || site_side(c->site, &p->source) != SIDE_INTERNAL)
		return;
	q = table_get(NAMES_TABLE(c->n, questions),
		      question_key(c->n, m, &p->source, &p->destination, p->source_port), p->time,
		      &c->n->counters.evicted);
	q->mark.time = p->time;
	q->mark.life = QUESTION_LIFE;
	q->answered = false;
	note_host(c, &p->source, &p->destination);
	tell_lookup(c, &p->source, m);
}

/* While the records of one answer are told. */
struct reading {
	const struct names_call *call;
	bool has_mx;
	char end[DNS_NAME]; /* of the chain of CNAMEs from the name asked for */
};

static void take_address(const struct names_call *c, const struct dns_message *m,
			 const struct dns_answer *a, bool is_end)
{
	const struct addr *client = &c->packet->destination;

	if (is_end && (m->type == a->type || m->type == DNS_ANY))
		note_address(c, client, &a->address, m->name, a->ttl);
	else if (is_exchange(c->n, client, hash_text(&c->n->key, a->owner), c->packet->time))
		note_address(c, client, &a->address, a->owner, a->ttl);
}

static void take_record(void *context, const struct dns_message *m, const struct dns_answer *a)
{
	struct reading *r = context;
	const struct names_call *c = r->call;
	bool is_end = strcmp(a->owner, r->end) == 0;

	if (a->type == DNS_A || a->type == DNS_AAAA) {
		take_address(c, m, a, is_end);
	} else if (is_end && a->type == DNS_CNAME) {
		memcpy(r->end, a->target, strlen(a->target) + 1);
	} else if (is_end && a->type == DNS_MX && (m->type == DNS_MX || m->type == DNS_ANY)) {
		r->has_mx = true;
		if (a->target[0]) /* "." takes no mail: RFC 7505 */
			note_exchange(c->n, &c->packet->destination,
				      hash_text(&c->n->key, a->target), a->ttl, c->packet->time);
	}
}

/* Whether the answer is to be believed; each question takes one. */
static bool fits(const struct names_call *c, const struct dns_message *m)
{
	const struct packet *p = c->packet;
	struct question *q =
		table_find(NAMES_TABLE(c->n, questions),
			   question_key(c->n, m, &p->destination, &p->source, p->destination_port),
			   p->time);

	if (q) {
		bool first = !q->answered;

		q->answered = true;
		return first;
	}
	if (c->one_sided) {
		note_host(c, &p->destination, &p->source);
		tell_lookup(c, &p->destination, m);
		return true;
	}
	c->n->counters.unasked++;
	return false;
}

static enum dns_result take_answer(const struct names_call *c, const struct dns_message *question,
				   const uint8_t *data, size_t captured, size_t length)
{
	const struct packet *p = c->packet;
	struct reading r = {.call = c};
	struct dns_message m;
	enum dns_result result;

	if (p->source_port != DNS_PORT || site_side(c->site, &p->destination) != SIDE_INTERNAL)
		return DNS_OK;
	if (!fits(c, question) || question->rcode != 0)
		return DNS_OK;
	memcpy(r.end, question->name, sizeof(r.end));
	result = dns_parse(data, captured, length, &m, take_record, &r);
	/* Without an MX the domain's own address takes its mail: RFC 5321, 5.1. */
	if (result == DNS_OK && m.type == DNS_MX && !r.has_mx)
		note_exchange(c->n, &p->destination, hash_text(&c->n->key, r.end), 0, p->time);
	return result;
}

void names_message(const struct names_call *c, const uint8_t *data, size_t captured, size_t length)
{
	struct names_counters *counters = &c->n->counters;
	struct dns_message m;
	enum dns_result result = dns_parse(data, captured, length, &m, NULL, NULL);

	counters->messages++;
	if ((result == DNS_OK || result == DNS_CUT) && m.type != 0) {
		if (!m.response)
			take_question(c, &m);
		else if (take_answer(c, &m, data, captured, length) == DNS_BAD)
			result = DNS_BAD;
	}
	counters->bad += result == DNS_BAD;
	counters->cut += result == DNS_CUT;
}

void names_packet(struct names *n, const struct site *site, const struct packet *p, bool one_sided,
		  void (*event)(void *context, const struct names_event *e), void *context)
{
	const struct names_call c = {
		.n = n,
		.site = site,
		.packet = p,
		.one_sided = one_sided,
		.event = event,
		.context = context,
	};

	if (p->source_port != DNS_PORT && p->destination_port != DNS_PORT)
		return;
	if (p->protocol == IP_PROTO_UDP)
		names_message(&c, p->payload, p->payload_captured, p->payload_length);
	else
		names_segment(&c);
}

/* --- answers ---------------------------------------------------------------------------------- */

/*
 * A host that knows an address which only others were told of may have it from a resolver whose
 * side towards the host is not on the mirror; but not one that is seen asking its resolver within.
 */
static enum names_origin without_relation(const struct names *n, const struct addr *client,
					  uint64_t relation, bool others_know, int64_t now)
{
	const struct host *h =
		table_find(NAMES_TABLE(n, hosts), lone_key(n, KEY_HOST, client), now);

	if (!h || mark_is_alive(&(struct mark){.time = h->since, .life = SEEN_ENOUGH}, now))
		return NAMES_UNSEEN;
	if (others_know && !(h->has_asked_inside && is_recent(h->asked_inside, now)))
		return NAMES_UNSEEN;
	return sketch_may_hold(&n->known, relation, now) ? NAMES_UNSEEN : NAMES_NONE;
}

const char *names_of(const struct names *n, const struct addr *client, const struct addr *server,
		     int64_t now, enum names_origin *ret_origin, uint64_t *ret_group)
{
	const struct relation *r;
	const struct address *a;
	const char *name;
	uint64_t key;

	if (n->counters.messages == 0) { /* a mirror without DNS: nothing to look through */
		*ret_origin = NAMES_UNSEEN;
		*ret_group = names_group(n, NULL, server, now);
		return NULL;
	}
	key = relation_key(n, client, server);
	r = table_find(NAMES_TABLE(n, relations), key, now);
	a = table_find(NAMES_TABLE(n, addresses), lone_key(n, KEY_ADDRESS, server), now);
	name = r ? r->name : a ? a->name : NULL;
	if (!r)
		*ret_origin = without_relation(n, client, key, a != NULL, now);
	else if (r->by_mx || is_exchange(n, client, r->name_hash, now))
		*ret_origin = NAMES_BY_MX;
	else
		*ret_origin = NAMES_BY_NAME;
	*ret_group = names_group(n, name, server, now);
	return name;
}
