/*
 * The order of the offenders where somebody forged many.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "query/offender.h"

/* So many that nobody answered, of a bot's looks, and one device behind them that somebody did. */
static struct offenders make(size_t forged)
{
	struct offenders o = {.count = forged + 1};

	o.items = calloc(o.count, sizeof(*o.items));
	assert_non_null(o.items);
	for (size_t i = 0; i < forged; i++) {
		o.items[i].attempts = 9;
		o.items[i].score = (struct maybe_real){true, 0.9};
		strcpy(o.items[i].verdict, "bot");
	}
	o.items[forged].attempts = o.items[forged].connected = 1;
	strcpy(o.items[forged].verdict, "device");
	return o;
}

static size_t place_of_the_answered(size_t forged)
{
	struct offenders o = make(forged);
	size_t place = 0;

	offenders_rank(&o);
	while (o.items[place].connected == 0)
		place++;
	free(o.items);
	return place;
}

static void a_few_that_nobody_answered_rank_by_their_verdict(void **state)
{
	(void)state;
	assert_int_equal(place_of_the_answered(OFFENDERS_CROWD), OFFENDERS_CROWD);
}

static void a_crowd_that_nobody_answered_ranks_behind_whom_somebody_did(void **state)
{
	(void)state;
	assert_int_equal(place_of_the_answered(OFFENDERS_CROWD + 1), 0);
}

/* Those of make() have forged payload too; the last one's message was rejected. */
static size_t place_of_the_rejected(size_t forged)
{
	struct offenders o = make(forged);
	size_t place = 0;

	for (size_t i = 0; i < forged; i++)
		o.items[i].connected = 9;
	o.items[forged].outcomes[OUTCOME_REJECTED] = 1;
	offenders_rank(&o);
	while (o.items[place].outcomes[OUTCOME_REJECTED] == 0)
		place++;
	free(o.items);
	return place;
}

static void a_crowd_of_forged_payload_ranks_behind_whom_a_server_spoke_to(void **state)
{
	(void)state;
	assert_int_equal(place_of_the_rejected(OFFENDERS_CROWD), OFFENDERS_CROWD);
	assert_int_equal(place_of_the_rejected(OFFENDERS_CROWD + 1), 0);
}

static void but_before_whom_policy_permits_by_now(void **state)
{
	struct offenders o = make(OFFENDERS_CROWD + 1);

	(void)state;
	o.items[OFFENDERS_CROWD + 1].now_permitted = true;
	offenders_rank(&o);
	assert_true(o.items[OFFENDERS_CROWD + 1].now_permitted);
	assert_int_equal(offenders_pressing(&o), OFFENDERS_CROWD + 1);
	free(o.items);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_few_that_nobody_answered_rank_by_their_verdict),
		cmocka_unit_test(a_crowd_that_nobody_answered_ranks_behind_whom_somebody_did),
		cmocka_unit_test(a_crowd_of_forged_payload_ranks_behind_whom_a_server_spoke_to),
		cmocka_unit_test(but_before_whom_policy_permits_by_now),
	};

	return cmocka_run_group_tests_name("rank", tests, NULL, NULL);
}
