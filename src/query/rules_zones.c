/*
 * FortiOS and Junos (SRX): policies from a zone to another, in order.  Each policy is named, so
 * that writing it again changes it; the first of the existing ones must be named by hand, since
 * ours stand before it.
 */
#include "rules_parts.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"

#define NAME 80

static const char *kind(const struct rules_plan *p)
{
	return p->order.ban ? "egress25-ban" : "egress25-block";
}

/* FortiOS. */

#define FORTI_BLOCK 252500000U /* numbers of policies begin here: they should be free */
#define FORTI_BAN   252550000U

static unsigned int forti_number(const struct rules_plan *p, size_t i)
{
	return (p->order.ban ? FORTI_BAN : FORTI_BLOCK) + (unsigned int)i;
}

static const char *forti_name(const struct rules_plan *p, const struct prefix *prefix,
			      char buf[NAME])
{
	char text[PREFIX_TEXT];

	return text_print(buf, NAME, "%s %s", kind(p), prefix_format(prefix, text));
}

static void forti_address(FILE *out, const struct rules_plan *p, const struct prefix *prefix)
{
	char name[NAME], address[ADDR_TEXT], mask[ADDR_TEXT];
	bool v4 = prefix_is_v4(prefix);

	fprintf(out, "config firewall address%s\n  edit \"%s\"\n", v4 ? "" : "6",
		forti_name(p, prefix, name));
	if (v4)
		fprintf(out, "    set subnet %s %s\n", rules_address(prefix, address),
			rules_mask(prefix, false, mask));
	else
		fprintf(out, "    set ip6 %s/%u\n", rules_address(prefix, address),
			rules_length(prefix));
	fprintf(out, "    set comment \"%s\"\n  next\nend\n", p->mark);
}

static void forti_service(FILE *out, const char *name, const struct rules_plan *p, uint16_t port)
{
	fprintf(out, "config firewall service custom\n  edit \"%s\"\n    set tcp-portrange ", name);
	rules_put_ports(out, p, port, " ");
	fputs("\n  next\nend\n", out);
}

/* One policy.  A source of NULL is all; a policy names one family, or with all both. */
static void forti_policy(FILE *out, const struct rules_plan *p, size_t number,
			 const struct prefix *source, const struct prefix *destination,
			 const char *action, const char *service)
{
	char from[NAME], to[NAME];
	bool v4 = !source || prefix_is_v4(source), v6 = !source || !prefix_is_v4(source);

	fprintf(out,
		"  edit %u\n    set name \"%s-%zu\"\n    set srcintf \"%s\"\n    set dstintf "
		"\"%s\"\n",
		forti_number(p, number), kind(p), number, rules_lan(p), rules_wan(p));
	if (source)
		forti_name(p, source, from);
	if (destination)
		forti_name(p, destination, to);
	for (int f = 0; f < 2; f++)
		if (f ? v6 : v4)
			fprintf(out, "    set srcaddr%s \"%s\"\n    set dstaddr%s \"%s\"\n",
				f ? "6" : "", source ? from : "all", f ? "6" : "",
				destination ? to : "all");
	fprintf(out,
		"    set action %s\n    set schedule \"%s\"\n    set service \"%s\"\n%s"
		"    set logtraffic all\n    set comments \"%s\"\n  next\n",
		action, *action == 'd' && p->order.ban ? "egress25-ban" : "always", service,
		*action == 'a' ? "    set nat enable\n" : "", p->mark);
}

static const char *forti_service_name(const struct rules_plan *p, uint16_t port, char buf[NAME])
{
	return port ? text_print(buf, NAME, "%s-%u", kind(p), port)
		    : text_print(buf, NAME, "%s", kind(p));
}

