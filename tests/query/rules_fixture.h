/*
 * rules_fixture: a policy and a plan of it, filled by texts; every failure fails the test.
 */
#ifndef EGRESS25_TESTS_RULES_FIXTURE_H
#define EGRESS25_TESTS_RULES_FIXTURE_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/moment.h"
#include "query/rules.h"

#define RULES_NOW (INT64_C(1795521600) * MOMENT_SECOND) /* 2026-11-24 12:00 UTC */

struct world {
	struct policy *policy;
	struct prefix never[4];
	struct rules_order order;
	struct rules_plan *plan;
};

/* A ban for two hours, named by incident 42; or a block. */
struct world *world_new(bool ban);
void world_free(struct world *w);

void world_mail(struct world *w, const char *prefix);
void world_internal(struct world *w, const char *prefix);
void world_smart(struct world *w, const char *prefix);
void world_never(struct world *w, const char *prefix);
/* destination NULL: anywhere */
void world_allow(struct world *w, const char *source, const char *destination, uint16_t port,
		 int64_t until);

/* Makes the plan, anew where there is one. */
void world_plan(struct world *w);

/* -1 where the host is taken, else why not. */
int world_ban(struct world *w, const char *host);

#endif
