/*
 * The record under what befalls it: kill -9, a full disk, a lock, a reader, deletion.  Each batch
 * of these tests holds a known number of attempts, so that "nothing lost, nothing twice" is a sum.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/moment.h"
#include "store_fixture.h"

#define EACH 40

/* Batch n: attempts of a few hosts at many servers, all in minute n. */
static void fill(struct batch *b, uint64_t n)
{
	for (uint64_t i = 0; i < EACH; i++) {
		struct connection c =
			fixture_attempt(n * EACH + i + 1, "10.0.0.0", "198.18.0.0",
					DAY_START + (int64_t)(n % 3000) * MOMENT_MINUTE +
						(int64_t)i);

		c.client.b[15] = (uint8_t)(i % 5);
		c.server = fixture_nth("198.18.0.0", (uint32_t)(n * 7 + i * 13));
		c.bytes_sent = n;
		fixture_add(b, &c);
	}
}

static int64_t attempts_in(struct sqlite3 *db)
{
	return fixture_ask(db, "SELECT coalesce(sum(attempts), 0) FROM host_sum WHERE span = 0");
}

static void write_until_killed(const char *path, int report)
{
	struct store_options options = fixture_options(path);
	struct store *s = NULL;
	struct batch *b = fixture_batch();
	char error[STORE_ERROR];
	uint64_t n;

	if (store_open(&options, &s, error) < 0) {
		fprintf(stderr, "%s\n", error);
		_exit(3);
	}
	n = (store_next_id(s) - 1) / EACH;
	for (;; n++) {
		fill(b, n);
		if (store_write(s, b, DAY_START, NULL, NULL, error) < 0)
			_exit(1);
		batch_clear(b);
		if (write(report, &n, sizeof(n)) != sizeof(n))
			_exit(2);
		if (n % 5 == 0)
			store_prune(s, DAY_START, error);
	}
}

/* The last batch that was reported; before where none was. */
static uint64_t drain(int fd, uint64_t before)
{
	uint64_t n;

	while (read(fd, &n, sizeof(n)) == sizeof(n))
		before = n + 1;
	return before;
}

/* Waits for the first report. */
static uint64_t await(int fd, uint64_t before)
{
	uint64_t n;

	return read(fd, &n, sizeof(n)) == sizeof(n) ? n + 1 : before;
}

static void a_kill_at_any_moment_loses_no_batch_that_was_stored(void **state)
{
	const char *path = fixture_path("killed.db");
	uint64_t stored = 0;

	(void)state;
	srand(25);
	for (int round = 0; round < 30; round++) {
		struct sqlite3 *db;
		int pipes[2], status;
		int64_t found;
		pid_t child;

		assert_int_equal(pipe(pipes), 0);
		child = fork();
		if (child == 0)
			write_until_killed(path, pipes[1]);
		close(pipes[1]);
		/* A third of them while the record is opened, the rest while it is written. */
		if (round % 3)
			stored = await(pipes[0], stored);
		usleep((useconds_t)(rand() % 40000));
		kill(child, SIGKILL);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status)); /* it never failed by itself */
		stored = drain(pipes[0], stored);
		close(pipes[0]);
		if (access(path, F_OK) < 0)
			continue;
		db = fixture_reader(path);
		if (fixture_ask(db, "SELECT count(*) FROM sqlite_schema") > 0) {
			found = attempts_in(db);
			/* Whole batches; at most one that was stored and not yet reported. */
			assert_int_equal(found % EACH, 0);
			assert_in_range(found / EACH, stored, stored + 1);
			stored = (uint64_t)(found / EACH);
			assert_int_equal(fixture_ask(db, "SELECT count(*) FROM conn"), found);
			fixture_check_sums(db);
		}
		assert_string_equal(fixture_ask_text(db, "PRAGMA integrity_check"), "ok");
		sqlite3_close(db);
	}
	assert_true(stored >= 20); /* of which each of twenty rounds made one at least */
}

