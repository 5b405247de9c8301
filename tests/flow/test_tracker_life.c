/*
 * A connection's life: late and idle ones, clocks that jump, bytes, identities.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "world.h"

static void late_segments_of_an_ended_connection_start_nothing(void **state)
{
	(void)state;
	handshake(&bot, 1000, 5000);
	from_client(&w, &bot, TCP_FIN | TCP_ACK, 1001, 5001, 0);
	from_server(&w, &bot, TCP_FIN | TCP_ACK, 5001, 1002, 0);
	from_client(&w, &bot, TCP_ACK, 1002, 5002, 0);
	w.now += 200 * SEC;
	from_client(&w, &bot, TCP_ACK, 900, 5002, 100); /* an old segment, long on its way */
	expect(1, 1);
	assert_int_equal(w.open_at_end, 0);
}

static void a_rst_ends_a_connection_only_with_a_number_that_fits(void **state)
{
	(void)state;
	handshake(&bot, 1000, 5000);
	from_server(&w, &bot, TCP_RST, 900000000, 0, 0);
	world_finish(&w);
	assert_int_equal(w.open_at_end, 1);
}

/* Whoever scans our web server from source port 25 makes it no mail client. */
static void a_connection_opened_from_port_25_is_inbound(void **state)
{
	struct talk scan = {"10.0.0.80", "203.0.113.9", 80, 25};

	(void)state;
	from_server(&w, &scan, TCP_SYN, 1000, 0, 0);
	from_client(&w, &scan, TCP_SYN | TCP_ACK, 5000, 1001, 0);
	from_server(&w, &scan, TCP_ACK, 1001, 5001, 0);
	from_server(&w, &scan, TCP_ACK, 1001, 5001, 20);
	from_client(&w, &scan, TCP_ACK, 5001, 1021, 500);
	assert_int_equal(w.counters->inbound, 5);
	/* But what it opens itself with the same ports is its own. */
	from_client(&w, &scan, TCP_SYN, 9000, 0, 0);
	expect(1, 0);
}

static void a_lone_acknowledgement_of_other_numbers_proves_nothing(void **state)
{
	(void)state;
	from_client(&w, &bot, TCP_SYN, 100000000, 0, 0);
	from_client(&w, &bot, TCP_ACK, 5, 99, 0);
	from_client(&w, &bot, TCP_ACK, 5, 99, 10);
	expect(1, 0);
	assert_int_equal(w.counters->stray, 2);
}

static void a_rst_within_the_window_ends_nothing(void **state)
{
	(void)state;
	handshake(&bot, 1000, 5000);
	from_server(&w, &bot, TCP_RST, 6000, 0, 0); /* RFC 5961: answered, not obeyed */
	w.now += 300 * SEC;
	from_client(&w, &bot, TCP_ACK, 1001, 5001, 10);
	expect(1, 1);
	assert_int_equal(w.sent, 10);
}

static void a_forged_rst_hides_nothing(void **state)
{
	(void)state;
	handshake(&bot, 1000, 5000);
	from_client(&w, &bot, TCP_RST, 1001, 0, 0); /* yet the client speaks on */
	w.now += SEC;
	from_client(&w, &bot, TCP_ACK, 1001, 5001, 500);
	expect(1, 1);
	assert_int_equal(w.sent, 500);
	assert_int_equal(w.open_at_end, 1);
}

static void a_connection_idle_for_hours_is_the_same(void **state)
{
	(void)state;
	handshake(&bot, 1000, 5000);
	w.now += 20 * 3600 * SEC;
	tracker_tick(w.tracker, w.now, 1000);
	from_client(&w, &bot, TCP_ACK, 1001, 5001, 10);
	expect(1, 1);
	assert_int_equal(w.sent, 10);
}

static void stamps_that_jump_back_split_nothing(void **state)
{
	(void)state;
	from_client(&w, &bot, TCP_SYN, 1000, 0, 0);
	w.now -= 86400 * SEC;
	from_server(&w, &bot, TCP_SYN | TCP_ACK, 5000, 1001, 0);
	w.now += SEC;
	from_client(&w, &bot, TCP_SYN, 1000, 0, 0);
	from_client(&w, &bot, TCP_ACK, 1001, 5001, 10);
	expect(1, 1);
	assert_int_equal(w.counters->back_jumps, 1);
}

