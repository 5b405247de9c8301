/*
 * What a connection that has ended tells.  A destination is heard once in ten minutes; further
 * dialogues with it count a fifth, since a new name or a new sender still tells something there.
 */
#include "base/text.h"
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
	float strange;	/* how little its sender's domain is the usual one, 0 to 1 */
	bool helo_new;
	bool named;    /* a sender with a domain was given */
	bool own_name; /* HELO name and sender's address are of one registered domain */
	bool breach;
	bool mail;   /* a MAIL command was seen */
	bool hidden; /* behind STARTTLS: neither senders nor QUIT can be seen */
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

/*
 * How strange the domain is: 0 for one of the two used last and for the first of all, 1 for one
 * that is not known.
 */
static float enter_sender(struct evidence *e, uint32_t hash)
{
	bool first = e->senders[0] == 0;
	unsigned int at = 0;
	bool known;

	while (at < EVIDENCE_SENDERS - 1 && e->senders[at] != hash)
		at++;
	known = e->senders[at] == hash;
	/* The one used last stands first. */
	memmove(e->senders + 1, e->senders, at * sizeof(e->senders[0]));
	e->senders[0] = hash;
	if (!known)
		return first ? 0 : 1;
	return fminf(0.1F * (float)(at > 1 ? at - 1 : 0), 0.7F);
}

/* The domain of a sender's address; length 0 for "<>", and where it is no address. */
static const char *domain_of(const char *sender, size_t n, size_t *ret_length)
{
	const char *at = memrchr(sender, '@', n);

	*ret_length = 0;
	if (!at)
		return sender;
	n -= (size_t)(at + 1 - sender);
	if (n && at[n] == '>')
		n--;
	*ret_length = n;
	return at + 1;
}

static bool is_own_name(const struct smtp_facts *f, const char *domain, size_t n)
{
	const char *helo;
	size_t length;

	if (!memchr(f->helo, '\0', sizeof(f->helo)))
		return false;
	helo = names_domain(f->helo);
	length = strlen(helo);
	/* The sender's domain may itself lie below what is registered. */
	return length > 3 && memchr(helo, '.', length) && n >= length &&
	       (n == length || domain[n - length - 1] == '.') &&
	       hash_text(helo, length) == hash_text(domain + n - length, length);
}

static void hear_senders(struct evidence *e, struct talk *t)
{
	const struct smtp_facts *f = t->facts;
	size_t most =
		f->senders_length < sizeof(f->senders) ? f->senders_length : sizeof(f->senders);
	unsigned int domains = 0;
	float strange = 0;
	uint32_t before = 0;

	for (size_t at = 0; at < most && domains < SMTP_SENDERS;) {
		size_t n = strnlen(f->senders + at, most - at), length;
		const char *domain = domain_of(f->senders + at, n, &length);
		uint32_t hash = hash_text(domain, length);
		float x;

		at += n + 1;
		if (!length || hash == before)
			continue;
		before = hash;
		domains++;
		t->named = true;
		x = enter_sender(e, hash);
		strange += x;
		t->strange = fmaxf(t->strange, x);
		t->own_name = t->own_name || is_own_name(f, domain, length);
	}
	evidence_add(e, SUM_NEW_SENDER, fminf(strange, 4));
	evidence_add(e, SUM_SENDERS, (float)(domains > 4 ? 4 : domains));
	if (domains > 1 && f->mails_refused)
		evidence_add(e, SUM_SWITCHED, 1);
}

/* What the HELO name has to do with those who are to be sending, and with those written to. */
static void hear_domains(struct evidence *e, const struct talk *t)
{
	const struct smtp_facts *f = t->facts;

	if (t->own_name) {
		evidence_add(e, SUM_OWN_NAME, t->weight);
		return;
	}
	if (gives_their_name(f))
		evidence_add(e, SUM_THEIR_NAME, t->weight);
	if (t->named && f->helo[0] && t->helo_bad <= 0 && !(f->helo_flags & SMTP_HELO_LITERAL))
		evidence_add(e, SUM_FOREIGN_NAME, t->weight);
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

static float vouch(const struct evidence *e, const struct talk *t, const struct evidence_session *s)
{
	const struct smtp_facts *f = t->facts;
	float x;

	if (f->spoke_first || t->breach || (f->helo_flags & SMTP_HELO_NOTORIOUS))
		return 0;
	/* One that never said a word may also have been cut off where we do not see it. */
	if (is_check(t, s))
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
	hash = strchr(domain, '.') ? hash_text(domain, strlen(domain)) : 1;
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
	hear_domains(e, &t);
	hear_conduct(e, &t, s->cut);
	hear_answers(e, &t, s->listed);
	note_greeting(e, s->facts);
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
	unsigned int thirds = (unsigned int)(vouched * KNOWN_VOUCHED_STEPS + 0.5F);
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
