/*
 * Goal: of what servers say about us, keep the newest in bounded room, and tell a claim, which
 * anybody can make up, from what two parties that have nothing to do with each other say alike.
 *
 * A subject is an address, or stands for "no address"; it has a row for each list.  Subjects and
 * rows lie in small arrays, found by looking at all; `order` holds their places, the newest heard
 * first, by the order of arrival, since stamps may jump.
 *
 * What may be lost: see the header for who makes room.  A party that is the first to name an
 * address of ours may so push it out itself once; the next that names it owns it.
 */
#include "judge/notice.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/text.h"

#define DOMAIN_MOST 256

_Static_assert(NOTICE_LISTS <= NOTICE_ADDRESSES, "candidates of a choice are bounded by addresses");

struct voice {
	struct addr server;
	uint64_t domain; /* a hash; 0 where unknown */
};

/* The newest first. */
struct voices {
	uint32_t count;
	struct voice at[NOTICE_VOICES];
};

struct row {
	struct listing listing;
	struct voice owner; /* the first */
	struct voices voices;
	bool agreed; /* by two that are strangers */
	bool changed;
};

struct subject {
	bool has_address, finding, configured;
	struct addr address;
	struct voice owner;
	struct voices voices;
	uint8_t count, order[NOTICE_LISTS];
	struct row rows[NOTICE_LISTS];
};

struct listings {
	const struct addr *public;
	size_t public_count;
	uint64_t evicted;
	size_t cursor; /* of what was taken last */
	bool changed;  /* a row may be */
	uint8_t count, order[NOTICE_ADDRESSES];
	struct subject subjects[NOTICE_ADDRESSES];
};

struct listings *listings_new(void)
{
	return calloc(1, sizeof(struct listings));
}

void listings_free(struct listings *l)
{
	free(l);
}

/* --- parties ---------------------------------------------------------------------------------- */

static bool same_family(const struct addr *a, const struct addr *b)
{
	return addr_is_v4(a) == addr_is_v4(b);
}

/* Of one /16 or /32. */
static bool same_network(const struct addr *a, const struct addr *b)
{
	return same_family(a, b) && memcmp(a->b, b->b, addr_is_v4(a) ? 12 + 2 : 4) == 0;
}

static bool is_one_party(const struct voice *a, const struct voice *b)
{
	return same_network(&a->server, &b->server) || (a->domain && a->domain == b->domain);
}

static bool are_strangers(const struct voice *a, const struct voice *b)
{
	return same_family(&a->server, &b->server) && !is_one_party(a, b);
}

/* Two domains that collide are taken for one party: nothing that a forger could use. */
static uint64_t hash_domain(const char *domain)
{
	static const struct hash_key key;
	char lower[DOMAIN_MOST];
	size_t n = 0;

	for (; n < sizeof(lower) && domain[n]; n++) {
		lower[n] = domain[n];
		if (lower[n] >= 'A' && lower[n] <= 'Z')
			lower[n] = (char)(lower[n] | 0x20);
	}
	return n ? hash_bytes(&key, lower, n) | 1 : 0;
}

/* Where a new voice is put: behind the held ones, or in the place of the oldest of its own party,
 * so that nobody's many servers drown another's, or of the oldest. */
static uint32_t place_of(struct voices *held, const struct voice *new)
{
	if (held->count < NOTICE_VOICES)
		return held->count++;
	for (uint32_t i = NOTICE_VOICES; i > 0; i--) {
		if (is_one_party(&held->at[i - 1], new))
			return i - 1;
	}
	return NOTICE_VOICES - 1;
}

/* Moves or puts a server to the front; returns whether another that is held is a stranger to it. */
static bool add_voice(struct voices *held, const struct voice *new)
{
	uint32_t at = 0;
	bool stranger = false;

	for (uint32_t i = 0; i < held->count; i++)
		stranger |= are_strangers(new, &held->at[i]);
	while (at < held->count && !addr_equal(&held->at[at].server, &new->server))
		at++;
	if (at == held->count)
		at = place_of(held, new);
	memmove(held->at + 1, held->at, at * sizeof(held->at[0]));
	held->at[0] = *new;
	return stranger;
}

/* --- who makes room --------------------------------------------------------------------------- */

enum rank { RANK_CLAIM, RANK_FINDING, RANK_FIXED };

struct candidate {
	const struct voice *owner;
	enum rank rank;
};

/* How many are of the same owner; 0 where those are so few that it may have them. */
static size_t burden(const struct candidate *c, size_t count, size_t of)
{
	size_t own = 0;

	for (size_t i = 0; i < count; i++)
		own += c[i].rank != RANK_FIXED && is_one_party(c[i].owner, c[of].owner);
	return own < NOTICE_OWN ? 0 : own;
}

