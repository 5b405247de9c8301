#include "attacks.h"

#include <stdio.h>
#include <string.h>

#include "wire/packet.h"

#define INSIDE	0x0a000000u /* 10/8 */
#define OUTSIDE 0x2d000000u /* 45/8 */

static uint32_t forged(struct arena *a)
{
	return INSIDE | (arena_random(a) & 0xffffffu);
}

static uint32_t anywhere(struct arena *a)
{
	return OUTSIDE | (arena_random(a) & 0xffffffu);
}

static void quiet(struct arena *a, uint64_t i)
{
	struct arena_segment s = {.from = INSIDE | (uint32_t)(i % 40 + 1),
				  .to = OUTSIDE | (uint32_t)(i % 40 + 1),
				  .from_port = (uint16_t)(1024 + i / 40 % 50000),
				  .to_port = 25,
				  .seq = 100,
				  .flags = TCP_SYN};

	arena_segment(a, &s);
	s = (struct arena_segment){.from = s.to,
				   .to = s.from,
				   .from_port = 25,
				   .to_port = s.from_port,
				   .seq = 100,
				   .ack = 101,
				   .flags = TCP_RST | TCP_ACK};
	arena_segment(a, &s);
}

static void syn_flood(struct arena *a, uint64_t i)
{
	struct arena_segment s = {.from = forged(a),
				  .to = anywhere(a),
				  .from_port = (uint16_t)arena_random(a),
				  .to_port = 25,
				  .seq = (uint32_t)i,
				  .flags = TCP_SYN};

	arena_segment(a, &s);
}

/* Few enough to be remembered, each seen again and again. */
static void few_sources(struct arena *a, uint64_t i)
{
	struct arena_segment s = {.from = INSIDE | 0x10000u | (uint32_t)(i % 8000),
				  .to = anywhere(a),
				  .from_port = (uint16_t)arena_random(a),
				  .to_port = 25,
				  .seq = (uint32_t)i,
				  .flags = TCP_SYN};

	arena_segment(a, &s);
}

/* A client's word alone: payload without any handshake, and of forged sources. */
static void forged_words(struct arena *a, uint64_t i)
{
	char text[64];
	struct arena_segment s = {.from = forged(a),
				  .to = anywhere(a),
				  .from_port = (uint16_t)arena_random(a),
				  .to_port = 25,
				  .seq = 7,
				  .ack = 9,
				  .flags = TCP_PSH | TCP_ACK,
				  .payload = text};

	s.length = s.captured =
		(uint32_t)snprintf(text, sizeof(text), "EHLO h%llu\r\n", (unsigned long long)i);
	arena_segment(a, &s);
}

/* One four-tuple, and a new attempt on it each time. */
static void same_ports(struct arena *a, uint64_t i)
{
	struct arena_segment s = {.from = INSIDE | 99,
				  .to = OUTSIDE | 1,
				  .from_port = 5000,
				  .to_port = 25,
				  .seq = (uint32_t)(i * 2654435761u),
				  .flags = TCP_SYN};

	arena_segment(a, &s);
}

static void destinations(struct arena *a, uint64_t i)
{
	struct arena_segment s = {.from = INSIDE | 99,
				  .to = OUTSIDE + (uint32_t)i,
				  .from_port = (uint16_t)(1024 + i % 60000),
				  .to_port = 25,
				  .seq = (uint32_t)i,
				  .flags = TCP_SYN};

	arena_segment(a, &s);
}

/* SYN+ACKs and data from outside, of connections that never were. */
static void strays(struct arena *a, uint64_t i)
{
	struct arena_segment s = {.from = anywhere(a),
				  .to = forged(a),
				  .from_port = 25,
				  .to_port = (uint16_t)arena_random(a),
				  .seq = (uint32_t)i,
				  .ack = 77,
				  .flags = i % 2 ? TCP_SYN | TCP_ACK : TCP_ACK,
				  .payload = "220 x\r\n",
				  .length = i % 2 ? 0 : 7,
				  .captured = i % 2 ? 0 : 7};

	arena_segment(a, &s);
}

/* Beginnings of datagrams that never become whole. */
static void fragments(struct arena *a, uint64_t i)
{
	arena_fragment(a, forged(a), anywhere(a), (uint16_t)i, (uint16_t)(i % 3 * 9), true, 72);
}

static struct arena_segment of_liar(bool client, uint32_t seq, uint32_t ack, const char *payload)
{
	uint32_t length = (uint32_t)strlen(payload);

