/* Refusals by the thousand: what is read, what is known again, and what is passed over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "judge/notice.h"

#define SECOND 1000000
#define LISTED "554 Client host [203.0.113.9] blocked using zen.spamhaus.org"

static int setup(void **state)
{
	*state = notice_reader_new(&(struct hash_key){{1, 2}});
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	notice_reader_free(*state);
	return 0;
}

static const char *text(unsigned int i)
{
	static char buf[100];

	snprintf(buf, sizeof(buf), "%s; number %u", LISTED, i);
	return buf;
}

static void a_notice_is_read_and_known_again(void **state)
{
	struct notice n;

	for (int i = 0; i < 3; i++) {
		memset(&n, 0x5a, sizeof(n));
		assert_true(notice_reader_read(*state, LISTED, 0, 0, &n));
		assert_string_equal(n.list, "zen.spamhaus.org");
		assert_true(n.has_address);
	}
	for (int i = 0; i < 3; i++)
		assert_false(notice_reader_read(*state, "550 No such user", 0, 0, &n));
	assert_int_equal(notice_reader_counters(*state)->unread, 0);
	assert_int_equal(notice_reader_counters(*state)->given_up, 0);
}

static void behind_many_refusals_of_one_connection_only_what_is_known_counts(void **state)
{
	struct notice n;

	assert_true(notice_reader_read(*state, text(1), NOTICE_READS - 1, 0, &n));
	assert_false(notice_reader_read(*state, text(2), NOTICE_READS, 0, &n));
	assert_true(notice_reader_read(*state, text(1), NOTICE_READS, 0, &n));
	assert_int_equal(notice_reader_counters(*state)->unread, 1);
	assert_true(notice_reader_read(*state, text(2), 0, 0, &n));
}

static void within_a_second_so_many_are_read(void **state)
{
	struct notice n;
	unsigned int read = 0;

	for (unsigned int i = 0; i < NOTICE_RATE + 50; i++)
		read += notice_reader_read(*state, text(i), 0, 5 * SECOND + i, &n);
	assert_int_equal(read, NOTICE_RATE);
	assert_int_equal(notice_reader_counters(*state)->unread, 50);
	assert_true(notice_reader_read(*state, text(NOTICE_RATE), 0, 6 * SECOND, &n));
}

static void what_is_given_up_is_counted_once(void **state)
{
	char reply[400] = LISTED;
	struct notice n;

	for (unsigned int i = 0; i < 20; i++)
		snprintf(reply + strlen(reply), 20, " 192.0.2.%u", i);
	for (int i = 0; i < 3; i++)
		assert_false(notice_reader_read(*state, reply, 0, 0, &n));
	assert_int_equal(notice_reader_counters(*state)->given_up, 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_notice_is_read_and_known_again),
		TEST(behind_many_refusals_of_one_connection_only_what_is_known_counts),
		TEST(within_a_second_so_many_are_read),
		TEST(what_is_given_up_is_counted_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
