/* Whom to reset, and how often. */
#include "resets_fixture.h"

#include <errno.h>
#include <string.h>

#include "base/moment.h"

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

static void stamps_that_go_to_and_fro_make_no_room(void **state)
{
	unsigned int answered = 0;

	(void)state;
	resets_set_limit(resets, 400);
	flow.connected = true;
	now -= now % MOMENT_SECOND;
	for (unsigned int i = 0; i < 1000; i++) {
		now += i % 2 ? -1000 : 1000; /* over the second's edge and back */
		resets_begin(resets, 1);
		answered += syn();
	}
	assert_in_range(answered, 50, 100);
	/* But a clock that was set back stops none for long. */
	now -= 3600 * MOMENT_SECOND;
	resets_begin(resets, 1);
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
		TEST(stamps_that_go_to_and_fro_make_no_room),
		TEST(of_one_host_s_share_a_quarter_is_for_proven_handshakes_too),
		TEST(modes_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
