/* What is said in frames, as it stands in the batch at the end of the way. */
#include "conversation.h"

#include <stdio.h>
#include <string.h>

#include "flow/dialogs.h"

#define BOT   "10.0.3.77"
#define MX    "198.51.100.4"
#define OTHER "192.0.2.5" /* of another network */

#define LISTED                                                                                     \
	"554 5.7.1 Service unavailable; Client host [203.0.113.9] blocked using zen.spamhaus.org"

/* What a bot says until the dot that ends its message. */
static struct conversation up_to_the_dot(void)
{
	struct conversation c = connection(BOT, MX);

	replies(&c, "220-mx.example.net ESMTP ready\r\n220 and more\r\n");
	says(&c, "EHLO pc7.example.com\r\n");
	replies(&c, "250-mx.example.net\r\n250 SIZE\r\n");
	says(&c, "MAIL FROM:<secretary@example.com> SIZE=99\r\n");
	replies(&c, "250 2.1.0 ok\r\n");
	says(&c, "RCPT TO:<xavier@example.net>\r\n");
	replies(&c, "250 2.1.5 ok\r\n");
	says(&c, "RCPT TO:<yvonne@example.net>\r\n");
	replies(&c, "550 5.1.1 no such user\r\n");
	says(&c, "DATA\r\n");
	replies(&c, "354 go on\r\n");
	says(&c, "Subject: private\r\n\r\nhello\r\n..dot\r\n.\r\n");
	return c;
}

static void a_whole_dialogue_is_in_the_row_and_the_sum(void **state)
{
	struct conversation c = up_to_the_dot();
	const struct connection *row;
	struct connection_texts t;
	struct tally sum;

	(void)state;
	replies(&c, "250 2.0.0 queued\r\n");
	says(&c, "QUIT\r\n");
	replies(&c, "221 bye\r\n");
	ends(&c);
	collect();
	assert_int_equal(batch_connection_count(batch), 1);
	row = row_of(BOT, MX);
	assert_int_equal(row->outcome, OUTCOME_SENT);
	assert_true(row->begun && row->connected && row->has_dialogue);
	assert_false(row->open);
	assert_int_equal(row->messages, 1);
	assert_int_equal(row->recipients, 1);
	assert_int_equal(row->bytes_sent, c.bytes[1]);
	assert_int_equal(row->bytes_received, c.bytes[0]);
	t = texts_of(BOT, MX);
	assert_string_equal(t.helo, "pc7.example.com");
	assert_string_equal(t.banner, "mx.example.net ESMTP ready");
	assert_string_equal(t.reply, "550 5.1.1 no such user");
	assert_int_equal(t.senders_length, sizeof("secretary@example.com"));
	assert_string_equal(t.senders, "secretary@example.com");
	assert_string_equal(t.server_name, "");
	sum = sum_of(STANDING_OFFENCE);
	assert_int_equal(sum.attempts, 1);
	assert_int_equal(sum.connected, 1);
	assert_int_equal(sum.messages, 1);
	assert_int_equal(sum.recipients, 1);
	assert_int_equal(sum.bytes_sent, (int64_t)c.bytes[1]);
	for (int i = 0; i < OUTCOME_COUNT; i++)
		assert_int_equal(sum.outcomes[i], i == OUTCOME_SENT);
}

static bool holds(const void *data, size_t size, const char *words)
{
	return memmem(data, size, words, strlen(words)) != NULL;
}

static void no_body_subject_or_recipient_is_handed_on(void **state)
{
	static const char *const secrets[] = {"private", "hello", "xavier", "yvonne", "..dot"};
	struct conversation c = up_to_the_dot();
	const struct evidence *e;
	struct connection_texts t;

	(void)state;
	replies(&c, "554 5.7.1 <xavier@example.net>: no\r\n");
	ends(&c);
	collect();
	t = texts_of(BOT, MX);
	assert_non_null(strstr(t.reply, "554 5.7.1"));
	e = evidence_of(BOT);
	assert_non_null(e);
	for (size_t i = 0; i < sizeof(secrets) / sizeof(*secrets); i++) {
		assert_null(strstr(t.helo, secrets[i]));
		assert_null(strstr(t.banner, secrets[i]));
		assert_null(strstr(t.reply, secrets[i]));
		assert_false(holds(t.senders, t.senders_length, secrets[i]));
		assert_false(holds(e, sizeof(*e), secrets[i]));
	}
}

