/* Who said that we are listed, and what makes a finding of a claim. */
#include "heard.h"

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
	assert_true(hear_of(l, "2001:db8::9", "2001:db8:1:1::1", "example.com", SECOND));
	assert_false(hear_of(l, "2001:db8::9", "2001:db8:1:ffff::1", "example.net", SECOND));
	assert_true(hear_of(l, "2001:db8::9", "2001:db9::1", "example.net", SECOND));
}

/* Who owns a zone names his servers as he likes, and rents two of one provider. */
static void two_names_in_one_wide_network_prove_nothing(void **state)
{
	struct listings *l = *state;

	assert_true(hear(l, "192.0.2.25", "example.com"));
	assert_false(hear(l, "192.0.77.25", "example.net"));
	assert_false(hear(l, "192.0.78.25", ""));
	assert_false(listings_at(l, 0)->finding);
	assert_true(hear(l, "192.1.2.25", ""));
	assert_true(listings_at(l, 0)->finding);
	assert_true(hear_of(l, "2001:db8::9", "2001:db8:1::1", "example.com", SECOND));
	assert_false(hear_of(l, "2001:db8::9", "2001:db8:2::1", "example.net", SECOND));
}

/* One machine has both. */
static void a_server_of_each_address_family_are_not_two_parties(void **state)
{
	struct listings *l = *state;

	assert_true(hear(l, "192.0.2.25", ""));
	assert_false(hear(l, "2001:db8::25", ""));
	assert_false(hear(l, "2001:db8::25", "example.net"));
	assert_false(listings_at(l, 0)->finding);
	assert_true(hear(l, "2001:db9::25", "example.org"));
}

static void two_parties_need_not_name_the_same_list(void **state)
{
	struct listings *l = *state;
	char text[LISTING_TEXT];

	assert_true(hear_list(l, "a.example", "203.0.113.9", "192.0.2.25", "", SECOND));
	assert_true(hear_list(l, "b.example", "203.0.113.9", "198.51.100.25", "", SECOND));
	assert_int_equal(listings_count(l), 2);
	for (size_t i = 0; i < 2; i++) {
		const struct listing *of = listings_at(l, i);

		assert_string_equal(of->list, i ? "a.example" : "b.example");
		assert_true(of->finding);
		assert_int_equal(of->heard, 1);
		assert_int_equal(of->voices, 1);
		assert_non_null(strstr(listing_describe(of, text), "one word"));
	}
}

static void a_forged_list_leaves_the_others_as_they_were_said(void **state)
{
	struct listings *l = *state;
	const struct listing *of;
	char text[LISTING_TEXT];

	hear(l, "192.0.2.25", "example.com");
	hear(l, "198.51.100.25", "example.net");
	assert_true(hear_list(l, "nonsense.example", "203.0.113.9", "203.0.2.66", "", 2 * SECOND));
	of = listings_at(l, 0);
	assert_string_equal(of->list, "nonsense.example");
	assert_non_null(strstr(listing_describe(of, text), "one word"));
	of = listings_at(l, 1);
	assert_string_equal(of->list, "zen.spamhaus.org");
	assert_int_equal(of->heard, 2);
	assert_int_equal(of->voices, 2);
	assert_int_equal(of->last, SECOND);
	assert_null(strstr(listing_describe(of, text), "one word"));
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

static void policy_holds_for_each_list_as_long_as_nobody_says_worse(void **state)
{
	struct notice n = notice("pbl.spamhaus.org", "203.0.113.9");
	struct notice_heard heard = {.client = at("10.0.0.5"),
				     .server = at("192.0.2.25"),
				     .domain = "",
				     .notice = &n};
	bool news;

	n.is_policy = true;
	assert_true(listings_hear(*state, &heard, "550", &news)->is_policy);
	n = notice("Microsoft", "203.0.113.9");
	assert_false(listings_hear(*state, &heard, "550", &news)->is_policy);
	n.is_policy = true;
	assert_false(listings_hear(*state, &heard, "550", &news)->is_policy);
	assert_true(listings_at(*state, 1)->is_policy);
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
		TEST(two_names_in_one_wide_network_prove_nothing),
		TEST(a_server_of_each_address_family_are_not_two_parties),
		TEST(two_parties_need_not_name_the_same_list),
		TEST(a_forged_list_leaves_the_others_as_they_were_said),
		TEST(a_configured_address_is_a_finding_at_once),
		TEST(without_an_address_of_ours_there_is_an_entry_for_each_list),
		TEST(policy_holds_for_each_list_as_long_as_nobody_says_worse),
		TEST(the_newest_heard_comes_first_whatever_its_stamp),
		TEST(long_words_are_cut_between_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
