/* What a deployment's facts say of it, one fact wrong at a time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/moment.h"
#include "judge/check.h"

static struct check_facts f;
static struct check checks[CHECK_MOST];
static size_t count;

/* All as it should be. */
static int enter(void **state)
{
	struct check_port *p = &f.ports[0];

	(void)state;
	f = (struct check_facts){
		.listened = 10 * MOMENT_SECOND,
		.snapshot = 2048,
		.port_count = 1,
		.talks = {.both = 40},
		.sides = {.across = 4000},
		.server_count = 1,
		.prober_count = 1,
		.mode = RESET_OFF,
		.clock = {.known = true,
			  .synchronised = true,
			  .now = INT64_C(1795521600) * MOMENT_SECOND},
	};
	*p = (struct check_port){.name = "eth1",
				 .up = true,
				 .has_mac = true,
				 .mtu = 1500,
				 .features_known = true,
				 .frames = 5000,
				 .strangers = 5000,
				 .ways = {{2000, 0}, {2000, 0}}};
	prefix_parse("10.0.0.25", &f.servers[0].prefix);
	f.servers[0].seen = true;
	strcpy(f.probers[0].name, "eth1");
	f.probers[0].answered = true;
	f.probers[0].sent = 1;
	addr_parse("10.0.0.1", &f.probers[0].answerer);
	f.probers[0].asked[0] = f.probers[0].answerer;
	return 0;
}

static const struct check *judge(enum check_kind kind)
{
	count = check_judge(&f, checks);
	for (size_t i = 0; i < count; i++)
		if (checks[i].kind == kind)
			return &checks[i];
	fail_msg("no check of that kind");
	return NULL;
}

/* What it says and advises holds these words; "" for the advice: none is given. */
static void expect(enum check_kind kind, enum check_result result, const char *seen,
		   const char *advice)
{
	const struct check *c = judge(kind);

	if (c->result != result)
		fail_msg("%s: %s: %s", check_kind_name(kind), check_result_name(c->result),
			 c->seen);
	if (!strstr(c->seen, seen))
		fail_msg("%s: \"%s\" does not say \"%s\"", check_kind_name(kind), c->seen, seen);
	if (*advice ? !strstr(c->advice, advice) : *c->advice)
		fail_msg("%s: \"%s\" does not advise \"%s\"", check_kind_name(kind), c->advice,
			 advice);
}

static void a_good_deployment_passes_throughout(void **state)
{
	(void)state;
	judge(CHECK_INTERFACE);
	assert_int_equal(count, CHECK_KIND_COUNT);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(checks[i].result, CHECK_PASS);
		assert_string_equal(checks[i].advice, "");
	}
	assert_true(check_is_settled(&f, checks, count));
}

static void an_interface_that_shows_nothing_of_others_fails(void **state)
{
	(void)state;
	f.ports[0].strangers = 0;
	expect(CHECK_INTERFACE, CHECK_FAIL, "an ordinary port, and no mirror", "both directions");
	assert_false(check_is_settled(&f, checks, count));
	f.ports[0].frames = 0;
	expect(CHECK_INTERFACE, CHECK_FAIL, "0 frames in 10 s", "mirror");
	f.ports[0].up = false;
	expect(CHECK_INTERFACE, CHECK_FAIL, "is down", "ip link set eth1 up");
	strcpy(f.ports[0].error, "no such interface");
	expect(CHECK_INTERFACE, CHECK_FAIL, "no such interface", "-i");
}

static void frames_that_are_not_understood_warn(void **state)
{
	(void)state;
	f.ports[0].unread = 2501;
	expect(CHECK_INTERFACE, CHECK_WARN, "2501 were not understood", "tcpdump -i eth1");
	f.ports[0].unread = 2500;
	f.ports[0].dropped = 7;
	expect(CHECK_INTERFACE, CHECK_PASS, "7 more came too fast", "");
}

static void a_one_sided_mirror_fails_and_a_lossy_one_warns(void **state)
{
	(void)state;
	f.talks.lone[CHECK_INWARD] = 4; /* of 44: less than a tenth */
	expect(CHECK_DIRECTIONS, CHECK_PASS, "40 TCP connections", "");
	f.talks.lone[CHECK_INWARD] = 5;
	expect(CHECK_DIRECTIONS, CHECK_WARN, "of 45 TCP connections 5", "loses frames");
	assert_null(strstr(judge(CHECK_DIRECTIONS)->seen, "left out"));
	f.ports[0].dropped = 1;
	expect(CHECK_DIRECTIONS, CHECK_WARN, "this check itself left out frames", "loses frames");
	f.ports[0].dropped = 0;
	f.talks.both = 0;
	expect(CHECK_DIRECTIONS, CHECK_FAIL, "only what comes in", "received and sent");
	f.talks.lone[CHECK_OUTWARD] = 1;
	expect(CHECK_DIRECTIONS, CHECK_FAIL, "each was seen in one direction only", "two");
	f.talks.lone[CHECK_INWARD] = f.talks.lone[CHECK_OUTWARD] = 0;
	expect(CHECK_DIRECTIONS, CHECK_UNKNOWN, "was seen to speak", "--for 5m");
}

