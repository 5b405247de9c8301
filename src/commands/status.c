/* status: is it watching, and what does it miss? */
#include <errno.h>
#include <stdio.h>

#include "base/log.h"
#include "commands/command.h"
#include "commands/query.h"
#include "query/status.h"

static int print_status(const struct query *q, struct report *list, size_t at,
			const struct status *s)
{
	int rc;

	if (list)
		return report_row(list, s);
	if (at > 0)
		report_note(&q->report, "%s", "");
	rc = s->freeze.incident ? report_note(&q->report, "%s\n", s->freeze.words) : 0;
	if (rc == 0)
		rc = report_object(&q->report, status_fields, s);
	if (rc == 0 && s->blind.count == 0)
		rc = report_note(&q->report,
				 "\nIt is watching: nothing says that it misses anything.");
	return rc;
}

static int ask_all(const struct query *q, struct report *list, bool *ret_blind)
{
	struct status status;

	for (size_t i = 0; i < q->count; i++) {
		int rc = status_load(q->records[i], q->config->silent_after, q->now, &status);

		if (rc < 0)
			return query_failed(q->records[i]);
		*ret_blind = *ret_blind || status.blind.count > 0;
		rc = print_status(q, list, i, &status);
		status_done(&status);
		if (rc < 0)
			return query_written(rc, EXIT_FAILED);
	}
	return EXIT_DONE;
}

int command_status(const struct options *options)
{
	struct report *list = NULL;
	bool blind = false;
	struct query q;
	int status = query_open(options, true, &q), rc;

	if (status == EXIT_DONE && q.count > 1 && q.report.format != REPORT_TABLE)
		list = report_begin(&q.report, status_fields);
	if (status == EXIT_DONE)
		status = ask_all(&q, list, &blind);
	rc = report_end(list);
	if (status == EXIT_DONE)
		status = query_written(rc, options->exit_code && blind ? EXIT_FOUND : EXIT_DONE);
	query_close(&q);
	return status;
}
