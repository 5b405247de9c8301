/* Resets on their way: who is answered, what is told of it. */
#include "conversation.h"

#include <errno.h>

#define BOT   "10.0.3.77"
#define MAIL  "10.0.0.25"
#define MX    "198.51.100.4"
#define OTHER "192.0.2.5"

static struct reset sent[64];
static unsigned int sent_count;
static int result;

static int note(void *context, const struct reset *segment)
{
	(void)context;
	assert_in_range(sent_count, 0, 63);
	sent[sent_count++] = *segment;
	return result;
}

static int setup(void **state)
{
	static const struct way_resets sender = {.send = note};

	sent_count = 0;
	result = 0;
	if (conversation_setup(state) < 0)
		return -1;
	way_set_resets(way, &sender);
	way_set_protected(way, NULL, 0, 10000);
	way_set_reset_mode(way, RESET_ON);
	return 0;
}

static struct health health(void)
{
	static struct health h;

	way_health(way, &h);
	return h;
}

static void an_offender_s_syn_is_answered_to_both_ends(void **state)
{
	struct conversation c = attempt(BOT, MX);
	struct addr bot, mx;

	(void)state;
	addr_parse(BOT, &bot);
	addr_parse(MX, &mx);
	assert_int_equal(sent_count, 2);
	assert_true(addr_equal(&sent[0].destination, &bot));
	assert_true(addr_equal(&sent[0].source, &mx));
	assert_int_equal(sent[0].ack, c.seq[1]);
	assert_true(addr_equal(&sent[1].destination, &mx));
	assert_int_equal(sent[1].seq, c.seq[1]);
	collect();
	assert_int_equal(row_of(BOT, MX)->resets, 2);
	assert_int_equal(row_of(BOT, MX)->killed, -1);
	assert_int_equal(sum_of(STANDING_OFFENCE).resets, 2);
	assert_int_equal(health().resets.sent, 2);
	assert_string_equal(health().resets.mode, "on");
}

static void a_mail_server_and_what_is_only_watched_are_left_alone(void **state)
{
	struct conversation c = connection(MAIL, MX);

	(void)state;
	sends_message(&c, "mail.example.com", "a@example.com");
	c = attempt_port(BOT, MX, 587);
	segment(&c, false, TCP_SYN | TCP_ACK, "");
	assert_int_equal(sent_count, 0);
}

static void off_is_off_and_never_has_no_sender(void **state)
{
	(void)state;
	way_set_reset_mode(way, RESET_OFF);
	attempt(BOT, MX);
	assert_int_equal(sent_count, 0);
	way_set_reset_mode(way, RESET_DRY_RUN);
	attempt(BOT, OTHER);
	assert_int_equal(sent_count, 0);
	assert_int_equal(health().resets.planned, 2);
	collect();
	assert_int_equal(row_of(BOT, OTHER)->resets, 0);
}

static void what_comes_through_all_the_same_is_told(void **state)
{
	struct conversation c = connection(BOT, MX);

	(void)state;
	collect();
	assert_int_equal(row_of(BOT, MX)->killed, 1);
	assert_int_equal(sum_of(STANDING_OFFENCE).killable, 1);
	sends_message(&c, "pc", "a@example.com");
	collect();
	assert_int_equal(row_of(BOT, MX)->killed, 0);
	assert_int_equal(row_of(BOT, MX)->messages, 1);
	assert_int_equal(health().resets.killable, 1);
	assert_int_equal(health().resets.killed, 0);
}

static void our_own_segments_on_the_mirror_end_nothing(void **state)
{
	struct conversation c = attempt(BOT, MX);

	(void)state;
	assert_int_equal(sent_count, 2);
	own_segment(&c, &sent[0]);
	collect();
	assert_int_equal(row_of(BOT, MX)->outcome, OUTCOME_UNANSWERED);
	/* One of the server's own does. */
	segment(&c, false, TCP_RST | TCP_ACK, "");
	collect();
	assert_int_equal(row_of(BOT, MX)->outcome, OUTCOME_REFUSED);
}

static void what_the_interface_does_not_take_is_counted(void **state)
{
	(void)state;
	result = -ENOBUFS;
	attempt(BOT, MX);
	collect();
	assert_int_equal(row_of(BOT, MX)->resets, 0);
	assert_int_equal(health().resets.sent, 0);
	assert_int_equal(health().resets.refused, 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, conversation_teardown)
	const struct CMUnitTest tests[] = {
		TEST(an_offender_s_syn_is_answered_to_both_ends),
		TEST(a_mail_server_and_what_is_only_watched_are_left_alone),
		TEST(off_is_off_and_never_has_no_sender),
		TEST(what_comes_through_all_the_same_is_told),
		TEST(our_own_segments_on_the_mirror_end_nothing),
		TEST(what_the_interface_does_not_take_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
