/*
 * corpus_ip: the IP packets that the corpus wraps.  Headers are put in front of what is there, from
 * the inside outwards.
 */
#ifndef EGRESS25_TESTS_EDGE_CORPUS_IP_H
#define EGRESS25_TESTS_EDGE_CORPUS_IP_H

#include <string.h>

#include "corpus.h"

struct builder {
	uint8_t room[CORPUS_FRAME];
	size_t at;
};

static inline uint8_t *front(struct builder *b, size_t n)
{
	b->at -= n;
	memset(b->room + b->at, 0, n);
	return b->room + b->at;
}

static inline size_t length(const struct builder *b)
{
	return CORPUS_FRAME - b->at;
}

static inline void set16(uint8_t *p, unsigned int v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

enum l4 { TO_25, FROM_25, TCP_80, UDP_25, TCP_TO_53, UDP_TO_53, UDP_FROM_53, L4_COUNT };

static inline bool is_udp(enum l4 l4)
{
	return l4 == UDP_25 || l4 == UDP_TO_53 || l4 == UDP_FROM_53;
}

enum l3 {
	V4,
	V4_OPTIONS,
	V4_FIRST,
	V4_LATER,
	V4_SHORT,
	V4_QUOTED,
	V4_QUOTED_ECHO,
	V6,
	V6_HOP,
	V6_THREE,
	V6_AH,
	V6_ATOMIC,
	V6_FIRST,
	V6_LATER,
	V6_SHORT,
	V6_FOUR,
	V6_FIVE,
	V6_HIP,
	V6_QUOTED,
	L3_COUNT
};

extern const char *const l4_names[L4_COUNT], *const l3_names[L3_COUNT];

void payload(struct builder *b, enum l4 l4);
void ipv4(struct builder *b, uint8_t protocol, size_t options, unsigned int fragment);
void ipv6(struct builder *b, uint8_t next);
uint8_t extension(struct builder *b, uint8_t kind, uint8_t next, size_t n);
void build_v4(struct builder *b, enum l3 l3, enum l4 l4);
void build_v6(struct builder *b, enum l3 l3, enum l4 l4);

/* Whether the filter must let it pass. */
bool expected(enum l3 l3, enum l4 l4);

#endif
