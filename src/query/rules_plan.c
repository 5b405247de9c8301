/* From policy to a plan: who may send where, and who is banned. */
#include "query/rules.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/moment.h"
#include "base/text.h"
#include "rules_parts.h"

static const uint16_t submission_ports[] = {465, 587};

static const char *const refusal_texts[] = {
	[RULES_REFUSED_MAIL_SERVER] = "it is a configured mail server",
	[RULES_REFUSED_PROTECTED] = "it stands in never_reset",
	[RULES_REFUSED_PERMITTED] = "today's policy permits what it does",
	[RULES_REFUSED_EXTERNAL] = "it is not internal",
};
_Static_assert(sizeof(refusal_texts) / sizeof(*refusal_texts) == RULES_REFUSAL_COUNT, "texts");

const char *rules_refusal_text(enum rules_refusal refusal)
{
	return refusal_texts[refusal];
}

/* Sets. */

static bool holds(const struct prefix *outer, const struct prefix *inner)
{
	return outer->length <= inner->length && prefix_contains(outer, &inner->addr);
}

static int compare_prefixes(const void *a, const void *b)
{
	const struct prefix *x = a, *y = b;
	int order = addr_compare(&x->addr, &y->addr);

	if (prefix_is_v4(x) != prefix_is_v4(y))
		return prefix_is_v4(x) ? -1 : 1;
	return order ? order : (int)x->length - (int)y->length;
}

static int set_add(struct rules_set *s, const struct prefix *prefix)
{
	/* Room grows as the powers of two do. */
	if ((s->count & (s->count - 1)) == 0) {
		struct prefix *items =
			reallocarray(s->items, s->count ? 2 * s->count : 1, sizeof(*items));

		if (!items)
			return -ENOMEM;
		s->items = items;
	}
	s->items[s->count++] = *prefix;
	return 0;
}

/* Sorts, and drops what another one holds: it stands right behind that, or behind others that do.
 */
static void set_reduce(struct rules_set *s)
{
	size_t kept = 0;

	if (s->count > 0)
		qsort(s->items, s->count, sizeof(*s->items), compare_prefixes);
	for (size_t i = 0; i < s->count; i++)
		if (kept == 0 || !holds(&s->items[kept - 1], &s->items[i]))
			s->items[kept++] = s->items[i];
	s->count = kept;
}

static int set_fill(struct rules_set *s, const struct policy *policy, enum policy_class class)
{
	struct prefix prefix;
	int r = 0;

	for (size_t i = 0; r == 0 && policy_prefix(policy, class, i, &prefix); i++)
		r = set_add(s, &prefix);
	set_reduce(s);
	return r;
}

size_t rules_set_count(const struct rules_set *s, bool v4)
{
	size_t count = 0;

	for (size_t i = 0; i < s->count; i++)
		count += prefix_is_v4(&s->items[i]) == v4;
	return count;
}

const struct prefix *rules_set_first(const struct rules_set *s, bool v4)
{
	return s->items + (v4 ? 0 : rules_set_count(s, true));
}

/* Permits. */

static struct rules_permit *permit_new(struct rules_plan *p)
{
	struct rules_permit *permits =
		reallocarray(p->permits, p->permit_count + 1, sizeof(*permits));

	if (!permits)
		return NULL;
	p->permits = permits;
	permits[p->permit_count] = (struct rules_permit){.anywhere = true};
	return &permits[p->permit_count++];
}

static int add_mail_servers(struct rules_plan *p)
{
	struct rules_permit *permit = permit_new(p);
	int r;

	if (!permit)
		return -ENOMEM;
	permit->anywhere = policy_rule_count(p->policy, POLICY_SMART_HOST) == 0;
	r = set_fill(&permit->sources, p->policy, POLICY_MAIL_SERVER);
	if (r == 0)
		r = set_fill(&permit->destinations, p->policy, POLICY_SMART_HOST);
	return r;
}

static int add_allow(struct rules_plan *p, const struct allow *allow)
{
	struct rules_permit *permit = permit_new(p);
	int r;

	if (!permit)
		return -ENOMEM;
	permit->anywhere = allow->any_destination;
	permit->port = allow->port;
	permit->until = allow->until;
	r = set_add(&permit->sources, &allow->source);
	if (r == 0 && !allow->any_destination)
		r = set_add(&permit->destinations, &allow->destination);
	return r;
}

static bool is_over(const struct allow *allow, int64_t now)
{
	return allow->until != 0 && allow->until <= now;
}

