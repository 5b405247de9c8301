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

static void a_recipients_local_part_is_kept_nowhere(void **state)
{
	const struct play *p = PLAY(ENVELOPE);

	(void)state;
	assert_false(play_holds(p, "joe"));
	assert_false(play_holds(p, "secret"));
	p = PLAY(HELLO, "CMAIL FROM:<>\r\n", "S250 ok\r\n", "CRCPT TO:<joe@b.example>\r\n",
		 "S550-5.1.1 <joe@b.example>: no such\r\n550-5.1.1 \"joe x\"@b.example\r\n"
		 "550 5.1.1 see <joe> and rfc822;joe@b.example\r\n",
		 "CRCPT TO:<joe>\r\n", "S550 joe... User unknown\r\n", "CVRFY joe\r\n",
		 "S252 <joe@b.example>\r\n", "CFOO joe\r\n", "S500 what\r\n");
	assert_false(play_holds(p, "joe"));
	assert_string_equal(p->refusals, "550 5.1.1 <*@b.example>: no such *@b.example see <*> and "
					 "rfc822;*@b.example\n550 * User unknown\n500\n");
}

static void hosts_and_names_in_refusals_stay(void **state)
{
	const struct play *p =
		PLAY(GREETING, "CHELO localhost\r\n", "S250 ok\r\n", "CMAIL FROM:<a@b.example>\r\n",
		     "S250 ok\r\n", "CRCPT TO:<x@y.example>\r\n",
		     "S504 5.5.2 <localhost>: Helo command rejected\r\n",
		     "CRCPT TO:<x@y.example>\r\n",
		     "S554 5.7.1 Service unavailable; Client host [203.0.113.9] blocked using "
		     "zen.spamhaus.org; https://www.spamhaus.org/query/ip/203.0.113.9\r\n",
		     "CRCPT TO:<x@y.example>\r\n",
		     "S450 4.7.1 <h.example[192.0.2.7]>: Client host rejected\r\n");

	(void)state;
	assert_string_equal(
		p->refusals,
		"504 5.5.2 <localhost>: Helo command rejected\n"
		"554 5.7.1 Service unavailable; Client host [203.0.113.9] blocked using "
		"zen.spamhaus.org; https://www.spamhaus.org/query/ip/203.0.113.9\n"
		"450 4.7.1 <h.example[192.0.2.7]>: Client host rejected\n");
	assert_string_equal(p->facts->reply,
			    "450 4.7.1 <h.example[192.0.2.7]>: Client host rejected");
	assert_int_equal(p->facts->reply_code, 450);
	assert_int_equal(p->facts->replies_4xx, 1);
	assert_int_equal(p->facts->replies_5xx, 2);
	assert_int_equal(p->facts->recipients_refused, 3);
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

static void of_auth_only_mechanism_and_success_are_kept(void **state)
{
	const struct play *p =
		PLAY(HELLO, "CAUTH login\r\n", "S334 VXNlcm5hbWU6\r\n", "CaGVsbG8=\r\n",
		     "S334 UGFzc3dvcmQ6\r\n", "Cc2VjcmV0cGFzcw==\r\n", "S235 2.7.0 welcome\r\n",
		     "CMAIL FROM:<a@b.example>\r\n", "S250 ok\r\n");

	(void)state;
	assert_true(p->facts->auth_tried && p->facts->auth_succeeded);
	assert_string_equal(p->facts->auth, "LOGIN");
	assert_int_equal(p->facts->commands, 3);
	assert_int_equal(p->facts->unknown_commands, 0);
	assert_int_equal(p->facts->unmatched_replies, 0);
	assert_int_equal(p->facts->mails, 1);
	assert_false(play_holds(p, "aGVsbG8") || play_holds(p, "c2VjcmV0"));
	p = PLAY(HELLO, "CAUTH PLAIN AGEAc2VjcmV0\r\n", "S535 5.7.8 no\r\n", "CQUIT\r\n");
	assert_true(p->facts->auth_tried && !p->facts->auth_succeeded && p->facts->quit);
	assert_string_equal(p->facts->auth, "PLAIN");
	assert_false(play_holds(p, "c2Vj"));
	assert_string_equal(PLAY(HELLO, "CAUTH c2VjcmV0\r\n")->facts->auth, "OTHER");
}

static void no_credential_is_kept_of_a_malformed_auth_either(void **state)
{
	static const char *const lines[] = {
		"CAUTH c2VjcmV0\r\n",
		"CAUTH=PLAIN c2VjcmV0\r\n",
		"CAUTH  PLAIN  c2VjcmV0\r\n",
		"CAUTH:LOGIN c2VjcmV0\r\n",
		"CAUTHPLAIN c2VjcmV0\r\n",
		"CAUTH\r\n",
		"CAUTH PLAIN\tc2VjcmV0\r\n",
		"CAUTH PLAINc2VjcmV0\r\n",
		"Cc2VjcmV0\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		const struct play *p = PLAY(HELLO, lines[i], "S501 no\r\n", "Cc2VjcmV0\r\n",
					    "S500 no\r\n", "CRSET\r\n", "S250 ok\r\n");

		assert_false(play_holds(p, "c2Vj"));
		assert_int_equal(p->facts->unmatched_replies, 0);
	}
}

