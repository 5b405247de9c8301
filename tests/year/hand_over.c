#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/moment.h"
#include "monitor/writer.h"
#include "campus.h"
#include "year.h"

#define BEAT	    (MOMENT_SECOND / 10)
#define LONGEST_RUN (120 * MOMENT_SECOND)
#define ATTEMPTS    50 /* in a beat */
#define LIMIT_AFTER 20 /* beats */

struct hand {
	struct writer *writer;
	int64_t longest_offer, longest_wait, beats, late;
};

static void fill(struct batch *b, uint64_t *id)
{
	int64_t now = moment_now();

	for (uint32_t i = 0; i < ATTEMPTS; i++) {
		struct connection c = {
			.id = (*id)++,
			.started = now,
			.last = now,
			.client = campus_offender(i),
			.server = campus_offender(100000 + i),
			.server_port = 25,
			.begun = true,
			.standing = STANDING_OFFENCE,
			.reason = REASON_NO_MAIL_SERVER,
			.outcome = OUTCOME_UNANSWERED,
			.killed = -1,
		};
		struct tally change = {.attempts = 1};

		change.outcomes[OUTCOME_UNANSWERED] = 1;
		if (batch_add(b, &c, NULL, &change))
			year_fail("batch", "full: the writer did not come for it");
	}
	batch_health(b)->newest = now;
}

/* One beat: offers until it is taken, as the capture thread does between its frames. */
static void beat(struct hand *h)
{
	int64_t begun = moment_steady(), took, waited;
	bool taken;

	do {
		int64_t offered = moment_steady();

		taken = writer_offer(h->writer, false);
		took = moment_steady() - offered;
		if (took > h->longest_offer)
			h->longest_offer = took;
		if (!taken)
			nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	} while (!taken && moment_steady() < begun + 30 * MOMENT_SECOND);
	waited = moment_steady() - begun;
	if (waited > h->longest_wait)
		h->longest_wait = waited;
	h->late += waited > BEAT;
	h->beats++;
	if (waited < BEAT)
		nanosleep(&(struct timespec){.tv_nsec = (long)((BEAT - waited) * 1000)}, NULL);
}

void year_hand_over(const char *path, int64_t bytes)
{
	struct store_options options = {.path = path,
					.sensor = "year",
					.mode = "watch",
					.rows_per_host_hour = 1000};
	struct store_limits limits = {.rows_per_host_hour = 1000, .retention_bytes = bytes};
	struct writer_options write = {.incidents = true};
	struct hand h = {0};
	int64_t before = year_bytes(path, ""), begun, shrunk = 0;
	char error[STORE_ERROR];
	uint64_t id;

	if (store_open(&options, &write.store, error) < 0)
		year_fail("store_open", error);
	id = store_next_id(write.store);
	if (writer_start(&write, &h.writer) < 0)
		year_fail("writer_start", "failed");
	for (begun = moment_steady(); moment_steady() < begun + LONGEST_RUN && shrunk == 0;) {
		if (h.beats == LIMIT_AFTER)
			writer_set_limits(h.writer, &limits);
		fill(writer_batch(h.writer), &id);
		beat(&h);
		if (year_bytes(path, "") + year_bytes(path, "-wal") <= bytes)
			shrunk = moment_steady() - begun - LIMIT_AFTER * BEAT;
	}
	if (writer_stop(h.writer, error) < 0)
		year_fail("writer_stop", error);
	store_close(write.store);
	printf("{\"before\": %lld, \"after\": %lld, \"shrunk\": %lld, \"beats\": %lld, "
	       "\"late\": %lld, \"longest_offer\": %lld, \"longest_wait\": %lld}\n",
	       (long long)before, (long long)year_bytes(path, ""), (long long)shrunk,
	       (long long)h.beats, (long long)h.late, (long long)h.longest_offer,
	       (long long)h.longest_wait);
}
