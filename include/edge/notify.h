/*
 * notify: what the service manager is told, by the protocol of sd_notify(3): datagrams to the
 * socket that NOTIFY_SOCKET names.
 *
 * libsystemd speaks it too, but opens a socket for each word, which a process that has sealed
 * itself must not.  Here the socket is opened once.
 */
#ifndef EGRESS25_EDGE_NOTIFY_H
#define EGRESS25_EDGE_NOTIFY_H

#include <stdint.h>

/*
 * Opens the socket.  Its descriptor, the caller's to close; -ENODATA where no service manager waits
 * for words; or another negative errno.
 */
int notify_open(void);

/*
 * Sends one datagram of "NAME=value" lines.  Waits no longer than `patience` milliseconds for room.
 * 0, or a negative errno (-EAGAIN: no room).
 */
int notify_send(int fd, int patience, const char *lines);

/* How long the service manager waits for WATCHDOG=1 before it ends us, in microseconds; 0: it does
 * not wait. */
int64_t notify_watchdog(void);

#endif
