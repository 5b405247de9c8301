/*
 * What a complete reply means for the command that it answers.
 *
 * Commands are answered in order, so the oldest in the queue is meant, but for replies that only
 * one command has: where older ones stand before it, their replies were missed.  Where bytes of
 * either side are missing a 250 may belong to a command or a reply that was not seen: then nothing
 * is counted that is not certain, until the client shows that it has had all replies
 * (smtp_manners.c) or such an unmistakable reply comes.
 */
#include "smtp_internal.h"

void smtp_blind(struct smtp *s)
{
	s->mail = MAIL_NONE;
	s->accepted = s->refused = 0;
	s->hello_refused = s->data_refused = s->chunk_refused = s->greeting_refused = false;
	s->blind_since = s->server_bytes;
}

static bool is_refusal(unsigned int code)
{
	return code >= 400 && code < 600;
}

static void end_transaction(struct smtp *s)
{
	s->mail = MAIL_NONE;
	s->accepted = s->refused = 0;
	s->chunk_refused = false;
}

static void end_message(struct smtp *s, unsigned int code)
{
	if (code / 100 == 2)
		s->facts.messages++;
	else if (is_refusal(code) && !s->chunk_refused)
		s->facts.messages_refused++;
	end_transaction(s);
}

static void enter_body(struct smtp *s, bool loose)
{
	smtp_line_wipe(&s->client);
	s->state = STATE_BODY_BYTES;
	s->body_begins = true;
	s->body_loose = loose || s->skip_client; /* its beginning may be missing */
	smtp_body_start(s, !s->skip_client, !s->skip_client);
	s->skip_client = false;
}

/* --- the greeting --- */

void smtp_miss_greeting(struct smtp *s)
{
	bool body = s->facts.commands == 0 && s->last_kind == KIND_BODY;

	s->greeting = GREETING_MISSED;
	s->early = s->early_pipelined = false;
	s->offers_known = false;
	s->facts.banner[0] = '\0';
	s->blind_client = true;
	s->blind_since = s->server_bytes;
	if (s->facts.commands > 0)
		return;
	/* What the client said was the rest of a body. */
	smtp_queue_clear(&s->queue);
	if (body)
		smtp_outstanding(s, KIND_BODY);
}

static bool is_greeting(const struct smtp *s, unsigned int code)
{
	enum smtp_kind first = smtp_queue_head(&s->queue);

	if (code == 220)
		return !smtp_queue_holds(&s->queue, KIND_STARTTLS);
	if (!is_refusal(code))
		return false;
	return (s->facts.commands == 0 && s->last_kind != KIND_BODY) || first == KIND_HELO ||
	       first == KIND_EHLO || first == KIND_UNKNOWN;
}

static void greet(struct smtp *s, unsigned int code)
{
	s->greeting = GREETING_SEEN;
	s->greeting_end = s->server_bytes;
	s->greeting_refused = is_refusal(code);
	s->offers_known = true;
	s->facts.banner_code = (uint16_t)code;
	s->facts.unknown_commands += s->stray;
	s->stray = 0;
	smtp_greeted(s);
}

/* --- replies to commands --- */

static void adopt_offers(struct smtp *s)
{
	struct smtp_facts *f = &s->facts;

	s->offers = s->offers_now;
	s->offers_known = !s->torn;
	f->pipelining_offered = f->pipelining_offered || (s->offers & OFFER_PIPELINING);
	f->chunking_offered = f->chunking_offered || (s->offers & OFFER_CHUNKING);
	f->starttls_offered = f->starttls_offered || (s->offers & OFFER_STARTTLS);
	f->auth_offered = f->auth_offered || (s->offers & OFFER_AUTH);
}

/* Whether it is accepted. */
static bool answer_hello(struct smtp *s, unsigned int code)
{
	if (code / 100 != 2) {
		s->hello_refused = is_refusal(code) && !s->hello_accepted;
		return false;
	}
	s->hello_refused = false;
	s->hello_accepted = true;
	end_transaction(s);
	return true;
}

