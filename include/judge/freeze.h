/*
 * freeze: the steps of freezing a mail server, and what must be undone from each.  Pure: it says
 * what comes next, others do it.
 */
#ifndef EGRESS25_JUDGE_FREEZE_H
#define EGRESS25_JUDGE_FREEZE_H

#include <stdbool.h>

/*
 * Each step is one thing to do, in this order.  From FREEZE on the mail server may be frozen,
 * however that step ended: every way leads by THAW and CONFIRM.  From OPEN on the record may say
 * so: every way leads by RELEASE and CLOSE too.  RELEASE stands before THAW, for what a thawed
 * server sends from its queue must not be taken for a bot's.  Nothing behind WATCH is ever given up
 * because of what failed before.
 */
enum freeze_step {
	FREEZE_LOOK,	/* a monitor runs, the mail server can be reached, and is not frozen */
	FREEZE_FREEZE,	/* the timer is armed, then the mail server is frozen */
	FREEZE_PROVE,	/* asked again, it says so */
	FREEZE_OPEN,	/* the incident is opened or joined, and the monitor acknowledges */
	FREEZE_WATCH,	/* until the limit, a signal, or somebody closes the incident */
	FREEZE_RELEASE, /* the monitor gives the mail servers their permission back */
	FREEZE_THAW,
	FREEZE_CONFIRM, /* asked, it is not frozen */
	FREEZE_CLOSE,	/* the incident is closed, or the one joined gets back what it had */
	FREEZE_OVER,
	FREEZE_STEP_COUNT
};

enum freeze_result {
	FREEZE_DONE,
	FREEZE_FAILED,
	FREEZE_END, /* a signal came meanwhile: what was to be done may be done or not */
	FREEZE_RESULT_COUNT
};

/* "look", for messages. */
const char *freeze_step_name(enum freeze_step step);

enum freeze_step freeze_next(enum freeze_step step, enum freeze_result result);

/* Whether the whole has failed when this step ended so. */
bool freeze_is_failure(enum freeze_step step, enum freeze_result result);

#endif
