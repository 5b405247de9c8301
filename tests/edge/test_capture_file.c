/*
 * Capture files written by hand here, in all variants; and the captures in $EGRESS25_CAPTURES as
 * libpcap reads them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <pcap/pcap.h>

#include "edge/capture_file.h"

/* ---- writing files ---- */

struct image {
	uint8_t *data;
	size_t length;
	bool big;
};

static uint8_t *more(struct image *m, size_t n)
{
	m->data = realloc(m->data, m->length + n);
	assert_non_null(m->data);
	memset(m->data + m->length, 0, n);
	m->length += n;
	return m->data + m->length - n;
}

static void add(struct image *m, const void *data, size_t n)
{
	memcpy(more(m, n), data, n);
}

static void put_number(uint8_t *p, bool big, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[big ? n - 1 - i : i] = (uint8_t)(v >> (8 * i));
}

static void u16(struct image *m, uint32_t v)
{
	put_number(more(m, 2), m->big, v, 2);
}

static void u32(struct image *m, uint64_t v)
{
	put_number(more(m, 4), m->big, v & 0xffffffff, 4);
}

static void u64(struct image *m, uint64_t v)
{
	put_number(more(m, 8), m->big, v, 8);
}

static void pcap_header(struct image *m, uint32_t magic, uint32_t minor, uint32_t link)
{
	u32(m, magic);
	u16(m, 2);
	u16(m, minor);
	u64(m, 0);
	u32(m, 65535);
	u32(m, link);
}

static void pcap_record(struct image *m, uint32_t sec, uint32_t fraction, uint32_t captured,
			uint32_t length, const char *data)
{
	u32(m, sec);
	u32(m, fraction);
	u32(m, captured);
	u32(m, length);
	add(m, data, strlen(data));
}

/* Blocks of pcapng: begin gives the place of the length, end fills both in. */
static size_t block(struct image *m, uint32_t type)
{
	u32(m, type);
	u32(m, 0);
	return m->length - 8;
}

static void end_block(struct image *m, size_t start)
{
	size_t total;

	while ((m->length - start) % 4)
		more(m, 1);
	total = m->length - start + 4;
	put_number(m->data + start + 4, m->big, total, 4);
	u32(m, total);
}

static void section(struct image *m)
{
	size_t b = block(m, 0x0a0d0d0a);

	u32(m, 0x1a2b3c4d);
	u16(m, 1);
	u16(m, 0);
	u64(m, UINT64_MAX);
	end_block(m, b);
}

/* resolution 6 and offset 0 are left out, as writers do. */
static void interface(struct image *m, uint32_t link, uint32_t snaplen, int resolution, int64_t offset)
{
	size_t b = block(m, 1);

	u16(m, link);
	u16(m, 0);
	u32(m, snaplen);
	u16(m, 2); /* if_name */
	u16(m, 5);
	add(m, "eth25\0\0\0", 8);
	if (resolution != 6) {
		u16(m, 9);
		u16(m, 1);
		add(m, (const uint8_t[]){(uint8_t)resolution, 0, 0, 0}, 4);
	}
	if (offset) {
		u16(m, 14);
		u16(m, 8);
		u64(m, (uint64_t)offset);
	}
	u32(m, 0);
	end_block(m, b);
}

static void packet(struct image *m, uint32_t number, uint64_t stamp, const char *data)
{
	size_t b = block(m, 6);

	u32(m, number);
	u32(m, stamp >> 32);
	u32(m, stamp);
	u32(m, strlen(data));
	u32(m, strlen(data) + 100);
	add(m, data, strlen(data));
	end_block(m, b);
}

/* ---- reading them ---- */

static int error_length(const char *error)
{
	return (int)strnlen(error, CAPTURE_ERROR);
}

/* Through a memfd; the path is good while the descriptor is open. */
static int image_file(const struct image *m, size_t length, char path[64])
{
	int fd = memfd_create("capture", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, m->data, length), (ssize_t)length);
	snprintf(path, 64, "/proc/self/fd/%d", fd);
	return fd;
}

static struct capture_file *open_image(const struct image *m)
{
	char path[64], error[CAPTURE_ERROR] = "";
	struct capture_file *f = NULL;
	int fd = image_file(m, m->length, path), r = capture_file_open(path, 7, &f, error);

	if (r)
		fail_msg("%s", error);
	assert_int_equal(capture_file_size(f), m->length);
	close(fd);
	return f;
}

