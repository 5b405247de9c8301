/*
 * weights: the one table of what each kind of evidence weighs.
 *
 * A feature is a number from 0 to 1, drawn from struct evidence (verdict_features.c); its term in
 * the sum is the feature times its weight, so the weight is also the most it can say.  Features of
 * a class tell of the same thing from several sides: what they add for a bot, and against one, is
 * capped per class, so that correlated evidence does not pile up.
 */
#ifndef EGRESS25_JUDGE_WEIGHTS_H
#define EGRESS25_JUDGE_WEIGHTS_H

#include "judge/evidence.h"

enum feature {
	FEATURE_PRIOR,
	FEATURE_BURST,
	FEATURE_BURST_EXPLAINED,
	FEATURE_NOVELTY,
	FEATURE_NOVELTY_EXPLAINED,
	FEATURE_FEW,
	FEATURE_MX,
	FEATURE_NO_DNS,
	FEATURE_BY_NAME,
	FEATURE_DNSBL,
	FEATURE_UNANSWERED,
	FEATURE_HELO_VARIETY,
	FEATURE_SENDER_VARIETY,
	FEATURE_SENDER_SWITCHED,
	FEATURE_HELO_FOREIGN,
	FEATURE_HELO_BAD,
	FEATURE_HELO_NOTORIOUS,
	FEATURE_HELO_THEIRS,
	FEATURE_EARLY,
	FEATURE_BREACH,
	FEATURE_NO_QUIT,
	FEATURE_OLD_ENGINE,
	FEATURE_REFUSED,
	FEATURE_SPURNED,
	FEATURE_LISTED,
	FEATURE_AUTH,
	FEATURE_ORDER,
	FEATURE_MONITOR,
	FEATURE_COUNT
};

enum weight_class {
	CLASS_PRIOR,
	CLASS_DESTINATIONS,
	CLASS_LOOKUPS,
	CLASS_IDENTITY,
	CLASS_CONDUCT,
	CLASS_BREACHES,
	CLASS_ORDER,
	CLASS_COUNT
};

struct weight {
	const char *key;
	enum weight_class class;
	double weight;
	bool fitted; /* by scripts/fit-weights; else set by the reason given */
	const char *reason;
	const char *source; /* signal n: of the table of signals in docs; or a publication */
};

struct weight_cap {
	double least, most; /* of the sum of a class */
};

extern const struct weight weights[FEATURE_COUNT];
extern const struct weight_cap weight_caps[CLASS_COUNT];

/* Half-lives, in microseconds. */
#define WEIGHTS_HALF_LIFE (24 * INT64_C(3600000000))

/* Each feature of e, 0 to 1. */
void features_of(const struct evidence *e, double ret_[FEATURE_COUNT]);

/* The figures behind a feature, in plain words. */
const char *features_text(const struct evidence *e, enum feature feature, char buf[LEDGER_TEXT]);

#endif
