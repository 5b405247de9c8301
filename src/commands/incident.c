/* incident: opened, closed and looked at; the record tells the running monitor. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/moment.h"
#include "base/text.h"
#include "commands/command.h"
#include "commands/order.h"
#include "commands/print.h"
#include "commands/query.h"
#include "monitor/request.h"
#include "query/incident.h"

/* --- opening ---------------------------------------------------------------------------------- */

static const struct field answer_fields[] = {
	{.name = "id", .kind = FIELD_INTEGER, .offset = offsetof(struct request_answer, id)},
	{.name = "acknowledged",
	 .kind = FIELD_BOOL,
	 .offset = offsetof(struct request_answer, heard)},
	{.name = "effect", .kind = FIELD_CHARS, .offset = offsetof(struct request_answer, effect)},
	{0},
};

static int print_answer(const struct options *o, const struct request_answer *a)
{
	struct report_options report;
	int rc;

	query_report(o, moment_now(), &report);
	if (report.format != REPORT_TABLE)
		rc = report_object(&report, answer_fields, a);
	else
		rc = printf("%" PRId64 "\n", a->id);
	return query_written(rc, EXIT_DONE);
}

static int tell_unheard(int64_t id, const char *what)
{
	log_say("incident %" PRId64 ": %s, but the monitor did not acknowledge it within 2 s: see "
		"egress25 status",
		id, what);
	return EXIT_FAILED;
}

static int tell_opened(const struct options *o, const struct request_answer *a, bool running)
{
	int status = print_answer(o, a);

	if (running && !a->heard)
		return tell_unheard(a->id, "is open");
	if (running && o->incident_reset && strcmp(a->effect, "resets are on") != 0) {
		log_say("incident %" PRId64 ": is open, but %s", a->id, a->effect);
		return EXIT_FAILED;
	}
	if (!running)
		log_say("incident %" PRId64 ": no monitor runs on this record: it is taken up when "
			"egress25 watch starts",
			a->id);
	return status;
}

static int open_incident(const struct options *o)
{
	const struct order_limits limits = {
		.length = o->incident_reset ? INCIDENT_LENGTH_RESET : INCIDENT_LENGTH,
		.least = MOMENT_SECOND,
		.most = 31 * MOMENT_DAY,
		.range = "a duration from 1s to 31d, such as 2h",
		.reason = "",
	};
	char error[STORE_ERROR];
	struct request_answer answer;
	struct config *c = NULL;
	struct order order;
	bool running = false;
	int status = order_running(o, &c, &running), r;

	if (status == EXIT_DONE)
		status = order_fill(o, c, "incident", &limits, &order);
	if (status == EXIT_DONE) {
		r = request_open(c->record, &order.row, running, &answer, error);
		if (r == -EEXIST)
			log_say("incident %" PRId64 ": is open: close it first, with egress25 "
				"incident close",
				answer.id);
		else if (r < 0)
			log_say("%s", error);
		status = r < 0 ? EXIT_FAILED : tell_opened(o, &answer, running);
	}
	config_free(c);
	return status;
}

/* --- the others ------------------------------------------------------------------------------- */

static int close_incident(const struct options *o)
{
	char error[STORE_ERROR];
	struct request_answer answer;
	struct config *c = NULL;
	bool running = false;
	int status = order_running(o, &c, &running);

	if (status == EXIT_DONE &&
	    request_close(c->record, moment_now(), running, &answer, error) < 0) {
		log_say("%s", error);
		status = EXIT_FAILED;
	} else if (status == EXIT_DONE) {
		status = print_answer(o, &answer);
		if (running && !answer.heard)
			status = tell_unheard(answer.id, "is closed");
	}
	config_free(c);
	return status;
}

static int add_row(void *context, const struct incident_row *row)
{
	return report_row(context, row);
}

static int list_incidents(const struct options *o)
{
	struct report *report;
	struct query q;
	int status = query_open(o, true, &q), rc, end;

	if (status == EXIT_DONE) {
		report = report_begin(&q.report, incident_row_fields);
		rc = report ? incident_walk(q.records[0], q.now, add_row, report) : -ENOMEM;
		end = report_end(report);
		status = query_written(rc < 0 ? rc : end, EXIT_DONE);
	}
	query_close(&q);
	return status;
}

