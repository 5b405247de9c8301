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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pcap/pcap.h>

#include "image.h"

/* ---- pcap ---- */

static void pcap_of_either_byte_order_and_unit_is_read(void **state)
{
	static const struct {
		uint32_t magic;
		bool big;
		uint32_t fraction; /* .654321 */
	} kinds[] = {
		{0xa1b2c3d4, false, 654321},
		{0xa1b2c3d4, true, 654321},
		{0xa1b23c4d, false, 654321999},
		{0xa1b23c4d, true, 654321999},
	};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct image m = {.big = kinds[i].big};
		struct capture_file *f;

		image_pcap(&m, kinds[i].magic, 4, 1);
		image_record(&m, 1700000000, kinds[i].fraction, 5, 60, "first");
		image_record(&m, 4294967295, kinds[i].fraction, 0, 60, "");
		image_record(&m, 1699999999, 0, 6, 6, "before");
		f = image_open(&m);
		image_expect_frame(f, 1700000000654321, "first", 60, LINK_ETHERNET);
		image_expect_frame(f, 4294967295654321, "", 60, LINK_ETHERNET);
		image_expect_frame(f, 1699999999000000, "before", 6, LINK_ETHERNET);
		image_expect_end(f, &m);
	}
}

static void modified_pcap_has_longer_record_headers(void **state)
{
	struct image m = {0};
	struct capture_file *f;

	(void)state;
	image_pcap(&m, 0xa1b2cd34, 4, 1);
	for (int i = 0; i < 2; i++) {
		image_record(&m, 100, 5, 5, 60, "");
		image_u32(&m, 2);      /* interface */
		image_u32(&m, 0x0008); /* protocol, type */
		image_add(&m, "hello", 5);
	}
	f = image_open(&m);
	image_expect_frame(f, 100000005, "hello", 60, LINK_ETHERNET);
	image_expect_frame(f, 100000005, "hello", 60, LINK_ETHERNET);
	image_expect_end(f, &m);
}

static void link_types_are_known_with_and_without_checksum_bits(void **state)
{
	static const struct {
		uint32_t word;
		enum link link;
	} links[] = {{1, LINK_ETHERNET}, {0x44000001, LINK_ETHERNET},
		     {101, LINK_RAW},	 {113, LINK_SLL},
		     {276, LINK_SLL2},	 {0, LINK_NULL},
		     {147, LINK_UNKNOWN}};

	(void)state;
	for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++) {
		struct image m = {0};
		struct capture_file *f;

		image_pcap(&m, 0xa1b2c3d4, 4, links[i].word);
		image_record(&m, 1, 0, 1, 1, "x");
		f = image_open(&m);
		image_expect_frame(f, 1000000, "x", 1, links[i].link);
		image_expect_end(f, &m);
	}
}

/* libpcap's sf-pcap.c: below 2.3 the lengths are swapped, in 2.3 where they cannot be otherwise. */
static void old_versions_swap_the_lengths(void **state)
{
	(void)state;
	for (uint32_t minor = 2; minor <= 3; minor++) {
		struct image m = {0};
		struct capture_file *f;

		image_pcap(&m, 0xa1b2c3d4, minor, 1);
		image_record(&m, 1, 0, 60, 5, "hello");
		f = image_open(&m);
		image_expect_frame(f, 1000000, "hello", 60, LINK_ETHERNET);
		image_expect_end(f, &m);
	}
}

static void a_frame_of_absurd_length_is_damage_and_stands_so(void **state)
{
	char error[CAPTURE_ERROR] = "", again[CAPTURE_ERROR] = "";
	struct capture_file *f;
	struct image m = {0};
	struct frame frame;

	(void)state;
	image_pcap(&m, 0xa1b2c3d4, 4, 1);
	image_record(&m, 1, 0, 5, 5, "hello");
	image_record(&m, 1, 0, 3925868813, 5, "hello");
	f = image_open(&m);
	image_expect_frame(f, 1000000, "hello", 5, LINK_ETHERNET);
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
	image_pcap(&m, 0xa1b2c3d4, 4, 1);
	for (unsigned int i = 0; i < 2000; i++) {
		size_t n = i % 500 == 499 ? 262144 : i * 7919 % 1500;

		memset(data, 'a' + (int)(i % 26), n);
		data[n] = '\0';
		image_record(&m, i, 0, (uint32_t)n, (uint32_t)n, data);
	}
	f = image_open(&m);
	for (unsigned int i = 0; i < 2000; i++) {
		size_t n = i % 500 == 499 ? 262144 : i * 7919 % 1500;

		memset(data, 'a' + (int)(i % 26), n);
		data[n] = '\0';
		image_expect_frame(f, i * INT64_C(1000000), data, (uint32_t)n, LINK_ETHERNET);
	}
	image_expect_end(f, &m);
	free(data);
}

/* ---- pcapng ---- */

static void pcapng_of_several_sections_and_interfaces_is_read(void **state)
{
	(void)state;
	for (int big = 0; big < 2; big++) {
		struct image m = {.big = big};
		struct capture_file *f;

		image_build_pcapng(&m);
		f = image_open(&m);
		image_expect_pcapng(f);
		image_expect_end(f, &m);
	}
}

/*
 * Worked out by hand.  floor(units * 10^6 / per second) + offset * 10^6, and
 * 9999-12-31T23:59:59.999999 (253402300799999999) or 1970 where that lies outside.
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
		{0x80 | 10, 0, 1023, 999023}, /* 1023/1024 s = 999023.4375 us */
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
		image_section(&m);
		image_interface(&m, 1, 0, stamps[i].resolution, stamps[i].offset);
		image_packet(&m, 0, stamps[i].units, "x");
		f = image_open(&m);
		image_expect_frame(f, stamps[i].time, "x", 101, LINK_ETHERNET);
		image_expect_end(f, &m);
	}
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
		cmocka_unit_test(real_captures_are_read_as_libpcap_reads_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
