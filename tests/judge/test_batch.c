#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/moment.h"
#include "judge/batch.h"

#define NOON (INT64_C(1795521600) * MOMENT_SECOND)

static struct batch *new_batch(void)
{
	struct hash_key key = {.k = {3, 4}};
	struct batch *b = batch_new(&key);

	assert_non_null(b);
	return b;
}

static struct connection attempt(uint64_t id, uint32_t server, int64_t started)
{
	struct connection c = {.id = id,
			       .started = started,
			       .last = started,
			       .begun = true,
			       .proven = true,
			       .server_port = 25,
			       .outcome = OUTCOME_UNANSWERED};

	assert_int_equal(addr_parse("10.0.0.7", &c.client), 0);
	assert_int_equal(addr_parse("198.18.0.0", &c.server), 0);
	c.server.b[13] = (uint8_t)(18 + (server >> 16));
	c.server.b[14] = (uint8_t)(server >> 8);
	c.server.b[15] = (uint8_t)server;
	return c;
}

static unsigned int add(struct batch *b, const struct connection *c)
{
	struct tally change = {.attempts = 1};

	change.outcomes[c->outcome] = 1;
	return batch_add(b, c, NULL, &change);
}

static void attempts_of_one_minute_on_one_server_are_one_sum(void **state)
{
	struct batch *b = new_batch();
	struct connection first = attempt(1, 0, NOON + 59 * MOMENT_SECOND);
	struct connection second = attempt(2, 0, NOON + 1);
	struct connection next_minute = attempt(3, 0, NOON + MOMENT_MINUTE);

	(void)state;
	assert_int_equal(add(b, &first), 0);
	assert_int_equal(add(b, &second), 0);
	assert_int_equal(add(b, &next_minute), 0);
	assert_int_equal(batch_sum_count(b), 2);
	assert_int_equal(batch_sum(b, 0)->tally.attempts, 2);
	assert_int_equal(batch_sum(b, 0)->minute, NOON);
	assert_int_equal(batch_sum(b, 0)->first, NOON + 1);
	assert_int_equal(batch_sum(b, 0)->last, NOON + 59 * MOMENT_SECOND);
	assert_int_equal(batch_sum(b, 1)->minute, NOON + MOMENT_MINUTE);
	assert_int_equal(batch_connection_count(b), 3);
	batch_free(b);
}

static void server_port_and_standing_keep_sums_apart(void **state)
{
	struct batch *b = new_batch();
	struct connection c = attempt(1, 0, NOON), other = c;

	(void)state;
	add(b, &c);
	other.id = 2;
	other.server_port = 587;
	add(b, &other);
	other.id = 3;
	other.standing = STANDING_ALSO_WATCHED;
	add(b, &other);
	other.id = 4;
	other.server = attempt(0, 1, NOON).server;
	add(b, &other);
	other.id = 5;
	other.client.b[15]++;
	add(b, &other);
	assert_int_equal(batch_sum_count(b), 5);
	batch_free(b);
}

static void a_later_telling_replaces_the_row_and_leaves_it_begun(void **state)
{
	struct batch *b = new_batch();
	struct connection c = attempt(1, 0, NOON);
	struct tally change = {.connected = 1};

	(void)state;
	add(b, &c);
	c.begun = false;
	c.connected = true;
	c.outcome = OUTCOME_CONNECTED;
	c.last += 5;
	change.outcomes[OUTCOME_CONNECTED] = 1;
	change.outcomes[OUTCOME_UNANSWERED] = -1;
	assert_int_equal(batch_add(b, &c, NULL, &change), 0);
	assert_int_equal(batch_connection_count(b), 1);
	assert_true(batch_connection(b, 0)->begun);
	assert_int_equal(batch_connection(b, 0)->outcome, OUTCOME_CONNECTED);
	assert_int_equal(batch_sum_count(b), 1);
	assert_int_equal(batch_sum(b, 0)->tally.attempts, 1);
	assert_int_equal(batch_sum(b, 0)->tally.connected, 1);
	assert_int_equal(batch_sum(b, 0)->tally.outcomes[OUTCOME_CONNECTED], 1);
	assert_int_equal(batch_sum(b, 0)->tally.outcomes[OUTCOME_UNANSWERED], 0);
	assert_int_equal(batch_sum(b, 0)->last, NOON + 5);
	batch_free(b);
}

static void an_update_alone_is_not_begun(void **state)
{
	struct batch *b = new_batch();
	struct connection c = attempt(1, 0, NOON);

	(void)state;
	c.begun = false;
	batch_add(b, &c, NULL, &(struct tally){0});
	assert_false(batch_connection(b, 0)->begun);
	batch_free(b);
}

