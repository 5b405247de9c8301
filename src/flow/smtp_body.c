/*
 * The body of a message, from the reply to DATA to CRLF.CRLF.  The goal is to pass over it at the
 * speed of memory: memchr() finds the line ends, and only what follows one is looked at.
 *
 * Nothing but CRLF.CRLF ends a body here.  Servers exist that also take a dot between other line
 * ends, and senders that abuse the difference.  A body that holds such a dot is loose: the server's
 * next reply tells that it took it for the end.
 */
#include "smtp_internal.h"

#include <string.h>

/* What the bytes before amount to. */
enum body {
	BODY_TEXT,
	BODY_CR,
	BODY_LINE,	  /* CRLF, or the start */
	BODY_LINE_DOT,	  /* CRLF. */
	BODY_LINE_DOT_CR, /* CRLF.CR */
	BODY_OTHER,	  /* a line began behind LF alone */
	BODY_OTHER_DOT,
	BODY_OTHER_DOT_CR,
	BODY_END,
};

void smtp_body_start(struct smtp *s, bool line, bool cr)
{
	if (line)
		s->body = cr ? BODY_LINE : BODY_OTHER;
	else
		s->body = cr ? BODY_CR : BODY_TEXT;
}

static enum body plain(uint8_t c)
{
	return c == '\r' ? BODY_CR : c == '\n' ? BODY_OTHER : BODY_TEXT;
}

static void mark_loose(struct smtp *s)
{
	s->body_loose = s->body_unseen = true;
}

/* Behind a dot that stands alone on its line: is this the end? */
static enum body behind_dot(struct smtp *s, uint8_t c)
{
	if (c == '\n') {
		mark_loose(s);
		return BODY_OTHER;
	}
	if (c == '\r')
		return s->body == BODY_LINE_DOT ? BODY_LINE_DOT_CR : BODY_OTHER_DOT_CR;
	return BODY_TEXT;
}

static enum body behind_dot_cr(struct smtp *s, uint8_t c)
{
	if (c == '\n' && s->body == BODY_LINE_DOT_CR)
		return BODY_END;
	mark_loose(s);
	return c == '\n' ? BODY_LINE : plain(c);
}

static enum body step(struct smtp *s, uint8_t c)
{
	switch ((enum body)s->body) {
	case BODY_CR:
		return c == '\n' ? BODY_LINE : plain(c);
	case BODY_LINE:
		return c == '.' ? BODY_LINE_DOT : plain(c);
	case BODY_OTHER:
		return c == '.' ? BODY_OTHER_DOT : plain(c);
	case BODY_LINE_DOT:
	case BODY_OTHER_DOT:
		return behind_dot(s, c);
	case BODY_LINE_DOT_CR:
	case BODY_OTHER_DOT_CR:
		return behind_dot_cr(s, c);
	case BODY_TEXT:
	case BODY_END:
		break;
	}
	return plain(c);
}

/* On in the midst of a line to the byte behind its end. */
static void pass_line(struct smtp *s, struct bytes *from)
{
	const uint8_t *start = from->at, *end = memchr(start, '\n', from->left);
	size_t n = end ? (size_t)(end - start) : from->left;
	bool cr = n > 0 && start[n - 1] == '\r';

	bytes_skip(from, n + (end != NULL));
	smtp_body_start(s, end != NULL, cr);
}

bool smtp_body_take(struct smtp *s, struct bytes *from)
{
	size_t before = from->left;

	while (from->left > 0 && s->body != BODY_END) {
		if (s->body == BODY_TEXT) {
			pass_line(s, from);
			continue;
		}
		s->body = (uint8_t)step(s, *from->at);
		bytes_skip(from, 1);
	}
	s->facts.body_bytes += before - from->left;
	if (s->body != BODY_END)
		return false;
	s->facts.body_bytes -= 3; /* the dot's own line */
	s->body = BODY_TEXT;
	return true;
}
