/*
 * alarm: what a monitor says the moment it is known: that a remote server calls us blacklisted, and
 * once more when that is no mere claim; and, once an hour, what is not classified where it grew,
 * and that resets do not work; and that a mirror shows nothing.
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

/* Of one port.  All zero at first. */
struct alarm_silence {
	bool heard;    /* a frame, since the last look: set by the caller */
	bool said;     /* that it is silent */
	int64_t since; /* on the steady clock */
};

/*
 * Says once that a port which is up has shown no frame for so many microseconds, and once that it
 * shows them again.  A port that is down is not silent but down.  after = 0: never.
 */
void alarm_listen(struct alarm_silence *s, const char *name, bool is_up, int64_t after,
		  int64_t now);

/* Says what is new in a batch that is handed over; once for each. */
void alarm_tell(struct alarm *a, const struct batch *batch);

#endif
