/*
 * site: which addresses are ours, and which ports are watched.  What the tracker must know to tell
 * a client from a server; whether the client may is policy's business.
 */
#ifndef EGRESS25_FLOW_SITE_H
#define EGRESS25_FLOW_SITE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "wire/packet.h"

enum side {
	SIDE_INTERNAL,
	SIDE_EXTERNAL, /* any other unicast address */
	SIDE_NEITHER   /* multicast, broadcast, unspecified */
};

enum port_class {
	PORT_OTHER,
	PORT_WATCHED, /* 25 unless configured: an attempt here may be an offence */
	PORT_ALSO     /* also watched: recorded as a class of its own, never an offence */
};

#define SITE_PORTS 16 /* most watched and also watched ports in all */

struct lpm;

/* Plain data; `internal` is borrowed from the policy that filled it. */
struct site {
	const struct lpm *internal;
	uint8_t ports[65536]; /* enum port_class */
};

enum side site_side(const struct site *site, const struct addr *a);

/*
 * Whether what came in tunnels may be believed: whoever sends one chooses all that is inside, so
 * each must come from within.  (A remote mirror with a public address is named in `internal`.)
 */
bool site_trusts(const struct site *site, const struct packet *p);

static inline enum port_class site_port(const struct site *site, uint16_t port)
{
	return (enum port_class)site->ports[port];
}

#endif
