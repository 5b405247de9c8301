#include "world.h"

#include <string.h>

struct provider {
	const char *domain; /* of its mailboxes; NULL: it only hosts others' */
	enum soft soft;
	uint32_t weight;     /* among companies' hosts */
	uint32_t base, span; /* its addresses */
	uint32_t mx_count, a_count;
	const char *mx[4]; /* %d the domain with dashes, %x a number of the customer's */
};

#define NET(a, b, c) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8)

static const struct provider providers[] = {
	{"gmail.com",
	 SOFT_GMAIL,
	 0,
	 NET(142, 250, 0),
	 65000,
	 4,
	 2,
	 {"gmail-smtp-in.l.google.com", "alt1.gmail-smtp-in.l.google.com",
	  "alt2.gmail-smtp-in.l.google.com", "alt3.gmail-smtp-in.l.google.com"}},
	{"yahoo.com",
	 SOFT_YAHOO,
	 0,
	 NET(67, 195, 204),
	 250,
	 3,
	 4,
	 {"mta5.am0.yahoodns.net", "mta6.am0.yahoodns.net", "mta7.am0.yahoodns.net", NULL}},
	{"hotmail.com",
	 SOFT_OUTLOOK,
	 0,
	 NET(52, 101, 0),
	 60000,
	 1,
	 6,
	 {"hotmail-com.olc.protection.outlook.com", NULL, NULL, NULL}},
	{"outlook.com",
	 SOFT_OUTLOOK,
	 0,
	 NET(52, 101, 0),
	 60000,
	 1,
	 6,
	 {"outlook-com.olc.protection.outlook.com", NULL, NULL, NULL}},
	{"gmx.net",
	 SOFT_POSTFIX,
	 0,
	 NET(212, 227, 15),
	 60,
	 2,
	 2,
	 {"mx00.emig.gmx.net", "mx01.emig.gmx.net", NULL, NULL}},
	{"web.de",
	 SOFT_POSTFIX,
	 0,
	 NET(212, 227, 17),
	 60,
	 2,
	 2,
	 {"mx-ha02.web.de", "mx-ha03.web.de", NULL, NULL}},
	{"mail.ru", SOFT_EXIM, 0, NET(94, 100, 180), 120, 1, 2, {"mxs.mail.ru", NULL, NULL, NULL}},
	{"aol.com",
	 SOFT_YAHOO,
	 0,
	 NET(67, 195, 228),
	 250,
	 1,
	 6,
	 {"mx-aol.mail.gm0.yahoodns.net", NULL, NULL, NULL}},
	{"comcast.net",
	 SOFT_CISCO,
	 0,
	 NET(96, 102, 18),
	 250,
	 2,
	 3,
	 {"mx1a1.comcast.net", "mx2a1.comcast.net", NULL, NULL}},
	{"orange.fr",
	 SOFT_POSTFIX,
	 0,
	 NET(80, 12, 26),
	 60,
	 1,
	 2,
	 {"smtp-in.orange.fr", NULL, NULL, NULL}},
	{"libero.it",
	 SOFT_POSTFIX,
	 0,
	 NET(213, 209, 1),
	 200,
	 2,
	 2,
	 {"smtp-in.libero.it", "smtp-in2.libero.it", NULL, NULL}},
	{NULL,
	 SOFT_OUTLOOK,
	 30,
	 NET(52, 101, 0),
	 60000,
	 1,
	 4,
	 {"%d.mail.protection.outlook.com", NULL, NULL, NULL}},
	{NULL,
	 SOFT_GMAIL,
	 15,
	 NET(142, 250, 0),
	 65000,
	 4,
	 2,
	 {"aspmx.l.google.com", "alt1.aspmx.l.google.com", "alt2.aspmx.l.google.com",
	  "alt3.aspmx.l.google.com"}},
	{NULL,
	 SOFT_PROOFPOINT,
	 5,
	 NET(148, 163, 128),
	 8000,
	 2,
	 1,
	 {"mx0a-%x.pphosted.com", "mx0b-%x.pphosted.com", NULL, NULL}},
	{NULL,
	 SOFT_MIMECAST,
	 3,
	 NET(205, 139, 110),
	 500,
	 2,
	 4,
	 {"us-smtp-inbound-1.mimecast.com", "us-smtp-inbound-2.mimecast.com", NULL, NULL}},
	{NULL,
	 SOFT_BARRACUDA,
	 3,
	 NET(209, 222, 80),
	 4000,
	 2,
	 2,
	 {"d%xa.ess.barracudanetworks.com", "d%xb.ess.barracudanetworks.com", NULL, NULL}},
	{NULL,
	 SOFT_CISCO,
	 3,
	 NET(68, 232, 128),
	 4000,
	 2,
	 2,
	 {"mx1.hc%x.iphmx.com", "mx2.hc%x.iphmx.com", NULL, NULL}},
};

