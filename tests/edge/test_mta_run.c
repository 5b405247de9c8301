/* Running a recipe: here, by ssh, and what one may do that is broken or hostile. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "edge/mta.h"

static char directory[64];
static const struct mta_target here = {.kind = MTA_POSTFIX},
			       there = {.kind = MTA_POSTFIX, .host = "root@mail"};
static struct mta_reply reply;

static void write_script(const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fprintf(file, "#!/bin/sh\n%s\n", text);
	fclose(file);
	chmod(path, 0755);
}

/* What a script left in a file there. */
static const char *read_file(const char *name)
{
	static char text[4096];
	char path[128];
	FILE *file;
	size_t length;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "r");
	if (!file)
		return "";
	length = fread(text, 1, sizeof(text) - 1, file);
	text[length] = '\0';
	fclose(file);
	return text;
}

static int run_recipe(const struct mta_target *t, enum mta_verb verb, const char *text)
{
	write_script("postfix", text);
	return mta_run(t, verb, 930, NULL, NULL, &reply);
}

static void the_recipe_is_given_its_verb_and_its_words_are_read(void **state)
{
	(void)state;
	assert_int_equal(run_recipe(&here, MTA_FREEZE,
				    "echo \"note $*\"; echo frozen yes; echo deliveries 2"),
			 0);
	assert_string_equal(reply.state.notes.text[0], "freeze --for 930");
	assert_int_equal(reply.state.frozen, MTA_YES);
	assert_int_equal(reply.state.deliveries, 2);
	assert_int_equal(run_recipe(&here, MTA_THAW, "echo \"note $*\"; cat"), 0);
	assert_string_equal(reply.state.notes.text[0], "thaw");
}

static void one_that_is_not_frozen_is_no_failure_of_check_alone(void **state)
{
	(void)state;
	assert_int_equal(run_recipe(&here, MTA_CHECK, "echo frozen no; exit 1"), 0);
	assert_int_equal(reply.state.frozen, MTA_NO);
	assert_int_equal(run_recipe(&here, MTA_FREEZE, "echo frozen no; exit 1"), -EIO);
}

static void a_failure_is_told_by_the_last_line_of_standard_error(void **state)
{
	(void)state;
	assert_int_equal(run_recipe(&here, MTA_THAW,
				    "echo before >&2; printf 'egress25: postfix: a \\033[31mfull "
				    "disk?\\n' >&2; exit 3"),
			 -EIO);
	assert_string_equal(reply.why, "postfix: a \\x1b[31mfull disk?");
	assert_int_equal(reply.status, 3);
	assert_int_equal(run_recipe(&here, MTA_THAW, "kill -9 $$"), -EIO);
	assert_string_equal(reply.why,
			    "thaw of postfix on this machine ended with status -1 and no word");
}

static void a_flood_on_either_output_is_cut_and_holds_nothing_up(void **state)
{
	(void)state;
	assert_int_equal(
		run_recipe(&here, MTA_CHECK,
			   "echo frozen yes; yes callout x | head -c 3000000;"
			   " yes noise | head -c 1000000 >&2; echo >&2; echo last words >&2"),
		0);
	assert_int_equal(reply.state.frozen, MTA_YES);
	assert_int_equal(reply.state.callouts.count, MTA_LINES);
	assert_string_equal(reply.why, "last words");
}

/* The timer's process is of this kind. */
static void what_it_leaves_behind_with_its_output_is_not_waited_for(void **state)
{
	time_t began = time(NULL);

	(void)state;
	assert_int_equal(run_recipe(&here, MTA_FREEZE, "sleep 8 & echo frozen yes; exit 0"), 0);
	assert_true(time(NULL) - began < 6);
	assert_int_equal(reply.state.frozen, MTA_YES);
}

static bool at_once(void *context)
{
	(*(int *)context)++;
	return true;
}

static void a_check_is_given_up_when_told_and_a_thaw_is_not(void **state)
{
	int calls = 0;

	(void)state;
	write_script("postfix", "sleep 1; echo frozen yes");
	assert_int_equal(mta_run(&here, MTA_CHECK, 0, at_once, &calls, &reply), -EINTR);
	assert_int_equal(calls, 1);
	assert_int_equal(mta_run(&here, MTA_THAW, 0, at_once, &calls, &reply), 0);
	assert_int_equal(reply.state.frozen, MTA_YES);
	assert_true(calls > 5 && calls < 20);
}

static void no_signal_of_the_terminal_and_no_blocked_one_reaches_it(void **state)
{
	sigset_t set, before;

	(void)state;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, &before);
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(run_recipe(&here, MTA_CHECK,
				    "set -- $(cat /proc/$$/stat); echo note $(($6 == $$))\n"
				    "grep -E '^Sig(Blk|Ign)' /proc/$$/status | tr -d '\\t0\\n' |"
				    " sed 's/^/note /'"),
			 0);
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, &before, NULL);
	assert_string_equal(reply.state.notes.text[0], "1");
	assert_string_equal(reply.state.notes.text[1], "SigBlk:SigIgn:");
}

