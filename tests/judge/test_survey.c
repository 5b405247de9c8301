/* What frames tell of a deployment, and whom to ask whether probes reach the hosts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../wire/frames.h"
#include "judge/survey.h"

static const uint8_t own[6] = {2, 0x25, 0, 0, 0, 1};
static const uint8_t router[6] = {2, 0, 0, 0, 0, 1}, pc[6] = {2, 0, 0, 0, 0, 0x77};

static struct check_facts f;
static struct survey *s;
static struct policy *policy;
static struct made m;

static void begin(bool via)
{
	static struct addr public_address;
	struct survey_options options = {.key = {.k = {1, 2}},
					 .policy = policy,
					 .public_addresses = &public_address,
					 .public_count = 1,
					 .via = via,
					 .facts = &f};

	survey_free(s);
	public_address = made_addr("198.51.100.9");
	f = (struct check_facts){.port_count = 2, .prober_count = via ? 1 : 2};
	for (size_t i = 0; i < 2; i++) {
		f.ports[i].mtu = 1500;
		f.ports[i].has_mac = true;
		memcpy(f.ports[i].mac, own, sizeof(own));
	}
	s = survey_new(&options);
	assert_non_null(s);
	survey_set_prober(s, 0, own);
}

static int enter(void **state)
{
	struct prefix server;

	(void)state;
	policy = policy_new();
	assert_int_equal(prefix_parse("10.0.0.25", &server), 0);
	assert_int_equal(policy_add_mail_server(policy, &server, "test"), 0);
	begin(false);
	return 0;
}

static int leave(void **state)
{
	(void)state;
	survey_free(s);
	s = NULL;
	policy_free(policy);
	return 0;
}

static void see(uint16_t port)
{
	struct frame frame = made_frame(&m, LINK_ETHERNET);

	frame.interface = port;
	survey_frame(s, &frame);
}

/* An IPv4 segment in a frame that goes from one MAC address to another, in a VLAN unless 0. */
static void segment(const char *from, const char *to, uint16_t source, uint16_t destination,
		    uint32_t ack, uint8_t flags, uint8_t hops, uint16_t vlan)
{
	bool out = strncmp(from, "10.", 3) == 0;

	made_begin(&m);
	made_tcp(&m, source, destination, 1, ack, flags);
	made_ipv4(&m, 6, from, to);
	m.room[m.at + 8] = hops;
	made_be16(&m, 0x0800);
	if (vlan)
		made_tag(&m, 0x8100, vlan);
	made_bytes(&m, out ? pc : router, 6);
	made_bytes(&m, out ? router : pc, 6);
}

static void talk(bool out, uint16_t port, uint32_t ack, uint8_t flags)
{
	const char *host = "10.0.3.77", *server = "203.0.113.5";

	if (out)
		segment(host, server, port, 443, ack, flags, 63, 0);
	else
		segment(server, host, 443, port, ack, flags, 50, 0);
	see(0);
}

static void expect_talks(uint32_t both, uint32_t outward, uint32_t inward)
{
	survey_count_talks(s);
	assert_int_equal(f.talks.both, both);
	assert_int_equal(f.talks.lone[CHECK_OUTWARD], outward);
	assert_int_equal(f.talks.lone[CHECK_INWARD], inward);
}

static void a_conversation_is_seen_in_both_directions_or_one(void **state)
{
	(void)state;
	talk(true, 1, 100, TCP_ACK);
	talk(false, 1, 1, TCP_ACK);
	expect_talks(1, 0, 0);
	/* What is acknowledged moves on: the other end has spoken, and was not seen. */
	talk(true, 2, 100, TCP_ACK);
	expect_talks(1, 0, 0);
	talk(true, 2, 200, TCP_ACK);
	expect_talks(1, 1, 0);
	talk(false, 3, 100, TCP_ACK | TCP_PSH);
	talk(false, 3, 200, TCP_ACK);
	expect_talks(1, 1, 1);
	/* And is then seen after all. */
	talk(false, 2, 1, TCP_ACK);
	expect_talks(2, 0, 1);
}

