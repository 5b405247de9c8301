/* Lines of either side: their heads are kept while they arrive, and wiped when they were read. */
#include "smtp_internal.h"

#include <string.h>

bool smtp_line_take(struct smtp_line *l, struct bytes *from, uint32_t *cut_lines)
{
	const uint8_t *end = memchr(from->at, '\n', from->left);
	size_t n = end ? (size_t)(end - from->at) : from->left;
	size_t room = sizeof(l->text) - l->length, kept = n < room ? n : room;
	const uint8_t *at = bytes_take(from, n);

	memcpy(l->text + l->length, at, kept);
	l->length = (uint16_t)(l->length + kept);
	l->begun = true;
	if (n > 0)
		l->after_cr = at[n - 1] == '\r';
	if (kept < n && !l->cut) {
		l->cut = true;
		(*cut_lines)++;
	}
	return end && bytes_skip(from, 1);
}

void smtp_line_wipe(struct smtp_line *l)
{
	memset(l, 0, offsetof(struct smtp_line, text) + l->length);
}

struct smtp_piece smtp_line_text(const struct smtp_line *l)
{
	struct smtp_piece p = {.at = l->text, .length = l->length};

	while (p.length > 0 && p.at[p.length - 1] == '\r')
		p.length--;
	return p;
}

bool smtp_line_is_tls(const struct smtp_line *l)
{
	/* Content types 20 to 23, and the first byte of the version (RFC 8446 5.1). */
	return l->length >= 2 && l->text[0] >= 20 && l->text[0] <= 23 && l->text[1] == 3;
}

/* What a local part is made of, and a few bytes more that nobody should put into one. */
static bool is_local(char c)
{
	switch (c) {
	case '<':
	case '>':
	case '(':
	case ')':
	case '[':
	case ']':
	case ',':
	case ';':
	case ':':
	case '"':
	case '@':
		return false;
	default:
		return (unsigned char)c > ' ';
	}
}

/* A word of the line, or what stands in quotes; else one byte. */
static size_t word_length(struct smtp_piece line, size_t from)
{
	size_t i = from;

	if (line.at[from] == '"') {
		const char *end = memchr(line.at + from + 1, '"', line.length - from - 1);

		return end ? (size_t)(end - line.at) + 1 - from : 1;
	}
	while (i < line.length && is_local(line.at[i]))
		i++;
	return i > from ? i - from : 1;
}

static bool ends_in_dots(struct smtp_piece word)
{
	return word.length > 3 && memcmp(word.at + word.length - 3, "...", 3) == 0;
}

/* A word in angle brackets without a domain. */
static bool is_bare_name(struct smtp_piece line, size_t from, struct smtp_piece word,
			 const char *helo)
{
	size_t end = from + word.length;

	return from > 0 && line.at[from - 1] == '<' && end < line.length && line.at[end] == '>' &&
	       !memchr(word.at, '/', word.length) && !smtp_same(word, helo);
}

size_t smtp_hide(struct smtp_piece line, bool names, const char *helo, char *out)
{
	size_t used = 0, n;

	for (size_t i = 0; i < line.length; i += n) {
		struct smtp_piece word = {.at = line.at + i};
		bool whole, hide;

		n = word.length = word_length(line, i);
		whole = is_local(line.at[i]) || n > 1;
		hide = i + n < line.length && line.at[i + n] == '@';
		/* "<joe>: unknown", and sendmail's "joe... User unknown" */
		if (names)
			hide = hide || is_bare_name(line, i, word, helo) ||
			       (i == 0 && ends_in_dots(word));
		if (whole && hide) {
			out[used++] = '*';
			continue;
		}
		memcpy(out + used, word.at, n);
		used += n;
	}
	return used;
}

/* --- recipients that a reply may repeat --- */

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c & 0x80);
}

#define LOCAL_MOST 128 /* twice what RFC 5321 allows; bounds the time that a hostile text takes */

/* Two bits of the hash each name one of the marks. */
static bool is_marked(const struct smtp *s, uint32_t hash)
{
	uint64_t first = s->locals[hash % SMTP_LOCALS] >> (hash >> 2) % 64;
	uint64_t second = s->locals[(hash >> 8) % SMTP_LOCALS] >> (hash >> 10) % 64;

	return first & second & 1;
}

void smtp_mark_local(struct smtp *s, struct smtp_piece path)
{
	const char *at = path.length ? memrchr(path.at, '@', path.length) : NULL;
	size_t n = at ? (size_t)(at - path.at) : path.length;
	uint32_t hash = SMTP_HASH_BEGIN;

	for (size_t i = 0; i < n; i++) {
		char c = smtp_lower(path.at[i]);

		hash = smtp_hash(hash, &c, 1);
	}
	if (n == 0)
		return;
	s->locals[hash % SMTP_LOCALS] |= UINT64_C(1) << (hash >> 2) % 64;
	s->locals[(hash >> 8) % SMTP_LOCALS] |= UINT64_C(1) << (hash >> 10) % 64;
}

/* The longest beginning of the text that is marked and ends where a word may; 0 for none. */
static size_t marked_length(const struct smtp *s, const char *text, size_t n)
{
	uint32_t hash = SMTP_HASH_BEGIN;
	size_t longest = 0;

	for (size_t i = 0; i < n && i < LOCAL_MOST && (unsigned char)text[i] > ' '; i++) {
		char c = smtp_lower(text[i]);

		hash = smtp_hash(hash, &c, 1);
		if ((i + 1 == n || !is_word(smtp_lower(text[i + 1]))) && is_marked(s, hash))
			longest = i + 1;
	}
	return longest;
}

size_t smtp_hide_marked(const struct smtp *s, char *text, size_t n)
{
	size_t used = 0;

	for (size_t i = 0; i < n;) {
		bool begins = i == 0 || !is_word(smtp_lower(text[i - 1]));
		size_t hide = begins ? marked_length(s, text + i, n - i) : 0;

		if (hide)
			text[used++] = '*';
		else
			text[used++] = text[i];
		i += hide ? hide : 1;
	}
	return used;
}