/* The one to give up; the candidates stand newest first. */
static size_t find_victim(const struct candidate *c, size_t count)
{
	size_t victim = count, most = 0;

	for (size_t i = count; i-- > 0;) {
		size_t own;

		if (c[i].rank == RANK_FIXED)
			continue;
		own = burden(c, count, i);
		if (victim < count && own <= most && (own < most || c[i].rank >= c[victim].rank))
			continue;
		victim = i;
		most = own;
	}
	return victim < count ? victim : count - 1;
}

static size_t find_subject_victim(const struct listings *l)
{
	struct candidate c[NOTICE_ADDRESSES];

	for (size_t i = 0; i < l->count; i++) {
		const struct subject *s = &l->subjects[l->order[i]];

		c[i].owner = &s->owner;
		c[i].rank = s->configured ? RANK_FIXED : s->finding ? RANK_FINDING : RANK_CLAIM;
	}
	return find_victim(c, l->count);
}

static size_t find_row_victim(const struct subject *s)
{
	struct candidate c[NOTICE_LISTS];

	for (size_t i = 0; i < s->count; i++) {
		const struct row *r = &s->rows[s->order[i]];

		c[i] = (struct candidate){&r->owner, r->agreed ? RANK_FINDING : RANK_CLAIM};
	}
	return find_victim(c, s->count);
}

/* The place in the order, moved to its front. */
static uint8_t to_front(uint8_t *order, size_t at)
{
	uint8_t which = order[at];

	memmove(order + 1, order, at);
	order[0] = which;
	return which;
}

/* --- what is configured ----------------------------------------------------------------------- */

static bool is_configured(const struct listings *l, const struct subject *s)
{
	for (size_t i = 0; s->has_address && i < l->public_count; i++) {
		if (addr_equal(&l->public[i], &s -> address))
			return true;
	}
	return false;
}

/* Into each row what is so of the address. */
static void spread(struct subject *s)
{
	for (size_t i = 0; i < s->count; i++) {
		struct row *r = &s->rows[i];

		if (r->listing.finding == s->finding && r->listing.configured == s->configured)
			continue;
		r->listing.finding = s->finding;
		r->listing.configured = s->configured;
		r->changed = true;
	}
}

static void become_finding(struct subject *s)
{
	if (s->finding)
		return;
	s->finding = true;
	s->rows[s->order[0]].listing.news = LISTING_FOUND;
}

void listings_set_public(struct listings *l, const struct addr *addresses, size_t count)
{
	l->public = addresses;
	l->public_count = count;
	l->changed = true;
	for (size_t i = 0; i < l->count; i++) {
		struct subject *s = &l->subjects[i];

		s->configured = is_configured(l, s);
		if (s->configured)
			become_finding(s);
		spread(s);
	}
}

/* --- hearing ---------------------------------------------------------------------------------- */

/* A server's own address is none of ours: "mx.example.com [192.0.2.25] refuses ...". */
static bool names_us(const struct notice_heard *heard)
{
	const struct notice *n = heard->notice;

	return n->has_address && !addr_equal(&n->address, &heard->server);
}

static struct subject *get_subject(struct listings *l, const struct notice_heard *heard,
				   const struct voice *voice)
{
	bool has_address = names_us(heard);
	struct subject *s;
	size_t at;

	for (at = 0; at < l->count; at++) {
		s = &l->subjects[l->order[at]];
		if (s->has_address == has_address &&
		    (!has_address || addr_equal(&s->address, &heard->notice->address)))
			return &l->subjects[to_front(l->order, at)];
	}
	if (l->count < NOTICE_ADDRESSES) {
		l->order[at] = (uint8_t)at;
		l->count++;
	} else {
		at = find_subject_victim(l);
		l->evicted += l->subjects[l->order[at]].count;
	}
	s = &l->subjects[to_front(l->order, at)];
	memset(s, 0, sizeof(*s));
	s->owner = *voice;
	s->has_address = has_address;
	if (has_address)
		s->address = heard->notice->address;
	s->configured = is_configured(l, s);
	return s;
}

static struct row *get_row(struct listings *l, struct subject *s, const struct notice_heard *heard,
			   const struct voice *voice)
{
	const char *list = heard->notice->list;
	struct row *r;
	size_t at;

	for (at = 0; at < s->count; at++) {
		if (strcmp(s->rows[s->order[at]].listing.list, list) == 0)
			return &s->rows[to_front(s->order, at)];
	}
	if (s->count < NOTICE_LISTS) {
		s->order[at] = (uint8_t)at;
		s->count++;
	} else {
		at = find_row_victim(s);
		l->evicted++;
	}
	r = &s->rows[to_front(s->order, at)];
	memset(r, 0, sizeof(*r));
	r->owner = *voice;
	r->listing = (struct listing){
		.has_address = s->has_address,
		.address = s->address,
		.first = heard->time,
		.last = heard->time,
		.is_policy = heard->notice->is_policy,
		.first_server = heard->server,
		.news = LISTING_CLAIMED,
	};
	memcpy(r->listing.list, list, sizeof(r->listing.list));
	return r;
}

