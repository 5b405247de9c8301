/*
 * Honest senders: programs with a queue of their own, which look up MX, try again with longer and
 * longer pauses, speak under one name, and know mostly the same correspondents.
 */
#include "act.h"

#include <string.h>

enum identity { ID_ONE, ID_USERS, ID_VERP, ID_SRS, ID_FOREIGN, ID_NULL };

enum { QUEUE = 416, CUSTOMERS = 240, SUSPENDED = 64, TOGETHER = 4 };

struct item {
	uint64_t due; /* 0: free */
	uint32_t domain, tries;
};

/* A destination that did not answer: nothing else is tried there until then, as Postfix's queue
 * manager and Exim's retry database have it. */
struct suspended {
	uint32_t key, times;
	uint64_t until;
};

struct mta {
	struct dialect dialect;
	struct route route;
	char helo[NAME_SIZE], local[40], domain[NAME_SIZE];
	enum identity identity;
	uint32_t customers[CUSTOMERS], customer_count;
	uint32_t fresh, gone, unknown, spam, bounces; /* thousandths */
	uint32_t consumers, rcpts, push;	      /* push: recipients of a newsletter */
	uint64_t gap, arrival, pushes, push_gap, small, large, give_up, back_off;
	bool office;
	struct item queue[QUEUE];
	struct suspended suspended[SUSPENDED];
};

static uint32_t correspondent(const struct mta *m, struct rng *r)
{
	if (rng_chance(r, m->gone))
		return act_dead(r);
	if (rng_chance(r, m->fresh))
		return rng_chance(r, m->consumers) ? rng_below(r, world_consumer_count())
						   : act_company(r);
	return m->customers[rng_below(r, m->customer_count)];
}

static void enqueue(struct mta *m, uint32_t domain, uint64_t due)
{
	for (int i = 0; i < QUEUE; i++) {
		if (m->queue[i].due == 0) {
			m->queue[i] = (struct item){.due = due, .domain = domain};
			return;
		}
	}
}

static void foreign(struct rng *r, char *local, char *domain)
{
	name_local(r, local, 40);
	name_domain(r, domain, NAME_SIZE);
	if (rng_chance(r, 400))
		snprintf(domain, NAME_SIZE, "gmail.com");
}

static void identify(const struct mta *m, struct rng *r, struct mail *mail)
{
	char local[40], domain[NAME_SIZE], to[NAME_SIZE * 2];
	size_t size = sizeof(mail->from);
	uint64_t tag;

	foreign(r, local, domain);
	snprintf(to, sizeof(to), "%s", mail->to[0]);
	if (strchr(to, '@'))
		*strchr(to, '@') = '=';
	switch (m->identity) {
	case ID_ONE:
		snprintf(mail->from, size, "%s@%s", m->local, m->domain);
		break;
	case ID_USERS:
		if (rng_chance(r, m->bounces))
			mail->from[0] = '\0';
		else
			snprintf(mail->from, size, "%s@%s", local, m->domain);
		break;
	case ID_VERP:
		snprintf(mail->from, size, "%s-bounces+%.60s@%.60s", m->local, to, m->domain);
		break;
	case ID_SRS:
		tag = rng_next(r);
		snprintf(mail->from, size, "SRS0=%04X=%c%c=%.60s=%s@%.60s", (unsigned)(tag & 65535),
			 'A' + (int)((tag >> 32) % 26), 'A' + (int)((tag >> 48) % 26), domain,
			 local, m->domain);
		break;
	case ID_FOREIGN:
		snprintf(mail->from, size, "%s@%s", local, domain);
		break;
	case ID_NULL:
		mail->from[0] = '\0';
		break;
	}
}

static struct suspended *destination(struct mta *m, const struct domain *d)
{
	uint32_t key = d->provider >= 0 ? (uint32_t)d->provider + 1 : d->id;
	struct suspended *s = &m->suspended[(key ^ key >> 8) % SUSPENDED];

	if (s->key != key)
		*s = (struct suspended){.key = key};
	return s;
}

