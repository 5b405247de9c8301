/*
 * What a connection that has ended tells.  A destination is heard once in ten minutes; further
 * dialogues with it count a fifth, since a new name or a new sender still tells something there.
 */
#include "base/moment.h"
#include "base/text.h"
#include "evidence_parts.h"

#include <math.h>
#include <string.h>

#define AGAIN 0.2F /* weight of a further dialogue with the same destination in ten minutes */

/* --- conduct -----------------------------------------------------------------------------------
 */

static void hear_conduct(struct evidence *e, struct talk *t, bool cut)
{
	const struct smtp_facts *f = t->facts;
	bool old = (f->helo_verb && !f->ehlo) || (f->starttls_offered && !f->starttls_asked);

	t->breach = f->pipelined_without_leave || f->ignored_refusal || f->unknown_commands ||
		    f->not_smtp || f->conflicts;
	if (f->spoke_first)
		evidence_add(e, SUM_EARLY, t->weight);
	if (t->breach)
		evidence_add(e, SUM_BREACH, t->weight);
	if (f->bare_lf && !t->breach)
		evidence_add(e, SUM_BREACH, t->weight * 0.3F);
	if (old)
		evidence_add(e, SUM_OLD_ENGINE, t->weight);
	if (t->mail) {
		evidence_add(e, SUM_MAILS, t->weight);
		if (!f->quit && !cut)
			evidence_add(e, SUM_NO_QUIT, t->weight);
	}
	if (f->auth_succeeded)
		evidence_add(e, SUM_AUTH, t->weight);
}

/*
 * What was refused for good.  "Later" is said to anybody, and that our address is on a blacklist to
 * all who share it: neither says anything on this host.
 */
static void hear_answers(struct evidence *e, struct talk *t, bool listed)
{
	const struct smtp_facts *f = t->facts;
	/* DATA that no recipient was accepted for is refused as a matter of form. */
	double messages = f->recipients ? f->messages_refused : 0;
	double bad = (double)f->recipients_refused + f->mails_refused + messages;
	double good = (double)f->recipients + f->messages;
	double later = f->replies_4xx;
	double never = fmax(0, (double)f->replies_5xx - (f->messages_refused - messages));

	if (f->banner_code >= 400)
		bad += 1;
	if (listed || bad + good <= 0)
		return;
	if (later + never > 0)
		t->refused = (float)(bad / (bad + good) * (never / (later + never)));
	if (f->messages + messages > 0) {
		evidence_add(e, SUM_OFFERED, t->weight);
		if (messages > 0 && never > 0)
			evidence_add(e, SUM_SPURNED, t->weight);
	}
	evidence_add(e, SUM_REFUSED, t->weight * t->refused);
	evidence_add(e, SUM_JUDGED, t->weight);
}

/* A dialogue in which MAIL might have come and did not: a check by a monitor, or a port scan. */
static bool is_check(const struct talk *t, const struct evidence_session *s)
{
	const struct smtp_facts *f = t->facts;

	return !t->mail && !t->hidden && !s->cut && !f->auth_tried && !f->starttls_asked &&
	       f->banner_code >= 200 && f->banner_code < 400 && f->replies_5xx == 0 && !f->gaps &&
	       (f->quit || !f->client_seen);
}

/* --- whether it speaks for the sender ----------------------------------------------------------
 */

/* Behind STARTTLS it is as in the sessions that could be seen, half of it where there was none. */
static float own_name_share(const struct evidence *e, const struct talk *t)
{
	if (!t->hidden)
		return t->own_name || !t->named || t->helo_bad > 0 ? 1 : 0;
	return (e->sums[SUM_OWN_NAME] + 0.5F) / (e->sums[SUM_MAILS] + 1);
}

