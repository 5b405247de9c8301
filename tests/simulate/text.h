/* text: a growing buffer for what one side says. */
#ifndef SIMULATE_TEXT_H
#define SIMULATE_TEXT_H

#include "rng.h"

struct text {
	char *at;
	size_t length, room;
};

void text_done(struct text *t);
void text_add(struct text *t, const void *data, size_t length);
void text_put(struct text *t, const char *string);
void text_printf(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A date as mail writes it. */
void text_date(struct text *t, uint64_t time);

/* Header and body of a message of about `size` bytes, dot-stuffed, without the final dot.  With
 * `attached` most of it is base64.  `eol`: "\r\n" or "\n". */
void text_message(struct text *t, struct rng *r, const char *from, const char *to, uint64_t time,
		  size_t size, bool attached, const char *eol);

/* TLS 1.3: what either side sends first, and records of which only the length is seen. */
void text_client_hello(struct text *t, struct rng *r, const char *server_name);
void text_server_hello(struct text *t, struct rng *r);
void text_record(struct text *t, struct rng *r, size_t length);

#endif
