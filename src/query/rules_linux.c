/*
 * nftables and iptables.  Both have a place of their own, a table or a chain, which is made anew at
 * each application in one transaction, so that twice is once and nothing else is touched.  They
 * look at every packet, not at new connections alone: what runs is reset as well.
 *
 * Outbound is what leads from an internal address to one that is not, or through the interfaces
 * that were named: internal clients still reach internal mail servers.
 */
#include "rules_parts.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"

#define MULTIPORT 15 /* ports of one rule */

static const struct {
	const char *ip, *suffix, *type;
	bool v4;
} families[] = {{"ip", "", "ipv4_addr", true}, {"ip6", "6", "ipv6_addr", false}};
#define FAMILIES 2

/* nftables. */

static const char *table_name(const struct rules_plan *p)
{
	return p->order.ban ? "egress25_offenders" : "egress25";
}

/* A table that is surely there is deleted. */
static void nft_delete(FILE *out, const struct rules_plan *p)
{
	fprintf(out, "table inet %s\ndelete table inet %s\n", table_name(p), table_name(p));
}

static void nft_internal(FILE *out, const struct rules_plan *p)
{
	for (size_t f = 0; f < FAMILIES; f++) {
		fprintf(out, "\tset internal%s {\n\t\ttype %s; flags interval;\n",
			families[f].suffix, families[f].type);
		if (rules_set_count(&p->internal, families[f].v4) > 0) {
			fputs("\t\telements = { ", out);
			rules_put_set(out, &p->internal, families[f].v4, ", ");
			fputs(" }\n", out);
		}
		fputs("\t}\n", out);
	}
}

static void nft_banned(FILE *out, const struct rules_plan *p)
{
	char text[PREFIX_TEXT];

	for (size_t f = 0; f < FAMILIES; f++) {
		const struct prefix *hosts = rules_set_first(&p->banned, families[f].v4);
		size_t count = rules_set_count(&p->banned, families[f].v4);

		fprintf(out, "\tset offenders%s {\n\t\ttype %s; flags timeout;\n",
			families[f].suffix, families[f].type);
		for (size_t i = 0; i < count; i++)
			fprintf(out, "%s%s timeout %" PRId64 "s comment \"%s\"%s",
				i ? ",\n\t\t\t" : "\t\telements = { ",
				prefix_format(&hosts[i], text), rules_seconds(p), p->mark,
				i + 1 == count ? " }\n" : "");
		fputs("\t}\n", out);
	}
}

static void nft_permit(FILE *out, const struct rules_plan *p, const struct rules_permit *permit,
		       size_t f)
{
	bool v4 = families[f].v4;

	if (rules_set_count(&permit->sources, v4) == 0 ||
	    (!permit->anywhere && rules_set_count(&permit->destinations, v4) == 0))
		return;
	fprintf(out, "\t\t%s saddr { ", families[f].ip);
	rules_put_set(out, &permit->sources, v4, ", ");
	fputs(" } ", out);
	if (!permit->anywhere) {
		fprintf(out, "%s daddr { ", families[f].ip);
		rules_put_set(out, &permit->destinations, v4, ", ");
		fputs(" } ", out);
	}
	if (permit->port)
		fprintf(out, "tcp dport %u ", permit->port);
	fprintf(out, "return comment \"%s\"\n", p->mark);
}

static void nft_outbound(FILE *out, const struct rules_plan *p)
{
	if (p->order.lan)
		fprintf(out, "\t\tiifname != \"%s\" return\n", p->order.lan);
	if (p->order.wan)
		fprintf(out, "\t\toifname != \"%s\" return\n", p->order.wan);
	for (size_t f = 0; !p->order.wan && f < FAMILIES; f++)
		fprintf(out, "\t\t%s daddr @internal%s return\n", families[f].ip,
			families[f].suffix);
	for (size_t i = 0; i < p->permit_count; i++)
		for (size_t f = 0; f < FAMILIES; f++)
			nft_permit(out, p, &p->permits[i], f);
	if (p->order.lan && !p->order.ban)
		fputs("\t\tgoto refuse\n", out);
	for (size_t f = 0; (!p->order.lan || p->order.ban) && f < FAMILIES; f++)
		fprintf(out, "\t\t%s saddr @%s%s goto refuse\n", families[f].ip,
			p->order.ban ? "offenders" : "internal", families[f].suffix);
}

