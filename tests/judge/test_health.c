/* The words about what could not be classified or was lost, and of what a listing may open. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <string.h>

#include <cmocka.h>

#include "judge/health.h"
#include "judge/incident.h"

static struct health_example pair(const char *client, const char *server)
{
	struct health_example e = {.port = 25};

	assert_int_equal(addr_parse(client, &e.client), 0);
	assert_int_equal(addr_parse(server, &e.server), 0);
	return e;
}

static void one_unclassified_connection_is_told_in_the_singular(void **state)
{
	struct health h = {.unclassified = 1, .example_count = 1};
	char text[HEALTH_TEXT];

	(void)state;
	h.examples[0] = pair("203.0.113.5", "198.51.100.4");
	assert_string_equal(
		health_describe_unclassified(&h, text, sizeof(text)),
		"1 connection between two external addresses is not classified: `internal` "
		"probably misses a prefix, or the mirror sits outside the NAT. Seen: 203.0.113.5 "
		"to 198.51.100.4.");
}

static void all_examples_fit_even_the_longest_addresses(void **state)
{
	struct health h = {.unclassified = UINT64_MAX, .example_count = HEALTH_EXAMPLES};
	char text[HEALTH_TEXT];

	(void)state;
	for (size_t i = 0; i < HEALTH_EXAMPLES; i++)
		h.examples[i] = pair("2001:db8:1111:2222:3333:4444:5555:6666",
				     "2001:db8:1111:2222:3333:4444:5555:7777");
	health_describe_unclassified(&h, text, sizeof(text));
	assert_non_null(strstr(text, "18446744073709551615 connections"));
	assert_non_null(strstr(text, "5555:6666 to 2001:db8:1111:2222:3333:4444:5555:7777."));
}

static void a_loss_of_nothing_is_not_named_and_too_many_are_left_out(void **state)
{
	struct health h = {0};

	(void)state;
	health_add_loss(&h, "nothing", 0);
	assert_int_equal(h.loss_count, 0);
	for (unsigned int i = 0; i < HEALTH_LOSSES + 3; i++)
		health_add_loss(&h, "frames", i + 1);
	assert_int_equal(h.loss_count, HEALTH_LOSSES);
	assert_string_equal(h.losses[2].reason, "frames");
	assert_int_equal(h.losses[2].count, 3);
}

static void what_a_listing_opens_is_off_watch_or_reset(void **state)
{
	static const char *const words[ON_LISTING_COUNT] = {"off", "watch", "reset"};
	enum incident_on_listing mode = ON_LISTING_COUNT;

	(void)state;
	for (unsigned int i = 0; i < ON_LISTING_COUNT; i++) {
		assert_int_equal(incident_on_listing_parse(words[i], &mode), 0);
		assert_int_equal(mode, i);
		assert_string_equal(incident_on_listing_name(mode), words[i]);
	}
	assert_int_equal(incident_on_listing_parse("on", &mode), -EINVAL);
	assert_int_equal(mode, ON_LISTING_RESET);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_unclassified_connection_is_told_in_the_singular),
		cmocka_unit_test(all_examples_fit_even_the_longest_addresses),
		cmocka_unit_test(a_loss_of_nothing_is_not_named_and_too_many_are_left_out),
		cmocka_unit_test(what_a_listing_opens_is_off_watch_or_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
