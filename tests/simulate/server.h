/* server: what a remote mail server says, in the words of its software. */
#ifndef SIMULATE_SERVER_H
#define SIMULATE_SERVER_H

#include "text.h"
#include "world.h"

enum saying {
	SAY_BANNER,
	SAY_HELO,
	SAY_EHLO,
	SAY_MAIL,
	SAY_RCPT,
	SAY_DATA,
	SAY_QUEUED,
	SAY_QUIT,
	SAY_RSET,
	SAY_UNKNOWN, /* no such user */
	SAY_GREY,
	SAY_LISTED,
	SAY_BUSY,
	SAY_BAD_HELO,
	SAY_SPAM, /* refuses what it has read */
	SAY_SYNC, /* the client spoke before its turn */
	SAY_NO_RCPT,
	SAY_TLS,
	SAY_RELAY, /* relay access denied */
	SAY_COUNT
};

/* When it tells a listed client so. */
enum stage { STAGE_BANNER, STAGE_RCPT, STAGE_DATA };

enum stage server_list_stage(const struct server *v);

/* Adds the saying to `t`. `who`: the HELO name, address of sender or recipient it is about. */
void server_say(struct text *t, struct sim *s, struct rng *r, const struct server *v,
		enum saying what, const char *who, uint64_t time);

#endif
