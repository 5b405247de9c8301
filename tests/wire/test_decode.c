/* What the decoder says of each sample, and of the fields that the samples do not vary. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "samples.h"

static struct made made;

static enum decode decode(const struct made *m, enum link link, struct packet *ret_)
{
	struct frame f = made_frame(m, link);

	return decode_frame(&f, ret_);
}

static void assert_addr(const struct addr *a, const char *text)
{
	struct addr expected = made_addr(text);

	assert_memory_equal(a, &expected, sizeof(expected));
}

static void check_link(const struct sample *s, const struct packet *p)
{
	static const uint8_t none[6];

	assert_int_equal(p->tunnel, s->tunnel);
	assert_int_equal(p->depth, s->depth);
	assert_int_equal(p->pppoe, s->pppoe);
	if (s->pppoe)
		assert_int_equal(p->pppoe_session, 0x1234);
	assert_int_equal(p->tag_count, s->tag_count);
	for (uint8_t i = 0; i < s->tag_count; i++) {
		assert_int_equal(p->tags[i].tpid, s->tags[i].tpid);
		assert_int_equal(p->tags[i].tci, s->tags[i].tci);
	}
	assert_int_equal(p->has_mac, s->has_mac);
	if (!s->has_mac)
		return;
	assert_memory_equal(p->mac_source, MADE_MAC_SOURCE, 6);
	if (s->link == LINK_SLL || s->link == LINK_SLL2)
		assert_memory_equal(p->mac_destination, none, 6);
	else
		assert_memory_equal(p->mac_destination, MADE_MAC_DESTINATION, 6);
}

static void check_segment(const struct sample *s, const struct packet *p)
{
	assert_int_equal(p->time, 1000000);
	assert_int_equal(p->interface, 3);
	assert_addr(&p->source, s->v6 ? SAMPLE_CLIENT6 : SAMPLE_CLIENT);
	assert_addr(&p->destination, s->v6 ? SAMPLE_SERVER6 : SAMPLE_SERVER);
	assert_int_equal(p->hops, 63);
	assert_int_equal(p->source_port, SAMPLE_PORT);
	assert_int_equal(p->destination_port, 25);
	assert_int_equal(p->seq, SAMPLE_SEQ);
}

static void check_tcp(const struct packet *p)
{
	assert_int_equal(p->protocol, 6);
	assert_int_equal(p->ack, SAMPLE_ACK);
	assert_int_equal(p->flags, TCP_PSH | TCP_ACK);
	assert_int_equal(p->window, 64240);
	assert_int_equal(p->payload_length, strlen(SAMPLE_PAYLOAD));
	assert_int_equal(p->payload_captured, strlen(SAMPLE_PAYLOAD));
	assert_memory_equal(p->payload, SAMPLE_PAYLOAD, strlen(SAMPLE_PAYLOAD));
}

static void every_sample_is_understood_as_the_rfcs_have_it(void **state)
{
	struct packet p;

	(void)state;
	for (size_t i = 0; sample_at(i); i++) {
		const struct sample *s = sample_at(i);
		enum decode outcome;

		s->make(&made);
		memset(&p, 0xa5, sizeof(p)); /* nothing that is promised may be left over */
		outcome = decode(&made, s->link, &p);
		if (outcome != s->outcome)
			print_message("%s: %s\n", s->name, decode_name(outcome));
		assert_int_equal(outcome, s->outcome);
		if (outcome != DECODE_TCP && outcome != DECODE_ICMP_ERROR)
			continue;
		check_link(s, &p);
		check_segment(s, &p);
		if (outcome == DECODE_TCP)
			check_tcp(&p);
	}
}

static void sample_named(const char *name)
{
	for (size_t i = 0; sample_at(i); i++) {
		if (strcmp(sample_at(i)->name, name) == 0) {
			sample_at(i)->make(&made);
			return;
		}
	}
	fail_msg("no sample %s", name);
}

static void an_icmp_error_tells_its_reporter_type_and_code(void **state)
{
	struct packet p;

	(void)state;
	sample_named("unreachable, shortest quote");
	assert_int_equal(decode(&made, LINK_ETHERNET, &p), DECODE_ICMP_ERROR);
	assert_addr(&p.reporter, SAMPLE_ROUTER);
	assert_int_equal(p.icmp_type, 3);
	assert_int_equal(p.icmp_code, 1);
	sample_named("ICMPv6 unreachable, extension headers");
	assert_int_equal(decode(&made, LINK_ETHERNET, &p), DECODE_ICMP_ERROR);
	assert_addr(&p.reporter, SAMPLE_ROUTER6);
	assert_int_equal(p.icmp_type, 1);
	assert_int_equal(p.icmp_code, 1);
}

