/* Plans: who is banned, who is spared; and what is printed around the dialects' words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "rules_fixture.h"

static void everybody_stops_where_no_mail_server_is_known(void **state)
{
	struct policy *policy = policy_new();
	struct rules_order order = {.now = RULES_NOW};
	struct rules_plan *plan = NULL;

	(void)state;
	assert_int_equal(rules_plan_new(policy, &order, &plan), -ENOENT);
	assert_null(plan);
	rules_plan_free(plan);
	policy_free(policy);
}

static void a_ban_spares_mail_servers_gateways_and_whom_policy_permits(void **state)
{
	struct world *w = world_new(true);

	(void)state;
	world_mail(w, "10.0.0.0/28");
	world_never(w, "10.0.0.1");
	world_never(w, "fd00:53::/64");
	world_allow(w, "10.0.4.12", NULL, 0, 0);
	world_allow(w, "10.0.4.13", NULL, 0, RULES_NOW); /* has just ended */
	world_allow(w, "10.0.4.14", "198.51.100.0/24", 0, 0);
	world_plan(w);
	assert_int_equal(world_ban(w, "10.0.0.15"), RULES_REFUSED_MAIL_SERVER);
	world_never(w, "10.0.0.64/26");
	world_plan(w);
	assert_int_equal(world_ban(w, "10.0.0.65"), RULES_REFUSED_PROTECTED);
	assert_int_equal(world_ban(w, "fd00:53::1"), RULES_REFUSED_PROTECTED);
	assert_int_equal(world_ban(w, "fd00:54::1"), -1);
	assert_int_equal(world_ban(w, "10.0.4.12"), RULES_REFUSED_PERMITTED);
	assert_int_equal(world_ban(w, "10.0.4.13"), -1);
	assert_int_equal(world_ban(w, "10.0.4.14"), -1);
	assert_int_equal(world_ban(w, "198.51.100.4"), RULES_REFUSED_EXTERNAL);
	assert_int_equal(world_ban(w, "224.0.0.1"), RULES_REFUSED_EXTERNAL);
	assert_int_equal(world_ban(w, "10.0.4.13"), -1); /* once more */
	assert_int_equal(rules_plan_count(w->plan), 3);
	world_free(w);
}

/* Never banned, whatever is configured and whoever is found: in no part of any dialect. */
static void no_dialect_names_a_host_that_was_refused(void **state)
{
	struct world *w = world_new(true);

	(void)state;
	world_mail(w, "10.9.8.7");
	world_never(w, "10.9.8.6");
	world_plan(w);
	world_ban(w, "10.0.3.77");
	world_ban(w, "10.9.8.7");
	world_ban(w, "10.9.8.6");
	for (size_t i = 0; rules_dialect_name(i); i++)
		for (enum rules_part part = 0; part < RULES_PART_COUNT; part++) {
			char *text =
				rules_write(rules_dialect(rules_dialect_name(i)), w->plan, part);

			assert_non_null(text);
			assert_null(strstr(text, "10.9.8."));
			assert_true(part != RULES_APPLY || strstr(text, "10.0.3.77"));
			free(text);
		}
	world_free(w);
}

static void prefixes_within_others_are_told_once(void **state)
{
	struct world *w = world_new(false);
	char *text;

	(void)state;
	world_mail(w, "10.0.0.25");
	world_mail(w, "10.0.0.0/24");
	world_mail(w, "10.0.1.25");
	world_mail(w, "10.0.1.24");
	world_plan(w);
	text = rules_write(rules_dialect("nftables"), w->plan, RULES_APPLY);
	assert_non_null(strstr(text, "ip saddr { 10.0.0.0/24, 10.0.1.24, 10.0.1.25 } return"));
	assert_null(strstr(text, "ip6 saddr {"));
	free(text);
	world_free(w);
}

static void a_ban_leaves_to_a_host_what_an_allow_entry_permits(void **state)
{
	struct world *w = world_new(true);
	char *text, left[ADDR_TEXT];

	(void)state;
	world_mail(w, "10.0.0.25");
	world_allow(w, "10.0.4.0/24", "198.51.100.4", 25, 0);
	world_allow(w, "10.0.5.0/24", "198.51.100.5", 25, 0);
	world_plan(w);
	world_ban(w, "10.0.3.77");
	world_ban(w, "10.0.4.12");
	text = rules_write(rules_dialect("nftables"), w->plan, RULES_APPLY);
	assert_non_null(strstr(text, "ip saddr { 10.0.4.12 } ip daddr { 198.51.100.4 } tcp dport "
				     "25 return"));
	assert_null(strstr(text, "198.51.100.5"));
	free(text);
	/* On the host itself that cannot be said: it is left out, and told. */
	assert_true(rules_left_out(rules_dialect("windows"), w->plan, 0, left));
	assert_string_equal(left, "10.0.4.12");
	assert_false(rules_left_out(rules_dialect("windows"), w->plan, 1, left));
	assert_false(rules_left_out(rules_dialect("nftables"), w->plan, 0, left));
	text = rules_write(rules_dialect("windows"), w->plan, RULES_APPLY);
	assert_null(strstr(text, "-CimSession 10.0.4.12"));
	assert_non_null(strstr(text, "-CimSession 10.0.3.77"));
	free(text);
	world_free(w);
}

