/* Acknowledgements that lie hide nothing. */
#include <stdlib.h>
#include <string.h>

#include "conversation.h"

/* Each is a window's part, a window, or more than any. */
static const uint32_t leads[] = {1, 2, 7, 100, 5000, 900000, 1 << 20, 1 << 24, 1 << 30};
#define LEADS (sizeof(leads) / sizeof(*leads))

static void make_refused(void)
{
	open_it();
	server("220 mx.example.net ESMTP\r\n");
	client("EHLO pc-7.example.com\r\n");
	server("250-mx.example.net\r\n250 SIZE 1000000\r\n");
	client("MAIL FROM:<a@example.com>\r\n");
	server("250 2.1.0 ok\r\n");
	client("RCPT TO:<b@example.org>\r\n");
	server("554 5.7.1 Client host [203.0.113.9] blocked using zen.example\r\n");
	client("QUIT\r\n");
	server("221 bye\r\n");
	close_it();
}

/* Shows all, with so much time between that nothing is waited for any longer. */
static void show_slowly(void)
{
	for (size_t i = 0; i < count; i++) {
		made[i].time += (int64_t)i * 2 * DIALOGS_WAIT;
		show(&made[i]);
	}
	finish();
}

static void expect_refusal(void)
{
	assert_int_equal(facts.replies, 5);
	assert_int_equal(refusals, 1);
	assert_string_equal(facts.reply,
			    "554 5.7.1 Client host [203.0.113.9] blocked using zen.example");
	assert_string_equal(facts.banner, "mx.example.net ESMTP");
	assert_true(was_rejected);
	assert_false(facts.not_smtp);
	assert_true(facts.server_seen);
}

/* A segment that acknowledges what was never sent is dropped by the server (RFC 9293 3.10.7.4), and
 * comes again with the true number; shown is that first one alone. */
static void one_of_the_client_s_hides_no_reply(void **state)
{
	for (size_t lead = 0; lead < LEADS; lead++) {
		make_refused();
		for (size_t i = 3; i < count; i++) {
			teardown(state);
			setup(state);
			make_refused();
			if (made[i].client)
				made[i].ack += leads[lead];
			show_slowly();
			expect_refusal();
		}
	}
}

static void nor_do_all_of_them(void **state)
{
	for (size_t lead = 0; lead < LEADS; lead++) {
		teardown(state);
		setup(state);
		make_refused();
		for (size_t i = 2; i < count; i++)
			if (made[i].client)
				made[i].ack += leads[lead];
		show_slowly();
		expect_refusal();
		assert_int_equal(facts.commands, 4);
	}
}

static void nor_those_that_come_at_once(void **state)
{
	for (size_t lead = 0; lead < LEADS; lead++) {
		teardown(state);
		setup(state);
		make_refused();
		for (size_t i = 2; i < count; i++)
			if (made[i].client)
				made[i].ack += leads[lead];
		show_all();
		finish();
		expect_refusal();
	}
}

static void those_of_a_server_hide_no_command(void **state)
{
	for (size_t lead = 0; lead < LEADS; lead++) {
		teardown(state);
		setup(state);
		make_message();
		for (size_t i = 3; i < count; i++)
			if (!made[i].client)
				made[i].ack += leads[lead];
		show_slowly();
		assert_string_equal(facts.helo, "pc-7.example.com");
		assert_string_equal(facts.senders, "a@example.com");
		assert_int_equal(facts.commands, 5);
		assert_int_equal(facts.messages, 1);
		assert_true(facts.quit);
	}
}

/* The mirror lost a reply, and the server's keep-alive repeats its last byte, as another one. */
static void a_keep_alive_behind_a_lost_reply_is_no_reply(void **state)
{
	struct shown probe;
	size_t lost;

	(void)state;
	make_refused();
	lost = find("250 2.1.0");
	for (size_t i = 0; i < count; i++) {
		if (i > lost)
			made[i].time += 2 * DIALOGS_WAIT;
		if (i != lost)
			show(&made[i]);
		if (i != lost + 1) /* it acknowledges the one that was lost */
			continue;
		dialogs_tick(dialogs, made[i].time + 2 * DIALOGS_WAIT, 10);
		probe = made[lost];
		probe.time = made[i].time;
		probe.seq += probe.length - 1;
		probe.data = "\xfe";
		probe.length = probe.captured = 1;
		show(&probe);
	}
	finish();
	assert_int_equal(facts.replies, 4);
	assert_int_equal(refusals, 1);
	assert_int_equal(dialogs_counters(dialogs)->holes, 1);
	assert_int_equal(dialogs_counters(dialogs)->conflicts, 0);
}

static void a_reply_that_comes_after_it_was_given_up_is_read(void **state)
{
	size_t lost;

	(void)state;
	make_refused();
	lost = find("250 2.1.0");
	for (size_t i = 0; i < count; i++) {
		if (i > lost)
			made[i].time += 2 * DIALOGS_WAIT;
		if (i != lost)
			show(&made[i]);
		if (i != lost + 1)
			continue;
		dialogs_tick(dialogs, made[i].time + 2 * DIALOGS_WAIT, 10);
		assert_int_equal(dialogs_counters(dialogs)->holes, 1);
		show(&made[lost]);
	}
	finish();
	expect_refusal();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_of_the_client_s_hides_no_reply),
		TEST(nor_do_all_of_them),
		TEST(nor_those_that_come_at_once),
		TEST(those_of_a_server_hide_no_command),
		TEST(a_keep_alive_behind_a_lost_reply_is_no_reply),
		TEST(a_reply_that_comes_after_it_was_given_up_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
