/* What recipes say, and what strangers might: kinds, hosts, lines. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "judge/mta.h"

static void a_kind_has_the_name_of_its_recipe(void **state)
{
	enum mta_kind kind = MTA_KIND_COUNT;

	(void)state;
	assert_int_equal(mta_kind_parse("opensmtpd", &kind), 0);
	assert_int_equal(kind, MTA_OPENSMTPD);
	assert_string_equal(mta_kind_name(MTA_QMAIL), "qmail");
	assert_int_equal(mta_kind_parse("Postfix", &kind), -EINVAL);
	assert_int_equal(mta_kind_parse("../postfix", &kind), -EINVAL);
	assert_int_equal(mta_kind_parse("", &kind), -EINVAL);
	assert_int_equal(kind, MTA_OPENSMTPD);
	for (int k = 0; k < MTA_KIND_COUNT; k++)
		assert_non_null(strstr(MTA_KINDS, mta_kind_name((enum mta_kind)k)));
}

static void a_host_is_no_option_and_nothing_for_a_shell(void **state)
{
	static const char *const good[] = {"mail", "root@mail.example.org", "10.0.0.25",
					   "fd00::25%eth0", "a-b_c@h-1"};
	static const char *const bad[] = {"",	      "-oX@mail",  "-x",	"-oProxyCommand=x",
					  "root@-oX", "@mail",	   "root@",	"a b",
					  "a;reboot", "$(x)",	   "mail\nx",	"a@b@c",
					  "'",	      "mail/../x", "\033[31mx", "h\xc3\xa4"};
	char longest[MTA_HOST + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		if (!mta_host_is_valid(good[i]))
			fail_msg("%s is refused", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (mta_host_is_valid(bad[i]))
			fail_msg("%s is taken", bad[i]);
	memset(longest, 'a', MTA_HOST);
	longest[MTA_HOST] = '\0';
	assert_false(mta_host_is_valid(longest));
	assert_true(mta_host_is_valid(longest + 1));
}

/* From a heap copy of exactly its length. */
static struct mta_state read_text(const char *text, size_t length)
{
	static struct mta_state s;
	char *copy = calloc(1, length ? length : 1);

	assert_non_null(copy);
	memcpy(copy, text, length);
	mta_state_read(copy, length, &s);
	free(copy);
	return s;
}

static const char sample[] =
	"mta postfix\nfrozen yes\nin_force unknown\nrunning no\n"
	"deliveries 3\ntimer 1795478400 systemd\nspared filter\n"
	"callout verify recipient = a b\ncallout milter inet:x\nnote a\\\033b\n";

static void each_line_reaches_its_place(void **state)
{
	struct mta_state s = read_text(sample, sizeof(sample) - 1);

	(void)state;
	assert_int_equal(s.frozen, MTA_YES);
	assert_int_equal(s.in_force, MTA_UNKNOWN);
	assert_int_equal(s.running, MTA_NO);
	assert_int_equal(s.deliveries, 3);
	assert_int_equal(s.timer, 1795478400);
	assert_int_equal(s.spared.count, 1);
	assert_int_equal(s.callouts.count, 2);
	assert_string_equal(s.callouts.text[0], "verify recipient = a b");
	assert_string_equal(s.notes.text[0], "a\\x5c\\x1bb");
	assert_false(s.nothing);
	assert_true(read_text("nothing to undo\n", 16).nothing);
}

static void what_is_not_said_is_not_known(void **state)
{
	struct mta_state s = read_text("", 0);

	(void)state;
	assert_int_equal(s.frozen, MTA_UNSAID);
	assert_int_equal(s.deliveries, -1);
	assert_int_equal(s.timer, 0);
	s = read_text("timer none\ndeliveries -4\nfrozen\n", 32);
	assert_int_equal(s.timer, 0);
	assert_int_equal(s.deliveries, -1);
	assert_int_equal(s.frozen, MTA_UNKNOWN);
	assert_int_equal(read_text("frozen yesterday", 16).frozen, MTA_UNKNOWN);
	assert_int_equal(read_text("frozenx yes", 11).frozen, MTA_UNSAID);
}

static void a_sample_cut_anywhere_says_no_more_than_it_holds(void **state)
{
	(void)state;
	for (size_t length = 0; length < sizeof(sample); length++) {
		struct mta_state s = read_text(sample, length);

		assert_int_equal(s.frozen == MTA_YES, length >= strlen("mta postfix\nfrozen yes"));
		assert_true(s.notes.count <= 1);
	}
}

static void no_flood_grows_it_and_no_number_overflows(void **state)
{
	char text[40 * 400], *at = text;
	struct mta_state s;

	(void)state;
	for (int i = 0; i < 40; i++) {
		memcpy(at, "callout ", 8);
		memset(at + 8, 0x9b, 390);
		at[398] = '\n';
		at += 399;
	}
	s = read_text(text, (size_t)(at - text));
	assert_int_equal(s.callouts.count, MTA_LINES);
	assert_int_equal(s.callouts.more, 40 - MTA_LINES);
	assert_true(strlen(s.callouts.text[0]) < MTA_LINE);
	assert_int_equal(strspn(s.callouts.text[0], "\\x9b"), strlen(s.callouts.text[0]));
	s = read_text("deliveries 99999999999999999999999999\n", 38);
	assert_int_equal(s.deliveries, -1);
	s = read_text("timer 999999999999999\n", 22); /* in microseconds it would overflow */
	assert_int_equal(s.timer, 0);
	s = read_text("timer \0\xff 7\n", 11);
	assert_int_equal(s.timer, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_kind_has_the_name_of_its_recipe),
		cmocka_unit_test(a_host_is_no_option_and_nothing_for_a_shell),
		cmocka_unit_test(each_line_reaches_its_place),
		cmocka_unit_test(what_is_not_said_is_not_known),
		cmocka_unit_test(a_sample_cut_anywhere_says_no_more_than_it_holds),
		cmocka_unit_test(no_flood_grows_it_and_no_number_overflows),
	};

	return cmocka_run_group_tests_name("mta", tests, NULL, NULL);
}
