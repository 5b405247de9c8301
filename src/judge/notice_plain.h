/*
 * notice_plain: the text of a refusal made plain for notice.c, and the addresses in it.
 *
 * Plain text is in lower case with single blanks and begins with one.  Left out are the reply code
 * and the enhanced status codes, which stand again at the head of every line.  Blanked is whatever
 * may only repeat a command of the client's: mail addresses, quoted text, "<...>" with a blank in
 * it.
 */
#ifndef EGRESS25_JUDGE_NOTICE_PLAIN_H
#define EGRESS25_JUDGE_NOTICE_PLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

#define PLAIN_MOST 1536 /* bytes of it; what stands behind is not looked at */

#define PLAIN_ADDRESSES 16 /* of a reply; servers name one or two */

struct plain_place {
	uint16_t at, length; /* as of plain_address() */
	struct addr address;
};

struct plain {
	char s[PLAIN_MOST + 2]; /* ends with NUL */
	size_t length;
	size_t address_count;
	struct plain_place addresses[PLAIN_ADDRESSES]; /* those that plain_may_be_address() lets
							* stand, without overlap */
};

static inline bool plain_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool plain_is_word(char c)
{
	return plain_is_digit(c) || (c >= 'a' && c <= 'z') || (c & 0x80);
}

static inline bool plain_is_hex(char c)
{
	return plain_is_digit(c) || (c >= 'a' && c <= 'f');
}

enum plain_result {
	PLAIN_OK,
	PLAIN_NO_REFUSAL, /* no 4xx or 5xx reply */
	PLAIN_TOO_MANY,	  /* addresses: no server that means to be understood writes so */
};

/* In time linear in the reply's length. */
enum plain_result plain_make(const char *reply, struct plain *ret_);

/* Whether one may begin at s, a place in text: no part of a word, a name or a version. */
bool plain_may_be_address(const char *text, const char *s);

/* The address that begins at s, with brackets, "IPv6:", and Gmail's "[192.0.2.1      15]".  Its
 * length; 0, with *ret_ untouched, where there is none, or a network's. */
size_t plain_address(const char *s, struct addr *ret_);

#endif
