/*
 * mta: the kinds of mail servers that can be frozen, and what a recipe says of one.  The words are
 * those of scripts/mta/README.  They may come from another machine: nothing of them is trusted.
 */
#ifndef EGRESS25_JUDGE_MTA_H
#define EGRESS25_JUDGE_MTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MTA_LINE  200 /* bytes of a line that is kept, escaped */
#define MTA_LINES 16  /* of one key */
#define MTA_HOST  256

enum mta_kind {
	MTA_POSTFIX,
	MTA_EXIM,
	MTA_OPENSMTPD,
	MTA_SENDMAIL,
	MTA_QMAIL,
	MTA_EXCHANGE, /* by hand alone: its recipe is PowerShell */
	MTA_KIND_COUNT
};

/* "postfix", which is the name of its recipe too. */
const char *mta_kind_name(enum mta_kind kind);
/* 0, or -EINVAL. */
int mta_kind_parse(const char *text, enum mta_kind *ret_);
/* "postfix, exim, ...": what can be parsed. */
#define MTA_KINDS "postfix, exim, opensmtpd, sendmail, qmail or exchange"

/* Whether ssh may be given this as a destination: a name, an address, or user@ before one. */
bool mta_host_is_valid(const char *text);

enum mta_answer { MTA_UNSAID, MTA_NO, MTA_YES, MTA_UNKNOWN };

struct mta_lines {
	char text[MTA_LINES][MTA_LINE];
	size_t count, more; /* kept, and left out */
};

struct mta_state {
	enum mta_answer frozen, in_force, running;
	int64_t deliveries; /* remote ones under way; -1: not said */
	int64_t timer;	    /* when it thaws by itself, seconds since 1970; 0: no timer */
	struct mta_lines spared, callouts, notes;
	bool nothing; /* thaw: there was nothing to undo */
};

/* What the lines of a recipe say; of several lines of one key that takes one the last stands. */
void mta_state_read(const char *text, size_t length, struct mta_state *ret_);

#endif
