/*
 * The parts of smtp.c.  The client's lines become commands (smtp_command.c), each command that will
 * be answered goes into a queue (smtp_queue.c), the server's lines become replies (smtp_reply.c),
 * each of which takes the oldest command from the queue and does what the two mean together
 * (smtp_answer.c).  smtp_text.c knows how addresses and names are written.
 */
#ifndef EGRESS25_FLOW_SMTP_INTERNAL_H
#define EGRESS25_FLOW_SMTP_INTERNAL_H

#include "base/bytes.h"
#include "flow/smtp.h"

/* What is answered.  A row of verbs is in smtp_command.c. */
enum smtp_kind {
	KIND_NONE,
	KIND_UNKNOWN, /* a line that is no command: the server answers it all the same */
	KIND_HELO,
	KIND_EHLO,
	KIND_MAIL,
	KIND_RCPT,
	KIND_DATA,
	KIND_BODY, /* the final dot */
	KIND_BDAT,
	KIND_BDAT_LAST,
	KIND_RSET,
	KIND_QUIT,
	KIND_NOOP,
	KIND_VRFY,
	KIND_STARTTLS,
	KIND_AUTH, /* and the lines of its exchange */
	KIND_OTHER,
	KIND_COUNT
};

/* What the client's next bytes are. */
enum smtp_state {
	STATE_COMMANDS,
	STATE_BODY_BYTES,
	STATE_CHUNK_BYTES,
	STATE_CREDENTIALS,   /* a line of an AUTH exchange: passed over unread */
	STATE_MAYBE_BODY,    /* behind a DATA of which the reply was not seen */
	STATE_MAYBE_SECRETS, /* behind such an AUTH, */
	STATE_MAYBE_TLS,     /* STARTTLS */
};

enum smtp_greeting { GREETING_AWAITED, GREETING_SEEN, GREETING_MISSED };

/* The transaction, as far as replies tell. */
enum smtp_mail { MAIL_NONE, MAIL_ACCEPTED, MAIL_REFUSED };

/* What an EHLO reply offers; the last bit stands for any extension at all. */
enum smtp_offer {
	OFFER_PIPELINING = 1,
	OFFER_CHUNKING = 2,
	OFFER_STARTTLS = 4,
	OFFER_AUTH = 8,
	OFFER_ANY = 128
};

/* A piece of text with its length: of the line being read, borrowed. */
struct smtp_piece {
	const char *at;
	size_t length;
};

/* smtp_text.c: pure of any state but what it is given. */
bool smtp_is_blank(char c);
char smtp_lower(char c);			       /* of ASCII's letters, whatever the locale */
bool smtp_same(struct smtp_piece a, const char *word); /* in any letter case */
bool smtp_skip_blanks(struct smtp_piece *p);
void smtp_trim(struct smtp_piece *p);
/* The next word up to a blank; empty at the end. */
struct smtp_piece smtp_take_word(struct smtp_piece *p);
/* The path of MAIL or RCPT, without brackets and source route; *p is left behind it.  Returns
 * whether it stood in brackets. */
bool smtp_take_path(struct smtp_piece *p, struct smtp_piece *ret_path);
void smtp_keep_sender(struct smtp_facts *f, struct smtp_piece path);
void smtp_keep_domain(struct smtp_facts *f, struct smtp_piece path);
uint8_t smtp_helo_flags(struct smtp_piece name);
uint32_t smtp_hash(uint32_t hash, const char *text, size_t length);
#define SMTP_HASH_BEGIN 2166136261u

/* smtp_queue.c */
bool smtp_queue_empty(const struct smtp_queue *q);
void smtp_queue_clear(struct smtp_queue *q);
/* False where the kind could not be remembered: it is counted, and comes out as KIND_NONE. */
bool smtp_queue_push(struct smtp_queue *q, enum smtp_kind kind);
enum smtp_kind smtp_queue_pop(struct smtp_queue *q);
bool smtp_queue_holds(const struct smtp_queue *q, enum smtp_kind kind);
/* Drops what stands before the first of a kind that it holds; returns whether anything did. */
bool smtp_queue_drop_before(struct smtp_queue *q, enum smtp_kind kind);
/* Commands behind this moment may be missed: those that it holds now come out as vouched for. */
void smtp_queue_vouch(struct smtp_queue *q);
enum smtp_kind smtp_queue_head(const struct smtp_queue *q);
/* Whether a 250 could answer but one kind of what it holds. */
bool smtp_queue_plain(const struct smtp_queue *q);

/* smtp_command.c: a whole line of the client. */
void smtp_command(struct smtp *s, struct smtp_piece line, bool lf_alone);
/* Whether it is surely a command and no text of a body nor a credential. */
bool smtp_is_command(struct smtp_piece line);
void smtp_outstanding(struct smtp *s, enum smtp_kind kind);

/* smtp_manners.c: who waited for whom.  At the first byte of what the client says next. */
void smtp_begins(struct smtp *s, uint64_t known);
void smtp_heed(struct smtp *s, enum smtp_kind kind); /* what began so was this command */
void smtp_greeted(struct smtp *s);

/* smtp.c */
void smtp_client_lines(struct smtp *s, const char *text, size_t n, uint64_t known);
void smtp_miss_commands(struct smtp *s); /* some of the client's may have passed unread */

/* smtp_tls.c */
/* The client's next bytes, where a command would stand.  False: they are no TLS, and not taken. */
bool smtp_tls_take(struct smtp *s, struct bytes *from, uint64_t known);
/* The first line of a reply in clear.  False: it is to be passed over. */
bool smtp_tls_heed_reply(struct smtp *s, unsigned int code);
void smtp_tls_settle(struct smtp *s); /* it is TLS for certain */

/* smtp_answer.c: a whole reply. */
void smtp_answer(struct smtp *s, unsigned int code);
void smtp_miss_greeting(struct smtp *s);
void smtp_blind(struct smtp *s); /* what was known of the transaction is so no more */

/* smtp_reply.c */
void smtp_reply_drop(struct smtp *s); /* a reply that is torn by a gap */

/* smtp_line.c */
/* Takes bytes up to a line's end; true where it is complete. */
bool smtp_line_take(struct smtp_line *l, struct bytes *from, uint32_t *cut_lines);
void smtp_line_wipe(struct smtp_line *l);
struct smtp_piece smtp_line_text(const struct smtp_line *l); /* without its line end */
bool smtp_line_is_tls(const struct smtp_line *l);	     /* begins like a record of TLS */
/* A reply's line, in which the local parts of addresses are "*"; `names` too where nothing but a
 * local part stands in brackets, unless it is `helo`.  out has room for the line.  Its length. */
size_t smtp_hide(struct smtp_piece line, bool names, const char *helo, char *out);
/* The local part of a recipient's path is marked; in a text of n bytes words that begin with a
 * marked one become "*".  A word now and then is taken for a marked one.  Returns the text's new
 * length. */
void smtp_mark_local(struct smtp *s, struct smtp_piece path);
size_t smtp_hide_marked(const struct smtp *s, char *text, size_t n);

/* smtp_body.c: takes bytes of a body; true behind its final dot. */
bool smtp_body_take(struct smtp *s, struct bytes *from);
/* On from a line's beginning, or from its midst, behind a CR or not. */
void smtp_body_start(struct smtp *s, bool line, bool cr);

#endif