static void a_full_disk_loses_nothing_once_there_is_room(void **state)
{
	char mount_point[128], path[160], ballast[160];
	struct batch *b;
	struct store *s;
	uint64_t n = 0, full = 0;

	(void)state;
	snprintf(mount_point, sizeof(mount_point), "%s", fixture_path("small"));
	assert_int_equal(mkdir(mount_point, 0755), 0);
	if (mount("tmpfs", mount_point, "tmpfs", 0, "size=2m,mode=0755") < 0) {
		print_message("needs root to mount a small tmpfs: skipped\n");
		skip();
	}
	snprintf(path, sizeof(path), "%s/record.db", mount_point);
	snprintf(ballast, sizeof(ballast), "%s/ballast", mount_point);
	s = fixture_open_path(path);
	b = fixture_batch();
	for (; full < 20 && n < 2000; n++) {
		int r;

		fill(b, n);
		while ((r = fixture_try(s, b)) < 0 && full < 20) {
			assert_int_equal(r, -ENOSPC);
			assert_int_equal(sqlite3_get_autocommit(store_database(s)), 1);
			full++;
		}
	}
	assert_int_equal(full, 20);
	/* b holds a batch that was never stored, and takes more meanwhile. */
	fill(b, n);
	n++;
	assert_int_equal(mount("tmpfs", mount_point, "tmpfs", MS_REMOUNT, "size=16m,mode=0755"), 0);
	for (int i = 0; i < 50; i++, n++) {
		fixture_write(s, b);
		fill(b, n);
	}
	fixture_write(s, b);
	assert_int_equal(attempts_in(store_database(s)), n * EACH);
	fixture_check_sums(store_database(s));
	assert_string_equal(fixture_ask_text(store_database(s), "PRAGMA integrity_check"), "ok");
	store_close(s);
	batch_free(b);
	assert_int_equal(umount(mount_point), 0);
}

