/* Filling a policy, and what it owns. */
#include "judge/policy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/lpm.h"
#include "base/moment.h"
#include "base/text.h"
#include "policy_rules.h"

#define RULE_TEXT  256
#define BUILT_IN   "built-in default"
#define WATCH_PORT 25

static const char *const internal_defaults[] = {"10.0.0.0/8",	 "172.16.0.0/12",  "192.168.0.0/16",
						"100.64.0.0/10", "169.254.0.0/16", "fc00::/7",
						"fe80::/10"};

/* Rules. */

static void rule_free(struct rule *r)
{
	if (!r)
		return;
	free(r->origin);
	free(r->text);
	free(r->note);
	free(r);
}

static struct rule *rule_new(const char *origin, const char *text, const char *note)
{
	struct rule *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->origin = strdup(origin);
	r->text = strdup(text);
	r->note = note ? strdup(note) : NULL;
	if (r->origin && r->text && (r->note || !note))
		return r;
	rule_free(r);
	return NULL;
}

static struct rule *rules_add(struct rules *list, const char *origin, const char *text,
			      const char *note)
{
	struct rule *r;

	if (list->count == list->room) {
		size_t room = list->room ? 2 * list->room : 8;
		struct rule **items = reallocarray(list->items, room, sizeof(*items));

		if (!items)
			return NULL;
		list->items = items;
		list->room = room;
	}
	r = rule_new(origin, text, note);
	if (r)
		list->items[list->count++] = r;
	return r;
}

static void rules_drop_last(struct rules *list)
{
	rule_free(list->items[--list->count]);
}

static void rules_done(struct rules *list)
{
	while (list->count)
		rules_drop_last(list);
	free(list->items);
}

/* Making and freeing. */

static void source_free(void *value);

static int add_prefix(struct policy *p, struct lpm *trie, enum policy_class c,
		      const struct prefix *prefix, const char *origin);
static int add_port(struct policy *p, enum policy_class c, uint16_t port, const char *origin);

static int add_defaults(struct policy *p)
{
	for (size_t i = 0; i < sizeof(internal_defaults) / sizeof(*internal_defaults); i++) {
		struct prefix prefix;
		int r = prefix_parse(internal_defaults[i], &prefix);

		if (r == 0)
			r = add_prefix(p, p->internal, POLICY_INTERNAL, &prefix, BUILT_IN);
		if (r < 0)
			return r;
	}
	return add_port(p, POLICY_PORT, WATCH_PORT, BUILT_IN);
}

struct policy *policy_new(void)
{
	struct policy *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->internal = lpm_new();
	p->mail_servers = lpm_new();
	p->smart_hosts = lpm_new();
	p->sources = lpm_new();
	p->site.internal = p->internal;
	if (p->internal && p->mail_servers && p->smart_hosts && p->sources &&
	    add_defaults(p) == 0) {
		p->default_internal[0] = p->default_internal[1] = p->default_ports = true;
		return p;
	}
	policy_free(p);
	return NULL;
}

void policy_free(struct policy *p)
{
	if (!p)
		return;
	lpm_free(p->internal, NULL);
	lpm_free(p->mail_servers, NULL);
	lpm_free(p->smart_hosts, NULL);
	lpm_free(p->sources, source_free);
	free(p->allows);
	for (size_t c = 0; c < POLICY_CLASS_COUNT; c++)
		rules_done(&p->rules[c]);
	free(p);
}

/* Filling: prefixes. */

static int add_prefix(struct policy *p, struct lpm *trie, enum policy_class c,
		      const struct prefix *prefix, const char *origin)
{
	char text[RULE_TEXT], address[PREFIX_TEXT];
	void **slot = lpm_get(trie, prefix);

	if (!slot)
		return -ENOMEM;
	if (*slot)
		return -EEXIST;
	text_print(text, sizeof(text), "%s %s", policy_class_name(c),
		   prefix_format(prefix, address));
	*slot = rules_add(&p->rules[c], origin, text, NULL);
	return *slot ? 0 : -ENOMEM;
}

/* The family's built-in prefixes go: from the trie and from the list of rules. */
static int drop_default_internal(struct policy *p, bool v4)
{
	struct rules *list = &p->rules[POLICY_INTERNAL];
	size_t kept = 0;

	for (size_t i = 0; i < sizeof(internal_defaults) / sizeof(*internal_defaults); i++) {
		struct prefix prefix;
		void **slot;

		if (prefix_parse(internal_defaults[i], &prefix) < 0 || prefix_is_v4(&prefix) != v4)
			continue;
		slot = lpm_get(p->internal, &prefix);
		if (!slot)
			return -ENOMEM;
		for (size_t j = 0; j < list->count; j++)
			if (list->items[j] == *slot)
				list->items[j] = NULL;
		rule_free(*slot);
		*slot = NULL;
	}
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i])
			list->items[kept++] = list->items[i];
	list->count = kept;
	return 0;
}

int policy_add_internal(struct policy *p, const struct prefix *prefix, const char *origin)
{
	bool v4 = prefix_is_v4(prefix);

	if (p->default_internal[v4]) {
		int r = drop_default_internal(p, v4);

		if (r < 0)
			return r;
		p->default_internal[v4] = false;
	}
	return add_prefix(p, p->internal, POLICY_INTERNAL, prefix, origin);
}

int policy_add_mail_server(struct policy *p, const struct prefix *prefix, const char *origin)
{
	return add_prefix(p, p->mail_servers, POLICY_MAIL_SERVER, prefix, origin);
}

int policy_add_smart_host(struct policy *p, const struct prefix *prefix, const char *origin)
{
	return add_prefix(p, p->smart_hosts, POLICY_SMART_HOST, prefix, origin);
}

