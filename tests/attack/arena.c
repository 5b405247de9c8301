#include "arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/moment.h"
#include "edge/store.h"
#include "monitor/way.h"
#include "wire/packet.h"

/* As src/monitor/watch.c has them. */
#define BEAT	     (MOMENT_SECOND / 4)
#define DISPATCH     128
#define COLLECT	     256
#define HEAD	     54
#define FRAME	     2048
#define BOT_SERVERS  0xc6336400u
#define BOT_ADDRESS  0x0a42004du
#define CLIENT_FIRST 70000u
#define SERVER_FIRST 900000u

static const char *const lines[] = {
	"220 mx.example.net ESMTP\r\n",
	"EHLO pc-77\r\n",
	"250 mx.example.net\r\n",
	"MAIL FROM:<a@example.org>\r\n",
	"250 2.1.0 ok\r\n",
	"RCPT TO:<x@example.net>\r\n",
	"250 2.1.5 ok\r\n",
	"DATA\r\n",
	"354 go on\r\n",
	"Subject: buy\r\n\r\nnow\r\n.\r\n",
	"250 2.0.0 queued\r\n",
	"QUIT\r\n",
	"221 bye\r\n",
};
#define LINES (sizeof(lines) / sizeof(lines[0]))

struct arena {
	struct arena_options options;
	struct way *way;
	struct policy *policy;
	struct batch *fill, *store;
	struct addr bot;
	int64_t now, beat, busy_until;
	uint64_t frames, cost, hosts, random;
	struct tally bot_tally, tally;
	struct health health;
	struct timespec mark;
	struct {
		uint64_t connections;
		unsigned int step; /* of the one under way, 0: none */
		uint16_t port;
		uint32_t seq[2]; /* [1]: the client's */
	} talk;
};

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "arena: %s\n", what);
	abort();
}

struct arena *arena_new(const struct arena_options *options)
{
	struct arena *a = calloc(1, sizeof(*a));
	struct way_options way = {.key = {{5, 6}}, .flows = options->flows};
	struct prefix mail_server;

	must(a, "no memory");
	a->options = *options;
	must(prefix_parse("10.0.0.25", &mail_server) == 0 && addr_parse(ARENA_BOT, &a->bot) == 0,
	     "an address");
	a->policy = policy_new();
	policy_add_mail_server(a->policy, &mail_server, "test");
	a->fill = batch_new(&way.key);
	a->store = batch_new(&way.key);
	a->way = way_new(&way);
	must(a->fill && a->store && a->way, "no memory");
	way_set_policy(a->way, a->policy);
	way_set_batch(a->way, a->fill);
	/* A minute soon begins, and with it sums of their own. */
	a->now = moment_floor(moment_now() - MOMENT_HOUR, MOMENT_MINUTE) + 58 * MOMENT_SECOND;
	a->beat = a->now;
	a->random = 88172645463325252u;
	a->talk.port = 20000;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a->mark);
	return a;
}

void arena_free(struct arena *a)
{
	way_free(a->way);
	batch_free(a->fill);
	batch_free(a->store);
	policy_free(a->policy);
	free(a);
}

uint32_t arena_random(struct arena *a)
{
	a->random ^= a->random << 13;
	a->random ^= a->random >> 7;
	a->random ^= a->random << 17;
	return (uint32_t)(a->random >> 16);
}

/* --- the writer ------------------------------------------------------------------------------- */

static void stop_clock(struct arena *a)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	a->cost +=
		(uint64_t)((t.tv_sec - a->mark.tv_sec) * 1000000000 + t.tv_nsec - a->mark.tv_nsec);
}

static void write_store(struct arena *a)
{
	char error[STORE_ERROR];

	if (a->options.store)
		must(store_write(a->options.store, a->store, moment_now(), NULL, NULL, error) == 0,
		     error);
	for (uint32_t i = 0; i < batch_sum_count(a->store); i++) {
		const struct sum *s = batch_sum(a->store, i);

		tally_add(&a->tally, &s->tally);
		if (addr_equal(&s->client, &a->bot))
			tally_add(&a->bot_tally, &s->tally);
	}
	a->hosts += batch_host_count(a->store);
	a->busy_until = a->now + (int64_t)batch_sum_count(a->store) * a->options.sum_cost;
}

static void hand_over(struct arena *a, bool wait)
{
	struct batch *full = a->fill;

	if (!wait && a->now < a->busy_until)
		return;
	way_health(a->way, batch_health(full));
	stop_clock(a);
	a->health = *batch_health(full);
	batch_clear(a->store);
	a->fill = a->store;
	a->store = full;
	way_set_batch(a->way, a->fill);
	write_store(a);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a->mark);
}

static void room(void *context)
{
	hand_over(context, true);
}

void arena_finish(struct arena *a)
{
	way_finish(a->way, room, a);
	hand_over(a, true);
}

/* --- frames ----------------------------------------------------------------------------------- */

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

/* Ethernet and IPv4. */
static void put_head(uint8_t *frame, uint32_t length, uint8_t protocol, uint32_t from, uint32_t to)
{
	static const uint8_t head[24] = {2, 0, 0,    0, 0, 1, 2, 0, 0, 0, 0,  7,
					 8, 0, 0x45, 0, 0, 0, 0, 9, 0, 0, 64, 0};

	memcpy(frame, head, sizeof(head));
	put16(frame + 16, length - 14);
	frame[23] = protocol;
	put16(frame + 24, 0);
	put32(frame + 26, from);
	put32(frame + 30, to);
}

