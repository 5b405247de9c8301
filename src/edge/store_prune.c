/*
 * Retention, in small steps that each are a transaction of their own, until a slice of time is used
 * up; the next call goes on where this one stopped.
 *
 * By age first: whole spans that lie before the limit, then hosts not seen since.  By size then:
 * the kinds of rows in the header's order, oldest first within each.  Space given free is used
 * again by later rows, and returned to the file system a few pages at a time where much of it lies
 * idle.
 */
#include "store_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/moment.h"

#define SLICE	      (15 * MOMENT_SECOND / 1000)
#define ROWS	      500
#define ROUTERS	      16384
#define WAL_BYTES     (64 << 20) /* beyond this a checkpoint is asked for by name */
#define IDLE_PAGES    256	 /* free pages that may stay */
#define PASS_INTERVAL MOMENT_MINUTE

int store_note_pruned(struct store *s, const char *what, int64_t rows, int64_t before)
{
	struct sqlite3_stmt *st = STORE_BIND(s, SQL_PRUNED_ADD, rows, before);

	store_text(st, 3, what);
	return store_do(s, st);
}

struct taken {
	int64_t count, before; /* all of it lies before that time */
};

/* Runs a DELETE that returns times, and notes what went.  1 where rows went, 0 where none. */
static int take(struct store *s, struct sqlite3_stmt *st, const char *what, int64_t span,
		struct taken *ret_)
{
	int64_t count = 0, before = INT64_MIN;
	int r;

	while ((r = store_step(s, st)) > 0) {
		int64_t end = sqlite3_column_int64(st, 0) + (span ? span * MOMENT_SECOND : 1);

		count++;
		if (end > before)
			before = end;
	}
	if (r < 0)
		return r;
	*ret_ = (struct taken){.count = count, .before = before};
	if (count == 0)
		return 0;
	r = store_note_pruned(s, what, count, before);
	return r < 0 ? r : 1;
}

static int take_connections(struct store *s, int64_t before)
{
	struct taken taken;
	int r = take(s, STORE_BIND(s, SQL_PRUNE_CONN, before, ROWS), "connections", 0, &taken);

	if (r > 0)
		store_sweep_want(s);
	return r;
}

static int take_plain(struct store *s)
{
	struct taken taken;
	int r;

	if (s->prune.plain_floor == INT64_MAX)
		return 0;
	r = take(s, STORE_BIND(s, SQL_PRUNE_PLAIN, s->prune.plain_floor, ROWS), "connections", 0,
		 &taken);
	if (r < 0)
		return r;
	if (r > 0)
		store_sweep_want(s);
	/* More rows may have begun at the time of the last one taken. */
	s->prune.plain_floor = taken.count < ROWS ? INT64_MAX : taken.before - 1;
	return r;
}

struct span_kind {
	enum store_sql sql;
	int64_t span;
	const char *what;
};

static const struct span_kind contact_minutes = {SQL_PRUNE_CONTACT, 60, "contact minutes"};
static const struct span_kind contact_hours = {SQL_PRUNE_CONTACT, 3600, "contact hours"};
static const struct span_kind host_minutes = {SQL_PRUNE_HOST_SUM, 60, "host minutes"};
static const struct span_kind host_hours = {SQL_PRUNE_HOST_SUM, 3600, "host hours"};
static const struct span_kind host_days = {SQL_PRUNE_HOST_SUM, 86400, "host days"};

/* Spans that end by `before`. */
static int take_spans(struct store *s, const struct span_kind *kind, int64_t before)
{
	int64_t end = before == INT64_MAX ? before : before - kind->span * MOMENT_SECOND + 1;
	struct taken taken;

	return take(s, STORE_BIND(s, kind->sql, kind->span, end, ROWS), kind->what, kind->span,
		    &taken);
}

static int prune_age(struct store *s, int64_t now)
{
	static const struct span_kind *const kinds[] = {&contact_minutes, &contact_hours,
							&host_minutes, &host_hours, &host_days};
	int64_t before = now - s->retention_age;
	int r;

	if (s->retention_age <= 0)
		return 0;
	r = take_connections(s, before);
	if (r == 0) /* a few at most */
		r = store_do(s, STORE_BIND(s, SQL_PRUNE_LISTING, before));
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && r == 0; i++)
		r = take_spans(s, kinds[i], before);
	return r == 0 ? store_prune_old_hosts(s, before) : r;
}

