/* SMTP: commands, replies, and what is kept of them. */
#include <stdio.h>

#include "smtp_play.h"

#define GREETING "S220 mx.example.net ESMTP ready\r\n"
#define HELLO                                                                                      \
	GREETING, "CEHLO mail.example.org\r\n",                                                    \
		"S250-mx.example.net at your service\r\n250-PIPELINING\r\n250-SIZE 1000\r\n"       \
		"250-CHUNKING\r\n250-STARTTLS\r\n250 AUTH PLAIN LOGIN\r\n"
#define ENVELOPE                                                                                   \
	HELLO, "CMAIL FROM:<a@example.org>\r\n", "S250 2.1.0 Ok\r\n",                              \
		"CRCPT TO:<joe.secret@Example.COM>\r\n", "S250 2.1.5 Ok\r\n"

static void a_message_is_understood_from_greeting_to_quit(void **state)
{
	const struct play *p = PLAY(ENVELOPE, "CDATA\r\n", "S354 go ahead\r\n",
				    "CSubject: x\r\n\r\nhi\r\n..dot\r\n.\r\n",
				    "S250 2.0.0 Ok: queued\r\n", "CQUIT\r\n", "S221 Bye\r\n");
	const struct smtp_facts *f = p->facts;

	(void)state;
	assert_string_equal(f->banner, "mx.example.net ESMTP ready");
	assert_int_equal(f->banner_code, 220);
	assert_string_equal(f->helo, "mail.example.org");
	assert_int_equal(f->helo_flags, 0);
	assert_int_equal(f->helo_count, 1);
	assert_true(f->ehlo && !f->helo_verb);
	assert_true(f->pipelining_offered && f->chunking_offered && f->starttls_offered &&
		    f->auth_offered);
	assert_int_equal(f->sender_count, 1);
	assert_string_equal(f->senders, "a@example.org");
	assert_int_equal(f->domain_count, 1);
	assert_string_equal(f->domains, "example.com");
	assert_int_equal(f->commands, 5);
	assert_int_equal(f->unknown_commands, 0);
	assert_int_equal(f->replies, 7);
	assert_int_equal(f->unmatched_replies, 0);
	assert_int_equal(f->mails, 1);
	assert_int_equal(f->recipients, 1);
	assert_int_equal(f->messages, 1);
	assert_int_equal(f->body_bytes, 12 + 2 + 4 + 7); /* as sent, without the final dot */
	assert_true(f->quit && f->client_seen && f->server_seen);
	assert_false(f->spoke_first || f->pipelined || f->ignored_refusal || f->bare_lf ||
		     f->lower_case || f->not_smtp || f->lost_track);
	assert_string_equal(f->reply, "");
}

static void many_lines_of_a_refusal_become_one_text(void **state)
{
	const struct play *p =
		PLAY("S554-5.7.1 Go\r\n554-5.7.1\r\n554-\r\n554 5.7.1 away\r\n", "CQUIT\r\n");

	(void)state;
	assert_string_equal(p->refusals, "554 5.7.1 Go away\n");
	assert_int_equal(p->facts->banner_code, 554);
	assert_string_equal(p->facts->banner, "5.7.1 Go");
	assert_int_equal(p->facts->replies, 1);
	assert_false(p->facts->ignored_refusal);
}

static void the_last_line_of_a_reply_has_the_say(void **state)
{
	const struct play *p = PLAY(HELLO, "CMAIL FROM:<a@b.example>\r\n",
				    "S250-fine\r\nnot a line\r\n550 5.0.0 after all not\r\n");

	(void)state;
	assert_string_equal(p->refusals, "550 5.0.0 after all not\n");
	assert_int_equal(p->facts->mails_refused, 1);
}

static void a_long_refusal_is_cut_between_characters(void **state)
{
	char line[600] = "S554 ", want[SMTP_REPLY + 1] = "554 ";
	const struct play *p;

	(void)state;
	for (int i = 0; i < 150; i++)
		strcat(line, "\xc3\xa4");
	strcat(line, "\x01\x01\r\n");
	/* 4 + 2 * 150 = 304, three escapes of 4 would be 316, 320 is with the NUL */
	p = PLAY(line);
	memcpy(want + 4, line + 5, 300);
	strcat(want, "\\x01\\x01");
	assert_string_equal(p->facts->reply, want);
	memcpy(line + 5 + 300, "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\x01\x01\r\n", 17);
	p = PLAY(line);
	memcpy(want + 304, line + 305, 12);
	want[316] = '\0';
	assert_string_equal(p->facts->reply, want); /* 320 would leave no room for the NUL */
}

