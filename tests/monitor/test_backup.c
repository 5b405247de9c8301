/* Copies of a record that is being written, what comes of them, and readers that hold on to it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "../edge/store_fixture.h"
#include "base/moment.h"
#include "monitor/writer.h"

#define BACKUPS 10
#define BATCH	300

static void attempts(struct batch *b, uint64_t from, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct connection c =
			fixture_attempt(from + i, "10.0.0.1", "192.0.2.1", DAY_START + i);

		c.server = fixture_nth("198.18.0.0", (uint32_t)from + i);
		fixture_add(b, &c);
	}
}

/* As `.backup` of the shell does it. */
static void back_up(struct sqlite3 *from, const char *path)
{
	struct sqlite3 *to = NULL;
	sqlite3_backup *backup;

	assert_int_equal(sqlite3_open(path, &to), SQLITE_OK);
	backup = sqlite3_backup_init(to, "main", from, "main");
	assert_non_null(backup);
	assert_int_equal(sqlite3_backup_step(backup, -1), SQLITE_DONE);
	assert_int_equal(sqlite3_backup_finish(backup), SQLITE_OK);
	sqlite3_close(to);
}

static void vacuum_into(struct sqlite3 *from, const char *path)
{
	char sql[512];

	snprintf(sql, sizeof(sql), "VACUUM INTO '%s'", path);
	assert_int_equal(sqlite3_exec(from, sql, NULL, NULL, NULL), SQLITE_OK);
}

/* Whole, of this schema, and one moment of the record; returns how many attempts it has. */
static int64_t check(const char *path)
{
	struct sqlite3 *db = fixture_reader(path);
	int64_t count = fixture_ask(db, "SELECT count(*) FROM conn");

	assert_string_equal(fixture_ask_text(db, "PRAGMA integrity_check"), "ok");
	assert_int_equal(fixture_ask(db, "PRAGMA user_version"), 2);
	assert_int_equal(fixture_ask(db, "SELECT coalesce(sum(attempts), 0) FROM host_sum"
					 " WHERE span = 0"),
			 count);
	assert_int_equal(fixture_ask(db, "SELECT coalesce(sum(attempts), 0) FROM contact_sum"
					 " WHERE span = 60"),
			 count);
	sqlite3_close(db);
	return count;
}

static void backups_taken_while_the_monitor_writes_are_whole(void **state)
{
	const char *path = fixture_path("running.db"), *copy = fixture_path("copy.db");
	struct store *s = fixture_open_path(path);
	struct writer_options options = {.store = s};
	char error[STORE_ERROR] = "";
	struct sqlite3 *db = fixture_reader(path);
	struct writer *w = NULL;
	int64_t before = 0, first = 0;
	uint64_t id = 1;

	(void)state;
	assert_int_equal(writer_start(&options, &w), 0);
	for (int i = 0; i < BACKUPS; i++) {
		int64_t found;

		attempts(writer_batch(w), id, BATCH);
		id += BATCH;
		/* It is being written while the copy is made. */
		assert_true(writer_offer(w, true));
		(i % 2 ? vacuum_into : back_up)(db, copy);
		found = check(copy);
		assert_true(found >= before && found % BATCH == 0);
		before = found;
		if (i == 0)
			first = found;
		assert_int_equal(unlink(copy), 0);
	}
	assert_true(before > first);
	sqlite3_close(db);
	/* The writer met no error, and lost nothing. */
	assert_int_equal(writer_stop(w, error), 0);
	assert_string_equal(error, "");
	assert_int_equal(fixture_ask(store_database(s), "SELECT count(*) FROM conn"),
			 BACKUPS * BATCH);
	assert_int_equal(fixture_ask(store_database(s), "SELECT count(*) FROM lost"), 0);
	store_close(s);
}

static int count_commit(void *context)
{
	++*(int *)context;
	return 0;
}

/* So that no copy, whenever it is made, has sums without their rows. */
static void a_batch_is_one_transaction(void **state)
{
	struct store *s = fixture_open_path(fixture_path("one.db"));
	struct batch *b = fixture_batch();
	int commits = 0;

	(void)state;
	sqlite3_commit_hook(store_database(s), count_commit, &commits);
	attempts(b, 1, BATCH);
	fixture_write(s, b);
	assert_int_equal(commits, 1);
	batch_free(b);
	store_close(s);
}

