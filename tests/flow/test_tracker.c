/*
 * What counts as an attempt, as egress25(1) says it.  Every expectation here is worked out by hand
 * from that text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "world.h"

static void one_syn_is_one_unanswered_attempt(void **state)
{
	(void)state;
	from_client(&w, &bot, TCP_SYN, 1000, 0, 0);
	expect(1, 0);
	assert_int_equal(w.outcomes[OUTCOME_UNANSWERED], 1);
	assert_int_equal(w.counters->stray, 0);
}

static void retransmitted_syns_are_the_same_attempt(void **state)
{
	(void)state;
	for (int i = 0; i < 7; i++) {
		from_client(&w, &bot, TCP_SYN, 1000, 0, 0);
		w.now += (INT64_C(1) << i) * SEC; /* Linux: 1, 3, 7, 15, 31, 63 s */
	}
	expect(1, 0);
}

static void the_same_syn_counts_anew_after_240_seconds_of_silence(void **state)
{
	(void)state;
	from_client(&w, &bot, TCP_SYN, 1000, 0, 0);
	w.now += 240 * SEC - 20 * MS;
	from_client(&w, &bot, TCP_SYN, 1000, 0, 0);
	assert_int_equal(w.begun, 1);
	w.now += 240 * SEC;
	from_client(&w, &bot, TCP_SYN, 1000, 0, 0);
	expect(2, 0);
}

static void a_new_sequence_number_is_a_new_attempt_at_once(void **state)
{
	(void)state;
	handshake(&bot, 1000, 5000);
	from_client(&w, &bot, TCP_SYN, 77777, 0, 0);
	w.now += MS;
	/* A late copy of the first SYN and a late segment of the old connection start nothing. */
	from_client(&w, &bot, TCP_SYN, 1000, 0, 0);
	from_client(&w, &bot, TCP_ACK | TCP_PSH, 1001, 5001, 20);
	expect(2, 1);
	assert_int_equal(w.sent, 20);
}

static void every_reuse_of_one_port_is_an_attempt(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 100000; i++) {
		from_client(&w, &bot, TCP_SYN, i * 64001, 0, 0);
		if (i % 3 == 0)
			from_client(&w, &bot, TCP_SYN, i * 64001, 0, 0);
		w.now += 10;
	}
	expect(100000, 0);
}

static void a_second_copy_of_every_frame_changes_no_count(void **state)
{
	(void)state;
	for (int copy = 0; copy < 2; copy++) {
		world_link(64, 7, copy ? 20 : 0);
		from_client(&w, &bot, TCP_SYN, 1000, 0, 0);
	}
	for (int copy = 0; copy < 2; copy++)
		from_server(&w, &bot, TCP_SYN | TCP_ACK, 5000, 1001, 0);
	for (int copy = 0; copy < 2; copy++)
		from_client(&w, &bot, TCP_ACK, 1001, 5001, 0);
	for (int copy = 0; copy < 2; copy++)
		from_server(&w, &bot, TCP_ACK, 5001, 1001, 30);
	for (int copy = 0; copy < 2; copy++)
		from_client(&w, &bot, TCP_ACK, 1001, 5031, 12);
	expect(1, 1);
	assert_int_equal(w.sent, 12);
	assert_int_equal(w.received, 30);
	assert_int_equal(w.counters->stray, 0);
}

static void ecn_and_fast_open_syns_count(void **state)
{
	(void)state;
	from_client(&w, &bot, TCP_SYN | 0xc0, 1000, 0, 0);
	from_client(&w, &(struct talk){"10.0.3.78", "198.51.100.4", 1, 25}, TCP_SYN, 1, 0, 100);
	/* The server took the data: its SYN+ACK acknowledges it too. */
	from_server(&w, &(struct talk){"10.0.3.78", "198.51.100.4", 1, 25}, TCP_SYN | TCP_ACK, 9,
		    102, 0);
	expect(2, 1);
	assert_int_equal(w.sent, 100);
}