enum { PROVIDERS = sizeof(providers) / sizeof(providers[0]), CONSUMERS = 11 };

_Static_assert((int)PROVIDER_M365 == (int)CONSUMERS,
	       "the first row that only hosts is Microsoft's");

/* What a company's own server runs. */
static const uint32_t own_soft[SOFT_COUNT] = {
	[SOFT_POSTFIX] = 38, [SOFT_EXIM] = 32, [SOFT_SENDMAIL] = 6, [SOFT_EXCHANGE] = 14,
	[SOFT_QMAIL] = 4,    [SOFT_CISCO] = 3, [SOFT_BARRACUDA] = 3};

static const struct {
	const char *zone, *link;
} lists[] = {
	{"zen.spamhaus.org", "https://www.spamhaus.org/query/ip/"},
	{"zen.spamhaus.org", "https://check.spamhaus.org/query/ip/"},
	{"bl.spamcop.net", "https://www.spamcop.net/bl.shtml?"},
	{"b.barracudacentral.org", "http://www.barracudanetworks.com/reputation/?pr=1&ip="},
	{"psbl.surriel.com", "https://psbl.org/listing?ip="},
	{"dnsbl-1.uceprotect.net", "http://www.uceprotect.net/rblcheck.php?ipr="},
};

enum { LISTS = sizeof(lists) / sizeof(lists[0]) };

uint32_t list_count(void)
{
	return LISTS;
}

const char *list_zone(uint32_t list)
{
	return lists[list].zone;
}

const char *list_link(uint32_t list)
{
	return lists[list].link;
}

uint32_t world_consumer_count(void)
{
	return CONSUMERS;
}

uint32_t world_public_ip(uint64_t a, uint64_t b)
{
	for (uint64_t i = 0;; i++) {
		uint32_t ip = (uint32_t)(rng_mix(rng_mix(a, b), i) >> 20), first = ip >> 24;

		if ((ip & 0xff) == 0 || (ip & 0xff) == 255)
			continue;
		if (first > 1 && first < 224 && first != 10 && first != 100 && first != 127 &&
		    first != 169 && first != 172 && first != 192 && first != 198 && first != 203)
			return ip;
	}
}

/* How the dead fail: mostly in silence. */
static enum life death(struct rng *r)
{
	static const uint32_t weights[] = {60, 28, 12};

	return (enum life)(LIFE_SILENT + rng_pick(r, weights, 3));
}

void world_domain(const struct sim *s, uint32_t id, struct domain *ret_d)
{
	struct domain *d = ret_d;
	struct rng r;
	uint32_t weights[PROVIDERS + 1];

	memset(d, 0, sizeof(*d));
	rng_seed(&r, s->seed ^ 0x646f6d, id);
	d->id = id;
	d->dead = id & DOMAIN_DEAD;
	if (id < CONSUMERS) {
		d->provider = (int)id;
		snprintf(d->name, sizeof(d->name), "%s", providers[id].domain);
	} else {
		for (size_t i = 0; i < PROVIDERS; i++)
			weights[i] = d->dead ? 0 : providers[i].weight;
		weights[PROVIDERS] = 41;
		name_domain(&r, d->name, sizeof(d->name));
		d->provider = (int)rng_pick(&r, weights, PROVIDERS + 1);
	}
	if (d->provider == PROVIDERS) {
		d->provider = -1;
		d->mx_count = rng_chance(&r, 350) ? 2 : 1;
		d->a_count = 1;
		d->missing = d->dead && rng_chance(&r, 250);
	} else {
		d->mx_count = providers[d->provider].mx_count;
		d->a_count = providers[d->provider].a_count;
	}
}

/* Copies `pattern` with %d and %x filled in. */
static void expand(const struct domain *d, const char *pattern, char *out, size_t size)
{
	size_t n = 0;

	for (const char *p = pattern; *p && n + 16 < size; p++) {
		if (p[0] == '%' && p[1] == 'x') {
			n += (size_t)snprintf(out + n, size - n, "%06x",
					      (d->id * 2654435761u) >> 8);
			p++;
		} else if (p[0] == '%' && p[1] == 'd') {
			for (const char *q = d->name; *q && n + 16 < size; q++)
				out[n++] = *q == '.' ? '-' : *q;
			p++;
		} else {
			out[n++] = *p;
		}
	}
	out[n] = '\0';
}