static int take_number(const char *text, int64_t *ret_)
{
	char *end, escaped[64];

	errno = 0;
	*ret_ = strtoll(text, &end, 10);
	if (*text >= '1' && *text <= '9' && !*end && !errno)
		return EXIT_DONE;
	text_escape(text, strlen(text), escaped, sizeof(escaped));
	log_say("incident: \"%s\": expected the number of an incident; see egress25 incident list",
		escaped);
	return EXIT_USAGE;
}

/* The one named, else the open one, else the newest. */
static int show_one(const struct query *q, int64_t id)
{
	struct incident i;
	int rc = 0, end;

	if (id == 0)
		rc = incident_latest(q->records[0], q->now, &id);
	if (rc == 0 && id > 0)
		rc = incident_load(q->records[0], id, q->config->policy, q->now, &i);
	if (rc < 0)
		return query_failed(q->records[0]);
	if (rc == 0)
		return incident_missing(id);
	end = report_object(&q->report, incident_fields, &i);
	incident_done(&i);
	return query_written(end, EXIT_DONE);
}

static int answer_one(const struct options *o, int (*answer)(const struct query *q, int64_t id))
{
	struct query q;
	int64_t id = 0;
	int status = o->argument_count > 1 ? take_number(o->arguments[1], &id) : EXIT_DONE;

	if (status != EXIT_DONE)
		return status;
	status = query_open(o, true, &q);
	if (status == EXIT_DONE)
		status = answer(&q, id);
	query_close(&q);
	return status;
}

static int show_incident(const struct options *o)
{
	return answer_one(o, show_one);
}

static int report_incident(const struct options *o)
{
	if (o->format == FORMAT_CSV) {
		log_say("incident: --format csv: expected text, json or html of a report; see "
			"egress25 incident --help");
		return EXIT_USAGE;
	}
	return answer_one(o, o->format == FORMAT_HTML ? incident_print_page : incident_print);
}

static const struct verb {
	const char *name;
	int (*run)(const struct options *o);
	int most; /* arguments, the verb among them */
} verbs[] = {
	{"open", open_incident, 1}, {"close", close_incident, 1},   {"list", list_incidents, 1},
	{"show", show_incident, 2}, {"report", report_incident, 2},
};
#define VERBS (sizeof(verbs) / sizeof(*verbs))

static int refuse(const char *why, const char *text)
{
	char escaped[64];

	text_escape(text, strlen(text), escaped, sizeof(escaped));
	log_say("incident: \"%s\": %s; see egress25 incident --help", escaped, why);
	return EXIT_USAGE;
}

/* What has a meaning where one is opened alone. */
static int check_options(const struct options *o, const struct verb *verb)
{
	const char *given = o->reason		? "reason"
			    : o->address	? "address"
			    : o->duration	? "for"
			    : o->since		? "since"
			    : o->incident_reset ? "reset"
						: NULL;

	if (!given || verb->run == open_incident)
		return EXIT_DONE;
	log_say("incident: --%s has a meaning with open alone; see egress25 incident --help",
		given);
	return EXIT_USAGE;
}

static int check_format(const struct options *o, const struct verb *verb)
{
	if (verb->run == report_incident || (o->format != FORMAT_TEXT && o->format != FORMAT_HTML))
		return EXIT_DONE;
	log_say("incident: --format %s has a meaning with report alone; see egress25 incident "
		"--help",
		o->format == FORMAT_HTML ? "html" : "text");
	return EXIT_USAGE;
}

int command_incident(const struct options *o)
{
	for (size_t i = 0; i < VERBS; i++) {
		const struct verb *verb = &verbs[i];

		if (strcmp(o->arguments[0], verb->name) != 0)
			continue;
		if (o->argument_count > verb->most)
			return refuse("is one argument too many", o->arguments[verb->most]);
		if (check_options(o, verb) != EXIT_DONE || check_format(o, verb) != EXIT_DONE)
			return EXIT_USAGE;
		return verb->run(o);
	}
	return refuse("expected open, close, list, show or report", o->arguments[0]);
}
