/*
 * health: how well the monitor sees.  Flat, so that it may cross to the writer and into the record.
 */
#ifndef EGRESS25_JUDGE_HEALTH_H
#define EGRESS25_JUDGE_HEALTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/moment.h"
#include "judge/pressure.h"

#define HEALTH_INTERFACES 16
#define HEALTH_LOSSES	  48
#define HEALTH_EXAMPLES	  8

/* How a monitor runs, in words; and those of them that tell what its kernel lacks. */
#define HEALTH_PRIVILEGES 256
#define HEALTH_UNCONFINED "not confined: this kernel has no Landlock"
#define HEALTH_UNSEALED	  "not sealed: this kernel has no seccomp"
#define HEALTH_BUT_LOGS	  "which on this architecture but logs"

struct health_interface {
	char name[32];	   /* escaped; a file's path is cut to its end */
	uint64_t received; /* frames handed to us */
	uint64_t dropped;  /* by the kernel, for want of room in the ring */
	uint64_t dropped_by_interface;
	uint64_t outward, inward; /* frames from internal to external addresses, and back */
	int64_t last_frame;	  /* stamp; 0 where none came */
	bool down;
};

struct health_loss {
	const char *reason; /* static text */
	uint64_t count;
};

struct health_example {
	struct addr client, server;
	uint16_t port;
};

struct health {
	int64_t newest;	  /* greatest stamp of any frame; 0 where none came */
	uint64_t packets; /* frames decoded, well or badly */
	uint64_t attempts, stray, inbound, internal, copies, tracked;
	uint64_t unclassified;
	struct health_example examples[HEALTH_EXAMPLES]; /* the first unclassified pairs */
	uint8_t example_count;
	uint8_t interface_count;
	struct health_interface interfaces[HEALTH_INTERFACES];
	struct {
		const char *mode; /* static text; NULL where there can be none */
		uint64_t sent, planned, limited, refused; /* segments */
		uint64_t killable, killed;		  /* connections */
	} resets;
	const char *privileges; /* outlives the batch; NULL where it runs with what it was given */
	struct pressure pressures[PRESSURE_KIND_COUNT];
	uint8_t loss_count;
	struct health_loss losses[HEALTH_LOSSES]; /* only those that are not 0 */
};

/*
 * Whether the monitor runs whose run is open still: it holds the record's lock, as path_is_locked()
 * tells; where that cannot be told, it wrote within the last five seconds.
 */
static inline bool health_is_alive(int held, int64_t beat, int64_t now)
{
	return held < 0 ? now - beat < 5 * MOMENT_SECOND : held > 0;
}

/* What to think of unclassified connections, with those seen: one line.  Returns buf. */
#define HEALTH_TEXT 1024
const char *health_describe_unclassified(const struct health *h, char *buf, size_t size);

/* Adds a reason unless count is 0. */
void health_add_loss(struct health *h, const char *reason, uint64_t count);

#endif