static void no_credential_is_kept_where_the_server_is_not_seen(void **state)
{
	const struct play *p = PLAY("CEHLO x.example\r\nAUTH LOGIN\r\naGVsbG8=\r\nc2VjcmV0\r\n",
				    "A", "CMAIL FROM:<a@b.example>\r\n");

	(void)state;
	assert_false(play_holds(p, "aGVs") || play_holds(p, "c2Vj"));
	assert_int_equal(p->facts->mails, 1);
	assert_int_equal(p->facts->unknown_commands, 0);
	assert_false(p->facts->auth_succeeded);
	p = PLAY("CEHLO x.example\r\nAUTH PLAIN c2VjcmV0\r\nQUIT\r\n", "A");
	assert_true(p->facts->quit);
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

static void a_recipient_within_a_sender_is_hidden(void **state)
{
	static const char *const rows[][2] = {
		{"list-bounces+joe=example.com@example.net",
		 "list-bounces+*=example.com@example.net"},
		{"bounce-7-joe.doe=example.com@lists.example",
		 "bounce-7-*=example.com@lists.example"},
		{"joe=example.com@example.net", "*=example.com@example.net"},
		/* no domain behind the sign: nobody's address */
		{"a=b@example.net", "a=b@example.net"},
		{"SRS0=x1Y2=TT=example.com=user@fwd.example",
		 "SRS0=x1Y2=TT=example.com=user@fwd.example"},
		{"=example.com@example.net", "=example.com@example.net"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char line[128];

		snprintf(line, sizeof(line), "CMAIL FROM:<%s>\r\n", rows[i][0]);
		assert_string_equal(PLAY("S220 mx\r\n", line, "S250 ok\r\n")->facts->senders,
				    rows[i][1]);
	}
}

/* A server repeats a recipient in whatever words it likes. */
static void a_recipient_that_a_refusal_repeats_is_hidden(void **state)
{
	static const char *const words[] = {
		"550 No such user: joe.smith",
		"550 5.1.1 User joe.smith unknown",
		"550 'Joe.Smith' is not known here",
		"550 no joe.smith at dest.example",
		"550 joe.smith%40dest.example has left",
		"550-<joe.smith\r\n550 @dest.example> has left",
		"550 joe.smith. Unknown",
	};
	char reply[128];

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		struct play *p;

		snprintf(reply, sizeof(reply), "S%s\r\n", words[i]);
		p = PLAY("S220 mx\r\n", "CHELO pc\r\n", "S250 hi\r\n",
			 "CMAIL FROM:<a@b.example>\r\n", "S250 ok\r\n",
			 "CRCPT TO:<joe.smith@dest.example>\r\n", reply);
		assert_false(play_holds(p, "joe.smith"));
		assert_false(play_holds(p, "Joe.Smith"));
		assert_memory_equal(p->facts->reply, "550 ", 4);
	}
	assert_string_equal(PLAY("S220 mx\r\n", "CHELO pc\r\n", "S250 hi\r\n",
				 "CMAIL FROM:<a@b.example>\r\n", "S250 ok\r\n",
				 "CRCPT TO:<joe@dest.example>\r\n",
				 "S550 5.1.1 User joe unknown, not joey\r\n")
				    ->facts->reply,
			    "550 5.1.1 User * unknown, not joey");
}

/* What is no command may be a credential, or a line of a message; of the answer the codes stay. */
static void what_a_refusal_of_a_wrong_line_repeats_is_not_kept(void **state)
{
	struct play *p;

	(void)state;
	p = PLAY("S220 mx\r\n", "CEHLO pc\r\n", "S250-mx\r\n250 AUTH LOGIN\r\n", "CAUTH LOGIN\r\n",
		 "S503 5.5.1 not now\r\n", "Cc2VjcmV0LXBhc3N3b3Jk\r\n",
		 "S500 5.5.1 Command unrecognized: \"c2VjcmV0LXBhc3N3b3Jk\"\r\n");
	assert_false(play_holds(p, "c2VjcmV0"));
	assert_string_equal(p->facts->reply, "500 5.5.1");
	p = PLAY("S220 mx\r\n", "CEHLO pc\r\n", "S250 mx\r\n", "CAUTH PLAIN AGpvZQBzZWNyZXQ=\r\n",
		 "S535 5.7.8 bad credentials for joe\r\n");
	assert_string_equal(p->facts->reply, "535 5.7.8");
	p = PLAY("S220 mx\r\n", "CEHLO pc\r\n", "S250 mx\r\n", "CDATA\r\n", "S503 5.5.1 no\r\n",
		 "CSubject: layoffs in March\r\n",
		 "S500 unrecognized: Subject: layoffs in March\r\n");
	assert_false(play_holds(p, "layoffs"));
	assert_string_equal(p->facts->reply, "500");
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
		cmocka_unit_test(a_recipients_local_part_is_kept_nowhere),
		cmocka_unit_test(hosts_and_names_in_refusals_stay),
		cmocka_unit_test(many_lines_of_a_refusal_become_one_text),
		cmocka_unit_test(the_last_line_of_a_reply_has_the_say),
		cmocka_unit_test(a_long_refusal_is_cut_between_characters),
		cmocka_unit_test(chunks_are_passed_over_by_their_length),
		cmocka_unit_test(an_accepted_chunk_that_is_not_the_last_is_no_message),
		cmocka_unit_test(nothing_behind_starttls_is_read),
		cmocka_unit_test(of_auth_only_mechanism_and_success_are_kept),
		cmocka_unit_test(no_credential_is_kept_of_a_malformed_auth_either),
		cmocka_unit_test(no_credential_is_kept_where_the_server_is_not_seen),
		cmocka_unit_test(commands_are_understood_however_they_are_written),
		cmocka_unit_test(a_recipient_within_a_sender_is_hidden),
		cmocka_unit_test(a_recipient_that_a_refusal_repeats_is_hidden),
		cmocka_unit_test(what_a_refusal_of_a_wrong_line_repeats_is_not_kept),
		cmocka_unit_test(a_null_sender_is_told_and_none_is_not),
		cmocka_unit_test(names_that_are_odd_are_flagged),
		cmocka_unit_test(names_are_counted_as_they_change),
		cmocka_unit_test(the_dialect_is_the_engines_and_not_the_messages),
		cmocka_unit_test(bodies_end_at_a_lone_dot_only),
		cmocka_unit_test(a_refused_message_is_counted_as_such),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
