#include "monitor/inquiry.h"

#include <stdlib.h>
#include <string.h>

#include "base/moment.h"
#include "flow/names.h"
#include "judge/notice.h"
#include "judge/suspects.h"

/* Less than a beat of the monitor, so that a new offender is told with what is thought of it. */
#define COLLECT_EACH	  (MOMENT_SECOND / 5)
#define PUBLIC_CONFIGURED 32
#define PUBLIC_ALL	  (PUBLIC_CONFIGURED + NOTICE_ADDRESSES)

struct inquiry {
	const struct site *site;
	struct names *names;
	struct suspects *suspects;
	struct listings *listings;
	struct addr public[PUBLIC_ALL]; /* configured ones first, then those found */
	size_t configured, public_count;
	uint64_t heard, told; /* notices; how many when the listings were told last */
	int64_t collected;    /* clock of the last look at what has changed */
};

struct inquiry *inquiry_new(const struct hash_key *key)
{
	struct inquiry *q = calloc(1, sizeof(*q));

	if (!q)
		return NULL;
	q->names = names_new(key);
	q->suspects = suspects_new(key, SUSPECTS_CAPACITY);
	q->listings = listings_new();
	if (q->names && q->suspects && q->listings)
		return q;
	inquiry_free(q);
	return NULL;
}

void inquiry_free(struct inquiry *q)
{
	if (!q)
		return;
	names_free(q->names);
	suspects_free(q->suspects);
	listings_free(q->listings);
	free(q);
}

void inquiry_set_policy(struct inquiry *q, const struct policy *policy)
{
	q->site = policy_site(policy);
}

/* Lookups in blacklists are of interest for what is configured and for what was found. */
static void know_public(struct inquiry *q)
{
	size_t count = q->configured;

	for (size_t i = 0; i < listings_count(q->listings) && count < PUBLIC_ALL; i++) {
		const struct listing *l = listings_at(q->listings, i);

		if (l->finding && l->has_address)
			q->public[count++] = l->address;
	}
	q->public_count = count;
	names_set_public(q->names, q->public, count);
}

void inquiry_set_public(struct inquiry *q, const struct addr *addresses, size_t count)
{
	q->configured = count < PUBLIC_CONFIGURED ? count : PUBLIC_CONFIGURED;
	memcpy(q->public, addresses, q->configured * sizeof(*addresses));
	listings_set_public(q->listings, q->public, q->configured);
	know_public(q);
}

void inquiry_restore(struct inquiry *q, const struct addr *host, const void *blob, size_t size)
{
	suspects_restore(q->suspects, host, blob, size);
}

/* --- what happens ----------------------------------------------------------------------------- */

/* Servers ask blacklists about others all day.  What was asked about ourselves is told only where
 * it is known who we are. */
static void on_lookup(void *context, const struct names_event *event)
{
	struct inquiry *q = context;

	if (event->lookup != NAMES_DNSBL || q->public_count > 0)
		suspects_lookup(q->suspects, event);
}

void inquiry_dns(struct inquiry *q, const struct packet *p, bool one_sided)
{
	names_packet(q->names, q->site, p, one_sided, on_lookup, q);
}

/* Offenders, and mail servers: a bot may sit on one. */
static bool is_observed(const struct flow *f)
{
	return f->standing == STANDING_OFFENCE ||
	       (f->standing == STANDING_PERMITTED &&
		(f->reason == REASON_MAIL_SERVER || f->reason == REASON_SMART_HOST));
}

static struct evidence_attempt attempt_of(const struct inquiry *q, const struct flow *f)
{
	struct evidence_attempt a = {
		.time = f->started,
		.server = f->server,
		.past_smart_hosts = f->reason == REASON_NO_SMART_HOST,
	};

	names_of(q->names, &f->client, &f->server, f->started, &a.origin, &a.group);
	return a;
}

void inquiry_begin(struct inquiry *q, const struct flow *f)
{
	struct evidence_attempt a;

	if (!is_observed(f))
		return;
	a = attempt_of(q, f);
	suspects_attempt(q->suspects, &f->client, &a);
}

void inquiry_answer(struct inquiry *q, const struct flow *f)
{
	struct evidence_attempt a;

	if (!is_observed(f))
		return;
	a = attempt_of(q, f);
	suspects_answer(q->suspects, &f->client, &a, f->last);
}

