/* What goes along with the counts: texts of connections, evidence against hosts, listings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "judge/batch.h"

static struct batch *b;
static const struct tally none;

static int enter(void **state)
{
	struct hash_key key = {.k = {3, 4}};

	(void)state;
	b = batch_new(&key);
	return b ? 0 : -1;
}

static int leave(void **state)
{
	(void)state;
	batch_free(b);
	return 0;
}

static struct connection attempt(uint64_t id)
{
	struct connection c = {.id = id,
			       .begun = true,
			       .proven = true,
			       .server_port = 25,
			       .outcome = OUTCOME_CONNECTED};

	addr_parse("10.0.0.7", &c.client);
	addr_parse("198.51.100.4", &c.server);
	return c;
}

static const struct connection_texts words = {
	.server_name = "mx.example.net",
	.helo = "pc7",
	.banner = "",
	.reply = "550 no",
	.senders = "a@b\0<>",
	.senders_length = sizeof("a@b\0<>"),
};

static void expect(uint32_t row, const struct connection_texts *is)
{
	struct connection_texts t;

	assert_true(batch_texts(b, batch_connection(b, row), &t));
	assert_string_equal(t.server_name, is->server_name);
	assert_string_equal(t.helo, is->helo);
	assert_string_equal(t.banner, is->banner);
	assert_string_equal(t.reply, is->reply);
	assert_int_equal(t.senders_length, is->senders_length);
	assert_memory_equal(t.senders, is->senders, is->senders_length);
}

static void texts_are_copied_and_found_by_their_connection(void **state)
{
	struct connection first = attempt(1), second = attempt(2), silent = attempt(3);
	char helo[8] = "one";
	struct connection_texts other = words;
	struct connection_texts t = {.helo = "untouched"};

	(void)state;
	other.helo = helo;
	other.senders_length = 0;
	assert_int_equal(batch_add(b, &first, &other, &none), 0);
	memset(helo, 'x', sizeof(helo) - 1);
	assert_int_equal(batch_add(b, &second, &words, &none), 0);
	assert_int_equal(batch_add(b, &silent, NULL, &none), 0);
	other.helo = "one";
	expect(0, &other);
	expect(1, &words);
	assert_false(batch_texts(b, batch_connection(b, 2), &t));
	assert_string_equal(t.helo, "untouched");
}

static void what_the_caller_has_in_the_field_is_not_believed(void **state)
{
	struct connection c = attempt(1);
	struct connection_texts t;

	(void)state;
	c.texts = 0x7fffffff;
	batch_add(b, &c, NULL, &none);
	assert_false(batch_texts(b, batch_connection(b, 0), &t));
}

static void an_update_without_texts_keeps_them(void **state)
{
	struct connection c = attempt(1);

	(void)state;
	batch_add(b, &c, &words, &none);
	c.begun = false;
	c.last = 99;
	assert_int_equal(batch_add(b, &c, NULL, &none), 0);
	assert_int_equal(batch_connection_count(b), 1);
	assert_int_equal(batch_connection(b, 0)->last, 99);
	assert_true(batch_connection(b, 0)->begun);
	expect(0, &words);
}

static void an_update_with_texts_replaces_them(void **state)
{
	struct connection c = attempt(1);
	struct connection_texts later = words;

	(void)state;
	batch_add(b, &c, &words, &none);
	later.reply = "421 bye";
	later.senders = "c@d";
	later.senders_length = 4;
	assert_int_equal(batch_add(b, &c, &later, &none), 0);
	expect(0, &later);
}

/* As long as any dialogue's can be; bytes in all, with the length of the senders. */
#define LONG (15 + 160 + 160 + 320 + 2 + 1024)
static struct connection_texts long_texts(void)
{
	static char helo[160], banner[160], reply[320], senders[1024];

	memset(helo, 'h', sizeof(helo) - 1);
	memset(banner, 'b', sizeof(banner) - 1);
	memset(reply, 'r', sizeof(reply) - 1);
	memset(senders, 's', sizeof(senders) - 1);
	return (struct connection_texts){
		.server_name = "mx.example.net",
		.helo = helo,
		.banner = banner,
		.reply = reply,
		.senders = senders,
		.senders_length = sizeof(senders),
	};
}

static void for_totals_only_a_row_is_there_for_its_texts(void **state)
{
	struct connection c = attempt(1);

	(void)state;
	batch_set_totals_only(b);
	assert_int_equal(batch_add(b, &c, NULL, &none), 0);
	assert_int_equal(batch_sum_count(b), 1);
	assert_int_equal(batch_connection_count(b), 0);
	assert_int_equal(batch_add(b, &c, &words, &none), 0);
	assert_int_equal(batch_connection_count(b), 1);
	expect(0, &words);
}