static void outside_of_the_nat_it_fails_and_says_whose_addresses(void **state)
{
	(void)state;
	f.sides.external = 40; /* a hundredth */
	expect(CHECK_NAT, CHECK_WARN, "but 40 between external ones", "--internal");
	f.sides.external = 39;
	expect(CHECK_NAT, CHECK_PASS, "inside", "");
	f.sides.across = 0;
	f.sides.example_count = 1;
	addr_parse("203.0.113.9", &f.sides.examples[0].from);
	addr_parse("198.51.100.4", &f.sides.examples[0].to);
	expect(CHECK_NAT, CHECK_FAIL, "203.0.113.9 to 198.51.100.4", "inside");
	f.sides.public_seen = true;
	f.sides.public_address = f.sides.examples[0].from;
	expect(CHECK_NAT, CHECK_FAIL, "outside: 203.0.113.9", "on the inside");
	f.sides.external = 0;
	expect(CHECK_NAT, CHECK_UNKNOWN, "no traffic", "router");
	f.sides.internal = 3;
	expect(CHECK_NAT, CHECK_WARN, "between internal addresses", "router");
	f.sides.foreign = 5;
	expect(CHECK_NAT, CHECK_FAIL, "5 frames came in tunnels", "--internal");
}

static void a_mail_server_that_is_not_seen_is_named(void **state)
{
	(void)state;
	f.server_count = 2;
	prefix_parse("10.0.0.26", &f.servers[1].prefix);
	expect(CHECK_MAIL_SERVER, CHECK_WARN, "no frame of 10.0.0.26", "send a message");
	assert_false(check_is_settled(&f, checks, count));
	f.server_count = 0;
	expect(CHECK_MAIL_SERVER, CHECK_WARN, "none is configured", "mail_servers");
	assert_true(check_is_settled(&f, checks, count)); /* waiting would not help */
	expect(CHECK_RESETS, CHECK_WARN, "not armed", "mail_servers");
	f.mode = RESET_ON;
	expect(CHECK_RESETS, CHECK_FAIL, "not armed", "does not start");
	f.mode = RESET_NEVER;
	expect(CHECK_RESETS, CHECK_PASS, "never", "");
}

static void tags_are_told_and_one_direction_without_them_warns(void **state)
{
	struct check_port *p = &f.ports[0];

	(void)state;
	p->tagged = 2000;
	p->deepest = 2;
	p->vlans[30 / 8] = 1 << 30 % 8;
	p->pppoe = true;
	p->tunnels = 1u << TUNNEL_ERSPAN;
	expect(CHECK_TAGS, CHECK_PASS,
	       "VLAN 30, up to 2 tags (QinQ), and frames without a tag, in PPPoE, in ERSPAN", "");
	p->ways[CHECK_OUTWARD][1] = 2000;
	p->ways[CHECK_OUTWARD][0] = 0;
	expect(CHECK_TAGS, CHECK_WARN, "only what goes out has them", "both directions");
}

static void merged_frames_fail_and_what_may_merge_them_warns(void **state)
{
	struct check_port *p = &f.ports[0];

	(void)state;
	p->gro = true;
	expect(CHECK_OFFLOAD, CHECK_WARN, "GRO may merge", "ethtool -K eth1 gro off, and");
	p->lro = true;
	p->merged = 2;
	p->longest = 9000;
	expect(CHECK_OFFLOAD, CHECK_FAIL,
	       "2 frames longer than the interface's 1500 bytes, up to 9000",
	       "ethtool -K eth1 gro off lro off");
	p->gro = p->lro = false;
	expect(CHECK_OFFLOAD, CHECK_FAIL, "2 frames", "tso off gso off");
	p->merged = 0;
	p->features_known = false;
	expect(CHECK_OFFLOAD, CHECK_UNKNOWN, "does not say", "any");
}

static void a_clock_that_is_wrong_fails_and_one_that_nobody_keeps_warns(void **state)
{
	(void)state;
	f.clock.synchronised = false;
	expect(CHECK_CLOCK, CHECK_WARN, "unsynchronised", "chrony");
	f.clock.known = false;
	expect(CHECK_CLOCK, CHECK_UNKNOWN, "NTP", "timedatectl");
	f.clock.ahead = MOMENT_SECOND + 1;
	expect(CHECK_CLOCK, CHECK_FAIL, "1001 ms behind it", "set the clock");
	f.clock.jump = MOMENT_SECOND;
	expect(CHECK_CLOCK, CHECK_FAIL, "jumped by 1000 ms", "set the clock");
	f.clock.now = 0;
	expect(CHECK_CLOCK, CHECK_FAIL, "never set", "set the clock");
}

