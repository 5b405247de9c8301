/*
 * Theory of operation.  Judging an attempt asks, in this order:
 *
 *   1. Is its port only also watched?  Then nothing is judged.
 *   2. Is the client a mail server?  Then it may send anywhere, or, where there are smart hosts, to
 *      these only.
 *   3. Does an allow entry cover it that has not expired?  Of several the one with the longest
 *      source decides, then the one with the longest destination, then the one that names the port.
 *
 * Each question is a walk down a trie, so the number of entries does not matter.  Allow entries
 * hang in two storeys: a trie of sources whose values hold the entries to anywhere and a trie of
 * destinations.  Two entries that differ only in their end share one place, where the later end
 * stands: it permits whatever the other does.
 *
 * Rules are lines for people, kept in the order in which they came; the tries point to them.
 */
#include "judge/policy.h"

#include <string.h>

#include "base/lpm.h"
#include "base/text.h"
#include "policy_rules.h"

static const char *const standing_names[] = {
	[STANDING_OFFENCE] = "offence",
	[STANDING_PERMITTED] = "permitted",
	[STANDING_ALSO_WATCHED] = "also watched",
};
_Static_assert(sizeof(standing_names) / sizeof(*standing_names) == STANDING_COUNT, "names");

static const char *const reason_texts[] = {
	[REASON_NO_MAIL_SERVER] = "not a mail server, and no allow entry covers it",
	[REASON_NO_SMART_HOST] = "mail server, but the destination is no smart host",
	[REASON_ALLOW_EXPIRED] = "the allow entry that covered it has expired",
	[REASON_MAIL_SERVER] = "mail server",
	[REASON_SMART_HOST] = "mail server to a smart host",
	[REASON_ALLOW] = "allow entry",
	[REASON_ALSO_WATCHED] = "also watched port",
	[REASON_FROZEN] = "mail server, while frozen by an incident",
};
_Static_assert(sizeof(reason_texts) / sizeof(*reason_texts) == REASON_COUNT, "texts");

static const char *const class_names[] = {
	[POLICY_INTERNAL] = "internal",
	[POLICY_MAIL_SERVER] = "mail_servers",
	[POLICY_SMART_HOST] = "smart_hosts",
	[POLICY_ALLOW] = "allow",
	[POLICY_PORT] = "ports",
	[POLICY_ALSO_WATCH] = "also_watch",
};
_Static_assert(sizeof(class_names) / sizeof(*class_names) == POLICY_CLASS_COUNT, "names");

const char *standing_name(enum standing s)
{
	return standing_names[s];
}

const char *reason_text(enum reason r)
{
	return reason_texts[r];
}

const char *policy_class_name(enum policy_class c)
{
	return class_names[c];
}

size_t policy_rule_count(const struct policy *p, enum policy_class c)
{
	return p->rules[c].count;
}

const struct rule *policy_rule(const struct policy *p, enum policy_class c, size_t i)
{
	return i < p->rules[c].count ? p->rules[c].items[i] : NULL;
}

bool policy_prefix(const struct policy *p, enum policy_class c, size_t i, struct prefix *ret_)
{
	const struct rule *r = policy_rule(p, c, i);

	/* As add_prefix() wrote it: the class and the prefix. */
	return r && prefix_parse(r->text + strlen(class_names[c]) + 1, ret_) == 0;
}

bool policy_allow(const struct policy *p, size_t i, struct allow *ret_)
{
	if (i >= p->rules[POLICY_ALLOW].count)
		return false;
	*ret_ = p->allows[i];
	ret_->note = p->rules[POLICY_ALLOW].items[i]->note;
	return true;
}

const struct site *policy_site(const struct policy *p)
{
	return &p->site;
}

bool policy_is_mail_server(const struct policy *p, const struct addr *a)
{
	return lpm_find(p->mail_servers, a) != NULL;
}

bool policy_has_mail_servers(const struct policy *p)
{
	return p->rules[POLICY_MAIL_SERVER].count > 0;
}

/* One question to the allow entries, on its way down the tries, and the best answer so far. */
struct search {
	const struct addr *server;
	uint16_t port;
	int64_t when;
	const struct rule *permitted, *expired;
};

/* Later answers are those of longer prefixes: they take the place of earlier ones. */
static void search_permits(const struct permits *list, struct search *s, bool by_port)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct permit *permit = &list->items[i];

		if (permit->port != (by_port ? s->port : 0))
			continue;
		if (permit->until == 0 || s->when < permit->until)
			s->permitted = permit->rule;
		else
			s->expired = permit->rule;
	}
}

static bool visit_destination(void *value, void *context)
{
	search_permits(value, context, false);
	search_permits(value, context, true);
	return false;
}

static bool visit_source(void *value, void *context)
{
	struct source *source = value;
	struct search *s = context;

	visit_destination(&source->anywhere, s);
	if (source->destinations)
		lpm_walk(source->destinations, s->server, visit_destination, s);
	return false;
}

