#include "names_world.h"

#include <stdio.h>

#include "base/lpm.h"

struct names *names;
struct site site;
int64_t now;
bool one_sided;
struct dns_made d;
struct names_event last_event;

static struct lpm *internal;
static char told[4096];

const char *events(void)
{
	static char text[sizeof(told)];

	memcpy(text, told, sizeof(told));
	told[0] = 0;
	return text;
}

static void on_event(void *context, const struct names_event *e)
{
	char client[ADDR_TEXT], listed[ADDR_TEXT], *end = told + strlen(told);
	size_t room = sizeof(told) - strlen(told);

	assert_ptr_equal(context, &told);
	assert_int_equal(e->time, now);
	last_event = *e;
	addr_format(&e->client, client);
	if (e->lookup == NAMES_MX)
		snprintf(end, room, "MX %s %s;", client, e->name);
	else
		snprintf(end, room, "DNSBL %s %s %s;", client, addr_format(&e->listed, listed),
			 e->name);
}

static struct addr addr_of(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(text, &a), 0);
	return a;
}

int names_setup(void **state)
{
	static const char *const prefixes[] = {"10.0.0.0/8", "fd00::/8"};
	static const struct hash_key key = {{0x1111, 0x2222}};
	static int mark;

	(void)state;
	internal = lpm_new();
	assert_non_null(internal);
	for (size_t i = 0; i < 2; i++) {
		struct prefix p;

		assert_int_equal(prefix_parse(prefixes[i], &p), 0);
		*lpm_get(internal, &p) = &mark;
	}
	site.internal = internal;
	names = names_new(&key);
	assert_non_null(names);
	now = INT64_C(1700000000) * SEC;
	one_sided = false;
	told[0] = 0;
	return 0;
}

int names_teardown(void **state)
{
	(void)state;
	names_free(names);
	lpm_free(internal, NULL);
	return 0;
}

/* From a heap copy of exactly what was captured. */
static void take(struct packet *p, const void *data, size_t captured, size_t length)
{
	uint8_t *copy = malloc(captured ? captured : 1);

	assert_non_null(copy);
	if (captured)
		memcpy(copy, data, captured);
	p->time = now;
	p->payload = copy;
	p->payload_captured = (uint32_t)captured;
	p->payload_length = (uint32_t)length;
	names_packet(names, &site, p, one_sided, on_event, &told);
	free(copy);
}

void send_udp(const char *from, uint16_t from_port, const char *to, uint16_t to_port)
{
	struct packet p = {
		.source = addr_of(from),
		.destination = addr_of(to),
		.source_port = from_port,
		.destination_port = to_port,
		.protocol = 17,
	};

	take(&p, d.b, d.n, d.n);
}

void send_tcp(const char *from, uint16_t from_port, const char *to, uint16_t to_port, uint32_t seq,
	      uint8_t flags, const void *data, size_t captured, size_t length)
{
	struct packet p = {
		.source = addr_of(from),
		.destination = addr_of(to),
		.source_port = from_port,
		.destination_port = to_port,
		.protocol = 6,
		.seq = seq,
		.flags = flags,
	};

	take(&p, data, captured, length);
}

void ask(const char *client, const char *resolver, const char *name, unsigned int type)
{
	dns_begin(&d, 77, DNS_QUERY);
	dns_question(&d, name, type);
	send_udp(client, PORT, resolver, 53);
}

void answer(const char *client, const char *resolver)
{
	send_udp(resolver, 53, client, PORT);
}

void look_up(const char *client, const char *resolver, const char *name, const char *address,
	     uint32_t ttl)
{
	struct addr a = addr_of(address);
	unsigned int type = addr_is_v4(&a) ? DNS_A : DNS_AAAA;

	ask(client, resolver, name, type);
	now += MS;
	dns_begin(&d, 77, DNS_ANSWER);
	dns_question(&d, name, type);
	dns_address(&d, 1, name, ttl, address);
	answer(client, resolver);
}

void look_up_mx(const char *client, const char *resolver, const char *domain, const char *exchange)
{
	ask(client, resolver, domain, DNS_MX);
	now += MS;
	dns_begin(&d, 77, DNS_ANSWER);
	dns_question(&d, domain, DNS_MX);
	dns_mx(&d, domain, 300, exchange);
	answer(client, resolver);
}

void expect(const char *client, const char *server, const char *name, enum names_origin origin)
{
	struct addr c = addr_of(client), s = addr_of(server);
	enum names_origin told_origin;
	uint64_t told_group;
	const char *told_name = names_of(names, &c, &s, now, &told_origin, &told_group);

	if (name)
		assert_string_equal(told_name, name);
	else
		assert_null(told_name);
	assert_int_equal(told_origin, origin);
}

uint64_t group(const char *client, const char *server)
{
	struct addr c = addr_of(client), s = addr_of(server);
	enum names_origin told_origin;
	uint64_t told_group;

	names_of(names, &c, &s, now, &told_origin, &told_group);
	return told_group;
}