static void forti_objects(FILE *out, const struct rules_plan *p)
{
	struct rules_walk w = {0};
	char name[NAME], begin[RULES_TIME], end[RULES_TIME];

	forti_service(out, kind(p), p, 0);
	for (size_t i = 0; i < p->banned.count; i++)
		forti_address(out, p, &p->banned.items[i]);
	while (rules_next_pair(p, &w)) {
		forti_address(out, p, w.pair.source);
		if (w.pair.destination)
			forti_address(out, p, w.pair.destination);
		if (w.pair.port)
			forti_service(out, forti_service_name(p, w.pair.port, name), p,
				      w.pair.port);
	}
	if (!p->order.ban)
		return;
	fprintf(out,
		"config firewall schedule onetime\n  edit \"egress25-ban\"\n    set start %s\n"
		"    set end %s\n  next\nend\n",
		rules_time(p->order.now, RULES_TIME_FORTI, begin),
		rules_time(rules_end(p), RULES_TIME_FORTI, end));
}

/* The policies, permits first; how many there are. */
static size_t forti_policies(FILE *out, const struct rules_plan *p)
{
	struct rules_walk w = {0};
	size_t number = 0;
	char name[NAME];

	while (rules_next_pair(p, &w))
		forti_policy(out, p, ++number, w.pair.source, w.pair.destination, "accept",
			     forti_service_name(p, w.pair.port, name));
	for (size_t i = 0; i < p->banned.count; i++)
		forti_policy(out, p, ++number, &p->banned.items[i], NULL, "deny", kind(p));
	if (!p->order.ban)
		forti_policy(out, p, ++number, NULL, NULL, "deny", kind(p));
	return number;
}

static void forti_kill(FILE *out, const struct rules_plan *p)
{
	char text[PREFIX_TEXT];

	for (size_t i = 0; i < p->banned.count; i++) {
		const char *six = prefix_is_v4(&p->banned.items[i]) ? "" : "6";

		for (size_t j = 0; j < p->port_count; j++)
			fprintf(out,
				"diagnose sys session%s filter clear\n"
				"diagnose sys session%s filter src %s\n"
				"diagnose sys session%s filter dport %u\n"
				"diagnose sys session%s clear\n",
				six, six, prefix_format(&p->banned.items[i], text), six,
				p->ports[j], six);
	}
}

static void forti_apply(FILE *out, const struct rules_plan *p)
{
	size_t count;

	forti_objects(out, p);
	fputs("config firewall policy\n", out);
	count = forti_policies(out, p);
	for (size_t i = 1; i <= count; i++)
		fprintf(out, "  move %u before FIRST-POLICY-ID\n", forti_number(p, i));
	fputs("end\n", out);
	forti_kill(out, p);
}

static size_t policy_count(const struct rules_plan *p)
{
	struct rules_walk w = {0};

	while (rules_next_pair(p, &w))
		;
	return w.pair.number + p->banned.count + (p->order.ban ? 0 : 1);
}

static void forti_verify(FILE *out, const struct rules_plan *p)
{
	size_t count = policy_count(p);

	for (size_t i = 1; i <= count; i++)
		fprintf(out, "show firewall policy %u\n", forti_number(p, i));
	fputs("diagnose sys session filter clear\ndiagnose sys session filter dport 25\n"
	      "diagnose sys session list\n",
	      out);
}

static void forti_delete(FILE *out, const struct rules_plan *p, const struct prefix *prefix)
{
	char name[NAME];

	fprintf(out, "config firewall address%s\n  delete \"%s\"\nend\n",
		prefix_is_v4(prefix) ? "" : "6", forti_name(p, prefix, name));
}

static void forti_undo(FILE *out, const struct rules_plan *p)
{
	struct rules_walk w = {0};
	char name[NAME];

	fputs("config firewall policy\n", out);
	for (size_t i = 1; i <= policy_count(p); i++)
		fprintf(out, "  delete %u\n", forti_number(p, i));
	fputs("end\n", out);
	for (size_t i = 0; i < p->banned.count; i++)
		forti_delete(out, p, &p->banned.items[i]);
	while (rules_next_pair(p, &w)) {
		forti_delete(out, p, w.pair.source);
		if (w.pair.destination)
			forti_delete(out, p, w.pair.destination);
		if (w.pair.port)
			fprintf(out, "config firewall service custom\n  delete \"%s\"\nend\n",
				forti_service_name(p, w.pair.port, name));
	}
	fprintf(out, "config firewall service custom\n  delete \"%s\"\nend\n", kind(p));
	if (p->order.ban)
		fputs("config firewall schedule onetime\n  delete \"egress25-ban\"\nend\n", out);
}