static void expect_frame(struct capture_file *f, int64_t time, const char *data, uint32_t length,
			 enum link link)
{
	char error[CAPTURE_ERROR] = "";
	struct frame frame;

	if (capture_file_next(f, &frame, error) != 1)
		fail_msg("no frame: %s", error);
	assert_true(frame.time == time);
	assert_int_equal(frame.captured, strlen(data));
	assert_memory_equal(frame.data, data, frame.captured);
	assert_int_equal(frame.length, length);
	assert_int_equal(frame.link, link);
	assert_int_equal(frame.interface, 7);
}

static void expect_end(struct capture_file *f, const struct image *m)
{
	char error[CAPTURE_ERROR] = "";
	struct frame frame;

	for (int i = 0; i < 2; i++)
		assert_int_equal(capture_file_next(f, &frame, error), 0);
	assert_int_equal(capture_file_position(f), m->length);
	capture_file_close(f);
	free(m->data);
}

/* Reads to the end, whatever it is; how many frames there were. */
static int read_all(struct capture_file *f, int *ret_result, char error[CAPTURE_ERROR])
{
	struct frame frame;
	unsigned int sum = 0;
	int n = 0, r;

	while ((r = capture_file_next(f, &frame, error)) == 1) {
		for (uint32_t i = 0; i < frame.captured; i++)
			sum += frame.data[i];
		assert_true(frame.length >= frame.captured);
		assert_true(frame.time >= 0 && frame.time < INT64_MAX / 4);
		n++;
	}
	*ret_result = r;
	return n + (int)(sum & 0);
}

static int open_result(const struct image *m, char error[CAPTURE_ERROR])
{
	struct capture_file *f = NULL;
	char path[64];
	int fd = image_file(m, m->length, path), r = capture_file_open(path, 0, &f, error);

	close(fd);
	if (r == 0)
		capture_file_close(f);
	else
		assert_null(f);
	return r;
}

/* ---- pcap ---- */

static void pcap_of_either_byte_order_and_unit_is_read(void **state)
{
	static const struct {
		uint32_t magic;
		bool big;
		uint32_t fraction; /* .654321 */
	} kinds[] = {
		{0xa1b2c3d4, false, 654321}, {0xa1b2c3d4, true, 654321},
		{0xa1b23c4d, false, 654321999}, {0xa1b23c4d, true, 654321999},
	};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct image m = {.big = kinds[i].big};
		struct capture_file *f;

		pcap_header(&m, kinds[i].magic, 4, 1);
		pcap_record(&m, 1700000000, kinds[i].fraction, 5, 60, "first");
		pcap_record(&m, 4294967295, kinds[i].fraction, 0, 60, "");
		pcap_record(&m, 1699999999, 0, 6, 6, "before");
		f = open_image(&m);
		expect_frame(f, 1700000000654321, "first", 60, LINK_ETHERNET);
		expect_frame(f, 4294967295654321, "", 60, LINK_ETHERNET);
		expect_frame(f, 1699999999000000, "before", 6, LINK_ETHERNET);
		expect_end(f, &m);
	}
}

static void modified_pcap_has_longer_record_headers(void **state)
{
	struct image m = {0};
	struct capture_file *f;

	(void)state;
	pcap_header(&m, 0xa1b2cd34, 4, 1);
	for (int i = 0; i < 2; i++) {
		pcap_record(&m, 100, 5, 5, 60, "");
		u32(&m, 2);      /* interface */
		u32(&m, 0x0008); /* protocol, type */
		add(&m, "hello", 5);
	}
	f = open_image(&m);
	expect_frame(f, 100000005, "hello", 60, LINK_ETHERNET);
	expect_frame(f, 100000005, "hello", 60, LINK_ETHERNET);
	expect_end(f, &m);
}

static void link_types_are_known_with_and_without_checksum_bits(void **state)
{
	static const struct {
		uint32_t word;
		enum link link;
	} links[] = {{1, LINK_ETHERNET}, {0x44000001, LINK_ETHERNET}, {101, LINK_RAW},
		     {113, LINK_SLL}, {276, LINK_SLL2}, {0, LINK_NULL}, {147, LINK_UNKNOWN}};

	(void)state;
	for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++) {
		struct image m = {0};
		struct capture_file *f;

		pcap_header(&m, 0xa1b2c3d4, 4, links[i].word);
		pcap_record(&m, 1, 0, 1, 1, "x");
		f = open_image(&m);
		expect_frame(f, 1000000, "x", 1, links[i].link);
		expect_end(f, &m);
	}
}

