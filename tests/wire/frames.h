/*
 * frames: makes frames for tests, from the inside out: payload first, then each header in front of
 * what is there, so that every length field is known when it is written.
 *
 *	struct made m;
 *	made_begin(&m);
 *	made_text(&m, "EHLO x\r\n");
 *	made_tcp(&m, 40001, 25, 0x01020304, 0, TCP_SYN);
 *	made_ipv4(&m, 6, "10.1.2.3", "198.51.100.25");
 *	made_ethernet(&m, 0x0800);
 *
 * Checksums are left 0: the decoder judges none.
 */
#ifndef EGRESS25_TESTS_WIRE_FRAMES_H
#define EGRESS25_TESTS_WIRE_FRAMES_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "wire/frame.h"
#include "wire/packet.h"

#define MADE_ROOM 90000

struct made {
	uint8_t room[MADE_ROOM];
	size_t at; /* where the frame begins */
};

static inline void made_begin(struct made *m)
{
	m->at = MADE_ROOM;
}

static inline const uint8_t *made_data(const struct made *m)
{
	return m->room + m->at;
}

static inline size_t made_length(const struct made *m)
{
	return MADE_ROOM - m->at;
}

/* Room for n bytes in front, zeroed. */
static inline uint8_t *made_front(struct made *m, size_t n)
{
	if (m->at < n)
		abort();
	m->at -= n;
	return memset(m->room + m->at, 0, n);
}

static inline void made_bytes(struct made *m, const void *data, size_t n)
{
	memcpy(made_front(m, n), data, n);
}

static inline void made_text(struct made *m, const char *text)
{
	made_bytes(m, text, strlen(text));
}

static inline void made_fill(struct made *m, size_t n, uint8_t value)
{
	memset(made_front(m, n), value, n);
}

/* "0800 45 00": pairs of digits, blanks between them as one likes. */
static inline void made_hex(struct made *m, const char *hex)
{
	uint8_t bytes[512];
	size_t n = 0;

	for (const char *p = hex; *p;) {
		char pair[3] = {p[0], p[1], 0};

		if (*p == ' ') {
			p++;
			continue;
		}
		bytes[n++] = (uint8_t)strtoul(pair, NULL, 16);
		p += 2;
	}
	made_bytes(m, bytes, n);
}

static inline void made_put16(uint8_t *p, size_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void made_put32(uint8_t *p, uint32_t v)
{
	made_put16(p, v >> 16);
	made_put16(p + 2, v & 0xffff);
}

static inline void made_be16(struct made *m, uint16_t v)
{
	made_put16(made_front(m, 2), v);
}

static inline void made_be32(struct made *m, uint32_t v)
{
	made_put32(made_front(m, 4), v);
}

/* What is in front already are the options (a multiple of 4 bytes), then the payload. */
static inline void made_tcp_with_options(struct made *m, size_t options, uint16_t source,
					 uint16_t destination, uint32_t seq, uint32_t ack,
					 uint8_t flags)
{
	uint8_t *h = made_front(m, 20);

	made_put16(h, source);
	made_put16(h + 2, destination);
	made_put32(h + 4, seq);
	made_put32(h + 8, ack);
	h[12] = (uint8_t)((20 + options) / 4 << 4);
	h[13] = flags;
	made_put16(h + 14, 64240);
}

static inline void made_tcp(struct made *m, uint16_t source, uint16_t destination, uint32_t seq,
			    uint32_t ack, uint8_t flags)
{
	made_tcp_with_options(m, 0, source, destination, seq, ack, flags);
}

static inline void made_udp(struct made *m, uint16_t source, uint16_t destination)
{
	uint8_t *h = made_front(m, 8);

	made_put16(h, source);
	made_put16(h + 2, destination);
	made_put16(h + 4, made_length(m));
}

static inline struct addr made_addr(const char *text)
{
	struct addr a;

	if (addr_parse(text, &a) != 0)
		abort();
	return a;
}

/* What is in front already are options bytes of options, then the payload; field: flags and offset
 * in units of 8. */
static inline void made_ipv4_with(struct made *m, uint8_t protocol, const char *source,
				  const char *destination, size_t options, uint16_t id,
				  uint16_t field)
{
	struct addr s = made_addr(source), d = made_addr(destination);
	uint8_t *h = made_front(m, 20);

	h[0] = (uint8_t)(0x40 | (20 + options) / 4);
	made_put16(h + 2, made_length(m));
	made_put16(h + 4, id);
	made_put16(h + 6, field);
	h[8] = 63;
	h[9] = protocol;
	memcpy(h + 12, s.b + 12, 4);
	memcpy(h + 16, d.b + 12, 4);
}

static inline void made_ipv4(struct made *m, uint8_t protocol, const char *source,
			     const char *destination)
{
	made_ipv4_with(m, protocol, source, destination, 0, 1, 0x4000);
}

static inline void made_ipv6(struct made *m, uint8_t next, const char *source,
			     const char *destination)
{
	struct addr s = made_addr(source), d = made_addr(destination);
	uint8_t *h = made_front(m, 40);

	h[0] = 0x60;
	made_put16(h + 4, made_length(m) - 40);
	h[6] = next;
	h[7] = 63;
	memcpy(h + 8, s.b, 16);
	memcpy(h + 24, d.b, 16);
}

/* An IPv6 extension header of 8 bytes that says what follows. */
static inline void made_extension(struct made *m, uint8_t next)
{
	made_front(m, 8)[0] = next;
}

/* offset in bytes. */
static inline void made_fragment6(struct made *m, uint8_t next, uint32_t id, uint16_t offset,
				  bool more)
{
	uint8_t *h = made_front(m, 8);

	h[0] = next;
	made_put16(h + 2, offset | more);
	made_put32(h + 4, id);
}

/* Goes between made_be16(type) and made_macs(). */
static inline void made_tag(struct made *m, uint16_t tpid, uint16_t tci)
{
	made_be16(m, tci);
	made_be16(m, tpid);
}

#define MADE_MAC_SOURCE	     "\x02\x00\x5e\x10\x00\x01"
#define MADE_MAC_DESTINATION "\x02\x00\x5e\x10\x00\x02"
#define MADE_MAC_OUTER	     "\x02\x00\x5e\x10\x00\xee"

static inline void made_macs(struct made *m)
{
	made_bytes(m, MADE_MAC_SOURCE, 6);
	made_bytes(m, MADE_MAC_DESTINATION, 6);
}

static inline void made_ethernet(struct made *m, uint16_t type)
{
	made_be16(m, type);
	made_macs(m);
}

/* Around a tunnel, with other addresses than the frame within. */
static inline void made_outer_ethernet(struct made *m, uint16_t type)
{
	made_be16(m, type);
	made_bytes(m, MADE_MAC_OUTER, 6);
	made_bytes(m, MADE_MAC_OUTER, 6);
}

/* As a frame that was captured whole; it borrows the bytes. */
static inline struct frame made_frame(const struct made *m, enum link link)
{
	return (struct frame){
		.time = 1000000,
		.data = made_data(m),
		.captured = (uint32_t)made_length(m),
		.length = (uint32_t)made_length(m),
		.link = link,
		.interface = 3,
	};
}

#endif
