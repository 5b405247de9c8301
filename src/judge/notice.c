/*
 * Goal: tell from a refusal's text that it speaks of our standing, whose list it means, and which
 * address of ours it names; in bounded time whatever the text, and rather miss a notice than raise
 * a false alarm.
 *
 * The text is first made plain: lower case, single blanks, codes left out (they stand again at the
 * head of every line), and whatever it may only repeat from a command (addresses, quoted text,
 * "<...>") blanked, for that was chosen by the client.  Then come the vetoes, then the patterns.  A
 * pattern's parts between "*" are each taken where they first fit, so there is no backtracking.  A
 * pattern is tried only where its first three bytes stand, which an index of the text tells.
 *
 * What may be lost: anything behind PLAIN_MOST bytes, a notice worded as nobody known does, and one
 * in a text that is made to be laborious: each place tried is charged, and beyond WORK_MOST the
 * reply is given up.
 */
#include "judge/notice.h"

#include <string.h>

#include "notice_patterns.h"
#include "notice_plain.h"

#define GAP	   160
#define WORK_MOST  2000 /* the most laborious wording known takes 500 */
#define WORK_FIELD 8	/* as many places as it costs to read a list's name or an address */
#define STARTS	   256
#define COUNT(a)   (sizeof(a) / sizeof((a)[0]))

struct text {
	struct plain plain;
	uint32_t work;
	/* Places where a pattern may begin, by a hash of three bytes, in order; 0 ends. */
	uint16_t starts[STARTS], next[PLAIN_MOST + 2];
};

struct capture {
	bool has_address, has_list;
	struct addr address;
	char list[NOTICE_LIST];
};

static bool is_name(char c)
{
	return plain_is_word(c) || c == '.' || c == '-' || c == '_';
}

static void set_list(struct capture *c, const char *name, size_t n)
{
	c->has_list = true;
	memcpy(c->list, name, n);
	c->list[n] = '\0';
}

/* Zones that are queried with a customer's key in front: the key is nobody's business. */
static void drop_key(char *zone)
{
	static const struct {
		const char *suffix, *instead;
	} keyed[] = {
		{".dq.spamhaus.net", ".spamhaus.org"},
		{".mail.abusix.zone", ".mail.abusix.zone"},
	};

	for (size_t i = 0; i < COUNT(keyed); i++) {
		char *tail = strstr(zone, keyed[i].suffix), *label = tail;

		if (!tail || tail[strlen(keyed[i].suffix)])
			continue;
		while (label > zone && label[-1] != '.')
			label--;
		memmove(tail, keyed[i].instead, strlen(keyed[i].instead) + 1);
		memmove(zone, label, strlen(label) + 1);
		return;
	}
}

/* A DNS name of two labels or more that ends in letters; "" and false where it is none. */
static bool take_zone(const char *s, char zone[NOTICE_LIST], size_t *ret_n)
{
	size_t n = 0, label = 0, dots = 0;

	while (is_name(s[n]))
		n++;
	*ret_n = n;
	while (n > 0 && !plain_is_word(s[n - 1]))
		n--;
	if (n == 0 || n >= NOTICE_LIST || s[*ret_n] == '@')
		return false;
	for (size_t i = 0; i < n; i++) {
		if (s[i] != '.')
			continue;
		if (i == label)
			return false;
		label = i + 1;
		dots++;
	}
	if (dots == 0 || n - label < 2 || plain_is_digit(s[label]) || plain_is_digit(s[n - 1]))
		return false;
	memcpy(zone, s, n);
	zone[n] = '\0';
	drop_key(zone);
	return true;
}

/* A known name, a zone or the host of a URL; 0 where there is none. */
static size_t take_list(const char *s, struct capture *c)
{
	const char *p = s + strspn(s, "'([<");
	char zone[NOTICE_LIST];
	size_t n;

	p += strncmp(p, "https://", 8) == 0 ? 8 : strncmp(p, "http://", 7) == 0 ? 7 : 0;
	p += strncmp(p, "www.", 4) == 0 ? 4 : 0;
	for (size_t i = 0; i < COUNT(notice_names); i++) {
		if (*p != notice_names[i].text[0])
			continue;
		n = strlen(notice_names[i].text);
		if (strncmp(p, notice_names[i].text, n) != 0 || plain_is_word(p[n]) ||
		    (p[n] == '.' && plain_is_word(p[n + 1])) || p[n] == '-')
			continue;
		set_list(c, notice_names[i].list, strlen(notice_names[i].list));
		return (size_t)(p - s) + n;
	}
	if (!take_zone(p, zone, &n))
		return 0;
	set_list(c, zone, strlen(zone));
	return (size_t)(p - s) + n;
}

