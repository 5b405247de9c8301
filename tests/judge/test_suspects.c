/* The hosts on which evidence is held. */
#include "history.h"

#include "judge/suspects.h"

#define CAPACITY 32

static struct suspects *held(void)
{
	struct hash_key key = {.k = {5, 6}};
	struct suspects *s = suspects_new(&key, CAPACITY);

	assert_non_null(s);
	return s;
}

static struct addr host(unsigned int n)
{
	struct addr a = {.b = {[10] = 0xff, [11] = 0xff, [12] = 10}};

	a.b[13] = (uint8_t)(n >> 16);
	a.b[14] = (uint8_t)(n >> 8);
	a.b[15] = (uint8_t)n;
	return a;
}

static void tries(struct suspects *s, unsigned int n, unsigned int destination, int64_t time)
{
	struct evidence_attempt a = {.time = time,
				     .server = server_of(destination),
				     .group = destination};
	struct addr client = host(n);

	suspects_attempt(s, &client, &a);
}

static void is_answered(struct suspects *s, unsigned int n, unsigned int destination, int64_t time)
{
	struct evidence_attempt a = {.time = time - 1,
				     .server = server_of(destination),
				     .group = destination};
	struct addr client = host(n);

	suspects_answer(s, &client, &a, time);
}

static const struct evidence *on(struct suspects *s, unsigned int n)
{
	struct addr client = host(n);

	return suspects_find(s, &client);
}

static void asks_mx(struct suspects *s, unsigned int n, int64_t time)
{
	struct names_event e = {.time = time,
				.lookup = NAMES_MX,
				.client = host(n),
				.name = "a.example"};

	suspects_lookup(s, &e);
}

struct seen {
	unsigned int count;
	struct addr last;
};

static void see(void *context, const struct addr *client, const struct evidence *e)
{
	struct seen *x = context;

	assert_true(evidence_is_valid(e, sizeof(*e)));
	x->count++;
	x->last = *client;
}

static void each_host_has_its_own_evidence(void **state)
{
	struct suspects *s = held();

	(void)state;
	for (unsigned int n = 0; n < CAPACITY; n++)
		for (unsigned int i = 0; i <= n; i++)
			tries(s, n, i, NOON);
	for (unsigned int n = 0; n < CAPACITY; n++)
		assert_int_equal(on(s, n)->groups, n + 1);
	assert_null(on(s, CAPACITY));
	assert_int_equal(suspects_counters(s)->hosts, CAPACITY);
	assert_int_equal(suspects_counters(s)->evicted, 0);
	suspects_free(s);
	suspects_free(NULL);
}

/* Each makes as many observations as a host of note, but for one. */
static void a_flood_of_forged_hosts_pushes_out_itself(void **state)
{
	struct suspects *s = held();

	(void)state;
	for (unsigned int i = 0; i < 16; i++)
		tries(s, 1, i, NOON);
	for (unsigned int n = 100; n < 2100; n++)
		for (unsigned int i = 0; i < 15; i++)
			tries(s, n, i, NOON + n);
	assert_int_equal(on(s, 1)->groups, 16);
	assert_non_null(on(s, 2099));
	assert_non_null(on(s, 2099 - (CAPACITY - 2)));
	assert_null(on(s, 2099 - (CAPACITY - 1)));
	assert_int_equal(suspects_counters(s)->hosts, CAPACITY);
	assert_int_equal(suspects_counters(s)->evicted, 2000 + 1 - CAPACITY);
	suspects_free(s);
}

static void whom_a_server_answered_never_gives_way_to_one_whom_none_did(void **state)
{
	struct suspects *s = held();

	(void)state;
	tries(s, 1, 1, NOON);
	is_answered(s, 1, 1, NOON + MOMENT_SECOND);
	for (unsigned int n = 100; n < 1100; n++)
		for (unsigned int i = 0; i < 40; i++)
			tries(s, n, i, NOON + n * MOMENT_SECOND);
	assert_int_equal(on(s, 1)->answered, 1);
	suspects_free(s);
}

