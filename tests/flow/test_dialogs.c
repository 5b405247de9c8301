/*
 * A conversation as its two ends had it, shown by mirrors that swap, lose, repeat and cut: what is
 * understood must stay the same, or say what is missing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/lpm.h"
#include "flow/dialogs.h"
#include "flow/tracker.h"

#define MS    INT64_C(1000)
#define FLOWS 64
#define MOST  64

struct shown {
	bool client;
	uint8_t flags;
	uint32_t seq, ack;
	const char *data;
	uint32_t length, captured;
	int64_t time;
};

static struct site site;
static struct lpm *internal;
static struct tracker *tracker;
static struct dialogs *dialogs;
static unsigned int refusals, late, evicted;
static struct smtp_facts facts; /* of the flow that was told last */
static bool has_facts, was_sent, was_rejected;

/* The conversation being made: what each end sends next, and when. */
static struct shown made[MOST];
static size_t count;
static uint32_t next[2]; /* sequence numbers: [0] server, [1] client */
static int64_t now;

static void on_begin(void *context, struct flow *f)
{
	(void)context;
	(void)f;
}

static void on_change(void *context, struct flow *f, bool news, bool final)
{
	uint32_t index = tracker_index(tracker, f);
	const struct dialogue *d;

	(void)context;
	(void)news;
	if (final)
		dialogs_flush(dialogs, index);
	d = dialogs_find(dialogs, index);
	has_facts = d != NULL;
	if (d)
		facts = d->smtp.facts;
	was_sent = f->sent;
	was_rejected = f->rejected;
	if (final)
		dialogs_forget(dialogs, index);
}

static void on_refusal(void *context, struct flow *f, const struct smtp_reply *reply)
{
	(void)context;
	assert_non_null(f);
	assert_in_range(reply->code, 400, 599);
	refusals++;
}

static void on_late(void *context, struct flow *f)
{
	(void)context;
	tracker_touch(tracker, f);
	late++;
}

static void on_evict(void *context, struct flow *f)
{
	on_change(context, f, true, false);
	evicted++;
}

static int setup(void **state)
{
	const struct tracker_sink sink = {.begin = on_begin, .change = on_change};
	const struct dialogs_sink heard = {.refusal = on_refusal,
					   .late = on_late,
					   .evict = on_evict};
	static int mark;
	struct prefix p;

	(void)state;
	internal = lpm_new();
	prefix_parse("10.0.0.0/8", &p);
	*lpm_get(internal, &p) = &mark;
	memset(&site, 0, sizeof(site));
	site.internal = internal;
	site.ports[25] = PORT_WATCHED;
	tracker = tracker_new(&(struct hash_key){{1, 2}}, 2 * DIALOGS, &sink);
	dialogs = dialogs_new(2 * DIALOGS, &heard);
	refusals = late = evicted = 0;
	has_facts = false;
	count = 0;
	next[0] = 5000;
	next[1] = 1000;
	now = INT64_C(1700000000000000);
	return tracker && dialogs ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	while (tracker_finish(tracker, 1000))
		;
	tracker_free(tracker);
	dialogs_free(dialogs);
	lpm_free(internal, NULL);
	return 0;
}

/* --- making ----------------------------------------------------------------------------------- */

static void make(bool client, uint8_t flags, const char *data)
{
	struct shown *s = &made[count++];

	assert_true(count <= MOST);
	now += 10 * MS;
	*s = (struct shown){
		.client = client,
		.flags = flags,
		.seq = next[client],
		.ack = flags & TCP_ACK ? next[!client] : 0,
		.data = data,
		.length = (uint32_t)strlen(data),
		.captured = (uint32_t)strlen(data),
		.time = now,
	};
	next[client] += s->length + ((flags & (TCP_SYN | TCP_FIN)) ? 1 : 0);
}

static void client(const char *data)
{
	make(true, TCP_ACK | TCP_PSH, data);
}

static void server(const char *data)
{
	make(false, TCP_ACK | TCP_PSH, data);
}

static void open_it(void)
{
	make(true, TCP_SYN, "");
	make(false, TCP_SYN | TCP_ACK, "");
	make(true, TCP_ACK, "");
}

static void close_it(void)
{
	make(true, TCP_FIN | TCP_ACK, "");
	make(false, TCP_FIN | TCP_ACK, "");
	make(true, TCP_ACK, "");
}

