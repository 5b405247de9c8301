/*
 * Capture files that are none, are damaged, cut short, out of reach or come through a pipe.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "image.h"

static int error_length(const char *error)
{
	return (int)strnlen(error, CAPTURE_ERROR);
}

static void expect_damage(struct image *m, const char *words)
{
	char error[CAPTURE_ERROR] = "";
	struct capture_file *f = image_open(m);
	int r;

	image_read_all(f, &r, error);
	assert_int_equal(r, -EBADMSG);
	if (!strstr(error, words))
		fail_msg("%s", error);
	capture_file_close(f);
	free(m->data);
}

static void pcapng_that_contradicts_itself_is_damaged(void **state)
{
	size_t b;

	(void)state;
	for (int i = 0; i < 8; i++) {
		static const char *const words[] = {
			"interface 1",	     "lengths differ",	      "block of 10 bytes",
			"block of 30 bytes", "longer than its block", "options",
			"too short",	     "before any interface"};
		struct image m = {.big = i & 1};

		image_section(&m);
		if (i != 7)
			image_interface(&m, 1, 0, 6, 0);
		b = image_block(&m, i == 5 ? 1 : i == 7 ? 3 : 6);
		if (i == 5) {
			image_u64(&m, 1);
			image_u16(&m, 9);
			image_u16(&m, 2);
			image_u32(&m, 6);
		} else if (i != 6) {
			image_u32(&m, i == 0);
			image_u64(&m, 0);
			image_u64(&m, i == 4 ? UINT64_C(0x9999999900000009) : 0);
		}
		image_end_block(&m, b);
		if (i == 1)
			m.data[m.length - 2] ^= 1;
		if (i == 2 || i == 3)
			image_number(m.data + b + 4, m.big, i == 2 ? 10 : 30, 4);
		expect_damage(&m, words[i]);
	}
}

/* ---- what is no capture, and what was cut ---- */

