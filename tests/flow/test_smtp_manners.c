/* SMTP: who waited for whom, and who went on after a refusal. */
#include "smtp_play.h"

#define GREETING "S220 mx.example.net ESMTP\r\n"
#define HELLO	 GREETING, "CEHLO a.example\r\n", "S250 mx.example.net\r\n"
#define PIPES	 GREETING, "CEHLO a.example\r\n", "S250-mx.example.net\r\n250 PIPELINING\r\n"

static void speaking_before_the_greeting_is_seen(void **state)
{
	const struct smtp_facts *f =
		PLAY("CEHLO a.example\r\n", GREETING, "S250 mx.example.net\r\n")->facts;

	(void)state;
	assert_true(f->spoke_first);
	assert_false(f->pipelined); /* one command */
	assert_int_equal(f->unmatched_replies, 0);
	assert_int_equal(f->banner_code, 220);
	f = PLAY(GREETING, "cEHLO a.example\r\n")->facts; /* the greeting was under way */
	assert_true(f->spoke_first);
	f = PLAY(GREETING, "CEHLO a.example\r\n")->facts;
	assert_false(f->spoke_first);
	/* postscreen's: the first line of a greeting that has more (POSTSCREEN_README) */
	f = PLAY("S220-mx.example.net\r\n", "CEHLO a.example\r\n", GREETING)->facts;
	assert_true(f->spoke_first);
	f = PLAY("CEHLO a.example\r\n", "S554 no\r\n")->facts;
	assert_true(f->spoke_first);
	assert_int_equal(f->banner_code, 554);
}

static void where_the_server_is_not_seen_nothing_is_claimed(void **state)
{
	const struct smtp_facts *f = PLAY("CEHLO a.example\r\nMAIL FROM:<a@b.example>\r\nRCPT "
					  "TO:<a@b.example>\r\nDATA\r\n",
					  "A", "Cx\r\n.\r\nQUIT\r\n")
					     ->facts;

	(void)state;
	assert_false(f->spoke_first || f->pipelined || f->pipelined_without_leave ||
		     f->ignored_refusal || f->server_seen);
	/* begun in the midst of a dialogue */
	f = PLAY("CRCPT TO:<a@b.example>\r\n", "S250 ok\r\n", "CDATA\r\n", "S354 go\r\n",
		 "Cx\r\n.\r\n", "S250 ok\r\n")
		    ->facts;
	assert_false(f->spoke_first || f->pipelined);
	assert_int_equal(f->banner_code, 0);
	assert_string_equal(f->banner, "");
	assert_int_equal(f->recipients, 0); /* the 250 may be of a command before */
	assert_int_equal(f->messages, 1);
	f = PLAY("g100", "CEHLO a.example\r\n", "S250 ok\r\n")->facts;
	assert_false(f->spoke_first);
	f = PLAY("g100", "CEHLO a.example\r\nMAIL FROM:<>\r\n")->facts;
	assert_false(f->pipelined);
}

static void replies_find_their_commands_in_a_group(void **state)
{
	const struct smtp_facts *f =
		PLAY(PIPES,
		     "CMAIL FROM:<a@b.example>\r\nRCPT TO:<a@c.example>\r\nRCPT "
		     "TO:<b@d.example>\r\n"
		     "RCPT TO:<c@e.example>\r\nDATA\r\n",
		     "S250 ok\r\n550 5.1.1 no\r\n250 ok\r\n451 later\r\n354 go\r\n",
		     "Cx\r\n.\r\nMAIL FROM:<>\r\nRCPT TO:<d@c.example>\r\nDATA\r\n",
		     "S250 queued\r\n250 ok\r\n550 no\r\n554 no\r\n", "CQUIT\r\n", "S221 bye\r\n")
			->facts;

	(void)state;
	assert_int_equal(f->recipients, 1);
	assert_int_equal(f->recipients_refused, 3);
	assert_int_equal(f->messages, 1);
	assert_int_equal(f->messages_refused, 1);
	assert_int_equal(f->domain_count, 3);
	assert_int_equal(f->unmatched_replies, 0);
	assert_true(f->pipelined && f->quit);
	assert_false(f->pipelined_without_leave || f->lost_track || f->ignored_refusal);
}

