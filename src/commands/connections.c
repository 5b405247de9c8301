/*
 * connections: newest first.  A table shows the newest CONNECTIONS_SHOWN of the window; JSON and
 * CSV hold all of it, and are written as it is read.  --all is everything in the record, in a table
 * too.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/addr.h"
#include "base/log.h"
#include "base/text.h"
#include "commands/command.h"
#include "commands/query.h"
#include "query/connections.h"

#define CONNECTIONS_SHOWN   50
#define CONNECTIONS_COUNTED 100000 /* of those not shown */

struct listing {
	const struct query *query;
	struct connections *connections;
	const char *address; /* or NULL */
	uint64_t most;	     /* rows shown */
	uint64_t shown;
};

/* Once it is known that there is anything. */
static int print_heading(const struct listing *l)
{
	char window[WINDOW_TEXT];

	return report_note(&l->query->report,
			   "Connections%s%s %s, newest first:", l->address ? " of " : "",
			   l->address ? l->address : "", window_format(&l->query->window, window));
}

static int print_rows(struct listing *l, struct report *report)
{
	const struct connection_row *row;
	const struct record *failed;
	int rc;

	while (l->shown < l->most && (rc = connections_next(l->connections, &row, &failed)) != 0) {
		if (rc < 0)
			return query_failed(failed);
		rc = l->shown == 0 ? print_heading(l) : 0;
		if (rc == 0)
			rc = report_row(report, row);
		if (rc < 0)
			return query_written(rc, EXIT_FAILED);
		l->shown++;
	}
	return EXIT_DONE;
}

static int print_empty(const struct listing *l)
{
	char window[WINDOW_TEXT];

	return report_note(&l->query->report, "No connection%s%s recorded %s.",
			   l->address ? " of " : "", l->address ? l->address : "",
			   window_format(&l->query->window, window));
}

/* What the table leaves out. */
static int print_footing(struct listing *l, int *ret_rc)
{
	const struct record *failed;
	int64_t more = 0;

	if (l->query->report.format != REPORT_TABLE)
		return EXIT_DONE;
	if (l->shown == 0)
		*ret_rc = print_empty(l);
	if (l->shown < l->most)
		return EXIT_DONE;
	if (connections_count(l->connections, (int64_t)l->most + CONNECTIONS_COUNTED, &more,
			      &failed) < 0)
		return query_failed(failed);
	more -= (int64_t)l->shown;
	if (more > 0)
		*ret_rc = report_note(&l->query->report,
				      "%s%" PRId64
				      " older one%s in this window: --format csv shows %s",
				      more >= CONNECTIONS_COUNTED ? "at least " : "", more,
				      text_s(more), more == 1 ? "it" : "them");
	return EXIT_DONE;
}

static int print(struct listing *l)
{
	struct report *report = report_begin(&l->query->report, connection_fields);
	int status, rc;

	if (!report) {
		log_say("no memory for the list");
		return EXIT_FAILED;
	}
	report_set_style(report, connection_style);
	status = print_rows(l, report);
	rc = report_end(report);
	if (status == EXIT_DONE && rc == 0)
		status = print_footing(l, &rc);
	return status == EXIT_DONE ? query_written(rc, status) : status;
}

static int ask(const struct query *q, const struct options *options, const char *address)
{
	bool whole = options->all || q->report.format != REPORT_TABLE;
	struct listing l = {
		.query = q,
		.address = address,
		.most = whole ? UINT64_MAX : CONNECTIONS_SHOWN,
	};
	int status = EXIT_FAILED;

	if (connections_open(q->records, q->count, &q->window, address, &l.connections) < 0)
		return query_failed(q->records[0]);
	status = print(&l);
	connections_close(l.connections);
	return status;
}

int command_connections(const struct options *options)
{
	const char *given = options->argument_count > 0 ? options->arguments[0] : NULL;
	char address[ADDR_TEXT];
	struct addr parsed;
	struct query q;
	int status;

	if (given && addr_parse(given, &parsed) < 0) {
		log_say("connections %s: is no IPv4 or IPv6 address", given);
		return EXIT_USAGE;
	}
	status = query_open(options, options->all, &q);
	if (status == EXIT_DONE)
		status = ask(&q, options, given ? addr_format(&parsed, address) : NULL);
	query_close(&q);
	return status;
}
