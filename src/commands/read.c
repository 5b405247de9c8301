/*
 * read: capture files in, their offenders out.  Without --record the record is a temporary one of
 * this process alone, so the answer comes by the same way as a query's.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/moment.h"
#include "commands/command.h"
#include "commands/print.h"
#include "edge/capture_file.h"
#include "edge/store.h"
#include "monitor/monitor.h"

struct source {
	char digest[CAPTURE_FILE_DIGEST]; /* "" for what cannot be read twice */
	uint64_t bytes;
};

static int open_store(const struct options *o, const struct config *c, struct store **ret_)
{
	struct store_options options = {
		.path = o->records.count ? o->records.items[0] : NULL,
		.sensor = c->sensor,
		.mode = "read",
		.rows_per_host_hour = c->rows_per_host_hour,
	};
	char error[STORE_ERROR];

	if (store_open(&options, ret_, error) == 0)
		return EXIT_DONE;
	log_say("%s: %s", options.path ? options.path : "temporary record", error);
	return EXIT_FAILED;
}

/* Whether a file may be read into this record; says so where not. */
static bool is_welcome(const struct options *o, struct store *store, const char *name,
		       struct source *source)
{
	enum store_source found = STORE_SOURCE_NEW;

	if (strcmp(name, "-") == 0 || capture_file_digest(name, source->digest) < 0)
		source->digest[0] = '\0'; /* a pipe; or what monitor_read() will complain of */
	if (!source->digest[0] || o->again)
		return true;
	if (store_find_source(store, source->digest, &found) < 0) {
		log_say("%s: the record cannot be asked whether it was read before", name);
		return false;
	}
	if (found == STORE_SOURCE_READ)
		log_say("%s: was read into this record already: give --again to count it twice",
			name);
	else if (found == STORE_SOURCE_PARTLY)
		log_say("%s: was read into this record in part, by a run that was interrupted: "
			"read "
			"it into a fresh record, or give --again to count that part twice",
			name);
	return found == STORE_SOURCE_NEW;
}

static uint64_t size_of_file(const char *name)
{
	char error[CAPTURE_ERROR];
	struct capture_file *f;
	uint64_t size = 0;

	if (capture_file_open(name, 0, &f, error) == 0) {
		size = capture_file_size(f);
		capture_file_close(f);
	}
	return size;
}

/* Notes all files before the first is read: a run that is killed leaves word of it. */
static int note_sources(const struct options *o, struct store *store)
{
	struct source *sources;
	int status = EXIT_DONE;

	if (o->records.count == 0)
		return EXIT_DONE;
	sources = calloc((size_t)o->argument_count, sizeof(*sources));
	if (!sources)
		return EXIT_FAILED;
	for (int i = 0; i < o->argument_count; i++)
		if (!is_welcome(o, store, o->arguments[i], &sources[i]))
			status = EXIT_FAILED;
	for (int i = 0; i < o->argument_count && status == EXIT_DONE; i++)
		if (sources[i].digest[0] &&
		    store_add_source(store, sources[i].digest, o->arguments[i],
				     size_of_file(o->arguments[i]), moment_now()) < 0) {
			log_say("%s: cannot be noted in the record", o->arguments[i]);
			status = EXIT_FAILED;
		}
	free(sources);
	return status;
}

static void say_losses(FILE *to, const struct health *h)
{
	for (unsigned int i = 0; i < h->loss_count; i++)
		fprintf(to, "%s%s: %" PRIu64,
			i ? "; " : "Not all was understood or kept: ", h->losses[i].reason,
			h->losses[i].count);
	if (h->loss_count)
		fputs(".\n", to);
}

static void say_unclassified(FILE *to, const struct health *h)
{
	char client[ADDR_TEXT], server[ADDR_TEXT];

	if (h->unclassified == 0)
		return;
	fprintf(to,
		"%" PRIu64 " connections between two external addresses are not classified: "
		"`internal` probably misses a prefix, or the mirror sits outside the NAT. Seen: ",
		h->unclassified);
	for (unsigned int i = 0; i < h->example_count; i++)
		fprintf(to, "%s%s to %s", i ? ", " : "",
			addr_format(&h->examples[i].client, client),
			addr_format(&h->examples[i].server, server));
	fputs(".\n", to);
}

/* The closing lines: on standard output beside a table, else on standard error. */
static void say_health(const struct options *o, const struct health *h)
{
	FILE *to = o->format == FORMAT_TABLE ? stdout : stderr;
	char newest[MOMENT_TEXT];
	uint64_t inward = 0, outward = 0;

	for (unsigned int i = 0; i < h->interface_count; i++) {
		inward += h->interfaces[i].inward;
		outward += h->interfaces[i].outward;
	}
	fprintf(to, "%" PRIu64 " frames read", h->packets);
	if (h->packets)
		fprintf(to, ", the newest of %s", moment_format_local(h->newest, newest));
	fprintf(to, "; %" PRIu64 " attempts, permitted ones included; %" PRIu64 " stray frames.\n",
		h->attempts, h->stray);
	if (h->attempts && (inward == 0 || outward == 0))
		fprintf(to, "Only frames %s were seen: the mirror shows one direction.\n",
			inward ? "from outside to inside" : "from inside to outside");
	say_unclassified(to, h);
	say_losses(to, h);
}

/* What could be read is answered; that something could not shows in the status. */
static int read_and_print(const struct options *o, struct config *config, struct store *store)
{
	struct monitor_read options = {
		.files = o->arguments,
		.file_count = o->argument_count,
		.store = store,
		.config = config,
		.progress = isatty(STDERR_FILENO),
	};
	struct health health;
	int result = monitor_read(&options, &health), status;

	if (result < 0 && health.packets == 0)
		return EXIT_FAILED;
	if (o->records.count && store_finish_sources(store) < 0)
		log_say("%s: the files read could not be noted as complete", o->records.items[0]);
	status = offenders_print(store_database(store), config, o, moment_now());
	say_health(o, &health);
	if (fflush(stdout) != 0)
		return EXIT_FAILED;
	return result < 0 ? EXIT_FAILED : status;
}

int command_read(const struct options *o)
{
	struct config *config;
	struct store *store;
	int status = options_config(o, &config);

	if (status != EXIT_DONE)
		return status;
	status = open_store(o, config, &store);
	if (status == EXIT_DONE) {
		status = note_sources(o, store);
		if (status == EXIT_DONE)
			status = read_and_print(o, config, store);
		store_close(store);
	}
	config_free(config);
	return status;
}
