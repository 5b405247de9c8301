/* What acknowledgements tell of bytes that were not seen, and what of bytes that never were. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "world.h"

static void bytes_that_the_mirror_lost_are_counted_but_not_wild_numbers(void **state)
{
	(void)state;
	handshake(&bot, 1000, 5000);
	from_client(&w, &bot, TCP_ACK, 1001, 5001, 100);
	from_client(&w, &bot, TCP_ACK, 6101, 5001, 100); /* 5,000 bytes were not mirrored */
	assert_true(from_client(&w, &bot, TCP_ACK, 6201, 5001, 100) != NULL);
	from_client(&w, &bot, TCP_ACK, 1000006301, 5001, 100); /* no part of this window */
	from_client(&w, &bot, TCP_ACK, 6301, 5001, 100);
	expect(1, 1);
	assert_int_equal(w.sent, 5300 + 100);
}

static void bytes_lost_beyond_a_window_are_told_by_the_acknowledgement(void **state)
{
	(void)state;
	handshake(&bot, 1000, 5000);
	from_client(&w, &bot, TCP_ACK, 1001, 5001, 100);
	/* The mirror shows nothing of 5 MB, then the server says what it has. */
	from_client(&w, &bot, TCP_ACK, 5001101, 5001, 100);
	from_server(&w, &bot, TCP_ACK, 5001, 5001201, 0);
	from_client(&w, &bot, TCP_ACK, 5001201, 5001, 100);
	expect(1, 1);
	assert_int_equal(w.sent, 5000300);
}

static void nor_before_it_where_that_came_first(void **state)
{
	(void)state;
	handshake(&bot, 1000, 5000);
	from_client(&w, &bot, TCP_ACK, 1001, 5001, 100);
	from_server(&w, &bot, TCP_ACK, 5001, 5001101, 0); /* of bytes that nobody saw */
	from_client(&w, &bot, TCP_ACK, 5001101, 5001, 100);
	from_server(&w, &bot, TCP_ACK, 5001, 5001201, 0);
	from_client(&w, &bot, TCP_ACK, 5001201, 5001, 100);
	expect(1, 1);
	assert_int_equal(w.sent, 5000300);
}

/* RFC 9293 3.10.7.4: it is not acceptable, and what comes with it is dropped. */
static void an_acknowledgement_of_what_was_never_sent_moves_nothing(void **state)
{
	(void)state;
	handshake(&bot, 1000, 5000);
	from_server(&w, &bot, TCP_ACK, 5001, 1001, 100);
	from_client(&w, &bot, TCP_ACK, 1001, 5101 + (1u << 30), 6);
	from_server(&w, &bot, TCP_ACK, 5101, 1007 + (1u << 30), 50);
	from_client(&w, &bot, TCP_ACK, 1007, 5151, 4);
	expect(1, 1);
	assert_int_equal(w.sent, 10);
	assert_int_equal(w.received, 150);
}

static void bytes_are_each_counted_once_however_acknowledgements_lead(void **state)
{
	(void)state;
	handshake(&bot, 1000, 5000);
	from_client(&w, &bot, TCP_ACK, 1001, 5002, 0); /* a FIN's, for all one knows */
	from_server(&w, &bot, TCP_ACK, 5001, 1001, 100);
	from_client(&w, &bot, TCP_ACK, 1001, 5102, 0);
	from_client(&w, &bot, TCP_ACK, 1001, 5103, 0);
	from_client(&w, &bot, TCP_ACK, 1001, 5104, 0);
	from_server(&w, &bot, TCP_ACK, 5101, 1001, 3);
	from_server(&w, &bot, TCP_ACK, 5104, 1001, 10);
	expect(1, 1);
	assert_int_equal(w.received, 113);
}

static void nor_do_many_that_lead_a_little_each(void **state)
{
	(void)state;
	handshake(&bot, 1000, 5000);
	from_server(&w, &bot, TCP_ACK, 5001, 1001, 100);
	for (uint32_t i = 1; i <= 2000; i++)
		from_client(&w, &bot, TCP_ACK, 1001, 5101 + i * 500000, 0);
	expect(1, 1);
	assert_true(w.received <= 100 + (1 << 20)); /* a window */
}

static void a_fin_ends_what_was_acknowledged_beyond_it(void **state)
{
	(void)state;
	handshake(&bot, 1000, 5000);
	from_server(&w, &bot, TCP_ACK, 5001, 1001, 100);
	from_client(&w, &bot, TCP_ACK, 1001, 5101 + 5000, 0);
	from_server(&w, &bot, TCP_ACK | TCP_FIN, 5101, 1001, 0);
	from_client(&w, &bot, TCP_ACK | TCP_FIN, 1001, 5102, 0);
	expect(1, 1);
	assert_int_equal(w.open_at_end, 0);
}

static void and_so_does_a_rst(void **state)
{
	(void)state;
	handshake(&bot, 1000, 5000);
	from_server(&w, &bot, TCP_ACK, 5001, 1001, 100);
	from_client(&w, &bot, TCP_ACK, 1001, 5101 + 5000, 0);
	from_server(&w, &bot, TCP_RST, 5101, 0, 0);
	expect(1, 1);
	assert_int_equal(w.open_at_end, 0);
}

static void a_fin_seen_after_its_acknowledgement_is_one(void **state)
{
	(void)state;
	handshake(&bot, 1000, 5000);
	from_client(&w, &bot, TCP_ACK, 1001, 5002, 0); /* the mirror swapped them */
	from_server(&w, &bot, TCP_ACK | TCP_FIN, 5001, 1001, 0);
	from_client(&w, &bot, TCP_ACK | TCP_FIN, 1001, 5002, 0);
	expect(1, 1);
	assert_int_equal(w.open_at_end, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(bytes_that_the_mirror_lost_are_counted_but_not_wild_numbers),
		TEST(bytes_lost_beyond_a_window_are_told_by_the_acknowledgement),
		TEST(nor_before_it_where_that_came_first),
		TEST(an_acknowledgement_of_what_was_never_sent_moves_nothing),
		TEST(bytes_are_each_counted_once_however_acknowledgements_lead),
		TEST(nor_do_many_that_lead_a_little_each),
		TEST(a_fin_ends_what_was_acknowledged_beyond_it),
		TEST(and_so_does_a_rst),
		TEST(a_fin_seen_after_its_acknowledgement_is_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
