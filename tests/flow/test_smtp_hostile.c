/* SMTP: bytes chosen to do harm. */
#include "smtp_play.h"

#include <stdio.h>
#include <stdlib.h>

#define HELLO                                                                                      \
	"S220 mx.example.net ESMTP\r\n", "CEHLO a.example\r\n",                                    \
		"S250-mx.example.net\r\n250 PIPELINING\r\n"

static struct smtp smtp;

static uint64_t said; /* by the server, and known to the client */

static void begin(void)
{
	smtp_init(&smtp);
	said = 0;
}

static void server(const char *text, size_t n)
{
	smtp_server(&smtp, text, n, NULL);
	said += n;
}

static size_t client(const char *text, size_t n)
{
	return smtp_client(&smtp, text, n, said);
}

#define SERVER(text) server(text, sizeof(text) - 1)
#define CLIENT(text) client(text, sizeof(text) - 1)

static void greet(void)
{
	begin();
	SERVER("220 x\r\n");
	CLIENT("EHLO a.example\r\n");
	SERVER("250-x\r\n250 PIPELINING\r\n");
}

static void a_line_of_ten_megabytes_is_judged_by_its_head(void **state)
{
	size_t n = 10 << 20;
	char *line = malloc(n);

	(void)state;
	memset(line, 'x', n);
	memcpy(line, "MAIL FROM:<", 11);
	memcpy(line + n - 5, "@b>\r\n", 5);
	greet();
	for (size_t i = 0; i < n; i += 1400)
		client(line + i, n - i < 1400 ? n - i : 1400);
	SERVER("500 too long\r\n");
	assert_int_equal(smtp.facts.mails, 1);
	assert_int_equal(smtp.facts.mails_refused, 1);
	assert_int_equal(smtp.facts.cut_lines, 1);
	assert_false(smtp.facts.bare_lf);
	memcpy(line, "550 xxxxxxx", 11);
	server(line, n);
	assert_int_equal(smtp.facts.replies_5xx, 2);
	assert_int_equal(smtp.facts.cut_lines, 2);
	memcpy(line, "yyyyyyyyyyy", 11);
	client(line, n);
	assert_int_equal(smtp.facts.unknown_commands, 1);
	free(line);
}

static void a_hundred_thousand_commands_in_a_row_are_matched_as_far_as_they_are_alike(void **state)
{
	(void)state;
	greet();
	for (int i = 0; i < 100000; i++)
		CLIENT("RCPT TO:<a@b.example>\r\n");
	assert_false(smtp.facts.lost_track);
	for (int i = 0; i < 100000; i++)
		SERVER("250 ok\r\n");
	assert_int_equal(smtp.facts.recipients, 100000);
	assert_int_equal(smtp.facts.unmatched_replies, 0);
	SERVER("250 ok\r\n");
	assert_int_equal(smtp.facts.unmatched_replies, 1);
}

static void where_they_are_not_track_is_lost_and_found(void **state)
{
	(void)state;
	greet();
	for (int i = 0; i < 50000; i++)
		CLIENT("RSET\r\nRCPT TO:<a@b.example>\r\n");
	assert_true(smtp.facts.lost_track);
	for (int i = 0; i < 100000; i++)
		SERVER("250 ok\r\n");
	assert_int_equal(smtp.facts.recipients, SMTP_RUNS / 2); /* certainly */
	assert_int_equal(smtp.facts.unmatched_replies, 0);
	CLIENT("RCPT TO:<a@b.example>\r\nDATA\r\n");
	SERVER("250 ok\r\n354 go\r\n");
	CLIENT("x\r\n.\r\n");
	SERVER("250 queued\r\n");
	assert_int_equal(smtp.facts.recipients, SMTP_RUNS / 2 + 1);
	assert_int_equal(smtp.facts.messages, 1);
	/* a DATA among the forgotten has its reply */
	for (int i = 0; i < 50; i++)
		CLIENT("RSET\r\nNOOP\r\n");
	CLIENT("DATA\r\n");
	for (int i = 0; i < 100; i++)
		SERVER("250 ok\r\n");
	assert_true(smtp_waits(&smtp));
	SERVER("354 go\r\n");
	CLIENT("x\r\n.\r\n");
	SERVER("250 queued\r\n");
	assert_int_equal(smtp.facts.messages, 2);
	assert_int_equal(smtp.facts.unmatched_replies, 0);
}

