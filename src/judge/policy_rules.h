/*
 * policy_rules: how a policy is held: shared by what fills it and what asks it, and by nobody else.
 */
#ifndef EGRESS25_JUDGE_POLICY_RULES_H
#define EGRESS25_JUDGE_POLICY_RULES_H

#include "judge/policy.h"

#include "base/lpm.h"

#define FAMILIES 2

struct rules {
	struct rule **items;
	size_t count, room;
};

/* What one source may do at one destination (or anywhere), by port. */
struct permit {
	uint16_t port;
	int64_t until;
	const struct rule *rule;
};

struct permits {
	bool whole; /* every destination of its family */
	struct permit *items;
	size_t count;
};

/* The entries of one source. */
struct source {
	struct permits anywhere;
	struct lpm *destinations; /* values are struct permits; NULL while there are none */
};

struct policy {
	struct site site;
	struct lpm *internal, *mail_servers, *smart_hosts; /* values are struct rule */
	struct lpm *sources;				   /* values are struct source */
	struct rules rules[POLICY_CLASS_COUNT];
	struct allow *allows; /* one for each rule of POLICY_ALLOW: for listing, not for judging */
	struct {
		uint16_t port;
		const struct rule *rule;
	} ports[SITE_PORTS];
	size_t port_count;
	bool default_internal[FAMILIES], default_ports;
};

#endif