static void a_lock_held_by_another_for_a_while_loses_nothing(void **state)
{
	const char *path = fixture_path("locked.db");
	struct store *s = fixture_open_path(path);
	struct batch *b = fixture_batch();
	struct sqlite3 *db = fixture_reader(path);

	(void)state;
	fill(b, 0);
	fixture_write(s, b);
	assert_int_equal(sqlite3_exec(db, "BEGIN EXCLUSIVE; UPDATE run SET tracked = 9", NULL, NULL,
				      NULL),
			 SQLITE_OK);
	fill(b, 1);
	for (int i = 0; i < 10; i++)
		assert_int_equal(fixture_try(s, b), -EBUSY);
	fill(b, 2);
	assert_int_equal(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	fixture_write(s, b);
	assert_int_equal(attempts_in(db), 3 * EACH);
	assert_int_equal(fixture_ask(db, "SELECT tracked FROM run"), 9);
	fixture_check_sums(db);
	sqlite3_close(db);
	store_close(s);
	batch_free(b);
}

static void a_reader_with_an_old_snapshot_does_not_hold_up_the_writer(void **state)
{
	const char *path = fixture_path("read.db");
	struct store *s = fixture_open_path(path);
	struct batch *b = fixture_batch();
	struct sqlite3 *db = fixture_reader(path);
	char error[STORE_ERROR];

	(void)state;
	fill(b, 0);
	fixture_write(s, b);
	assert_int_equal(sqlite3_exec(db, "BEGIN", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(attempts_in(db), EACH);
	for (uint64_t n = 1; n <= 100; n++) {
		fill(b, n);
		fixture_write(s, b);
		assert_true(store_prune(s, DAY_START, error) >= 0);
	}
	assert_int_equal(attempts_in(db), EACH);
	assert_int_equal(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(attempts_in(db), 101 * EACH);
	sqlite3_close(db);
	store_close(s);
	batch_free(b);
}

static void a_record_deleted_under_the_writer_is_begun_anew(void **state)
{
	const char *path = fixture_path("deleted.db");
	struct store *s = fixture_open_path(path);
	struct batch *b = fixture_batch();
	struct sqlite3 *db;

	(void)state;
	fill(b, 0);
	fixture_write(s, b);
	assert_int_equal(unlink(path),
			 0); /* its -wal and -shm stay: they must not be taken for ours */
	fill(b, 1);
	assert_int_equal(fixture_try(s, b), -ESTALE);
	fill(b, 2);
	fixture_write(s, b);
	db = fixture_reader(path);
	assert_int_equal(attempts_in(db), 2 * EACH);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM run"), 1);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM offender"), 5);
	assert_true(fixture_ask(db, "SELECT next_id FROM run") > EACH);
	fixture_check_sums(db);
	assert_string_equal(fixture_ask_text(db, "PRAGMA integrity_check"), "ok");
	sqlite3_close(db);
	store_close(s);
	batch_free(b);
}

static void a_foreign_file_put_in_its_place_is_not_touched(void **state)
{
	char path[128], aside[128], error[STORE_ERROR];
	struct store *s;
	struct batch *b = fixture_batch();
	FILE *f;

	(void)state;
	snprintf(path, sizeof(path), "%s", fixture_path("replaced.db"));
	snprintf(aside, sizeof(aside), "%s", fixture_path("aside.db"));
	s = fixture_open_path(path);
	assert_int_equal(rename(path, aside), 0);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs("precious text that is no database", f);
	fclose(f);
	fill(b, 0);
	assert_int_equal(fixture_try(s, b), -EINVAL);
	assert_int_equal(fixture_try(s, b), -EINVAL);
	assert_int_equal(store_prune(s, DAY_START, error), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(fixture_try(s, b), -ESTALE);
	fixture_write(s, b);
	assert_int_equal(attempts_in(store_database(s)), EACH);
	store_close(s);
	batch_free(b);
}

static void a_record_out_of_sight_is_not_taken_for_deleted(void **state)
{
	char directory[128], aside[128], path[160];
	struct batch *b = fixture_batch();
	struct store *s;

	(void)state;
	snprintf(directory, sizeof(directory), "%s", fixture_path("sight"));
	snprintf(aside, sizeof(aside), "%s", fixture_path("sight-aside"));
	snprintf(path, sizeof(path), "%s/record.db", directory);
	assert_int_equal(mkdir(directory, 0755), 0);
	s = fixture_open_path(path);
	/* stat(2) fails with ELOOP: whether the file still stands there cannot be told. */
	assert_int_equal(rename(directory, aside), 0);
	assert_int_equal(symlink("sight", directory), 0);
	fill(b, 0);
	assert_int_equal(fixture_try(s, b), 0);
	assert_int_equal(unlink(directory), 0);
	assert_int_equal(rename(aside, directory), 0);
	fill(b, 1);
	assert_int_equal(fixture_try(s, b), 0);
	assert_int_equal(attempts_in(store_database(s)), 2 * EACH);
	store_close(s);
	batch_free(b);
}

static void take_place(const char *from, const char *to)
{
	static const char *const suffixes[] = {"", "-wal", "-shm"};

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		char old[160], new[160];

		snprintf(old, sizeof(old), "%s%s", from, suffixes[i]);
		snprintf(new, sizeof(new), "%s%s", to, suffixes[i]);
		assert_int_equal(rename(old, new), 0);
	}
}

static void ids_go_on_behind_those_of_a_record_put_in_its_place(void **state)
{
	char path[128], other[128];
	struct batch *b = fixture_batch();
	struct connection c = fixture_attempt(EACH + 1, "10.0.0.9", "192.0.2.9", DAY_START);
	struct store *s;
	struct sqlite3 *db;

	(void)state;
	snprintf(path, sizeof(path), "%s", fixture_path("mine.db"));
	snprintf(other, sizeof(other), "%s", fixture_path("other.db"));
	s = fixture_open_path(other);
	for (uint64_t n = 0; n < 5; n++) {
		fill(b, n);
		fixture_write(s, b);
	}
	store_close(s);
	s = fixture_open_path(path);
	fill(b, 0);
	fixture_write(s, b);
	take_place(other, path);
	/* The caller goes on counting where he was, at an id that the other record has. */
	fixture_add(b, &c);
	assert_int_equal(fixture_try(s, b), -ESTALE);
	fixture_write(s, b);
	c.outcome = OUTCOME_REFUSED;
	fixture_update(b, &c, OUTCOME_UNANSWERED);
	fixture_write(s, b);
	db = store_database(s);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM conn"), 5 * EACH + 1);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM conn WHERE outcome = 'refused'"), 1);
	assert_int_equal(fixture_ask(db, "SELECT c.id FROM conn c JOIN host h ON h.id = c.host"
					 " WHERE h.address = '10.0.0.9'"
					 " AND c.outcome = 'refused'") > 5 * EACH,
			 1);
	fixture_check_sums(db);
	store_close(s);
	batch_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_kill_at_any_moment_loses_no_batch_that_was_stored),
		cmocka_unit_test(a_full_disk_loses_nothing_once_there_is_room),
		cmocka_unit_test(a_lock_held_by_another_for_a_while_loses_nothing),
		cmocka_unit_test(a_reader_with_an_old_snapshot_does_not_hold_up_the_writer),
		cmocka_unit_test(a_record_deleted_under_the_writer_is_begun_anew),
		cmocka_unit_test(a_foreign_file_put_in_its_place_is_not_touched),
		cmocka_unit_test(a_record_out_of_sight_is_not_taken_for_deleted),
		cmocka_unit_test(ids_go_on_behind_those_of_a_record_put_in_its_place),
	};

	return cmocka_run_group_tests(tests, fixture_enter_group, fixture_leave_group);
}
