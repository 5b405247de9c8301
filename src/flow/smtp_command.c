/* A line of the client: which command, and what of it is kept. */
#include "smtp_internal.h"

#include <string.h>
#include <strings.h>

#include "base/text.h"

struct verb;

/* A command taken apart. */
struct command {
	const struct verb *row;
	enum smtp_kind kind;
	struct smtp_piece verb, rest;
	uint32_t token; /* how it is written, so far */
};

/* What shows a line to be this command where text of another kind may stand as well. */
enum proof {
	PROOF_NONE,
	PROOF_ALONE,	 /* nothing behind the verb */
	PROOF_ARGUMENT,	 /* something behind it */
	PROOF_FORM,	 /* that it could be taken apart */
	PROOF_MECHANISM, /* one that is known */
};

struct verb {
	const char *word;
	enum smtp_kind kind;
	enum proof proof;
	void (*keep)(struct smtp *s, struct command *c); /* what it says; may be NULL */
};

static void hello(struct smtp *s, struct command *c);
static void mail_or_rcpt(struct smtp *s, struct command *c);
static void bdat(struct smtp *s, struct command *c);
static void auth(struct smtp *s, struct command *c);
static void starttls(struct smtp *s, struct command *c);
static void quit(struct smtp *s, struct command *c);

static const struct verb verbs[] = {
	{"HELO", KIND_HELO, PROOF_ARGUMENT, hello},
	{"EHLO", KIND_EHLO, PROOF_ARGUMENT, hello},
	{"MAIL", KIND_MAIL, PROOF_FORM, mail_or_rcpt},
	{"RCPT", KIND_RCPT, PROOF_FORM, mail_or_rcpt},
	{"DATA", KIND_DATA, PROOF_ALONE, NULL},
	{"BDAT", KIND_BDAT, PROOF_ARGUMENT, bdat},
	{"RSET", KIND_RSET, PROOF_ALONE, NULL},
	{"QUIT", KIND_QUIT, PROOF_ALONE, quit},
	{"NOOP", KIND_NOOP, PROOF_ALONE, NULL},
	{"VRFY", KIND_VRFY, PROOF_NONE, NULL},
	{"EXPN", KIND_VRFY, PROOF_NONE, NULL},
	{"STARTTLS", KIND_STARTTLS, PROOF_ALONE, starttls},
	{"X-ANONYMOUSTLS", KIND_STARTTLS, PROOF_ALONE, starttls}, /* Exchange, among its own */
	{"AUTH", KIND_AUTH, PROOF_MECHANISM, auth},
	{"X-EXPS", KIND_AUTH, PROOF_MECHANISM, auth}, /* Exchange's */
	{"HELP", KIND_OTHER, PROOF_NONE, NULL},
	{"ETRN", KIND_OTHER, PROOF_NONE, NULL},
	{"XCLIENT", KIND_OTHER, PROOF_NONE, NULL},
	{"XFORWARD", KIND_OTHER, PROOF_NONE, NULL},
};

/* None that is not here is kept: it may be a password in the wrong place. */
static const char *const mechanisms[] = {
	"PLAIN",
	"LOGIN",
	"CRAM-MD5",
	"DIGEST-MD5",
	"NTLM",
	"GSSAPI",
	"GSS-SPNEGO",
	"XOAUTH2",
	"OAUTHBEARER",
	"EXTERNAL",
	"ANONYMOUS",
	"OTP",
	"SCRAM-SHA-1",
	"SCRAM-SHA-256",
	"SCRAM-SHA-512",
	"KERBEROS_V4",
	"SCRAM-SHA-1-PLUS",
	"SCRAM-SHA-256-PLUS",
};

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-';
}

static struct smtp_piece take_verb(struct smtp_piece *rest)
{
	struct smtp_piece verb = {.at = rest->at};

	while (verb.length < rest->length && is_word(rest->at[verb.length]))
		verb.length++;
	rest->at += verb.length;
	rest->length -= verb.length;
	return verb;
}

/* "AUTH=PLAIN" was written once, and is still. */
static bool ends_verb(struct smtp_piece rest, enum smtp_kind kind)
{
	return rest.length == 0 || smtp_is_blank(*rest.at) ||
	       (kind == KIND_AUTH && (*rest.at == '=' || *rest.at == ':'));
}

