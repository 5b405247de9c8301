/*
 * RouterOS, Windows and UniFi.  RouterOS has a chain and lists of its own.  Windows blocks on the
 * host itself.  UniFi has no words that one could type: it is told what to click.
 */
#include "rules_parts.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"

#define MULTIPORT 15

/* RouterOS. */

static const char *chain(const struct rules_plan *p)
{
	return p->order.ban ? "egress25_ban" : "egress25";
}

static const char *family(bool v4)
{
	return v4 ? "ip" : "ipv6";
}

/* What bears our comment or stands in our lists goes, so that twice is once. */
static void ros_forget(FILE *out, const struct rules_plan *p)
{
	for (int v6 = 0; v6 < 2; v6++)
		fprintf(out,
			"/%s firewall filter remove [find jump-target=%s]\n"
			"/%s firewall filter remove [find chain=%s]\n"
			"/%s firewall address-list remove [find list=%s]\n",
			family(!v6), chain(p), family(!v6), chain(p), family(!v6), chain(p));
	if (p->order.ban)
		return;
	for (int v6 = 0; v6 < 2; v6++)
		fprintf(out, "/%s firewall address-list remove [find list=egress25_internal]\n",
			family(!v6));
}

/* Lists: the internal prefixes are the block's source, the hosts the ban's. */
static void ros_lists(FILE *out, const struct rules_plan *p)
{
	char text[PREFIX_TEXT];

	for (size_t i = 0; i < p->banned.count; i++)
		fprintf(out,
			"/%s firewall address-list add list=%s address=%s timeout=%" PRId64
			"s comment=\"%s\"\n",
			family(prefix_is_v4(&p->banned.items[i])), chain(p),
			prefix_format(&p->banned.items[i], text), rules_seconds(p), p->mark);
	for (size_t i = 0; !p->order.ban && i < p->internal.count; i++)
		fprintf(out, "/%s firewall address-list add list=%s address=%s comment=\"%s\"\n",
			family(prefix_is_v4(&p->internal.items[i])), chain(p),
			prefix_format(&p->internal.items[i], text), p->mark);
}

static void ros_rule(FILE *out, const struct rules_plan *p, bool v4)
{
	fprintf(out, "/%s firewall filter add chain=%s comment=\"%s\" ", family(v4), chain(p),
		p->mark);
}

static void ros_permits(FILE *out, const struct rules_plan *p)
{
	struct rules_walk w = {0};
	char text[PREFIX_TEXT];

	while (rules_next_pair(p, &w)) {
		ros_rule(out, p, w.pair.v4);
		fprintf(out, "action=return src-address=%s", prefix_format(w.pair.source, text));
		if (w.pair.destination)
			fprintf(out, " dst-address=%s", prefix_format(w.pair.destination, text));
		if (w.pair.port)
			fprintf(out, " protocol=tcp dst-port=%u", w.pair.port);
		fputs("\n", out);
	}
}

/* The jump comes last, and into a chain that is ready. */
static void ros_jumps(FILE *out, const struct rules_plan *p, bool v4)
{
	uint16_t n;

	for (size_t i = 0; (n = rules_port(p, 0, i)) != 0; i++) {
		if (i % MULTIPORT == 0)
			fprintf(out,
				"/%s firewall filter add chain=forward action=jump jump-target=%s "
				"comment=\"%s\" in-interface=%s out-interface=%s protocol=tcp "
				"dst-port=",
				family(v4), chain(p), p->mark, rules_lan(p), rules_wan(p));
		fprintf(out, "%s%u", i % MULTIPORT ? "," : "", n);
		if (i % MULTIPORT == MULTIPORT - 1 || rules_port(p, 0, i + 1) == 0)
			fputs(" place-before=0\n", out);
	}
}

static void ros_apply(FILE *out, const struct rules_plan *p)
{
	char text[ADDR_TEXT];

	ros_forget(out, p);
	ros_lists(out, p);
	ros_permits(out, p);
	for (int v6 = 0; v6 < 2; v6++) {
		ros_rule(out, p, !v6);
		fprintf(out,
			"action=reject reject-with=tcp-reset protocol=tcp src-address-list=%s "
			"log=yes log-prefix=%s\n",
			chain(p), chain(p));
		ros_jumps(out, p, !v6);
	}
	for (size_t i = 0; i < p->banned.count; i++)
		for (size_t j = 0; j < p->port_count; j++)
			if (prefix_is_v4(&p->banned.items[i]))
				fprintf(out,
					"/ip firewall connection remove [find "
					"src-address~\"^%s:\" dst-address~\":%u\\$\"]\n",
					rules_address(&p->banned.items[i], text), p->ports[j]);
}

static void ros_verify(FILE *out, const struct rules_plan *p)
{
	for (int v6 = 0; v6 < 2; v6++)
		fprintf(out,
			"/%s firewall filter print stats where chain=%s or jump-target=%s\n"
			"/%s firewall address-list print where list=%s\n",
			family(!v6), chain(p), chain(p), family(!v6), chain(p));
}

const struct rules_dialect rules_routeros = {
	.name = "routeros",
	.comment = "#",
	.use = "paste it into a terminal, or import it as a file .rsc",
	.lan = true,
	.wan = true,
	.write = {ros_apply, ros_verify, ros_forget},
	.notes = {"fasttracked connections pass by the rules: end those of IPv6, and of others "
		  "than the banned, in firewall connection",
		  "place-before=0 wants a rule that is there already; in an empty list leave it "
		  "out"},
};

/* Windows. */

static const char *group(const struct rules_plan *p)
{
	return p->order.ban ? "egress25-ban" : "egress25";
}

