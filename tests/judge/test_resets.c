/* Whom to reset, how often, and whether it worked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/moment.h"
#include "judge/resets.h"

#define FLOWS 64
#define NOON  (INT64_C(1795521600) * MOMENT_SECOND)

static struct resets *resets;
static struct neighbours *neighbours;
static struct policy *policy;
static struct prefix never;
static struct flow flow;
static int64_t now;
static struct reset_pair last;	    /* answer */
static unsigned int answers, taken; /* by the interface, of the two of an answer */

static struct addr address(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(text, &a), 0);
	return a;
}

static int enter(void **state)
{
	struct hash_key key = {.k = {7, 8}};
	struct prefix mail;

	(void)state;
	now = NOON;
	taken = 2;
	policy = policy_new();
	neighbours = neighbours_new(&key);
	resets = resets_new(&key, FLOWS, neighbours);
	assert_non_null(policy);
	assert_non_null(neighbours);
	assert_non_null(resets);
	prefix_parse("10.0.0.25", &mail);
	assert_int_equal(policy_add_mail_server(policy, &mail, "test"), 0);
	prefix_parse("10.0.0.53", &never);
	resets_set_policy(resets, policy, &never, 1);
	resets_set_mode(resets, RESET_ON);
	memset(&flow, 0, sizeof(flow));
	flow.kind = FLOW_ATTEMPT;
	flow.port_class = PORT_WATCHED;
	flow.standing = STANDING_OFFENCE;
	flow.client = address("10.0.3.77");
	flow.server = address("198.51.100.4");
	flow.client_port = 40000;
	flow.server_port = 25;
	return 0;
}

static int leave(void **state)
{
	(void)state;
	resets_free(resets);
	resets_free(NULL);
	neighbours_free(neighbours);
	policy_free(policy);
	return 0;
}

static struct packet segment(bool from_client, uint8_t flags, uint32_t seq, uint32_t ack,
			     uint32_t length)
{
	return (struct packet){
		.time = now,
		.has_mac = true,
		.mac_source = {2, 0, 0, 0, 0, from_client ? 0x77 : 1},
		.mac_destination = {2, 0, 0, 0, 0, from_client ? 1 : 0x77},
		.source = from_client ? flow.client : flow.server,
		.destination = from_client ? flow.server : flow.client,
		.source_port = from_client ? flow.client_port : flow.server_port,
		.destination_port = from_client ? flow.server_port : flow.client_port,
		.flags = flags,
		.seq = seq,
		.ack = ack,
		.payload_length = length,
	};
}

/* What the tracker would know behind it. */
static void track(const struct packet *p, bool from_client)
{
	uint32_t end = p->seq + p->payload_length + !!(p->flags & TCP_SYN);

	if (from_client) {
		flow.client_edge = true;
		flow.client_next = flow.client_shown = end;
	} else {
		flow.server_edge = true;
		flow.server_next = flow.server_shown = end;
		flow.connected = true;
	}
}

static unsigned int send_pair(void *context, const struct reset_pair *pair)
{
	(void)context;
	last = *pair;
	answers++;
	return taken;
}

/* Whether its answer should not wait. */
static bool seen(struct packet p)
{
	track(&p, p.source_port == flow.client_port);
	return resets_packet(resets, 1, &flow, &p);
}

static unsigned int flush(int64_t time)
{
	answers = 0;
	resets_flush(resets, time, send_pair, NULL);
	return answers;
}

/* Whether it is answered, no other frame being at hand. */
static bool sees(struct packet p)
{
	seen(p);
	return flush(p.time);
}

static bool syn(void)
{
	return sees(segment(true, TCP_SYN, 1000, 0, 0));
}

static enum reset_fate fate(void)
{
	return resets_fate(resets, 1, &flow);
}

static const struct resets_counters *counted(void)
{
	return resets_counters(resets);
}

/* --- whom ------------------------------------------------------------------------------------- */

static void an_offence_is_reset_at_its_syn_and_at_all_that_follows(void **state)
{
	(void)state;
	assert_true(syn());
	assert_true(sees(segment(false, TCP_SYN | TCP_ACK, 5000, 1001, 0)));
	assert_true(sees(segment(true, TCP_ACK, 1001, 5001, 0)));
	assert_false(sees(segment(true, TCP_RST, 1001, 0, 0)));
	assert_false(sees(segment(false, TCP_SYN, 5000, 0, 0)));
	assert_int_equal(counted()->sent, 6);
}

