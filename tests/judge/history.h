/* history: a host's doings for tests, told to evidence step by step. */
#ifndef EGRESS25_TESTS_HISTORY_H
#define EGRESS25_TESTS_HISTORY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/moment.h"
#include "judge/evidence.h"

#define NOON (INT64_C(1795521600) * MOMENT_SECOND)

struct history {
	struct evidence e;
	int64_t now;
	enum names_origin origin;
};

static inline void history_begin(struct history *h)
{
	memset(h, 0, sizeof(*h));
	evidence_init(&h->e);
	h->now = NOON;
}

static inline struct addr server_of(unsigned int destination)
{
	struct addr a = {.b = {[10] = 0xff, [11] = 0xff, [12] = 198}};

	/* Far from one another. */
	a.b[13] = (uint8_t)(destination * 37);
	a.b[14] = (uint8_t)(destination >> 3);
	a.b[15] = (uint8_t)(destination * 91);
	return a;
}

static inline void syn(struct history *h, unsigned int destination)
{
	struct evidence_attempt a = {.time = h->now,
				     .server = server_of(destination),
				     .group = destination + 1000,
				     .origin = h->origin};

	evidence_attempt(&h->e, &a);
}

static inline void ends_again(struct history *h, unsigned int destination, enum outcome outcome,
			      const struct smtp_facts *facts, const struct smtp_mark *mark)
{
	struct evidence_session s = {.time = h->now,
				     .server = server_of(destination),
				     .group = destination + 1000,
				     .outcome = outcome,
				     .connected = outcome <= OUTCOME_CONNECTED,
				     .facts = facts,
				     .heard = mark,
				     .heard_at = mark ? h->now - 30 * MOMENT_SECOND : 0};

	evidence_session(&h->e, &s);
}

static inline void ends(struct history *h, unsigned int destination, enum outcome outcome,
			const struct smtp_facts *facts)
{
	ends_again(h, destination, outcome, facts, NULL);
}

/* An orderly dialogue of a message accepted; senders as "NAME@DOMAIN". */
static inline struct smtp_facts talk(const char *helo, const char *sender)
{
	struct smtp_facts f = {.banner_code = 220,
			       .helo_count = 1,
			       .commands = 5,
			       .replies = 6,
			       .ehlo = true,
			       .quit = true,
			       .client_seen = true,
			       .server_seen = true,
			       .mails = 1,
			       .recipients = 1,
			       .messages = 1,
			       .sender_count = 1,
			       .dialect = 42};

	snprintf(f.helo, sizeof(f.helo), "%s", helo);
	f.senders_length = (uint16_t)(snprintf(f.senders, sizeof(f.senders), "%s", sender) + 1);
	return f;
}

static inline struct ledger judge(const struct history *h)
{
	struct ledger l;

	evidence_judge(&h->e, &l);
	return l;
}

static inline double odds(const struct history *h)
{
	return judge(h).log_odds;
}

static inline const char *called(const struct history *h)
{
	return verdict_name(judge(h).verdict);
}

static inline double weight_of(const struct ledger *l, const char *key)
{
	for (size_t i = 0; i < l->count; i++)
		if (strcmp(l->terms[i].key, key) == 0)
			return l->terms[i].weight;
	return 0;
}

#endif
