/*
 * Hosts that try to blind the monitor, in small: a tracker of 8,192 connections, a writer that
 * manages 10,000 sums a second, and 300,000 frames a second.  In full size: scripts/attack.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "attacks.h"

#define FLOWS	  8192
#define SUM_COST  100
#define RATE	  300000
#define UNTOLD	  "attempts of hosts beyond those told apart, never answered"
#define CONFLICTS "segments that repeat bytes as other ones"

static struct arena *begin(const char *name, uint64_t steps, uint32_t bot_each, uint32_t rate)
{
	struct arena_options options = {.flows = FLOWS, .sum_cost = SUM_COST, .rate = rate};
	struct arena *a = arena_new(&options);

	attack_run(a, attack_find(name), steps, bot_each);
	return a;
}

static struct arena *run(const char *name, uint64_t steps, uint32_t bot_each)
{
	struct arena *a = begin(name, steps, bot_each, RATE);

	arena_finish(a);
	return a;
}

/* Each of the bot's connections brought one message through. */
static void assert_bot_is_exact(const struct arena *a)
{
	int64_t all = (int64_t)arena_bot_connections(a);
	struct tally t = arena_bot_tally(a);

	assert_true(all > 0);
	assert_int_equal(t.attempts, all);
	assert_int_equal(t.connected, all);
	assert_int_equal(t.messages, all);
	assert_int_equal(t.outcomes[OUTCOME_SENT], all);
}

static void forged_sources_hide_no_bot_and_are_not_each_a_host(void **state)
{
	struct arena *a = run("syn", 150000, 200);
	struct tally all = arena_tally(a);

	(void)state;
	assert_bot_is_exact(a);
	assert_true(arena_bot_connections(a) > 30);
	/* Of the forged ones the first 8,192 have a place, and none is lost uncounted. */
	assert_in_range(all.attempts - arena_bot_tally(a).attempts, 8192, 8192 + 1000);
	assert_int_equal(all.attempts + (int64_t)arena_lost(a, UNTOLD),
			 150000 + (int64_t)arena_bot_connections(a));
	arena_free(a);
}

static void nor_do_sources_few_enough_to_be_remembered(void **state)
{
	struct arena *a = begin("few", 150000, 100, RATE / 10);
	const struct pressure *syns = &arena_health(a)->pressures[PRESSURE_SYNS];

	(void)state;
	/* Told while it lasts, though the writer cannot keep pace: here up to the last batch. */
	assert_true(arena_bot_tally(a).attempts > (int64_t)arena_bot_connections(a) / 2);
	assert_in_range(syns->peak, RATE / 20, RATE / 9);
	assert_in_range(arena_health(a)->newest - syns->last, 0, 2000000);
	assert_in_range(syns->last - syns->since, 1000000, 6000000);
	arena_finish(a);
	assert_bot_is_exact(a);
	assert_true(arena_lost(a, "changes of counts lost for want of room") > 0);
	arena_free(a);
}

/* So much of it comes between two frames of the bot's that its dialogue is the longest idle one. */
static void nor_does_payload_without_a_handshake(void **state)
{
	struct arena *a = run("words", 150000, 6000);

	(void)state;
	assert_bot_is_exact(a);
	assert_true(arena_lost(a, "dialogues given up for want of room") > 0);
	arena_free(a);
}

static void each_attempt_counts_however_many_servers_a_host_tries(void **state)
{
	struct arena *a = run("destinations", 100000, 200);

	(void)state;
	assert_bot_is_exact(a);
	assert_int_equal(arena_tally(a).attempts, 100000 + arena_bot_tally(a).attempts);
	arena_free(a);
}

static void each_attempt_counts_however_often_its_ports_are_used(void **state)
{
	struct arena *a = run("ports", 100000, 200);

	(void)state;
	assert_bot_is_exact(a);
	assert_int_equal(arena_tally(a).attempts, 100000 + arena_bot_tally(a).attempts);
	arena_free(a);
}

static void answers_to_nothing_accuse_nobody(void **state)
{
	struct arena *a = run("strays", 60000, 200);

	(void)state;
	assert_bot_is_exact(a);
	assert_int_equal(arena_tally(a).attempts, arena_bot_tally(a).attempts);
	assert_true(arena_health(a)->stray >= 60000);
	arena_free(a);
}

static void fragments_that_never_become_whole_are_counted_and_go(void **state)
{
	struct arena *a = run("fragments", 60000, 200);

	(void)state;
	assert_bot_is_exact(a);
	assert_true(arena_lost(a, "fragments evicted") > 10000);
	arena_free(a);
}

static void segments_that_contradict_each_other_are_counted(void **state)
{
	struct arena *a = run("overlaps", 60000, 200);

	(void)state;
	assert_bot_is_exact(a);
	assert_true(arena_lost(a, CONFLICTS) > 1000);
	arena_free(a);
}

/* Past 4 GiB, once round the sequence numbers. */
static void the_bytes_of_an_endless_connection_are_all_counted(void **state)
{
	struct arena *a = run("endless", 80000, 200);
	int64_t bot = arena_bot_tally(a).bytes_sent;

	(void)state;
	assert_bot_is_exact(a);
	assert_int_equal(arena_tally(a).bytes_sent - bot, INT64_C(80000) * 60000 + 6);
	arena_free(a);
}

static void a_host_of_many_names_is_one_host(void **state)
{
	struct arena *a = run("helo", 25000, 200);

	(void)state;
	assert_bot_is_exact(a);
	assert_int_equal(arena_tally(a).connected, 25000 + arena_bot_tally(a).connected);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forged_sources_hide_no_bot_and_are_not_each_a_host),
		cmocka_unit_test(nor_do_sources_few_enough_to_be_remembered),
		cmocka_unit_test(nor_does_payload_without_a_handshake),
		cmocka_unit_test(each_attempt_counts_however_many_servers_a_host_tries),
		cmocka_unit_test(each_attempt_counts_however_often_its_ports_are_used),
		cmocka_unit_test(answers_to_nothing_accuse_nobody),
		cmocka_unit_test(fragments_that_never_become_whole_are_counted_and_go),
		cmocka_unit_test(segments_that_contradict_each_other_are_counted),
		cmocka_unit_test(the_bytes_of_an_endless_connection_are_all_counted),
		cmocka_unit_test(a_host_of_many_names_is_one_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
