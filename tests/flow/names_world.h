/*
 * names_world: names, a site (10.0.0.0/8 and fd00::/8 are internal), packets of DNS made from
 * messages, and what was told of them.
 */
#ifndef EGRESS25_TESTS_FLOW_NAMES_WORLD_H
#define EGRESS25_TESTS_FLOW_NAMES_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "../wire/dns_made.h"
#include "flow/names.h"

#define MS   INT64_C(1000)
#define SEC  INT64_C(1000000)
#define HOUR (3600 * SEC)
#define DAY  (24 * HOUR)

#define BOT	 "10.0.3.77"
#define OTHER	 "10.0.3.78"
#define RESOLVER "10.0.0.53" /* an internal one */
#define QUAD8	 "8.8.8.8"
#define PORT	 40000

/* The world of a test: made by setup, and by teardown undone. */
extern struct names *names;
extern struct site site;
extern int64_t now;
extern bool one_sided;
extern struct dns_made d; /* the next message */

/* What was told since the last call of events(), as text: "MX 10.0.3.77 example.com;". */
const char *events(void);
extern struct names_event last_event; /* but for its name */

int names_setup(void **state);
int names_teardown(void **state);

/* The message in d as a datagram. */
void send_udp(const char *from, uint16_t from_port, const char *to, uint16_t to_port);
/* As part of a connection: any bytes. */
void send_tcp(const char *from, uint16_t from_port, const char *to, uint16_t to_port, uint32_t seq,
	      uint8_t flags, const void *data, size_t captured, size_t length);

/* A question from port 40000, and the message in d as its answer. */
void ask(const char *client, const char *resolver, const char *name, unsigned int type);
void answer(const char *client, const char *resolver);
/* All of it: the name has that address, which may be cached for ttl seconds. */
void look_up(const char *client, const char *resolver, const char *name, const char *address,
	     uint32_t ttl);
/* And that the domain has that exchange, without its address. */
void look_up_mx(const char *client, const char *resolver, const char *domain, const char *exchange);

void expect(const char *client, const char *server, const char *name, enum names_origin origin);
uint64_t group(const char *client, const char *server);

#endif