static void after_a_jump_back_silence_still_ends_attempts(void **state)
{
	(void)state;
	from_client(&w, &bot, TCP_SYN, 1000, 0, 0);
	w.now -= 86400 * SEC;
	from_client(&w, &(struct talk){"10.0.3.9", "198.51.100.5", 7, 25}, TCP_SYN, 1, 0, 0);
	w.now += 241 * SEC;
	tracker_tick(w.tracker, w.now, 1000);
	assert_int_equal(w.counters->tracked, 0);
}

static void two_clocks_a_second_apart_do_not_hurry_time(void **state)
{
	(void)state;
	from_client(&w, &bot, TCP_SYN, 1000, 0, 0);
	for (int i = 0; i < 1000; i++) { /* two interfaces, stamps 1 s apart, 10 s in all */
		w.now += i % 2 ? SEC + 10 * MS : -SEC + 10 * MS;
		from_client(&w, &(struct talk){"10.0.3.9", "198.51.100.5", 7, 25}, TCP_SYN, 1, 0,
			    0);
	}
	from_client(&w, &bot, TCP_SYN, 1000, 0, 0);
	expect(2, 0);
}

static void two_clocks_minutes_apart_do_not_hurry_time(void **state)
{
	(void)state;
	from_client(&w, &bot, TCP_SYN, 1000, 0, 0);
	for (int i = 0; i < 400; i++) { /* two interfaces, stamps 90 s apart, 4 s in all */
		w.now += i % 2 ? 90 * SEC + 10 * MS : -90 * SEC + 10 * MS;
		from_client(&w, &(struct talk){"10.0.3.9", "198.51.100.5", 7, 25}, TCP_SYN, 1, 0,
			    0);
	}
	from_client(&w, &bot, TCP_SYN, 1000, 0, 0);
	expect(2, 0);
	assert_int_equal(w.counters->back_jumps, 200);
}

static void a_syn_ack_before_the_syn_of_reused_ports_leaves_the_old_connection_alone(void **state)
{
	(void)state;
	handshake(&bot, 1000, 5000);
	from_server(&w, &bot, TCP_ACK, 5001, 1001, 7);
	w.now += 30 * SEC;
	from_server(&w, &bot, TCP_SYN | TCP_ACK, 8000000, 700001, 0);
	w.now += 20 * MS;
	from_client(&w, &bot, TCP_SYN, 700000, 0, 0);
	from_client(&w, &bot, TCP_ACK, 700001, 8000001, 0);
	from_server(&w, &bot, TCP_ACK, 8000001, 700001, 20);
	expect(2, 2);
	assert_int_equal(w.received, 27);
	assert_int_equal(w.counters->stray, 0);
}

static void a_refusal_before_the_syn_of_reused_ports_is_that_syn_s(void **state)
{
	(void)state;
	handshake(&bot, 1000, 5000);
	w.now += 30 * SEC;
	from_server(&w, &bot, TCP_RST | TCP_ACK, 0, 700001, 0);
	w.now += 20 * MS;
	from_client(&w, &bot, TCP_SYN, 700000, 0, 0);
	expect(2, 1);
	assert_int_equal(w.outcomes[OUTCOME_REFUSED], 1);
	assert_int_equal(w.counters->stray, 0);
}

static void frames_of_a_connection_find_it_behind_a_stray_answer(void **state)
{
	(void)state;
	handshake(&bot, 1000, 5000);
	from_server(&w, &bot, TCP_SYN | TCP_ACK, 8000000, 700001, 0); /* a stranger's */
	from_client(&w, &bot, TCP_ACK, 1001, 5001, 10);
	from_server(&w, &bot, TCP_ACK, 5001, 1011, 5);
	expect(1, 1);
	assert_int_equal(w.sent, 10);
	assert_int_equal(w.received, 5);
	assert_int_equal(w.counters->stray, 1);
}

static void bytes_are_counted_over_the_wrap_of_sequence_numbers(void **state)
{
	uint32_t seq = UINT32_MAX - 5000;

	(void)state;
	from_client(&w, &bot, TCP_SYN, seq - 1, 0, 0);
	from_server(&w, &bot, TCP_SYN | TCP_ACK, 5000, seq, 0);
	for (int i = 0; i < 20; i++, seq += 1000)
		from_client(&w, &bot, TCP_ACK, seq, 5001, 1000);
	expect(1, 1);
	assert_int_equal(w.sent, 20000);
}

