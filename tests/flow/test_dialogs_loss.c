/* What is missing is told, and bounds hold. */
#include <stdlib.h>
#include <string.h>

#include "conversation.h"

static void show_without(size_t lost)
{
	for (size_t i = 0; i < count; i++) {
		if (i > lost)
			made[i].time += 2 * DIALOGS_WAIT; /* so the wait is over by the next */
		if (i != lost)
			show(&made[i]);
	}
	finish();
}

static void a_lost_piece_of_the_body_costs_nothing_but_a_hole(void **state)
{
	(void)state;
	make_message();
	show_without(find("..and"));
	expect_message();
	assert_int_equal(dialogs_counters(dialogs)->holes, 1);
	assert_int_equal(dialogs_counters(dialogs)->hole_bytes, strlen("..and a dot\r\n"));
	assert_int_equal(facts.gaps, 1);
}

static void a_lost_command_costs_itself_and_the_message_stays(void **state)
{
	(void)state;
	make_message();
	show_without(find("MAIL"));
	assert_int_equal(dialogs_counters(dialogs)->holes, 1);
	assert_int_equal(facts.mails, 0);
	assert_int_equal(facts.messages, 1);
	assert_false(facts.spoke_first);
}

static void a_lost_reply_is_seen_by_what_acknowledges_it(void **state)
{
	(void)state;
	make_message();
	show_without(find("250 2.1.0"));
	assert_int_equal(dialogs_counters(dialogs)->holes, 1);
	assert_int_equal(dialogs_counters(dialogs)->hole_bytes, strlen("250 2.1.0 ok\r\n"));
	assert_int_equal(facts.messages, 1);
	assert_false(facts.pipelined);
}

static void waiting_ends_without_a_further_segment_and_is_told(void **state)
{
	size_t lost;

	(void)state;
	make_message();
	lost = find("..and");
	for (size_t i = 0; i < count && strncmp(made[i].data, "250 2.0.0", 9) != 0; i++)
		if (i != lost)
			show(&made[i]);
	assert_int_equal(late, 0);
	dialogs_tick(dialogs, tracker_now(tracker) + DIALOGS_WAIT, 10);
	assert_int_equal(late, 1);
	assert_int_equal(dialogs_counters(dialogs)->holes, 1);
}

static void the_client_alone_tells_what_it_said(void **state)
{
	(void)state;
	make_message();
	for (size_t i = 0; i < count; i++)
		if (made[i].client)
			show(&made[i]);
	finish();
	assert_string_equal(facts.helo, "pc-7.example.com");
	assert_string_equal(facts.senders, "a@example.com");
	assert_int_equal(facts.messages, 0);
	assert_true(facts.quit);
	assert_false(facts.spoke_first);
	assert_int_equal(facts.unknown_commands, 0);
	assert_int_equal(dialogs_counters(dialogs)->holes, 0);
}

static void the_server_alone_tells_that_a_message_was_accepted(void **state)
{
	(void)state;
	/* A mirror known to be one-sided. */
	for (int i = 0; i < TRACKER_SURE; i++)
		tracker_direction(tracker, false, 1);
	now += 3600 * 1000 * MS;
	make_message();
	for (size_t i = 0; i < count; i++) {
		made[i].time += (int64_t)i * 1000 * MS;
		if (!made[i].client)
			show(&made[i]);
	}
	finish();
	assert_int_equal(facts.messages, 1);
	assert_true(was_sent);
	assert_true(facts.server_seen);
	assert_false(facts.client_seen);
}

/* An outcome may rest on it as long as the server is not seen. */
static void tls_that_was_guessed_is_taken_back_where_the_server_speaks_in_clear(void **state)
{
	static const char hello[] = "\x16\x03\x01\x01\x01\x01\0\1\1\x03\x03";
	struct flow *f;

	(void)state;
	make(true, TCP_SYN, "");
	client("EHLO pc\r\nSTARTTLS\r\n");
	client("placeholder"); /* as long as the hello */
	make(false, TCP_ACK, "454 4.7.0 not now\r\n");
	made[2].data = hello;
	made[2].length = made[2].captured = sizeof(hello) - 1;
	for (size_t i = 0; i < 3; i++)
		f = show(&made[i]);
	assert_true(f->encrypted);
	f = show(&made[3]);
	assert_false(f->encrypted);
	assert_true(f->rejected);
}