static void any_byte_may_stand_anywhere(void **state)
{
	(void)state;
	greet();
	CLIENT("MAIL FROM:<a\0b\xff@\xe2\x80\xae\\.example>\r\n");
	SERVER("550 \0\xff\x1b[31m\x7f\r\n");
	assert_string_equal(smtp.facts.senders, "a\\x00b\\xff@\\xe2\\x80\\xae\\x5c.example");
	assert_string_equal(smtp.facts.reply, "550 \\x00\\xff\\x1b[31m\\x7f");
	CLIENT("RCPT TO:<a@\0.example>\r\n\0\0\0\r\n\r\n\r\r\n\n");
	assert_int_equal(smtp.facts.domain_count, 0);
	assert_int_equal(smtp.facts.unknown_commands, 4);
	begin();
	CLIENT("HELO a\rMAIL FROM:<>\r\n"); /* a lone CR ends no line */
	assert_int_equal(smtp.facts.commands, 1);
	assert_string_equal(smtp.facts.helo, "a\\x0dMAIL FROM:<>");
	assert_int_equal(smtp.facts.helo_flags, SMTP_HELO_NOT_A_NAME);
	begin();
	for (int c = 0; c < 256; c++) {
		char bytes[5] = {(char)c, (char)c, ' ', (char)c, '\n'};

		client(bytes, 5);
		server(bytes, 5);
	}
}

static void a_reply_without_end_costs_no_memory(void **state)
{
	(void)state;
	begin();
	for (int i = 0; i < 100000; i++)
		SERVER("554-5.7.1 and on and on\r\n");
	assert_int_equal(smtp.facts.replies, 0);
	SERVER("554 enough\r\n");
	assert_int_equal(smtp.facts.replies, 1);
	assert_int_equal(strlen(smtp.facts.reply), SMTP_REPLY - 1);
}

static void codes_that_are_none_mean_nothing(void **state)
{
	const struct play *p = PLAY(HELLO, "CRCPT TO:<a@b.example>\r\n", "S999 x\r\n",
				    "CRCPT TO:<a@b.example>\r\n", "S25 x\r\n250x\r\n2500 x\r\n",
				    "S-250 x\r\n000 x\r\n250\r\n", "CRSET\r\n", "S250-\r\n250 \r\n",
				    "CNOOP\r\n", "S354 x\r\n");

	(void)state;
	assert_int_equal(p->facts->recipients, 1);
	assert_int_equal(p->facts->replies, 6);
	assert_int_equal(p->facts->unmatched_replies, 0);
	assert_string_equal(p->refusals, "");
	assert_false(smtp_waits(p->smtp));
}

static void senders_and_domains_are_kept_up_to_their_bounds(void **state)
{
	char line[300];
	const struct smtp_facts *f = &smtp.facts;

	(void)state;
	greet();
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 20; i++) {
			snprintf(line, sizeof(line), "MAIL FROM:<a%d@B.example>\r\n", i);
			client(line, strlen(line));
			snprintf(line, sizeof(line), "RCPT TO:<x@d%d.example>\r\n", i);
			client(line, strlen(line));
		}
	assert_int_equal(f->sender_count, SMTP_SENDERS);
	assert_int_equal(f->domain_count, SMTP_DOMAINS);
	assert_int_equal(f->senders_left_out, 8);
	assert_int_equal(f->domains_left_out, 8);
	assert_string_equal(play_text(f->senders, f->senders_length, 15), "a15@B.example");
	greet();
	for (int i = 0; i < 16; i++) { /* 200 + 10 bytes each: four fit into 1024 */
		snprintf(line, sizeof(line), "MAIL FROM:<%0200d@b.example>\r\n", i);
		client(line, strlen(line));
	}
	assert_int_equal(f->sender_count, 4);
	assert_int_equal(f->senders_left_out, 12);
	assert_true(f->senders_length <= sizeof(f->senders));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_of_ten_megabytes_is_judged_by_its_head),
		cmocka_unit_test(
			a_hundred_thousand_commands_in_a_row_are_matched_as_far_as_they_are_alike),
		cmocka_unit_test(where_they_are_not_track_is_lost_and_found),
		cmocka_unit_test(any_byte_may_stand_anywhere),
		cmocka_unit_test(a_reply_without_end_costs_no_memory),
		cmocka_unit_test(codes_that_are_none_mean_nothing),
		cmocka_unit_test(senders_and_domains_are_kept_up_to_their_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
