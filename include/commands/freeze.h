/*
 * freeze: what the commands freeze and thaw share: the mail server that is meant, and how the two
 * show what goes on.
 */
#ifndef EGRESS25_COMMANDS_FREEZE_H
#define EGRESS25_COMMANDS_FREEZE_H

#include "commands/command.h"
#include "commands/query.h"
#include "monitor/freeze.h"

/*
 * The mail server that the options name, else `mta` and `ssh` (either may be NULL), else the
 * configuration.  An exit status, with the reason said.
 */
int freeze_target(const struct options *o, const struct config *c, const char *command,
		  const char *mta, const char *ssh, struct mta_target *ret_);

/*
 * screen: a table that is drawn in place at a terminal, plain lines elsewhere, and nothing but
 * lines on standard error where the answer is JSON or CSV.
 *
 * From begin to end signals are held back and asked for, and no output can hold anything up: what a
 * stopped terminal or a full pipe does not take is left out, and one that has gone is no matter.
 */
struct screen;

/* NULL without memory.  `q` is borrowed; NULL: nobody is looked for.  `ends`: signals end it. */
struct screen *screen_begin(const struct options *o, struct query *q, bool ends);
const struct freeze_screen *screen_calls(const struct screen *s);
/* Whether a signal came. */
bool screen_is_ending(const struct screen *s);
void screen_end(struct screen *s); /* accepts NULL */

#endif
