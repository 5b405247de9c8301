#include "rules_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include <errno.h>

struct world *world_new(bool ban)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	w->policy = policy_new();
	assert_non_null(w->policy);
	w->order = (struct rules_order){.ban = ban,
					.now = RULES_NOW,
					.duration = 2 * MOMENT_HOUR,
					.incident = ban ? 42 : 0,
					.never = w->never};
	return w;
}

void world_free(struct world *w)
{
	rules_plan_free(w->plan);
	policy_free(w->policy);
	free(w);
}

static struct prefix prefix(const char *text)
{
	struct prefix p;

	assert_int_equal(prefix_parse(text, &p), 0);
	return p;
}

void world_mail(struct world *w, const char *text)
{
	const struct prefix p = prefix(text);

	assert_int_equal(policy_add_mail_server(w->policy, &p, "test"), 0);
}

void world_internal(struct world *w, const char *text)
{
	const struct prefix p = prefix(text);

	assert_int_equal(policy_add_internal(w->policy, &p, "test"), 0);
}

void world_smart(struct world *w, const char *text)
{
	const struct prefix p = prefix(text);

	assert_int_equal(policy_add_smart_host(w->policy, &p, "test"), 0);
}

void world_never(struct world *w, const char *text)
{
	assert_true(w->order.never_count < sizeof(w->never) / sizeof(*w->never));
	w->never[w->order.never_count++] = prefix(text);
}

void world_allow(struct world *w, const char *source, const char *destination, uint16_t port,
		 int64_t until)
{
	struct allow allow = {.source = prefix(source),
			      .any_destination = !destination,
			      .port = port,
			      .until = until};

	if (destination)
		allow.destination = prefix(destination);
	assert_int_equal(policy_add_allow(w->policy, &allow, "test"), 0);
}

void world_plan(struct world *w)
{
	rules_plan_free(w->plan);
	w->plan = NULL;
	assert_int_equal(rules_plan_new(w->policy, &w->order, &w->plan), 0);
}

int world_ban(struct world *w, const char *host)
{
	enum rules_refusal why = RULES_REFUSAL_COUNT;
	struct addr a;
	int r;

	assert_int_equal(addr_parse(host, &a), 0);
	r = rules_plan_ban(w->plan, &a, &why);
	assert_true(r == 0 || r == -EPERM);
	return r == 0 ? -1 : (int)why;
}
