/* The words by which servers say that we are listed, and those that only sound like it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "judge/notice.h"
#include "notice_listed.h"
#include "notice_others.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* From a heap copy of exactly its length. */
static bool parse(const char *reply, size_t length, struct notice *n)
{
	char *copy = malloc(length + 1);
	enum notice_result is;

	assert_non_null(copy);
	memcpy(copy, reply, length);
	copy[length] = '\0';
	is = notice_parse(copy, n);
	free(copy);
	return is == NOTICE_LISTED;
}

static const char *address(const struct notice *n)
{
	static char text[ADDR_TEXT];

	return n->has_address ? addr_format(&n->address, text) : NULL;
}

static void expect(const char *reply, const char *list, const char *expected, bool is_policy)
{
	struct notice n;

	if (!parse(reply, strlen(reply), &n))
		fail_msg("not recognised: %s", reply);
	if (strcmp(n.list, list) != 0)
		fail_msg("list %s instead of %s: %s", n.list, list, reply);
	if (!expected != !n.has_address || (expected && strcmp(address(&n), expected) != 0))
		fail_msg("address %s: %s", n.has_address ? address(&n) : "missing", reply);
	if (n.is_policy != is_policy)
		fail_msg("policy %d: %s", n.is_policy, reply);
}

static void what_real_servers_say_to_a_listed_sender_is_recognised(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(listed); i++)
		expect(listed[i].reply, listed[i].list, listed[i].address, listed[i].is_policy);
}

static void what_they_say_else_is_not(void **state)
{
	struct notice n, before;

	(void)state;
	memset(&n, 0x5a, sizeof(n));
	before = n;
	for (size_t i = 0; i < COUNT(others); i++) {
		if (parse(others[i], strlen(others[i]), &n))
			fail_msg("taken for a notice (%s): %s", n.list, others[i]);
		assert_memory_equal(&n, &before, sizeof(n));
	}
}

static void every_cut_of_every_sample_is_taken_without_harm(void **state)
{
	struct notice n;

	(void)state;
	for (size_t i = 0; i < COUNT(listed) + COUNT(others); i++) {
		const char *reply = i < COUNT(listed) ? listed[i].reply : others[i - COUNT(listed)];

		for (size_t length = 0; reply[length]; length++) {
			if (!parse(reply, length, &n))
				continue;
			assert_int_not_equal(strnlen(n.list, sizeof(n.list)), 0);
			assert_in_range(strnlen(n.list, sizeof(n.list)), 1, sizeof(n.list) - 1);
		}
	}
}

static void letter_case_blanks_and_line_heads_do_not_matter(void **state)
{
	(void)state;
	expect("554 5.7.1 SERVICE unavailable;  CLIENT\tHost  [203.0.113.9]   Blocked Using "
	       "ZEN.Spamhaus.ORG.",
	       "zen.spamhaus.org", "203.0.113.9", false);
	expect("550 5.7.1 [203.0.113.9] The IP you\xe2\x80\x99re using 5.7.1 to send mail is 5.7.1 "
	       "not authorized 550-5.7.1 to send email directly to 550 5.7.1 our servers.",
	       "Google", "203.0.113.9", true);
}

static void only_a_public_address_is_ours(void **state)
{
	static const char *const private[] = {"10.1.2.3",  "172.31.0.1",   "192.168.0.1",
					      "127.0.0.1", "100.64.1.1",   "169.254.1.1",
					      "0.0.0.0",   "239.1.2.3",	   "255.255.255.255",
					      "fe80::1",   "IPv6:fd00::1", "IPv6:ff02::1",
					      "::1",	   "IPv6:::"};
	char reply[200];

	(void)state;
	for (size_t i = 0; i < COUNT(private); i++) {
		snprintf(reply, sizeof(reply),
			 "554 Client host [%s] blocked using zen.spamhaus.org", private[i]);
		expect(reply, "zen.spamhaus.org", NULL, false);
	}
	expect("554 Client host [IPv6:2001:db8::9] blocked using zen.spamhaus.org",
	       "zen.spamhaus.org", "2001:db8::9", false);
	expect("554 Client host [2001:db8::9] blocked using zen.spamhaus.org", "zen.spamhaus.org",
	       "2001:db8::9", false);
}