static void answer_helo(struct smtp *s, unsigned int code)
{
	if (!answer_hello(s, code))
		return;
	s->offers = 0; /* extensions are EHLO's */
	s->offers_known = true;
}

static void answer_ehlo(struct smtp *s, unsigned int code)
{
	if (answer_hello(s, code))
		adopt_offers(s);
}

static void answer_mail(struct smtp *s, unsigned int code)
{
	if (code / 100 == 2) {
		end_transaction(s);
		s->mail = MAIL_ACCEPTED;
	} else if (is_refusal(code)) {
		s->facts.mails_refused++;
		if (s->mail != MAIL_ACCEPTED) /* a second MAIL, refused, ends no transaction */
			s->mail = MAIL_REFUSED;
	}
}

static void answer_rcpt(struct smtp *s, unsigned int code)
{
	if (code / 100 == 2) {
		s->facts.recipients++;
		s->accepted++;
	} else if (is_refusal(code)) {
		s->facts.recipients_refused++;
		s->refused++;
	}
}

static void answer_chunk(struct smtp *s, unsigned int code)
{
	if (!is_refusal(code) || s->chunk_refused)
		return;
	s->facts.messages_refused++; /* the chunks that follow are refused with it */
	s->chunk_refused = true;
}

static void answer_data(struct smtp *s, unsigned int code)
{
	if (code / 100 == 3) {
		enter_body(s, false);
		return;
	}
	s->data_refused = is_refusal(code);
	s->facts.messages_refused += s->data_refused;
}

static void answer_auth(struct smtp *s, unsigned int code)
{
	if (code / 100 == 3)
		s->state = STATE_CREDENTIALS;
	else if (code == 235)
		s->facts.auth_succeeded = true;
}

static void answer_starttls(struct smtp *s, unsigned int code)
{
	if (code != 220)
		return;
	s->facts.encrypted = s->opaque = true;
	/* It may as well be the greeting, if the client spoke before it. */
	s->guessed = s->guessed_starttls = s->facts.replies == 1;
}

static void answer_rset(struct smtp *s, unsigned int code)
{
	if (code / 100 == 2)
		end_transaction(s);
}

/* The others' replies change nothing. */
static void (*const answers[KIND_COUNT])(struct smtp *s, unsigned int code) = {
	[KIND_HELO] = answer_helo,  [KIND_EHLO] = answer_ehlo,
	[KIND_MAIL] = answer_mail,  [KIND_RCPT] = answer_rcpt,
	[KIND_DATA] = answer_data,  [KIND_BODY] = end_message,
	[KIND_BDAT] = answer_chunk, [KIND_BDAT_LAST] = end_message,
	[KIND_RSET] = answer_rset,  [KIND_STARTTLS] = answer_starttls,
	[KIND_AUTH] = answer_auth,
};

/* --- which command --- */

/* The one command that has such a reply, or KIND_NONE. */
static enum smtp_kind only_for(const struct smtp *s, unsigned int code)
{
	switch (code) {
	case 354:
		return KIND_DATA;
	case 334:
	case 235:
		return KIND_AUTH;
	case 221:
		return KIND_QUIT;
	case 220:
		return KIND_STARTTLS;
	case 250:
		if ((s->blind_client || s->blind_server) && (s->offers_now & OFFER_ANY))
			return KIND_EHLO;
		return KIND_NONE;
	default:
		return KIND_NONE;
	}
}

