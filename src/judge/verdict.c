#include "judge/evidence.h"

#include <math.h>
#include <string.h>

#include "base/text.h"
#include "evidence_parts.h"
#include "weights.h"

#define WORTH_TELLING 0.05 /* of a feature without weight */
#define DEVICE_GROUPS 3	   /* a device has so many destinations, or it is a monitor */

_Static_assert(FEATURE_COUNT <= LEDGER_TERMS, "a ledger has room for each feature");

static const char *const verdict_names[] = {
	[VERDICT_BOT] = "bot",
	[VERDICT_DEVICE] = "device",
	[VERDICT_SENDER] = "sender",
	[VERDICT_UNCLEAR] = "unclear",
};
_Static_assert(sizeof(verdict_names) / sizeof(*verdict_names) == VERDICT_COUNT,
	       "each verdict has a name");

const char *verdict_name(enum verdict verdict)
{
	return (unsigned int)verdict < VERDICT_COUNT ? verdict_names[verdict] : "?";
}

/*
 * The terms, with those of a class that exceeds its cap made smaller: those of the excessive sign,
 * each by the same factor.
 */
static void weigh(const double phi[FEATURE_COUNT], double terms[FEATURE_COUNT])
{
	double more[CLASS_COUNT] = {0}, less[CLASS_COUNT] = {0};

	for (unsigned int i = 0; i < FEATURE_COUNT; i++) {
		terms[i] = phi[i] * weights[i].weight;
		(terms[i] > 0 ? more : less)[weights[i].class] += terms[i];
	}
	for (unsigned int i = 0; i < FEATURE_COUNT; i++) {
		enum weight_class c = weights[i].class;
		double sum = more[c] + less[c];

		if (sum > weight_caps[c].most && terms[i] > 0)
			terms[i] *= (weight_caps[c].most - less[c]) / more[c];
		else if (sum < weight_caps[c].least && terms[i] < 0)
			terms[i] *= (weight_caps[c].least - more[c]) / less[c];
	}
}

/* Also what was seen and weighs nothing: it is told, behind all that does. */
static void enter(const struct evidence *e, const double phi[FEATURE_COUNT],
		  const double terms[FEATURE_COUNT], struct ledger *l)
{
	for (unsigned int i = 0; i < FEATURE_COUNT; i++) {
		struct ledger_term t = {.key = weights[i].key, .weight = terms[i]};
		size_t at = l->count;

		l->log_odds += terms[i];
		if (fabs(terms[i]) < 1e-9 && phi[i] < WORTH_TELLING)
			continue;
		features_text(e, (enum feature)i, t.text);
		for (; at > 0 && fabs(l->terms[at - 1].weight) < fabs(t.weight); at--)
			l->terms[at] = l->terms[at - 1];
		l->terms[at] = t;
		l->count++;
	}
}

static bool is_monitor(const struct evidence *e)
{
	return e->monitor > 0.8F && (e->periodic > 0.4F || e->sums[SUM_MAILS] <= 0);
}

/* Walks from address to address and never says MAIL. */
static bool is_scanner(const struct evidence *e)
{
	return e->sums[SUM_NEXT] > 0.5F * e->sums[SUM_FRESH] && e->sums[SUM_MAILS] <= 0 &&
	       e->sums[SUM_FRESH] > 2;
}

/* By groups, or by what most of them call themselves. */
static bool has_few_destinations(const struct evidence *e)
{
	return known_count(e) <= DEVICE_GROUPS ||
	       (e->greetings[0] > 1 && !e->many_greetings &&
		e->sums[SUM_UNANSWERED] <= e->sums[SUM_ANSWERED]);
}

static enum verdict decide(const struct evidence *e, double log_odds)
{
	bool enough = e->observations >= VERDICT_LEAST_SEEN || e->order > 0.1F;

	if (log_odds >= VERDICT_BOT_FROM && (e->observations > 1 || e->talks > 0))
		return VERDICT_BOT;
	if (log_odds > VERDICT_HONEST_TO || !enough)
		return VERDICT_UNCLEAR;
	return has_few_destinations(e) || is_monitor(e) || is_scanner(e) ? VERDICT_DEVICE
									 : VERDICT_SENDER;
}

/* --- remarks on a mail server ------------------------------------------------------------------
 */

/* At least 1: nothing would be said otherwise. */
static unsigned int some(float x)
{
	unsigned int n = (unsigned int)lrintf(x);

	return n ? n : 1;
}

static char *next_remark(struct ledger *l)
{
	return l->remarks[l->remark_count++];
}

static void remark(const struct evidence *e, struct ledger *l)
{
	const struct evidence_habits *h = &e->habits;
	unsigned int helo = some(h->strange_helo), dialect = some(h->strange_dialect);
	unsigned int direct = some(h->direct), breaches = some(h->breaches);

	if (h->strange_helo >= 0.5F)
		text_print(next_remark(l), LEDGER_TEXT,
			   "%u new HELO name%s of late, after %u sessions under others", helo,
			   text_s(helo), h->helo_before);
	if (h->strange_dialect >= 2.5F)
		text_print(next_remark(l), LEDGER_TEXT,
			   "%u of %u sessions spoke SMTP in another way than the others", dialect,
			   h->dialect_sessions);
	if (h->direct >= 0.5F)
		text_print(next_remark(l), LEDGER_TEXT,
			   "%u connection%s of late went past the smart hosts", direct,
			   text_s(direct));
	if (h->breaches >= 0.5F)
		text_print(next_remark(l), LEDGER_TEXT,
			   "%u of %u sessions broke the protocol as bots do", breaches, e->talks);
}

void evidence_judge(const struct evidence *e, struct ledger *ret_)
{
	double phi[FEATURE_COUNT], terms[FEATURE_COUNT];

	memset(ret_, 0, sizeof(*ret_));
	features_of(e, phi);
	weigh(phi, terms);
	enter(e, phi, terms, ret_);
	ret_->score = fmin(fmax(1 / (1 + exp(-ret_->log_odds)), 0.001), 0.999);
	ret_->verdict = decide(e, ret_->log_odds);
	remark(e, ret_);
}
