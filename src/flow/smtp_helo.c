/* What is odd about the name that a client gives. */
#include "smtp_internal.h"

#include <string.h>
#include <strings.h>

#include "base/addr.h"

static bool is_address(struct smtp_piece p)
{
	char text[64];
	struct addr a;

	if (p.length == 0 || p.length >= sizeof(text) || memchr(p.at, '\0', p.length))
		return false;
	memcpy(text, p.at, p.length);
	text[p.length] = '\0';
	return addr_parse(text, &a) == 0;
}

/* [192.0.2.1] or [IPv6:2001:db8::1] (RFC 5321 4.1.3); 4.1.3 of old wants no tag. */
static bool is_literal(struct smtp_piece p)
{
	if (p.length < 3 || p.at[0] != '[' || p.at[p.length - 1] != ']')
		return false;
	p.at++;
	p.length -= 2;
	if (p.length > 5 && strncasecmp(p.at, "IPv6:", 5) == 0) {
		p.at += 5;
		p.length -= 5;
	}
	return is_address(p);
}

/* Underscores too: the names of Windows computers have them. */
static bool is_name(struct smtp_piece p)
{
	for (size_t i = 0; i < p.length; i++) {
		char c = (char)(p.at[i] | 0x20);

		if (!((c >= 'a' && c <= 'z') || (p.at[i] >= '0' && p.at[i] <= '9') ||
		      p.at[i] == '-' || p.at[i] == '.' || p.at[i] == '_'))
			return false;
	}
	return p.length > 0;
}

static bool ends_with(struct smtp_piece p, const char *tail)
{
	size_t n = strlen(tail);

	return p.length >= n && strncasecmp(p.at + p.length - n, tail, n) == 0;
}

static bool is_localhost(struct smtp_piece p)
{
	return smtp_same(p, "localhost") || ends_with(p, ".localhost") ||
	       ends_with(p, ".localdomain");
}

uint8_t smtp_helo_flags(struct smtp_piece name)
{
	unsigned int flags = 0;

	if (is_literal(name))
		return SMTP_HELO_LITERAL;
	if (is_address(name))
		return SMTP_HELO_BARE_ADDRESS;
	if (!is_name(name))
		return SMTP_HELO_NOT_A_NAME;
	if (name.at[name.length - 1] == '.')
		name.length--; /* the root's */
	if (!name.length || !memchr(name.at, '.', name.length))
		flags |= SMTP_HELO_NO_DOT;
	if (is_localhost(name))
		flags |= SMTP_HELO_LOCALHOST;
	if (smtp_same(name, "ylmf-pc")) /* a well-known password guesser */
		flags |= SMTP_HELO_NOTORIOUS;
	return (uint8_t)flags;
}
