/*
 * The words of each dialect that no kernel here can load, line by line against forms that were
 * written down from the vendors' languages and not from the program.  A form is a POSIX extended
 * regular expression of the whole line; A4, A6, P4, P6 and so on are put in for addresses and the
 * like.  Each line must match one of its dialect's forms, and what must be there is named with it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <regex.h>

#include "rules_fixture.h"

#define LINES 400 /* of a part */
#define FORMS 24  /* of a dialect */

static const struct {
	const char *name, *form;
} words[] = {
	{"@4", "([0-9]{1,3}\\.){3}[0-9]{1,3}"},
	{"@6", "[0-9a-f]*:[0-9a-f:]*"},
	{"@A", "(([0-9]{1,3}\\.){3}[0-9]{1,3}|[0-9a-f]*:[0-9a-f:]*)"},
	{"@P", "(([0-9]{1,3}\\.){3}[0-9]{1,3}|[0-9a-f]*:[0-9a-f:]*)(/[0-9]+)?"},
	{"@N", "[1-9][0-9]*"},
	{"@M", "egress25( incident 42)?"},
	{"@I", "(ip|ipv6)"},
	{"@C", "EGRESS25(-BAN)?"},
	{"@K", "egress25-(ban|block)"},
};

static const char *const pf[] = {
	"pfctl -a egress25_offenders -t offenders -T kill 2>/dev/null \\|\\| :",
	"pfctl -a egress25(_offenders)? -f - <<'EOF'",
	"table <(internal|offenders)> (const|persist counters) [{] @P(, @P)* [}]",
	"(block return in log quick|pass in quick) (on lan0 )?(inet6? )?proto tcp from "
	"(<internal>|<offenders>|any|@P) to (! <internal>|@P) port [{] @N( @N)* [}]( label "
	"\"@M\")?",
	"EOF",
	"pfctl -k @A",
	"echo \"pfctl -a egress25_offenders -t offenders -T expire @N\" \\|",
	"\tat now [+] @N minutes",
	"pfctl -sr \\| grep -E 'anchor \"\\(\\\\\\*\\|egress25(_offenders)?\\)\"'",
	"pfctl -a egress25(_offenders)? (-vsr|-F rules|-F Tables|-t offenders -vT show)",
	NULL,
};
static const char *const opnsense[] = {
	"# .*",
	"curl -fsS -u \"\\$OPNSENSE_KEY\" -H 'Content-Type: application/json' \\\\",
	"\t-d '[{]\"address\":\"@P\"[}]' \\\\",
	"\t\"https://\\$OPNSENSE/api/firewall/alias_util/(add|delete)/"
	"egress25_(offenders|permitted)\" "
	"\\| grep -q '\"status\": \\*\"done\"'",
	"curl -fsS -u \"\\$OPNSENSE_KEY\" "
	"\"https://\\$OPNSENSE/api/firewall/alias_util/list/egress25_(offenders|permitted)\"",
	NULL,
};
static const char *const cisco_ios[] = {
	"configure terminal|end",
	"time-range EGRESS25-BAN",
	" absolute end [0-9]{2}:[0-9]{2} [0-9]{2} [A-Z][a-z]+ [0-9]{4}",
	"(no )?(ip access-list extended @C|ipv6 access-list @C-6)",
	" remark @M",
	" @N (permit|deny) tcp (any|host @4|@4 @4) (any|host @4|@4 @4) eq @N"
	"( time-range EGRESS25-BAN)?( log)?",
	" sequence @N (permit|deny) tcp (any|host @6|@6/@N) (any|host @6|@6/@N) eq @N"
	"( time-range EGRESS25-BAN)?( log)?",
	" @N permit ip any any| sequence @N permit ipv6 any any",
	"interface lan0",
	" (no )?(ip access-group @C in|ipv6 traffic-filter @C-6 in)",
	"show ip interface lan0 \\| include access list",
	"show ip access-lists @C|show ipv6 access-list @C-6",
	"no time-range EGRESS25-BAN",
	NULL,
};
static const char *const cisco_asa[] = {
	"configure terminal|end",
	"time-range EGRESS25-BAN",
	" absolute end [0-9]{2}:[0-9]{2} [0-9]{2} [A-Z][a-z]+ [0-9]{4}",
	"clear configure access-list @C",
	" access-list @C remark @M",
	" access-list @C extended (permit|deny) tcp (any|host @A|@4 @4|@6/@N) "
	"(any|host @A|@4 @4|@6/@N) eq @N( time-range EGRESS25-BAN)?( log)?",
	" access-list @C extended permit ip any any",
	"(no )?access-group @C in interface lan0",
	"clear conn address @A",
	"! .*",
	"show running-config access-group|show access-list @C",
	"no time-range EGRESS25-BAN",
	NULL,
};
static const char *const fortios[] = {
	"config firewall (address6?|policy|service custom|schedule onetime)",
	"  edit (\"[-A-Za-z0-9 .:/]+\"|@N)",
	"    set subnet @4 @4",
	"    set ip6 @6/@N",
	"    set comments? \"@M\"",
	"    set tcp-portrange @N( @N)*",
	"    set (start|end) [0-9]{2}:[0-9]{2} [0-9]{4}/[0-9]{2}/[0-9]{2}",
	"    set name \"@K-@N\"",
	"    set (srcintf|dstintf|srcaddr6?|dstaddr6?|schedule|service) \"[-A-Za-z0-9 .:/]+\"",
	"    set action (accept|deny)|    set nat enable|    set logtraffic all",
	"  next|end",
	"  move @N before FIRST-POLICY-ID",
	"  delete (\"[-A-Za-z0-9 .:/]+\"|@N)",
	"show firewall policy @N",
	"diagnose sys session6? (filter clear|filter src @A|filter dport @N|clear|list)",
	NULL,
};
static const char *const routeros[] = {
	"/@I firewall filter remove \\[find (jump-target|chain)=egress25(_ban)?\\]",
	"/@I firewall address-list remove \\[find list=egress25(_ban|_internal)?\\]",
	"/@I firewall address-list add list=egress25(_ban)? address=@P( timeout=@Ns)? "
	"comment=\"@M\"",
	"/@I firewall filter add chain=egress25(_ban)? comment=\"@M\" action=return src-address=@P"
	"( dst-address=@P)?( protocol=tcp dst-port=@N)?",
	"/@I firewall filter add chain=egress25(_ban)? comment=\"@M\" action=reject "
	"reject-with=tcp-reset protocol=tcp src-address-list=egress25(_ban)? log=yes "
	"log-prefix=egress25(_ban)?",
	"/@I firewall filter add chain=forward action=jump jump-target=egress25(_ban)? "
	"comment=\"@M\" in-interface=lan0 out-interface=wan0 protocol=tcp dst-port=@N(,@N)* "
	"place-before=0",
	"/ip firewall connection remove \\[find src-address~\"\\^@4:\" "
	"dst-address~\":@N\\\\\\$\"\\]",
	"/@I firewall filter print stats where chain=egress25(_ban)? or "
	"jump-target=egress25(_ban)?",
	"/@I firewall address-list print where list=egress25(_ban)?",
	NULL,
};
static const char *const junos[] = {
	"(set|delete) applications application @K-port-@N( protocol tcp| destination-port @N)?",
	"(set|delete) security zones security-zone (lan0|wan0) address-book address "
	"@K-[-0-9a-f]+( @A/@N)?",
	"set schedulers scheduler egress25-ban start-date [-0-9]{10}\\.[0-9:]{5} stop-date "
	"[-0-9]{10}\\.[0-9:]{5}",
	"(set|delete|insert) security policies from-zone lan0 to-zone wan0 policy @K-@N"
	"( match (source-address|destination-address|application) (any|@K-[-0-9a-z]+)| then "
	"(permit|reject)| then log session-init session-close| scheduler-name egress25-ban| "
	"description \"@M\"| before policy FIRST-POLICY)?",
	"commit|delete schedulers scheduler egress25-ban",
	"run clear security flow session source-prefix @A/@N destination-port @N",
	"run show security policies from-zone lan0 to-zone wan0",
	"run show security flow session destination-port 25",
	NULL,
};
static const char *const windows[] = {
	"# .*",
	"New-NetFirewallRule( -CimSession @A)? -DisplayName \"egress25 block outbound @N( @N)*\" "
	"-Description \"@M\" -Group egress25(-ban)? -Direction Outbound -Protocol TCP -RemotePort "
	"@N(,@N)* -RemoteAddress Internet -Action Block -Profile Any",
	"Remove-NetFirewallRule( -CimSession @A)? -Group egress25(-ban)? -ErrorAction "
	"SilentlyContinue",
	"Get-NetFirewallRule( -CimSession @A)? -Group egress25(-ban)? \\| Format-List "
	"DisplayName,Enabled,Action",
	"Get-NetTCPConnection( -CimSession @A)? -RemotePort 25 -ErrorAction SilentlyContinue \\| "
	"Format-Table RemoteAddress,State,OwningProcess",
	NULL,
};
static const char *const unifi[] = {
	"Settings > Policy Engine > Firewall: Create Policy, name egress25(-ban)?, action "
	"(Allow|Block), source zone Internal( IP @P)?, destination zone External( IP @P)?, "
	"protocol TCP, port @N(,@N)*",
	"[-A-Za-z0-9 :>,.]+",
	NULL,
};

