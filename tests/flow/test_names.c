/* Names and origins of servers, from DNS over UDP. */
#include "names_world.h"

#include <stdio.h>

static void a_server_has_the_name_that_its_client_asked_for(void **state)
{
	(void)state;
	look_up(BOT, QUAD8, "Mail.Example.COM", "198.51.100.1", 300);
	expect(BOT, "198.51.100.1", "mail.example.com", NAMES_BY_NAME);
	look_up(OTHER, QUAD8, "alias.example.org", "198.51.100.1", 300);
	expect(BOT, "198.51.100.1", "mail.example.com", NAMES_BY_NAME);
	expect(OTHER, "198.51.100.1", "alias.example.org", NAMES_BY_NAME);
	expect("10.9.9.9", "198.51.100.1", "alias.example.org", NAMES_UNSEEN);
	look_up(BOT, QUAD8, "mail6.example.com", "2001:db8::25", 300);
	expect(BOT, "2001:db8::25", "mail6.example.com", NAMES_BY_NAME);
}

static void an_answer_that_fits_no_question_is_not_believed(void **state)
{
	(void)state;
	ask(BOT, QUAD8, "x.example", DNS_A);
	for (int lie = 0; lie < 6; lie++) {
		dns_begin(&d, lie == 0 ? 78 : 77, DNS_ANSWER);
		dns_question(&d, lie == 1 ? "y.example" : "x.example", lie == 2 ? DNS_AAAA : DNS_A);
		dns_address(&d, 1, lie == 1 ? "y.example" : "x.example", 300, "198.51.100.1");
		send_udp(lie == 3 ? "8.8.4.4" : QUAD8, lie == 4 ? 5353 : 53, BOT,
			 lie == 5 ? PORT + 1 : PORT);
	}
	expect(BOT, "198.51.100.1", NULL, NAMES_UNSEEN);
	assert_int_equal(names_counters(names)->unasked, 5); /* the one of port 5353 is no DNS */
	now += 10 * SEC;
	dns_begin(&d, 77, DNS_ANSWER);
	dns_question(&d, "x.example", DNS_A);
	dns_address(&d, 1, "x.example", 300, "198.51.100.1");
	answer(BOT, QUAD8); /* too late */
	expect(BOT, "198.51.100.1", NULL, NAMES_UNSEEN);
	assert_int_equal(names_counters(names)->unasked, 6);
}

static void the_first_answer_counts_and_its_copies_and_forgeries_do_not(void **state)
{
	(void)state;
	look_up(BOT, QUAD8, "x.example", "198.51.100.1", 300);
	answer(BOT, QUAD8);
	dns_begin(&d, 77, DNS_ANSWER);
	dns_question(&d, "x.example", DNS_A);
	dns_address(&d, 1, "x.example", 300, "198.51.100.66");
	answer(BOT, QUAD8);
	expect(BOT, "198.51.100.1", "x.example", NAMES_BY_NAME);
	expect(BOT, "198.51.100.66", NULL, NAMES_UNSEEN);
	assert_int_equal(names_counters(names)->unasked, 0);
}

static void case_that_was_chosen_at_random_makes_no_difference(void **state)
{
	(void)state;
	ask(BOT, QUAD8, "mX.eXaMpLe", DNS_A);
	dns_begin(&d, 77, DNS_ANSWER);
	dns_question(&d, "mX.eXaMpLe", DNS_A);
	dns_address(&d, 1, "MX.example", 300, "198.51.100.1");
	answer(BOT, QUAD8);
	expect(BOT, "198.51.100.1", "mx.example", NAMES_BY_NAME);
}

static void a_one_sided_mirror_has_to_believe_what_it_sees(void **state)
{
	(void)state;
	one_sided = true;
	dns_begin(&d, 77, DNS_ANSWER);
	dns_question(&d, "example.com", DNS_MX);
	dns_mx(&d, "example.com", 300, "mx.example.com");
	dns_address(&d, 3, "mx.example.com", 300, "198.51.100.1");
	answer(BOT, QUAD8);
	assert_string_equal(events(), "MX 10.0.3.77 example.com;");
	expect(BOT, "198.51.100.1", "mx.example.com", NAMES_BY_MX);
}

static void strangers_and_their_resolvers_are_no_clients_of_ours(void **state)
{
	(void)state;
	look_up("203.0.113.9", "203.0.113.53", "x.example", "198.51.100.1", 300);
	look_up_mx("203.0.113.9", RESOLVER, "example.com", "mx.example.com");
	expect("203.0.113.9", "198.51.100.1", NULL, NAMES_UNSEEN);
	assert_string_equal(events(), "");
}

