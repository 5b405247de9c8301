/*
 * dns: one DNS message (RFC 1035), as far as port 25 needs it: the question, and of the answers A,
 * AAAA, MX and CNAME.  Pure; compression pointers only ever go backward, so time is bounded by the
 * message's length.
 */
#ifndef EGRESS25_WIRE_DNS_H
#define EGRESS25_WIRE_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

#define DNS_PORT 53
#define DNS_NAME 256 /* a name as lower-case text without its final dot, escaped, NUL included */

#define DNS_A	  1
#define DNS_CNAME 5
#define DNS_MX	  15
#define DNS_TXT	  16
#define DNS_AAAA  28

enum dns_result {
	DNS_OK,
	DNS_CUT,      /* the capture's snapshot length, or TC: what came before the cut was told */
	DNS_BAD,      /* not a DNS message */
	DNS_NOT_OURS, /* no standard query of class IN with one question */
	DNS_RESULT_COUNT
};

struct dns_message {
	uint16_t id;
	bool response;
	bool cut; /* TC */
	uint8_t rcode;
	uint16_t type; /* of the question */
	char name[DNS_NAME];
};

struct dns_answer {
	const char *owner;   /* good during the call */
	uint16_t type;	     /* DNS_A, DNS_AAAA, DNS_MX, DNS_CNAME */
	uint32_t ttl;	     /* seconds */
	struct addr address; /* A, AAAA */
	const char *target;  /* MX, CNAME */
};

/*
 * Parses length bytes of a message of which `captured` are at hand.  answer is called for each
 * answer and additional record of a response of the types above, at most DNS_ANSWERS of them, with
 * *ret_ filled; it may be NULL, and the records are then not looked at.  For a failure *ret_ means
 * nothing; where the cut fell before the question's end its type is 0.  Text that would not fit
 * lacks labels in front.  A record that contradicts itself is left out; so is an AAAA record of an
 * IPv4-mapped address.
 */
#define DNS_ANSWERS 64
enum dns_result
dns_parse(const void *data, size_t captured, size_t length, struct dns_message *ret_,
	  void (*answer)(void *context, const struct dns_message *m, const struct dns_answer *a),
	  void *context);

#endif
