/*
 * dns_made: writes DNS messages for tests, from the front; names without compression unless a
 * pointer is put in by hand.
 */
#ifndef EGRESS25_TESTS_WIRE_DNS_MADE_H
#define EGRESS25_TESTS_WIRE_DNS_MADE_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"

#define DNS_MADE      70000
#define DNS_QUERY     0x0100 /* RD */
#define DNS_ANSWER    0x8180 /* QR RD RA */
#define DNS_TRUNCATED 0x0200
#define DNS_NXDOMAIN  3

struct dns_made {
	uint8_t b[DNS_MADE];
	size_t n;
};

static inline void dns_bytes(struct dns_made *d, const void *data, size_t n)
{
	if (d->n + n > DNS_MADE)
		abort();
	if (n)
		memcpy(d->b + d->n, data, n);
	d->n += n;
}

static inline void dns_be16(struct dns_made *d, unsigned int v)
{
	dns_bytes(d, (const uint8_t[]){(uint8_t)(v >> 8), (uint8_t)v}, 2);
}

static inline void dns_begin(struct dns_made *d, unsigned int id, unsigned int flags)
{
	d->n = 0;
	dns_be16(d, id);
	dns_be16(d, flags);
	dns_bytes(d, "\0\0\0\0\0\0\0\0", 8);
}

/* One more in the header's count of that section: 0 questions, 1 answers, 2, 3 additional ones. */
static inline void dns_count(struct dns_made *d, unsigned int section)
{
	d->b[5 + 2 * section]++;
}

static inline void dns_label(struct dns_made *d, const void *label, size_t n)
{
	dns_bytes(d, (const uint8_t[]){(uint8_t)n}, 1);
	dns_bytes(d, label, n);
}

/* "mx.example.com"; "" is the root. */
static inline void dns_name(struct dns_made *d, const char *name)
{
	while (*name) {
		size_t n = strcspn(name, ".");

		dns_label(d, name, n);
		name += n + (name[n] == '.');
	}
	dns_bytes(d, "", 1);
}

static inline void dns_pointer(struct dns_made *d, size_t at)
{
	dns_be16(d, (unsigned int)(0xc000 | at));
}

static inline void dns_question(struct dns_made *d, const char *name, unsigned int type)
{
	dns_count(d, 0);
	dns_name(d, name);
	dns_be16(d, type);
	dns_be16(d, 1);
}

/* What stands between a record's owner and its data. */
static inline void dns_middle(struct dns_made *d, unsigned int type, uint32_t ttl, size_t length)
{
	dns_be16(d, type);
	dns_be16(d, 1);
	dns_be16(d, ttl >> 16);
	dns_be16(d, ttl & 0xffff);
	dns_be16(d, (unsigned int)length);
}

static inline void dns_address(struct dns_made *d, unsigned int section, const char *owner,
			       uint32_t ttl, const char *address)
{
	struct addr a;
	bool v4;

	if (addr_parse(address, &a) != 0)
		abort();
	v4 = addr_is_v4(&a);
	dns_count(d, section);
	dns_name(d, owner);
	dns_middle(d, v4 ? 1 : 28, ttl, v4 ? 4 : 16);
	dns_bytes(d, a.b + (v4 ? 12 : 0), v4 ? 4 : 16);
}

static inline size_t dns_wire_length(const char *name)
{
	return *name ? strlen(name) + 2 : 1;
}

static inline void dns_mx(struct dns_made *d, const char *owner, uint32_t ttl, const char *exchange)
{
	dns_count(d, 1);
	dns_name(d, owner);
	dns_middle(d, 15, ttl, 2 + dns_wire_length(exchange));
	dns_be16(d, 10);
	dns_name(d, exchange);
}

static inline void dns_cname(struct dns_made *d, const char *owner, uint32_t ttl,
			     const char *target)
{
	dns_count(d, 1);
	dns_name(d, owner);
	dns_middle(d, 5, ttl, dns_wire_length(target));
	dns_name(d, target);
}

#endif
