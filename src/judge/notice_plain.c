/*
 * Goal: a reply in one spelling, without what the client may have put into it, and the addresses in
 * such a text.
 */
#include "notice_plain.h"

#include <string.h>

#include "judge/notice.h"

#define LONG	 1000 /* bytes of a reply that was probably cut */
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static char lower(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (char)(c | 0x20);
	if (c == '\t')
		return ' ';
	return c;
}

static void put(struct plain *t, char c)
{
	if (c == ' ' && t->s[t->length - 1] == ' ')
		return;
	if (t->length < PLAIN_MOST)
		t->s[t->length++] = c;
}

/* Past the '>' that ends what begins behind a '<'; in a quoted string it ends nothing. */
static const char *skip_angle(const char *p, bool *ret_plain)
{
	bool quoted = false, plain = true;

	for (; *p && (quoted || *p != '>'); p++) {
		quoted ^= *p == '"';
		if (*p == '@' || *p == '"' || *p == ' ')
			plain = false;
	}
	*ret_plain = plain && *p;
	return *p ? p + 1 : p;
}

/* "< 192.0.2.1 >", as AT&T has it */
static bool holds_address(const char *p, const char *end)
{
	while (p < end && (plain_is_digit(*p) || *p == '.' || *p == ' '))
		p++;
	return p + 1 == end;
}

/* Three bytes of UTF-8 for which everybody else writes one of ASCII; 0 where they are not. */
static char plain_mark(const char *p)
{
	if (p[0] != '\xe2' || p[1] != '\x80')
		return 0;
	if (p[2] == '\x98' || p[2] == '\x99')
		return '\'';
	return p[2] == '\x93' || p[2] == '\x94' ? '-' : 0;
}

struct taking {
	bool unquoted;	      /* no further '"' ends what begins at one */
	const char *plain_to; /* all up to here is known to hold nothing to be blanked */
};

/* Takes one character, or all that must be blanked from here. */
static const char *take(const char *p, struct plain *t, struct taking *state)
{
	char mark = plain_mark(p);
	const char *end;
	bool plain;

	if (mark) {
		put(t, mark);
		return p + 3;
	}
	if (*p == '"' && !state->unquoted) {
		end = strchr(p + 1, '"');
		state->unquoted = !end;
		if (end) {
			put(t, '"');
			return end + 1;
		}
	}
	if (*p == '<' && p >= state->plain_to) {
		end = skip_angle(p + 1, &plain);
		if (!plain && !holds_address(p + 1, end)) {
			put(t, '<');
			return end;
		}
		if (plain)
			state->plain_to = end;
	}
	put(t, lower(*p));
	return p + 1;
}

/* Whether a word is an enhanced status code (RFC 3463), as 5.7.1 and 4.7.650: are. */
static bool is_status(const char *p, size_t n)
{
	size_t dots = 0, digits = 0;

	if (n < 5 || (p[0] != '4' && p[0] != '5') || p[1] != '.')
		return false;
	n -= p[n - 1] == ':';
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '.' ? digits == 0 : !plain_is_digit(p[i]) || digits == 3)
			return false;
		dots += p[i] == '.';
		digits = p[i] == '.' ? 0 : digits + 1;
	}
	return dots == 2 && digits > 0;
}

/* Leaves out the codes, and blanks the words that are mail addresses. */
static void drop_codes(struct plain *t, const char code[3])
{
	size_t out = 1, n;

	for (size_t at = 1; at < t->length; at += n + 1) {
		const char *word = t->s + at;

		n = strcspn(word, " ");
		size_t skip = n > 3 && memcmp(word, code, 3) == 0 && word[3] == '-' ? 4 : 0;
		size_t kept = n - skip;

		if ((kept == 3 && memcmp(word + skip, code, 3) == 0) ||
		    is_status(word + skip, kept))
			kept = 0;
		if (memchr(word + skip, '@', kept)) {
			t->s[out++] = '@';
		} else {
			memmove(t->s + out, word + skip, kept);
			out += kept;
		}
		if (t->s[out - 1] != ' ')
			t->s[out++] = ' ';
	}
	t->length = out;
	t->s[out] = '\0';
}

/* Of a long text the last word may be torn: half an address is another one. */
static void drop_last_word(struct plain *t)
{
	t->length -= t->length > 1;
	while (t->length > 1 && t->s[t->length - 1] != ' ')
		t->length--;
	t->s[t->length] = '\0';
}