static void what_is_sent_must_come_back(void **state)
{
	struct check_prober *p = &f.probers[0];

	(void)state;
	p->answered = false;
	p->seen_again = true;
	expect(CHECK_INJECTION, CHECK_PASS, "seen again on the mirror", "");
	p->seen_again = false;
	p->sent = 2;
	p->asked[1] = p->asked[0];
	expect(CHECK_INJECTION, CHECK_FAIL,
	       "2 probes left eth1, and none was answered or seen again: asked 10.0.0.1",
	       "--reset-via");
	assert_null(strstr(judge(CHECK_INJECTION)->seen, ", 10.0.0.1")); /* once */
	p->sent = 0;
	expect(CHECK_INJECTION, CHECK_UNKNOWN, "no host was seen", "--for 5m");
	f.ports[0].tunnels = 1u << TUNNEL_VXLAN;
	expect(CHECK_INJECTION, CHECK_FAIL, "remote mirror", "--reset-via");
	f.via = true;
	expect(CHECK_INJECTION, CHECK_UNKNOWN, "no host was seen", "--for 5m");
	p->failed = ENETDOWN;
	expect(CHECK_INJECTION, CHECK_FAIL, "does not take frames", "ip link set eth1 up");
	strcpy(p->error, "may not be sent to");
	expect(CHECK_INJECTION, CHECK_FAIL, "may not be sent to", "--reset-via");
	f.mode = RESET_NEVER;
	expect(CHECK_INJECTION, CHECK_UNKNOWN, "not tried: reset = never", "");
}

static void without_real_time_scheduling_it_warns(void **state)
{
	(void)state;
	f.realtime = -EPERM;
	expect(CHECK_SCHEDULING, CHECK_WARN, "refused", "LimitRTPRIO=1");
	f.mode = RESET_NEVER;
	expect(CHECK_SCHEDULING, CHECK_PASS, "of no matter", "");
}

static void what_is_said_has_room_whatever_the_facts(void **state)
{
	(void)state;
	f.port_count = f.prober_count = CHECK_PORTS;
	f.server_count = UINT32_MAX;
	for (size_t i = 0; i < CHECK_PORTS; i++) {
		f.ports[i] = f.ports[0];
		f.probers[i] = f.probers[0];
		memset(f.ports[i].name, 'n', sizeof(f.ports[i].name) - 1);
		memset(f.ports[i].vlans, 0xff, sizeof(f.ports[i].vlans));
		f.ports[i].tunnels = UINT32_MAX;
		f.ports[i].tagged = f.ports[i].frames = UINT64_MAX;
		f.ports[i].deepest = UINT8_MAX;
		prefix_parse("2001:db8:1111:2222:3333:4444:5555:6666/127", &f.servers[i].prefix);
		f.servers[i].seen = false;
	}
	count = check_judge(&f, checks);
	assert_int_equal(count, CHECK_MOST);
	for (size_t i = 0; i < count; i++)
		assert_non_null(memchr(checks[i].seen, '\0', CHECK_TEXT));
}

static void each_result_and_each_check_has_its_word(void **state)
{
	static const char *const results[] = {"pass", "warn", "fail", "unknown"};
	static const char *const kinds[] = {"interface", "directions", "nat",	"mail server",
					    "tags",	 "offload",    "clock", "resets",
					    "injection", "scheduling"};

	(void)state;
	for (enum check_result r = 0; r < CHECK_RESULT_COUNT; r++)
		assert_string_equal(check_result_name(r), results[r]);
	for (enum check_kind k = 0; k < CHECK_KIND_COUNT; k++)
		assert_string_equal(check_kind_name(k), kinds[k]);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, enter)
	const struct CMUnitTest tests[] = {
		TEST(a_good_deployment_passes_throughout),
		TEST(an_interface_that_shows_nothing_of_others_fails),
		TEST(frames_that_are_not_understood_warn),
		TEST(a_one_sided_mirror_fails_and_a_lossy_one_warns),
		TEST(outside_of_the_nat_it_fails_and_says_whose_addresses),
		TEST(a_mail_server_that_is_not_seen_is_named),
		TEST(tags_are_told_and_one_direction_without_them_warns),
		TEST(merged_frames_fail_and_what_may_merge_them_warns),
		TEST(a_clock_that_is_wrong_fails_and_one_that_nobody_keeps_warns),
		TEST(what_is_sent_must_come_back),
		TEST(without_real_time_scheduling_it_warns),
		TEST(what_is_said_has_room_whatever_the_facts),
		TEST(each_result_and_each_check_has_its_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
