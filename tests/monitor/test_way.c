/*
 * The whole way, from bytes on the wire to sums in a batch.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "monitor/way.h"
#include "wire/packet.h"

#define SEC INT64_C(1000000)

static struct way *way;
static struct policy *policy;
static struct batch *batch;
static struct health health;
static int64_t now;

static int open_way(void **state)
{
	struct way_options options = {.key = {{5, 6}}, .id_base = 100};
	struct prefix mail_server;

	(void)state;
	policy = policy_new();
	assert_int_equal(prefix_parse("10.0.0.25", &mail_server), 0);
	policy_add_mail_server(policy, &mail_server, "test");
	batch = batch_new(&options.key);
	way = way_new(&options);
	way_set_policy(way, policy);
	way_set_batch(way, batch);
	memset(&health, 0, sizeof(health));
	now = INT64_C(1700000000) * SEC;
	return 0;
}

static int close_way(void **state)
{
	(void)state;
	way_free(way);
	batch_free(batch);
	policy_free(policy);
	return 0;
}

static void put16(uint8_t *p, unsigned int v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v & 0xffff);
}

/* Ethernet, IPv4, TCP: 54 bytes. */
static void build(uint8_t frame[54], const uint8_t from[4], const uint8_t to[4], uint16_t sport,
		  uint16_t dport, uint32_t seq, uint8_t flags)
{
	static const uint8_t head[] = {2, 0, 0,	   0, 0, 1,  2, 0, 0, 0, 0,  7,
				       8, 0, 0x45, 0, 0, 40, 0, 9, 0, 0, 64, 6};

	memset(frame, 0, 54);
	memcpy(frame, head, sizeof(head));
	memcpy(frame + 26, from, 4);
	memcpy(frame + 30, to, 4);
	put16(frame + 34, sport);
	put16(frame + 36, dport);
	put32(frame + 38, seq);
	frame[46] = 0x50;
	frame[47] = flags;
}

static void give(const uint8_t *data, uint32_t length)
{
	struct frame frame = {.time = now,
			      .data = data,
			      .captured = length,
			      .length = length,
			      .link = LINK_ETHERNET};

	way_frame(way, &frame);
}

static void syn(const uint8_t from[4], const uint8_t to[4], uint16_t sport, uint16_t dport)
{
	uint8_t frame[54];

	build(frame, from, to, sport, dport, sport, TCP_SYN);
	give(frame, sizeof(frame));
}

static const uint8_t bot[4] = {10, 0, 3, 77}, mail[4] = {10, 0, 0, 25},
		     outside[4] = {198, 51, 100, 4}, nat[4] = {203, 0, 113, 9};

/* Adds up and clears what has been collected. */
static struct tally drain(enum standing standing)
{
	struct tally sum = {0};

	way_collect(way, UINT32_MAX);
	for (uint32_t i = 0; i < batch_sum_count(batch); i++)
		if (batch_sum(batch, i)->standing == standing)
			tally_add(&sum, &batch_sum(batch, i)->tally);
	batch_clear(batch);
	return sum;
}

static void a_syn_becomes_a_sum_and_a_connection(void **state)
{
	const struct sum *s;
	const struct connection *c;
	char text[ADDR_TEXT];

	(void)state;
	syn(bot, outside, 4000, 25);
	assert_int_equal(way_collect(way, 10), 1);
	assert_int_equal(batch_sum_count(batch), 1);
	s = batch_sum(batch, 0);
	assert_string_equal(addr_format(&s->client, text), "10.0.3.77");
	assert_string_equal(addr_format(&s->server, text), "198.51.100.4");
	assert_int_equal(s->standing, STANDING_OFFENCE);
	assert_int_equal(s->tally.attempts, 1);
	assert_int_equal(s->tally.outcomes[OUTCOME_UNANSWERED], 1);
	assert_true(s->minute == now - now % (60 * SEC));
	assert_int_equal(s->mac[5], 7);
	c = batch_connection(batch, 0);
	assert_int_equal(c->id, 101);
	assert_true(c->begun && c->open && !c->connected);
	assert_int_equal(c->reason, REASON_NO_MAIL_SERVER);
}

static void a_mail_server_is_permitted(void **state)
{
	(void)state;
	syn(mail, outside, 4000, 25);
	way_collect(way, 10);
	assert_int_equal(batch_sum(batch, 0)->standing, STANDING_PERMITTED);
}