struct size {
	int64_t pages, unused, page_size;
};

static int measure(struct store *s, struct size *ret_)
{
	int r = store_number(s, store_plain(s, SQL_PAGES), &ret_->pages);

	if (r >= 0)
		r = store_number(s, store_plain(s, SQL_FREE_PAGES), &ret_->unused);
	if (r >= 0)
		r = store_number(s, store_plain(s, SQL_PAGE_SIZE), &ret_->page_size);
	return r < 0 ? r : 0;
}

static int prune_size(struct store *s, int64_t now)
{
	struct size size = {0};
	int r;

	if (s->retention_bytes <= 0)
		return 0;
	r = measure(s, &size);
	if (r < 0 || (size.pages - size.unused) * size.page_size <= s->retention_bytes)
		return r;
	r = take_plain(s);
	if (r == 0)
		r = take_spans(s, &contact_minutes, INT64_MAX);
	if (r == 0)
		r = take_connections(s, INT64_MAX);
	if (r == 0)
		r = take_spans(s, &contact_hours, INT64_MAX);
	if (r == 0)
		r = take_spans(s, &host_minutes, INT64_MAX);
	if (r == 0)
		r = store_prune_tombs(s);
	/* Servers that nobody names any more go before another host does. */
	if (r == 0 && s->prune.victim_at == s->prune.victim_count)
		r = store_sweep_step(s, now, true);
	return r == 0 ? store_prune_any_host(s) : r;
}

/* Gives pages back where more than an eighth of the file lies idle. */
static int give_back(struct store *s)
{
	struct size size = {0};
	int r = s->path ? measure(s, &size) : 0;

	if (r < 0 || size.unused <= IDLE_PAGES + size.pages / 8)
		return r;
	r = store_do(s, store_plain(s, SQL_VACUUM));
	return r < 0 ? r : 1;
}

static int prune_step(struct store *s, int64_t now)
{
	int64_t floor = s->prune.plain_floor;
	int r = store_begin(s), end;

	if (r < 0)
		return r;
	r = prune_age(s, now);
	if (r == 0)
		r = prune_size(s, now);
	if (r == 0)
		r = store_prune_tombs(s);
	if (r == 0)
		r = store_sweep_step(s, now, false);
	if (r == 0)
		r = give_back(s);
	end = store_end(s, r < 0 ? r : 0);
	if (end < 0)
		s->prune.plain_floor = floor; /* what was taken is back */
	return end < 0 ? end : r;
}

/* A reader that holds an old snapshot lets the log grow; once it has let go, the log is cut. */
static void cut_log(struct store *s)
{
	sqlite3_file *file = NULL;
	sqlite3_int64 bytes = 0;

	if (!s->path || sqlite3_file_control(s->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file) ||
	    !file || !file->pMethods || file->pMethods->xFileSize(file, &bytes) ||
	    bytes < WAL_BYTES)
		return;
	sqlite3_busy_timeout(s->db, 0);
	sqlite3_wal_checkpoint_v2(s->db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	sqlite3_busy_timeout(s->db, WRITE_BUSY_MS);
}

static int prune_seldom(struct store *s, int64_t now)
{
	int r;

	if (s->prune.next_pass > now && s->prune.next_pass <= now + PASS_INTERVAL)
		return 0;
	if (s->prune.host_cursor == 0)
		s->prune.host_cursor = 1; /* a pass over the hosts begins: see store_hosts.c */
	cut_log(s);
	r = store_do(s, STORE_BIND(s, SQL_ROUTER_LIMIT, ROUTERS));
	if (r == 0)
		s->prune.next_pass = now + PASS_INTERVAL;
	return r;
}

int store_prune(struct store *s, int64_t now, char error[STORE_ERROR])
{
	int64_t until = moment_steady() + SLICE;
	int r;

	if (!s->db)
		return 0;
	s->error[0] = '\0';
	r = prune_seldom(s, now);
	while (r == 0 && (r = prune_step(s, now)) > 0) {
		if (moment_steady() >= until)
			return 1;
		r = 0;
	}
	return r < 0 ? store_tell(s, r, error) : 0;
}