static void who_speaks_before_the_greeting_arrived_is_told(void **state)
{
	(void)state;
	open_it();
	client("HELO pc\r\n"); /* acknowledges nothing of the greeting */
	server("220 mx.example.net\r\n");
	server("250 hello\r\n");
	show_all();
	finish();
	assert_true(facts.spoke_first);
}

static void who_was_answered_in_time_did_not_speak_first_however_it_is_shown(void **state)
{
	(void)state;
	open_it();
	server("220 mx.example.net\r\n");
	client("HELO pc\r\n");
	server("250 hello\r\n");
	swap(3, 4); /* the mirror shows HELO before the greeting */
	show_all();
	finish();
	assert_false(facts.spoke_first);
	assert_string_equal(facts.helo, "pc");
}

static void a_body_sent_without_waiting_is_a_body_where_the_server_wants_one(void **state)
{
	(void)state;
	open_it();
	server("220 mx.example.net\r\n");
	client("HELO pc\r\n");
	server("250 hello\r\n");
	client("MAIL FROM:<a@b>\r\n");
	server("250 ok\r\n");
	client("RCPT TO:<c@d>\r\n");
	server("250 ok\r\n");
	client("DATA\r\n");
	client("QUIT\r\nis a line of the body\r\n.\r\n");
	server("354 go ahead\r\n");
	server("250 queued\r\n");
	show_all();
	finish();
	assert_int_equal(facts.messages, 1);
	assert_false(facts.quit);
	assert_int_equal(facts.unknown_commands, 0);
}

static void and_commands_where_it_refuses_one(void **state)
{
	(void)state;
	open_it();
	server("220 mx.example.net\r\n");
	client("HELO pc\r\n");
	server("250 hello\r\n");
	client("MAIL FROM:<a@b>\r\n");
	server("250 ok\r\n");
	client("RCPT TO:<c@d>\r\n");
	server("550 5.1.1 no such user\r\n");
	client("DATA\r\n");
	client("QUIT\r\n");
	server("554 no valid recipients\r\n");
	server("221 bye\r\n");
	show_all();
	finish();
	assert_int_equal(facts.messages, 0);
	assert_true(facts.quit);
	assert_true(was_rejected);
	assert_int_equal(refusals, 2);
}

static void a_reply_that_crosses_a_reset_still_counts(void **state)
{
	struct flow *f = NULL;
	size_t reply;

	(void)state;
	make_message();
	reply = find("250 2.0.0");
	for (size_t i = 0; i < reply; i++)
		f = show(&made[i]);
	dialogs_end(dialogs, tracker_index(tracker, f), tracker_now(tracker));
	assert_false(dialogs_is_over(dialogs, tracker_index(tracker, f)));
	show(&made[reply]);
	dialogs_end(dialogs, tracker_index(tracker, f), tracker_now(tracker));
	dialogs_tick(dialogs, tracker_now(tracker) + DIALOGS_LINGER - MS, 10);
	assert_int_equal(late, 0);
	dialogs_tick(dialogs, tracker_now(tracker) + DIALOGS_LINGER, 10);
	assert_int_equal(late, 1);
	assert_true(dialogs_is_over(dialogs, tracker_index(tracker, f)));
	finish();
	assert_int_equal(facts.messages, 1);
}

static void frames_cut_by_the_capture_leave_holes(void **state)
{
	(void)state;
	make_message();
	for (size_t i = 0; i < count; i++)
		if (strncmp(made[i].data, "Subject", 7) == 0)
			made[i].captured = 4;
	show_all();
	expect_message();
	assert_int_equal(dialogs_counters(dialogs)->holes, 1);
}

static void every_frame_may_be_cut_at_any_length(void **state)
{
	for (uint32_t most = 0; most < 40; most++) {
		teardown(state);
		setup(state);
		make_message();
		for (size_t i = 0; i < count; i++)
			if (made[i].captured > most)
				made[i].captured = most;
		show_all();
		finish();
		assert_true(facts.messages <= 1);
	}
}