static void nothing_but_an_offence_on_a_watched_port_is_reset(void **state)
{
	(void)state;
	flow.standing = STANDING_PERMITTED;
	assert_false(syn());
	flow.standing = STANDING_ALSO_WATCHED;
	flow.port_class = PORT_ALSO;
	assert_false(syn());
	flow.standing = STANDING_OFFENCE; /* 0: what an untouched flow has */
	assert_false(syn());
	flow.port_class = PORT_WATCHED;
	flow.kind = FLOW_INBOUND;
	assert_false(syn());
	flow.kind = FLOW_UNCLASSIFIED;
	assert_false(syn());
	flow.kind = FLOW_EMBRYO;
	assert_false(syn());
	flow.kind = FLOW_ATTEMPT;
	assert_true(syn());
}

static void nothing_is_sent_unless_on_and_a_dry_run_counts(void **state)
{
	(void)state;
	resets_set_mode(resets, RESET_NEVER);
	assert_false(syn());
	resets_set_mode(resets, RESET_OFF);
	assert_false(syn());
	assert_int_equal(counted()->planned, 0);
	resets_set_mode(resets, RESET_DRY_RUN);
	assert_false(syn());
	assert_int_equal(counted()->planned, 2);
	assert_int_equal(counted()->sent, 0);
	assert_int_equal(fate(), RESET_FATE_NONE);
}

static void what_is_never_to_be_reset_is_not(void **state)
{
	(void)state;
	flow.client = address("10.0.0.53");
	assert_false(syn());
	flow.client = address("10.0.3.77");
	prefix_parse("198.51.100.0/24", &never);
	assert_false(syn());
	assert_int_equal(counted()->refused[RESET_REFUSED_PROTECTED], 4);
}

static void a_mail_server_s_other_address_is_not_reset(void **state)
{
	struct packet to_server = segment(false, TCP_ACK, 1, 1, 0);

	(void)state;
	to_server.destination = address("10.0.0.25");
	resets_note(resets, &to_server); /* its MAC is that of our client */
	assert_false(syn());
	assert_false(sees(segment(false, TCP_SYN | TCP_ACK, 5000, 1001, 0)));
	assert_int_equal(counted()->refused[RESET_REFUSED_MAIL_SERVER], 4);
	/* Behind a router all have its MAC. */
	for (unsigned int i = 0; i < 6; i++) {
		struct packet p = to_server;

		p.destination.b[15] = (uint8_t)(100 + i);
		neighbours_note(neighbours, &p);
	}
	assert_true(syn());
}

static void who_speaks_with_a_mail_server_s_source_address_is_not_shielded(void **state)
{
	struct packet forged = segment(true, TCP_ACK, 1, 1, 0);

	(void)state;
	forged.source = address("10.0.0.25");
	resets_note(resets, &forged);
	assert_true(syn());
}

static void what_cannot_be_answered_is_refused(void **state)
{
	struct packet p = segment(true, TCP_SYN, 1000, 0, 0);

	(void)state;
	p.tunnel = TUNNEL_ERSPAN;
	assert_false(sees(p));
	assert_int_equal(counted()->refused[RESET_REFUSED_TUNNEL], 2);
	resets_set_via(resets, true);
	assert_true(sees(p));
	p.tunnel = TUNNEL_NONE;
	p.has_mac = false;
	assert_false(sees(p));
	p.has_mac = true;
	memset(p.mac_destination, 0, 6); /* a cooked capture */
	assert_false(sees(p));
	p = segment(true, TCP_SYN, 1000, 0, 0);
	p.tag_count = 1; /* told by a mirror's header: on no wire */
	assert_false(sees(p));
	assert_int_equal(counted()->refused[RESET_REFUSED_LINK], 6);
}

static void our_own_segments_are_known(void **state)
{
	struct packet p = segment(true, TCP_SYN, 1000, 0, 0), own;

	(void)state;
	assert_true(sees(p));
	own = segment(false, TCP_RST | TCP_ACK, last.client.seq, last.client.ack, 0);
	own.window = last.client.window;
	assert_true(resets_is_own(resets, &own));
	assert_false(resets_is_own(resets, &p));
	assert_int_equal(counted()->own, 1);
}

/* --- how often -------------------------------------------------------------------------------- */

