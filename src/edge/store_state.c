/* What a batch tells of the monitor itself: heartbeat, counters, interfaces, losses, routers. */
#include "store_internal.h"

static int put_interface(struct store *s, const struct health_interface *i)
{
	struct sqlite3_stmt *st =
		STORE_BIND(s, SQL_INTERFACE_PUT, s->run, (int64_t)i->received, (int64_t)i->dropped,
			   (int64_t)i->dropped_by_interface, (int64_t)i->outward,
			   (int64_t)i->inward, i->last_frame, i->down);

	store_text(st, 9, i->name);
	return store_do(s, st);
}

static int put_loss(struct store *s, const struct health_loss *l)
{
	struct sqlite3_stmt *st = STORE_BIND(s, SQL_LOST_PUT, s->run, (int64_t)l->count);

	store_text(st, 3, l->reason);
	return store_do(s, st);
}

static int put_attack(struct store *s, const struct pressure *p, enum pressure_kind kind)
{
	struct sqlite3_stmt *st;

	if (p->last == 0)
		return 0;
	st = STORE_BIND(s, SQL_ATTACK_PUT, s->run, p->since, p->last, (int64_t)p->peak);
	store_text(st, 5, pressure_name(kind));
	return store_do(s, st);
}

static int put_example(struct store *s, const struct health_example *e)
{
	struct sqlite3_stmt *st = STORE_BIND(s, SQL_UNCLASSIFIED_ADD, s->run, e->port);
	char client[ADDR_TEXT], server[ADDR_TEXT];

	store_text(st, 3, addr_format(&e->client, client));
	store_text(st, 4, addr_format(&e->server, server));
	return store_do(s, st);
}

static int put_health(struct store *s, const struct health *h)
{
	struct sqlite3_stmt *st =
		STORE_BIND(s, SQL_RUN_HEALTH, s->run, h->newest, (int64_t)h->packets,
			   (int64_t)h->attempts, (int64_t)h->tracked, (int64_t)h->stray,
			   (int64_t)h->inbound, (int64_t)h->internal, (int64_t)h->copies,
			   (int64_t)h->unclassified, (int64_t)h->resets.sent,
			   (int64_t)h->resets.planned, (int64_t)h->resets.limited,
			   (int64_t)h->resets.refused, (int64_t)h->resets.killable,
			   (int64_t)h->resets.killed);
	int r;

	store_text(st, 17, h->resets.mode);
	store_text(st, 18, h->privileges);
	r = store_do(s, st);
	for (size_t i = 0; i < h->interface_count && i < HEALTH_INTERFACES && r == 0; i++)
		r = put_interface(s, &h->interfaces[i]);
	for (size_t i = 0; i < h->loss_count && i < HEALTH_LOSSES && r == 0; i++)
		r = put_loss(s, &h->losses[i]);
	for (unsigned int i = 0; i < PRESSURE_KIND_COUNT && r == 0; i++)
		r = put_attack(s, &h->pressures[i], (enum pressure_kind)i);
	for (size_t i = 0; i < h->example_count && i < HEALTH_EXAMPLES && r == 0; i++)
		r = put_example(s, &h->examples[i]);
	return r;
}

static int put_routers(struct store *s, const struct batch *b, int64_t now)
{
	uint32_t count = batch_router_count(b);
	int r = 0;

	for (uint32_t i = 0; i < count && r == 0; i++) {
		struct sqlite3_stmt *st = STORE_BIND(s, SQL_ROUTER_ADD, now);
		char mac[MAC_TEXT];

		store_text(st, 2, mac_format(batch_router(b, i), mac));
		r = store_do(s, st);
	}
	return r;
}

int store_put_state(struct store *s, const struct batch *b, int64_t now)
{
	const struct health *h = batch_read_health(b);
	int r = store_do(s, STORE_BIND(s, SQL_RUN_BEAT, s->run, now, (int64_t)s->next_id));

	if (r == 0 && (h->interface_count || h->packets))
		r = put_health(s, h);
	if (r == 0)
		r = put_routers(s, b, now);
	return r;
}
