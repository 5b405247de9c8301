/* What is TLS, and what only begins like it. */
#include "smtp_play.h"

#define HELLO                                                                                      \
	"S220 mx.example.net ESMTP\r\n", "CEHLO a.example\r\n",                                    \
		"S250-mx.example.net\r\n250 STARTTLS\r\n"
#define SERVER_HELLO "S\x16\x03\x03\x02\r\n250 x\r\n354 x\r\n220 x\r\n"
#define MESSAGE                                                                                    \
	"CMAIL FROM:<a@b.example>\r\n", "S250 ok\r\n", "CRCPT TO:<c@d.example>\r\n",               \
		"S250 ok\r\n", "CDATA\r\n", "S354 go\r\n", "CSubject: x\r\n\r\nx\r\n.\r\n",        \
		"S250 queued\r\n", "CQUIT\r\n", "S221 bye\r\n"

static const struct smtp_facts *f;

static void a_handshake_is_no_row_of_unknown_commands(void **state)
{
	(void)state;
	f = PLAY("T300", SERVER_HELLO, "C\n\nMAIL FROM:<a@b.example>\r\n", "S250 x\r\n")->facts;
	assert_int_equal(f->unknown_commands, 0);
	assert_int_equal(f->commands, 0);
	assert_int_equal(f->replies, 0);
	assert_false(f->spoke_first || f->encrypted || f->bare_lf || f->not_smtp);
}

static void two_bytes_of_one_hide_nothing(void **state)
{
	static const char *const heads[] = {
		"C\x16\x03\r\n",
		"C\x16\x03\x01\r\n",
		"C\x16\x03\x01\n",
		"C\x16\x03\x01MAIL\r\n",
		"C\x16\x03\x05\x01\x01\x01\r\n",
		"C\x16\x03\x01\x41\x01\x01\r\n",
		"C\x16\x03\x01\x01\x01\x02\r\n",
		"C\x16\x03\x01\x01\x01\x01\x01\r\n",
		"C\x16\x02\x01\x01\x01\x01\x01\r\n",
		"C\x17\x03\x03\x01\x01\r\n",
		"C\x16\r\n",
		"C\x16\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++) {
		f = PLAY("S220 x\r\n", heads[i], "S500 5.5.2 what?\r\n", "CEHLO a.example\r\n",
			 "S250 x\r\n", MESSAGE)
			    ->facts;
		assert_int_equal(f->unknown_commands, 1);
		assert_int_equal(f->commands, 5);
		assert_int_equal(f->recipients, 1);
		assert_int_equal(f->messages, 1);
		assert_int_equal(f->unmatched_replies, 0);
		assert_false(f->lost_track || f->encrypted || f->pipelined);
	}
	/* and after a STARTTLS that was refused */
	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++) {
		f = PLAY(HELLO, "CSTARTTLS\r\n", "S454 4.7.0 not now\r\n", heads[i],
			 "S500 5.5.2 what?\r\n", MESSAGE)
			    ->facts;
		assert_int_equal(f->unknown_commands, 1);
		assert_int_equal(f->messages, 1);
		assert_false(f->encrypted);
	}
}

static void nor_does_a_whole_one_that_the_server_answers_in_clear(void **state)
{
	(void)state;
	f = PLAY("S220 x\r\n", "T200", "S500 5.5.2 what?\r\n", "CEHLO a.example\r\n",
		 "S250-x\r\n250 HELP\r\n", MESSAGE)
		    ->facts;
	assert_string_equal(f->helo, "a.example");
	assert_string_equal(f->senders, "a@b.example");
	assert_int_equal(f->recipients, 1);
	assert_int_equal(f->messages, 1);
	assert_true(f->quit && f->lost_track);
	assert_false(f->encrypted || f->not_smtp);
	/* all in one, and the server says nothing of the noise */
	f = PLAY("S220 x\r\n", "T200", MESSAGE)->facts;
	assert_int_equal(f->messages, 1);
	/* before the greeting */
	f = PLAY("T200", "S220 mx.example.net\r\n", "CEHLO a.example\r\n", "S250 x\r\n", MESSAGE)
		    ->facts;
	assert_string_equal(f->banner, "mx.example.net");
	assert_string_equal(f->helo, "a.example");
	assert_int_equal(f->messages, 1);
	assert_true(f->spoke_first);
	/* and after a STARTTLS that was refused */
	f = PLAY(HELLO, "CSTARTTLS\r\n", "S454 4.7.0 not now\r\n", "T200", "S500 5.5.2 what?\r\n",
		 MESSAGE)
		    ->facts;
	assert_int_equal(f->messages, 1);
	assert_false(f->encrypted);
}