static void fast_open_data_sent_again_is_counted_once(void **state)
{
	(void)state;
	from_client(&w, &bot, TCP_SYN, 1000, 0, 100);
	from_server(&w, &bot, TCP_SYN | TCP_ACK, 5000, 1001, 0);
	from_client(&w, &bot, TCP_ACK, 1001, 5001, 100);
	expect(1, 1);
	assert_int_equal(w.sent, 100);
}

static void an_internal_server_is_no_offence(void **state)
{
	struct talk inbound = {"10.0.0.25", "203.0.113.9", 25, 40000};

	(void)state;
	/* An external client opens; our server answers from port 25. */
	from_server(&w, &inbound, TCP_SYN, 1000, 0, 0);
	from_client(&w, &inbound, TCP_SYN | TCP_ACK, 5000, 1001, 0);
	from_server(&w, &inbound, TCP_ACK, 1001, 5001, 0);
	from_client(&w, &inbound, TCP_ACK, 5001, 1001, 60);
	expect(0, 0);
	assert_int_equal(w.counters->inbound, 4);
	assert_int_equal(w.counters->stray, 0);
}

static void mail_from_port_25_to_our_port_25_is_inbound(void **state)
{
	struct talk both = {"10.0.0.25", "203.0.113.9", 25, 25};

	(void)state;
	from_server(&w, &both, TCP_SYN, 1000, 0, 0);
	from_client(&w, &both, TCP_SYN | TCP_ACK, 5000, 1001, 0);
	from_client(&w, &both, TCP_ACK, 5001, 1001, 60);
	expect(0, 0);
}

static void a_syn_from_port_25_to_port_25_counts(void **state)
{
	struct talk both = {"10.0.3.77", "198.51.100.4", 25, 25};

	(void)state;
	handshake(&both, 1000, 5000);
	from_client(&w, &both, TCP_ACK, 1001, 5001, 10);
	expect(1, 1);
}

static void internal_to_internal_is_only_counted(void **state)
{
	(void)state;
	from_client(&w, &(struct talk){"10.0.3.77", "10.0.0.25", 1000, 25}, TCP_SYN, 1, 0, 0);
	expect(0, 0);
	assert_int_equal(w.counters->internal, 1);
}

static void multicast_is_passed_over(void **state)
{
	(void)state;
	from_client(&w, &(struct talk){"10.0.3.77", "239.1.1.1", 1000, 25}, TCP_SYN, 1, 0, 0);
	from_client(&w, &(struct talk){"10.0.3.77", "255.255.255.255", 1000, 25}, TCP_SYN, 1, 0, 0);
	expect(0, 0);
}

static void external_to_external_is_unclassified_once(void **state)
{
	struct talk nat = {"203.0.113.9", "198.51.100.4", 1000, 25};

	(void)state;
	from_client(&w, &nat, TCP_SYN, 1, 0, 0);
	w.now += SEC;
	from_client(&w, &nat, TCP_SYN, 1, 0, 0);
	from_server(&w, &nat, TCP_SYN | TCP_ACK, 9, 2, 0);
	expect(0, 0);
	assert_int_equal(w.counters->unclassified, 1);
}

static void also_watched_ports_between_externals_are_nothing(void **state)
{
	(void)state;
	from_client(&w, &(struct talk){"203.0.113.9", "198.51.100.4", 1000, 465}, TCP_SYN, 1, 0, 0);
	expect(0, 0);
	assert_int_equal(w.counters->unclassified, 0);
}

static void a_rst_that_answers_the_syn_is_a_refusal(void **state)
{
	(void)state;
	from_client(&w, &bot, TCP_SYN, 1000, 0, 0);
	from_server(&w, &bot, TCP_RST | TCP_ACK, 0, 1001, 0);
	expect(1, 0);
	assert_int_equal(w.outcomes[OUTCOME_REFUSED], 1);
}

