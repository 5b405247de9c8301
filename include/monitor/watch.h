/*
 * watch: the live monitor, which wires capture to the way and the way to the record.
 */
#ifndef EGRESS25_MONITOR_WATCH_H
#define EGRESS25_MONITOR_WATCH_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "edge/config.h"
#include "edge/store.h"

/* The live monitor, until SIGINT or SIGTERM. */
struct watch_options {
	struct config *config; /* taken over: freed here, also on failure */
	/* Reads the configuration again; 0, or negative with the reason already said. */
	int (*reload)(void *context, struct config **ret_);
	store_news_fn *news;
	void *context;
};

/* From now on the signals of a monitor wait until it is able to heed them: to be called first. */
int watch_hold_signals(sigset_t *ret_set);

/* 0 after a clean stop, else a negative errno, the reason having been said. */
int watch_run(const struct watch_options *options);

#endif