static void the_name_asked_for_stays_through_a_chain_of_aliases(void **state)
{
	(void)state;
	ask(BOT, QUAD8, "smtp.example.com", DNS_A);
	dns_begin(&d, 77, DNS_ANSWER);
	dns_question(&d, "smtp.example.com", DNS_A);
	dns_cname(&d, "smtp.example.com", 60, "lb.example.net");
	dns_cname(&d, "lb.example.net", 60, "node7.example.net");
	dns_address(&d, 1, "node7.example.net", 60, "198.51.100.7");
	dns_address(&d, 1, "mail.google.com", 60, "198.51.100.8"); /* nobody asked */
	dns_address(&d, 3, "mail.google.com", 60, "198.51.100.9");
	answer(BOT, QUAD8);
	expect(BOT, "198.51.100.7", "smtp.example.com", NAMES_BY_NAME);
	expect(BOT, "198.51.100.8", NULL, NAMES_UNSEEN);
	expect(BOT, "198.51.100.9", NULL, NAMES_UNSEEN);
}

static void an_exchange_is_told_from_a_name_whichever_was_asked_first(void **state)
{
	(void)state;
	look_up_mx(BOT, QUAD8, "example.com", "mx.example.net");
	look_up(BOT, QUAD8, "mx.example.net", "198.51.100.1", 300);
	expect(BOT, "198.51.100.1", "mx.example.net", NAMES_BY_MX);

	look_up(BOT, QUAD8, "mx.example.org", "198.51.100.2", 300);
	expect(BOT, "198.51.100.2", "mx.example.org", NAMES_BY_NAME);
	look_up_mx(BOT, QUAD8, "example.org", "mx.example.org");
	expect(BOT, "198.51.100.2", "mx.example.org", NAMES_BY_MX);

	look_up(OTHER, QUAD8, "mx.example.net", "198.51.100.1", 300);
	expect(OTHER, "198.51.100.1", "mx.example.net", NAMES_BY_NAME);
}

static void addresses_beside_an_mx_answer_are_its_exchanges(void **state)
{
	(void)state;
	ask(BOT, RESOLVER, "example.com", DNS_MX);
	dns_begin(&d, 77, DNS_ANSWER);
	dns_question(&d, "example.com", DNS_MX);
	dns_mx(&d, "example.com", 300, "mx.example.net");
	dns_address(&d, 3, "mx.example.net", 300, "198.51.100.1");
	dns_address(&d, 3, "ns.example.net", 300, "198.51.100.53");
	answer(BOT, RESOLVER);
	expect(BOT, "198.51.100.1", "mx.example.net", NAMES_BY_MX);
	expect(BOT, "198.51.100.53", NULL, NAMES_UNSEEN);
}

/* RFC 5321, 5.1: without an MX the domain is its own exchange; RFC 7505: "." is none. */
static void a_domain_without_mx_is_its_own_exchange_unless_it_takes_no_mail(void **state)
{
	(void)state;
	ask(BOT, QUAD8, "small.example", DNS_MX);
	dns_begin(&d, 77, DNS_ANSWER);
	dns_question(&d, "small.example", DNS_MX);
	answer(BOT, QUAD8);
	look_up(BOT, QUAD8, "small.example", "198.51.100.1", 300);
	expect(BOT, "198.51.100.1", "small.example", NAMES_BY_MX);

	look_up_mx(BOT, QUAD8, "mute.example", "");
	look_up(BOT, QUAD8, "mute.example", "198.51.100.2", 300);
	expect(BOT, "198.51.100.2", "mute.example", NAMES_BY_NAME);

	ask(BOT, QUAD8, "gone.example", DNS_MX);
	dns_begin(&d, 77, DNS_ANSWER | DNS_NXDOMAIN);
	dns_question(&d, "gone.example", DNS_MX);
	answer(BOT, QUAD8);
	look_up(BOT, QUAD8, "gone.example", "198.51.100.3", 300);
	expect(BOT, "198.51.100.3", "gone.example", NAMES_BY_NAME);
}

static void what_an_mx_led_to_stays_so_for_an_hour_whatever_else_is_asked(void **state)
{
	(void)state;
	look_up_mx(BOT, QUAD8, "example.com", "mx.example.com");
	look_up(BOT, QUAD8, "mx.example.com", "198.51.100.1", 300);
	look_up(BOT, QUAD8, "www.example.com", "198.51.100.1", 300);
	expect(BOT, "198.51.100.1", "mx.example.com", NAMES_BY_MX);
	now += HOUR;
	look_up(BOT, QUAD8, "www.example.com", "198.51.100.1", 300);
	expect(BOT, "198.51.100.1", "www.example.com", NAMES_BY_NAME);
}