void inquiry_end(struct inquiry *q, const struct flow *f, struct dialogue *dialogue, bool cut)
{
	struct evidence_session s = {
		.time = f->last,
		.server = f->server,
		.outcome = flow_outcome(f),
		.connected = f->connected,
		.facts = dialogue ? &dialogue->smtp.facts : NULL,
		.heard = dialogue && f->weighed ? &dialogue->weighed : NULL,
		.heard_at = dialogue ? dialogue->weighed_at : 0,
		.listed = dialogue && dialogue->listed,
		.cut = cut,
	};
	enum names_origin origin;

	if (!is_observed(f))
		return;
	names_of(q->names, &f->client, &f->server, f->started, &origin, &s.group);
	suspects_session(q->suspects, &f->client, &s);
	if (!dialogue)
		return;
	dialogue->weighed_at = f->last;
	smtp_mark(&dialogue->smtp.facts, &dialogue->weighed);
}

void inquiry_refusal(struct inquiry *q, const struct flow *f, struct dialogue *dialogue,
		     const struct smtp_reply *reply)
{
	struct notice notice;
	struct notice_heard heard = {.time = f->last,
				     .client = f->client,
				     .server = f->server,
				     .notice = &notice};
	enum names_origin origin;
	uint64_t group;
	const char *name;
	bool news;

	if (notice_parse(reply->text, &notice) != NOTICE_LISTED)
		return;
	if (dialogue)
		dialogue->listed = true;
	name = names_of(q->names, &f->client, &f->server, f->started, &origin, &group);
	heard.domain = name ? names_domain(name) : "";
	listings_hear(q->listings, &heard, reply->text, &news);
	q->heard++;
	if (news)
		know_public(q);
}

bool inquiry_texts(const struct inquiry *q, const struct flow *f, const struct dialogue *dialogue,
		   struct connection_texts *ret_)
{
	const struct smtp_facts *facts = dialogue ? &dialogue->smtp.facts : NULL;
	enum names_origin origin;
	uint64_t group;
	const char *name = names_of(q->names, &f->client, &f->server, f->started, &origin, &group);

	if (!facts && !name)
		return false;
	*ret_ = (struct connection_texts){.server_name = name ? name : "",
					  .helo = "",
					  .banner = "",
					  .reply = "",
					  .senders = ""};
	if (!facts)
		return true;
	ret_->helo = facts->helo;
	ret_->banner = facts->banner;
	ret_->reply = facts->reply;
	ret_->senders = facts->senders;
	ret_->senders_length = f->standing == STANDING_OFFENCE ? facts->senders_length : 0;
	return true;
}

/* --- handing over ----------------------------------------------------------------------------- */

static void put_host(void *context, const struct addr *client, const struct evidence *e)
{
	batch_add_host(context, client, e);
}

static bool put_listings(struct inquiry *q, struct batch *batch)
{
	if (q->told == q->heard)
		return true;
	if (batch_listing_count(batch) > 0) /* those of a moment ago */
		return false;
	for (size_t i = 0; i < listings_count(q->listings); i++)
		batch_add_listing(batch, listings_at(q->listings, i));
	q->told = q->heard;
	return true;
}

bool inquiry_collect(struct inquiry *q, struct batch *batch, int64_t now, bool all)
{
	uint32_t room = BATCH_HOSTS - batch_host_count(batch);
	bool left;

	if (!all && now - q->collected < COLLECT_EACH)
		return false;
	q->collected = now;
	left = suspects_collect(q->suspects, now, all, room, put_host, batch) == room;
	return !put_listings(q, batch) || left;
}

void inquiry_health(const struct inquiry *q, struct health *h)
{
	const struct names_counters *n = names_counters(q->names);
	const struct suspects_counters *s = suspects_counters(q->suspects);

	health_add_loss(h, "DNS messages not understood", n->bad);
	health_add_loss(h, "DNS messages cut short", n->cut);
	health_add_loss(h, "DNS answers to questions that were not seen", n->unasked);
	health_add_loss(h, "names evicted", n->evicted);
	health_add_loss(h, "hosts whose evidence was given up", s->evicted);
	health_add_loss(h, "hosts whose evidence in the record was of no use", s->discarded);
	health_add_loss(h, "listings evicted", listings_evicted(q->listings));
}
