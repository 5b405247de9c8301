#include "fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void fuzz_check(bool good, const char *what, const char *file, int line)
{
	if (good)
		return;
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
	abort();
}

/* --- UTF-8, by the table of RFC 3629 4 -------------------------------------------------------- */

struct utf8_row {
	uint8_t first_from, first_to, second_from, second_to, more;
};

static const struct utf8_row utf8_table[] = {
	{0x00, 0x7f, 0, 0, 0},	     {0xc2, 0xdf, 0x80, 0xbf, 1}, {0xe0, 0xe0, 0xa0, 0xbf, 2},
	{0xe1, 0xec, 0x80, 0xbf, 2}, {0xed, 0xed, 0x80, 0x9f, 2}, {0xee, 0xef, 0x80, 0xbf, 2},
	{0xf0, 0xf0, 0x90, 0xbf, 3}, {0xf1, 0xf3, 0x80, 0xbf, 3}, {0xf4, 0xf4, 0x80, 0x8f, 3},
};

/* Length of the character at p, or 0. */
static size_t utf8_length(const uint8_t *p, size_t left)
{
	for (size_t i = 0; i < sizeof(utf8_table) / sizeof(*utf8_table); i++) {
		const struct utf8_row *r = &utf8_table[i];

		if (p[0] < r->first_from || p[0] > r->first_to)
			continue;
		if (left <= r->more || (r->more && (p[1] < r->second_from || p[1] > r->second_to)))
			return 0;
		for (size_t k = 2; k <= r->more; k++)
			if (p[k] < 0x80 || p[k] > 0xbf)
				return 0;
		return r->more + 1u;
	}
	return 0;
}

/* Characters that would steer a terminal or turn the reading round, in their UTF-8 bytes. */
static bool steers(const uint8_t *p, size_t n)
{
	static const char *const list[] = {"\xd8\x9c",	   "\xe2\x80\x8e", "\xe2\x80\x8f",
					   "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaa",
					   "\xe2\x80\xab", "\xe2\x80\xac", "\xe2\x80\xad",
					   "\xe2\x80\xae", "\xe2\x81\xa6", "\xe2\x81\xa7",
					   "\xe2\x81\xa8", "\xe2\x81\xa9"};

	if (n == 1)
		return p[0] < 0x20 || p[0] == 0x7f;
	if (n == 2 && p[0] == 0xc2 && p[1] < 0xa0)
		return true;
	for (size_t i = 0; i < sizeof(list) / sizeof(*list); i++)
		if (strlen(list[i]) == n && memcmp(list[i], p, n) == 0)
			return true;
	return false;
}

static void judge_text(const char *text, size_t length, bool lines)
{
	const uint8_t *p = (const uint8_t *)text;

	while (length > 0) {
		size_t n = utf8_length(p, length);

		FUZZ_MUST(n > 0);
		FUZZ_MUST(!steers(p, n) || (lines && n == 1 && (*p == '\n' || *p == '\r')));
		p += n;
		length -= n;
	}
}

void fuzz_harmless(const char *text)
{
	judge_text(text, strlen(text), false);
}

void fuzz_page(const char *text, size_t length)
{
	judge_text(text, length, true);
}

/* --- JSON ------------------------------------------------------------------------------------- */

struct json {
	const char *at, *end;
	int depth;
};

static void json_space(struct json *j)
{
	while (j->at < j->end && memchr(" \t\n\r", *j->at, 4))
		j->at++;
}

static bool json_is(const struct json *j, char c)
{
	return j->at < j->end && *j->at == c;
}

static void json_take(struct json *j, char c)
{
	FUZZ_MUST(json_is(j, c));
	j->at++;
}

static void json_string(struct json *j)
{
	json_take(j, '"');
	while (!json_is(j, '"')) {
		FUZZ_MUST(j->at < j->end && (unsigned char)*j->at >= 0x20);
		if (*j->at++ != '\\')
			continue;
		FUZZ_MUST(j->at < j->end && memchr("\"\\/bfnrtu", *j->at, 9));
		if (*j->at++ == 'u')
			for (int i = 0; i < 4; i++, j->at++)
				FUZZ_MUST(j->at < j->end &&
					  memchr("0123456789abcdefABCDEF", *j->at, 22));
	}
	j->at++;
}

static void json_digits(struct json *j)
{
	FUZZ_MUST(j->at < j->end && *j->at >= '0' && *j->at <= '9');
	while (j->at < j->end && *j->at >= '0' && *j->at <= '9')
		j->at++;
}

