/*
 * monitor: wires capture to the way and the way to the record.
 */
#ifndef EGRESS25_MONITOR_MONITOR_H
#define EGRESS25_MONITOR_MONITOR_H

#include <stdbool.h>
#include <stdint.h>

#include "edge/config.h"
#include "edge/store.h"
#include "judge/health.h"

/* Reads capture files, one after another as one capture. */
struct monitor_read {
	char *const *files;
	int file_count;
	struct store *store;
	const struct config *config;
	bool progress; /* a bar on standard error */
};

/*
 * 0, or a negative errno where a file could not be opened or ended early; what came before stands in
 * the record either way, and the reason was said.  *ret_health tells what was seen.
 */
int monitor_read(const struct monitor_read *options, struct health *ret_health);

/* The live monitor, until SIGINT or SIGTERM. */
struct monitor_watch {
	struct config *config; /* taken over: freed here, also on failure */
	/* Reads the configuration again; 0, or negative with the reason already said. */
	int (*reload)(void *context, struct config **ret_);
	store_news_fn *news;
	void *context;
};

/* 0 after a clean stop, else a negative errno, the reason having been said. */
int monitor_watch(const struct monitor_watch *options);

#endif
