#include "conversation.h"

#include <stdlib.h>
#include <string.h>

#include "wire/dns_made.h"

struct way *way;
struct policy *policy;
struct batch *batch;
int64_t now;

static uint16_t last_port;

int conversation_setup(void **state)
{
	struct way_options options = {.key = {{5, 6}}};
	struct prefix mail_server;

	(void)state;
	policy = policy_new();
	assert_int_equal(prefix_parse("10.0.0.25", &mail_server), 0);
	policy_add_mail_server(policy, &mail_server, "test");
	assert_int_equal(policy_add_also_watch(policy, 587, "test"), 0);
	batch = batch_new(&options.key);
	way = way_new(&options);
	assert_non_null(batch);
	assert_non_null(way);
	way_set_policy(way, policy);
	way_set_batch(way, batch);
	now = INT64_C(1700000000) * SEC;
	last_port = 40000;
	return 0;
}

int conversation_teardown(void **state)
{
	(void)state;
	way_free(way);
	batch_free(batch);
	policy_free(policy);
	return 0;
}

static void put16(uint8_t *p, unsigned int v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v & 0xffff);
}

static void put_address(uint8_t *p, const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(text, &a), 0);
	assert_true(addr_is_v4(&a));
	memcpy(p, a.b + 12, 4);
}

/* Ethernet and IPv4 around what stands behind them in frame; from a heap copy of that length. */
static void give(uint8_t *frame, size_t length, uint8_t protocol, const char *from, const char *to)
{
	static const uint8_t head[24] = {2, 0, 0,    0, 0, 1, 2, 0, 0, 0, 0,  7,
					 8, 0, 0x45, 0, 0, 0, 0, 9, 0, 0, 64, 0};
	uint8_t *copy = malloc(length);
	struct frame f = {.time = now,
			  .data = copy,
			  .captured = (uint32_t)length,
			  .length = (uint32_t)length,
			  .link = LINK_ETHERNET};

	assert_non_null(copy);
	memcpy(frame, head, sizeof(head));
	put16(frame + 16, (unsigned int)length - 14);
	frame[23] = protocol;
	put16(frame + 24, 0);
	put_address(frame + 26, from);
	put_address(frame + 30, to);
	memcpy(copy, frame, length);
	way_frame(way, &f);
	way_answer(way, f.time);
	free(copy);
	now += MS;
}

void segment(struct conversation *c, bool from_client, uint8_t flags, const char *payload)
{
	size_t n = strlen(payload);
	uint8_t frame[2000] = {0};

	assert_true(n <= sizeof(frame) - 54);
	put16(frame + 34, from_client ? c->client_port : c->server_port);
	put16(frame + 36, from_client ? c->server_port : c->client_port);
	put32(frame + 38, c->seq[from_client]);
	put32(frame + 42, flags & TCP_ACK ? c->seq[!from_client] : 0);
	frame[46] = 0x50;
	frame[47] = flags;
	put16(frame + 48, 65535);
	memcpy(frame + 54, payload, n);
	c->seq[from_client] += (uint32_t)n + ((flags & (TCP_SYN | TCP_FIN)) != 0);
	c->bytes[from_client] += n;
	give(frame, 54 + n, 6, from_client ? c->client : c->server,
	     from_client ? c->server : c->client);
}

void own_segment(struct conversation *c, const struct reset *r)
{
	uint8_t frame[54] = {0};

	put16(frame + 34, r->source_port);
	put16(frame + 36, r->destination_port);
	put32(frame + 38, r->seq);
	put32(frame + 42, r->ack);
	frame[46] = 0x50;
	frame[47] = TCP_RST | TCP_ACK;
	put16(frame + 48, r->window);
	give(frame, sizeof(frame), 6, c->server, c->client);
}

struct conversation attempt_port(const char *client, const char *server, uint16_t port)
{
	struct conversation c = {.client = client,
				 .server = server,
				 .client_port = ++last_port,
				 .server_port = port,
				 .seq = {900000, 70000}};

	segment(&c, true, TCP_SYN, "");
	return c;
}

struct conversation attempt(const char *client, const char *server)
{
	return attempt_port(client, server, 25);
}

static void shakes(struct conversation *c)
{
	segment(c, false, TCP_SYN | TCP_ACK, "");
	segment(c, true, TCP_ACK, "");
}

