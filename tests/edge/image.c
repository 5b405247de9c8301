#include "image.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

uint8_t *image_more(struct image *m, size_t n)
{
	if (m->length + n > m->room) {
		m->room = 2 * (m->length + n);
		m->data = realloc(m->data, m->room);
		assert_non_null(m->data);
	}
	memset(m->data + m->length, 0, n);
	m->length += n;
	return m->data + m->length - n;
}

void image_add(struct image *m, const void *data, size_t n)
{
	memcpy(image_more(m, n), data, n);
}

void image_number(uint8_t *p, bool big, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[big ? n - 1 - i : i] = (uint8_t)(v >> (8 * i));
}

void image_u16(struct image *m, uint32_t v)
{
	image_number(image_more(m, 2), m->big, v, 2);
}

void image_u32(struct image *m, uint64_t v)
{
	image_number(image_more(m, 4), m->big, v & 0xffffffff, 4);
}

void image_u64(struct image *m, uint64_t v)
{
	image_number(image_more(m, 8), m->big, v, 8);
}

void image_pcap(struct image *m, uint32_t magic, uint32_t minor, uint32_t link)
{
	image_u32(m, magic);
	image_u16(m, 2);
	image_u16(m, minor);
	image_u64(m, 0);
	image_u32(m, 65535);
	image_u32(m, link);
}

void image_record(struct image *m, uint32_t sec, uint32_t fraction, uint32_t captured,
		  uint32_t length, const char *data)
{
	image_u32(m, sec);
	image_u32(m, fraction);
	image_u32(m, captured);
	image_u32(m, length);
	image_add(m, data, strlen(data));
}

size_t image_block(struct image *m, uint32_t type)
{
	image_u32(m, type);
	image_u32(m, 0);
	return m->length - 8;
}

void image_end_block(struct image *m, size_t start)
{
	size_t total;

	while ((m->length - start) % 4)
		image_more(m, 1);
	total = m->length - start + 4;
	image_number(m->data + start + 4, m->big, total, 4);
	image_u32(m, total);
}

void image_section(struct image *m)
{
	size_t b = image_block(m, 0x0a0d0d0a);

	image_u32(m, 0x1a2b3c4d);
	image_u16(m, 1);
	image_u16(m, 0);
	image_u64(m, UINT64_MAX);
	image_end_block(m, b);
}

void image_interface(struct image *m, uint32_t link, uint32_t snaplen, int resolution,
		     int64_t offset)
{
	size_t b = image_block(m, 1);

	image_u16(m, link);
	image_u16(m, 0);
	image_u32(m, snaplen);
	image_u16(m, 2); /* if_name */
	image_u16(m, 5);
	image_add(m, "eth25\0\0\0", 8);
	if (resolution != 6) {
		image_u16(m, 9);
		image_u16(m, 1);
		image_add(m, (const uint8_t[]){(uint8_t)resolution, 0, 0, 0}, 4);
	}
	if (offset) {
		image_u16(m, 14);
		image_u16(m, 8);
		image_u64(m, (uint64_t)offset);
	}
	image_u32(m, 0);
	image_end_block(m, b);
}

void image_packet(struct image *m, uint32_t number, uint64_t stamp, const char *data)
{
	size_t b = image_block(m, 6);

	image_u32(m, number);
	image_u32(m, stamp >> 32);
	image_u32(m, stamp);
	image_u32(m, strlen(data));
	image_u32(m, strlen(data) + 100);
	image_add(m, data, strlen(data));
	image_end_block(m, b);
}

int image_file(const struct image *m, size_t length, char path[64])
{
	int fd = memfd_create("capture", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, m->data, length), (ssize_t)length);
	snprintf(path, 64, "/proc/self/fd/%d", fd);
	return fd;
}

struct capture_file *image_open(const struct image *m)
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

void image_expect_frame(struct capture_file *f, int64_t time, const char *data, uint32_t length,
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

void image_expect_end(struct capture_file *f, const struct image *m)
{
	char error[CAPTURE_ERROR] = "";
	struct frame frame;

	for (int i = 0; i < 2; i++)
		assert_int_equal(capture_file_next(f, &frame, error), 0);
	assert_int_equal(capture_file_position(f), m->length);
	capture_file_close(f);
	free(m->data);
}

int image_read_all(struct capture_file *f, int *ret_result, char error[CAPTURE_ERROR])
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

int image_open_result(const struct image *m, char error[CAPTURE_ERROR])
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

void image_build_pcapng(struct image *m)
{
	size_t b;

	image_section(m);
	image_interface(m, 1, 65535, 6, 0);
	image_packet(m, 0, 1700000000654321, "micro");
	image_interface(m, 101, 3, 9, 0);
	image_packet(m, 1, UINT64_C(1700000000654321999), "nano");
	image_interface(m, 276, 0, 0x80 | 20, 1000); /* 2^-20 s, counted from 1000 s on */
	image_packet(m, 2, (UINT64_C(5) << 20) + (1 << 19), "half");
	b = image_block(m, 2); /* the obsolete packet block: interface and drops in 16 bits each */
	image_u16(m, 1);
	image_u16(m, 3);
	image_u32(m, UINT64_C(1700000000654321999) >> 32);
	image_u32(m, UINT64_C(1700000000654321999));
	image_u32(m, 3);
	image_u32(m, 9);
	image_add(m, "old", 3);
	image_end_block(m, b);
	b = image_block(m, 4); /* names */
	image_add(m, "\x01\0\x08\0\x0a\0\0\x01host\0\0\0\0", 16);
	image_end_block(m, b);
	b = image_block(m, 0x40000bad); /* custom, longer than any buffer */
	image_more(m, 5u << 20);
	image_end_block(m, b);
	b = image_block(m, 5); /* statistics */
	image_u32(m, 0);
	image_u64(m, 0);
	image_end_block(m, b);
	b = image_block(m, 3); /* simple */
	image_u32(m, 70);
	image_add(m, "1234567890123456789012345678901234567890123456789012345678901234567890", 70);
	image_end_block(m, b);
	/* A second section, of the other byte order: its interfaces begin anew. */
	m->big = !m->big;
	image_section(m);
	image_interface(m, 113, 4, 3, 0);
	image_packet(m, 0, 1700000000654, "milli");
	b = image_block(m, 3);
	image_u32(m, 70);
	image_add(m, "1234", 4);
	image_end_block(m, b);
}

void image_expect_pcapng(struct capture_file *f)
{
	image_expect_frame(f, 1700000000654321, "micro", 105, LINK_ETHERNET);
	image_expect_frame(f, 1700000000654321, "nano", 104, LINK_RAW);
	image_expect_frame(f, 1005500000, "half", 104, LINK_SLL2);
	image_expect_frame(f, 1700000000654321, "old", 9, LINK_RAW);
	image_expect_frame(f, 1700000000654321,
			   "1234567890123456789012345678901234567890123456789012345678901234567890",
			   70, LINK_ETHERNET);
	image_expect_frame(f, 1700000000654000, "milli", 105, LINK_SLL);
	image_expect_frame(f, 1700000000654000, "1234", 70, LINK_SLL);
}