static void a_fragment_tells_its_place(void **state)
{
	struct packet p;

	(void)state;
	sample_named("IPv4 fragment");
	assert_int_equal(decode(&made, LINK_ETHERNET, &p), DECODE_FRAGMENT);
	assert_int_equal(p.fragment_id, 99);
	assert_int_equal(p.fragment_offset, 24);
	assert_false(p.fragment_more);
	assert_int_equal(p.fragment_length, 28);
	assert_int_equal(p.fragment_captured, 28);
	assert_ptr_equal(p.fragment, made_data(&made) + 34);
	sample_named("IPv6 fragment");
	assert_int_equal(decode(&made, LINK_ETHERNET, &p), DECODE_FRAGMENT);
	assert_int_equal(p.fragment_id, 0xdeadbeef);
	assert_int_equal(p.fragment_offset, 8);
	assert_true(p.fragment_more);
	assert_int_equal(p.fragment_length, 16);
	assert_int_equal(p.protocol, 6);
}

static void what_is_no_tunnel_keeps_the_outer_addresses(void **state)
{
	static const char *const names[] = {"VXLAN's port, not VXLAN", "GRE version 2",
					    "GENEVE's port, not GENEVE", "TZSP of 802.11"};
	struct packet p;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		sample_named(names[i]);
		assert_int_equal(decode(&made, LINK_ETHERNET, &p), DECODE_OTHER_IP);
		assert_addr(&p.source, SAMPLE_ROUTER);
		assert_true(p.has_mac);
		assert_memory_equal(p.mac_source, MADE_MAC_OUTER, 6);
		assert_int_equal(p.tag_count, 1);
		assert_int_equal(p.tunnel, TUNNEL_NONE);
	}
}

static void the_icmp_types_that_end_a_connection_are_told_from_others(void **state)
{
	(void)state;
	for (unsigned int type = 0; type < 256; type++) {
		struct packet p;
		bool v4 = type == 3 || type == 11 || type == 12;
		bool v6 = type == 1 || type == 3 || type == 4;

		sample_named("time exceeded");
		made.room[made.at + 34] = (uint8_t)type;
		assert_int_equal(decode(&made, LINK_ETHERNET, &p),
				 v4 ? DECODE_ICMP_ERROR : DECODE_OTHER_IP);
		sample_named("ICMPv6 unreachable, extension headers");
		made.room[made.at + 54] = (uint8_t)type;
		assert_int_equal(decode(&made, LINK_ETHERNET, &p),
				 v6 ? DECODE_ICMP_ERROR : DECODE_OTHER_IP);
	}
}

static void every_null_family_of_ipv6_is_known_in_either_byte_order(void **state)
{
	static const uint8_t families[] = {10, 23, 24, 28, 30};
	struct packet p;

	(void)state;
	for (size_t i = 0; i < sizeof(families); i++) {
		sample_named("raw IPv6");
		made_be32(&made, families[i]);
		assert_int_equal(decode(&made, LINK_NULL, &p), DECODE_TCP);
		made.at += 4;
		made_be32(&made, (uint32_t)families[i] << 24);
		assert_int_equal(decode(&made, LINK_NULL, &p), DECODE_TCP);
	}
	sample_named("raw IPv6");
	made_be32(&made, 7); /* XNS */
	assert_int_equal(decode(&made, LINK_NULL, &p), DECODE_NOT_IP);
}

static void payload_that_the_capture_lacks_is_still_counted(void **state)
{
	struct packet p;
	struct frame f;

	(void)state;
	sample_named("TCP options");
	f = made_frame(&made, LINK_ETHERNET);
	f.captured = 14 + 20 + 20; /* the options are cut too */
	assert_int_equal(decode_frame(&f, &p), DECODE_TCP);
	assert_int_equal(p.payload_captured, 0);
	assert_int_equal(p.payload_length, 8);
	f.captured = 14 + 20 + 32 + 3;
	assert_int_equal(decode_frame(&f, &p), DECODE_TCP);
	assert_int_equal(p.payload_captured, 3);
	assert_memory_equal(p.payload, "EHL", 3);
	f.captured--;
	assert_int_equal(decode_frame(&f, &p), DECODE_TCP);
	assert_int_equal(p.payload_captured, 2);
	f.captured = 14 + 20 + 19;
	assert_int_equal(decode_frame(&f, &p), DECODE_TRUNCATED);
}

