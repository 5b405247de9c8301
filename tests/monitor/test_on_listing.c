/* Which listings open an incident. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "../../src/monitor/on_listing.h"
#include "base/moment.h"

#define NOW (INT64_C(1795521600) * MOMENT_SECOND)

static struct batch *batch;
static struct config config;

static int enter(void **state)
{
	struct hash_key key = {.k = {1, 2}};
	struct prefix mail;

	(void)state;
	batch = batch_new(&key);
	config = (struct config){.incident_on_listing = ON_LISTING_WATCH, .policy = policy_new()};
	assert_non_null(batch);
	assert_int_equal(prefix_parse("10.0.0.25", &mail), 0);
	assert_int_equal(policy_add_mail_server(config.policy, &mail, "test"), 0);
	return 0;
}

static int leave(void **state)
{
	(void)state;
	batch_free(batch);
	policy_free(config.policy);
	return 0;
}

static struct listing finding(void)
{
	struct listing l = {.has_address = true, .finding = true, .news = LISTING_FOUND};

	strcpy(l.list, "zen.spamhaus.org");
	addr_parse("203.0.113.9", &l.address);
	addr_parse("198.51.100.4", &l.server);
	addr_parse("10.0.0.25", &l.client);
	return l;
}

static bool opens(const struct listing *l)
{
	struct incident_wish wish;

	batch_clear(batch);
	assert_true(batch_add_listing(batch, l));
	return on_listing_wish(batch, &config, NOW, &wish);
}

static void a_finding_opens_one_with_all_that_is_known(void **state)
{
	struct listing l = finding();
	struct incident_wish wish;

	(void)state;
	assert_true(batch_add_listing(batch, &l));
	assert_true(on_listing_wish(batch, &config, NOW, &wish));
	assert_string_equal(wish.address, "203.0.113.9");
	assert_string_equal(wish.reason,
			    "blacklisted: zen.spamhaus.org, as 198.51.100.4 told 10.0.0.25");
	assert_non_null(strstr(wish.policy, "10.0.0.25"));
	assert_int_equal(wish.since, NOW - MOMENT_DAY);
	assert_int_equal(wish.length, 4 * MOMENT_HOUR);
	assert_false(wish.reset);
	assert_true(wish.any);
}

static void with_resets_it_lasts_an_hour_and_off_is_off(void **state)
{
	struct listing l = finding();
	struct incident_wish wish;

	(void)state;
	config.incident_on_listing = ON_LISTING_RESET;
	assert_true(batch_add_listing(batch, &l));
	assert_true(on_listing_wish(batch, &config, NOW, &wish));
	assert_true(wish.reset);
	assert_int_equal(wish.length, MOMENT_HOUR);
	config.incident_on_listing = ON_LISTING_OFF;
	assert_false(on_listing_wish(batch, &config, NOW, &wish));
}

static void claims_repetitions_and_policies_open_none(void **state)
{
	struct listing l = finding();

	(void)state;
	assert_true(opens(&l));
	l.news = LISTING_TOLD;
	assert_false(opens(&l));
	l = finding();
	l.finding = false;
	assert_false(opens(&l));
	l = finding();
	l.has_address = false;
	assert_false(opens(&l));
	l = finding();
	l.is_policy = true;
	assert_false(opens(&l));
}

static void where_addresses_are_configured_others_open_none(void **state)
{
	struct listing l = finding();
	struct incident_wish wish;

	(void)state;
	config.public_count = 1;
	assert_false(opens(&l));
	batch_clear(batch);
	assert_true(batch_add_listing(batch, &l));
	l.configured = true;
	assert_true(batch_add_listing(batch, &l)); /* behind the other */
	assert_true(on_listing_wish(batch, &config, NOW, &wish));
	assert_false(wish.any);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)
	const struct CMUnitTest tests[] = {
		TEST(a_finding_opens_one_with_all_that_is_known),
		TEST(with_resets_it_lasts_an_hour_and_off_is_off),
		TEST(claims_repetitions_and_policies_open_none),
		TEST(where_addresses_are_configured_others_open_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
