/*
 * One dialogue: the client's bytes are handed to the reader of what they are, and gaps and replies
 * that will never be seen change what that is.
 */
#include "smtp_internal.h"

#include <string.h>

_Static_assert(sizeof(struct smtp) <= 4608, "one for each dialogue under way");

void smtp_init(struct smtp *s)
{
	memset(s, 0, sizeof(*s));
}

bool smtp_waits(const struct smtp *s)
{
	return s->waiting != KIND_NONE;
}

static void wipe(struct smtp *s)
{
	smtp_line_wipe(&s->client);
}

/* --- lines --- */

static void command(struct smtp *s)
{
	s->state = STATE_COMMANDS;
	smtp_command(s, smtp_line_text(&s->client), !s->client.after_cr);
}

static void whole_line(struct smtp *s)
{
	bool missing = s->skip_client;

	s->skip_client = false;
	if (missing && s->state == STATE_CREDENTIALS)
		s->state = STATE_MAYBE_SECRETS;
	if (s->state == STATE_CREDENTIALS) {
		s->state = STATE_COMMANDS;
		s->facts.bare_lf = s->facts.bare_lf || !s->client.after_cr;
		smtp_outstanding(s, KIND_AUTH);
	} else if ((!missing && s->state != STATE_MAYBE_SECRETS) ||
		   smtp_is_command(smtp_line_text(&s->client))) {
		command(s);
	}
	wipe(s);
}

static void take_line(struct smtp *s, struct bytes *from, uint64_t known)
{
	if (!s->client.begun && !s->skip_client)
		smtp_begins(s, known);
	if (smtp_line_take(&s->client, from, &s->facts.cut_lines))
		whole_line(s);
}

void smtp_client_lines(struct smtp *s, const char *text, size_t n, uint64_t known)
{
	struct bytes from = bytes_of(text, n);

	while (from.left > 0)
		take_line(s, &from, known);
}

/* --- bodies --- */

static void end_body(struct smtp *s)
{
	s->state = STATE_COMMANDS;
	s->body_loose = false;
	smtp_outstanding(s, KIND_BODY);
}

static void take_body(struct smtp *s, struct bytes *from, uint64_t known)
{
	if (s->body_begins && known < s->answer_end)
		smtp_begins(s, known); /* it did not wait for the 354 */
	s->body_begins = false;
	if (smtp_body_take(s, from))
		end_body(s);
}

static void take_chunk(struct smtp *s, struct bytes *from)
{
	size_t n = s->chunk_left < from->left ? (size_t)s->chunk_left : from->left;

	bytes_skip(from, n);
	s->facts.body_bytes += n;
	s->chunk_left -= n;
	if (s->chunk_left == 0)
		s->state = STATE_COMMANDS;
}

/* Behind a DATA of which the reply was not seen, the first line tells whether it was refused. */
static void take_maybe_body(struct smtp *s, struct bytes *from)
{
	size_t before = from->left;
	uint32_t cut_lines = 0; /* a body's lines are none */
	bool whole = smtp_line_take(&s->client, from, &cut_lines);
	struct smtp_piece line = smtp_line_text(&s->client);

	s->facts.body_bytes += before - from->left;
	if (!whole && !s->client.cut)
		return;
	if (whole && !s->client.cut && smtp_is_command(line)) {
		s->facts.body_bytes -= s->client.length + 1u;
		command(s);
	} else if (whole && line.length == 1 && *line.at == '.' && s->client.after_cr) {
		s->facts.body_bytes -= s->client.length + 1u;
		end_body(s);
	} else {
		s->state = STATE_BODY_BYTES;
		s->body_loose = true;
		smtp_body_start(s, whole, s->client.after_cr);
	}
	wipe(s);
}

/* --- */

size_t smtp_client(struct smtp *s, const void *data, size_t n, uint64_t known)
{
	struct bytes from = bytes_of(data, n);

	if (n > 0)
		s->facts.client_seen = true;
	while (from.left > 0 && !smtp_waits(s) && !s->opaque) {
		if (s->state == STATE_BODY_BYTES)
			take_body(s, &from, known);
		else if (s->state == STATE_CHUNK_BYTES)
			take_chunk(s, &from);
		else if (s->state == STATE_MAYBE_BODY)
			take_maybe_body(s, &from);
		else if (!smtp_tls_take(s, &from, known))
			take_line(s, &from, known);
	}
	return s->opaque ? n : n - from.left;
}

static void blind_server(struct smtp *s)
{
	s->blind_server = true;
	smtp_blind(s);
}

void smtp_assume(struct smtp *s)
{
	static const uint8_t states[KIND_COUNT] = {
		[KIND_DATA] = STATE_MAYBE_BODY,
		[KIND_AUTH] = STATE_MAYBE_SECRETS,
		[KIND_STARTTLS] = STATE_MAYBE_TLS,
	};

	if (!smtp_waits(s))
		return;
	s->state = states[s->waiting];
	s->body_loose = s->waiting == KIND_DATA;
	s->waiting = KIND_NONE;
	smtp_queue_clear(&s->queue);
	if (s->greeting == GREETING_AWAITED)
		smtp_miss_greeting(s);
	blind_server(s);
}

/* --- gaps --- */

void smtp_miss_commands(struct smtp *s)
{
	wipe(s);
	s->probing = false;
	s->skip_client = true;
	if (!s->blind_client && !s->blind_server)
		smtp_queue_vouch(&s->queue);
	s->blind_client = s->body_unseen = true;
	s->facts.lost_track = true;
	smtp_blind(s);
}

static void miss_body(struct smtp *s, uint64_t n)
{
	s->facts.body_bytes += n;
	s->state = STATE_BODY_BYTES;
	s->body_loose = s->body_unseen = true;
	smtp_body_start(s, false, false);
	wipe(s);
}

static void miss_chunk(struct smtp *s, uint64_t n)
{
	uint64_t missed = n < s->chunk_left ? n : s->chunk_left;

	s->facts.body_bytes += missed;
	s->chunk_left -= missed;
	if (s->chunk_left > 0)
		return;
	s->state = STATE_COMMANDS;
	if (n > missed)
		smtp_miss_commands(s);
}

static void miss_client(struct smtp *s, uint64_t n)
{
	if (s->state == STATE_BODY_BYTES || s->state == STATE_MAYBE_BODY)
		miss_body(s, n);
	else if (s->state == STATE_CHUNK_BYTES)
		miss_chunk(s, n);
	else
		smtp_miss_commands(s);
}

static void miss_server(struct smtp *s)
{
	if (!smtp_queue_empty(&s->queue) || s->server.begun || s->reply_lines > 0)
		s->facts.lost_track = true;
	if (s->greeting == GREETING_AWAITED)
		smtp_miss_greeting(s);
	smtp_reply_drop(s);
	s->torn = s->skip_server = true;
	blind_server(s);
}

void smtp_gap(struct smtp *s, bool client, uint64_t n)
{
	uint64_t before = s->server_bytes;

	if (n == 0)
		return;
	s->facts.gaps++;
	if (!client)
		s->server_bytes += n;
	if (s->guessed && !client) {
		smtp_reply_drop(s);
		s->torn = s->skip_server = true;
	}
	if (s->opaque)
		return;
	if (client) {
		miss_client(s, n);
		return;
	}
	miss_server(s);
	s->blind_since = before; /* what the client acknowledged of it it has */
}

void smtp_conflict(struct smtp *s, bool client)
{
	uint16_t *count = client ? &s->facts.conflicts : &s->facts.server_conflicts;

	*count = (uint16_t)(*count + (*count < UINT16_MAX));
}