static void where_the_reply_to_starttls_was_lost_a_handshake_stands_for_it(void **state)
{
	(void)state;
	f = PLAY(HELLO, "CSTARTTLS\r\n", "A", "T200", SERVER_HELLO, MESSAGE)->facts;
	assert_true(f->encrypted);
	assert_int_equal(f->mails, 0);
	assert_int_equal(f->commands, 2);
	assert_int_equal(f->replies, 2);
	/* it comes late: what was guessed is certain */
	f = PLAY(HELLO, "CSTARTTLS\r\n", "A", "T200", "S220 go\r\n", SERVER_HELLO, MESSAGE)->facts;
	assert_true(f->encrypted);
	assert_int_equal(f->mails, 0);
	/* late, behind others */
	f = PLAY(HELLO, "CRCPT TO:<c@d.example>\r\nSTARTTLS\r\n", "A", "T200", "S503 no\r\n",
		 "S220 go\r\n", "CMAIL FROM:<a@b.example>\r\n", "S250 ok\r\n")
		    ->facts;
	assert_true(f->encrypted);
	assert_int_equal(f->mails, 0);
	f = PLAY(HELLO, "CSTARTTLS\r\n", "A", "T200", "S454 4.7.0 not now\r\n", MESSAGE)->facts;
	assert_false(f->encrypted);
	assert_int_equal(f->messages, 1);
}

static void a_greeting_answers_no_starttls_that_came_before_it(void **state)
{
	(void)state;
	f = PLAY("CSTARTTLS\r\n", "S220 mx.example.net\r\n", "S503 5.5.1 EHLO first\r\n",
		 "CEHLO a.example\r\n", "S250 x\r\n", MESSAGE)
		    ->facts;
	assert_false(f->encrypted);
	assert_string_equal(f->helo, "a.example");
	assert_int_equal(f->messages, 1);
	/* a capture that began just there */
	f = PLAY("CSTARTTLS\r\n", "S220 go\r\n", "T200", SERVER_HELLO, MESSAGE)->facts;
	assert_true(f->encrypted);
	assert_int_equal(f->mails, 0);
}

static void what_follows_the_220_is_never_text(void **state)
{
	(void)state;
	f = PLAY(HELLO, "CSTARTTLS\r\n", "S220 go\r\n", "T200", "S500 what?\r\n", MESSAGE)->facts;
	assert_true(f->encrypted);
	assert_int_equal(f->mails, 0);
	assert_int_equal(f->replies_5xx, 0);
	f = PLAY(HELLO, "CSTARTTLS\r\n", "S220 go\r\n", "C\x16\x03\r\n", MESSAGE)->facts;
	assert_int_equal(f->mails + f->unknown_commands, 0);
}

static void a_gap_within_tls_brings_nothing_to_light(void **state)
{
	(void)state;
	f = PLAY("T200", "g500", SERVER_HELLO, "G20", "C\nMAIL FROM:<a@b.example>\r\n",
		 "S\n250 x\r\n")
		    ->facts;
	assert_int_equal(f->mails, 0);
	assert_int_equal(f->replies, 0);
	f = PLAY("G20", "C\x17\x03\x03\x01\x01\r\nMAIL FROM:<a@b.example>\r\n")->facts;
	assert_int_equal(f->unknown_commands, 0);
}

static void records_of_a_capture_that_began_within_tls_are_no_commands(void **state)
{
	(void)state;
	f = PLAY("C\x17\x03\x03\x01\x01\nMAIL FROM:<a@b.example>\r\n",
		 "S\x17\x03\x03\x01\x01\n250 x\r\n", "C\nMAIL FROM:<a@b.example>\r\n")
		    ->facts;
	assert_int_equal(f->commands, 0);
	assert_int_equal(f->replies, 0);
	assert_false(f->bare_lf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_handshake_is_no_row_of_unknown_commands),
		cmocka_unit_test(two_bytes_of_one_hide_nothing),
		cmocka_unit_test(nor_does_a_whole_one_that_the_server_answers_in_clear),
		cmocka_unit_test(where_the_reply_to_starttls_was_lost_a_handshake_stands_for_it),
		cmocka_unit_test(a_greeting_answers_no_starttls_that_came_before_it),
		cmocka_unit_test(what_follows_the_220_is_never_text),
		cmocka_unit_test(a_gap_within_tls_brings_nothing_to_light),
		cmocka_unit_test(records_of_a_capture_that_began_within_tls_are_no_commands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