/* "FROM:" of MAIL, "TO:" of RCPT; the colon may be missing, or stand apart. */
static bool take_preposition(struct command *c, const char *word)
{
	struct smtp_piece rest = c->rest, taken;
	bool blank;

	smtp_skip_blanks(&rest);
	taken = take_verb(&rest);
	if (!smtp_same(taken, word))
		return false;
	blank = smtp_skip_blanks(&rest) || rest.length == 0 || *rest.at == '<';
	if (rest.length > 0 && *rest.at == ':') {
		rest.at++;
		rest.length--;
		smtp_skip_blanks(&rest);
	} else if (!blank) {
		return false;
	}
	c->token = smtp_hash(c->token, c->rest.at, (size_t)(rest.at - c->rest.at));
	c->rest = rest;
	return true;
}

static bool take_apart(struct smtp_piece line, struct command *ret_c)
{
	struct command c = {.rest = line, .token = SMTP_HASH_BEGIN};

	smtp_skip_blanks(&c.rest);
	c.verb = take_verb(&c.rest);
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs) && !c.row; i++)
		if (smtp_same(c.verb, verbs[i].word))
			c.row = &verbs[i];
	if (!c.row || !ends_verb(c.rest, c.row->kind))
		return false;
	c.kind = c.row->kind;
	c.token = smtp_hash(c.token, line.at, (size_t)(c.rest.at - line.at));
	if ((c.kind == KIND_MAIL && !take_preposition(&c, "FROM")) ||
	    (c.kind == KIND_RCPT && !take_preposition(&c, "TO")))
		return false;
	*ret_c = c;
	return true;
}

static const char *find_mechanism(struct smtp_piece word)
{
	for (size_t i = 0; i < sizeof(mechanisms) / sizeof(*mechanisms); i++)
		if (smtp_same(word, mechanisms[i]))
			return mechanisms[i];
	return NULL;
}

static const char *take_mechanism(struct smtp_piece rest)
{
	if (rest.length > 0 && !smtp_is_blank(*rest.at)) {
		rest.at++; /* '=' or ':' */
		rest.length--;
	}
	return find_mechanism(smtp_take_word(&rest));
}

bool smtp_is_command(struct smtp_piece line)
{
	struct command c;

	if (!take_apart(line, &c))
		return false;
	smtp_trim(&c.rest);
	switch (c.row->proof) {
	case PROOF_ALONE:
		return c.rest.length == 0;
	case PROOF_ARGUMENT:
		return c.rest.length > 0;
	case PROOF_FORM:
		return true;
	case PROOF_MECHANISM:
		return take_mechanism(c.rest) != NULL;
	case PROOF_NONE:
		break;
	}
	return false;
}

static void keep_name(struct smtp *s, struct smtp_piece name)
{
	struct smtp_facts *f = &s->facts;
	uint32_t hash = SMTP_HASH_BEGIN;

	f->helo_flags |= smtp_helo_flags(name);
	if (name.length == 0)
		return;
	for (size_t i = 0; i < name.length; i++) {
		char c = smtp_lower(name.at[i]);

		hash = smtp_hash(hash, &c, 1);
	}
	if (f->helo_count == 0)
		text_escape(name.at, name.length, f->helo, sizeof(f->helo));
	else if (hash == s->name_hash)
		return;
	s->name_hash = hash;
	if (f->helo_count < UINT8_MAX)
		f->helo_count++;
}

static void hello(struct smtp *s, struct command *c)
{
	struct smtp_piece before = c->rest;

	if (c->kind == KIND_EHLO)
		s->facts.ehlo = true;
	else
		s->facts.helo_verb = true;
	smtp_trim(&c->rest);
	if (c->rest.length > 0)
		c->token = smtp_hash(c->token, before.at, (size_t)(c->rest.at - before.at));
	keep_name(s, c->rest);
}

/* The names of parameters, not their values: those differ from message to message. */
static void hash_parameters(struct command *c)
{
	struct smtp_piece word;

	while ((word = smtp_take_word(&c->rest)).length > 0) {
		const char *value = memchr(word.at, '=', word.length);

		c->token = smtp_hash(c->token, " ", 1);
		c->token = smtp_hash(c->token, word.at,
				     value ? (size_t)(value + 1 - word.at) : word.length);
	}
}

static void mail_or_rcpt(struct smtp *s, struct command *c)
{
	struct smtp_piece path;
	bool bracket = smtp_take_path(&c->rest, &path);

	c->token = smtp_hash(c->token, bracket ? "<" : "-", 1);
	hash_parameters(c);
	if (c->kind == KIND_RCPT) {
		smtp_keep_domain(&s->facts, path);
		smtp_mark_local(s, path);
		return;
	}
	s->facts.mails++;
	if (bracket || path.length > 0)
		smtp_keep_sender(&s->facts, path);
}