static void bytes_over_four_gigabytes_are_counted(void **state)
{
	uint32_t seq = 1001;

	(void)state;
	handshake(&bot, 1000, 5000);
	for (int i = 0; i < 100000; i++, seq += 60000) {
		from_client(&w, &bot, TCP_ACK, seq, 5001, 60000);
		if (i % 16 == 0)
			from_server(&w, &bot, TCP_ACK, 5001, seq, 0);
	}
	expect(1, 1);
	assert_int_equal(w.sent, UINT64_C(6000000000));
	assert_int_equal(w.counters->stray, 0);
}

static void one_wild_stamp_splits_nothing(void **state)
{
	int64_t now;

	(void)state;
	handshake(&bot, 1000, 5000);
	now = w.now;
	w.now = INT64_C(4070908800) * SEC; /* 2099 */
	from_client(&w, &bot, TCP_ACK, 1001, 5001, 10);
	w.now = now + SEC;
	from_client(&w, &bot, TCP_ACK, 1011, 5001, 10);
	expect(1, 1);
	assert_int_equal(w.sent, 20);
}

/* Captures of different years, one behind the other. */
static void a_gap_of_years_splits_no_conversation(void **state)
{
	(void)state;
	from_client(&w, &(struct talk){"10.0.3.9", "198.51.100.5", 7, 25}, TCP_SYN, 1, 0, 0);
	w.now += INT64_C(5) * 365 * 86400 * SEC;
	handshake(&bot, 1000, 5000);
	from_client(&w, &bot, TCP_ACK, 1001, 5001, 10);
	expect(2, 1);
	assert_int_equal(w.counters->stray, 0);
}

static void a_wild_stamp_keeps_nothing_from_ending(void **state)
{
	int64_t now = w.now;

	(void)state;
	w.now = INT64_C(4070908800) * SEC; /* 2099 */
	from_client(&w, &(struct talk){"10.0.3.9", "198.51.100.5", 7, 25}, TCP_SYN, 1, 0, 0);
	w.now = now;
	from_client(&w, &bot, TCP_SYN, 1000, 0, 0);
	w.now += 250 * SEC;
	tracker_tick(w.tracker, w.now, 1000);
	w.now += 250 * SEC;
	tracker_tick(w.tracker, w.now, 1000);
	assert_int_equal(w.counters->tracked, 0);
	expect(2, 0);
}

static void a_gap_of_days_is_believed_at_the_second_frame(void **state)
{
	(void)state;
	from_client(&w, &bot, TCP_SYN, 1000, 0, 0);
	w.now += 3 * 86400 * SEC;
	from_client(&w, &(struct talk){"10.0.3.9", "198.51.100.5", 7, 25}, TCP_SYN, 1, 0, 0);
	w.now += SEC;
	from_client(&w, &bot, TCP_SYN, 1000, 0, 0);
	expect(3, 0);
}

static void an_answer_finds_its_syn_among_many_on_one_port(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 50; i++)
		from_client(&w, &bot, TCP_SYN, 1000000 * i, 0, 0);
	from_server(&w, &bot, TCP_SYN | TCP_ACK, 5000, 3000001, 0);
	from_server(&w, &bot, TCP_RST | TCP_ACK, 0, 4000001, 0);
	expect(50, 1);
	assert_int_equal(w.outcomes[OUTCOME_REFUSED], 1);
	assert_int_equal(w.counters->stray, 0);
}

static void a_syn_seen_just_after_its_own_payload_is_the_same_attempt(void **state)
{
	(void)state;
	from_client(&w, &bot, TCP_ACK, 1001, 5001, 10);
	w.now += 50 * MS;
	from_client(&w, &bot, TCP_SYN, 1000, 0, 0);
	expect(1, 1);
}

