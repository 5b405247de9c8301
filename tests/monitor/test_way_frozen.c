/* Mail servers that may not send for a while. */
#include "conversation.h"

#include <string.h>

#define BOT   "10.0.3.77"
#define MAIL  "10.0.0.25"
#define MX    "198.51.100.4"
#define OTHER "192.0.2.5"
#define LATER "203.0.113.9"

static unsigned int sent_count;

static int note(void *context, const struct reset *segment)
{
	(void)context, (void)segment;
	sent_count++;
	return 0;
}

static void a_mail_server_s_attempt_while_frozen_is_an_offence_of_its_own_kind(void **state)
{
	(void)state;
	way_set_frozen(way, now, now + SEC);
	connection(MAIL, MX);
	attempt(BOT, OTHER);
	collect();
	assert_int_equal(row_of(MAIL, MX)->standing, STANDING_OFFENCE);
	assert_int_equal(row_of(MAIL, MX)->reason, REASON_FROZEN);
	assert_string_equal(reason_text(REASON_FROZEN), "mail server, while frozen by an incident");
	assert_int_equal(row_of(BOT, OTHER)->reason, REASON_NO_MAIL_SERVER);
}

static void what_began_before_or_after_accuses_no_one(void **state)
{
	struct conversation before = connection(MAIL, MX);

	(void)state;
	way_set_frozen(way, now + 10 * MS, now + SEC);
	sends_message(&before, "mail.example.com", "a@example.com");
	now += 2 * SEC;
	attempt(MAIL, LATER);
	collect();
	assert_int_equal(row_of(MAIL, MX)->standing, STANDING_PERMITTED);
	assert_int_equal(row_of(MAIL, LATER)->standing, STANDING_PERMITTED);
}

/* As after a restart of the monitor: its SYN may have been from before the freeze. */
static void a_connection_found_in_its_midst_accuses_no_one(void **state)
{
	struct conversation c = {.client = MAIL,
				 .server = MX,
				 .client_port = 39999,
				 .server_port = 25,
				 .seq = {5000, 9000}};

	(void)state;
	way_set_frozen(way, now, now + SEC);
	says(&c, "MAIL FROM:<a@example.com>\r\n");
	replies(&c, "250 ok\r\n");
	collect();
	assert_int_equal(row_of(MAIL, MX)->standing, STANDING_PERMITTED);
}

static void an_allow_entry_of_the_mail_server_stays(void **state)
{
	struct allow allow = {.any_destination = true};

	(void)state;
	assert_int_equal(prefix_parse("10.0.0.26", &allow.source), 0);
	policy_add_allow(policy, &allow, "test");
	way_set_frozen(way, now, now + SEC);
	attempt("10.0.0.26", MX);
	collect();
	assert_int_equal(row_of("10.0.0.26", MX)->standing, STANDING_PERMITTED);
}

/* Its MAC address is a mail server's, which shields others; here it is the one that is meant. */
static void resets_reach_the_frozen_mail_server(void **state)
{
	static const struct way_resets sender = {.send = note};
	struct conversation c = connection(MAIL, MX);

	(void)state;
	sent_count = 0;
	way_set_resets(way, &sender);
	way_set_protected(way, NULL, 0, 10000);
	way_set_reset_mode(way, RESET_ON);
	replies(&c, "220 hello\r\n");
	assert_int_equal(sent_count, 0);
	way_set_frozen(way, now, now + SEC);
	attempt(MAIL, OTHER);
	assert_int_equal(sent_count, 2);
	says(&c, "EHLO mail.example.com\r\n"); /* from before: it goes on */
	assert_int_equal(sent_count, 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, conversation_setup, conversation_teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_mail_server_s_attempt_while_frozen_is_an_offence_of_its_own_kind),
		TEST(what_began_before_or_after_accuses_no_one),
		TEST(a_connection_found_in_its_midst_accuses_no_one),
		TEST(an_allow_entry_of_the_mail_server_stays),
		TEST(resets_reach_the_frozen_mail_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
