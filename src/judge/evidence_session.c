/*
 * What a connection that has ended tells.  A destination is heard once in ten minutes; further
 * dialogues with it count a fifth, since a new name or a new sender still tells something there.
 */
#include "evidence_parts.h"

#include <math.h>
#include <string.h>

#define AGAIN 0.2F /* weight of a further dialogue with the same destination in ten minutes */

/* What one dialogue shows, before it is entered. */
struct talk {
	const struct smtp_facts *facts;
	float weight;
	float helo_bad; /* 0 to 1 */
	float refused;	/* share of what was asked for, 0 to 1 */
	bool helo_new, sender_new;
	bool breach;
	bool mail;     /* a MAIL command was seen */
	bool hidden;   /* behind STARTTLS: neither senders nor QUIT can be seen */
	bool answered; /* anything was accepted or refused */
};

static uint32_t hash_text(const char *text, size_t length)
{
	uint32_t h = 2166136261U; /* FNV-1a, letters folded; a bot gains nothing by a collision that
				   * it would not gain by giving one name throughout */

	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c >= 'A' && c <= 'Z')
			c = (unsigned char)(c + 32);
		h = (h ^ c) * 16777619U;
	}
	return h ? h : 1;
}

/* --- HELO --------------------------------------------------------------------------------------
 */

/* A name made of its host's public address, as providers give to dynamic ones: four numbers. */
static bool is_generic(const char *name, size_t length)
{
	unsigned int numbers = 0, letters = 0, value = 0, digits = 0;

	for (size_t i = 0; i <= length; i++) {
		unsigned char c = i < length ? (unsigned char)name[i] : '.';

		if (c >= '0' && c <= '9') {
			value = value * 10 + (unsigned int)(c - '0');
			digits++;
			continue;
		}
		numbers += digits > 0 && digits <= 3 && value < 256;
		value = digits = 0;
		letters += (c | 32) >= 'a' && (c | 32) <= 'z';
	}
	return numbers >= 4 && letters >= 3;
}

static float helo_badness(const struct smtp_facts *f)
{
	if (f->helo_flags & (SMTP_HELO_BARE_ADDRESS | SMTP_HELO_NOT_A_NAME | SMTP_HELO_NOTORIOUS))
		return 1;
	if (f->helo_flags & SMTP_HELO_LOCALHOST)
		return 0.8F;
	if (is_generic(f->helo, strnlen(f->helo, sizeof(f->helo))))
		return 0.8F;
	return f->helo_flags & SMTP_HELO_NO_DOT ? 0.35F : 0;
}

/* Whether the name was not known, though others were. */
static bool enter_helo(struct evidence *e, uint32_t hash)
{
	unsigned int rarest = 0, known = 0;

	for (unsigned int i = 0; i < EVIDENCE_NAMES; i++) {
		if (e->helo[i] == hash) {
			evidence_count(&e->helo_counts[i]);
			return false;
		}
		known += e->helo[i] != 0;
		if (e->helo_counts[i] < e->helo_counts[rarest])
			rarest = i;
	}
	e->helo[rarest] = hash;
	e->helo_counts[rarest] = 1;
	if (known)
		e->habits.helo_before = e->talks;
	return known > 0;
}

static void hear_helo(struct evidence *e, struct talk *t)
{
	const struct smtp_facts *f = t->facts;
	unsigned int more = f->helo_count > 1 ? f->helo_count - 1U : 0;

	t->helo_bad = helo_badness(f);
	if (f->helo[0])
		t->helo_new = enter_helo(e, hash_text(f->helo, strnlen(f->helo, sizeof(f->helo))));
	evidence_add(e, SUM_NEW_HELO, (float)(t->helo_new + (more > 3 ? 3 : more)));
	t->helo_new = t->helo_new || more;
	evidence_add(e, SUM_BAD_HELO, t->weight * t->helo_bad);
	if (f->helo_flags & SMTP_HELO_NOTORIOUS)
		evidence_add(e, SUM_NOTORIOUS, 1);
}

