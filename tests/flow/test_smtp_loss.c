/* SMTP: bytes that are missing, and mirrors that show one side. */
#include "smtp_play.h"

#define HELLO                                                                                      \
	"S220 mx.example.net ESMTP\r\n", "CEHLO a.example\r\n",                                    \
		"S250-mx.example.net\r\n250 PIPELINING\r\n"
#define ENVELOPE                                                                                   \
	HELLO, "CMAIL FROM:<a@b.example>\r\n", "S250 ok\r\n", "CRCPT TO:<c@d.example>\r\n",        \
		"S250 ok\r\n"
#define GROUP                                                                                      \
	"CMAIL FROM:<a@b.example>\r\nRCPT TO:<a@c.example>\r\nRCPT TO:<b@d.example>\r\nDATA\r\n"

static void the_server_alone_tells_of_messages(void **state)
{
	const struct play *p =
		PLAY("S220 mx.example.net\r\n",
		     "S250-mx.example.net\r\n250-PIPELINING\r\n250 HELP\r\n", "S250 ok\r\n",
		     "S250 ok\r\n", "S354 go\r\n", "S250 queued\r\n", "S354 go\r\n",
		     "S554 5.7.1 spam\r\n", "S354 go\r\n", "S250 queued\r\n", "S221 bye\r\n");
	const struct smtp_facts *f = p->facts;

	(void)state;
	assert_int_equal(f->messages, 2);
	assert_int_equal(f->messages_refused, 1);
	assert_int_equal(f->recipients, 0);
	assert_true(f->pipelining_offered && !f->client_seen && !f->lost_track);
	assert_string_equal(p->refusals, "554 5.7.1 spam\n");
	f = PLAY("S220 x\r\n250 x\r\n220 go\r\n", "S\x16\x03\x03\x7a\x0a")->facts;
	assert_true(f->encrypted);
	assert_false(f->not_smtp);
}

static void the_client_alone_tells_of_no_success(void **state)
{
	const struct smtp_facts *f =
		PLAY("CEHLO a.example\r\n", GROUP, "A", "CSubject: x\r\n\r\nMAIL FROM:<x>\r\n.\r\n",
		     GROUP, "A", "CQUIT\r\n")
			->facts;

	(void)state;
	assert_int_equal(f->mails, 2);
	assert_int_equal(f->messages, 0);
	assert_int_equal(f->recipients, 0);
	assert_int_equal(f->body_bytes, 12 + 2 + 15);
	assert_int_equal(f->domain_count, 2);
	assert_true(f->quit); /* instead of a body: the second DATA was refused */
	assert_false(f->lost_track);
	f = PLAY("CEHLO a.example\r\nSTARTTLS\r\n", "A", "T200", "CMAIL FROM:<a@b>\r\n")->facts;
	assert_true(f->encrypted);
	assert_int_equal(f->mails, 0);
	f = PLAY("CEHLO a.example\r\nSTARTTLS\r\n", "A", "CMAIL FROM:<a@b>\r\n")->facts;
	assert_false(f->encrypted);
	assert_int_equal(f->mails, 1);
	f = PLAY("CEHLO a.example\r\nDATA\r\n", "A", "C.\r\nQUIT\r\n")->facts;
	assert_true(f->quit);
	assert_int_equal(f->body_bytes, 0);
}

