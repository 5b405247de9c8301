#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "base/addr.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static void prints(const char *text, const char *want)
{
	char buf[ADDR_TEXT];
	struct addr a;

	assert_int_equal(addr_parse(text, &a), 0);
	assert_string_equal(addr_format(&a, buf), want);
}

static void addresses_print_as_rfc_5952_asks(void **state)
{
	(void)state;
	/* sections 1 and 2: eight ways to write one address */
	prints("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1");
	prints("2001:0db8:0:0:1:0:0:1", "2001:db8::1:0:0:1");
	prints("2001:db8::1:0:0:1", "2001:db8::1:0:0:1");
	prints("2001:db8::0:1:0:0:1", "2001:db8::1:0:0:1");
	prints("2001:0db8::1:0:0:1", "2001:db8::1:0:0:1");
	prints("2001:db8:0:0:1::1", "2001:db8::1:0:0:1");
	prints("2001:DB8:0:0:1::1", "2001:db8::1:0:0:1");
	/* 4.1: no leading zeros */
	prints("2001:0db8::0001", "2001:db8::1");
	/* 4.2.1: as short as can be */
	prints("2001:db8:0:0:0:0:2:1", "2001:db8::2:1");
	/* 4.2.2: one group alone is not shortened */
	prints("2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1");
	/* 4.2.3: the longest run, the first of equal ones */
	prints("2001:0:0:1:0:0:0:1", "2001:0:0:1::1");
	/* 4.3: lower case */
	prints("2001:DB8:AAAA:BBBB:CCCC:DDDD:EEEE:AAAA", "2001:db8:aaaa:bbbb:cccc:dddd:eeee:aaaa");
	prints("::", "::");
	prints("::1", "::1");
	prints("FE80::", "fe80::");
}

static void ipv4_prints_dotted_and_so_does_its_mapped_form(void **state)
{
	(void)state;
	prints("0.0.0.0", "0.0.0.0");
	prints("255.255.255.255", "255.255.255.255");
	prints("10.0.3.77", "10.0.3.77");
	prints("::ffff:10.0.3.77", "10.0.3.77");
	prints("::ffff:a00:34d", "10.0.3.77");
	/* the longest text there is fits its buffer */
	assert_true(sizeof("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255") <= ADDR_TEXT);
}

static void text_that_is_no_address_is_refused_and_changes_nothing(void **state)
{
	static const char *const bad[] = {
		"",
		" 10.0.0.1",
		"10.0.0.1 ",
		"10.0.0",
		"10.0.0.0.1",
		"10.0.0.256",
		"10.0.0.-1",
		"010.0.0.1",
		"0x0a.0.0.1",
		"10.0.0.1.",
		"1",
		"10.1",
		"::1%lo",
		"[::1]",
		":",
		":::",
		"1::2::3",
		"12345::",
		"::g",
		"1:2:3:4:5:6:7",
		"1:2:3:4:5:6:7:8:9",
		"::10.0.0.256",
		"10.0.0.1/8",
		"localhost",
		"10,0,0,1",
	};
	struct addr a, before;

	(void)state;
	memset(&before, 0xa5, sizeof(before));
	for (size_t i = 0; i < COUNT(bad); i++) {
		a = before;
		assert_int_equal(addr_parse(bad[i], &a), -EINVAL);
		assert_memory_equal(&a, &before, sizeof(a));
	}
}

static struct addr address(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(text, &a), 0);
	return a;
}

static void bytes_of_either_family_become_the_address_they_are(void **state)
{
	static const uint8_t v4[4] = {192, 0, 2, 1};
	static const uint8_t v6[16] = {0x20, 1, 0xd, 0xb8, [15] = 1};
	struct addr a = addr_from_v4(v4), b = addr_from_v6(v6), want = address("192.0.2.1");

	(void)state;
	assert_true(addr_equal(&a, &want));
	assert_true(addr_is_v4(&a));
	want = address("2001:db8::1");
	assert_true(addr_equal(&b, &want));
	assert_false(addr_is_v4(&b));
}

static void only_unicast_counts_as_unicast(void **state)
{
	static const char *const yes[] = {"10.0.0.1",	"0.0.0.1", "223.255.255.255",
					  "240.0.0.1",	"::1",	   "fe80::1",
					  "2001:db8::", "fe00::",  "255.255.255.254"};
	static const char *const no[] = {"0.0.0.0",	    "224.0.0.0", "239.255.255.255",
					 "255.255.255.255", "::",	 "ff00::",
					 "ff02::1"};

	(void)state;
	for (size_t i = 0; i < COUNT(yes); i++) {
		struct addr a = address(yes[i]);

		assert_true(addr_is_unicast(&a));
	}
	for (size_t i = 0; i < COUNT(no); i++) {
		struct addr a = address(no[i]);

		assert_false(addr_is_unicast(&a));
	}
}

static void addresses_sort_ipv4_first_then_by_number(void **state)
{
	static const char *const sorted[] = {"0.0.0.0",	   "9.0.0.0",	       "10.0.0.0",
					     "10.0.0.1",   "192.0.2.1",	       "::",
					     "::1",	   "::fffe:ffff:ffff", "::1:0:0:0",
					     "2001:db8::", "ff02::1"};

	(void)state;
	for (size_t i = 0; i < COUNT(sorted); i++) {
		for (size_t j = 0; j < COUNT(sorted); j++) {
			struct addr a = address(sorted[i]), b = address(sorted[j]);
			int c = addr_compare(&a, &b);

			assert_int_equal((c > 0) - (c < 0), (i > j) - (i < j));
		}
	}
}

