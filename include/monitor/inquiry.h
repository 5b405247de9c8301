/*
 * inquiry: the part of the way that asks who a host is: what its DNS tells, the evidence against
 * it, and what remote servers say of us.  Pure like the way itself.
 */
#ifndef EGRESS25_MONITOR_INQUIRY_H
#define EGRESS25_MONITOR_INQUIRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "flow/dialogs.h"
#include "judge/batch.h"
#include "judge/policy.h"

struct inquiry;

struct inquiry *inquiry_new(const struct hash_key *key); /* NULL without memory */
void inquiry_free(struct inquiry *q);

/* In force from now on; the policy is borrowed, the addresses are copied. */
void inquiry_set_policy(struct inquiry *q, const struct policy *policy);
void inquiry_set_public(struct inquiry *q, const struct addr *addresses, size_t count);

/* Evidence of an earlier run, as store_load_evidence() has it. */
void inquiry_restore(struct inquiry *q, const struct addr *host, const void *blob, size_t size);

/* A packet of port 53. */
void inquiry_dns(struct inquiry *q, const struct packet *p, bool one_sided);

/*
 * An attempt was judged; a server answered it (once); it has said what it will say, or enough (f is
 * weighed where that was told before, and then only what has come since counts; cut: it goes on);
 * the server refused something.
 */
void inquiry_begin(struct inquiry *q, const struct flow *f);
void inquiry_answer(struct inquiry *q, const struct flow *f);
void inquiry_end(struct inquiry *q, const struct flow *f, struct dialogue *dialogue, bool cut);
void inquiry_refusal(struct inquiry *q, const struct flow *f, struct dialogue *dialogue,
		     const struct smtp_reply *reply);

/* What was said in a connection (dialogue may be NULL), and at its first telling the server's name;
 * borrowed from the dialogue and from q.  False where nothing is known. */
bool inquiry_texts(const struct inquiry *q, const struct flow *f, const struct dialogue *dialogue,
		   struct connection_texts *ret_);

/* Hands over what has changed, as far as the batch has room, once in `each` microseconds of `now`
 * or, with `all`, at once.  Returns whether more is left. */
bool inquiry_collect(struct inquiry *q, struct batch *batch, int64_t now, int64_t each, bool all);

void inquiry_health(const struct inquiry *q, struct health *h);

#endif