static void give(struct arena *a, const uint8_t *frame, uint32_t captured, uint32_t length)
{
	const struct frame f = {.time = a->now,
				.data = frame,
				.captured = captured,
				.length = length,
				.link = LINK_ETHERNET};

	way_frame(a->way, &f);
	a->now += MOMENT_SECOND / a->options.rate;
	if (++a->frames % DISPATCH == 0) {
		way_answer(a->way, a->now);
		way_collect(a->way, COLLECT);
		if (batch_is_full(a->fill))
			hand_over(a, false);
	}
	if (a->now - a->beat < BEAT)
		return;
	a->beat = a->now;
	way_tick(a->way, a->now);
	way_collect(a->way, BATCH_SLACK);
	hand_over(a, false);
}

void arena_segment(struct arena *a, const struct arena_segment *s)
{
	uint8_t frame[FRAME] = {0};

	must(s->captured <= FRAME - HEAD, "a payload too long");
	put_head(frame, HEAD + s->length, 6, s->from, s->to);
	put16(frame + 34, s->from_port);
	put16(frame + 36, s->to_port);
	put32(frame + 38, s->seq);
	put32(frame + 42, s->ack);
	frame[46] = 0x50;
	frame[47] = s->flags;
	put16(frame + 48, 65535);
	if (s->captured)
		memcpy(frame + HEAD, s->payload, s->captured);
	give(a, frame, HEAD + s->captured, HEAD + s->length);
}

void arena_fragment(struct arena *a, uint32_t from, uint32_t to, uint16_t id, uint16_t offset,
		    bool more, uint32_t length)
{
	uint8_t frame[FRAME] = {0};

	must(length <= FRAME - 34, "a fragment too long");
	put_head(frame, 34 + length, 6, from, to);
	put16(frame + 18, id);
	put16(frame + 20, (more ? 0x2000u : 0) | offset);
	give(a, frame, 34 + length, 34 + length);
}

/* --- the bot ---------------------------------------------------------------------------------- */

static void talk(struct arena *a, bool client, uint8_t flags, const char *payload)
{
	uint32_t length = (uint32_t)strlen(payload);
	uint32_t server = BOT_SERVERS | (uint32_t)(a->talk.connections % 250 + 1);
	struct arena_segment s = {
		.from = client ? BOT_ADDRESS : server,
		.to = client ? server : BOT_ADDRESS,
		.from_port = client ? a->talk.port : 25,
		.to_port = client ? 25 : a->talk.port,
		.seq = a->talk.seq[client],
		.ack = flags & TCP_ACK ? a->talk.seq[!client] : 0,
		.flags = flags,
		.payload = payload,
		.length = length,
		.captured = length,
	};

	arena_segment(a, &s);
	a->talk.seq[client] += length + ((flags & (TCP_SYN | TCP_FIN)) != 0);
}

enum { STEP_SYN, STEP_SYN_ACK, STEP_ACK, STEP_LINES, STEP_FIN = STEP_LINES + LINES, STEP_LAST };

void arena_bot(struct arena *a)
{
	unsigned int step = a->talk.step++;

	if (step == STEP_SYN) {
		a->talk.connections++;
		a->talk.port++;
		a->talk.seq[1] = CLIENT_FIRST + (uint32_t)a->talk.connections * 7;
		a->talk.seq[0] = SERVER_FIRST;
		talk(a, true, TCP_SYN, "");
	} else if (step == STEP_SYN_ACK) {
		talk(a, false, TCP_SYN | TCP_ACK, "");
	} else if (step == STEP_ACK) {
		talk(a, true, TCP_ACK, "");
	} else if (step < STEP_FIN) {
		talk(a, (step - STEP_LINES) % 2 == 1, TCP_PSH | TCP_ACK, lines[step - STEP_LINES]);
	} else if (step == STEP_FIN) {
		talk(a, true, TCP_FIN | TCP_ACK, "");
	} else {
		talk(a, false, TCP_FIN | TCP_ACK, "");
		a->talk.step = 0;
	}
}

void arena_bot_finish(struct arena *a)
{
	while (a->talk.step)
		arena_bot(a);
}

/* --- what came of it -------------------------------------------------------------------------- */

uint64_t arena_frames(const struct arena *a)
{
	return a->frames;
}

uint64_t arena_cost(const struct arena *a)
{
	return a->cost;
}

uint64_t arena_bot_connections(const struct arena *a)
{
	return a->talk.connections;
}

struct tally arena_bot_tally(const struct arena *a)
{
	return a->bot_tally;
}

struct tally arena_tally(const struct arena *a)
{
	return a->tally;
}

uint64_t arena_hosts(const struct arena *a)
{
	return a->hosts;
}

const struct health *arena_health(struct arena *a)
{
	return &a->health;
}

uint64_t arena_lost(struct arena *a, const char *reason)
{
	for (unsigned int i = 0; i < a->health.loss_count; i++)
		if (strcmp(a->health.losses[i].reason, reason) == 0)
			return a->health.losses[i].count;
	return 0;
}
