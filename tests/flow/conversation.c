#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/lpm.h"
#include "conversation.h"

struct site site;
static struct lpm *internal;
struct tracker *tracker;
struct dialogs *dialogs;
unsigned int refusals, late, evicted;
struct smtp_facts facts;
bool has_facts, was_sent, was_rejected;

struct shown made[MADE_MOST];
size_t count;
uint32_t next[2];
int64_t now;

static void on_begin(void *context, struct flow *f)
{
	(void)context;
	(void)f;
}

static void on_change(void *context, struct flow *f, bool news, bool final)
{
	uint32_t index = tracker_index(tracker, f);
	const struct dialogue *d;

	(void)context;
	(void)news;
	if (final)
		dialogs_flush(dialogs, index);
	d = dialogs_find(dialogs, index);
	has_facts = d != NULL;
	if (d)
		facts = d->smtp.facts;
	was_sent = f->sent;
	was_rejected = f->rejected;
	if (final)
		dialogs_forget(dialogs, index);
}

static void on_refusal(void *context, struct flow *f, const struct smtp_reply *reply)
{
	(void)context;
	assert_non_null(f);
	assert_in_range(reply->code, 400, 599);
	refusals++;
}

static void on_late(void *context, struct flow *f)
{
	(void)context;
	tracker_touch(tracker, f);
	late++;
}

static void on_evict(void *context, struct flow *f)
{
	on_change(context, f, true, false);
	evicted++;
}

int setup(void **state)
{
	const struct tracker_sink sink = {.begin = on_begin, .change = on_change};
	const struct dialogs_sink heard = {.refusal = on_refusal,
					   .late = on_late,
					   .evict = on_evict};
	static int mark;
	struct prefix p;

	(void)state;
	internal = lpm_new();
	prefix_parse("10.0.0.0/8", &p);
	*lpm_get(internal, &p) = &mark;
	memset(&site, 0, sizeof(site));
	site.internal = internal;
	site.ports[25] = PORT_WATCHED;
	tracker = tracker_new(&(struct hash_key){{1, 2}}, 2 * DIALOGS, &sink);
	dialogs = dialogs_new(2 * DIALOGS, &heard);
	refusals = late = evicted = 0;
	has_facts = false;
	count = 0;
	next[0] = 5000;
	next[1] = 1000;
	now = INT64_C(1700000000000000);
	return tracker && dialogs ? 0 : -1;
}

int teardown(void **state)
{
	(void)state;
	while (tracker_finish(tracker, 1000))
		;
	tracker_free(tracker);
	dialogs_free(dialogs);
	lpm_free(internal, NULL);
	return 0;
}

/* --- making ----------------------------------------------------------------------------------- */

void make(bool client, uint8_t flags, const char *data)
{
	struct shown *s = &made[count++];

	assert_true(count <= MADE_MOST);
	now += 10 * MS;
	*s = (struct shown){
		.client = client,
		.flags = flags,
		.seq = next[client],
		.ack = flags & TCP_ACK ? next[!client] : 0,
		.data = data,
		.length = (uint32_t)strlen(data),
		.captured = (uint32_t)strlen(data),
		.time = now,
	};
	next[client] += s->length + ((flags & (TCP_SYN | TCP_FIN)) ? 1 : 0);
}

void client(const char *data)
{
	make(true, TCP_ACK | TCP_PSH, data);
}

void server(const char *data)
{
	make(false, TCP_ACK | TCP_PSH, data);
}

void open_it(void)
{
	make(true, TCP_SYN, "");
	make(false, TCP_SYN | TCP_ACK, "");
	make(true, TCP_ACK, "");
}

void close_it(void)
{
	make(true, TCP_FIN | TCP_ACK, "");
	make(false, TCP_FIN | TCP_ACK, "");
	make(true, TCP_ACK, "");
}

/* One message, accepted. */
void make_message(void)
{
	open_it();
	server("220 mx.example.net ESMTP\r\n");
	client("EHLO pc-7.example.com\r\n");
	server("250-mx.example.net\r\n250 SIZE 1000000\r\n");
	client("MAIL FROM:<a@example.com>\r\n");
	server("250 2.1.0 ok\r\n");
	client("RCPT TO:<b@example.org>\r\n");
	server("250 2.1.5 ok\r\n");
	client("DATA\r\n");
	server("354 go ahead\r\n");
	client("Subject: x\r\n\r\nHello,\r\n");
	client("..and a dot\r\n");
	client(".\r\n");
	server("250 2.0.0 queued\r\n");
	client("QUIT\r\n");
	server("221 bye\r\n");
	close_it();
}

/* --- showing ---------------------------------------------------------------------------------- */

struct flow *show(const struct shown *s)
{
	static const uint8_t ends[2][4] = {{198, 51, 100, 4}, {10, 0, 3, 77}};
	struct packet p = {
		.time = s->time,
		.source = addr_from_v4(ends[s->client]),
		.destination = addr_from_v4(ends[!s->client]),
		.source_port = s->client ? 40000 : 25,
		.destination_port = s->client ? 25 : 40000,
		.seq = s->seq,
		.ack = s->ack,
		.flags = s->flags,
		.payload_length = s->length,
		.payload_captured = s->captured,
	};
	uint8_t *copy = malloc(s->captured + 1); /* so that one byte too many is seen */
	struct flow *f;

	memcpy(copy, s->data, s->captured);
	p.payload = copy;
	tracker_clock(tracker, p.time);
	f = tracker_packet(tracker, &site, &p, false);
	if (f && f->kind == FLOW_ATTEMPT)
		dialogs_segment(dialogs, tracker_index(tracker, f), f, &p, tracker_now(tracker));
	free(copy);
	return f;
}

void show_all(void)
{
	for (size_t i = 0; i < count; i++)
		show(&made[i]);
}

void finish(void)
{
	while (tracker_finish(tracker, 1000))
		;
}

/* What make_message() says, whole. */
void expect_message(void)
{
	finish();
	assert_true(has_facts);
	assert_true(was_sent);
	assert_int_equal(facts.messages, 1);
	assert_int_equal(facts.recipients, 1);
	assert_int_equal(facts.mails, 1);
	assert_string_equal(facts.helo, "pc-7.example.com");
	assert_string_equal(facts.banner, "mx.example.net ESMTP");
	assert_string_equal(facts.senders, "a@example.com");
	assert_true(facts.quit);
	assert_false(facts.spoke_first);
	assert_false(facts.pipelined);
	assert_false(facts.lost_track);
	assert_int_equal(facts.unknown_commands, 0);
	assert_int_equal(facts.unmatched_replies, 0);
}

void swap(size_t i, size_t j)
{
	struct shown s = made[i];
	int64_t time = made[i].time;

	made[i] = made[j];
	made[i].time = time;
	s.time = made[j].time;
	made[j] = s;
}

/* The index of the first segment that begins with these bytes. */
size_t find(const char *begin)
{
	for (size_t i = 0; i < count; i++)
		if (strncmp(made[i].data, begin, strlen(begin)) == 0)
			return i;
	fail_msg("%s: no such segment", begin);
	return 0;
}