static void prefix_is(const char *text, int want_result, const char *want)
{
	char buf[PREFIX_TEXT];
	struct prefix p;

	assert_int_equal(prefix_parse(text, &p), want_result);
	assert_string_equal(prefix_format(&p, buf), want);
}

static void prefixes_are_read_and_printed(void **state)
{
	(void)state;
	prefix_is("10.0.0.0/8", 0, "10.0.0.0/8");
	prefix_is("10.0.0.1", 0, "10.0.0.1");
	prefix_is("10.0.0.1/32", 0, "10.0.0.1");
	prefix_is("0.0.0.0/0", 0, "0.0.0.0/0");
	prefix_is("128.0.0.0/1", 0, "128.0.0.0/1");
	prefix_is("::/0", 0, "::/0");
	prefix_is("fe80::/10", 0, "fe80::/10");
	prefix_is("2001:db8::1/128", 0, "2001:db8::1");
	prefix_is("2001:db8::1", 0, "2001:db8::1");
	prefix_is("::ffff:10.0.0.0/104", 0, "10.0.0.0/8");
}

static void bits_behind_a_prefix_are_named_by_the_masked_one(void **state)
{
	(void)state;
	prefix_is("10.0.0.1/8", -EDOM, "10.0.0.0/8");
	prefix_is("10.0.0.1/31", -EDOM, "10.0.0.0/31");
	prefix_is("10.0.0.255/25", -EDOM, "10.0.0.128/25");
	prefix_is("255.255.255.255/0", -EDOM, "0.0.0.0/0");
	prefix_is("fe80::1/10", -EDOM, "fe80::/10");
	prefix_is("febf::/9", -EDOM, "fe80::/9");
	prefix_is("2001:db8::1/127", -EDOM, "2001:db8::/127");
	prefix_is("::1/0", -EDOM, "::/0");
}

static void text_that_is_no_prefix_is_refused_and_changes_nothing(void **state)
{
	static const char *const bad[] = {
		"",
		"/",
		"/8",
		"10.0.0.0/",
		"10.0.0.0/33",
		"10.0.0.0/-1",
		"10.0.0.0/+8",
		"10.0.0.0/ 8",
		"10.0.0.0/8 ",
		"10.0.0.0/8/8",
		"10.0.0/8",
		"::/129",
		"::/x",
		"10.0.0.0/255.0.0.0",
		"10.0.0.0/99999999999999999999",
		"10.0.0.0/4294967304",
		"fe80::1%eth0/64",
		"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb/8"};
	struct prefix p, before;

	(void)state;
	memset(&before, 0xa5, sizeof(before));
	for (size_t i = 0; i < COUNT(bad); i++) {
		p = before;
		assert_int_equal(prefix_parse(bad[i], &p), -EINVAL);
		assert_memory_equal(&p, &before, sizeof(p));
	}
}

static bool contains(const char *prefix, const char *text)
{
	struct addr a = address(text);
	struct prefix p;

	assert_int_equal(prefix_parse(prefix, &p), 0);
	return prefix_contains(&p, &a);
}

static void a_prefix_holds_its_own_and_no_other(void **state)
{
	(void)state;
	assert_true(contains("10.0.0.0/8", "10.255.255.255"));
	assert_false(contains("10.0.0.0/8", "11.0.0.0"));
	assert_true(contains("172.16.0.0/12", "172.31.255.255"));
	assert_false(contains("172.16.0.0/12", "172.32.0.0"));
	assert_true(contains("10.0.0.1", "10.0.0.1"));
	assert_false(contains("10.0.0.1", "10.0.0.0"));
	assert_true(contains("0.0.0.0/0", "255.1.2.3"));
	assert_true(contains("fe80::/10", "febf:ffff::1"));
	assert_false(contains("fe80::/10", "fec0::"));
}

static void the_families_stay_apart(void **state)
{
	(void)state;
	assert_false(contains("::/0", "10.0.0.1"));
	assert_false(contains("::/64", "10.0.0.1"));
	assert_false(contains("0.0.0.0/0", "::1"));
	assert_false(contains("0.0.0.0/0", "::"));
	assert_true(contains("::ffff:0:0/96", "10.0.0.1"));
	assert_true(contains("::/0", "::"));
}

static void a_mac_address_prints_in_six_pairs(void **state)
{
	static const uint8_t mac[6] = {0x52, 0x54, 0, 0x0a, 0xff, 1};
	char buf[MAC_TEXT];

	(void)state;
	assert_string_equal(mac_format(mac, buf), "52:54:00:0a:ff:01");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_print_as_rfc_5952_asks),
		cmocka_unit_test(ipv4_prints_dotted_and_so_does_its_mapped_form),
		cmocka_unit_test(text_that_is_no_address_is_refused_and_changes_nothing),
		cmocka_unit_test(bytes_of_either_family_become_the_address_they_are),
		cmocka_unit_test(only_unicast_counts_as_unicast),
		cmocka_unit_test(addresses_sort_ipv4_first_then_by_number),
		cmocka_unit_test(prefixes_are_read_and_printed),
		cmocka_unit_test(bits_behind_a_prefix_are_named_by_the_masked_one),
		cmocka_unit_test(text_that_is_no_prefix_is_refused_and_changes_nothing),
		cmocka_unit_test(a_prefix_holds_its_own_and_no_other),
		cmocka_unit_test(the_families_stay_apart),
		cmocka_unit_test(a_mac_address_prints_in_six_pairs),
	};

	return cmocka_run_group_tests_name("addr", tests, NULL, NULL);
}
