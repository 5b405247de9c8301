#include "talk.h"

#include <string.h>

static void greeting(struct talk *k)
{
	struct rng *r = k->what->rng;

	if (k->d->hasty) {
		conn_wait(&k->conn, rng_log(r, 5 * MS, 300 * MS));
		talk_put_helo(k, k->d->ehlo);
		conn_say(&k->conn, k->out.at, k->out.length);
		k->out.length = 0;
	}
	if (k->d->hasty && rng_chance(r, 350)) {
		talk_says(k, SAY_SYNC, "");
		talk_hear(k, k->v->greets_after);
		talk_thrown_out(k, FATE_REJECTED);
	} else if (k->listed && server_list_stage(k->v) == STAGE_BANNER) {
		talk_says(k, SAY_LISTED, "");
		talk_hear(k, k->v->greets_after);
		talk_thrown_out(k, FATE_REJECTED);
	} else if (rng_chance(r, k->listed ? 60 : 6)) {
		talk_says(k, SAY_BUSY, "");
		talk_hear(k, k->v->greets_after);
		talk_thrown_out(k, FATE_LATER);
	} else {
		talk_says(k, SAY_BANNER, "");
		talk_hear(k, k->v->greets_after);
	}
}

static void hello(struct talk *k)
{
	if (!k->d->hasty) {
		talk_put_helo(k, k->d->ehlo);
		talk_say(k);
	}
	talk_says(k, k->d->ehlo ? SAY_EHLO : SAY_HELO, k->what->helo);
	talk_hear(k, talk_quick(k));
}

static enum saying recipient(struct talk *k)
{
	struct rng *r = k->what->rng;

	if (k->v->fussy && helo_is_bad(k->what->helo))
		return SAY_BAD_HELO;
	if (k->listed && server_list_stage(k->v) == STAGE_RCPT)
		return SAY_LISTED;
	if (rng_chance(r, k->what->unknown))
		return SAY_UNKNOWN;
	return k->v->greylists && !k->what->again ? SAY_GREY : SAY_RCPT;
}

static enum saying verdict(struct talk *k)
{
	if (k->listed && server_list_stage(k->v) == STAGE_DATA)
		return SAY_LISTED;
	return rng_chance(k->what->rng, k->what->spam) ? SAY_SPAM : SAY_QUEUED;
}

static void refusal(struct talk *k, enum saying what)
{
	if (k->result.fate != FATE_SENT)
		k->result.fate = what == SAY_GREY ? FATE_LATER : FATE_REJECTED;
}

/* Adds the server's answers to the recipients; returns how many it accepts. */
static uint32_t answer_recipients(struct talk *k, const struct mail *m, bool each)
{
	uint32_t good = 0;

	for (uint32_t i = 0; i < m->rcpts; i++) {
		enum saying what = recipient(k);

		if (each) {
			talk_put_rcpt(k, m->to[i]);
			talk_say(k);
		}
		talk_says(k, what, what == SAY_BAD_HELO ? k->what->helo : m->to[i]);
		if (each)
			talk_hear(k, talk_quick(k));
		if (what == SAY_RCPT)
			good++;
		else
			refusal(k, what);
	}
	return good;
}

static void put_body(struct talk *k, const struct mail *m)
{
	text_message(&k->out, k->what->rng, m->from[0] ? m->from : "MAILER-DAEMON", m->to[0],
		     k->conn.now, m->size, m->attached, k->eol);
}

static void judged(struct talk *k, uint32_t good)
{
	enum saying what = verdict(k);

	talk_says(k, what, "");
	talk_hear(k, rng_log(k->what->rng, 20 * MS, 3000 * MS));
	if (what == SAY_QUEUED) {
		k->truth->messages++;
		k->result.accepted++;
		k->result.fate = FATE_SENT;
	} else {
		refusal(k, what);
	}
	k->truth->recipients += good;
}

/* The message itself, after 354. */
static void body(struct talk *k, const struct mail *m, uint32_t good)
{
	put_body(k, m);
	text_put(&k->out, ".");
	text_put(&k->out, k->eol);
	talk_say(k);
	judged(k, good);
}