static void a_rst_with_another_number_refuses_nothing(void **state)
{
	(void)state;
	from_client(&w, &bot, TCP_SYN, 1000, 0, 0);
	from_server(&w, &bot, TCP_RST | TCP_ACK, 0, 4001, 0);
	from_server(&w, &bot, TCP_RST, 0, 0, 0);
	expect(1, 0);
	assert_int_equal(w.outcomes[OUTCOME_UNANSWERED], 1);
	assert_int_equal(w.counters->stray, 2);
}

static void a_refused_syn_tried_again_is_the_same_attempt_and_may_connect(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) { /* Winsock */
		from_client(&w, &bot, TCP_SYN, 1000, 0, 0);
		from_server(&w, &bot, TCP_RST | TCP_ACK, 0, 1001, 0);
		w.now += 500 * MS;
	}
	assert_int_equal(w.begun, 1);
	from_client(&w, &bot, TCP_SYN, 1000, 0, 0);
	from_server(&w, &bot, TCP_SYN | TCP_ACK, 5000, 1001, 0);
	from_server(&w, &bot, TCP_ACK, 5001, 1001, 40);
	expect(1, 1);
	assert_int_equal(w.outcomes[OUTCOME_CONNECTED], 1);
	assert_int_equal(w.received, 40);
	assert_int_equal(w.open_at_end, 1);
}

static void an_icmp_error_that_quotes_the_syn_makes_it_unreachable(void **state)
{
	(void)state;
	from_client(&w, &bot, TCP_SYN, 1000, 0, 0);
	icmp_quotes(&w, &bot, 1000);
	expect(1, 0);
	assert_int_equal(w.outcomes[OUTCOME_UNREACHABLE], 1);
}

static void an_icmp_error_that_quotes_another_segment_changes_nothing(void **state)
{
	(void)state;
	from_client(&w, &bot, TCP_SYN, 1000, 0, 0);
	icmp_quotes(&w, &bot, 999);
	expect(1, 0);
	assert_int_equal(w.outcomes[OUTCOME_UNANSWERED], 1);
}

static void an_icmp_error_alone_starts_nothing(void **state)
{
	(void)state;
	icmp_quotes(&w, &bot, 1000);
	expect(0, 0);
	assert_int_equal(w.counters->stray, 1);
}

static void a_connection_answered_is_never_unreachable(void **state)
{
	(void)state;
	handshake(&bot, 1000, 5000);
	icmp_quotes(&w, &bot, 1000);
	expect(1, 1);
	assert_int_equal(w.outcomes[OUTCOME_CONNECTED], 1);
}

static void directions_swapped_within_100_ms_change_no_count(void **state)
{
	(void)state;
	from_server(&w, &bot, TCP_SYN | TCP_ACK, 5000, 1001, 0);
	w.now += 90 * MS;
	from_client(&w, &bot, TCP_SYN, 1000, 0, 0);
	expect(1, 1);
	assert_int_equal(w.counters->stray, 0);
}

static void a_refusal_seen_before_its_syn_is_a_refusal(void **state)
{
	(void)state;
	from_server(&w, &bot, TCP_RST | TCP_ACK, 0, 1001, 0);
	w.now += 50 * MS;
	from_client(&w, &bot, TCP_SYN, 1000, 0, 0);
	expect(1, 0);
	assert_int_equal(w.outcomes[OUTCOME_REFUSED], 1);
	assert_int_equal(w.counters->stray, 0);
}

static void a_whole_handshake_and_banner_seen_before_the_syn_is_one_attempt(void **state)
{
	(void)state;
	/* The server's side is mirrored 80 ms ahead of the client's. */
	from_server(&w, &bot, TCP_SYN | TCP_ACK, 5000, 1001, 0);
	w.now += 20 * MS;
	from_server(&w, &bot, TCP_ACK, 5001, 1001, 30);
	w.now += 60 * MS;
	from_client(&w, &bot, TCP_SYN, 1000, 0, 0);
	from_client(&w, &bot, TCP_ACK, 1001, 5001, 0);
	from_client(&w, &bot, TCP_ACK, 1001, 5031, 10);
	expect(1, 1);
	assert_int_equal(w.sent, 10);
	assert_int_equal(w.received, 30);
	assert_int_equal(w.counters->stray, 0);
}