static void an_empty_ban_applies_nothing(void **state)
{
	struct world *w = world_new(true);
	char note[RULES_NOTE];
	bool told = false;

	(void)state;
	world_mail(w, "10.0.0.25");
	world_plan(w);
	for (size_t i = 0; rules_dialect_name(i); i++) {
		const struct rules_dialect *d = rules_dialect(rules_dialect_name(i));
		char *text = rules_write(d, w->plan, RULES_APPLY);

		assert_string_equal(text, "");
		free(text);
		for (size_t n = 0; rules_note(d, w->plan, n, note); n++)
			told = told || strstr(note, "no host to ban");
		assert_true(told);
	}
	world_free(w);
}

static void names_of_interfaces_hold_nothing_that_could_end_a_word(void **state)
{
	static const char *const good[] = {"lan0", "GigabitEthernet0/0", "br-lan", "eth1.30",
					   "trust_2"};
	static const char *const wrong[] = {"",	    "-i",   "a b",
					    "a;b",  "a\"b", "$(x)",
					    "a\nb", "a`b`", "\xc3\xa4",
					    "a'",   "a#",   ".",
					    "a:b",  "a\\b", "lan0 accept",
					    "/etc", "a{b}", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		assert_true(rules_interface_is_plain(good[i]));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_false(rules_interface_is_plain(wrong[i]));
}

static bool has_note(struct world *w, const char *dialect, const char *words)
{
	char note[RULES_NOTE];

	for (size_t i = 0; rules_note(rules_dialect(dialect), w->plan, i, note); i++)
		if (strstr(note, words))
			return true;
	return false;
}

static void placeholders_and_what_was_never_tried_are_told(void **state)
{
	struct world *w = world_new(false);

	(void)state;
	world_mail(w, "10.0.0.25");
	world_plan(w);
	assert_true(has_note(w, "fortios", "replace lan0 and wan0 by"));
	assert_true(has_note(w, "cisco-ios", "replace lan0 by"));
	assert_false(has_note(w, "nftables", "lan0"));
	assert_false(has_note(w, "iptables", "not tested"));
	for (size_t i = 2; rules_dialect_name(i); i++) {
		assert_true(has_note(w, rules_dialect_name(i), "not tested on a device"));
		assert_false(rules_dialect_is_tested(rules_dialect(rules_dialect_name(i))));
	}
	w->order.lan = "port1";
	world_plan(w);
	assert_true(has_note(w, "fortios", "replace wan0 by"));
	assert_false(has_note(w, "cisco-ios", "replace"));
	world_free(w);
}

static void public_ipv6_addresses_are_blocked_where_they_are_internal(void **state)
{
	struct world *w = world_new(false);

	(void)state;
	world_mail(w, "10.0.0.25");
	world_plan(w);
	assert_true(has_note(w, "nftables", "no public IPv6 prefix"));
	world_internal(w, "2001:db8::/32");
	world_plan(w);
	assert_false(has_note(w, "nftables", "no public IPv6 prefix"));
	world_free(w);
}

static void an_allow_entry_that_ends_is_told(void **state)
{
	struct world *w = world_new(false);

	(void)state;
	world_mail(w, "10.0.0.25");
	world_allow(w, "10.0.4.12", NULL, 0, RULES_NOW + 2 * MOMENT_DAY);
	world_allow(w, "10.0.4.13", NULL, 0, RULES_NOW + MOMENT_DAY);
	world_plan(w);
	assert_true(has_note(w, "pf", "ends at 2026-11-25 12:00:00"));
	world_free(w);
}

static void what_is_printed_is_comment_but_for_what_applies(void **state)
{
	struct world *w = world_new(false);
	char *text = NULL, *apply, *at;
	size_t size, kept = 0;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	world_mail(w, "10.0.0.25");
	world_plan(w);
	apply = rules_write(rules_dialect("pf"), w->plan, RULES_APPLY);
	assert_int_equal(rules_print(out, rules_dialect("pf"), w->plan, RULES_PART_COUNT), 0);
	fclose(out);
	at = strstr(text, apply);
	assert_non_null(at);
	memmove(at, at + strlen(apply), strlen(at + strlen(apply)) + 1);
	for (char *save, *line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save), kept++)
		assert_int_equal(*line, '#');
	assert_true(kept > 6);
	free(apply);
	free(text);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everybody_stops_where_no_mail_server_is_known),
		cmocka_unit_test(a_ban_spares_mail_servers_gateways_and_whom_policy_permits),
		cmocka_unit_test(no_dialect_names_a_host_that_was_refused),
		cmocka_unit_test(prefixes_within_others_are_told_once),
		cmocka_unit_test(a_ban_leaves_to_a_host_what_an_allow_entry_permits),
		cmocka_unit_test(an_empty_ban_applies_nothing),
		cmocka_unit_test(names_of_interfaces_hold_nothing_that_could_end_a_word),
		cmocka_unit_test(placeholders_and_what_was_never_tried_are_told),
		cmocka_unit_test(public_ipv6_addresses_are_blocked_where_they_are_internal),
		cmocka_unit_test(an_allow_entry_that_ends_is_told),
		cmocka_unit_test(what_is_printed_is_comment_but_for_what_applies),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests_name("rules", tests, NULL, NULL);
}