/* libpcap's sf-pcap.c: below 2.3 the lengths are swapped, in 2.3 where they cannot be otherwise. */
static void old_versions_swap_the_lengths(void **state)
{
	(void)state;
	for (uint32_t minor = 2; minor <= 3; minor++) {
		struct image m = {0};
		struct capture_file *f;

		pcap_header(&m, 0xa1b2c3d4, minor, 1);
		pcap_record(&m, 1, 0, 60, 5, "hello");
		f = open_image(&m);
		expect_frame(f, 1000000, "hello", 60, LINK_ETHERNET);
		expect_end(f, &m);
	}
}

static void a_frame_of_absurd_length_is_damage_and_stands_so(void **state)
{
	char error[CAPTURE_ERROR] = "", again[CAPTURE_ERROR] = "";
	struct capture_file *f;
	struct image m = {0};
	struct frame frame;

	(void)state;
	pcap_header(&m, 0xa1b2c3d4, 4, 1);
	pcap_record(&m, 1, 0, 5, 5, "hello");
	pcap_record(&m, 1, 0, 3925868813, 5, "hello");
	f = open_image(&m);
	expect_frame(f, 1000000, "hello", 5, LINK_ETHERNET);
	assert_int_equal(capture_file_next(f, &frame, error), -EBADMSG);
	assert_non_null(strstr(error, "damaged after 1 frames, at byte 45"));
	assert_non_null(strstr(error, "3925868813"));
	assert_int_equal(capture_file_next(f, &frame, again), -EBADMSG);
	assert_string_equal(error, again);
	capture_file_close(f);
	free(m.data);
}

/* Frames longer than a block of 256 KiB, and thousands that lie across blocks. */
static void frames_across_blocks_are_whole(void **state)
{
	struct image m = {0};
	struct capture_file *f;
	char *data = calloc(1, 262145);

	(void)state;
	pcap_header(&m, 0xa1b2c3d4, 4, 1);
	for (unsigned int i = 0; i < 2000; i++) {
		size_t n = i % 500 == 499 ? 262144 : i * 7919 % 1500;

		memset(data, 'a' + (int)(i % 26), n);
		data[n] = '\0';
		pcap_record(&m, i, 0, (uint32_t)n, (uint32_t)n, data);
	}
	f = open_image(&m);
	for (unsigned int i = 0; i < 2000; i++) {
		size_t n = i % 500 == 499 ? 262144 : i * 7919 % 1500;

		memset(data, 'a' + (int)(i % 26), n);
		data[n] = '\0';
		expect_frame(f, i * INT64_C(1000000), data, (uint32_t)n, LINK_ETHERNET);
	}
	expect_end(f, &m);
	free(data);
}

/* ---- pcapng ---- */

static void build_pcapng(struct image *m)
{
	size_t b;

	section(m);
	interface(m, 1, 65535, 6, 0);
	packet(m, 0, 1700000000654321, "micro");
	interface(m, 101, 3, 9, 0);
	packet(m, 1, UINT64_C(1700000000654321999), "nano");
	interface(m, 276, 0, 0x80 | 20, 1000); /* 2^-20 s, counted from 1000 s on */
	packet(m, 2, (UINT64_C(5) << 20) + (1 << 19), "half");
	b = block(m, 2); /* the obsolete packet block: interface and drops in 16 bits each */
	u16(m, 1);
	u16(m, 3);
	u32(m, UINT64_C(1700000000654321999) >> 32);
	u32(m, UINT64_C(1700000000654321999));
	u32(m, 3);
	u32(m, 9);
	add(m, "old", 3);
	end_block(m, b);
	b = block(m, 4); /* names */
	add(m, "\x01\0\x08\0\x0a\0\0\x01host\0\0\0\0", 16);
	end_block(m, b);
	b = block(m, 0x40000bad); /* custom, longer than any buffer */
	more(m, 5u << 20);
	end_block(m, b);
	b = block(m, 5); /* statistics */
	u32(m, 0);
	u64(m, 0);
	end_block(m, b);
	b = block(m, 3); /* simple */
	u32(m, 70);
	add(m, "1234567890123456789012345678901234567890123456789012345678901234567890", 70);
	end_block(m, b);
	/* A second section, of the other byte order: its interfaces begin anew. */
	m->big = !m->big;
	section(m);
	interface(m, 113, 4, 3, 0);
	packet(m, 0, 1700000000654, "milli");
	b = block(m, 3);
	u32(m, 70);
	add(m, "1234", 4);
	end_block(m, b);
}

