#include "campus.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/moment.h"

#define MAIL_SERVERS 2
#define FORGED_TOLD  512 /* of a batch's forged sources, whose evidence is kept too */

/* A xorshift: the same numbers everywhere. */
static uint32_t draw(struct campus *campus, uint32_t below)
{
	uint64_t x = campus->random;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	campus->random = x;
	return (uint32_t)(x >> 32) % below;
}

struct campus *campus_new(const struct campus_plan *plan, uint64_t first_id)
{
	struct campus *campus = calloc(1, sizeof(*campus));

	if (!campus)
		return NULL;
	*campus = (struct campus){.plan = *plan, .next_id = first_id, .random = 88172645463325252};
	campus->evidence = calloc(plan->offenders ? plan->offenders : 1, sizeof(*campus->evidence));
	if (!campus->evidence) {
		free(campus);
		return NULL;
	}
	for (uint32_t i = 0; i < plan->offenders; i++)
		evidence_init(&campus->evidence[i]);
	return campus;
}

void campus_free(struct campus *campus)
{
	if (campus)
		free(campus->evidence);
	free(campus);
}

bool campus_is_active(const struct campus_plan *plan, uint32_t offender, uint32_t day)
{
	return (offender + day) % plan->every == 0;
}

bool campus_is_flooded(const struct campus_plan *plan, uint32_t day)
{
	return plan->forged && day % plan->flood_every == plan->flood_every / 2;
}

static struct addr nth(uint32_t base, uint32_t n)
{
	uint32_t v = base + n;
	uint8_t bytes[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};

	return addr_from_v4(bytes);
}

struct addr campus_offender(uint32_t i)
{
	return nth(0x0a000100, i); /* 10.0.1.0 */
}

int64_t campus_time(const struct campus_plan *plan, uint32_t day, uint32_t step)
{
	return plan->start + (int64_t)day * MOMENT_DAY + (int64_t)step * CAMPUS_STEP;
}

static struct connection begin(struct campus *campus, struct addr client, int64_t when)
{
	return (struct connection){
		.id = campus->next_id++,
		.started = when,
		.last = when + MOMENT_SECOND,
		.client = client,
		.server = nth(0xc6120000, draw(campus, campus->plan.servers)), /* 198.18.0.0 */
		.client_port = (uint16_t)(1024 + draw(campus, 60000)),
		.server_port = 25,
		.begun = true,
		.standing = STANDING_OFFENCE,
		.reason = REASON_NO_MAIL_SERVER,
		.outcome = OUTCOME_UNANSWERED,
		.has_mac = true,
		.mac = {0x52, 0x54, 0, client.b[13], client.b[14], client.b[15]},
		.hops = 64,
		.killed = -1,
	};
}

static void become(struct connection *c, enum outcome outcome)
{
	c->outcome = (uint8_t)outcome;
	c->connected = outcome <= OUTCOME_CONNECTED;
	if (!c->connected)
		return;
	c->has_dialogue = true;
	c->bytes_sent = outcome == OUTCOME_SENT ? 20000 : 200;
	c->bytes_received = 500;
	c->messages = c->recipients = outcome == OUTCOME_SENT;
}

static void add(struct campus *campus, struct batch *b, const struct connection *c,
		const struct connection_texts *texts)
{
	struct tally change = {
		.attempts = 1,
		.connected = c->connected,
		.messages = c->messages,
		.recipients = c->recipients,
		.bytes_sent = (int64_t)c->bytes_sent,
	};

	change.outcomes[c->outcome] = 1;
	batch_add(b, c, texts, &change);
	campus->attempts++;
}

static void add_permitted(struct campus *campus, struct batch *b, int64_t when)
{
	static const struct connection_texts texts = {.server_name = "",
						      .helo = "mail.example.com",
						      .banner = "220 mx.example.net ESMTP",
						      .reply = "",
						      .senders = ""};
	struct connection c = begin(campus, nth(0x0a000001, draw(campus, MAIL_SERVERS)), when);

	c.standing = STANDING_PERMITTED;
	c.reason = REASON_MAIL_SERVER;
	become(&c, OUTCOME_SENT);
	add(campus, b, &c, &texts);
}

