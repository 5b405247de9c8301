/*
 * Reading capture files into a record: files made here, byte by byte, and questions to the record
 * that they leave.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "../edge/store_fixture.h"
#include "monitor/reading.h"

#define SYN 0x02
#define ACK 0x10

static struct config config;

static void put16(uint8_t *p, unsigned int v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v & 0xffff);
}

/* Ethernet, IPv4, TCP: 54 bytes behind a record's header of 16, at second `at` of a day of 2023. */
static void put_frame(FILE *f, uint32_t at, uint32_t from, uint32_t to, unsigned int sport,
		      unsigned int dport, uint32_t seq, unsigned int flags)
{
	static const uint8_t head[] = {2, 0, 0,	   0, 0, 1,  2, 0, 0, 0, 0,  7,
				       8, 0, 0x45, 0, 0, 40, 0, 9, 0, 0, 64, 6};
	uint8_t record[70] = {0};

	put32(record, 1700000000 + at);
	put32(record + 8, 54);
	put32(record + 12, 54);
	memcpy(record + 16, head, sizeof(head));
	put32(record + 42, from);
	put32(record + 46, to);
	put16(record + 50, sport);
	put16(record + 52, dport);
	put32(record + 54, seq);
	put32(record + 58, flags & ACK ? 3 : 0); /* acknowledges sequence number 2 */
	record[62] = 0x50;
	record[63] = (uint8_t)flags;
	assert_int_equal(fwrite(record, sizeof(record), 1, f), 1);
}

static void put_header(FILE *f)
{
	uint8_t header[24] = {0};

	put32(header, 0xa1b2c3d4);
	put16(header + 4, 2);
	put16(header + 6, 4);
	put32(header + 16, 65535);
	put32(header + 20, 1);
	assert_int_equal(fwrite(header, sizeof(header), 1, f), 1);
}

#define HOST   0x0a000001u /* 10.0.0.1 */
#define SERVER 0xc6336404u /* 198.51.100.4 */

/* A capture of `count` attempts from 10.0.0.x, each an hour or so behind the last. */
static char *capture(const char *name, uint32_t count)
{
	char *path = strdup(fixture_path(name));
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	put_header(f);
	for (uint32_t i = 0; i < count; i++)
		put_frame(f, i * 3000, HOST + i % 3, SERVER + i % 2, 2000 + i, 25, i, SYN);
	assert_int_equal(fclose(f), 0);
	return path;
}

/* Good until the next. */
static const char *record_path(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s", fixture_path(name));
	return path;
}

static struct reading_options options_of(char *const *files, int count, const char *record)
{
	return (struct reading_options){.files = files,
					.file_count = count,
					.record = record,
					.config = &config};
}

/* Opens and reads; the result of whichever failed first. */
static int read_into(const struct reading_options *options)
{
	struct reading *r = NULL;
	int result = reading_open(options, &r);

	if (result == 0)
		result = reading_run(r);
	reading_close(r);
	return result;
}

static int64_t ask(const char *record, const char *sql)
{
	struct sqlite3 *db = fixture_reader(record);
	int64_t n = fixture_ask(db, "%s", sql);

	sqlite3_close(db);
	return n;
}

#define ATTEMPTS "SELECT sum(attempts) FROM host_sum WHERE span = 0"

static void files_are_read_as_one_and_noted_as_complete(void **state)
{
	char *files[] = {capture("first.pcap", 3), strdup(fixture_path("second.pcap"))};
	const char *record = record_path("files.db");
	struct reading_options options = options_of(files, 2, record);

	FILE *f = fopen(files[1], "w");

	(void)state;
	/* The server's answer to the first file's last attempt. */
	put_header(f);
	put_frame(f, 6001, SERVER, HOST + 2, 25, 2002, 900, SYN | ACK);
	fclose(f);
	assert_int_equal(read_into(&options), 0);
	assert_int_equal(ask(record, ATTEMPTS), 3);
	assert_int_equal(ask(record, "SELECT sum(connected) FROM host_sum WHERE span = 0"), 1);
	assert_int_equal(ask(record, "SELECT count(*) FROM source WHERE complete = 1"), 2);
	assert_int_equal(ask(record, "SELECT received FROM interface WHERE name = 'first.pcap'"),
			 3);
	free(files[0]);
	free(files[1]);
}

