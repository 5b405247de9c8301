/*
 * freeze: the classic cure as one command.  Freeze the mail server, and see who still sends: it was
 * not the queue.
 */
#include "commands/freeze.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/moment.h"
#include "base/text.h"
#include "commands/order.h"
#include "commands/query.h"
#include "query/findings.h"

#define LENGTH	     (15 * MOMENT_MINUTE)
#define LENGTH_LEAST (10 * MOMENT_SECOND)
#define LENGTH_MOST  (4 * MOMENT_HOUR)
#define LENGTH_FORCED                                                                              \
	(2 * MOMENT_DAY) /* what waits longer begins to bounce: scripts/mta/README                 \
			  */

/* --- which mail server ------------------------------------------------------------------------ */

static int refuse_exchange(const char *command)
{
	const struct mta_target t = {.kind = MTA_EXCHANGE};
	char by_hand[MTA_COMMAND];

	bool thaw = strcmp(command, "thaw") == 0;

	log_say("%s: exchange: is not run from here: on a transport server run %s%s (not tested on "
		"a device)",
		command, mta_command(&t, thaw ? MTA_THAW : MTA_FREEZE, by_hand),
		thaw ? "" : " -For SECONDS, and later the same with thaw");
	return EXIT_FAILED;
}

int freeze_target(const struct options *o, const struct config *c, const char *command,
		  const char *mta, const char *ssh, struct mta_target *ret_)
{
	const char *name = o->mta ? o->mta : mta ? mta : c->mta;
	const char *host = o->ssh ? o->ssh : mta ? ssh : c->mta_ssh;
	char escaped[256];

	*ret_ = (struct mta_target){0};
	if (!name) {
		log_say("%s: no mail server is named: give --mta " MTA_KINDS ", or set mta in the "
			"configuration",
			command);
		return EXIT_USAGE;
	}
	if (mta_kind_parse(name, &ret_->kind) < 0) {
		text_escape(name, strlen(name), escaped, sizeof(escaped));
		log_say("%s: --mta %s: expected " MTA_KINDS, command, escaped);
		return EXIT_USAGE;
	}
	if (host && !mta_host_is_valid(host)) {
		text_escape(host, strlen(host), escaped, sizeof(escaped));
		log_say("%s: --ssh %s: expected a host, or user@host, such as mail.example.org",
			command, escaped);
		return EXIT_USAGE;
	}
	text_print(ret_->host, sizeof(ret_->host), "%s", host ? host : "");
	return ret_->kind == MTA_EXCHANGE ? refuse_exchange(command) : EXIT_DONE;
}

/* --- what was found --------------------------------------------------------------------------- */

static int print_words(const struct query *q, const struct incident *i,
		       const struct freeze_outcome *out)
{
	const struct report_options *report = &q->report;
	char from[MOMENT_TEXT], to[MOMENT_TEXT];
	struct findings f;
	int rc = findings_load(q->records[0], i, q->config->policy, q->now, &f);

	if (rc < 0)
		return query_failed(q->records[0]);
	report_note(report, "\nFrozen from %s to %s: what was found",
		    moment_format_local(out->frozen, from),
		    moment_format_local(i->row.frozen_until, to));
	rc = findings_print(&f, report);
	findings_done(&f);
	for (size_t n = 0; n < out->callouts.count; n++)
		report_note(report, "The mail server's own may connect though frozen: %s",
			    out->callouts.text[n]);
	report_note(report, "egress25 incident show %" PRId64 " tells all.", i->row.id);
	return query_written(rc, EXIT_DONE);
}

static int print_report(struct query *q, const struct freeze_outcome *out)
{
	struct incident i = {0};
	int rc = record_refresh(q->records[0]), status;

	q->now = q->report.now = moment_now();
	if (rc == 0)
		rc = incident_load(q->records[0], out->incident, q->config->policy, q->now, &i);
	if (rc <= 0)
		return query_failed(q->records[0]);
	if (q->report.format == REPORT_TABLE)
		status = print_words(q, &i, out);
	else
		status = query_written(report_object(&q->report, incident_fields, &i), EXIT_DONE);
	incident_done(&i);
	return status;
}

/* --- the command ------------------------------------------------------------------------------ */

static int take_order(const struct options *o, const struct config *c, const struct mta_target *t,
		      struct order *ret_)
{
	char reason[INCIDENT_REASON + 1], target[MTA_TARGET_TEXT];
	const struct order_limits limits = {
		.length = LENGTH,
		.least = LENGTH_LEAST,
		.most = o->force ? LENGTH_FORCED : LENGTH_MOST,
		.range = o->force ? "a duration from 10s to 2d, such as 15m"
				  : "a duration from 10s to 4h, such as 15m (longer with --force)",
		.reason = text_print(reason, sizeof(reason), "freeze of %.150s",
				     mta_target_text(t, target)),
	};

	return order_fill(o, c, "freeze", &limits, ret_);
}

/* One that nobody watches tells nothing, and stops the mail all the same. */
static int need_monitor(const struct config *c)
{
	log_say("freeze: no monitor runs on %s, so nobody would see who sends: start egress25 "
		"watch "
		"first; nothing was frozen",
		c->record);
	return EXIT_FAILED;
}

static int run(const struct options *o, struct query *q, const struct mta_target *t,
	       const struct order *order)
{
	const struct freeze_options options = {
		.record = q->config->record,
		.target = *t,
		.running = true,
		.length = order->row.until - order->row.opened,
		.incident = &order->row,
	};
	struct freeze_outcome out = {.failed = true};
	struct screen *s = screen_begin(o, q, true);
	int status;

	if (!s) {
		log_say("freeze: %s: nothing was frozen", strerror(ENOMEM));
		return EXIT_FAILED;
	}
	freeze_run(&options, screen_calls(s), &out);
	screen_end(s);
	status = out.incident ? print_report(q, &out) : EXIT_DONE;
	return out.failed ? EXIT_FAILED : status;
}

/* What is wrong on the command line is told before the record is looked at. */
static int prepare(const struct options *o, const struct config *c, struct mta_target *target,
		   struct order *order)
{
	struct config *again = NULL;
	bool running = false;
	int status = freeze_target(o, c, "freeze", NULL, NULL, target);

	if (status == EXIT_DONE)
		status = take_order(o, c, target, order);
	if (status == EXIT_DONE)
		status = order_running(o, &again, &running);
	config_free(again);
	return status == EXIT_DONE && !running ? need_monitor(c) : status;
}

int command_freeze(const struct options *o)
{
	struct config *c = NULL;
	struct mta_target target;
	struct order order;
	struct query q = {0};
	int status = options_config(o, &c);

	if (status == EXIT_DONE)
		status = prepare(o, c, &target, &order);
	if (status == EXIT_DONE)
		status = query_open(o, true, &q);
	if (status == EXIT_DONE)
		status = run(o, &q, &target, &order);
	query_close(&q);
	config_free(c);
	return status;
}