/* Whether the HELO name is the recipients' domain or lies below it. */
static bool gives_their_name(const struct smtp_facts *f)
{
	size_t length = strnlen(f->helo, sizeof(f->helo));
	size_t most =
		f->domains_length < sizeof(f->domains) ? f->domains_length : sizeof(f->domains);

	for (size_t at = 0; at < most;) {
		size_t n = strnlen(f->domains + at, most - at);
		size_t from = n <= length ? length - n : 0;

		if (n > 3 && n <= length && (from == 0 || f->helo[from - 1] == '.') &&
		    hash_text(f->helo + from, n) == hash_text(f->domains + at, n))
			return true;
		at += n + 1;
	}
	return false;
}

/* --- senders -----------------------------------------------------------------------------------
 */

static bool enter_sender(struct evidence *e, uint32_t hash)
{
	bool first = e->senders[0] == 0;

	for (unsigned int i = 0; i < EVIDENCE_SENDERS; i++) {
		if (e->senders[i] != hash)
			continue;
		/* The one used last stands first. */
		memmove(e->senders + 1, e->senders, i * sizeof(e->senders[0]));
		e->senders[0] = hash;
		return false;
	}
	memmove(e->senders + 1, e->senders, (EVIDENCE_SENDERS - 1) * sizeof(e->senders[0]));
	e->senders[0] = hash;
	return !first;
}

static uint32_t domain_hash(const char *sender, size_t n)
{
	const char *at = memrchr(sender, '@', n);

	if (!at)
		return 0; /* "<>", or no address */
	n -= (size_t)(at + 1 - sender);
	if (n && at[n] == '>')
		n--;
	return hash_text(at + 1, n);
}

static void hear_senders(struct evidence *e, struct talk *t)
{
	const struct smtp_facts *f = t->facts;
	size_t most =
		f->senders_length < sizeof(f->senders) ? f->senders_length : sizeof(f->senders);
	unsigned int domains = 0, fresh = 0;
	uint32_t before = 0;

	for (size_t at = 0; at < most && domains < SMTP_SENDERS;) {
		size_t n = strnlen(f->senders + at, most - at);
		uint32_t hash = domain_hash(f->senders + at, n);

		at += n + 1;
		if (!hash || hash == before)
			continue;
		before = hash;
		domains++;
		fresh += enter_sender(e, hash);
	}
	t->sender_new = fresh > 0;
	evidence_add(e, SUM_NEW_SENDER, (float)(fresh > 4 ? 4 : fresh));
	evidence_add(e, SUM_SENDERS, (float)(domains > 4 ? 4 : domains));
	if (domains > 1 && f->mails_refused)
		evidence_add(e, SUM_SWITCHED, 1);
}

/* --- conduct -----------------------------------------------------------------------------------
 */

