/* bot: the engine behind every kind of bot. */
#ifndef SIMULATE_BOT_H
#define SIMULATE_BOT_H

#include "act.h"

enum helo {
	HELO_LOCALHOST,
	HELO_LOCALDOMAIN,
	HELO_COMPUTER,
	HELO_RANDOM,
	HELO_PUBLIC, /* bare public address */
	HELO_LITERAL,
	HELO_STOLEN, /* one foreign access customer's name */
	HELO_RECIPIENT,
	HELO_FRESH, /* another domain each time */
	HELO_SENDER,
	HELO_OWN, /* our own public address's name */
	HELO_FQDN,
	HELO_COUNT
};

enum sender {
	SENDER_RANDOM,
	SENDER_FREEMAIL,
	SENDER_CAMPAIGN,
	SENDER_RECIPIENT,
	SENDER_FIXED,
	SENDER_NULL,
	SENDER_POOL,
	SENDER_COUNT
};

enum { RETRIES = 32, POOL = 12 };

struct bot {
	struct dialect dialect;
	struct route route;
	enum helo helo;
	enum sender sender;
	char name[NAME_SIZE], pool[POOL][NAME_SIZE];
	uint32_t pool_count, campaign;
	uint32_t cap, made, dead, unknown, spam, consumers, rcpts, mails;
	int provider; /* all recipients there; -1: anywhere */
	bool by_address, retries, looked;
	uint32_t checks; /* thousandths of waves that begin with a look at a blacklist */
	uint64_t gap, wave, pause, wave_until, size;
	struct {
		uint32_t domain;
		uint64_t due;
	} again[RETRIES];
	struct set met;
};

/* An agent of `h` with every habit drawn at random; the kinds then narrow some. */
struct bot *bot_new(struct sim *s, struct host *h, struct agent **ret_a);

#endif