static void add_client(struct listing *of, const struct addr *client)
{
	uint32_t at = 0;

	while (at < of->client_count && !addr_equal(&of->clients[at], client))
		at++;
	if (at == of->client_count) {
		if (at < NOTICE_CLIENTS)
			of->client_count++;
		else
			at--;
	}
	memmove(of->clients + 1, of->clients, at * sizeof(of->clients[0]));
	of->clients[0] = *client;
}

/* Escaped text, cut so that neither a character nor a \xNN is torn. */
static void copy_head(char *out, size_t size, const char *text)
{
	size_t n = strnlen(text, size);

	if (n == size) {
		n = size - 1;
		while (n > 0 && (text[n] & 0xc0) == 0x80)
			n--;
		for (size_t i = 1; i <= 3 && i <= n; i++) {
			if (text[n - i] == '\\')
				n -= i;
		}
	}
	memcpy(out, text, n);
	out[n] = '\0';
}

const struct listing *listings_hear(struct listings *l, const struct notice_heard *heard,
				    const char *reply, bool *ret_news)
{
	struct voice voice = {heard->server, hash_domain(heard->domain ? heard->domain : "")};
	struct subject *s = get_subject(l, heard, &voice);
	struct row *r = get_row(l, s, heard, &voice);
	struct listing *of = &r->listing;
	enum listing_news before = of->heard ? of->news : LISTING_TOLD;
	bool strangers = add_voice(&s->voices, &voice);

	r->agreed |= add_voice(&r->voices, &voice);
	r->changed = l->changed = true;
	of->voices = r->voices.count;
	of->is_policy = of->is_policy && heard->notice->is_policy;
	of->first = heard->time < of->first ? heard->time : of->first;
	of->last = heard->time > of->last ? heard->time : of->last;
	of->heard++;
	of->client = heard->client;
	of->server = heard->server;
	add_client(of, &heard->client);
	copy_head(of->reply, sizeof(of->reply), reply);
	if (s->has_address && (strangers || s->configured))
		become_finding(s);
	spread(s);
	*ret_news = of->news != before;
	return of;
}

/* --- taking ----------------------------------------------------------------------------------- */

bool listings_take_changed(struct listings *l, struct listing *ret_)
{
	for (size_t i = 0; l->changed && i < (size_t)NOTICE_ADDRESSES * NOTICE_LISTS; i++) {
		struct subject *s;
		struct row *r;

		l->cursor = (l->cursor + 1) % ((size_t)NOTICE_ADDRESSES * NOTICE_LISTS);
		s = &l->subjects[l->cursor / NOTICE_LISTS];
		r = &s->rows[l->cursor % NOTICE_LISTS];
		if (!r->changed)
			continue;
		*ret_ = r->listing;
		r->listing.news = LISTING_TOLD;
		r->changed = false;
		return true;
	}
	l->changed = false;
	return false;
}

size_t listings_count(const struct listings *l)
{
	size_t count = 0;

	for (size_t i = 0; i < l->count; i++)
		count += l->subjects[i].count;
	return count;
}

const struct listing *listings_at(const struct listings *l, size_t i)
{
	const struct subject *s;
	size_t at = 0;

	while (i >= l->subjects[l->order[at]].count)
		i -= l->subjects[l->order[at++]].count;
	s = &l->subjects[l->order[at]];
	return &s->rows[s->order[i]].listing;
}

uint64_t listings_evicted(const struct listings *l)
{
	return l->evicted;
}

static const char *worth_of(const struct listing *l)
{
	if (l->finding)
		return l->voices > 1 ? "" : ": for this list, one word";
	return l->voices > 1 ? ", of one network or domain: not confirmed"
			     : ": one word, which anyone can forge";
}

const char *listing_describe(const struct listing *l, char buf[LISTING_TEXT])
{
	char address[ADDR_TEXT] = "an address of ours", client[ADDR_TEXT], server[ADDR_TEXT];

	if (l->has_address)
		addr_format(&l->address, address);
	return text_print(buf, LISTING_TEXT,
			  "%s: %s %s %s, so %s told %s (heard %" PRIu64 " time%s from %" PRIu32
			  " server%s%s%s)",
			  l->finding ? "blacklisted" : "perhaps blacklisted", address,
			  l->is_policy ? "is refused for its kind, no sign of a bot, by"
				       : "is on the list",
			  l->list, addr_format(&l->server, server), addr_format(&l->client, client),
			  l->heard, text_s(l->heard), l->voices, text_s(l->voices),
			  l->voices < NOTICE_VOICES ? "" : " or more", worth_of(l));
}