static void what_has_no_answer_is_no_sign_of_a_one_sided_mirror(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		talk(true, 1, 0, TCP_SYN);
		talk(true, 2, 5, TCP_ACK); /* a keep-alive */
		talk(true, 3, (uint32_t)i, TCP_ACK | TCP_RST);
	}
	expect_talks(0, 0, 0);
}

static void a_flood_of_forged_segments_drives_out_no_proven_conversation(void **state)
{
	(void)state;
	for (uint16_t port = 1; port <= 20; port++) {
		talk(true, port, 100, TCP_ACK);
		talk(false, port, 1, TCP_ACK);
	}
	for (unsigned int i = 0; i < 60000; i++)
		talk(true, (uint16_t)(1000 + i), 5, TCP_ACK);
	expect_talks(20, 0, 0);
}

static void ends_are_inside_or_outside(void **state)
{
	(void)state;
	segment("10.0.3.77", "203.0.113.5", 1, 443, 0, TCP_SYN, 63, 0);
	see(1);
	segment("10.0.3.77", "10.0.3.78", 1, 443, 0, TCP_SYN, 63, 0);
	see(1);
	segment("10.0.3.77", "224.0.0.251", 1, 443, 0, TCP_SYN, 63, 0);
	see(1);
	assert_int_equal(f.sides.across, 1);
	assert_int_equal(f.sides.internal, 1);
	assert_int_equal(f.sides.external, 0);
	assert_int_equal(f.ports[1].ways[CHECK_OUTWARD][0], 1);
	/* The same two external ends either way are one example. */
	segment("192.0.2.1", "203.0.113.5", 1, 443, 0, TCP_SYN, 63, 0);
	see(1);
	segment("203.0.113.5", "192.0.2.1", 443, 1, 0, TCP_SYN, 63, 0);
	see(1);
	assert_int_equal(f.sides.external, 2);
	assert_int_equal(f.sides.example_count, 1);
	assert_false(f.sides.public_seen);
	segment("203.0.113.5", "198.51.100.9", 443, 1, 0, TCP_SYN, 63, 0);
	see(1);
	assert_true(f.sides.public_seen);
	assert_false(f.servers[0].seen);
	segment("203.0.113.5", "10.0.0.25", 443, 1, 0, TCP_SYN, 63, 0);
	see(1);
	assert_true(f.servers[0].seen);
	assert_int_equal(f.ports[1].frames, 7);
	assert_int_equal(f.ports[0].frames, 0);
}

static void tags_strangers_and_lengths_are_noted(void **state)
{
	struct frame frame;

	(void)state;
	segment("10.0.3.77", "203.0.113.5", 1, 443, 0, TCP_SYN, 63, 30);
	see(0);
	assert_int_equal(f.ports[0].tagged, 1);
	assert_int_equal(f.ports[0].deepest, 1);
	assert_int_equal(f.ports[0].vlans[30 / 8], 1 << 30 % 8);
	assert_int_equal(f.ports[0].ways[CHECK_OUTWARD][1], 1);
	assert_int_equal(f.ports[0].strangers, 1);
	/* To this machine, from it, and to everybody. */
	for (int i = 0; i < 3; i++) {
		segment("10.0.3.77", "203.0.113.5", 1, 443, 0, TCP_SYN, 63, 0);
		memcpy(m.room + m.at + (i == 1 ? 6 : 0), i == 2 ? (const uint8_t *)"\xff" : own,
		       i == 2 ? 1 : 6);
		see(0);
	}
	assert_int_equal(f.ports[0].strangers, 1);
	/* 1500 bytes of IP behind three tags are no longer than they may be. */
	frame = made_frame(&m, LINK_ETHERNET);
	frame.interface = 0;
	frame.length = 1500 + 14 + 12 + 4;
	survey_frame(s, &frame);
	assert_int_equal(f.ports[0].merged, 0);
	frame.length++;
	survey_frame(s, &frame);
	assert_int_equal(f.ports[0].merged, 1);
	assert_int_equal(f.ports[0].longest, 1531);
}