static void without_a_place_for_it_the_only_public_address_counts(void **state)
{
	(void)state;
	expect("554 Rejected due to the sending MTA's poor reputation (192.168.1.9, 203.0.113.9)",
	       "Cisco Talos", "203.0.113.9", false);
	expect("554 Rejected due to the sending MTA's poor reputation: IP:203.0.113.9.",
	       "Cisco Talos", "203.0.113.9", false);
	expect("554 198.51.100.1: rejected due to the sending MTA's poor reputation: 203.0.113.9",
	       "Cisco Talos", NULL, false);
	expect("554 198.51.100.1: rejected due to the sending MTA's poor reputation, see "
	       "https://example.com/look?ip=203.0.113.9&x=1",
	       "Cisco Talos", NULL, false);
	expect("554 mx 198.51.100.1, 198.51.100.2: rejected due to the sending MTA's poor "
	       "reputation, see https://example.com/look?ip=203.0.113.9&x=1",
	       "Cisco Talos", "203.0.113.9", false);
}

static void what_only_looks_like_an_address_is_none(void **state)
{
	static const char *const none[] = {
		"http://198.51.100.7/help",
		"https://198.51.100.7:8443/help",
		"5.9.113.203.zen.spamhaus.org",
		"203-0-113-9.example.com 203.0.113.9.example.com",
		"203.0.113.0/24",
		"203.0.113",
		"203.0.113.256",
		"203.0.113.09",
		"1203.0.113.9",
		"v4.96.0.1",
		"#5.7.1.1",
		"203.0.113.9.4",
		"203.0.113.9@example.com",
		"12:30:45 2001:db8:9",
	};
	char reply[200];

	(void)state;
	for (size_t i = 0; i < COUNT(none); i++) {
		snprintf(reply, sizeof(reply), "554 Your IP is listed in bl.spamcop.net, %s",
			 none[i]);
		expect(reply, "bl.spamcop.net", NULL, false);
	}
	expect("421 4.7.0.1 Your IP is listed in bl.spamcop.net", "bl.spamcop.net", NULL, false);
}

static void a_listing_by_policy_is_told_from_an_infection(void **state)
{
	(void)state;
	expect("550 203.0.113.9 is listed at zen.spamhaus.org (127.0.0.10)", "zen.spamhaus.org",
	       "203.0.113.9", true);
	expect("550 203.0.113.9 is listed at zen.spamhaus.org (127.0.0.11)", "zen.spamhaus.org",
	       "203.0.113.9", true);
	expect("550 203.0.113.9 is listed at zen.spamhaus.org (127.0.0.4)", "zen.spamhaus.org",
	       "203.0.113.9", false);
	expect("550 203.0.113.9 is listed at zen.spamhaus.org (127.0.0.11, 127.0.0.4)",
	       "zen.spamhaus.org", "203.0.113.9", false);
	expect("554 Client host [203.0.113.9] blocked using dul.dnsbl.sorbs.net; Dynamic IP "
	       "Addresses See: http://www.sorbs.net/lookup.shtml?203.0.113.9",
	       "dul.dnsbl.sorbs.net", "203.0.113.9", true);
	expect("554 Client host [203.0.113.9] blocked using zen.spamhaus.org; "
	       "https://www.spamhaus.org/pbl/query/PBL000001",
	       "zen.spamhaus.org", "203.0.113.9", true);
}

static void a_customers_key_is_not_repeated(void **state)
{
	(void)state;
	expect("554 client [203.0.113.9] blocked using s3cretkey0.combined.mail.abusix.zone",
	       "combined.mail.abusix.zone", "203.0.113.9", false);
	expect("554 client [203.0.113.9] blocked using s3cretkey0.zen.dq.spamhaus.net",
	       "zen.spamhaus.org", "203.0.113.9", false);
	expect("554 client [203.0.113.9] blocked using zen.dq.spamhaus.net", "zen.spamhaus.org",
	       "203.0.113.9", false);
}

static void a_zone_has_two_labels_and_fits(void **state)
{
	static const char *const none[] = {
		"x",
		"zen..spamhaus.org",
		"198.51.100.7",
		"zen.spamhaus.org@example.com",
		"-.-",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.org",
	};
	char reply[200];
	struct notice n;

	(void)state;
	for (size_t i = 0; i < COUNT(none); i++) {
		snprintf(reply, sizeof(reply), "554 Client host [203.0.113.9] blocked using %s",
			 none[i]);
		if (notice_parse(reply, &n) != NOTICE_NONE)
			fail_msg("%s: %s", n.list, reply);
	}
}