/* One message, accepted. */
static void make_message(void)
{
	open_it();
	server("220 mx.example.net ESMTP\r\n");
	client("EHLO pc-7.example.com\r\n");
	server("250-mx.example.net\r\n250 SIZE 1000000\r\n");
	client("MAIL FROM:<a@example.com>\r\n");
	server("250 2.1.0 ok\r\n");
	client("RCPT TO:<b@example.org>\r\n");
	server("250 2.1.5 ok\r\n");
	client("DATA\r\n");
	server("354 go ahead\r\n");
	client("Subject: x\r\n\r\nHello,\r\n");
	client("..and a dot\r\n");
	client(".\r\n");
	server("250 2.0.0 queued\r\n");
	client("QUIT\r\n");
	server("221 bye\r\n");
	close_it();
}

/* --- showing ---------------------------------------------------------------------------------- */

static struct flow *show(const struct shown *s)
{
	static const uint8_t ends[2][4] = {{198, 51, 100, 4}, {10, 0, 3, 77}};
	struct packet p = {
		.time = s->time,
		.source = addr_from_v4(ends[s->client]),
		.destination = addr_from_v4(ends[!s->client]),
		.source_port = s->client ? 40000 : 25,
		.destination_port = s->client ? 25 : 40000,
		.seq = s->seq,
		.ack = s->ack,
		.flags = s->flags,
		.payload_length = s->length,
		.payload_captured = s->captured,
	};
	uint8_t *copy = malloc(s->captured + 1); /* so that one byte too many is seen */
	struct flow *f;

	memcpy(copy, s->data, s->captured);
	p.payload = copy;
	tracker_clock(tracker, p.time);
	f = tracker_packet(tracker, &site, &p, false);
	if (f && f->kind == FLOW_ATTEMPT)
		dialogs_segment(dialogs, tracker_index(tracker, f), f, &p, tracker_now(tracker));
	free(copy);
	return f;
}

static void show_all(void)
{
	for (size_t i = 0; i < count; i++)
		show(&made[i]);
}

static void finish(void)
{
	while (tracker_finish(tracker, 1000))
		;
}

/* What make_message() says, whole. */
static void expect_message(void)
{
	finish();
	assert_true(has_facts);
	assert_true(was_sent);
	assert_int_equal(facts.messages, 1);
	assert_int_equal(facts.recipients, 1);
	assert_int_equal(facts.mails, 1);
	assert_string_equal(facts.helo, "pc-7.example.com");
	assert_string_equal(facts.banner, "mx.example.net ESMTP");
	assert_string_equal(facts.senders, "a@example.com");
	assert_true(facts.quit);
	assert_false(facts.spoke_first);
	assert_false(facts.pipelined);
	assert_false(facts.lost_track);
	assert_int_equal(facts.unknown_commands, 0);
	assert_int_equal(facts.unmatched_replies, 0);
}

static void swap(size_t i, size_t j)
{
	struct shown s = made[i];
	int64_t time = made[i].time;

	made[i] = made[j];
	made[i].time = time;
	s.time = made[j].time;
	made[j] = s;
}

/* --- tests ------------------------------------------------------------------------------------ */

static void a_message_in_order_is_understood(void **state)
{
	(void)state;
	make_message();
	show_all();
	expect_message();
	assert_int_equal(dialogs_counters(dialogs)->holes, 0);
	assert_int_equal(dialogs_counters(dialogs)->begun, 1);
}

static void any_two_neighbours_may_be_swapped(void **state)
{
	make_message();
	for (size_t i = 3; i + 4 < count; i++) {
		teardown(state);
		setup(state);
		make_message();
		swap(i, i + 1);
		show_all();
		expect_message();
		assert_int_equal(dialogs_counters(dialogs)->holes, 0);
	}
}

static void any_three_neighbours_may_be_turned_round(void **state)
{
	make_message();
	for (size_t i = 3; i + 5 < count; i++) {
		teardown(state);
		setup(state);
		make_message();
		swap(i, i + 2);
		show_all();
		expect_message();
	}
}

static void every_frame_twice_changes_nothing(void **state)
{
	(void)state;
	make_message();
	for (size_t i = 0; i < count; i++) {
		show(&made[i]);
		show(&made[i]);
	}
	expect_message();
	assert_int_equal(dialogs_counters(dialogs)->conflicts, 0);
}

