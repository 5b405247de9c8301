/*
 * Dialogues as lists of events, read whole, one byte at a time and in every split in two: the facts
 * must be the same.
 *
 * An event is a letter and its bytes:
 *   S  the server says
 *   C  the client says, having had all that the server said
 *   c  the client says, without having had what the server said last
 *   G  as many bytes of the client are missing;  g  of the server
 *   A  the reply that is waited for will not be seen
 *   T  the client says a ClientHello of TLS, of so many bytes with its headers, made to look like
 *      commands behind them
 */
#ifndef TEST_SMTP_PLAY_H
#define TEST_SMTP_PLAY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "flow/smtp.h"

struct play {
	struct smtp *smtp;
	const struct smtp_facts *facts;
	char refusals[4096]; /* each with "\n" behind it */
	unsigned int refusal_count;
};

struct play *play_events(const char *const *events, size_t count);
#define PLAY(...)                                                                                  \
	play_events((const char *const[]){__VA_ARGS__},                                            \
		    sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

/* Whether bytes stand anywhere in the dialogue's state. */
bool play_holds(const struct play *p, const char *text);
/* The i-th of texts one behind the other, "" where there is none. */
const char *play_text(const char *texts, size_t length, size_t i);

#endif