static void an_answer_is_remembered_for_a_day_or_its_ttl_or_two_days(void **state)
{
	static const struct {
		uint32_t ttl;
		int64_t life;
	} cases[] = {{0, DAY}, {86400, DAY}, {100000, 100000 * SEC}, {604800, 2 * DAY}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		look_up(BOT, QUAD8, "x.example", "198.51.100.1", cases[i].ttl);
		now += cases[i].life - 1;
		expect(BOT, "198.51.100.1", "x.example", NAMES_BY_NAME);
		now += 1;
		expect(BOT, "198.51.100.1", NULL, NAMES_UNSEEN);
	}
}

static void that_a_host_asked_for_no_name_is_said_only_of_one_whose_dns_is_seen(void **state)
{
	(void)state;
	expect(BOT, "198.51.100.9", NULL, NAMES_UNSEEN);
	look_up(BOT, QUAD8, "www.example.com", "198.51.100.1", 300);
	expect(BOT, "198.51.100.9", NULL, NAMES_UNSEEN); /* it may have cached it before */
	now += 300 * SEC;
	expect(BOT, "198.51.100.9", NULL, NAMES_NONE);
	expect(OTHER, "198.51.100.9", NULL, NAMES_UNSEEN);
	now += HOUR - 300 * SEC - MS - 1; /* since the question */
	expect(BOT, "198.51.100.9", NULL, NAMES_NONE);
	now += 1;
	expect(BOT, "198.51.100.9", NULL, NAMES_UNSEEN);
}

/* The host asks 8.8.8.8 now and then, but mostly a resolver whose side towards it is not seen. */
static void an_address_that_a_resolver_was_told_may_be_known_through_it(void **state)
{
	(void)state;
	now = 0; /* a stamp like any other */
	look_up(BOT, QUAD8, "www.example.com", "198.51.100.1", 300);
	look_up(RESOLVER, "192.0.2.53", "mx.example.com", "198.51.100.9", 300);
	now += 600 * SEC;
	expect(BOT, "198.51.100.9", "mx.example.com", NAMES_UNSEEN);
	/* Where it is seen asking an internal resolver, its own question would have been seen. */
	look_up(BOT, RESOLVER, "www.example.com", "198.51.100.1", 300);
	expect(BOT, "198.51.100.9", "mx.example.com", NAMES_NONE);
}

static void no_address_within_and_none_of_a_blacklist_gets_a_name(void **state)
{
	(void)state;
	look_up(BOT, QUAD8, "intranet.example", "10.1.1.1", 300);
	look_up(BOT, QUAD8, "2.0.0.127.zen.spamhaus.org", "127.0.0.2", 300);
	look_up(BOT, QUAD8, "blackhole.example", "0.0.0.0", 300);
	expect(BOT, "10.1.1.1", NULL, NAMES_UNSEEN);
	expect(BOT, "127.0.0.2", NULL, NAMES_UNSEEN);
	expect(BOT, "0.0.0.0", NULL, NAMES_UNSEEN);
}

static void an_mx_lookup_is_told_once_until_an_hour_passed_without(void **state)
{
	uint64_t hash;

	(void)state;
	ask(BOT, QUAD8, "example.com", DNS_MX);
	assert_string_equal(events(), "MX 10.0.3.77 example.com;");
	hash = last_event.name_hash;
	ask(BOT, RESOLVER, "EXAMPLE.com", DNS_MX);
	ask(BOT, QUAD8, "example.com", DNS_A);
	look_up_mx(BOT, QUAD8, "example.com", "mx.example.com");
	assert_string_equal(events(), "");
	ask(BOT, QUAD8, "example.org", DNS_MX);
	assert_string_equal(events(), "MX 10.0.3.77 example.org;");
	assert_int_not_equal(last_event.name_hash, hash);
	ask(OTHER, QUAD8, "example.com", DNS_MX);
	assert_string_equal(events(), "MX 10.0.3.78 example.com;");
	assert_int_equal(last_event.name_hash, hash);
	now += HOUR - 1 - MS;
	ask(BOT, QUAD8, "example.com", DNS_MX);
	assert_string_equal(events(), "");
	now += HOUR;
	ask(BOT, QUAD8, "example.com", DNS_MX);
	assert_string_equal(events(), "MX 10.0.3.77 example.com;");
}