static void a_gap_in_a_body_costs_no_message(void **state)
{
	const struct smtp_facts *f =
		PLAY(ENVELOPE, "CDATA\r\n", "S354 go\r\n", "Cx\r\n", "G1000", "Cy\r\n.\r\n",
		     "S250 queued\r\n", "CQUIT\r\n", "S221 bye\r\n")
			->facts;

	(void)state;
	assert_int_equal(f->messages, 1);
	assert_int_equal(f->body_bytes, 3 + 1000 + 3);
	assert_int_equal(f->gaps, 1);
	assert_int_equal(f->unmatched_replies, 0);
	assert_true(f->quit && !f->lost_track);
	/* its end in the gap */
	f = PLAY(ENVELOPE, "CDATA\r\n", "S354 go\r\n", "Cx\r\n", "G1000", "S250 queued\r\n",
		 "CMAIL FROM:<>\r\n", "S250 ok\r\n", "CQUIT\r\n", "S221 bye\r\n")
		    ->facts;
	assert_int_equal(f->messages, 1);
	assert_int_equal(f->mails, 2);
	assert_int_equal(f->unmatched_replies, 0);
	assert_true(f->quit);
	/* its end and the beginning of the next */
	f = PLAY(ENVELOPE, "CDATA\r\n", "S354 go\r\n", "Cx\r\n", "G1000", "S250 queued\r\n",
		 "S250 ok\r\n", "S250 ok\r\n", "S354 go\r\n", "Cy\r\n.\r\n", "S250 queued\r\n",
		 "CQUIT\r\n")
		    ->facts;
	assert_int_equal(f->messages, 2);
	assert_true(f->quit);
}

static void a_gap_in_a_chunk_is_counted_off(void **state)
{
	const struct smtp_facts *f = PLAY(ENVELOPE, "CBDAT 1000 LAST\r\nx", "G990", "Cyyyyyyyyy",
					  "CQUIT\r\n", "S250 queued\r\n221 bye\r\n")
					     ->facts;

	(void)state;
	assert_int_equal(f->messages, 1);
	assert_int_equal(f->body_bytes, 1000);
	assert_true(f->quit && !f->lost_track);
	f = PLAY(ENVELOPE, "CBDAT 10 LAST\r\nx", "G30", "Cx\r\nQUIT\r\n")->facts;
	assert_int_equal(f->body_bytes, 10);
	assert_int_equal(f->unknown_commands, 0);
	assert_true(f->quit && f->lost_track);
	/* Exim 4.96, as captured: QUIT is lost with the chunk's end, which asked before it */
	f = PLAY(ENVELOPE, "CBDAT 1000 LAST\r\nx", "G1005", "S250 queued\r\n221 bye\r\n")->facts;
	assert_int_equal(f->messages, 1);
	assert_true(f->lost_track);
	f = PLAY(ENVELOPE, "CBDAT 1000 LAST\r\nx", "G1005", "S554 no\r\n221 bye\r\n")->facts;
	assert_int_equal(f->messages, 0);
	assert_int_equal(f->messages_refused, 1);
	/* its reply is lost too: the one that comes is another's */
	f = PLAY(ENVELOPE, "CBDAT 1000 LAST\r\nx", "G1040", "g12", "S250 ok\r\n")->facts;
	assert_int_equal(f->messages, 0);
	/* a second chunk may have been preceded by what was lost */
	f = PLAY(ENVELOPE, "CBDAT 10 LAST\r\nx", "G60", "Cx\r\nBDAT 2 LAST\r\nx\n",
		 "S250 queued\r\n250 ok\r\n")
		    ->facts;
	assert_int_equal(f->messages, 1);
}

