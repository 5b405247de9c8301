/*
 * inject: reset segments, and probes, onto a wire by libnet, from the interface's own MAC address:
 * another one would teach the switch a wrong port for it, and cut off bystanders.
 */
#ifndef EGRESS25_EDGE_INJECT_H
#define EGRESS25_EDGE_INJECT_H

#include <stddef.h>
#include <stdint.h>

#include "wire/reset.h"

#define INJECT_ERROR 512

struct injector;

/*
 * Opens an Ethernet interface; needs CAP_NET_RAW.  0, or a negative errno with one line in error:
 * why, and what to do.  Not for more than one thread at a time.
 */
int inject_open(const char *interface, struct injector **ret_, char error[INJECT_ERROR]);
void inject_close(struct injector *i); /* accepts NULL */

/* Goes on with an interface of that name which took the place of the one that has gone.  Needs no
 * privilege.  0 or a negative errno. */
int inject_rebind(struct injector *i, const char *interface);

/* The descriptor that it sends by. */
int inject_fd(const struct injector *i);

/* Sends one segment as it is planned.  0 or a negative errno: -ENOBUFS where the queue is full. */
int inject_send(struct injector *i, const struct reset *r);

/* The interface's own MAC address. */
const uint8_t *inject_mac(const struct injector *i);
/* Sends a whole Ethernet frame; -EINVAL where it is not from that address. */
int inject_frame(struct injector *i, const uint8_t *frame, size_t length);

#endif