static void the_identity_is_that_of_the_most_hops(void **state)
{
	struct batch *b = new_batch();
	struct connection c = attempt(1, 0, NOON);

	(void)state;
	add(b, &c);
	assert_false(batch_sum(b, 0)->has_mac);
	c.has_mac = true;
	c.hops = 63;
	c.mac[5] = 1;
	add(b, &c);
	c.hops = 64;
	c.mac[5] = 2;
	c.tag_count = 1;
	c.vlans[0] = 77;
	add(b, &c);
	c.hops = 63;
	c.mac[5] = 3;
	add(b, &c);
	assert_true(batch_sum(b, 0)->has_mac);
	assert_int_equal(batch_sum(b, 0)->mac[5], 2);
	assert_int_equal(batch_sum(b, 0)->vlans[0], 77);
	assert_int_equal(batch_sum(b, 0)->hops, 64);
	batch_free(b);
}

static int64_t attempts_in(const struct batch *b)
{
	int64_t sum = 0;

	for (uint32_t i = 0; i < batch_sum_count(b); i++)
		sum += batch_sum(b, i)->tally.attempts;
	return sum;
}

static void servers_are_folded_when_sums_run_out(void **state)
{
	struct batch *b = new_batch();
	struct connection c;
	const struct sum *last;

	(void)state;
	for (uint32_t i = 0; i < BATCH_SUMS; i++) {
		c = attempt(i + 1, i, NOON);
		assert_int_equal(add(b, &c) & ~(1u << BATCH_ROW_DROPPED), 0);
	}
	for (uint32_t i = 0; i < 10; i++) {
		c = attempt(BATCH_SUMS + i + 1, BATCH_SUMS + i, NOON + i % 2 * MOMENT_MINUTE);
		assert_true(add(b, &c) & 1u << BATCH_SERVER_FOLDED);
	}
	/* By the minute, as all sums are. */
	assert_int_equal(batch_sum_count(b), BATCH_SUMS + 2);
	last = batch_sum(b, BATCH_SUMS);
	assert_true(last->folded);
	assert_int_equal(last->port, 0);
	assert_int_equal(last->minute, NOON);
	assert_int_equal(last->tally.attempts, 5);
	/* Those known before are still told apart. */
	c = attempt(99999, 5, NOON + 1);
	assert_false(add(b, &c) & 1u << BATCH_SERVER_FOLDED);
	assert_int_equal(attempts_in(b), BATCH_SUMS + 11);
	batch_free(b);
}

static void what_is_counted_nowhere_is_told(void **state)
{
	struct batch *b = new_batch();
	int64_t lost = 0, added = 0;

	(void)state;
	for (uint32_t i = 0; i < BATCH_SUMS + BATCH_FOLDED + 100; i++, added++) {
		struct connection c = attempt(i + 1, i, NOON);

		c.client.b[13] = (uint8_t)(i >> 16);
		c.client.b[14] = (uint8_t)(i >> 8);
		c.client.b[15] = (uint8_t)i;
		lost += (add(b, &c) & 1u << BATCH_COUNTS_LOST) != 0;
	}
	assert_int_equal(lost, 100);
	assert_int_equal(attempts_in(b) + lost, added);
	batch_free(b);
}

static void the_last_eighth_of_the_rows_is_for_those_sent_or_encrypted(void **state)
{
	struct batch *b = new_batch();
	uint32_t plain = 0, precious = 0;

	(void)state;
	for (uint32_t i = 0; i < BATCH_CONNECTIONS; i++) {
		struct connection c = attempt(i + 1, 0, NOON);

		plain += !(add(b, &c) & 1u << BATCH_ROW_DROPPED);
	}
	for (uint32_t i = 0; i < BATCH_CONNECTIONS; i++) {
		struct connection c = attempt(BATCH_CONNECTIONS + i + 1, 0, NOON);

		c.outcome = i % 2 ? OUTCOME_SENT : OUTCOME_ENCRYPTED;
		precious += !(add(b, &c) & 1u << BATCH_ROW_DROPPED);
	}
	assert_int_equal(plain, BATCH_CONNECTIONS / 8 * 7);
	assert_int_equal(precious, BATCH_CONNECTIONS / 8);
	assert_int_equal(batch_connection_count(b), BATCH_CONNECTIONS);
	assert_int_equal(attempts_in(b), 2 * BATCH_CONNECTIONS);
	batch_free(b);
}

static void the_last_eighth_of_all_is_for_those_that_are_proven(void **state)
{
	struct batch *b = new_batch();
	uint32_t lost = 0;

	(void)state;
	for (uint32_t i = 0; i < BATCH_SUMS + BATCH_FOLDED; i++) {
		struct connection c = attempt(i + 1, i, NOON);

		c.proven = false;
		c.client.b[14] = (uint8_t)(i >> 8);
		c.client.b[15] = (uint8_t)i;
		c.client.b[13] = (uint8_t)(1 + (i >> 16));
		lost += (add(b, &c) & 1u << BATCH_COUNTS_LOST) != 0;
	}
	assert_int_equal(lost, (BATCH_SUMS + BATCH_FOLDED) / 8);
	assert_true(batch_is_full(b));
	assert_false(batch_is_brimful(b));
	for (uint32_t i = 0; i < BATCH_SUMS / 8; i++) {
		struct connection c = attempt(i + 100001, i, NOON);

		assert_int_equal(add(b, &c) & ~(1u << BATCH_ROW_DROPPED), 0);
	}
	assert_true(batch_is_brimful(b));
	assert_int_equal(attempts_in(b), BATCH_SUMS + BATCH_FOLDED / 8 * 7);
	batch_free(b);
}

