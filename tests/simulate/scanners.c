/* Hosts that knock at port 25 and do not speak SMTP. */
#include "act.h"

struct scan {
	struct server targets[16];
	uint32_t count, next;
	uint32_t base; /* of a row of addresses */
};

/* A night of knocking at all ports of a few agreed hosts. */
static void knock(struct sim *s, struct agent *a)
{
	static const uint16_t ports[] = {21, 22, 23, 80, 110, 143, 443, 445, 993, 3306, 3389, 8080};
	struct scan *v = a->state;
	struct server *target = &v->targets[v->next % v->count];
	struct conn c;
	uint64_t t = a->next;

	for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++, t += 3 * MS) {
		struct server other = *target;

		other.life = rng_chance(&a->rng, 700) ? LIFE_REFUSES : LIFE_UP;
		if (conn_open(&c, s, a->host, &a->rng, t, &other, ports[i], SECOND) == OPENED)
			conn_reset(&c);
	}
	if (conn_open(&c, s, a->host, &a->rng, t, target, 25, 3 * SECOND) == OPENED) {
		conn_wait(&c, 5 * MS);
		conn_reset(&c);
	}
	v->next++;
	a->next = t + rng_between(&a->rng, 2, 20) * SECOND;
	if (v->next % (v->count * 2) == 0)
		a->next += 7 * DAY;
}

void device_vulnscan(struct sim *s, struct host *h)
{
	struct agent *a = sim_add_agent(s, h, s->start + HOUR, knock, sizeof(struct scan));
	struct scan *v = a->state;

	v->count = 3 + rng_below(&a->rng, 10);
	for (uint32_t i = 0; i < v->count; i++) {
		world_stray(s, rng_next(&a->rng), 400, &v->targets[i]);
		v->targets[i].ip = (v->targets[0].ip & 0xffffff00) + 3 + i;
	}
	a->next = s->start + 2 * HOUR + rng_wait(&a->rng, (s->end - s->start) / 4);
}

/* Looks for open ports 25, one address after the other. */
static void probe(struct sim *s, struct agent *a)
{
	struct scan *v = a->state;
	struct conn c;
	struct server target;

	world_stray(s, v->next, 850, &target);
	target.ip = v->base + v->next++;
	if (conn_open(&c, s, a->host, &a->rng, a->next, &target, 25, 2 * SECOND) == OPENED)
		conn_reset(&c);
	a->next += v->next % 200 ? rng_wait(&a->rng, 200 * MS) : rng_wait(&a->rng, DAY);
}

void device_prober(struct sim *s, struct host *h)
{
	struct agent *a = sim_add_agent(s, h, s->start + HOUR, probe, sizeof(struct scan));
	struct scan *v = a->state;

	v->base = world_public_ip(rng_next(&a->rng), 9) & 0xffff0000;
}
