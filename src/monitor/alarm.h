/*
 * alarm: what a monitor says the moment it is known: that a remote server calls us blacklisted, and
 * once more when that is no mere claim; and, once an hour, what is not classified where it grew,
 * and that resets do not work.
 *
 * Claims, and findings of addresses that are not configured as ours, can be forged in any number:
 * of each kind ALARM_MINUTE are told in a minute, and then how many more there were.
 */
#ifndef EGRESS25_SRC_MONITOR_ALARM_H
#define EGRESS25_SRC_MONITOR_ALARM_H

#include "judge/batch.h"

#define ALARM_MINUTE 8

/* What may be told within the minute. */
struct alarm_ration {
	int64_t since;
	unsigned int told;
	uint64_t more;
};

/* All zero at first. */
struct alarm {
	struct alarm_ration claims, findings;
	uint64_t unclassified;	   /* as told last, */
	int64_t at;		   /* and when */
	uint64_t killable, killed; /* as looked at last */
	int64_t resets_at;	   /* when resets that do not work were told last */
};

/* Says what is new in a batch that is handed over; once for each. */
void alarm_tell(struct alarm *a, const struct batch *batch);

#endif
