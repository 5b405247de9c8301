/* freeze_internal: what the files of freeze share. */
#ifndef EGRESS25_SRC_MONITOR_FREEZE_INTERNAL_H
#define EGRESS25_SRC_MONITOR_FREEZE_INTERNAL_H

#include "base/moment.h"
#include "monitor/freeze.h"

/* A monitor that is gone while mail servers are frozen has so long to come back. */
#define FREEZE_RETURN (15 * MOMENT_SECOND)

struct freeze {
	const struct freeze_options *options;
	const struct freeze_screen *screen;
	struct freeze_view view;
	struct store_frozen row; /* of the record; id 0: none */
	struct freeze_outcome *outcome;
	int64_t deadline;	      /* by moment_since_boot() */
	int64_t unwatched;	      /* since when no monitor runs, by the same; 0: one does */
	bool nothing;		      /* was there to undo */
	char target[MTA_TARGET_TEXT]; /* for messages */
	char said[MTA_WHY];	      /* why it could not be asked, when that was said last */
};

/* Whether a monitor is there to acknowledge. */
bool freeze_is_watched(const struct freeze *f);

/* A tenth of a second, and whoever shows it; true: to end. */
bool freeze_pause(struct freeze *f);

void freeze_say(struct freeze *f, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Asks the mail server, as mta_run(); the view is brought up to date. */
int freeze_ask(struct freeze *f, enum mta_verb verb, int64_t seconds, struct mta_reply *ret_);

/* For how many seconds its timer is to be armed now. */
int64_t freeze_timer(const struct freeze *f);

/* freeze_watch.c: FREEZE_WATCH. */
enum freeze_result freeze_watch(struct freeze *f);

#endif