const struct rules_dialect rules_fortios = {
	.name = "fortios",
	.comment = "#",
	.use = "paste it into the CLI, of one VDOM",
	.lan = true,
	.wan = true,
	.listed = true,
	.write = {forti_apply, forti_verify, forti_undo},
	.notes = {"replace FIRST-POLICY-ID by the number of your first policy from the LAN to the "
		  "WAN; the numbers 252500001 and up, 252550001 and up must be free",
		  "the accepting policies translate addresses as a plain policy does: give them "
		  "the IP pool of your mail server where it has one"},
};

/* Junos. */

/* The name of a prefix in an address book: no character that one may not hold. */
static const char *junos_name(const struct rules_plan *p, const struct prefix *prefix,
			      char buf[NAME])
{
	char text[PREFIX_TEXT], *at;

	text_print(buf, NAME, "%s-%s", kind(p), prefix_format(prefix, text));
	for (at = buf; *at; at++)
		if (*at == '.' || *at == ':' || *at == '/')
			*at = '-';
	return buf;
}

static void junos_book(FILE *out, const struct rules_plan *p, const char *zone,
		       const struct prefix *prefix)
{
	char name[NAME], address[ADDR_TEXT];

	fprintf(out, "set security zones security-zone %s address-book address %s %s/%u\n", zone,
		junos_name(p, prefix, name), rules_address(prefix, address), rules_length(prefix));
}

static void junos_policy_line(FILE *out, const struct rules_plan *p, const char *verb,
			      size_t number)
{
	fprintf(out, "%s security policies from-zone %s to-zone %s policy %s-%zu", verb,
		rules_lan(p), rules_wan(p), kind(p), number);
}

static void junos_applications(FILE *out, const struct rules_plan *p, size_t number, uint16_t port)
{
	uint16_t n;

	for (size_t i = 0; (n = rules_port(p, port, i)) != 0; i++) {
		junos_policy_line(out, p, "set", number);
		fprintf(out, " match application %s-port-%u\n", kind(p), n);
	}
}

static void junos_policy(FILE *out, const struct rules_plan *p, size_t number,
			 const struct rules_pair *pair, const struct prefix *banned)
{
	const struct prefix *source = pair ? pair->source : banned;
	const struct prefix *destination = pair ? pair->destination : NULL;
	char name[NAME];

	junos_policy_line(out, p, "set", number);
	fprintf(out, " match source-address %s\n", source ? junos_name(p, source, name) : "any");
	junos_policy_line(out, p, "set", number);
	fprintf(out, " match destination-address %s\n",
		destination ? junos_name(p, destination, name) : "any");
	junos_applications(out, p, number, pair ? pair->port : 0);
	junos_policy_line(out, p, "set", number);
	fputs(pair ? " then permit\n" : " then reject\n", out);
	if (!pair) {
		junos_policy_line(out, p, "set", number);
		fputs(" then log session-init session-close\n", out);
	}
	if (banned) {
		junos_policy_line(out, p, "set", number);
		fputs(" scheduler-name egress25-ban\n", out);
	}
	junos_policy_line(out, p, "set", number);
	fprintf(out, " description \"%s\"\n", p->mark);
}

static void junos_application(FILE *out, const struct rules_plan *p, const char *verb,
			      uint16_t port)
{
	if (*verb == 'd')
		fprintf(out, "delete applications application %s-port-%u\n", kind(p), port);
	else
		fprintf(out,
			"set applications application %s-port-%u protocol tcp\n"
			"set applications application %s-port-%u destination-port %u\n",
			kind(p), port, kind(p), port, port);
}