static void chunks_are_passed_over_by_their_length(void **state)
{
	const struct smtp_facts *f =
		PLAY(ENVELOPE, "CBDAT 10\r\nQUIT\r\n.\r\n!", "S250 ok\r\n", "CBDAT 4 last\r\nRSET",
		     "S250 queued\r\n", "CBDAT 0 LAST\r\n", "S503 no\r\n", "CQUIT\r\n",
		     "S221 bye\r\n")
			->facts;

	(void)state;
	assert_int_equal(f->body_bytes, 14);
	assert_int_equal(f->messages, 1);
	assert_int_equal(f->messages_refused, 1);
	assert_int_equal(f->commands, 7);
	assert_int_equal(f->unknown_commands, 0);
	assert_int_equal(f->unmatched_replies, 0);
	assert_true(f->quit);
}

static void an_accepted_chunk_that_is_not_the_last_is_no_message(void **state)
{
	const struct smtp_facts *f =
		PLAY(ENVELOPE, "CBDAT 2\r\nab", "S250 ok\r\n", "CRSET\r\n", "S250 ok\r\n")->facts;

	(void)state;
	assert_int_equal(f->messages, 0);
	f = PLAY(ENVELOPE, "CBDAT 2\r\nabBDAT 2\r\nabBDAT 0 LAST\r\n",
		 "S552 too much\r\n503 no\r\n503 no\r\n")
		    ->facts;
	assert_int_equal(f->messages_refused, 1);
	f = PLAY(ENVELOPE, "CBDAT 99999999999999999999 LAST\r\n", "S501 no\r\n", "CBDAT\r\n",
		 "S501 no\r\n", "CBDAT x\r\n", "S501 no\r\n", "CQUIT\r\n")
		    ->facts;
	assert_true(f->quit);
	assert_int_equal(f->body_bytes, 0);
}

static void nothing_behind_starttls_is_read(void **state)
{
	const struct smtp_facts *f = PLAY(HELLO, "CSTARTTLS\r\n", "S220 go\r\n",
					  "CMAIL FROM:<a@b.example>\r\n", "S550 5.7.1 no\r\n")
					     ->facts;

	(void)state;
	assert_true(f->starttls_asked && f->encrypted);
	assert_int_equal(f->mails, 0);
	assert_int_equal(f->replies_5xx, 0);
	f = PLAY(HELLO, "CSTARTTLS\r\n", "S454 4.7.0 not now\r\n", "CMAIL FROM:<a@b.example>\r\n",
		 "S250 ok\r\n")
		    ->facts;
	assert_true(f->starttls_asked && !f->encrypted);
	assert_int_equal(f->mails, 1);
	assert_int_equal(f->replies_4xx, 1);
}

static void commands_are_understood_however_they_are_written(void **state)
{
	const struct play *p =
		PLAY(GREETING, "Chelo\tx.example\n", "S250 ok\n",
		     "C mail from: <@r.example,@s.example:a@b.example> SIZE=12\r\n", "S250 ok\r\n",
		     "CMAIL FROM:A@B.EXAMPLE\r\n", "S503 no\r\n", "CMAIL FROM a@B.example\r\n",
		     "S503 no\r\n", "CRcpt  To :<\"x@y>z\"@c.example> NOTIFY=NEVER\r\n",
		     "S250 ok\r\n", "CRCPT TO: d@D.example\r\r\n", "S251 ok\r\n");
	const struct smtp_facts *f = p->facts;

	(void)state;
	assert_true(f->helo_verb && !f->ehlo && f->bare_lf && f->lower_case);
	assert_string_equal(f->helo, "x.example");
	assert_int_equal(f->sender_count, 2); /* the local part's case tells, the domain's not */
	assert_string_equal(play_text(f->senders, f->senders_length, 0), "a@b.example");
	assert_string_equal(play_text(f->senders, f->senders_length, 1), "A@B.EXAMPLE");
	assert_int_equal(f->domain_count, 2);
	assert_string_equal(play_text(f->domains, f->domains_length, 0), "c.example");
	assert_string_equal(play_text(f->domains, f->domains_length, 1), "d.example");
	assert_int_equal(f->recipients, 2);
	assert_int_equal(f->commands, 6);
	assert_int_equal(f->mails_refused, 2);
}