static void a_gap_among_commands_counts_nothing_that_is_not_certain(void **state)
{
	const struct smtp_facts *f =
		PLAY(HELLO, "CMAIL FROM:<a@b.example>\r\nRCPT TO:<a@c.exa", "G30",
		     "Cmple>\r\nRCPT TO:<b@d.example>\r\nDATA\r\n",
		     "S250 ok\r\n250 ok\r\n550 no\r\n550 no\r\n354 go\r\n", "Cx\r\n.\r\n",
		     "S250 queued\r\n", "CMAIL FROM:<>\r\n", "S250 ok\r\n",
		     "CRCPT TO:<a@c.example>\r\n", "S250 ok\r\n")
			->facts;

	(void)state;
	assert_true(f->lost_track);
	assert_int_equal(f->messages, 1);
	assert_int_equal(f->recipients, 1);	  /* of the second: all is clear again */
	assert_int_equal(f->messages_refused, 0); /* the 550 were RCPT's */
	/* a MAIL in the gap has its reply too */
	f = PLAY("S220 x\r\n", "CHELO a.example\r\n", "S250 x\r\n", "G16",
		 "Cb.example>\r\nRCPT TO:<a@b.example>\r\n", "S250 ok\r\n550 no\r\n")
		    ->facts;
	assert_int_equal(f->recipients, 0);
	assert_int_equal(f->unknown_commands, 0);
	/* DATA itself is missing: the 354 tells of it */
	f = PLAY(ENVELOPE, "G6", "S354 go\r\n", "CSubject: x\r\n.\r\n", "S250 queued\r\n",
		 "CQUIT\r\n")
		    ->facts;
	assert_int_equal(f->messages, 1);
	assert_int_equal(f->unknown_commands, 0);
	assert_true(f->quit);
	/* and the body's beginning, while the reply is awaited */
	f = PLAY(ENVELOPE, "CDATA\r\n", "G100", "S354 go\r\n", "C.\r\nx\r\n.\r\n",
		 "S250 queued\r\n", "CQUIT\r\n")
		    ->facts;
	assert_int_equal(f->messages, 1);
	assert_true(f->quit);
}

static void a_gap_in_the_replies_shifts_none_that_can_be_told(void **state)
{
	const struct smtp_facts *f =
		PLAY(HELLO, GROUP, "g8", "S250 ok\r\n354 go\r\n", "Cx\r\n.\r\n", "S250 queued\r\n",
		     "CQUIT\r\n", "S221 bye\r\n")
			->facts;

	(void)state;
	assert_true(f->lost_track);
	assert_int_equal(f->messages, 1);
	assert_int_equal(f->recipients, 0); /* MAIL's or RCPT's? */
	assert_int_equal(f->unmatched_replies, 0);
	f = PLAY(ENVELOPE, "CRCPT TO:<a@b.example>\r\nRSET\r\n", "g8", "S250 ok\r\n")->facts;
	assert_int_equal(f->recipients, 1); /* that of the envelope */
	/* 354 is DATA's alone, and all before it were answered */
	f = PLAY(HELLO, GROUP, "g8", "S250 ok\r\n354 go\r\n", "Cx\r\n.\r\n", "S250 queued\r\n",
		 "CRCPT TO:<a@b.example>\r\nRSET\r\n", "S250 ok\r\n250 ok\r\n")
		    ->facts;
	assert_int_equal(f->recipients, 1);
	/* one command at a time: the next shows that it was answered */
	f = PLAY("S220 x\r\n", "CHELO a.example\r\n", "S250 x\r\n", "CMAIL FROM:<>\r\n", "g8",
		 "CRCPT TO:<a@b.example>\r\n", "S250 ok\r\n", "CDATA\r\n", "S354 go\r\n",
		 "Cx\r\n.\r\n", "S250 queued\r\n")
		    ->facts;
	assert_int_equal(f->recipients, 1);
	assert_int_equal(f->messages, 1);
	assert_false(f->pipelined);
	/* all of one kind */
	f = PLAY(ENVELOPE, "CRCPT TO:<a@b.example>\r\nRCPT TO:<a@b.example>\r\n", "g8",
		 "S250 ok\r\n")
		    ->facts;
	assert_int_equal(f->recipients, 2);
	/* the head of EHLO's reply */
	f = PLAY("S220 x\r\n", "CEHLO a.example\r\n", "g20", "S250-STARTTLS\r\n250 HELP\r\n",
		 "CMAIL FROM:<>\r\nRCPT TO:<a@b.example>\r\n", "S250 ok\r\n250 ok\r\n")
		    ->facts;
	assert_true(f->starttls_offered && f->pipelined && !f->pipelined_without_leave);
	assert_int_equal(f->recipients, 1);
	/* in the midst of a line */
	f = PLAY(HELLO, "CMAIL FROM:<>\r\n", "S550 5.", "g10", "S text\r\n", "CQUIT\r\n",
		 "S221 bye\r\n")
		    ->facts;
	assert_int_equal(f->replies_5xx, 0);
	assert_int_equal(f->unmatched_replies, 0);
	assert_int_equal(f->replies, 3);
}