static void a_syn_ack_long_before_a_syn_is_stray(void **state)
{
	(void)state;
	from_server(&w, &bot, TCP_SYN | TCP_ACK, 5000, 1001, 0);
	w.now += 150 * MS;
	from_client(&w, &bot, TCP_SYN, 1000, 0, 0);
	expect(1, 0);
	assert_int_equal(w.counters->stray, 1);
}

static void payload_of_the_client_in_mid_stream_starts_an_attempt(void **state)
{
	(void)state;
	from_client(&w, &bot, TCP_ACK | TCP_PSH, 1000, 5000, 6);
	from_server(&w, &bot, TCP_ACK, 5000, 1006, 8);
	expect(1, 1);
	assert_int_equal(w.sent, 6);
	assert_int_equal(w.received, 8);
}

static void segments_of_both_directions_that_match_start_an_attempt(void **state)
{
	(void)state;
	from_server(&w, &bot, TCP_ACK, 5000, 1000, 40);
	w.now += 20 * MS;
	from_client(&w, &bot, TCP_ACK, 1000, 5040, 0);
	expect(1, 1);
	assert_int_equal(w.received, 40);
	assert_int_equal(w.counters->stray, 0);
}

static void acknowledgements_of_both_directions_that_match_start_an_attempt(void **state)
{
	(void)state;
	from_client(&w, &bot, TCP_ACK, 1000, 5000, 0);
	w.now += 20 * MS;
	from_server(&w, &bot, TCP_ACK, 5000, 1000, 0);
	expect(1, 1);
	assert_int_equal(w.counters->stray, 0);
}

static void segments_of_both_directions_that_do_not_match_start_none(void **state)
{
	(void)state;
	from_client(&w, &bot, TCP_ACK, 1000, 5000, 0);
	from_server(&w, &bot, TCP_ACK, 500000000, 1000, 0);
	from_server(&w, &bot, TCP_ACK, 5000, 900000000, 0);
	expect(0, 0);
	assert_int_equal(w.counters->stray, 3);
}

static void the_echo_of_a_forged_syn_starts_none(void **state)
{
	(void)state;
	from_client(&w, &bot, TCP_ACK, 1, 1, 0); /* the mirror shows both directions */
	w.now += 10 * SEC;
	from_server(&w, &(struct talk){"10.0.3.9", "198.51.100.4", 7, 25}, TCP_SYN | TCP_ACK, 5000,
		    9, 0);
	from_client(&w, &(struct talk){"10.0.3.9", "198.51.100.4", 7, 25}, TCP_RST, 9, 0, 0);
	expect(0, 0);
	assert_int_equal(w.counters->stray, 3);
}

static void lone_rst_fin_and_ack_start_none(void **state)
{
	(void)state;
	from_client(&w, &bot, TCP_RST, 1, 0, 0);
	from_client(&w, &(struct talk){"10.0.3.8", "198.51.100.4", 7, 25}, TCP_FIN | TCP_ACK, 1, 5,
		    0);
	from_client(&w, &(struct talk){"10.0.3.9", "198.51.100.4", 7, 25}, TCP_ACK, 1, 5, 0);
	expect(0, 0);
	assert_int_equal(w.counters->stray, 3);
}

static void a_servers_payload_alone_counts_on_a_one_sided_mirror(void **state)
{
	(void)state;
	from_server(&w, &bot, TCP_SYN | TCP_ACK, 5000, 1001, 0);
	w.now += 100 * MS;
	from_server(&w, &bot, TCP_ACK, 5001, 1001, 30);
	w.now += 3 * SEC;
	from_server(&w, &bot, TCP_ACK, 5031, 1020, 50);
	from_server(&w, &bot, TCP_FIN | TCP_ACK, 5081, 1040, 0);
	expect(1, 1);
	assert_int_equal(w.received, 80);
	assert_int_equal(w.counters->stray, 0);
}