static void a_record_that_was_put_back_goes_on(void **state)
{
	const char *path = fixture_path("lost.db"), *copy = fixture_path("kept.db");
	struct store *s = fixture_open_path(path);
	struct batch *b = fixture_batch();
	struct sqlite3 *db;
	char name[512];

	(void)state;
	attempts(b, 1, 7);
	fixture_write(s, b);
	back_up(store_database(s), copy);
	attempts(b, 8, 5); /* what came after it is gone */
	fixture_write(s, b);
	store_close(s);
	/* As the manual says it: the file in the place of the other, and -wal and -shm away. */
	snprintf(name, sizeof(name), "%s-wal", path);
	unlink(name);
	snprintf(name, sizeof(name), "%s-shm", path);
	unlink(name);
	assert_int_equal(rename(copy, path), 0);

	s = fixture_open_path(path);
	assert_int_equal(store_next_id(s), 8);
	attempts(b, store_next_id(s), 3);
	fixture_write(s, b);
	db = store_database(s);
	assert_int_equal(fixture_ask(db, "SELECT attempts FROM offender"), 10);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM conn"), 10);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM run"), 2);
	assert_string_equal(fixture_ask_text(db, "PRAGMA journal_mode"), "wal");
	assert_string_equal(fixture_ask_text(db, "PRAGMA integrity_check"), "ok");
	fixture_check_sums(db);
	batch_free(b);
	store_close(s);
}

static int64_t log_bytes(const char *path)
{
	char name[512];
	struct stat st;

	snprintf(name, sizeof(name), "%s-wal", path);
	return stat(name, &st) < 0 ? 0 : st.st_size;
}

static void grow_log(const char *path, int mebibytes)
{
	struct sqlite3 *db = NULL;
	char sql[256];

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	snprintf(sql, sizeof(sql),
		 "CREATE TABLE IF NOT EXISTS scratch(b); INSERT INTO scratch"
		 " VALUES(zeroblob(%d))",
		 mebibytes << 20);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void a_reader_that_holds_on_cannot_fill_the_disk(void **state)
{
	const char *path = fixture_path("held.db");
	struct store_options options = fixture_options(path);
	struct batch *b = fixture_batch();
	char error[STORE_ERROR] = "";
	int64_t now = DAY_START + 10 * MOMENT_DAY;
	struct sqlite3 *reader;
	struct store *s;

	(void)state;
	options.retention_age = MOMENT_DAY;
	options.retention_bytes = 1 << 20;
	s = fixture_open(&options);
	attempts(b, 1, 50);
	fixture_write(s, b);
	reader = fixture_reader(path);
	assert_int_equal(sqlite3_exec(reader, "BEGIN; SELECT * FROM host", NULL, NULL, NULL),
			 SQLITE_OK);
	/* Retention, which would only make the log longer, rests. */
	grow_log(path, 35);
	assert_int_equal(store_prune(s, now, error), 0);
	assert_int_equal(fixture_ask(reader, "SELECT count(*) FROM conn"), 50);
	assert_int_equal(fixture_ask(store_database(s), "SELECT count(*) FROM conn"), 50);
	/* Below the limit all is written, beyond it nothing. */
	attempts(b, 51, 1);
	assert_int_equal(fixture_try(s, b), 0);
	grow_log(path, 35);
	attempts(b, 52, 1);
	assert_int_equal(store_write(s, b, now, NULL, NULL, error), -EBUSY);
	assert_non_null(strstr(error, "another program holds an old state of the record"));
	/* It goes: what waited is written, and the log is short again. */
	sqlite3_close(reader);
	assert_int_equal(fixture_try(s, b), 0);
	assert_true(log_bytes(path) < 16 << 20);
	assert_int_equal(fixture_ask(store_database(s), "SELECT count(*) FROM conn"), 52);
	while (store_prune(s, now + MOMENT_HOUR, error) > 0)
		continue;
	assert_int_equal(fixture_ask(store_database(s), "SELECT count(*) FROM conn"), 0);
	batch_free(b);
	store_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(backups_taken_while_the_monitor_writes_are_whole),
		cmocka_unit_test(a_batch_is_one_transaction),
		cmocka_unit_test(a_record_that_was_put_back_goes_on),
		cmocka_unit_test(a_reader_that_holds_on_cannot_fill_the_disk),
	};

	return cmocka_run_group_tests(tests, fixture_enter_group, fixture_leave_group);
}
