#include "judge/check.h"

#include "check_parts.h"

static const char *const result_names[] = {
	[CHECK_PASS] = "pass",
	[CHECK_WARN] = "warn",
	[CHECK_FAIL] = "fail",
	[CHECK_UNKNOWN] = "unknown",
};
_Static_assert(sizeof(result_names) / sizeof(*result_names) == CHECK_RESULT_COUNT, "names");

enum scope { SCOPE_ALL, SCOPE_PORT, SCOPE_PROBER };

static const struct {
	const char *name;
	enum scope scope;
	bool listens; /* more frames may make it pass */
	enum check_result (*judge)(const struct check_facts *f, size_t at, struct check *c);
} kinds[] = {
	[CHECK_INTERFACE] = {"interface", SCOPE_PORT, true, check_interface},
	[CHECK_DIRECTIONS] = {"directions", SCOPE_ALL, true, check_directions},
	[CHECK_NAT] = {"nat", SCOPE_ALL, true, check_nat},
	[CHECK_MAIL_SERVER] = {"mail server", SCOPE_ALL, true, check_mail_server},
	[CHECK_TAGS] = {"tags", SCOPE_PORT, false, check_tags},
	[CHECK_OFFLOAD] = {"offload", SCOPE_PORT, false, check_offload},
	[CHECK_CLOCK] = {"clock", SCOPE_ALL, false, check_clock},
	[CHECK_RESETS] = {"resets", SCOPE_ALL, false, check_resets},
	[CHECK_INJECTION] = {"injection", SCOPE_PROBER, true, check_injection},
	[CHECK_SCHEDULING] = {"scheduling", SCOPE_ALL, false, check_scheduling},
};
_Static_assert(sizeof(kinds) / sizeof(*kinds) == CHECK_KIND_COUNT, "kinds");

const char *check_result_name(enum check_result r)
{
	return result_names[r];
}

const char *check_kind_name(enum check_kind k)
{
	return kinds[k].name;
}

static size_t count_of(const struct check_facts *f, enum scope scope)
{
	return scope == SCOPE_PORT ? f->port_count : scope == SCOPE_PROBER ? f->prober_count : 1;
}

static const char *name_of(const struct check_facts *f, enum scope scope, size_t at)
{
	return scope == SCOPE_PORT     ? f->ports[at].name
	       : scope == SCOPE_PROBER ? f->probers[at].name
				       : NULL;
}

size_t check_judge(const struct check_facts *f, struct check ret_[CHECK_MOST])
{
	size_t n = 0;

	for (enum check_kind k = 0; k < CHECK_KIND_COUNT; k++)
		for (size_t at = 0; at < count_of(f, kinds[k].scope); at++) {
			struct check *c = &ret_[n++];

			c->kind = k;
			c->interface = name_of(f, kinds[k].scope, at);
			c->seen[0] = c->advice[0] = '\0';
			c->result = kinds[k].judge(f, at, c);
		}
	return n;
}

/* What no frame will change: that no mail server is configured, that nothing is sent. */
static bool is_fixed(const struct check_facts *f, const struct check *c)
{
	return !kinds[c->kind].listens || (c->kind == CHECK_MAIL_SERVER && f->server_count == 0) ||
	       (c->kind == CHECK_INJECTION && f->mode == RESET_NEVER);
}

bool check_is_settled(const struct check_facts *f, const struct check *checks, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (checks[i].result != CHECK_PASS && !is_fixed(f, &checks[i]))
			return false;
	return true;
}
