/* offenders: which machine is it? */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/log.h"
#include "base/moment.h"
#include "base/text.h"
#include "commands/command.h"
#include "commands/print.h"
#include "commands/query.h"
#include "query/offender.h"

/* What was found, and where it was looked for. */
static int print_heading(const struct query *q, size_t count)
{
	char window[WINDOW_TEXT];

	if (q->reading && window_is_all(&q->window))
		text_print(window, sizeof(window), "in what was read");
	else
		window_format(&q->window, window);
	if (count == 0)
		return report_note(&q->report, "No offender %s.", window);
	/* A host that several records know has a row of each. */
	if (q->count > 1)
		return report_note(&q->report, "%zu row%s of %zu records %s:", count, text_s(count),
				   q->count, window);
	return report_note(&q->report, "%zu offender%s %s:", count, text_s(count), window);
}

static int print_footing(const struct query *q, uint64_t outside)
{
	if (outside == 0)
		return 0;
	return report_note(&q->report, "%" PRIu64 " more %s%s %s it: %s %s", outside,
			   q->count > 1 ? "row" : "offender", text_s(outside),
			   q->window.until == INT64_MAX ? "before" : "outside",
			   q->reading ? "without --since and --until you see" : "--all shows",
			   outside == 1 ? "it" : "them");
}

/* Where the window reaches behind what retention has left. */
static int print_pruned(const struct query *q)
{
	char when[MOMENT_TEXT];

	for (size_t i = 0; i < q->count; i++) {
		const struct record *r = q->records[i];
		int rc = 0;

		if (!window_is_all(&q->window) && q->window.since < r->pruned)
			rc = report_note(&q->report,
					 "Retention has taken sums of before %s away: numbers of "
					 "then may be too low.",
					 moment_format_local(r->pruned, when));
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int print_rows(const struct query *q, const struct offenders *o)
{
	struct report *report = report_begin(&q->report, offender_fields);
	int rc = 0, end;

	if (!report)
		return -ENOMEM;
	report_set_style(report, offender_style);
	for (size_t i = 0; i < o->count && rc == 0; i++)
		rc = report_row(report, &o->items[i]);
	end = report_end(report);
	return rc < 0 ? rc : end;
}

static int print_all(const struct query *q, const struct offenders *o, uint64_t outside)
{
	int rc = print_heading(q, o->count);

	if (rc == 0)
		rc = print_rows(q, o);
	if (rc == 0)
		rc = print_footing(q, outside);
	if (rc == 0)
		rc = print_pruned(q);
	return rc < 0 ? rc : fflush(q->report.out) == 0 ? 0 : -errno;
}

static int ask(const struct query *q, const struct options *options)
{
	struct offenders found = {0};
	uint64_t outside = 0, more;
	int status = EXIT_DONE;

	for (size_t i = 0; i < q->count && status == EXIT_DONE; i++) {
		if (offenders_load(q->records[i], &q->window, 0, q->config->policy, q->now, &found,
				   &more) < 0)
			status = query_failed(q->records[i]);
		else
			outside += more;
	}
	if (status == EXIT_DONE) {
		offenders_rank(&found);
		if (options->exit_code && offenders_pressing(&found) > 0)
			status = EXIT_FOUND;
		status = query_written(print_all(q, &found, outside), status);
	}
	offenders_done(&found);
	return status;
}

int offenders_print(struct sqlite3 *db, const struct config *config, const struct options *options,
		    int64_t now)
{
	struct record *record = record_borrow(db);
	struct config borrowed = *config;
	struct query q = {
		.config = &borrowed, .records = &record, .count = 1, .now = now, .reading = true};
	int status;

	if (!record) {
		log_say("no memory to ask the record");
		return EXIT_FAILED;
	}
	query_report(options, now, &q.report);
	status = query_window(options, true, record->newest, now, &q.window);
	if (status == EXIT_DONE)
		status = ask(&q, options);
	record_close(record);
	return status;
}

int command_offenders(const struct options *options)
{
	struct query q;
	int64_t incident;
	int status = query_open(options, options->all, &q);

	if (status == EXIT_DONE)
		status = query_incident(&q, options, &incident);
	if (status == EXIT_DONE && incident)
		report_note(&q.report, "Incident %" PRId64 " is open.", incident);
	if (status == EXIT_DONE)
		status = options->follow ? offenders_follow(&q, options) : ask(&q, options);
	query_close(&q);
	return status;
}
