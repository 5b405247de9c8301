/*
 * freeze: freezes a mail server, watches, and thaws it again, whatever happens meanwhile.
 *
 * Three things undo it, each for itself: freeze_run() at the end of the time or when it is told to;
 * the timer on the mail server a little later, where this program or its machine has died; and the
 * monitor, from its memory, which at the limit gives the mail servers their permission back.
 * What a kill leaves undone is found by freeze_undo(), in the record or by asking the mail server.
 */
#ifndef EGRESS25_MONITOR_FREEZE_H
#define EGRESS25_MONITOR_FREEZE_H

#include <stdbool.h>
#include <stdint.h>

#include "edge/mta.h"
#include "judge/freeze.h"
#include "monitor/request.h"

struct freeze_options {
	const char *record; /* or NULL: freeze_undo() without one */
	struct mta_target target;
	bool running;			       /* a monitor is there to acknowledge */
	int64_t length;			       /* microseconds */
	const struct store_incident *incident; /* for a new one, or what one that is joined gets */
};

/* How it stands. */
struct freeze_view {
	enum freeze_step step;
	const struct mta_target *target;
	struct mta_state state; /* as it was said last, then: */
	int64_t asked;		/* wall clock; 0: never */
	int64_t frozen;		/* 0: not */
	int64_t left;		/* until the limit, of a clock that nobody sets */
	int64_t incident;	/* 0: none */
	bool joined;
};

struct freeze_screen {
	/* Ten times a second, whatever else goes on; true: to end.  What was begun is undone then.
	 */
	bool (*idle)(void *context, const struct freeze_view *view);
	/* A line of what happens, escaped.  What goes wrong is said to the log instead. */
	void (*say)(void *context, const char *text);
	void *context;
};

struct freeze_outcome {
	int64_t incident; /* 0: none was opened or joined */
	bool failed;	  /* it was said why */
	bool was_frozen;  /* proven, at least once */
	bool thawed;	  /* proven */
	int64_t frozen;	  /* the last time that it was proven to begin */
	struct mta_lines callouts;
};

/* The mail server's own timer comes so much later than the limit. */
#define FREEZE_SLACK INT64_C(30000000)
/* While frozen it is asked so often, for other programs may thaw it. */
#define FREEZE_ASK INT64_C(15000000)

void freeze_run(const struct freeze_options *o, const struct freeze_screen *screen,
		struct freeze_outcome *ret_);

/* Thaws, whatever an interrupted freeze left; `found` is what the record says of it, or its id is
 * 0.
 */
void freeze_undo(const struct freeze_options *o, const struct store_frozen *found,
		 const struct freeze_screen *screen, struct freeze_outcome *ret_);

#endif