static struct judgement judge_allowed(const struct policy *p, const struct addr *client,
				      const struct rule *mail, struct search *s)
{
	lpm_walk(p->sources, client, visit_source, s);
	if (s->permitted)
		return (struct judgement){STANDING_PERMITTED, REASON_ALLOW, s->permitted};
	if (s->expired)
		return (struct judgement){STANDING_OFFENCE, REASON_ALLOW_EXPIRED, s->expired};
	return (struct judgement){STANDING_OFFENCE,
				  mail ? REASON_NO_SMART_HOST : REASON_NO_MAIL_SERVER, mail};
}

static const struct rule *port_rule(const struct policy *p, uint16_t port)
{
	for (size_t i = 0; i < p->port_count; i++)
		if (p->ports[i].port == port)
			return p->ports[i].rule;
	return NULL;
}

void policy_judge(const struct policy *p, const struct addr *client, const struct addr *server,
		  uint16_t port, int64_t when, struct judgement *ret_)
{
	struct search s = {.server = server, .port = port, .when = when};
	const struct rule *mail = lpm_find(p->mail_servers, client), *smart;

	if (site_port(&p->site, port) == PORT_ALSO) {
		*ret_ = (struct judgement){STANDING_ALSO_WATCHED, REASON_ALSO_WATCHED,
					   port_rule(p, port)};
		return;
	}
	if (mail && p->rules[POLICY_SMART_HOST].count == 0) {
		*ret_ = (struct judgement){STANDING_PERMITTED, REASON_MAIL_SERVER, mail};
		return;
	}
	smart = mail ? lpm_find(p->smart_hosts, server) : NULL;
	if (smart)
		*ret_ = (struct judgement){STANDING_PERMITTED, REASON_SMART_HOST, smart};
	else
		*ret_ = judge_allowed(p, client, mail, &s);
}

/* Whether one of these entries permits every destination of a family on the port asked for. */
static bool permits_whole(const struct permits *list, struct search *s)
{
	s->permitted = NULL;
	if (!list->whole)
		return false;
	search_permits(list, s, false);
	search_permits(list, s, true);
	return s->permitted != NULL;
}

static bool visit_whole(void *value, void *context)
{
	return permits_whole(value, context);
}

static bool visit_source_whole(void *value, void *context)
{
	const struct source *source = value;
	struct search *s = context;

	if (permits_whole(&source->anywhere, s))
		return true;
	return source->destinations && lpm_walk(source->destinations, s->server, visit_whole, s);
}

/* The lowest address of a family stands for it: the family's whole prefix holds it. */
static bool permits_family(const struct policy *p, const struct addr *client,
			   const struct addr *lowest, uint16_t port, int64_t when)
{
	struct search s = {.server = lowest, .port = port, .when = when};

	return lpm_walk(p->sources, client, visit_source_whole, &s);
}

bool policy_permits_all(const struct policy *p, const struct addr *client, int64_t when)
{
	static const struct addr v6;
	const struct addr v4 = addr_from_v4(v6.b);

	if (lpm_find(p->mail_servers, client) && p->rules[POLICY_SMART_HOST].count == 0)
		return true;
	for (size_t i = 0; i < p->port_count; i++) {
		uint16_t port = p->ports[i].port;

		if (site_port(&p->site, port) != PORT_WATCHED)
			continue;
		if (!permits_family(p, client, &v4, port, when) ||
		    !permits_family(p, client, &v6, port, when))
			return false;
	}
	return true;
}

void policy_walk_client(const struct policy *p, const struct addr *client, int64_t when,
			void (*visit)(const struct rule *rule, void *context), void *context)
{
	const struct rules *allows = &p->rules[POLICY_ALLOW];
	const struct rule *mail = lpm_find(p->mail_servers, client);

	if (mail)
		visit(mail, context);
	for (size_t i = 0; i < allows->count; i++) {
		const struct allow *allow = &p->allows[i];

		if (prefix_contains(&allow->source, client) &&
		    (allow->until == 0 || when < allow->until))
			visit(allows->items[i], context);
	}
}

const struct rule *policy_side_rule(const struct policy *p, const struct addr *a,
				    enum side *ret_side)
{
	enum side side = site_side(&p->site, a);

	*ret_side = side;
	return side == SIDE_INTERNAL ? lpm_find(p->internal, a) : NULL;
}

void policy_print(const struct policy *p, char *out, size_t size)
{
	size_t used = 0;

	*out = '\0';
	for (enum policy_class c = POLICY_MAIL_SERVER; c < POLICY_CLASS_COUNT; c++)
		for (size_t i = 0; i < policy_rule_count(p, c) && used + 4 < size; i++) {
			const char *text = policy_rule(p, c, i)->text;

			if (used)
				text_print(out + used, size - used, "; ");
			used += strlen(out + used);
			text_escape(text, strlen(text), out + used, size - used);
			used += strlen(out + used);
		}
}