/* Charges for a place that is tried; false where all has been spent. */
static bool spend(struct text *t, uint32_t work)
{
	t->work += work;
	return t->work <= WORK_MOST;
}

static size_t take_field(struct text *t, char kind, const char *s, struct capture *c)
{
	struct addr a = {0};
	size_t n;

	if (!spend(t, WORK_FIELD))
		return 0;
	switch (kind) {
	case 'a':
		n = plain_address(s, &a);
		c->has_address = n && notice_is_public(&a);
		c->address = a;
		return n;
	case 'l':
		return take_list(s, c);
	default:
		return strspn(s, "0123456789");
	}
}

/* Where a pattern's part, up to "*" or its end, ends if it begins at s; NULL where it does not. */
static const char *match_part(struct text *t, const char *s, const char *part, size_t n,
			      struct capture *c)
{
	if (part[0] == '%' && part[1] == 'a' && !plain_may_be_address(t->plain.s, s))
		return NULL;
	for (size_t i = 0; i < n; i++) {
		if (part[i] == '%') {
			size_t took = take_field(t, part[++i], s, c);

			if (took == 0)
				return NULL;
			s += took;
		} else if (*s++ != part[i]) {
			return NULL;
		}
	}
	return s;
}

static bool ends_well(const char *s, const char *part, size_t n)
{
	return n < 2 || part[n - 2] == '%' || !plain_is_word(part[n - 1]) || !plain_is_word(*s);
}

/* The next place where a pattern's part may begin, at s or up to GAP behind; NULL: none. */
static const char *next_place(const struct plain *p, const char *s, const char *limit, char first)
{
	const char *end = p->s + p->length;

	if (limit < end)
		end = limit;
	if (s >= end)
		return NULL;
	return first == '%' ? s : memchr(s, first, (size_t)(end - s));
}

/* The rest of a pattern, behind its first part: each part where it first fits. */
static bool match_rest(struct text *t, const char *s, const char *pattern, struct capture *c)
{
	while (*pattern == '*' && pattern[1]) {
		const char *limit = s + GAP + 1, *end = NULL;
		size_t n = strcspn(++pattern, "*");

		for (; !end && (s = next_place(&t->plain, s, limit, *pattern)); s++) {
			end = spend(t, 1) ? match_part(t, s, pattern, n, c) : NULL;
			if (end && !pattern[n] && !ends_well(end, pattern, n))
				end = NULL;
		}
		if (!end)
			return false;
		s = end;
		pattern += n;
	}
	return true;
}

static bool match_at(struct text *t, size_t at, const char *pattern, struct capture *c)
{
	size_t n = strcspn(pattern, "*");
	const char *end;

	c->has_address = c->has_list = false;
	end = spend(t, 1) ? match_part(t, t->plain.s + at, pattern, n, c) : NULL;
	if (!end || (!pattern[n] && !ends_well(end, pattern, n)))
		return false;
	return match_rest(t, end, pattern + n, c);
}

static unsigned int start_of(const char *s)
{
	uint32_t three =
		(uint8_t)s[0] | (uint32_t)(uint8_t)s[1] << 8 | (uint32_t)(uint8_t)s[2] << 16;

	return three * UINT32_C(2654435761) >> 24;
}

static bool match(struct text *t, const char *pattern, struct capture *c)
{
	if (*pattern == '%') {
		for (size_t i = 0; i < t->plain.address_count; i++) {
			if (match_at(t, t->plain.addresses[i].at, pattern, c))
				return true;
		}
		return false;
	}
	for (size_t at = t->starts[start_of(pattern)]; at && t->work <= WORK_MOST;
	     at = t->next[at]) {
		if (memcmp(t->plain.s + at, pattern, 3) == 0 && match_at(t, at, pattern, c))
			return true;
	}
	return false;
}

/* A pattern begins at a blank nowhere, and at a letter or digit only where a word does. */
static void index_starts(struct text *t)
{
	const char *s = t->plain.s;

	memset(t->starts, 0, sizeof(t->starts));
	for (size_t at = t->plain.length; at-- > 1;) {
		unsigned int start;

		if (s[at] == ' ' || (plain_is_word(s[at]) && plain_is_word(s[at - 1])))
			continue;
		start = start_of(s + at);
		t->next[at] = t->starts[start];
		t->starts[start] = (uint16_t)at;
	}
}

static bool match_any(struct text *t, const char *const *patterns, size_t count)
{
	struct capture c = {0};

	for (size_t i = 0; i < count; i++) {
		if (match(t, patterns[i], &c))
			return true;
	}
	return false;
}

