/* The numbers of the segments that end a connection, worked out by hand from RFC 9293 and 5961. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "wire/reset.h"

static const struct hash_key key = {.k = {1, 2}};
static const struct reset_edges unknown;

/* From 10.0.3.77 port 40000 to 198.51.100.4 port 25, or back. */
static struct packet segment(bool from_client, uint8_t flags, uint32_t seq, uint32_t ack,
			     uint32_t length)
{
	struct packet p = {.interface = 3,
			   .has_mac = true,
			   .mac_source = {2, 0, 0, 0, 0, from_client ? 0x77 : 1},
			   .mac_destination = {2, 0, 0, 0, 0, from_client ? 1 : 0x77},
			   .source_port = from_client ? 40000 : 25,
			   .destination_port = from_client ? 25 : 40000,
			   .flags = flags,
			   .seq = seq,
			   .ack = ack,
			   .window = 64240,
			   .payload_length = length};
	const char *client = "10.0.3.77", *server = "198.51.100.4";

	addr_parse(from_client ? client : server, &p.source);
	addr_parse(from_client ? server : client, &p.destination);
	return p;
}

static struct reset_pair plan(bool from_client, uint8_t flags, uint32_t seq, uint32_t ack,
			      uint32_t length, const struct reset_edges *edges)
{
	struct packet p = segment(from_client, flags, seq, ack, length);
	struct reset_pair pair;

	reset_plan(&p, from_client, edges, &key, &pair);
	return pair;
}

static void expect(const struct reset_pair *pair, uint32_t to_client, uint32_t ack,
		   uint32_t to_server)
{
	assert_true(pair->client.has_ack);
	assert_int_equal(pair->client.seq, to_client);
	assert_int_equal(pair->client.ack, ack);
	assert_false(pair->server.has_ack);
	assert_int_equal(pair->server.seq, to_server);
	assert_int_equal(pair->server.ack, 0);
}

static void a_syn_is_answered_with_what_acknowledges_it(void **state)
{
	struct reset_pair pair = plan(true, TCP_SYN, 1000, 0, 0, &unknown);

	(void)state;
	expect(&pair, 0, 1001, 1001);
	/* TCP Fast Open, RFC 7413: the data may not have been taken. */
	pair = plan(true, TCP_SYN, 1000, 0, 50, &unknown);
	expect(&pair, 0, 1001, 1001);
	pair = plan(true, TCP_SYN, 0xffffffff, 0, 0, &unknown);
	expect(&pair, 0, 0, 0);
}

static void a_syn_ack_tells_both_numbers(void **state)
{
	struct reset_pair pair = plan(false, TCP_SYN | TCP_ACK, 5000, 1001, 0, &unknown);

	(void)state;
	expect(&pair, 5001, 1001, 1001);
}

static void data_is_followed_to_its_end(void **state)
{
	struct reset_pair pair = plan(true, TCP_ACK | TCP_PSH, 1001, 5101, 20, &unknown);

	(void)state;
	expect(&pair, 5101, 1021, 1021);
	pair = plan(false, TCP_ACK | TCP_PSH, 5101, 1021, 40, &unknown);
	expect(&pair, 5141, 1021, 1021);
	/* A FIN takes a number too. */
	pair = plan(true, TCP_ACK | TCP_FIN, 1021, 5141, 6, &unknown);
	expect(&pair, 5141, 1028, 1028);
}

static void what_comes_again_is_answered_at_the_edge(void **state)
{
	const struct reset_edges edges = {.client_known = true,
					  .server_known = true,
					  .client = 4000,
					  .server = 9000};
	struct reset_pair pair = plan(true, TCP_ACK, 1001, 8000, 20, &edges);

	(void)state;
	expect(&pair, 8000, 4000, 4000);
	pair = plan(false, TCP_ACK, 8000, 3000, 20, &edges);
	expect(&pair, 9000, 3000, 3000);
	/* Numbers wrap. */
	pair = plan(true, TCP_ACK, 0xfffffff0, 8000, 20,
		    &(struct reset_edges){.client_known = true, .client = 8});
	expect(&pair, 8000, 8, 8);
}

static void each_is_sent_in_the_name_of_the_other_to_the_frame_s_own_addresses(void **state)
{
	struct packet p = segment(false, TCP_SYN | TCP_ACK, 5000, 1001, 0);
	struct reset_pair pair;

	(void)state;
	p.tag_count = 2;
	p.tags[0] = (struct vlan_tag){.tpid = 0x88a8, .tci = 0x6064};
	p.tags[1] = (struct vlan_tag){.tpid = 0x8100, .tci = 0x00c8};
	p.pppoe = true;
	p.pppoe_session = 7;
	reset_plan(&p, false, &unknown, &key, &pair);
	assert_true(addr_equal(&pair.client.source, &p.source));
	assert_true(addr_equal(&pair.client.destination, &p.destination));
	assert_true(addr_equal(&pair.server.source, &p.destination));
	assert_int_equal(pair.client.source_port, 25);
	assert_int_equal(pair.client.destination_port, 40000);
	assert_int_equal(pair.server.source_port, 40000);
	assert_memory_equal(pair.client.mac, p.mac_destination, 6);
	assert_memory_equal(pair.server.mac, p.mac_source, 6);
	for (int i = 0; i < 2; i++) {
		const struct reset *r = i ? &pair.server : &pair.client;

		assert_int_equal(r->interface, 3);
		assert_int_equal(r->tag_count, 2);
		assert_int_equal(r->tags[0].tpid, 0x88a8);
		assert_int_equal(r->tags[0].tci, 0x6064);
		assert_int_equal(r->tags[1].tci, 0x00c8);
		assert_true(r->pppoe);
		assert_int_equal(r->pppoe_session, 7);
	}
}

static struct packet sent(const struct reset *r)
{
	return (struct packet){.source = r->source,
			       .destination = r->destination,
			       .source_port = r->source_port,
			       .destination_port = r->destination_port,
			       .flags = (uint8_t)(TCP_RST | (r->has_ack ? TCP_ACK : 0)),
			       .seq = r->seq,
			       .ack = r->ack,
			       .window = r->window};
}

static void our_own_are_known_again_and_nobody_else_s(void **state)
{
	struct reset_pair pair = plan(true, TCP_ACK, 1001, 5101, 20, &unknown);
	struct packet client = sent(&pair.client), server = sent(&pair.server), other;
	struct hash_key another = {.k = {3, 4}};
	unsigned int taken = 0;

	(void)state;
	assert_true(reset_is_own(&client, &key));
	assert_true(reset_is_own(&server, &key));
	assert_false(reset_is_own(&client, &another));
	other = client;
	other.flags = TCP_ACK;
	assert_false(reset_is_own(&other, &key));
	other = client;
	other.payload_length = 1;
	assert_false(reset_is_own(&other, &key));
	/* Those that a stack sends have a window of 0. */
	for (uint32_t i = 0; i < 10000; i++) {
		other = client;
		other.seq = i;
		other.window = 0;
		taken += reset_is_own(&other, &key);
	}
	assert_in_range(taken, 0, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_syn_is_answered_with_what_acknowledges_it),
		cmocka_unit_test(a_syn_ack_tells_both_numbers),
		cmocka_unit_test(data_is_followed_to_its_end),
		cmocka_unit_test(what_comes_again_is_answered_at_the_edge),
		cmocka_unit_test(
			each_is_sent_in_the_name_of_the_other_to_the_frame_s_own_addresses),
		cmocka_unit_test(our_own_are_known_again_and_nobody_else_s),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