static void a_batch_that_is_not_full_has_room_for_the_slack(void **state)
{
	struct batch *b = new_batch();
	uint32_t i = 0;

	(void)state;
	for (; !batch_is_full(b); i++) {
		struct connection c = attempt(i + 1, i, NOON);

		assert_int_equal(add(b, &c), 0);
	}
	for (uint32_t more = 1; more < BATCH_SLACK; more++, i++) {
		struct connection c = attempt(i + 1, i, NOON);

		assert_int_equal(add(b, &c), 0);
	}
	batch_free(b);
}

static void clearing_leaves_nothing_behind(void **state)
{
	struct batch *b = new_batch();
	const uint8_t mac[6] = {1};

	(void)state;
	for (int round = 0; round < 3; round++) {
		uint32_t count = round == 0 ? 20000 : 10;

		assert_true(batch_is_empty(b));
		assert_false(batch_is_full(b));
		assert_int_equal(batch_read_health(b)->packets, 0);
		batch_health(b)->packets = 9;
		assert_true(batch_add_router(b, mac));
		for (uint32_t i = 0; i < count; i++) {
			struct connection c = attempt(i + 1, i, NOON);

			assert_int_equal(add(b, &c), 0);
		}
		assert_int_equal(batch_sum_count(b), count);
		assert_int_equal(batch_connection_count(b), count);
		assert_int_equal(attempts_in(b), count);
		assert_int_equal(batch_sum(b, 0)->tally.attempts, 1);
		batch_clear(b);
	}
	assert_int_equal(batch_router_count(b), 0);
	batch_free(b);
}

static void routers_beyond_the_limit_are_to_be_offered_again(void **state)
{
	struct batch *b = new_batch();
	uint8_t mac[6] = {2};

	(void)state;
	for (int i = 0; i < BATCH_ROUTERS; i++) {
		mac[5] = (uint8_t)i;
		assert_true(batch_add_router(b, mac));
	}
	assert_false(batch_add_router(b, mac));
	assert_int_equal(batch_router_count(b), BATCH_ROUTERS);
	assert_int_equal(batch_router(b, 7)[5], 7);
	assert_false(batch_is_empty(b));
	batch_free(b);
}

static long resident_kib(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	long total, resident;

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%ld %ld", &total, &resident), 2);
	fclose(f);
	return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static void memory_is_touched_only_as_it_is_used_and_given_back_when_a_storm_is_over(void **state)
{
	struct batch *b = new_batch();
	long before = resident_kib();

	(void)state;
	for (uint32_t i = 0; i < 50; i++) {
		struct connection c = attempt(i + 1, i, NOON);

		add(b, &c);
	}
	batch_clear(b);
	assert_in_range(resident_kib() - before, 0, 1024);
	for (uint32_t i = 0; i < 30000; i++) {
		struct connection c = attempt(i + 1, i, NOON);

		add(b, &c);
	}
	assert_true(resident_kib() - before > 5000);
	batch_clear(b);
	for (int i = 0; i < 20; i++)
		batch_clear(b);
	assert_in_range(resident_kib() - before, 0, 2048);
	assert_true(batch_is_empty(b));
	batch_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attempts_of_one_minute_on_one_server_are_one_sum),
		cmocka_unit_test(server_port_and_standing_keep_sums_apart),
		cmocka_unit_test(a_later_telling_replaces_the_row_and_leaves_it_begun),
		cmocka_unit_test(an_update_alone_is_not_begun),
		cmocka_unit_test(the_identity_is_that_of_the_most_hops),
		cmocka_unit_test(servers_are_folded_when_sums_run_out),
		cmocka_unit_test(what_is_counted_nowhere_is_told),
		cmocka_unit_test(the_last_eighth_of_the_rows_is_for_those_sent_or_encrypted),
		cmocka_unit_test(the_last_eighth_of_all_is_for_those_that_are_proven),
		cmocka_unit_test(a_batch_that_is_not_full_has_room_for_the_slack),
		cmocka_unit_test(clearing_leaves_nothing_behind),
		cmocka_unit_test(routers_beyond_the_limit_are_to_be_offered_again),
		cmocka_unit_test(
			memory_is_touched_only_as_it_is_used_and_given_back_when_a_storm_is_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
