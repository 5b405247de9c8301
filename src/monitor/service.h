/*
 * service: what the service manager (systemd) hears of the monitor, where it asked to.
 *
 * Its watchdog watches the capture thread: that is the one that must not stand still.  The writer
 * may wait for a stalled disk as long as it takes: to be killed for that would lose what it holds.
 */
#ifndef EGRESS25_SRC_MONITOR_SERVICE_H
#define EGRESS25_SRC_MONITOR_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "judge/health.h"

#define SERVICE_TEXT 512

struct service {
	int fd;		     /* negative: nobody listens */
	int64_t watchdog;    /* microseconds between two signs of life; 0: none is wanted */
	int64_t alive, told; /* monotonic: the last sign of life, the last status */
	char status[SERVICE_TEXT];
};

/* Before the process is sealed: it opens a socket.  Says what is wrong and goes on without. */
void service_open(struct service *s);
void service_close(struct service *s);

/* It watches, also after a reload. */
void service_ready(struct service *s);
void service_reloading(struct service *s);
void service_stopping(struct service *s);

/* Each beat of the capture thread: a sign of life.  Whether it is time for service_status(). */
bool service_beat(struct service *s);
/* How it goes, in a line: what `systemctl status` shows. */
void service_status(struct service *s, const struct health *h);

#endif
