/*
 * Taking whole hosts away.  A host's sums, identities and name go in one transaction, so that it
 * vanishes from every answer at once; its row is renamed to "gone ID", a tombstone, from which the
 * many rows of its contacts are then taken bit by bit.  Should the address appear again meanwhile,
 * it is a new host with a new id.
 */
#include "store_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/moment.h"

#define HOSTS	 200
#define CONTACTS 500

static int drop_sums(struct store *s, int64_t span, int64_t start, int64_t host)
{
	int r = store_do(s, STORE_BIND(s, SQL_HOST_SUM_DROP, span, start, host));

	return r < 0 ? r : sqlite3_changes(s->db);
}

/* The rows of an hour and of its minutes. */
static int drop_hour(struct store *s, int64_t hour, int64_t host)
{
	int r = drop_sums(s, SCHEMA_SPAN_HOUR, hour, host);

	if (r <= 0)
		return r;
	for (int64_t i = 0; i < 60 && r >= 0; i++)
		r = drop_sums(s, SCHEMA_SPAN_MINUTE, hour + i * MOMENT_MINUTE, host);
	return r;
}

/* The row of a day and all within it. */
static int drop_day(struct store *s, int64_t day, int64_t host)
{
	int r = drop_sums(s, SCHEMA_SPAN_DAY, day, host);

	if (r <= 0)
		return r;
	for (int64_t i = 0; i < 24 && r >= 0; i++)
		r = drop_hour(s, day + i * MOMENT_HOUR, host);
	return r;
}

/* There is no index by host: the days that the record knows lead to the hours, these to the
 * minutes. */
static int drop_days(struct store *s, int64_t host, int64_t first, int64_t last)
{
	int64_t day = moment_floor(first, MOMENT_DAY);
	int r;

	while ((r = store_number(s, STORE_BIND(s, SQL_HOST_SUM_NEXT, SCHEMA_SPAN_DAY, day), &day)) >
	       0) {
		if (day > last)
			return 0;
		r = drop_day(s, day, host);
		if (r < 0)
			return r;
		day += MOMENT_DAY;
	}
	return r;
}

static int drop_connections(struct store *s, int64_t host, int64_t last)
{
	int r = store_do(s, STORE_BIND(s, SQL_HOST_CONN_DROP, host));
	int count = sqlite3_changes(s->db);

	return r < 0 || count == 0 ? r : store_note_pruned(s, "connections", count, last + 1);
}

/* Within a transaction.  Skipped where the host was seen again since it was picked. */
static int remove_host(struct store *s, int64_t host, int64_t picked_last)
{
	struct sqlite3_stmt *st = STORE_BIND(s, SQL_HOST_LAST, host);
	int64_t first, last;
	int r = store_step(s, st);

	if (r <= 0)
		return r;
	last = sqlite3_column_int64(st, 0);
	first = sqlite3_column_int64(st, 1);
	if (sqlite3_column_type(st, 0) == SQLITE_NULL || last > picked_last) {
		sqlite3_reset(st);
		return 0;
	}
	store_host_forget(s, (const char *)sqlite3_column_text(st, 2));
	sqlite3_reset(st);
	s->hosts.complete = false;
	r = drop_days(s, host, first, last);
	if (r >= 0)
		r = store_do(s, STORE_BIND(s, SQL_STANDING_LEAVE, host));
	if (r >= 0)
		r = drop_sums(s, SCHEMA_SPAN_ALL, 0, host);
	if (r >= 0)
		r = store_do(s, STORE_BIND(s, SQL_HOST_IDENTITIES_DROP, host));
	if (r >= 0)
		r = store_do(s, STORE_BIND(s, SQL_HOST_HELO_DROP, host));
	if (r >= 0)
		r = store_do(s, STORE_BIND(s, SQL_HOST_VERDICT_DROP, host));
	if (r >= 0)
		r = drop_connections(s, host, last);
	if (r >= 0)
		r = store_do(s, STORE_BIND(s, SQL_HOST_ENTOMB, host));
	if (r >= 0)
		r = store_note_pruned(s, "hosts", 1, last + 1);
	s->prune.tombs = true;
	store_sweep_want(s);
	return r < 0 ? r : 1;
}

struct old_host {
	int64_t id, last;
};

/* The next hosts behind the cursor, of which those not seen since cutoff are kept in ret_. */
static int find_old_hosts(struct store *s, int64_t cutoff, struct old_host ret_[HOSTS],
			  int *ret_count, int *ret_seen)
{
	struct sqlite3_stmt *st = STORE_BIND(s, SQL_OLD_HOSTS, s->prune.host_cursor - 1, HOSTS);
	int r;

	while ((r = store_step(s, st)) > 0) {
		int64_t last = sqlite3_column_int64(st, 1);

		++*ret_seen;
		s->prune.host_cursor = sqlite3_column_int64(st, 0) + 1;
		if (sqlite3_column_type(st, 1) != SQLITE_NULL && last < cutoff)
			ret_[(*ret_count)++] = (struct old_host){sqlite3_column_int64(st, 0), last};
	}
	return r;
}

int store_prune_old_hosts(struct store *s, int64_t cutoff)
{
	struct old_host old[HOSTS];
	int count = 0, seen = 0, r;

	if (s->prune.host_cursor == 0)
		return 0;
	r = find_old_hosts(s, cutoff, old, &count, &seen);
	for (int i = 0; i < count && r >= 0; i++)
		r = remove_host(s, old[i].id, old[i].last);
	if (r >= 0 && seen < HOSTS)
		s->prune.host_cursor = 0;
	return r < 0 ? r : seen == HOSTS || count > 0;
}

/* Picking by age is a scan over all hosts, so many are picked at a time. */
static int find_victims(struct store *s)
{
	struct prune_state *p = &s->prune;
	struct sqlite3_stmt *st = STORE_BIND(s, SQL_HOST_VICTIMS, VICTIMS);
	int r;

	p->victim_count = p->victim_at = 0;
	while ((r = store_step(s, st)) > 0) {
		p->victims[p->victim_count] = sqlite3_column_int64(st, 0);
		p->victim_last[p->victim_count++] = sqlite3_column_int64(st, 1);
		if (p->victim_count == VICTIMS) {
			sqlite3_reset(st);
			break;
		}
	}
	return r < 0 ? r : (int)p->victim_count;
}

int store_prune_any_host(struct store *s)
{
	struct prune_state *p = &s->prune;
	int r = 0;

	if (p->victim_at == p->victim_count)
		r = find_victims(s);
	while (r >= 0 && p->victim_at < p->victim_count) {
		uint32_t i = p->victim_at++;

		r = remove_host(s, p->victims[i], p->victim_last[i]);
		if (r > 0)
			return 1;
	}
	return r < 0 ? r : 0;
}

int store_prune_tombs(struct store *s)
{
	int64_t host = 0;
	int r;

	if (!s->prune.tombs)
		return 0;
	r = store_number(s, store_plain(s, SQL_TOMB_FIND), &host);
	if (r == 0)
		s->prune.tombs = false;
	if (r <= 0)
		return r;
	r = store_do(s, STORE_BIND(s, SQL_TOMB_CONTACTS, host, CONTACTS));
	if (r == 0 && sqlite3_changes(s->db) == 0)
		r = store_do(s, STORE_BIND(s, SQL_TOMB_DROP, host));
	return r < 0 ? r : 1;
}
