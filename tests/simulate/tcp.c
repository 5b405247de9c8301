#include "tcp.h"

#include <string.h>

/* When a kernel sends its SYN again, in milliseconds after the first; 0 ends. */
static const uint32_t again[KERNEL_COUNT][7] = {
	[KERNEL_LINUX] = {1000, 3000, 7000, 15000, 31000, 63000},
	[KERNEL_WINDOWS] = {1000, 3000, 7000, 15000},
	[KERNEL_WINDOWS7] = {3000, 9000},
	[KERNEL_EMBEDDED] = {3000, 9000, 21000},
};
/* When it gives up. */
static const uint32_t gives_up[KERNEL_COUNT] = {127000, 21000, 21000, 45000};

static const uint8_t linux_options[] = {2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 1,
					2, 3, 0, 0,    0, 0, 1, 3,  3, 7};
static const uint8_t windows_options[] = {2, 4, 5, 0xb4, 1, 3, 3, 8, 1, 1, 4, 2};
static const uint8_t plain_options[] = {2, 4, 5, 0xb4};

/* About 64 KiB, by the scale that the options of the SYN give. */
static uint16_t window(const struct conn *c, bool client, uint8_t flags)
{
	if (flags & TCP_SYN || c->host->kernel == KERNEL_EMBEDDED)
		return client ? 64240 : 65535;
	return client && c->host->kernel == KERNEL_LINUX ? 502 : 256;
}

static void segment(struct conn *c, bool client, uint64_t time, uint8_t flags, uint32_t seq,
		    uint32_t ack, const void *data, size_t length)
{
	struct wire_segment s = {.seq = seq,
				 .ack = flags & TCP_ACK ? ack : 0,
				 .window = window(c, client, flags),
				 .flags = flags,
				 .payload = data,
				 .length = length};

	if (flags & TCP_SYN) {
		s.options = c->host->kernel == KERNEL_EMBEDDED ? plain_options : windows_options;
		s.options_length = c->host->kernel == KERNEL_EMBEDDED ? sizeof(plain_options)
								      : sizeof(windows_options);
		if (client && c->host->kernel == KERNEL_LINUX) {
			s.options = linux_options;
			s.options_length = sizeof(linux_options);
		}
	}
	wire_tcp(&c->sim->wire, time, client ? &c->client : &c->server,
		 client ? &c->server : &c->client, c->host->vlan, &s);
}

static void syn(struct conn *c, uint64_t time)
{
	segment(c, true, time, TCP_SYN, c->client_seq, 0, NULL, 0);
}

static void count(struct conn *c, uint32_t ip)
{
	struct truth *t = &c->host->truth;

	t->attempts++;
	if (t->attempts == 1)
		t->first = c->now;
	t->last = c->now;
	set_add(&t->servers, ip);
}

static enum block blocked(const struct conn *c, uint16_t port)
{
	if (port != 25)
		return BLOCK_NONE;
	if (c->host->block != BLOCK_NONE)
		return c->host->block;
	return c->sim->blocked && !c->host->exempt ? c->sim->site.block : BLOCK_NONE;
}

/* SYNs into the void, until the kernel or the program has enough. */
static enum opened silence(struct conn *c, uint64_t patience)
{
	uint64_t limit = (uint64_t)gives_up[c->host->kernel] * MS;

	if (patience && patience < limit)
		limit = patience;
	syn(c, c->now);
	for (const uint32_t *ms = again[c->host->kernel]; *ms && *ms * MS < limit; ms++)
		syn(c, c->now + *ms * MS + rng_below(c->rng, 8) * MS);
	c->now += limit;
	return OPEN_SILENT;
}

/* Windows tries twice more after a RST, half a second later each. */
static enum opened refusal(struct conn *c, uint64_t delay)
{
	bool windows = c->host->kernel == KERNEL_WINDOWS || c->host->kernel == KERNEL_WINDOWS7;

	for (int i = 0; i < (windows ? 3 : 1); i++) {
		if (i)
			c->now += 500 * MS + rng_below(c->rng, 12) * MS;
		syn(c, c->now);
		c->now += rng_jitter(c->rng, delay, 10);
		segment(c, false, c->now, TCP_RST | TCP_ACK, 0, c->client_seq + 1, NULL, 0);
	}
	return OPEN_REFUSED;
}

/* A router's word.  Linux and small stacks take it for the end of the attempt; Windows goes on, and
 * has it again for each SYN. */
static enum opened unreachable(struct conn *c, const struct wire_end *router, uint64_t delay,
			       uint8_t code, uint64_t patience)
{
	struct wire_end from = *router;
	uint64_t start = c->now;
	bool windows = c->host->kernel == KERNEL_WINDOWS || c->host->kernel == KERNEL_WINDOWS7;
	const uint32_t *ms = again[c->host->kernel];

	for (;; ms++) {
		syn(c, c->now);
		c->now += rng_jitter(c->rng, delay, 10);
		wire_unreachable(&c->sim->wire, c->now, &from, &c->client, c->host->vlan, code,
				 &c->server, c->client_seq);
		if (!windows || !*ms || (patience && *ms * MS > patience))
			return OPEN_UNREACHABLE;
		c->now = start + *ms * MS;
	}
}

