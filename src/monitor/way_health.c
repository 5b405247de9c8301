/* What the way saw, and what it did not. */
#include "way_internal.h"

#include <string.h>

static void add_losses(const struct way *w, struct health *h)
{
	const struct tracker_counters *c = tracker_counters(w->tracker);
	const struct dialogs_counters *d = dialogs_counters(w->dialogs);

	for (unsigned int i = DECODE_BAD_LINK; i < DECODE_COUNT; i++)
		health_add_loss(h, decode_name((enum decode)i), w->decoded[i]);
	for (unsigned int i = 0; i < DEFRAG_LOSS_COUNT; i++)
		health_add_loss(h, defrag_loss_name((enum defrag_loss)i),
				defrag_lost(w->defrag, (enum defrag_loss)i));
	health_add_loss(h, "tunnels from external addresses, not unpacked", w->foreign_tunnels);
	health_add_loss(h, "connections evicted before an answer", c->evicted[0]);
	health_add_loss(h, "connections evicted while open", c->evicted[1]);
	health_add_loss(h, "stray frames evicted", c->evicted_embryos);
	health_add_loss(h, "time stamps that jumped back", c->back_jumps);
	health_add_loss(h, "dialogues given up for want of room", d->evicted);
	health_add_loss(h, "places where bytes of a dialogue were not seen", d->holes);
	health_add_loss(h, "segments that repeat bytes as other ones", d->conflicts);
	health_add_loss(h, "segments of a dialogue without room to wait", d->overflows);
	health_add_loss(h, "MAC addresses evicted", neighbours_evicted(w->neighbours));
	health_add_loss(h, "attempts of hosts beyond those told apart, never answered", w->crowded);
	for (unsigned int i = 0; i < BATCH_LOSS_COUNT; i++)
		health_add_loss(h, batch_loss_name((enum batch_loss)i), w->batch_lost[i]);
}

void way_note_pressure(struct way *w)
{
	const struct tracker_counters *c = tracker_counters(w->tracker);
	const struct dialogs_counters *d = dialogs_counters(w->dialogs);
	uint64_t counts[PRESSURE_KIND_COUNT] = {
		[PRESSURE_SYNS] = c->attempts + w->resumed - w->answered,
		[PRESSURE_ATTEMPTS] = w->answered,
		[PRESSURE_HOSTS] = w->crowded,
		[PRESSURE_DIALOGUES] = d->evicted,
		[PRESSURE_STRAYS] = c->stray,
		[PRESSURE_CONFLICTS] = d->conflicts,
		[PRESSURE_SERVERS] = w->batch_lost[BATCH_SERVER_FOLDED],
	};

	for (unsigned int i = 0; i < DEFRAG_LOSS_COUNT; i++)
		counts[PRESSURE_FRAGMENTS] += defrag_lost(w->defrag, (enum defrag_loss)i);
	pressures_note(&w->pressures, counts, tracker_now(w->tracker));
}

static void add_pressures(const struct way *w, struct health *h)
{
	for (unsigned int i = 0; i < PRESSURE_KIND_COUNT; i++) {
		const struct pressure *p = &w->pressures.kinds[i];

		h->pressures[i] = *p;
		if (p->last == 0)
			continue;
		h->pressures[i].since = tracker_stamp(w->tracker, p->since) + w->ahead;
		h->pressures[i].last = tracker_stamp(w->tracker, p->last) + w->ahead;
	}
}

static void add_resets(const struct way *w, struct health *h)
{
	const struct resets_counters *c = resets_counters(w->resets);

	h->resets.mode = w->sender.send ? reset_mode_name(resets_mode(w->resets)) : NULL;
	h->resets.sent = c->sent;
	h->resets.planned = c->planned;
	h->resets.limited = c->limited;
	h->resets.killable = c->could;
	h->resets.killed = c->killed;
	h->resets.refused = 0;
	for (unsigned int i = 0; i < RESET_REFUSAL_COUNT; i++) {
		h->resets.refused += c->refused[i];
		health_add_loss(h, reset_refusal_name((enum reset_refusal)i), c->refused[i]);
	}
	health_add_loss(h, "own resets seen again on the mirror", c->own);
}

void way_health(const struct way *w, struct health *h)
{
	const struct tracker_counters *c = tracker_counters(w->tracker);

	h->newest = w->newest;
	h->packets = w->packets;
	h->attempts = c->attempts;
	h->stray = c->stray;
	h->inbound = c->inbound;
	h->internal = c->internal;
	h->copies = c->copies;
	h->tracked = c->tracked;
	h->unclassified = c->unclassified;
	h->example_count = w->example_count;
	memcpy(h->examples, w->examples, sizeof(h->examples));
	for (unsigned int i = 0; i < HEALTH_INTERFACES; i++) {
		h->interfaces[i].received = w->interfaces[i].received;
		h->interfaces[i].outward = w->interfaces[i].outward;
		h->interfaces[i].inward = w->interfaces[i].inward;
		h->interfaces[i].last_frame = w->interfaces[i].last_frame;
	}
	add_pressures(w, h);
	h->loss_count = 0;
	add_losses(w, h);
	add_resets(w, h);
	inquiry_health(w->inquiry, h);
}
