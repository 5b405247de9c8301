/* freeze and thaw as a user gives them, with recipes that the test writes: the program's path is
 * the first argument. */
#include "../query/scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/moment.h"

#define TEXT 16384

static const char *program;
static struct scratch s;
static char out[TEXT], error[TEXT];

/* A recipe that answers each verb by these lines of shell. */
static void write_recipe(const char *check, const char *thaw)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/postfix", s.directory);
	file = fopen(path, "w");
	assert_non_null(file);
	fprintf(file, "case $1 in check) %s ;; thaw) %s ;; *) touch %s/frozen ;; esac\n", check,
		thaw, s.directory);
	fclose(file);
}

static bool was_frozen(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/frozen", s.directory);
	return access(path, F_OK) == 0;
}

static void take(const char *name, char text[TEXT])
{
	char path[128];
	size_t length;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", s.directory, name);
	file = fopen(path, "r");
	assert_non_null(file);
	length = fread(text, 1, TEXT - 1, file);
	text[length] = '\0';
	fclose(file);
	unlink(path);
}

/* Runs "egress25 COMMAND..." by the shell, in the directory; its exit status. */
static int run(const char *command)
{
	char line[2048];

	snprintf(line, sizeof(line),
		 "cd %s && touch conf && EGRESS25_RECIPES=%s '%s' %s --config conf"
		 " >out 2>error </dev/null",
		 s.directory, s.directory, program, command);
	line[sizeof(line) - 1] = '\0';
	int status = system(line); /* NOLINT(cert-env33-c): a test's own words */

	take("out", out);
	take("error", error);
	return WEXITSTATUS(status);
}

static void refuses(const char *command, int status, const char *want)
{
	assert_int_equal(run(command), status);
	assert_string_equal(out, "");
	if (!strstr(error, want))
		fail_msg("%s said %s", command, error);
}

static void mistakes_are_told_before_anything_is_touched(void **state)
{
	(void)state;
	write_recipe("echo frozen no", "true");
	refuses("freeze", 2, "no mail server is named: give --mta postfix, exim");
	refuses("freeze --mta sendgrid", 2, "--mta sendgrid: expected postfix, exim");
	refuses("freeze --mta postfix --ssh -oProxyCommand=x", 2, "expected a host");
	refuses("freeze --mta postfix --for 5h", 2,
		"from 10s to 4h, such as 15m (longer with --force)");
	refuses("freeze --mta postfix --for 3d --force", 2, "from 10s to 2d");
	refuses("freeze --mta postfix --for 9s", 2, "from 10s to 4h");
	refuses("freeze --mta postfix --record none.db", 3, "none.db");
	refuses("freeze --mta exchange", 3, "exchange.ps1 freeze -For SECONDS");
	refuses("thaw --mta exchange", 3, "exchange.ps1 thaw (not tested on a device)");
	refuses("thaw --record none.db", 2, "no mail server is named");
	assert_false(was_frozen());
}

static void without_a_monitor_nothing_is_frozen(void **state)
{
	(void)state;
	write_recipe("echo frozen no", "true");
	refuses("freeze --mta postfix --record record.db", 3,
		"no monitor runs on record.db, so nobody would see who sends");
	refuses("freeze --mta postfix --for 5h --force --record record.db", 3, "no monitor runs");
	assert_false(was_frozen());
}

static void thaw_needs_no_record_and_proves_what_it_did(void **state)
{
	(void)state;
	write_recipe("echo frozen no; exit 1", "echo frozen no");
	assert_int_equal(run("thaw --mta postfix --record none.db"), 0);
	assert_non_null(strstr(out, "postfix on this machine is thawed, and that is proven"));
	assert_string_equal(error, "");
	assert_int_equal(run("thaw --mta postfix --record none.db --format json"), 0);
	assert_json(out, ". == {\"mta\": \"postfix\", \"mta_host\": null, \"incident\": null,"
			 " \"thawed\": true}");
	write_recipe("echo frozen yes; echo timer 2000000000 systemd", "echo frozen no");
	assert_int_equal(run("thaw --mta postfix --record none.db"), 3);
	assert_non_null(strstr(error, "IS NOT PROVEN TO BE THAWED: it says that it is frozen; its "
				      "own timer thaws it at 2033-05-1"));
	assert_non_null(strstr(error, "by hand: sudo sh "));
}