static void pipelining_needs_leave(void **state)
{
	const struct smtp_facts *f =
		PLAY(HELLO, "CMAIL FROM:<a@b.example>\r\nRCPT TO:<a@b.example>\r\n")->facts;

	(void)state;
	assert_true(f->pipelined && f->pipelined_without_leave);
	f = PLAY(PIPES, "CMAIL FROM:<a@b.example>\r\nRCPT TO:<a@b.example>\r\n")->facts;
	assert_true(f->pipelined && !f->pipelined_without_leave);
	/* RFC 2920 3.1: EHLO and NOOP stand last in a group */
	f = PLAY(PIPES, "CNOOP\r\nMAIL FROM:<a@b.example>\r\n")->facts;
	assert_true(f->pipelined_without_leave);
	f = PLAY(GREETING, "CEHLO a.example\r\nMAIL FROM:<a@b.example>\r\n")->facts;
	assert_true(f->pipelined_without_leave);
	/* the reply was there, but not known when the command was sent */
	f = PLAY(HELLO, "CMAIL FROM:<a@b.example>\r\n", "S250 ok\r\n", "cRCPT TO:<a@b.example>\r\n")
		    ->facts;
	assert_true(f->pipelined && f->pipelined_without_leave);
	f = PLAY(HELLO, "CMAIL FROM:<a@b.example>\r\n", "S250 ok\r\n", "CRCPT TO:<a@b.example>\r\n")
		    ->facts;
	assert_false(f->pipelined);
	/* extensions are EHLO's alone */
	f = PLAY(PIPES, "CHELO a.example\r\n", "S250 ok\r\n",
		 "CMAIL FROM:<>\r\nRCPT TO:<a@b.example>\r\n")
		    ->facts;
	assert_true(f->pipelined_without_leave);
	/* an unasked-for reply that crosses a command makes it no pipelining */
	f = PLAY(HELLO, "S421 4.4.2 timeout\r\n", "cMAIL FROM:<a@b.example>\r\n")->facts;
	assert_false(f->pipelined);
}

static void a_body_that_does_not_await_the_354_is_pipelined(void **state)
{
	const char *body = "CDATA\r\nSubject: x\r\n\r\nQUIT\r\n.\r\nQUIT\r\n";
	const struct smtp_facts *f = PLAY(PIPES, "CMAIL FROM:<a@b.example>\r\n", "S250 ok\r\n",
					  "CRCPT TO:<a@b.example>\r\n", "S250 ok\r\n", body,
					  "S354 go\r\n", "S250 queued\r\n", "S221 bye\r\n")
					     ->facts;

	(void)state;
	assert_true(f->pipelined && f->pipelined_without_leave && f->quit);
	assert_int_equal(f->messages, 1);
	assert_int_equal(f->body_bytes, 12 + 2 + 6);
	assert_int_equal(f->commands, 5);
	/* refused: they are commands after all */
	f = PLAY(PIPES, "CMAIL FROM:<a@b.example>\r\n", "S250 ok\r\n", "CRCPT TO:<a@b.example>\r\n",
		 "S250 ok\r\n", body, "S451 no\r\n", "S500 what\r\n")
		    ->facts;
	assert_int_equal(f->body_bytes, 0);
	assert_int_equal(f->commands, 6);
	assert_int_equal(f->unknown_commands, 3);
	assert_int_equal(f->messages_refused, 1);
}