static float vouch_identity(const struct evidence *e, const struct talk *t)
{
	float x = 1 - fminf(e->sums[SUM_NEW_HELO] / 3, 0.8F);

	if (t->helo_new)
		return 0;
	x *= 1 - 0.75F * t->strange;
	x *= 1 - 0.3F * (1 - own_name_share(e, t));
	/* Behind STARTTLS the name is all that can be seen, so it has to be a good one. */
	return x * (1 - (t->hidden ? 0.5F : 0.2F) * t->helo_bad);
}

static float vouch(const struct evidence *e, const struct talk *t, const struct evidence_session *s,
		   bool check)
{
	const struct smtp_facts *f = t->facts;
	float x;

	if (f->spoke_first || t->breach || (f->helo_flags & SMTP_HELO_NOTORIOUS))
		return 0;
	/* One that never said a word may also have been cut off where we do not see it. */
	if (check)
		return f->quit ? 0.9F : 0.4F;
	if (!f->helo[0])
		return s->listed ? fminf(e->order, 0.7F) : 0;
	x = vouch_identity(e, t);
	if (!f->ehlo)
		x *= 0.85F;
	if (t->hidden)
		return x;
	if (!t->mail)
		return s->listed ? 0.7F * x : 0;
	if (!f->quit && !s->cut)
		x *= 0.75F;
	if (!f->messages)
		x *= s->listed ? 0.8F : f->replies_5xx ? 0.5F : 0.7F;
	return x;
}

/* --- who it talks to --------------------------------------------------------------------------
 */

/*
 * A greeting begins with the server's own name (RFC 5321 4.3.1).  So the rotating addresses of one
 * provider are told to be one destination where no DNS was seen.
 */
static void note_greeting(struct evidence *e, const struct smtp_facts *f)
{
	char name[SMTP_BANNER];
	const char *domain;
	uint32_t hash;

	if (!f->server_seen)
		return;
	text_print(name, sizeof(name), "%.*s", (int)sizeof(name) - 1, f->banner);
	name[strcspn(name, " ")] = '\0';
	domain = names_domain(name);
	hash = strchr(domain, '.') ? evidence_hash(domain, strlen(domain)) : 1;
	for (unsigned int i = 0; i < EVIDENCE_GREETINGS; i++) {
		if (e->greetings[i] == hash)
			return;
		if (!e->greetings[i]) {
			e->greetings[i] = hash;
			return;
		}
	}
	e->many_greetings = true;
}

/* --- a mail server's habits --------------------------------------------------------------------
 */

#define SETTLED 20 /* sessions after which a habit is one */

static void note_dialect(struct evidence_habits *h, uint32_t dialect)
{
	unsigned int rarest = 0;

	for (unsigned int i = 0; i < EVIDENCE_DIALECTS; i++) {
		if (h->dialect_counts[i] && h->dialects[i] == dialect) {
			evidence_count(&h->dialect_counts[i]);
			return;
		}
		if (h->dialect_counts[i] < h->dialect_counts[rarest])
			rarest = i;
	}
	/* All that it does not say often is strange, once it has settled on what it says. */
	if (h->dialect_sessions >= 2 * SETTLED)
		h->strange_dialect = fminf(h->strange_dialect + 1, 1e6F);
	h->dialects[rarest] = dialect;
	h->dialect_counts[rarest] = 1;
}

static void note_habits(struct evidence *e, const struct talk *t, bool again)
{
	struct evidence_habits *h = &e->habits;

	if (t->helo_new && e->talks > SETTLED) {
		if (h->strange_helo < 0.5F)
			h->helo_before = e->talks - 1;
		h->strange_helo = fminf(h->strange_helo + 1, 1e6F);
	}
	if (again)
		return;
	if (t->breach || t->facts->spoke_first)
		h->breaches = fminf(h->breaches + 1, 1e6F);
	if (t->mail && !t->facts->lost_track) {
		evidence_count(&h->dialect_sessions);
		note_dialect(h, t->facts->dialect);
	}
}

/* --- a session ---------------------------------------------------------------------------------
 */

