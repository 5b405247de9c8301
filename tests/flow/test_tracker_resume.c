/* Connections of an earlier run: known again, and counted no second time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "world.h"

/* As a record tells of it. */
static struct flow past(bool connected, bool ended)
{
	struct flow f = {
		.client_port = bot.client_port,
		.server_port = bot.server_port,
		.started = w.now - 600 * SEC,
		.last = w.now - 10 * SEC,
		.serial = 7,
		.syn_seen = true,
		.client_isn = 1000,
		.connected = connected,
		.ended = ended,
		.bytes_sent = connected ? 500 : 0,
		.told = true,
	};

	assert_int_equal(addr_parse(bot.client, &f.client), 0);
	assert_int_equal(addr_parse(bot.server, &f.server), 0);
	return f;
}

static struct flow *resume(const struct flow *f, int64_t age)
{
	tracker_clock(w.tracker, w.now);
	return tracker_resume(w.tracker, &w.site, f, age);
}

static void its_segments_go_on_as_the_same_connection(void **state)
{
	const struct flow f = past(true, false);

	(void)state;
	assert_non_null(resume(&f, 10 * SEC));
	/* What was sent meanwhile is not known, and not counted. */
	from_client(&w, &bot, TCP_ACK, 90001, 70001, 20);
	from_server(&w, &bot, TCP_ACK, 70001, 90021, 30);
	from_client(&w, &bot, TCP_FIN | TCP_ACK, 90021, 70031, 0);
	from_server(&w, &bot, TCP_FIN | TCP_ACK, 70031, 90022, 0);
	world_finish(&w);
	assert_int_equal(w.begun, 0);
	assert_int_equal(w.finals, 1);
	assert_int_equal(w.last.serial, 7);
	assert_int_equal(w.last.started, f.started);
	assert_int_equal(w.last.bytes_sent, 520);
	assert_int_equal(w.last.bytes_received, 30);
	assert_true(w.last.ended);
}

static void its_syn_again_is_the_same_and_another_number_is_a_new_one(void **state)
{
	const struct flow f = past(false, false);

	(void)state;
	resume(&f, 10 * SEC);
	from_client(&w, &bot, TCP_SYN, 1000, 0, 0);
	assert_int_equal(w.begun, 0);
	from_server(&w, &bot, TCP_SYN | TCP_ACK, 5000, 1001, 0);
	from_client(&w, &bot, TCP_SYN, 999000, 0, 0);
	assert_int_equal(w.begun, 1);
	world_finish(&w);
	assert_int_equal(w.connected, 1);
}

static void late_segments_of_one_that_ended_start_nothing(void **state)
{
	const struct flow f = past(true, true);

	(void)state;
	resume(&f, 100 * SEC);
	from_client(&w, &bot, TCP_ACK, 1501, 5001, 40);
	from_client(&w, &bot, TCP_SYN, 1000, 0, 0);
	assert_int_equal(w.begun, 0);
}

static void what_was_silent_too_long_is_over(void **state)
{
	const struct flow f = past(false, false);

	(void)state;
	resume(&f, 241 * SEC);
	tracker_tick(w.tracker, w.now, 100);
	assert_int_equal(w.finals, 1);
	from_client(&w, &bot, TCP_SYN, 1000, 0, 0);
	assert_int_equal(w.begun, 1);
}

static void a_port_that_is_no_longer_watched_is_not_followed(void **state)
{
	struct flow f = past(true, false);

	(void)state;
	f.server_port = 2526;
	assert_null(resume(&f, SEC));
	assert_int_equal(w.counters->tracked, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(its_segments_go_on_as_the_same_connection),
		TEST(its_syn_again_is_the_same_and_another_number_is_a_new_one),
		TEST(late_segments_of_one_that_ended_start_nothing),
		TEST(what_was_silent_too_long_is_over),
		TEST(a_port_that_is_no_longer_watched_is_not_followed),
	};

	return cmocka_run_group_tests_name("tracker resume", tests, NULL, NULL);
}
