/*
 * What each stage refuses, tried in a child: it says whether it could, or is ended by SIGSYS.  What
 * is refused is tried without the stage too, where it must succeed.  Needs root; built without
 * sanitizers, so that the list of system calls is the one in use.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/if_packet.h>

#include <cap-ng.h>
#include <cmocka.h>

#include "edge/sandbox.h"
#include "sandbox_attempts.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

enum outcome { COULD, REFUSED, KILLED, OTHERWISE };

static enum outcome outcome(void (*prepare)(void), attempt_fn *attempt)
{
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		if (prepare)
			prepare();
		_exit(attempt() < 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGSYS ? KILLED : OTHERWISE;
	return WEXITSTATUS(status) == 0 ? COULD : WEXITSTATUS(status) == 1 ? REFUSED : OTHERWISE;
}

struct row {
	const char *name;
	attempt_fn *attempt;
};

static void each_is(const struct row *rows, size_t count, void (*stage)(void), enum outcome want)
{
	for (size_t i = 0; i < count; i++) {
		enum outcome plain = outcome(NULL, rows[i].attempt);
		enum outcome staged = outcome(stage, rows[i].attempt);

		if (plain != COULD || staged != want)
			fail_msg("%s: %d without the stage, %d in it", rows[i].name, plain, staged);
	}
}

/* --- stages ----------------------------------------------------------------------------------- */

static void drop_to_nobody(void)
{
	char user[SANDBOX_USER], error[SANDBOX_ERROR];

	if (sandbox_drop("nobody", top, user, error) < 0 || strcmp(user, "nobody") != 0)
		_exit(9);
}

static void drop_as_root(void)
{
	char user[SANDBOX_USER], error[SANDBOX_ERROR];

	if (sandbox_drop(NULL, top, user, error) < 0 || strcmp(user, "root") != 0)
		_exit(9);
}

static void confine(void)
{
	const struct sandbox_place places[] = {
		{.path = record, .write = true},
		{.path = conf},
		{.path = "/nowhere"},
		{.path = "/dev/urandom"},
	};

	drop_as_root();
	if (sandbox_confine(places, COUNT(places)) < 0)
		_exit(9);
}

static void seal(void)
{
	bool strict;

	drop_as_root();
	if (sandbox_seal(pair, 1, &strict) < 0)
		_exit(9);
}

static void seal_for_never(void)
{
	bool strict;

	drop_as_root();
	if (sandbox_seal(NULL, 0, &strict) < 0)
		_exit(9);
}

/* --- a library that does not do all that it was asked ---------------------------------------- */

static bool keeps_groups, keeps_gid;

int __real_capng_change_id(int uid, int gid, capng_flags_t flags);
int __wrap_capng_change_id(int uid, int gid, capng_flags_t flags);

/* In place of the library's, by the linker. */
int __wrap_capng_change_id(int uid, int gid, capng_flags_t flags)
{
	gid_t only = (gid_t)gid;

	if (keeps_gid)
		setgroups(1, &only);
	if (keeps_gid || keeps_groups)
		flags &= ~(unsigned int)CAPNG_INIT_SUPP_GRP;
	return __real_capng_change_id(uid, keeps_gid ? 0 : gid, flags);
}

/* --- tests ------------------------------------------------------------------------------------ */

static void who_has_dropped_has_no_privilege(void **state)
{
	static const struct row rows[] = {
		{"packet socket", opens_packets},
		{"another user", becomes_daemon},
		{"shadow", reads_shadow},
		{"a signal to init", signals_init},
		{"capabilities", has_a_capability},
		{"new privileges", may_gain_privileges},
		{"dumpable", may_be_read_by_others},
	};

	(void)state;
	each_is(rows, COUNT(rows), drop_to_nobody, REFUSED);
}

static void root_without_capabilities_is_left_its_files_alone(void **state)
{
	static const struct row rows[] = {
		{"packet socket", opens_packets},    {"another user", becomes_daemon},
		{"capabilities", has_a_capability},  {"new privileges", may_gain_privileges},
		{"dumpable", may_be_read_by_others},
	};

	(void)state;
	each_is(rows, COUNT(rows), drop_as_root, REFUSED);
	assert_int_equal(outcome(drop_as_root, makes_beside_the_record), COULD);
}

