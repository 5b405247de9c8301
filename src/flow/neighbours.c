/*
 * A table of small buckets, and before it a memo of the pairs seen last, since the same few MAC and
 * IP addresses make up nearly all frames.  Addresses are counted within a window of an hour, so
 * that a notebook which gets a new lease every day does not become a router in a week.
 */
#include "flow/neighbours.h"

#include <stdlib.h>
#include <string.h>

#define WAYS	8
#define MEMO	256
#define WINDOW	(3600 * INT64_C(1000000))
#define BUCKETS (NEIGHBOURS_MACS / WAYS)

struct neighbour {
	uint8_t mac[6];
	bool used, router, told;
	uint8_t v4_count, v6_count;
	int64_t since, last;
	uint32_t v4[NEIGHBOURS_MANY - 1];
	uint64_t v6[NEIGHBOURS_MANY - 1];
};

struct memo {
	struct addr addr;
	uint8_t mac[6];
	bool router;
	int64_t since; /* of the neighbour, when the pair was noted */
};

struct neighbours {
	struct hash_key key;
	struct memo memo[MEMO];
	struct neighbour *table; /* [BUCKETS][WAYS] */
	uint64_t evicted;
	uint32_t untold, cursor;
};

struct neighbours *neighbours_new(const struct hash_key *key)
{
	struct neighbours *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	n->key = *key;
	n->table = calloc(NEIGHBOURS_MACS, sizeof(*n->table));
	if (!n->table) {
		free(n);
		return NULL;
	}
	return n;
}

void neighbours_free(struct neighbours *n)
{
	if (!n)
		return;
	free(n->table);
	free(n);
}

uint64_t neighbours_evicted(const struct neighbours *n)
{
	return n->evicted;
}

static struct neighbour *bucket_of(const struct neighbours *n, const uint8_t mac[6])
{
	return &n->table[hash_bytes(&n->key, mac, 6) % BUCKETS * WAYS];
}

static struct neighbour *find(struct neighbour *bucket, const uint8_t mac[6])
{
	for (int i = 0; i < WAYS; i++)
		if (bucket[i].used && memcmp(bucket[i].mac, mac, 6) == 0)
			return &bucket[i];
	return NULL;
}

static bool is_virtual_router(const uint8_t mac[6])
{
	static const struct {
		uint8_t bytes[6];
		uint8_t bits;
	} known[] = {
		{{0x00, 0x00, 0x5e, 0x00, 0x01}, 40}, /* VRRP, RFC 9568 */
		{{0x00, 0x00, 0x5e, 0x00, 0x02}, 40}, /* VRRP for IPv6 */
		{{0x00, 0x00, 0x0c, 0x07, 0xac}, 40}, /* HSRP */
		{{0x00, 0x00, 0x0c, 0x9f, 0xf0}, 36}, /* HSRP version 2 */
		{{0x00, 0x07, 0xb4}, 24},	      /* GLBP */
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		size_t whole = known[i].bits / 8;
		bool half =
			known[i].bits % 8 == 0 || (mac[whole] >> 4) == (known[i].bytes[whole] >> 4);

		if (half && memcmp(mac, known[i].bytes, whole) == 0)
			return true;
	}
	return false;
}

bool neighbours_is_router(const struct neighbours *n, const uint8_t mac[6])
{
	const struct neighbour *e = find(bucket_of(n, mac), mac);

	return is_virtual_router(mac) || (e && e->router);
}

static struct neighbour *get(struct neighbours *n, const uint8_t mac[6], int64_t now)
{
	struct neighbour *bucket = bucket_of(n, mac), *e = find(bucket, mac);

	if (e)
		return e;
	e = bucket;
	for (int i = 0; i < WAYS && e->used; i++)
		if (!bucket[i].used || bucket[i].last < e->last)
			e = &bucket[i];
	if (e->used) {
		n->evicted++;
		n->untold -= e->router && !e->told;
	}
	memset(e, 0, sizeof(*e));
	memcpy(e->mac, mac, 6);
	e->used = true;
	e->since = now;
	if (is_virtual_router(mac)) {
		e->router = true;
		n->untold++;
	}
	return e;
}

static bool add_v4(struct neighbour *e, uint32_t v4)
{
	for (int i = 0; i < e->v4_count; i++)
		if (e->v4[i] == v4)
			return false;
	if (e->v4_count == NEIGHBOURS_MANY - 1)
		return true;
	e->v4[e->v4_count++] = v4;
	return false;
}

static bool add_v6(struct neighbour *e, uint64_t net)
{
	for (int i = 0; i < e->v6_count; i++)
		if (e->v6[i] == net)
			return false;
	if (e->v6_count == NEIGHBOURS_MANY - 1)
		return true;
	e->v6[e->v6_count++] = net;
	return false;
}

/* Counts an address; true where it is one too many for a host. */
static bool add_address(struct neighbour *e, const struct addr *a)
{
	uint32_t v4;
	uint64_t net;

	if (addr_is_v4(a)) {
		memcpy(&v4, a->b + 12, sizeof(v4));
		return add_v4(e, v4);
	}
	if (a->b[0] == 0xfe && (a->b[1] & 0xc0) == 0x80)
		return false;
	memcpy(&net, a->b, sizeof(net));
	return add_v6(e, net);
}

static void note_slowly(struct neighbours *n, const struct packet *p, struct memo *memo)
{
	static const uint8_t zero[6];
	struct neighbour *e;

	if ((p->mac_destination[0] & 1) || memcmp(p->mac_destination, zero, 6) == 0)
		return;
	e = get(n, p->mac_destination, p->time);
	if (p->time - e->since > WINDOW || p->time < e->since) {
		e->since = p->time;
		e->v4_count = e->v6_count = 0;
	}
	e->last = p->time;
	if (!e->router && addr_is_unicast(&p->destination) && add_address(e, &p->destination)) {
		e->router = true;
		n->untold++;
	}
	memo->addr = p->destination;
	memcpy(memo->mac, p->mac_destination, 6);
	memo->router = e->router;
	memo->since = p->time;
}

void neighbours_note(struct neighbours *n, const struct packet *p)
{
	const uint8_t *m = p->mac_destination, *a = p->destination.b;
	struct memo *memo;

	if (!p->has_mac)
		return;
	memo = &n->memo[(m[3] ^ m[4] * 3 ^ m[5] * 7 ^ a[13] * 11 ^ a[14] * 13 ^ a[15]) % MEMO];
	if (memcmp(memo->mac, m, 6) == 0 && p->time - memo->since < WINDOW / 4 &&
	    p->time >= memo->since && (memo->router || addr_equal(&memo->addr, &p->destination)))
		return;
	note_slowly(n, p, memo);
}

bool neighbours_next_router(struct neighbours *n, uint8_t ret_mac[6])
{
	for (uint32_t i = 0; i < NEIGHBOURS_MACS && n->untold > 0; i++) {
		struct neighbour *e = &n->table[n->cursor++ % NEIGHBOURS_MACS];

		if (!e->used || !e->router || e->told)
			continue;
		e->told = true;
		n->untold--;
		memcpy(ret_mac, e->mac, 6);
		return true;
	}
	return false;
}
