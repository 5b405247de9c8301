/* How addresses, names and parameters are written in commands, and what is kept of them. */
#include "smtp_internal.h"

#include <string.h>
#include <strings.h>

#include "base/addr.h"
#include "base/text.h"

char smtp_lower(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (char)(c | 0x20);
	return c;
}

bool smtp_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

bool smtp_same(struct smtp_piece a, const char *word)
{
	if (a.length == 0 || ((*a.at ^ *word) & ~0x20)) /* most words differ here */
		return a.length == 0 && *word == '\0';
	return strlen(word) == a.length && strncasecmp(a.at, word, a.length) == 0;
}

bool smtp_skip_blanks(struct smtp_piece *p)
{
	size_t before = p->length;

	while (p->length > 0 && smtp_is_blank(*p->at)) {
		p->at++;
		p->length--;
	}
	return p->length < before;
}

void smtp_trim(struct smtp_piece *p)
{
	smtp_skip_blanks(p);
	while (p->length > 0 && smtp_is_blank(p->at[p->length - 1]))
		p->length--;
}

static struct smtp_piece take(struct smtp_piece *p, size_t n)
{
	struct smtp_piece head = {.at = p->at, .length = n};

	p->at += n;
	p->length -= n;
	return head;
}

struct smtp_piece smtp_take_word(struct smtp_piece *p)
{
	size_t n = 0;

	smtp_skip_blanks(p);
	while (n < p->length && !smtp_is_blank(p->at[n]))
		n++;
	return take(p, n);
}

/* Where the bracket closes: one in quotes does not count.  p.length where none does. */
static size_t bracket_end(struct smtp_piece p)
{
	bool quoted = false;
	size_t i = 0;

	for (; i < p.length && (quoted || p.at[i] != '>'); i++) {
		if (p.at[i] == '"')
			quoted = !quoted;
		else if (p.at[i] == '\\' && quoted && i + 1 < p.length)
			i++;
	}
	if (i < p.length || !quoted)
		return i;
	/* A quote that never closes hides nothing. */
	for (i = 0; i < p.length && p.at[i] != '>'; i++)
		;
	return i;
}

/* "@relay,@relay:user@domain" (RFC 5321 appendix C). */
static void strip_route(struct smtp_piece *path)
{
	const char *colon;

	if (path->length == 0 || *path->at != '@')
		return;
	colon = memchr(path->at, ':', path->length);
	if (colon)
		take(path, (size_t)(colon - path->at) + 1);
}

bool smtp_take_path(struct smtp_piece *p, struct smtp_piece *ret_path)
{
	bool bracket = p->length > 0 && *p->at == '<';

	if (bracket) {
		take(p, 1);
		*ret_path = take(p, bracket_end(*p));
		if (p->length > 0)
			take(p, 1);
	} else {
		*ret_path = smtp_take_word(p);
	}
	smtp_trim(ret_path);
	strip_route(ret_path);
	return bracket;
}

/* The length of an address before the '@' of its domain: there letters of either case differ. */
static size_t local_length(const char *text)
{
	const char *at = strrchr(text, '@');

	return at ? (size_t)(at - text) : 0;
}

static bool same_address(const char *a, const char *b)
{
	size_t n = local_length(a);

	return n == local_length(b) && memcmp(a, b, n) == 0 && strcasecmp(a + n, b + n) == 0;
}

/* Texts one behind the other. */
struct arena {
	char *texts;
	size_t size;
	uint16_t *length;
	uint8_t *count;
	uint8_t most;
};

/* False where there is no room for a text that is not there yet. */
static bool keep(struct arena a, const char *text)
{
	size_t n = strlen(text) + 1;

	for (size_t i = 0; i < *a.length; i += strlen(a.texts + i) + 1)
		if (same_address(a.texts + i, text))
			return true;
	if (*a.count >= a.most || n > a.size - *a.length)
		return false;
	memcpy(a.texts + *a.length, text, n);
	*a.length = (uint16_t)(*a.length + n);
	(*a.count)++;
	return true;
}

/*
 * Mailing lists write the recipient into the sender, to know whom a bounce is about (VERP):
 * list-bounces+joe=example.com@example.net.  Its local part is a recipient's, and hidden.
 */
static void hide_recipient(char *text)
{
	size_t local = local_length(text), from, to = local;

	while (to > 0 && text[to - 1] != '=')
		to--;
	if (to == 0 || !memchr(text + to, '.', local - to))
		return;
	to--;
	for (from = to; from > 0 && !strchr("+-=/", text[from - 1]); from--)
		;
	if (from == to)
		return;
	text[from] = '*';
	memmove(text + from + 1, text + to, strlen(text + to) + 1);
}

void smtp_keep_sender(struct smtp_facts *f, struct smtp_piece path)
{
	struct arena a = {f->senders, sizeof(f->senders), &f->senders_length, &f->sender_count,
			  SMTP_SENDERS};
	char text[SMTP_LINE] = "<>";

	size_t taken = 0;

	if (path.length > 0)
		taken = text_escape(path.at, path.length, text, sizeof(text));
	hide_recipient(text);
	if (taken < path.length || !keep(a, text))
		f->senders_left_out++;
}

/* Letters, digits and what names and address literals are made of; never what may be the rest of a
 * local part that was badly written. */
static bool is_domain(struct smtp_piece d)
{
	bool literal = d.length > 0 && *d.at == '[';

	for (size_t i = 0; i < d.length; i++) {
		char c = smtp_lower(d.at[i]);

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
		      c == '_' || (c & 0x80) || (literal && c && strchr("[]:", c))))
			return false;
	}
	return d.length > 0;
}

void smtp_keep_domain(struct smtp_facts *f, struct smtp_piece path)
{
	struct arena a = {f->domains, sizeof(f->domains), &f->domains_length, &f->domain_count,
			  SMTP_DOMAINS};
	const char *at = path.length ? memrchr(path.at, '@', path.length) : NULL;
	char text[SMTP_ARENA / 4];

	if (!at)
		return;
	take(&path, (size_t)(at - path.at) + 1);
	if (!is_domain(path))
		return;
	if (text_escape(path.at, path.length, text, sizeof(text)) < path.length) {
		f->domains_left_out++;
		return;
	}
	for (char *c = text; *c; c++)
		*c = smtp_lower(*c);
	if (!keep(a, text))
		f->domains_left_out++;
}

uint32_t smtp_hash(uint32_t hash, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (uint8_t)text[i]) * 16777619u; /* FNV-1a */
	return hash;
}
