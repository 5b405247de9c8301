#include "query/incident_report.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "incident_words.h"
#include "judge/schema.h"
#include "query/memory.h"
#include "query/notices.h"
#include "query/texts.h"

const char *incident_time(int64_t t, char buf[MOMENT_TEXT])
{
	char utc[MOMENT_TEXT];

	if (t == TIME_UNKNOWN)
		return text_print(buf, MOMENT_TEXT, "-");
	moment_format_utc(t, utc);
	return text_print(buf, MOMENT_TEXT, "%.10s %.8s UTC", utc, utc + 11);
}

const char *incident_title(const struct incident_row *row, char buf[INCIDENT_TITLE])
{
	return text_print(buf, INCIDENT_TITLE, "Incident %lld%s%s", (long long)row->id,
			  *row->reason ? ": " : "", row->reason);
}

const char *incident_host(const struct offender *o, char *buf, size_t size)
{
	return text_print(buf, size, "%s%s%s%s", o->name ? o->name : "", o->name ? " (" : "",
			  o->address, o->name ? ")" : "");
}

const char *incident_verdict(const struct offender *o, char buf[64])
{
	if (*o->verdict && o->score.known)
		return text_print(buf, 64, "%s (%.2f)", o->verdict, o->score.value);
	return text_print(buf, 64, "%s", *o->verdict ? o->verdict : "-");
}

const char *incident_step(const struct timeline *t, char buf[MOMENT_TEXT])
{
	int64_t minutes = t->step / MOMENT_MINUTE;

	if (minutes % 1440 == 0)
		return text_print(buf, MOMENT_TEXT, "%lld day%s", (long long)(minutes / 1440),
				  minutes == 1440 ? "" : "s");
	if (minutes % 60 == 0)
		return text_print(buf, MOMENT_TEXT, "%lld h", (long long)(minutes / 60));
	return text_print(buf, MOMENT_TEXT, "%lld min", (long long)minutes);
}

int64_t incident_findings_more(const struct incident_report *i)
{
	size_t rows = i->findings.rows.count;

	return i->findings.more +
	       (rows > INCIDENT_FINDINGS ? (int64_t)rows - INCIDENT_FINDINGS : 0);
}

struct window incident_bounds(const struct incident_report *i)
{
	struct window w = incident_window(&i->incident.row);

	if (w.until == INT64_MAX)
		w.until = i->end > w.since ? i->end : w.since + MOMENT_MINUTE;
	return w;
}

static void add_up(struct incident_report *i)
{
	for (size_t at = 0; at < i->incident.found.count; at++) {
		const struct offender *o = &i->incident.found.items[at];

		i->attempts = count_add(i->attempts, o->attempts);
		i->connected = count_add(i->connected, o->connected);
		i->messages = count_add(i->messages, o->messages.known ? o->messages.value : 0);
		i->killable = count_add(i->killable, o->killable);
		i->pressing += !o->now_permitted;
	}
}

/* Moves those heard within the window to the front, and forgets the others. */
static void keep_listings(struct list *list, int64_t since, int64_t until)
{
	struct notice_row *rows = (struct notice_row *)list->items, dropped;
	struct list rest = {.items = rows};
	size_t kept = 0, count = list->count;

	for (size_t i = 0; i < count; i++) {
		if (rows[i].last_seen < since || rows[i].first_seen >= until)
			continue;
		dropped = rows[kept];
		rows[kept++] = rows[i];
		rows[i] = dropped;
	}
	for (size_t i = kept; i < count; i++) {
		free(rows[i].list);
		free(rows[i].reply);
	}
	rest.count = kept;
	*list = rest;
}

static void mark(struct incident_report *i)
{
	const struct incident_row *row = &i->incident.row;
	const struct notice_row *heard = i->listings.items;
	int64_t first = TIME_UNKNOWN, until = incident_frozen_until(row);

	for (size_t at = 0; at < i->listings.count; at++)
		if (first == TIME_UNKNOWN || heard[at].first_seen < first)
			first = heard[at].first_seen;
	timeline_mark(&i->timeline, row->opened,
		      row->reset ? "opened, resets asked for" : "opened");
	timeline_mark(&i->timeline, first, "first told of a blacklisting");
	timeline_mark(&i->timeline, incident_frozen(row), "mail server frozen");
	if (until != TIME_UNKNOWN && until <= i->end)
		timeline_mark(&i->timeline, until, "freeze over");
	timeline_mark(&i->timeline, row->thawed, "mail server thawed, proven");
	if (row->closed != TIME_UNKNOWN)
		timeline_mark(&i->timeline, row->closed, "closed");
	i->marks = (struct list){.items = i->timeline.marks, .count = i->timeline.mark_count};
}

