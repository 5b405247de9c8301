/* Who makes room among listings, and how they are taken. */
#include "heard.h"

static bool holds(const struct listings *l, const char *list)
{
	for (size_t i = 0; i < listings_count(l); i++)
		if (strcmp(listings_at(l, i)->list, list) == 0)
			return true;
	return false;
}

static void of_too_many_lists_those_go_that_one_party_made_up(void **state)
{
	struct listings *l = *state;
	char list[NOTICE_LIST];

	hear_list(l, "honest.example", "203.0.113.9", "192.0.2.25", "", SECOND);
	for (int i = 0; i < 100; i++) {
		snprintf(list, sizeof(list), "l%d.example", i);
		assert_true(
			hear_list(l, list, "203.0.113.9", "198.51.100.66", "example.net", SECOND));
	}
	assert_int_equal(listings_count(l), NOTICE_LISTS);
	assert_int_equal(listings_evicted(l), 101 - NOTICE_LISTS);
	assert_true(holds(l, "honest.example"));
	assert_true(holds(l, "l99.example"));
	assert_false(holds(l, "l84.example"));
	/* Nor do they keep another's out. */
	hear_list(l, "second.example", "203.0.113.9", "192.1.2.25", "", SECOND);
	hear_list(l, "l100.example", "203.0.113.9", "198.51.100.67", "", SECOND);
	assert_true(holds(l, "honest.example"));
	assert_true(holds(l, "second.example"));
}

static bool holds_address(const struct listings *l, const char *text)
{
	struct addr a = at(text);

	for (size_t i = 0; i < listings_count(l); i++)
		if (addr_equal(&listings_at(l, i)->address, &a))
			return true;
	return false;
}

/* Each of another network; so nobody has more than his share. */
static void fill_with_claims(struct listings *l, int count)
{
	char address[ADDR_TEXT], server[ADDR_TEXT];

	for (int i = 0; i < count; i++) {
		snprintf(address, sizeof(address), "198.51.0.%d", i);
		snprintf(server, sizeof(server), "100.%d.0.25", i);
		assert_true(hear_of(l, address, server, "", SECOND));
	}
}

static void beyond_the_bound_the_oldest_claim_goes_before_any_finding(void **state)
{
	struct listings *l = *state;

	hear(l, "192.0.2.25", "example.com");
	hear(l, "198.51.100.25", "example.net");
	fill_with_claims(l, NOTICE_ADDRESSES);
	assert_int_equal(listings_count(l), NOTICE_ADDRESSES);
	assert_int_equal(listings_evicted(l), 1);
	assert_true(holds_address(l, "203.0.113.9"));
	assert_false(holds_address(l, "198.51.0.0"));
	assert_true(holds_address(l, "198.51.0.1"));
}

static void one_party_s_many_addresses_push_out_only_its_own(void **state)
{
	struct listings *l = *state;
	char address[ADDR_TEXT];

	hear_of(l, "203.0.113.1", "192.0.2.25", "", SECOND); /* a claim, and the oldest */
	hear(l, "192.0.2.25", "example.com");
	for (int i = 0; i < 200; i++) {
		snprintf(address, sizeof(address), "198.51.0.%d", i);
		assert_true(hear_of(l, address, "198.51.100.66", "example.net", SECOND));
	}
	assert_true(holds_address(l, "203.0.113.1"));
	assert_true(holds_address(l, "203.0.113.9"));
	assert_true(hear(l, "100.1.0.25", "example.org"));
	assert_true(listings_at(l, 0)->finding);
}

/* Two servers of one owner make as many as they like. */
static void forged_findings_push_out_one_another(void **state)
{
	struct listings *l = *state;
	char address[ADDR_TEXT];

	hear(l, "192.0.2.25", "example.com");
	hear(l, "100.1.0.25", "example.org");
	hear_of(l, "203.0.113.1", "192.0.2.25", "", SECOND);
	for (int i = 0; i < 200; i++) {
		snprintf(address, sizeof(address), "198.51.0.%d", i);
		assert_true(hear_of(l, address, "198.51.100.66", "example.net", SECOND));
		assert_true(hear_of(l, address, "203.0.2.66", "example.biz", SECOND));
	}
	assert_true(holds_address(l, "203.0.113.9"));
	assert_true(holds_address(l, "203.0.113.1"));
	/* Nor does it help to name another's. */
	assert_false(hear(l, "198.51.100.66", "example.net"));
	for (int i = 0; i < 200; i++) {
		snprintf(address, sizeof(address), "198.51.0.%d", i);
		hear_of(l, address, i & 1 ? "198.51.100.66" : "203.0.2.66", "", SECOND);
	}
	assert_true(holds_address(l, "203.0.113.9"));
}

static void a_configured_address_is_given_up_for_no_other(void **state)
{
	struct listings *l = *state;
	struct addr ours[] = {at("203.0.113.9"), at("203.0.113.10")};
	char address[ADDR_TEXT], server[ADDR_TEXT];

	listings_set_public(l, ours, 2);
	assert_true(hear(l, "192.0.2.25", ""));
	assert_true(hear_of(l, "203.0.113.10", "192.0.2.25", "", SECOND));
	for (int i = 0; i < 100; i++) { /* findings all of them */
		snprintf(address, sizeof(address), "198.51.0.%d", i);
		snprintf(server, sizeof(server), "100.%d.0.25", i);
		hear_of(l, address, server, "", SECOND);
		assert_true(hear_of(l, address, "100.200.0.25", "", SECOND));
	}
	assert_true(holds_address(l, "203.0.113.9"));
	assert_true(holds_address(l, "203.0.113.10"));
	assert_true(listings_at(l, listings_count(l) - 1)->configured);
	assert_int_equal(listings_evicted(l), 102 - NOTICE_ADDRESSES);
}

