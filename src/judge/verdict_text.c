/* The figures behind each term of a ledger, in plain words. */
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "evidence_parts.h"
#include "weights.h"

static unsigned int figure(const struct evidence *e, enum evidence_sum sum)
{
	return (unsigned int)lrintf(e->sums[sum]);
}

/* At least 1: there would be no term otherwise. */
static unsigned int some(const struct evidence *e, enum evidence_sum sum)
{
	unsigned int n = figure(e, sum);

	return n ? n : 1;
}

static unsigned int percent(float x)
{
	return (unsigned int)lrintf(x * 100);
}

static unsigned int smaller(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

/* How they are explained: only by what holds for any of them. */
static void explained_text(const struct evidence *e, unsigned int fresh, char *buf)
{
	const struct {
		enum evidence_sum sum;
		const char *one, *many;
	} ways[] = {
		{SUM_VOUCHED, "had an orderly dialogue", "had orderly dialogues"},
		{SUM_RETURNED, "was tried again later", "were tried again later"},
		{SUM_NEXT, "lay next to the one before", "lay next to the one before"},
	};
	size_t used = strlen(
		text_print(buf, LEDGER_TEXT, "of %u new destination%s", fresh, text_s(fresh)));

	for (size_t i = 0, told = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		unsigned int n = smaller(figure(e, ways[i].sum), fresh);

		if (n == 0)
			continue;
		used += strlen(text_print(buf + used, LEDGER_TEXT - used, "%s %u %s",
					  told++ ? "," : "", n,
					  n == 1 ? ways[i].one : ways[i].many));
	}
}

static void destinations_text(const struct evidence *e, enum feature feature, char *buf)
{
	unsigned int fresh = some(e, SUM_FRESH), known = known_count(e);

	if (feature == FEATURE_BURST)
		text_print(buf, LEDGER_TEXT,
			   "%u%s servers contacted for the first time within one "
			   "minute",
			   e->peak, e->peak == EVIDENCE_RECENT ? " or more" : "");
	else if (feature == FEATURE_NOVELTY)
		text_print(buf, LEDGER_TEXT,
			   "%u destination%s contacted for the first time of "
			   "late, %u in all",
			   fresh, text_s(fresh), e->groups);
	else if (feature == FEATURE_FEW)
		text_print(buf, LEDGER_TEXT,
			   "%u destination%s in use, tried in %u span%s of ten minutes", known,
			   text_s(known), e->observations, text_s(e->observations));
	else
		explained_text(e, fresh, buf);
}

static void lookups_text(const struct evidence *e, enum feature feature, char *buf)
{
	unsigned int fresh = some(e, SUM_FRESH);

	if (feature == FEATURE_MX)
		text_print(buf, LEDGER_TEXT, "%u MX lookup%s by this host", some(e, SUM_MX),
			   text_s(some(e, SUM_MX)));
	else if (feature == FEATURE_NO_DNS)
		text_print(buf, LEDGER_TEXT,
			   "%u of %u new servers were never looked up, though "
			   "this host's lookups are seen",
			   smaller(some(e, SUM_BY_NOTHING), fresh), fresh);
	else if (feature == FEATURE_BY_NAME)
		text_print(buf, LEDGER_TEXT, "its server was looked up by name, not by MX");
	else
		text_print(buf, LEDGER_TEXT,
			   "looked up a public address of ours in blacklists %u "
			   "time%s",
			   some(e, SUM_DNSBL), text_s(some(e, SUM_DNSBL)));
}

static void identity_text(const struct evidence *e, enum feature feature, char *buf)
{
	if (feature == FEATURE_HELO_VARIETY)
		text_print(buf, LEDGER_TEXT, "HELO name changed %u time%s", some(e, SUM_NEW_HELO),
			   text_s(some(e, SUM_NEW_HELO)));
	else if (feature == FEATURE_SENDER_VARIETY)
		text_print(buf, LEDGER_TEXT, "%u of %u sender domains were new",
			   some(e, SUM_NEW_SENDER), some(e, SUM_SENDERS));
	else if (feature == FEATURE_SENDER_SWITCHED)
		text_print(buf, LEDGER_TEXT,
			   "in %u session%s it gave another sender domain after "
			   "the first had been refused",
			   some(e, SUM_SWITCHED), text_s(some(e, SUM_SWITCHED)));
	else
		text_print(buf, LEDGER_TEXT,
			   "in %u of %u sessions the HELO name was the "
			   "recipient's own domain",
			   some(e, SUM_THEIR_NAME), some(e, SUM_TALKS));
}

/* "N of M sessions ..." for all that is a share of them. */
static void conduct_text(const struct evidence *e, enum feature feature, char *buf)
{
	static const struct {
		enum feature feature;
		enum evidence_sum part, whole;
		const char *what;
	} rows[] = {
		{FEATURE_HELO_NOTORIOUS, SUM_NOTORIOUS, SUM_TALKS,
		 "gave the HELO name of a known bot"},
		{FEATURE_EARLY, SUM_EARLY, SUM_TALKS, "spoke before the server's greeting"},
		{FEATURE_BREACH, SUM_BREACH, SUM_TALKS,
		 "broke the protocol: went on after a refusal, did not await replies, sent what is "
		 "no command, or bytes twice that differ"},
		{FEATURE_NO_QUIT, SUM_NO_QUIT, SUM_MAILS, "with a message ended without QUIT"},
		{FEATURE_OLD_ENGINE, SUM_OLD_ENGINE, SUM_TALKS,
		 "used HELO only, or passed over an offer of STARTTLS"},
		{FEATURE_HELO_FOREIGN, SUM_FOREIGN_NAME, SUM_MAILS,
		 "gave a HELO name of another domain than the sender's"},
		{FEATURE_SPURNED, SUM_SPURNED, SUM_OFFERED,
		 "had a message refused for good after it was sent"},
		{FEATURE_LISTED, SUM_LISTED, SUM_TALKS, "met a refusal because we are blacklisted"},
		{FEATURE_AUTH, SUM_AUTH, SUM_TALKS, "authenticated"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		unsigned int whole = some(e, rows[i].whole);

		if (rows[i].feature == feature)
			text_print(buf, LEDGER_TEXT, "%u of %u session%s %s",
				   smaller(some(e, rows[i].part), whole), whole, text_s(whole),
				   rows[i].what);
	}
}

static void share_text(const struct evidence *e, enum feature feature, char *buf)
{
	float unanswered = e->sums[SUM_UNANSWERED];

	if (feature == FEATURE_PRIOR)
		text_print(buf, LEDGER_TEXT, "most hosts that send on port 25 are no bots");
	else if (feature == FEATURE_HELO_BAD)
		text_print(buf, LEDGER_TEXT,
			   "the HELO name is no full name of this host "
			   "(localhost, an address, no dot, or made of the address)");
	else if (feature == FEATURE_UNANSWERED)
		text_print(buf, LEDGER_TEXT, "%u%% of its connections were not answered",
			   percent(unanswered / (unanswered + e->sums[SUM_ANSWERED])));
	else if (feature == FEATURE_REFUSED)
		text_print(buf, LEDGER_TEXT, "%u%% of what it asked of servers was refused",
			   percent(fminf(1, e->sums[SUM_REFUSED] / e->sums[SUM_JUDGED])));
	else if (feature == FEATURE_ORDER)
		text_print(buf, LEDGER_TEXT,
			   "orderly of late to %u%%: the same name and sender domain, "
			   "mail accepted, QUIT",
			   percent(e->order));
	else
		text_print(buf, LEDGER_TEXT,
			   "%u%% of the last sessions ended without an attempt to "
			   "send, as a monitor's do",
			   percent(e->monitor));
}

const char *features_text(const struct evidence *e, enum feature feature, char buf[LEDGER_TEXT])
{
	buf[0] = '\0';
	switch (weights[feature].class) {
	case CLASS_DESTINATIONS:
		destinations_text(e, feature, buf);
		return buf;
	case CLASS_LOOKUPS:
		lookups_text(e, feature, buf);
		return buf;
	case CLASS_IDENTITY:
		identity_text(e, feature, buf);
		return buf;
	case CLASS_PRIOR:
	case CLASS_CONDUCT:
	case CLASS_BREACHES:
	case CLASS_ORDER:
	case CLASS_COUNT:
	default:
		conduct_text(e, feature, buf);
		if (!buf[0])
			share_text(e, feature, buf);
		return buf;
	}
}
