/* What a monitor says of listings, and how much of it in a minute. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "../../src/monitor/alarm.h"
#include "base/moment.h"

static struct batch *batch;
static struct alarm state_of_alarm;
static int64_t now;
static unsigned int lines;
static char last[LISTING_TEXT];

/* The linker puts these in the place of the wall clock and of standard error. */
int64_t __wrap_moment_steady(void);
void __wrap_log_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

int64_t __wrap_moment_steady(void)
{
	return now;
}

void __wrap_log_say(const char *format, ...)
{
	va_list args;

	lines++;
	va_start(args, format);
	vsnprintf(last, sizeof(last), format, args);
	va_end(args);
}

static int setup(void **state)
{
	(void)state;
	batch = batch_new(&(struct hash_key){{1, 2}});
	state_of_alarm = (struct alarm){0};
	now = 1800000000 * MOMENT_SECOND;
	lines = 0;
	return batch ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	batch_free(batch);
	return 0;
}

/* Batches that each hold one listing; returns how many lines were said. */
static unsigned int tell(unsigned int count, enum listing_news news, bool configured)
{
	unsigned int before = lines;
	struct listing l = {
		.has_address = true,
		.news = news,
		.finding = news == LISTING_FOUND,
		.configured = configured,
		.voices = 1,
		.heard = 1,
	};

	strcpy(l.list, "zen.spamhaus.org");
	for (unsigned int i = 0; i < count; i++) {
		batch_clear(batch);
		batch_add_listing(batch, &l);
		alarm_tell(&state_of_alarm, batch);
	}
	return lines - before;
}

static void what_is_no_news_is_not_told(void **state)
{
	(void)state;
	assert_int_equal(tell(5, LISTING_TOLD, false), 0);
	assert_int_equal(tell(1, LISTING_CLAIMED, false), 1);
	assert_non_null(strstr(last, "zen.spamhaus.org"));
	assert_non_null(strstr(last, "perhaps blacklisted"));
	assert_int_equal(tell(1, LISTING_FOUND, false), 1);
}

static void of_many_claims_a_few_are_told_and_then_their_number(void **state)
{
	(void)state;
	assert_int_equal(tell(500, LISTING_CLAIMED, false), ALARM_MINUTE);
	now += MOMENT_MINUTE - 1;
	assert_int_equal(tell(7, LISTING_CLAIMED, false), 0);
	now++;
	assert_int_equal(tell(1, LISTING_TOLD, false), 1);
	assert_non_null(strstr(last, "and 499 more claims"));
	assert_non_null(strstr(last, "egress25 status"));
	now += MOMENT_MINUTE;
	assert_int_equal(tell(1, LISTING_TOLD, false), 0);
	assert_int_equal(tell(1, LISTING_CLAIMED, false), 1);
}

static void claims_do_not_keep_a_finding_from_being_told(void **state)
{
	(void)state;
	tell(500, LISTING_CLAIMED, false);
	assert_int_equal(tell(500, LISTING_FOUND, false), ALARM_MINUTE);
	now += MOMENT_MINUTE;
	assert_int_equal(tell(1, LISTING_TOLD, false), 2);
	assert_non_null(strstr(last, "and 492 more addresses"));
}

static void a_finding_of_a_configured_address_is_always_told(void **state)
{
	(void)state;
	tell(500, LISTING_FOUND, false);
	assert_int_equal(tell(32, LISTING_FOUND, true), 32);
}

static void a_clock_set_back_starts_a_new_minute(void **state)
{
	(void)state;
	tell(10, LISTING_CLAIMED, false);
	now -= MOMENT_DAY;
	assert_int_equal(tell(1, LISTING_CLAIMED, false), 2);
}

/* So many connections were reset in all, and so many of them killed. */
static unsigned int resets(uint64_t killable, uint64_t killed)
{
	unsigned int before = lines;

	batch_clear(batch);
	batch_health(batch)->resets.killable = killable;
	batch_health(batch)->resets.killed = killed;
	alarm_tell(&state_of_alarm, batch);
	return lines - before;
}

static void resets_that_do_not_work_are_told_once_an_hour(void **state)
{
	(void)state;
	assert_int_equal(resets(19, 0), 0); /* too few to say */
	assert_int_equal(resets(20, 17), 1);
	assert_non_null(strstr(last, "of the last 20 established connections only 17 were killed"));
	assert_non_null(strstr(last, "--reset-via"));
	assert_int_equal(resets(60, 30), 0);
	now += MOMENT_HOUR;
	assert_int_equal(resets(80, 48), 0); /* 18 of 20 */
	/* However long they worked before. */
	assert_int_equal(resets(100080, 100048), 0);
	assert_int_equal(resets(100100, 100050), 1);
}

static unsigned int listen(struct alarm_silence *s, bool heard, bool is_up, int64_t at)
{
	unsigned int before = lines;

	s->heard = heard;
	alarm_listen(s, "eth1", is_up, 60 * MOMENT_SECOND, at * MOMENT_SECOND);
	return lines - before;
}

static void a_silent_mirror_is_told_once_and_that_it_speaks_again(void **state)
{
	struct alarm_silence s = {0};

	(void)state;
	assert_int_equal(listen(&s, false, true, 1000), 0); /* the start */
	assert_int_equal(listen(&s, true, true, 1050), 0);
	assert_int_equal(listen(&s, false, true, 1110), 0);
	assert_int_equal(listen(&s, false, true, 1111), 1);
	assert_string_equal(last,
			    "eth1: silent: no frame for 61 s (silent_after): check the cable, "
			    "and the mirror's configuration on the switch");
	assert_int_equal(listen(&s, false, true, 9999), 0);
	assert_int_equal(listen(&s, true, true, 10050), 1);
	assert_string_equal(last, "eth1: frames again, after 9000 s of silence");
	assert_int_equal(listen(&s, true, true, 10051), 0);
	assert_int_equal(listen(&s, false, true, 10112), 1);
}

static void a_port_that_is_down_is_not_silent(void **state)
{
	struct alarm_silence s = {0};

	(void)state;
	listen(&s, true, true, 1000);
	assert_int_equal(listen(&s, false, false, 5000), 0);
	assert_int_equal(listen(&s, false, true, 5060), 0); /* up again: its time begins anew */
	assert_int_equal(listen(&s, false, true, 5061), 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_no_news_is_not_told),
		TEST(of_many_claims_a_few_are_told_and_then_their_number),
		TEST(claims_do_not_keep_a_finding_from_being_told),
		TEST(a_finding_of_a_configured_address_is_always_told),
		TEST(a_clock_set_back_starts_a_new_minute),
		TEST(resets_that_do_not_work_are_told_once_an_hour),
		TEST(a_silent_mirror_is_told_once_and_that_it_speaks_again),
		TEST(a_port_that_is_down_is_not_silent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