static void an_outcome_that_changes_moves_from_one_column_to_the_other(void **state)
{
	uint8_t frame[54];
	struct tally sum;

	(void)state;
	syn(bot, outside, 4000, 25);
	sum = drain(STANDING_OFFENCE);
	assert_int_equal(sum.attempts, 1);
	build(frame, outside, bot, 25, 4000, 900, TCP_SYN | TCP_ACK);
	put32(frame + 42, 4001);
	give(frame, sizeof(frame));
	sum = drain(STANDING_OFFENCE);
	assert_int_equal(sum.attempts, 0);
	assert_int_equal(sum.connected, 1);
	assert_int_equal(sum.outcomes[OUTCOME_UNANSWERED], -1);
	assert_int_equal(sum.outcomes[OUTCOME_CONNECTED], 1);
}

static void the_minute_of_a_late_change_is_that_of_the_first_frame(void **state)
{
	uint8_t frame[54];
	int64_t begun = now;

	(void)state;
	syn(bot, outside, 4000, 25);
	drain(STANDING_OFFENCE);
	now += 130 * SEC;
	build(frame, outside, bot, 25, 4000, 900, TCP_SYN | TCP_ACK);
	put32(frame + 42, 4001);
	give(frame, sizeof(frame));
	way_collect(way, 10);
	assert_true(batch_sum(batch, 0)->minute == begun - begun % (60 * SEC));
	assert_true(batch_sum(batch, 0)->last == now);
}

static void a_writer_that_stalls_costs_no_count(void **state)
{
	struct tally sum = {0};
	uint32_t total = 0;

	(void)state;
	/* 100,000 attempts to 50,000 servers while nothing is taken off the batch. */
	for (uint32_t i = 0; i < 100000; i++) {
		uint8_t to[4] = {198, 51, (uint8_t)(i % 50000 >> 8), (uint8_t)(i % 50000)};

		syn(bot, to, (uint16_t)(1024 + i / 50000), 25);
		total++;
		if (i % 100 == 0)
			way_collect(way, 256);
	}
	assert_true(batch_is_full(batch));
	for (int i = 0; i < 10; i++) {
		struct tally part = drain(STANDING_OFFENCE);

		tally_add(&sum, &part);
	}
	assert_int_equal(sum.attempts, total);
	way_health(way, &health);
	assert_int_equal(health.loss_count, 0);
}

static void room(void *context)
{
	struct tally *sum = context;

	for (uint32_t i = 0; i < batch_sum_count(batch); i++)
		tally_add(sum, &batch_sum(batch, i)->tally);
	batch_clear(batch);
}

static void finishing_tells_every_attempt(void **state)
{
	struct tally sum = {0};

	(void)state;
	for (uint32_t i = 0; i < 50000; i++) {
		uint8_t to[4] = {198, 51, (uint8_t)(i >> 8), (uint8_t)i};

		syn(bot, to, 4000, 25);
	}
	way_finish(way, room, &sum);
	room(&sum);
	assert_int_equal(sum.attempts, 50000);
}

static void an_end_without_a_frame_is_a_row_and_no_change_of_counts(void **state)
{
	struct tally sum = {0};

	(void)state;
	syn(bot, outside, 4000, 25);
	drain(STANDING_OFFENCE);
	way_finish(way, room, &sum);
	assert_int_equal(batch_sum_count(batch), 0);
	assert_int_equal(batch_connection_count(batch), 1);
	assert_false(batch_connection(batch, 0)->open);
}

/* Of 20,000 frames of a file that are none of ours, from the 16,385th on. */
static uint64_t sampled(int64_t apart)
{
	struct way_options options = {.key = {{5, 6}}, .sample = 64};
	uint8_t frame[54];
	uint64_t before = 0;

	way_free(way);
	way = way_new(&options);
	way_set_policy(way, policy);
	way_set_batch(way, batch);
	build(frame, bot, outside, 5000, 443, 0, TCP_ACK);
	for (int i = 0; i < 20000; i++, now += apart) {
		if (i == 16384)
			way_health(way, &health);
		before = i == 16384 ? health.interfaces[0].outward : before;
		give(frame, sizeof(frame));
	}
	assert_in_range(before, 16383, 16384);
	way_health(way, &health);
	assert_int_equal(health.interfaces[0].received, 20000);
	return health.interfaces[0].outward - before;
}