static void files_of_one_name_are_counted_apart(void **state)
{
	char *files[3];
	const char *record = record_path("names.db");
	struct reading_options options = options_of(files, 3, record);

	(void)state;
	mkdir(fixture_path("a"), 0700);
	mkdir(fixture_path("b"), 0700);
	files[0] = capture("a/day.pcap", 1);
	files[1] = capture("b/day.pcap", 2);
	files[2] = capture("of-which-the-end-tells-more-than-the-begin.pcap", 4);
	assert_int_equal(read_into(&options), 0);
	assert_int_equal(ask(record, "SELECT received FROM interface WHERE name = 'day.pcap'"), 1);
	assert_int_equal(ask(record, "SELECT received FROM interface WHERE name = 'day.pcap #2'"),
			 2);
	assert_int_equal(ask(record, "SELECT received FROM interface WHERE name ="
				     " 'end-tells-more-than-the-begin.pcap'"),
			 -1); /* 34 bytes; 31 fit */
	assert_int_equal(ask(record, "SELECT received FROM interface WHERE name ="
				     " '-tells-more-than-the-begin.pcap'"),
			 4);
	for (int i = 0; i < 3; i++) {
		unlink(files[i]);
		free(files[i]);
	}
	rmdir(fixture_path("a"));
	rmdir(fixture_path("b"));
}

static void more_files_than_names_leave_the_first_names_alone(void **state)
{
	enum { FILES = HEALTH_INTERFACES + 3 };
	char *files[FILES], name[32];
	const char *record = record_path("many.db");
	struct reading_options options = options_of(files, FILES, record);

	(void)state;
	for (int i = 0; i < FILES; i++) {
		snprintf(name, sizeof(name), "many-%d.pcap", i);
		files[i] = capture(name, (uint32_t)i + 1);
	}
	assert_int_equal(read_into(&options), 0);
	assert_int_equal(ask(record, "SELECT count(*) FROM interface"), HEALTH_INTERFACES);
	assert_int_equal(ask(record, "SELECT count(*) FROM interface WHERE name = 'other files'"),
			 1);
	assert_int_equal(ask(record, "SELECT received FROM interface WHERE name = 'many-14.pcap'"),
			 15);
	for (int i = 0; i < FILES; i++)
		free(files[i]);
}

static void a_file_is_refused_the_second_time_unless_asked_for(void **state)
{
	char *file = capture("again.pcap", 4);
	const char *record = record_path("again.db");
	struct reading_options options = options_of(&file, 1, record);

	(void)state;
	assert_int_equal(read_into(&options), 0);
	assert_int_equal(read_into(&options), -EEXIST);
	assert_int_equal(ask(record, ATTEMPTS), 4);
	options.again = true;
	assert_int_equal(read_into(&options), 0);
	assert_int_equal(ask(record, ATTEMPTS), 8);
	free(file);
}

static void a_file_given_twice_is_refused_under_any_name_and_none_is_noted(void **state)
{
	char *files[] = {capture("once.pcap", 2), capture("other.pcap", 3),
			 capture("twin.pcap", 2)};
	const char *record = record_path("twice.db");
	struct reading_options options = options_of(files, 3, record);

	(void)state;
	assert_int_equal(read_into(&options), -EEXIST);
	assert_int_equal(ask(record, "SELECT count(*) FROM source"), 0);
	options.file_count = 2;
	assert_int_equal(read_into(&options), 0);
	for (int i = 0; i < 3; i++)
		free(files[i]);
}

static void a_file_given_twice_is_read_twice_where_asked_for(void **state)
{
	char *file = capture("both.pcap", 2), *files[] = {file, file};
	const char *record = record_path("both.db");
	struct reading_options options = options_of(files, 2, record);

	(void)state;
	options.again = true;
	assert_int_equal(read_into(&options), 0);
	assert_int_equal(ask(record, "SELECT packets FROM run"), 4);
	assert_int_equal(ask(record, "SELECT count(*) FROM source WHERE complete = 1"), 2);
	free(file);
}

static void a_run_that_was_interrupted_leaves_word_of_it(void **state)
{
	char *file = capture("partly.pcap", 2);
	const char *record = record_path("partly.db");
	struct reading_options options = options_of(&file, 1, record);
	struct reading *r = NULL;

	(void)state;
	assert_int_equal(reading_open(&options, &r), 0);
	reading_close(r); /* it never came to read */
	assert_int_equal(ask(record, "SELECT complete FROM source"), 0);
	assert_int_equal(read_into(&options), -EEXIST);
	options.again = true;
	assert_int_equal(read_into(&options), 0);
	assert_int_equal(ask(record, ATTEMPTS), 2);
	free(file);
}

static void a_file_cut_short_yields_what_came_before_and_the_next_is_read(void **state)
{
	char *files[] = {capture("cut.pcap", 4), capture("whole.pcap", 1)};
	const char *record = record_path("cut.db");
	struct reading_options options = options_of(files, 2, record);

	(void)state;
	assert_int_equal(truncate(files[0], 24 + 3 * 70 + 40), 0);
	assert_int_equal(read_into(&options), -ENODATA);
	/* The next file's is the first again, but hours have passed. */
	assert_int_equal(ask(record, ATTEMPTS), 3 + 1);
	assert_int_equal(ask(record, "SELECT packets FROM run"), 4);
	free(files[0]);
	free(files[1]);
}

