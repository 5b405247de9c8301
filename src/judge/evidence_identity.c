/* By which names a host presents itself, and whom it claims to send for. */
#include "evidence_parts.h"

#include <math.h>
#include <string.h>

uint32_t evidence_hash(const char *text, size_t length)
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
	return known > 0;
}

static void hear_helo(struct evidence *e, struct talk *t)
{
	const struct smtp_facts *f = t->facts;
	unsigned int more = f->helo_count > 1 ? f->helo_count - 1U : 0;

	t->helo_bad = helo_badness(f);
	if (f->helo[0])
		t->helo_new =
			enter_helo(e, evidence_hash(f->helo, strnlen(f->helo, sizeof(f->helo))));
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
		    evidence_hash(f->helo + from, n) == evidence_hash(f->domains + at, n))
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
	       evidence_hash(helo, length) == evidence_hash(domain + n - length, length);
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
		uint32_t hash = evidence_hash(domain, length);
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

void evidence_hear_identity(struct evidence *e, struct talk *t)
{
	hear_helo(e, t);
	hear_senders(e, t);
	hear_domains(e, t);
}
