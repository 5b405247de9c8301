/*
 * Incidents.  At most one row has no end: an index sees to it, so two commands at once cannot both
 * open one.  The monitor's poll costs two reads where nothing is new, and then never a write, for
 * it is asked every second for years.
 */
#include "edge/store_incident.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/moment.h"
#include "base/path.h"
#include "base/text.h"
#include "judge/health.h"
#include "store_internal.h"

#define COMMAND_BUSY_MS 2000

int store_incident_enter(const char *path, struct store **ret_, char error[STORE_ERROR])
{
	const struct store_options options = {.path = path, .sensor = "", .mode = ""};
	struct store *s = store_new(&options);
	int r;

	if (!s) {
		text_print(error, STORE_ERROR, "no memory");
		return -ENOMEM;
	}
	r = store_open_beside(s);
	if (r < 0) {
		store_tell(s, r, error);
		store_incident_leave(s);
		return r;
	}
	sqlite3_busy_timeout(s->db, COMMAND_BUSY_MS);
	*ret_ = s;
	return 0;
}

void store_incident_leave(struct store *s)
{
	if (!s)
		return;
	store_close_record(s);
	store_free(s);
}

int store_incident_find_open(struct store *s, int64_t *ret_)
{
	return store_number(s, store_plain(s, SQL_INCIDENT_CURRENT), ret_);
}

int store_incident_expire(struct store *s, int64_t now)
{
	return store_do(s, STORE_BIND(s, SQL_INCIDENT_EXPIRE, now));
}

int store_incident_add(struct store *s, const struct store_incident *i, int64_t *ret_id)
{
	struct sqlite3_stmt *st =
		STORE_BIND(s, SQL_INCIDENT_ADD, i->opened, i->since, i->until, i->reset, i->freeze);
	int r;

	store_text(st, 6, i->opened_by);
	store_text(st, 7, i->reason);
	store_text(st, 8, i->address);
	store_text(st, 9, i->policy);
	r = store_do(s, st);
	if (r == 0)
		*ret_id = sqlite3_last_insert_rowid(s->db);
	return r;
}

int store_incident_open(struct store *s, const struct store_incident *i, int64_t *ret_id,
			char error[STORE_ERROR])
{
	int64_t id = 0;
	int r = store_begin(s), end;

	if (r < 0)
		return store_tell(s, r, error);
	r = store_incident_expire(s, i->opened);
	if (r == 0)
		r = store_incident_find_open(s, &id);
	if (r > 0) /* the end of one that expired stays written */
		r = -EEXIST;
	else if (r == 0)
		r = store_incident_add(s, i, &id);
	end = store_end(s, r == -EEXIST ? 0 : r);
	if (end == 0)
		*ret_id = id;
	if (end == 0 && r == 0)
		return 0;
	if (end == 0)
		text_print(error, STORE_ERROR, "%s: incident %lld is open", s->path, (long long)id);
	else
		store_tell(s, end, error);
	return end < 0 ? end : r;
}

int store_incident_close(struct store *s, const char *by, int64_t now, int64_t *ret_id,
			 char error[STORE_ERROR])
{
	struct sqlite3_stmt *st;
	int64_t id = 0;
	int r = store_begin(s), found = 0;

	if (r < 0)
		return store_tell(s, r, error);
	r = store_incident_expire(s, now);
	if (r == 0)
		r = found = store_incident_find_open(s, &id);
	if (found > 0) {
		st = STORE_BIND(s, SQL_INCIDENT_CLOSE, id, now);
		store_text(st, 3, by);
		r = store_do(s, st);
	}
	r = store_end(s, r);
	if (r < 0)
		return store_tell(s, r, error);
	if (found == 0) {
		text_print(error, STORE_ERROR, "%s: no incident is open", s->path);
		return -ENOENT;
	}
	*ret_id = id;
	return 0;
}

int store_incident_state(struct store *s, int64_t id, struct store_incident_state *ret_,
			 char error[STORE_ERROR])
{
	struct sqlite3_stmt *st = STORE_BIND(s, SQL_INCIDENT_STATE, id);
	int r = store_step(s, st);
	const char *effect;

	if (r < 0)
		return store_tell(s, r, error);
	if (r == 0) {
		text_print(error, STORE_ERROR, "%s: incident %lld is gone", s->path, (long long)id);
		return -ENOENT;
	}
	ret_->acknowledged = sqlite3_column_int(st, 0) != 0;
	ret_->released = sqlite3_column_int(st, 1) != 0;
	ret_->closed = sqlite3_column_int(st, 3) != 0;
	effect = (const char *)sqlite3_column_text(st, 2);
	effect = effect ? effect : "";
	text_escape(effect, strlen(effect), ret_->effect, sizeof(ret_->effect));
	sqlite3_reset(st);
	return 0;
}