static void a_null_sender_is_told_and_none_is_not(void **state)
{
	const struct smtp_facts *f = PLAY(HELLO, "CMAIL FROM:<>\r\n", "S250 ok\r\n")->facts;

	(void)state;
	assert_string_equal(f->senders, "<>");
	f = PLAY(HELLO, "CMAIL FROM:\r\n", "S501 no\r\n", "CMAIL\r\n", "S501 no\r\n",
		 "CMail me at home\r\n", "S501 no\r\n")
		    ->facts;
	assert_int_equal(f->sender_count, 0);
	assert_int_equal(f->mails, 1);
	assert_int_equal(f->unknown_commands, 2);
}

static void names_that_are_odd_are_flagged(void **state)
{
	static const struct {
		const char *line;
		unsigned int flags;
	} names[] = {
		{"CHELO localhost\r\n", SMTP_HELO_LOCALHOST | SMTP_HELO_NO_DOT},
		{"CHELO localhost.localdomain\r\n", SMTP_HELO_LOCALHOST},
		{"CHELO pc.LocalDomain\r\n", SMTP_HELO_LOCALHOST},
		{"CHELO 192.0.2.1\r\n", SMTP_HELO_BARE_ADDRESS},
		{"CHELO 2001:db8::1\r\n", SMTP_HELO_BARE_ADDRESS},
		{"CHELO [192.0.2.1]\r\n", SMTP_HELO_LITERAL},
		{"CHELO [IPv6:2001:db8::1]\r\n", SMTP_HELO_LITERAL},
		{"CHELO [192.0.2]\r\n", SMTP_HELO_NOT_A_NAME},
		{"CHELO [\r\n", SMTP_HELO_NOT_A_NAME},
		{"CHELO win7\r\n", SMTP_HELO_NO_DOT},
		{"CHELO win7.\r\n", SMTP_HELO_NO_DOT},
		{"CHELO YLMF-PC\r\n", SMTP_HELO_NO_DOT | SMTP_HELO_NOTORIOUS},
		{"CHELO\r\n", SMTP_HELO_NOT_A_NAME},
		{"CHELO a b.example\r\n", SMTP_HELO_NOT_A_NAME},
		{"CHELO a_b.example\r\n", 0},
		{"CHELO \xff.example\r\n", SMTP_HELO_NOT_A_NAME},
		{"CHELO 192.0.2.300\r\n", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		assert_int_equal(PLAY(GREETING, names[i].line)->facts->helo_flags, names[i].flags);
}

static void names_are_counted_as_they_change(void **state)
{
	const struct smtp_facts *f =
		PLAY(GREETING, "CEHLO a.example\r\n", "S502 no\r\n", "CHELO A.example\r\n",
		     "S250 ok\r\n", "CHELO b\\.example\r\n", "S250 ok\r\n", "CHELO a.example\r\n",
		     "S250 ok\r\n")
			->facts;

	(void)state;
	assert_int_equal(f->helo_count, 3);
	assert_string_equal(f->helo, "a.example");
	assert_true(f->ehlo && f->helo_verb);
	assert_int_equal(f->replies_5xx, 1);
	assert_false(f->ignored_refusal); /* HELO after a refused EHLO is as it should be */
}

static uint32_t dialect(const char *hello, const char *mail, const char *more)
{
	return PLAY(GREETING, hello, "S250 ok\r\n", mail, "S250 ok\r\n",
		    "CRCPT TO:<a@b.example>\r\n", "S250 ok\r\n", more, "S250 ok\r\n", "CQUIT\r\n")
		->facts->dialect;
}

static void the_dialect_is_the_engines_and_not_the_messages(void **state)
{
	uint32_t one = dialect("CEHLO a.example\r\n", "CMAIL FROM:<a@b.example> SIZE=1\r\n",
			       "CRCPT TO:<cc@dd.example>\r\n");

	(void)state;
	assert_int_not_equal(one, 0);
	assert_int_equal(one, dialect("CEHLO bb.example\r\n", "CMAIL FROM:<> SIZE=23\r\n",
				      "CRCPT TO:<x@y.example>\r\nRCPT TO:<x@y.example>\r\n"));
	assert_int_not_equal(one,
			     dialect("CHELO a.example\r\n", "CMAIL FROM:<a@b.example> SIZE=1\r\n",
				     "CRCPT TO:<cc@dd.example>\r\n"));
	assert_int_not_equal(one, dialect("CEHLO a.example\r\n", "CMAIL FROM:<a@b.example>\r\n",
					  "CRCPT TO:<cc@dd.example>\r\n"));
	assert_int_not_equal(one,
			     dialect("CEHLO a.example\r\n", "CMAIL From:<a@b.example> SIZE=1\r\n",
				     "CRCPT TO:<cc@dd.example>\r\n"));
	assert_int_not_equal(one,
			     dialect("CEHLO a.example\r\n", "CMAIL FROM: <a@b.example> SIZE=1\r\n",
				     "CRCPT TO:<cc@dd.example>\r\n"));
	assert_int_not_equal(one, dialect("CEHLO a.example\r\n",
					  "CMAIL FROM:<a@b.example> SIZE=1\r\n", "CRSET\r\n"));
	assert_int_not_equal(one,
			     dialect("CEHLO a.example\n", "CMAIL FROM:<a@b.example> SIZE=1\r\n",
				     "CRCPT TO:<cc@dd.example>\r\n"));
}

static void bodies_end_at_a_lone_dot_only(void **state)
{
	static const struct {
		const char *body;
		unsigned int messages, bytes;
	} bodies[] = {
		{"C.\r\n", 1, 0},
		{"Cx\r\n.\r\n", 1, 3},
		{"C\r\n.\r\n", 1, 2},
		{"Cx\r\n..\r\n.\r\n", 1, 7},
		{"C.x\r\n.\r\n", 1, 4},
		{"Cx.\r\n", 0, 4},
		{"Cx\n.\r\n", 0, 5},
		{"Cx\r\n.\r.\r\n", 0, 8},
		{"Cx\r\r\n.\r\n", 1, 4},
		{"C\r\r\n\r\n.\r\n", 1, 5},
		{"C\n\n.\r\r\n.\r\n", 1, 6},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(*bodies); i++) {
		const struct smtp_facts *f =
			PLAY(ENVELOPE, "CDATA\r\n", "S354 go\r\n", bodies[i].body, "CQUIT\r\n")
				->facts;

		assert_int_equal(f->quit, bodies[i].messages);
		assert_int_equal(f->body_bytes, bodies[i].bytes + (f->quit ? 0 : 6));
		f = PLAY(ENVELOPE, "CDATA\r\n", "S354 go\r\n", bodies[i].body, "CQUIT\r\n",
			 "S250 ok\r\n221 bye\r\n")
			    ->facts;
		if (bodies[i].messages)
			assert_int_equal(f->messages, 1);
	}
}

static void a_refused_message_is_counted_as_such(void **state)
{
	const struct smtp_facts *f =
		PLAY(ENVELOPE, "CDATA\r\n", "S354 go\r\n", "Cspam\r\n.\r\n", "S554 5.7.1 spam\r\n",
		     "CDATA\r\n", "S503 no\r\n", "CQUIT\r\n", "S221 bye\r\n")
			->facts;

	(void)state;
	assert_int_equal(f->messages, 0);
	assert_int_equal(f->messages_refused, 2);
	assert_int_equal(f->unmatched_replies, 0);
	assert_true(f->quit);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_is_understood_from_greeting_to_quit),
		cmocka_unit_test(many_lines_of_a_refusal_become_one_text),
		cmocka_unit_test(the_last_line_of_a_reply_has_the_say),
		cmocka_unit_test(a_long_refusal_is_cut_between_characters),
		cmocka_unit_test(chunks_are_passed_over_by_their_length),
		cmocka_unit_test(an_accepted_chunk_that_is_not_the_last_is_no_message),
		cmocka_unit_test(nothing_behind_starttls_is_read),
		cmocka_unit_test(commands_are_understood_however_they_are_written),
		cmocka_unit_test(a_null_sender_is_told_and_none_is_not),
		cmocka_unit_test(names_that_are_odd_are_flagged),
		cmocka_unit_test(names_are_counted_as_they_change),
		cmocka_unit_test(the_dialect_is_the_engines_and_not_the_messages),
		cmocka_unit_test(bodies_end_at_a_lone_dot_only),
		cmocka_unit_test(a_refused_message_is_counted_as_such),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
