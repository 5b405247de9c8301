/*
 * A connection's life: late and idle ones, clocks that jump, bytes, identities, and a full table.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "world.h"

static const struct talk bot = {"10.0.3.77", "198.51.100.4", 40000, 25};

static struct world w;

static int open_world(void **state)
{
	(void)state;
	world_open(&w, 4096);
	return 0;
}

static int close_world(void **state)
{
	(void)state;
	world_close(&w);
	return 0;
}

static void handshake(const struct talk *t, uint32_t isn, uint32_t server_isn)
{
	from_client(&w, t, TCP_SYN, isn, 0, 0);
	w.now += 10 * MS;
	from_server(&w, t, TCP_SYN | TCP_ACK, server_isn, isn + 1, 0);
	w.now += MS;
	from_client(&w, t, TCP_ACK, isn + 1, server_isn + 1, 0);
	w.now += MS;
}

static void expect(unsigned int attempts, unsigned int connected)
{
	world_finish(&w);
	assert_int_equal(w.begun, attempts);
	assert_int_equal(w.finals, attempts);
	assert_int_equal(w.counters->attempts, attempts);
	assert_int_equal(w.connected, connected);
	assert_int_equal(w.counters->tracked, 0);
}

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

static void bytes_that_the_mirror_lost_are_counted_but_not_wild_numbers(void **state)
{
	(void)state;
	handshake(&bot, 1000, 5000);
	from_client(&w, &bot, TCP_ACK, 1001, 5001, 100);
	from_client(&w, &bot, TCP_ACK, 6101, 5001, 100); /* 5,000 bytes were not mirrored */
	assert_true(from_client(&w, &bot, TCP_ACK, 6201, 5001, 100) != NULL);
	from_client(&w, &bot, TCP_ACK, 1000006301, 5001, 100); /* no part of this window */
	expect(1, 1);
	assert_int_equal(w.sent, 5300 + 100);
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

static void a_full_table_evicts_and_loses_no_attempt(void **state)
{
	struct talk t = {"10.0.3.77", "198.51.100.4", 0, 25};

	(void)state;
	world_close(&w);
	world_open(&w, 64);
	t.client_port = 1;
	handshake(&t, 1000, 5000);
	for (unsigned int i = 2; i < 10002; i++) {
		t.client_port = (uint16_t)i;
		from_client(&w, &t, TCP_SYN, i, 0, 0);
	}
	/* The one with a proven handshake was never given up for those without. */
	assert_int_equal(w.counters->evicted[1], 0);
	assert_true(w.counters->evicted[0] >= 10000 - 64);
	expect(10001, 1);
}

static void strays_never_push_out_attempts(void **state)
{
	struct talk t = {"10.0.3.77", "198.51.100.4", 0, 25};

	(void)state;
	world_close(&w);
	world_open(&w, 64);
	for (unsigned int i = 1; i <= 60; i++) {
		t.client_port = (uint16_t)i;
		from_client(&w, &t, TCP_SYN, i, 0, 0);
	}
	for (unsigned int i = 100; i < 5000; i++) {
		t.client_port = (uint16_t)i;
		from_server(&w, &t, TCP_SYN | TCP_ACK, i, i, 0);
	}
	assert_int_equal(w.counters->evicted[0], 0);
	assert_int_equal(w.counters->stray, 4900);
	expect(60, 0);
}

/* A brute force over random interleavings: with every frame doubled and directions swapped by up to
 * 100 ms, the counts are those of the conversations that were held. */
static void random_conversations_are_counted_exactly(void **state)
{
	unsigned int seed = 25, conversations = 0, connected = 0;

	(void)state;
	for (int i = 0; i < 3000; i++) {
		struct talk t = {"10.0.3.77", "198.51.100.4",
				 (uint16_t)(1024 + rand_r(&seed) % 500), 25};
		uint32_t isn = (uint32_t)rand_r(&seed) * 2654435761u, peer = isn ^ 0x5a5a5a5a;
		int copies = 1 + rand_r(&seed) % 2;
		bool answered = rand_r(&seed) % 2, swapped = rand_r(&seed) % 2;

		conversations++;
		connected += answered;
		for (int c = 0; c < copies; c++) {
			if (answered && swapped)
				from_server(&w, &t, TCP_SYN | TCP_ACK, peer, isn + 1, 0);
			from_client(&w, &t, TCP_SYN, isn, 0, 0);
			if (answered && !swapped)
				from_server(&w, &t, TCP_SYN | TCP_ACK, peer, isn + 1, 0);
		}
		for (int c = 0; answered && c < copies; c++) {
			from_client(&w, &t, TCP_ACK, isn + 1, peer + 1, 0);
			from_client(&w, &t, TCP_ACK, isn + 1, peer + 1, 40);
		}
		w.now += rand_r(&seed) % 100000;
	}
	expect(conversations, connected);
	assert_int_equal(w.sent, connected * 40);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)
	const struct CMUnitTest tests[] = {
		TEST(late_segments_of_an_ended_connection_start_nothing),
		TEST(a_rst_ends_a_connection_only_with_a_number_that_fits),
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
		TEST(bytes_that_the_mirror_lost_are_counted_but_not_wild_numbers),
		TEST(an_answer_finds_its_syn_among_many_on_one_port),
		TEST(a_syn_seen_just_after_its_own_payload_is_the_same_attempt),
		TEST(implicit_tls_on_an_also_watched_port_is_encrypted),
		TEST(the_mac_is_that_of_the_copy_with_the_highest_hops),
		TEST(the_server_s_frames_never_give_the_mac),
		TEST(an_attempt_belongs_to_its_first_frame),
		TEST(ipv6_counts_the_same),
		TEST(a_full_table_evicts_and_loses_no_attempt),
		TEST(strays_never_push_out_attempts),
		TEST(random_conversations_are_counted_exactly),
	};

	return cmocka_run_group_tests_name("tracker life", tests, NULL, NULL);
}
