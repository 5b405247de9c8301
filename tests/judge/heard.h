/* Notices to hear, for the tests of listings. */
#ifndef EGRESS25_TESTS_JUDGE_HEARD_H
#define EGRESS25_TESTS_JUDGE_HEARD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "judge/notice.h"

#define SECOND 1000000

static inline struct addr at(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(text, &a), 0);
	return a;
}

static inline int setup(void **state)
{
	*state = listings_new();
	return *state ? 0 : -1;
}

static inline int teardown(void **state)
{
	listings_free(*state);
	return 0;
}

static inline struct notice notice(const char *list, const char *address)
{
	struct notice n = {.has_address = address != NULL};

	snprintf(n.list, sizeof(n.list), "%s", list);
	if (address)
		n.address = at(address);
	return n;
}

static inline bool hear_list(struct listings *l, const char *list, const char *address,
			     const char *server, const char *domain, int64_t time)
{
	struct notice n = notice(list, address);
	struct notice_heard heard = {
		.time = time,
		.client = at("10.0.0.5"),
		.server = at(server),
		.domain = domain,
		.notice = &n,
	};
	bool news;

	assert_non_null(listings_hear(l, &heard, "554 words", &news));
	return news;
}

static inline bool hear_of(struct listings *l, const char *address, const char *server,
			   const char *domain, int64_t time)
{
	return hear_list(l, "zen.spamhaus.org", address, server, domain, time);
}

/* Hears a notice about 203.0.113.9 from a server; returns whether it was news. */
static inline bool hear(struct listings *l, const char *server, const char *domain)
{
	return hear_of(l, "203.0.113.9", server, domain, SECOND);
}

#endif