/* What a ban of 10.0.3.77 and a block for 10.0.0.25 must hold. */
static const struct dialect {
	const char *name;
	const char *const *forms;
	const char *ban, *block, *kill;
} dialects[] = {
	{"pf", pf,
	 "from <offenders> to ! <internal> port { 25 465 587 } label \"egress25 incident 42\"",
	 "pass in quick inet proto tcp from 10.0.0.25 to 198.51.100.25 port { 25 }",
	 "pfctl -k 10.0.3.77"},
	{"opnsense", opnsense, "{\"address\":\"10.0.3.77\"}",
	 "# above it: Pass, TCP, source 10.0.0.25, destination 198.51.100.25",
	 "pfctl -k 10.0.3.77"},
	{"cisco-ios", cisco_ios, "deny tcp host 10.0.3.77 any eq 587 time-range EGRESS25-BAN log",
	 "permit tcp host 10.0.0.25 host 198.51.100.25 eq 25\n", NULL},
	{"cisco-asa", cisco_asa, "deny tcp host 10.0.3.77 any eq 465 time-range EGRESS25-BAN\n",
	 "permit tcp host 10.0.0.25 host 198.51.100.25 eq 25\n", "clear conn address 10.0.3.77"},
	{"fortios", fortios, "set srcaddr \"egress25-ban 10.0.3.77\"",
	 "set dstaddr \"egress25-block 198.51.100.25\"",
	 "diagnose sys session filter src 10.0.3.77"},
	{"routeros", routeros, "address=10.0.3.77 timeout=7200s comment=\"egress25 incident 42\"",
	 "action=return src-address=10.0.0.25 dst-address=198.51.100.25",
	 "/ip firewall connection remove"},
	{"junos", junos, "match source-address egress25-ban-10-0-3-77\n",
	 "match destination-address egress25-block-198-51-100-25\n",
	 "run clear security flow session source-prefix 10.0.3.77/32 destination-port 587"},
	{"windows", windows, "New-NetFirewallRule -CimSession 10.0.3.77",
	 "# not on 10.0.0.25, which policy permits to send\n", NULL},
	{"unifi", unifi,
	 "action Block, source zone Internal IP 10.0.3.77, destination zone External,",
	 "action Allow, source zone Internal IP 10.0.0.25, destination zone External IP "
	 "198.51.100.25",
	 NULL},
};

