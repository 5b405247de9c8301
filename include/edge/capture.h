/*
 * capture: frames from mirror ports by libpcap.
 *
 * Live: immediate mode, snapshot length CAPTURE_SNAPLEN, a ring of CAPTURE_RING bytes, the kernel
 * filter of filter.h, own frames kept out (PACKET_IGNORE_OUTGOING).  The handle is non-blocking;
 * wait for capture_fd() with poll or epoll.
 */
#ifndef EGRESS25_EDGE_CAPTURE_H
#define EGRESS25_EDGE_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/frame.h"

#define CAPTURE_SNAPLEN 2048
#define CAPTURE_RING	(32 << 20)
#define CAPTURE_ERROR	512 /* room for an error's text */

/* Called for each frame; the frame is borrowed until it returns. */
typedef void capture_frame_fn(void *context, const struct frame *frame);

struct capture;

struct capture_options {
	const uint16_t *ports; /* watched and also watched ones, for the kernel filter */
	size_t port_count;
	int ring_bytes; /* 0: CAPTURE_RING */
	bool all;	/* every frame: no filter, so that ports mean nothing */
};

/*
 * Opens an interface.  0, or a negative errno with one line in error: "why, and what to do"
 * (-ENODEV no such interface, -EPERM, -ENETDOWN, -EOPNOTSUPP for a link type or a kernel that
 * refused the filter).
 */
int capture_open(const char *interface, uint16_t index, const struct capture_options *options,
		 struct capture **ret_, char error[CAPTURE_ERROR]);
void capture_close(struct capture *c); /* accepts NULL */

int capture_fd(const struct capture *c);

/*
 * Hands up to `most` waiting frames to fn.  The number handed over; or -ENODEV where the interface
 * has gone, or another negative errno.
 */
int capture_dispatch(struct capture *c, int most, capture_frame_fn *fn, void *context);

/* Whether the interface that is watched is still there, under whatever name. */
bool capture_is_there(const struct capture *c);

/*
 * Where it has gone: goes on with the one that has its name now, and counts on.  Needs no
 * privilege. 0, -ENODEV where there is none yet, -EOPNOTSUPP where it is of another kind, or
 * another negative errno.
 */
int capture_rebind(struct capture *c);

/* Replaces the kernel filter, as after a change of ports.  0 or a negative errno. */
int capture_set_ports(struct capture *c, const uint16_t *ports, size_t port_count);

struct capture_stats {
	uint64_t received; /* frames that passed the filter, those dropped for want of room included
			    */
	uint64_t dropped;
	uint64_t dropped_by_interface;
	bool up; /* the interface is up and running */
};
int capture_stats(struct capture *c, struct capture_stats *ret_);

#endif