static void implicit_tls_on_an_also_watched_port_is_encrypted(void **state)
{
	struct talk tls = {"10.0.3.77", "198.51.100.4", 40000, 465};
	struct packet p = {.time = w.now, .source_port = 40000, .destination_port = 465};
	static const uint8_t hello[] = {0x16, 0x03, 0x01, 0x02};

	(void)state;
	handshake(&tls, 1000, 5000);
	addr_parse(tls.client, &p.source);
	addr_parse(tls.server, &p.destination);
	p.flags = TCP_ACK;
	p.seq = 1001;
	p.ack = 5001;
	p.payload = hello;
	p.payload_length = p.payload_captured = sizeof(hello);
	tracker_packet(w.tracker, &w.site, &p, false);
	expect(1, 1);
	assert_int_equal(w.outcomes[OUTCOME_ENCRYPTED], 1);
}

static void the_mac_is_that_of_the_copy_with_the_highest_hops(void **state)
{
	(void)state;
	world_link(63, 99, 0); /* behind the router */
	from_client(&w, &bot, TCP_SYN, 1000, 0, 0);
	world_link(64, 7, 30); /* before it, tagged */
	from_client(&w, &bot, TCP_SYN, 1000, 0, 0);
	world_link(63, 99, 0);
	from_client(&w, &bot, TCP_SYN, 1000, 0, 0);
	expect(1, 0);
	assert_int_equal(w.last.mac[5], 7);
	assert_int_equal(w.last.tag_count, 1);
	assert_int_equal(w.last.vlans[0], 30);
}

static void the_server_s_frames_never_give_the_mac(void **state)
{
	(void)state;
	world_link(64, 7, 0);
	from_client(&w, &bot, TCP_SYN, 1000, 0, 0);
	world_link(250, 99, 0);
	from_server(&w, &bot, TCP_SYN | TCP_ACK, 5000, 1001, 0);
	expect(1, 1);
	assert_int_equal(w.last.mac[5], 7);
}

static void an_attempt_belongs_to_its_first_frame(void **state)
{
	int64_t first = w.now;

	(void)state;
	handshake(&bot, 1000, 5000);
	w.now += 300 * SEC;
	from_client(&w, &bot, TCP_ACK, 1001, 5001, 10);
	expect(1, 1);
	assert_true(w.last.started == first);
	assert_true(w.last.last == w.now);
}

static void ipv6_counts_the_same(void **state)
{
	struct talk six = {"fd00::77", "2001:db8::25", 40000, 25};

	(void)state;
	handshake(&six, 1000, 5000);
	from_client(&w, &six, TCP_ACK, 1001, 5001, 10);
	expect(1, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
		TEST(late_segments_of_an_ended_connection_start_nothing),
		TEST(a_rst_ends_a_connection_only_with_a_number_that_fits),
		TEST(a_connection_opened_from_port_25_is_inbound),
		TEST(a_lone_acknowledgement_of_other_numbers_proves_nothing),
		TEST(a_rst_within_the_window_ends_nothing),
		TEST(one_wild_stamp_splits_nothing),
		TEST(a_gap_of_years_splits_no_conversation),
		TEST(a_wild_stamp_keeps_nothing_from_ending),
		TEST(a_gap_of_days_is_believed_at_the_second_frame),
		TEST(a_forged_rst_hides_nothing),
		TEST(a_connection_idle_for_hours_is_the_same),
		TEST(stamps_that_jump_back_split_nothing),
		TEST(after_a_jump_back_silence_still_ends_attempts),
		TEST(two_clocks_a_second_apart_do_not_hurry_time),
		TEST(two_clocks_minutes_apart_do_not_hurry_time),
		TEST(a_syn_ack_before_the_syn_of_reused_ports_leaves_the_old_connection_alone),
		TEST(a_refusal_before_the_syn_of_reused_ports_is_that_syn_s),
		TEST(frames_of_a_connection_find_it_behind_a_stray_answer),
		TEST(bytes_are_counted_over_the_wrap_of_sequence_numbers),
		TEST(bytes_over_four_gigabytes_are_counted),
		TEST(an_answer_finds_its_syn_among_many_on_one_port),
		TEST(a_syn_seen_just_after_its_own_payload_is_the_same_attempt),
		TEST(implicit_tls_on_an_also_watched_port_is_encrypted),
		TEST(the_mac_is_that_of_the_copy_with_the_highest_hops),
		TEST(the_server_s_frames_never_give_the_mac),
		TEST(an_attempt_belongs_to_its_first_frame),
		TEST(ipv6_counts_the_same),
	};

	return cmocka_run_group_tests_name("tracker life", tests, NULL, NULL);
}