/* "BDAT n [LAST]" (RFC 3030 2).  A malformed one is followed by nothing. */
static void bdat(struct smtp *s, struct command *c)
{
	struct smtp_piece number = smtp_take_word(&c->rest), last = smtp_take_word(&c->rest);
	uint64_t n = 0;

	for (size_t i = 0; i < number.length; i++) {
		unsigned int digit = (unsigned int)(uint8_t)number.at[i] - '0';

		if (digit > 9 || n > (INT64_MAX - 9) / 10)
			return;
		n = n * 10 + digit;
	}
	if (smtp_same(last, "LAST"))
		c->kind = KIND_BDAT_LAST;
	s->chunk_left = n;
	if (n > 0)
		s->state = STATE_CHUNK_BYTES;
}

static void auth(struct smtp *s, struct command *c)
{
	const char *mechanism = take_mechanism(c->rest);

	s->facts.auth_tried = true;
	text_print(s->facts.auth, sizeof(s->facts.auth), "%s", mechanism ? mechanism : "OTHER");
	c->token = smtp_hash(c->token, s->facts.auth, strlen(s->facts.auth));
}

static void starttls(struct smtp *s, struct command *c)
{
	(void)c;
	s->facts.starttls_asked = true;
}

static void quit(struct smtp *s, struct command *c)
{
	(void)c;
	s->facts.quit = true;
}

/* The order of first appearance is what counts: two sessions of one engine differ in how often. */
static void speak_dialect(struct smtp *s, uint32_t token)
{
	uint16_t folded = (uint16_t)(token ^ (token >> 16));
	char bytes[2] = {(char)(folded & 0xff), (char)(folded >> 8)};

	for (size_t i = 0; i < s->token_count; i++)
		if (s->tokens[i] == folded)
			return;
	if (s->token_count == SMTP_TOKENS)
		return;
	s->facts.dialect = smtp_hash(s->token_count ? s->facts.dialect : SMTP_HASH_BEGIN, bytes, 2);
	s->tokens[s->token_count++] = folded;
}

void smtp_outstanding(struct smtp *s, enum smtp_kind kind)
{
	if (!smtp_queue_push(&s->queue, kind) && s->facts.server_seen)
		s->facts.lost_track = true;
	s->last_kind = (uint8_t)kind;
	if (kind == KIND_DATA || kind == KIND_STARTTLS || kind == KIND_AUTH)
		s->waiting = (uint8_t)kind;
}

/*
 * Lines before anything was understood: noise of a client that speaks another protocol, or the rest
 * of a body whose beginning was not seen.  A greeting will tell (smtp_answer.c); a lone dot does so
 * for the body.
 */
static void stray(struct smtp *s, struct smtp_piece line)
{
	if (line.length == 1 && *line.at == '.') {
		smtp_queue_clear(&s->queue);
		smtp_outstanding(s, KIND_BODY);
		return;
	}
	s->stray++;
	if (s->greeting == GREETING_AWAITED)
		smtp_outstanding(s, KIND_UNKNOWN);
}

static void unknown(struct smtp *s, struct smtp_piece line)
{
	smtp_heed(s, KIND_UNKNOWN);
	if (s->facts.commands == 0 && s->greeting != GREETING_SEEN) {
		stray(s, line);
		return;
	}
	s->facts.unknown_commands++;
	speak_dialect(s, SMTP_HASH_BEGIN);
	smtp_outstanding(s, KIND_UNKNOWN);
}

static bool has_small_letters(struct smtp_piece verb)
{
	for (size_t i = 0; i < verb.length; i++)
		if (verb.at[i] >= 'a' && verb.at[i] <= 'z')
			return true;
	return false;
}

void smtp_command(struct smtp *s, struct smtp_piece line, bool lf_alone)
{
	struct command c;

	if (lf_alone)
		s->facts.bare_lf = true;
	if (!take_apart(line, &c)) {
		unknown(s, line);
		return;
	}
	s->facts.commands++;
	if (has_small_letters(c.verb))
		s->facts.lower_case = true;
	if (c.row->keep)
		c.row->keep(s, &c);
	if (line.length > 0 && smtp_is_blank(line.at[line.length - 1]))
		c.token = smtp_hash(c.token, " ", 1);
	if (lf_alone)
		c.token = smtp_hash(c.token, "\n", 1);
	speak_dialect(s, c.token);
	smtp_heed(s, c.kind);
	smtp_outstanding(s, c.kind);
}