/* What becomes of a message after a try: the pause is twice as long each time, to an hour or so. */
static void settle(struct mta *m, struct item *item, struct suspended *where,
		   const struct result *result, uint64_t now, bool missing)
{
	bool answered = result->fate != FATE_SILENT && result->fate != FATE_REFUSED &&
			result->fate != FATE_UNREACHABLE;

	if (result->fate == FATE_SENT || result->fate == FATE_REJECTED || missing) {
		item->due = 0;
		return;
	}
	item->due = result->until + (m->back_off << (item->tries < 4 ? item->tries : 4));
	if (!answered) {
		where->until = now + (m->back_off << (where->times < 4 ? where->times : 4));
		where->times++;
	} else {
		where->times = 0;
	}
	if (++item->tries * m->back_off > m->give_up / 12)
		item->due = 0;
}

static void compose(struct mta *m, struct rng *r, const struct domain *d, struct mail *mail)
{
	uint32_t n = 1 + rng_below(r, m->rcpts);

	memset(mail, 0, sizeof(*mail));
	while (n--)
		act_add_rcpt(mail, r, d->name);
	mail->size = (size_t)rng_log(r, m->small, m->large);
	mail->attached = mail->size > 4000;
	identify(m, r, mail);
}

/* The item, and what else is due for its domain: that goes in the same session. */
static uint32_t together(struct mta *m, struct item *item, uint64_t now, struct item **ret_items)
{
	uint32_t n = 1;

	ret_items[0] = item;
	for (int i = 0; i < QUEUE && n < TOGETHER; i++) {
		struct item *other = &m->queue[i];

		if (other != item && other->due && other->due <= now &&
		    other->domain == item->domain)
			ret_items[n++] = other;
	}
	return n;
}

static void try_item(struct sim *s, struct agent *a, struct item *item)
{
	struct mta *m = a->state;
	struct mail mails[TOGETHER];
	struct item *items[TOGETHER];
	struct session what = {.host = a->host,
			       .rng = &a->rng,
			       .dialect = &m->dialect,
			       .helo = m->helo,
			       .mails = mails,
			       .port = 25,
			       .unknown = m->unknown,
			       .spam = m->spam,
			       .again = item->tries > 0};
	struct domain d;
	struct result result;
	struct suspended *where;

	world_domain(s, item->domain, &d);
	where = destination(m, &d);
	if (where->until > a->next) {
		item->due = where->until + SECOND;
		return;
	}
	what.count = together(m, item, a->next, items);
	for (uint32_t i = 0; i < what.count; i++)
		compose(m, &a->rng, &d, &mails[i]);
	result = act_deliver(s, &what, a->next, &d, &m->route);
	for (uint32_t i = 0; i < what.count; i++)
		settle(m, items[i], where, &result, a->next, d.missing);
}

static struct item *earliest(struct mta *m)
{
	struct item *first = NULL;

	for (int i = 0; i < QUEUE; i++)
		if (m->queue[i].due && (!first || m->queue[i].due < first->due))
			first = &m->queue[i];
	return first;
}

static void push(struct mta *m, struct rng *r, uint64_t t)
{
	for (uint32_t i = 0; i < m->push; i++, t += rng_wait(r, m->push_gap))
		enqueue(m, m->customers[i % m->customer_count], t);
}

static void mta_step(struct sim *s, struct agent *a)
{
	struct mta *m = a->state;
	struct item *item = earliest(m);

	if (m->pushes && a->next >= m->pushes) {
		push(m, &a->rng, a->next);
		m->pushes += 7 * DAY;
	} else if (m->gap && a->next >= m->arrival) {
		enqueue(m, correspondent(m, &a->rng), a->next);
		m->arrival = a->next + rng_wait(&a->rng, m->gap);
		if (m->office)
			m->arrival = office_hours(&a->rng, m->arrival);
	} else if (item) {
		try_item(s, a, item);
	}
	item = earliest(m);
	a->next = m->gap ? m->arrival : UINT64_MAX;
	if (m->pushes && m->pushes < a->next)
		a->next = m->pushes;
	if (item && item->due < a->next)
		a->next = item->due;
}