static void servers_of_one_owner_are_one_group_and_unnamed_ones_of_one_network(void **state)
{
	uint64_t google, unnamed;

	(void)state;
	unnamed = group(BOT, "198.51.100.1");
	assert_int_equal(group(OTHER, "198.51.100.254"), unnamed);
	assert_int_not_equal(group(BOT, "198.51.101.1"), unnamed);
	assert_int_equal(group(BOT, "2001:db8:1:2::3"), group(BOT, "2001:db8:1:ffff::4"));
	assert_int_not_equal(group(BOT, "2001:db8:1::3"), group(BOT, "2001:db8:2::3"));
	look_up(BOT, QUAD8, "alt1.gmail-smtp-in.l.google.com", "198.51.100.1", 300);
	look_up(OTHER, QUAD8, "aspmx.l.google.com", "203.0.113.1", 300);
	google = group(BOT, "198.51.100.1");
	assert_int_not_equal(google, unnamed);
	assert_int_equal(group(BOT, "203.0.113.1"), google);
	assert_int_equal(group("10.9.9.9", "203.0.113.1"), google);
}

/* Two runs of the monitor draw two keys. */
/* Whoever owns a zone may give any server a name in it. */
static void names_of_one_zone_all_over_the_internet_are_not_one_group(void **state)
{
	uint64_t groups[40];
	unsigned int distinct = 0;

	(void)state;
	for (unsigned int i = 0; i < 40; i++) {
		char name[32], address[16];

		snprintf(name, sizeof(name), "v%u.wild.example", i);
		snprintf(address, sizeof(address), "%u.%u.1.1", 60 + i, 7 * i % 256);
		look_up(BOT, QUAD8, name, address, 300);
		groups[i] = group(BOT, address);
	}
	for (unsigned int i = 0; i < 40; i++) {
		bool known = false;

		for (unsigned int j = 0; j < i; j++)
			known = known || groups[j] == groups[i];
		distinct += !known;
	}
	assert_in_range(distinct, 30, 40);
	/* A provider's many servers in a few networks are one. */
	for (unsigned int i = 0; i < 40; i++) {
		char name[32], address[16];

		snprintf(name, sizeof(name), "mx%u.big.example", i);
		snprintf(address, sizeof(address), "198.%u.%u.1", 50 + i % 5, i);
		look_up(BOT, QUAD8, name, address, 300);
		groups[i] = group(BOT, address);
		assert_int_equal(groups[i], groups[0]);
	}
}

static void groups_and_hashes_of_names_are_the_same_in_every_run(void **state)
{
	static const struct hash_key another = {{0x3333, 0x4444}};
	struct names *kept = names;
	uint64_t named, unnamed, hash;

	(void)state;
	look_up_mx(BOT, QUAD8, "example.com", "mx.example.com");
	look_up(BOT, QUAD8, "mx.example.com", "198.51.100.1", 300);
	hash = last_event.name_hash;
	named = group(BOT, "198.51.100.1");
	unnamed = group(BOT, "198.51.100.2");
	names = names_new(&another);
	look_up_mx(BOT, QUAD8, "example.com", "mx.example.com");
	look_up(BOT, QUAD8, "mx.example.com", "198.51.100.1", 300);
	assert_int_equal(last_event.name_hash, hash);
	assert_int_equal(group(BOT, "198.51.100.1"), named);
	assert_int_equal(group(BOT, "198.51.100.2"), unnamed);
	names_free(names);
	names = kept;
}

/* A flood may push names out, but what was pushed out is never taken for not asked. */
static void a_flood_makes_nothing_known_false(void **state)
{
	const struct names_counters *c = names_counters(names);
	unsigned int known = 0, none = 0;
	char text[32];

	(void)state;
	look_up(BOT, RESOLVER, "www.example.com", "198.51.100.1", 300);
	now += 300 * SEC;
	for (unsigned int i = 0; i < 30000; i++) {
		snprintf(text, sizeof(text), "100.%u.%u.1", 128 + i / 256, i % 256);
		look_up(BOT, RESOLVER, "x.example", text, 300);
	}
	assert_true(c->evicted > 10000);
	for (unsigned int i = 0; i < 30000; i++) {
		struct addr client, server;
		enum names_origin origin;
		uint64_t ignored;

		snprintf(text, sizeof(text), "100.%u.%u.1", 128 + i / 256, i % 256);
		assert_int_equal(addr_parse(text, &server), 0);
		assert_int_equal(addr_parse(BOT, &client), 0);
		names_of(names, &client, &server, now, &origin, &ignored);
		assert_int_not_equal(origin, NAMES_NONE);
		known += origin == NAMES_BY_NAME;
		server.b[15] = 2; /* of those nobody was told */
		names_of(names, &client, &server, now, &origin, &ignored);
		none += origin == NAMES_NONE;
	}
	assert_in_range(known, 15000, 16384);
	assert_in_range(none, 29700, 30000); /* the sketch errs for one in a hundred at most */
}

