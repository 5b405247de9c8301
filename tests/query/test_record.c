#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "judge/schema.h"
#include "query/record.h"

#define NOBODY 65534

static int setup(void **state)
{
	static struct scratch s;

	scratch_open(&s);
	scratch_sql(&s, "INSERT INTO run(mode, sensor, pid, started, beat, newest)"
			" VALUES ('watch', 'old', 1, 1, 1, 70), ('watch', 'fw1', 1, 2, 2, 50)");
	*state = &s;
	return 0;
}

static int teardown(void **state)
{
	scratch_close(*state);
	return 0;
}

static void expect_open(const char *path)
{
	char error[RECORD_ERROR] = "";
	struct record *r = NULL;

	if (record_open(path, &r, error) < 0)
		fail_msg("%s", error);
	assert_string_equal(r->sensor, "fw1");
	assert_int_equal(r->newest, 70);
	record_close(r);
}

static void expect_refusal(const char *path, int rc, const char *words)
{
	char error[RECORD_ERROR] = "";
	struct record *r = (struct record *)0x1;

	assert_int_equal(record_open(path, &r, error), rc);
	assert_ptr_equal(r, (struct record *)0x1);
	if (!strstr(error, words))
		fail_msg("\"%s\" lacks \"%s\"", error, words);
	assert_memory_equal(error, path, strlen(path));
	assert_null(strchr(error, '\n'));
}

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void a_record_opens_while_another_writes_it(void **state)
{
	struct scratch *s = *state;

	scratch_sql(s, "BEGIN IMMEDIATE");
	scratch_sql(s, "UPDATE run SET newest = 99");
	expect_open(s->path);
	scratch_sql(s, "ROLLBACK");
}

static void a_record_opens_when_it_is_at_rest(void **state)
{
	struct scratch *s = *state;

	sqlite3_close(s->db); /* the log is folded back and removed */
	s->db = NULL;
	expect_open(s->path);
}

static void what_is_no_record_is_refused_by_its_reason(void **state)
{
	struct scratch *s = *state;
	char path[128];
	sqlite3 *db;

	snprintf(path, sizeof(path), "%s/missing.db", s->directory);
	expect_refusal(path, -ENOENT,
		       "no record yet: run egress25 watch, or name one with --record");
	assert_int_equal(access(path, F_OK), -1); /* nothing was created */
	expect_refusal(s->directory, -EINVAL, "is no file");
	snprintf(path, sizeof(path), "%s/text", s->directory);
	write_file(path, "This is no database, and it is longer than a page's header would be: "
			 "this is no database, and it is longer than a page's header would be.");
	expect_refusal(path, -EINVAL, "is no record of egress25");
	write_file(path, "");
	expect_refusal(path, -EINVAL, "is no record of egress25");
	unlink(path);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "CREATE TABLE t(x)", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	expect_refusal(path, -EINVAL, "is no record of egress25");
	unlink(path);
}

static void another_schema_is_refused_with_what_to_do(void **state)
{
	struct scratch *s = *state;

	scratch_sql(s, "PRAGMA user_version = %d", SCHEMA_VERSION + 1);
	expect_refusal(s->path, -EPROTO, "newer egress25");
	scratch_sql(s, "PRAGMA user_version = 0");
	expect_refusal(s->path, -EINVAL, "is no record of egress25");
}

static void may_become_nobody(void)
{
	if (geteuid() != 0) {
		print_message("skipped: needs root, to become another user\n");
		skip();
	}
}

static void become(uid_t user)
{
	assert_int_equal(seteuid(user), 0);
}

static void a_user_who_may_only_read_reads_while_the_monitor_writes(void **state)
{
	struct scratch *s = *state;

	may_become_nobody();
	assert_int_equal(chmod(s->directory, 0755), 0);
	become(NOBODY);
	expect_open(s->path);
	become(0);
}

