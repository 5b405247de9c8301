/*
 * addr: one type for IPv4 and IPv6 addresses, and prefixes of them.
 *
 * IPv4 is held as ::ffff:a.b.c.d (RFC 4291, 2.5.5.2), so that a comparison, a hash and a prefix
 * table see one kind of key.  The decoder refuses IPv6 packets whose own addresses are mapped ones:
 * such an address never stands on a wire in earnest, and would be taken for the IPv4 host.
 */
#ifndef EGRESS25_BASE_ADDR_H
#define EGRESS25_BASE_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct addr {
	uint8_t b[16];
};

/*
 * An address block of one family.  length counts bits of the 16 bytes: 10.0.0.0/8 has length 104.
 * A block of length 96 or more under ::ffff:0:0/96 is IPv4; any other is IPv6 and never holds an
 * IPv4 address, ::/0 included.
 */
struct prefix {
	struct addr addr;
	uint8_t length;
};

/* Longest text of an address, of a prefix, of a MAC address; with the final NUL. */
#define ADDR_TEXT   46
#define PREFIX_TEXT 50
#define MAC_TEXT    18

/* From 4 or 16 bytes in network order. */
struct addr addr_from_v4(const uint8_t *bytes);
struct addr addr_from_v6(const uint8_t *bytes);

bool addr_is_v4(const struct addr *a);

/* False for the unspecified address, multicast and the IPv4 limited broadcast. */
bool addr_is_unicast(const struct addr *a);

static inline bool addr_equal(const struct addr *a, const struct addr *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

/* <0, 0, >0; IPv4 sorts before IPv6, then in numeric order. */
int addr_compare(const struct addr *a, const struct addr *b);

/* RFC 5952 text (IPv4 dotted) into buf, which is returned. */
const char *addr_format(const struct addr *a, char buf[ADDR_TEXT]);

/* Reads IPv4 or IPv6 text, no zone, no brackets.  0, or -EINVAL with *ret_ untouched. */
int addr_parse(const char *text, struct addr *ret_);

/*
 * Reads "ADDRESS" (a host prefix) or "ADDRESS/BITS".  0; -EINVAL where it is neither; -EDOM where
 * bits are set behind the prefix ("10.0.0.1/8"), with *ret_ set to the masked prefix so that the
 * message can name it.
 */
int prefix_parse(const char *text, struct prefix *ret_);

/* "10.0.0.0/8"; a host prefix prints as the bare address. */
const char *prefix_format(const struct prefix *p, char buf[PREFIX_TEXT]);

bool prefix_contains(const struct prefix *p, const struct addr *a);
bool prefix_is_v4(const struct prefix *p);

/* "52:54:00:12:34:56" */
const char *mac_format(const uint8_t mac[6], char buf[MAC_TEXT]);

#endif