static void of_other_frames_of_a_file_a_sample_is_looked_at_by_number_and_by_time(void **state)
{
	(void)state;
	assert_in_range(sampled(0), 3616 / 64, 3616 / 64 + 1);
	assert_in_range(sampled(SEC / 10), 3616 / 10, 3616 / 10 + 1);
	assert_in_range(sampled(SEC * 2), 3615, 3616);
}

static void a_syn_in_tiny_fragments_is_seen(void **state)
{
	uint8_t whole[54], piece[54];

	(void)state;
	build(whole, bot, outside, 4000, 25, 1, TCP_SYN);
	/* The first fragment has 8 bytes of TCP, the flags come in the second; they come swapped.
	 */
	memcpy(piece, whole, 34);
	memcpy(piece + 34, whole + 42, 12);
	put16(piece + 16, 32);
	put16(piece + 20, 1); /* offset 8 bytes */
	give(piece, 46);
	memcpy(piece + 34, whole + 34, 8);
	put16(piece + 16, 28);
	put16(piece + 20, 0x2000); /* more fragments */
	give(piece, 42);
	assert_int_equal(drain(STANDING_OFFENCE).attempts, 1);
}

static void what_was_not_understood_is_named(void **state)
{
	uint8_t frame[54];

	(void)state;
	build(frame, bot, outside, 4000, 25, 1, TCP_SYN);
	give(frame, 40); /* the header is cut: only 26 of 40 bytes of IP */
	way_health(way, &health);
	assert_int_equal(health.packets, 1);
	assert_int_equal(health.loss_count, 1);
	assert_int_equal(health.losses[0].count, 1);
	assert_non_null(strstr(health.losses[0].reason, "runcated"));
}

static void unclassified_pairs_are_shown_once(void **state)
{
	(void)state;
	for (uint16_t i = 0; i < 100; i++)
		syn(nat, outside, (uint16_t)(4000 + i), 25);
	way_health(way, &health);
	assert_int_equal(health.unclassified, 100);
	assert_int_equal(health.example_count, 1);
	assert_true(addr_is_v4(&health.examples[0].client));
}

static void directions_are_told_apart(void **state)
{
	uint8_t frame[54];

	(void)state;
	syn(bot, outside, 4000, 25);
	way_health(way, &health);
	assert_int_equal(health.interfaces[0].outward, 1);
	assert_int_equal(health.interfaces[0].inward, 0);
	build(frame, outside, bot, 25, 4000, 900, TCP_SYN | TCP_ACK);
	give(frame, sizeof(frame));
	way_health(way, &health);
	assert_int_equal(health.interfaces[0].inward, 1);
	assert_true(health.interfaces[0].last_frame == now);
}

/* A stranger's payload, long after the last SMTP, while other frames show both directions. */
static void an_hour_without_smtp_makes_no_mirror_one_sided(void **state)
{
	uint8_t frame[54];

	(void)state;
	syn(bot, outside, 4000, 25);
	for (int i = 0; i < 3600; i++) {
		now += SEC;
		build(frame, bot, outside, 5000, 53, 0, 0);
		frame[23] = 17;
		give(frame, sizeof(frame));
	}
	for (int i = 0; i < 3; i++) {
		now += SEC;
		build(frame, outside, mail, 25, 4711, 900, TCP_ACK);
		put16(frame + 16, 40 + 4); /* 4 bytes of payload, which the snapshot length cut */
		put32(frame + 38, 900 + 4 * (uint32_t)i);
		give(frame, sizeof(frame));
	}
	way_health(way, &health);
	assert_int_equal(health.attempts, 1);
	assert_int_equal(health.stray, 3);
}

static void more_routers_than_a_batch_takes_are_all_told(void **state)
{
	uint32_t told = 0;
	struct tally sum = {0};

	(void)state;
	for (int mac = 0; mac < 200; mac++)
		for (uint8_t i = 1; i <= 4; i++) {
			uint8_t frame[54];

			build(frame, outside, (uint8_t[4]){10, 1, (uint8_t)mac, i}, 443, 4000, 1,
			      0);
			frame[5] = (uint8_t)mac;
			give(frame, sizeof(frame));
		}
	for (int i = 0; i < 10; i++) {
		way_collect(way, 10);
		told += batch_router_count(batch);
		room(&sum);
	}
	assert_int_equal(told, 200);
}

