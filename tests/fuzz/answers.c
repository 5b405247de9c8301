#include "answers.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "query/connections.h"
#include "query/host.h"
#include "query/incident_report.h"
#include "query/offender.h"
#include "query/status.h"

#define COLUMNS 60

static void judge(enum report_format format, const char *text, size_t length)
{
	if (format == REPORT_JSON)
		fuzz_json(text, length);
	else if (format == REPORT_CSV)
		fuzz_csv(text, length);
	else
		fuzz_page(text, length);
}

struct page {
	struct report_options options;
	char *text;
	size_t length;
};

static void page_open(struct page *p, enum report_format format)
{
	p->options = (struct report_options){.format = format,
					     .columns = COLUMNS,
					     .merged = true,
					     .now = INT64_C(1700000000000000)};
	p->options.out = open_memstream(&p->text, &p->length);
	FUZZ_MUST(p->options.out != NULL);
}

static void page_close(struct page *p)
{
	FUZZ_MUST(fclose(p->options.out) == 0);
	judge(p->options.format, p->text, p->length);
	free(p->text);
}

void answers_print(const struct field *fields, const void *rows, size_t count, size_t size)
{
	for (enum report_format f = REPORT_TABLE; f < REPORT_FORMAT_COUNT; f++) {
		struct page p;
		struct report *r;

		page_open(&p, f);
		r = report_begin(&p.options, fields);
		FUZZ_MUST(r != NULL);
		for (size_t i = 0; i < count; i++)
			FUZZ_MUST(report_row(r, (const char *)rows + i * size) == 0);
		FUZZ_MUST(report_end(r) == 0);
		page_close(&p);
	}
}

void answers_print_object(const struct field *fields, const void *object)
{
	for (enum report_format f = REPORT_TABLE; f < REPORT_FORMAT_COUNT; f++) {
		struct page p;

		page_open(&p, f);
		FUZZ_MUST(report_object(&p.options, fields, object) == 0);
		page_close(&p);
	}
}

static void count_is_sane(int64_t n)
{
	FUZZ_MUST(n >= 0 && n <= COUNT_MOST);
}

static void ask_offenders(struct record *r, const struct policy *policy, int64_t now,
			  struct answers *ret_)
{
	const struct window all = {INT64_MIN, INT64_MAX};
	struct offenders found = {0};
	uint64_t outside = 0;

	if (offenders_load(r, &all, 0, policy, now, &found, &outside) < 0) {
		offenders_done(&found);
		return;
	}
	offenders_rank(&found);
	for (size_t i = 0; i < found.count; i++) {
		const struct offender *o = &found.items[i];

		count_is_sane(o->attempts);
		count_is_sane(o->connected);
		count_is_sane(o->destinations);
		count_is_sane(o->bytes_sent);
		ret_->attempts = count_add(ret_->attempts, o->attempts);
	}
	answers_print(offender_fields, found.items, found.count, sizeof(*found.items));
	offenders_done(&found);
}

static void ask_connections(struct record *r, struct answers *ret_)
{
	const struct window all = {INT64_MIN, INT64_MAX};
	const struct connection_row *row;
	const struct record *at;
	struct connections *c;

	if (connections_open(&r, 1, &all, NULL, &c) < 0)
		return;
	while (connections_next(c, &row, &at) > 0) {
		if (ret_->connections++ < 4)
			answers_print(connection_fields, row, 1, sizeof(*row));
	}
	connections_close(c);
}

static void ask_host(struct record *r, const char *host, const struct policy *policy, int64_t now)
{
	const struct window all = {INT64_MIN, INT64_MAX};
	struct host h;

	if (host_load(r, host, &all, policy, now, &h) <= 0)
		return;
	answers_print_object(host_fields, &h);
	host_done(&h);
}

static void ask_status(struct record *r, int64_t now)
{
	struct status s;

	if (status_load(r, MOMENT_MINUTE, now, &s) < 0)
		return;
	answers_print_object(status_fields, &s);
	status_done(&s);
}

static void ask_incident(struct record *r, const struct policy *policy, int64_t now)
{
	struct incident_report i;
	struct page p;

	if (incident_report_load(r, 1, policy, now, &i) <= 0)
		return;
	answers_print_object(incident_report_fields, &i);
	page_open(&p, REPORT_TABLE);
	FUZZ_MUST(incident_report_text(&i, &p.options) == 0);
	page_close(&p);
	page_open(&p, REPORT_TABLE);
	FUZZ_MUST(incident_report_html(&i, p.options.out) == 0);
	page_close(&p);
	incident_report_done(&i);
}

void answers_ask(struct record *r, const char *host, const struct policy *policy, int64_t now,
		 struct answers *ret_)
{
	*ret_ = (struct answers){0};
	ask_offenders(r, policy, now, ret_);
	ask_connections(r, ret_);
	ask_host(r, host, policy, now);
	ask_status(r, now);
	ask_incident(r, policy, now);
}