static void win_rule(FILE *out, const struct rules_plan *p, const char *session)
{
	fprintf(out, "New-NetFirewallRule%s -DisplayName \"egress25 block outbound ", session);
	rules_put_ports(out, p, 0, " ");
	fprintf(out,
		"\" -Description \"%s\" -Group %s -Direction Outbound -Protocol TCP -RemotePort ",
		p->mark, group(p));
	rules_put_ports(out, p, 0, ",");
	fputs(" -RemoteAddress Internet -Action Block -Profile Any\n", out);
}

/* Hosts that policy lets send something: a block on the host itself would stop that too. */
static void win_spared(FILE *out, const struct rules_plan *p)
{
	char text[PREFIX_TEXT];

	for (size_t i = 0; i < p->permit_count; i++)
		for (size_t j = 0; j < p->permits[i].sources.count; j++)
			fprintf(out, "# not on %s, which policy permits to send\n",
				prefix_format(&p->permits[i].sources.items[j], text));
}

static void win_each(FILE *out, const struct rules_plan *p,
		     void (*put)(FILE *out, const struct rules_plan *p, const char *session))
{
	char text[PREFIX_TEXT], session[64 + PREFIX_TEXT];

	for (size_t i = 0; i < p->banned.count; i++) {
		if (rules_is_spared(p, &p->banned.items[i]))
			continue;
		text_print(session, sizeof(session), " -CimSession %s",
			   prefix_format(&p->banned.items[i], text));
		put(out, p, session);
	}
	if (!p->order.ban)
		put(out, p, "");
}

static void win_forget(FILE *out, const struct rules_plan *p, const char *session)
{
	fprintf(out, "Remove-NetFirewallRule%s -Group %s -ErrorAction SilentlyContinue\n", session,
		group(p));
}

static void win_show(FILE *out, const struct rules_plan *p, const char *session)
{
	fprintf(out, "Get-NetFirewallRule%s -Group %s | Format-List DisplayName,Enabled,Action\n",
		session, group(p));
	fprintf(out,
		"Get-NetTCPConnection%s -RemotePort 25 -ErrorAction SilentlyContinue | "
		"Format-Table RemoteAddress,State,OwningProcess\n",
		session);
}

static void win_apply_one(FILE *out, const struct rules_plan *p, const char *session)
{
	win_forget(out, p, session);
	win_rule(out, p, session);
}

static void win_apply(FILE *out, const struct rules_plan *p)
{
	char end[RULES_TIME];

	win_spared(out, p);
	win_each(out, p, win_apply_one);
	if (p->order.ban)
		fprintf(out, "# it does not end by itself: undo it at %s\n",
			rules_time(rules_end(p), RULES_TIME_PLAIN, end));
}

static void win_verify(FILE *out, const struct rules_plan *p)
{
	win_each(out, p, win_show);
}

static void win_undo(FILE *out, const struct rules_plan *p)
{
	win_each(out, p, win_forget);
}

const struct rules_dialect rules_windows = {
	.name = "windows",
	.comment = "#",
	.use = "paste it into PowerShell, as an administrator",
	.whole = true,
	.listed = true,
	.write = {win_apply, win_verify, win_undo},
	.notes = {"for a whole domain add -PolicyStore contoso.com\\egress25 to each rule, and "
		  "keep the hosts named below out of the policy's scope",
		  "a block on the host that is infected is only as good as the host: prefer the "
		  "router's"},
};

/* UniFi. */

static void unifi_rule(FILE *out, const struct rules_plan *p, const char *action,
		       const char *source, const char *destination)
{
	fprintf(out,
		"Settings > Policy Engine > Firewall: Create Policy, name %s, action %s, "
		"source zone Internal%s, destination zone External%s, protocol TCP, port ",
		group(p), action, source, destination);
	rules_put_ports(out, p, 0, ",");
	fputs("\n", out);
}

static void unifi_apply(FILE *out, const struct rules_plan *p)
{
	struct rules_walk w = {0};
	char text[PREFIX_TEXT], end[RULES_TIME], source[80], destination[80];

	while (rules_next_pair(p, &w)) {
		text_print(source, sizeof(source), " IP %s", prefix_format(w.pair.source, text));
		text_print(destination, sizeof(destination), "%s%s",
			   w.pair.destination ? " IP " : "",
			   w.pair.destination ? prefix_format(w.pair.destination, text) : "");
		unifi_rule(out, p, "Allow", source, destination);
	}
	for (size_t i = 0; i < p->banned.count; i++) {
		text_print(source, sizeof(source), " IP %s",
			   prefix_format(&p->banned.items[i], text));
		unifi_rule(out, p, "Block", source, "");
	}
	if (!p->order.ban)
		unifi_rule(out, p, "Block", "", "");
	if (p->order.ban)
		fprintf(out, "In each Block policy: schedule, one time, until %s\n",
			rules_time(rules_end(p), RULES_TIME_PLAIN, end));
	fprintf(out, "Order: Allow before Block, both before all others. Description: %s\n",
		p->mark);
}

static void unifi_verify(FILE *out, const struct rules_plan *p)
{
	fprintf(out,
		"Settings > Policy Engine > Firewall: the policies %s stand at the top, and "
		"Insights > Flows shows what they block\n",
		group(p));
}

static void unifi_undo(FILE *out, const struct rules_plan *p)
{
	fprintf(out, "Settings > Policy Engine > Firewall: remove the policies %s\n", group(p));
}

const struct rules_dialect rules_unifi = {
	.name = "unifi",
	.comment = "#",
	.use = "these are steps for a hand in the web pages of Network 9 or later",
	.write = {unifi_apply, unifi_verify, unifi_undo},
	.notes = {"a policy ends no running connection: reconnect the client, or wait"},
};
