/* Who said that we are listed, and what makes a finding of a claim. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "judge/notice.h"

#define SECOND 1000000

static struct addr at(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(text, &a), 0);
	return a;
}

static int setup(void **state)
{
	*state = listings_new();
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	listings_free(*state);
	return 0;
}

static struct notice notice(const char *list, const char *address)
{
	struct notice n = {.has_address = address != NULL};

	snprintf(n.list, sizeof(n.list), "%s", list);
	if (address)
		n.address = at(address);
	return n;
}

/* Hears a notice about 203.0.113.9 from a server; returns whether it was news. */
static bool hear_of(struct listings *l, const char *address, const char *server, const char *domain,
		    int64_t time)
{
	struct notice n = notice("zen.spamhaus.org", address);
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

static bool hear(struct listings *l, const char *server, const char *domain)
{
	return hear_of(l, "203.0.113.9", server, domain, SECOND);
}

static void nothing_was_heard_at_first(void **state)
{
	assert_int_equal(listings_count(*state), 0);
	assert_int_equal(listings_evicted(*state), 0);
	listings_free(NULL);
}

static void one_servers_word_stays_a_claim_however_often(void **state)
{
	struct listings *l = *state;
	const struct listing *of;

	assert_true(hear(l, "192.0.2.25", "example.com"));
	for (int i = 0; i < 100; i++)
		assert_false(hear(l, "192.0.2.25", "example.com"));
	assert_int_equal(listings_count(l), 1);
	of = listings_at(l, 0);
	assert_false(of->finding);
	assert_true(of->has_address);
	assert_string_equal(of->list, "zen.spamhaus.org");
	assert_string_equal(of->reply, "554 words");
	assert_int_equal(of->heard, 101);
	assert_int_equal(of->voices, 1);
}

static void two_parties_make_a_finding_once(void **state)
{
	struct listings *l = *state;

	assert_true(hear(l, "192.0.2.25", "example.com"));
	assert_true(hear(l, "198.51.100.25", "example.net"));
	assert_true(listings_at(l, 0)->finding);
	assert_int_equal(listings_at(l, 0)->voices, 2);
	assert_false(hear(l, "198.51.100.26", "example.org"));
	assert_false(hear(l, "192.0.2.25", "example.com"));
	assert_int_equal(listings_count(l), 1);
}

static void one_network_or_one_domain_is_one_party(void **state)
{
	struct listings *l = *state;

	assert_true(hear(l, "192.0.2.25", "example.com"));
	assert_false(hear(l, "192.0.2.26", "example.net"));
	assert_false(listings_at(l, 0)->finding);
	assert_true(hear_of(l, "203.0.113.11", "192.0.2.25", "example.com", SECOND));
	assert_false(hear_of(l, "203.0.113.11", "198.51.100.25", "EXAMPLE.com", SECOND));
	assert_true(hear_of(l, "203.0.113.10", "2001:db8:1:1::1", "example.com", SECOND));
	assert_false(hear_of(l, "203.0.113.10", "2001:db8:1:ffff::1", "example.net", SECOND));
	assert_true(hear_of(l, "203.0.113.10", "2001:db8:2::1", "example.net", SECOND));
}

static void nameless_servers_are_told_apart_by_wider_networks(void **state)
{
	struct listings *l = *state;

	assert_true(hear(l, "192.0.2.25", ""));
	assert_false(hear(l, "192.0.77.25", NULL));
	assert_true(hear(l, "192.1.2.25", ""));
	assert_true(hear_of(l, "203.0.113.10", "192.0.2.25", "", SECOND));
	assert_true(hear_of(l, "203.0.113.10", "192.0.77.25", "example.com", SECOND));
	assert_true(hear_of(l, "203.0.113.11", "2001:db8:1::1", "", SECOND));
	assert_false(hear_of(l, "203.0.113.11", "2001:db8:2::1", "", SECOND));
	assert_true(hear_of(l, "203.0.113.11", "192.0.2.25", "", SECOND));
}

static void a_configured_address_is_a_finding_at_once(void **state)
{
	struct listings *l = *state;
	struct addr ours[] = {at("198.51.100.1"), at("203.0.113.9")};

	assert_true(hear_of(l, "198.51.100.1", "192.0.2.25", "", SECOND));
	assert_false(listings_at(l, 0)->finding);
	listings_set_public(l, ours, 2);
	assert_true(listings_at(l, 0)->finding);
	assert_true(hear(l, "192.0.2.25", ""));
	assert_true(listings_at(l, 0)->finding);
	assert_false(hear(l, "192.0.2.25", ""));
	listings_set_public(l, NULL, 0);
	assert_true(hear_of(l, "203.0.113.77", "192.0.2.25", "", SECOND));
	assert_false(listings_at(l, 0)->finding);
}

static void without_an_address_of_ours_there_is_an_entry_for_each_list(void **state)
{
	struct listings *l = *state;

	assert_true(hear_of(l, NULL, "192.0.2.25", "example.com", SECOND));
	assert_false(hear_of(l, NULL, "198.51.100.25", "example.net", SECOND));
	/* the server's own */
	assert_false(hear_of(l, "192.0.2.25", "192.0.2.25", "example.com", SECOND));
	assert_int_equal(listings_count(l), 1);
	assert_false(listings_at(l, 0)->has_address);
	assert_false(listings_at(l, 0)->finding);
	assert_int_equal(listings_at(l, 0)->heard, 3);
}

static void policy_holds_only_as_long_as_nobody_says_worse(void **state)
{
	struct notice n = notice("pbl.spamhaus.org", "203.0.113.9");
	struct notice_heard heard = {.client = at("10.0.0.5"),
				     .server = at("192.0.2.25"),
				     .domain = "",
				     .notice = &n};
	const struct listing *of;
	bool news;

	n.is_policy = true;
	of = listings_hear(*state, &heard, "550", &news);
	assert_true(of->is_policy);
	n = notice("Microsoft", "203.0.113.9");
	of = listings_hear(*state, &heard, "550", &news);
	assert_false(of->is_policy);
	assert_string_equal(of->list, "Microsoft");
	n.is_policy = true;
	assert_false(listings_hear(*state, &heard, "550", &news)->is_policy);
}

static void the_newest_heard_comes_first_whatever_its_stamp(void **state)
{
	struct listings *l = *state;
	struct addr first = at("203.0.113.1");

	hear_of(l, "203.0.113.1", "192.0.2.25", "", 50 * SECOND);
	hear_of(l, "203.0.113.2", "192.0.2.25", "", 90 * SECOND);
	hear_of(l, "203.0.113.1", "192.0.2.26", "", 10 * SECOND);
	assert_int_equal(listings_count(l), 2);
	assert_true(addr_equal(&listings_at(l, 0)->address, &first));
	assert_int_equal(listings_at(l, 0)->first, 10 * SECOND);
	assert_int_equal(listings_at(l, 0)->last, 50 * SECOND);
	assert_int_equal(listings_at(l, 1)->first, 90 * SECOND);
}

static void beyond_the_bound_the_oldest_claim_goes_before_any_finding(void **state)
{
	struct listings *l = *state;
	struct addr finding = at("203.0.113.9"), oldest = at("198.51.0.0");
	char address[ADDR_TEXT];
	bool kept = false;

	hear(l, "192.0.2.25", "example.com");
	hear(l, "198.51.100.25", "example.net");
	for (int i = 0; i < NOTICE_ADDRESSES; i++) {
		snprintf(address, sizeof(address), "198.51.0.%d", i);
		assert_true(hear_of(l, address, "192.0.2.25", "example.com", i * SECOND));
	}
	assert_int_equal(listings_count(l), NOTICE_ADDRESSES);
	assert_int_equal(listings_evicted(l), 1);
	for (size_t i = 0; i < listings_count(l); i++) {
		kept |= addr_equal(&listings_at(l, i)->address, &finding);
		assert_false(addr_equal(&listings_at(l, i)->address, &oldest));
	}
	assert_true(kept);
}

static void where_all_are_findings_the_oldest_goes(void **state)
{
	struct listings *l = *state;
	struct addr ours[NOTICE_ADDRESSES + 1], second = at("198.51.0.1");
	char address[ADDR_TEXT];

	for (int i = 0; i <= NOTICE_ADDRESSES; i++) {
		snprintf(address, sizeof(address), "198.51.0.%d", i);
		ours[i] = at(address);
	}
	listings_set_public(l, ours, NOTICE_ADDRESSES + 1);
	for (int i = 0; i <= NOTICE_ADDRESSES; i++) {
		snprintf(address, sizeof(address), "198.51.0.%d", i);
		assert_true(hear_of(l, address, "192.0.2.25", "", SECOND));
	}
	assert_int_equal(listings_evicted(l), 1);
	assert_int_equal(listings_count(l), NOTICE_ADDRESSES);
	assert_true(addr_equal(&listings_at(l, NOTICE_ADDRESSES - 1)->address, &second));
}

static void many_servers_of_one_party_do_not_drown_a_second(void **state)
{
	struct listings *l = *state;
	char server[ADDR_TEXT];

	for (int i = 0; i < 200; i++) {
		snprintf(server, sizeof(server), "192.%d.2.25", i);
		assert_int_equal(hear(l, server, "example.com"), i == 0);
	}
	assert_int_equal(listings_at(l, 0)->voices, NOTICE_VOICES);
	assert_false(listings_at(l, 0)->finding);
	assert_true(hear(l, "198.51.100.25", "example.net"));
}

static void long_words_are_cut_between_characters(void **state)
{
	struct notice n = notice("zen.spamhaus.org", "203.0.113.9");
	struct notice_heard heard = {.client = at("10.0.0.5"),
				     .server = at("192.0.2.25"),
				     .domain = "",
				     .notice = &n};
	char words[400];
	bool news;

	for (size_t i = 310; i < 322; i++) {
		const struct listing *of;
		size_t kept;

		memset(words, 'a', sizeof(words));
		words[sizeof(words) - 1] = '\0';
		memcpy(words + i, "\\x1b", 4);
		of = listings_hear(*state, &heard, words, &news);
		kept = strlen(of->reply);
		assert_in_range(kept, 316, 319);
		assert_true(i + 4 <= kept ? strstr(of->reply, "\\x1b") != NULL
					  : strchr(of->reply, '\\') == NULL);
		memcpy(words + i, "\xe2\x82\xac\x61", 4);
		of = listings_hear(*state, &heard, words, &news);
		kept = strlen(of->reply);
		assert_int_equal(kept, i + 3 > 319 && i < 319 ? i : 319);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_was_heard_at_first),
		TEST(one_servers_word_stays_a_claim_however_often),
		TEST(two_parties_make_a_finding_once),
		TEST(one_network_or_one_domain_is_one_party),
		TEST(nameless_servers_are_told_apart_by_wider_networks),
		TEST(a_configured_address_is_a_finding_at_once),
		TEST(without_an_address_of_ours_there_is_an_entry_for_each_list),
		TEST(policy_holds_only_as_long_as_nobody_says_worse),
		TEST(the_newest_heard_comes_first_whatever_its_stamp),
		TEST(beyond_the_bound_the_oldest_claim_goes_before_any_finding),
		TEST(where_all_are_findings_the_oldest_goes),
		TEST(many_servers_of_one_party_do_not_drown_a_second),
		TEST(long_words_are_cut_between_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
