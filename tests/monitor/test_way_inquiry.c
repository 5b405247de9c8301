/* Whom the way observes, what it hears of us, and by which names, as it stands in the batch. */
#include "conversation.h"

#include <stdio.h>
#include <string.h>

#define BOT   "10.0.3.77"
#define MAIL  "10.0.0.25"
#define MX    "198.51.100.4"
#define OTHER "192.0.2.5" /* of another network */

#define LISTED                                                                                     \
	"554 5.7.1 Service unavailable; Client host [203.0.113.9] blocked using zen.spamhaus.org"

/* --- who is observed -------------------------------------------------------------------------- */

static void of_a_mail_server_no_senders_are_kept_but_evidence_is(void **state)
{
	struct conversation c = connection(MAIL, MX);
	struct connection_texts t;

	(void)state;
	sends_message(&c, "mail.example.com", "a@example.com");
	collect();
	assert_int_equal(row_of(MAIL, MX)->standing, STANDING_PERMITTED);
	assert_int_equal(row_of(MAIL, MX)->messages, 1);
	t = texts_of(MAIL, MX);
	assert_string_equal(t.helo, "mail.example.com");
	assert_int_equal(t.senders_length, 0);
	assert_non_null(evidence_of(MAIL));
	assert_int_equal(evidence_of(MAIL)->talks, 1);
}

static void a_second_name_from_a_mail_server_is_remarked_on(void **state)
{
	static char servers[30][16];
	struct ledger ledger;

	(void)state;
	for (unsigned int i = 0; i < 30; i++) {
		struct conversation c;

		strcpy(servers[i], "198.51.100.100");
		servers[i][12] = (char)('0' + i / 10);
		servers[i][13] = (char)('0' + i % 10);
		c = connection(MAIL, servers[i]);
		sends_message(&c, i < 29 ? "mail.example.com" : "ylmf-pc", "a@example.com");
		collect();
		now += 1200 * SEC;
		evidence_judge(evidence_of(MAIL), &ledger);
		if (i == 28)
			assert_int_equal(ledger.remark_count, 0);
	}
	assert_in_range(ledger.remark_count, 1, LEDGER_REMARKS);
	assert_non_null(strstr(ledger.remarks[0], "HELO"));
}

static void of_also_watched_ports_there_is_no_evidence(void **state)
{
	struct conversation c = attempt_port(BOT, MX, 587);

	(void)state;
	segment(&c, false, TCP_SYN | TCP_ACK, "");
	segment(&c, true, TCP_ACK, "");
	sends_message(&c, "pc7.example.com", "a@example.com");
	collect();
	assert_int_equal(row_of(BOT, MX)->standing, STANDING_ALSO_WATCHED);
	assert_int_equal(row_of(BOT, MX)->outcome, OUTCOME_SENT);
	assert_int_equal(texts_of(BOT, MX).senders_length, 0);
	assert_null(evidence_of(BOT));
	assert_int_equal(batch_host_count(batch), 0);
}

static void of_an_allowed_device_there_is_no_evidence(void **state)
{
	struct allow allow = {.any_destination = true};
	struct conversation c;

	(void)state;
	assert_int_equal(prefix_parse(BOT, &allow.source), 0);
	assert_int_equal(policy_add_allow(policy, &allow, "test"), 0);
	c = connection(BOT, MX);
	sends_message(&c, "pc7.example.com", "a@example.com");
	collect();
	assert_int_equal(row_of(BOT, MX)->standing, STANDING_PERMITTED);
	assert_int_equal(texts_of(BOT, MX).senders_length, 0);
	assert_int_equal(batch_host_count(batch), 0);
}

static void evidence_of_an_earlier_run_goes_on(void **state)
{
	struct evidence before;
	struct addr bot;

	(void)state;
	attempt(BOT, MX);
	attempt(BOT, OTHER);
	collect();
	before = *evidence_of(BOT);
	assert_int_equal(before.attempts, 2);
	conversation_teardown(NULL);
	conversation_setup(NULL);
	addr_parse(BOT, &bot);
	way_restore(way, &bot, &before, sizeof(before));
	collect();
	assert_int_equal(batch_host_count(batch), 0); /* nothing is new */
	now += 3600 * SEC;
	attempt(BOT, "203.0.113.77");
	collect();
	assert_int_equal(evidence_of(BOT)->attempts, 3);
	assert_int_equal(evidence_of(BOT)->groups, 3);
	way_restore(way, &bot, &before, 17); /* damaged */
	collect();
}

static void a_syn_that_nobody_answers_is_evidence_in_the_end(void **state)
{
	(void)state;
	attempt(BOT, MX);
	collect();
	assert_int_equal(evidence_of(BOT)->sessions, 0);
	now += 1800 * SEC;
	collect();
	assert_int_equal(evidence_of(BOT)->sessions, 1);
	assert_true(evidence_of(BOT)->sums[SUM_UNANSWERED] > 0.9F);
}

#define HOSTS 3000

