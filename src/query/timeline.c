#include "query/timeline.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "base/moment.h"
#include "base/text.h"
#include "judge/schema.h"

#define ROWS_MOST ((size_t)TIMELINE_POINTS * TIMELINE_SERIES)

#define AT(member) .offset = offsetof(struct timeline_row, member)

const struct field timeline_fields[] = {
	{"at", FIELD_TIME, AT(at)},
	{"address", FIELD_CHARS, AT(address)},
	{"attempts", FIELD_INTEGER, AT(attempts)},
	{"messages", FIELD_INTEGER, AT(messages)},
	{0},
};

/* Those up to an hour divide it, those up to a day that; the record keeps sums of just these. */
static const int64_t steps[] = {1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 360, 480, 720, 1440};
#define STEPS (sizeof(steps) / sizeof(*steps))

static void choose_step(const struct window *w, struct timeline *t)
{
	int64_t step = 0;

	for (size_t i = 0; step == 0 || (w->until - t->since + step - 1) / step > TIMELINE_POINTS;
	     i++) {
		step = i < STEPS ? steps[i] * MOMENT_MINUTE : 2 * step;
		t->since = moment_floor(w->since, step);
	}
	t->step = step;
	t->points = (size_t)((w->until - t->since + step - 1) / step);
	t->until = t->since + (int64_t)t->points * step;
}

/* Puts the host among the first few, most attempts first, if it belongs there. */
static void rank(struct timeline *t, const struct offender *o)
{
	size_t at = t->series_count - 1; /* the others */

	while (at > 0 && t->series[at - 1].attempts < o->attempts)
		at--;
	if (at == TIMELINE_HOSTS)
		return;
	if (t->series_count < TIMELINE_SERIES)
		t->series_count++;
	for (size_t i = t->series_count - 2; i > at; i--)
		t->series[i] = t->series[i - 1];
	t->series[at] = (struct timeline_series){.host = o->host, .attempts = o->attempts};
	text_print(t->series[at].address, ADDR_TEXT, "%s", o->address);
}

static void choose_hosts(struct timeline *t, const struct offenders *offenders)
{
	t->series_count = 1;
	for (size_t i = 0; i < offenders->count; i++)
		rank(t, &offenders->items[i]);
	t->series[t->series_count - 1] = (struct timeline_series){0};
	for (size_t i = 0; i < t->series_count; i++)
		t->series[i].attempts = 0; /* to be counted */
}

static void take(struct timeline *t, sqlite3_stmt *s)
{
	int64_t point = (record_time(s, 0) - t->since) / t->step, host = sqlite3_column_int64(s, 1);
	struct timeline_series *to = t->series;

	if (point < 0 || point >= (int64_t)t->points)
		return;
	while (to->host && to->host != host)
		to++;
	to->attempts = count_add(to->attempts, record_count(s, 2));
	to->at[point] = count_add(to->at[point], record_count(s, 2));
	to->messages[point] = count_add(to->messages[point], record_count(s, 3));
}

static const char sums_sql[] = "SELECT start, host, attempts, messages FROM host_sum WHERE"
			       " span = ?1 AND start >= ?2 AND start < ?3 AND standing = 0";

static int load_span(const struct record *r, const struct span *span, struct timeline *t)
{
	sqlite3_stmt *s = record_prepare(r, sums_sql);
	int rc;

	if (!s)
		return record_errno(r);
	sqlite3_bind_int64(s, 1, span->span);
	sqlite3_bind_int64(s, 2, span->from);
	sqlite3_bind_int64(s, 3, span->to);
	while ((rc = record_step(s)) > 0)
		take(t, s);
	sqlite3_finalize(s);
	return rc < 0 ? record_errno(r) : 0;
}

static int load_sums(const struct record *r, const struct window *w, struct timeline *t)
{
	struct span spans[WINDOW_SPANS] = {
		{.span = SCHEMA_SPAN_MINUTE, .from = w->since, .to = w->until}};
	size_t count = 1;
	int rc = 0;

	if (t->step >= MOMENT_DAY)
		count = window_spans(w, SCHEMA_SPAN_DAY, spans);
	else if (t->step >= MOMENT_HOUR)
		count = window_spans(w, SCHEMA_SPAN_HOUR, spans);
	for (size_t i = 0; i < count && rc == 0; i++)
		rc = load_span(r, &spans[i], t);
	return rc;
}

/* The rows of one point; how many attempts it holds. */
static int64_t add_rows(struct timeline *t, size_t point, struct timeline_row *rows)
{
	int64_t sum = 0;

	for (size_t i = 0; i < t->series_count; i++) {
		const struct timeline_series *s = &t->series[i];
		struct timeline_row *row = &rows[t->rows.count];

		if (s->at[point] == 0)
			continue;
		*row = (struct timeline_row){.at = t->since + (int64_t)point * t->step,
					     .attempts = s->at[point],
					     .messages = s->messages[point]};
		text_print(row->address, sizeof(row->address), "%s", s->address);
		t->rows.count++;
		sum = count_add(sum, s->at[point]);
	}
	return sum;
}

int timeline_load(const struct record *r, const struct window *w, const struct offenders *offenders,
		  struct timeline *ret_)
{
	struct timeline_row *rows = calloc(ROWS_MOST, sizeof(*rows));
	struct timeline t = {
		.series = calloc(TIMELINE_SERIES, sizeof(*t.series)),
		.rows.items = rows,
	};
	int rc = t.series && rows ? 0 : -ENOMEM;

	if (rc == 0) {
		choose_step(w, &t);
		choose_hosts(&t, offenders);
		rc = load_sums(r, w, &t);
	}
	for (size_t i = 0; i < t.points && rc == 0; i++) {
		int64_t sum = add_rows(&t, i, rows);

		t.most = sum > t.most ? sum : t.most;
	}
	if (rc < 0)
		timeline_done(&t);
	else
		*ret_ = t;
	return rc;
}

void timeline_done(struct timeline *t)
{
	free(t->series);
	free((void *)t->rows.items);
	*t = (struct timeline){0};
}

void timeline_mark(struct timeline *t, int64_t at, const char *what)
{
	size_t place = t->mark_count;

	if (at == TIME_UNKNOWN || at < t->since || at > t->until || place == TIMELINE_MARKS)
		return;
	for (; place > 0 && t->marks[place - 1].at > at; place--)
		t->marks[place] = t->marks[place - 1];
	t->marks[place] = (struct timeline_mark){.at = at, .what = what};
	t->mark_count++;
}