/* With groups of root's, as a login has them. */
static int has_the_users_groups_alone(void)
{
	static const gid_t roots[] = {0, 4, 27};
	gid_t left[COUNT(roots) + 1];
	int count;

	if (setgroups(COUNT(roots), roots) < 0)
		return -1;
	drop_to_nobody();
	count = getgroups(COUNT(left), left);
	for (int i = 0; i < count; i++)
		if (left[i] != getegid())
			return -1;
	return count < 0 || getegid() == 0 ? -1 : 0;
}

static int is_told_that_it_cannot(void)
{
	static const gid_t roots[] = {0, 4, 27};
	char user[SANDBOX_USER], error[SANDBOX_ERROR] = "";

	return setgroups(COUNT(roots), roots) == 0 &&
			       sandbox_drop("nobody", top, user, error) == -EPERM &&
			       strstr(error, "cannot be given up")
		       ? 0
		       : -1;
}

static void who_has_dropped_has_the_groups_of_his_user_alone(void **state)
{
	(void)state;
	assert_int_equal(outcome(NULL, has_the_users_groups_alone), COULD);
	keeps_groups = true;
	assert_int_equal(outcome(NULL, is_told_that_it_cannot), COULD);
	keeps_groups = false;
	keeps_gid = true;
	assert_int_equal(outcome(NULL, is_told_that_it_cannot), COULD);
	keeps_gid = false;
}

static int becomes_the_owner(void)
{
	char user[SANDBOX_USER] = "", error[SANDBOX_ERROR];

	return sandbox_drop(NULL, record, user, error) == 0 && strcmp(user, "nobody") == 0 &&
			       geteuid() == 65534 && getegid() == 65534
		       ? 0
		       : -1;
}

/* Whom nobody knows. */
static int is_told_whose_it_is(void)
{
	char user[SANDBOX_USER] = "", error[SANDBOX_ERROR] = "";

	return sandbox_drop(NULL, record, user, error) == -ENOENT &&
			       strstr(error, "belongs to the user 54321, who has no name") &&
			       geteuid() == 0
		       ? 0
		       : -1;
}

static void root_becomes_the_owner_of_the_records_directory(void **state)
{
	(void)state;
	assert_int_equal(chown(record, 65534, 0), 0);
	assert_int_equal(outcome(NULL, becomes_the_owner), COULD);
	assert_int_equal(chown(record, 54321, 0), 0);
	assert_int_equal(outcome(NULL, is_told_whose_it_is), COULD);
	assert_int_equal(chown(record, 0, 0), 0);
}

static void a_user_that_is_not_there_is_refused_with_what_to_do(void **state)
{
	char user[SANDBOX_USER] = "", error[SANDBOX_ERROR] = "";

	(void)state;
	assert_int_equal(sandbox_drop("no-such-user", top, user, error), -ENOENT);
	assert_non_null(strstr(error, "adduser --system no-such-user"));
	assert_int_equal(geteuid(), 0);
}

static void only_what_was_named_can_be_opened(void **state)
{
	static const struct row refused[] = {
		{"passwd", reads_passwd},
		{"writing the configuration", writes_the_configuration},
		{"a file beside the configuration", makes_beside_the_configuration},
		{"a file elsewhere", makes_elsewhere},
		{"a link", links_out},
		{"a directory", makes_a_directory},
	};
	static const struct row allowed[] = {
		{"the configuration", reads_the_configuration},
		{"a file beside the record", makes_beside_the_record},
	};

	(void)state;
	if (syscall(SYS_landlock_create_ruleset, NULL, 0, 1) < 0)
		skip();
	each_is(refused, COUNT(refused), confine, REFUSED);
	each_is(allowed, COUNT(allowed), confine, COULD);
}

