/*
 * attack: one attack in full size on the way and the record, with a real bot in the middle.
 *
 * usage: attack NAME STEPS RECORD      prints one line of JSON; scripts/attack makes a table of
 * them attack                        prints NAME STEPS TITLE of each
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attacks.h"
#include "base/moment.h"
#include "edge/store.h"

#define RATE	 300000
#define BOT_EACH 2000
/* A plain writer's pace, that the batches may fill as they do in earnest. */
#define SUM_COST 50

static long peak_kib(void)
{
	char line[256];
	long kib = 0;
	FILE *f = fopen("/proc/self/status", "r");

	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, "VmHWM:", 6) == 0)
			kib = strtol(line + 6, NULL, 10);
	if (f)
		fclose(f);
	return kib;
}

static int list(void)
{
	for (const struct attack *x = attacks; x->name; x++)
		printf("%s %" PRIu64 " %s\n", x->name, x->size, x->title);
	return 0;
}

static void print(const struct arena *a, int64_t elapsed)
{
	struct tally all = arena_tally(a);

	printf("{\"frames\": %" PRIu64 ", \"ns\": %.1f, \"peak_kib\": %ld, \"seconds\": %.1f,"
	       " \"attempts\": %" PRId64 ", \"bot\": %" PRIu64 "}\n",
	       arena_frames(a), (double)arena_cost(a) / (double)arena_frames(a), peak_kib(),
	       (double)elapsed / (double)MOMENT_SECOND, all.attempts, arena_bot_connections(a));
}

int main(int argc, char **argv)
{
	const struct attack *attack = argc == 4 ? attack_find(argv[1]) : NULL;
	struct store_options store = {
		.sensor = "attack",
		.mode = "watch",
		.rows_per_host_hour = 1000,
		.retention_age = 90 * MOMENT_DAY,
		.retention_bytes = INT64_C(4) << 30,
	};
	struct arena_options options = {.rate = RATE, .sum_cost = SUM_COST};
	char error[STORE_ERROR];
	int64_t began = moment_steady();
	struct arena *a;

	if (argc == 1)
		return list();
	if (!attack) {
		fputs("usage: attack NAME STEPS RECORD\n", stderr);
		return 2;
	}
	store.path = argv[3];
	if (store_open(&store, &options.store, error) < 0) {
		fprintf(stderr, "attack: %s\n", error);
		return 3;
	}
	a = arena_new(&options);
	attack_run(a, attack, strtoull(argv[2], NULL, 10), BOT_EACH);
	arena_finish(a);
	print(a, moment_steady() - began);
	arena_free(a);
	store_close(options.store);
	return 0;
}
