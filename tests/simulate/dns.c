#include "dns.h"

#include <stdlib.h>
#include <string.h>

enum { TYPE_A = 1, TYPE_MX = 15, CACHE_SLOTS = 8192, ANSWERS_MAX = 8, NXDOMAIN = 3, SERVFAIL = 2 };

struct answer {
	uint16_t preference;
	const char *name; /* MX */
	uint32_t ip;	  /* A */
};

struct question {
	const char *name;
	uint16_t type;
	uint8_t code;
	uint32_t count, ttl;
	struct answer answers[ANSWERS_MAX];
};

static uint8_t *put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
	return p + 2;
}

static uint8_t *put_name(uint8_t *p, const char *name)
{
	while (*name) {
		size_t n = strcspn(name, ".");

		*p++ = (uint8_t)n;
		memcpy(p, name, n);
		p += n;
		name += n + (name[n] == '.');
	}
	*p++ = 0;
	return p;
}

static size_t build(uint8_t *out, const struct question *q, uint16_t id, bool reply)
{
	uint8_t *p = put16(out, id);

	p = put16(p, reply ? 0x8180u | q->code : 0x0100u);
	p = put16(p, 1);
	p = put16(p, reply ? q->count : 0);
	p = put16(p, 0);
	p = put16(p, 0);
	p = put_name(p, q->name);
	p = put16(p, q->type);
	p = put16(p, 1);
	for (uint32_t i = 0; reply && i < q->count; i++) {
		const struct answer *a = &q->answers[i];
		uint8_t *length;

		p = put16(p, 0xc00c);
		p = put16(p, q->type);
		p = put16(p, 1);
		p = put16(p, q->ttl >> 16);
		p = put16(p, q->ttl);
		length = p;
		p += 2;
		if (q->type == TYPE_MX) {
			p = put16(p, a->preference);
			p = put_name(p, a->name);
		} else {
			p = put16(p, a->ip >> 16);
			p = put16(p, a->ip);
		}
		put16(length, (uint32_t)(p - length - 2));
	}
	return (size_t)(p - out);
}

/* Whether the resolver still knows it; it does from now on. */
static bool cached(struct sim *s, const struct question *q, uint64_t t)
{
	uint64_t h = q->type, *slot;

	if (!s->cache)
		s->cache = calloc((size_t)CACHE_SLOTS * 2, sizeof(*s->cache));
	if (!s->cache)
		abort();
	for (const char *p = q->name; *p; p++)
		h = rng_mix(h, (uint64_t)*p);
	slot = s->cache + 2 * (h % CACHE_SLOTS);
	if (slot[0] == h && slot[1] > t)
		return true;
	slot[0] = h;
	slot[1] = t + q->ttl * SECOND;
	return false;
}

static void exchange(struct sim *s, struct wire_end *from, struct wire_end *to, uint16_t vlan,
		     uint64_t t, uint64_t after, const struct question *q, uint16_t id)
{
	uint8_t buffer[1200];
	size_t n = build(buffer, q, id, false);

	wire_udp(&s->wire, t, from, to, vlan, buffer, n);
	n = build(buffer, q, id, true);
	wire_udp(&s->wire, t + after, to, from, vlan, buffer, n);
}

static uint64_t ask(struct sim *s, struct host *h, struct rng *r, uint64_t t, struct question *q)
{
	struct wire_end from = h->end, to;
	uint16_t vlan = h->vlan;
	bool known = cached(s, q, t);
	uint64_t far = rng_log(r, 4 * MS, q->code ? 400 * MS : 120 * MS), after = far;

	if (s->dns == DNS_UNSEEN)
		return t + far;
	memset(&to, 0, sizeof(to));
	memcpy(to.mac, s->site.gateway_mac, 6);
	to.ip = h->helper ? h->helper : s->site.resolver;
	to.ttl = 61;
	if (s->dns == DNS_RESOLVER) {
		if (known && !h->helper)
			return t + 300 * US;
		from.ip = s->site.net + 10;
		memcpy(from.mac, "\x00\x50\x56\x01\x02\x0a", 6);
		from.ttl = 64;
		vlan = 0;
		to.ip = s->site.upstream;
	} else if (known) {
		after = rng_between(r, 200 * US, 900 * US) + (h->helper ? 8 * MS : 0);
	}
	from.port = (uint16_t)rng_between(r, 49152, 65000);
	from.id = (uint16_t)rng_next(r);
	to.id = (uint16_t)rng_next(r);
	to.port = 53;
	exchange(s, &from, &to, vlan, t, after, q, (uint16_t)rng_next(r));
	return t + after + 100 * US;
}

uint64_t dns_address(struct sim *s, struct host *h, struct rng *r, uint64_t t, const char *name,
		     uint32_t ip)
{
	struct question q = {.name = name, .type = TYPE_A, .count = 1, .ttl = 300};

	q.answers[0].ip = ip;
	return ask(s, h, r, t, &q);
}

uint64_t dns_mx(struct sim *s, struct host *h, struct rng *r, uint64_t t, const struct domain *d)
{
	struct question q = {.name = d->name, .type = TYPE_MX, .count = d->mx_count, .ttl = 3600};
	char names[4][NAME_SIZE];

	if (d->missing) {
		q.count = 0;
		q.code = d->id % 3 ? NXDOMAIN : SERVFAIL;
		q.ttl = 900;
		return ask(s, h, r, t, &q);
	}
	for (uint32_t j = 0; j < d->mx_count && j < 4; j++) {
		world_mx_name(d, j, names[j], sizeof(names[j]));
		q.answers[j].name = names[j];
		q.answers[j].preference = (uint16_t)(10 * (j + 1));
	}
	return ask(s, h, r, t, &q);
}

uint64_t dns_mx_address(struct sim *s, struct host *h, struct rng *r, uint64_t t,
			const struct domain *d, uint32_t j)
{
	char name[NAME_SIZE];
	struct question q = {.name = name, .type = TYPE_A, .count = d->a_count, .ttl = 300};

	world_mx_name(d, j, name, sizeof(name));
	for (uint32_t k = 0; k < d->a_count; k++)
		q.answers[k].ip = world_mx_address(s, d, j, k);
	return ask(s, h, r, t, &q);
}

uint64_t dns_listed(struct sim *s, struct host *h, struct rng *r, uint64_t t, uint32_t list)
{
	char name[NAME_SIZE];
	uint32_t ip = s->site.public_ip;
	bool listed = t >= s->site.listed_from && t < s->site.listed_until;
	struct question q = {.name = name, .type = TYPE_A, .count = listed, .ttl = 60};

	snprintf(name, sizeof(name), "%u.%u.%u.%u.%s", ip & 255, (ip >> 8) & 255, (ip >> 16) & 255,
		 ip >> 24, list_zone(list));
	q.code = listed ? 0 : NXDOMAIN;
	q.answers[0].ip = 0x7f000004;
	return ask(s, h, r, t, &q);
}
