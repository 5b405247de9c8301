#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "flow/dialogs.h"
#include "judge/health.h"
#include "judge/offence.h"

static struct flow attempt(void)
{
	return (struct flow){
		.client_port = 40000,
		.server_port = 25,
		.interface = 2,
		.kind = FLOW_ATTEMPT,
		.started = 1000,
		.last = 2000,
		.serial = 7,
		.standing = STANDING_OFFENCE,
		.reason = REASON_NO_SMART_HOST,
		.has_mac = true,
		.mac = {1, 2, 3, 4, 5, 6},
		.tag_count = 2,
		.vlans = {100, 20},
		.hops = 64,
	};
}

static void the_first_telling_counts_the_attempt(void **state)
{
	struct flow f = attempt();
	struct connection c;
	struct tally change;

	(void)state;
	offence_of_flow(&f, NULL, 500, false, &c, &change);
	assert_int_equal(c.id, 507);
	assert_true(c.begun);
	assert_true(c.open);
	assert_false(c.connected);
	assert_int_equal(c.started, 1000);
	assert_int_equal(c.last, 2000);
	assert_int_equal(c.outcome, OUTCOME_UNANSWERED);
	assert_int_equal(c.reason, REASON_NO_SMART_HOST);
	assert_int_equal(c.mac[5], 6);
	assert_int_equal(c.vlans[1], 20);
	assert_int_equal(change.attempts, 1);
	assert_int_equal(change.outcomes[OUTCOME_UNANSWERED], 1);
	assert_int_equal(change.connected, 0);
}

static void a_later_telling_moves_the_outcome_and_adds_only_what_is_new(void **state)
{
	struct flow f = attempt();
	struct connection c;
	struct tally change;

	(void)state;
	f.bytes_sent = 10;
	offence_told(&f, NULL);
	f.connected = true;
	f.bytes_sent = 25;
	offence_of_flow(&f, NULL, 0, false, &c, &change);
	assert_false(c.begun);
	assert_true(c.connected);
	assert_int_equal(c.bytes_sent, 25);
	assert_int_equal(change.attempts, 0);
	assert_int_equal(change.connected, 1);
	assert_int_equal(change.bytes_sent, 15);
	assert_int_equal(change.outcomes[OUTCOME_UNANSWERED], -1);
	assert_int_equal(change.outcomes[OUTCOME_CONNECTED], 1);
}

static void what_was_told_already_changes_nothing(void **state)
{
	static const struct tally nothing;
	struct flow f = attempt();
	struct connection c;
	struct tally change;

	(void)state;
	f.connected = true;
	f.bytes_sent = 10;
	offence_told(&f, NULL);
	offence_of_flow(&f, NULL, 0, false, &c, &change);
	assert_memory_equal(&change, &nothing, sizeof(nothing));
}

static void told_changes_add_up_to_the_connection_as_it_stands(void **state)
{
	struct flow f = attempt();
	struct connection c;
	struct tally change, sum = {0};

	(void)state;
	for (int step = 0; step < 4; step++) {
		f.connected = step >= 1;
		f.encrypted = step >= 2;
		f.bytes_sent = (uint64_t)step * 100;
		offence_of_flow(&f, NULL, 0, step == 3, &c, &change);
		offence_told(&f, NULL);
		tally_add(&sum, &change);
	}
	assert_false(c.open);
	assert_int_equal(sum.attempts, 1);
	assert_int_equal(sum.connected, 1);
	assert_int_equal(sum.bytes_sent, 300);
	for (int i = 0; i < OUTCOME_COUNT; i++)
		assert_int_equal(sum.outcomes[i], i == OUTCOME_ENCRYPTED);
}

static void a_connection_is_open_until_it_ended_or_is_forgotten(void **state)
{
	struct flow f = attempt();
	struct connection c;
	struct tally change;

	(void)state;
	offence_of_flow(&f, NULL, 0, true, &c, &change);
	assert_false(c.open);
	f.ended = true;
	offence_of_flow(&f, NULL, 0, false, &c, &change);
	assert_false(c.open);
}

/* Of what is said, offence.c reads the facts alone. */
static struct dialogue talk(uint32_t messages, uint32_t recipients)
{
	struct dialogue d = {0};

	d.smtp.facts.messages = messages;
	d.smtp.facts.recipients = recipients;
	d.smtp.facts.commands = 5;
	d.smtp.facts.replies = 6;
	return d;
}

static void without_a_dialogue_messages_are_not_known(void **state)
{
	struct flow f = attempt();
	struct connection c;
	struct tally change;

	(void)state;
	offence_of_flow(&f, NULL, 0, false, &c, &change);
	assert_false(c.has_dialogue);
	assert_int_equal(change.messages, 0);
	assert_int_equal(change.recipients, 0);
}

