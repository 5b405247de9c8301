/*
 * smtp: one session of a client with a server, told to the wire command by command, and counted in
 * the host's truth as it goes.
 */
#ifndef SIMULATE_SMTP_H
#define SIMULATE_SMTP_H

#include "server.h"
#include "tcp.h"

enum { RCPT_MAX = 12 };

/* How the program writes its commands. */
enum letter { LETTER_UPPER, LETTER_LOWER, LETTER_SENDMAIL, LETTER_SPACED };

enum ending { END_QUIT, END_QUIT_RUN, END_FIN, END_RESET };

struct dialect {
	bool ehlo;
	enum letter letter;
	enum ending ending;
	bool starttls, pipelines, chunks, sizes; /* where the server offers it */
	bool auth, guesses;			 /* logs in; with passwords that are wrong */
	bool hasty;				 /* speaks before the greeting */
	bool blind;				 /* sends all at once, without leave */
	bool deaf;				 /* goes on after a refusal */
	bool bare;				 /* ends its lines by LF alone */
	bool rset;				 /* before each message */
	bool mute;				 /* says no more than its name */
	bool silent;				 /* says nothing at all: connects, reads, goes */
	uint64_t patience, pace;
};

struct mail {
	char from[NAME_SIZE * 2];
	char to[RCPT_MAX][NAME_SIZE * 2];
	uint32_t rcpts;
	size_t size;
	bool attached;
};

enum fate {
	FATE_SENT,
	FATE_LATER,
	FATE_REJECTED,
	FATE_TALKED,
	FATE_SILENT,
	FATE_REFUSED,
	FATE_UNREACHABLE
};

struct session {
	struct host *host;
	struct rng *rng;
	const struct server *server;
	const struct dialect *dialect;
	const char *helo;
	const struct mail *mails;
	uint32_t count;
	uint16_t port;
	uint32_t unknown, spam; /* thousandths: recipients that are unknown, messages not liked */
	bool again;		/* long enough after a first try that greylisting lets it pass */
};

struct result {
	uint64_t until;
	enum fate fate;
	uint32_t accepted;
};

struct result smtp_session(struct sim *s, const struct session *what, uint64_t start);

bool helo_is_bad(const char *helo);

#endif
