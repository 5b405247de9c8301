/*
 * reloader: reads the configuration again in a thread of its own, for a large one takes seconds,
 * and frames do not wait.  One at a time: what is asked for while one is read is answered by one
 * more.
 */
#ifndef EGRESS25_SRC_MONITOR_RELOADER_H
#define EGRESS25_SRC_MONITOR_RELOADER_H

#include <stdbool.h>

#include "edge/config.h"

/* Reads it; 0, or negative with the reason already said. */
typedef int reloader_fn(void *context, struct config **ret_);

struct reloader;

/* Signals are blocked in its thread.  0 or a negative errno. */
int reloader_start(reloader_fn *load, void *context, struct reloader **ret_);
/* Waits until one that is being read is read.  Accepts NULL. */
void reloader_stop(struct reloader *r);

void reloader_ask(struct reloader *r);
/* Whether one was read since the last call, and how that ended: *ret_new is the caller's, or NULL
 * where the reading failed.  *ret_more: another was asked for since. */
bool reloader_take(struct reloader *r, struct config **ret_new, bool *ret_more);

#endif
