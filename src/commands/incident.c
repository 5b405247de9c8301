/* incident: opened, closed and looked at; the record tells the running monitor. */
#include <errno.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/moment.h"
#include "base/text.h"
#include "commands/command.h"
#include "commands/query.h"
#include "monitor/request.h"
#include "query/incident.h"
#include "query/status.h"

#define LENGTH	     (4 * MOMENT_HOUR)
#define LENGTH_RESET MOMENT_HOUR
#define LENGTH_LEAST MOMENT_SECOND
#define LENGTH_MOST  (31 * MOMENT_DAY)
#define POLICY_TEXT  4096

static int bad(const char *option, const char *text, const char *expected)
{
	char escaped[256];

	text_escape(text, strlen(text), escaped, sizeof(escaped));
	log_say("incident: --%s %s: expected %s; see egress25 incident --help", option, escaped,
		expected);
	return EXIT_USAGE;
}

/* --- opening ---------------------------------------------------------------------------------- */

/* What the row points to. */
struct texts {
	char user[INCIDENT_USER], reason[INCIDENT_TEXT], address[ADDR_TEXT], policy[POLICY_TEXT];
};

static int take_reason(const char *text, char ret_[INCIDENT_TEXT])
{
	if (strlen(text) > INCIDENT_REASON) {
		log_say("incident: --reason: is %zu bytes long, %d are allowed: say it shorter",
			strlen(text), INCIDENT_REASON);
		return EXIT_USAGE;
	}
	text_escape(text, strlen(text), ret_, INCIDENT_TEXT);
	return EXIT_DONE;
}

static int take_address(const char *text, char ret_[ADDR_TEXT])
{
	struct addr address;

	if (addr_parse(text, &address) < 0)
		return bad("address", text, "an IPv4 or IPv6 address");
	addr_format(&address, ret_);
	return EXIT_DONE;
}

static int take_times(const struct options *o, struct store_incident *i)
{
	int64_t length = o->incident_reset ? LENGTH_RESET : LENGTH;

	if (o->duration && (moment_parse_duration(o->duration, &length) < 0 ||
			    length < LENGTH_LEAST || length > LENGTH_MOST))
		return bad("for", o->duration, "a duration from 1s to 31d, such as 2h");
	i->since = i->opened;
	if (o->since && (moment_parse(o->since, i->opened, &i->since) < 0 || i->since > i->opened))
		return bad("since", o->since, "a time that has been, such as 09:30 or 2h");
	i->until = i->opened + length;
	return EXIT_DONE;
}

static void name_user(char ret_[INCIDENT_USER])
{
	const struct passwd *user = getpwuid(getuid());

	if (user)
		text_escape(user->pw_name, strlen(user->pw_name), ret_, INCIDENT_USER);
	else
		text_print(ret_, INCIDENT_USER, "%u", (unsigned int)getuid());
}

/* The lines in force, for whoever asks later why something was an offence. */
static void write_policy(const struct config *c, char ret_[POLICY_TEXT])
{
	char text[POLICY_TEXT] = "";
	size_t used = 0;

	for (enum policy_class k = POLICY_MAIL_SERVER; k < POLICY_CLASS_COUNT; k++)
		for (size_t n = 0; n < policy_rule_count(c->policy, k) && used < sizeof(text) - 1;
		     n++) {
			text_print(text + used, sizeof(text) - used, "%s%s", used ? "; " : "",
				   policy_rule(c->policy, k, n)->text);
			used += strlen(text + used);
		}
	text_escape(text, used, ret_, POLICY_TEXT);
}

static int take_order(const struct options *o, const struct config *c, struct texts *t,
		      struct store_incident *i)
{
	int status;

	*i = (struct store_incident){
		.opened_by = t->user,
		.reason = t->reason,
		.address = o->address ? t->address : NULL,
		.policy = t->policy,
		.opened = moment_now(),
		.reset = o->incident_reset,
	};
	name_user(t->user);
	write_policy(c, t->policy);
	status = take_reason(o->reason ? o->reason : "", t->reason);
	if (status == EXIT_DONE && o->address)
		status = take_address(o->address, t->address);
	return status == EXIT_DONE ? take_times(o, i) : status;
}

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

/* Whether a monitor writes this record. */
static int ask_running(const struct options *o, struct config **ret_config, bool *ret_)
{
	struct status s;
	struct query q;
	int status = query_open(o, true, &q);

	if (status == EXIT_DONE && status_load(q.records[0], q.config->silent_after, q.now, &s) < 0)
		status = query_failed(q.records[0]);
	if (status == EXIT_DONE) {
		*ret_ = s.running;
		status_done(&s);
		*ret_config = q.config;
		q.config = NULL;
	}
	query_close(&q);
	return status;
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
	if (!running)
		log_say("incident %" PRId64 ": no monitor runs on this record: it is taken up when "
			"egress25 watch starts",
			a->id);
	else if (o->incident_reset && strcmp(a->effect, "resets are on") != 0)
		log_say("incident %" PRId64 ": %s", a->id, a->effect);
	return status;
}

static int open_incident(const struct options *o)
{
	char error[STORE_ERROR];
	struct request_answer answer;
	struct store_incident order;
	struct config *c = NULL;
	struct texts texts;
	bool running = false;
	int status = ask_running(o, &c, &running), r;

	if (status == EXIT_DONE)
		status = take_order(o, c, &texts, &order);
	if (status == EXIT_DONE) {
		r = request_open(c->record, &order, running, &answer, error);
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
	int status = ask_running(o, &c, &running);

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
	struct incident_row open;
	struct incident i;
	int rc = 0, end;

	if (id == 0 && incident_find(q->records[0], 0, q->now, &open) > 0)
		id = open.id;
	else if (id == 0)
		rc = incident_newest(q->records[0], &id);
	if (rc == 0 && id > 0)
		rc = incident_load(q->records[0], id, q->config->policy, q->now, &i);
	if (rc < 0)
		return query_failed(q->records[0]);
	if (rc == 0) {
		log_say("incident: %s",
			id ? "the record has no such incident: see egress25 incident list"
			   : "none was ever opened: see egress25 incident --help");
		return EXIT_FAILED;
	}
	end = report_object(&q->report, incident_fields, &i);
	incident_done(&i);
	return query_written(end, EXIT_DONE);
}

static int show_incident(const struct options *o)
{
	struct query q;
	int64_t id = 0;
	int status = o->argument_count > 1 ? take_number(o->arguments[1], &id) : EXIT_DONE;

	if (status != EXIT_DONE)
		return status;
	status = query_open(o, true, &q);
	if (status == EXIT_DONE)
		status = show_one(&q, id);
	query_close(&q);
	return status;
}

static const struct verb {
	const char *name;
	int (*run)(const struct options *o);
	int most; /* arguments, the verb among them */
} verbs[] = {
	{"open", open_incident, 1},
	{"close", close_incident, 1},
	{"list", list_incidents, 1},
	{"show", show_incident, 2},
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

int command_incident(const struct options *o)
{
	for (size_t i = 0; i < VERBS; i++) {
		const struct verb *verb = &verbs[i];

		if (strcmp(o->arguments[0], verb->name) != 0)
			continue;
		if (o->argument_count > verb->most)
			return refuse("is one argument too many", o->arguments[verb->most]);
		return check_options(o, verb) == EXIT_DONE ? verb->run(o) : EXIT_USAGE;
	}
	return refuse("expected open, close, list or show", o->arguments[0]);
}
