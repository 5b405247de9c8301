/*
 * evidence: what one internal host has done on port 25, in memory of fixed size, and the verdict on
 * it: a sum of log-odds, explainable term by term.  Pure; each update takes constant time.
 *
 * Sound when only SYNs and DNS are seen.  Retries do not count twice: one observation per host and
 * destination in ten minutes.  Evidence fades with time (half-lives stand in the table of weights).
 */
#ifndef EGRESS25_JUDGE_EVIDENCE_H
#define EGRESS25_JUDGE_EVIDENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flow/flow.h"
#include "flow/names.h"
#include "flow/smtp.h"

enum verdict {
	VERDICT_BOT,
	VERDICT_DEVICE,
	VERDICT_SENDER,
	VERDICT_UNCLEAR,
	VERDICT_COUNT
};
const char *verdict_name(enum verdict verdict);

struct evidence; /* plain data without pointers; evidence.h completes it below or evidence.c does */

/* An attempt begins. */
struct evidence_attempt {
	int64_t time;
	struct addr server;
	uint64_t group; /* of names_of(): what counts as one destination */
	enum names_origin origin;
};
void evidence_attempt(struct evidence *e, const struct evidence_attempt *a);

/* A connection has ended, or has said enough; once per connection. */
struct evidence_session {
	int64_t time;
	struct addr server;
	uint64_t group;
	enum outcome outcome;
	bool connected;
	const struct smtp_facts *facts; /* NULL: no dialogue was seen */
	bool listed;			/* a refusal said that we are blacklisted */
};
void evidence_session(struct evidence *e, const struct evidence_session *s);

void evidence_lookup(struct evidence *e, const struct names_event *event);

/* --- the verdict ------------------------------------------------------------------------------ */

#define LEDGER_TERMS 24
#define LEDGER_TEXT  160

struct ledger_term {
	const char *key; /* "fresh destinations", ...: constant, in English, unique */
	double weight;	 /* log-odds (natural), > 0 for a bot */
	char text[LEDGER_TEXT]; /* in plain words with its figures: "6 servers contacted for the
				 * first time within one minute" */
};

struct ledger {
	enum verdict verdict;
	double score;	 /* 0 to 1 */
	double log_odds; /* the sum of the terms */
	size_t count;
	struct ledger_term terms[LEDGER_TERMS]; /* greatest absolute weight first */
	/* For a permitted mail server: what is unlike itself. */
	size_t remark_count;
	char remarks[4][LEDGER_TEXT];
};

void evidence_judge(const struct evidence *e, struct ledger *ret_);

#endif
