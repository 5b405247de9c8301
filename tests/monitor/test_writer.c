/* The writer against a real record: what the capture thread hands over is stored, whatever happens
 * to the record meanwhile. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "../edge/store_fixture.h"
#include "monitor/writer.h"

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static struct writer *start(struct store *s, store_news_fn *news, void *context)
{
	struct writer_options options = {.store = s, .news = news, .context = context};
	struct writer *w = NULL;

	assert_int_equal(writer_start(&options, &w), 0);
	return w;
}

static void attempts(struct writer *w, uint64_t from, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct connection c =
			fixture_attempt(from + i, "10.0.0.1", "192.0.2.1", DAY_START + i);

		fixture_add(writer_batch(w), &c);
	}
}

static void stop(struct writer *w)
{
	char error[STORE_ERROR] = "";

	if (writer_stop(w, error) < 0)
		fail_msg("%s", error);
}

static int64_t stored(const char *path)
{
	struct sqlite3 *db = fixture_reader(path);
	int64_t n = fixture_ask(db, "SELECT attempts FROM host_sum WHERE span = 0");

	sqlite3_close(db);
	return n;
}

static void what_was_never_offered_is_stored_at_the_end(void **state)
{
	const char *path = fixture_path("end.db");
	struct store *s = fixture_open_path(path);
	struct writer *w = start(s, NULL, NULL);

	(void)state;
	attempts(w, 1, 7);
	batch_health(writer_batch(w))->packets = 33;
	stop(w);
	assert_int_equal(fixture_ask(store_database(s), "SELECT packets FROM run"), 33);
	store_close(s);
	assert_int_equal(stored(path), 7);
}

/* Batches one upon the other, each of a minute of its own, into a record that may hold 1 MiB. */
static void retention_keeps_pace_with_a_flood(void **state)
{
	const char *path = fixture_path("pace.db");
	struct store *s = fixture_open_path(path);
	const struct store_limits limits = {.rows_per_host_hour = 10, .retention_bytes = 1 << 20};
	struct writer *w = start(s, NULL, NULL);
	struct sqlite3 *db;
	int64_t pages;

	(void)state;
	writer_set_limits(w, &limits);
	for (uint32_t round = 0; round < 24; round++) {
		for (uint32_t i = 0; i < 2500; i++) {
			struct connection c =
				fixture_attempt(round * 2500 + i + 1, "10.0.0.1", "192.0.2.1",
						DAY_START + round * INT64_C(60000000) + i);

			c.server.b[13] = (uint8_t)(i / 256);
			c.server.b[14] = (uint8_t)(100 + i % 150);
			c.server.b[15] = (uint8_t)(i / 100);
			fixture_add(writer_batch(w), &c);
		}
		assert_true(writer_offer(w, true));
	}
	assert_true(writer_offer(w, true)); /* the last is written */
	db = fixture_reader(path);
	pages = fixture_ask(db, "SELECT page_count - freelist_count FROM pragma_page_count,"
				" pragma_freelist_count");
	sqlite3_close(db);
	assert_in_range(pages * 4096, 1, 2 << 20);
	stop(w);
	store_close(s);
	assert_int_equal(stored(path), 24 * 2500);
}

static void health_alone_is_stored_at_the_end(void **state)
{
	struct store *s = fixture_open_path(NULL);
	struct writer *w = start(s, NULL, NULL);

	(void)state;
	batch_health(writer_batch(w))->packets = 44;
	stop(w);
	assert_int_equal(fixture_ask(store_database(s), "SELECT packets FROM run"), 44);
	store_close(s);
}

static void batches_change_places_when_offered(void **state)
{
	struct store *s = fixture_open_path(NULL);
	struct writer *w = start(s, NULL, NULL);
	struct batch *first = writer_batch(w);

	(void)state;
	for (int round = 0; round < 50; round++) {
		attempts(w, (uint64_t)round * 10 + 1, 10);
		assert_true(writer_offer(w, true));
		if (round == 0)
			assert_ptr_not_equal(writer_batch(w), first);
		assert_true(batch_is_empty(writer_batch(w)));
	}
	stop(w);
	assert_int_equal(fixture_ask(store_database(s), "SELECT attempts FROM host_sum"
							" WHERE span = 0"),
			 500);
	store_close(s);
}

static void the_heart_beats_while_nothing_happens(void **state)
{
	const char *path = fixture_path("beat.db");
	struct store *s = fixture_open_path(path);
	struct writer *w = start(s, NULL, NULL);
	struct sqlite3 *db = fixture_reader(path);
	int64_t before = fixture_ask(db, "SELECT beat FROM run"), after;

	(void)state;
	usleep(1300000);
	after = fixture_ask(db, "SELECT beat FROM run");
	assert_in_range(after - before, 900000, 1400000);
	sqlite3_close(db);
	stop(w);
	store_close(s);
}

