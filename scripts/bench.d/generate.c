/*
 * generate: capture files for scripts/bench, the same bytes for the same arguments.
 *
 *   generate mixed BYTES FILE   an office's traffic: 640 bytes a frame, a quarter of them tagged,
 *                               one frame in a hundred on port 25: lone SYNs and short dialogues
 *   generate few BYTES FILE     the same, but what is on port 25 comes from three hosts, not 2,000
 *   generate tenth BYTES FILE   as mixed, but a tenth of the frames are dialogues, with bodies of
 *                               up to thirty full segments
 *   generate flood COUNT FILE   COUNT attempts at once, each on a four-tuple of its own; one in
 *                               twenty is answered and in dialogue when the file ends
 *   generate mail COUNT FILE    COUNT whole deliveries and nothing else
 *   generate tunnel COUNT FILE  the same as a remote mirror sends them, in VXLAN and GRE by turns
 *   generate dns COUNT FILE     COUNT questions for a domain's mail exchanger, and the answers
 *   generate quiet COUNT FILE   COUNT frames without port 25, and one attempt
 *
 * Prints "frames attempts connected": what a reader of the file must find.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIN 1
#define SYN 2
#define PSH 8
#define ACK 16

#define OPEN 512 /* dialogues that take turns */

#define VXLAN 50 /* bytes before the frame within */
#define GRE   38

static bool remote; /* frames come in tunnels */
static uint32_t clients = 2000;

static FILE *out;
static uint64_t state = 0x25252525u;
static uint64_t frames, bytes, attempts, connected;
static uint64_t now = 1772521200000000u; /* microseconds */

static uint32_t rnd(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 32);
}

static uint32_t below(uint32_t n)
{
	return (uint32_t)(((uint64_t)rnd() * n) >> 32);
}

struct side {
	uint32_t address;
	uint16_t port;
	uint32_t number;
};

static void put16(unsigned char *p, unsigned int v)
{
	p[0] = (unsigned char)(v >> 8);
	p[1] = (unsigned char)v;
}

static void put32(unsigned char *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v & 0xffff);
}

static uint16_t ip_checksum(const unsigned char *p)
{
	uint32_t sum = 0;

	for (int i = 0; i < 20; i += 2)
		sum += (uint32_t)(p[i] << 8 | p[i + 1]);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t) ~((sum & 0xffff) + (sum >> 16));
}

/* Each host of the LAN has its own; whatever is outside comes by way of the router. */
static void put_mac(unsigned char *p, uint32_t address)
{
	p[0] = 2;
	p[1] = 0;
	put32(p + 2, address >> 24 == 10 ? address : 1);
}

static void write_or_die(const void *data, size_t length)
{
	if (fwrite(data, 1, length, out) != length) {
		perror("generate: write");
		exit(3);
	}
}

/* What a remote mirror puts before a frame of `length` bytes at p.  Returns the new begin. */
static unsigned char *put_tunnel(unsigned char *p, uint32_t *length)
{
	uint32_t head = frames % 2 ? GRE : VXLAN;
	unsigned char *at = p - head;

	memset(at, 0, head);
	put_mac(at, 0x0a000003);
	put_mac(at + 6, 0x0a000002);
	put16(at + 12, 0x0800);
	at[14] = 0x45;
	put16(at + 16, *length + head - 14);
	at[22] = 64;
	at[23] = head == GRE ? 47 : 17;
	put32(at + 26, 0x0a000002);
	put32(at + 30, 0x0a000003);
	put16(at + 24, ip_checksum(at + 14));
	if (head == GRE) {
		put16(at + 36, 0x6558);
	} else {
		put16(at + 34, 40000);
		put16(at + 36, 4789);
		put16(at + 38, *length + 16);
		at[42] = 0x08;
		at[48] = 25;
	}
	*length += head;
	return at;
}

/* A frame in the file; `length` bytes of payload follow the headers (zero where text is NULL). */
static void frame(const struct side *from, const struct side *to, unsigned int protocol,
		  unsigned int flags, const void *text, uint32_t length, unsigned int vlan)
{
	static unsigned char b[2048];
	unsigned char *p = b + 16 + VXLAN;
	uint32_t header = protocol == 6 ? 20 : 8, at, captured;
	uint32_t record[4];

	memset(p, 0, 18 + 20 + 20);
	put_mac(p, to->address);
	put_mac(p + 6, from->address);
	at = 12;
	if (vlan) {
		put16(p + 12, 0x8100);
		put16(p + 14, vlan);
		at = 16;
	}
	put16(p + at, 0x0800);
	at += 2;
	p[at] = 0x45;
	put16(p + at + 2, 20 + header + length);
	p[at + 6] = 0x40;
	p[at + 8] = 64;
	p[at + 9] = (unsigned char)protocol;
	put32(p + at + 12, from->address);
	put32(p + at + 16, to->address);
	put16(p + at + 10, ip_checksum(p + at));
	at += 20;
	put16(p + at, from->port);
	put16(p + at + 2, to->port);
	if (protocol == 6) {
		put32(p + at + 4, from->number);
		put32(p + at + 8, flags & ACK ? to->number : 0);
		p[at + 12] = 5 << 4;
		p[at + 13] = (unsigned char)flags;
		put16(p + at + 14, 64240);
	} else {
		put16(p + at + 4, 8 + length);
	}
	at += header;
	if (text)
		memcpy(p + at, text, length);
	captured = at + length < 60 ? 60 : at + length;
	if (captured > at + length)
		memset(p + at + length, 0, captured - at - length);
	if (remote)
		p = put_tunnel(p, &captured);
	record[0] = (uint32_t)(now / 1000000);
	record[1] = (uint32_t)(now % 1000000);
	record[2] = record[3] = captured;
	memcpy(p - 16, record, 16);
	write_or_die(p - 16, 16 + captured);
	frames++;
	bytes += 16 + captured;
}