static void stamps_may_be_any_number(void **state)
{
	static const int64_t stamps[] = {INT64_MIN, -1, 0, INT64_MAX, INT64_MIN, 5, INT64_MAX};

	(void)state;
	for (size_t i = 0; i < sizeof(stamps) / sizeof(stamps[0]); i++) {
		now = stamps[i];
		ask(BOT, QUAD8, "x.example", DNS_A);
		dns_begin(&d, 77, DNS_ANSWER);
		dns_question(&d, "x.example", DNS_A);
		dns_address(&d, 1, "x.example", 300, "198.51.100.1");
		answer(BOT, QUAD8);
		expect(BOT, "198.51.100.1", "x.example", NAMES_BY_NAME);
	}
}

static void a_name_without_room_keeps_its_last_labels(void **state)
{
	char name[200], label[64] = {0};

	(void)state;
	memset(label, 'x', 63);
	snprintf(name, sizeof(name), "%s.%s.mail.example.com", label, label);
	look_up(BOT, QUAD8, name, "198.51.100.1", 300);
	expect(BOT, "198.51.100.1", name + 64, NAMES_BY_NAME);
	snprintf(name, sizeof(name), "%s.%.20s.mail.example.com", label, label);
	look_up(BOT, QUAD8, name, "198.51.100.2", 300);
	expect(BOT, "198.51.100.2", name + 64, NAMES_BY_NAME);
}

static void what_is_not_dns_is_counted(void **state)
{
	const struct names_counters *c = names_counters(names);

	(void)state;
	d.n = 0;
	dns_bytes(&d, "GET / HTTP/1.1\r\n", 16);
	send_udp(BOT, PORT, QUAD8, 53);
	assert_int_equal(c->messages, 1);
	d.n = 0;
	dns_bytes(&d, "\0\1\1\0\0\1\0\0\0\0\0\0\5ab", 15);
	send_udp(BOT, PORT, QUAD8, 53);
	assert_int_equal(c->bad, 1);
	dns_begin(&d, 77, DNS_ANSWER | DNS_TRUNCATED);
	dns_question(&d, "x.example", DNS_A);
	answer(BOT, QUAD8);
	assert_int_equal(c->cut, 1);
	assert_int_equal(c->messages, 3);
	names_free(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, names_setup, names_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_server_has_the_name_that_its_client_asked_for),
		TEST(an_answer_that_fits_no_question_is_not_believed),
		TEST(the_first_answer_counts_and_its_copies_and_forgeries_do_not),
		TEST(case_that_was_chosen_at_random_makes_no_difference),
		TEST(a_one_sided_mirror_has_to_believe_what_it_sees),
		TEST(strangers_and_their_resolvers_are_no_clients_of_ours),
		TEST(the_name_asked_for_stays_through_a_chain_of_aliases),
		TEST(an_exchange_is_told_from_a_name_whichever_was_asked_first),
		TEST(addresses_beside_an_mx_answer_are_its_exchanges),
		TEST(a_domain_without_mx_is_its_own_exchange_unless_it_takes_no_mail),
		TEST(what_an_mx_led_to_stays_so_for_an_hour_whatever_else_is_asked),
		TEST(an_answer_is_remembered_for_a_day_or_its_ttl_or_two_days),
		TEST(that_a_host_asked_for_no_name_is_said_only_of_one_whose_dns_is_seen),
		TEST(an_address_that_a_resolver_was_told_may_be_known_through_it),
		TEST(no_address_within_and_none_of_a_blacklist_gets_a_name),
		TEST(an_mx_lookup_is_told_once_until_an_hour_passed_without),
		TEST(servers_of_one_owner_are_one_group_and_unnamed_ones_of_one_network),
		TEST(names_of_one_zone_all_over_the_internet_are_not_one_group),
		TEST(groups_and_hashes_of_names_are_the_same_in_every_run),
		TEST(a_flood_makes_nothing_known_false),
		TEST(stamps_may_be_any_number),
		TEST(a_name_without_room_keeps_its_last_labels),
		TEST(what_is_not_dns_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
