/* talk: one SMTP session while it runs, and the words a client puts into it. */
#ifndef SIMULATE_TALK_H
#define SIMULATE_TALK_H

#include "smtp.h"

struct talk {
	struct sim *sim;
	const struct session *what;
	const struct dialect *d;
	const struct server *v;
	struct truth *truth;
	struct conn conn;
	struct text out, in;
	struct result result;
	bool listed, over, refused_all;
	const char *eol;
};

/* Sends what stands in `out`; lets the server send what stands in `in`. */
void talk_say(struct talk *k);
void talk_hear(struct talk *k, uint64_t think);

/* Adds to what the server will send. */
void talk_says(struct talk *k, enum saying what, const char *who);

/* How long a server thinks about a command. */
uint64_t talk_quick(struct talk *k);

/* Add to what the client will send; MAIL and RCPT are counted. */
void talk_word(struct talk *k, const char *upper);
void talk_put_helo(struct talk *k, bool ehlo);
void talk_put_mail(struct talk *k, const struct mail *m);
void talk_put_rcpt(struct talk *k, const char *to);

/* The end of the session as the client makes it, or after the server's last word. */
void talk_leave(struct talk *k);
void talk_thrown_out(struct talk *k, enum fate fate);

#endif