/* One delivery, step by step. */
struct dialogue {
	struct side client, server;
	unsigned int vlan;
	int step;	   /* 0: not begun */
	unsigned int full; /* segments of the body that are still to come before its last line */
};

static const struct line {
	bool by_server;
	unsigned int flags;
	const char *text;
} script[] = {
	{false, SYN, ""},
	{true, SYN | ACK, ""},
	{false, ACK, ""},
	{true, PSH | ACK, "220 mx.example.net ESMTP\r\n"},
	{false, PSH | ACK, "EHLO office-pc\r\n"},
	{true, PSH | ACK, "250-mx.example.net\r\n250-PIPELINING\r\n250 SIZE 20480000\r\n"},
	{false, PSH | ACK, "MAIL FROM:<a@example.org>\r\n"},
	{true, PSH | ACK, "250 2.1.0 Ok\r\n"},
	{false, PSH | ACK, "RCPT TO:<b@example.net>\r\n"},
	{true, PSH | ACK, "250 2.1.5 Ok\r\n"},
	{false, PSH | ACK, "DATA\r\n"},
	{true, PSH | ACK, "354 go on\r\n"},
	{false, PSH | ACK, "Subject: offer\r\n\r\nCheap, cheap, cheap, cheap, cheap.\r\n.\r\n"},
	{true, PSH | ACK, "250 2.0.0 Ok: queued\r\n"},
	{false, PSH | ACK, "QUIT\r\n"},
	{true, PSH | ACK, "221 2.0.0 Bye\r\n"},
	{false, FIN | ACK, ""},
	{true, FIN | ACK, ""},
	{false, ACK, ""},
};

#define BODY  12 /* the step that is the body's end */
#define STEPS ((int)(sizeof(script) / sizeof(script[0])))

/* A four-tuple of its own for each serial number: the clients' ports go up from 1024. */
static void begin(struct dialogue *d, uint64_t serial)
{
	uint64_t port = serial / clients;

	d->client.address = 0x0a000000u + 256 + (uint32_t)(serial % clients);
	d->client.port = (uint16_t)(1024 + port % 60000);
	d->client.number = rnd();
	d->server.address = 0x50000000u + below(1u << 24);
	d->server.port = 25;
	d->server.number = rnd();
	d->vlan = below(4) ? 0 : 10 + below(8);
	d->step = 0;
	d->full = 0;
}

/* A full segment of lines such as mail has. */
static const char *body(void)
{
	static char text[1460];

	for (size_t i = 0; i < sizeof(text) && !text[sizeof(text) - 1]; i++)
		text[i] = i % 73 == 71 ? '\r' : i % 73 == 72 ? '\n' : (char)('a' + i % 26);
	return text;
}

/* The next frame of it; false once it has ended. */
static bool advance(struct dialogue *d)
{
	const struct line *line = &script[d->step];
	struct side *from = line->by_server ? &d->server : &d->client;
	struct side *to = line->by_server ? &d->client : &d->server;
	uint32_t length = (uint32_t)strlen(line->text);

	if (d->step == BODY && d->full > 0) {
		d->full--;
		frame(from, to, 6, ACK, body(), 1460, d->vlan);
		from->number += 1460;
		return true;
	}
	frame(from, to, 6, line->flags, line->text, length, d->vlan);
	from->number += length + !!(line->flags & (SYN | FIN));
	attempts += d->step == 0;
	connected += d->step == 1;
	return ++d->step < STEPS;
}

/* Anything but port 25: a few large flows and many small ones, TCP for the most part, 640 bytes. */
static void other(void)
{
	static const uint16_t port[] = {443, 443, 443, 80, 993, 445, 22, 8080};
	uint32_t kind = below(100), length;
	unsigned int vlan = below(4) ? 0 : 10 + below(8);
	struct side inner = {0x0a000000u + 256 + below(2000), (uint16_t)(32768 + below(28000)),
			     rnd()};
	struct side outer = {0x60000000u + below(4096), port[below(8)], rnd()};
	bool inward = below(100) < 60;
	unsigned int protocol = below(100) < 12 ? 17 : 6;

	if (kind < 42)
		length = below(24);
	else if (kind < 60)
		length = 100 + below(600);
	else
		length = 1100 + below(361);
	frame(inward ? &outer : &inner, inward ? &inner : &outer, protocol, ACK, NULL, length,
	      vlan);
}