static bool find_known_list(struct text *t, struct capture *c)
{
	struct capture unused;

	for (size_t i = 0; i < COUNT(notice_names); i++) {
		if (!notice_names[i].scan || !match(t, notice_names[i].text, &unused))
			continue;
		set_list(c, notice_names[i].list, strlen(notice_names[i].list));
		return true;
	}
	return false;
}

/* Behind a first word such as 4.7.0.1: a status, though it reads as an address. */
static const char *skip_status(const char *s)
{
	return (s[1] == '4' || s[1] == '5') && s[2] == '.' ? s + strcspn(s + 1, " ") + 1 : s;
}

/* The one public address of its kind, within URLs or outside; two are as good as none. */
static bool find_only(const struct plain *t, bool in_urls, struct addr *ret_)
{
	const struct plain_place *place = t->addresses, *end = place + t->address_count;
	bool found = false, url = false;

	for (const char *s = skip_status(t->s); *s; s++) {
		if (*s == ' ')
			url = false;
		/* an address that is a URL's host is the server's */
		url |= s[0] == '/' && s[1] != '/' && s[-1] != '/';
		url |= s[0] == '?';
		if (s[0] == '/' && s[1] == '/') {
			s++;
			s += strspn(s + 1, "0123456789.:[]");
			continue;
		}
		while (place < end && t->s + place->at < s)
			place++;
		if (place == end || t->s + place->at > s || url != in_urls ||
		    !notice_is_public(&place->address))
			continue;
		if (found && !addr_equal(ret_, &place->address))
			return false;
		found = true;
		*ret_ = place->address;
		s += place->length - 1;
	}
	return found;
}

/* The only one of the text, or of its URLs; where the two disagree, one of them is the server's. */
static void guess_address(const struct plain *t, struct capture *c)
{
	struct addr outside = {0}, in_url = {0};
	bool is_outside = find_only(t, false, &outside), is_in_url = find_only(t, true, &in_url);

	if (is_outside && is_in_url && !addr_equal(&outside, &in_url))
		return;
	c->has_address = is_outside || is_in_url;
	c->address = is_outside ? outside : in_url;
}

static bool settle(struct text *t, const struct notice_pattern *p, struct capture *c)
{
	if (p->list)
		set_list(c, p->list, strlen(p->list));
	else if (!c->has_list && !find_known_list(t, c) && !(p->flags & NOTICE_NAMED))
		set_list(c, LOCAL_LIST, strlen(LOCAL_LIST));
	if (!c->has_list)
		return false;
	if (!c->has_address && !(p->flags & NOTICE_NO_GUESS))
		guess_address(&t->plain, c);
	return true;
}

static bool speaks_of_policy(struct text *t)
{
	return match_any(t, policy_marks, COUNT(policy_marks)) &&
	       !match_any(t, infection_marks, COUNT(infection_marks));
}

/* The first pattern that holds; NULL where none does. */
static const struct notice_pattern *find_pattern(struct text *t, bool permanent, struct capture *c)
{
	for (size_t i = 0; i < COUNT(notice_patterns); i++) {
		const struct notice_pattern *p = &notice_patterns[i];

		if ((p->flags & NOTICE_PERMANENT) && !permanent)
			continue;
		if (match(t, p->text, c) && settle(t, p, c))
			return p;
	}
	return NULL;
}

enum notice_result notice_parse(const char *reply, struct notice *ret_)
{
	const struct notice_pattern *p = NULL;
	struct text t = {.work = 0};
	struct capture c = {0};
	bool is_policy;

	switch (plain_make(reply, &t.plain)) {
	case PLAIN_OK:
		break;
	case PLAIN_NO_REFUSAL:
		return NOTICE_NONE;
	case PLAIN_TOO_MANY:
	default:
		return NOTICE_GIVEN_UP;
	}
	index_starts(&t);
	if (!match_any(&t, notice_vetoes, COUNT(notice_vetoes)))
		p = find_pattern(&t, reply[0] == '5', &c);
	is_policy = p && ((p->flags & NOTICE_POLICY) || speaks_of_policy(&t));
	if (t.work > WORK_MOST)
		return NOTICE_GIVEN_UP;
	if (!p)
		return NOTICE_NONE;
	memset(ret_, 0, sizeof(*ret_));
	ret_->has_address = c.has_address;
	if (c.has_address)
		ret_->address = c.address;
	ret_->is_policy = is_policy;
	memcpy(ret_->list, c.list, sizeof(ret_->list));
	return NOTICE_LISTED;
}
