/*
 * crowd: which internal hosts are told apart.  Anybody inside may forge the source address of a
 * SYN, so a stranger could make a host of every address there is, and fill the record with them.
 *
 * A host of which a connection was proven (flow_is_proven()) always has its place.  Of the others,
 * CROWD_AT_ONCE are taken and then CROWD_AN_HOUR more each hour; what further ones do is counted,
 * but not by host.  CROWD_HOSTS are remembered, and no host that was proven is forgotten for one
 * that was not.  Pure, of fixed size; the work is constant.
 */
#ifndef EGRESS25_JUDGE_CROWD_H
#define EGRESS25_JUDGE_CROWD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/hash.h"

#define CROWD_HOSTS   65536
#define CROWD_AT_ONCE 8192
#define CROWD_AN_HOUR 4096

struct crowd;

struct crowd *crowd_new(const struct hash_key *key); /* NULL without memory */
void crowd_free(struct crowd *c);

/*
 * Whether the host is told apart; one that is new is taken where there is room.  now: microseconds
 * on a clock that never runs back.
 */
bool crowd_admit(struct crowd *c, const struct addr *host, bool proven, int64_t now);

#endif
