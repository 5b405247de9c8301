/*
 * text: bounded text, and the one place where text from the network is made harmless.
 *
 * What comes from the wire is escaped once, where it becomes a fact; from then on it is valid UTF-8
 * in which control bytes (C0, DEL, C1), bidirectional controls, backslashes and invalid bytes stand
 * as \xNN, each of their UTF-8 bytes on its own.
 */
#ifndef EGRESS25_BASE_TEXT_H
#define EGRESS25_BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Escapes length bytes into out (size bytes, NUL included).  Stops before a character or an escape
 * that does not fit whole.  Returns how many input bytes were taken, so less than length says that
 * the text was cut.
 */
size_t text_escape(const void *data, size_t length, char *out, size_t size);

/*
 * Columns that UTF-8 text takes on a terminal: wide and combining characters as wcwidth(3) has them
 * under the UTF-8 locale that main() sets.
 */
int text_columns(const char *text);

/* Longest head of text, in bytes, that takes at most columns. */
size_t text_head(const char *text, int columns);

/*
 * How many single changes (a character put in, left out, replaced, or swapped with its neighbour)
 * lie between two short words: for "did you mean".  Words above 63 bytes are far from all.
 */
size_t text_distance(const char *a, const char *b);

/* Of `count` words (word(context, i)) the one nearest to text, or NULL where none is near. */
const char *text_nearest(const char *text, const char *(*word)(const void *context, size_t i),
			 const void *context, size_t count);

/* Behind a noun with its number: "1 host", "2 hosts". */
#define text_s(n) ((n) == 1 ? "" : "s")

/* printf into buf, cut at size; returns buf. */
char *text_print(char *buf, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