/* ERSPAN's T bit: the mirror sent the frame's head alone, with the lengths within as they were. */
static void a_frame_that_its_mirror_cut_counts_like_one_the_capture_cut(void **state)
{
	struct packet p;

	(void)state;
	made_begin(&made);
	made_tcp(&made, SAMPLE_PORT, 25, SAMPLE_SEQ, SAMPLE_ACK, TCP_ACK);
	made_ipv4(&made, 6, SAMPLE_CLIENT, SAMPLE_SERVER);
	made_put16(made.room + made.at + 2, 1500);
	made_ethernet(&made, 0x0800);
	made_hex(&made, "1064 0405 00000001");
	made_hex(&made, "1000 88be 00000011");
	made_ipv4(&made, 47, SAMPLE_ROUTER, "192.0.2.9");
	made_ethernet(&made, 0x0800);
	assert_int_equal(decode(&made, LINK_ETHERNET, &p), DECODE_TCP);
	assert_int_equal(p.payload_length, 1460);
	assert_int_equal(p.payload_captured, 0);
}

static void big_tcp_beyond_64_kib_counts_the_frame(void **state)
{
	struct packet p;

	(void)state;
	for (int v6 = 0; v6 < 2; v6++) {
		made_begin(&made);
		made_fill(&made, 80000, 'x');
		made_tcp(&made, SAMPLE_PORT, 25, SAMPLE_SEQ, SAMPLE_ACK, TCP_ACK);
		if (v6)
			made_ipv6(&made, 6, SAMPLE_CLIENT6, SAMPLE_SERVER6);
		else
			made_ipv4(&made, 6, SAMPLE_CLIENT, SAMPLE_SERVER);
		made_put16(made.room + made.at + (v6 ? 4 : 2), 0);
		made_ethernet(&made, v6 ? 0x86dd : 0x0800);
		assert_int_equal(decode(&made, LINK_ETHERNET, &p), DECODE_TCP);
		assert_int_equal(p.payload_length, 80000);
		assert_int_equal(p.payload_captured, 80000);
	}
}

static void a_lie_of_the_frame_itself_is_no_snapshot_cut(void **state)
{
	struct packet p;
	struct frame f;

	(void)state;
	sample_named("Ethernet, IPv4");
	f = made_frame(&made, LINK_ETHERNET);
	f.captured = f.length = 14 + 19;
	assert_int_equal(decode_frame(&f, &p), DECODE_BAD_IP);
	f.captured = f.length = 13;
	assert_int_equal(decode_frame(&f, &p), DECODE_BAD_LINK_LAYER);
	f.length = 60;
	assert_int_equal(decode_frame(&f, &p), DECODE_TRUNCATED);
}

static void fragments_that_can_hold_nothing_for_us_are_not_reassembled(void **state)
{
	struct packet p;

	(void)state;
	made_begin(&made);
	made_fill(&made, 1480, 8);
	made_ipv4_with(&made, 1, SAMPLE_CLIENT, SAMPLE_SERVER, 0, 99, 0x2000);
	made_ethernet(&made, 0x0800);
	assert_int_equal(decode(&made, LINK_ETHERNET, &p), DECODE_OTHER_IP);
	assert_int_equal(p.protocol, 1);
}

static void a_reassembled_datagram_is_no_fragment_again(void **state)
{
	struct packet outer, p;

	(void)state;
	sample_named("IPv6 fragment");
	assert_int_equal(decode(&made, LINK_ETHERNET, &outer), DECODE_FRAGMENT);
	outer.protocol = 44;
	made_begin(&made);
	made_fill(&made, 16, 1);
	made_fragment6(&made, 6, 7, 0, true);
	assert_int_equal(decode_datagram(&outer, made_data(&made), made_length(&made), &p),
			 DECODE_BAD_EXTENSION);
}

static void a_datagram_of_dns_tells_its_ports_and_payload(void **state)
{
	struct frame f;
	struct packet p;

	(void)state;
	sample_named("DNS");
	assert_int_equal(decode(&made, LINK_ETHERNET, &p), DECODE_UDP);
	assert_addr(&p.source, SAMPLE_CLIENT);
	assert_int_equal(p.protocol, 17);
	assert_int_equal(p.source_port, 40001);
	assert_int_equal(p.destination_port, 53);
	assert_ptr_equal(p.payload, made_data(&made) + 14 + 20 + 8);
	assert_int_equal(p.payload_captured, 12);
	assert_int_equal(p.payload_length, 12);
	f = made_frame(&made, LINK_ETHERNET);
	f.captured = 14 + 20 + 8 + 5;
	assert_int_equal(decode_frame(&f, &p), DECODE_UDP);
	assert_int_equal(p.payload_captured, 5);
	assert_int_equal(p.payload_length, 12);
	sample_named("IPv6, an answer of DNS");
	assert_int_equal(decode(&made, LINK_ETHERNET, &p), DECODE_UDP);
	assert_int_equal(p.source_port, 53);
	assert_int_equal(p.payload_length, 12);
}