static void a_locked_record_stalls_the_writer_and_not_the_capture_thread(void **state)
{
	const char *path = fixture_path("locked.db");
	struct store *s = fixture_open_path(path);
	struct writer *w = start(s, NULL, NULL);
	struct sqlite3 *db = fixture_reader(path);
	double begun, longest = 0, last;

	(void)state;
	assert_int_equal(sqlite3_exec(db, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
	begun = last = seconds();
	for (uint64_t i = 1; seconds() < begun + 1; i += 10) {
		attempts(w, i, 10);
		writer_offer(w, false);
		usleep(1000);
		if (seconds() - last > longest)
			longest = seconds() - last;
		last = seconds();
		*(uint64_t *)*state = i + 9;
	}
	assert_true(longest < 0.2);
	sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	sqlite3_close(db);
	stop(w);
	store_close(s);
	assert_int_equal(stored(path), *(uint64_t *)*state);
}

static void a_record_deleted_meanwhile_gets_what_comes_after(void **state)
{
	const char *path = fixture_path("deleted.db");
	struct store *s = fixture_open_path(path);
	struct writer *w = start(s, NULL, NULL);

	(void)state;
	attempts(w, 1, 5);
	assert_true(writer_offer(w, true));
	assert_true(writer_offer(w, true)); /* the first is stored by now */
	assert_int_equal(unlink(path), 0);
	attempts(w, 6, 3);
	stop(w);
	store_close(s);
	assert_int_equal(stored(path), 3);
}

static void a_last_write_that_cannot_be_made_is_told_within_its_time(void **state)
{
	const char *path = fixture_path("hopeless.db");
	struct store *s = fixture_open_path(path);
	struct writer_options options = {.store = s, .patience = 1500000};
	struct writer *w = NULL;
	struct sqlite3 *db = fixture_reader(path);
	char error[STORE_ERROR] = "";
	double begun = seconds();

	(void)state;
	assert_int_equal(writer_start(&options, &w), 0);
	assert_int_equal(sqlite3_exec(db, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
	attempts(w, 1, 5);
	assert_int_equal(writer_stop(w, error), -EBUSY);
	assert_non_null(strstr(error, "hopeless.db"));
	assert_true(seconds() - begun < 4);
	sqlite3_close(db);
	store_close(s);
}

static void count_news(void *context, const struct store_news *news)
{
	(void)news;
	++*(int *)context;
}

static void news_come_from_the_writer(void **state)
{
	struct store *s = fixture_open_path(NULL);
	int count = 0;
	struct writer *w = start(s, count_news, &count);

	(void)state;
	attempts(w, 1, 5);
	stop(w);
	assert_int_equal(count, 1);
	store_close(s);
}

static void other_limits_hold_from_the_next_write_on(void **state)
{
	struct store_limits limits = {.rows_per_host_hour = 3};
	struct store *s = fixture_open_path(NULL);
	struct writer *w = start(s, NULL, NULL);

	(void)state;
	attempts(w, 1, 5);
	assert_true(writer_offer(w, true));
	assert_true(writer_offer(w, true)); /* the first is stored by now */
	writer_set_limits(w, &limits);
	for (uint32_t i = 6; i < 11; i++) {
		struct connection c = fixture_attempt(i, "10.0.0.2", "192.0.2.1", DAY_START);

		fixture_add(writer_batch(w), &c);
	}
	stop(w);
	assert_int_equal(fixture_ask(store_database(s), "SELECT count(*) FROM conn"), 5 + 3);
	store_close(s);
}

static void a_retention_that_fails_is_said_once(void **state)
{
	const char *path = fixture_path("retention.db");
	struct store *s = fixture_open_path(path);
	struct sqlite3 *db = fixture_reader(path);
	FILE *words = tmpfile();
	int saved = dup(STDERR_FILENO);
	char line[STORE_ERROR] = "", second[STORE_ERROR] = "";
	struct writer *w;

	(void)state;
	assert_int_equal(sqlite3_exec(db, "DROP TABLE router", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	dup2(fileno(words), STDERR_FILENO);
	w = start(s, NULL, NULL);
	for (uint64_t i = 0; i < 20; i++) {
		attempts(w, 1 + i, 1);
		assert_true(writer_offer(w, true));
	}
	usleep(100000);
	stop(w);
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(words);
	assert_non_null(fgets(line, sizeof(line), words));
	assert_non_null(strstr(line, "retention: "));
	assert_non_null(strstr(line, "router"));
	assert_null(fgets(second, sizeof(second), words));
	fclose(words);
	assert_int_equal(fixture_ask(store_database(s), "SELECT attempts FROM host_sum"
							" WHERE span = 0"),
			 20);
	store_close(s);
}

static int enter(void **state)
{
	static uint64_t number;

	fixture_enter();
	*state = &number;
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_never_offered_is_stored_at_the_end),
		cmocka_unit_test(retention_keeps_pace_with_a_flood),
		cmocka_unit_test(health_alone_is_stored_at_the_end),
		cmocka_unit_test(batches_change_places_when_offered),
		cmocka_unit_test(the_heart_beats_while_nothing_happens),
		cmocka_unit_test(a_locked_record_stalls_the_writer_and_not_the_capture_thread),
		cmocka_unit_test(a_record_deleted_meanwhile_gets_what_comes_after),
		cmocka_unit_test(a_last_write_that_cannot_be_made_is_told_within_its_time),
		cmocka_unit_test(news_come_from_the_writer),
		cmocka_unit_test(other_limits_hold_from_the_next_write_on),
		cmocka_unit_test(a_retention_that_fails_is_said_once),
	};

	return cmocka_run_group_tests(tests, enter, fixture_leave_group);
}
