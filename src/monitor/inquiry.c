#include "monitor/inquiry.h"

#include <stdlib.h>
#include <string.h>

#include "base/moment.h"
#include "flow/names.h"
#include "judge/notice.h"
#include "judge/suspects.h"

#define PUBLIC_MOST 32

struct inquiry {
	const struct site *site;
	struct names *names;
	struct suspects *suspects;
	struct listings *listings;
	struct notice_reader *refusals;
	struct addr public[PUBLIC_MOST];
	size_t public_count;
	int64_t collected; /* clock of the last look at what has changed */
};

struct inquiry *inquiry_new(const struct hash_key *key)
{
	struct inquiry *q = calloc(1, sizeof(*q));

	if (!q)
		return NULL;
	q->names = names_new(key);
	q->suspects = suspects_new(key, SUSPECTS_CAPACITY);
	q->refusals = notice_reader_new(key);
	q->listings = listings_new();
	if (q->names && q->suspects && q->refusals && q->listings)
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
	notice_reader_free(q->refusals);
	listings_free(q->listings);
	free(q);
}

void inquiry_set_policy(struct inquiry *q, const struct policy *policy)
{
	q->site = policy_site(policy);
}

/*
 * Lookups in blacklists are of interest for what is configured alone.  What servers say is forged
 * too cheaply: whoever made a finding of his own server's address, and then sent mail to ours,
 * would have ours look that up.
 */
void inquiry_set_public(struct inquiry *q, const struct addr *addresses, size_t count)
{
	q->public_count = count < PUBLIC_MOST ? count : PUBLIC_MOST;
	memcpy(q->public, addresses, q->public_count * sizeof(*addresses));
	listings_set_public(q->listings, q->public, q->public_count);
	names_set_public(q->names, q->public, q->public_count);
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

/* The domain by which the client itself found the server: what others asked for, a bot among them,
 * may have been planted, to make two parties of one or one of two. */
static const char *domain_of(const struct inquiry *q, const struct flow *f)
{
	enum names_origin origin;
	uint64_t group;
	const char *name = names_of(q->names, &f->client, &f->server, f->started, &origin, &group);

	return name && (origin == NAMES_BY_NAME || origin == NAMES_BY_MX) ? names_domain(name) : "";
}

void inquiry_refusal(struct inquiry *q, const struct flow *f, struct dialogue *dialogue,
		     const struct smtp_reply *reply)
{
	const struct smtp_facts *facts = dialogue ? &dialogue->smtp.facts : NULL;
	uint32_t before = facts ? facts->replies_4xx + facts->replies_5xx : 0;
	struct notice notice;
	struct notice_heard heard = {.time = f->last,
				     .client = f->client,
				     .server = f->server,
				     .notice = &notice};
	bool news;

	if (!notice_reader_read(q->refusals, reply->text, before, f->last, &notice))
		return;
	if (dialogue)
		dialogue->listed = true;
	heard.domain = domain_of(q, f);
	listings_hear(q->listings, &heard, reply->text, &news);
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

/* Those that have changed, as long as there is room; false where some may be left. */
static bool put_listings(struct inquiry *q, struct batch *batch)
{
	struct listing l;

	while (batch_listing_count(batch) < BATCH_LISTINGS) {
		if (!listings_take_changed(q->listings, &l))
			return true;
		batch_add_listing(batch, &l);
	}
	return false;
}

bool inquiry_collect(struct inquiry *q, struct batch *batch, int64_t now, int64_t each, bool all)
{
	uint32_t room = BATCH_HOSTS - batch_host_count(batch);
	bool left;

	if (!all && now - q->collected < each)
		return false;
	q->collected = now;
	left = suspects_collect(q->suspects, now, all, room, put_host, batch) == room;
	return !put_listings(q, batch) || left;
}

void inquiry_health(const struct inquiry *q, struct health *h)
{
	const struct names_counters *n = names_counters(q->names);
	const struct suspects_counters *s = suspects_counters(q->suspects);
	const struct notice_counters *r = notice_reader_counters(q->refusals);

	health_add_loss(h, "DNS messages not understood", n->bad);
	health_add_loss(h, "DNS messages cut short", n->cut);
	health_add_loss(h, "DNS answers to questions that were not seen", n->unasked);
	health_add_loss(h, "names evicted", n->evicted);
	health_add_loss(h, "hosts whose evidence was given up", s->evicted);
	health_add_loss(h, "hosts whose evidence in the record was of no use", s->discarded);
	health_add_loss(h, "listings evicted", listings_evicted(q->listings));
	health_add_loss(h, "refusals too laborious to look through for listings", r->given_up);
	health_add_loss(h, "refusals beyond those looked through for listings", r->unread);
}
