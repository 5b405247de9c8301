/*
 * Bots.  One engine, whose every habit is drawn for each host from wide ranges: how it finds
 * servers, names itself and its senders, ends its lines and sessions, whom it still writes to when
 * it was refused; the kinds narrow some of them.  After Stringhini and others (B@bel, 2012:
 * dialects, missing QUIT), postscreen's log (speaking early), John and others (Botlab, 2009:
 * rates), SecureWorks' and M86's accounts of Rustock, Cutwail, Grum, Lethic, Waledac (HELO by a
 * name of its own address or the recipient's, local MX look-ups, lists from the control channel).
 */
#include "bot.h"

#include <string.h>

static void choose_helo(struct bot *b, struct sim *s, struct host *h, struct rng *r)
{
	static const uint32_t weights[HELO_COUNT] = {8, 5, 18, 9, 6, 7, 10, 8, 8, 8, 7, 6};
	char domain[NAME_SIZE / 2];

	b->helo = (enum helo)rng_pick(r, weights, HELO_COUNT);
	name_domain(r, domain, sizeof(domain));
	if (b->helo == HELO_COMPUTER)
		snprintf(b->name, sizeof(b->name), "%s", h->name);
	else if (b->helo == HELO_OWN)
		snprintf(b->name, sizeof(b->name), "%s", s->site.gateway_name);
	else if (b->helo == HELO_STOLEN)
		name_reverse(r, world_public_ip(rng_next(r), 1), b->name, sizeof(b->name));
	else
		snprintf(b->name, sizeof(b->name), "mail.%s", domain);
}

static const char *helo_now(const struct bot *b, const struct sim *s, const struct host *h,
			    struct rng *r, const char *from, const char *to, char *buffer)
{
	uint32_t ip = b->helo == HELO_PUBLIC ? s->site.public_ip : h->end.ip;

	switch (b->helo) {
	case HELO_LOCALHOST:
		return "localhost";
	case HELO_LOCALDOMAIN:
		return "localhost.localdomain";
	case HELO_RANDOM:
		name_random(r, 5 + rng_below(r, 8), buffer, NAME_SIZE);
		return buffer;
	case HELO_PUBLIC:
	case HELO_LITERAL:
		snprintf(buffer, NAME_SIZE,
			 b->helo == HELO_PUBLIC ? "%u.%u.%u.%u" : "[%u.%u.%u.%u]", ip >> 24,
			 (ip >> 16) & 255, (ip >> 8) & 255, ip & 255);
		return buffer;
	case HELO_RECIPIENT:
		return strchr(to, '@') + 1;
	case HELO_FRESH:
		name_domain(r, buffer, NAME_SIZE);
		return buffer;
	case HELO_SENDER:
		return strchr(from, '@') ? strchr(from, '@') + 1 : "localhost";
	case HELO_COMPUTER:
	case HELO_STOLEN:
	case HELO_OWN:
	case HELO_FQDN:
	case HELO_COUNT:
		break;
	}
	return b->name;
}

static void choose_senders(struct bot *b, struct rng *r)
{
	static const uint32_t weights[SENDER_COUNT] = {25, 20, 15, 8, 6, 4, 22};

	b->sender = (enum sender)rng_pick(r, weights, SENDER_COUNT);
	b->pool_count = 2 + rng_below(r, POOL - 1);
	b->campaign = 5 + rng_below(r, 60);
	for (uint32_t i = 0; i < POOL; i++)
		name_domain(r, b->pool[i], sizeof(b->pool[i]));
}

static void sender_now(const struct bot *b, struct rng *r, const char *to, char *out, size_t size)
{
	static const char *const free_mail[] = {"gmail.com", "yahoo.com", "hotmail.com", "aol.com",
						"gmx.net"};
	char local[40], domain[NAME_SIZE];

	name_local(r, local, sizeof(local));
	name_domain(r, domain, sizeof(domain));
	switch (b->sender) {
	case SENDER_FREEMAIL:
		snprintf(domain, sizeof(domain), "%s", free_mail[rng_below(r, 5)]);
		break;
	case SENDER_CAMPAIGN:
		snprintf(domain, sizeof(domain), "%s", b->pool[b->made / b->campaign % POOL]);
		snprintf(local, sizeof(local), "info");
		break;
	case SENDER_RECIPIENT:
		snprintf(domain, sizeof(domain), "%s", strchr(to, '@') + 1);
		break;
	case SENDER_FIXED:
		snprintf(domain, sizeof(domain), "%s", b->pool[0]);
		snprintf(local, sizeof(local), "sales");
		break;
	case SENDER_POOL:
		snprintf(domain, sizeof(domain), "%s", b->pool[rng_below(r, b->pool_count)]);
		break;
	case SENDER_NULL:
		out[0] = '\0';
		return;
	case SENDER_RANDOM:
	case SENDER_COUNT:
		break;
	}
	snprintf(out, size, "%s@%s", local, domain);
}

static void choose_dialect(struct bot *b, struct rng *r)
{
	static const uint32_t endings[] = {25, 10, 35, 30};
	struct dialect *d = &b->dialect;

	d->ehlo = rng_chance(r, 500);
	d->letter = rng_chance(r, 250) ? LETTER_SPACED : LETTER_UPPER;
	d->ending = (enum ending)rng_pick(r, endings, 4);
	d->bare = rng_chance(r, 60);
	d->deaf = rng_chance(r, 150);
	d->rset = rng_chance(r, 200);
	d->patience = rng_log(r, 4, 40) * SECOND;
	d->pace = rng_chance(r, 300) ? rng_log(r, 5, 500) * MS : 0;
}