static void expect_pcapng(struct capture_file *f)
{
	expect_frame(f, 1700000000654321, "micro", 105, LINK_ETHERNET);
	expect_frame(f, 1700000000654321, "nano", 104, LINK_RAW);
	expect_frame(f, 1005500000, "half", 104, LINK_SLL2);
	expect_frame(f, 1700000000654321, "old", 9, LINK_RAW);
	expect_frame(f, 1700000000654321,
		     "1234567890123456789012345678901234567890123456789012345678901234567890", 70,
		     LINK_ETHERNET);
	expect_frame(f, 1700000000654000, "milli", 105, LINK_SLL);
	expect_frame(f, 1700000000654000, "1234", 70, LINK_SLL);
}

static void pcapng_of_several_sections_and_interfaces_is_read(void **state)
{
	(void)state;
	for (int big = 0; big < 2; big++) {
		struct image m = {.big = big};
		struct capture_file *f;

		build_pcapng(&m);
		f = open_image(&m);
		expect_pcapng(f);
		expect_end(f, &m);
	}
}

/*
 * Worked out by hand.  floor(units * 10^6 / per second) + offset * 10^6, and 9999-12-31T23:59:59.999999
 * (253402300799999999) or 1970 where that lies outside.
 */
static void stamps_of_any_resolution_are_exact_and_bounded(void **state)
{
	static const int64_t last = INT64_C(253402300799999999);
	static const struct {
		int resolution;
		int64_t offset;
		uint64_t units;
		int64_t time;
	} stamps[] = {
		{0, 0, 1700000000, INT64_C(1700000000000000)},
		{0, 0, UINT64_MAX, INT64_C(253402300799999999)},
		{3, -1, 1700000000654, INT64_C(1699999999654000)},
		{9, 0, 1999, 1},
		{9, 0, UINT64_MAX, INT64_C(18446744073709551)},
		{12, 0, UINT64_C(1700000000654321), INT64_C(1700000000)},
		{25, 0, UINT64_C(10000000000000000000), 1}, /* 10^19 * 10^-25 s */
		{26, 0, UINT64_C(10000000000000000000), 0},
		{127, 0, UINT64_MAX, 0},
		{0x80, 0, 17, 17000000},
		{0x80 | 10, 0, 1023, 999023},             /* 1023/1024 s = 999023.4375 us */
		{0x80 | 32, 5, UINT64_C(0x180000000), 6500000},
		{0x80 | 63, 0, UINT64_MAX, 1999999},
		{0x80 | 64, 0, UINT64_MAX, 999999},
		{0x80 | 127, 0, UINT64_MAX, 0},
		{6, INT64_MAX, 5, INT64_C(253402300799999999)},
		{6, INT64_MIN, 5, 0},
		{6, -1, 5, 0},
		{6, INT64_C(9223372036854), UINT64_MAX, INT64_C(253402300799999999)},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(stamps) / sizeof(*stamps); i++) {
		struct image m = {.big = i & 1};
		struct capture_file *f;

		assert_true(stamps[i].time <= last);
		section(&m);
		interface(&m, 1, 0, stamps[i].resolution, stamps[i].offset);
		packet(&m, 0, stamps[i].units, "x");
		f = open_image(&m);
		expect_frame(f, stamps[i].time, "x", 101, LINK_ETHERNET);
		expect_end(f, &m);
	}
}