/* An attempt of each of 10.6.0.0 and on. */
static void many_hosts(void)
{
	char client[16];

	for (unsigned int i = 0; i < HOSTS; i++) {
		snprintf(client, sizeof(client), "10.6.%u.%u", i >> 8, i & 255);
		attempt(client, MX);
	}
}

static bool seen[HOSTS];

static void take_hosts(void *context)
{
	(void)context;
	for (uint32_t i = 0; i < batch_host_count(batch); i++) {
		const uint8_t *a = batch_host(batch, i)->address.b;

		seen[a[14] << 8 | a[15]] = true;
	}
	batch_clear(batch);
}

static void expect_all_seen(void)
{
	for (unsigned int i = 0; i < HOSTS; i++)
		if (!seen[i])
			fail_msg("10.6.%u.%u was never told", i >> 8, i & 255);
}

static void more_hosts_than_a_batch_takes_are_all_told(void **state)
{
	(void)state;
	memset(seen, 0, sizeof(seen));
	many_hosts();
	for (uint32_t left = HOSTS, told = 1; told > 0; left -= told) {
		now += 2 * SEC;
		way_tick(way, now);
		way_collect(way, UINT32_MAX);
		told = batch_host_count(batch);
		assert_int_equal(told, left < BATCH_HOSTS ? left : BATCH_HOSTS);
		take_hosts(NULL);
	}
	expect_all_seen();
}

static void more_hosts_than_a_batch_takes_are_all_told_at_the_end(void **state)
{
	(void)state;
	memset(seen, 0, sizeof(seen));
	many_hosts();
	way_finish(way, take_hosts, NULL);
	take_hosts(NULL);
	expect_all_seen();
}

/* --- listings --------------------------------------------------------------------------------- */

static struct conversation begun_with(const char *server)
{
	struct conversation c = connection(MAIL, server);

	replies(&c, "220 mx\r\n");
	says(&c, "EHLO mail.example.com\r\n");
	replies(&c, "250 mx\r\n");
	says(&c, "MAIL FROM:<a@example.com>\r\n");
	replies(&c, "250 ok\r\n");
	return c;
}

static void is_told_by(const char *server)
{
	struct conversation c = begun_with(server);

	says(&c, "RCPT TO:<b@example.net>\r\n");
	replies(&c, LISTED "\r\n");
	says(&c, "QUIT\r\n");
	replies(&c, "221 bye\r\n");
	ends(&c);
}

static const struct listing *newest_listing(void)
{
	assert_true(batch_listing_count(batch) > 0);
	return batch_listing(batch, batch_listing_count(batch) - 1);
}

static void two_servers_of_different_networks_make_a_claim_a_finding(void **state)
{
	const struct listing *l;
	char text[ADDR_TEXT];

	(void)state;
	is_told_by(MX);
	collect();
	assert_int_equal(batch_listing_count(batch), 1);
	l = newest_listing();
	assert_false(l->finding);
	assert_true(l->has_address);
	assert_string_equal(addr_format(&l->address, text), "203.0.113.9");
	assert_string_equal(l->list, "zen.spamhaus.org");
	assert_string_equal(addr_format(&l->client, text), MAIL);
	assert_string_equal(addr_format(&l->server, text), MX);
	assert_string_equal(l->reply, LISTED);
	batch_clear(batch);
	is_told_by("198.51.100.200"); /* of the same network */
	collect();
	assert_false(newest_listing()->finding);
	batch_clear(batch);
	is_told_by(OTHER);
	collect();
	l = newest_listing();
	assert_true(l->finding);
	assert_int_equal(l->heard, 3);
	assert_int_equal(l->voices, 3);
	batch_clear(batch);
	collect();
	assert_int_equal(batch_listing_count(batch), 0); /* nothing new was said */
}

static void of_a_configured_address_one_server_is_enough(void **state)
{
	struct addr public;

	(void)state;
	addr_parse("203.0.113.9", &public);
	way_set_public(way, &public, 1);
	is_told_by(MX);
	collect();
	assert_true(newest_listing()->finding);
}

/* A bot within asks a resolver of its own. */
static void a_name_that_another_host_looked_up_says_nothing_of_who_speaks(void **state)
{
	(void)state;
	resolves(BOT, "10.0.0.53", "mx1.example.net", 1, MX);
	resolves(BOT, "10.0.0.53", "mx2.example.net", 1, OTHER);
	is_told_by(MX);
	is_told_by(OTHER);
	collect();
	assert_true(newest_listing()->finding);
}

static void servers_of_a_domain_that_the_host_looked_up_are_one_party(void **state)
{
	(void)state;
	resolves(MAIL, "10.0.0.53", "mx1.example.net", 1, MX);
	resolves(MAIL, "10.0.0.53", "mx2.example.net", 1, OTHER);
	is_told_by(MX);
	is_told_by(OTHER);
	collect();
	assert_int_equal(newest_listing()->voices, 2);
	assert_false(newest_listing()->finding);
}

