/*
 * How the table is remade: scripts/fit-weights, two commands (see its --help).  The rows marked
 * true are what it gives, rounded to 0.05; a weight of 0.00 was measured, and says nothing beyond
 * the others.  The rows marked false are held by hand: what they tell of is too rare in the
 * populations to be measured.  Signs are kept, and what explains a destination never takes away
 * more than it weighs.
 */
#include "weights.h"

/*
 * Conduct is capped so low because a device that is badly set up, to a server that will not have
 * its mail, shows all of it at once.
 */
const struct weight_cap weight_caps[CLASS_COUNT] = {
	[CLASS_PRIOR] = {-9, 9},   [CLASS_DESTINATIONS] = {-2, 9}, [CLASS_LOOKUPS] = {-1, 3.5},
	[CLASS_IDENTITY] = {0, 5}, [CLASS_CONDUCT] = {0, 3.2},	   [CLASS_BREACHES] = {0, 3.5},
	[CLASS_ORDER] = {-2.5, 0},
};

const struct weight weights[FEATURE_COUNT] = {
	[FEATURE_PRIOR] = {LEDGER_PRIOR, CLASS_PRIOR, -1.65, true,
			   "most hosts that are no mail server and send on port 25 are devices",
			   "fit"},
	[FEATURE_BURST] = {"fresh destinations within a minute", CLASS_DESTINATIONS, 3.55, true,
			   "a bot works through a list; six in a minute are enough",
			   "signals 2 and 5"},
	[FEATURE_BURST_EXPLAINED] =
		{"burst explained", CLASS_DESTINATIONS, -3.15, true,
		 "a queue's burst ends in orderly dialogues, or comes back to whom it missed",
		 "section 7"},
	[FEATURE_NOVELTY] =
		{"fresh destinations", CLASS_DESTINATIONS, 5.20, true,
		 "addresses on a list are new, again and again; a device's are the same",
		 "signal 15"},
	[FEATURE_NOVELTY_EXPLAINED] = {"fresh destinations explained", CLASS_DESTINATIONS, -4.65,
				       true, "as for bursts", "section 7"},
	[FEATURE_FEW] = {"few destinations", CLASS_DESTINATIONS, -0.90, true,
			 "printers, alarms and mail programs have one provider", "section 7"},
	[FEATURE_MX] = {"MX lookups", CLASS_LOOKUPS, 1.65, true,
			"only what delivers mail by itself asks for an MX",
			"signal 3; Whyte and others, ACSAC 2006"},
	[FEATURE_NO_DNS] = {"no lookups", CLASS_LOOKUPS, 2.85, true,
			    "addresses came from somewhere else than DNS", "signal 4"},
	[FEATURE_BY_NAME] = {"server found by its name", CLASS_LOOKUPS, -2.00, true,
			     "a device is told its server's name", "section 7"},
	[FEATURE_DNSBL] = {"own address looked up in blacklists", CLASS_LOOKUPS, 2.0, false,
			   "bot herders test what a bot is still good for; rare, so not measurable",
			   "signal 17; Ramachandran and others, SRUTI 2006"},
	[FEATURE_UNANSWERED] = {"dead destinations", CLASS_CONDUCT, 0.00, true,
				"old lists hold dead servers", "signal 6"},
	[FEATURE_HELO_VARIETY] = {"changing HELO names", CLASS_IDENTITY, 2.20, true,
				  "a host has one name", "signal 8"},
	[FEATURE_SENDER_VARIETY] = {"changing sender domains", CLASS_IDENTITY, 2.35, true,
				    "a bot's senders are invented", "signal 14"},
	[FEATURE_SENDER_SWITCHED] =
		{"another sender after a refusal", CLASS_IDENTITY, 2.0, false,
		 "bots act on feedback; seen in the capture of a real one, rare elsewhere",
		 "Stringhini and others, USENIX Security 2012"},
	[FEATURE_HELO_FOREIGN] = {"HELO name of another domain", CLASS_CONDUCT, 0.35, true,
				  "who sends for himself gives his own domain in HELO and MAIL",
				  "signals 8 and 14"},
	[FEATURE_HELO_BAD] =
		{"odd HELO name", CLASS_CONDUCT, 0.45, true,
		 "localhost, a bare address, no dot, a name made of the public address",
		 "signal 8"},
	[FEATURE_HELO_NOTORIOUS] = {"HELO name of a known bot", CLASS_BREACHES, 3.0, false,
				    "ylmf-pc", "signal 18"},
	[FEATURE_HELO_THEIRS] = {"HELO name of the recipient", CLASS_IDENTITY, 1.5, false,
				 "pretends to be one of theirs", "signal 8"},
	[FEATURE_EARLY] = {"spoke before the greeting", CLASS_BREACHES, 2.05, true,
			   "a bot has no time to wait", "signal 10; postscreen"},
	[FEATURE_BREACH] =
		{"broke the protocol", CLASS_BREACHES, 2.35, true,
		 "pipelines without leave, goes on after refusals, sends what is no command",
		 "signals 11 and 12; postscreen"},
	[FEATURE_NO_QUIT] = {"no QUIT", CLASS_CONDUCT, 0.80, true,
			     "a bot is done after the final dot", "signal 13"},
	[FEATURE_OLD_ENGINE] =
		{"simple engine", CLASS_CONDUCT, 0.00, true,
		 "HELO instead of EHLO, STARTTLS passed over; many devices do so too", "signal 9"},
	[FEATURE_REFUSED] = {"refusals", CLASS_CONDUCT, 1.40, true,
			     "stale lists, and servers that know the address", "signal 7"},
	[FEATURE_SPURNED] = {"messages refused", CLASS_CONDUCT, 1.80, true,
			     "refused for good after DATA, as spam is", "signal 7"},
	[FEATURE_LISTED] = {"refused as blacklisted", CLASS_CONDUCT, 0.00, true,
			    "may be another host's doing, behind one public address", "signal 7"},
	[FEATURE_AUTH] = {"authenticated", CLASS_ORDER, -1.95, true, "a user's mail program",
			  "section 7"},
	[FEATURE_ORDER] = {"orderly dialogues", CLASS_ORDER, -3.10, true,
			   "one name, one sender domain, mail accepted, QUIT", "section 7"},
	[FEATURE_MONITOR] = {"connects without sending", CLASS_ORDER, -1.45, true,
			     "a monitor's check never says MAIL", "section 7"},
};
