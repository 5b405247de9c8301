/*
 * offenders --follow: those that are there, then each new one and each whose verdict has changed.
 * SQLite tells by its data version whether anybody wrote, which costs no more than a look at shared
 * memory; only then is the record asked again.  The window's beginning stays where it was at the
 * start, so an offender that was shown stays one.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/moment.h"
#include "commands/print.h"
#include "commands/query.h"
#include "query/offender.h"

#define POLL_NS 500000000L

struct shown_host {
	int64_t host;
	char verdict[sizeof(((struct offender *)NULL)->verdict)];
};

/* What of one record was shown. */
struct shown {
	int64_t version;
	bool asked;
	struct shown_host *hosts; /* by number, ascending */
	size_t count;
};

struct follow {
	struct query query;
	struct shown *shown; /* one per record */
	struct report *report;
	uint64_t outside; /* of the window, at the first look */
	bool pressing;	  /* one was shown that today's policy does not permit */
};

static int compare_hosts(const void *a, const void *b)
{
	const struct shown_host *left = a, *right = b;

	return left->host < right->host ? -1 : left->host > right->host;
}

/* With the verdict that it has. */
static bool was_shown(const struct shown *s, const struct offender *o)
{
	const struct shown_host key = {.host = o->host}, *found;

	if (!s->hosts)
		return false;
	found = bsearch(&key, s->hosts, s->count, sizeof(key), compare_hosts);
	return found && strcmp(found->verdict, o->verdict) == 0;
}

/* What is there now is what was shown. */
static int remember(struct shown *s, const struct offenders *o)
{
	struct shown_host *hosts = calloc(o->count + 1, sizeof(*hosts));

	if (!hosts)
		return -ENOMEM;
	for (size_t i = 0; i < o->count; i++) {
		hosts[i].host = o->items[i].host;
		memcpy(hosts[i].verdict, o->items[i].verdict, sizeof(hosts[i].verdict));
	}
	qsort(hosts, o->count, sizeof(*hosts), compare_hosts);
	free(s->hosts);
	s->hosts = hosts;
	s->count = o->count;
	return 0;
}

/* 1 where the record was written since, 0, or negative. */
static int has_changed(const struct record *r, struct shown *s)
{
	int64_t version;
	int rc = record_number(r, "PRAGMA data_version", 0, &version);

	if (rc < 0)
		return rc;
	rc = !s->asked || version != s->version;
	s->asked = true;
	s->version = version;
	return rc;
}

static int print_new(struct follow *f, const struct shown *s, const struct offenders *o)
{
	int rc = 0;

	for (size_t i = 0; i < o->count && rc == 0; i++) {
		if (was_shown(s, &o->items[i]))
			continue;
		f->pressing = f->pressing || !o->items[i].now_permitted;
		rc = report_row(f->report, &o->items[i]);
	}
	return rc < 0 ? rc : report_flush(f->report);
}

/* An exit status; *ret_written the error of standard output. */
static int look(struct follow *f, size_t at, int *ret_written)
{
	struct record *r = f->query.records[at];
	struct shown *s = &f->shown[at];
	struct offenders found = {0};
	uint64_t outside;
	int64_t now = moment_now();
	int status = EXIT_DONE, rc = has_changed(r, s);

	if (rc == 0)
		return EXIT_DONE;
	if (rc < 0 || record_refresh(r) < 0 ||
	    offenders_load(r, &f->query.window, 0, f->query.config->policy, now, &found, &outside) <
		    0) {
		offenders_done(&found);
		return query_failed(r);
	}
	if (!s->hosts)
		f->outside += outside;
	report_set_now(f->report, now);
	offenders_rank(&found);
	*ret_written = print_new(f, s, &found);
	if (remember(s, &found) < 0) {
		log_say("no memory to follow the record");
		status = EXIT_FAILED;
	}
	offenders_done(&found);
	return status;
}

/* Half a second; true where a signal or the reader's leaving ends it. */
static bool wait_for_end(const sigset_t *signals)
{
	static const struct timespec pause = {.tv_nsec = POLL_NS};
	struct pollfd out = {.fd = STDOUT_FILENO};

	if (poll(&out, 1, 0) > 0 && (out.revents & (POLLERR | POLLHUP)))
		return true;
	return sigtimedwait(signals, NULL, &pause) > 0;
}

/* The window, and what the first look left out. */
static int print_bounds(const struct follow *f)
{
	char window[WINDOW_TEXT];

	window_format(&f->query.window, window);
	if (f->outside == 0)
		return report_note(&f->query.report, "(%s; new ones follow as they appear)",
				   window);
	return report_note(&f->query.report,
			   "(%s; %" PRIu64 " more offenders stand before it: --all shows them; new "
			   "ones follow as they appear)",
			   window, f->outside);
}

static int go(struct follow *f, const sigset_t *signals)
{
	int status, written = 0;
	bool first = true;

	do {
		for (size_t i = 0; i < f->query.count; i++) {
			status = look(f, i, &written);
			if (written == -EPIPE)
				return EXIT_DONE;
			if (written < 0)
				return query_written(written, EXIT_FAILED);
			if (status != EXIT_DONE)
				return status;
		}
		if (first && (written = print_bounds(f)) < 0)
			return written == -EPIPE ? EXIT_DONE : query_written(written, EXIT_FAILED);
		first = false;
		fflush(stdout);
	} while (!wait_for_end(signals));
	return EXIT_DONE;
}

static void done(struct follow *f)
{
	for (size_t i = 0; f->shown && i < f->query.count; i++)
		free(f->shown[i].hosts);
	free(f->shown);
	report_end(f->report);
	query_written(-EPIPE, EXIT_DONE); /* drops what a reader who left did not take */
}

int offenders_follow(const struct query *q, const struct options *options)
{
	struct follow f = {.query = *q};
	sigset_t signals, before;
	int status = EXIT_FAILED;

	f.query.report.lines = true;
	f.report = report_begin(&f.query.report, offender_fields);
	f.shown = calloc(q->count, sizeof(*f.shown));
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, &before);
	if (f.report && f.shown) {
		report_set_style(f.report, offender_style);
		status = go(&f, &signals);
	} else {
		log_say("no memory to follow the record");
	}
	done(&f);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return status == EXIT_DONE && options->exit_code && f.pressing ? EXIT_FOUND : status;
}