static void expect_damage(struct image *m, const char *words)
{
	char error[CAPTURE_ERROR] = "";
	struct capture_file *f = open_image(m);
	int r;

	read_all(f, &r, error);
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
			"interface 1", "lengths differ", "block of 10 bytes", "block of 30 bytes",
			"longer than its block", "options", "too short", "before any interface"};
		struct image m = {.big = i & 1};

		section(&m);
		if (i != 7)
			interface(&m, 1, 0, 6, 0);
		b = block(&m, i == 5 ? 1 : i == 7 ? 3 : 6);
		if (i == 5) {
			u64(&m, 1);
			u16(&m, 9);
			u16(&m, 2);
			u32(&m, 6);
		} else if (i != 6) {
			u32(&m, i == 0);
			u64(&m, 0);
			u64(&m, i == 4 ? UINT64_C(0x9999999900000009) : 0);
		}
		end_block(&m, b);
		if (i == 1)
			m.data[m.length - 2] ^= 1;
		if (i == 2 || i == 3)
			put_number(m.data + b + 4, m.big, i == 2 ? 10 : 30, 4);
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
		{"\x1f\x8b\x08\0\0\0\0\0", 8, -EOPNOTSUPP, "gzip: unpack it first: zcat FILE | egress25 read -"},
		{"\x28\xb5\x2f\xfd\0\0\0\0", 8, -EOPNOTSUPP, "zstdcat"},
		{"\xfd" "7zXZ\0\0\0", 8, -EOPNOTSUPP, "xzcat"},
		{"BZh91AY&", 8, -EOPNOTSUPP, "bzcat"},
		{"\x04\x22\x4d\x18\0\0\0\0", 8, -EOPNOTSUPP, "lz4cat"},
		{"snoop\0\0\0\0\0\0\2\0\0\0\4", 16, -EOPNOTSUPP, "editcap"},
		{"SQLite format 3", 16, -EOPNOTSUPP, "offenders --record"},
		{"\xd4\xc3\xb2\xa1\2\0\4\0", 8, -ENODATA, "ends in mid-packet after 0 frames"},
		{"\xd4\xc3\xb2\xa1\3\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\1\0\0\0", 24, -EOPNOTSUPP, "3.0"},
		{"\xd4\xc3\xb2\xa1\2\0\5\0\0\0\0\0\0\0\0\0\0\0\1\0\1\0\0\0", 24, -EOPNOTSUPP, "2.5"},
		{"\n\r\r\n\x1c\0\0\0\x4d\x3c\x2b\x1a\1\0\1\0\0\0\0\0\0\0\0\0\x1c\0\0\0", 28,
		 -EOPNOTSUPP, "pcapng of version 1.1"},
		{"\n\r\r\n\x1c\0\0\0\x12\x34\x56\x78", 12, -EBADMSG, "byte order"},
		{"\n\r\r\n\x1c\0\0\0\x4d\x3c\x2b\x1a\1\0\0\0", 16, -ENODATA, "ends in mid-packet"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		struct image m = {.data = (uint8_t *)(uintptr_t)files[i].bytes,
				  .length = files[i].length};
		char error[CAPTURE_ERROR] = "";

		if (open_result(&m, error) != files[i].result || !strstr(error, files[i].words))
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
			got = read_all(f, &r, error);
		assert_true(got <= frames);
		assert_true(r == 0 || r == -ENODATA || r == -EINVAL);
		assert_true(r == 0 || error_length(error) > 20);
		if (r == -ENODATA)
			assert_non_null(strstr(error, "ends in mid-packet after"));
		capture_file_close(f);
		close(fd);
	}
}

static void every_cut_of_a_pcap_gives_what_came_before(void **state)
{
	struct image m = {0};

	(void)state;
	pcap_header(&m, 0xa1b2c3d4, 4, 1);
	for (int i = 0; i < 3; i++)
		pcap_record(&m, 1, 0, 50, 50, "12345678901234567890123456789012345678901234567890");
	try_every_cut(&m, 3, 1);
	free(m.data);
}

static void every_cut_of_a_pcapng_gives_what_came_before(void **state)
{
	struct image m = {0};

	(void)state;
	section(&m);
	interface(&m, 1, 0, 9, 25);
	packet(&m, 0, 5, "hello");
	m.big = true;
	section(&m);
	interface(&m, 1, 0, 6, 0);
	packet(&m, 0, 5, "hello");
	try_every_cut(&m, 2, 1);
	free(m.data);
	m = (struct image){0};
	build_pcapng(&m);
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
	section(&m);
	b = block(&m, 0xbad);
	more(&m, 1 << 20);
	end_block(&m, b);
	m.length -= 1000;
	f = open_image(&m);
	assert_int_equal(read_all(f, &r, error), 0);
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
			section(&m);
			interface(&m, 1, 9, 9, 25);
			packet(&m, 0, 5, "hello");
			packet(&m, 0, 5, "world");
		} else {
			pcap_header(&m, 0xa1b2c3d4, 4, 1);
			pcap_record(&m, 1, 0, 5, 5, "hello");
			pcap_record(&m, 1, 0, 5, 5, "world");
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
				read_all(f, &r, error);
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
	build_pcapng(&m);
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
	expect_pcapng(f);
	expect_end(f, &m);
	dup2(old, STDIN_FILENO);
	close(old);
	waitpid(child, NULL, 0);
}