int store_incident_watched(struct store *s, int64_t now, char error[STORE_ERROR])
{
	struct sqlite3_stmt *st = store_plain(s, SQL_RUN_NEWEST);
	int r = store_step(s, st);
	bool watches;
	int64_t beat;

	if (r <= 0)
		return r < 0 ? store_tell(s, r, error) : 0;
	watches = sqlite3_column_int(st, 0) != 0;
	beat = sqlite3_column_int64(st, 1);
	sqlite3_reset(st);
	return watches && health_is_alive(path_is_locked(s->path), beat, now);
}

/* --- the monitor's side ----------------------------------------------------------------------- */

/* Whether the statement, with these numbers and the effect, finds a row to be written. */
static int is_news(struct store *s, enum store_sql which, const struct incident_answer *a)
{
	struct sqlite3_stmt *st = STORE_BIND(s, which, a->id, a->ended, 0, a->revision);
	int64_t ignored;

	store_text(st, 3, a->effect);
	return store_number(s, st, &ignored);
}

static int write_answer(struct store *s, const struct incident_answer *a, int64_t now)
{
	struct sqlite3_stmt *st;
	int r = store_begin(s);

	if (r < 0)
		return r;
	st = STORE_BIND(s, SQL_INCIDENT_CLOSE, a->ended, now);
	store_text(st, 3, "limit");
	r = store_do(s, st);
	if (r == 0) {
		st = STORE_BIND(s, SQL_INCIDENT_TAKEN, a->id, now, 0, a->revision);
		store_text(st, 3, a->effect);
		r = store_do(s, st);
	}
	if (r == 0)
		r = store_do(s, STORE_BIND(s, SQL_INCIDENT_RELEASED, a->id, now));
	return store_end(s, r);
}

/* Whoever wrote the record may have written anything: times that cannot overflow. */
static int64_t read_time(struct sqlite3_stmt *st, int column)
{
	int64_t t = sqlite3_column_int64(st, column);

	return t < 0 ? 0 : t > MOMENT_LAST ? MOMENT_LAST : t;
}

static int read_order(struct store *s, struct incident_order *ret_)
{
	struct sqlite3_stmt *st = store_plain(s, SQL_INCIDENT_CURRENT);
	int r = store_step(s, st);

	if (r < 0)
		return r;
	*ret_ = (struct incident_order){0};
	if (r == 0)
		return 0;
	ret_->id = sqlite3_column_int64(st, 0);
	ret_->opened = read_time(st, 1);
	ret_->until = read_time(st, 2);
	ret_->reset = sqlite3_column_int(st, 3) != 0;
	ret_->freeze = sqlite3_column_int(st, 4) != 0;
	ret_->revision = sqlite3_column_int64(st, 5);
	ret_->frozen = read_time(st, 6);
	ret_->frozen_until = read_time(st, 7);
	sqlite3_reset(st);
	return 0;
}

int store_incident_poll(struct store *s, const struct incident_answer *answer, int64_t now,
			struct incident_order *ret_)
{
	int r;

	if (!s->db)
		return -ENODEV;
	r = is_news(s, SQL_INCIDENT_NEWS, answer);
	if (r > 0)
		r = write_answer(s, answer, now);
	return r < 0 ? r : read_order(s, ret_);
}

int store_incident_wish(struct store *s, const struct incident_wish *w, int64_t now)
{
	const struct store_incident i = {.opened_by = INCIDENT_MONITOR,
					 .reason = w->reason,
					 .address = w->address,
					 .policy = w->policy,
					 .opened = now,
					 .since = w->since,
					 .until = now + w->length,
					 .reset = w->reset};
	struct sqlite3_stmt *st =
		STORE_BIND(s, SQL_INCIDENT_WISHED, 0, now - MOMENT_DAY, w->any, 0, now);
	char error[STORE_ERROR];
	int64_t ignored;
	int r;

	store_text(st, 1, INCIDENT_MONITOR);
	store_text(st, 4, w->address);
	r = store_number(s, st, &ignored);
	if (r == 0)
		r = store_incident_open(s, &i, &ignored, error);
	return r == -EEXIST || r > 0 ? 0 : r;
}