static enum outcome fate(uint32_t percent)
{
	if (percent < 70)
		return OUTCOME_UNANSWERED;
	if (percent < 90)
		return OUTCOME_CONNECTED;
	return percent < 95 ? OUTCOME_REJECTED : OUTCOME_SENT;
}

static void add_offence(struct campus *campus, struct batch *b, uint32_t offender, int64_t when)
{
	char helo[32];
	struct connection_texts texts = {.server_name = "",
					 .helo = helo,
					 .banner = "220 mx.example.org ESMTP Postfix",
					 .reply = "",
					 .senders = "info@example.info",
					 .senders_length = sizeof("info@example.info")};
	struct connection c = begin(campus, campus_offender(offender), when);
	struct evidence_attempt attempt = {.time = when,
					   .server = c.server,
					   .group = (uint64_t)(c.server.b[14] * 256 +
							       c.server.b[15])};

	snprintf(helo, sizeof(helo), "ylmf-pc%u", draw(campus, 20));
	become(&c, fate(draw(campus, 100)));
	if (c.outcome == OUTCOME_REJECTED)
		texts.reply = "550 5.7.1 Service unavailable; rejected";
	evidence_attempt(&campus->evidence[offender], &attempt);
	if (c.connected)
		evidence_answer(&campus->evidence[offender], when);
	add(campus, b, &c, c.connected ? &texts : NULL);
}

/* Each from an address that was never seen before, and is not again until four years have gone. */
static void add_forged(struct campus *campus, struct batch *b, uint32_t flood, uint32_t number,
		       int64_t when)
{
	uint32_t n = flood * campus->plan.forged * CAMPUS_FLOOD + number;
	struct connection c = begin(campus, nth(0x0a100000, n % 0xe00000), when); /* 10.16.0.0 */
	struct evidence e;

	c.server = nth(0xc6336401, 0); /* 198.51.100.1 */
	add(campus, b, &c, NULL);
	if (batch_host_count(b) >= FORGED_TOLD)
		return;
	evidence_init(&e);
	evidence_attempt(&e, &(struct evidence_attempt){.time = when, .server = c.server});
	batch_add_host(b, &c.client, &e);
}

static bool is_in(uint32_t step, uint32_t from, uint32_t length)
{
	return step >= from && step - from < length;
}

void campus_step(struct campus *campus, struct batch *b, uint32_t day, uint32_t step,
		 campus_hand_over_fn *hand_over, void *context)
{
	const struct campus_plan *p = &campus->plan;
	int64_t from = campus_time(p, day, step);

#define SPREAD(i, of) (from + (int64_t)(i) * (CAMPUS_STEP / (of)))
#define ROOM()	      (b = batch_is_full(b) ? hand_over(context) : b)
	for (uint32_t i = 0; i < p->permitted; i++)
		add_permitted(campus, ROOM(), SPREAD(i, p->permitted));
	for (uint32_t k = 0; k < p->offenders; k++) {
		struct addr address = campus_offender(k);

		if (!campus_is_active(p, k, day) ||
		    !is_in(step, k * 7 % (CAMPUS_STEPS - CAMPUS_BURST), CAMPUS_BURST))
			continue;
		for (uint32_t i = 0; i < p->burst; i++)
			add_offence(campus, ROOM(), k, SPREAD(i, p->burst));
		batch_add_host(ROOM(), &address, &campus->evidence[k]);
	}
	if (campus_is_flooded(p, day) && is_in(step, CAMPUS_STEPS / 2, CAMPUS_FLOOD))
		for (uint32_t i = 0; i < p->forged; i++)
			add_forged(campus, ROOM(), day / p->flood_every,
				   (step - CAMPUS_STEPS / 2) * p->forged + i, SPREAD(i, p->forged));
#undef ROOM
#undef SPREAD
	batch_health(b)->newest = from + CAMPUS_STEP - 1;
	batch_health(b)->attempts = campus->attempts;
	batch_health(b)->packets = 4 * campus->attempts;
	hand_over(context);
}
