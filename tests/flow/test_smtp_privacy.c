/* SMTP: what is kept of nobody: recipients, credentials, messages. */
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_recipients_local_part_is_kept_nowhere),
		cmocka_unit_test(hosts_and_names_in_refusals_stay),
		cmocka_unit_test(of_auth_only_mechanism_and_success_are_kept),
		cmocka_unit_test(no_credential_is_kept_of_a_malformed_auth_either),
		cmocka_unit_test(no_credential_is_kept_where_the_server_is_not_seen),
		cmocka_unit_test(a_recipient_within_a_sender_is_hidden),
		cmocka_unit_test(a_recipient_that_a_refusal_repeats_is_hidden),
		cmocka_unit_test(what_a_refusal_of_a_wrong_line_repeats_is_not_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