static void office(uint64_t size, uint32_t lone_share, uint32_t share, unsigned int most)
{
	static struct dialogue open[OPEN];
	static bool used[OPEN];
	uint64_t serial = 0;

	while (bytes < size) {
		uint32_t dice = below(1000), i = below(OPEN);

		now += 4 + below(4);
		if (dice < lone_share) {
			struct dialogue lone;

			begin(&lone, serial++);
			advance(&lone);
		} else if (dice < share) {
			if (!used[i]) {
				begin(&open[i], serial++);
				open[i].full = most ? below(most + 1) : 0;
				used[i] = true;
			}
			used[i] = advance(&open[i]);
		} else {
			other();
		}
	}
}

static void mixed(uint64_t size)
{
	office(size, 5, 10, 0);
}

static void few(uint64_t size)
{
	clients = 3;
	office(size, 5, 10, 0);
}

static void tenth(uint64_t size)
{
	office(size, 0, 100, 30);
}

static void flood(uint64_t count)
{
	for (uint64_t serial = 0; serial < count; serial++) {
		struct dialogue d;
		int steps = serial % 20 == 7 ? 5 : 1;

		begin(&d, serial);
		for (int i = 0; i < steps; i++) {
			now += 2;
			advance(&d);
		}
	}
}

static void mail(uint64_t count)
{
	static struct dialogue open[OPEN];
	uint64_t serial = 0;
	uint32_t busy = 0;

	while (serial < count || busy) {
		if (busy < OPEN && serial < count) {
			begin(&open[busy++], serial++);
		} else {
			uint32_t i = below(busy);

			now += 3;
			if (!advance(&open[i]))
				open[i] = open[--busy];
		}
	}
}

static void tunnel(uint64_t count)
{
	remote = true;
	mail(count);
}

/* Each client asks for another domain, of a hundred. */
static void dns(uint64_t count)
{
	static const unsigned char answer[] = {0xc0, 12, 0, 15, 0,  1, 0,   0,	 1,
					       44,   0,	 7, 0,	10, 2, 'm', 'x', 0xc0};
	struct side resolver = {0x50505050, 53, 0};

	for (uint64_t i = 0; i < count; i++) {
		struct side client = {0x0a000100u + (uint32_t)(i % 2000),
				      (uint16_t)(32768 + i % 20000), 0};
		unsigned char m[64] = {0};
		uint32_t at = 12;

		put16(m, rnd() & 0xffff);
		m[2] = 1;
		m[5] = 1;
		at += (uint32_t)sprintf((char *)m + at, "\7site-%02u\3net",
					(unsigned int)(i % 100));
		at++;
		put16(m + at, 15);
		put16(m + at + 2, 1);
		at += 4;
		now += 20;
		frame(&client, &resolver, 17, 0, m, at, 0);
		m[2] = 0x81;
		m[3] = 0x80;
		m[7] = 1;
		memcpy(m + at, answer, sizeof(answer));
		at += sizeof(answer);
		m[at++] = 12;
		now += 20;
		frame(&resolver, &client, 17, 0, m, at, 0);
	}
}

static void quiet(uint64_t count)
{
	struct dialogue d;

	begin(&d, 0);
	advance(&d);
	for (uint64_t i = 0; i < count; i++) {
		now += 20000;
		other();
	}
}

static const struct kind {
	const char *name;
	void (*make)(uint64_t n);
} kinds[] = {{"mixed", mixed}, {"few", few},	   {"tenth", tenth}, {"flood", flood},
	     {"mail", mail},   {"tunnel", tunnel}, {"dns", dns},     {"quiet", quiet}};

int main(int argc, char **argv)
{
	static const uint32_t header[6] = {0xa1b2c3d4u, 2 | 4 << 16, 0, 0, 65535, 1};

	for (size_t i = 0; argc == 4 && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(argv[1], kinds[i].name) != 0)
			continue;
		out = fopen(argv[3], "wb");
		if (!out) {
			fprintf(stderr, "generate: %s: %s\n", argv[3], strerror(errno));
			return 3;
		}
		setvbuf(out, NULL, _IOFBF, 1 << 20);
		write_or_die(header, sizeof(header));
		kinds[i].make(strtoull(argv[2], NULL, 10));
		if (fclose(out) != 0) {
			perror("generate: write");
			return 3;
		}
		printf("%llu %llu %llu\n", (unsigned long long)frames, (unsigned long long)attempts,
		       (unsigned long long)connected);
		return 0;
	}
	fputs("usage: generate mixed|few|tenth|flood|mail|tunnel|dns|quiet NUMBER FILE\n", stderr);
	return 2;
}