static void other_files_are_refused_with_what_to_do(void **state)
{
	static const struct {
		const char *bytes;
		size_t length;
		int result;
		const char *words;
	} files[] = {
		{"", 0, -EINVAL, "is empty"},
		{"abc", 3, -EINVAL, "no capture"},
		{"Received: from mail.example.com", 31, -EINVAL, "no capture"},
		{"\x1f\x8b\x08\0\0\0\0\0", 8, -EOPNOTSUPP,
		 "gzip: unpack it first: zcat FILE | egress25 read -"},
		{"\x28\xb5\x2f\xfd\0\0\0\0", 8, -EOPNOTSUPP, "zstdcat"},
		{"\xfd"
		 "7zXZ\0\0\0",
		 8, -EOPNOTSUPP, "xzcat"},
		{"BZh91AY&", 8, -EOPNOTSUPP, "bzcat"},
		{"\x04\x22\x4d\x18\0\0\0\0", 8, -EOPNOTSUPP, "lz4cat"},
		{"snoop\0\0\0\0\0\0\2\0\0\0\4", 16, -EOPNOTSUPP, "editcap"},
		{"SQLite format 3", 16, -EOPNOTSUPP, "offenders --record"},
		{"\xd4\xc3\xb2\xa1\2\0\4\0", 8, -ENODATA, "ends within its file header"},
		{"\xd4\xc3\xb2\xa1\3\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\1\0\0\0", 24, -EOPNOTSUPP,
		 "3.0"},
		{"\xd4\xc3\xb2\xa1\2\0\5\0\0\0\0\0\0\0\0\0\0\0\1\0\1\0\0\0", 24, -EOPNOTSUPP,
		 "2.5"},
		{"\n\r\r\n\x1c\0\0\0\x4d\x3c\x2b\x1a\1\0\1\0\0\0\0\0\0\0\0\0\x1c\0\0\0", 28,
		 -EOPNOTSUPP, "pcapng of version 1.1"},
		{"\n\r\r\n\x1c\0\0\0\x12\x34\x56\x78", 12, -EBADMSG, "byte order"},
		{"\n\r\r\n\x1c\0\0\0\x4d\x3c\x2b\x1a\1\0\0\0", 16, -ENODATA,
		 "ends within its file header"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		struct image m = {.data = (uint8_t *)(uintptr_t)files[i].bytes,
				  .length = files[i].length};
		char error[CAPTURE_ERROR] = "";

		if (image_open_result(&m, error) != files[i].result ||
		    !strstr(error, files[i].words))
			fail_msg("file %zu: %s", i, error);
		assert_null(strchr(error, '\n'));
	}
}

static void paths_that_cannot_be_read_say_why(void **state)
{
	char error[CAPTURE_ERROR] = "", digest[CAPTURE_FILE_DIGEST] = "untouched";
	struct capture_file *f = NULL;

	(void)state;
	assert_int_equal(capture_file_open("/nonexistent/file", 0, &f, error), -ENOENT);
	assert_non_null(strstr(error, "No such file"));
	assert_int_equal(capture_file_open("/", 0, &f, error), -EISDIR);
	assert_non_null(strstr(error, "is a directory"));
	assert_null(f);
	assert_int_equal(capture_file_digest("/nonexistent/file", digest), -ENOENT);
	assert_int_equal(capture_file_digest("/", digest), -EISDIR);
	assert_int_equal(capture_file_digest("-", digest), -ESPIPE);
	assert_string_equal(digest, "untouched");
}

static void a_file_without_permission_says_so(void **state)
{
	char path[] = "/tmp/test_capture_file_XXXXXX", error[CAPTURE_ERROR] = "";
	struct capture_file *f = NULL;
	int fd = mkstemp(path), r;

	(void)state;
	assert_true(fd >= 0);
	fchmod(fd, 0);
	if (geteuid() == 0) /* root may read anything: be nobody for a moment */
		assert_int_equal(seteuid(65534), 0);
	r = capture_file_open(path, 0, &f, error);
	if (getuid() == 0)
		assert_int_equal(seteuid(0), 0);
	close(fd);
	unlink(path);
	assert_int_equal(r, -EACCES);
	assert_non_null(strstr(error, "Permission denied: run as"));
}

/* From memory of exactly that length (a memfd's page hides nothing: the reader's buffer is a heap
 * block and the sanitizer watches it); a cut gives fewer frames and then an end or an error. */
static void try_every_cut(const struct image *m, int frames, size_t step)
{
	for (size_t n = 0; n < m->length; n += step) {
		char path[64], error[CAPTURE_ERROR] = "";
		struct capture_file *f = NULL;
		int fd = image_file(m, n, path), got = 0;
		int r = capture_file_open(path, 0, &f, error);

		if (r == 0)
			got = image_read_all(f, &r, error);
		assert_true(got <= frames);
		assert_true(r == 0 || r == -ENODATA || r == -EINVAL);
		assert_true(r == 0 || error_length(error) > 20);
		if (r == -ENODATA)
			assert_true(strstr(error, "ends in mid-packet after") ||
				    (got == 0 && strstr(error, "ends within its file header")));
		capture_file_close(f);
		close(fd);
	}
}

static void every_cut_of_a_pcap_gives_what_came_before(void **state)
{
	struct image m = {0};

	(void)state;
	image_pcap(&m, 0xa1b2c3d4, 4, 1);
	for (int i = 0; i < 3; i++)
		image_record(&m, 1, 0, 50, 50,
			     "12345678901234567890123456789012345678901234567890");
	try_every_cut(&m, 3, 1);
	free(m.data);
}

static void every_cut_of_a_pcapng_gives_what_came_before(void **state)
{
	struct image m = {0};

	(void)state;
	image_section(&m);
	image_interface(&m, 1, 0, 9, 25);
	image_packet(&m, 0, 5, "hello");
	m.big = true;
	image_section(&m);
	image_interface(&m, 1, 0, 6, 0);
	image_packet(&m, 0, 5, "hello");
	try_every_cut(&m, 2, 1);
	free(m.data);
	m = (struct image){0};
	image_build_pcapng(&m);
	try_every_cut(&m, 7, 81919);
	free(m.data);
}

/* A block that is passed over and cut is cut too, though none of it is left in the buffer. */
static void a_cut_within_a_long_unknown_block_is_told(void **state)
{
	char error[CAPTURE_ERROR] = "";
	struct image m = {0};
	struct capture_file *f;
	size_t b;
	int r;

	(void)state;
	image_section(&m);
	b = image_block(&m, 0xbad);
	image_more(&m, 1 << 20);
	image_end_block(&m, b);
	m.length -= 1000;
	f = image_open(&m);
	assert_int_equal(image_read_all(f, &r, error), 0);
	assert_int_equal(r, -ENODATA);
	capture_file_close(f);
	free(m.data);
}

/* Each byte of a small file set to the values most likely to hurt. */
static void damage_anywhere_crashes_nothing(void **state)
{
	static const uint8_t values[] = {0, 1, 3, 0x7f, 0x80, 0xff};

	(void)state;
	for (int kind = 0; kind < 2; kind++) {
		struct image m = {0};

		if (kind) {
			image_section(&m);
			image_interface(&m, 1, 9, 9, 25);
			image_packet(&m, 0, 5, "hello");
			image_packet(&m, 0, 5, "world");
		} else {
			image_pcap(&m, 0xa1b2c3d4, 4, 1);
			image_record(&m, 1, 0, 5, 5, "hello");
			image_record(&m, 1, 0, 5, 5, "world");
		}
		for (size_t i = 0; i < m.length * sizeof(values); i++) {
			uint8_t *p = &m.data[i / sizeof(values)], was = *p;
			char path[64], error[CAPTURE_ERROR] = "";
			struct capture_file *f = NULL;
			int fd, r;

			*p = values[i % sizeof(values)];
			fd = image_file(&m, m.length, path);
			r = capture_file_open(path, 0, &f, error);
			if (r == 0)
				image_read_all(f, &r, error);
			assert_true(r == 0 || *error);
			capture_file_close(f);
			close(fd);
			*p = was;
		}
		free(m.data);
	}
}

/* A pipe hands over a few bytes at a time; standard input is "-". */
static void standard_input_is_read_from_a_slow_pipe(void **state)
{
	int ends[2], old = dup(STDIN_FILENO);
	char error[CAPTURE_ERROR] = "";
	struct capture_file *f = NULL;
	struct image m = {0};
	pid_t child;

	(void)state;
	image_build_pcapng(&m);
	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (child == 0) {
		size_t at = 0, n;

		for (; at < m.length; at += n) {
			n = at < 3000 ? 7 : 30011;
			if (n > m.length - at)
				n = m.length - at;
			if (write(ends[1], m.data + at, n) != (ssize_t)n)
				_exit(1);
		}
		_exit(0);
	}
	close(ends[1]);
	dup2(ends[0], STDIN_FILENO);
	close(ends[0]);
	assert_int_equal(capture_file_open("-", 7, &f, error), 0);
	assert_int_equal(capture_file_size(f), 0);
	image_expect_pcapng(f);
	image_expect_end(f, &m);
	dup2(old, STDIN_FILENO);
	close(old);
	waitpid(child, NULL, 0);
}

static void write_digest(int fd, const char *path, char digest[CAPTURE_FILE_DIGEST], off_t at,
			 char c)
{
	assert_int_equal(pwrite(fd, &c, 1, at), 1);
	assert_int_equal(capture_file_digest(path, digest), 0);
	assert_int_equal(strlen(digest), CAPTURE_FILE_DIGEST - 1);
	assert_int_equal(strspn(digest, "0123456789abcdef"), CAPTURE_FILE_DIGEST - 1);
}

static void the_digest_tells_files_apart_by_size_head_and_tail(void **state)
{
	char path[64], first[CAPTURE_FILE_DIGEST], other[CAPTURE_FILE_DIGEST];
	struct image m = {0};
	int fd = image_file(&m, 0, path);

	(void)state;
	assert_int_equal(capture_file_digest(path, first), 0); /* an empty one has a digest too */
	write_digest(fd, path, first, 4 << 20, 'z');
	write_digest(fd, path, other, 2 << 20, 'x'); /* the middle is not read */
	assert_string_equal(first, other);
	write_digest(fd, path, other, 1000, 'x');
	assert_string_not_equal(first, other);
	assert_memory_not_equal(first, other, 16);
	assert_memory_not_equal(first + 16, other + 16, 16);
	write_digest(fd, path, other, 1000, '\0');
	assert_string_equal(first, other);
	write_digest(fd, path, other, (4 << 20) - 5, 'x');
	assert_string_not_equal(first, other);
	write_digest(fd, path, other, (4 << 20) - 5, '\0');
	write_digest(fd, path, other, (4 << 20) + 1, '\0');
	assert_string_not_equal(first, other);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pcapng_that_contradicts_itself_is_damaged),
		cmocka_unit_test(other_files_are_refused_with_what_to_do),
		cmocka_unit_test(paths_that_cannot_be_read_say_why),
		cmocka_unit_test(a_file_without_permission_says_so),
		cmocka_unit_test(every_cut_of_a_pcap_gives_what_came_before),
		cmocka_unit_test(every_cut_of_a_pcapng_gives_what_came_before),
		cmocka_unit_test(a_cut_within_a_long_unknown_block_is_told),
		cmocka_unit_test(damage_anywhere_crashes_nothing),
		cmocka_unit_test(standard_input_is_read_from_a_slow_pipe),
		cmocka_unit_test(the_digest_tells_files_apart_by_size_head_and_tail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
