/*
 * survey: gathers from the frames of mirror ports what check.h judges, and whom to ask whether
 * probes reach the hosts.  Pure and of fixed size, in constant time for each frame.
 */
#ifndef EGRESS25_JUDGE_SURVEY_H
#define EGRESS25_JUDGE_SURVEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "judge/check.h"
#include "judge/policy.h"
#include "wire/frame.h"
#include "wire/probe.h"

struct survey;

struct survey_options {
	struct hash_key key;
	const struct policy *policy;
	const struct addr *public_addresses;
	size_t public_count;
	/* One prober for all ports, which reaches hosts behind remote mirrors too; without it each
	 * port has its own. */
	bool via;
	/* Where it counts, beginning with what stands there: names, MTUs and MAC addresses of ports
	 * are the caller's, and he tells how many there are. */
	struct check_facts *facts;
};

/* What the options point to is borrowed until survey_free().  NULL without memory. */
struct survey *survey_new(const struct survey_options *options);
void survey_free(struct survey *s); /* accepts NULL */

/* The MAC address from which a prober asks. */
void survey_set_prober(struct survey *s, size_t prober, const uint8_t mac[6]);

/* frame->interface is the port; beyond the last one it is looked at for answers alone. */
void survey_frame(struct survey *s, const struct frame *frame);

/*
 * The host to ask next: of those seen that are certainly on the same link one that was asked least.
 * False where there is none.
 */
bool survey_next_probe(struct survey *s, size_t prober, struct probe *ret_);

/* Counts connections anew; the facts then hold them. */
void survey_count_talks(struct survey *s);

#endif