struct conversation connection(const char *client, const char *server)
{
	struct conversation c = attempt(client, server);

	shakes(&c);
	return c;
}

void says(struct conversation *c, const char *text)
{
	segment(c, true, TCP_PSH | TCP_ACK, text);
}

void replies(struct conversation *c, const char *text)
{
	segment(c, false, TCP_PSH | TCP_ACK, text);
}

void ends(struct conversation *c)
{
	segment(c, true, TCP_FIN | TCP_ACK, "");
	segment(c, false, TCP_FIN | TCP_ACK, "");
	segment(c, true, TCP_ACK, "");
}

static void says_name(struct conversation *c, const char *before, const char *name,
		      const char *after)
{
	char line[256];

	assert_true(strlen(before) + strlen(name) + strlen(after) < sizeof(line));
	strcpy(line, before);
	strcat(line, name);
	strcat(line, after);
	says(c, line);
}

void sends_message(struct conversation *c, const char *helo, const char *sender)
{
	replies(c, "220 mx.example.net ESMTP\r\n");
	says_name(c, "EHLO ", helo, "\r\n");
	replies(c, "250 mx.example.net\r\n");
	says_name(c, "MAIL FROM:<", sender, ">\r\n");
	replies(c, "250 2.1.0 ok\r\n");
	says(c, "RCPT TO:<x@example.net>\r\n");
	replies(c, "250 2.1.5 ok\r\n");
	says(c, "DATA\r\n");
	replies(c, "354 go on\r\n");
	says(c, "Subject: a\r\n\r\nb\r\n.\r\n");
	replies(c, "250 2.0.0 queued\r\n");
	says(c, "QUIT\r\n");
	replies(c, "221 bye\r\n");
	ends(c);
}

static void give_dns(const struct dns_made *d, const char *from, uint16_t from_port, const char *to,
		     uint16_t to_port)
{
	uint8_t frame[600] = {0};

	assert_true(d->n <= sizeof(frame) - 42);
	put16(frame + 34, from_port);
	put16(frame + 36, to_port);
	put16(frame + 38, (unsigned int)d->n + 8);
	memcpy(frame + 42, d->b, d->n);
	give(frame, 42 + d->n, 17, from, to);
}

void resolves(const char *client, const char *resolver, const char *name, unsigned int type,
	      const char *data)
{
	static struct dns_made d;
	uint16_t port = ++last_port;

	dns_begin(&d, port, DNS_QUERY);
	dns_question(&d, name, type);
	give_dns(&d, client, port, resolver, 53);
	dns_begin(&d, port, DNS_ANSWER);
	dns_question(&d, name, type);
	if (type == 15)
		dns_mx(&d, name, 300, data);
	else
		dns_address(&d, 1, name, 300, data);
	give_dns(&d, resolver, 53, client, port);
}

void collect(void)
{
	for (int i = 0; i < 4; i++) {
		now += 3 * SEC;
		way_tick(way, now);
		way_collect(way, UINT32_MAX);
	}
}

static struct addr addr_of(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(text, &a), 0);
	return a;
}

const struct connection *row_of(const char *client, const char *server)
{
	struct addr c = addr_of(client), s = addr_of(server);

	for (uint32_t i = 0; i < batch_connection_count(batch); i++) {
		const struct connection *row = batch_connection(batch, i);

		if (addr_equal(&row->client, &c) && addr_equal(&row->server, &s))
			return row;
	}
	fail_msg("no row of %s to %s", client, server);
	return NULL;
}

struct connection_texts texts_of(const char *client, const char *server)
{
	struct connection_texts t = {0};

	if (!batch_texts(batch, row_of(client, server), &t))
		fail_msg("no texts of %s to %s", client, server);
	return t;
}

const struct evidence *evidence_of(const char *client)
{
	const struct evidence *e = NULL;
	struct addr c = addr_of(client);

	for (uint32_t i = 0; i < batch_host_count(batch); i++)
		if (addr_equal(&batch_host(batch, i)->address, &c))
			e = &batch_host(batch, i)->evidence;
	return e;
}

struct tally sum_of(enum standing standing)
{
	struct tally sum = {0};

	for (uint32_t i = 0; i < batch_sum_count(batch); i++)
		if (batch_sum(batch, i)->standing == standing)
			tally_add(&sum, &batch_sum(batch, i)->tally);
	return sum;
}
