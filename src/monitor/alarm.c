#include "alarm.h"

#include <inttypes.h>

#include "base/log.h"
#include "base/moment.h"

/* A new minute, where that is up: what was left out of the one before is told. */
static void renew(struct alarm_ration *r, const char *what, int64_t now)
{
	if (now >= r->since && now - r->since < MOMENT_MINUTE)
		return;
	if (r->more)
		log_say("and %" PRIu64 " more %s: see `egress25 status`", r->more, what);
	*r = (struct alarm_ration){.since = now};
}

static bool may_tell(struct alarm_ration *r)
{
	if (r->told < ALARM_MINUTE) {
		r->told++;
		return true;
	}
	r->more++;
	return false;
}

/* Whoever configures an address is told of it in any case: there are few. */
static bool is_told(struct alarm *a, const struct listing *l)
{
	switch (l->news) {
	case LISTING_CLAIMED:
		return may_tell(&a->claims);
	case LISTING_FOUND:
		return l->configured || may_tell(&a->findings);
	case LISTING_TOLD:
	default:
		return false;
	}
}

static void tell_listings(struct alarm *a, const struct batch *batch)
{
	char text[LISTING_TEXT];
	int64_t now = moment_steady();

	renew(&a->claims, "claims that we are blacklisted", now);
	renew(&a->findings, "addresses that two servers call blacklisted", now);
	for (uint32_t i = 0; i < batch_listing_count(batch); i++) {
		const struct listing *l = batch_listing(batch, i);

		if (is_told(a, l))
			log_say("%s", listing_describe(l, text));
	}
}

static void tell_unclassified(struct alarm *a, const struct batch *batch)
{
	const struct health *h = batch_read_health(batch);
	int64_t now = moment_steady();
	char text[HEALTH_TEXT];

	if (h->unclassified == a->unclassified || (a->unclassified && now - a->at < MOMENT_HOUR))
		return;
	a->unclassified = h->unclassified;
	a->at = now;
	log_say("%s", health_describe_unclassified(h, text, sizeof(text)));
}

/* Of so many connections at a time it is looked how many were killed. */
#define KILLABLE_LEAST 20

static void tell_resets(struct alarm *a, const struct batch *batch)
{
	const struct health *h = batch_read_health(batch);
	int64_t killable = (int64_t)(h->resets.killable - a->killable);
	int64_t killed = (int64_t)(h->resets.killed - a->killed);
	int64_t now = moment_steady();

	if (killable < KILLABLE_LEAST)
		return;
	a->killable = h->resets.killable;
	a->killed = h->resets.killed;
	if (killed * 10 >= killable * 9 || (a->resets_at && now - a->resets_at < MOMENT_HOUR))
		return;
	a->resets_at = now;
	log_say("resets: of the last %" PRId64 " established connections only %" PRId64
		" were killed: the mirror port may drop what is sent into it, or the hosts be "
		"reached by another interface (--reset-via) or in another VLAN",
		killable, killed > 0 ? killed : 0);
}

void alarm_tell(struct alarm *a, const struct batch *batch)
{
	tell_unclassified(a, batch);
	tell_listings(a, batch);
	tell_resets(a, batch);
}

void alarm_listen(struct alarm_silence *s, const char *name, bool is_up, int64_t after, int64_t now)
{
	long long seconds = (long long)((now - s->since) / MOMENT_SECOND);

	if (s->heard && s->said)
		log_say("%s: frames again, after %lld s of silence", name, seconds);
	if (s->heard || !is_up || s->since == 0) {
		s->since = now;
		s->said = s->said && !s->heard;
	} else if (!s->said && after > 0 && now - s->since > after) {
		s->said = true;
		log_say("%s: silent: no frame for %lld s (silent_after): check the cable, and the "
			"mirror's configuration on the switch",
			name, seconds);
	}
	s->heard = false;
}