static void the_first_eight_go_at_once_and_later_ones_a_millisecond_apart(void **state)
{
	unsigned int answered = 0;

	(void)state;
	for (unsigned int i = 0; i < 100; i++, now += 10)
		answered += sees(segment(true, TCP_ACK, 1001 + i, 5001, 1));
	assert_int_equal(answered, 8);
	now = NOON + 2000;
	assert_true(sees(segment(true, TCP_ACK, 2001, 5001, 1)));
	now += 999;
	assert_false(sees(segment(true, TCP_ACK, 2002, 5001, 1)));
	now++;
	assert_true(sees(segment(true, TCP_ACK, 2003, 5001, 1)));
}

static void flood(unsigned int hosts, unsigned int *ret_answered)
{
	*ret_answered = 0;
	for (unsigned int i = 0; i < hosts; i++) {
		flow.client = address("10.7.0.0");
		flow.client.b[14] = (uint8_t)(i >> 8);
		flow.client.b[15] = (uint8_t)i;
		flow.connected = false;
		resets_begin(resets, 1);
		*ret_answered += syn();
	}
}

static void a_flood_of_forged_syns_leaves_a_quarter_for_proven_handshakes(void **state)
{
	unsigned int answered;

	(void)state;
	resets_set_limit(resets, 400); /* 200 answers; 50 for one host */
	flood(1000, &answered);
	assert_int_equal(answered, 150);
	assert_int_equal(counted()->limited, 2 * 850);
	flow.client = address("10.0.3.77");
	flow.connected = true;
	assert_true(sees(segment(true, TCP_ACK, 1001, 5001, 1)));
	now += MOMENT_SECOND;
	flow.connected = false;
	assert_true(syn());
}

static void one_host_takes_a_quarter_at_most(void **state)
{
	unsigned int answered = 0;

	(void)state;
	resets_set_limit(resets, 400);
	flow.connected = true;
	for (unsigned int i = 0; i < 1000; i++) {
		resets_begin(resets, 1);
		answered += syn();
	}
	assert_int_equal(answered, 50);
}

/* Its own SYNs do not leave a bot's established connections alone. */
static void of_one_host_s_share_a_quarter_is_for_proven_handshakes_too(void **state)
{
	unsigned int answered = 0;

	(void)state;
	resets_set_limit(resets, 1600); /* 200 answers for one host */
	for (unsigned int i = 0; i < 1000; i++) {
		resets_begin(resets, 1);
		answered += syn();
	}
	assert_int_equal(answered, 150);
	flow.connected = true;
	assert_true(sees(segment(true, TCP_ACK, 1001, 5001, 1)));
}

/* --- whether it worked ------------------------------------------------------------------------ */

static void a_client_that_is_refused_before_an_answer_was_nothing_to_kill(void **state)
{
	(void)state;
	assert_true(syn());
	assert_int_equal(fate(), RESET_FATE_NONE);
	assert_int_equal(counted()->could, 0);
}

static void a_handshake_behind_which_nothing_is_acknowledged_is_killed(void **state)
{
	(void)state;
	assert_true(syn());
	sees(segment(false, TCP_SYN | TCP_ACK, 5000, 1001, 0));
	assert_int_equal(fate(), RESET_FATE_KILLED);
	sees(segment(true, TCP_ACK, 1001, 5001, 0));
	sees(segment(true, TCP_ACK, 1001, 5001, 12)); /* says EHLO, and nobody answers */
	sees(segment(true, TCP_ACK | TCP_FIN, 1013, 5001, 0));
	assert_int_equal(fate(), RESET_FATE_KILLED);
	assert_int_equal(counted()->could, 1);
	assert_int_equal(counted()->killed, 1);
}

static void payload_that_is_acknowledged_afterwards_is_a_failure(void **state)
{
	(void)state;
	assert_true(syn());
	sees(segment(false, TCP_SYN | TCP_ACK, 5000, 1001, 0));
	sees(segment(true, TCP_ACK, 1001, 5001, 12));
	sees(segment(false, TCP_ACK, 5001, 1013, 30));
	assert_int_equal(fate(), RESET_FATE_SURVIVED);
	assert_int_equal(counted()->could, 1);
	assert_int_equal(counted()->killed, 0);
	sees(segment(true, TCP_ACK, 1013, 5031, 0));
	assert_int_equal(fate(), RESET_FATE_SURVIVED);
}

