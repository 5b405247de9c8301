#include "base/text.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

/* A character of UTF-8 (RFC 3629): its bytes, 0 where they are not valid, and what it is. */
static size_t utf8_take(const uint8_t *p, size_t left, uint32_t *ret_code)
{
	static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
	size_t n = p[0] < 0x80 ? 1 : p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
	uint32_t code;

	if (p[0] >= 0xf8 || (p[0] >= 0x80 && p[0] < 0xc2) || n > left)
		return 0;
	code = n == 1 ? p[0] : p[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		code = (code << 6) | (p[i] & 0x3f);
	}
	if (code < least[n] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 0;
	*ret_code = code;
	return n;
}

/* C0, DEL, C1; the line and paragraph separators; bidirectional marks, embeddings, overrides and
 * isolates (UAX #9); the backslash that introduces an escape. */
static bool must_escape(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == '\\' || c == 0x061c || c == 0x200e ||
	       c == 0x200f || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

static void put_escapes(char *out, const uint8_t *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++, out += 4) {
		out[0] = '\\';
		out[1] = 'x';
		out[2] = digits[p[i] >> 4];
		out[3] = digits[p[i] & 15];
	}
}

size_t text_escape(const void *data, size_t length, char *out, size_t size)
{
	const uint8_t *p = data;
	size_t taken = 0, used = 0;

	if (size == 0)
		return 0;
	while (taken < length) {
		uint32_t code = 0;
		size_t n = utf8_take(p + taken, length - taken, &code);
		bool escape = n == 0 || must_escape(code);
		size_t need;

		if (n == 0)
			n = 1;
		need = escape ? 4 * n : n;
		if (used + need >= size)
			break;
		if (escape)
			put_escapes(out + used, p + taken, n);
		else
			memcpy(out + used, p + taken, n);
		used += need;
		taken += n;
	}
	out[used] = '\0';
	return taken;
}

/* Columns of one character; what wcwidth() does not know counts one. */
static int columns_of(uint32_t code)
{
	int columns = wcwidth((wchar_t)code);

	return columns < 0 ? 1 : columns;
}

size_t text_head(const char *text, int columns)
{
	size_t left = strlen(text), taken = 0;

	while (left > 0) {
		uint32_t code = 0xfffd;
		size_t n = utf8_take((const uint8_t *)text + taken, left, &code);

		columns -= columns_of(code);
		if (columns < 0)
			break;
		n = n ? n : 1;
		taken += n;
		left -= n;
	}
	return taken;
}

int text_columns(const char *text)
{
	size_t left = strlen(text);
	int columns = 0;

	while (left > 0) {
		uint32_t code = 0xfffd;
		size_t n = utf8_take((const uint8_t *)text, left, &code);

		columns += columns_of(code);
		n = n ? n : 1;
		text += n;
		left -= n;
	}
	return columns;
}

#define WORD_MOST 64

/* Three rows of the table are enough: a swap looks two rows back. */
size_t text_distance(const char *a, const char *b)
{
	size_t rows[3][WORD_MOST], n = strlen(a), m = strlen(b);

	if (n >= WORD_MOST || m >= WORD_MOST)
		return WORD_MOST;
	for (size_t i = 0; i <= n; i++) {
		size_t *row = rows[i % 3], *above = rows[(i + 2) % 3];

		row[0] = i;
		for (size_t j = 1; j <= m; j++) {
			if (i == 0) {
				row[j] = j;
				continue;
			}
			row[j] = above[j - 1] + (a[i - 1] != b[j - 1]);
			if (above[j] + 1 < row[j])
				row[j] = above[j] + 1;
			if (row[j - 1] + 1 < row[j])
				row[j] = row[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    rows[(i + 1) % 3][j - 2] + 1 < row[j])
				row[j] = rows[(i + 1) % 3][j - 2] + 1;
		}
	}
	return rows[n % 3][m];
}

const char *text_nearest(const char *text, const char *(*word)(const void *context, size_t i),
			 const void *context, size_t count)
{
	/* A third of the word may be wrong, and never more than three changes. */
	size_t least = strlen(text) / 3 + 1;
	const char *best = NULL;

	if (least > 3)
		least = 3;
	for (size_t i = 0; i < count; i++) {
		const char *w = word(context, i);
		size_t distance = text_distance(text, w);

		if (distance > least || (best && distance == least))
			continue;
		least = distance;
		best = w;
	}
	return best;
}

char *text_print(char *buf, size_t size, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(buf, size, format, list);
	va_end(list);
	return buf;
}
