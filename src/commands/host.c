/* host: all that is known of one. */
#include <errno.h>
#include <stdio.h>

#include "base/addr.h"
#include "base/log.h"
#include "commands/command.h"
#include "commands/query.h"
#include "query/host.h"

/* Several records make a list, of those that know the host; one makes a single thing. */
struct printing {
	const struct query *query;
	struct report *list; /* JSON and CSV of several */
	size_t printed;
};

static int print_host(struct printing *p, const struct host *h)
{
	const struct report_options *report = &p->query->report;

	char window[WINDOW_TEXT];

	p->printed++;
	if (p->list)
		return report_row(p->list, h);
	if (p->printed > 1)
		report_note(report, "%s", "");
	if (!window_is_all(&p->query->window))
		report_note(report, "What %s did %s:", h->offender.address,
			    window_format(&p->query->window, window));
	return report_object(report, host_fields, h);
}

static int ask_all(struct printing *p, const char *address)
{
	const struct query *q = p->query;
	struct host host;

	for (size_t i = 0; i < q->count; i++) {
		int rc = host_load(q->records[i], address, &q->window, q->config->policy, q->now,
				   &host);

		if (rc < 0)
			return query_failed(q->records[i]);
		if (rc == 0)
			continue;
		rc = print_host(p, &host);
		host_done(&host);
		if (rc < 0)
			return query_written(rc, EXIT_FAILED);
	}
	return EXIT_DONE;
}

static int ask(const struct query *q, const char *address)
{
	struct printing p = {.query = q};
	int status, rc;

	if (q->count > 1 && q->report.format != REPORT_TABLE) {
		p.list = report_begin(&q->report, host_fields);
		if (!p.list)
			return EXIT_FAILED;
	}
	status = ask_all(&p, address);
	rc = report_end(p.list);
	if (status == EXIT_DONE)
		status = query_written(rc, status);
	if (status == EXIT_DONE && p.printed == 0) {
		log_say("%s: is not in the record: no attempt of it on a watched port was seen",
			address);
		return EXIT_FAILED;
	}
	return status;
}

int command_host(const struct options *options)
{
	char address[ADDR_TEXT];
	struct addr parsed;
	struct query q;
	int status;

	if (addr_parse(options->arguments[0], &parsed) < 0) {
		log_say("host %s: is no IPv4 or IPv6 address", options->arguments[0]);
		return EXIT_USAGE;
	}
	status = query_open(options, true, &q);
	if (status == EXIT_DONE)
		status = ask(&q, addr_format(&parsed, address));
	query_close(&q);
	return status;
}
