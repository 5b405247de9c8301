/*
 * evidence: what one internal host has done on port 25, in memory of fixed size, and the verdict on
 * it: a sum of log-odds, explainable term by term.  Pure; each update takes constant time.
 *
 * Sound when only SYNs and DNS are seen.  Retries do not count twice: one observation per host and
 * destination in ten minutes.  What speaks for a bot fades with time (half-lives stand in the table
 * of weights, src/judge/weights.c); what speaks against one is a share of what was seen, so that
 * neither time alone nor the repetition of one destination makes a bot of anybody.
 *
 * This is no sequential test: no message counts as a trial that fails or succeeds, there is no pair
 * of thresholds, and nothing starts again when one is crossed, as in SPOT (Duan and others, INFOCOM
 * 2009), which is patented and not used here.
 */
#ifndef EGRESS25_JUDGE_EVIDENCE_H
#define EGRESS25_JUDGE_EVIDENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flow/flow.h"
#include "flow/names.h"
#include "flow/smtp.h"
#include "flow/smtp_since.h"

enum verdict { VERDICT_BOT, VERDICT_DEVICE, VERDICT_SENDER, VERDICT_UNCLEAR, VERDICT_COUNT };
const char *verdict_name(enum verdict verdict);

/* Log-odds from which on a host is called a bot, and up to which it is called none. */
#define VERDICT_BOT_FROM   0.8
#define VERDICT_HONEST_TO  0.0
#define VERDICT_LEAST_SEEN 3 /* observations without which nobody is called device or sender */

/* --- what is remembered ------------------------------------------------------------------------
 */

/*
 * A blob of another version is discarded, and the host begins anew: there is no migration.  Change
 * the number with any change of the layout, of a counter's meaning or of a half-life.
 */
#define EVIDENCE_VERSION 3

#define EVIDENCE_KNOWN	   256 /* destination groups remembered */
#define EVIDENCE_RECENT	   16  /* servers first contacted in the last minute */
#define EVIDENCE_NAMES	   8   /* HELO names, as hashes */
#define EVIDENCE_SENDERS   32  /* sender domains, likewise */
#define EVIDENCE_DIALECTS  6
#define EVIDENCE_CLOCKS	   4 /* destinations whose period is measured */
#define EVIDENCE_GREETINGS 3 /* domains that servers give as their own */

/* Sums that fade by half in a day, so that their ratios stay as they are while time passes. */
enum evidence_sum {
	SUM_FRESH,	  /* groups contacted for the first time */
	SUM_RETURNED,	  /* of them, came back to after 4 minutes and more */
	SUM_OPEN,	  /* of them, without a success so far */
	SUM_RETRIED,	  /* of those open, tried again after 4 minutes and more */
	SUM_VOUCHED,	  /* of them, for which the dialogue spoke; a share each */
	SUM_ANSWERED,	  /* connections, one per group in ten minutes, that were answered */
	SUM_UNANSWERED,	  /* likewise, that were not: refused, unreachable, silent */
	SUM_BY_MX,	  /* of SUM_FRESH, found by an MX lookup */
	SUM_BY_NAME,	  /* of them, looked up by name */
	SUM_BY_NOTHING,	  /* of them, without a lookup though lookups of this host are seen */
	SUM_NEXT,	  /* of them, whose address lies next to the server tried before */
	SUM_PEAK,	  /* the most servers contacted for the first time within a minute */
	SUM_MX,		  /* MX lookups */
	SUM_DNSBL,	  /* lookups of our own address in blacklists */
	SUM_TALKS,	  /* sessions with a dialogue, one per destination in ten minutes */
	SUM_MAILS,	  /* of them, with a MAIL command in sight */
	SUM_NEW_HELO,	  /* HELO names that are neither the first nor one known */
	SUM_NEW_SENDER,	  /* sender domains, likewise; a share of each that was not used of late */
	SUM_SENDERS,	  /* sender domains seen in all, once a session */
	SUM_BAD_HELO,	  /* how odd the HELO was; a share each */
	SUM_NOTORIOUS,	  /* HELO names that known bots give */
	SUM_THEIR_NAME,	  /* HELO name is of the recipient's domain, and not of the sender's */
	SUM_OWN_NAME,	  /* HELO name and sender are of one registered domain */
	SUM_FOREIGN_NAME, /* HELO name is a good one, of another domain than the sender */
	SUM_EARLY,	  /* spoke before the greeting */
	SUM_BREACH,	  /* broke the protocol otherwise */
	SUM_SWITCHED,	  /* another sender after the first had been refused */
	SUM_NO_QUIT,	  /* of those with a MAIL command: ended without QUIT */
	SUM_OLD_ENGINE,	  /* HELO only, or never STARTTLS where it was offered */
	SUM_REFUSED,	  /* refused for good, and not as blacklisted, once per destination in ten
			   * minutes */
	SUM_JUDGED,	  /* refused or accepted, likewise */
	SUM_LISTED,	  /* refusals that say we are blacklisted */
	SUM_OFFERED,	  /* sessions in which a message was accepted or refused, likewise */
	SUM_SPURNED,	  /* of them, one was refused for good after DATA, as spam is */
	SUM_AUTH,	  /* sessions in which AUTH succeeded */
	SUM_SILENT,	  /* connections in which no MAIL command came though it was free to come */
	EVIDENCE_SUMS
};