static void an_answer_to_one_given_up_enters_it_again(void **state)
{
	struct suspects *s = held();

	(void)state;
	for (unsigned int n = 100; n < 100 + CAPACITY; n++)
		for (unsigned int i = 0; i < 4; i++)
			tries(s, n, i, NOON);
	tries(s, 1, 1, NOON);
	tries(s, 2, 1, NOON); /* in whose place */
	assert_null(on(s, 1));
	is_answered(s, 1, 1, NOON + MOMENT_SECOND);
	assert_int_equal(on(s, 1)->attempts, 1);
	assert_int_equal(on(s, 1)->answered, 1);
	tries(s, 3, 1, NOON + 2 * MOMENT_SECOND);
	tries(s, 4, 1, NOON + 2 * MOMENT_SECOND);
	assert_non_null(on(s, 1));
	suspects_free(s);
}

static void where_all_weigh_the_same_the_longest_idle_goes(void **state)
{
	struct suspects *s = held();

	(void)state;
	for (unsigned int n = 0; n < CAPACITY; n++)
		for (unsigned int i = 0; i < 4; i++)
			tries(s, n, i, NOON);
	tries(s, 0, 9, NOON + 1);
	tries(s, 500, 1, NOON + 2);
	assert_non_null(on(s, 0));
	assert_null(on(s, 1));
	assert_non_null(on(s, 500));
	suspects_free(s);
}

static void of_whom_nothing_was_heard_for_a_week_goes_first(void **state)
{
	struct suspects *s = held();
	int64_t now = NOON + SUSPECTS_STALE;

	(void)state;
	for (unsigned int i = 0; i < 600; i++)
		tries(s, 1, i, NOON);
	is_answered(s, 1, 1, NOON);
	for (unsigned int n = 2; n < 1 + CAPACITY; n++)
		tries(s, n, 1, now - 1);
	tries(s, 500, 1, now - 1);
	assert_non_null(on(s, 1));
	assert_null(on(s, 2));
	tries(s, 501, 1, now);
	assert_null(on(s, 1));
	assert_non_null(on(s, 3));
	suspects_free(s);
}

static void changed_hosts_are_handed_out_once_a_second_each(void **state)
{
	struct suspects *s = held();
	struct seen x = {0};
	struct addr first = host(1);

	(void)state;
	tries(s, 1, 1, NOON);
	tries(s, 2, 1, NOON);
	assert_int_equal(suspects_collect(s, NOON, false, 1, see, &x), 1);
	assert_true(addr_equal(&x.last, &first));
	assert_int_equal(suspects_collect(s, NOON, false, 9, see, &x), 1);
	assert_int_equal(suspects_collect(s, NOON + 9 * MOMENT_SECOND, false, 9, see, &x), 0);

	tries(s, 1, 2, NOON + 9 * MOMENT_SECOND);
	assert_int_equal(suspects_collect(s, NOON + 9 * MOMENT_SECOND, false, 9, see, &x), 1);
	tries(s, 1, 3, NOON + 9 * MOMENT_SECOND);
	assert_int_equal(suspects_collect(s, NOON + 9 * MOMENT_SECOND + 1, false, 9, see, &x), 0);
	assert_int_equal(suspects_collect(s, NOON + 10 * MOMENT_SECOND, false, 9, see, &x), 1);

	/* At the end all go, and a clock that went back holds none. */
	tries(s, 1, 4, NOON + 10 * MOMENT_SECOND);
	assert_int_equal(suspects_collect(s, NOON + 10 * MOMENT_SECOND + 1, true, 9, see, &x), 1);
	tries(s, 1, 5, NOON);
	assert_int_equal(suspects_collect(s, NOON, false, 9, see, &x), 1);
	assert_int_equal(x.count, 6);
	suspects_free(s);
}

static void an_evicted_host_leaves_the_queue(void **state)
{
	struct suspects *s = held();
	struct seen x = {0};

	(void)state;
	for (unsigned int n = 0; n < 1000; n++)
		tries(s, n, 1, NOON);
	assert_int_equal(suspects_collect(s, NOON, false, 5000, see, &x), CAPACITY);
	suspects_free(s);
}