static void a_call_outside_the_list_ends_the_process(void **state)
{
	static const struct row killed[] = {
		{"socket", opens_a_socket},
		{"execve", executes},
		{"fork", forks},
		{"thread", starts_a_thread},
		{"clone3", asks_for_a_thread},
		{"ptrace", traces},
		{"kill", signals_itself},
		{"setuid", becomes_daemon},
		{"dup", doubles},
		{"F_DUPFD", doubles_by_fcntl},
		{"mmap of code", maps_code},
		{"mprotect to code", makes_code},
		{"another ioctl", asks_another_ioctl},
		{"another socket option", sets_another_option},
		{"write to a socket", writes_to_a_socket},
		{"sendto by another socket", sends_by_another},
		{"sendmsg", sends_a_message},
		{"rename", renames},
		{"unshare", makes_a_name_space},
		{"prctl", may_gain_privileges},
	};
	static const struct row allowed[] = {
		{"sendto", sends_by_the_first},
		{"words", writes_words},
		{"a file beside the record", makes_beside_the_record},
	};

	(void)state;
	each_is(killed, COUNT(killed), seal, KILLED);
	each_is(allowed, COUNT(allowed), seal, COULD);
}

static void where_nothing_may_send_nothing_does(void **state)
{
	static const struct row rows[] = {
		{"sendto", sends_by_the_first},
		{"sendto by another", sends_by_another},
		{"sendmsg", sends_a_message},
		{"write", writes_to_a_socket},
	};

	(void)state;
	each_is(rows, COUNT(rows), seal_for_never, KILLED);
}

/* The thread that was there before is sealed as well. */
static int from_the_other_thread;

static void *waits_and_opens(void *context)
{
	char byte;

	(void)context;
	if (read(other[1], &byte, 1) == 1)
		from_the_other_thread = opens_a_socket();
	return NULL;
}

static int seals_beside_a_thread(void)
{
	pthread_t thread;
	bool strict;

	drop_as_root();
	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, other) < 0 ||
	    pthread_create(&thread, NULL, waits_and_opens, NULL) != 0 ||
	    sandbox_seal(other, 1, &strict) < 0 || sends_by_another() != 1)
		return -1;
	pthread_join(thread, NULL);
	return from_the_other_thread;
}

static void threads_that_are_there_are_sealed_too(void **state)
{
	(void)state;
	assert_int_equal(outcome(NULL, seals_beside_a_thread), KILLED);
}

static int enter(void **state)
{
	char path[160];
	FILE *f;

	(void)state;
	strcpy(top, "/tmp/egress25-sandbox-XXXXXX");
	assert_non_null(mkdtemp(top));
	snprintf(record, sizeof(record), "%s/record", top);
	snprintf(conf, sizeof(conf), "%s/conf", top);
	assert_int_equal(mkdir(record, 0700), 0);
	assert_int_equal(mkdir(conf, 0700), 0);
	snprintf(path, sizeof(path), "%s/c", conf);
	f = fopen(path, "we");
	assert_non_null(f);
	fclose(f);
	snprintf(path, sizeof(path), "%s/a", record);
	f = fopen(path, "we");
	assert_non_null(f);
	fclose(f);
	return socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) ||
	       socketpair(AF_UNIX, SOCK_DGRAM, 0, other);
}

static int leave(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", top);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_has_dropped_has_no_privilege),
		cmocka_unit_test(who_has_dropped_has_the_groups_of_his_user_alone),
		cmocka_unit_test(root_without_capabilities_is_left_its_files_alone),
		cmocka_unit_test(root_becomes_the_owner_of_the_records_directory),
		cmocka_unit_test(a_user_that_is_not_there_is_refused_with_what_to_do),
		cmocka_unit_test(only_what_was_named_can_be_opened),
		cmocka_unit_test(a_call_outside_the_list_ends_the_process),
		cmocka_unit_test(where_nothing_may_send_nothing_does),
		cmocka_unit_test(threads_that_are_there_are_sealed_too),
	};

	if (geteuid() != 0) {
		puts("1..0 # SKIP needs root");
		return 77;
	}
	return cmocka_run_group_tests(tests, enter, leave);
}
