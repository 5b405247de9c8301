/* Lookups in blacklists, and the part of a name that one owner registered. */
#include "names_world.h"

static void look(const char *name, unsigned int type)
{
	ask(BOT, QUAD8, name, type);
}

static void a_lookup_of_a_public_address_is_told_with_the_list(void **state)
{
	struct addr ours[2];

	(void)state;
	addr_parse("203.0.113.9", &ours[0]);
	addr_parse("2001:db8:1:2:3:4:567:89ab", &ours[1]);
	names_set_public(names, ours, 2);
	look("9.113.0.203.zen.spamhaus.org", DNS_A);
	assert_string_equal(events(), "DNSBL 10.0.3.77 203.0.113.9 zen.spamhaus.org;");
	look("9.113.0.203.bl.nobody-knows.example", DNS_TXT);
	assert_string_equal(events(), "DNSBL 10.0.3.77 203.0.113.9 bl.nobody-knows.example;");
	/* The example of RFC 5782, 2.4. */
	look("b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2.ugly.example.com",
	     DNS_A);
	assert_string_equal(events(),
			    "DNSBL 10.0.3.77 2001:db8:1:2:3:4:567:89ab ugly.example.com;");
	look("10.113.0.203.zen.spamhaus.org", DNS_A); /* a neighbour */
	assert_string_equal(events(), "");
}

static void a_lookup_is_told_once_an_hour_whatever_record_is_asked_for(void **state)
{
	(void)state;
	look("9.113.0.203.zen.spamhaus.org", DNS_A);
	look("9.113.0.203.zen.spamhaus.org", DNS_TXT);
	assert_string_equal(events(), "DNSBL 10.0.3.77 203.0.113.9 zen.spamhaus.org;");
	look("8.113.0.203.zen.spamhaus.org", DNS_A);
	assert_string_equal(events(), "DNSBL 10.0.3.77 203.0.113.8 zen.spamhaus.org;");
	now += HOUR;
	look("9.113.0.203.zen.spamhaus.org", DNS_A);
	assert_string_equal(events(), "DNSBL 10.0.3.77 203.0.113.9 zen.spamhaus.org;");
}

static void without_public_addresses_the_list_must_be_a_known_one(void **state)
{
	(void)state;
	look("9.113.0.203.b.barracudacentral.org", DNS_A);
	assert_string_equal(events(), "DNSBL 10.0.3.77 203.0.113.9 b.barracudacentral.org;");
	look("9.113.0.203.bl.nobody-knows.example", DNS_A);
	look("9.113.0.203.evil-zen.spamhaus.org", DNS_A);
	look("9.113.0.203.key.zen.spamhaus.org", DNS_A);
	assert_string_equal(events(), "");
}

static void a_customers_key_is_told_to_nobody(void **state)
{
	(void)state;
	look("9.113.0.203.abcdefghijklmnopqrstuvwxyz.zen.dq.spamhaus.net", DNS_A);
	assert_string_equal(events(), "DNSBL 10.0.3.77 203.0.113.9 zen.dq.spamhaus.net;");
	look("9.113.0.203.two.labels.zen.dq.spamhaus.net", DNS_A);
	assert_string_equal(events(), "");
}

static void what_only_looks_like_it_is_no_lookup_in_a_blacklist(void **state)
{
	static const char *const names_like_it[] = {
		"2.0.0.127.zen.spamhaus.org",
		"1.0.0.127.zen.spamhaus.org",
		/* ::ffff:127.0.0.2 */
		"2.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.zen.spamhaus.org",
		"9.113.0.203.in-addr.arpa",
		"9.113.0.203.origin.asn.cymru.com",
		"9.113.0.203.list.dnswl.org",
		"5.1.1.10.zen.spamhaus.org", /* 10.1.1.5 */
		"113.0.203.zen.spamhaus.org",
		"256.113.0.203.zen.spamhaus.org",
		"09.113.0.203.zen.spamhaus.org",
		"9.113.0.203",
		"9.113.0.203.org",
		"9..0.203.a.b",
		"1000.113.0.203.zen.spamhaus.org",
		"zen.spamhaus.org",
		"",
		".",
		"9.113.0.203x.zen.spamhaus.org",
		"1.0.0.224.zen.spamhaus.org",
	};

	(void)state;
	for (int known = 0; known < 2; known++) {
		struct addr ours[2];

		addr_parse("203.0.113.9", &ours[0]);
		addr_parse("127.0.0.2", &ours[1]);
		names_set_public(names, ours, known ? 2 : 0);
		for (size_t i = 0; i < sizeof(names_like_it) / sizeof(names_like_it[0]); i++) {
			look(names_like_it[i], DNS_A);
			assert_string_equal(events(), "");
		}
	}
	look("9.113.0.203.zen.spamhaus.org", 12); /* PTR */
	look("9.113.0.203.zen.spamhaus.org", 2);
	assert_string_equal(events(), "");
}

static void a_domain_is_what_its_owner_registered(void **state)
{
	static const char *const cases[][2] = {
		{"alt1.gmail-smtp-in.l.google.com", "google.com"},
		{"google.com", "google.com"},
		{"com", "com"},
		{"", ""},
		{"mail.example.co.uk", "example.co.uk"},
		{"example.co.uk", "example.co.uk"},
		{"co.uk", "co.uk"},
		{"a.b.example.com.au", "example.com.au"},
		{"mx.firma.com.br", "firma.com.br"},
		{"mx.kaisha.co.jp", "kaisha.co.jp"},
		{"mx.dept.go.jp", "dept.go.jp"},
		{"mx.firma.de", "firma.de"},
		{"mx.co.example.de", "example.de"},
		{"smtp.co.com", "co.com"}, /* no country's */
		{"mx.example.net.", "example.net."},
		{"mx.example.co.uk.", "example.co.uk."},
		{"[192.0.2.1]", "[192.0.2.1]"},
		{"192.0.2.1", "192.0.2.1"},
		{"[IPv6:2001:db8::1]", "[IPv6:2001:db8::1]"},
		{"2001:db8::1", "2001:db8::1"},
		{"localhost", "localhost"},
		{".", "."},
		{"..", ".."},
		{"a..", "a.."},
		{".com", ".com"},
		{".co.uk", ".co.uk"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(names_domain(cases[i][0]), cases[i][1]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, names_setup, names_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_lookup_of_a_public_address_is_told_with_the_list),
		TEST(a_lookup_is_told_once_an_hour_whatever_record_is_asked_for),
		TEST(without_public_addresses_the_list_must_be_a_known_one),
		TEST(a_customers_key_is_told_to_nobody),
		TEST(what_only_looks_like_it_is_no_lookup_in_a_blacklist),
		TEST(a_domain_is_what_its_owner_registered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
