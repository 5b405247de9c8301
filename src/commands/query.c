#include "commands/query.h"

#include <errno.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/moment.h"
#include "query/incident.h"

void query_report(const struct options *options, int64_t now, struct report_options *ret_)
{
	static const enum report_format formats[] = {
		[FORMAT_TABLE] = REPORT_TABLE, [FORMAT_JSON] = REPORT_JSON,
		[FORMAT_CSV] = REPORT_CSV,     [FORMAT_TEXT] = REPORT_TABLE,
		[FORMAT_HTML] = REPORT_TABLE,
	};

	_Static_assert(sizeof(formats) / sizeof(*formats) == FORMAT_COUNT, "one for each");
	*ret_ = (struct report_options){
		.out = stdout,
		.format = formats[options->format],
		.color = !options->no_color && report_terminal_color(),
		.columns = report_terminal_columns(),
		.now = now,
	};
}

int query_window(const struct options *options, bool all, int64_t newest, int64_t now,
		 struct window *ret_)
{
	const char *bad = NULL;
	int rc = window_parse(options->since, options->until, all, newest, now, ret_, &bad);

	if (rc == 0)
		return EXIT_DONE;
	if (rc == -EDOM)
		log_say("--until %s: is not behind --since%s%s: the window holds nothing",
			options->until, options->since ? " " : "",
			options->since ? options->since : "");
	else
		log_say("--%s %s: is no time: give YYYY-MM-DD, HH:MM, RFC 3339, or how long ago "
			"such as 90m, 24h, 7d",
			bad == options->since ? "since" : "until", bad);
	return EXIT_USAGE;
}

/* Whether the record at that index is one of those before it, which would be counted twice. */
static bool is_named_twice(const struct query *q, size_t at)
{
	const char *path = record_name(q->records[at]);
	struct stat one, other;

	if (stat(path, &one) < 0)
		return false;
	for (size_t i = 0; i < at; i++) {
		if (stat(record_name(q->records[i]), &other) < 0 || one.st_dev != other.st_dev ||
		    one.st_ino != other.st_ino)
			continue;
		log_say("--record %s: is the same file as %s: name each record once", path,
			record_name(q->records[i]));
		return true;
	}
	return false;
}

static int open_records(const struct options *options, struct query *q)
{
	size_t count = options->records.count > 1 ? options->records.count : 1;
	char error[RECORD_ERROR];

	q->records = calloc(count, sizeof(*q->records));
	if (!q->records) {
		log_say("no memory for the records");
		return EXIT_FAILED;
	}
	for (size_t i = 0; i < count; i++) {
		/* The configuration's is the first one named. */
		const char *path = i ? options->records.items[i] : q->config->record;

		if (record_open(path, &q->records[i], error) < 0) {
			log_say("%s", error);
			return EXIT_FAILED;
		}
		q->count++;
		if (is_named_twice(q, i))
			return EXIT_USAGE;
	}
	return EXIT_DONE;
}

int query_open(const struct options *options, bool all, struct query *ret_)
{
	struct query *q = ret_;
	int64_t newest = 0;
	int status;

	*q = (struct query){.now = moment_now()};
	query_report(options, q->now, &q->report);
	status = options_config(options, &q->config);
	if (status == EXIT_DONE)
		status = open_records(options, q);
	q->report.merged = q->count > 1;
	if (status != EXIT_DONE)
		return status;
	for (size_t i = 0; i < q->count; i++)
		newest = q->records[i]->newest > newest ? q->records[i]->newest : newest;
	/* A frame with a stamp of the future must not move the window away from what happened. */
	if (newest > q->now)
		newest = q->now;
	return query_window(options, all, newest, q->now, &q->window);
}

void query_close(struct query *q)
{
	for (size_t i = 0; i < q->count; i++)
		record_close(q->records[i]);
	free(q->records);
	config_free(q->config);
	*q = (struct query){0};
}

int query_incident(struct query *q, const struct options *options, int64_t *ret_id)
{
	struct incident_row open = {0};
	int rc = 0;

	*ret_id = 0;
	if (options->since || options->until || options->all)
		return EXIT_DONE;
	for (size_t i = 0; i < q->count && rc == 0; i++) {
		rc = incident_find(q->records[i], 0, q->now, &open);
		if (rc < 0)
			return query_failed(q->records[i]);
	}
	if (rc > 0)
		q->window = incident_window(&open);
	*ret_id = open.id;
	return EXIT_DONE;
}

int query_failed(const struct record *r)
{
	log_say("%s: cannot be read: %s", record_name(r), record_error(r));
	return EXIT_FAILED;
}

int query_written(int rc, int status)
{
	if (rc >= 0)
		return status;
	if (rc != -EPIPE)
		log_say("standard output: %s", strerror(-rc));
	/* Said here: main need not find the same again. */
	clearerr(stdout);
	__fpurge(stdout);
	return EXIT_FAILED;
}
