/* realtime: the capture thread before all others, while it races. */
#ifndef EGRESS25_SRC_MONITOR_REALTIME_H
#define EGRESS25_SRC_MONITOR_REALTIME_H

#include <stdbool.h>

/*
 * Keeps the right to the lowest real-time priority for when the process is no longer root; to be
 * called at the start.  0, or a negative errno where it will be lost: then what is taken before
 * stays, and is not to be given back.
 */
int realtime_keep(void);

/*
 * Gives the calling thread the lowest real-time priority (SCHED_FIFO), or the usual one again.
 * Threads and children that it begins have the usual one.  0 or a negative errno.
 */
int realtime_set(bool on);

#endif
