/*
 * Feeds a record with days of a busy site, by the writer's own functions, as quickly as it takes
 * them.  At the end of each month it prints one line of JSON and waits for a line on standard
 * input, so that scripts/year may ask the record meanwhile.
 *
 * usage: year RECORD DAYS AGE-DAYS BYTES SHARE     SHARE: so many hundredths of a busy site
 *        year --hand-over RECORD BYTES             the real writer's thread, while retention works
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/moment.h"
#include "edge/store.h"
#include "edge/store_incident.h"
#include "campus.h"
#include "year.h"

#define MONTH 30
#define MOST_CALLS                                                                                 \
	4000 /* of retention behind a batch: the real writer has 240,000 slices in an hour */

struct feeder {
	const char *path;
	struct store *store;
	struct batch *batch;
	int64_t now, limit;
	/* Of this month; times in microseconds. */
	int64_t rows, writing, longest_write, longest_prune, pruning, checkpoints;
	int64_t most_bytes, most_log, over; /* over: stores that ended above the limit */
	int64_t waiting;		    /* times when retention had not done after MOST_CALLS */
};

void year_fail(const char *what, const char *why)
{
	fprintf(stderr, "year: %s: %s\n", what, why);
	exit(1);
}

int64_t year_bytes(const char *path, const char *suffix)
{
	char name[4096];
	struct stat st;

	snprintf(name, sizeof(name), "%s%s", path, suffix);
	return stat(name, &st) < 0 ? 0 : st.st_size;
}

static void keep_most(int64_t *most, int64_t value)
{
	if (value > *most)
		*most = value;
}

static void look_at_size(struct feeder *f)
{
	int64_t log = year_bytes(f->path, "-wal"), all = year_bytes(f->path, "") + log;

	keep_most(&f->most_bytes, all);
	keep_most(&f->most_log, log);
	f->over += f->limit > 0 && all > f->limit;
}

static void prune(struct feeder *f)
{
	char error[STORE_ERROR];
	int r = 1;

	for (int i = 0; r > 0 && i < MOST_CALLS; i++) {
		int64_t begun = moment_steady(), took;

		r = store_prune(f->store, f->now, error);
		took = moment_steady() - begun;
		keep_most(&f->longest_prune, took);
		f->pruning += took;
		if (r < 0)
			year_fail("store_prune", error);
		look_at_size(f);
	}
	f->waiting += r > 0;
}

/* A batch holds an hour, or as much as it has room for: what a busy minute brings. */
static struct batch *write_batch(void *context)
{
	struct feeder *f = context;
	char error[STORE_ERROR];
	int64_t begun = moment_steady(), took;

	if (!batch_is_full(f->batch) && f->now % MOMENT_HOUR != 0)
		return f->batch;

	f->rows += batch_connection_count(f->batch);
	if (store_write(f->store, f->batch, f->now, NULL, NULL, error) < 0)
		year_fail("store_write", error);
	took = moment_steady() - begun;
	keep_most(&f->longest_write, took);
	f->writing += took;
	batch_clear(f->batch);
	look_at_size(f);
	prune(f);
	return f->batch;
}

/* One a month, of four hours, as the command opens it beside the monitor. */
static void have_incident(struct feeder *f, uint32_t step)
{
	struct store_incident incident = {.opened_by = "root",
					  .reason = "listed",
					  .policy = "",
					  .opened = f->now,
					  .since = f->now,
					  .until = f->now + INCIDENT_LENGTH};
	struct store *beside = NULL;
	char error[STORE_ERROR];
	int64_t id;
	int r = store_incident_enter(f->path, &beside, error);

	if (r == 0 && step == 0)
		r = store_incident_open(beside, &incident, &id, error);
	else if (r == 0)
		r = store_incident_close(beside, "user", f->now, &id, error);
	if (r < 0)
		year_fail("incident", error);
	store_incident_leave(beside);
}

static void tell(struct feeder *f, uint32_t days, const struct campus *campus)
{
	char answer[16];

	printf("{\"days\": %u, \"attempts\": %llu, \"bytes\": %lld, \"log\": %lld, \"most_bytes\": "
	       "%lld, \"most_log\": %lld, \"over\": %lld, \"rows\": %lld, \"writing\": %lld, "
	       "\"pruning\": %lld, \"longest_write\": %lld, \"longest_prune\": %lld, "
	       "\"waiting\": %lld}\n",
	       days, (unsigned long long)campus->attempts, (long long)year_bytes(f->path, ""),
	       (long long)year_bytes(f->path, "-wal"), (long long)f->most_bytes,
	       (long long)f->most_log, (long long)f->over, (long long)f->rows,
	       (long long)f->writing, (long long)f->pruning, (long long)f->longest_write,
	       (long long)f->longest_prune, (long long)f->waiting);
	fflush(stdout);
	f->rows = f->writing = f->pruning = f->longest_write = f->longest_prune = 0;
	f->most_bytes = f->most_log = f->over = f->waiting = 0;
	if (!fgets(answer, sizeof(answer), stdin))
		exit(0); /* nobody asks any more */
}

static void live(struct feeder *f, struct campus *campus, uint32_t days)
{
	for (uint32_t day = 0; day < days; day++) {
		for (uint32_t step = 0; step < CAMPUS_STEPS; step++) {
			f->now = campus_time(&campus->plan, day, step + 1);
			campus_step(campus, f->batch, day, step, write_batch, f);
			if (day % MONTH == 6 && (step == 0 || step == 40))
				have_incident(f, step);
		}
		if (day + 1 == 7 || (day + 1) % MONTH == 0 || day + 1 == days)
			tell(f, day + 1, campus);
	}
}

static int64_t number(const char *text)
{
	char *end;
	long long n = strtoll(text, &end, 10);

	if (end == text || *end || n < 0)
		year_fail(text, "no number");
	return n;
}

static void feed(char **words)
{
	uint32_t days = (uint32_t)number(words[1]), share = (uint32_t)number(words[4]);
	struct campus_plan plan = {
		.start = moment_floor(moment_now(), MOMENT_DAY) - (int64_t)days * MOMENT_DAY,
		.permitted = 70 * share / 100,
		.offenders = 300,
		.every = 10,
		.burst = 33 * share / 100,
		.forged = 4000 * share / 100,
		.flood_every = 30,
		.servers = 20000,
	};
	struct store_options options = {.path = words[0],
					.sensor = "year",
					.mode = "watch",
					.rows_per_host_hour = 1000,
					.retention_age = number(words[2]) * MOMENT_DAY,
					.retention_bytes = number(words[3])};
	struct feeder f = {.path = words[0], .limit = options.retention_bytes};
	struct hash_key key = {0};
	struct campus *campus = campus_new(&plan, 1);
	char error[STORE_ERROR];

	f.batch = batch_new(&key);
	if (!campus || !f.batch)
		year_fail("memory", strerror(ENOMEM));
	if (store_open(&options, &f.store, error) < 0)
		year_fail("store_open", error);
	live(&f, campus, days);
	store_close(f.store);
	batch_free(f.batch);
	campus_free(campus);
}

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "--hand-over") == 0)
		year_hand_over(argv[2], number(argv[3]));
	else if (argc == 6)
		feed(argv + 1);
	else
		year_fail("usage", "year RECORD DAYS AGE-DAYS BYTES SHARE");
	return 0;
}