	return (struct arena_segment){.from = client ? INSIDE | 99 : OUTSIDE | 1,
				      .to = client ? OUTSIDE | 1 : INSIDE | 99,
				      .from_port = client ? 5001 : 25,
				      .to_port = client ? 25 : 5001,
				      .seq = seq,
				      .ack = ack,
				      .flags = TCP_ACK | TCP_PSH,
				      .payload = payload,
				      .length = length,
				      .captured = length};
}

static void shake(struct arena *a)
{
	struct arena_segment s = of_liar(true, 999, 0, "");

	s.flags = TCP_SYN;
	arena_segment(a, &s);
	s = of_liar(false, 4999, 1000, "");
	s.flags = TCP_SYN | TCP_ACK;
	arena_segment(a, &s);
}

/* One connection whose segments overlap and contradict each other, with gaps that stay. */
static void overlaps(struct arena *a, uint64_t i)
{
	static const char *const lies[] = {"MAIL FROM:<a@b>\r\n", "RCPT TO:<c@d>\r\n",
					   "DATA\r\nxxx", "NOOP\r\nNOOP\r\nNO"};
	struct arena_segment s;

	if (i == 0)
		shake(a);
	s = of_liar(true, 1003 + (uint32_t)(i * 7 % 400), 5000, lies[i % 4]);
	arena_segment(a, &s);
}

#define BIG 60000

/* One message without an end, of which the capture holds but the beginning of each frame. */
static void endless(struct arena *a, uint64_t i)
{
	static const char body[] =
		"so it goes on, and on, and on, and on, and on, and on, and on\r\n";
	struct arena_segment s;

	if (i == 0) {
		shake(a);
		s = of_liar(true, 1000, 5000, "DATA\r\n");
		arena_segment(a, &s);
		s = of_liar(false, 5000, 1006, "354 go on\r\n");
		arena_segment(a, &s);
	}
	s = of_liar(true, 1006 + (uint32_t)(i * BIG), 5011, body);
	s.length = BIG;
	arena_segment(a, &s);
	if (i % 4 == 3) {
		s = of_liar(false, 5011, 1006 + (uint32_t)((i + 1) * BIG), "");
		s.flags = TCP_ACK;
		arena_segment(a, &s);
	}
}

/* A name at each greeting, by one host, in connections that are real. */
static void helo_names(struct arena *a, uint64_t i)
{
	char text[64];
	uint16_t port = (uint16_t)(1024 + i % 60000);
	uint32_t first = (uint32_t)i * 64;
	struct arena_segment s;

	snprintf(text, sizeof(text), "EHLO host%llu.example\r\n", (unsigned long long)i);
	s = of_liar(true, first, 0, "");
	s.flags = TCP_SYN;
	s.from_port = port;
	arena_segment(a, &s);
	s = of_liar(false, 4999, first + 1, "");
	s.flags = TCP_SYN | TCP_ACK;
	s.to_port = port;
	arena_segment(a, &s);
	s = of_liar(true, first + 1, 5000, text);
	s.from_port = port;
	arena_segment(a, &s);
	s = of_liar(true, first + 1 + s.length, 5000, "");
	s.flags = TCP_RST | TCP_ACK;
	s.from_port = port;
	arena_segment(a, &s);
}

const struct attack attacks[] = {
	{"quiet", "nothing but 40 hosts that are refused", quiet, 1000000},
	{"syn", "SYNs of forged sources", syn_flood, 20000000},
	{"few", "SYNs of 8,000 forged sources", few_sources, 10000000},
	{"words", "payload of forged sources", forged_words, 5000000},
	{"ports", "new SYNs on one four-tuple", same_ports, 10000000},
	{"destinations", "one host, one server each", destinations, 10000000},
	{"strays", "answers to nothing, from outside", strays, 10000000},
	{"fragments", "fragments that never become whole", fragments, 10000000},
	{"overlaps", "segments that contradict each other", overlaps, 5000000},
	{"endless", "one connection, 60,000 bytes a frame", endless, 1700000},
	{"helo", "one host, one HELO name each", helo_names, 2000000},
	{0},
};

const struct attack *attack_find(const char *name)
{
	for (const struct attack *x = attacks; x->name; x++)
		if (strcmp(x->name, name) == 0)
			return x;
	return NULL;
}

void attack_run(struct arena *a, const struct attack *attack, uint64_t steps, uint32_t bot_each)
{
	for (uint64_t i = 0; i < steps; i++) {
		attack->step(a, i);
		if (bot_each && i % bot_each == bot_each - 1)
			arena_bot(a);
	}
	arena_bot_finish(a);
}
