/*
 * image: capture files, written by hand in memory and read back.
 */
#ifndef EGRESS25_TESTS_EDGE_IMAGE_H
#define EGRESS25_TESTS_EDGE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "edge/capture_file.h"

struct image {
	uint8_t *data;
	size_t length, room;
	bool big;
};
uint8_t *image_more(struct image *m, size_t n);
void image_add(struct image *m, const void *data, size_t n);
void image_number(uint8_t *p, bool big, uint64_t v, size_t n);
void image_u16(struct image *m, uint32_t v);
void image_u32(struct image *m, uint64_t v);
void image_u64(struct image *m, uint64_t v);
void image_pcap(struct image *m, uint32_t magic, uint32_t minor, uint32_t link);
void image_record(struct image *m, uint32_t sec, uint32_t fraction, uint32_t captured,
		  uint32_t length, const char *data);

/* Blocks of pcapng: begin gives the place of the length, end fills both in. */
size_t image_block(struct image *m, uint32_t type);
void image_end_block(struct image *m, size_t start);
void image_section(struct image *m);

/* resolution 6 and offset 0 are left out, as writers do. */
void image_interface(struct image *m, uint32_t link, uint32_t snaplen, int resolution,
		     int64_t offset);
void image_packet(struct image *m, uint32_t number, uint64_t stamp, const char *data);

/* Through a memfd; the path is good while the descriptor is open. */
int image_file(const struct image *m, size_t length, char path[64]);
struct capture_file *image_open(const struct image *m);
void image_expect_frame(struct capture_file *f, int64_t time, const char *data, uint32_t length,
			enum link link);
void image_expect_end(struct capture_file *f, const struct image *m);

/* Reads to the end, whatever it is; how many frames there were. */
int image_read_all(struct capture_file *f, int *ret_result, char error[CAPTURE_ERROR]);
int image_open_result(const struct image *m, char error[CAPTURE_ERROR]);
void image_build_pcapng(struct image *m);
void image_expect_pcapng(struct capture_file *f);

#endif