static void hear_conduct(struct evidence *e, struct talk *t, bool cut)
{
	const struct smtp_facts *f = t->facts;
	bool old = (f->helo_verb && !f->ehlo) || (f->starttls_offered && !f->starttls_asked);

	t->breach = f->pipelined_without_leave || f->ignored_refusal || f->unknown_commands ||
		    f->not_smtp;
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

static void hear_answers(struct evidence *e, struct talk *t)
{
	const struct smtp_facts *f = t->facts;
	double bad = (double)f->recipients_refused + f->mails_refused + f->messages_refused;
	double good = (double)f->recipients + f->messages;

	if (f->banner_code >= 400)
		bad += 1;
	t->answered = bad + good > 0;
	if (!t->answered)
		return;
	t->refused = (float)(bad / (bad + good));
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

static float vouch_identity(const struct evidence *e, const struct talk *t)
{
	float x = 1 - fminf(e->sums[SUM_NEW_HELO] / 3, 0.8F);

	if (t->helo_new)
		return 0;
	if (t->sender_new)
		x *= 0.25F;
	/* Behind STARTTLS the name is all that can be seen, so it has to be a good one. */
	return x * (t->hidden ? 0.9F * fmaxf(0, 1 - 1.2F * t->helo_bad) : 1 - 0.4F * t->helo_bad);
}

static float vouch(const struct evidence *e, const struct talk *t, const struct evidence_session *s)
{
	const struct smtp_facts *f = t->facts;
	float x;

	if (f->spoke_first || t->breach || s->listed || (f->helo_flags & SMTP_HELO_NOTORIOUS))
		return 0;
	/* One that never said a word may also have been cut off where we do not see it. */
	if (is_check(t, s))
		return f->quit ? 0.9F : 0.4F;
	if (!f->client_seen || !f->helo[0])
		return 0;
	x = vouch_identity(e, t);
	if (!f->ehlo)
		x *= 0.7F;
	if (t->hidden)
		return x;
	if (!t->mail)
		return 0;
	if (!f->quit && !s->cut)
		x *= 0.35F;
	if (!f->messages)
		x *= f->replies_5xx ? 0.35F : 0.6F;
	return x;
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

static void note_habits(struct evidence *e, const struct talk *t)
{
	struct evidence_habits *h = &e->habits;

	if (t->helo_new && e->talks > SETTLED)
		h->strange_helo = fminf(h->strange_helo + 1, 1e6F);
	if (t->breach || t->facts->spoke_first)
		h->breaches = fminf(h->breaches + 1, 1e6F);
	if (t->mail && !t->facts->lost_track) {
		evidence_count(&h->dialect_sessions);
		note_dialect(h, t->facts->dialect);
	}
}

/* --- a session ---------------------------------------------------------------------------------
 */

static float hear(struct evidence *e, const struct evidence_session *s, bool first)
{
	struct talk t = {
		.facts = s->facts,
		.weight = first ? 1 : AGAIN,
		.mail = s->facts->mails > 0,
		.hidden = s->facts->encrypted,
	};
	float vouched;

	evidence_count(&e->talks);
	evidence_add(e, SUM_TALKS, t.weight);
	hear_helo(e, &t);
	hear_senders(e, &t);
	if (gives_their_name(s->facts))
		evidence_add(e, SUM_THEIR_NAME, t.weight);
	hear_conduct(e, &t, s->cut);
	hear_answers(e, &t);
	note_habits(e, &t);
	vouched = vouch(e, &t, s);
	evidence_move(&e->order, vouched, first ? 8 : 32);
	evidence_move(&e->monitor, is_check(&t, s) ? 1 : 0, first ? 8 : 32);
	if (is_check(&t, s))
		evidence_add(e, SUM_SILENT, t.weight);
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

static void enter_vouched(struct evidence *e, uint32_t *word, float vouched)
{
	unsigned int thirds = (unsigned int)lrintf(vouched * KNOWN_VOUCHED_STEPS);
	unsigned int before = known_vouched(*word);

	if (thirds <= before)
		return;
	evidence_add(e, SUM_VOUCHED, (float)(thirds - before) / KNOWN_VOUCHED_STEPS);
	known_set_vouched(word, thirds);
}

void evidence_session(struct evidence *e, const struct evidence_session *s)
{
	uint32_t *word = known_find(e, s->group);
	bool talked = s->facts && (s->facts->client_seen || s->facts->server_seen);
	uint32_t before = word ? *word : 0;
	float vouched;

	evidence_touch(e, s->time);
	evidence_count(&e->sessions);
	if (!(before & KNOWN_ENDED))
		evidence_add(e, s->connected ? SUM_ANSWERED : SUM_UNANSWERED, 1);
	if (s->listed)
		evidence_add(e, SUM_LISTED, 1);
	if (word)
		*word |= KNOWN_ENDED;
	if (word && succeeded(s))
		close_case(e, word);
	if (!talked)
		return;
	vouched = hear(e, s, !(before & KNOWN_TALKED));
	if (!word)
		return;
	*word |= KNOWN_TALKED;
	enter_vouched(e, word, vouched);
}
