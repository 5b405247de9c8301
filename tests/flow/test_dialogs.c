/* Whatever order a mirror shows a conversation in, what is understood stays the same. */
#include <stdlib.h>
#include <string.h>

#include "conversation.h"

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
	assert_int_equal(facts.conflicts, 1);
	assert_int_equal(facts.server_conflicts, 0);
}

static void the_server_s_own_are_counted_apart(void **state)
{
	struct shown other;

	(void)state;
	make_message();
	for (size_t i = 0; i < count; i++) {
		show(&made[i]);
		if (strncmp(made[i].data, "250 2.1.5", 9) != 0)
			continue;
		other = made[i];
		other.data = "550 2.1.5 no\r\n";
		show(&other);
		show(&other);
	}
	expect_message();
	assert_int_equal(facts.conflicts, 0);
	assert_int_equal(facts.server_conflicts, 2);
}

/* The last byte of a segment as another one. */
static struct shown garbage_at_end_of(const struct shown *s)
{
	struct shown probe = *s;

	probe.seq += s->length - 1;
	probe.data = "\xfe";
	probe.length = probe.captured = 1;
	return probe;
}

/* RFC 1122 4.2.3.6: one garbage byte at SND.NXT - 1, when all was acknowledged. */
static void a_keep_alive_with_a_garbage_byte_is_no_conflict(void **state)
{
	(void)state;
	make_message();
	for (size_t i = 0; i + 1 < count; i++) {
		struct shown probe = garbage_at_end_of(&made[i]);

		show(&made[i]);
		if (made[i].length == 0 || made[i + 1].client == made[i].client)
			continue;
		show(&made[i + 1]); /* which acknowledges it */
		probe.ack = made[i + 1].seq + made[i + 1].length;
		show(&probe);
		show(&probe);
	}
	show(&made[count - 1]);
	expect_message();
	assert_int_equal(dialogs_counters(dialogs)->conflicts, 0);
	assert_int_equal(facts.conflicts + facts.server_conflicts, 0);
}

static void nor_is_one_behind_bytes_that_still_wait_to_be_read(void **state)
{
	struct shown probe, heard;
	size_t data;

	(void)state;
	make_message();
	data = find("DATA");
	for (size_t i = 0; i < count; i++) {
		if (i == data + 1) /* the 354 comes late */
			continue;
		show(&made[i]);
		if (i != data + 2) /* the body, which waits for it */
			continue;
		probe = garbage_at_end_of(&made[i]);
		heard = made[data + 1];
		heard.seq += heard.length;
		heard.length = heard.captured = 0;
		heard.ack = probe.seq + 1;
		show(&heard);
		show(&probe);
		show(&made[data + 1]);
	}
	expect_message();
	assert_int_equal(dialogs_counters(dialogs)->conflicts, 0);
}

static void a_single_byte_that_nobody_had_acknowledged_is_one(void **state)
{
	(void)state;
	make_message();
	for (size_t i = 0; i < count; i++) {
		struct shown other = garbage_at_end_of(&made[i]);

		show(&made[i]);
		if (strncmp(made[i].data, "MAIL", 4) == 0)
			show(&other);
	}
	expect_message();
	assert_int_equal(facts.conflicts, 1);
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
	assert_int_equal(facts.conflicts, 1);
}

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
		TEST(the_server_s_own_are_counted_apart),
		TEST(a_keep_alive_with_a_garbage_byte_is_no_conflict),
		TEST(nor_is_one_behind_bytes_that_still_wait_to_be_read),
		TEST(a_single_byte_that_nobody_had_acknowledged_is_one),
		TEST(held_bytes_that_differ_are_counted_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
