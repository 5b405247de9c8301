/*
 * No permitted connection is ever reset, and every offence is: random policies and random traffic,
 * judged by a plain reading of the rules that shares nothing with the program's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "monitor/way.h"
#include "wire/packet.h"

#define WORLDS	 150
#define FRAMES	 600
#define HOSTS	 12 /* internal ones, 10.0.0.1 and on */
#define SERVERS	 8  /* external ones, 198.51.100.1 and on */
#define INTERNAL UINT32_C(0x0a000000)
#define EXTERNAL UINT32_C(0xc6336400)
#define OUTSIDE	 UINT32_C(0xcb007100) /* external too, and no server of anybody's */

/* A world's rules, as the test reads them. */
static struct {
	bool mail_server[HOSTS + 1], smart_host[SERVERS + 1], any_smart_host;
	bool allowed[HOSTS + 1][SERVERS + 1]; /* server 0: to any */
	bool never[HOSTS + 1], never_server[SERVERS + 1];
} rules;

static uint64_t seed;
static unsigned int sent;
static uint32_t answered_client, answered_server;

static uint32_t draw(uint32_t below)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(seed >> 33) % below;
}

static bool is_permitted(unsigned int host, unsigned int server)
{
	if (rules.mail_server[host] && (!rules.any_smart_host || rules.smart_host[server]))
		return true;
	return rules.allowed[host][0] || rules.allowed[host][server];
}

static bool is_protected(unsigned int host, unsigned int server)
{
	return rules.never[host] || rules.never_server[server];
}

static uint32_t v4(const struct addr *a)
{
	assert_true(addr_is_v4(a));
	return (uint32_t)a->b[12] << 24 | (uint32_t)a->b[13] << 16 | (uint32_t)a->b[14] << 8 |
	       a->b[15];
}

/* What is reset must be an offence, whichever end the segment is for. */
static int take(void *context, const struct reset *r)
{
	bool to_client = (v4(&r->destination) & 0xffffff00) == INTERNAL;
	uint32_t client = v4(to_client ? &r->destination : &r->source);
	uint32_t server = v4(to_client ? &r->source : &r->destination);
	unsigned int host = client & 0xff, peer = server & 0xff;

	(void)context;
	assert_int_equal(to_client ? r->source_port : r->destination_port, 25);
	assert_int_equal(client & 0xffffff00, INTERNAL);
	assert_int_equal(server & 0xffffff00, EXTERNAL);
	assert_in_range(host, 1, HOSTS);
	assert_in_range(peer, 1, SERVERS);
	assert_false(is_permitted(host, peer));
	assert_false(is_protected(host, peer));
	sent++;
	answered_client = client;
	answered_server = server;
	return 0;
}

static struct prefix prefix_of(uint32_t address)
{
	char text[32];
	struct prefix p;

	snprintf(text, sizeof(text), "%u.%u.%u.%u", address >> 24, address >> 16 & 255,
		 address >> 8 & 255, address & 255);
	assert_int_equal(prefix_parse(text, &p), 0);
	return p;
}

static struct policy *make_policy(struct prefix never[HOSTS + SERVERS], size_t *ret_count)
{
	struct policy *p = policy_new();
	size_t n = 0;

	assert_non_null(p);
	memset(&rules, 0, sizeof(rules));
	assert_int_equal(policy_add_also_watch(p, 587, "test"), 0);
	for (unsigned int s = 1; s <= SERVERS; s++) {
		struct prefix at = prefix_of(EXTERNAL + s);

		rules.smart_host[s] = draw(12) == 0;
		rules.any_smart_host |= rules.smart_host[s];
		if (rules.smart_host[s])
			policy_add_smart_host(p, &at, "test");
		rules.never_server[s] = draw(20) == 0;
		if (rules.never_server[s])
			never[n++] = at;
	}
	for (unsigned int h = 1; h <= HOSTS; h++) {
		struct prefix at = prefix_of(INTERNAL + h);

		rules.mail_server[h] = draw(5) == 0;
		if (rules.mail_server[h])
			policy_add_mail_server(p, &at, "test");
		rules.never[h] = draw(10) == 0;
		if (rules.never[h])
			never[n++] = at;
		for (unsigned int s = 0; s <= SERVERS; s++) {
			struct allow allow = {.source = at, .any_destination = s == 0, .port = 25};

			rules.allowed[h][s] = draw(20) == 0;
			allow.destination = prefix_of(EXTERNAL + s);
			if (rules.allowed[h][s])
				policy_add_allow(p, &allow, "test");
		}
	}
	*ret_count = n;
	return p;
}

static void put32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (24 - 8 * i));
}

