/* Features: what the sums say, each on a scale from 0 to 1. */
#include <math.h>

#include "evidence_parts.h"
#include "weights.h"

static double clamp(double x)
{
	return x > 0 ? (x < 1 ? x : 1) : 0;
}

/* Part of a whole, 0 where there is no whole; at most 1. */
static double share(const struct evidence *e, enum evidence_sum part, enum evidence_sum whole)
{
	return e->sums[whole] > 0.01F ? clamp((double)e->sums[part] / (double)e->sums[whole]) : 0;
}

/* As share(), and small where the whole is below `enough`. */
static double settled(const struct evidence *e, enum evidence_sum part, enum evidence_sum whole,
		      double enough)
{
	return share(e, part, whole) * clamp((double)e->sums[whole] / enough);
}

/*
 * How far the fresh destinations are explained: because the dialogue spoke for them, because the
 * host came back to them, as a queue does and monitors do, or because it walks from one address to
 * the next, as a scanner does.  All are shares of the fresh ones, so that a new one always takes
 * away from the explanation.
 */
static double explained(const struct evidence *e)
{
	double vouched = share(e, SUM_VOUCHED, SUM_FRESH);
	double back = clamp((share(e, SUM_RETURNED, SUM_FRESH) - 0.35) / 0.45);
	double queue = clamp((share(e, SUM_RETRIED, SUM_OPEN) - 0.3) / 0.4) *
		       share(e, SUM_OPEN, SUM_FRESH);
	double walk = clamp((share(e, SUM_NEXT, SUM_FRESH) - 0.3) / 0.4);

	back = fmax(back, queue) * clamp((double)e->sums[SUM_RETURNED] / 2);
	/* A bot whose list is short comes round to the same destinations too; but few queues and
	 * monitors meet a hundred new ones in a day. */
	back *= 1 - 0.5 * clamp(((double)e->sums[SUM_FRESH] - 100) / 200);
	return 1 - (1 - vouched) * (1 - 0.9 * back) * (1 - 0.9 * walk);
}

/* A host that sends on what strangers wrote has their domains, one good name, and few new whom it
 * writes to. */
static double forwards(const struct evidence *e)
{
	double seen = (double)e->sums[SUM_ANSWERED] + (double)e->sums[SUM_UNANSWERED];

	if (seen < 1)
		return 0;
	return clamp(1 - 2.5 * (double)e->sums[SUM_FRESH] / seen) * clamp((e->groups - 2.0) / 3) *
	       clamp(1 - share(e, SUM_BAD_HELO, SUM_TALKS) - share(e, SUM_NEW_HELO, SUM_TALKS) -
		     share(e, SUM_NO_QUIT, SUM_MAILS));
}

static double sender_variety(const struct evidence *e)
{
	/* A host of many customers has many domains too, but not new ones every day. */
	return clamp(((double)e->sums[SUM_NEW_SENDER] - 1) / 5) *
	       (0.3 + 0.7 * clamp(2 * share(e, SUM_NEW_SENDER, SUM_SENDERS))) *
	       (1 - 0.6 * forwards(e));
}

/*
 * How much it is the same again and again, with its one server: a device has one sender, and its
 * mail is taken always or, where it is badly set up, never.
 */
static double constant(const struct evidence *e)
{
	double refused = share(e, SUM_REFUSED, SUM_JUDGED);
	double mixed = clamp(4 * refused * (1 - refused)) * clamp((double)e->sums[SUM_JUDGED] / 4);

	return (1 - 0.8 * mixed) * (1 - sender_variety(e));
}

