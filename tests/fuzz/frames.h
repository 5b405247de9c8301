/*
 * frames: a fuzz input as frames, one behind the other.  Each has a head of 4 bytes: its link type
 * (3 bits), half of it cut off by the capture (8), second interface (16), a jump back in time (32);
 * the milliseconds since the one before, squared; and its length (2 bytes).
 */
#ifndef EGRESS25_TESTS_FUZZ_FRAMES_H
#define EGRESS25_TESTS_FUZZ_FRAMES_H

#include "fuzz.h"
#include "wire/frame.h"

#define FRAMES_START INT64_C(1700000000000000)

struct frames {
	struct bytes in;
	int64_t now;
	uint8_t *copy; /* the newest frame's bytes, in memory of just that size */
};

struct frames frames_of(const uint8_t *data, size_t size);

/* The next one, good until the next call, which is needed: false at the end. */
bool frames_next(struct frames *f, struct frame *ret_);

#endif