static void a_pipe_is_read_and_not_noted(void **state)
{
	char *dash = "-", *file = capture("piped.pcap", 6), buf[1024];
	const char *record = record_path("pipe.db");
	struct reading_options options = options_of(&dash, 1, record);
	FILE *f = fopen(file, "r");
	size_t n = fread(buf, 1, sizeof(buf), f);
	int ends[2], saved = dup(STDIN_FILENO);

	(void)state;
	assert_int_equal(n, 24 + 6 * 70);
	fclose(f);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], buf, n), n);
	close(ends[1]);
	dup2(ends[0], STDIN_FILENO);
	close(ends[0]);
	assert_int_equal(read_into(&options), 0);
	if (saved >= 0) {
		dup2(saved, STDIN_FILENO);
		close(saved);
	}
	assert_int_equal(ask(record, ATTEMPTS), 6);
	assert_int_equal(ask(record, "SELECT count(*) FROM source"), 0);
	assert_int_equal(ask(record,
			     "SELECT received FROM interface WHERE name = 'standard input'"),
			 6);
	free(file);
}

static void traffic_between_strangers_is_told_with_its_addresses(void **state)
{
	char *file = strdup(fixture_path("strangers.pcap"));
	struct reading_options options = options_of(&file, 1, NULL);
	const struct health *h;
	struct reading *r = NULL;
	char text[ADDR_TEXT];
	FILE *f = fopen(file, "w");

	(void)state;
	put_header(f);
	put_frame(f, 0, 0xcb007107, SERVER, 2000, 25, 1, SYN); /* 203.0.113.7 */
	fclose(f);
	assert_int_equal(reading_open(&options, &r), 0);
	assert_int_equal(reading_run(r), 0);
	h = reading_health(r);
	assert_int_equal(h->unclassified, 1);
	assert_int_equal(h->example_count, 1);
	assert_string_equal(addr_format(&h->examples[0].client, text), "203.0.113.7");
	assert_int_equal(fixture_ask(reading_database(r), "SELECT count(*) FROM host_sum"), 0);
	reading_close(r);
	free(file);
}

static void totals_are_the_same_whatever_else_is_kept(void **state)
{
	static const char sums[] =
		"SELECT group_concat(line, char(10)) FROM (SELECT address || ' ' || attempts ||"
		" ' ' || connected || ' ' || destinations || ' ' || outcome_unanswered || ' ' ||"
		" first || ' ' || last AS line FROM host_sum JOIN host ON host.id = host"
		" WHERE span = 0 AND standing = 0 ORDER BY address)";
	char *file = capture("totals.pcap", 500);
	char *told[3];

	(void)state;
	for (int i = 0; i < 3; i++) {
		const char *record = i == 2 ? fixture_path("totals.db") : NULL;
		struct reading_options options = options_of(&file, 1, record);
		struct reading *r = NULL;

		options.totals_only = i == 0;
		assert_int_equal(reading_open(&options, &r), 0);
		assert_int_equal(reading_run(r), 0);
		told[i] = strdup(fixture_ask_text(reading_database(r), sums));
		assert_int_equal(fixture_ask(reading_database(r), "SELECT count(*) FROM conn"),
				 i == 0 ? 0 : 500);
		reading_close(r);
	}
	/* Every third attempt of 500 from the first on, to both servers in turn. */
	assert_non_null(strstr(told[0], "10.0.0.1 167 0 2 167 1700000000000000 1701494000000000"));
	assert_string_equal(told[0], told[1]);
	assert_string_equal(told[0], told[2]);
	for (int i = 0; i < 3; i++)
		free(told[i]);
	free(file);
}

static int enter(void **state)
{
	(void)state;
	fixture_enter();
	config.policy = policy_new();
	config.sensor = "test";
	return config.policy ? 0 : -1;
}

static int leave(void **state)
{
	(void)state;
	policy_free(config.policy);
	fixture_leave();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_are_read_as_one_and_noted_as_complete),
		cmocka_unit_test(files_of_one_name_are_counted_apart),
		cmocka_unit_test(more_files_than_names_leave_the_first_names_alone),
		cmocka_unit_test(a_file_is_refused_the_second_time_unless_asked_for),
		cmocka_unit_test(a_file_given_twice_is_refused_under_any_name_and_none_is_noted),
		cmocka_unit_test(a_file_given_twice_is_read_twice_where_asked_for),
		cmocka_unit_test(a_run_that_was_interrupted_leaves_word_of_it),
		cmocka_unit_test(a_file_cut_short_yields_what_came_before_and_the_next_is_read),
		cmocka_unit_test(a_pipe_is_read_and_not_noted),
		cmocka_unit_test(traffic_between_strangers_is_told_with_its_addresses),
		cmocka_unit_test(totals_are_the_same_whatever_else_is_kept),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