static void lookups_before_the_first_attempt_count_for_an_hour(void **state)
{
	struct suspects *s = held();

	(void)state;
	for (int i = 0; i < 3; i++)
		asks_mx(s, 1, NOON + i);
	assert_null(on(s, 1));
	assert_int_equal(suspects_counters(s)->hosts, 0);
	tries(s, 1, 1, NOON + MOMENT_MINUTE);
	assert_true(on(s, 1)->sums[SUM_MX] > 2.9F);
	asks_mx(s, 1, NOON + MOMENT_MINUTE);
	assert_true(on(s, 1)->sums[SUM_MX] > 3.9F);

	asks_mx(s, 2, NOON);
	tries(s, 2, 1, NOON + MOMENT_HOUR + 1);
	assert_true(on(s, 2)->sums[SUM_MX] == 0);
	suspects_free(s);
}

static void askers_are_bounded(void **state)
{
	struct suspects *s = held();

	(void)state;
	for (unsigned int n = 0; n < 20000; n++)
		asks_mx(s, n, NOON + n);
	assert_int_equal(suspects_counters(s)->evicted_askers, 20000 - SUSPECTS_ASKERS);
	tries(s, 19999, 1, NOON + 20000);
	assert_true(on(s, 19999)->sums[SUM_MX] > 0.9F);
	suspects_free(s);
}

static void evidence_comes_back_from_the_record(void **state)
{
	struct suspects *s = held();
	struct suspects *later = held();
	struct addr client = host(1), other = host(2);
	struct evidence bad;
	struct seen x = {0};

	(void)state;
	for (unsigned int i = 0; i < 9; i++)
		tries(s, 1, i, NOON);
	bad = *on(s, 1);
	assert_true(suspects_restore(later, &client, &bad, sizeof(bad)));
	assert_int_equal(on(later, 1)->groups, 9);
	assert_int_equal(suspects_collect(later, NOON, false, 9, see, &x), 0);
	tries(later, 1, 3, NOON + MOMENT_SECOND);
	assert_int_equal(on(later, 1)->groups, 9);
	assert_false(suspects_restore(later, &client, &bad, sizeof(bad)));
	bad.version = 99;
	assert_false(suspects_restore(later, &other, &bad, sizeof(bad)));
	assert_false(suspects_restore(later, &other, &bad, 10));
	assert_int_equal(suspects_counters(later)->discarded, 2);
	assert_null(on(later, 2));
	suspects_free(s);
	suspects_free(later);
}

static void a_session_of_a_host_given_up_is_left_out(void **state)
{
	struct suspects *s = held();
	struct addr client = host(1);
	struct evidence_session end = {.time = NOON, .connected = true};

	(void)state;
	suspects_session(s, &client, &end);
	assert_int_equal(suspects_counters(s)->hosts, 0);
	tries(s, 1, 1, NOON);
	suspects_session(s, &client, &end);
	assert_int_equal(on(s, 1)->sessions, 1);
	suspects_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_host_has_its_own_evidence),
		cmocka_unit_test(a_flood_of_forged_hosts_pushes_out_itself),
		cmocka_unit_test(whom_a_server_answered_never_gives_way_to_one_whom_none_did),
		cmocka_unit_test(an_answer_to_one_given_up_enters_it_again),
		cmocka_unit_test(where_all_weigh_the_same_the_longest_idle_goes),
		cmocka_unit_test(of_whom_nothing_was_heard_for_a_week_goes_first),
		cmocka_unit_test(changed_hosts_are_handed_out_once_a_second_each),
		cmocka_unit_test(an_evicted_host_leaves_the_queue),
		cmocka_unit_test(lookups_before_the_first_attempt_count_for_an_hour),
		cmocka_unit_test(askers_are_bounded),
		cmocka_unit_test(evidence_comes_back_from_the_record),
		cmocka_unit_test(a_session_of_a_host_given_up_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