/* A ban needs no permits but those that stand in its way, which come with each host. */
static int add_permits(struct rules_plan *p)
{
	struct allow allow;
	int r = add_mail_servers(p);

	for (size_t i = 0; r == 0 && policy_allow(p->policy, i, &allow); i++)
		if (!is_over(&allow, p->order.now))
			r = add_allow(p, &allow);
	return r;
}

static int add_permits_of(struct rules_plan *p, const struct addr *host)
{
	const struct prefix self = {*host, 128};
	struct allow allow;
	int r = 0;

	for (size_t i = 0; r == 0 && policy_allow(p->policy, i, &allow); i++) {
		if (is_over(&allow, p->order.now) || !prefix_contains(&allow.source, host))
			continue;
		allow.source = self;
		r = add_allow(p, &allow);
	}
	return r;
}

static void add_ports(struct rules_plan *p)
{
	const struct site *site = policy_site(p->policy);

	for (uint32_t port = 1; port <= UINT16_MAX; port++) {
		bool wanted = site_port(site, (uint16_t)port) == PORT_WATCHED;

		for (size_t i = 0; p->order.ban && i < 2; i++)
			wanted = wanted || port == submission_ports[i];
		if (wanted)
			p->ports[p->port_count++] = (uint16_t)port;
	}
}

/* Plans. */

int rules_plan_new(const struct policy *policy, const struct rules_order *order,
		   struct rules_plan **ret_)
{
	struct rules_plan *p;
	int r;

	if (!policy_has_mail_servers(policy))
		return -ENOENT;
	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	p->order = *order;
	p->policy = policy;
	if (order->incident)
		text_print(p->mark, sizeof(p->mark), "egress25 incident %" PRId64, order->incident);
	else
		text_print(p->mark, sizeof(p->mark), "egress25");
	add_ports(p);
	r = set_fill(&p->internal, policy, POLICY_INTERNAL);
	if (r == 0 && !order->ban)
		r = add_permits(p);
	if (r == 0)
		*ret_ = p;
	else
		rules_plan_free(p);
	return r;
}

void rules_plan_free(struct rules_plan *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->permit_count; i++) {
		free(p->permits[i].sources.items);
		free(p->permits[i].destinations.items);
	}
	free(p->permits);
	free(p->internal.items);
	free(p->banned.items);
	free(p);
}

static bool refuses(const struct rules_plan *p, const struct addr *host, enum rules_refusal *ret_)
{
	if (site_side(policy_site(p->policy), host) != SIDE_INTERNAL) {
		*ret_ = RULES_REFUSED_EXTERNAL;
		return true;
	}
	if (policy_is_mail_server(p->policy, host)) {
		*ret_ = RULES_REFUSED_MAIL_SERVER;
		return true;
	}
	for (size_t i = 0; i < p->order.never_count; i++)
		if (prefix_contains(&p->order.never[i], host)) {
			*ret_ = RULES_REFUSED_PROTECTED;
			return true;
		}
	if (policy_permits_all(p->policy, host, p->order.now)) {
		*ret_ = RULES_REFUSED_PERMITTED;
		return true;
	}
	return false;
}