/* Drops those whose replies were missed. */
static void find_match(struct smtp *s, unsigned int code)
{
	enum smtp_kind only = only_for(s, code);
	bool dropped;

	if (only == KIND_DATA && s->blind_client && s->waiting != only) {
		smtp_queue_clear(&s->queue); /* a DATA that we did not see was behind them */
		return;
	}
	if (only == KIND_NONE || (only != s->waiting && !smtp_queue_holds(&s->queue, only)))
		return;
	if (only == s->waiting) { /* which is the newest of all */
		smtp_queue_pop(&s->queue);
		dropped = !smtp_queue_empty(&s->queue);
		smtp_queue_clear(&s->queue);
		smtp_queue_push(&s->queue, only);
	} else {
		dropped = smtp_queue_drop_before(&s->queue, only);
	}
	s->facts.lost_track = s->facts.lost_track || dropped;
	s->blind_client = s->blind_server = false;
}

/* Whether a reply that has the oldest command may be taken for it. */
static bool certain(const struct smtp *s, enum smtp_kind kind)
{
	if (s->blind_server && !smtp_queue_plain(&s->queue))
		return false;
	/* Behind a body that we saw end nothing unseen is outstanding. */
	return !s->blind_client || kind == KIND_BODY || (s->queue.vouched > 0 && !s->blind_server);
}

static void answer_command(struct smtp *s, unsigned int code)
{
	bool sure = certain(s, smtp_queue_head(&s->queue));
	enum smtp_kind kind = smtp_queue_pop(&s->queue);

	s->answer_end = s->server_bytes;
	if (smtp_queue_empty(&s->queue) && s->waiting) {
		kind = (enum smtp_kind)s->waiting;
		s->waiting = KIND_NONE;
		s->state = STATE_COMMANDS;
		sure = !s->blind_client || !is_refusal(code);
	}
	if (sure && answers[kind])
		answers[kind](s, code);
}

static void unmatched(struct smtp *s, unsigned int code)
{
	bool may_open = !s->facts.client_seen || s->blind_client || s->body_unseen;

	s->facts.unmatched_replies++;
	if (code == 220 && s->facts.starttls_asked)
		smtp_tls_settle(s); /* its answer, late */
	if (!s->facts.client_seen && (s->offers_now & OFFER_ANY))
		adopt_offers(s);
	if (code != 354 || !may_open || s->state != STATE_COMMANDS)
		return;
	enter_body(s, true);
	s->blind_client = s->blind_server = false;
}

/* A reply while we believe to be in a body: where its end may have been missed it is its answer. */
static void answer_in_body(struct smtp *s, unsigned int code)
{
	bool in_it = s->state == STATE_BODY_BYTES;

	if (code / 100 == 3 && s->body_loose)
		return; /* to the DATA whose reply we had given up */
	if (!s->body_loose || code / 100 < 2 || code >= 600) {
		s->facts.unmatched_replies++;
		return;
	}
	smtp_line_wipe(&s->client);
	s->state = STATE_COMMANDS;
	s->body_loose = false;
	s->body_unseen = true;
	if (in_it || is_refusal(code))
		end_message(s, code);
}

/* The last of the queue is a DATA, which no 250 answers: it is late for another, or stray. */
static bool is_not_its_answer(const struct smtp *s, unsigned int code)
{
	return code / 100 == 2 && s->waiting == KIND_DATA &&
	       smtp_queue_head(&s->queue) == KIND_DATA;
}

void smtp_answer(struct smtp *s, unsigned int code)
{
	struct smtp_facts *f = &s->facts;

	f->replies++;
	f->replies_4xx += code / 100 == 4;
	f->replies_5xx += code / 100 == 5;
	if (s->greeting == GREETING_AWAITED && is_greeting(s, code)) {
		greet(s, code);
		return;
	}
	if (s->greeting == GREETING_AWAITED)
		smtp_miss_greeting(s);
	if (s->state == STATE_BODY_BYTES || s->state == STATE_MAYBE_BODY) {
		answer_in_body(s, code);
		return;
	}
	find_match(s, code);
	if (smtp_queue_empty(&s->queue) || is_not_its_answer(s, code))
		unmatched(s, code);
	else
		answer_command(s, code);
}