/* A limit counts only what reaches it, so it stands before the log. */
static void nft_apply(FILE *out, const struct rules_plan *p)
{
	nft_delete(out, p);
	fprintf(out, "table inet %s {\n", table_name(p));
	nft_internal(out, p);
	if (p->order.ban)
		nft_banned(out, p);
	fprintf(out,
		"\tchain forward {\n"
		"\t\ttype filter hook forward priority filter - %d; policy accept;\n"
		"\t\ttcp dport { ",
		p->order.ban ? 6 : 5);
	rules_put_ports(out, p, 0, ", ");
	fputs(" } jump outbound\n\t}\n\tchain outbound {\n", out);
	nft_outbound(out, p);
	fprintf(out,
		"\t}\n\tchain refuse {\n"
		"\t\tct state new limit rate 10/minute log prefix \"%s \"\n"
		"\t\tmeta l4proto tcp counter reject with tcp reset comment \"%s\"\n"
		"\t}\n}\n",
		p->order.ban ? "egress25-ban" : "egress25-25", p->mark);
}

static void nft_verify(FILE *out, const struct rules_plan *p)
{
	fprintf(out, "list table inet %s\n", table_name(p));
}

const struct rules_dialect rules_nftables = {
	.name = "nftables",
	.comment = "#",
	.use = "nft -f -",
	.tested = true,
	.write = {nft_apply, nft_verify, nft_delete},
	.notes = {"where a flowtable forwards running connections past the rules, end them by "
		  "conntrack -D -p tcp --dport 25 -s HOST"},
};

/* iptables: a script for sh. */

static const char *chain_name(const struct rules_plan *p)
{
	return p->order.ban ? "EGRESS25-BAN" : "EGRESS25";
}

static const char *table_tool(bool v4)
{
	return v4 ? "iptables" : "ip6tables";
}

/* One rule for at most MULTIPORT ports; between the two texts the ports. */
static void ipt_ports(FILE *out, const struct rules_plan *p, uint16_t port, const char *head,
		      const char *tail)
{
	uint16_t n;

	for (size_t i = 0; (n = rules_port(p, port, i)) != 0; i++) {
		if (i % MULTIPORT == 0)
			fprintf(out, "%s -p tcp -m multiport --dports ", head);
		fprintf(out, "%s%u", i % MULTIPORT ? "," : "", n);
		if (i % MULTIPORT == MULTIPORT - 1 || rules_port(p, port, i + 1) == 0)
			fprintf(out, " %s\n", tail);
	}
}

/* Interfaces that were named, as words of a rule. */
static void ipt_interfaces(const struct rules_plan *p, char *buf, size_t size)
{
	text_print(buf, size, "%s%s%s%s", p->order.lan ? " -i " : "",
		   p->order.lan ? p->order.lan : "", p->order.wan ? " -o " : "",
		   p->order.wan ? p->order.wan : "");
}

static void ipt_permits(FILE *out, const struct rules_plan *p, bool v4)
{
	struct rules_walk w = {0};
	char source[PREFIX_TEXT], destination[PREFIX_TEXT], head[256], tail[128];

	text_print(tail, sizeof(tail), "-m comment --comment \"%s\" -j RETURN", p->mark);
	while (rules_next_pair(p, &w)) {
		if (w.pair.v4 != v4)
			continue;
		text_print(head, sizeof(head), "-A %s -s %s%s%s", chain_name(p),
			   prefix_format(w.pair.source, source), w.pair.destination ? " -d " : "",
			   w.pair.destination ? prefix_format(w.pair.destination, destination)
					      : "");
		ipt_ports(out, p, w.pair.port, head, tail);
	}
}

