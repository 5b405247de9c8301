#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "flow/neighbours.h"

#define MINUTE (60 * INT64_C(1000000))

static struct neighbours *n;
static int64_t now;
static uint8_t told[64][6];
static int count;

static int open_table(void **state)
{
	struct hash_key key = {{3, 4}};

	(void)state;
	n = neighbours_new(&key);
	now = 1000 * MINUTE;
	count = 0;
	return n ? 0 : -1;
}

static int close_table(void **state)
{
	(void)state;
	neighbours_free(n);
	return 0;
}

static const uint8_t host[6] = {2, 0, 0, 0, 0, 7};

static void note(const uint8_t mac[6], const char *address)
{
	struct packet p = {.has_mac = true, .time = now};

	memcpy(p.mac_destination, mac, 6);
	assert_int_equal(addr_parse(address, &p.destination), 0);
	neighbours_note(n, &p);
}

/* Takes what is told, and tells whether the MAC was or had been among it. */
static bool is_router(const uint8_t mac[6])
{
	uint8_t one[6];

	while (neighbours_next_router(n, one) && count < 64)
		memcpy(told[count++], one, 6);
	for (int i = 0; i < count; i++)
		if (memcmp(told[i], mac, 6) == 0)
			return true;
	return false;
}

static void a_host_with_three_addresses_is_a_host(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++) {
		note(host, "10.0.0.1");
		note(host, "10.0.0.2");
		note(host, "169.254.3.4");
	}
	assert_false(is_router(host));
}

static void a_mac_with_four_addresses_is_a_router_and_told_once(void **state)
{
	uint8_t mac[6];

	(void)state;
	note(host, "10.0.0.1");
	note(host, "10.0.0.2");
	note(host, "10.0.0.3");
	assert_false(neighbours_next_router(n, mac));
	note(host, "10.0.0.4");
	assert_true(neighbours_next_router(n, mac));
	assert_memory_equal(mac, host, 6);
	assert_false(neighbours_next_router(n, mac));
}

static void privacy_addresses_of_one_network_are_one_host(void **state)
{
	char text[64];

	(void)state;
	for (int i = 0; i < 200; i++) {
		snprintf(text, sizeof(text), "2001:db8:0:1::%x", i + 1);
		note(host, text);
		snprintf(text, sizeof(text), "fe80::%x", i + 1);
		note(host, text);
	}
	assert_false(is_router(host));
}

static void four_ipv6_networks_are_a_routers(void **state)
{
	(void)state;
	note(host, "2001:db8:0:1::1");
	note(host, "2001:db8:0:2::1");
	note(host, "2001:db8:0:3::1");
	note(host, "2001:db8:0:4::1");
	assert_true(is_router(host));
}

static void a_new_lease_every_day_makes_no_router(void **state)
{
	char text[64];

	(void)state;
	for (int day = 0; day < 100; day++) {
		snprintf(text, sizeof(text), "10.0.1.%d", day + 1);
		note(host, text);
		now += 24 * 60 * MINUTE;
	}
	assert_false(is_router(host));
}

static void virtual_routers_are_known_by_their_prefix(void **state)
{
	static const uint8_t macs[][6] = {
		{0x00, 0x00, 0x5e, 0x00, 0x01, 0x33}, {0x00, 0x00, 0x5e, 0x00, 0x02, 0x01},
		{0x00, 0x00, 0x0c, 0x07, 0xac, 0x0a}, {0x00, 0x00, 0x0c, 0x9f, 0xf1, 0x23},
		{0x00, 0x07, 0xb4, 0x00, 0x01, 0x02},
	};
	static const uint8_t not [6] = {0x00, 0x00, 0x0c, 0x9f, 0xe1, 0x23};

	(void)state;
	for (size_t i = 0; i < sizeof(macs) / sizeof(macs[0]); i++) {
		note(macs[i], "10.0.0.1");
		assert_true(is_router(macs[i]));
	}
	note(not, "10.0.0.1");
	assert_false(is_router(not ));
}

static void a_flood_of_forged_macs_is_bounded_and_counted(void **state)
{
	uint8_t mac[6] = {2};

	(void)state;
	for (uint32_t i = 0; i < 200000; i++) {
		memcpy(mac + 2, &i, 4);
		note(mac, "10.9.9.9");
	}
	assert_true(neighbours_evicted(n) >= 200000 - NEIGHBOURS_MACS);
	assert_true(neighbours_evicted(n) < 200000);
}

static void group_and_zero_addresses_are_nobodys(void **state)
{
	static const uint8_t group[6] = {0x01, 0, 0x5e, 0, 0, 1}, zero[6];

	(void)state;
	for (int i = 0; i < 10; i++) {
		char text[64];

		snprintf(text, sizeof(text), "10.0.0.%d", i + 1);
		note(group, text);
		note(zero, text);
	}
	assert_false(is_router(group));
	assert_false(is_router(zero));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_table, close_table)
	const struct CMUnitTest tests[] = {
		TEST(a_host_with_three_addresses_is_a_host),
		TEST(a_mac_with_four_addresses_is_a_router_and_told_once),
		TEST(privacy_addresses_of_one_network_are_one_host),
		TEST(four_ipv6_networks_are_a_routers),
		TEST(a_new_lease_every_day_makes_no_router),
		TEST(virtual_routers_are_known_by_their_prefix),
		TEST(a_flood_of_forged_macs_is_bounded_and_counted),
		TEST(group_and_zero_addresses_are_nobodys),
	};

	return cmocka_run_group_tests_name("neighbours", tests, NULL, NULL);
}