static void chunk(struct talk *k, const struct mail *m, uint32_t good)
{
	struct text t = {0};
	struct text command = k->out;

	k->out = t;
	put_body(k, m);
	t = k->out;
	k->out = command;
	text_printf(&k->out, "BDAT %zu LAST%s", t.length, k->eol);
	text_add(&k->out, t.at, t.length);
	text_done(&t);
	talk_say(k);
	judged(k, good);
}

/* The message though nobody wants it: each line of it is a command to the server. */
static void rant(struct talk *k, const struct mail *m)
{
	size_t end;

	put_body(k, m);
	for (end = 0; end < k->out.length; end++)
		if (k->out.at[end] == '\n')
			text_put(&k->in, "502 5.5.2 Error: command not recognized\r\n");
	talk_say(k);
	talk_hear(k, talk_quick(k));
}

/* One command, one answer. */
static void stepwise(struct talk *k, const struct mail *m)
{
	uint32_t good;

	talk_put_mail(k, m);
	talk_say(k);
	talk_says(k, SAY_MAIL, m->from);
	talk_hear(k, talk_quick(k));
	good = answer_recipients(k, m, true);
	k->truth->recipients += good;
	if (good == 0 && !k->d->deaf)
		return;
	if (good && k->d->chunks && k->v->soft >= SOFT_EXCHANGE && k->v->soft <= SOFT_GMAIL) {
		chunk(k, m, 0);
		return;
	}
	talk_word(k, "DATA");
	k->truth->data++;
	talk_say(k);
	talk_says(k, good ? SAY_DATA : SAY_NO_RCPT, "");
	talk_hear(k, talk_quick(k));
	if (good)
		body(k, m, 0);
	else if (rng_chance(k->what->rng, 300))
		rant(k, m);
}

/* MAIL, RCPT and DATA in one piece, as a server that offers PIPELINING allows. */
static void pipelined(struct talk *k, const struct mail *m)
{
	uint32_t good;

	talk_put_mail(k, m);
	for (uint32_t i = 0; i < m->rcpts; i++)
		talk_put_rcpt(k, m->to[i]);
	talk_word(k, "DATA");
	k->truth->data++;
	talk_say(k);
	talk_says(k, SAY_MAIL, m->from);
	good = answer_recipients(k, m, false);
	k->truth->recipients += good;
	talk_says(k, good ? SAY_DATA : SAY_NO_RCPT, "");
	talk_hear(k, talk_quick(k));
	if (good)
		body(k, m, 0);
}

/* All commands and the message at once, whatever the server says to them. */
static void blindly(struct talk *k, const struct mail *m)
{
	uint32_t good;

	talk_put_mail(k, m);
	for (uint32_t i = 0; i < m->rcpts; i++)
		talk_put_rcpt(k, m->to[i]);
	talk_word(k, "DATA");
	k->truth->data++;
	talk_say(k);
	conn_wait(&k->conn, rng_between(k->what->rng, 1, 9) * MS);
	talk_says(k, SAY_MAIL, m->from);
	good = answer_recipients(k, m, false);
	k->truth->recipients += good;
	talk_says(k, good ? SAY_DATA : SAY_NO_RCPT, "");
	if (!good) {
		talk_hear(k, talk_quick(k));
		return;
	}
	put_body(k, m);
	text_put(&k->out, ".");
	text_put(&k->out, k->eol);
	conn_say(&k->conn, k->out.at, k->out.length);
	k->out.length = 0;
	talk_hear(k, 100 * US);
	judged(k, 0);
}

static void reset(struct talk *k)
{
	talk_word(k, "RSET");
	talk_say(k);
	talk_says(k, SAY_RSET, "");
	talk_hear(k, talk_quick(k));
}

static void deliver(struct talk *k)
{
	for (uint32_t i = 0; i < k->what->count && !k->over; i++) {
		const struct mail *m = &k->what->mails[i];
		uint32_t before = k->result.accepted;

		if (k->d->rset || (i > 0 && k->result.accepted == 0))
			reset(k);
		if (k->d->blind)
			blindly(k, m);
		else if (k->d->pipelines && k->v->pipelining)
			pipelined(k, m);
		else
			stepwise(k, m);
		if (k->result.accepted == before && !k->d->deaf)
			break;
	}
}