/* Each host has a MAC address of its own, and all servers the router's. */
static void give(struct way *way, int64_t time, uint32_t from, uint32_t to, uint16_t from_port,
		 uint16_t to_port, uint32_t seq, uint32_t ack, uint8_t flags, unsigned int length)
{
	static const uint8_t head[] = {8, 0, 0x45, 0, 0, 0, 0, 9, 0, 0, 64, 6};
	uint8_t data[54 + 64] = {2, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0};
	struct frame f = {.time = time,
			  .data = data,
			  .captured = 54 + length,
			  .length = 54 + length,
			  .link = LINK_ETHERNET};

	memcpy(data + 12, head, sizeof(head));
	data[5] = to >> 24 == 10 ? (uint8_t)to : 0xfe;
	data[11] = from >> 24 == 10 ? (uint8_t)from : 0xfe;
	data[17] = (uint8_t)(40 + length);
	put32(data + 26, from);
	put32(data + 30, to);
	put32(data + 34, (uint32_t)from_port << 16 | to_port);
	put32(data + 38, seq);
	put32(data + 42, ack);
	data[46] = 0x50;
	data[47] = flags;
	data[48] = 0xff;
	way_frame(way, &f);
	way_answer(way, f.time);
}

static uint32_t draw_address(void)
{
	switch (draw(8)) {
	case 0:
		return OUTSIDE + 1 + draw(4);
	case 1:
	case 2:
	case 3:
		return EXTERNAL + 1 + draw(SERVERS);
	default:
		return INTERNAL + 1 + draw(HOSTS);
	}
}

/* Anything between anybody, in any order. */
static void noise(struct way *way, int64_t time)
{
	static const uint16_t ports[] = {25, 587, 80, 40000, 40001, 40002};
	static const uint8_t flags[] = {TCP_SYN,	   TCP_SYN | TCP_ACK,
					TCP_ACK,	   TCP_ACK | TCP_PSH,
					TCP_FIN | TCP_ACK, TCP_RST,
					TCP_RST | TCP_ACK, 0};
	uint32_t from = draw_address(), to = draw_address();
	uint16_t from_port = ports[draw(6)], to_port = ports[draw(6)];

	/* An external server's address and one outside: nothing that the test's rules speak of. */
	if ((from & 0xffffff00) == OUTSIDE && to_port == 25)
		from_port = 80;
	if ((to & 0xffffff00) == OUTSIDE && to_port == 25)
		to_port = 80;
	if ((from & 0xffffff00) == OUTSIDE && from_port == 25)
		from_port = 40000;
	give(way, time, from, to, from_port, to_port, draw(4) * 1000, draw(4) * 1000,
	     flags[draw(8)], draw(2) ? draw(64) : 0);
}

static void a_world(unsigned int number, unsigned int *offences)
{
	static const struct way_resets sender = {.send = take};
	struct prefix never[HOSTS + SERVERS];
	struct way_options options = {.key = {{number, 2}}, .flows = 4096};
	struct way *way = way_new(&options);
	struct batch *batch = batch_new(&options.key);
	int64_t now = INT64_C(1700000000000000);
	struct policy *policy;
	size_t never_count;

	assert_non_null(way);
	assert_non_null(batch);
	seed = number * UINT64_C(0x9e3779b97f4a7c15) + 1;
	policy = make_policy(never, &never_count);
	way_set_policy(way, policy);
	way_set_batch(way, batch);
	way_set_resets(way, &sender);
	way_set_protected(way, never, never_count, 1000000);
	way_set_reset_mode(way, RESET_ON);
	for (unsigned int i = 0; i < FRAMES; i++, now += 5000) {
		unsigned int host = 1 + draw(HOSTS), server = 1 + draw(SERVERS);

		if (draw(3)) {
			noise(way, now);
			continue;
		}
		/* A new attempt, on a port of its own. */
		sent = 0;
		give(way, now, INTERNAL + host, EXTERNAL + server, (uint16_t)(1024 + i), 25,
		     7000000 + i * 1000, 0, TCP_SYN, 0);
		if (is_permitted(host, server) || is_protected(host, server)) {
			assert_int_equal(sent, 0);
		} else if (!rules.mail_server[host]) {
			assert_int_equal(sent, 2);
			assert_int_equal(answered_client, INTERNAL + host);
			assert_int_equal(answered_server, EXTERNAL + server);
			(*offences)++;
		}
	}
	way_free(way);
	batch_free(batch);
	policy_free(policy);
}

static void no_permitted_connection_is_ever_reset_and_every_offence_is(void **state)
{
	unsigned int offences = 0;

	(void)state;
	for (unsigned int number = 0; number < WORLDS; number++)
		a_world(number, &offences);
	assert_true(offences > WORLDS * FRAMES / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_permitted_connection_is_ever_reset_and_every_offence_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
