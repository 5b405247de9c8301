/*
 * A full table, and many conversations at once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "world.h"

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

/* Nor one that has ended, nor one in which the server was heard for such as only claim to be. */
static void what_was_proven_stays_whatever_a_client_alone_may_say(void **state)
{
	struct talk t = {"10.0.3.77", "198.51.100.4", 1, 25};

	(void)state;
	world_close(&w);
	world_open(&w, 64);
	for (uint16_t port = 1; port <= 20; port++) {
		t.client_port = port;
		handshake(&t, 1000, 5000);
		if (port > 10)
			continue;
		from_client(&w, &t, TCP_FIN | TCP_ACK, 1001, 5001, 0);
		from_server(&w, &t, TCP_FIN | TCP_ACK, 5001, 1002, 0);
	}
	for (unsigned int i = 100; i < 1000; i++) {
		t.client_port = (uint16_t)i;
		from_client(&w, &t, TCP_SYN, i, 0, 0);
		t.client_port = (uint16_t)(i + 1000);
		from_client(&w, &t, TCP_PSH | TCP_ACK, i, 7, 10);
	}
	assert_true(w.finals > 1500);
	for (uint16_t port = 1; port <= 20; port++) {
		t.client_port = port;
		assert_non_null(from_server(&w, &t, TCP_ACK, 5001, 1001, 0));
	}
	expect(1820, 920);
}

static void a_syn_has_time_for_its_answer_though_all_others_were_answered(void **state)
{
	struct talk t = {"10.0.3.77", "198.51.100.4", 1, 25};

	(void)state;
	world_close(&w);
	world_open(&w, 64);
	from_client(&w, &t, TCP_SYN, 1000, 0, 0);
	for (unsigned int i = 2; i < 500; i++) {
		t.client_port = (uint16_t)i;
		handshake(&t, 1000, 5000);
	}
	t.client_port = 1;
	from_server(&w, &t, TCP_SYN | TCP_ACK, 5000, 1001, 0);
	assert_int_equal(w.counters->evicted[0], 0);
	expect(499, 499);
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
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_full_table_evicts_and_loses_no_attempt),
		TEST(what_was_proven_stays_whatever_a_client_alone_may_say),
		TEST(a_syn_has_time_for_its_answer_though_all_others_were_answered),
		TEST(strays_never_push_out_attempts),
		TEST(random_conversations_are_counted_exactly),
	};

	return cmocka_run_group_tests_name("tracker table", tests, NULL, NULL);
}
