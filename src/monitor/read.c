/*
 * read: capture files through the way into the record.  A file does not run away, so this waits for
 * the writer where watch would let the batch grow: nothing is ever folded or thinned for want of
 * time, and the answer is the same however slow the disk is.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/moment.h"
#include "base/text.h"
#include "edge/capture_file.h"
#include "monitor/monitor.h"
#include "monitor/way.h"
#include "monitor/writer.h"

#define OFFER_EACH    2048 /* sums that are worth a transaction */
#define COLLECT_EACH  1024 /* frames between looks at what has changed */
#define PROGRESS_EACH (MOMENT_SECOND / 10)

struct reader {
	struct way *way;
	struct writer *writer;
	struct health *health;
	bool progress;
	int64_t shown; /* wall clock of the last progress shown */
};

static void hand_over(void *context)
{
	struct reader *r = context;

	*batch_health(writer_batch(r->writer)) = *r->health;
	writer_offer(r->writer, true);
	way_set_batch(r->way, writer_batch(r->writer));
}

static void show_progress(struct reader *r, const struct capture_file *f, const char *name)
{
	int64_t now = moment_now();
	uint64_t at = capture_file_position(f), size = capture_file_size(f);
	int filled = size ? (int)(at * 30 / size) : 0;
	char safe[256];

	if (!r->progress || now - r->shown < PROGRESS_EACH)
		return;
	r->shown = now;
	text_escape(name, strlen(name), safe, sizeof(safe));
	if (size)
		fprintf(stderr, "\r\033[K%.40s [%.*s%.*s] %3d %%", safe, filled,
			"##############################", 30 - filled,
			"..............................", (int)(at * 100 / size));
	else
		fprintf(stderr, "\r\033[K%.40s %llu MiB", safe, (unsigned long long)(at >> 20));
	fflush(stderr);
}

static void end_progress(const struct reader *r)
{
	if (r->progress && r->shown)
		fputs("\r\033[K", stderr);
}

static int read_frames(struct reader *r, struct capture_file *f, const char *name,
		       char error[CAPTURE_ERROR])
{
	struct frame frame;
	uint32_t count = 0;
	int result;

	while ((result = capture_file_next(f, &frame, error)) > 0) {
		way_frame(r->way, &frame);
		if (++count % COLLECT_EACH == 0) {
			way_collect(r->way, COLLECT_EACH);
			way_health(r->way, r->health);
			show_progress(r, f, name);
			*batch_health(writer_batch(r->writer)) = *r->health;
			if (batch_sum_count(writer_batch(r->writer)) >= OFFER_EACH &&
			    writer_offer(r->writer, false))
				way_set_batch(r->way, writer_batch(r->writer));
		}
		if (batch_is_full(writer_batch(r->writer)))
			hand_over(r);
	}
	return result;
}

/* The name under which a file's frames are counted: the end of its path, escaped. */
static void name_interface(struct health *h, int index, const char *file)
{
	const char *slash = strrchr(file, '/'), *name = slash && slash[1] ? slash + 1 : file;
	struct health_interface *i;

	if (index >= HEALTH_INTERFACES - 1) {
		h->interface_count = HEALTH_INTERFACES;
		text_print(h->interfaces[HEALTH_INTERFACES - 1].name, 32, "%s", "other files");
		return;
	}
	i = &h->interfaces[index];
	h->interface_count = (uint8_t)(index + 1);
	text_escape(strcmp(file, "-") == 0 ? "standard input" : name,
		    strcmp(file, "-") == 0 ? 14 : strlen(name), i->name, sizeof(i->name));
}

static int read_file(struct reader *r, int index, const char *name)
{
	char error[CAPTURE_ERROR];
	struct capture_file *f;
	int result = capture_file_open(name, (uint16_t)index, &f, error);

	if (result < 0) {
		log_say("%s: %s", name, error);
		return result;
	}
	name_interface(r->health, index, name);
	result = read_frames(r, f, name, error);
	end_progress(r);
	if (result < 0)
		log_say("%s: %s", name, error);
	capture_file_close(f);
	return result;
}

static int read_files(struct reader *r, const struct monitor_read *o)
{
	int first = 0;

	for (int i = 0; i < o->file_count; i++) {
		int result = read_file(r, i, o->files[i]);

		if (result < 0 && first == 0)
			first = result;
	}
	way_collect(r->way, BATCH_SUMS);
	way_health(r->way, r->health);
	hand_over(r);
	way_finish(r->way, hand_over, r);
	way_health(r->way, r->health);
	*batch_health(writer_batch(r->writer)) = *r->health;
	return first;
}

int monitor_read(const struct monitor_read *o, struct health *ret_health)
{
	struct writer_options writer_options = {.store = o->store};
	struct way_options way_options = {.id_base = store_next_id(o->store) - 1, .sample = 16};
	struct reader r = {.health = ret_health, .progress = o->progress};
	char error[STORE_ERROR];
	int result = hash_key_draw(&way_options.key), stopped;

	memset(ret_health, 0, sizeof(*ret_health));
	r.way = result < 0 ? NULL : way_new(&way_options);
	if (!r.way) {
		log_say("read: not enough memory for the tables");
		return -ENOMEM;
	}
	result = writer_start(&writer_options, &r.writer);
	if (result < 0) {
		log_say("read: cannot start the writer: %s", strerror(-result));
		way_free(r.way);
		return result;
	}
	way_set_policy(r.way, o->config->policy);
	way_set_batch(r.way, writer_batch(r.writer));
	result = read_files(&r, o);
	stopped = writer_stop(r.writer, error);
	if (stopped < 0)
		log_say("record: %s", error);
	way_free(r.way);
	return result < 0 ? result : stopped;
}
