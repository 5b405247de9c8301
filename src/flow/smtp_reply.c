/* Lines of the server: replies of one line or more. */
#include "smtp_internal.h"

#include <string.h>

#include "base/text.h"

/* "250", "250 text", "250-text": code, whether more lines follow, and the text. */
struct reply_line {
	unsigned int code;
	bool more;
	struct smtp_piece text;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool parse_line(struct smtp_piece line, struct reply_line *ret_)
{
	struct reply_line r = {.text = {.at = line.at + 3}};
	const char *p = line.at;

	if (line.length < 3 || p[0] == '0' || !is_digit(p[0]) || !is_digit(p[1]) || !is_digit(p[2]))
		return false;
	for (int i = 0; i < 3; i++)
		r.code = r.code * 10 + (unsigned int)(p[i] - '0');
	r.text.length = line.length - 3;
	if (r.text.length > 0) {
		if (*r.text.at != '-' && !smtp_is_blank(*r.text.at))
			return false;
		r.more = *r.text.at == '-';
		r.text.at++;
		r.text.length--;
	}
	smtp_trim(&r.text);
	*ret_ = r;
	return true;
}

/* --- texts --- */

/* An enhanced code (RFC 2034): its length, 0 where there is none. */
static size_t enhanced_length(struct smtp_piece p)
{
	size_t i = 1;

	if (p.length < 5 || !strchr("245", *p.at) || *p.at == '\0')
		return 0;
	for (int part = 0; part < 2; part++) {
		size_t digits = 0;

		if (i >= p.length || p.at[i++] != '.')
			return 0;
		for (; i < p.length && is_digit(p.at[i]); i++)
			digits++;
		if (digits < 1 || digits > 3)
			return 0;
	}
	return i == p.length || smtp_is_blank(p.at[i]) ? i : 0;
}

static void join(struct smtp *s, struct smtp_piece text)
{
	size_t used = strlen(s->joined);

	if (text.length == 0 || used + 2 >= sizeof(s->joined))
		return;
	s->joined[used++] = ' ';
	text_escape(text.at, text.length, s->joined + used, sizeof(s->joined) - used);
	if (s->joined[used] == '\0')
		s->joined[used - 1] = '\0';
}

/* Whether the reply may repeat a recipient without its domain. */
static bool may_name_recipients(const struct smtp *s)
{
	enum smtp_kind kind = smtp_queue_head(&s->queue);

	return kind == KIND_RCPT || kind == KIND_VRFY || kind == KIND_NONE;
}

/* It may answer a line that was no command, and repeat it: a credential, or a message's text. */
static bool may_repeat_anything(const struct smtp *s)
{
	enum smtp_kind kind = smtp_queue_head(&s->queue);

	return kind == KIND_UNKNOWN || kind == KIND_AUTH ||
	       (kind == KIND_NONE && (s->blind_client || s->stray || s->facts.unknown_commands));
}

static void keep_refusal_line(struct smtp *s, const struct reply_line *r)
{
	struct smtp_piece text = r->text;
	char hidden[SMTP_LINE], *head = s->joined;
	size_t enhanced = enhanced_length(text);

	if (r->code != s->reply_code) {
		text_print(head, 4, "%u", r->code);
		s->joined_enhanced = false;
	}
	if (enhanced > 0) {
		if (!s->joined_enhanced)
			join(s, (struct smtp_piece){text.at, enhanced});
		s->joined_enhanced = true;
		text.at += enhanced;
		text.length -= enhanced;
		smtp_trim(&text);
	}
	if (may_repeat_anything(s))
		return;
	text.length = smtp_hide(text, may_name_recipients(s), s->facts.helo, hidden);
	text.length = smtp_hide_marked(s, hidden, text.length);
	text.at = hidden;
	join(s, text);
	memset(hidden, 0, sizeof(hidden));
}

/* The length of a character or an escape of escaped text. */
static size_t unit_length(const char *p)
{
	size_t n = 1;

	if (*p == '\\')
		return 4;
	while ((p[n] & 0xc0) == 0x80)
		n++;
	return n;
}

static void copy_head(char *out, size_t size, const char *text)
{
	size_t taken = 0, n;

	while (text[taken] && taken + (n = unit_length(text + taken)) < size)
		taken += n;
	memcpy(out, text, taken);
	out[taken] = '\0';
}

/* --- what the reply to EHLO offers --- */

static const struct {
	const char *keyword;
	unsigned int offer;
} keywords[] = {
	{"PIPELINING", OFFER_PIPELINING},
	{"CHUNKING", OFFER_CHUNKING},
	{"STARTTLS", OFFER_STARTTLS},
	{"AUTH", OFFER_AUTH},
	{"SIZE", 0},
	{"8BITMIME", 0},
	{"ENHANCEDSTATUSCODES", 0},
	{"DSN", 0},
	{"SMTPUTF8", 0},
	{"HELP", 0},
	{"ETRN", 0},
	{"VRFY", 0},
	{"EXPN", 0},
	{"BINARYMIME", 0},
};

static void note_offer(struct smtp *s, struct smtp_piece text)
{
	struct smtp_piece word = smtp_take_word(&text);
	const char *equals = word.length ? memchr(word.at, '=', word.length) : NULL;

	if (equals) /* "AUTH=LOGIN", of old */
		word.length = (size_t)(equals - word.at);
	for (size_t i = 0; i < sizeof(keywords) / sizeof(*keywords); i++)
		if (smtp_same(word, keywords[i].keyword))
			s->offers_now = (uint8_t)(s->offers_now | keywords[i].offer | OFFER_ANY);
}

/* --- lines --- */

void smtp_reply_drop(struct smtp *s)
{
	smtp_line_wipe(&s->server);
	s->reply_lines = s->reply_code = 0;
	s->offers_now = 0;
	s->joined[0] = '\0';
	s->joined_enhanced = false;
}

/* A server that closes the connection of its own accord says so unasked (RFC 5321 3.8). */
static bool takes_leave(const struct smtp *s, unsigned int code)
{
	if (code != 421 || s->greeting == GREETING_AWAITED)
		return false;
	if (s->state == STATE_BODY_BYTES || s->state == STATE_MAYBE_BODY)
		return !s->body_loose; /* it may be the answer to its end */
	return smtp_queue_empty(&s->queue) || smtp_queue_head(&s->queue) == KIND_QUIT;
}

static void keep_refusal(struct smtp *s, unsigned int code)
{
	bool answers = !takes_leave(s, code);

	if (s->reply_answers && !answers)
		return;
	s->reply_answers = answers;
	s->facts.reply_code = (uint16_t)code;
	copy_head(s->facts.reply, sizeof(s->facts.reply), s->joined);
}

static void finish(struct smtp *s, unsigned int code, const struct smtp_sink *sink)
{
	struct smtp_reply reply = {.code = (uint16_t)code, .text = s->joined};
	bool refusal = code >= 400 && code < 600;

	if (refusal)
		keep_refusal(s, code);
	smtp_answer(s, code);
	if (refusal && sink && sink->refusal)
		sink->refusal(sink->context, &reply);
	smtp_reply_drop(s);
	s->torn = false;
}

static void reply_line(struct smtp *s, const struct reply_line *r, const struct smtp_sink *sink)
{
	if (s->reply_lines == 0 && s->greeting == GREETING_AWAITED && !s->torn)
		text_escape(r->text.at, r->text.length, s->facts.banner, sizeof(s->facts.banner));
	if (r->code / 100 == 2 && (s->reply_lines > 0 || s->torn))
		note_offer(s, r->text);
	if (r->code >= 400 && r->code < 600)
		keep_refusal_line(s, r);
	s->reply_code = (uint16_t)r->code;
	if (s->reply_lines < UINT16_MAX)
		s->reply_lines++;
	if (!r->more)
		finish(s, r->code, sink);
}

/* What servers of other protocols say first. */
static bool is_foreign(struct smtp_piece line)
{
	static const char *const heads[] = {"SSH-", "HTTP/", "+OK", "-ERR", "* OK", "RFB "};

	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++)
		if (line.length >= strlen(heads[i]) &&
		    memcmp(line.at, heads[i], strlen(heads[i])) == 0)
			return true;
	return false;
}

