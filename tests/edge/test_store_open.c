/* Which files are opened, made, and refused untouched. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "judge/schema.h"
#include "store_fixture.h"

static int try_open(const char *path, char error[STORE_ERROR])
{
	struct store_options options = fixture_options(path);
	struct store *s = NULL;
	int r = store_open(&options, &s, error);

	assert_true(r == 0 || s == NULL);
	store_close(s);
	return r;
}

static char *content(const char *path, size_t *ret_size)
{
	FILE *f = fopen(path, "rb");
	char *data = malloc(1 << 20);

	assert_non_null(f);
	*ret_size = fread(data, 1, 1 << 20, f);
	fclose(f);
	return data;
}

static bool exists(const char *path, const char *suffix)
{
	char name[256];

	snprintf(name, sizeof(name), "%s%s", path, suffix);
	return access(name, F_OK) == 0;
}

/* Refused with this errno and a line that says so; neither the file nor its directory changes. */
static void refused(const char *path, int expected, const char *words)
{
	char error[STORE_ERROR] = "";
	size_t before_size, after_size;
	struct stat before, after;
	char *is, *was = content(path, &before_size);

	assert_int_equal(stat(path, &before), 0);
	assert_int_equal(try_open(path, error), expected);
	assert_int_equal(stat(path, &after), 0);
	is = content(path, &after_size);
	assert_int_equal(before_size, after_size);
	assert_memory_equal(is, was, before_size);
	assert_int_equal(before.st_mtim.tv_sec, after.st_mtim.tv_sec);
	assert_int_equal(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
	assert_non_null(strstr(error, path));
	if (!strstr(error, words))
		fail_msg("\"%s\" lacks \"%s\"", error, words);
	assert_null(strchr(error, '\n'));
	assert_false(exists(path, "-lock"));
	assert_false(exists(path, "-journal"));
	free(is);
	free(was);
}

static void make(const char *path, const char *data, size_t size)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, size, f), size);
	fclose(f);
}

static void make_database(const char *path, const char *sql)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void a_file_that_is_no_database_is_refused_untouched(void **state)
{
	const char *path = fixture_path("garbage");
	char noise[5000];

	(void)state;
	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = (char)(i * 7);
	make(path, noise, sizeof(noise));
	refused(path, -EINVAL, "no record of egress25");
	make(path, noise, 1);
	refused(path, -EINVAL, "no record of egress25");
	make(path, "SQLite format 3", 16);
	refused(path, -EINVAL, "no record of egress25");
}

static void another_programs_database_is_refused_untouched(void **state)
{
	(void)state;
	make_database(fixture_path("foreign"), "PRAGMA application_id = 42; CREATE TABLE host(a)");
	refused(fixture_path("foreign"), -EINVAL, "another program");
	make_database(fixture_path("plain"), "CREATE TABLE t(a)");
	refused(fixture_path("plain"), -EINVAL, "another program");
	make_database(fixture_path("wal"), "PRAGMA journal_mode = WAL; CREATE TABLE t(a)");
	refused(fixture_path("wal"), -EINVAL, "another program");
}

static void a_newer_record_is_refused_untouched(void **state)
{
	const char *path = fixture_path("newer");
	char sql[128];

	(void)state;
	snprintf(sql, sizeof(sql),
		 "PRAGMA application_id = %d; PRAGMA user_version = %d;"
		 "CREATE TABLE t(a)",
		 SCHEMA_APPLICATION_ID, SCHEMA_VERSION + 1);
	make_database(path, sql);
	refused(path, -EPROTO, "newer");
}

static void a_newer_version_that_stands_in_the_wal_alone_is_refused_too(void **state)
{
	const char *path = fixture_path("newer-wal");
	char error[STORE_ERROR] = "";
	size_t before, after;
	char *was, *is;
	pid_t child;

	(void)state;
	store_close(fixture_open_path(path));
	child = fork();
	if (child == 0) { /* leaves its WAL behind, as a killed one does */
		sqlite3 *db = NULL;

		sqlite3_open(path, &db);
		sqlite3_exec(db, "PRAGMA user_version = 99", NULL, NULL, NULL);
		_exit(0);
	}
	assert_int_equal(waitpid(child, NULL, 0), child);
	was = content(path, &before);
	assert_int_equal(try_open(path, error), -EPROTO);
	is = content(path, &after);
	assert_int_equal(before, after);
	assert_memory_equal(was, is, before);
	free(was);
	free(is);
}

