/*
 * Goal: of what servers say about us, keep the newest in bounded room, and tell a claim, which
 * anybody can make up, from what two parties that have nothing to do with each other say alike.
 *
 * One entry for each address, and one for each list where no address was named.  Entries lie in a
 * small array, found by looking at all; `order` holds their places, the newest heard first, by the
 * order of arrival, since stamps may jump.
 *
 * What may be lost: claims beyond NOTICE_ADDRESSES, so whoever can make our hosts talk to servers
 * of his own can push out other claims; never findings as long as there are claims to give up.
 */
#include "judge/notice.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define DOMAIN_MOST 64 /* of a longer one the head counts */

struct voice {
	struct addr server;
	char domain[DOMAIN_MOST];
};

struct entry {
	struct listing listing;
	struct voice voices[NOTICE_VOICES]; /* the newest first */
};

struct listings {
	const struct addr *public;
	size_t public_count;
	uint64_t evicted;
	size_t count;
	uint8_t order[NOTICE_ADDRESSES];
	struct entry entries[NOTICE_ADDRESSES];
};

struct listings *listings_new(void)
{
	return calloc(1, sizeof(struct listings));
}

void listings_free(struct listings *l)
{
	free(l);
}

static bool is_configured(const struct listings *l, const struct listing *of)
{
	for (size_t i = 0; of->has_address && i < l->public_count; i++) {
		if (addr_equal(&l->public[i], &of -> address))
			return true;
	}
	return false;
}

void listings_set_public(struct listings *l, const struct addr *addresses, size_t count)
{
	l->public = addresses;
	l->public_count = count;
	for (size_t i = 0; i < l->count; i++) {
		struct listing *of = &l->entries[i].listing;

		of->finding = of->finding || is_configured(l, of);
	}
}

/* Equal in the first bits of their own family. */
static bool same_network(const struct addr *a, const struct addr *b, size_t v4_bytes,
			 size_t v6_bytes)
{
	bool v4 = addr_is_v4(a);

	if (v4 != addr_is_v4(b))
		return false;
	return memcmp(a->b, b->b, v4 ? 12 + v4_bytes : v6_bytes) == 0;
}

/*
 * Two parties.  A server without a known name is told from a named one by its network, and from
 * another nameless one only by /16 or /32: two clusters of one operator lie in many a /24.
 */
static bool are_strangers(const struct voice *a, const struct voice *b)
{
	if (same_network(&a->server, &b->server, 3, 6))
		return false;
	if (!a->domain[0] && !b->domain[0])
		return !same_network(&a->server, &b->server, 2, 4);
	return strcmp(a->domain, b->domain) != 0;
}

static void set_voice(struct voice *v, const struct notice_heard *heard)
{
	const char *domain = heard->domain ? heard->domain : "";

	*v = (struct voice){.server = heard->server};
	for (size_t i = 0; i < sizeof(v->domain) - 1 && domain[i]; i++) {
		char c = domain[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c | 0x20);
		v->domain[i] = c;
	}
}

/* Moves or puts a server to the front; returns whether another that is held is a stranger to it. */
static bool add_voice(struct entry *e, const struct notice_heard *heard)
{
	struct voice new;
	uint32_t at = 0;
	bool stranger = false;

	set_voice(&new, heard);
	for (uint32_t i = 0; i < e->listing.voices; i++)
		stranger |= are_strangers(&new, &e->voices[i]);
	while (at < e->listing.voices && !addr_equal(&e->voices[at].server, &new.server))
		at++;
	if (at == e->listing.voices) {
		if (e->listing.voices < NOTICE_VOICES)
			e->listing.voices++;
		else
			at = NOTICE_VOICES - 1;
	}
	memmove(e->voices + 1, e->voices, at * sizeof(e->voices[0]));
	e->voices[0] = new;
	return stranger;
}