/* A mail server's habits, for the remarks on it. */
struct evidence_habits {
	uint32_t dialects[EVIDENCE_DIALECTS], dialect_counts[EVIDENCE_DIALECTS];
	uint32_t dialect_sessions; /* sessions whose dialect is told */
	uint32_t helo_before;	   /* sessions before the first of them */
	float strange_helo;	   /* HELO names that came up after 20 sessions under others */
	float strange_dialect;	   /* sessions unlike its dialects */
	float direct;		   /* attempts past the smart hosts */
	float breaches;		   /* sessions that break the protocol */
};

/* Plain data without pointers: may be stored, and read back by the same version. */
struct evidence {
	uint32_t version;
	uint32_t attempts, observations, sessions, talks; /* totals; they stop at their greatest */
	uint32_t answered;   /* connections that a server answered, likewise */
	uint32_t groups;     /* destination groups ever called new */
	uint32_t peak;	     /* SUM_PEAK when it was last reached, as a number of servers */
	int64_t first, last; /* stamps of the first and the newest thing observed */
	int64_t faded;	     /* the sums are as they stood then */
	float sums[EVIDENCE_SUMS];
	float order;	/* share of the last observations that were orderly dialogues */
	float periodic; /* share of the last repetitions that kept their period */
	float monitor;	/* share of the last dialogues without a MAIL command */
	uint32_t helo[EVIDENCE_NAMES], helo_counts[EVIDENCE_NAMES];
	uint32_t senders[EVIDENCE_SENDERS];
	uint32_t greetings[EVIDENCE_GREETINGS]; /* as hashes; 1 for all that is no domain */
	uint32_t many_greetings;		/* 1: there were more */
	uint32_t listed_asked; /* hash of the address asked for in blacklists; of several: 1 */
	uint32_t last_server;  /* the lower 32 bits of the address of the newest attempt's */
	struct {
		uint32_t second, server;
		uint8_t is_group; /* its group was new too */
		uint8_t unused[3];
	} recent[EVIDENCE_RECENT];
	struct {
		uint32_t group, last, period; /* seconds */
	} clocks[EVIDENCE_CLOCKS];
	struct evidence_habits habits;
	uint32_t known[EVIDENCE_KNOWN]; /* see evidence_known.c */
};

_Static_assert(sizeof(struct evidence) <= 2048, "struct evidence is kept for 4096 hosts");

void evidence_init(struct evidence *e);

/* Whether a stored blob is evidence of this version and in range throughout, whoever wrote it. */
bool evidence_is_valid(const void *blob, size_t size);

/*
 * Whether a blob of an earlier life of the host, which was given up before `now` began, still says
 * more: it is of the last 30 days, and of more observations.
 */
bool evidence_outlives(const void *earlier, size_t size, const struct evidence *now);

/* --- what is observed --------------------------------------------------------------------------
 */

/* An attempt begins. */
struct evidence_attempt {
	int64_t time;
	struct addr server;
	uint64_t group; /* of names_of(): what counts as one destination */
	enum names_origin origin;
	bool past_smart_hosts; /* a mail server's, which has smart hosts, to none of them */
};
void evidence_attempt(struct evidence *e, const struct evidence_attempt *a);

/* A server has answered one; once per connection. */
void evidence_answer(struct evidence *e, int64_t time);

/*
 * A connection has ended, or has said enough.  Once per connection, and of one that goes on again
 * what has come since.
 */
struct evidence_session {
	int64_t time;
	struct addr server;
	uint64_t group;
	enum outcome outcome;
	bool connected;
	const struct smtp_facts *facts; /* NULL: no dialogue was seen */
	/* Of a connection that was heard before, how far it had come, and when; else NULL. */
	const struct smtp_mark *heard;
	int64_t heard_at;
	bool listed; /* a refusal said that we are blacklisted */
	bool cut;    /* this program's own segments ended it, or it goes on: that no QUIT or no MAIL
		      * came says nothing */
};
void evidence_session(struct evidence *e, const struct evidence_session *s);

void evidence_lookup(struct evidence *e, const struct names_event *event);

/* --- the verdict ------------------------------------------------------------------------------ */

#define LEDGER_PRIOR   "before anything is known" /* the key of what is thought of anybody */
#define LEDGER_TERMS   32
#define LEDGER_TEXT    160
#define LEDGER_REMARKS 4

struct ledger_term {
	const char *key;	/* "fresh destinations", ...: constant, in English, unique */
	double weight;		/* log-odds (natural), > 0 for a bot */
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
	char remarks[LEDGER_REMARKS][LEDGER_TEXT];
};

/* As of the last observation: the passing of time changes nothing.  At most 100 us. */
void evidence_judge(const struct evidence *e, struct ledger *ret_);

#endif
