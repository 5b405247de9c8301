/*
 * Who waited for whom.  The caller tells with the client's bytes how many of the server's the
 * client had acknowledged: so a command that begins with less than the last reply did not wait for
 * it, and neither did one that begins while a reply is outstanding.  Nothing is claimed where bytes
 * of either side are missing, nor before a greeting shows that the server's side is seen from its
 * beginning.
 */
#include "smtp_internal.h"

/* RFC 2920 3.1; STARTTLS (RFC 3207 4) and AUTH (RFC 4954 4) too end a group. */
static bool must_stand_last(uint8_t kind)
{
	return kind == KIND_HELO || kind == KIND_EHLO || kind == KIND_DATA || kind == KIND_VRFY ||
	       kind == KIND_QUIT || kind == KIND_NOOP || kind == KIND_STARTTLS || kind == KIND_AUTH;
}

static void claim_pipelined(struct smtp *s)
{
	bool offered = s->offers & OFFER_PIPELINING;

	s->facts.pipelined = true;
	if (must_stand_last(s->last_kind) || (s->offers_known && !offered))
		s->facts.pipelined_without_leave = true;
}

/* A client that awaits each reply has had them all when it says something new. */
static void find_feet(struct smtp *s, uint64_t known)
{
	if (!(s->blind_client || s->blind_server) || s->facts.pipelined)
		return;
	if (known <= s->blind_since || known < s->server_bytes)
		return;
	s->blind_client = s->blind_server = s->body_unseen = false;
	smtp_queue_clear(&s->queue);
}

void smtp_begins(struct smtp *s, uint64_t known)
{
	bool outstanding, behind = known < s->answer_end, blind;

	find_feet(s, known);
	outstanding = !smtp_queue_empty(&s->queue);
	blind = s->blind_client || s->blind_server;
	s->waited = !outstanding && !behind && known >= s->greeting_end && !blind &&
		    s->greeting != GREETING_AWAITED;
	if (s->waited)
		s->body_unseen = false;
	if (s->greeting == GREETING_AWAITED) {
		s->early = true;
		s->early_pipelined = s->early_pipelined || outstanding;
		return;
	}
	if (s->greeting == GREETING_SEEN && known < s->greeting_end)
		s->facts.spoke_first = true;
	if (s->facts.server_seen && !blind && (outstanding || behind))
		claim_pipelined(s);
}

void smtp_greeted(struct smtp *s)
{
	struct smtp_facts *f = &s->facts;

	f->spoke_first = s->early;
	/* Before its greeting a server has offered nothing. */
	f->pipelined = f->pipelined_without_leave = s->early_pipelined;
}

static bool no_recipient(const struct smtp *s)
{
	return s->mail == MAIL_REFUSED ||
	       (s->mail == MAIL_ACCEPTED && s->accepted == 0 && s->refused > 0);
}

static bool forbidden(const struct smtp *s, enum smtp_kind kind)
{
	if (kind == KIND_QUIT)
		return false;
	if (s->greeting_refused)
		return true;
	if (kind == KIND_MAIL)
		return s->hello_refused;
	/* In a pipeline MAIL may go out alone and the rest wait in the client's kernel until it is
	 * acknowledged, by its refusal: then RCPT seems to know of that, and nobody has read it. */
	if (kind == KIND_RCPT)
		return s->mail == MAIL_REFUSED && !(s->offers & OFFER_PIPELINING);
	if (kind == KIND_DATA || kind == KIND_BDAT || kind == KIND_BDAT_LAST)
		return no_recipient(s);
	return kind == KIND_UNKNOWN && s->data_refused;
}

void smtp_heed(struct smtp *s, enum smtp_kind kind)
{
	if (s->waited && forbidden(s, kind))
		s->facts.ignored_refusal = true;
	s->data_refused = false;
}
