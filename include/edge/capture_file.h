/*
 * capture_file: frames from pcap and pcapng files: micro- and nanoseconds, both byte orders,
 * several sections and interfaces (of different link types) in one file, standard input.
 *
 * Read by read(2) in blocks of 256 KiB and not through libpcap, because libpcap refuses a pcapng
 * file whose interfaces differ in link type, and reads through a
 * stdio buffer of 4 KiB, which makes it four times slower.  Memory: one buffer, which grows to the
 * longest record, at most CAPTURE_FILE_RECORD.
 */
#ifndef EGRESS25_EDGE_CAPTURE_FILE_H
#define EGRESS25_EDGE_CAPTURE_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "edge/capture.h"
#include "wire/frame.h"

#define CAPTURE_FILE_RECORD (4u << 20)

struct capture_file;

/*
 * Opens path, or standard input for "-"; every frame will carry index as its interface.  0, or a
 * negative errno with one line in error (-EINVAL: it is no capture; -EOPNOTSUPP: a kind of capture
 * not read here, compressed for instance).
 */
int capture_file_open(const char *path, uint16_t index, struct capture_file **ret_,
		      char error[CAPTURE_ERROR]);
void capture_file_close(struct capture_file *f); /* accepts NULL */

/*
 * The next frame, borrowed until the next call.  1; 0 at the end; a negative errno with a line in
 * error where the file ends in mid-packet (-ENODATA) or is damaged (-EBADMSG) or can't be read:
 * what came before stands.
 */
int capture_file_next(struct capture_file *f, struct frame *ret_, char error[CAPTURE_ERROR]);

/* Bytes consumed, and the file's size (0 where unknown): for progress. */
uint64_t capture_file_position(const struct capture_file *f);
uint64_t capture_file_size(const struct capture_file *f);

/*
 * A digest that tells one capture file from another: of its size, first and last MiB.  Hex text.
 * 0, or a negative errno (-ESPIPE for standard input or a pipe).
 */
#define CAPTURE_FILE_DIGEST 33
int capture_file_digest(const char *path, char ret_[CAPTURE_FILE_DIGEST]);

#endif