static enum opened handshake(struct conn *c)
{
	uint64_t sent = c->now;

	syn(c, c->now);
	if (rng_chance(c->rng, c->loss)) {
		sent += again[c->host->kernel][0] * MS;
		syn(c, sent);
	}
	c->now = sent + rng_jitter(c->rng, c->rtt, 8);
	segment(c, false, c->now, TCP_SYN | TCP_ACK, c->server_seq, c->client_seq + 1, NULL, 0);
	c->client_seq++;
	c->server_seq++;
	c->now += (20 + rng_below(c->rng, 180)) * US;
	segment(c, true, c->now, TCP_ACK, c->client_seq, c->server_seq, NULL, 0);
	return OPENED;
}

static uint16_t next_port(struct host *h)
{
	uint16_t low = h->kernel == KERNEL_LINUX      ? 32768
		       : h->kernel == KERNEL_EMBEDDED ? 1025
						      : 49152;

	h->end.port = h->end.port < low || h->end.port >= 60990 ? low : (uint16_t)(h->end.port + 1);
	return h->end.port;
}

static void prepare(struct conn *c, const struct server *v, uint16_t port)
{
	c->client = c->host->end;
	c->client.port = next_port(c->host);
	c->client.id = (uint16_t)rng_next(c->rng);
	memcpy(c->server.mac, c->sim->site.gateway_mac, 6);
	c->server.ip = v->ip;
	c->server.port = port;
	c->server.id = (uint16_t)rng_next(c->rng);
	c->server.ttl = v->ttl;
	c->rtt = v->rtt;
	c->mss = rng_chance(c->rng, 100) ? 1380 : 1460;
	c->loss = rng_chance(c->rng, 100) ? 30 : 3;
	c->client_seq = (uint32_t)rng_next(c->rng);
	c->server_seq = (uint32_t)rng_next(c->rng);
}

enum opened conn_open(struct conn *c, struct sim *s, struct host *h, struct rng *r, uint64_t now,
		      const struct server *v, uint16_t port, uint64_t patience)
{
	struct wire_end router;
	enum opened how;

	memset(c, 0, sizeof(*c));
	c->sim = s;
	c->host = h;
	c->rng = r;
	c->now = now;
	prepare(c, v, port);
	router = c->server;
	router.ip = s->site.net + 1;
	router.ttl = 64;
	if (port == 25)
		count(c, v->ip);
	switch (blocked(c, port)) {
	case BLOCK_DROP:
		return silence(c, patience);
	case BLOCK_RESET:
		c->server.ttl = 64;
		return refusal(c, 400 * US);
	case BLOCK_ICMP:
		return unreachable(c, &router, 300 * US, 13, patience);
	case BLOCK_NONE:
		break;
	}
	switch (v->life) {
	case LIFE_SILENT:
		return silence(c, patience);
	case LIFE_REFUSES:
		return refusal(c, v->rtt);
	case LIFE_UNREACHABLE:
		router.ip = (v->ip & 0xffff0000) + 0x101;
		router.ttl = (uint8_t)(v->ttl + 2);
		return unreachable(c, &router, v->rtt, 1, patience);
	case LIFE_UP:
		break;
	}
	how = handshake(c);
	if (port == 25)
		h->truth.connected++;
	return how;
}

/* Acknowledgements that fell due before `until`. */
static void settle(struct conn *c, uint64_t until)
{
	if (c->client_due && c->client_due <= until) {
		segment(c, true, c->client_due, TCP_ACK, c->client_seq, c->server_seq, NULL, 0);
		c->client_due = 0;
	}
	if (c->server_due && c->server_due <= until) {
		segment(c, false, c->server_due, TCP_ACK, c->server_seq, c->client_seq, NULL, 0);
		c->server_due = 0;
	}
}

void conn_wait(struct conn *c, uint64_t time)
{
	c->now += time;
	settle(c, c->now);
}

static uint64_t delayed(const struct conn *c, bool client)
{
	bool windows =
		client ? c->host->kernel == KERNEL_WINDOWS || c->host->kernel == KERNEL_WINDOWS7
		       : c->server.ttl > 64;

	return windows ? 200 * MS : 40 * MS;
}