static void a_directory_or_a_missing_or_forbidden_directory_is_named(void **state)
{
	char error[STORE_ERROR] = "";

	(void)state;
	assert_int_equal(try_open(fixture_path("."), error), -EINVAL);
	assert_int_equal(try_open(fixture_path("none/record.db"), error), -ENOENT);
	assert_non_null(strstr(error, "no directory"));
	assert_non_null(strstr(error, "/none"));
	assert_int_equal(try_open("/proc/record.db", error), -ENOENT);
}

static void an_unprivileged_user_is_told_of_the_permission(void **state)
{
	const char *path = fixture_path("record.db");
	int status;
	pid_t child;

	(void)state;
	if (geteuid() != 0) {
		print_message("needs root to become another user: skipped\n");
		skip();
	}
	child = fork();
	if (child == 0) {
		char error[STORE_ERROR] = "";
		struct store_options options = fixture_options(path);
		struct store *s = NULL;

		if (setgid(65534) < 0 || setuid(65534) < 0)
			_exit(2);
		_exit(store_open(&options, &s, error) == -EACCES && strstr(error, "directory") ? 0
											       : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void an_empty_file_becomes_a_record(void **state)
{
	const char *path = fixture_path("empty");
	char error[STORE_ERROR] = "";

	(void)state;
	make(path, "", 0);
	assert_int_equal(try_open(path, error), 0);
	assert_int_equal(try_open(path, error), 0);
}

static unsigned int mode_of(const char *path, const char *suffix)
{
	char name[256];
	struct stat st;

	snprintf(name, sizeof(name), "%s%s", path, suffix);
	assert_int_equal(stat(name, &st), 0);
	return st.st_mode & 07777;
}

static void a_record_has_its_marks_its_modes_and_its_wal(void **state)
{
	const char *path = fixture_path("marks.db");
	mode_t before = umask(077);
	struct store *s = fixture_open_path(path);
	struct sqlite3 *db = store_database(s);

	(void)state;
	umask(before);
	assert_int_equal(fixture_ask(db, "PRAGMA application_id"), SCHEMA_APPLICATION_ID);
	assert_int_equal(fixture_ask(db, "PRAGMA user_version"), SCHEMA_VERSION);
	assert_int_equal(fixture_ask(db, "PRAGMA auto_vacuum"), 2);
	assert_int_equal(fixture_ask(db, "PRAGMA synchronous"), 1);
	assert_string_equal(fixture_ask_text(db, "PRAGMA journal_mode"), "wal");
	assert_int_equal(mode_of(path, ""), 0640);
	assert_int_equal(mode_of(path, "-wal"), 0640);
	assert_int_equal(mode_of(path, "-shm"), 0640);
	assert_int_equal(mode_of(path, "-lock"), 0600); /* no reader may hold it */
	store_close(s);
	assert_true(exists(path, "-wal"));
	assert_true(exists(path, "-shm"));
}

/* By a second name a second monitor would take a second lock, and count everything twice. */
static void a_link_is_refused_and_what_it_names_untouched(void **state)
{
	const char *path = fixture_path("link.db"), *other = fixture_path("target.db");
	char error[STORE_ERROR] = "";

	(void)state;
	assert_int_equal(symlink(other, path), 0);
	assert_int_equal(try_open(path, error), -EINVAL);
	assert_non_null(strstr(error, "symbolic link"));
	assert_false(exists(other, ""));
	make(other, "", 0);
	refused(path, -EINVAL, "symbolic link");
	unlink(path);
	assert_int_equal(link(other, path), 0);
	refused(path, -EINVAL, "hard link");
	unlink(path);
	unlink(other);
}

static void a_second_monitor_is_refused_in_this_process_and_in_another(void **state)
{
	static struct store *s; /* not lost to the other process: memcheck looks there too */
	const char *path = fixture_path("two.db");
	struct batch *b = fixture_batch();
	struct connection c = fixture_attempt(1, "10.0.0.1", "192.0.2.1", DAY_START);
	char error[STORE_ERROR] = "";
	int status;
	pid_t child;

	(void)state;
	s = fixture_open_path(path);
	assert_int_equal(try_open(path, error), -EBUSY);
	assert_non_null(strstr(error, "another egress25"));
	child = fork();
	if (child == 0) {
		struct store_options options = fixture_options(path);
		struct store *second = NULL;

		_exit(store_open(&options, &second, error) == -EBUSY ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	/* The first one goes on unharmed. */
	fixture_add(b, &c);
	fixture_write(s, b);
	store_close(s);
	assert_int_equal(try_open(path, error), 0);
	batch_free(b);
}

static void readers_see_the_lock_while_a_monitor_runs(void **state)
{
	const char *path = fixture_path("seen.db");
	struct store *s = fixture_open_path(path);
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	char name[256];
	int fd;

	(void)state;
	snprintf(name, sizeof(name), "%s-lock", path);
	fd = open(name, O_RDONLY);
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_OFD_GETLK, &lock), 0);
	assert_int_equal(lock.l_type, F_WRLCK);
	store_close(s);
	lock = (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET};
	assert_int_equal(fcntl(fd, F_OFD_GETLK, &lock), 0);
	assert_int_equal(lock.l_type, F_UNLCK);
	close(fd);
}

static struct flow resumed;
static uint64_t resumed_id;

static bool take_up(void *context, uint64_t id, const struct flow *f)
{
	resumed = *f;
	resumed_id = id;
	return *(const bool *)context;
}

static void a_killed_run_is_closed_and_what_it_left_open_is_taken_up_or_closed(void **state)
{
	const char *path = fixture_path("killed.db");
	struct sqlite3 *db;
	struct batch *b = fixture_batch();
	struct connection goes_on;
	bool taken = true;
	char error[STORE_ERROR];
	struct store *s;
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		struct connection c = fixture_attempt(1, "10.0.0.1", "192.0.2.1", DAY_START);

		s = fixture_open_path(path); /* a failure here is seen by its row missing */
		c.open = true;
		c.last = DAY_START + 5;
		c.has_isn = true;
		c.isn = 0xfedcba98;
		c.connected = true;
		c.outcome = OUTCOME_SENT;
		c.has_dialogue = true;
		c.messages = 3;
		c.resets = 2;
		c.bytes_sent = 400;
		fixture_add(b, &c);
		fixture_write(s, b);
		_exit(0);
	}
	assert_int_equal(waitpid(child, NULL, 0), child);
	db = fixture_reader(path);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM conn WHERE ended IS NULL"), 1);
	sqlite3_close(db);
	s = fixture_open_path(path);
	assert_int_equal(fixture_ask(store_database(s),
				     "SELECT ended = beat FROM run WHERE id = 1"),
			 1);
	assert_int_equal(store_load_open(s, DAY_START + 9, take_up, &taken), 0);
	assert_int_equal(resumed_id, 1);
	assert_int_equal(resumed.client_isn, 0xfedcba98);
	assert_true(resumed.syn_seen && resumed.connected && resumed.sent && !resumed.ended);
	assert_int_equal(resumed.bytes_sent, 400);
	assert_int_equal(resumed.last, DAY_START + 5);
	assert_int_equal(fixture_ask(store_database(s), "SELECT ended IS NULL FROM conn"), 1);
	/* What this run tells of it comes on top. */
	goes_on = fixture_attempt(1, "10.0.0.1", "192.0.2.1", DAY_START);
	goes_on.begun = false;
	goes_on.last = DAY_START + 5;
	goes_on.open = true;
	goes_on.has_dialogue = true;
	goes_on.messages = 2;
	goes_on.resets = 1;
	assert_int_equal(batch_add(b, &goes_on, NULL, NULL), 0);
	assert_int_equal(store_write(s, b, DAY_START + 9, NULL, NULL, error), 0);
	assert_int_equal(fixture_ask(store_database(s), "SELECT messages FROM conn"), 5);
	assert_int_equal(fixture_ask(store_database(s), "SELECT resets FROM conn"), 3);
	batch_free(b);
	taken = false; /* by a monitor that no longer watches that port */
	assert_int_equal(store_load_open(s, DAY_START + 9, take_up, &taken), 0);
	assert_int_equal(fixture_ask(store_database(s), "SELECT ended FROM conn"), DAY_START + 5);
	assert_int_equal(fixture_ask(store_database(s), "SELECT ended FROM run WHERE id = 2"), -1);
	store_close(s);
}

/* More than are taken up at once: the oldest are closed, and none is left open for good. */
static void what_is_open_beyond_those_that_are_taken_up_is_closed(void **state)
{
	const char *path = fixture_path("many.db");
	struct store *s = fixture_open_path(path);
	struct batch *b = fixture_batch();
	struct connection c = fixture_attempt(1, "10.0.0.1", "192.0.2.1", DAY_START);
	bool taken = true;

	(void)state;
	c.open = true;
	fixture_add(b, &c);
	fixture_write(s, b);
	batch_free(b);
	fixture_ask(
		store_database(s),
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
		" INSERT INTO conn(host, client_port, server, server_port, started, last,"
		" standing, reason, outcome, connected, vlan, bytes_sent,"
		" bytes_received, resets)"
		" SELECT host, i %% 60000, server, server_port, started + i, last + i, standing,"
		" reason, outcome, connected, vlan, bytes_sent, bytes_received, resets FROM conn, n"
		" RETURNING 1",
		STORE_RESUMED + 9);
	assert_int_equal(fixture_ask(store_database(s),
				     "SELECT count(*) FROM conn WHERE ended IS NULL"),
			 STORE_RESUMED + 10);
	assert_int_equal(store_load_open(s, DAY_START + 9, take_up, &taken), 0);
	assert_int_equal(fixture_ask(store_database(s),
				     "SELECT count(*) FROM conn WHERE ended IS NULL"),
			 STORE_RESUMED);
	assert_int_equal(fixture_ask(store_database(s),
				     "SELECT count(*) FROM conn WHERE ended = last AND id <= 10"),
			 10);
	store_close(s);
}

static void views_serve_a_reader_that_trusts_no_schema(void **state)
{
	const char *path = fixture_path("views.db");
	struct sqlite3 *db;

	(void)state;
	store_close(fixture_open_path(path));
	db = fixture_reader(path);
	sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM offender"), 0);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM connection"), 0);
	sqlite3_close(db);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_that_is_no_database_is_refused_untouched),
		cmocka_unit_test(another_programs_database_is_refused_untouched),
		cmocka_unit_test(a_newer_record_is_refused_untouched),
		cmocka_unit_test(a_newer_version_that_stands_in_the_wal_alone_is_refused_too),
		cmocka_unit_test(a_directory_or_a_missing_or_forbidden_directory_is_named),
		cmocka_unit_test(an_unprivileged_user_is_told_of_the_permission),
		cmocka_unit_test(an_empty_file_becomes_a_record),
		cmocka_unit_test(a_record_has_its_marks_its_modes_and_its_wal),
		cmocka_unit_test(a_link_is_refused_and_what_it_names_untouched),
		cmocka_unit_test(a_second_monitor_is_refused_in_this_process_and_in_another),
		cmocka_unit_test(readers_see_the_lock_while_a_monitor_runs),
		cmocka_unit_test(
			a_killed_run_is_closed_and_what_it_left_open_is_taken_up_or_closed),
		cmocka_unit_test(what_is_open_beyond_those_that_are_taken_up_is_closed),
		cmocka_unit_test(views_serve_a_reader_that_trusts_no_schema),
	};

	return cmocka_run_group_tests(tests, fixture_enter_group, fixture_leave_group);
}
