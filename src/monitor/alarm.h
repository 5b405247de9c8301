/*
 * alarm: what a monitor says the moment it is known: that a remote server calls us blacklisted, and
 * once more when that is no mere claim; and, once an hour where it grew, what is not classified.
 */
#ifndef EGRESS25_SRC_MONITOR_ALARM_H
#define EGRESS25_SRC_MONITOR_ALARM_H

#include "judge/batch.h"

/* All zero at first. */
struct alarm {
	struct alarm_told {
		struct addr address; /* all zero where none was named; then the list tells apart */
		char list[NOTICE_LIST];
		bool finding;
	} told[NOTICE_ADDRESSES];
	size_t count;
	uint64_t unclassified; /* as told last, */
	int64_t at;	       /* and when */
};

/* Says what is new in a batch that is about to be handed over. */
void alarm_tell(struct alarm *a, const struct batch *batch);

#endif
