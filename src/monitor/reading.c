/*
 * A file does not run away, so this waits for the writer where watch would let the batch grow:
 * nothing is ever folded or thinned for want of time, and the answer is the same however slow the
 * disk is.
 */
#include "monitor/reading.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/moment.h"
#include "base/text.h"
#include "edge/capture_file.h"
#include "edge/store.h"
#include "monitor/way.h"
#include "monitor/writer.h"
#include "sources.h"

#define OFFER_EACH    2048	    /* sums that are worth a transaction */
#define COLLECT_EACH  8192	    /* frames between looks at what has changed */
#define SAMPLE_EACH   64	    /* see way.h */
#define JUDGE_EACH    MOMENT_MINUTE /* nobody is told before the end */
#define PROGRESS_EACH (MOMENT_SECOND / 10)

struct reading {
	struct reading_options options;
	struct store *answers; /* temporary: these files alone */
	struct store *record;  /* the one that is named, or NULL */
	struct way *way;
	struct writer *writer;
	struct health health;
	int64_t shown; /* wall clock of the last progress shown */
	bool failed;   /* the record cannot be written */
};

static void hand_over(void *context)
{
	struct reading *r = context;

	*batch_health(writer_batch(r->writer)) = r->health;
	if (!writer_offer(r->writer, true))
		r->failed = true;
	way_set_batch(r->way, writer_batch(r->writer));
}