static void where_nothing_was_frozen_nothing_is_called_thawed(void **state)
{
	(void)state;
	write_recipe("echo frozen no; exit 1", "echo nothing to undo");
	assert_int_equal(run("thaw --mta postfix --record none.db"), 0);
	assert_non_null(strstr(out, "postfix on this machine is not frozen, and that is proven"));
	assert_null(strstr(out, "is thawed"));
}

static void a_recipe_that_is_missing_is_told_once(void **state)
{
	const char *first;

	(void)state;
	assert_int_equal(run("thaw --mta qmail --record none.db"), 3);
	first = strstr(error, "egress25: qmail on this machine: ");
	assert_non_null(first);
	first = strchr(first, '\n');
	assert_non_null(first);
	assert_int_equal(strncmp(first + 1, "egress25: qmail on this machine: IS NOT PROVEN", 46),
			 0);
}

static void thaw_finds_in_the_record_what_a_killed_freeze_left(void **state)
{
	(void)state;
	write_recipe("echo frozen no; exit 1", "echo nothing to undo");
	scratch_sql(&s,
		    "INSERT INTO incident(opened, opened_by, since, until, reason, reset, freeze,"
		    " policy, frozen, frozen_until, mta) VALUES (1, 'joe', 1, %lld, '', 0, 1, '',"
		    " 1, %lld, 'postfix')",
		    moment_now() + MOMENT_HOUR, moment_now() + MOMENT_HOUR);
	if (run("thaw --record record.db") != 0)
		fail_msg("%s", error);
	assert_non_null(strstr(out, "had nothing to undo"));
	assert_int_equal(scratch_number(&s, "SELECT closed_by = 'freeze' AND thawed IS NOT NULL AND"
					    " frozen_until <= thawed FROM incident"),
			 1);
}

static void a_record_whose_words_are_forged_runs_nothing(void **state)
{
	(void)state;
	write_recipe("touch frozen", "touch frozen");
	scratch_sql(&s,
		    "INSERT INTO incident(opened, opened_by, since, until, reason, reset, freeze,"
		    " policy, frozen, frozen_until, mta, mta_host) VALUES (1, 'joe', 1, 2, '', 0,"
		    " 1, '', 1, 2, 'postfix', '-oProxyCommand=touch frozen')");
	assert_int_equal(run("thaw --record record.db"), 2);
	assert_non_null(strstr(error, "expected a host"));
	scratch_sql(&s, "UPDATE incident SET mta = '../postfix', mta_host = NULL");
	assert_int_equal(run("thaw --record record.db"), 2);
	assert_false(was_frozen());
}

static int setup(void **state)
{
	(void)state;
	scratch_open(&s);
	/* A command that writes looks at the file's first bytes before SQLite does. */
	scratch_number(&s, "PRAGMA wal_checkpoint(TRUNCATE)");
	return 0;
}

static int teardown(void **state)
{
	static const char *const names[] = {"postfix", "conf", "frozen"};
	char path[128];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		snprintf(path, sizeof(path), "%s/%s", s.directory, names[i]);
		unlink(path);
	}
	scratch_close(&s);
	return 0;
}

int main(int argc, char **argv)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(mistakes_are_told_before_anything_is_touched),
		TEST(without_a_monitor_nothing_is_frozen),
		TEST(thaw_needs_no_record_and_proves_what_it_did),
		TEST(where_nothing_was_frozen_nothing_is_called_thawed),
		TEST(a_recipe_that_is_missing_is_told_once),
		TEST(thaw_finds_in_the_record_what_a_killed_freeze_left),
		TEST(a_record_whose_words_are_forged_runs_nothing),
	};

	if (argc != 2) {
		fputs("usage: test_freeze_command PROGRAM\n", stderr);
		return 2;
	}
	program = realpath(argv[1], NULL);
	return program ? cmocka_run_group_tests_name("freeze_command", tests, NULL, NULL) : 2;
}