/* Shows a segment byte by byte, from its last to its first where `backward`. */
static void show_bytes(const struct shown *s, bool backward)
{
	for (uint32_t i = 0; i < s->length; i++) {
		uint32_t at = backward ? s->length - 1 - i : i;
		struct shown one = *s;

		one.seq += at;
		one.data += at;
		one.length = one.captured = 1;
		show(&one);
	}
}

static void one_byte_at_a_time_and_backward_is_the_same(void **state)
{
	for (int backward = 0; backward < 2; backward++) {
		teardown(state);
		setup(state);
		make_message();
		for (size_t i = 0; i < count; i++) {
			if (made[i].length)
				show_bytes(&made[i], backward);
			else
				show(&made[i]);
		}
		expect_message();
		assert_int_equal(dialogs_counters(dialogs)->holes, 0);
	}
}

static void overlapping_pieces_are_the_same(void **state)
{
	(void)state;
	make_message();
	for (size_t i = 0; i < count; i++) {
		/* Its latter two thirds, then its former two, then all of it. */
		struct shown part = made[i];
		uint32_t third = part.length / 3;

		part.seq += third;
		part.data += third;
		part.length = part.captured = part.length - third;
		if (third)
			show(&part);
		part = made[i];
		part.length = part.captured = part.length - third;
		if (third)
			show(&part);
		show(&made[i]);
	}
	expect_message();
	assert_int_equal(dialogs_counters(dialogs)->conflicts, 0);
	assert_int_equal(dialogs_counters(dialogs)->holes, 0);
}

static void bytes_that_came_first_stay_and_others_are_counted(void **state)
{
	struct shown other;

	(void)state;
	make_message();
	for (size_t i = 0; i < count; i++) {
		show(&made[i]);
		if (strncmp(made[i].data, "MAIL", 4) != 0)
			continue;
		other = made[i];
		other.data = "MAIL FROM:<z@example.com>\r\n";
		show(&other);
	}
	expect_message();
	assert_int_equal(dialogs_counters(dialogs)->conflicts, 1);
}

static void held_bytes_that_differ_are_counted_too(void **state)
{
	struct shown tail, other;

	(void)state;
	make_message();
	for (size_t i = 0; i < count; i++) {
		if (strncmp(made[i].data, "MAIL", 4) == 0) {
			tail = made[i];
			tail.seq += 5;
			tail.data += 5;
			tail.length = tail.captured = tail.length - 5;
			other = tail;
			other.data = "FROM:<z@example.com>\r\n";
			show(&tail);
			show(&other);
		}
		show(&made[i]);
	}
	expect_message();
	assert_int_equal(dialogs_counters(dialogs)->conflicts, 1);
}

/* The index of the first segment that begins with these bytes. */
static size_t find(const char *begin)
{
	for (size_t i = 0; i < count; i++)
		if (strncmp(made[i].data, begin, strlen(begin)) == 0)
			return i;
	fail_msg("%s: no such segment", begin);
	return 0;
}

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

static void open_client(uint32_t i, const char *data)
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_message_in_order_is_understood),
		TEST(any_two_neighbours_may_be_swapped),
		TEST(any_three_neighbours_may_be_turned_round),
		TEST(every_frame_twice_changes_nothing),
		TEST(one_byte_at_a_time_and_backward_is_the_same),
		TEST(overlapping_pieces_are_the_same),
		TEST(bytes_that_came_first_stay_and_others_are_counted),
		TEST(held_bytes_that_differ_are_counted_too),
		TEST(a_lost_piece_of_the_body_costs_nothing_but_a_hole),
		TEST(a_lost_command_costs_itself_and_the_message_stays),
		TEST(a_lost_reply_is_seen_by_what_acknowledges_it),
		TEST(waiting_ends_without_a_further_segment_and_is_told),
		TEST(the_client_alone_tells_what_it_said),
		TEST(the_server_alone_tells_that_a_message_was_accepted),
		TEST(who_speaks_before_the_greeting_arrived_is_told),
		TEST(who_was_answered_in_time_did_not_speak_first_however_it_is_shown),
		TEST(a_body_sent_without_waiting_is_a_body_where_the_server_wants_one),
		TEST(and_commands_where_it_refuses_one),
		TEST(a_reply_that_crosses_a_reset_still_counts),
		TEST(frames_cut_by_the_capture_leave_holes),
		TEST(every_frame_may_be_cut_at_any_length),
		TEST(a_client_that_never_waits_is_held_within_bounds),
		TEST(the_dialogue_longest_idle_goes_first_and_is_told),
		TEST(acknowledgements_that_contradict_each_other_hold_nothing_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
