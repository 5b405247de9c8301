/*
 * wire: frames as a mirror port shows them, written to a pcap file (Ethernet, nanoseconds) in the
 * order of their stamps.  Frames may be pushed ahead of time; what is older than the oldest thing
 * that may still happen is flushed.
 */
#ifndef SIMULATE_WIRE_H
#define SIMULATE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define US     ((uint64_t)1000)
#define MS     (1000 * US)
#define SECOND (1000 * MS)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

enum { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_PSH = 8, TCP_ACK = 16 };

struct wire_frame {
	uint64_t time, order;
	uint32_t length;
	uint8_t bytes[];
};

struct wire {
	FILE *file;
	struct wire_frame **heap;
	size_t count, room;
	uint64_t order, last, frames, bytes;
	bool failed;
};

/* One side of a conversation as its frames show it. */
struct wire_end {
	uint8_t mac[6];
	uint32_t ip;
	uint16_t port, id;
	uint8_t ttl;
};

/* What a TCP segment says. */
struct wire_segment {
	uint32_t seq, ack;
	uint16_t window;
	uint8_t flags, options_length;
	const uint8_t *options;
	const void *payload;
	size_t length;
};

/* 0 or a negative errno. */
int wire_open(struct wire *w, const char *path);
int wire_close(struct wire *w);
void wire_flush(struct wire *w, uint64_t until);

/* `vlan` 0: untagged. */
void wire_tcp(struct wire *w, uint64_t time, struct wire_end *from, const struct wire_end *to,
	      uint16_t vlan, const struct wire_segment *s);
void wire_udp(struct wire *w, uint64_t time, struct wire_end *from, const struct wire_end *to,
	      uint16_t vlan, const void *payload, size_t length);

/* The error `code` of type 3 about a SYN from `to` to `about`: quotes its header and 8 bytes. */
void wire_unreachable(struct wire *w, uint64_t time, struct wire_end *from,
		      const struct wire_end *to, uint16_t vlan, uint8_t code,
		      const struct wire_end *about, uint32_t seq);

#endif