/* Where a host stands in the ban, or would. */
static size_t place_of(const struct rules_set *s, const struct prefix *host)
{
	size_t low = 0, high = s->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_prefixes(&s->items[middle], host) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int rules_plan_ban(struct rules_plan *p, const struct addr *host, enum rules_refusal *ret_)
{
	const struct prefix self = {*host, 128};
	struct rules_set *banned = &p->banned;
	size_t at = place_of(banned, &self);
	int r;

	if (refuses(p, host, ret_))
		return -EPERM;
	if (at < banned->count && addr_equal(&banned->items[at].addr, host))
		return 0;
	r = set_add(banned, &self);
	if (r < 0)
		return r;
	memmove(&banned->items[at + 1], &banned->items[at],
		(banned->count - 1 - at) * sizeof(*banned->items));
	banned->items[at] = self;
	return add_permits_of(p, host);
}

size_t rules_plan_count(const struct rules_plan *p)
{
	return p->banned.count;
}

/* What the dialects ask. */

/* The pair that the walk points to, where its two families are the same. */
static bool take_pair(const struct rules_permit *permit, struct rules_walk *w)
{
	const struct prefix *source = &permit->sources.items[w->source];
	const struct prefix *destination =
		permit->anywhere ? NULL : &permit->destinations.items[w->destination];

	if (destination && prefix_is_v4(source) != prefix_is_v4(destination))
		return false;
	w->pair.source = source;
	w->pair.destination = destination;
	w->pair.port = permit->port;
	w->pair.v4 = prefix_is_v4(source);
	w->pair.number++;
	return true;
}

bool rules_next_pair(const struct rules_plan *p, struct rules_walk *w)
{
	for (; w->permit < p->permit_count; w->permit++, w->source = 0) {
		const struct rules_permit *permit = &p->permits[w->permit];
		size_t count = permit->anywhere ? 1 : permit->destinations.count;

		for (; w->source < permit->sources.count; w->source++, w->destination = 0) {
			while (w->destination < count) {
				bool taken = take_pair(permit, w);

				w->destination++;
				if (taken)
					return true;
			}
		}
	}
	return false;
}

bool rules_is_spared(const struct rules_plan *p, const struct prefix *host)
{
	for (size_t i = 0; i < p->permit_count; i++)
		for (size_t j = 0; j < p->permits[i].sources.count; j++)
			if (prefix_contains(&p->permits[i].sources.items[j], &host->addr))
				return true;
	return false;
}

uint16_t rules_port(const struct rules_plan *p, uint16_t port, size_t i)
{
	if (port)
		return i == 0 ? port : 0;
	return i < p->port_count ? p->ports[i] : 0;
}

const char *rules_lan(const struct rules_plan *p)
{
	return p->order.lan ? p->order.lan : RULES_LAN;
}

const char *rules_wan(const struct rules_plan *p)
{
	return p->order.wan ? p->order.wan : RULES_WAN;
}

static size_t print_time(char buf[RULES_TIME], enum rules_time form, const struct tm *tm)
{
	switch (form) {
	case RULES_TIME_CISCO:
		return strftime(buf, RULES_TIME, "%H:%M %d %B %Y", tm);
	case RULES_TIME_FORTI:
		return strftime(buf, RULES_TIME, "%H:%M %Y/%m/%d", tm);
	case RULES_TIME_JUNOS:
		return strftime(buf, RULES_TIME, "%Y-%m-%d.%H:%M", tm);
	case RULES_TIME_UTC:
		return strftime(buf, RULES_TIME, "%Y-%m-%dT%H:%M:%S", tm);
	case RULES_TIME_PLAIN:
		break;
	}
	return strftime(buf, RULES_TIME, "%Y-%m-%d %H:%M", tm);
}

const char *rules_time(int64_t t, enum rules_time form, char buf[RULES_TIME])
{
	time_t seconds = (time_t)(t / MOMENT_SECOND);
	struct tm tm = {.tm_mday = 1};

	if (form == RULES_TIME_UTC)
		gmtime_r(&seconds, &tm);
	else
		localtime_r(&seconds, &tm);
	if (print_time(buf, form, &tm) == 0)
		*buf = '\0';
	return buf;
}

int64_t rules_end(const struct rules_plan *p)
{
	return p->order.now + p->order.duration;
}

int64_t rules_seconds(const struct rules_plan *p)
{
	return p->order.duration / MOMENT_SECOND;
}

unsigned int rules_length(const struct prefix *p)
{
	return prefix_is_v4(p) ? p->length - 96U : p->length;
}

const char *rules_mask(const struct prefix *p, bool inverted, char buf[ADDR_TEXT])
{
	unsigned int length = rules_length(p);
	uint32_t mask = length ? UINT32_MAX << (32 - length) : 0;

	if (inverted)
		mask = ~mask;
	return text_print(buf, ADDR_TEXT, "%u.%u.%u.%u", mask >> 24, mask >> 16 & 255,
			  mask >> 8 & 255, mask & 255);
}

const char *rules_address(const struct prefix *p, char buf[ADDR_TEXT])
{
	return addr_format(&p->addr, buf);
}

void rules_put_set(FILE *out, const struct rules_set *s, bool v4, const char *between)
{
	const struct prefix *items = rules_set_first(s, v4);
	size_t count = rules_set_count(s, v4);
	char text[PREFIX_TEXT];

	for (size_t i = 0; i < count; i++)
		fprintf(out, "%s%s", i ? between : "", prefix_format(&items[i], text));
}

void rules_put_ports(FILE *out, const struct rules_plan *p, uint16_t port, const char *between)
{
	uint16_t n;

	for (size_t i = 0; (n = rules_port(p, port, i)) != 0; i++)
		fprintf(out, "%s%u", i ? between : "", n);
}
