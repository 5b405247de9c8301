/* When connections are reset, and whether it worked. */
#include "resets_fixture.h"

/* --- whether it worked ------------------------------------------------------------------------ */

static void a_client_that_is_refused_before_an_answer_was_nothing_to_kill(void **state)
{
	(void)state;
	assert_true(syn());
	assert_int_equal(fate(), RESET_FATE_NONE);
	assert_int_equal(counted()->could, 0);
}

static void a_handshake_behind_which_nothing_is_acknowledged_is_killed(void **state)
{
	(void)state;
	assert_true(syn());
	sees(segment(false, TCP_SYN | TCP_ACK, 5000, 1001, 0));
	assert_int_equal(fate(), RESET_FATE_KILLED);
	sees(segment(true, TCP_ACK, 1001, 5001, 0));
	sees(segment(true, TCP_ACK, 1001, 5001, 12)); /* says EHLO, and nobody answers */
	sees(segment(true, TCP_ACK | TCP_FIN, 1013, 5001, 0));
	assert_int_equal(fate(), RESET_FATE_KILLED);
	assert_int_equal(counted()->could, 1);
	assert_int_equal(counted()->killed, 1);
}

static void payload_that_is_acknowledged_afterwards_is_a_failure(void **state)
{
	(void)state;
	assert_true(syn());
	sees(segment(false, TCP_SYN | TCP_ACK, 5000, 1001, 0));
	sees(segment(true, TCP_ACK, 1001, 5001, 12));
	sees(segment(false, TCP_ACK, 5001, 1013, 30));
	assert_int_equal(fate(), RESET_FATE_SURVIVED);
	assert_int_equal(counted()->could, 1);
	assert_int_equal(counted()->killed, 0);
	sees(segment(true, TCP_ACK, 1013, 5031, 0));
	assert_int_equal(fate(), RESET_FATE_SURVIVED);
}

static void one_byte_of_payload_is_payload_and_a_fin_is_none(void **state)
{
	(void)state;
	assert_true(syn());
	sees(segment(false, TCP_SYN | TCP_ACK, 5000, 1001, 0));
	sees(segment(true, TCP_ACK | TCP_FIN, 1001, 5001, 0));
	sees(segment(false, TCP_ACK | TCP_FIN, 5001, 1002, 0));
	assert_int_equal(fate(), RESET_FATE_KILLED);
	resets_begin(resets, 1);
	assert_int_equal(fate(), RESET_FATE_NONE);
	assert_true(syn());
	sees(segment(true, TCP_ACK, 1001, 5001, 1));
	sees(segment(false, TCP_ACK, 5001, 1002, 0));
	assert_int_equal(fate(), RESET_FATE_SURVIVED);
}

/* Switched on while data flows: what was on its way by then is not what came through. */
static void what_was_sent_before_the_first_reset_is_not_held_against_it(void **state)
{
	(void)state;
	resets_set_mode(resets, RESET_OFF);
	syn();
	sees(segment(false, TCP_SYN | TCP_ACK, 5000, 1001, 0));
	resets_set_mode(resets, RESET_ON);
	assert_true(sees(segment(true, TCP_ACK, 1001, 5001, 1460)));
	sees(segment(false, TCP_ACK, 5001, 2461, 0));
	assert_int_equal(fate(), RESET_FATE_KILLED);
	sees(segment(true, TCP_ACK, 2461, 5001, 1460));
	sees(segment(false, TCP_ACK, 5001, 3921, 0));
	assert_int_equal(fate(), RESET_FATE_SURVIVED);
}

static void each_change_is_told_once(void **state)
{
	struct connection c = {.killed = -1};
	struct tally change = {0};

	(void)state;
	syn();
	resets_tell(resets, 1, &flow, &c, &change);
	assert_int_equal(c.resets, 2);
	assert_int_equal(c.killed, -1);
	assert_int_equal(change.resets, 2);
	assert_int_equal(change.killable, 0);
	resets_told(resets, 1, &flow);
	sees(segment(false, TCP_SYN | TCP_ACK, 5000, 1001, 0));
	resets_tell(resets, 1, &flow, &c, &change);
	assert_int_equal(c.resets, 4);
	assert_int_equal(c.killed, 1);
	assert_int_equal(change.resets, 2);
	assert_int_equal(change.killable, 1);
	assert_int_equal(change.killed, 1);
	resets_told(resets, 1, &flow);
	sees(segment(true, TCP_ACK, 1001, 5001, 12));
	sees(segment(false, TCP_ACK, 5001, 1013, 30));
	resets_tell(resets, 1, &flow, &c, &change);
	assert_int_equal(c.killed, 0);
	assert_int_equal(change.resets, 4);
	assert_int_equal(change.killable, 0);
	assert_int_equal(change.killed, -1);
}