/* Filling: ports. */

static int add_port(struct policy *p, enum policy_class c, uint16_t port, const char *origin)
{
	enum port_class class = c == POLICY_PORT ? PORT_WATCHED : PORT_ALSO;
	char text[RULE_TEXT];
	const struct rule *r;

	if (port == 0)
		return -EINVAL;
	if (p->site.ports[port] != PORT_OTHER)
		return p->site.ports[port] == class ? -EEXIST : -EINVAL;
	if (p->port_count == SITE_PORTS)
		return -E2BIG;
	text_print(text, sizeof(text), "%s %u", policy_class_name(c), port);
	r = rules_add(&p->rules[c], origin, text, NULL);
	if (!r)
		return -ENOMEM;
	p->site.ports[port] = (uint8_t) class;
	p->ports[p->port_count].port = port;
	p->ports[p->port_count++].rule = r;
	return 0;
}

/* Port 25 goes, which stands first: it came before any other. */
static void drop_default_port(struct policy *p)
{
	p->site.ports[WATCH_PORT] = PORT_OTHER;
	p->port_count--;
	memmove(p->ports, p->ports + 1, p->port_count * sizeof(*p->ports));
	rules_drop_last(&p->rules[POLICY_PORT]);
}

int policy_add_port(struct policy *p, uint16_t port, const char *origin)
{
	if (port == 0)
		return -EINVAL;
	if (p->default_ports) {
		drop_default_port(p);
		p->default_ports = false;
	}
	return add_port(p, POLICY_PORT, port, origin);
}

int policy_add_also_watch(struct policy *p, uint16_t port, const char *origin)
{
	return add_port(p, POLICY_ALSO_WATCH, port, origin);
}

/* Filling: allow entries. */

static void permits_free(void *value)
{
	struct permits *list = value;

	free(list->items);
	free(list);
}

static void source_free(void *value)
{
	struct source *s = value;

	lpm_free(s->destinations, permits_free);
	free(s->anywhere.items);
	free(s);
}

/* What hangs at a prefix of a trie; a new one of `size` zero bytes where there is none. */
static void *value_get(struct lpm *trie, const struct prefix *prefix, size_t size)
{
	void **slot = lpm_get(trie, prefix);

	if (!slot)
		return NULL;
	if (!*slot)
		*slot = calloc(1, size);
	return *slot;
}

static struct permits *permits_get(struct policy *p, const struct allow *allow)
{
	struct source *s = value_get(p->sources, &allow->source, sizeof(*s));
	struct permits *list;

	if (!s)
		return NULL;
	if (allow->any_destination) {
		s->anywhere.whole = true;
		return &s->anywhere;
	}
	if (!s->destinations)
		s->destinations = lpm_new();
	if (!s->destinations)
		return NULL;
	list = value_get(s->destinations, &allow->destination, sizeof(*list));
	if (list)
		list->whole =
			allow->destination.length == (prefix_is_v4(&allow->destination) ? 96 : 0);
	return list;
}

static const char *allow_text(const struct allow *allow, char *buf, size_t size)
{
	char source[PREFIX_TEXT], destination[PREFIX_TEXT] = "anywhere";
	char port[16] = "", until[MOMENT_TEXT] = "", when[MOMENT_TEXT];

	if (!allow->any_destination)
		prefix_format(&allow->destination, destination);
	if (allow->port)
		text_print(port, sizeof(port), " port %u", allow->port);
	if (allow->until)
		text_print(until, sizeof(until), " until %.19sZ",
			   moment_format_utc(allow->until, when));
	return text_print(buf, size, "allow %s to %s%s%s", prefix_format(&allow->source, source),
			  destination, port, until);
}

/* 0 is no end. */
static bool ends_later(int64_t a, int64_t b)
{
	return b != 0 && (a == 0 || a > b);
}

/* The line of an entry, and the entry itself. */
static const struct rule *add_allow_rule(struct policy *p, const struct allow *allow,
					 const char *origin)
{
	size_t count = p->rules[POLICY_ALLOW].count;
	char text[RULE_TEXT];

	/* Room grows as the powers of two do. */
	if ((count & (count - 1)) == 0) {
		size_t room = count ? 2 * count : 1;
		struct allow *allows = reallocarray(p->allows, room, sizeof(*allows));

		if (!allows)
			return NULL;
		p->allows = allows;
	}
	p->allows[count] = *allow;
	p->allows[count].note = NULL;
	return rules_add(&p->rules[POLICY_ALLOW], origin, allow_text(allow, text, sizeof(text)),
			 allow->note);
}

static struct permit *permit_find(struct permits *list, uint16_t port)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].port == port)
			return &list->items[i];
	return NULL;
}

static int permits_add(struct permits *list, const struct permit *permit)
{
	struct permit *items = reallocarray(list->items, list->count + 1, sizeof(*items));

	if (!items)
		return -ENOMEM;
	list->items = items;
	items[list->count++] = *permit;
	return 0;
}

int policy_add_allow(struct policy *p, const struct allow *allow, const char *origin)
{
	struct permit permit = {.port = allow->port, .until = allow->until}, *same;
	struct permits *list = permits_get(p, allow);

	if (!list)
		return -ENOMEM;
	same = permit_find(list, allow->port);
	if (same && same->until == allow->until)
		return -EEXIST;
	permit.rule = add_allow_rule(p, allow, origin);
	if (!permit.rule)
		return -ENOMEM;
	if (!same)
		return permits_add(list, &permit);
	if (ends_later(permit.until, same->until))
		*same = permit;
	return 0;
}