static uint32_t target(struct bot *b, struct agent *a)
{
	struct rng *r = &a->rng;

	for (int i = 0; b->retries && i < RETRIES; i++) {
		if (b->again[i].domain && b->again[i].due <= a->next) {
			uint32_t domain = b->again[i].domain;

			b->again[i].domain = 0;
			return domain | 1u << 31;
		}
	}
	if (b->by_address)
		return act_company(r);
	if (b->provider >= 0)
		return (uint32_t)b->provider;
	if (rng_chance(r, b->dead))
		return act_dead(r);
	return rng_chance(r, b->consumers) ? rng_below(r, world_consumer_count()) : act_company(r);
}

static void compose(struct bot *b, struct rng *r, const struct domain *d, struct mail *mails)
{
	for (uint32_t i = 0; i < b->mails; i++) {
		uint32_t n = b->rcpts > 1 ? 1 + rng_below(r, b->rcpts) : 1;

		memset(&mails[i], 0, sizeof(mails[i]));
		while (n--)
			act_add_rcpt(&mails[i], r, d->name);
		mails[i].size = (size_t)rng_jitter(r, b->size, 30);
		sender_now(b, r, mails[i].to[0], mails[i].from, sizeof(mails[i].from));
	}
}

static struct result contact(struct sim *s, struct agent *a, uint32_t id, bool again)
{
	struct bot *b = a->state;
	struct mail mails[2];
	struct domain d;
	struct server v;
	char buffer[NAME_SIZE];
	struct session what = {.host = a->host,
			       .rng = &a->rng,
			       .dialect = &b->dialect,
			       .mails = mails,
			       .count = b->mails,
			       .port = 25,
			       .unknown = b->unknown,
			       .spam = b->spam,
			       .again = again};

	world_domain(s, id, &d);
	compose(b, &a->rng, &d, mails);
	what.helo = helo_now(b, s, a->host, &a->rng, mails[0].from, mails[0].to[0], buffer);
	if (!b->by_address)
		return act_deliver(s, &what, a->next, &d, &b->route);
	world_stray(s, id, b->dead, &v);
	v.auth = b->dialect.auth;
	what.server = &v;
	return smtp_session(s, &what, a->next);
}

static void remember(struct bot *b, struct rng *r, uint32_t id, uint64_t t)
{
	for (int i = 0; i < RETRIES; i++) {
		if (!b->again[i].domain) {
			b->again[i].domain = id;
			b->again[i].due = t + rng_between(r, 4, 25) * MINUTE;
			return;
		}
	}
}

static bool exhausted(const struct sim *s, const struct agent *a)
{
	const struct bot *b = a->state;

	return b->made >= b->cap ||
	       (s->observations && a->host->truth.servers.count >= s->observations);
}

static void bot_step(struct sim *s, struct agent *a)
{
	struct bot *b = a->state;
	uint32_t id;
	struct result result;

	if (exhausted(s, a)) {
		a->next = UINT64_MAX;
		return;
	}
	if (a->next >= b->wave_until) {
		a->next += rng_wait(&a->rng, b->pause);
		b->wave_until = a->next + rng_jitter(&a->rng, b->wave, 50);
		b->looked = false;
		return;
	}
	if (!b->looked && rng_chance(&a->rng, b->checks))
		dns_listed(s, a->host, &a->rng, a->next, 0);
	b->looked = true;
	id = target(b, a);
	result = contact(s, a, id & ~(1u << 31), id >> 31);
	b->made++;
	if (b->retries && result.fate == FATE_LATER && !(id >> 31))
		remember(b, &a->rng, id, result.until);
	a->next += rng_wait(&a->rng, b->gap) + MS;
}

struct bot *bot_new(struct sim *s, struct host *h, struct agent **ret_a)
{
	struct agent *a = sim_add_agent(s, h, 0, bot_step, sizeof(struct bot));
	struct bot *b = a->state;
	struct rng *r = &a->rng;

	choose_helo(b, s, h, r);
	choose_senders(b, r);
	choose_dialect(b, r);
	b->route.asks_mx = true;
	b->route.asks_address = true;
	b->route.tries = 1 + rng_below(r, 3);
	b->route.any = rng_chance(r, 400);
	b->provider = -1;
	b->dead = (uint32_t)rng_between(r, 60, 500);
	b->unknown = (uint32_t)rng_between(r, 150, 600);
	b->spam = (uint32_t)rng_between(r, 20, 400);
	b->consumers = (uint32_t)rng_between(r, 100, 800);
	b->rcpts = rng_chance(r, 400) ? 1 + rng_below(r, 8) : 1;
	b->mails = rng_chance(r, 150) ? 2 : 1;
	b->size = rng_log(r, 400, 4000);
	b->checks = rng_chance(r, 250) ? 700 : 0;
	b->cap = (uint32_t)(rng_log(r, 50, 900) * s->scale / 1000);
	b->gap = MINUTE / rng_log(r, 20, 2000);
	b->wave = rng_log(r, 1, 180) * MINUTE;
	b->pause = rng_log(r, 30, 1440) * MINUTE;
	a->next = s->start + rng_between(r, 0, (s->end - s->start) / 10 * 7);
	b->wave_until = a->next + b->wave;
	if (rng_chance(r, 150))
		h->helper = 0x08080808;
	h->bots++;
	*ret_a = a;
	return b;
}