static void a_host_s_evidence_holds_what_it_did(void **state)
{
	struct conversation c = connection(BOT, MX);
	const struct evidence *e;

	(void)state;
	sends_message(&c, "pc7.example.com", "a@example.com");
	attempt(BOT, OTHER);
	collect();
	e = evidence_of(BOT);
	assert_non_null(e);
	assert_int_equal(e->attempts, 2);
	assert_int_equal(e->observations, 2);
	assert_int_equal(e->groups, 2);
	/* One session has ended; the other's SYN may still be answered. */
	assert_int_equal(e->sessions, 1);
	assert_int_equal(e->talks, 1);
	assert_true(e->sums[SUM_MAILS] > 0.9F && e->sums[SUM_MAILS] < 1.1F);
	assert_true(e->sums[SUM_NO_QUIT] == 0);
}

static void a_reset_that_crosses_the_reply_loses_no_message(void **state)
{
	struct conversation c = up_to_the_dot();

	(void)state;
	segment(&c, true, TCP_RST, "");
	replies(&c, "250 2.0.0 queued\r\n");
	collect();
	assert_int_equal(row_of(BOT, MX)->outcome, OUTCOME_SENT);
	assert_int_equal(row_of(BOT, MX)->messages, 1);
	assert_false(row_of(BOT, MX)->open);
	assert_int_equal(sum_of(STANDING_OFFENCE).messages, 1);
	assert_int_equal(sum_of(STANDING_OFFENCE).attempts, 1);
	/* The end was taken as evidence when all was known, and once. */
	assert_int_equal(evidence_of(BOT)->sessions, 1);
	assert_true(evidence_of(BOT)->sums[SUM_NO_QUIT] > 0.9F);
}

static void a_reset_that_crosses_the_reply_loses_no_refusal(void **state)
{
	struct conversation c = up_to_the_dot();

	(void)state;
	segment(&c, true, TCP_RST, "");
	way_collect(way, UINT32_MAX); /* told as ended, before the reply is there */
	replies(&c, LISTED "\r\n");
	collect();
	assert_int_equal(row_of(BOT, MX)->outcome, OUTCOME_REJECTED);
	assert_string_equal(texts_of(BOT, MX).reply, LISTED);
	assert_int_equal(batch_listing_count(batch), 1);
	assert_true(evidence_of(BOT)->sums[SUM_LISTED] > 0);
}

/* It was answered and goes on for minutes: it is evidence by then, and once. */
static void an_open_connection_that_was_answered_is_evidence_once(void **state)
{
	struct conversation c = up_to_the_dot();

	(void)state;
	replies(&c, "250 2.0.0 queued\r\n");
	for (int i = 0; i < 4; i++) {
		now += 20 * SEC;
		says(&c, "NOOP\r\n");
		replies(&c, "250 ok\r\n");
		collect();
	}
	assert_true(row_of(BOT, MX)->open);
	assert_int_equal(evidence_of(BOT)->sessions, 1);
	ends(&c);
	collect();
	assert_false(row_of(BOT, MX)->open);
	assert_int_equal(evidence_of(BOT)->sessions, 1);
}