static void know(struct mta *m, struct rng *r, uint32_t count)
{
	m->customer_count = count < CUSTOMERS ? count : CUSTOMERS;
	for (uint32_t i = 0; i < m->customer_count; i++)
		m->customers[i] = rng_chance(r, m->consumers) ? rng_below(r, world_consumer_count())
							      : act_company(r);
}

/* A full MTA with a name that resolves, at the least. */
static struct mta *mta_new(struct sim *s, struct host *h, const char *name, struct agent **ret_a)
{
	struct agent *a = sim_add_agent(s, h, s->start, mta_step, sizeof(struct mta));
	struct mta *m = a->state;
	struct rng *r = &a->rng;

	m->dialect.ehlo = true;
	m->dialect.ending = END_QUIT;
	m->dialect.letter = rng_chance(r, 120) ? LETTER_SENDMAIL : LETTER_UPPER;
	m->dialect.pipelines = rng_chance(r, 750);
	m->dialect.sizes = rng_chance(r, 900);
	m->dialect.starttls = rng_chance(r, 650);
	m->dialect.patience = 30 * SECOND;
	m->route.asks_mx = m->route.asks_address = true;
	snprintf(m->helo, sizeof(m->helo), "%s.%.70s", name, s->site.domain);
	snprintf(m->domain, sizeof(m->domain), "%.90s", s->site.domain);
	snprintf(m->local, sizeof(m->local), "%s", name);
	m->consumers = (uint32_t)rng_between(r, 50, 500);
	m->gone = (uint32_t)rng_between(r, 0, 40);
	m->unknown = (uint32_t)rng_between(r, 10, 80);
	m->spam = (uint32_t)rng_between(r, 0, 20);
	m->rcpts = 1;
	m->small = 600;
	m->large = 6000;
	m->give_up = rng_between(r, 1, 5) * DAY;
	m->back_off = rng_between(r, 3, 15) * MINUTE;
	m->gap = rng_log(r, 15, 120) * MINUTE;
	m->arrival = s->start + rng_wait(r, HOUR);
	a->next = m->arrival;
	*ret_a = a;
	return m;
}

void sender_web(struct sim *s, struct host *h)
{
	static const char *const names[] = {"wordpress", "shop", "noreply", "crm"};
	struct agent *a;
	struct mta *m = mta_new(s, h, "www", &a);

	snprintf(m->local, sizeof(m->local), "%s", names[rng_below(&a->rng, 4)]);
	know(m, &a->rng, (uint32_t)rng_log(&a->rng, 5, 200));
	m->fresh = (uint32_t)rng_between(&a->rng, 50, 600);
	if (rng_chance(&a->rng, 250))
		snprintf(m->helo, sizeof(m->helo), "localhost.localdomain");
}

/* No MTA: the application speaks itself, under the machine's name. */
void sender_erp(struct sim *s, struct host *h)
{
	struct agent *a;
	struct mta *m = mta_new(s, h, "erp", &a);

	if (rng_chance(&a->rng, 500))
		snprintf(m->helo, sizeof(m->helo), "%s",
			 rng_chance(&a->rng, 300) ? "localhost" : "SRV-ERP01");
	snprintf(m->local, sizeof(m->local), "rechnung");
	m->dialect.pipelines = m->dialect.starttls = false;
	m->dialect.letter = rng_chance(&a->rng, 300) ? LETTER_LOWER : LETTER_UPPER;
	m->dialect.sizes = m->dialect.letter == LETTER_LOWER;
	m->dialect.ending = rng_chance(&a->rng, 700) ? END_QUIT : END_FIN;
	m->office = true;
	m->large = 15000;
	m->unknown = (uint32_t)rng_between(&a->rng, 10, 200);
	know(m, &a->rng, (uint32_t)rng_log(&a->rng, 6, 120));
	m->fresh = 40;
}

