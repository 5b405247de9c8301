/*
 * Which connections show both directions.
 *
 * One direction alone is no proof of a one-sided mirror: a SYN that a firewall drops has no answer
 * either.  But where what one end acknowledges moves on, the other end has spoken, and was not
 * seen.  So a connection counts from segments with an ACK and neither SYN, RST nor FIN.
 *
 * The table is of fixed size, and a connection has WAYS places where it may be.  Once they are
 * taken, one that is not proven either way gives its place to the next: a flood of forged segments
 * drives out itself.
 */
#include "survey_parts.h"

#include <stdlib.h>
#include <string.h>

#define SLOTS 8192
#define WAYS  4

struct talk {
	uint64_t id; /* 0: free */
	uint32_t ack[CHECK_WAY_COUNT];
	bool seen[CHECK_WAY_COUNT];
	bool moved[CHECK_WAY_COUNT]; /* the ack, so that the other end has spoken */
};

struct talks {
	struct hash_key key;
	struct talk slots[SLOTS];
};

/* No padding, for it is hashed as bytes. */
struct ends {
	struct addr internal, external;
	uint16_t internal_port, external_port;
};
_Static_assert(sizeof(struct ends) == 36, "struct ends has padding");

struct talks *talks_new(const struct hash_key *key)
{
	struct talks *t = calloc(1, sizeof(*t));

	if (t)
		t->key = *key;
	return t;
}

static uint64_t id_of(const struct talks *t, const struct packet *p, enum check_way way)
{
	bool out = way == CHECK_OUTWARD;
	const struct ends ends = {
		.internal = out ? p->source : p->destination,
		.external = out ? p->destination : p->source,
		.internal_port = out ? p->source_port : p->destination_port,
		.external_port = out ? p->destination_port : p->source_port,
	};
	uint64_t id = hash_bytes(&t->key, &ends, sizeof(ends));

	return id ? id : 1;
}

static bool is_proven(const struct talk *t)
{
	return (t->seen[CHECK_OUTWARD] && t->seen[CHECK_INWARD]) || t->moved[CHECK_OUTWARD] ||
	       t->moved[CHECK_INWARD];
}

/* Its place, or one for it; NULL where all are taken by proven ones. */
static struct talk *get(struct talks *t, uint64_t id)
{
	struct talk *first = &t->slots[id % (SLOTS / WAYS) * WAYS], *place = NULL;

	for (struct talk *at = first; at < first + WAYS; at++) {
		if (at->id == id)
			return at;
		if (!place ? !is_proven(at) : place->id && !at->id)
			place = at;
	}
	if (place)
		*place = (struct talk){.id = id};
	return place;
}

void talks_segment(struct talks *t, const struct packet *p, enum check_way way)
{
	struct talk *talk;

	if ((p->flags & (TCP_ACK | TCP_SYN | TCP_RST | TCP_FIN)) != TCP_ACK)
		return;
	talk = get(t, id_of(t, p, way));
	if (!talk)
		return;
	if (talk->seen[way] && talk->ack[way] != p->ack)
		talk->moved[way] = true;
	talk->seen[way] = true;
	talk->ack[way] = p->ack;
}

void talks_count(const struct talks *t, struct check_talks *ret_)
{
	struct check_talks c = {0};

	for (size_t i = 0; i < SLOTS; i++) {
		const struct talk *talk = &t->slots[i];

		if (talk->seen[CHECK_OUTWARD] && talk->seen[CHECK_INWARD])
			c.both++;
		else if (talk->moved[CHECK_OUTWARD])
			c.lone[CHECK_OUTWARD]++;
		else if (talk->moved[CHECK_INWARD])
			c.lone[CHECK_INWARD]++;
	}
	*ret_ = c;
}
