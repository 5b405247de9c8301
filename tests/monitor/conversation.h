/* Conversations in frames, from either end's wire through the whole way into a batch. */
#ifndef EGRESS25_TESTS_CONVERSATION_H
#define EGRESS25_TESTS_CONVERSATION_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "monitor/way.h"
#include "wire/packet.h"

#define MS  INT64_C(1000)
#define SEC INT64_C(1000000)

extern struct way *way;
extern struct policy *policy; /* the mail server is 10.0.0.25; 587 is also watched */
extern struct batch *batch;
extern int64_t now; /* of the next frame, which takes a millisecond */

/* For cmocka. */
int conversation_setup(void **state);
int conversation_teardown(void **state);

struct conversation {
	const char *client, *server;
	uint16_t client_port, server_port;
	uint32_t seq[2];   /* of the next byte of: [0] server, [1] client */
	uint64_t bytes[2]; /* payload so far */
};

/* Of that client to that server's port 25, each with a port of its own; sends the SYN. */
struct conversation attempt(const char *client, const char *server);
struct conversation attempt_port(const char *client, const char *server, uint16_t port);
/* With its handshake. */
struct conversation connection(const char *client, const char *server);

void segment(struct conversation *c, bool from_client, uint8_t flags, const char *payload);
/* A reset of ours to the client, as the mirror shows it. */
void own_segment(struct conversation *c, const struct reset *r);
/* One segment that holds the text, by client and by server. */
void says(struct conversation *c, const char *text);
void replies(struct conversation *c, const char *text);
void ends(struct conversation *c); /* FIN of both */

/* From the greeting to the FINs: one message to one recipient, accepted. */
void sends_message(struct conversation *c, const char *helo, const char *sender);

/* A question and its answer by UDP: type 1 has an address for data, 15 an exchange. */
void resolves(const char *client, const char *resolver, const char *name, unsigned int type,
	      const char *data);

/* Time passes, and what has changed is collected, until all has been told. */
void collect(void);

/* The row of the connection to that server, and its texts; fails the test where there is none. */
const struct connection *row_of(const char *client, const char *server);
struct connection_texts texts_of(const char *client, const char *server);
/* The host's evidence as it was told last; NULL where none was. */
const struct evidence *evidence_of(const char *client);
/* The sum over the batch, of one standing. */
struct tally sum_of(enum standing standing);

#endif