/* Its parameters are the spans of a window. */
static const char later_sql[] =
	"WITH w(span, low, high) AS (VALUES (?1, ?2, ?3), (?4, ?5, ?6), (?7, ?8, ?9),"
	" (?10, ?11, ?12), (?13, ?14, ?15))"
	" SELECT count(DISTINCT h.host), total(max(h.attempts, 0)) FROM w CROSS JOIN host_sum h"
	" ON h.span = w.span AND h.start >= w.low AND h.start < w.high"
	" WHERE h.standing = 0 AND h.attempts > 0";

/* Who tried again behind the end. */
static int load_later(const struct record *r, struct incident_report *i)
{
	struct window later = {.since = incident_window(&i->incident.row).until,
			       .until = INT64_MAX};
	struct span spans[WINDOW_SPANS] = {{0}};
	sqlite3_stmt *s;
	int rc;

	if (later.since == INT64_MAX)
		return 0;
	s = record_prepare(r, later_sql);
	if (!s)
		return record_errno(r);
	window_spans(&later, SCHEMA_SPAN_DAY, spans);
	for (int at = 0; at < WINDOW_SPANS; at++) {
		sqlite3_bind_int64(s, 3 * at + 1, spans[at].span);
		sqlite3_bind_int64(s, 3 * at + 2, spans[at].from);
		sqlite3_bind_int64(s, 3 * at + 3, spans[at].to);
	}
	rc = record_step(s);
	if (rc > 0) {
		i->later_hosts = record_count(s, 0);
		i->later_attempts = record_count(s, 1);
	}
	sqlite3_finalize(s);
	return rc < 0 ? record_errno(r) : 0;
}

static int load_open(const struct record *r, struct incident_report *i)
{
	struct window w = incident_window(&i->incident.row);
	sqlite3_stmt *s = record_prepare(r, "SELECT count(*) FROM conn WHERE ended IS NULL AND"
					    " standing = 0 AND started >= ?1 AND started < ?2");
	int rc;

	if (!s)
		return record_errno(r);
	sqlite3_bind_int64(s, 1, w.since);
	sqlite3_bind_int64(s, 2, w.until);
	rc = record_step(s);
	if (rc > 0)
		i->open = record_count(s, 0);
	sqlite3_finalize(s);
	return rc < 0 ? record_errno(r) : 0;
}

static int load_timeline(const struct record *r, struct incident_report *i)
{
	struct window w = incident_bounds(i);

	w.until = moment_floor(w.until - 1, MOMENT_MINUTE) + MOMENT_MINUTE;
	return timeline_load(r, &w, &i->incident.found, &i->timeline);
}

static int load_all(struct record *r, int64_t id, const struct policy *policy, int64_t now,
		    struct incident_report *i)
{
	const struct incident_row *row = &i->incident.row;
	int rc = incident_load(r, id, policy, now, &i->incident);

	if (rc <= 0)
		return rc;
	i->made = now;
	i->end = row->closed == TIME_UNKNOWN || row->closed > now ? now : row->closed;
	i->sensor = memory_copy(r->sensor);
	rc = findings_load(r, &i->incident, policy, now, &i->findings);
	if (rc == 0)
		rc = watching_load(r, row->since, i->end, &i->watching);
	if (rc == 0)
		rc = notices_load(r, NULL, &i->listings);
	if (rc == 0)
		rc = load_timeline(r, i);
	if (rc == 0)
		rc = load_later(r, i);
	if (rc == 0)
		rc = load_open(r, i);
	if (rc < 0)
		return rc;
	keep_listings(&i->listings, incident_window(row).since, incident_window(row).until);
	add_up(i);
	mark(i);
	rc = incident_words(i);
	return rc < 0 ? rc : 1;
}

int incident_report_load(struct record *r, int64_t id, const struct policy *policy, int64_t now,
			 struct incident_report *ret_)
{
	int rc = record_begin(r);

	*ret_ = (struct incident_report){0};
	if (rc < 0)
		return rc;
	rc = load_all(r, id, policy, now, ret_);
	record_end(r);
	if (rc <= 0)
		incident_report_done(ret_);
	return rc;
}

void incident_report_done(struct incident_report *i)
{
	incident_done(&i->incident);
	findings_done(&i->findings);
	watching_done(&i->watching);
	notices_done(&i->listings);
	timeline_done(&i->timeline);
	texts_done(&i->summary);
	texts_done(&i->done);
	texts_done(&i->remains);
	texts_done(&i->next);
	free(i->sensor);
	*i = (struct incident_report){0};
}
