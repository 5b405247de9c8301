/* The report as plain text, to be read on a terminal or put into a mail. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "query/incident_report.h"
#include "query/notices.h"

#define WIDE	   78
#define BAR	   40
#define LINES_MOST 40 /* of the timeline */
#define NOTICES	   8

static int width(const struct report_options *o)
{
	return o->columns < WIDE ? o->columns : WIDE;
}

static void put_heading(const struct report_options *o, const char *text)
{
	fprintf(o->out, "\n%s%s%s\n", o->color ? "\033[1m" : "", text, o->color ? "\033[0m" : "");
}

static void put_text(const struct report_options *o, const char *mark, int indent, const char *text)
{
	fprintf(o->out, "%*s%s", indent - (int)strlen(mark), "", mark);
	report_wrap(o->out, text, indent, indent, width(o));
}

static void put_list(const struct report_options *o, const char *mark, const struct list *list)
{
	char *const *items = list->items;

	for (size_t i = 0; i < list->count; i++)
		put_text(o, mark, 4, items[i]);
}

static void put_head(const struct report_options *o, const struct incident_report *i)
{
	const struct incident_row *row = &i->incident.row;
	struct window w = incident_bounds(i);
	char title[INCIDENT_TITLE], text[MOMENT_TEXT];

	fprintf(o->out, "%s", o->color ? "\033[1m" : "");
	report_wrap(o->out, incident_title(row, title), 0, 2, width(o));
	fprintf(o->out, "%s", o->color ? "\033[0m" : "");
	fprintf(o->out, "  opened  %s by %s\n", incident_time(row->opened, text), row->opened_by);
	fprintf(o->out, "  covers  %s to ", incident_time(w.since, text));
	fprintf(o->out, "%s\n", incident_time(w.until, text));
	if (row->closed == TIME_UNKNOWN)
		fprintf(o->out, "  open    until %s\n", incident_time(row->until, text));
	else
		fprintf(o->out, "  closed  %s by %s\n", incident_time(row->closed, text),
			row->closed_by);
	if (*row->address)
		fprintf(o->out, "  address %s\n", row->address);
	if (i->sensor)
		fprintf(o->out, "  sensor  %s\n", i->sensor);
}

static void put_findings(const struct report_options *o, const struct incident_report *i)
{
	const struct finding_row *rows = i->findings.rows.items;

	put_heading(o, "Findings");
	for (size_t at = 0; at < i->findings.rows.count && at < INCIDENT_FINDINGS; at++)
		put_text(o, "- ", 4, rows[at].text);
	if (incident_findings_more(i) > 0)
		fprintf(o->out, "  - and %" PRId64 " more\n", incident_findings_more(i));
}

/* --- hosts ------------------------------------------------------------------------------------ */

static void put_names(const struct report_options *o, const struct offender *h)
{
	char *const *names = h->helo.items, text[1024] = "";
	size_t used = 0;

	if (h->helo.count == 0)
		return;
	for (size_t i = 0; i < h->helo.count && used < sizeof(text) - 1; i++) {
		text_print(text + used, sizeof(text) - used, "%s%s", i ? ", " : "says HELO ",
			   names[i]);
		used += strlen(text + used);
	}
	put_text(o, "- ", 8, text);
}

static void put_host(const struct report_options *o, const struct offender *h)
{
	char name[512], verdict[64], first[MOMENT_TEXT], last[MOMENT_TEXT], line[1024];
	char *const *reasons = h->reasons.items;

	text_print(line, sizeof(line), "%s: %s%s%s%s", incident_host(h, name, sizeof(name)),
		   incident_verdict(h, verdict), *h->mac ? ", MAC address " : "", h->mac,
		   h->now_permitted ? ", permitted by today's policy" : "");
	put_text(o, "* ", 4, line);
	text_print(line, sizeof(line),
		   "%" PRId64 " attempts, %" PRId64 " connected, %" PRId64 " messages, %" PRId64
		   "%s destinations, %" PRId64 " resets, %" PRId64 " of %" PRId64
		   " killed; from %s to %s",
		   h->attempts, h->connected, h->messages.known ? h->messages.value : 0,
		   h->destinations, h->destinations_exact ? "" : "+", h->resets,
		   h->killed.known ? h->killed.value : 0, h->killable,
		   incident_time(h->first_seen, first), incident_time(h->last_seen, last));
	put_text(o, "", 6, line);
	for (size_t i = 0; i < h->reasons.count && i < INCIDENT_REASONS; i++)
		put_text(o, "- ", 8, reasons[i]);
	put_names(o, h);
}