/* A form with its words put in. */
static void spell(const char *form, char *out, size_t size)
{
	char *end = out + size - 3;

	*out++ = '^';
	*out++ = '(';
	while (*form) {
		const char *word = NULL;

		for (size_t i = 0; i < sizeof(words) / sizeof(*words) && !word; i++)
			if (strncmp(form, words[i].name, 2) == 0)
				word = words[i].form;
		form += word ? 2 : 1;
		assert_true(out + (word ? strlen(word) : 1) < end);
		if (word)
			out = stpcpy(out, word);
		else
			*out++ = form[-1];
	}
	strcpy(out, ")$");
}

/* The forms of a dialect, ready. */
static size_t compile(const char *const *forms, regex_t ret_[FORMS])
{
	char spelled[2048];
	size_t count = 0;

	for (; forms[count]; count++) {
		assert_true(count < FORMS);
		spell(forms[count], spelled, sizeof(spelled));
		if (regcomp(&ret_[count], spelled, REG_EXTENDED | REG_NOSUB) != 0)
			fail_msg("no form: %s", spelled);
	}
	return count;
}

static bool is_of(const char *line, const regex_t *forms, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (regexec(&forms[i], line, 0, NULL, 0) == 0)
			return true;
	return false;
}

static void check_part(const struct dialect *d, struct world *w, enum rules_part part,
		       const regex_t *forms, size_t count)
{
	char *text = rules_write(rules_dialect(d->name), w->plan, part), *save;
	size_t lines = 0;

	assert_non_null(text);
	for (char *line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save), lines++)
		if (!is_of(line, forms, count))
			fail_msg("%s, %s: no such form: %s", d->name, rules_part_name(part), line);
	assert_in_range(lines, 1, LINES);
	free(text);
}

static void check(const struct dialect *d, struct world *w)
{
	regex_t forms[FORMS];
	size_t count = compile(d->forms, forms);

	for (enum rules_part part = 0; part < RULES_PART_COUNT; part++)
		check_part(d, w, part, forms, count);
	while (count > 0)
		regfree(&forms[--count]);
}

static void holds(const struct dialect *d, struct world *w, const char *want)
{
	char *text = rules_write(rules_dialect(d->name), w->plan, RULES_APPLY);

	if (want && !strstr(text, want))
		fail_msg("%s holds no \"%s\":\n%s", d->name, want, text);
	free(text);
}

#define EACH(d)                                                                                    \
	(const struct dialect *d = dialects; d < dialects + sizeof(dialects) / sizeof(*d); d++)

