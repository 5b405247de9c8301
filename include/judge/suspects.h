/*
 * suspects: the evidence on each internal host that has tried port 25, and what those looked up who
 * have not yet.  Pure, of fixed size: memory is mapped at the start and touched as it is used.
 *
 * When all places are taken, one host is given up: of those of whom nothing was heard for
 * SUSPECTS_STALE the longest idle, else of those of the lowest rank.  Whom no server ever answered
 * ranks below whom one did, and then by the number of observations, in powers of two.  So a flood
 * of forged source addresses, which complete no handshake, pushes out itself, and no host on which
 * something is known.
 */
#ifndef EGRESS25_JUDGE_SUSPECTS_H
#define EGRESS25_JUDGE_SUSPECTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/hash.h"
#include "base/moment.h"
#include "judge/evidence.h"

#define SUSPECTS_CAPACITY 4096
#define SUSPECTS_STALE	  (7 * MOMENT_DAY)
/* Hosts whose lookups are remembered before they try port 25, for an hour, and how many of each. */
#define SUSPECTS_ASKERS	   2048
#define SUSPECTS_QUESTIONS 4

struct suspects_counters {
	uint32_t hosts;		 /* held now */
	uint64_t evicted;	 /* hosts given up for want of room */
	uint64_t evicted_askers; /* hosts whose lookups were, before they tried port 25 */
	uint64_t discarded;	 /* blobs that are not of this version, or out of range */
};

struct suspects;

struct suspects *suspects_new(const struct hash_key *key, uint32_t capacity); /* NULL: no memory */
void suspects_free(struct suspects *s);

/* An attempt of client begins: what it looked up in the hour before is entered first. */
void suspects_attempt(struct suspects *s, const struct addr *client,
		      const struct evidence_attempt *a);
/*
 * A server has answered a client's attempt, which is entered again where nothing is held on the
 * client: it was given up in between.
 */
void suspects_answer(struct suspects *s, const struct addr *client,
		     const struct evidence_attempt *a, int64_t time);
/* A session of a client on which nothing is held is left out: its attempt was given up. */
void suspects_session(struct suspects *s, const struct addr *client,
		      const struct evidence_session *session);
void suspects_lookup(struct suspects *s, const struct names_event *event);

/* NULL where nothing is held; good until the next call that takes something. */
const struct evidence *suspects_find(const struct suspects *s, const struct addr *client);

/*
 * From the record, at the start: takes a blob that evidence_is_valid(), and discards any other.
 * What is held on the host already stays.  Restore the longest idle first.  Returns whether it was
 * taken; the host does not count as changed.
 */
bool suspects_restore(struct suspects *s, const struct addr *client, const void *blob, size_t size);

/*
 * Hands out up to `most` hosts on which there is something new, those that a server answered before
 * the others and then the longest waiting first, each at most
 * once in a second of `now` (all of them, whenever they were handed out, where `all` is set: at the
 * end, and before a hand-over).  The sink may judge and store; it must not call into s.  Takes time
 * for each changed host, due or not: to be called now and then, not with each packet.  Returns how
 * many.
 */
typedef void suspects_sink(void *context, const struct addr *client, const struct evidence *e);
uint32_t suspects_collect(struct suspects *s, int64_t now, bool all, uint32_t most,
			  suspects_sink *sink, void *context);

const struct suspects_counters *suspects_counters(const struct suspects *s);

#endif
