/*
 * pf and OPNsense.  pf has an anchor of its own, which is loaded anew at each application; the
 * ruleset must call it.  OPNsense keeps its rules in its web pages: there an alias is filled.
 */
#include "rules_parts.h"

#include <inttypes.h>
#include <stdio.h>

static const char *anchor(const struct rules_plan *p)
{
	return p->order.ban ? "egress25_offenders" : "egress25";
}

static void pf_table(FILE *out, const char *name, const char *flag, const struct rules_set *s)
{
	bool both = rules_set_count(s, true) > 0 && rules_set_count(s, false) > 0;

	fprintf(out, "table <%s> %s { ", name, flag);
	rules_put_set(out, s, true, ", ");
	fputs(both ? ", " : "", out);
	rules_put_set(out, s, false, ", ");
	fputs(" }\n", out);
}

static void pf_on(FILE *out, const struct rules_plan *p)
{
	if (p->order.lan)
		fprintf(out, "on %s ", p->order.lan);
}

static void pf_permits(FILE *out, const struct rules_plan *p)
{
	struct rules_walk w = {0};
	char source[PREFIX_TEXT], destination[PREFIX_TEXT];

	while (rules_next_pair(p, &w)) {
		fputs("pass in quick ", out);
		pf_on(out, p);
		fprintf(out, "%s proto tcp from %s to %s port { ", w.pair.v4 ? "inet" : "inet6",
			prefix_format(w.pair.source, source),
			w.pair.destination ? prefix_format(w.pair.destination, destination)
					   : "! <internal>");
		rules_put_ports(out, p, w.pair.port, " ");
		fputs(" }\n", out);
	}
}

/* The tables' time of a host is that of its first loading: a ban begins anew in an empty one. */
static void pf_lift(FILE *out, const struct rules_plan *p)
{
	fprintf(out,
		"echo \"pfctl -a %s -t offenders -T expire %" PRId64 "\" |\n"
		"\tat now + %" PRId64 " minutes\n",
		anchor(p), rules_seconds(p) - 60, (rules_seconds(p) + 59) / 60);
}

static void pf_kill(FILE *out, const struct rules_plan *p)
{
	char text[PREFIX_TEXT];

	for (size_t i = 0; i < p->banned.count; i++)
		fprintf(out, "pfctl -k %s\n", prefix_format(&p->banned.items[i], text));
}

static void pf_apply(FILE *out, const struct rules_plan *p)
{
	if (p->order.ban)
		fprintf(out, "pfctl -a %s -t offenders -T kill 2>/dev/null || :\n", anchor(p));
	fprintf(out, "pfctl -a %s -f - <<'EOF'\n", anchor(p));
	pf_table(out, "internal", "const", &p->internal);
	if (p->order.ban)
		pf_table(out, "offenders", "persist counters", &p->banned);
	pf_permits(out, p);
	fputs("block return in log quick ", out);
	pf_on(out, p);
	fprintf(out, "proto tcp from %s to ! <internal> port { ",
		p->order.ban   ? "<offenders>"
		: p->order.lan ? "any"
			       : "<internal>");
	rules_put_ports(out, p, 0, " ");
	fprintf(out, " } label \"%s\"\nEOF\n", p->mark);
	if (!p->order.ban)
		return;
	pf_kill(out, p);
	pf_lift(out, p);
}

static void pf_verify(FILE *out, const struct rules_plan *p)
{
	fprintf(out, "pfctl -sr | grep -E 'anchor \"(\\*|%s)\"'\npfctl -a %s -vsr\n", anchor(p),
		anchor(p));
	if (p->order.ban)
		fprintf(out, "pfctl -a %s -t offenders -vT show\n", anchor(p));
}

static void pf_undo(FILE *out, const struct rules_plan *p)
{
	fprintf(out, "pfctl -a %s -F rules\npfctl -a %s -F Tables\n", anchor(p), anchor(p));
}

const struct rules_dialect rules_pf = {
	.name = "pf",
	.comment = "#",
	.use = "sh -e",
	.write = {pf_apply, pf_verify, pf_undo},
	.notes = {"pf.conf must call the anchor before its own filter rules, once: anchor "
		  "\"egress25\" and anchor \"egress25_offenders\"",
		  "pfctl -k ends every connection of a host; those that the block alone does not "
		  "end are in pfctl -ss"},
};

/* OPNsense. */