static void one_byte_of_payload_is_payload_and_a_fin_is_none(void **state)
{
	(void)state;
	assert_true(syn());
	sees(segment(false, TCP_SYN | TCP_ACK, 5000, 1001, 0));
	sees(segment(true, TCP_ACK | TCP_FIN, 1001, 5001, 0));
	sees(segment(false, TCP_ACK | TCP_FIN, 5001, 1002, 0));
	assert_int_equal(fate(), RESET_FATE_KILLED);
	resets_begin(resets, 1);
	assert_int_equal(fate(), RESET_FATE_NONE);
	assert_true(syn());
	sees(segment(true, TCP_ACK, 1001, 5001, 1));
	sees(segment(false, TCP_ACK, 5001, 1002, 0));
	assert_int_equal(fate(), RESET_FATE_SURVIVED);
}

/* Switched on while data flows: what was on its way by then is not what came through. */
static void what_was_sent_before_the_first_reset_is_not_held_against_it(void **state)
{
	(void)state;
	resets_set_mode(resets, RESET_OFF);
	syn();
	sees(segment(false, TCP_SYN | TCP_ACK, 5000, 1001, 0));
	resets_set_mode(resets, RESET_ON);
	assert_true(sees(segment(true, TCP_ACK, 1001, 5001, 1460)));
	sees(segment(false, TCP_ACK, 5001, 2461, 0));
	assert_int_equal(fate(), RESET_FATE_KILLED);
	sees(segment(true, TCP_ACK, 2461, 5001, 1460));
	sees(segment(false, TCP_ACK, 5001, 3921, 0));
	assert_int_equal(fate(), RESET_FATE_SURVIVED);
}

static void each_change_is_told_once(void **state)
{
	struct connection c = {.killed = -1};
	struct tally change = {0};

	(void)state;
	syn();
	resets_tell(resets, 1, &flow, &c, &change);
	assert_int_equal(c.resets, 2);
	assert_int_equal(c.killed, -1);
	assert_int_equal(change.resets, 2);
	assert_int_equal(change.killable, 0);
	resets_told(resets, 1, &flow);
	sees(segment(false, TCP_SYN | TCP_ACK, 5000, 1001, 0));
	resets_tell(resets, 1, &flow, &c, &change);
	assert_int_equal(c.resets, 4);
	assert_int_equal(c.killed, 1);
	assert_int_equal(change.resets, 2);
	assert_int_equal(change.killable, 1);
	assert_int_equal(change.killed, 1);
	resets_told(resets, 1, &flow);
	sees(segment(true, TCP_ACK, 1001, 5001, 12));
	sees(segment(false, TCP_ACK, 5001, 1013, 30));
	resets_tell(resets, 1, &flow, &c, &change);
	assert_int_equal(c.killed, 0);
	assert_int_equal(change.resets, 4);
	assert_int_equal(change.killable, 0);
	assert_int_equal(change.killed, -1);
}

static void a_segment_that_did_not_go_out_is_counted_as_refused(void **state)
{
	(void)state;
	taken = 0;
	assert_true(syn());
	assert_int_equal(counted()->sent, 0);
	assert_int_equal(counted()->refused[RESET_REFUSED_SENDING], 2);
	flow.connected = true;
	assert_int_equal(fate(), RESET_FATE_NONE);
}

/* --- when ------------------------------------------------------------------------------------- */

static void of_frames_at_hand_the_newest_alone_is_answered(void **state)
{
	(void)state;
	assert_true(syn());
	assert_false(seen(segment(false, TCP_SYN | TCP_ACK, 5000, 1001, 0)));
	assert_false(seen(segment(true, TCP_ACK, 1001, 5001, 0)));
	assert_false(seen(segment(false, TCP_ACK, 5001, 1001, 30)));
	assert_int_equal(resets_waiting(resets), 1);
	assert_int_equal(flush(now), 1);
	assert_int_equal(last.client.seq, 5031);
	assert_int_equal(last.server.seq, 1001);
	assert_int_equal(counted()->sent, 4);
	assert_int_equal(resets_waiting(resets), 0);
	assert_int_equal(flush(INT64_MAX), 0);
}

static void what_the_client_said_before_the_answer_is_not_held_against_it(void **state)
{
	(void)state;
	seen(segment(true, TCP_SYN, 1000, 0, 0));
	seen(segment(false, TCP_SYN | TCP_ACK, 5000, 1001, 0));
	seen(segment(true, TCP_ACK, 1001, 5001, 12));
	flush(now);
	sees(segment(false, TCP_ACK, 5001, 1013, 0));
	assert_int_equal(fate(), RESET_FATE_KILLED);
}