static void what_is_not_understood_is_counted_and_strangers_tunnels_are_not_believed(void **state)
{
	(void)state;
	made_begin(&m);
	made_hex(&m, "65");
	made_ethernet(&m, 0x0800);
	see(0);
	assert_int_equal(f.ports[0].unread, 1);
	for (int i = 0; i < 2; i++) { /* IP in IP */
		made_begin(&m);
		made_tcp(&m, 1, 443, 1, 0, TCP_SYN);
		made_ipv4(&m, 6, "10.0.3.77", "203.0.113.5");
		made_ipv4(&m, 4, i ? "10.0.0.2" : "203.0.113.2", "10.0.0.9");
		made_ethernet(&m, 0x0800);
		see(0);
		assert_int_equal(f.sides.foreign, 1);
		assert_int_equal(f.sides.across, i);
	}
	assert_int_equal(f.ports[0].tunnels, 1u << TUNNEL_GRE);
}

/* --- probes ----------------------------------------------------------------------------------- */

/* ARP of an address and the MAC address that its frames come from. */
static void arp(const char *owner, const uint8_t *mac, const char *operation,
		const uint8_t *target_mac)
{
	struct addr a = made_addr(owner);

	made_begin(&m);
	made_hex(&m, "0a000001");
	made_bytes(&m, target_mac, 6);
	made_bytes(&m, a.b + 12, 4);
	made_bytes(&m, mac, 6);
	made_hex(&m, operation);
	made_hex(&m, "0001 0800 06 04");
	made_be16(&m, 0x0806);
	made_bytes(&m, mac, 6);
	made_hex(&m, "ffffffffffff");
}

/* As the monitor does when one was sent. */
static void ask(const char *expected)
{
	struct check_prober *p = &f.probers[0];
	struct addr target = made_addr(expected);
	struct probe probe;

	assert_true(survey_next_probe(s, 0, &probe));
	assert_true(addr_equal(&probe.target, &target));
	p->asked[p->sent++] = probe.target;
}

static void only_hosts_that_are_surely_on_the_link_are_asked(void **state)
{
	struct probe probe;

	(void)state;
	segment("10.0.3.76", "203.0.113.5", 1, 443, 0, TCP_SYN, 63, 0); /* passed a router */
	see(0);
	segment("203.0.113.5", "10.0.3.76", 1, 443, 0, TCP_SYN, 64, 0); /* is none of ours */
	see(0);
	segment("10.0.3.75", "203.0.113.5", 1, 443, 0, TCP_SYN, 64, 0); /* of another port */
	see(1);
	arp("10.0.3.74", own, "0001", own); /* is this machine */
	see(0);
	assert_false(survey_next_probe(s, 0, &probe));
	segment("10.0.3.77", "203.0.113.5", 1, 443, 0, TCP_SYN, 64, 30);
	see(0);
	assert_true(survey_next_probe(s, 0, &probe));
	assert_true(addr_equal(&probe.target, &(struct addr){.b = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
								   0xff, 0xff, 10, 0, 3, 77}}));
	assert_memory_equal(probe.mac, pc, 6);
	assert_int_equal(probe.tag_count, 1);
	assert_int_equal(probe.tags[0].tci, 30);
	/* The second prober was never set. */
	assert_false(survey_next_probe(s, 1, &probe));
}

static void who_speaks_arp_is_asked_first_and_each_once_before_any_twice(void **state)
{
	(void)state;
	segment("10.0.3.77", "203.0.113.5", 1, 443, 0, TCP_SYN, 128, 0);
	see(0);
	arp("10.0.3.1", router, "0001", own);
	see(0);
	ask("10.0.3.1");
	ask("10.0.3.77");
	ask("10.0.3.1");
}

/* Hosts whose TTL alone says that they are near: as many as somebody likes to forge. */
static void flood(void)
{
	char text[ADDR_TEXT];

	for (unsigned int i = 0; i < 5000; i++) {
		struct addr a = made_addr("10.1.0.0");

		a.b[14] = (uint8_t)(i >> 8);
		a.b[15] = (uint8_t)i;
		segment(addr_format(&a, text), "203.0.113.5", 1, 443, 0, TCP_SYN, 64, 0);
		see(0);
	}
}

