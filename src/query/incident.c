#include "query/incident.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define COLUMNS                                                                                    \
	"SELECT id, opened, since, until, closed, opened_by, closed_by, reason, address, reset,"   \
	" freeze, acknowledged, effect, frozen, frozen_until, thawed, mta, mta_host FROM "         \
	"incident "

static int64_t time_or_none(sqlite3_stmt *s, int column)
{
	return sqlite3_column_type(s, column) == SQLITE_NULL ? TIME_UNKNOWN
							     : record_time(s, column);
}

static void take(sqlite3_stmt *s, int64_t now, struct incident_row *row)
{
	*row = (struct incident_row){
		.id = sqlite3_column_int64(s, 0),
		.opened = record_time(s, 1),
		.since = record_time(s, 2),
		.until = record_time(s, 3),
		.closed = time_or_none(s, 4),
		.reset = sqlite3_column_int(s, 9) != 0,
		.freeze = sqlite3_column_int(s, 10) != 0,
		.acknowledged = time_or_none(s, 11),
		.frozen = time_or_none(s, 13),
		.frozen_until = time_or_none(s, 14),
		.thawed = time_or_none(s, 15),
	};
	record_text(s, 5, row->opened_by, sizeof(row->opened_by));
	record_text(s, 6, row->closed_by, sizeof(row->closed_by));
	record_text(s, 7, row->reason, sizeof(row->reason));
	record_text(s, 8, row->address, sizeof(row->address));
	record_text(s, 12, row->effect, sizeof(row->effect));
	record_text(s, 16, row->mta, sizeof(row->mta));
	record_text(s, 17, row->mta_host, sizeof(row->mta_host));
	if (row->closed == TIME_UNKNOWN && now >= row->until) {
		row->closed = row->until;
		text_print(row->closed_by, sizeof(row->closed_by), "limit");
	}
}

int incident_find(const struct record *r, int64_t id, int64_t now, struct incident_row *ret_)
{
	sqlite3_stmt *s =
		record_prepare(r, id ? COLUMNS "WHERE id = ?1" : COLUMNS "WHERE closed IS NULL");
	int rc;

	if (!s)
		return record_errno(r);
	sqlite3_bind_int64(s, 1, id);
	rc = record_step(s);
	if (rc > 0) {
		struct incident_row row;

		take(s, now, &row);
		rc = id || row.closed == TIME_UNKNOWN;
		if (rc > 0)
			*ret_ = row;
	}
	sqlite3_finalize(s);
	return rc < 0 ? record_errno(r) : rc;
}

int incident_unthawed(const struct record *r, int64_t now, struct incident_row *ret_)
{
	sqlite3_stmt *s =
		record_prepare(r, COLUMNS "WHERE freeze <> 0 AND frozen IS NOT NULL AND thawed IS"
					  " NULL ORDER BY id DESC LIMIT 1");
	int rc;

	if (!s)
		return record_errno(r);
	rc = record_step(s);
	if (rc > 0)
		take(s, now, ret_);
	sqlite3_finalize(s);
	return rc < 0 ? record_errno(r) : rc;
}

int incident_newest(const struct record *r, int64_t *ret_)
{
	return record_number(r, "SELECT max(id) FROM incident", 0, ret_);
}

int incident_latest(const struct record *r, int64_t now, int64_t *ret_)
{
	struct incident_row open;
	int rc = incident_find(r, 0, now, &open);

	if (rc <= 0)
		return rc < 0 ? rc : incident_newest(r, ret_);
	*ret_ = open.id;
	return 0;
}

int incident_walk(const struct record *r, int64_t now,
		  int (*each)(void *context, const struct incident_row *row), void *context)
{
	sqlite3_stmt *s = record_prepare(r, COLUMNS "ORDER BY id DESC");
	struct incident_row row;
	int rc, said = 0;

	if (!s)
		return record_errno(r);
	while (said == 0 && (rc = record_step(s)) > 0) {
		take(s, now, &row);
		said = each(context, &row);
	}
	if (said == 0 && rc < 0)
		said = record_errno(r);
	sqlite3_finalize(s);
	return said;
}

struct window incident_window(const struct incident_row *row)
{
	struct window w = {.since = moment_floor(row->since, MOMENT_MINUTE), .until = INT64_MAX};

	if (row->closed != TIME_UNKNOWN)
		w.until = moment_floor(row->closed, MOMENT_MINUTE) + MOMENT_MINUTE;
	if (w.until <= w.since)
		w.until = w.since + MOMENT_MINUTE;
	return w;
}

int64_t incident_frozen(const struct incident_row *row)
{
	if (!row->freeze)
		return TIME_UNKNOWN;
	return row->frozen == TIME_UNKNOWN ? row->opened : row->frozen;
}

int64_t incident_frozen_until(const struct incident_row *row)
{
	int64_t end = row->closed == TIME_UNKNOWN ? row->until : row->closed;

	if (!row->freeze)
		return TIME_UNKNOWN;
	return row->frozen_until == TIME_UNKNOWN || row->frozen_until > end ? end
									    : row->frozen_until;
}

static int load_policy(const struct record *r, int64_t id, char **ret_)
{
	sqlite3_stmt *s = record_prepare(r, "SELECT policy FROM incident WHERE id = ?1");
	int rc;

	if (!s)
		return record_errno(r);
	sqlite3_bind_int64(s, 1, id);
	rc = record_step(s);
	if (rc > 0)
		*ret_ = record_text_new(s, 0);
	sqlite3_finalize(s);
	return rc < 0 ? record_errno(r) : 0;
}

static void add_up(struct incident *i)
{
	for (size_t at = 0; at < i->found.count; at++) {
		const struct offender *o = &i->found.items[at];

		i->resets = count_add(i->resets, o->resets);
		if (!o->killed.known)
			continue;
		i->killed.known = true;
		i->killed.value = count_add(i->killed.value, o->killed.value);
	}
	i->offenders = (struct list){.items = i->found.items, .count = i->found.count};
}

static int load_all(struct record *r, int64_t id, const struct policy *policy, int64_t now,
		    struct incident *i)
{
	struct window window;
	uint64_t outside;
	int rc = incident_find(r, id, now, &i->row);

	if (rc <= 0)
		return rc;
	window = incident_window(&i->row);
	rc = load_policy(r, i->row.id, &i->policy);
	if (rc == 0)
		rc = offenders_load(r, &window, 0, policy, now, &i->found, &outside);
	if (rc < 0)
		return rc;
	offenders_rank(&i->found);
	add_up(i);
	return 1;
}

int incident_load(struct record *r, int64_t id, const struct policy *policy, int64_t now,
		  struct incident *ret_)
{
	struct incident i = {0};
	int rc = record_begin(r);

	if (rc < 0)
		return rc;
	rc = load_all(r, id, policy, now, &i);
	record_end(r);
	if (rc > 0)
		*ret_ = i;
	else
		incident_done(&i);
	return rc;
}

void incident_done(struct incident *i)
{
	free(i->policy);
	offenders_done(&i->found);
	*i = (struct incident){0};
}
