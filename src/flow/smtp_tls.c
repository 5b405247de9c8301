/*
 * TLS where commands should follow.
 *
 * Behind the 220 to STARTTLS nothing is ever read again.  Where that reply was not seen, or where
 * nothing but TLS is spoken, only the bytes themselves tell: a ClientHello (RFC 8446 4 and 5.1), or
 * where the beginning is missing any record.  Anyone can write such bytes; so this is a guess, and
 * the dialogue goes on where the server answers in clear.  It is certain once the server, too,
 * sends a record of TLS.  But that replies come late proves nothing: behind STARTTLS only a refusal
 * shows that it was refused, and a 220 that it was not.
 */
#include "smtp_internal.h"

#include <string.h>

#define PROBE	    9	  /* bytes of the headers of a record and of a handshake within it */
#define RECORD_MOST 16640 /* 2^14 + 256 */
#define HELLO_LEAST 41	  /* with one cipher, and nothing that may be left out */

enum { TYPE_FIRST = 20, TYPE_HANDSHAKE = 22, TYPE_LAST = 23, CLIENT_HELLO = 1 };

enum guess { GUESS_NO, GUESS_UNKNOWN, GUESS_YES };

static unsigned int u16_at(const uint8_t *p)
{
	return p[0] * 256u + p[1];
}

/* Whether n bytes begin a record of any type; unknown: so far they do. */
static enum guess begins_record(const uint8_t *p, size_t n)
{
	unsigned int length;

	if (p[0] < TYPE_FIRST || p[0] > TYPE_LAST || (n > 1 && p[1] != 3) || (n > 2 && p[2] > 4))
		return GUESS_NO;
	if (n < 5)
		return n == 4 && p[3] > RECORD_MOST / 256 ? GUESS_NO : GUESS_UNKNOWN;
	length = u16_at(p + 3);
	return length >= 4 && length <= RECORD_MOST ? GUESS_YES : GUESS_NO;
}

/* A ClientHello fills its record, or goes on in further ones. */
static enum guess begins_hello(const uint8_t *p, size_t n)
{
	unsigned int hello;

	if (n > 0 && p[0] != CLIENT_HELLO)
		return GUESS_NO;
	if (n > 1 && p[1] != 0) /* 64 KiB and more */
		return GUESS_NO;
	if (n < 4)
		return GUESS_UNKNOWN;
	hello = u16_at(p + 2);
	return hello >= HELLO_LEAST ? GUESS_YES : GUESS_NO;
}

static enum guess guess(const uint8_t *p, size_t n)
{
	enum guess record = begins_record(p, n);

	if (record != GUESS_YES || p[0] != TYPE_HANDSHAKE)
		return record;
	record = begins_hello(p + 5, n - 5);
	if (record == GUESS_YES && u16_at(p + 7) + 4 < u16_at(p + 3))
		return GUESS_NO;
	return record;
}

/* Where a record may stand that begins with this byte. */
static bool may_begin(const struct smtp *s, uint8_t type)
{
	bool begins = s->facts.commands == 0 && s->stray == 0 && !s->skip_client;
	bool unseen = begins ? s->greeting != GREETING_SEEN : s->blind_client || s->blind_server;

	if (s->client.begun || s->state == STATE_CREDENTIALS)
		return false;
	if (!begins && !s->facts.starttls_asked)
		return false;
	return type == TYPE_HANDSHAKE || (unseen && type >= TYPE_FIRST && type <= TYPE_LAST);
}

/* Kept in 32 bits: it was at most what has been handed on since. */
static uint64_t known_then(const struct smtp *s)
{
	return s->server_bytes - (uint32_t)((uint32_t)s->server_bytes - s->probe_known);
}

static void begin_guess(struct smtp *s)
{
	if (!s->skip_client)
		smtp_begins(s, known_then(s));
	smtp_line_wipe(&s->client);
	s->probing = false;
	s->opaque = s->guessed = true;
	if (s->state == STATE_MAYBE_TLS)
		s->facts.encrypted = s->guessed_starttls = true;
}

/* They were none: what was set apart is a line, or several. */
static void end_probe(struct smtp *s)
{
	char text[PROBE];
	size_t n = s->client.length;

	memcpy(text, s->client.text, n);
	smtp_line_wipe(&s->client);
	s->probing = false;
	smtp_client_lines(s, text, n, known_then(s));
	memset(text, 0, sizeof(text));
}

bool smtp_tls_take(struct smtp *s, struct bytes *from, uint64_t known)
{
	enum guess g = GUESS_UNKNOWN;

	if (!s->probing && !may_begin(s, *from->at))
		return false;
	if (!s->probing)
		s->probe_known = (uint32_t)known;
	s->probing = true;
	while (g == GUESS_UNKNOWN && from->left > 0) {
		s->client.text[s->client.length++] = (char)*from->at;
		bytes_skip(from, 1);
		g = guess((const uint8_t *)s->client.text, s->client.length);
	}
	if (g == GUESS_YES)
		begin_guess(s);
	else if (g == GUESS_NO)
		end_probe(s);
	return true;
}

static void end_guess(struct smtp *s)
{
	if (s->guessed_starttls)
		s->facts.encrypted = false;
	s->opaque = s->guessed = s->guessed_starttls = false;
	s->state = STATE_COMMANDS;
	smtp_miss_commands(s); /* if there were any behind it */
}

bool smtp_tls_heed_reply(struct smtp *s, unsigned int code)
{
	if (s->probing)
		end_probe(s);
	if (!s->guessed)
		return true;
	if (!s->facts.starttls_asked || code / 100 == 4 || code / 100 == 5) {
		end_guess(s);
		return true;
	}
	if (code == 220)
		smtp_tls_settle(s);
	return false;
}

void smtp_tls_settle(struct smtp *s)
{
	s->opaque = true;
	s->guessed = false;
	s->facts.encrypted = s->facts.encrypted || s->facts.starttls_asked;
	smtp_line_wipe(&s->client);
	s->probing = false;
}
