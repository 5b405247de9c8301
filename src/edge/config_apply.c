/* From items, the file's or the command line's, to the policy and the settings. */
#include "config_parts.h"

#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "base/moment.h"
#include "base/text.h"
#include "judge/mta.h"
#include "judge/notice.h"

#define SENSOR_MOST 64
#define USER_MOST   32 /* as useradd(8) takes them */

static int fail_twice(struct apply *a, const struct item *item, enum policy_class c,
		      const char *value)
{
	char text[256], what[512];
	const char *where = "before";

	if (item->option)
		return 0; /* told twice on a command line: harmless */
	text_print(text, sizeof(text), "%s %s", policy_class_name(c), value);
	for (size_t i = 0; i < policy_rule_count(a->c->policy, c); i++)
		if (strcmp(policy_rule(a->c->policy, c, i)->text, text) == 0)
			where = policy_rule(a->c->policy, c, i)->origin;
	return config_item_fail(a, item,
				text_print(what, sizeof(what),
					   "stands twice, first at %s; remove one", where));
}

/* Applying. */

static bool is_interface_name(const char *text)
{
	size_t length = strlen(text);

	return length > 0 && length < IF_NAMESIZE && !strpbrk(text, "/ \t\r\n");
}

static int apply_interface(struct apply *a, const struct item *item)
{
	struct config *c = a->c;
	char **names;

	if (!is_interface_name(item->text))
		return config_item_fail(a, item, "expected the name of an interface, such as eth1");
	for (size_t i = 0; i < c->interface_count; i++)
		if (strcmp(c->interfaces[i], item->text) == 0)
			return item->option ? 0
					    : config_item_fail(a, item, "stands twice; remove one");
	names = reallocarray(c->interfaces, c->interface_count + 1, sizeof(*names));
	if (!names)
		return -ENOMEM;
	c->interfaces = names;
	names[c->interface_count] = strdup(item->text);
	if (!names[c->interface_count])
		return -ENOMEM;
	c->interface_count++;
	return 0;
}

static int apply_prefix(struct apply *a, const struct item *item, enum policy_class class,
			int (*add)(struct policy *p, const struct prefix *prefix,
				   const char *origin))
{
	char value[PREFIX_TEXT];
	struct prefix p;
	int r = config_take_prefix(a, item, item->text, &p);

	if (r < 0)
		return r;
	r = add(a->c->policy, &p, config_item_origin(a, item->line, item->option));
	return r == -EEXIST ? fail_twice(a, item, class, prefix_format(&p, value)) : r;
}

static int apply_public(struct apply *a, const struct item *item)
{
	struct config *c = a->c;
	struct addr address;
	char what[64];

	if (addr_parse(item->text, &address) < 0 || !addr_is_unicast(&address))
		return config_item_fail(a, item, "expected an address, such as 203.0.113.9");
	if (!notice_is_public(&address))
		return config_item_fail(a, item,
					"no server on the Internet sees this address; write the "
					"one in front of the NAT, such as 203.0.113.9");
	for (size_t i = 0; i < c->public_count; i++)
		if (addr_equal(&c->public_addresses[i], &address))
			return item->option ? 0
					    : config_item_fail(a, item, "stands twice; remove one");
	if (c->public_count == CONFIG_PUBLIC)
		return config_item_fail(a, item,
					text_print(what, sizeof(what), "at most %d can be named",
						   CONFIG_PUBLIC));
	c->public_addresses[c->public_count++] = address;
	return 0;
}