static void put_hosts(const struct report_options *o, const struct incident_report *i)
{
	const struct offenders *found = &i->incident.found;

	put_heading(o, "Which hosts");
	if (found->count == 0)
		fputs("  none\n", o->out);
	for (size_t at = 0; at < found->count && at < INCIDENT_HOSTS; at++)
		put_host(o, &found->items[at]);
	if (found->count > INCIDENT_HOSTS)
		fprintf(o->out, "  * and %zu more: egress25 incident show %" PRId64 "\n",
			found->count - INCIDENT_HOSTS, i->incident.row.id);
}

/* --- blacklists, and the timeline ------------------------------------------------------------- */

static void put_listings(const struct report_options *o, const struct incident_report *i)
{
	const struct notice_row *rows = i->listings.items;
	char line[1024], first[MOMENT_TEXT], last[MOMENT_TEXT];

	put_heading(o, "What the blacklists say");
	if (i->listings.count == 0)
		fputs("  no server was heard to name one\n", o->out);
	for (size_t at = 0; at < i->listings.count && at < NOTICES; at++) {
		const struct notice_row *n = &rows[at];

		text_print(line, sizeof(line),
			   "%s: %s (%s%s), heard %" PRId64 " times from %s to %s",
			   n->list ? n->list : "-", *n->address ? n->address : "no address named",
			   n->finding ? "confirmed" : "one word, which anyone can forge",
			   n->policy ? ", for its kind, no sign of a bot" : "", n->heard,
			   incident_time(n->first_seen, first), incident_time(n->last_seen, last));
		put_text(o, "* ", 4, line);
		text_print(line, sizeof(line), "%s told %s: %s", n->server, n->client,
			   n->reply ? n->reply : "");
		put_text(o, "", 6, line);
	}
	if (i->listings.count > NOTICES)
		fprintf(o->out, "  * and %zu more: egress25 status\n", i->listings.count - NOTICES);
}

static int64_t point_sum(const struct timeline *t, size_t point)
{
	int64_t sum = 0;

	for (size_t i = 0; i < t->series_count; i++)
		sum = count_add(sum, t->series[i].at[point]);
	return sum;
}

static void put_bar(const struct report_options *o, const struct timeline *t, size_t point)
{
	int64_t sum = point_sum(t, point);
	int columns = (int)((double)sum / (double)t->most * BAR + 0.5);
	char text[MOMENT_TEXT];

	incident_time(t->since + (int64_t)point * t->step, text);
	fprintf(o->out, "  %.16s %8" PRId64 " ", text, sum);
	for (int i = 0; i < (columns ? columns : 1); i++)
		putc('#', o->out);
	putc('\n', o->out);
}

static void put_timeline(const struct report_options *o, const struct incident_report *i)
{
	const struct timeline *t = &i->timeline;
	char heading[96], text[MOMENT_TEXT];
	int told = 0;
	size_t at = 0;

	text_print(heading, sizeof(heading), "Timeline: attempts by %s, UTC",
		   incident_step(t, text));
	put_heading(o, heading);
	for (; at < t->points && told < LINES_MOST; at++)
		if (point_sum(t, at) > 0 && ++told)
			put_bar(o, t, at);
	if (at < t->points)
		fputs("  and further ones: --format json has them\n", o->out);
	if (told == 0)
		fputs("  no attempt\n", o->out);
	for (size_t m = 0; m < t->mark_count; m++)
		fprintf(o->out, "  %s: %s\n", incident_time(t->marks[m].at, text),
			t->marks[m].what);
}

int incident_report_text(const struct incident_report *i, const struct report_options *o)
{
	put_head(o, i);
	put_heading(o, "What happened");
	put_list(o, "", &i->summary);
	put_findings(o, i);
	put_hosts(o, i);
	put_listings(o, i);
	put_timeline(o, i);
	put_heading(o, "What was done");
	put_list(o, "- ", &i->done);
	put_heading(o, "What remains");
	put_list(o, "- ", &i->remains);
	put_heading(o, "What to do next");
	put_list(o, "- ", &i->next);
	errno = 0;
	if (fflush(o->out) == 0 && !ferror(o->out))
		return 0;
	return errno ? -errno : -EIO;
}
