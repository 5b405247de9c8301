/*
 * capture_file_reader: what the parts of capture_file share: the buffer, and one reader for each
 * format.  Of no concern outside src/edge/capture_file*.c.
 */
#ifndef EGRESS25_EDGE_CAPTURE_FILE_READER_H
#define EGRESS25_EDGE_CAPTURE_FILE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "edge/capture_file.h"

#define FILE_BLOCK   ((size_t)256 << 10) /* one read(2) */
#define FILE_SNAPLEN 262144u		 /* no frame is longer: libpcap's MAXIMUM_SNAPLEN */

/* What a pcapng interface description says. */
struct file_interface {
	enum link link;
	uint32_t snaplen; /* 0: no limit */
	uint8_t resolution;
	int64_t offset; /* seconds */
};

/* As capture_file_next(), for one format. */
typedef int file_next_fn(struct capture_file *f, struct frame *ret_, char error[CAPTURE_ERROR]);

struct capture_file {
	int fd;
	uint16_t index;
	uint8_t *buffer;
	size_t size;	   /* of buffer */
	size_t begin, end; /* bytes not yet consumed */
	uint64_t consumed; /* file position of `begin` */
	uint64_t length;   /* of the file, 0 where unknown */
	uint64_t frames;   /* handed out so far */
	file_next_fn *next;
	bool big_endian;

	int over; /* 0, or 1 after the end, or the negative errno that ended it */
	char why[CAPTURE_ERROR];

	/* pcap */
	enum link link;
	uint16_t version_minor;
	size_t header_length; /* of a record: 16 or 24 */
	uint32_t divisor;     /* stamp's fraction to microseconds */

	/* pcapng: of the current section */
	struct file_interface *interfaces;
	size_t interface_count, interface_room;
	int64_t last_time; /* for packets that carry none */
};

static inline uint16_t file_u16(const struct capture_file *f, const uint8_t *p)
{
	uint16_t v = bytes_be16(p);

	return f->big_endian ? v : __builtin_bswap16(v);
}

static inline uint32_t file_u32(const struct capture_file *f, const uint8_t *p)
{
	if (f->big_endian)
		return bytes_be32(p);
	return p[0] | ((uint32_t)p[1] << 8) | ((uint32_t)p[2] << 16) | ((uint32_t)p[3] << 24);
}

/* Reads on until n bytes lie at the buffer's begin.  1; 0 where the file ends before; -errno. */
int file_fill(struct capture_file *f, size_t n, char error[CAPTURE_ERROR]);

/* As file_fill(), without the call where the bytes are there already. */
static inline int file_need(struct capture_file *f, size_t n, char error[CAPTURE_ERROR])
{
	return f->end - f->begin >= n ? 1 : file_fill(f, n, error);
}

static inline const uint8_t *file_at(const struct capture_file *f)
{
	return f->buffer + f->begin;
}

static inline void file_consume(struct capture_file *f, size_t n)
{
	f->begin += n;
	f->consumed += n;
}

/* Passes over n bytes, however many.  As file_fill(). */
int file_skip(struct capture_file *f, uint64_t n, char error[CAPTURE_ERROR]);

/* -ENODATA with its text: where not even the file's own header is whole. */
int file_cut_header(char error[CAPTURE_ERROR]);

/* -ENODATA with its text. */
int file_cut_short(const struct capture_file *f, char error[CAPTURE_ERROR]);

/* Where the file ended before its next record was whole: 0, or -ENODATA if some of it is there. */
int file_cut(const struct capture_file *f, char error[CAPTURE_ERROR]);

/* -EBADMSG with "damaged" text. */
int file_damaged(const struct capture_file *f, char error[CAPTURE_ERROR], const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Each reads the header at the file's start and sets f->next.  0 or -errno. */
int file_pcap_begin(struct capture_file *f, char error[CAPTURE_ERROR]);
int file_pcapng_begin(struct capture_file *f, char error[CAPTURE_ERROR]);

#endif
