/* incident report: what an incident was, for those who were not there. */
#include <errno.h>
#include <stdio.h>

#include "base/log.h"
#include "commands/print.h"
#include "commands/query.h"
#include "query/incident_report.h"

int incident_missing(int64_t id)
{
	log_say("incident: %s", id ? "the record has no such incident: see egress25 incident list"
				   : "none was ever opened: see egress25 incident --help");
	return EXIT_FAILED;
}

static int print_words(const struct query *q, const struct incident_report *i)
{
	if (q->report.format == REPORT_JSON)
		return report_object(&q->report, incident_report_fields, i);
	return incident_report_text(i, &q->report);
}

static int print_page(const struct query *q, const struct incident_report *i)
{
	return incident_report_html(i, q->report.out);
}

static int print(const struct query *q, int64_t id,
		 int (*write)(const struct query *q, const struct incident_report *i))
{
	struct record *r = q->records[0];
	struct incident_report i;
	int rc = 0;

	if (id == 0)
		rc = incident_latest(r, q->now, &id);
	if (rc == 0 && id > 0)
		rc = incident_report_load(r, id, q->config->policy, q->now, &i);
	if (rc < 0)
		return query_failed(r);
	if (rc == 0)
		return incident_missing(id);
	rc = write(q, &i);
	incident_report_done(&i);
	return query_written(rc, EXIT_DONE);
}

int incident_print(const struct query *q, int64_t id)
{
	return print(q, id, print_words);
}

int incident_print_page(const struct query *q, int64_t id)
{
	return print(q, id, print_page);
}
