/*
 * The monitor with a made-up capture in place of the kernel's, and a made-up injector in place of
 * libnet.  Its beat drives the test: at each it asks the capture for its counters.
 */
#ifndef EGRESS25_TESTS_WATCH_HARNESS_H
#define EGRESS25_TESTS_WATCH_HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "judge/reset_mode.h"

struct fake {
	int fd;
	int beats;
	uint32_t frames; /* handed over so far */
	uint32_t ready;	 /* and those that wait: at once, or once it is to stop */
	uint32_t at_end;
	bool external; /* from an external address, all from one internal host else */
	bool many;     /* each from a host of its own */
	bool dialogue; /* the first is a SYN, the others its client's ACKs, each by itself */
	bool same_mac; /* the first goes to the mail server, at the others' source address */
	int set_ports; /* what that answers */
	bool gone;     /* the interface, which says nothing of it */
	int rebind, rebound;
	/* Of sandbox.h: what the stages answer, in which order they came, and with what. */
	int drop, confine, seal, writable;
	size_t senders;
	char stages[64], dropped_to[128];
	const char *record; /* noted among them once it is there */
	void (*beat)(int beat);
};
extern struct fake fake;

struct wire {
	int opened, closed, sent, result;
	int scheduling; /* of the thread that sent last */
	char last[32];
};
extern struct wire wire;

/* What the configuration says of resets, at the start and when it is read again. */
extern enum reset_mode reset_mode, reset_mode_again;
extern bool mail_server;
extern const char *reset_via;
extern bool has_file;  /* the configuration at the start came from a file, that of a reload not */
extern int run_result; /* as expected */

void frames_come(uint32_t count);
/* Runs it until it ends; what it said. */
const char *run(const char *path, void (*beat)(int beat));
int64_t ask(const char *path, const char *sql);
void end(void);

/* A test with resets, from its beginning to its end. */
void begin_resets(enum reset_mode mode);
void end_resets(void);

#endif