static void going_on_after_a_refusal_is_seen(void **state)
{
	const struct smtp_facts *f =
		PLAY(HELLO, "CMAIL FROM:<a@b.example>\r\n", "S250 ok\r\n",
		     "CRCPT TO:<a@b.example>\r\n", "S550 no\r\n", "CDATA\r\n", "S503 no\r\n")
			->facts;

	(void)state;
	assert_true(f->ignored_refusal);
	f = PLAY("S554 no\r\n", "CEHLO a.example\r\n")->facts;
	assert_true(f->ignored_refusal);
	f = PLAY("S554 no\r\n", "CQUIT\r\n")->facts;
	assert_false(f->ignored_refusal);
	f = PLAY(GREETING, "CHELO a.example\r\n", "S550 no\r\n", "CMAIL FROM:<>\r\n")->facts;
	assert_true(f->ignored_refusal);
	f = PLAY(HELLO, "CMAIL FROM:<>\r\n", "S550 no\r\n", "CRCPT TO:<a@b.example>\r\n")->facts;
	assert_true(f->ignored_refusal);
	f = PLAY(HELLO, "CMAIL FROM:<>\r\n", "S250 ok\r\n", "CRCPT TO:<a@b.example>\r\n",
		 "S250 ok\r\n", "CDATA\r\n", "S451 no\r\n", "CSubject: x\r\n")
		    ->facts;
	assert_true(f->ignored_refusal);
	/* what was under way when the refusal came ignores nothing */
	f = PLAY(PIPES, "CMAIL FROM:<>\r\nRCPT TO:<a@b.example>\r\nDATA\r\n",
		 "S250 ok\r\n550 no\r\n503 no\r\n", "CRSET\r\n", "S250 ok\r\n", "CMAIL FROM:<>\r\n",
		 "S250 ok\r\n", "CRCPT TO:<a@b.example>\r\n", "S550 no\r\n",
		 "CRCPT TO:<a@b.example>\r\n", "S250 ok\r\n", "CDATA\r\n", "S354 go\r\n")
		    ->facts;
	assert_false(f->ignored_refusal);
	f = PLAY(PIPES, "CMAIL FROM:<>\r\n", "S250 ok\r\n", "CRCPT TO:<a@b.example>\r\n",
		 "S550 no\r\n", "cDATA\r\n", "S503 no\r\n")
		    ->facts;
	assert_false(f->ignored_refusal);
	/* msmtp 1.8.23, as captured: Nagle's algorithm holds the rest of a group back until MAIL is
	 * acknowledged, which its refusal does */
	f = PLAY(PIPES, "CMAIL FROM:<a@b.example>\r\n", "S554 5.7.1 no\r\n",
		 "CRCPT TO:<a@c.example>\r\nDATA\r\n", "S503 no\r\n503 no\r\n")
		    ->facts;
	assert_false(f->ignored_refusal);
	/* one command behind the other: it has read the refusal */
	f = PLAY(PIPES, "CMAIL FROM:<a@b.example>\r\n", "S554 no\r\n", "CRCPT TO:<a@c.example>\r\n",
		 "S503 no\r\n", "CDATA\r\n", "S503 no\r\n")
		    ->facts;
	assert_true(f->ignored_refusal);
}

static void an_unasked_for_421_refuses_and_answers_nothing(void **state)
{
	const struct play *p = PLAY(HELLO, "S421 4.4.2 timeout\r\n");

	(void)state;
	assert_int_equal(p->facts->unmatched_replies, 1);
	assert_int_equal(p->facts->replies_4xx, 1);
	assert_string_equal(p->refusals, "421 4.4.2 timeout\n");
	assert_string_equal(p->facts->reply, "421 4.4.2 timeout"); /* there is no other */
}

#define REFUSED                                                                                    \
	HELLO, "CMAIL FROM:<a@b.example>\r\n", "S250 ok\r\n", "CRCPT TO:<a@c.example>\r\n",        \
		"S550 5.1.1 no such user\r\n"