static void when_their_room_is_full_texts_are_dropped_and_that_is_told(void **state)
{
	struct connection_texts t = long_texts();
	uint32_t kept = 0;
	struct connection c;
	unsigned int lost;

	(void)state;
	for (uint64_t id = 1;; id++) {
		c = attempt(id);
		lost = batch_add(b, &c, &t, &none);
		if (lost)
			break;
		kept++;
	}
	/* The row stays, without them; so do all those before. */
	assert_int_equal(lost, 1u << BATCH_TEXTS_DROPPED);
	assert_int_equal(kept, (BATCH_TEXTS - 1) / LONG);
	assert_int_equal(batch_connection_count(b), kept + 1);
	assert_false(batch_texts(b, batch_connection(b, kept), &t));
	for (uint32_t i = 0; i < kept; i += 1000)
		expect(i, &(struct connection_texts){.server_name = "mx.example.net",
						     .helo = long_texts().helo,
						     .banner = long_texts().banner,
						     .reply = long_texts().reply,
						     .senders = long_texts().senders,
						     .senders_length = 1024});
	/* A telling without room leaves what is there already. */
	c = attempt(1);
	assert_int_equal(batch_add(b, &c,
				   &(struct connection_texts){.server_name = "",
							      .helo = long_texts().reply,
							      .banner = long_texts().reply,
							      .reply = long_texts().reply,
							      .senders = long_texts().senders,
							      .senders_length = 1024},
				   &none),
			 1u << BATCH_TEXTS_DROPPED);
	t = long_texts();
	expect(0, &t);
	/* And it is full long before. */
	assert_true(batch_is_full(b));
}

static void texts_alone_fill_a_batch_with_room_for_the_slack(void **state)
{
	struct connection_texts t = long_texts();
	uint64_t id = 1;

	(void)state;
	for (; !batch_is_full(b); id++) {
		struct connection c = attempt(id);

		assert_int_equal(batch_add(b, &c, &t, &none), 0);
	}
	assert_in_range(id * LONG, BATCH_TEXTS / 2, BATCH_TEXTS / 2 + 3 * LONG);
	for (uint32_t more = 0; more < BATCH_SLACK; more++, id++) {
		struct connection c = attempt(id);

		assert_int_equal(batch_add(b, &c, &t, &none), 0);
	}
}

static void clearing_leaves_no_words_behind(void **state)
{
	struct connection c = attempt(1);
	struct connection_texts t = long_texts();
	struct listing l = {.heard = 1};
	struct evidence e;

	(void)state;
	evidence_init(&e);
	for (int round = 0; round < 3; round++) {
		for (uint64_t id = 1; id <= BATCH_TEXTS / LONG; id++) {
			c.id = id;
			assert_int_equal(batch_add(b, &c, &t, &none), 0);
		}
		assert_true(batch_add_host(b, &c.client, &e));
		assert_true(batch_add_listing(b, &l));
		batch_clear(b);
		assert_true(batch_is_empty(b));
		assert_false(batch_is_full(b));
		assert_int_equal(batch_host_count(b), 0);
		assert_int_equal(batch_listing_count(b), 0);
	}
	batch_add(b, &c, NULL, &none);
	assert_false(batch_texts(b, batch_connection(b, 0), &t));
}

static void hosts_are_taken_until_there_is_no_room(void **state)
{
	struct addr a = attempt(1).client;
	struct evidence e;

	(void)state;
	evidence_init(&e);
	for (uint32_t i = 0; i < BATCH_HOSTS; i++) {
		assert_true(batch_has_room_for_host(b));
		a.b[14] = (uint8_t)(i >> 8);
		a.b[15] = (uint8_t)i;
		e.attempts = i;
		assert_true(batch_add_host(b, &a, &e));
	}
	assert_false(batch_has_room_for_host(b));
	assert_false(batch_add_host(b, &a, &e));
	assert_int_equal(batch_host_count(b), BATCH_HOSTS);
	assert_int_equal(batch_host(b, 200)->evidence.attempts, 200);
	assert_int_equal(batch_host(b, 200)->address.b[15], 200);
	assert_false(batch_is_empty(b));
}

static void listings_are_taken_until_there_is_no_room(void **state)
{
	struct listing l = {.list = "zen.spamhaus.org"};

	(void)state;
	for (uint64_t i = 0; i < BATCH_LISTINGS; i++) {
		l.heard = i;
		assert_true(batch_add_listing(b, &l));
	}
	assert_false(batch_add_listing(b, &l));
	assert_int_equal(batch_listing_count(b), BATCH_LISTINGS);
	assert_int_equal(batch_listing(b, 5)->heard, 5);
	assert_string_equal(batch_listing(b, 5)->list, "zen.spamhaus.org");
	assert_false(batch_is_empty(b));
}

static void every_loss_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (int i = 0; i < BATCH_LOSS_COUNT; i++)
		for (int j = 0; j < i; j++)
			assert_string_not_equal(batch_loss_name((enum batch_loss)i),
						batch_loss_name((enum batch_loss)j));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)
	const struct CMUnitTest tests[] = {
		TEST(texts_are_copied_and_found_by_their_connection),
		TEST(what_the_caller_has_in_the_field_is_not_believed),
		TEST(an_update_without_texts_keeps_them),
		TEST(an_update_with_texts_replaces_them),
		TEST(for_totals_only_a_row_is_there_for_its_texts),
		TEST(when_their_room_is_full_texts_are_dropped_and_that_is_told),
		TEST(texts_alone_fill_a_batch_with_room_for_the_slack),
		TEST(clearing_leaves_no_words_behind),
		TEST(hosts_are_taken_until_there_is_no_room),
		TEST(listings_are_taken_until_there_is_no_room),
		TEST(every_loss_has_a_name_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
