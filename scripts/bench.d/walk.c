/*
 * walk: a capture file on the way that each frame walks, up to the batch, and no record: what
 * scripts/instructions counts, under callgrind.  The hash key is always the same, and so is all the
 * rest: the same frames take the same instructions.
 *
 *   walk FILE SKIP    the first SKIP frames before the count begins
 *
 * Prints "frames attempts": how many the count is for, and what was found in all of the file.
 */
#include <stdio.h>
#include <stdlib.h>

#include "edge/capture_file.h"
#include "monitor/way.h"

#define COLLECT_EACH 8192 /* as src/monitor/reading.c */

static struct batch *batch;
static uint64_t attempts;

static void empty(void *way)
{
	for (uint32_t i = 0; i < batch_sum_count(batch); i++)
		attempts += (uint64_t)batch_sum(batch, i)->tally.attempts;
	batch_clear(batch);
	way_set_batch(way, batch);
}

/* Up to `most` frames; how many there were. */
static uint64_t walk(struct way *way, struct capture_file *f, uint64_t most)
{
	char error[CAPTURE_ERROR];
	struct frame frame;
	uint64_t count = 0;
	int r = 1;

	while (count < most && (r = capture_file_next(f, &frame, error)) > 0) {
		way_frame(way, &frame);
		if (++count % COLLECT_EACH == 0)
			way_collect(way, COLLECT_EACH);
		if (batch_is_full(batch))
			empty(way);
	}
	if (r < 0) {
		fprintf(stderr, "walk: %s\n", error);
		exit(3);
	}
	return count;
}

/* By its name callgrind knows what to count. */
__attribute__((noinline)) uint64_t walk_counted(struct way *way, struct capture_file *f);

uint64_t walk_counted(struct way *way, struct capture_file *f)
{
	uint64_t frames = walk(way, f, UINT64_MAX);

	way_finish(way, empty, way);
	empty(way);
	return frames;
}

int main(int argc, char **argv)
{
	struct way_options options = {.key = {{25, 587}}, .sample = 64, .judge_each = 60000000};
	struct policy *policy = policy_new();
	struct way *way = way_new(&options);
	char error[CAPTURE_ERROR] = "no memory";
	struct capture_file *f;
	uint64_t frames;

	batch = batch_new(&options.key);
	if (argc != 3 || !policy || !way || !batch ||
	    capture_file_open(argv[1], 0, &f, error) < 0) {
		fprintf(stderr, "usage: walk FILE SKIP (%s)\n", error);
		return 2;
	}
	way_set_policy(way, policy);
	way_set_batch(way, batch);
	walk(way, f, strtoull(argv[2], NULL, 10));
	frames = walk_counted(way, f);
	printf("%llu %llu\n", (unsigned long long)frames, (unsigned long long)attempts);
	capture_file_close(f);
	way_free(way);
	batch_free(batch);
	policy_free(policy);
	return 0;
}