static void a_routers_mac_is_told_to_the_record(void **state)
{
	(void)state;
	for (uint8_t i = 1; i <= 4; i++) {
		uint8_t frame[54];

		build(frame, outside, (uint8_t[4]){10, 0, 9, i}, 25, 4000, 1, TCP_RST);
		give(frame, sizeof(frame));
	}
	way_collect(way, 100);
	assert_int_equal(batch_router_count(batch), 1);
	assert_int_equal(batch_router(batch, 0)[5], 1);
}

/* A host that forges its neighbours' addresses makes no router of itself. */
static void forged_sources_hide_no_mac(void **state)
{
	(void)state;
	for (uint8_t i = 1; i <= 40; i++)
		syn((uint8_t[4]){10, 0, 9, i}, outside, 4000, 25);
	way_collect(way, 100);
	for (uint32_t i = 0; i < batch_router_count(batch); i++)
		assert_int_not_equal(batch_router(batch, i)[5], 7);
}

/* VXLAN: 50 bytes of carrier, then a frame. */
static void carry(uint8_t frame[104], const uint8_t from[4], const uint8_t inner[54])
{
	build(frame, from, (uint8_t[4]){10, 0, 0, 5}, 5555, 4789, 0, 0);
	frame[23] = 17;
	put16(frame + 16, 90);
	put16(frame + 38, 70);
	put16(frame + 40, 0);
	memset(frame + 42, 0, 8);
	frame[42] = 8;
	memcpy(frame + 50, inner, 54);
}

static void a_tunnel_from_outside_frames_nobody(void **state)
{
	uint8_t frame[104], inner[54];

	(void)state;
	build(inner, bot, outside, 4000, 25, 1, TCP_SYN);
	carry(frame, nat, inner);
	give(frame, sizeof(frame));
	way_health(way, &health);
	assert_int_equal(health.attempts, 0);
	assert_int_equal(health.loss_count, 1);
	assert_non_null(strstr(health.losses[0].reason, "external"));
	carry(frame, (uint8_t[4]){10, 0, 0, 1}, inner);
	give(frame, sizeof(frame));
	way_health(way, &health);
	assert_int_equal(health.attempts, 1);
}

static void random_bytes_never_harm_and_are_all_counted(void **state)
{
	unsigned int seed = 4711;
	uint8_t frame[256];
	uint64_t counted = 0;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		uint32_t length = (uint32_t)(rand_r(&seed) % 256);

		build(frame, bot, outside, 4000, 25, 1, TCP_SYN);
		for (uint32_t j = 54; j < sizeof(frame); j++)
			frame[j] = (uint8_t)rand_r(&seed);
		for (int j = rand_r(&seed) % 6; j > 0; j--)
			frame[rand_r(&seed) % 60] = (uint8_t)rand_r(&seed);
		now += rand_r(&seed) % 1000;
		give(frame, length);
		if (i % 1000 == 0)
			drain(STANDING_OFFENCE);
	}
	way_health(way, &health);
	assert_int_equal(health.packets, 200000);
	for (int i = 0; i < health.loss_count; i++)
		counted += health.losses[i].count;
	assert_true(counted > 1000);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_way, close_way)
	const struct CMUnitTest tests[] = {
		TEST(a_syn_becomes_a_sum_and_a_connection),
		TEST(a_mail_server_is_permitted),
		TEST(an_outcome_that_changes_moves_from_one_column_to_the_other),
		TEST(the_minute_of_a_late_change_is_that_of_the_first_frame),
		TEST(a_writer_that_stalls_costs_no_count),
		TEST(finishing_tells_every_attempt),
		TEST(an_end_without_a_frame_is_a_row_and_no_change_of_counts),
		TEST(of_other_frames_of_a_file_a_sample_is_looked_at_by_number_and_by_time),
		TEST(a_syn_in_tiny_fragments_is_seen),
		TEST(what_was_not_understood_is_named),
		TEST(unclassified_pairs_are_shown_once),
		TEST(directions_are_told_apart),
		TEST(an_hour_without_smtp_makes_no_mirror_one_sided),
		TEST(more_routers_than_a_batch_takes_are_all_told),
		TEST(a_routers_mac_is_told_to_the_record),
		TEST(forged_sources_hide_no_mac),
		TEST(a_tunnel_from_outside_frames_nobody),
		TEST(random_bytes_never_harm_and_are_all_counted),
	};

	return cmocka_run_group_tests_name("way", tests, NULL, NULL);
}