static int terminal_columns(void)
{
	struct winsize size;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

/* On one line, which must not wrap: it is overwritten by the next. */
static void show_progress(struct reading *r, const struct capture_file *f, const char *name)
{
	int64_t now = moment_now();
	uint64_t at = capture_file_position(f), size = capture_file_size(f);
	int room = terminal_columns() - 13, bar, filled; /* what stands around name and bar */
	char safe[256];

	if (!r->options.progress || now - r->shown < PROGRESS_EACH)
		return;
	r->shown = now;
	text_escape(name, strlen(name), safe, sizeof(safe));
	room = room < 0 ? 0 : room;
	bar = !size ? 0 : room < 60 ? room / 2 : 30;
	filled = size && at < size ? (int)((double)at * bar / (double)size) : bar;
	safe[text_head(safe, room - bar < 40 ? room - bar : 40)] = '\0';
	if (size)
		fprintf(stderr, "\r\033[K%s [%.*s%.*s] %3d %%", safe, filled,
			"##############################", bar - filled,
			"..............................",
			at < size ? (int)((double)at * 100 / (double)size) : 100);
	else
		fprintf(stderr, "\r\033[K%s %llu MiB", safe, (unsigned long long)(at >> 20));
	fflush(stderr);
}

static void end_progress(const struct reading *r)
{
	if (r->options.progress && r->shown)
		fputs("\r\033[K", stderr);
}

static int read_frames(struct reading *r, struct capture_file *f, const char *name,
		       char error[CAPTURE_ERROR])
{
	struct frame frame;
	uint32_t count = 0;
	int result = 0;

	while (!r->failed && (result = capture_file_next(f, &frame, error)) > 0) {
		way_frame(r->way, &frame);
		if (++count % COLLECT_EACH == 0) {
			way_collect(r->way, COLLECT_EACH);
			way_health(r->way, &r->health);
			show_progress(r, f, name);
			*batch_health(writer_batch(r->writer)) = r->health;
			if (batch_sum_count(writer_batch(r->writer)) >= OFFER_EACH &&
			    writer_offer(r->writer, false))
				way_set_batch(r->way, writer_batch(r->writer));
		}
		if (batch_is_full(writer_batch(r->writer)))
			hand_over(r);
	}
	return result;
}

/* The end of a path, escaped, where it tells more than the path's begin does. */
static const char *tail_of(const char *file, size_t most, char buf[4 * NAME_MAX + 1])
{
	const char *slash = strrchr(file, '/'), *name = slash && slash[1] ? slash + 1 : file;
	const char *tail = buf;
	size_t length;

	text_escape(name, strlen(name), buf, 4 * NAME_MAX + 1);
	length = strlen(buf);
	if (length > most)
		tail += length - most;
	while ((*tail & 0xc0) == 0x80) /* no character is cut in two */
		tail++;
	return tail;
}

static bool name_stands(const struct health *h, int count, const char *name)
{
	for (int i = 0; i < count; i++)
		if (strcmp(h->interfaces[i].name, name) == 0)
			return true;
	return false;
}

/* The name under which a file's frames are counted, with " #2" and so on where another has it. */
static void name_interface(struct health *h, int index, const char *file)
{
	int at = index < HEALTH_INTERFACES - 1 ? index : HEALTH_INTERFACES - 1;
	char *name = h->interfaces[at].name, suffix[8] = "", buf[4 * NAME_MAX + 1];
	size_t room = sizeof(h->interfaces[at].name);

	if (index > at)
		return; /* among the others already */
	if (at == HEALTH_INTERFACES - 1)
		file = "other files";
	else if (strcmp(file, "-") == 0)
		file = "standard input";
	for (int n = 2; n <= HEALTH_INTERFACES + 1; n++) {
		text_print(name, room, "%s%s", tail_of(file, room - 1 - strlen(suffix), buf),
			   suffix);
		if (!name_stands(h, at, name))
			break;
		text_print(suffix, sizeof(suffix), " #%d", n);
	}
	h->interface_count = (uint8_t)(at + 1);
}

static int read_file(struct reading *r, int index, const char *name)
{
	char error[CAPTURE_ERROR];
	struct capture_file *f;
	int result = capture_file_open(name, (uint16_t)index, &f, error);

	if (result < 0) {
		log_say("%s: %s", name, error);
		return result;
	}
	name_interface(&r->health, index, name);
	result = read_frames(r, f, name, error);
	end_progress(r);
	if (result < 0)
		log_say("%s: %s", name, error);
	capture_file_close(f);
	return result;
}

/* All of them, whatever becomes of one; the first failure is told. */
static int read_files(struct reading *r)
{
	int first = 0;

	for (int i = 0; i < r->options.file_count && !r->failed; i++) {
		int result = read_file(r, i, r->options.files[i]);

		if (result < 0 && first == 0)
			first = result;
	}
	way_collect(r->way, BATCH_SUMS);
	way_health(r->way, &r->health);
	hand_over(r);
	way_finish(r->way, hand_over, r);
	way_health(r->way, &r->health);
	*batch_health(writer_batch(r->writer)) = r->health;
	return first;
}

int reading_run(struct reading *r)
{
	char error[STORE_ERROR];
	int result = read_files(r), stopped = writer_stop(r->writer, error);

	r->writer = NULL;
	if (stopped < 0) {
		log_say("record: %s", error);
		return stopped;
	}
	if (r->record) {
		stopped = store_finish_sources(r->record);
		if (stopped < 0)
			log_say("%s: the files read cannot be noted as complete: %s",
				r->options.record, strerror(-stopped));
	}
	return result < 0 ? result : stopped;
}

static int open_store(const struct reading_options *o, const char *path, bool totals_only,
		      struct store **ret_)
{
	struct store_options options = {
		.path = path,
		.sensor = o->config->sensor,
		.mode = "read",
		.totals_only = totals_only,
		.rows_per_host_hour = o->config->rows_per_host_hour,
	};
	char error[STORE_ERROR];
	int result = store_open(&options, ret_, error);

	if (result < 0)
		log_say("%s%s", path ? "" : "temporary record: ", error);
	return result;
}

/* Whether any file can be read; else each reason is said, and no record need be touched. */
static int any_readable(const struct reading_options *o)
{
	char error[CAPTURE_ERROR];
	int result = 0;

	for (int i = 0; i < o->file_count; i++) {
		struct capture_file *f;
		struct stat st;

		if (strcmp(o->files[i], "-") == 0 ||
		    (stat(o->files[i], &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)))
			return 0; /* a pipe can be opened once */
		if (capture_file_open(o->files[i], 0, &f, error) == 0) {
			capture_file_close(f);
			return 0;
		}
	}
	for (int i = 0; i < o->file_count; i++) {
		struct capture_file *f;
		int one = capture_file_open(o->files[i], 0, &f, error);

		if (one == 0)
			capture_file_close(f);
		else
			log_say("%s: %s", o->files[i], error);
		result = result < 0 ? result : one;
	}
	return result;
}

static int open_stores(struct reading *r)
{
	const struct reading_options *o = &r->options;
	int result = any_readable(o);

	if (result == 0)
		result = open_store(o, NULL, o->totals_only, &r->answers);
	if (result < 0 || !o->record)
		return result;
	result = open_store(o, o->record, false, &r->record);
	return result < 0 ? result : sources_note(r->record, o->files, o->file_count, o->again);
}

static void restore(void *context, const struct addr *host, const void *blob, size_t size)
{
	way_restore(context, host, blob, size);
}

static int open_way(struct reading *r)
{
	struct store *first = r->record ? r->record : r->answers;
	struct writer_options writer = {.store = first,
					.also = r->record ? r->answers : NULL,
					.totals_only = !r->record && r->options.totals_only};
	struct way_options way = {.id_base = store_next_id(first) - 1,
				  .sample = SAMPLE_EACH,
				  .judge_each = JUDGE_EACH};
	int result = hash_key_draw(&way.key);

	if (result == 0) {
		r->way = way_new(&way);
		result = r->way ? store_load_evidence(first, restore, r->way) : -ENOMEM;
	}
	if (result == 0)
		result = writer_start(&writer, &r->writer);
	if (result < 0) {
		log_say("read: cannot start: %s", strerror(-result));
		return result;
	}
	way_set_policy(r->way, r->options.config->policy);
	way_set_public(r->way, r->options.config->public_addresses,
		       r->options.config->public_count);
	way_set_batch(r->way, writer_batch(r->writer));
	return 0;
}

int reading_open(const struct reading_options *options, struct reading **ret_)
{
	struct reading *r = calloc(1, sizeof(*r));
	int result;

	if (!r)
		return -ENOMEM;
	r->options = *options;
	result = open_stores(r);
	if (result == 0)
		result = open_way(r);
	if (result < 0) {
		store_abandon(r->record);
		r->record = NULL;
		reading_close(r);
		return result;
	}
	*ret_ = r;
	return 0;
}

void reading_close(struct reading *r)
{
	char error[STORE_ERROR];

	if (!r)
		return;
	if (r->writer)
		writer_stop(r->writer, error);
	way_free(r->way);
	store_close(r->answers);
	store_close(r->record);
	free(r);
}

const struct health *reading_health(const struct reading *r)
{
	return &r->health;
}

struct sqlite3 *reading_database(const struct reading *r)
{
	return store_database(r->answers);
}