static struct world *ban_world(void)
{
	struct world *w = world_new(true);

	world_mail(w, "10.0.0.25");
	world_allow(w, "10.0.4.12", "198.51.100.4", 25, 0);
	world_allow(w, "fd00::12", "2001:db8::/32", 0, 0);
	world_plan(w);
	world_ban(w, "10.0.3.77");
	world_ban(w, "10.0.4.12");
	world_ban(w, "fd00::77");
	world_ban(w, "fd00::12");
	return w;
}

static struct world *block_world(void)
{
	struct world *w = world_new(false);

	world_internal(w, "10.0.0.0/8");
	world_internal(w, "2001:db8:1::/48");
	world_mail(w, "10.0.0.25");
	world_mail(w, "2001:db8:1::25");
	world_smart(w, "198.51.100.25");
	world_smart(w, "2001:db8:2::/48");
	world_allow(w, "10.0.4.0/24", NULL, 25, 0);
	world_plan(w);
	return w;
}

static void each_line_of_a_ban_has_a_form_of_its_dialect(void **state)
{
	struct world *w = ban_world();

	(void)state;
	for
		EACH(d)
		{
			check(d, w);
			holds(d, w, d->ban);
			holds(d, w, d->kill);
		}
	world_free(w);
}

static void each_line_of_a_block_has_a_form_of_its_dialect(void **state)
{
	struct world *w = block_world();

	(void)state;
	for
		EACH(d)
		{
			check(d, w);
			holds(d, w, d->block);
		}
	world_free(w);
}

/* In the lists that are read from the top, permits stand before the first denial. */
static void permits_stand_before_denials(void **state)
{
	static const struct {
		const char *dialect, *permit, *deny;
	} orders[] = {
		{"pf", "pass in quick", "block return"},
		{"cisco-ios", "permit tcp host 10.0.4.12", "deny tcp host 10.0.3.77"},
		{"cisco-asa", "permit tcp host 10.0.4.12", "deny tcp host 10.0.3.77"},
		{"fortios", "set action accept", "set action deny"},
		{"routeros", "action=return", "action=reject"},
		{"junos", "then permit", "then reject"},
		{"unifi", "action Allow", "action Block"},
	};
	struct world *w = ban_world();

	(void)state;
	for (size_t i = 0; i < sizeof(orders) / sizeof(*orders); i++) {
		char *text = rules_write(rules_dialect(orders[i].dialect), w->plan, RULES_APPLY);
		const char *permit = strstr(text, orders[i].permit);

		assert_non_null(permit);
		assert_true(permit < strstr(text, orders[i].deny));
		free(text);
	}
	world_free(w);
}

/* Wildcards and masks by hand: 172.16.0.0/12 ends at 172.31.255.255. */
static void masks_are_those_of_the_vendor(void **state)
{
	struct world *w = world_new(false);
	char *text;

	(void)state;
	world_mail(w, "172.16.0.0/12");
	world_mail(w, "0.0.0.0/0");
	world_plan(w);
	text = rules_write(rules_dialect("cisco-ios"), w->plan, RULES_APPLY);
	assert_non_null(strstr(text, "permit tcp any 172.16.0.0 0.15.255.255 eq 25\n"));
	assert_non_null(strstr(text, "permit tcp any any eq 25\n")); /* 0.0.0.0/0 */
	free(text);
	text = rules_write(rules_dialect("cisco-asa"), w->plan, RULES_APPLY);
	assert_non_null(strstr(text, "permit tcp any 172.16.0.0 255.240.0.0 eq 25\n"));
	assert_non_null(strstr(text, "permit tcp any4 any eq 25\n"));
	free(text);
	world_free(w);
}

static void more_than_fifteen_ports_are_several_rules(void **state)
{
	struct world *w = world_new(true);
	const char *first, *second;
	char *text;

	(void)state;
	for (uint16_t port = 1; port <= 16; port++)
		assert_int_equal(policy_add_port(w->policy, port, "test"), 0);
	world_mail(w, "10.0.0.25");
	world_plan(w);
	world_ban(w, "10.0.3.77");
	text = rules_write(rules_dialect("iptables"), w->plan, RULES_APPLY);
	first = strstr(text, "--dports 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15 -m time --datestop "
			     "2026-11-24T14:00:00 ");
	second = strstr(text, "--dports 16,465,587 -m time");
	assert_non_null(first);
	assert_true(second > first);
	free(text);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_line_of_a_ban_has_a_form_of_its_dialect),
		cmocka_unit_test(each_line_of_a_block_has_a_form_of_its_dialect),
		cmocka_unit_test(permits_stand_before_denials),
		cmocka_unit_test(masks_are_those_of_the_vendor),
		cmocka_unit_test(more_than_fifteen_ports_are_several_rules),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests_name("rules_dialects", tests, NULL, NULL);
}