static void a_flood_of_hosts_drives_out_none_that_speaks_arp(void **state)
{
	struct addr a = made_addr("10.0.3.0");
	char text[ADDR_TEXT];
	struct probe probe;

	(void)state;
	arp("10.0.3.1", router, "0001", own);
	see(0);
	flood();
	ask("10.0.3.1");
	for (a.b[15] = 2; a.b[15] < 10; a.b[15]++) {
		arp(addr_format(&a, text), pc, "0001", own);
		see(0);
	}
	flood();
	for (int i = 0; i < 8; i++) {
		assert_true(survey_next_probe(s, 0, &probe));
		assert_memory_equal(probe.target.b + 12, "\x0a\x00\x03", 3);
	}
}

static void an_answer_counts_where_it_is_to_us_of_whom_was_asked(void **state)
{
	(void)state;
	arp("10.0.3.77", pc, "0001", own);
	see(0);
	arp("10.0.3.77", pc, "0002", own); /* before anything was asked */
	see(0);
	assert_false(f.probers[0].answered);
	ask("10.0.3.77");
	arp("10.0.3.77", pc, "0002", router); /* to another one */
	see(0);
	arp("10.0.3.78", pc, "0002", own); /* of another one */
	see(0);
	arp("10.0.3.77", pc, "0001", own); /* a question */
	see(0);
	assert_false(f.probers[0].answered);
	arp("10.0.3.77", pc, "0002", own); /* by the interface that sends alone */
	see(2);
	assert_true(f.probers[0].answered);
	assert_false(f.probers[0].seen_again);
	assert_int_equal(f.ports[0].frames, 5);
}

static void a_probe_that_comes_in_was_passed_on(void **state)
{
	uint8_t frame[PROBE_ROOM];
	struct probe probe = {.target = made_addr("10.0.3.77")};

	(void)state;
	arp("10.0.3.77", pc, "0001", own);
	see(0);
	made_begin(&m);
	made_bytes(&m, frame, probe_build(&probe, own, frame));
	see(0); /* nobody was asked yet */
	assert_false(f.probers[0].seen_again);
	ask("10.0.3.77");
	see(0);
	assert_true(f.probers[0].seen_again);
	assert_false(f.probers[0].answered);
}

static void behind_a_remote_mirror_hosts_are_asked_by_another_interface_alone(void **state)
{
	struct probe probe;

	(void)state;
	for (int via = 0; via < 2; via++) {
		begin(via);
		made_begin(&m);
		made_tcp(&m, 1, 443, 1, 0, TCP_SYN);
		made_ipv4(&m, 6, "10.0.3.77", "203.0.113.5");
		m.room[m.at + 8] = 64;
		made_ethernet(&m, 0x0800);
		made_hex(&m, "0000 6558"); /* GRE with Ethernet */
		made_ipv4(&m, 47, "10.0.0.2", "10.0.0.9");
		made_outer_ethernet(&m, 0x0800);
		see(0);
		assert_int_equal(survey_next_probe(s, 0, &probe), via);
	}
	assert_memory_equal(probe.mac, MADE_MAC_SOURCE, 6);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)
	const struct CMUnitTest tests[] = {
		TEST(a_conversation_is_seen_in_both_directions_or_one),
		TEST(what_has_no_answer_is_no_sign_of_a_one_sided_mirror),
		TEST(a_flood_of_forged_segments_drives_out_no_proven_conversation),
		TEST(ends_are_inside_or_outside),
		TEST(tags_strangers_and_lengths_are_noted),
		TEST(what_is_not_understood_is_counted_and_strangers_tunnels_are_not_believed),
		TEST(only_hosts_that_are_surely_on_the_link_are_asked),
		TEST(who_speaks_arp_is_asked_first_and_each_once_before_any_twice),
		TEST(a_flood_of_hosts_drives_out_none_that_speaks_arp),
		TEST(an_answer_counts_where_it_is_to_us_of_whom_was_asked),
		TEST(a_probe_that_comes_in_was_passed_on),
		TEST(behind_a_remote_mirror_hosts_are_asked_by_another_interface_alone),
	};

	return cmocka_run_group_tests_name("survey", tests, NULL, NULL);
}