/* Otherwise two servers could make a blacklist's user of ours look like a bot. */
static void what_servers_say_makes_no_evidence_of_lookups(void **state)
{
	struct addr public;

	(void)state;
	is_told_by(MX);
	is_told_by(OTHER);
	collect();
	assert_true(newest_listing()->finding);
	attempt(BOT, MX);
	resolves(BOT, "10.0.0.53", "9.113.0.203.zen.spamhaus.org", 1, "127.0.0.2");
	collect();
	assert_true(evidence_of(BOT)->sums[SUM_DNSBL] < 0.1F);
	addr_parse("203.0.113.9", &public);
	way_set_public(way, &public, 1);
	resolves(BOT, "10.0.0.53", "99.100.51.198.bl.spamcop.net", 1, "127.0.0.2");
	collect();
	assert_true(evidence_of(BOT)->sums[SUM_DNSBL] < 0.1F);
	resolves(BOT, "10.0.0.53", "9.113.0.203.bl.spamcop.net", 1, "127.0.0.2");
	collect();
	assert_true(evidence_of(BOT)->sums[SUM_DNSBL] > 0.9F);
}

static uint64_t lost(const char *reason)
{
	struct health h = {0};

	way_health(way, &h);
	for (unsigned int i = 0; i < h.loss_count; i++)
		if (strcmp(h.losses[i].reason, reason) == 0)
			return h.losses[i].count;
	return 0;
}

#define UNREAD "refusals beyond those looked through for listings"

/* Each refusal names another address. */
static void a_connection_of_refusals_is_looked_through_within_bounds(void **state)
{
	struct conversation c = begun_with(MX);
	char reply[100];

	(void)state;
	for (unsigned int i = 0; i < 200; i++) {
		says(&c, "RCPT TO:<b@example.net>\r\n");
		snprintf(reply, sizeof(reply),
			 "554 Client host [203.0.113.%u] blocked using zen.spamhaus.org\r\n", i);
		replies(&c, reply);
	}
	collect();
	assert_in_range(batch_listing_count(batch), 1, BATCH_LISTINGS);
	assert_in_range(lost(UNREAD), 200 - NOTICE_READS, 200 - NOTICE_READS + 1);
	batch_clear(batch);
	says(&c, "RCPT TO:<b@example.net>\r\n");
	replies(&c, "554 Client host [203.0.113.40] blocked using zen.spamhaus.org\r\n");
	collect();
	assert_int_equal(newest_listing()->heard, 2); /* known again */
	batch_clear(batch);
	is_told_by(OTHER);
	collect();
	assert_int_equal(newest_listing()->heard, 1);
}

/* --- names ------------------------------------------------------------------------------------ */

static void a_name_that_was_looked_up_is_the_server_s_though_it_never_answered(void **state)
{
	struct connection_texts t;

	(void)state;
	resolves(BOT, "10.0.0.53", "example.net", 15, "mx1.example.net");
	resolves(BOT, "10.0.0.53", "mx1.example.net", 1, MX);
	attempt(BOT, MX);
	attempt(BOT, OTHER);
	collect();
	t = texts_of(BOT, MX);
	assert_string_equal(t.server_name, "mx1.example.net");
	assert_string_equal(t.helo, "");
	assert_int_equal(t.senders_length, 0);
	assert_false(row_of(BOT, MX)->has_dialogue);
	assert_int_equal(row_of(BOT, OTHER)->texts, 0);
	assert_true(evidence_of(BOT)->sums[SUM_MX] > 0.9F);
	assert_true(evidence_of(BOT)->sums[SUM_BY_MX] > 0.9F);
}

static void a_dialogue_has_its_server_s_name(void **state)
{
	struct conversation c;

	(void)state;
	resolves(BOT, "10.0.0.53", "mx1.example.net", 1, MX);
	c = connection(BOT, MX);
	sends_message(&c, "pc7.example.com", "a@example.com");
	collect();
	assert_string_equal(texts_of(BOT, MX).server_name, "mx1.example.net");
	assert_string_equal(texts_of(BOT, MX).helo, "pc7.example.com");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, conversation_setup, conversation_teardown)
	const struct CMUnitTest tests[] = {
		TEST(of_a_mail_server_no_senders_are_kept_but_evidence_is),
		TEST(a_second_name_from_a_mail_server_is_remarked_on),
		TEST(of_also_watched_ports_there_is_no_evidence),
		TEST(of_an_allowed_device_there_is_no_evidence),
		TEST(evidence_of_an_earlier_run_goes_on),
		TEST(a_syn_that_nobody_answers_is_evidence_in_the_end),
		TEST(more_hosts_than_a_batch_takes_are_all_told),
		TEST(more_hosts_than_a_batch_takes_are_all_told_at_the_end),
		TEST(two_servers_of_different_networks_make_a_claim_a_finding),
		TEST(of_a_configured_address_one_server_is_enough),
		TEST(a_name_that_another_host_looked_up_says_nothing_of_who_speaks),
		TEST(servers_of_a_domain_that_the_host_looked_up_are_one_party),
		TEST(what_servers_say_makes_no_evidence_of_lookups),
		TEST(a_connection_of_refusals_is_looked_through_within_bounds),
		TEST(a_name_that_was_looked_up_is_the_server_s_though_it_never_answered),
		TEST(a_dialogue_has_its_server_s_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