void world_mx_name(const struct domain *d, uint32_t j, char *ret_name, size_t size)
{
	static const char *const own[] = {"mail", "mx", "mx1", "smtp", "mailin", "gw"};

	if (d->provider >= 0)
		expand(d, providers[d->provider].mx[j], ret_name, size);
	else
		snprintf(ret_name, size, "%s.%s", j ? "mx2" : own[d->id % 6], d->name);
}

uint32_t world_mx_address(const struct sim *s, const struct domain *d, uint32_t j, uint32_t k)
{
	char name[NAME_SIZE];
	uint64_t h = 7;

	if (d->provider < 0)
		return world_public_ip(s->seed ^ 0x6d78, (uint64_t)d->id << 8 | j);
	world_mx_name(d, j, name, sizeof(name));
	for (const char *p = name; *p; p++)
		h = rng_mix(h, (uint64_t)*p);
	return providers[d->provider].base + 2 +
	       (uint32_t)(rng_mix(h, k) % providers[d->provider].span);
}

/* What follows from its software, and what is its master's choice. */
static void furnish(struct rng *r, struct server *v)
{
	static const uint32_t lists_asked[LISTS] = {45, 15, 12, 14, 7, 7};
	bool own = v->soft == SOFT_POSTFIX || v->soft == SOFT_EXIM || v->soft == SOFT_SENDMAIL ||
		   v->soft == SOFT_QMAIL;

	v->rtt = rng_log(r, 5 * MS, 300 * MS);
	v->ttl = (uint8_t)((v->soft == SOFT_EXCHANGE || v->soft == SOFT_OUTLOOK ? 128 : 64) -
			   rng_between(r, 6, 22));
	v->greets_after = rng_chance(r, own ? 200 : 50) ? rng_between(r, 2, 12) * SECOND / 2
							: rng_log(r, 2 * MS, 400 * MS);
	v->starttls = !own || (v->soft != SOFT_QMAIL && rng_chance(r, 820));
	v->pipelining = v->soft != SOFT_EXCHANGE || rng_chance(r, 800);
	v->asks_list = rng_chance(r, own ? 450 : v->soft == SOFT_GMAIL ? 200 : 800);
	v->greylists = own && rng_chance(r, 160);
	v->fussy = v->soft == SOFT_POSTFIX && rng_chance(r, 350);
	v->list = (uint32_t)rng_pick(r, lists_asked, LISTS);
}

void world_server(const struct sim *s, const struct domain *d, uint32_t j, uint32_t k,
		  struct server *ret_v)
{
	struct server *v = ret_v;
	struct rng r;

	memset(v, 0, sizeof(*v));
	v->ip = world_mx_address(s, d, j, k);
	v->id = v->ip;
	rng_seed(&r, s->seed ^ 0x737276, v->ip);
	world_mx_name(d, j, v->name, sizeof(v->name));
	v->soft = d->provider >= 0 ? providers[d->provider].soft
				   : (enum soft)rng_pick(&r, own_soft, SOFT_COUNT);
	furnish(&r, v);
	if (d->dead)
		v->life = death(&r);
	else if (d->provider < 0 && rng_chance(&r, 12))
		v->life = LIFE_SILENT;
}

void world_stray(const struct sim *s, uint64_t id, uint32_t dead_permille, struct server *ret_v)
{
	struct domain d;
	struct rng r;

	rng_seed(&r, s->seed ^ 0x737472, id);
	world_domain(s, (uint32_t)(DOMAIN_FIRST + (id % 500000000)), &d);
	d.provider = -1;
	world_server(s, &d, 0, 0, ret_v);
	ret_v->ip = world_public_ip(s->seed ^ 0x737472, id);
	ret_v->life = rng_chance(&r, dead_permille) ? death(&r) : LIFE_UP;
}

void world_relay(const struct sim *s, uint64_t id, uint32_t k, struct server *ret_v)
{
	static const char *const names[] = {"smtp", "relay", "mail", "out"};
	static const uint32_t soft[] = {60, 30, 5, 5};
	struct server *v = ret_v;
	char name[NAME_SIZE / 2];
	struct rng r;

	memset(v, 0, sizeof(*v));
	rng_seed(&r, s->seed ^ 0x72656c, id);
	name_domain(&r, name, sizeof(name));
	snprintf(v->name, sizeof(v->name), "%s.%s", names[rng_below(&r, 4)], name);
	v->soft = (enum soft)rng_pick(&r, soft, 4);
	furnish(&r, v);
	v->greylists = v->fussy = v->asks_list = false;
	v->greets_after = rng_log(&r, 2 * MS, 60 * MS);
	v->ip = (world_public_ip(s->seed ^ 0x72656c, id) & 0xffffff00) + 10 + k;
	v->id = v->ip;
}