static void a_segment_that_did_not_go_out_is_counted_as_refused(void **state)
{
	(void)state;
	taken = 0;
	assert_true(syn());
	assert_int_equal(counted()->sent, 0);
	assert_int_equal(counted()->refused[RESET_REFUSED_SENDING], 2);
	flow.connected = true;
	assert_int_equal(fate(), RESET_FATE_NONE);
}

/* --- when ------------------------------------------------------------------------------------- */

static void of_frames_at_hand_the_newest_alone_is_answered(void **state)
{
	(void)state;
	assert_true(syn());
	assert_false(seen(segment(false, TCP_SYN | TCP_ACK, 5000, 1001, 0)));
	assert_false(seen(segment(true, TCP_ACK, 1001, 5001, 0)));
	assert_false(seen(segment(false, TCP_ACK, 5001, 1001, 30)));
	assert_int_equal(resets_waiting(resets), 1);
	assert_int_equal(flush(now), 1);
	assert_int_equal(last.client.seq, 5031);
	assert_int_equal(last.server.seq, 1001);
	assert_int_equal(counted()->sent, 4);
	assert_int_equal(resets_waiting(resets), 0);
	assert_int_equal(flush(INT64_MAX), 0);
}

static void what_the_client_said_before_the_answer_is_not_held_against_it(void **state)
{
	(void)state;
	seen(segment(true, TCP_SYN, 1000, 0, 0));
	seen(segment(false, TCP_SYN | TCP_ACK, 5000, 1001, 0));
	seen(segment(true, TCP_ACK, 1001, 5001, 12));
	flush(now);
	sees(segment(false, TCP_ACK, 5001, 1013, 0));
	assert_int_equal(fate(), RESET_FATE_KILLED);
}

static void the_last_of_many_is_answered_when_its_millisecond_has_passed(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < RESETS_AT_ONCE; i++, now += 10)
		assert_true(sees(segment(false, TCP_ACK, 5000 + i, 1001, 1)));
	assert_false(sees(segment(false, TCP_ACK, 5100, 1001, 1)));
	assert_false(sees(segment(false, TCP_ACK, 5200, 1001, 1)));
	assert_int_equal(flush(now + 980), 0);
	assert_int_equal(resets_waiting(resets), 1);
	assert_int_equal(flush(now + 990), 1);
	assert_int_equal(last.client.seq, 5201);
}

static void none_that_waits_is_sent_once_resets_are_off(void **state)
{
	(void)state;
	assert_true(seen(segment(true, TCP_SYN, 1000, 0, 0)));
	resets_set_mode(resets, RESET_OFF);
	assert_int_equal(flush(INT64_MAX), 0);
	resets_set_mode(resets, RESET_ON);
	assert_int_equal(flush(INT64_MAX), 0);
	seen(segment(true, TCP_SYN, 1000, 0, 0));
	resets_set_policy(resets, policy, &never, 1); /* it may permit it now */
	assert_int_equal(flush(INT64_MAX), 0);
	assert_true(syn());
}

static void each_flow_has_its_own_answer_and_one_that_goes_takes_its_along(void **state)
{
	struct packet p = segment(true, TCP_SYN, 1000, 0, 0);

	(void)state;
	for (uint32_t i = 1; i <= FLOWS; i++) {
		assert_false(resets_are_many(resets));
		resets_packet(resets, i, &flow, &p);
	}
	assert_true(resets_are_many(resets));
	answers = 0;
	resets_flush_one(resets, 3, send_pair, NULL);
	resets_flush_one(resets, 3, send_pair, NULL);
	assert_int_equal(answers, 1);
	resets_begin(resets, 5); /* what was told of nothing goes unsent */
	assert_int_equal(resets_waiting(resets), FLOWS - 2);
	p.seq = 2000;
	resets_packet(resets, FLOWS, &flow, &p); /* still in its own place */
	assert_int_equal(resets_waiting(resets), FLOWS - 2);
	assert_int_equal(flush(now), FLOWS - 2);
	assert_int_equal(last.server.seq, 2001);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_client_that_is_refused_before_an_answer_was_nothing_to_kill),
		TEST(a_handshake_behind_which_nothing_is_acknowledged_is_killed),
		TEST(payload_that_is_acknowledged_afterwards_is_a_failure),
		TEST(one_byte_of_payload_is_payload_and_a_fin_is_none),
		TEST(what_was_sent_before_the_first_reset_is_not_held_against_it),
		TEST(each_change_is_told_once),
		TEST(a_segment_that_did_not_go_out_is_counted_as_refused),
		TEST(of_frames_at_hand_the_newest_alone_is_answered),
		TEST(what_the_client_said_before_the_answer_is_not_held_against_it),
		TEST(the_last_of_many_is_answered_when_its_millisecond_has_passed),
		TEST(none_that_waits_is_sent_once_resets_are_off),
		TEST(each_flow_has_its_own_answer_and_one_that_goes_takes_its_along),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
