/*
 * mta: runs one verb of one recipe (scripts/mta) here, or by ssh on the mail server.
 *
 * It runs in a session of its own, without the terminal: neither Ctrl-C nor a terminal that goes
 * away ends a freeze or a thaw half-way.  By ssh it runs as root, or by sudo where that asks for no
 * password; ssh itself asks for nothing either.
 */
#ifndef EGRESS25_EDGE_MTA_H
#define EGRESS25_EDGE_MTA_H

#include <stdbool.h>
#include <stdint.h>

#include "judge/mta.h"

#define MTA_RECIPES                                                                                \
	"EGRESS25_RECIPES" /* environment: the directory, instead of the installed one */
#define MTA_WHY 600

enum mta_verb { MTA_CHECK, MTA_FREEZE, MTA_THAW, MTA_VERB_COUNT };

struct mta_target {
	enum mta_kind kind;
	char host[MTA_HOST]; /* empty: this machine; else mta_host_is_valid() */
};

struct mta_reply {
	int status; /* of the recipe: 0 done, or frozen; 1 not frozen; others: it could not */
	struct mta_state state;
	char why[MTA_WHY]; /* the last line of standard error, escaped; or what failed here */
};

/* Where the recipes are. */
const char *mta_recipes(void);

/*
 * Runs it to its end, or for as long as the verb may take; `seconds` is for MTA_FREEZE, and arms
 * the timer.  Meanwhile idle(context), unless NULL, is called ten times a second; where that says
 * true a check is given up.  0 where the recipe ended with 0 or 1; or a negative errno: -EINTR
 * given up, -ETIMEDOUT, -EIO for any other status, or why it could not be run.  ret_->why is filled
 * where it is negative.
 */
int mta_run(const struct mta_target *t, enum mta_verb verb, int64_t seconds,
	    bool (*idle)(void *context), void *context, struct mta_reply *ret_);

/* What a human types to do the same: "sudo sh FILE thaw". */
#define MTA_COMMAND 700
const char *mta_command(const struct mta_target *t, enum mta_verb verb, char buf[MTA_COMMAND]);

/* "postfix on this machine", "postfix on mail.example.org". */
#define MTA_TARGET_TEXT (MTA_HOST + 32)
const char *mta_target_text(const struct mta_target *t, char buf[MTA_TARGET_TEXT]);

#endif