bool notice_is_public(const struct addr *a)
{
	static const struct {
		uint8_t bytes[4];
		uint8_t bits;
	} special[] = {
		{{0, 0, 0, 0}, 8},    {{10, 0, 0, 0}, 8},     {{100, 64, 0, 0}, 10},
		{{127, 0, 0, 0}, 8},  {{169, 254, 0, 0}, 16}, {{172, 16, 0, 0}, 12},
		{{192, 0, 0, 0}, 24}, {{192, 168, 0, 0}, 16}, {{198, 18, 0, 0}, 15},
		{{224, 0, 0, 0}, 3},
	};

	if (!addr_is_v4(a))
		return (a->b[0] & 0xe0) == 0x20; /* 2000::/3 */
	for (size_t i = 0; i < COUNT(special); i++) {
		struct prefix p = {addr_from_v4(special[i].bytes), (uint8_t)(96 + special[i].bits)};

		if (prefix_contains(&p, a))
			return false;
	}
	return true;
}

/* Length of a dotted quad, 0 where there is none. */
static size_t take_v4(const char *s, struct addr *ret_)
{
	uint8_t bytes[4];
	size_t at = 0;

	for (size_t i = 0; i < 4; i++) {
		unsigned int value = 0, digits = 0;

		if (i && s[at++] != '.')
			return 0;
		for (; plain_is_digit(s[at]) && digits < 3; at++, digits++)
			value = value * 10 + (unsigned int)(s[at] - '0');
		if (digits == 0 || value > 255 || (digits > 1 && s[at - digits] == '0'))
			return 0;
		bytes[i] = (uint8_t)value;
	}
	*ret_ = addr_from_v4(bytes);
	return at;
}

static size_t take_v6(const char *s, struct addr *ret_)
{
	char copy[ADDR_TEXT];
	size_t n = 0, colons = 0;

	for (; plain_is_hex(s[n]) || s[n] == ':' || s[n] == '.'; n++) {
		if (n == sizeof(copy) - 1)
			return 0;
		colons += s[n] == ':';
	}
	if (n > 2 && (s[n - 1] == '.' || (s[n - 1] == ':' && s[n - 2] != ':')))
		n--;
	if (colons < 2)
		return 0;
	memcpy(copy, s, n);
	copy[n] = '\0';
	return addr_parse(copy, ret_) == 0 ? n : 0;
}

/* An address goes on: it is a part of a name, a network or a version. */
static bool goes_on(const char *s)
{
	if (plain_is_word(*s) || *s == '-' || *s == '_' || *s == '@')
		return true;
	return (*s == '.' && plain_is_word(s[1])) || (*s == '/' && plain_is_digit(s[1]));
}

size_t plain_address(const char *s, struct addr *ret_)
{
	const char *p = s, *close;
	struct addr a;
	size_t n;

	if (*p == '[' || *p == '(' || *p == '<')
		p += p[1] == ' ' ? 2 : 1;
	if (strncmp(p, "ipv6:", 5) == 0)
		p += 5;
	n = take_v4(p, &a);
	if (n == 0)
		n = take_v6(p, &a);
	if (n == 0 || goes_on(p + n))
		return 0;
	p += n;
	close = p + strspn(p, " 0123456789");
	*ret_ = a;
	return (size_t)((*close == ']' || *close == ')' || *close == '>' ? close + 1 : p) - s);
}

bool plain_may_be_address(const char *text, const char *s)
{
	char before = ' ';

	if (s > text)
		before = s[-1];
	if (!plain_is_hex(*s) && !strchr("[(<:i", *s))
		return false;
	if (before == ':') /* "ip:192.0.2.1", but not within an IPv6 address */
		return s - 1 > text && s[-2] != ':' && !plain_is_hex(s[-2]);
	return !plain_is_word(before) && !strchr(".-_#@", before);
}

/* True where there are no more of them than there is room for. */
static bool find_addresses(struct plain *t)
{
	struct plain_place place = {0};

	t->address_count = 0;
	for (const char *s = t->s + 1; *s; s++) {
		if (!plain_may_be_address(t->s, s))
			continue;
		place.length = (uint16_t)plain_address(s, &place.address);
		if (place.length == 0)
			continue;
		if (t->address_count == PLAIN_ADDRESSES)
			return false;
		place.at = (uint16_t)(s - t->s);
		t->addresses[t->address_count++] = place;
		s += place.length - 1;
	}
	return true;
}

enum plain_result plain_make(const char *reply, struct plain *t)
{
	struct taking state = {.plain_to = reply};

	if ((reply[0] != '4' && reply[0] != '5') || !plain_is_digit(reply[1]) ||
	    !plain_is_digit(reply[2]) || (reply[3] != ' ' && reply[3] != '-'))
		return PLAIN_NO_REFUSAL;
	t->s[0] = ' ';
	t->length = 1;
	for (const char *p = reply + 4; *p && t->length < PLAIN_MOST;)
		p = take(p, t, &state);
	t->s[t->length] = '\0';
	drop_codes(t, reply);
	if (strnlen(reply, LONG) == LONG)
		drop_last_word(t);
	return find_addresses(t) ? PLAIN_OK : PLAIN_TOO_MANY;
}