static void a_short_banner_alone_counts_at_the_end_of_a_one_sided_capture(void **state)
{
	(void)state;
	from_server(&w, &bot, TCP_ACK, 5001, 1001, 30);
	expect(1, 1);
}

static void a_servers_payload_alone_is_stray_where_the_mirror_shows_both(void **state)
{
	(void)state;
	from_client(&w, &(struct talk){"10.0.3.9", "198.51.100.5", 7, 25}, TCP_SYN, 1, 0, 0);
	from_server(&w, &bot, TCP_ACK, 5001, 1001, 30);
	w.now += 3 * SEC;
	from_server(&w, &bot, TCP_ACK, 5031, 1020, 50);
	expect(1, 0);
	assert_int_equal(w.counters->stray, 2);
}

static void the_clients_side_alone_tells_a_handshake(void **state)
{
	(void)state;
	from_client(&w, &bot, TCP_SYN, 1000, 0, 0);
	w.now += 30 * MS;
	from_client(&w, &bot, TCP_ACK, 1001, 5001, 0);
	expect(1, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
		TEST(one_syn_is_one_unanswered_attempt),
		TEST(retransmitted_syns_are_the_same_attempt),
		TEST(the_same_syn_counts_anew_after_240_seconds_of_silence),
		TEST(a_new_sequence_number_is_a_new_attempt_at_once),
		TEST(every_reuse_of_one_port_is_an_attempt),
		TEST(a_second_copy_of_every_frame_changes_no_count),
		TEST(ecn_and_fast_open_syns_count),
		TEST(fast_open_data_sent_again_is_counted_once),
		TEST(an_internal_server_is_no_offence),
		TEST(mail_from_port_25_to_our_port_25_is_inbound),
		TEST(a_syn_from_port_25_to_port_25_counts),
		TEST(internal_to_internal_is_only_counted),
		TEST(multicast_is_passed_over),
		TEST(external_to_external_is_unclassified_once),
		TEST(also_watched_ports_between_externals_are_nothing),
		TEST(a_rst_that_answers_the_syn_is_a_refusal),
		TEST(a_rst_with_another_number_refuses_nothing),
		TEST(a_refused_syn_tried_again_is_the_same_attempt_and_may_connect),
		TEST(an_icmp_error_that_quotes_the_syn_makes_it_unreachable),
		TEST(an_icmp_error_that_quotes_another_segment_changes_nothing),
		TEST(an_icmp_error_alone_starts_nothing),
		TEST(a_connection_answered_is_never_unreachable),
		TEST(directions_swapped_within_100_ms_change_no_count),
		TEST(a_refusal_seen_before_its_syn_is_a_refusal),
		TEST(a_whole_handshake_and_banner_seen_before_the_syn_is_one_attempt),
		TEST(a_syn_ack_long_before_a_syn_is_stray),
		TEST(payload_of_the_client_in_mid_stream_starts_an_attempt),
		TEST(segments_of_both_directions_that_match_start_an_attempt),
		TEST(acknowledgements_of_both_directions_that_match_start_an_attempt),
		TEST(segments_of_both_directions_that_do_not_match_start_none),
		TEST(the_echo_of_a_forged_syn_starts_none),
		TEST(lone_rst_fin_and_ack_start_none),
		TEST(a_servers_payload_alone_counts_on_a_one_sided_mirror),
		TEST(a_short_banner_alone_counts_at_the_end_of_a_one_sided_capture),
		TEST(a_servers_payload_alone_is_stray_where_the_mirror_shows_both),
		TEST(the_clients_side_alone_tells_a_handshake),
	};

	return cmocka_run_group_tests_name("tracker", tests, NULL, NULL);
}