/* The port of a tunnel goes before: whoever mirrors may choose his own as he likes. */
static void a_tunnel_from_port_53_is_unpacked(void **state)
{
	struct packet p;

	(void)state;
	sample_named("Ethernet, IPv4");
	made_hex(&made, "08000000 00000700");
	made_udp(&made, 53, 4789);
	made_ipv4(&made, 17, "192.0.2.1", "192.0.2.2");
	made_ethernet(&made, 0x0800);
	assert_int_equal(decode(&made, LINK_ETHERNET, &p), DECODE_TCP);
	assert_int_equal(p.tunnel, TUNNEL_VXLAN);
}

static void a_datagram_goes_on_where_its_fragment_stopped(void **state)
{
	struct packet p;

	(void)state;
	sample_named("IPv6 fragment");
	assert_int_equal(decode(&made, LINK_ETHERNET, &p), DECODE_FRAGMENT);
	made_begin(&made);
	made_text(&made, SAMPLE_PAYLOAD);
	made_tcp(&made, SAMPLE_PORT, 25, SAMPLE_SEQ, SAMPLE_ACK, TCP_PSH | TCP_ACK);
	assert_int_equal(decode_datagram(&p, made_data(&made), made_length(&made), &p), DECODE_TCP);
	check_tcp(&p);
	assert_addr(&p.source, SAMPLE_CLIENT6);
	assert_true(p.has_mac);
}

static void link_types_of_capture_files_are_known_by_number(void **state)
{
	static const struct {
		int dlt;
		enum link link;
	} known[] = {{0, LINK_NULL},	  {108, LINK_NULL},  {1, LINK_ETHERNET}, {12, LINK_RAW},
		     {14, LINK_RAW},	  {101, LINK_RAW},   {228, LINK_RAW},	 {229, LINK_RAW},
		     {9, LINK_PPP},	  {50, LINK_PPP},    {113, LINK_SLL},	 {276, LINK_SLL2},
		     {105, LINK_UNKNOWN}, {-1, LINK_UNKNOWN}};
	struct packet p;

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		assert_int_equal(link_of_dlt(known[i].dlt), known[i].link);
	sample_named("Ethernet, IPv4");
	assert_int_equal(decode(&made, LINK_UNKNOWN, &p), DECODE_BAD_LINK);
}

static void every_outcome_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < DECODE_COUNT; i++) {
		for (unsigned int j = 0; j < i; j++)
			assert_string_not_equal(decode_name(i), decode_name(j));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_sample_is_understood_as_the_rfcs_have_it),
		cmocka_unit_test(an_icmp_error_tells_its_reporter_type_and_code),
		cmocka_unit_test(a_fragment_tells_its_place),
		cmocka_unit_test(what_is_no_tunnel_keeps_the_outer_addresses),
		cmocka_unit_test(the_icmp_types_that_end_a_connection_are_told_from_others),
		cmocka_unit_test(every_null_family_of_ipv6_is_known_in_either_byte_order),
		cmocka_unit_test(payload_that_the_capture_lacks_is_still_counted),
		cmocka_unit_test(a_frame_that_its_mirror_cut_counts_like_one_the_capture_cut),
		cmocka_unit_test(big_tcp_beyond_64_kib_counts_the_frame),
		cmocka_unit_test(a_lie_of_the_frame_itself_is_no_snapshot_cut),
		cmocka_unit_test(fragments_that_can_hold_nothing_for_us_are_not_reassembled),
		cmocka_unit_test(a_reassembled_datagram_is_no_fragment_again),
		cmocka_unit_test(a_datagram_of_dns_tells_its_ports_and_payload),
		cmocka_unit_test(a_tunnel_from_port_53_is_unpacked),
		cmocka_unit_test(a_datagram_goes_on_where_its_fragment_stopped),
		cmocka_unit_test(link_types_of_capture_files_are_known_by_number),
		cmocka_unit_test(every_outcome_has_a_name_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
