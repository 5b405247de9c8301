#include "act.h"

#include <stdlib.h>
#include <string.h>

bool set_add(struct set *s, uint32_t item)
{
	size_t i;

	if ((s->count + 1) * 2 > s->room) {
		struct set bigger = {.room = s->room ? s->room * 2 : 64};

		bigger.items = calloc(bigger.room, sizeof(*bigger.items));
		if (!bigger.items)
			abort();
		for (i = 0; i < s->room; i++)
			if (s->items[i])
				set_add(&bigger, s->items[i]);
		free(s->items);
		*s = bigger;
	}
	for (i = (item * 2654435761u) % s->room; s->items[i]; i = (i + 1) % s->room)
		if (s->items[i] == item)
			return false;
	s->items[i] = item;
	s->count++;
	return true;
}

uint32_t hour_of(uint64_t t)
{
	return (uint32_t)(t % DAY / HOUR);
}

bool weekend(uint64_t t)
{
	uint64_t day = (t / DAY + 3) % 7; /* 0: Monday; 1970 began on a Thursday */

	return day >= 5;
}

uint64_t office_hours(struct rng *r, uint64_t t)
{
	for (;;) {
		uint64_t midnight = t - t % DAY;

		if (!weekend(t) && hour_of(t) >= 7 && hour_of(t) < 18)
			return t;
		if (!weekend(t) && hour_of(t) < 7)
			t = midnight + 7 * HOUR + rng_wait(r, HOUR);
		else
			t = midnight + DAY + 6 * HOUR;
	}
}

static void make_mac(struct rng *r, const char *oui, uint8_t *mac)
{
	unsigned a = 0, b = 0x16, c = 0x3e;

	sscanf(oui, "%x:%x:%x", &a, &b, &c);
	mac[0] = (uint8_t)a;
	mac[1] = (uint8_t)b;
	mac[2] = (uint8_t)c;
	for (int i = 3; i < 6; i++)
		mac[i] = (uint8_t)rng_next(r);
}

struct host *sim_add_host(struct sim *s, const struct kind *k)
{
	static const uint8_t hops[KERNEL_COUNT] = {64, 128, 128, 64};
	struct host *h = &s->hosts[s->host_count];

	if (s->host_count == HOSTS_MAX)
		return NULL;
	memset(h, 0, sizeof(*h));
	h->kind = k;
	h->kernel = k->kernel;
	if (k->kernel == KERNEL_WINDOWS && rng_chance(&s->rng, 200))
		h->kernel = KERNEL_WINDOWS7;
	make_mac(&s->rng, k->oui, h->end.mac);
	/* 10 is the resolver's, 1 the gateway's; the order of the hosts tells nothing. */
	h->end.ip = s->site.net + 20 + (uint32_t)s->host_count;
	h->end.ttl = hops[h->kernel];
	h->end.port = (uint16_t)rng_next(&s->rng);
	name_computer(&s->rng, h->name, sizeof(h->name));
	s->host_count++;
	k->start(s, h);
	return h;
}

struct agent *sim_add_agent(struct sim *s, struct host *h, uint64_t first,
			    void (*step)(struct sim *s, struct agent *a), size_t size)
{
	struct agent *a = &s->agents[s->agent_count];

	if (s->agent_count == AGENTS_MAX)
		abort();
	memset(a, 0, sizeof(*a));
	a->host = h;
	a->next = first;
	a->step = step;
	rng_seed(&a->rng, rng_mix(s->seed, (uint64_t)(h->kind - kinds)), s->agent_count++);
	if (size > 0) {
		a->state = calloc(1, size);
		if (!a->state)
			abort();
	}
	return a;
}

static struct agent *first_agent(struct sim *s)
{
	struct agent *first = NULL;

	for (size_t i = 0; i < s->agent_count; i++)
		if (!first || s->agents[i].next < first->next)
			first = &s->agents[i];
	return first;
}

void sim_run(struct sim *s)
{
	struct agent *a;

	while ((a = first_agent(s)) && a->next < s->end) {
		uint64_t before = a->next;

		wire_flush(&s->wire, before);
		a->step(s, a);
		if (a->next <= before)
			a->next = before + MS;
	}
}

void sim_done(struct sim *s)
{
	for (size_t i = 0; i < s->agent_count; i++)
		free(s->agents[i].state);
	for (size_t i = 0; i < s->host_count; i++)
		free(s->hosts[i].truth.servers.items);
	free(s->cache);
}