static void write_digest(int fd, const char *path, char digest[CAPTURE_FILE_DIGEST], off_t at, char c)
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

/* ---- as libpcap reads them ---- */

struct summary {
	long frames;
	int64_t first, last;
	uint64_t bytes, sum;
	bool whole;
};

static void note(struct summary *s, int64_t time, const uint8_t *data, uint32_t n)
{
	if (!s->frames++)
		s->first = time;
	s->last = time;
	s->bytes += n;
	for (uint32_t i = 0; i < n; i++)
		s->sum = s->sum * 31 + data[i];
}

static struct summary by_libpcap(const char *path)
{
	char error[PCAP_ERRBUF_SIZE];
	pcap_t *p = pcap_open_offline(path, error);
	struct summary s = {0};
	struct pcap_pkthdr *h;
	const u_char *data;
	int r = -1;

	while (p && (r = pcap_next_ex(p, &h, &data)) == 1)
		note(&s, h->ts.tv_sec * INT64_C(1000000) + h->ts.tv_usec, data, h->caplen);
	s.whole = r == PCAP_ERROR_BREAK;
	if (p)
		pcap_close(p);
	return s;
}

static struct summary by_us(const char *path)
{
	char error[CAPTURE_ERROR];
	struct capture_file *f;
	struct summary s = {0};
	struct frame frame;
	int r = capture_file_open(path, 0, &f, error);

	if (r)
		return s;
	while ((r = capture_file_next(f, &frame, error)) == 1)
		note(&s, frame.time, frame.data, frame.captured);
	s.whole = r == 0;
	if (r < 0)
		printf("%s: %s\n", path, error);
	capture_file_close(f);
	return s;
}

/*
 * Where the two differ: in this one of Zeek's the header says a snapshot length of 1 and the record
 * holds 8 bytes.  libpcap cuts the frame to 1; we, as tshark, give what is there.
 */
static bool is_same(const char *name, const struct summary *ours, const struct summary *theirs)
{
	if (ours->frames != theirs->frames || ours->first != theirs->first ||
	    ours->last != theirs->last || ours->whole != theirs->whole)
		return false;
	if (strstr(name, "trunc-hdr.pcap"))
		return ours->bytes == 8 && theirs->bytes == 1;
	return ours->bytes == theirs->bytes && ours->sum == theirs->sum;
}

static void real_captures_are_read_as_libpcap_reads_them(void **state)
{
	const char *folder = getenv("EGRESS25_CAPTURES");
	DIR *dir = folder ? opendir(folder) : NULL;
	struct dirent *entry;
	int files = 0, wrong = 0;

	(void)state;
	if (!dir) {
		printf("skipped: EGRESS25_CAPTURES names no folder of captures\n");
		skip();
	}
	while ((entry = readdir(dir))) {
		const char *dot = strrchr(entry->d_name, '.');
		struct summary ours, theirs;
		char path[1024];

		if (!dot || (strcmp(dot, ".pcap") && strcmp(dot, ".pcapng")))
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		ours = by_us(path);
		theirs = by_libpcap(path);
		files++;
		if (is_same(entry->d_name, &ours, &theirs))
			continue;
		fprintf(stderr, "%s: %ld frames %d, libpcap %ld %d\n", entry->d_name, ours.frames,
			ours.whole, theirs.frames, theirs.whole);
		wrong++;
	}
	closedir(dir);
	printf("%d captures\n", files);
	assert_true(files > 0);
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pcap_of_either_byte_order_and_unit_is_read),
		cmocka_unit_test(modified_pcap_has_longer_record_headers),
		cmocka_unit_test(link_types_are_known_with_and_without_checksum_bits),
		cmocka_unit_test(old_versions_swap_the_lengths),
		cmocka_unit_test(a_frame_of_absurd_length_is_damage_and_stands_so),
		cmocka_unit_test(frames_across_blocks_are_whole),
		cmocka_unit_test(pcapng_of_several_sections_and_interfaces_is_read),
		cmocka_unit_test(stamps_of_any_resolution_are_exact_and_bounded),
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
		cmocka_unit_test(real_captures_are_read_as_libpcap_reads_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