static int apply_never_reset(struct apply *a, const struct item *item)
{
	struct config *c = a->c;
	struct prefix prefix, *list;
	int r = config_take_prefix(a, item, item->text, &prefix);

	if (r < 0)
		return r;
	for (size_t i = 0; i < c->never_reset_count; i++)
		if (addr_equal(&c->never_reset[i].addr, &prefix.addr) &&
		    c->never_reset[i].length == prefix.length)
			return config_item_fail(a, item, "stands twice; remove one");
	list = reallocarray(c->never_reset, c->never_reset_count + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	c->never_reset = list;
	list[c->never_reset_count++] = prefix;
	return 0;
}

static int apply_port(struct apply *a, const struct item *item, enum policy_class class)
{
	const char *origin = config_item_origin(a, item->line, item->option);
	char what[128];
	uint16_t port;
	int r = config_take_port(a, item, item->text, &port);

	if (r < 0)
		return r;
	r = class == POLICY_PORT ? policy_add_port(a->c->policy, port, origin)
				 : policy_add_also_watch(a->c->policy, port, origin);
	if (r == -EEXIST)
		return fail_twice(a, item, class, text_print(what, sizeof(what), "%u", port));
	if (r == -EINVAL)
		return config_item_fail(
			a, item,
			"this port is watched already (see ports); it cannot be also watched");
	if (r == -E2BIG)
		return config_item_fail(
			a, item,
			text_print(what, sizeof(what),
				   "at most %d ports can be watched and also watched in all",
				   SITE_PORTS));
	return r;
}

static int apply_reset(struct apply *a, const struct item *item)
{
	struct config *c = a->c;
	int64_t n;
	int r;

	switch ((int)item->setting) {
	case SET_RESET:
		if (reset_mode_parse(item->text, &c->reset) < 0)
			return config_item_fail(a, item, "expected never, off, dry-run or on");
		return 0;
	case SET_RESET_VIA:
		if (!is_interface_name(item->text))
			return config_item_fail(a, item,
						"expected the name of an interface, such as eth1");
		return config_take_text(a, item, IF_NAMESIZE - 1, &c->reset_via);
	default:
		r = config_take_number(a, item, item->text, 8, 1000000, &n);
		c->reset_limit = r == 0 ? (uint32_t)n : c->reset_limit;
		return r;
	}
}

static int apply_mta(struct apply *a, const struct item *item)
{
	enum mta_kind ignored;

	if (item->setting == SET_MTA) {
		if (mta_kind_parse(item->text, &ignored) < 0)
			return config_item_fail(a, item, "expected " MTA_KINDS);
		return config_take_text(a, item, MTA_HOST - 1, &a->c->mta);
	}
	if (!mta_host_is_valid(item->text))
		return config_item_fail(a, item,
					"expected a host, or user@host, such as mail.example.org");
	return config_take_text(a, item, MTA_HOST - 1, &a->c->mta_ssh);
}

static int apply_on_listing(struct apply *a, const struct item *item)
{
	if (incident_on_listing_parse(item->text, &a->c->incident_on_listing) < 0)
		return config_item_fail(a, item, "expected off, watch or reset");
	return 0;
}

static int apply_single(struct apply *a, const struct item *item)
{
	struct config *c = a->c;
	int64_t n;
	int r;

	switch ((int)item->setting) {
	case SET_RECORD:
		return config_take_text(a, item, 4000, &c->record);
	case SET_SENSOR:
		return config_take_text(a, item, SENSOR_MOST, &c->sensor);
	case SET_USER:
		return config_take_text(a, item, USER_MOST, &c->user);
	case SET_SILENT_AFTER:
		r = config_take_duration(a, item, &n);
		if (r == 0 && n == 0)
			return config_item_fail(a, item,
						"expected a duration above 0, such as 10m");
		c->silent_after = r == 0 ? n : c->silent_after;
		return r;
	case SET_RETENTION_AGE:
		return config_take_duration(a, item, &c->retention_age);
	case SET_RETENTION_SIZE:
		return config_take_size(a, item, &c->retention_bytes);
	case SET_RETENTION_ROWS:
		r = config_take_number(a, item, item->text, 0, UINT32_MAX, &n);
		c->rows_per_host_hour = r == 0 ? (uint32_t)n : c->rows_per_host_hour;
		return r;
	default:
		return 0;
	}
}

static int apply_item(struct apply *a, const struct item *item)
{
	switch ((int)item->setting) {
	case SET_INTERFACES:
		return apply_interface(a, item);
	case SET_INTERNAL:
		return apply_prefix(a, item, POLICY_INTERNAL, policy_add_internal);
	case SET_MAIL_SERVERS:
		return apply_prefix(a, item, POLICY_MAIL_SERVER, policy_add_mail_server);
	case SET_SMART_HOSTS:
		return apply_prefix(a, item, POLICY_SMART_HOST, policy_add_smart_host);
	case SET_PORTS:
		return apply_port(a, item, POLICY_PORT);
	case SET_ALSO_WATCH:
		return apply_port(a, item, POLICY_ALSO_WATCH);
	case SET_PUBLIC_ADDRESSES:
		return apply_public(a, item);
	case SET_NEVER_RESET:
		return apply_never_reset(a, item);
	case SET_RESET:
	case SET_RESET_VIA:
	case SET_RESET_LIMIT:
		return apply_reset(a, item);
	case SET_INCIDENT_ON_LISTING:
		return apply_on_listing(a, item);
	case SET_MTA:
	case SET_MTA_SSH:
		return apply_mta(a, item);
	default:
		return apply_single(a, item);
	}
}

/* As if it stood in a file. */
static int apply_default(struct apply *a, enum setting setting)
{
	char text[16];
	const struct item item = {.setting = setting, .option = BUILT_IN, .text = text};

	if (!setting_table[setting].otherwise)
		return 0;
	text_print(text, sizeof(text), "%s", setting_table[setting].otherwise);
	return apply_item(a, &item);
}

/* Allow entries. */

/* One allow section: its lists and what they share. */
struct entry {
	const struct item *sources, *destinations, *ports; /* the first of each */
	size_t source_count, destination_count, port_count;
	const struct item *last;
	struct allow allow;
	char *note;
	unsigned int line;
};

static void entry_take_list(const struct item *item, const struct item **first, size_t *count)
{
	if (!*first)
		*first = item;
	(*count)++;
}

static int entry_take(struct apply *a, const struct item *item, struct entry *e)
{
	e->last = item;
	switch ((int)item->setting) {
	case SET_ALLOW_SOURCE:
		entry_take_list(item, &e->sources, &e->source_count);
		return 0;
	case SET_ALLOW_DESTINATION:
		entry_take_list(item, &e->destinations, &e->destination_count);
		return 0;
	case SET_ALLOW_PORT:
		entry_take_list(item, &e->ports, &e->port_count);
		return 0;
	case SET_ALLOW_UNTIL:
		return config_take_until(a, item, &e->allow.until);
	default:
		return config_take_text(a, item, 1000, &e->note);
	}
}

/* The item `n` places behind the first of its list, passing over others of the section. */
static const struct item *next_of(const struct item *item, const struct item *last)
{
	for (const struct item *next = item + 1; next <= last; next++)
		if (next->setting == item->setting && next->entry == item->entry)
			return next;
	return NULL;
}

static int entry_add_ports(struct apply *a, struct entry *e, const struct item *blame)
{
	const struct item *port = e->ports;
	const char *origin = config_item_origin(a, e->line, NULL);
	int r;

	do {
		r = port ? config_take_port(a, port, port->text, &e->allow.port) : 0;
		if (r < 0)
			return r;
		r = policy_add_allow(a->c->policy, &e->allow, origin);
		if (r == -EEXIST)
			return config_item_fail(a, blame,
						"the same entry stands twice; remove one");
		if (r < 0)
			return r;
		port = port ? next_of(port, e->last) : NULL;
	} while (port);
	return 0;
}

static int entry_add_destinations(struct apply *a, struct entry *e, const struct item *source)
{
	const struct item *d = e->destinations;
	int r;

	e->allow.any_destination = !d;
	do {
		r = d ? config_take_prefix(a, d, d->text, &e->allow.destination) : 0;
		if (r == 0)
			r = entry_add_ports(a, e, d ? d : source);
		d = d ? next_of(d, e->last) : NULL;
	} while (r == 0 && d);
	return r;
}

static size_t at_least_one(size_t n)
{
	return n ? n : 1;
}

static int entry_add(struct apply *a, struct entry *e)
{
	int r = 0;

	if (!e->sources)
		return config_fail(
			a->error,
			"%s:%u: this allow section names no source; write source = ADDRESS",
			a->c->path, e->line);
	if (e->source_count >
	    ALLOW_PRODUCT / at_least_one(e->destination_count) / at_least_one(e->port_count))
		return config_fail(a->error,
				   "%s:%u: this allow section stands for more than %d entries; use "
				   "prefixes",
				   a->c->path, e->line, ALLOW_PRODUCT);
	e->allow.note = e->note;
	for (const struct item *s = e->sources; s && r == 0; s = next_of(s, e->last)) {
		r = config_take_prefix(a, s, s->text, &e->allow.source);
		if (r == 0)
			r = entry_add_destinations(a, e, s);
	}
	return r;
}

/* Items of one section follow one another: *at is the first of this one, and then of the next. */
static int apply_entry(struct apply *a, unsigned int entry, size_t *at)
{
	struct entry e = {.line = a->items->allow_lines[entry]};
	int r = 0;

	for (; *at < a->items->count && r == 0; (*at)++) {
		const struct item *item = &a->items->list[*at];

		if (item->setting < SET_ALLOW_SOURCE || item->setting > SET_ALLOW_NOTE)
			continue;
		if (item->entry != entry)
			break;
		r = entry_take(a, item, &e);
	}
	if (r == 0)
		r = entry_add(a, &e);
	free(e.note);
	return r;
}

/* "SOURCE[,DESTINATION[,PORT]]"; an empty destination is any. */
static int apply_allow_option(struct apply *a, const struct item *item)
{
	struct allow allow = {.any_destination = true};
	char *copy = strdup(item->text), *at = copy;
	const char *source, *destination, *port;
	int r;

	if (!copy)
		return -ENOMEM;
	source = strsep(&at, ",");
	destination = strsep(&at, ",");
	port = strsep(&at, ",");
	r = at ? config_item_fail(a, item, "expected SOURCE[,DESTINATION[,PORT]]")
	       : config_take_prefix(a, item, source, &allow.source);
	if (r == 0 && destination && *destination) {
		allow.any_destination = false;
		r = config_take_prefix(a, item, destination, &allow.destination);
	}
	if (r == 0 && port)
		r = config_take_port(a, item, port, &allow.port);
	if (r == 0)
		r = policy_add_allow(a->c->policy, &allow, config_item_origin(a, 0, item->option));
	free(copy);
	return r == -EEXIST ? 0 : r;
}

static int apply_allows(struct apply *a, bool replaced)
{
	size_t at = 0;
	int r = 0;

	for (size_t i = 0; i < a->items->count && r == 0; i++)
		if (a->items->list[i].option && a->items->list[i].setting == SET_ALLOW_SOURCE)
			r = apply_allow_option(a, &a->items->list[i]);
	for (unsigned int i = 0; i < a->items->allow_count && r == 0 && !replaced; i++)
		r = apply_entry(a, i, &at);
	return r;
}

/* Settings in the order of their rows: the watched ports come before those also watched. */
int config_apply(struct config *c, const struct items *items, char error[CONFIG_ERROR])
{
	struct apply a = {.c = c, .items = items, .error = error};
	int r = 0;

	for (size_t s = 0; s < SET_COUNT && r == 0; s++) {
		if (s >= SET_ALLOW_SOURCE && s <= SET_ALLOW_NOTE)
			continue;
		bool replaced = items_replaced(items, (enum setting)s);

		r = apply_default(&a, (enum setting)s);
		for (size_t i = 0; i < items->count && r == 0; i++) {
			const struct item *item = &items->list[i];

			if (item->setting == s && (item->option || !replaced))
				r = apply_item(&a, item);
		}
	}
	if (r == 0)
		r = apply_allows(&a, items_replaced(items, SET_ALLOW_SOURCE));
	return r;
}
