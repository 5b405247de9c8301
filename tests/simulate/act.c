#include "act.h"

#include <string.h>

uint32_t act_company(struct rng *r)
{
	return DOMAIN_FIRST + rng_below(r, 200000000);
}

uint32_t act_dead(struct rng *r)
{
	return DOMAIN_DEAD | act_company(r);
}

void act_add_rcpt(struct mail *m, struct rng *r, const char *domain)
{
	char local[40];

	if (m->rcpts == RCPT_MAX)
		return;
	name_local(r, local, sizeof(local));
	snprintf(m->to[m->rcpts++], sizeof(m->to[0]), "%s@%s", local, domain);
}

struct result act_deliver(struct sim *s, const struct session *what, uint64_t start,
			  const struct domain *d, const struct route *route)
{
	struct session one = *what;
	struct result result = {.until = start, .fate = FATE_SILENT};
	struct rng *r = what->rng;
	uint32_t tries = route->tries && route->tries < d->mx_count ? route->tries : d->mx_count;

	if (route->asks_mx)
		result.until = dns_mx(s, what->host, r, result.until, d);
	if (d->missing)
		return result;
	for (uint32_t i = 0; i < tries; i++) {
		uint32_t j = route->any ? rng_below(r, d->mx_count) : i;
		struct server v;

		if (route->asks_address)
			result.until = dns_mx_address(s, what->host, r, result.until, d, j);
		world_server(s, d, j, rng_below(r, d->a_count), &v);
		one.server = &v;
		result = smtp_session(s, &one, result.until + rng_below(r, 3) * MS);
		if (result.fate == FATE_SENT || result.fate == FATE_REJECTED ||
		    result.fate == FATE_TALKED)
			break;
		result.until += rng_between(r, 1, 30) * MS;
	}
	return result;
}

/* A page or two behind TLS: only its shape is of interest. */
static uint64_t fetch(struct sim *s, struct host *h, struct rng *r, uint64_t t, uint64_t site)
{
	struct server v;
	struct conn c;
	struct text text = {0};

	world_stray(s, site, 0, &v);
	t = dns_address(s, h, r, t, v.name, v.ip);
	conn_open(&c, s, h, r, t, &v, 443, 0);
	text_client_hello(&text, r, v.name);
	conn_say(&c, text.at, text.length);
	text.length = 0;
	text_server_hello(&text, r);
	text_record(&text, r, (size_t)rng_between(r, 2000, 5000));
	conn_answer(&c, 2 * MS, text.at, text.length);
	text.length = 0;
	text_record(&text, r, (size_t)rng_between(r, 200, 900));
	conn_say(&c, text.at, text.length);
	text.length = 0;
	text_record(&text, r, (size_t)rng_log(r, 300, 6000));
	conn_answer(&c, 30 * MS, text.at, text.length);
	text_done(&text);
	conn_wait(&c, rng_between(r, 10, 4000) * MS);
	conn_client_fin(&c);
	return c.now;
}

static void browse(struct sim *s, struct agent *a)
{
	fetch(s, a->host, &a->rng, a->next, 5000 + rng_below(&a->rng, 300));
	a->next = office_hours(&a->rng, a->next + rng_wait(&a->rng, 50 * MINUTE));
}

void act_browse(struct sim *s, struct host *h)
{
	struct agent *a = sim_add_agent(s, h, s->start, browse, 0);

	a->next = office_hours(&a->rng, s->start + rng_wait(&a->rng, HOUR));
}

struct poll {
	uint64_t period, site;
};

static void poll(struct sim *s, struct agent *a)
{
	struct poll *p = a->state;

	fetch(s, a->host, &a->rng, a->next, p->site);
	a->next += rng_jitter(&a->rng, p->period, 10);
}

void act_poll(struct sim *s, struct host *h, uint64_t period, uint64_t first)
{
	struct agent *a = sim_add_agent(s, h, first, poll, sizeof(struct poll));
	struct poll *p = a->state;

	p->period = period;
	if (p->period < (s->end - s->start) / 1000) /* keeps the file small */
		p->period = (s->end - s->start) / 1000;
	p->site = rng_next(&a->rng) % 1000000;
}
