#include "talk.h"

#include <string.h>

static const char *const verbs[][4] = {
	[LETTER_UPPER] = {"EHLO ", "HELO ", "MAIL FROM:<", "RCPT TO:<"},
	[LETTER_LOWER] = {"ehlo ", "helo ", "mail FROM:<", "rcpt TO:<"},
	[LETTER_SENDMAIL] = {"EHLO ", "HELO ", "MAIL From:<", "RCPT To:<"},
	[LETTER_SPACED] = {"EHLO ", "HELO ", "MAIL FROM: <", "RCPT TO: <"},
};

bool helo_is_bad(const char *helo)
{
	const char *p = helo;

	while (*p && strchr("0123456789.", *p))
		p++;
	return helo[0] != '[' && (!*p || !strchr(helo, '.') || strncmp(helo, "localhost", 9) == 0);
}

void talk_say(struct talk *k)
{
	if (k->d->pace)
		conn_wait(&k->conn, rng_wait(k->what->rng, k->d->pace));
	else
		k->conn.now += 300 * US + rng_below(k->what->rng, 1500) * US;
	conn_say(&k->conn, k->out.at, k->out.length);
	k->out.length = 0;
}

void talk_hear(struct talk *k, uint64_t think)
{
	conn_answer(&k->conn, think, k->in.at, k->in.length);
	k->in.length = 0;
}

void talk_says(struct talk *k, enum saying what, const char *who)
{
	server_say(&k->in, k->sim, k->what->rng, k->v, what, who, k->conn.now);
}

uint64_t talk_quick(struct talk *k)
{
	return rng_log(k->what->rng, 200 * US, 60 * MS);
}

void talk_word(struct talk *k, const char *upper)
{
	for (const char *p = upper; *p; p++) {
		char c = k->d->letter == LETTER_LOWER && *p >= 'A' && *p <= 'Z' ? (char)(*p + 32)
										: *p;

		text_add(&k->out, &c, 1);
	}
	text_put(&k->out, k->eol);
}

void talk_put_helo(struct talk *k, bool ehlo)
{
	text_put(&k->out, verbs[k->d->letter][ehlo ? 0 : 1]);
	text_put(&k->out, k->what->helo);
	text_put(&k->out, k->eol);
}

void talk_put_mail(struct talk *k, const struct mail *m)
{
	text_put(&k->out, verbs[k->d->letter][2]);
	text_put(&k->out, m->from);
	text_put(&k->out, ">");
	if (k->d->sizes && k->d->ehlo)
		text_printf(&k->out, k->d->letter == LETTER_LOWER ? " size=%zu" : " SIZE=%zu",
			    m->size);
	text_put(&k->out, k->eol);
	k->truth->mail++;
}

void talk_put_rcpt(struct talk *k, const char *to)
{
	text_put(&k->out, verbs[k->d->letter][3]);
	text_put(&k->out, to);
	text_put(&k->out, ">");
	text_put(&k->out, k->eol);
	k->truth->rcpt++;
}

void talk_leave(struct talk *k)
{
	enum ending how = k->d->ending;

	if (k->over)
		return;
	k->over = true;
	if (how == END_RESET) {
		conn_reset(&k->conn);
		return;
	}
	if (how == END_FIN) {
		conn_client_fin(&k->conn);
		return;
	}
	talk_word(k, "QUIT");
	talk_say(k);
	if (how == END_QUIT_RUN) {
		conn_client_fin(&k->conn);
		return;
	}
	talk_says(k, SAY_QUIT, "");
	talk_hear(k, talk_quick(k));
	conn_server_fin(&k->conn, 200 * US);
	k->conn.now += 200 * US;
	conn_client_fin(&k->conn);
}

void talk_thrown_out(struct talk *k, enum fate fate)
{
	if (!k->over) {
		conn_server_fin(&k->conn, 100 * US);
		k->conn.now += 500 * US;
		if (k->d->ending == END_RESET)
			conn_reset(&k->conn);
		else
			conn_client_fin(&k->conn);
	}
	k->over = true;
	k->result.fate = fate;
}