/* In place of ssh: tells its arguments, and runs what a shell there would. */
static const char ssh[] = "for word; do echo \"$word\"; done >$EGRESS25_RECIPES/words\n"
			  "while [ \"$1\" != -- ]; do shift; done\n"
			  "exec sh -c \"$3\"";

static void by_ssh_the_recipe_goes_to_a_shell_there_by_sudo_where_it_is_not_root(void **state)
{
	(void)state;
	write_script("ssh", ssh);
	write_script("sudo", "echo \"note sudo $1\"; shift; exec \"$@\"");
	write_script("id", "echo 1000");
	assert_int_equal(run_recipe(&there, MTA_FREEZE, "echo \"note $*\"; echo frozen yes"), 0);
	assert_string_equal(reply.state.notes.text[0], "sudo -n");
	assert_string_equal(reply.state.notes.text[1], "freeze --for 930");
	assert_non_null(strstr(read_file("words"), "BatchMode=yes\n"));
	assert_non_null(strstr(read_file("words"), "\n--\nroot@mail\n"));
	write_script("id", "echo 0");
	assert_int_equal(run_recipe(&there, MTA_CHECK, "echo \"note $*\""), 0);
	assert_string_equal(reply.state.notes.text[0], "check");
	write_script("ssh", "echo 'ssh: connect to host mail port 22: Connection refused' >&2;"
			    " exit 255");
	assert_int_equal(run_recipe(&there, MTA_CHECK, ""), -EIO);
	assert_string_equal(reply.why, "ssh: connect to host mail port 22: Connection refused");
}

static void a_recipe_that_is_not_there_is_told_with_its_path(void **state)
{
	const struct mta_target qmail = {.kind = MTA_QMAIL}, exchange = {.kind = MTA_EXCHANGE};
	char want[256];

	(void)state;
	assert_int_equal(mta_run(&qmail, MTA_CHECK, 0, NULL, NULL, &reply), -ENOENT);
	snprintf(want, sizeof(want), "%s/qmail: No such file or directory: ", directory);
	assert_memory_equal(reply.why, want, strlen(want));
	assert_int_equal(mta_run(&exchange, MTA_CHECK, 0, NULL, NULL, &reply), -ENOTSUP);
}

static void what_a_human_types_names_the_host_and_the_file(void **state)
{
	char text[MTA_COMMAND], want[MTA_COMMAND];

	(void)state;
	snprintf(want, sizeof(want), "ssh root@mail sudo sh -s -- thaw <%s/postfix", directory);
	assert_string_equal(mta_command(&there, MTA_THAW, text), want);
	snprintf(want, sizeof(want), "sudo sh %s/postfix thaw", directory);
	assert_string_equal(mta_command(&here, MTA_THAW, text), want);
}

/* As where a daemon has started us that leaves its children to the kernel. */
static void its_end_is_seen_where_children_were_ignored(void **state)
{
	void (*before)(int) = signal(SIGCHLD, SIG_IGN);

	(void)state;
	assert_int_equal(run_recipe(&here, MTA_CHECK, "echo frozen no; exit 1"), 0);
	assert_int_equal(reply.status, 1);
	signal(SIGCHLD, before);
}

static int enter(void **state)
{
	char path[4096];

	(void)state;
	strcpy(directory, "/tmp/egress25-mta-XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	setenv(MTA_RECIPES, directory, 1);
	snprintf(path, sizeof(path), "%s:%s", directory, getenv("PATH"));
	return setenv("PATH", path, 1);
}

static int leave(void **state)
{
	static const char *const names[] = {"postfix", "ssh", "sudo", "id", "words"};
	char path[128];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		unlink(path);
	}
	return rmdir(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_recipe_is_given_its_verb_and_its_words_are_read),
		cmocka_unit_test(one_that_is_not_frozen_is_no_failure_of_check_alone),
		cmocka_unit_test(a_failure_is_told_by_the_last_line_of_standard_error),
		cmocka_unit_test(a_flood_on_either_output_is_cut_and_holds_nothing_up),
		cmocka_unit_test(what_it_leaves_behind_with_its_output_is_not_waited_for),
		cmocka_unit_test(a_check_is_given_up_when_told_and_a_thaw_is_not),
		cmocka_unit_test(no_signal_of_the_terminal_and_no_blocked_one_reaches_it),
		cmocka_unit_test(
			by_ssh_the_recipe_goes_to_a_shell_there_by_sudo_where_it_is_not_root),
		cmocka_unit_test(a_recipe_that_is_not_there_is_told_with_its_path),
		cmocka_unit_test(what_a_human_types_names_the_host_and_the_file),
		cmocka_unit_test(its_end_is_seen_where_children_were_ignored),
	};

	return cmocka_run_group_tests_name("mta_run", tests, enter, leave);
}