static void destinations(const struct evidence *e, double phi[FEATURE_COUNT])
{
	double fresh = (double)e->sums[SUM_FRESH], peak = (double)e->sums[SUM_PEAK];
	double asked = (double)e->sums[SUM_MX];
	double why = explained(e);

	/* Steep up to six within a minute; in a day six of a hundred already weigh a third. */
	phi[FEATURE_BURST] = 0.8 * clamp((peak - 2) / 4) + 0.2 * clamp((peak - 6) / 10);
	phi[FEATURE_NOVELTY] = clamp(log2(1 + fresh / 2) / log2(1 + 100.0 / 2));
	phi[FEATURE_BURST_EXPLAINED] = why * phi[FEATURE_BURST];
	phi[FEATURE_NOVELTY_EXPLAINED] = why * phi[FEATURE_NOVELTY];
	phi[FEATURE_FEW] = clamp((3.5 - fresh) / 2.5) * clamp(e->observations / 4.0) /
			   (1 + asked / 2) * constant(e);
	/* What calls itself by many names is not one destination, though its names in DNS say so.
	 */
	if (e->many_greetings)
		phi[FEATURE_FEW] *= 0.3;
	phi[FEATURE_MX] = asked / (asked + 1) * (1 - 0.6 * why);
	phi[FEATURE_NO_DNS] = settled(e, SUM_BY_NOTHING, SUM_FRESH, 4) * (1 - why);
	phi[FEATURE_BY_NAME] = share(e, SUM_BY_NAME, SUM_FRESH) * phi[FEATURE_FEW];
	phi[FEATURE_DNSBL] = e->listed_asked == 1 ? 0 : clamp((double)e->sums[SUM_DNSBL]);
	if (e->sums[SUM_ANSWERED] >= 1)
		phi[FEATURE_UNANSWERED] =
			clamp((fresh - 3) / 4) *
			clamp((double)e->sums[SUM_UNANSWERED] /
			      ((double)e->sums[SUM_ANSWERED] + (double)e->sums[SUM_UNANSWERED]) *
			      2);
}

static void dialogues(const struct evidence *e, double phi[FEATURE_COUNT])
{
	double refused = share(e, SUM_REFUSED, SUM_JUDGED);
	/* Poorly made appliances break the protocol too, each to its one server. */
	double appliance = 1 - 0.5 * phi[FEATURE_FEW], shabby = 1 - 0.7 * phi[FEATURE_FEW];

	phi[FEATURE_HELO_VARIETY] = clamp(((double)e->sums[SUM_NEW_HELO] - 1) / 4);
	phi[FEATURE_SENDER_VARIETY] = sender_variety(e);
	phi[FEATURE_SENDER_SWITCHED] = clamp((double)e->sums[SUM_SWITCHED]);
	phi[FEATURE_HELO_FOREIGN] = settled(e, SUM_FOREIGN_NAME, SUM_MAILS, 2);
	phi[FEATURE_HELO_BAD] = share(e, SUM_BAD_HELO, SUM_TALKS) * shabby;
	phi[FEATURE_HELO_NOTORIOUS] = clamp((double)e->sums[SUM_NOTORIOUS] * 2);
	phi[FEATURE_HELO_THEIRS] = share(e, SUM_THEIR_NAME, SUM_TALKS);
	phi[FEATURE_EARLY] = settled(e, SUM_EARLY, SUM_TALKS, 3) * appliance;
	phi[FEATURE_BREACH] = settled(e, SUM_BREACH, SUM_TALKS, 3) * appliance;
	phi[FEATURE_NO_QUIT] = settled(e, SUM_NO_QUIT, SUM_MAILS, 2) * shabby;
	phi[FEATURE_OLD_ENGINE] = settled(e, SUM_OLD_ENGINE, SUM_TALKS, 2) * shabby;
	/* A device whose one server will not have its mail is refused always; a bot now and then.
	 */
	phi[FEATURE_REFUSED] = clamp((refused - 0.1) / 0.4) *
			       clamp((double)e->sums[SUM_JUDGED] / 6) *
			       (1 - phi[FEATURE_FEW] * clamp((refused - 0.7) / 0.2));
	phi[FEATURE_SPURNED] = settled(e, SUM_SPURNED, SUM_OFFERED, 2);
	phi[FEATURE_LISTED] = clamp((double)e->sums[SUM_LISTED]);
	phi[FEATURE_AUTH] = share(e, SUM_AUTH, SUM_TALKS);
	phi[FEATURE_ORDER] = clamp(((double)e->order - 0.5) / 0.4);
	phi[FEATURE_MONITOR] = clamp((double)e->monitor / 0.7);
}

void features_of(const struct evidence *e, double ret_[FEATURE_COUNT])
{
	for (unsigned int i = 0; i < FEATURE_COUNT; i++)
		ret_[i] = 0;
	ret_[FEATURE_PRIOR] = 1;
	destinations(e, ret_);
	dialogues(e, ret_);
}