static void a_dialogue_adds_its_messages_and_recipients_once(void **state)
{
	struct dialogue d = talk(1, 3);
	struct flow f = attempt();
	struct connection c;
	struct tally change;

	(void)state;
	offence_of_flow(&f, &d, 0, false, &c, &change);
	assert_true(c.has_dialogue);
	assert_int_equal(c.messages, 1);
	assert_int_equal(c.recipients, 3);
	assert_int_equal(change.messages, 1);
	assert_int_equal(change.recipients, 3);
	/* Not told yet: the same again. */
	offence_of_flow(&f, &d, 0, false, &c, &change);
	assert_int_equal(change.messages, 1);
	offence_told(&f, &d);
	offence_of_flow(&f, &d, 0, false, &c, &change);
	assert_int_equal(change.messages, 0);
	assert_int_equal(change.recipients, 0);
	assert_int_equal(c.messages, 1);
	d.smtp.facts.messages = 4;
	d.smtp.facts.recipients = 5;
	offence_of_flow(&f, &d, 0, true, &c, &change);
	assert_int_equal(change.messages, 3);
	assert_int_equal(change.recipients, 2);
	assert_int_equal(c.messages, 4);
	assert_int_equal(c.recipients, 5);
}

static void any_line_of_either_side_is_news_until_it_is_told(void **state)
{
	struct dialogue d = {0};
	struct flow f = attempt();

	(void)state;
	assert_false(offence_has_words(&d));
	d.smtp.facts.replies++; /* the banner */
	assert_true(offence_has_words(&d));
	offence_told(&f, &d);
	assert_false(offence_has_words(&d));
	d.smtp.facts.commands++;
	assert_true(offence_has_words(&d));
	offence_told(&f, &d);
	d.smtp.facts.unknown_commands++;
	assert_true(offence_has_words(&d));
	offence_told(&f, &d);
	assert_false(offence_has_words(&d));
}

static void a_message_makes_the_connection_sent_and_precious(void **state)
{
	struct dialogue d = talk(1, 1);
	struct flow f = attempt();
	struct connection c;
	struct tally change;

	(void)state;
	f.connected = true;
	f.rejected = true;
	offence_of_flow(&f, &d, 0, false, &c, &change);
	assert_int_equal(c.outcome, OUTCOME_REJECTED);
	assert_false(connection_is_precious(&c));
	offence_told(&f, &d);
	f.sent = true;
	offence_of_flow(&f, &d, 0, false, &c, &change);
	assert_int_equal(c.outcome, OUTCOME_SENT);
	assert_true(connection_is_precious(&c));
	assert_int_equal(change.outcomes[OUTCOME_REJECTED], -1);
	assert_int_equal(change.outcomes[OUTCOME_SENT], 1);
}

static void tallies_add_every_column(void **state)
{
	struct tally a = {.attempts = 1,
			  .connected = 2,
			  .messages = 3,
			  .recipients = 4,
			  .bytes_sent = 5,
			  .resets = 6,
			  .killed = 7};
	struct tally sum = a;

	(void)state;
	for (int i = 0; i < OUTCOME_COUNT; i++)
		a.outcomes[i] = sum.outcomes[i] = 10 + i;
	tally_add(&sum, &a);
	for (size_t i = 0; i < sizeof(a) / sizeof(int64_t); i++)
		assert_int_equal(((int64_t *)&sum)[i], 2 * ((int64_t *)&a)[i]);
}

static void losses_of_zero_and_beyond_the_room_are_left_out(void **state)
{
	struct health h = {0};

	(void)state;
	health_add_loss(&h, "nothing", 0);
	assert_int_equal(h.loss_count, 0);
	for (uint64_t i = 1; i <= HEALTH_LOSSES + 5; i++)
		health_add_loss(&h, "something", i);
	assert_int_equal(h.loss_count, HEALTH_LOSSES);
	assert_int_equal(h.losses[0].count, 1);
	assert_string_equal(h.losses[0].reason, "something");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_telling_counts_the_attempt),
		cmocka_unit_test(a_later_telling_moves_the_outcome_and_adds_only_what_is_new),
		cmocka_unit_test(what_was_told_already_changes_nothing),
		cmocka_unit_test(told_changes_add_up_to_the_connection_as_it_stands),
		cmocka_unit_test(a_connection_is_open_until_it_ended_or_is_forgotten),
		cmocka_unit_test(without_a_dialogue_messages_are_not_known),
		cmocka_unit_test(a_dialogue_adds_its_messages_and_recipients_once),
		cmocka_unit_test(any_line_of_either_side_is_news_until_it_is_told),
		cmocka_unit_test(a_message_makes_the_connection_sent_and_precious),
		cmocka_unit_test(tallies_add_every_column),
		cmocka_unit_test(losses_of_zero_and_beyond_the_room_are_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