static void the_last_of_many_is_answered_when_its_millisecond_has_passed(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < RESETS_AT_ONCE; i++, now += 10)
		assert_true(sees(segment(false, TCP_ACK, 5000 + i, 1001, 1)));
	assert_false(sees(segment(false, TCP_ACK, 5100, 1001, 1)));
	assert_false(sees(segment(false, TCP_ACK, 5200, 1001, 1)));
	assert_int_equal(flush(now + 980), 0);
	assert_int_equal(resets_waiting(resets), 1);
	assert_int_equal(flush(now + 990), 1);
	assert_int_equal(last.client.seq, 5201);
}

static void none_that_waits_is_sent_once_resets_are_off(void **state)
{
	(void)state;
	assert_true(seen(segment(true, TCP_SYN, 1000, 0, 0)));
	resets_set_mode(resets, RESET_OFF);
	assert_int_equal(flush(INT64_MAX), 0);
	resets_set_mode(resets, RESET_ON);
	assert_int_equal(flush(INT64_MAX), 0);
	seen(segment(true, TCP_SYN, 1000, 0, 0));
	resets_set_policy(resets, policy, &never, 1); /* it may permit it now */
	assert_int_equal(flush(INT64_MAX), 0);
	assert_true(syn());
}

static void each_flow_has_its_own_answer_and_one_that_goes_takes_its_along(void **state)
{
	struct packet p = segment(true, TCP_SYN, 1000, 0, 0);

	(void)state;
	for (uint32_t i = 1; i <= FLOWS; i++) {
		assert_false(resets_are_many(resets));
		resets_packet(resets, i, &flow, &p);
	}
	assert_true(resets_are_many(resets));
	answers = 0;
	resets_flush_one(resets, 3, send_pair, NULL);
	resets_flush_one(resets, 3, send_pair, NULL);
	assert_int_equal(answers, 1);
	resets_begin(resets, 5); /* what was told of nothing goes unsent */
	assert_int_equal(resets_waiting(resets), FLOWS - 2);
	p.seq = 2000;
	resets_packet(resets, FLOWS, &flow, &p); /* still in its own place */
	assert_int_equal(resets_waiting(resets), FLOWS - 2);
	assert_int_equal(flush(now), FLOWS - 2);
	assert_int_equal(last.server.seq, 2001);
}

static void modes_have_names(void **state)
{
	enum reset_mode mode = RESET_OFF;

	(void)state;
	assert_int_equal(reset_mode_parse("dry-run", &mode), 0);
	assert_int_equal(mode, RESET_DRY_RUN);
	assert_string_equal(reset_mode_name(mode), "dry-run");
	assert_int_equal(reset_mode_parse("yes", &mode), -EINVAL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)
	const struct CMUnitTest tests[] = {
		TEST(an_offence_is_reset_at_its_syn_and_at_all_that_follows),
		TEST(nothing_but_an_offence_on_a_watched_port_is_reset),
		TEST(nothing_is_sent_unless_on_and_a_dry_run_counts),
		TEST(what_is_never_to_be_reset_is_not),
		TEST(a_mail_server_s_other_address_is_not_reset),
		TEST(who_speaks_with_a_mail_server_s_source_address_is_not_shielded),
		TEST(what_cannot_be_answered_is_refused),
		TEST(our_own_segments_are_known),
		TEST(the_first_eight_go_at_once_and_later_ones_a_millisecond_apart),
		TEST(a_flood_of_forged_syns_leaves_a_quarter_for_proven_handshakes),
		TEST(one_host_takes_a_quarter_at_most),
		TEST(of_one_host_s_share_a_quarter_is_for_proven_handshakes_too),
		TEST(a_client_that_is_refused_before_an_answer_was_nothing_to_kill),
		TEST(a_handshake_behind_which_nothing_is_acknowledged_is_killed),
		TEST(payload_that_is_acknowledged_afterwards_is_a_failure),
		TEST(one_byte_of_payload_is_payload_and_a_fin_is_none),
		TEST(what_was_sent_before_the_first_reset_is_not_held_against_it),
		TEST(each_change_is_told_once),
		TEST(a_segment_that_did_not_go_out_is_counted_as_refused),
		TEST(of_frames_at_hand_the_newest_alone_is_answered),
		TEST(what_the_client_said_before_the_answer_is_not_held_against_it),
		TEST(the_last_of_many_is_answered_when_its_millisecond_has_passed),
		TEST(none_that_waits_is_sent_once_resets_are_off),
		TEST(each_flow_has_its_own_answer_and_one_that_goes_takes_its_along),
		TEST(modes_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