/* Once a week to all subscribers; answers to forms between. */
void sender_newsletter(struct sim *s, struct host *h)
{
	struct agent *a;
	struct mta *m = mta_new(s, h, "news", &a);

	m->unknown = (uint32_t)rng_between(&a->rng, 20, 200);
	m->consumers = (uint32_t)rng_between(&a->rng, 200, 800);
	know(m, &a->rng, (uint32_t)rng_log(&a->rng, 40, CUSTOMERS));
	m->push = (uint32_t)rng_log(&a->rng, 60, 400);
	m->push_gap = rng_log(&a->rng, 200, 6000) * MS;
	m->gap = rng_log(&a->rng, 2, 24) * HOUR;
	m->fresh = 300;
	m->pushes = s->start + rng_between(&a->rng, HOUR, 15 * HOUR);
	a->next = m->pushes < m->arrival ? m->pushes : m->arrival;
}

void sender_second(struct sim *s, struct host *h)
{
	struct agent *a;
	struct mta *m = mta_new(s, h, rng_chance(&s->rng, 500) ? "mail2" : "ex02", &a);

	m->identity = ID_USERS;
	m->bounces = 40;
	m->dialect.chunks = rng_chance(&a->rng, 400);
	if (m->dialect.chunks)
		m->dialect.pipelines = false;
	know(m, &a->rng, (uint32_t)rng_log(&a->rng, 20, 200));
	m->fresh = (uint32_t)rng_between(&a->rng, 50, 250);
	m->gap = rng_log(&a->rng, 6, 60) * MINUTE;
	m->office = rng_chance(&a->rng, 600);
	m->large = 20000;
}

void sender_list(struct sim *s, struct host *h)
{
	struct agent *a;
	struct mta *m = mta_new(s, h, "lists", &a);

	m->identity = rng_chance(&a->rng, 700) ? ID_VERP : ID_ONE;
	snprintf(m->domain, sizeof(m->domain), "lists.%.80s", s->site.domain);
	snprintf(m->local, sizeof(m->local), "announce");
	know(m, &a->rng, (uint32_t)rng_log(&a->rng, 15, 150));
	m->gap = rng_log(&a->rng, 20, 200) * MINUTE;
}

/* Sends on what strangers wrote: their names in its envelope, mostly rewritten. */
void sender_forwarder(struct sim *s, struct host *h)
{
	struct agent *a;
	struct mta *m = mta_new(s, h, "fwd", &a);

	m->identity = rng_chance(&a->rng, 750) ? ID_SRS : ID_FOREIGN;
	m->spam = (uint32_t)rng_between(&a->rng, 20, 200);
	know(m, &a->rng, (uint32_t)rng_log(&a->rng, 4, 40));
	m->gap = rng_log(&a->rng, 8, 90) * MINUTE;
}

/* Bounces what the primary refuses, to whoever is said to have sent it. */
void sender_backup(struct sim *s, struct host *h)
{
	struct agent *a;
	struct mta *m = mta_new(s, h, "mx2", &a);

	m->identity = ID_NULL;
	know(m, &a->rng, 4);
	m->fresh = 850;
	m->gone = (uint32_t)rng_between(&a->rng, 50, 250);
	m->unknown = (uint32_t)rng_between(&a->rng, 100, 400);
	m->gap = rng_log(&a->rng, 60, 480) * MINUTE;
	m->back_off = 15 * MINUTE;
}

void sender_fax(struct sim *s, struct host *h)
{
	struct agent *a;
	struct mta *m = mta_new(s, h, "fax", &a);

	m->office = true;
	m->small = 8000;
	m->large = 40000;
	know(m, &a->rng, (uint32_t)rng_log(&a->rng, 2, 25));
	m->gap = rng_log(&a->rng, 20, 200) * MINUTE;
	m->unknown = 10;
	m->dialect.pipelines = rng_chance(&a->rng, 300);
}

void sender_mailserver(struct sim *s, struct host *h)
{
	struct agent *a;
	struct mta *m = mta_new(s, h, "mail", &a);

	h->exempt = true;
	m->identity = ID_USERS;
	m->bounces = 50;
	know(m, &a->rng, (uint32_t)rng_log(&a->rng, 60, CUSTOMERS));
	m->fresh = 200;
	m->gap = rng_between(&a->rng, 10, 25) * MINUTE;
	m->rcpts = 2;
	m->large = 12000;
	if (s->bot_on_server)
		bot_on_server(s, h);
}