static void junos_objects(FILE *out, const struct rules_plan *p)
{
	struct rules_walk w = {0};
	char begin[RULES_TIME], end[RULES_TIME];

	for (size_t i = 0; i < p->port_count; i++)
		junos_application(out, p, "set", p->ports[i]);
	for (size_t i = 0; i < p->banned.count; i++)
		junos_book(out, p, rules_lan(p), &p->banned.items[i]);
	while (rules_next_pair(p, &w)) {
		junos_book(out, p, rules_lan(p), w.pair.source);
		if (w.pair.destination)
			junos_book(out, p, rules_wan(p), w.pair.destination);
		if (w.pair.port)
			junos_application(out, p, "set", w.pair.port);
	}
	if (p->order.ban)
		fprintf(out, "set schedulers scheduler egress25-ban start-date %s stop-date %s\n",
			rules_time(p->order.now, RULES_TIME_JUNOS, begin),
			rules_time(rules_end(p), RULES_TIME_JUNOS, end));
}

static void junos_kill(FILE *out, const struct rules_plan *p)
{
	char address[ADDR_TEXT];

	for (size_t i = 0; i < p->banned.count; i++)
		for (size_t j = 0; j < p->port_count; j++)
			fprintf(out,
				"run clear security flow session source-prefix %s/%u "
				"destination-port %u\n",
				rules_address(&p->banned.items[i], address),
				rules_length(&p->banned.items[i]), p->ports[j]);
}

static void junos_apply(FILE *out, const struct rules_plan *p)
{
	struct rules_walk w = {0};
	size_t number = 0;

	junos_objects(out, p);
	while (rules_next_pair(p, &w))
		junos_policy(out, p, ++number, &w.pair, NULL);
	for (size_t i = 0; i < p->banned.count; i++)
		junos_policy(out, p, ++number, NULL, &p->banned.items[i]);
	if (!p->order.ban)
		junos_policy(out, p, ++number, NULL, NULL);
	for (size_t i = 1; i <= number; i++) {
		junos_policy_line(out, p, "insert", i);
		fputs(" before policy FIRST-POLICY\n", out);
	}
	fputs("commit\n", out);
	junos_kill(out, p);
}

static void junos_verify(FILE *out, const struct rules_plan *p)
{
	fprintf(out,
		"run show security policies from-zone %s to-zone %s\n"
		"run show security flow session destination-port 25\n",
		rules_lan(p), rules_wan(p));
}

static void junos_forget(FILE *out, const struct rules_plan *p, const char *zone,
			 const struct prefix *prefix)
{
	char name[NAME];

	fprintf(out, "delete security zones security-zone %s address-book address %s\n", zone,
		junos_name(p, prefix, name));
}

static void junos_undo(FILE *out, const struct rules_plan *p)
{
	struct rules_walk w = {0};

	for (size_t i = 1; i <= policy_count(p); i++) {
		junos_policy_line(out, p, "delete", i);
		fputs("\n", out);
	}
	for (size_t i = 0; i < p->banned.count; i++)
		junos_forget(out, p, rules_lan(p), &p->banned.items[i]);
	while (rules_next_pair(p, &w)) {
		junos_forget(out, p, rules_lan(p), w.pair.source);
		if (w.pair.destination)
			junos_forget(out, p, rules_wan(p), w.pair.destination);
		if (w.pair.port)
			junos_application(out, p, "delete", w.pair.port);
	}
	for (size_t i = 0; i < p->port_count; i++)
		junos_application(out, p, "delete", p->ports[i]);
	if (p->order.ban)
		fputs("delete schedulers scheduler egress25-ban\n", out);
	fputs("commit\n", out);
}

const struct rules_dialect rules_junos = {
	.name = "junos",
	.comment = "#",
	.use = "paste it in configuration mode",
	.lan = true,
	.wan = true,
	.listed = true,
	.write = {junos_apply, junos_verify, junos_undo},
	.notes = {"the names of interfaces are those of zones, as trust and untrust; replace "
		  "FIRST-POLICY by the name of your first policy between them"},
};