static void json_number(struct json *j)
{
	if (json_is(j, '-'))
		j->at++;
	if (json_is(j, '0'))
		j->at++;
	else
		json_digits(j);
	if (json_is(j, '.')) {
		j->at++;
		json_digits(j);
	}
	if (json_is(j, 'e') || json_is(j, 'E')) {
		j->at++;
		if (json_is(j, '+') || json_is(j, '-'))
			j->at++;
		json_digits(j);
	}
}

static bool json_word(struct json *j, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(j->end - j->at) < n || memcmp(j->at, word, n) != 0)
		return false;
	j->at += n;
	return true;
}

static void json_value(struct json *j);

static void json_items(struct json *j, char close, bool named)
{
	j->at++;
	json_space(j);
	if (!json_is(j, close)) {
		for (;;) {
			if (named) {
				json_space(j);
				json_string(j);
				json_space(j);
				json_take(j, ':');
			}
			json_value(j);
			if (!json_is(j, ','))
				break;
			j->at++;
		}
	}
	json_take(j, close);
}

static void json_value(struct json *j)
{
	FUZZ_MUST(++j->depth < 64);
	json_space(j);
	if (json_is(j, '{'))
		json_items(j, '}', true);
	else if (json_is(j, '['))
		json_items(j, ']', false);
	else if (json_is(j, '"'))
		json_string(j);
	else if (!json_word(j, "null") && !json_word(j, "true") && !json_word(j, "false"))
		json_number(j);
	json_space(j);
	j->depth--;
}

void fuzz_json(const char *text, size_t length)
{
	struct json j = {.at = text, .end = text + length};

	fuzz_page(text, length);
	json_value(&j);
	FUZZ_MUST(j.at == j.end);
}

/* --- CSV -------------------------------------------------------------------------------------- */

/* A cell, read; what stands behind it is returned. */
static const char *csv_cell(const char *at, const char *end)
{
	bool quoted = at < end && *at == '"';

	if (quoted)
		at++;
	FUZZ_MUST(at == end || !memchr("=+-@\t", *at, 5) ||
		  (*at == '-' && at + 1 < end && at[1] >= '0' && at[1] <= '9'));
	if (!quoted)
		return at + strcspn(at, ",\r\n");
	for (;;) {
		FUZZ_MUST(at < end);
		if (*at++ != '"')
			continue;
		if (at == end || *at != '"')
			return at;
		at++;
	}
}

void fuzz_csv(const char *text, size_t length)
{
	const char *at = text, *end = text + length;
	size_t cells = 0, first = 0;

	fuzz_page(text, length);
	while (at < end) {
		at = csv_cell(at, end);
		cells++;
		FUZZ_MUST(at < end && memchr(",\r\n", *at, 3));
		if (*at++ == ',')
			continue;
		if (at[-1] == '\r') {
			FUZZ_MUST(at < end && *at == '\n');
			at++;
		}
		FUZZ_MUST(!first || cells == first);
		first = cells;
		cells = 0;
	}
	FUZZ_MUST(cells == 0);
}

/* --- inputs ----------------------------------------------------------------------------------- */

const char *fuzz_file(const void *data, size_t size)
{
	static char path[64];
	static int fd = -1;

	if (fd < 0) {
		fd = memfd_create("fuzz", MFD_CLOEXEC);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	FUZZ_MUST(fd >= 0 && ftruncate(fd, 0) == 0);
	FUZZ_MUST(pwrite(fd, data, size, 0) == (ssize_t)size);
	return path;
}

uint8_t *fuzz_copy(struct bytes *in, size_t size, size_t *ret_size)
{
	uint8_t *copy;

	if (size > in->left)
		size = in->left;
	copy = malloc(size ? size : 1);
	FUZZ_MUST(copy != NULL);
	if (size)
		memcpy(copy, bytes_take(in, size), size);
	*ret_size = size;
	return copy;
}

char *fuzz_text(struct bytes *in)
{
	const uint8_t *stop = in->left ? memchr(in->at, 0, in->left) : NULL;
	size_t n = stop ? (size_t)(stop - in->at) : in->left;
	char *text = malloc(n + 1);

	FUZZ_MUST(text != NULL);
	if (n)
		memcpy(text, in->at, n);
	text[n] = '\0';
	bytes_skip(in, stop ? n + 1 : n);
	return text;
}