/* It goes on, and does what it came for. */
static void a_connection_that_goes_on_is_heard_again(void **state)
{
	struct conversation c = up_to_the_dot();

	(void)state;
	replies(&c, "250 2.0.0 queued\r\n");
	for (int i = 0; i < 12; i++) {
		char text[64];

		now += 20 * SEC;
		snprintf(text, sizeof(text), "MAIL FROM:<a@d%d.example>\r\n", i);
		says(&c, text);
		replies(&c, "250 ok\r\n");
		says(&c, "RCPT TO:<b@example.net>\r\n");
		replies(&c, "550 no such user\r\n");
		says(&c, "RSET\r\n");
		replies(&c, "250 ok\r\n");
		collect();
	}
	assert_true(row_of(BOT, MX)->open);
	assert_int_equal(evidence_of(BOT)->sessions, 1);
	assert_int_equal(evidence_of(BOT)->answered, 1);
	assert_true(evidence_of(BOT)->sums[SUM_NEW_SENDER] > 5);
	assert_true(evidence_of(BOT)->sums[SUM_REFUSED] > 0.5F);
	ends(&c);
	collect();
	assert_true(evidence_of(BOT)->sums[SUM_NEW_SENDER] > 8);
}

static void after_starttls_nothing_is_text(void **state)
{
	struct conversation c = connection(BOT, MX);
	struct connection_texts t;

	(void)state;
	replies(&c, "220 mx\r\n");
	says(&c, "EHLO pc7\r\n");
	replies(&c, "250-mx\r\n250 STARTTLS\r\n");
	says(&c, "STARTTLS\r\n");
	replies(&c, "220 go\r\n");
	says(&c, "EHLO ciphertext\r\nMAIL FROM:<b@c>\r\n");
	replies(&c, "554 ciphertext\r\n");
	ends(&c);
	collect();
	assert_int_equal(row_of(BOT, MX)->outcome, OUTCOME_ENCRYPTED);
	t = texts_of(BOT, MX);
	assert_string_equal(t.helo, "pc7");
	assert_string_equal(t.reply, "");
	assert_int_equal(t.senders_length, 0);
}

/* --- a batch that is not taken away in time --------------------------------------------------- */

/* Rows and sums of others, until there is no room. */
static void fill_batch(void)
{
	static const struct tally one = {.attempts = 1};
	struct connection c = {.id = 1 << 20,
			       .begun = true,
			       .proven = true,
			       .standing = STANDING_PERMITTED};

	addr_parse("10.9.9.9", &c.client);
	addr_parse("198.18.0.0", &c.server);
	for (uint32_t i = 0; !batch_is_brimful(batch); i++) {
		c.id++;
		c.server.b[14] = (uint8_t)(i >> 8);
		c.server.b[15] = (uint8_t)i;
		batch_add(batch, &c, NULL, &one);
	}
}

static void what_was_said_while_the_batch_was_full_is_told_later(void **state)
{
	struct conversation c;

	(void)state;
	fill_batch();
	c = up_to_the_dot();
	replies(&c, "250 2.0.0 queued\r\n");
	ends(&c);
	collect();
	assert_int_equal(sum_of(STANDING_OFFENCE).attempts, 0); /* it waits */
	now += 60 * SEC;
	collect();
	batch_clear(batch);
	collect();
	assert_int_equal(row_of(BOT, MX)->outcome, OUTCOME_SENT);
	assert_true(row_of(BOT, MX)->begun);
	assert_int_equal(row_of(BOT, MX)->messages, 1);
	assert_string_equal(texts_of(BOT, MX).helo, "pc7.example.com");
	assert_string_equal(texts_of(BOT, MX).senders, "secretary@example.com");
	assert_int_equal(sum_of(STANDING_OFFENCE).messages, 1);
	assert_int_equal(evidence_of(BOT)->sessions, 1);
}