static const char *alias(const struct rules_plan *p)
{
	return p->order.ban ? "egress25_offenders" : "egress25_permitted";
}

/* One call of the API, which answers 200 also where it failed. */
static void opn_call(FILE *out, const struct rules_plan *p, const char *verb, const char *address)
{
	fprintf(out,
		"curl -fsS -u \"$OPNSENSE_KEY\" -H 'Content-Type: application/json' \\\n"
		"\t-d '{\"address\":\"%s\"}' \\\n"
		"\t\"https://$OPNSENSE/api/firewall/alias_util/%s/%s\" | grep -q "
		"'\"status\": *\"done\"'\n",
		address, verb, alias(p));
}

/* Whether its sources may send anywhere: others have a rule of their own. */
static bool is_free(const struct rules_permit *permit)
{
	return permit->anywhere && permit->port == 0;
}

/* Who stands in the alias: the banned, or who may send anywhere. */
static void opn_each(FILE *out, const struct rules_plan *p, const char *verb)
{
	char text[PREFIX_TEXT];

	for (size_t i = 0; i < p->banned.count; i++)
		opn_call(out, p, verb, prefix_format(&p->banned.items[i], text));
	for (size_t i = 0; !p->order.ban && i < p->permit_count; i++)
		for (size_t j = 0; is_free(&p->permits[i]) && j < p->permits[i].sources.count; j++)
			opn_call(out, p, verb,
				 prefix_format(&p->permits[i].sources.items[j], text));
}

static void opn_pass(FILE *out, const struct rules_plan *p, const struct rules_pair *pair)
{
	char source[PREFIX_TEXT], destination[PREFIX_TEXT];

	fprintf(out, "# above it: Pass, TCP, source %s, destination %s, destination port ",
		prefix_format(pair->source, source),
		pair->destination ? prefix_format(pair->destination, destination) : "any");
	rules_put_ports(out, p, pair->port, ", ");
	fputs("\n", out);
}

static void opn_words(FILE *out, const struct rules_plan *p)
{
	struct rules_walk w = {0};

	fputs("# once, in Firewall > Aliases: egress25_internal, type Network(s): ", out);
	rules_put_set(out, &p->internal, true, " ");
	fputs(" ", out);
	rules_put_set(out, &p->internal, false, " ");
	fprintf(out, "\n# and %s, type %s, empty\n", alias(p),
		p->order.ban ? "Host(s)" : "External");
	fprintf(out,
		"# once, in Firewall > Rules > %s, at the top: Reject, TCP, source %s%s,\n"
		"# destination not egress25_internal, destination port ",
		rules_lan(p), p->order.ban ? "" : "not ", alias(p));
	rules_put_ports(out, p, 0, ", ");
	fprintf(out, ", description \"%s\"\n", p->mark);
	while (rules_next_pair(p, &w))
		if (w.pair.destination || w.pair.port)
			opn_pass(out, p, &w.pair);
}

static void opn_apply(FILE *out, const struct rules_plan *p)
{
	char text[PREFIX_TEXT], end[RULES_TIME];

	opn_words(out, p);
	opn_each(out, p, "add");
	for (size_t i = 0; i < p->banned.count; i++)
		fprintf(out, "# on the firewall's shell: pfctl -k %s\n",
			prefix_format(&p->banned.items[i], text));
	if (p->order.ban)
		fprintf(out, "# it does not end by itself: undo it at %s\n",
			rules_time(rules_end(p), RULES_TIME_PLAIN, end));
}

static void opn_verify(FILE *out, const struct rules_plan *p)
{
	fprintf(out,
		"curl -fsS -u \"$OPNSENSE_KEY\" "
		"\"https://$OPNSENSE/api/firewall/alias_util/list/%s\"\n",
		alias(p));
}

static void opn_undo(FILE *out, const struct rules_plan *p)
{
	opn_each(out, p, "delete");
	fputs("# then remove the rules and aliases egress25 of the web pages, if no ban is left\n",
	      out);
}

const struct rules_dialect rules_opnsense = {
	.name = "opnsense",
	.comment = "#",
	.use = "OPNSENSE=fw.example OPNSENSE_KEY=key:secret sh -e",
	.lan = true,
	.listed = true,
	.write = {opn_apply, opn_verify, opn_undo},
	.notes = {"give the address of the firewall in OPNSENSE, an API key and its secret in "
		  "OPNSENSE_KEY"},
};