static void what_the_server_took_for_the_end_was_it(void **state)
{
	/* SMTP smuggling: a second message in what looks like one */
	const struct smtp_facts *f =
		PLAY(ENVELOPE, "CDATA\r\n", "S354 go\r\n",
		     "Cx\n.\nMAIL FROM:<a@b.example>\r\nRCPT "
		     "TO:<c@d.example>\r\nDATA\r\ny\r\n.\r\n",
		     "S250 queued\r\n", "S250 ok\r\n", "S250 ok\r\n", "S354 go\r\n",
		     "S250 queued\r\n", "CQUIT\r\n", "S221 bye\r\n")
			->facts;

	(void)state;
	assert_int_equal(f->messages, 2);
	assert_true(f->quit);
	f = PLAY(ENVELOPE, "CDATA\r\n", "S354 go\r\n", "Cx\n.\n", "S250 queued\r\n", "CQUIT\r\n")
		    ->facts;
	assert_int_equal(f->messages, 1);
	assert_true(f->quit);
	f = PLAY(ENVELOPE, "CDATA\r\n", "S354 go\r\n", "Cx\n.\r\n", "S250 queued\r\n", "CQUIT\r\n")
		    ->facts;
	assert_int_equal(f->messages, 1);
	f = PLAY(ENVELOPE, "CDATA\r\n", "S354 go\r\n", "Cx\r\n.\n", "S554 no\r\n", "CQUIT\r\n")
		    ->facts;
	assert_int_equal(f->messages_refused, 1);
	/* nothing in it looks like an end: the reply is none to it */
	f = PLAY(ENVELOPE, "CDATA\r\n", "S354 go\r\n", "Cx\r\n", "S250 what\r\n", "Cy\r\n.\r\n",
		 "S250 queued\r\n")
		    ->facts;
	assert_int_equal(f->messages, 1);
	assert_int_equal(f->unmatched_replies, 1);
	/* a strict server, and a body with such a dot */
	f = PLAY(ENVELOPE, "CDATA\r\n", "S354 go\r\n", "Cx\n.\ny\r\n.\r\n", "S250 queued\r\n",
		 "CMAIL FROM:<>\r\n", "S250 ok\r\n", "CRCPT TO:<a@b.example>\r\n", "S250 ok\r\n")
		    ->facts;
	assert_int_equal(f->messages, 1);
	assert_int_equal(f->recipients, 2);
	assert_false(f->lost_track);
}

static void a_server_that_answers_data_with_250_still_owes_its_answer(void **state)
{
	const struct smtp_facts *f =
		PLAY(ENVELOPE, "CDATA\r\n", "S250 what\r\n", "CQUIT\r\n", "A")->facts;

	(void)state;
	assert_true(f->quit);
	assert_int_equal(f->messages, 0);
	assert_int_equal(f->unmatched_replies, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_server_alone_tells_of_messages),
		cmocka_unit_test(the_client_alone_tells_of_no_success),
		cmocka_unit_test(a_gap_in_a_body_costs_no_message),
		cmocka_unit_test(a_gap_in_a_chunk_is_counted_off),
		cmocka_unit_test(a_gap_among_commands_counts_nothing_that_is_not_certain),
		cmocka_unit_test(a_gap_in_the_replies_shifts_none_that_can_be_told),
		cmocka_unit_test(what_the_server_took_for_the_end_was_it),
		cmocka_unit_test(a_server_that_answers_data_with_250_still_owes_its_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