/* Returns how far it speaks for the sender. */
static float hear(struct evidence *e, const struct evidence_session *s, struct talk *t, bool check)
{
	bool first = t->weight >= 1;
	float vouched;

	if (!s->heard)
		evidence_count(&e->talks);
	evidence_add(e, SUM_TALKS, t->weight);
	evidence_hear_identity(e, t);
	hear_conduct(e, t, s->cut);
	hear_answers(e, t, s->listed);
	note_greeting(e, t->facts);
	note_habits(e, t, s->heard != NULL);
	vouched = vouch(e, t, s, check);
	evidence_move(&e->order, vouched, first ? 8 : 32);
	evidence_move(&e->monitor, check ? 1 : 0, first ? 8 : 32);
	if (check)
		evidence_add(e, SUM_SILENT, t->weight);
	return vouched;
}

/* A success closes a destination's case: it was reached, and did not put us off. */
static bool succeeded(const struct evidence_session *s)
{
	if (!s->connected)
		return false;
	return !s->facts || !s->facts->replies_4xx || s->facts->messages;
}

static void close_case(struct evidence *e, uint32_t *word)
{
	if (!(*word & KNOWN_OPEN))
		return;
	*word &= ~(uint32_t)KNOWN_OPEN;
	evidence_add(e, SUM_OPEN, -1);
	if (*word & KNOWN_RETRIED)
		evidence_add(e, SUM_RETRIED, -1);
}

/*
 * The newest dialogue with a MAIL command has the say.  Once there was one, checks speak for
 * nothing any more: else a bot would only have to knock before it sends.
 */
static void enter_vouched(struct evidence *e, uint32_t *word, float vouched, bool check)
{
	unsigned int thirds = (unsigned int)(vouched * KNOWN_VOUCHED_STEPS + 0.5F);
	unsigned int before = known_vouched(*word);

	if (check && ((*word & KNOWN_MAILED) || thirds <= before))
		return;
	evidence_add(e, SUM_VOUCHED, ((float)thirds - (float)before) / KNOWN_VOUCHED_STEPS);
	known_set_vouched(word, thirds);
}

/* A dialogue, or what has come of it since it was heard. */
static void hear_dialogue(struct evidence *e, const struct evidence_session *s, uint32_t *word,
			  const struct smtp_facts *facts)
{
	struct talk t = {
		.facts = facts,
		.mail = facts->mails > 0,
		.hidden = facts->encrypted,
	};
	bool check = is_check(&t, s), told = word && (*word & KNOWN_TALKED);
	float vouched;

	if (check)
		told = word && (*word & KNOWN_ENDED);
	if (s->heard)
		told = evidence_since(s->time, s->heard_at) < EVIDENCE_SLOT * MOMENT_MINUTE;
	t.weight = told ? AGAIN : 1;
	vouched = hear(e, s, &t, check);
	if (!word)
		return;
	enter_vouched(e, word, vouched, check);
	if (!check)
		*word |= KNOWN_TALKED;
	if (t.mail || t.hidden)
		*word |= KNOWN_MAILED;
}

void evidence_session(struct evidence *e, const struct evidence_session *s)
{
	uint32_t *word = known_find(e, s->group);
	bool ended = word && (*word & KNOWN_ENDED);
	struct smtp_facts rest;

	evidence_touch(e, s->time);
	if (!s->heard) {
		evidence_count(&e->sessions);
		if (!ended)
			evidence_add(e, s->connected ? SUM_ANSWERED : SUM_UNANSWERED, 1);
		if (s->listed)
			evidence_add(e, SUM_LISTED, 1);
	}
	if (word && succeeded(s))
		close_case(e, word);
	if (s->facts && s->heard) {
		smtp_since(s->facts, s->heard, &rest);
		hear_dialogue(e, s, word, &rest);
	} else if (s->facts && (s->facts->client_seen || s->facts->server_seen)) {
		hear_dialogue(e, s, word, s->facts);
	}
	if (word)
		*word |= KNOWN_ENDED;
}