static bool is_beginning(const struct smtp *s)
{
	return s->facts.replies == 0 && s->reply_lines == 0;
}

/*
 * A line that is no reply.  Within a dialogue it is passed over.  At the beginning it says that
 * this is another protocol, or the rest of a line whose beginning was not seen: a reply that
 * follows takes the one back, a second such line the other.
 */
static void junk_line(struct smtp *s, struct smtp_piece line)
{
	if (!is_beginning(s))
		return;
	s->facts.not_smtp = true;
	if (is_foreign(line) || (s->after_junk && s->facts.commands == 0))
		s->opaque = true;
	s->after_junk = true;
}

static void whole_line(struct smtp *s, const struct smtp_sink *sink)
{
	struct smtp_piece line = smtp_line_text(&s->server);
	struct reply_line r;
	bool missing = s->skip_server;

	s->skip_server = false;
	if (parse_line(line, &r)) {
		if (smtp_tls_heed_reply(s, r.code)) {
			s->facts.not_smtp = false;
			reply_line(s, &r, sink);
		} else {
			smtp_reply_drop(s);
		}
	} else if (!missing && !s->opaque) {
		junk_line(s, line);
	}
	smtp_line_wipe(&s->server);
}

/* One that goes on and on need not come to its end to be told. */
static void cut_line(struct smtp *s)
{
	struct reply_line r;

	if (!s->skip_server && !s->opaque && is_beginning(s) &&
	    !parse_line(smtp_line_text(&s->server), &r))
		s->facts.not_smtp = true;
}

/* A record of TLS where a reply should begin: what STARTTLS was answered with was not seen, or TLS
 * is all that is spoken here. */
static void see_tls(struct smtp *s)
{
	if (s->facts.replies == 0 && !s->guessed)
		s->facts.not_smtp = true;
	else if (!s->facts.client_seen || s->facts.starttls_asked)
		s->facts.encrypted = true;
	s->opaque = true;
	s->guessed = false;
	smtp_line_wipe(&s->server);
}

void smtp_server(struct smtp *s, const void *data, size_t n, const struct smtp_sink *sink)
{
	struct bytes from = bytes_of(data, n);

	if (n == 0)
		return;
	s->facts.server_seen = true;
	if (s->queue.forgotten > 0)
		s->facts.lost_track = true;
	while (from.left > 0 && (!s->opaque || s->guessed)) {
		size_t before = from.left;
		bool whole = smtp_line_take(&s->server, &from, &s->facts.cut_lines);

		s->server_bytes += before - from.left;
		if (smtp_line_is_tls(&s->server))
			see_tls(s);
		else if (whole)
			whole_line(s, sink);
		else if (s->server.cut)
			cut_line(s);
	}
	s->server_bytes += from.left;
}