/* Those whom it stops: banned hosts until the ban ends, or everybody within. */
static void ipt_stops(FILE *out, const struct rules_plan *p, bool v4)
{
	const struct rules_set *set = p->order.ban ? &p->banned : &p->internal;
	const struct prefix *items = rules_set_first(set, v4);
	size_t count = rules_set_count(set, v4);
	char interfaces[128], text[PREFIX_TEXT], head[256], tail[256], end[128] = "";
	char date[RULES_TIME];
	bool all = p->order.lan && !p->order.ban;

	ipt_interfaces(p, interfaces, sizeof(interfaces));
	if (p->order.ban)
		text_print(end, sizeof(end), "-m time --datestop %s ",
			   rules_time(rules_end(p), RULES_TIME_UTC, date));
	text_print(tail, sizeof(tail), "%s-m comment --comment \"%s\" -g %s-NO", end, p->mark,
		   chain_name(p));
	for (size_t i = 0; i < (all ? 1 : count); i++) {
		text_print(head, sizeof(head), "-A %s%s%s%s", chain_name(p), interfaces,
			   all ? "" : " -s ", all ? "" : prefix_format(&items[i], text));
		ipt_ports(out, p, 0, head, tail);
	}
}

static void ipt_restore(FILE *out, const struct rules_plan *p, bool v4)
{
	const char *chain = chain_name(p);
	const struct prefix *internal = rules_set_first(&p->internal, v4);
	char text[PREFIX_TEXT];

	fprintf(out, "%s-restore --noflush <<'EOF'\n*filter\n:%s - [0:0]\n:%s-NO - [0:0]\n",
		table_tool(v4), chain, chain);
	for (size_t i = 0; !p->order.wan && i < rules_set_count(&p->internal, v4); i++)
		fprintf(out, "-A %s -d %s -j RETURN\n", chain, prefix_format(&internal[i], text));
	ipt_permits(out, p, v4);
	ipt_stops(out, p, v4);
	fprintf(out,
		"-A %s-NO -m conntrack --ctstate NEW -m limit --limit 10/min -j LOG "
		"--log-prefix \"%s \"\n"
		"-A %s-NO -p tcp -m comment --comment \"%s\" -j REJECT --reject-with tcp-reset\n"
		"COMMIT\nEOF\n",
		chain, p->order.ban ? "egress25-ban" : "egress25-25", chain, p->mark);
	fprintf(out, "%s -C FORWARD -p tcp -j %s 2>/dev/null ||\n\t%s -I FORWARD 1 -p tcp -j %s\n",
		table_tool(v4), chain, table_tool(v4), chain);
}

static void ipt_apply(FILE *out, const struct rules_plan *p)
{
	ipt_restore(out, p, true);
	ipt_restore(out, p, false);
}

static void ipt_verify(FILE *out, const struct rules_plan *p)
{
	for (size_t f = 0; f < FAMILIES; f++) {
		const char *tool = table_tool(families[f].v4), *chain = chain_name(p);

		fprintf(out, "%s -C FORWARD -p tcp -j %s\n%s -nvL %s\n%s -nvL %s-NO\n", tool, chain,
			tool, chain, tool, chain);
	}
}

static void ipt_undo(FILE *out, const struct rules_plan *p)
{
	const char *chain = chain_name(p);

	fprintf(out,
		"for tool in iptables ip6tables; do\n"
		"\twhile $tool -D FORWARD -p tcp -j %s 2>/dev/null; do :; done\n"
		"\tfor chain in %s %s-NO; do\n"
		"\t\tif $tool -F $chain 2>/dev/null; then $tool -X $chain; fi\n"
		"\tdone\ndone\n",
		chain, chain, chain);
}

const struct rules_dialect rules_iptables = {
	.name = "iptables",
	.comment = "#",
	.use = "sh -e",
	.tested = true,
	.write = {ipt_apply, ipt_verify, ipt_undo},
	.notes = {"where a flowtable forwards running connections past the rules, end them by "
		  "conntrack -D -p tcp --dport 25 -s HOST"},
};