/* One flight of at most `window` segments, the last of all where it takes the rest. */
static size_t flight(struct conn *c, const uint8_t *data, size_t length, uint32_t window)
{
	size_t sent = 0;
	uint32_t n = 0, seq = c->client_seq, held = 0;
	uint64_t t = c->now, resend = 0, acked;
	uint32_t segments = (uint32_t)((length + c->mss - 1) / c->mss), lost = UINT32_MAX;
	size_t lost_at = 0, lost_length = 0;

	if (segments > window)
		segments = window;
	if (rng_chance(c->rng, c->loss))
		lost = rng_below(c->rng, segments);
	for (; n < segments; n++, t += 13 * US) {
		size_t part = length - sent < c->mss ? length - sent : c->mss;
		bool last = n + 1 == segments;

		segment(c, true, t, last ? TCP_ACK | TCP_PSH : TCP_ACK, seq + (uint32_t)sent,
			c->server_seq, data + sent, part);
		if (n == lost) {
			lost_at = sent;
			lost_length = part;
		} else if (n > lost) {
			segment(c, false, t + c->rtt, TCP_ACK, c->server_seq,
				seq + (uint32_t)lost_at, NULL, 0);
			if (++held == 3)
				resend = t + c->rtt + 30 * US;
		} else if (n % 2 && !last) {
			segment(c, false, t + c->rtt, TCP_ACK, c->server_seq,
				seq + (uint32_t)(sent + part), NULL, 0);
		}
		sent += part;
	}
	acked = t;
	if (lost != UINT32_MAX) {
		acked = resend ? resend : t + (c->rtt > 100 * MS ? 2 * c->rtt : 200 * MS);
		segment(c, true, acked, TCP_ACK | TCP_PSH, seq + (uint32_t)lost_at, c->server_seq,
			data + lost_at, lost_length);
		if (acked < t + c->rtt)
			acked = t + c->rtt;
	}
	c->client_seq = seq + (uint32_t)sent;
	c->now = acked;
	return sent;
}

void conn_say(struct conn *c, const void *data, size_t length)
{
	const uint8_t *p = data;
	uint32_t window = 10;

	settle(c, c->now);
	c->client_due = 0;
	while (length > 0) {
		size_t sent = flight(c, p, length, window);

		p += sent;
		length -= sent;
		window = window < 40 ? window * 2 : window;
		if (length > 0) {
			c->now += c->rtt + 20 * US;
			segment(c, false, c->now, TCP_ACK, c->server_seq, c->client_seq, NULL, 0);
			c->now += 25 * US;
		}
	}
	c->server_due = c->now + c->rtt + delayed(c, false);
}

void conn_answer(struct conn *c, uint64_t think, const void *data, size_t length)
{
	const uint8_t *p = data;
	uint64_t t = c->now + rng_jitter(c->rng, c->rtt, 6) + think;
	uint32_t n = 0;

	if (rng_chance(c->rng, c->loss)) /* lost on its way here: seen when it is sent again */
		t += 200 * MS + c->rtt;
	settle(c, t);
	c->server_due = 0;
	while (length > 0) {
		size_t part = length < c->mss ? length : c->mss;

		segment(c, false, t, length == part ? TCP_ACK | TCP_PSH : TCP_ACK, c->server_seq,
			c->client_seq, p, part);
		c->server_seq += (uint32_t)part;
		if (++n % 2 == 0) {
			segment(c, true, t + 30 * US, TCP_ACK, c->client_seq, c->server_seq, NULL,
				0);
			c->client_due = 0;
		} else {
			c->client_due = t + delayed(c, true);
		}
		p += part;
		length -= part;
		t += 120 * US;
	}
	c->now = t;
}

void conn_client_fin(struct conn *c)
{
	if (c->client_closed)
		return;
	settle(c, c->now);
	c->client_due = 0;
	segment(c, true, c->now, TCP_ACK | TCP_FIN, c->client_seq++, c->server_seq, NULL, 0);
	c->client_closed = true;
	c->now += c->rtt;
	c->server_due = 0;
	segment(c, false, c->now, c->server_closed ? TCP_ACK : TCP_ACK | TCP_FIN, c->server_seq,
		c->client_seq, NULL, 0);
	if (c->server_closed)
		return;
	c->server_seq++;
	c->server_closed = true;
	c->now += 40 * US;
	segment(c, true, c->now, TCP_ACK, c->client_seq, c->server_seq, NULL, 0);
}

void conn_server_fin(struct conn *c, uint64_t think)
{
	uint64_t t = c->now + think;

	if (c->server_closed)
		return;
	settle(c, t);
	c->server_due = 0;
	segment(c, false, t, TCP_ACK | TCP_FIN, c->server_seq++, c->client_seq, NULL, 0);
	c->server_closed = true;
	c->now = t + 40 * US;
	c->client_due = 0;
	segment(c, true, c->now, TCP_ACK, c->client_seq, c->server_seq, NULL, 0);
}

void conn_reset(struct conn *c)
{
	settle(c, c->now);
	segment(c, true, c->now, TCP_RST | TCP_ACK, c->client_seq, c->server_seq, NULL, 0);
	c->client_closed = c->server_closed = true;
}