static void of_a_long_text_the_last_word_may_be_torn(void **state)
{
	char reply[1100] = "550 5.7.0 ";

	(void)state;
	memset(reply + 10, '.', 1000);
	strcpy(reply + 1010, " Blocked - see https://ipcheck.proofpoint.com/?ip=203.0.113.25");
	expect("550 5.7.0 Blocked - see https://ipcheck.proofpoint.com/?ip=203.0.113.25",
	       "Proofpoint", "203.0.113.25", false);
	assert_false(parse(reply, strlen(reply), &(struct notice){{0}, false, {{0}}, false}));
	strcat(reply, " .");
	expect(reply, "Proofpoint", "203.0.113.25", false);
}

static void one_that_names_more_addresses_than_any_server_would_is_given_up(void **state)
{
	char reply[400] = "554 Client host [203.0.113.9] blocked using zen.spamhaus.org";
	struct notice n, before;

	(void)state;
	for (unsigned int i = 1; i < 16; i++)
		snprintf(reply + strlen(reply), 20, " 192.0.2.%u", i);
	expect(reply, "zen.spamhaus.org", "203.0.113.9", false);
	strcat(reply, " 2001:db8::1");
	memset(&n, 0x5a, sizeof(n));
	before = n;
	assert_int_equal(notice_parse(reply, &n), NOTICE_GIVEN_UP);
	assert_memory_equal(&n, &before, sizeof(n));
}

static void one_made_to_be_laborious_is_given_up(void **state)
{
	char reply[1400] = "554 ";
	struct notice n;

	(void)state;
	while (strlen(reply) < 900)
		strcat(reply, "mail from ");
	strcat(reply, "your ip is listed on zen.spamhaus.org");
	assert_int_equal(notice_parse(reply, &n), NOTICE_GIVEN_UP);
}

#define TIMES 100

/* 40 ms with sanitizers; a second where each pattern goes through all of the text. */
static void the_worst_texts_take_little_time(void **state)
{
	static const char *const seeds[] = {
		"client host [1.1.1.1] blocked usin ",
		"1.1.1.1 ",
		"203.0.113.9 is listed on ",
		"message rejected - junkmail rejected - ",
		"nemesis esmtp ip address is black liste ",
		"[::1 [::1 ",
		"(a:a:a:a:a:a:a:a) ",
		"<\"<\"",
		"\"",
		"<",
		"a.a.",
		"mail from x blocked using !",
		"blocked blocked see http",
		"1.1.1.1 found on one or more dnsbls",
	};
	char reply[1025];
	struct notice n;
	clock_t began = clock();

	(void)state;
	for (size_t i = 0; i < COUNT(seeds); i++) {
		strcpy(reply, "550 ");
		while (strlen(reply) + strlen(seeds[i]) < sizeof(reply) - 1)
			strcat(reply, seeds[i]);
		strcat(reply, ">");
		for (int times = 0; times < TIMES; times++)
			notice_parse(reply, &n);
	}
	assert_true(clock() - began < CLOCKS_PER_SEC / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_real_servers_say_to_a_listed_sender_is_recognised),
		cmocka_unit_test(what_they_say_else_is_not),
		cmocka_unit_test(every_cut_of_every_sample_is_taken_without_harm),
		cmocka_unit_test(letter_case_blanks_and_line_heads_do_not_matter),
		cmocka_unit_test(only_a_public_address_is_ours),
		cmocka_unit_test(without_a_place_for_it_the_only_public_address_counts),
		cmocka_unit_test(what_only_looks_like_an_address_is_none),
		cmocka_unit_test(a_listing_by_policy_is_told_from_an_infection),
		cmocka_unit_test(a_customers_key_is_not_repeated),
		cmocka_unit_test(a_zone_has_two_labels_and_fits),
		cmocka_unit_test(of_a_long_text_the_last_word_may_be_torn),
		cmocka_unit_test(one_that_names_more_addresses_than_any_server_would_is_given_up),
		cmocka_unit_test(one_made_to_be_laborious_is_given_up),
		cmocka_unit_test(the_worst_texts_take_little_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
