/* check: proves a deployment before it is needed. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/moment.h"
#include "base/text.h"
#include "commands/command.h"
#include "commands/query.h"
#include "monitor/examine.h"
#include "query/report.h"

#define DURATION      (10 * MOMENT_SECOND)
#define DURATION_MOST MOMENT_HOUR
#define NAMES	      21 /* columns of mark and name */

/* A check as it is printed. */
struct row {
	const char *name, *interface, *result, *seen, *advice;
};

#define TEXT(member) .kind = FIELD_TEXT, .offset = offsetof(struct row, member)

static const struct field row_fields[] = {
	{.name = "name", TEXT(name)},	  {.name = "interface", TEXT(interface)},
	{.name = "result", TEXT(result)}, {.name = "seen", TEXT(seen)},
	{.name = "advice", TEXT(advice)}, {0},
};

static const struct {
	const char *mark;
	const char *style; /* of SGR */
} marks[] = {
	[CHECK_PASS] = {"ok", NULL},
	[CHECK_WARN] = {"warn", "33"},
	[CHECK_FAIL] = {"FAIL", "1;31"},
	[CHECK_UNKNOWN] = {"?", NULL},
};
_Static_assert(sizeof(marks) / sizeof(*marks) == CHECK_RESULT_COUNT, "marks");

static void print_mark(const struct report_options *ro, enum check_result result)
{
	const char *style = ro->color ? marks[result].style : NULL;

	if (style)
		fprintf(ro->out, "\033[%sm%-5s\033[0m", style, marks[result].mark);
	else
		fprintf(ro->out, "%-5s", marks[result].mark);
}

static void print_check(const struct report_options *ro, const struct check *c, bool several)
{
	char line[2 * CHECK_TEXT];

	print_mark(ro, c->result);
	fprintf(ro->out, "%-*s", NAMES - 5 - 1, check_kind_name(c->kind));
	putc(' ', ro->out);
	text_print(line, sizeof(line), "%s%s%s", c->interface && several ? c->interface : "",
		   c->interface && several ? ": " : "", c->seen);
	report_wrap(ro->out, line, NAMES, NAMES, ro->columns);
	if (c->advice[0] == '\0')
		return;
	text_print(line, sizeof(line), "-> %s", c->advice);
	fprintf(ro->out, "%*s", NAMES, "");
	report_wrap(ro->out, line, NAMES, NAMES + 3, ro->columns);
}

static void print_sum(const struct report_options *ro, const struct examination *e)
{
	unsigned int n[CHECK_RESULT_COUNT] = {0};

	for (size_t i = 0; i < e->count; i++)
		n[e->checks[i].result]++;
	fprintf(ro->out, "\n%u passed, %u to be looked at, %u failed, %u not known.\n",
		n[CHECK_PASS], n[CHECK_WARN], n[CHECK_FAIL], n[CHECK_UNKNOWN]);
}

static int print_table(const struct report_options *ro, const struct examination *e)
{
	bool several = e->facts.port_count > 1 || e->facts.via;

	for (size_t i = 0; i < e->count; i++)
		print_check(ro, &e->checks[i], several);
	print_sum(ro, e);
	if (fflush(ro->out) != 0)
		return -errno;
	return ferror(ro->out) ? -EIO : 0;
}

static int print_rows(const struct report_options *ro, const struct examination *e)
{
	struct report *report = report_begin(ro, row_fields);

	if (!report)
		return -ENOMEM;
	for (size_t i = 0; i < e->count; i++) {
		const struct check *c = &e->checks[i];
		const struct row row = {.name = check_kind_name(c->kind),
					.interface = c->interface,
					.result = check_result_name(c->result),
					.seen = c->seen,
					.advice = c->advice[0] ? c->advice : NULL};

		report_row(report, &row);
	}
	return report_end(report);
}

static bool any_failed(const struct examination *e)
{
	for (size_t i = 0; i < e->count; i++)
		if (e->checks[i].result == CHECK_FAIL)
			return true;
	return false;
}

static int run(const struct options *o, const struct config *config, int64_t duration)
{
	const struct examine_options options = {.config = config,
						.duration = duration,
						.progress = isatty(STDERR_FILENO)};
	struct examination *e = calloc(1, sizeof(*e));
	struct report_options ro;
	int status = EXIT_FAILED, rc;

	if (!e)
		log_say("check: no memory");
	if (e && examine_run(&options, e) == 0) {
		query_report(o, moment_now(), &ro);
		rc = ro.format == REPORT_TABLE ? print_table(&ro, e) : print_rows(&ro, e);
		status = query_written(rc, o->exit_code && any_failed(e) ? EXIT_FOUND : EXIT_DONE);
	}
	free(e);
	return status;
}

static int take_duration(const struct options *o, int64_t *ret_)
{
	int64_t duration = DURATION;
	char escaped[256];

	if (o->duration && (moment_parse_duration(o->duration, &duration) < 0 ||
			    duration < MOMENT_SECOND || duration > DURATION_MOST)) {
		text_escape(o->duration, strlen(o->duration), escaped, sizeof(escaped));
		log_say("check: --for %s: expected a duration from 1s to 1h, such as 30s; see "
			"egress25 check --help",
			escaped);
		return EXIT_USAGE;
	}
	*ret_ = duration;
	return EXIT_DONE;
}

int command_check(const struct options *o)
{
	struct config *config;
	int64_t duration;
	int status = take_duration(o, &duration);

	if (status == EXIT_DONE)
		status = options_config(o, &config);
	if (status != EXIT_DONE)
		return status;
	if (config->interface_count == 0) {
		log_say("check: no interface: name the mirror port with -i, or `interfaces` in the "
			"configuration");
		status = EXIT_USAGE;
	} else {
		status = run(o, config, duration);
	}
	config_free(config);
	return status;
}