/* Where in the order the entry stands; count where there is none. */
static size_t find(const struct listings *l, const struct listing *key)
{
	for (size_t i = 0; i < l->count; i++) {
		const struct listing *of = &l->entries[l->order[i]].listing;

		if (of->has_address != key->has_address)
			continue;
		if (key->has_address ? addr_equal(&of->address, &key->address)
				     : strcmp(of->list, key->list) == 0)
			return i;
	}
	return l->count;
}

/* The place in the order to give up: of the oldest claim, else of the oldest finding. */
static size_t find_victim(const struct listings *l)
{
	for (size_t i = l->count; i > 0; i--) {
		if (!l->entries[l->order[i - 1]].listing.finding)
			return i - 1;
	}
	return l->count - 1;
}

/* The entry at a place of the order, moved to its front. */
static struct entry *move_to_front(struct listings *l, size_t at)
{
	uint8_t which = l->order[at];

	memmove(l->order + 1, l->order, at);
	l->order[0] = which;
	return &l->entries[which];
}

static struct entry *get(struct listings *l, const struct listing *key, bool *ret_new)
{
	size_t at = find(l, key);
	struct entry *e;

	*ret_new = at == l->count;
	if (!*ret_new)
		return move_to_front(l, at);
	if (l->count < NOTICE_ADDRESSES) {
		l->order[l->count] = (uint8_t)l->count;
		at = l->count++;
	} else {
		at = find_victim(l);
		l->evicted++;
	}
	e = move_to_front(l, at);
	memset(e, 0, sizeof(*e));
	e->listing = *key;
	return e;
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

/* A server's own address is none of ours: "mx.example.com [192.0.2.25] refuses ...". */
static struct listing key_of(const struct notice_heard *heard)
{
	const struct notice *n = heard->notice;
	struct listing key = {
		.first = heard->time,
		.last = heard->time,
		.is_policy = n->is_policy,
		.has_address = n->has_address && !addr_equal(&n->address, &heard->server),
	};

	if (key.has_address)
		key.address = n->address;
	memcpy(key.list, n->list, sizeof(key.list));
	return key;
}

const struct listing *listings_hear(struct listings *l, const struct notice_heard *heard,
				    const char *reply, bool *ret_news)
{
	struct listing key = key_of(heard);
	struct entry *e = get(l, &key, ret_news);
	struct listing *of = &e->listing;
	bool strangers = add_voice(e, heard);

	memcpy(of->list, key.list, sizeof(of->list));
	of->is_policy = of->is_policy && key.is_policy;
	of->first = heard->time < of->first ? heard->time : of->first;
	of->last = heard->time > of->last ? heard->time : of->last;
	of->heard++;
	of->client = heard->client;
	of->server = heard->server;
	copy_head(of->reply, sizeof(of->reply), reply);
	if (!of->finding && of->has_address && (strangers || is_configured(l, of)))
		of->finding = *ret_news = true;
	return of;
}

size_t listings_count(const struct listings *l)
{
	return l->count;
}

const struct listing *listings_at(const struct listings *l, size_t i)
{
	return &l->entries[l->order[i]].listing;
}

uint64_t listings_evicted(const struct listings *l)
{
	return l->evicted;
}

const char *listing_describe(const struct listing *l, char buf[LISTING_TEXT])
{
	char address[ADDR_TEXT] = "an address of ours", client[ADDR_TEXT], server[ADDR_TEXT];
	const char *worth = l->finding	    ? ""
			    : l->voices > 1 ? ", of one network or domain: not confirmed"
					    : ": one word, which anyone can forge";

	if (l->has_address)
		addr_format(&l->address, address);
	return text_print(buf, LISTING_TEXT,
			  "%s: %s %s %s, so %s told %s (heard %" PRIu64 " time%s from %" PRIu32
			  " server%s%s%s)",
			  l->finding ? "blacklisted" : "perhaps blacklisted", address,
			  l->is_policy ? "is refused for its kind, no sign of a bot, by"
				       : "is on the list",
			  l->list, addr_format(&l->server, server), addr_format(&l->client, client),
			  l->heard, l->heard == 1 ? "" : "s", l->voices, l->voices == 1 ? "" : "s",
			  l->voices < NOTICE_VOICES ? "" : " or more", worth);
}