static void a_user_who_may_only_read_reads_what_a_stopped_monitor_left(void **state)
{
	struct scratch *s = *state;
	int persist = 1;

	may_become_nobody();
	assert_int_equal(chmod(s->directory, 0755), 0);
	/* As store.c leaves it: the log and its index stay. */
	assert_int_equal(sqlite3_file_control(s->db, "main", SQLITE_FCNTL_PERSIST_WAL, &persist),
			 SQLITE_OK);
	sqlite3_close(s->db);
	s->db = NULL;
	become(NOBODY);
	expect_open(s->path);
	become(0);
}

static void a_record_without_its_log_is_read_by_who_may_not_create_one(void **state)
{
	struct scratch *s = *state;

	may_become_nobody();
	assert_int_equal(chmod(s->directory, 0755), 0);
	sqlite3_close(s->db);
	s->db = NULL;
	become(NOBODY);
	expect_open(s->path);
	become(0);
}

/* A copy of a record and of its log, but not of the log's index, whose writer was killed. */
static void a_log_that_cannot_be_read_is_told_and_not_passed_over(void **state)
{
	struct scratch *s = *state;
	char command[512], path[128];

	may_become_nobody();
	snprintf(command, sizeof(command),
		 "mkdir %s/copy && cp %s %s-wal %s/copy && chmod -R a+rX %s", s->directory, s->path,
		 s->path, s->directory, s->directory);
	assert_int_equal(system(command), 0);
	snprintf(path, sizeof(path), "%s/copy/record.db", s->directory);
	become(NOBODY);
	expect_refusal(path, -EACCES, "cannot be read by this user");
	become(0);
	snprintf(command, sizeof(command), "rm -r %s/copy", s->directory);
	assert_int_equal(system(command), 0);
}

/* The same with its index: what kill -9 leaves. */
static void a_user_who_may_only_read_reads_what_a_killed_monitor_left(void **state)
{
	struct scratch *s = *state;
	char command[512], path[128];

	may_become_nobody();
	snprintf(command, sizeof(command), "mkdir %s/copy && cp %s* %s/copy && chmod -R a+rX %s",
		 s->directory, s->path, s->directory, s->directory);
	assert_int_equal(system(command), 0);
	snprintf(path, sizeof(path), "%s/copy/record.db", s->directory);
	become(NOBODY);
	expect_open(path);
	become(0);
	snprintf(command, sizeof(command), "rm -r %s/copy", s->directory);
	assert_int_equal(system(command), 0);
}

static void a_record_that_may_not_be_read_says_so(void **state)
{
	struct scratch *s = *state;

	may_become_nobody();
	assert_int_equal(chmod(s->directory, 0755), 0);
	assert_int_equal(chmod(s->path, 0600), 0);
	become(NOBODY);
	expect_refusal(s->path, -EACCES, "may not be read by this user");
	become(0);
}

static void a_borrowed_handle_stays_its_owner_s(void **state)
{
	struct scratch *s = *state;
	struct record *r = record_borrow(s->db);

	assert_non_null(r);
	assert_string_equal(r->sensor, "fw1");
	record_close(r);
	assert_int_equal(scratch_number(s, "SELECT count(*) FROM run"), 2);
}

#define WITH_RECORD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_RECORD(a_record_opens_while_another_writes_it),
		WITH_RECORD(a_record_opens_when_it_is_at_rest),
		WITH_RECORD(what_is_no_record_is_refused_by_its_reason),
		WITH_RECORD(another_schema_is_refused_with_what_to_do),
		WITH_RECORD(a_user_who_may_only_read_reads_while_the_monitor_writes),
		WITH_RECORD(a_user_who_may_only_read_reads_what_a_stopped_monitor_left),
		WITH_RECORD(a_record_without_its_log_is_read_by_who_may_not_create_one),
		WITH_RECORD(a_log_that_cannot_be_read_is_told_and_not_passed_over),
		WITH_RECORD(a_user_who_may_only_read_reads_what_a_killed_monitor_left),
		WITH_RECORD(a_record_that_may_not_be_read_says_so),
		WITH_RECORD(a_borrowed_handle_stays_its_owner_s),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