static void a_client_that_never_waits_is_held_within_bounds(void **state)
{
	static char body[1000];
	struct shown s;

	(void)state;
	memset(body, 'x', sizeof(body) - 1);
	open_it();
	server("220 mx.example.net\r\n");
	client("HELO pc\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n");
	show_all();
	s = made[count - 1];
	s.seq = next[1];
	s.data = body;
	s.length = s.captured = sizeof(body) - 1;
	for (int i = 0; i < 1000; i++) {
		show(&s);
		s.seq += s.length;
		s.time += MS;
	}
	finish();
	assert_int_equal(facts.body_bytes, 1000 * (sizeof(body) - 1));
	assert_int_equal(facts.unknown_commands, 0);
	assert_int_equal(dialogs_counters(dialogs)->overflows, 0);
}

static struct flow *open_client(uint32_t i, const char *data)
{
	struct packet p = {
		.time = now += MS,
		.source = addr_from_v4((const uint8_t[]){10, 1, (uint8_t)(i >> 8), (uint8_t)i}),
		.destination = addr_from_v4((const uint8_t[]){198, 51, 100, 4}),
		.source_port = 40000,
		.destination_port = 25,
		.seq = 1000,
		.flags = TCP_ACK,
		.payload = (const uint8_t *)data,
		.payload_length = (uint32_t)strlen(data),
		.payload_captured = (uint32_t)strlen(data),
	};
	struct flow *f;

	tracker_clock(tracker, p.time);
	f = tracker_packet(tracker, &site, &p, false);
	assert_non_null(f);
	dialogs_segment(dialogs, tracker_index(tracker, f), f, &p, tracker_now(tracker));
	return f;
}

static void the_dialogue_longest_idle_goes_first_and_is_told(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < DIALOGS; i++)
		open_client(i, "HELO first\r\n");
	assert_int_equal(evicted, 0);
	open_client(0xff00, "HELO last\r\n");
	assert_int_equal(evicted, 1);
	assert_true(has_facts);
	assert_string_equal(facts.helo, "first");
	assert_int_equal(dialogs_counters(dialogs)->evicted, 1);
	/* It is not begun anew by what comes later: half a dialogue would be misread. */
	open_client(0, "MAIL FROM:<a@b>\r\n");
	assert_int_equal(dialogs_counters(dialogs)->begun, DIALOGS + 1);
}

static void one_that_was_over_is_told_and_not_called_given_up(void **state)
{
	struct flow *f;

	(void)state;
	f = open_client(0, "HELO over\r\n");
	dialogs_end(dialogs, tracker_index(tracker, f), tracker_now(tracker));
	now += DIALOGS_LINGER;
	for (uint32_t i = 1; i <= DIALOGS; i++)
		open_client(i, "HELO open\r\n");
	assert_int_equal(evicted, 1);
	assert_string_equal(facts.helo, "over");
	assert_int_equal(dialogs_counters(dialogs)->evicted, 0);
	open_client(0xff00, "HELO last\r\n");
	assert_int_equal(dialogs_counters(dialogs)->evicted, 1);
}

static void acknowledgements_that_contradict_each_other_hold_nothing_up(void **state)
{
	(void)state;
	make_message();
	for (size_t i = 3; i < count; i++)
		made[i].ack += 100000; /* of bytes that nobody will ever send */
	show_all();
	finish();
	assert_true(has_facts);
	assert_int_equal(facts.mails, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_lost_piece_of_the_body_costs_nothing_but_a_hole),
		TEST(a_lost_command_costs_itself_and_the_message_stays),
		TEST(a_lost_reply_is_seen_by_what_acknowledges_it),
		TEST(waiting_ends_without_a_further_segment_and_is_told),
		TEST(the_client_alone_tells_what_it_said),
		TEST(the_server_alone_tells_that_a_message_was_accepted),
		TEST(tls_that_was_guessed_is_taken_back_where_the_server_speaks_in_clear),
		TEST(who_speaks_before_the_greeting_arrived_is_told),
		TEST(who_was_answered_in_time_did_not_speak_first_however_it_is_shown),
		TEST(a_body_sent_without_waiting_is_a_body_where_the_server_wants_one),
		TEST(and_commands_where_it_refuses_one),
		TEST(a_reply_that_crosses_a_reset_still_counts),
		TEST(frames_cut_by_the_capture_leave_holes),
		TEST(every_frame_may_be_cut_at_any_length),
		TEST(a_client_that_never_waits_is_held_within_bounds),
		TEST(the_dialogue_longest_idle_goes_first_and_is_told),
		TEST(one_that_was_over_is_told_and_not_called_given_up),
		TEST(acknowledgements_that_contradict_each_other_hold_nothing_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
