/*
 * DNS: the parser, and what remembers what it told.
 *
 * An input's first byte says which.  Even: a message, behind 2 bytes that tell how many more it had
 * on the wire.  Odd: packets, one after another, each behind 5 bytes: what it is, its length and
 * its sequence number (of 16 bits each).
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/lpm.h"
#include "flow/names.h"

#define SECOND INT64_C(1000000)

enum {
	IS_TCP = 1,
	IS_ANSWER = 2,
	IS_OTHER_CLIENT = 4,
	IS_FLAGGED = 8, /* SYN, or with IS_LATE FIN */
	IS_LATE = 16,	/* an hour after the one before, else a second */
	IS_CUT = 32,	/* by the capture: half of it is there */
	IS_ONE_SIDED = 64,
	IS_BACKWARD = 128 /* the time, instead of forward */
};

static void check(bool good)
{
	if (!good)
		abort();
}

static void check_name(const char *name, size_t size)
{
	check(strnlen(name, size) < size);
	for (; *name; name++)
		check((uint8_t)*name >= 0x20 && *name != 0x7f);
}

struct telling {
	unsigned int answers, events;
};

static void on_answer(void *context, const struct dns_message *m, const struct dns_answer *a)
{
	struct telling *t = context;

	check(++t->answers <= DNS_ANSWERS && m->response);
	check_name(a->owner, DNS_NAME);
	if (a->type == DNS_MX || a->type == DNS_CNAME)
		check_name(a->target, DNS_NAME);
	else
		check(a->type == DNS_A || a->type == DNS_AAAA);
}

static void parse(struct bytes in)
{
	struct telling t = {0};
	struct dns_message m;
	enum dns_result result;
	uint16_t more;

	if (!bytes_take_be16(&in, &more))
		return;
	result = dns_parse(in.at, in.left, in.left + more % 1024, &m, on_answer, &t);
	check(result < DNS_RESULT_COUNT);
	check_name(m.name, DNS_NAME);
	check(names_domain(m.name) >= m.name);
}

static void on_event(void *context, const struct names_event *e)
{
	struct telling *t = context;

	t->events++;
	check(e->lookup < NAMES_LOOKUP_COUNT);
	check_name(e->name, DNS_NAME);
}

/* From a heap copy of what was captured; false where there are no more packets. */
static bool play(struct names *n, const struct site *site, struct bytes *in, int64_t *now)
{
	const uint8_t *head = bytes_take(in, 5), *data;
	uint8_t what = head ? head[0] : 0;
	size_t length = head ? bytes_be16(head + 1) % 2048 : 0;
	struct packet p = {.protocol = what & IS_TCP ? 6 : 17};
	const uint8_t client[4] = {10, 0, 0, what & IS_OTHER_CLIENT ? 2 : 1};
	const uint8_t resolver[4] = {8, 8, 8, 8};
	struct telling t = {0};
	uint8_t *copy;

	if (!head)
		return false;
	if (length > in->left)
		length = in->left;
	data = bytes_take(in, length);
	*now += (what & IS_BACKWARD ? -1 : 1) * (what & IS_LATE ? 3600 : 1) * SECOND;
	p.time = *now;
	p.source = addr_from_v4(what & IS_ANSWER ? resolver : client);
	p.destination = addr_from_v4(what & IS_ANSWER ? client : resolver);
	p.source_port = what & IS_ANSWER ? DNS_PORT : 40000;
	p.destination_port = what & IS_ANSWER ? 40000 : DNS_PORT;
	p.seq = bytes_be16(head + 3);
	p.flags = TCP_ACK;
	if (what & IS_FLAGGED)
		p.flags |= what & IS_LATE ? TCP_FIN : TCP_SYN;
	p.payload_length = (uint32_t)length;
	p.payload_captured = (uint32_t)(what & IS_CUT ? length / 2 : length);
	copy = malloc(p.payload_captured ? p.payload_captured : 1);
	check(copy != NULL);
	memcpy(copy, data, p.payload_captured);
	p.payload = copy;
	names_packet(n, site, &p, what & IS_ONE_SIDED, on_event, &t);
	free(copy);
	return true;
}

static void ask(const struct names *n, int64_t now)
{
	const uint8_t client[4] = {10, 0, 0, 1}, server[4] = {198, 51, 100, 1};
	struct addr c = addr_from_v4(client), s = addr_from_v4(server);
	enum names_origin origin;
	uint64_t group;
	const char *name = names_of(n, &c, &s, now, &origin, &group);

	check(origin < NAMES_ORIGIN_COUNT);
	if (name)
		check_name(name, DNS_NAME);
}

static void play_all(struct bytes in)
{
	static const struct hash_key key = {{1, 2}};
	static struct site site;
	static int mark;
	struct names *n = names_new(&key);
	int64_t now = 0;

	check(n != NULL);
	if (!site.internal) {
		static struct lpm *internal;
		struct prefix p;

		internal = lpm_new();
		check(internal && prefix_parse("10.0.0.0/8", &p) == 0);
		*lpm_get(internal, &p) = &mark;
		site.internal = internal;
	}
	while (play(n, &site, &in, &now))
		ask(n, now);
	names_free(n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size);
	uint8_t kind;

	if (!bytes_take_u8(&in, &kind))
		return 0;
	if (kind % 2 == 0)
		parse(in);
	else
		play_all(in);
	return 0;
}
