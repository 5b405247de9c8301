/*
 * The real path: frames through the way into a batch, into a record, and out of it by every query
 * in every format.  What is counted on the way is what the record tells.
 */
#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "base/moment.h"
#include "edge/store.h"
#include "frames.h"
#include "monitor/way.h"

static const struct hash_key key = {{1, 2}};

struct run {
	struct way *way;
	struct batch *batch;
	struct store *store;
	int64_t offences, connections;
	struct addr host; /* of an offence */
};

static const struct policy *policy(void)
{
	static struct policy *p;
	struct prefix server;

	if (!p) {
		p = policy_new();
		FUZZ_MUST(p && prefix_parse("10.0.0.25", &server) == 0);
		FUZZ_MUST(policy_add_mail_server(p, &server, "fuzz") == 0);
		FUZZ_MUST(policy_add_port(p, 25, "fuzz") == 0);
		FUZZ_MUST(policy_add_also_watch(p, 587, "fuzz") == 0);
	}
	return p;
}

static void check_texts(const struct batch *b, const struct connection *c)
{
	struct connection_texts t;

	if (!batch_texts(b, c, &t))
		return;
	fuzz_harmless(t.server_name);
	fuzz_harmless(t.helo);
	fuzz_harmless(t.banner);
	fuzz_harmless(t.reply);
	for (size_t at = 0; at < t.senders_length; at += strlen(t.senders + at) + 1)
		fuzz_harmless(t.senders + at);
}

static void write_batch(void *context)
{
	struct run *r = context;
	char error[STORE_ERROR] = "";

	for (uint32_t i = 0; i < batch_connection_count(r->batch); i++) {
		const struct connection *c = batch_connection(r->batch, i);

		check_texts(r->batch, c);
		r->connections += c->begun;
		if (c->standing == STANDING_OFFENCE)
			r->host = c->client;
	}
	for (uint32_t i = 0; i < batch_sum_count(r->batch); i++)
		if (batch_sum(r->batch, i)->standing == STANDING_OFFENCE)
			r->offences += batch_sum(r->batch, i)->tally.attempts;
	for (uint32_t i = 0; i < batch_host_count(r->batch); i++)
		FUZZ_MUST(evidence_is_valid(&batch_host(r->batch, i)->evidence,
					    sizeof(struct evidence)));
	way_health(r->way, batch_health(r->batch));
	FUZZ_MUST(store_write(r->store, r->batch, FRAMES_START, NULL, NULL, error) == 0);
	batch_clear(r->batch);
}

static void ask(struct run *r, uint64_t attempts)
{
	struct record *record = record_borrow(store_database(r->store));
	struct answers answers;
	char host[ADDR_TEXT];

	FUZZ_MUST(record != NULL);
	answers_ask(record, addr_format(&r->host, host), policy(), FRAMES_START, &answers);
	FUZZ_MUST(answers.attempts == r->offences);
	FUZZ_MUST(answers.connections == r->connections);
	FUZZ_MUST((uint64_t)answers.connections <= attempts);
	record_close(record);
}

static void run_open(struct run *r)
{
	const struct way_options options = {.key = key, .flows = 64};
	const struct store_options store = {.sensor = "fuzz", .mode = "read"};
	char error[STORE_ERROR];

	*r = (struct run){.way = way_new(&options), .batch = batch_new(&key)};
	FUZZ_MUST(r->way && r->batch && store_open(&store, &r->store, error) == 0);
	way_set_policy(r->way, policy());
	way_set_batch(r->way, r->batch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct frames frames = frames_of(data, size);
	struct health health;
	struct frame f;
	struct run r;
	uint64_t count = 0;

	run_open(&r);
	while (frames_next(&frames, &f)) {
		way_frame(r.way, &f);
		if (++count % 8 == 0 && size & 1)
			way_tick(r.way, f.time);
		if (count % 16 == 0) {
			way_collect(r.way, 100);
			write_batch(&r);
		}
	}
	way_finish(r.way, write_batch, &r);
	write_batch(&r);
	memset(&health, 0, sizeof(health));
	way_health(r.way, &health);
	FUZZ_MUST(health.packets == count);
	ask(&r, health.attempts);
	store_close(r.store);
	batch_free(r.batch);
	way_free(r.way);
	return 0;
}
