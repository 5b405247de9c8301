/*
 * Theory of operation.  libconfuse 3.3 reads the grammar well, but its lexer has traps for a
 * program that must name the right line and read its file again while it runs: a comment within a
 * list is a syntax error; a comment over several lines counts one line too many; a section that the
 * file's end leaves open is accepted; a quote that the end leaves open, or a bad escape, leaves the
 * lexer in the middle of a string, where the next file that is read begins; characters it does not
 * know, a '+' in a time for instance, vanish without a word; ${NAME} is replaced from the
 * environment.
 *
 * So this pass goes over the text first.  Comments become blanks, line ends stay, and each of the
 * others is refused in words of our own.
 */
#include "config_parts.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MOST 16

struct scan {
	char *at, *end;
	const char *path;
	char *error;
	struct items *items;
	unsigned int line;
	unsigned int depth, opened[DEPTH_MOST]; /* lines of the braces that are open */
	bool allow;				/* the last word outside of braces was "allow" */
};

static int fail(const struct scan *s, unsigned int line, const char *what)
{
	return config_fail(s->error, "%s:%u: %s", s->path, line, what);
}

/* Blanks up to `stop`, but for line ends. */
static void blank(struct scan *s, const char *stop)
{
	for (; s->at < stop; s->at++) {
		if (*s->at == '\n')
			s->line++;
		else
			*s->at = ' ';
	}
}

static bool starts(const struct scan *s, const char *with)
{
	size_t n = strlen(with);

	return (size_t)(s->end - s->at) >= n && memcmp(s->at, with, n) == 0;
}

static int scan_comment(struct scan *s)
{
	size_t left = (size_t)(s->end - s->at);
	const char *stop;

	if (!starts(s, "/*")) {
		stop = memchr(s->at, '\n', left);
		blank(s, stop ? stop : s->end);
		return 0;
	}
	stop = memmem(s->at + 2, left - 2, "*/", 2);
	if (!stop)
		return fail(s, s->line, "this comment is never closed; end it with */");
	blank(s, stop + 2);
	return 0;
}

#define NO_TEXT "found a control character; this is no text file"

/* NUL above all, where libconfuse would take the text to end. */
static bool is_control(char c)
{
	return ((unsigned char)c < ' ' && c != '\t') || c == 0x7f;
}

/* The lexer's escapes in double quotes that end in an error of its own begin with a digit. */
static int scan_quoted(struct scan *s)
{
	char quote = *s->at++;
	unsigned int line = s->line;

	for (; s->at < s->end && *s->at != quote; s->at++) {
		if (*s->at == '\n')
			return fail(s, line, "this quote is not closed on its line");
		if (is_control(*s->at))
			return fail(s, s->line, NO_TEXT);
		if (quote == '"' && starts(s, "${"))
			return fail(s, s->line,
				    "\"${\" is kept for later; put the text in single quotes");
		if (*s->at != '\\')
			continue;
		if (s->at + 1 == s->end || s->at[1] == '\n')
			return fail(s, line, "this quote is not closed on its line");
		s->at++;
		if (quote == '"' && isalnum((unsigned char)*s->at))
			return fail(s, s->line,
				    "unknown escape; after a backslash only \" and \\ may stand");
	}
	if (s->at == s->end)
		return fail(s, line, "this quote is never closed");
	s->at++;
	return 0;
}

static int scan_brace(struct scan *s)
{
	if (*s->at == '}') {
		if (s->depth == 0)
			return fail(s, s->line, "found \"}\" where nothing is open");
		s->depth--;
	} else {
		if (s->depth == DEPTH_MOST)
			return fail(s, s->line, "found too many \"{\" within one another");
		if (s->depth == 0 && s->allow) {
			struct items *items = s->items;
			unsigned int *lines = reallocarray(items->allow_lines,
							   items->allow_count + 1, sizeof(*lines));

			if (!lines)
				return -ENOMEM;
			items->allow_lines = lines;
			lines[items->allow_count++] = s->line;
		}
		s->opened[s->depth++] = s->line;
	}
	s->allow = false;
	s->at++;
	return 0;
}

static bool ends_word(char c)
{
	return strchr(" \t\r\n={}()+,#\"'", c) != NULL; /* NUL as well */
}

static int scan_word(struct scan *s)
{
	const char *start = s->at;

	for (; s->at < s->end && !ends_word(*s->at); s->at++) {
		if (*s->at == '*')
			return fail(s, s->line, "found \"*\"; put the text in quotes");
		if (starts(s, "${"))
			return fail(s, s->line,
				    "\"${\" is kept for later; put the text in single quotes");
		if (is_control(*s->at))
			return fail(s, s->line, NO_TEXT);
	}
	s->allow = s->depth == 0 && s->at - start == 5 && memcmp(start, "allow", 5) == 0;
	return 0;
}

static int scan_one(struct scan *s)
{
	switch (*s->at) {
	case '\n':
		s->line++;
		s->at++;
		return 0;
	case ' ':
	case '\t':
	case '\r':
		s->at++;
		return 0;
	case '=':
	case ',':
		s->allow = false;
		s->at++;
		return 0;
	case '#':
		return scan_comment(s);
	case '/':
		return starts(s, "//") || starts(s, "/*") ? scan_comment(s) : scan_word(s);
	case '"':
	case '\'':
		return scan_quoted(s);
	case '{':
	case '}':
		return scan_brace(s);
	case '+':
		if (!starts(s, "+="))
			return fail(s, s->line, "found \"+\"; put the text in quotes");
		s->at += 2;
		return 0;
	case '(':
	case ')':
	case '\0':
		return fail(s, s->line,
			    *s->at ? "found a parenthesis; put the text in quotes" : NO_TEXT);
	default:
		return scan_word(s);
	}
}

int config_scan(char *text, size_t length, const char *path, struct items *items,
		char error[CONFIG_ERROR])
{
	struct scan s = {.at = text,
			 .end = text + length,
			 .path = path,
			 .error = error,
			 .items = items,
			 .line = 1};

	while (s.at < s.end) {
		int r = scan_one(&s);

		if (r < 0)
			return r;
	}
	if (s.depth > 0)
		return fail(&s, s.opened[s.depth - 1], "the \"{\" of this line is never closed");
	return 0;
}