static void a_dialogue_over_two_batches_is_counted_once(void **state)
{
	struct conversation c = connection(BOT, MX);
	struct tally sum;

	(void)state;
	replies(&c, "220 mx\r\n");
	says(&c, "EHLO pc7\r\n");
	replies(&c, "250 mx\r\n");
	collect();
	assert_string_equal(texts_of(BOT, MX).helo, "pc7");
	batch_clear(batch);
	says(&c, "MAIL FROM:<a@b>\r\n");
	replies(&c, "250 ok\r\n");
	says(&c, "RCPT TO:<c@d>\r\n");
	replies(&c, "250 ok\r\n");
	says(&c, "BDAT 3 LAST\r\nabc");
	replies(&c, "250 ok\r\n");
	collect();
	assert_false(row_of(BOT, MX)->begun);
	assert_string_equal(texts_of(BOT, MX).helo, "pc7");
	assert_string_equal(texts_of(BOT, MX).senders, "a@b");
	sum = sum_of(STANDING_OFFENCE);
	assert_int_equal(sum.attempts, 0);
	assert_int_equal(sum.messages, 1);
	assert_int_equal(sum.recipients, 1);
	batch_clear(batch);
	/* Nothing new is said: no texts, and none of the counts again. */
	ends(&c);
	collect();
	assert_false(row_of(BOT, MX)->open);
	assert_int_equal(row_of(BOT, MX)->texts, 0);
	assert_int_equal(sum_of(STANDING_OFFENCE).messages, 0);
}

static uint32_t rooms;

static void room(void *context)
{
	(void)context;
	rooms++;
	batch_clear(batch);
}

static void a_capture_that_ends_in_mid_dialogue_tells_what_it_has(void **state)
{
	struct conversation c = up_to_the_dot();

	(void)state;
	replies(&c, LISTED "\r\n");
	rooms = 0;
	way_finish(way, room, NULL);
	assert_int_equal(rooms, 0);
	assert_int_equal(row_of(BOT, MX)->outcome, OUTCOME_REJECTED);
	assert_false(row_of(BOT, MX)->open);
	assert_string_equal(texts_of(BOT, MX).reply, LISTED);
	assert_int_equal(evidence_of(BOT)->sessions, 1);
	assert_int_equal(batch_listing_count(batch), 1);
}

/* One more than there is room for: the one that was silent longest goes, with all it said. */
static void a_dialogue_given_up_for_want_of_room_is_told_first(void **state)
{
	static char clients[DIALOGS][16];
	struct conversation c = up_to_the_dot();

	(void)state;
	replies(&c, "250 2.0.0 queued\r\n");
	for (unsigned int i = 0; i < DIALOGS; i++) {
		struct conversation other;

		snprintf(clients[i], sizeof(clients[i]), "10.7.%u.%u", i >> 8, i & 255);
		other = connection(clients[i], OTHER);
		replies(&other, "220 mx\r\n");
	}
	assert_int_equal(row_of(BOT, MX)->messages, 1);
	assert_string_equal(texts_of(BOT, MX).helo, "pc7.example.com");
	assert_int_equal(sum_of(STANDING_OFFENCE).messages, 1);
	/* What it says later is not understood, and takes nothing back. */
	says(&c, "QUIT\r\n");
	replies(&c, "221 bye\r\n");
	ends(&c);
	collect();
	assert_int_equal(row_of(BOT, MX)->outcome, OUTCOME_SENT);
	assert_false(row_of(BOT, MX)->open);
	assert_string_equal(texts_of(BOT, MX).helo, "pc7.example.com");
	assert_int_equal(sum_of(STANDING_OFFENCE).messages, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, conversation_setup, conversation_teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_whole_dialogue_is_in_the_row_and_the_sum),
		TEST(no_body_subject_or_recipient_is_handed_on),
		TEST(a_host_s_evidence_holds_what_it_did),
		TEST(a_reset_that_crosses_the_reply_loses_no_message),
		TEST(a_reset_that_crosses_the_reply_loses_no_refusal),
		TEST(an_open_connection_that_was_answered_is_evidence_once),
		TEST(a_connection_that_goes_on_is_heard_again),
		TEST(after_starttls_nothing_is_text),
		TEST(what_was_said_while_the_batch_was_full_is_told_later),
		TEST(a_dialogue_over_two_batches_is_counted_once),
		TEST(a_capture_that_ends_in_mid_dialogue_tells_what_it_has),
		TEST(a_dialogue_given_up_for_want_of_room_is_told_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
