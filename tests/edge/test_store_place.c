/* Whose directory and files a record may have, and who may read and write it then. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "store_fixture.h"

#define STRANGER 65534

static char error[STORE_ERROR];

static int try_open(const char *path)
{
	struct store_options options = fixture_options(path);
	struct store *s = NULL;
	int r;

	error[0] = '\0';
	r = store_open(&options, &s, error);
	store_close(s);
	return r;
}

/* A directory of its own for each test. */
static const char *place(const char *name, mode_t mode, uid_t owner, gid_t group)
{
	static char path[160];
	const char *directory = fixture_path(name);

	assert_int_equal(mkdir(directory, 0700), 0);
	assert_int_equal(chown(directory, owner, group), 0);
	assert_int_equal(chmod(directory, mode), 0);
	snprintf(path, sizeof(path), "%s/r.db", directory);
	return path;
}

static const char *behind(const char *path, const char *suffix)
{
	static char name[200];

	snprintf(name, sizeof(name), "%s%s", path, suffix);
	return name;
}

static bool exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 07777;
}

static void a_directory_that_others_may_write_is_refused(void **state)
{
	const char *path = place("readers", 0770, 0, STRANGER);

	(void)state;
	assert_int_equal(try_open(path), -EACCES);
	assert_non_null(strstr(error, "others may write its directory"));
	assert_int_equal(chown(fixture_path("readers"), 0, getegid()), 0);
	assert_int_equal(try_open(path), 0);
	path = place("open", 01777, 0, 0);
	assert_int_equal(try_open(path), -EACCES);
	assert_non_null(strstr(error, "others may write its directory"));
	assert_false(exists(path));
	assert_false(exists(behind(path, "-lock")));
}

static void a_directory_of_another_user_is_refused(void **state)
{
	const char *path = place("foreign", 0755, STRANGER, 0);

	(void)state;
	assert_int_equal(try_open(path), -EACCES);
	assert_non_null(strstr(error, "belongs to another user (65534)"));
	assert_false(exists(path));
}

static void a_record_of_another_user_is_refused(void **state)
{
	const char *path = place("taken", 0750, 0, 0);

	(void)state;
	assert_int_equal(try_open(path), 0);
	assert_int_equal(chown(path, STRANGER, 0), 0);
	assert_int_equal(try_open(path), -EACCES);
	assert_non_null(strstr(error, "belongs to another user"));
	assert_int_equal(chown(path, 0, 0), 0);
	assert_int_equal(try_open(path), 0);
}

/* By a link, by another's file, by a second name: for each file that stands beside the record. */
static void what_stands_beside_a_record_must_be_its_own(void **state)
{
	static const char *const suffixes[] = {"-wal", "-shm", "-journal", "-lock"};
	const char *path = place("beside", 0750, 0, 0);
	char target[200], name[200];

	(void)state;
	snprintf(target, sizeof(target), "%s-target", path);
	for (size_t i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), "%s%s", path, suffixes[i]);
		unlink(name);
		assert_int_equal(symlink(target, name), 0);
		assert_int_equal(try_open(path), -EACCES);
		assert_non_null(strstr(error, suffixes[i]));
		assert_false(exists(target));
		assert_int_equal(unlink(name), 0);
		close(open(name, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
		assert_int_equal(chown(name, STRANGER, 0), 0);
		assert_int_equal(try_open(path), -EACCES);
		assert_int_equal(chown(name, 0, 0), 0);
		assert_int_equal(link(name, target), 0);
		assert_int_equal(try_open(path), -EACCES);
		assert_int_equal(unlink(target), 0);
		assert_int_equal(unlink(name), 0);
		assert_int_equal(try_open(path), 0);
	}
}

/* The directory's group reads, for it alone gets in; the monitor's own, another one, writes. */
static void two_groups_read_and_write_where_the_directory_says_so(void **state)
{
	const char *path = place("groups", 0750, 0, STRANGER);

	(void)state;
	assert_int_equal(try_open(path), 0);
	assert_int_equal(mode_of(path), 0664);
	assert_int_equal(mode_of(behind(path, "-wal")), 0664);
	assert_int_equal(mode_of(behind(path, "-shm")), 0664);
	assert_int_equal(mode_of(behind(path, "-lock")), 0600);
}

static void else_one_group_reads_and_nobody_writes(void **state)
{
	const char *path = place("one", 0750, 0, 0);

	(void)state;
	assert_int_equal(try_open(path), 0);
	assert_int_equal(mode_of(path), 0640);
	path = place("all", 0755, 0, STRANGER);
	assert_int_equal(try_open(path), 0);
	assert_int_equal(mode_of(path), 0640);
	assert_int_equal(mode_of(behind(path, "-wal")), 0640);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_directory_that_others_may_write_is_refused),
		cmocka_unit_test(a_directory_of_another_user_is_refused),
		cmocka_unit_test(a_record_of_another_user_is_refused),
		cmocka_unit_test(what_stands_beside_a_record_must_be_its_own),
		cmocka_unit_test(two_groups_read_and_write_where_the_directory_says_so),
		cmocka_unit_test(else_one_group_reads_and_nobody_writes),
	};

	if (geteuid() != 0) {
		puts("1..0 # SKIP needs root, to give files away");
		return 77;
	}
	return cmocka_run_group_tests(tests, fixture_enter_group, fixture_leave_group);
}