static void where_all_are_configured_the_oldest_goes(void **state)
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

/* The second of two parties makes it a finding though many servers of a third spoke between. */
static void a_party_s_many_servers_do_not_drown_a_first(void **state)
{
	struct listings *l = *state;
	char server[ADDR_TEXT];

	hear(l, "2001:db8::25", "");
	for (int i = 0; i < 200; i++) {
		snprintf(server, sizeof(server), "192.0.2.%d", i);
		assert_false(hear(l, server, ""));
	}
	assert_true(hear(l, "2001:db9::25", ""));
}

static void who_was_told_is_held_the_newest_first(void **state)
{
	struct listings *l = *state;
	struct notice n = notice("zen.spamhaus.org", "203.0.113.9");
	struct notice_heard heard = {.server = at("192.0.2.25"), .domain = "", .notice = &n};
	const struct listing *of = NULL;
	char client[ADDR_TEXT];
	bool news;

	for (int i = 0; i < NOTICE_CLIENTS + 2; i++) {
		snprintf(client, sizeof(client), "10.0.0.%d", i);
		heard.client = at(client);
		of = listings_hear(l, &heard, "554", &news);
	}
	heard.client = at("10.0.0.5");
	of = listings_hear(l, &heard, "554", &news);
	assert_int_equal(of->client_count, NOTICE_CLIENTS);
	assert_string_equal(addr_format(&of->clients[0], client), "10.0.0.5");
	assert_string_equal(addr_format(&of->clients[1], client), "10.0.0.9");
	assert_string_equal(addr_format(&of->clients[NOTICE_CLIENTS - 1], client), "10.0.0.2");
	for (uint32_t i = 1; i < of->client_count; i++)
		assert_false(addr_equal(&of->clients[0], &of->clients[i]));
	assert_true(addr_equal(&of->client, &of->clients[0]));
}

static void what_changed_is_taken_once_with_its_news(void **state)
{
	struct listings *l = *state;
	struct listing of;

	assert_false(listings_take_changed(l, &of));
	hear(l, "192.0.2.25", "");
	hear(l, "192.0.2.25", "");
	assert_true(listings_take_changed(l, &of));
	assert_int_equal(of.news, LISTING_CLAIMED);
	assert_int_equal(of.heard, 2);
	assert_false(listings_take_changed(l, &of));
	hear(l, "192.0.2.25", "");
	assert_true(listings_take_changed(l, &of));
	assert_int_equal(of.news, LISTING_TOLD);
	/* Of a finding each list changes; one tells of it. */
	hear_list(l, "a.example", "203.0.113.9", "198.51.100.25", "", SECOND);
	for (int i = 0; i < 2; i++) {
		assert_true(listings_take_changed(l, &of));
		assert_true(of.finding);
		assert_int_equal(of.news,
				 strcmp(of.list, "a.example") == 0 ? LISTING_FOUND : LISTING_TOLD);
	}
	assert_false(listings_take_changed(l, &of));
}

static void what_changes_on_does_not_keep_others_waiting(void **state)
{
	struct listings *l = *state;
	struct listing of;
	bool seen = false;

	fill_with_claims(l, 3);
	for (int i = 0; i < 3; i++) {
		assert_true(listings_take_changed(l, &of));
		seen |= strcmp(of.list, "zen.spamhaus.org") == 0 && of.address.b[15] == 2;
		hear_of(l, "198.51.0.0", "192.0.2.25", "", SECOND);
	}
	assert_true(seen);
}

static void an_address_that_is_configured_later_is_news(void **state)
{
	struct listings *l = *state;
	struct addr ours = at("203.0.113.9");
	struct listing of;

	hear(l, "192.0.2.25", "");
	assert_true(listings_take_changed(l, &of));
	assert_false(of.configured);
	assert_false(listings_take_changed(l, &of));
	listings_set_public(l, &ours, 1);
	assert_true(listings_take_changed(l, &of));
	assert_true(of.finding && of.configured);
	assert_int_equal(of.news, LISTING_FOUND);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(of_too_many_lists_those_go_that_one_party_made_up),
		TEST(beyond_the_bound_the_oldest_claim_goes_before_any_finding),
		TEST(one_party_s_many_addresses_push_out_only_its_own),
		TEST(forged_findings_push_out_one_another),
		TEST(a_configured_address_is_given_up_for_no_other),
		TEST(where_all_are_configured_the_oldest_goes),
		TEST(many_servers_of_one_party_do_not_drown_a_second),
		TEST(a_party_s_many_servers_do_not_drown_a_first),
		TEST(who_was_told_is_held_the_newest_first),
		TEST(what_changed_is_taken_once_with_its_news),
		TEST(what_changes_on_does_not_keep_others_waiting),
		TEST(an_address_that_is_configured_later_is_news),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