static void authenticate(struct talk *k)
{
	text_printf(&k->out, "AUTH LOGIN%s", k->eol);
	talk_say(k);
	text_put(&k->in, "334 VXNlcm5hbWU6\r\n");
	talk_hear(k, talk_quick(k));
	text_printf(&k->out, "dXNlckBleGFtcGxlLm9yZw==%s", k->eol);
	talk_say(k);
	text_put(&k->in, "334 UGFzc3dvcmQ6\r\n");
	talk_hear(k, talk_quick(k));
	text_printf(&k->out, "c2ltdWxhdGVk%s", k->eol);
	talk_say(k);
	text_put(&k->in, k->d->guesses ? "535 5.7.8 Error: authentication failed\r\n"
				       : "235 2.7.0 Authentication successful\r\n");
	talk_hear(k, 80 * MS);
	if (k->d->guesses)
		k->result.fate = FATE_REJECTED;
}

static void record(struct talk *k, bool client, size_t length)
{
	struct text *t = client ? &k->out : &k->in;

	text_record(t, k->what->rng, length);
	if (client)
		talk_say(k);
	else
		talk_hear(k, talk_quick(k));
}

/* What TLS hides: the same story, of which only lengths are seen. */
static void hidden(struct talk *k)
{
	struct rng *r = k->what->rng;

	text_client_hello(&k->out, r, k->v->name);
	talk_say(k);
	text_server_hello(&k->in, r);
	text_record(&k->in, r, (size_t)rng_between(r, 2500, 4200));
	talk_hear(k, 3 * MS);
	text_put(&k->out, "");
	text_add(&k->out, "\x14\x03\x03\0\x01\x01", 6);
	text_record(&k->out, r, 36);
	record(k, true, 20 + strlen(k->what->helo));
	record(k, false, 180);
	for (uint32_t i = 0; i < k->what->count; i++) {
		const struct mail *m = &k->what->mails[i];
		uint32_t good = 0;

		record(k, true, 60 + 30 * (size_t)m->rcpts);
		for (uint32_t j = 0; j < m->rcpts; j++)
			good += recipient(k) == SAY_RCPT;
		record(k, false, 60);
		if (!good) {
			refusal(k, SAY_UNKNOWN);
			break;
		}
		record(k, true, m->size);
		record(k, false, 60);
		if (verdict(k) == SAY_QUEUED) {
			k->truth->hidden++;
			k->result.accepted++;
			k->result.fate = FATE_SENT;
		}
	}
	if (k->d->ending == END_QUIT)
		record(k, true, 6);
	if (k->d->ending == END_RESET)
		conn_reset(&k->conn);
	else
		conn_client_fin(&k->conn);
	k->over = true;
}

static void talk(struct talk *k)
{
	greeting(k);
	if (k->over)
		return;
	if (k->d->silent) {
		talk_leave(k);
		return;
	}
	hello(k);
	if (k->d->starttls && k->d->ehlo && k->v->starttls) {
		talk_word(k, "STARTTLS");
		talk_say(k);
		talk_says(k, SAY_TLS, "");
		talk_hear(k, talk_quick(k));
		hidden(k);
		return;
	}
	if (k->d->auth)
		authenticate(k);
	if (!k->d->mute)
		deliver(k);
	talk_leave(k);
}

struct result smtp_session(struct sim *s, const struct session *what, uint64_t start)
{
	static const enum fate fates[] = {FATE_TALKED, FATE_SILENT, FATE_REFUSED, FATE_UNREACHABLE};
	struct talk k = {.sim = s,
			 .what = what,
			 .d = what->dialect,
			 .v = what->server,
			 .truth = &what->host->truth,
			 .eol = what->dialect->bare ? "\n" : "\r\n"};
	struct truth off_record = {0};
	enum opened how;

	if (what->port != 25)
		k.truth = &off_record;
	k.listed = what->server->asks_list && start >= s->site.listed_from &&
		   start < s->site.listed_until;
	how = conn_open(&k.conn, s, what->host, what->rng, start, what->server, what->port,
			k.d->patience);
	k.result.fate = fates[how];
	if (how == OPENED)
		talk(&k);
	k.result.until = k.conn.now;
	text_done(&k.out);
	text_done(&k.in);
	return k.result;
}
