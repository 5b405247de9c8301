/*
 * What must hold over a clock that is set, and over a pause; and what a server's answer to a SYN
 * that somebody forged is worth.
 */
#include "conversation.h"

#include <stdio.h>
#include <string.h>

#include "judge/crowd.h"

#define BOT	   "10.0.3.77"
#define MAIL	   "10.0.0.25"
#define MX	   "198.51.100.4"
#define OTHER	   "192.0.2.5"
#define HOUR	   (3600 * SEC)
#define SINCE_BOOT (1000 * SEC) /* by the clock that nobody sets, when a test begins */
#define UNTOLD	   "attempts of hosts beyond those told apart, never answered"

static void set_clock(int64_t by)
{
	static int64_t ahead;

	if (by == 0)
		ahead = now - SINCE_BOOT;
	way_set_clock(way, ahead + by, now - ahead);
	ahead += by;
	now += by;
}

static void room(void *context)
{
	(void)context;
	batch_clear(batch);
}

static void pause_and_go_on(bool pauses)
{
	struct way_options options = {.key = {{5, 6}}, .id_base = 100, .pauses = pauses};

	way_free(way);
	way = way_new(&options);
	assert_non_null(way);
	way_set_policy(way, policy);
	way_set_batch(way, batch);
}

static void a_freeze_holds_where_the_clock_is_set_back(void **state)
{
	(void)state;
	set_clock(0);
	way_set_frozen(way, now, now + 900 * SEC);
	set_clock(-HOUR);
	attempt(MAIL, MX);
	collect();
	assert_int_equal(row_of(MAIL, MX)->reason, REASON_FROZEN);
}

static void the_last_frame_of_a_mirror_is_not_to_come(void **state)
{
	struct health h = {0};

	(void)state;
	set_clock(0);
	attempt(BOT, MX);
	set_clock(-HOUR);
	attempt(BOT, OTHER);
	way_health(way, &h);
	assert_in_range(h.interfaces[0].last_frame, now - SEC, now);
}

/* It waited in the ring while the clock was set; else all that is remembered would be forgotten. */
static void a_frame_stamped_before_the_clock_was_set_is_of_now(void **state)
{
	struct conversation c;
	struct health h = {0};

	(void)state;
	set_clock(0);
	way_tick(way, now);
	c = attempt(BOT, MX);
	set_clock(-HOUR);
	now += HOUR;
	attempt(BOT, OTHER);
	now += 100 * MS - HOUR;
	way_tick(way, now);
	c.seq[1]--;
	segment(&c, true, TCP_SYN, ""); /* again */
	way_health(way, &h);
	assert_int_equal(h.attempts, 2);
}

static void what_ends_just_before_a_pause_is_evidence_all_the_same(void **state)
{
	struct conversation c;

	(void)state;
	pause_and_go_on(true);
	c = connection(BOT, MX);
	sends_message(&c, "user-pc", "a@example.com");
	way_finish(way, room, NULL);
	assert_int_equal(evidence_of(BOT)->sessions, 1);
}

static void what_was_open_is_no_flood_when_it_is_answered(void **state)
{
	struct conversation c = {.client = BOT,
				 .server = MX,
				 .client_port = 4000,
				 .server_port = 25};
	struct flow f = {.client_port = 4000,
			 .server_port = 25,
			 .started = now - 5 * SEC,
			 .last = now - SEC,
			 .syn_seen = true,
			 .client_isn = 8999,
			 .standing = STANDING_OFFENCE};
	struct health h = {0};

	(void)state;
	c.seq[0] = 5000;
	c.seq[1] = 9000;
	assert_int_equal(addr_parse(BOT, &f.client), 0);
	assert_int_equal(addr_parse(MX, &f.server), 0);
	pause_and_go_on(true);
	way_tick(way, now);
	assert_true(way_resume(way, 7, &f, SEC));
	collect();
	segment(&c, false, TCP_SYN | TCP_ACK, "");
	segment(&c, true, TCP_ACK, "");
	collect();
	way_health(way, &h);
	assert_int_equal(h.attempts, 0);
	assert_int_equal(h.pressures[PRESSURE_SYNS].last, 0);
}

/* Hosts that were told apart, of so many that are forged: a server answers, and the forger, who
 * does not see that, acknowledges `off` beside it. */
static uint64_t untold(uint32_t count, uint32_t off)
{
	struct health h = {0};

	for (uint32_t i = 0; i < count; i++) {
		struct conversation c;
		char host[32];

		snprintf(host, sizeof(host), "10.%u.%u.%u", 64 + i / 65536, i / 256 % 256, i % 256);
		c = attempt(host, MX);
		segment(&c, false, TCP_SYN | TCP_ACK, "");
		c.seq[0] += off;
		segment(&c, true, TCP_ACK, "");
		if (i % 1000 == 0)
			way_collect(way, UINT32_MAX);
		if (batch_is_full(batch))
			batch_clear(batch);
	}
	way_finish(way, room, NULL);
	way_health(way, &h);
	for (unsigned int i = 0; i < h.loss_count; i++)
		if (strcmp(h.losses[i].reason, UNTOLD) == 0)
			return h.losses[i].count;
	return 0;
}

static void a_server_s_answer_proves_no_host_that_did_not_hear_it(void **state)
{
	(void)state;
	assert_in_range(untold(20000, 0x20000000), 20000 - CROWD_AT_ONCE - 100,
			20000 - CROWD_AT_ONCE);
}

static void but_each_that_acknowledges_it(void **state)
{
	(void)state;
	assert_int_equal(untold(20000, 0), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, conversation_setup, conversation_teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_freeze_holds_where_the_clock_is_set_back),
		TEST(the_last_frame_of_a_mirror_is_not_to_come),
		TEST(a_frame_stamped_before_the_clock_was_set_is_of_now),
		TEST(what_ends_just_before_a_pause_is_evidence_all_the_same),
		TEST(what_was_open_is_no_flood_when_it_is_answered),
		TEST(a_server_s_answer_proves_no_host_that_did_not_hear_it),
		TEST(but_each_that_acknowledges_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