static void nor_does_it_hide_the_refusal_that_answered(void **state)
{
	const struct smtp_facts *f = PLAY(REFUSED, "S421 4.4.2 timeout\r\n")->facts;

	(void)state;
	assert_string_equal(f->reply, "550 5.1.1 no such user");
	assert_int_equal(f->reply_code, 550);
	assert_int_equal(f->replies_4xx, 1);
	f = PLAY(REFUSED, "CQUIT\r\n", "S421 4.3.2 going down\r\n", "S421 4.3.2 gone\r\n")->facts;
	assert_string_equal(f->reply, "550 5.1.1 no such user");
	/* nor after the refusal of the whole connection */
	f = PLAY("S554 5.7.1 go away\r\n", "S421 4.4.2 timeout\r\n")->facts;
	assert_string_equal(f->reply, "554 5.7.1 go away");
	/* within a body */
	f = PLAY(REFUSED, "CRCPT TO:<a@d.example>\r\n", "S250 ok\r\n", "CDATA\r\n", "S354 go\r\n",
		 "Ca line\r\n", "S421 4.4.2 timeout\r\n")
		    ->facts;
	assert_string_equal(f->reply, "550 5.1.1 no such user");
	/* one that answers is the last refusal */
	f = PLAY(REFUSED, "CRCPT TO:<a@d.example>\r\n", "S421 4.7.0 too many errors\r\n")->facts;
	assert_string_equal(f->reply, "421 4.7.0 too many errors");
	f = PLAY("S421 4.7.0 try later\r\n")->facts;
	assert_string_equal(f->reply, "421 4.7.0 try later");
	/* one that did not gives way to any other */
	f = PLAY(HELLO, "S421 4.4.2 timeout\r\n", "CRSET\r\n", "S421 4.4.2 bye\r\n")->facts;
	assert_string_equal(f->reply, "421 4.4.2 bye");
}

static void other_protocols_are_told_apart(void **state)
{
	static const char *const servers[] = {
		"SSSH-2.0-OpenSSH_9.2p1\r\n",	 "SHTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n",
		"S+OK POP3 ready\r\n",		 "S\x16\x03\x03\x7a\x02",
		"Shello\r\nand hello again\r\n",
	};
	char line[600] = "";

	(void)state;
	for (size_t i = 0; i < sizeof(servers) / sizeof(*servers); i++) {
		const struct smtp_facts *f =
			PLAY(servers[i], "CGET / HTTP/1.1\r\nHost: x\r\n\r\n", "S220 x\r\n")->facts;

		assert_true(f->not_smtp);
		assert_int_equal(f->unknown_commands, 0);
		assert_int_equal(f->replies, 0);
	}
	assert_true(PLAY("Shello\r\n")->facts->not_smtp);
	/* the rest of a line whose beginning was not seen */
	memset(line, 'x', sizeof(line) - 1);
	line[0] = 'S';
	assert_false(PLAY("g9", line)->facts->not_smtp);
	assert_true(PLAY(line)->facts->not_smtp);
	assert_false(PLAY("Sueued as 123\r\n", "CQUIT\r\n", "S221 bye\r\n")->facts->not_smtp);
}

static void noise_of_a_client_is_counted_once_a_greeting_shows_it_to_be_noise(void **state)
{
	const struct smtp_facts *f =
		PLAY("CGET / HTTP/1.1\r\nHost: x\r\n\r\n", GREETING, "S500 a\r\n500 b\r\n500 c\r\n")
			->facts;

	(void)state;
	assert_int_equal(f->unknown_commands, 3);
	assert_int_equal(f->unmatched_replies, 0);
	assert_true(f->spoke_first && f->pipelined);
	f = PLAY("Cthe rest of\r\na body\r\n.\r\n", "S250 queued\r\n", "CQUIT\r\n", "S221 x\r\n")
		    ->facts;
	assert_int_equal(f->unknown_commands, 0);
	assert_int_equal(f->messages, 1);
	assert_int_equal(f->unmatched_replies, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(speaking_before_the_greeting_is_seen),
		cmocka_unit_test(where_the_server_is_not_seen_nothing_is_claimed),
		cmocka_unit_test(replies_find_their_commands_in_a_group),
		cmocka_unit_test(pipelining_needs_leave),
		cmocka_unit_test(a_body_that_does_not_await_the_354_is_pipelined),
		cmocka_unit_test(going_on_after_a_refusal_is_seen),
		cmocka_unit_test(an_unasked_for_421_refuses_and_answers_nothing),
		cmocka_unit_test(nor_does_it_hide_the_refusal_that_answered),
		cmocka_unit_test(other_protocols_are_told_apart),
		cmocka_unit_test(noise_of_a_client_is_counted_once_a_greeting_shows_it_to_be_noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
