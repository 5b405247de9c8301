#include "resets_fixture.h"

#include <string.h>

#include "base/moment.h"

struct resets *resets;
struct neighbours *neighbours;
struct policy *policy;
struct prefix never;
struct flow flow;
int64_t now;
struct reset_pair last;
unsigned int answers, taken;

struct addr address(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(text, &a), 0);
	return a;
}

int resets_enter(void **state)
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

int resets_leave(void **state)
{
	(void)state;
	resets_free(resets);
	resets_free(NULL);
	neighbours_free(neighbours);
	policy_free(policy);
	return 0;
}

struct packet segment(bool from_client, uint8_t flags, uint32_t seq, uint32_t ack, uint32_t length)
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

void track(const struct packet *p, bool from_client)
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

unsigned int send_pair(void *context, const struct reset_pair *pair)
{
	(void)context;
	last = *pair;
	answers++;
	return taken;
}

bool seen(struct packet p)
{
	track(&p, p.source_port == flow.client_port);
	return resets_packet(resets, 1, &flow, &p);
}

unsigned int flush(int64_t time)
{
	answers = 0;
	resets_flush(resets, time, send_pair, NULL);
	return answers;
}

bool sees(struct packet p)
{
	seen(p);
	return flush(p.time);
}

bool syn(void)
{
	return sees(segment(true, TCP_SYN, 1000, 0, 0));
}

enum reset_fate fate(void)
{
	return resets_fate(resets, 1, &flow);
}

const struct resets_counters *counted(void)
{
	return resets_counters(resets);
}
