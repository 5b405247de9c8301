/*
 * bytes: the one checked reader through which bytes from the wire are read.
 *
 * A reader that ran out stays out: every later take fails too, so a parser may take several fields
 * and look at the last answer.  Nothing is cast, nothing is read past `left`.
 */
#ifndef EGRESS25_BASE_BYTES_H
#define EGRESS25_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
	const uint8_t *at;
	size_t left;
};

static inline struct bytes bytes_of(const void *data, size_t length)
{
	return (struct bytes){.at = data, .left = length};
}

/* n bytes, borrowed from the reader's memory, or NULL (the reader is then empty). */
static inline const uint8_t *bytes_take(struct bytes *r, size_t n)
{
	const uint8_t *at = r->at;

	if (r->left < n) {
		r->left = 0;
		return NULL;
	}
	r->at += n;
	r->left -= n;
	return at;
}

static inline bool bytes_skip(struct bytes *r, size_t n)
{
	return bytes_take(r, n) != NULL;
}

/* Keeps at most n bytes: for a length field that says less than what was captured. */
static inline void bytes_limit(struct bytes *r, size_t n)
{
	if (r->left > n)
		r->left = n;
}

static inline uint16_t bytes_be16(const uint8_t *p)
{
	return (uint16_t)((p[0] << 8) | p[1]);
}

static inline uint32_t bytes_be32(const uint8_t *p)
{
	return ((uint32_t)p[0] << 24) | ((uint32_t)p[1] << 16) | ((uint32_t)p[2] << 8) | p[3];
}

/* Each returns false with *ret_ untouched where the bytes are not there. */
static inline bool bytes_take_u8(struct bytes *r, uint8_t *ret_)
{
	const uint8_t *p = bytes_take(r, 1);

	if (!p)
		return false;
	*ret_ = *p;
	return true;
}

static inline bool bytes_take_be16(struct bytes *r, uint16_t *ret_)
{
	const uint8_t *p = bytes_take(r, 2);

	if (!p)
		return false;
	*ret_ = bytes_be16(p);
	return true;
}

static inline bool bytes_take_be32(struct bytes *r, uint32_t *ret_)
{
	const uint8_t *p = bytes_take(r, 4);

	if (!p)
		return false;
	*ret_ = bytes_be32(p);
	return true;
}

#endif
