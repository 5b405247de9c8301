/*
 * Servers whose last host or connection has gone: mark and sweep.  There is no index from a server
 * to what names it, for that would cost every write; instead now and then all contacts and
 * connections are walked, a little at a time, marking the servers they name in a bitmap, and then
 * the unmarked ones go.  Servers that the writer uses meanwhile are marked by it, and those made
 * meanwhile have ids above the bitmap.
 */
#include "store_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/moment.h"

#define ROWS	 2000
#define VICTIM	 500
#define INTERVAL MOMENT_DAY

void store_sweep_want(struct store *s)
{
	s->sweep.wanted = true;
}

void store_sweep_mark(struct store *s, int64_t server)
{
	if (s->sweep.used && server >= 0 && server <= s->sweep.newest)
		s->sweep.used[server / 8] |= (uint8_t)(1u << (server % 8));
}

static bool is_marked(const struct sweep *w, int64_t server)
{
	return w->used[server / 8] & (1u << (server % 8));
}

void store_sweep_stop(struct store *s)
{
	bool wanted = s->sweep.wanted;
	int64_t next = s->sweep.next;

	free(s->sweep.used);
	s->sweep = (struct sweep){.wanted = wanted, .next = next};
}

static int start(struct store *s, int64_t now)
{
	int64_t newest = 0;
	int r = store_number(s, store_plain(s, SQL_SERVER_MAX), &newest);

	if (r < 0)
		return r;
	s->sweep.used = calloc((size_t)newest / 8 + 1, 1);
	if (!s->sweep.used)
		return 0; /* another time */
	s->sweep.newest = newest;
	s->sweep.wanted = false;
	s->sweep.next = now + INTERVAL;
	s->sweep.step = SWEEP_CONTACTS;
	s->sweep.host = s->sweep.server = s->sweep.standing = -1;
	return 1;
}

static int mark_contacts(struct store *s)
{
	struct sweep *w = &s->sweep;
	struct sqlite3_stmt *st =
		STORE_BIND(s, SQL_SWEEP_CONTACTS, w->standing, w->host, w->server, ROWS);
	int count = 0, r;

	while ((r = store_step(s, st)) > 0) {
		w->standing = sqlite3_column_int64(st, 0);
		w->host = sqlite3_column_int64(st, 1);
		w->server = sqlite3_column_int64(st, 2);
		store_sweep_mark(s, w->server);
		count++;
	}
	if (r == 0 && count < ROWS)
		w->step = SWEEP_CONN;
	return r < 0 ? r : 1;
}

static int mark_connections(struct store *s)
{
	struct sweep *w = &s->sweep;
	struct sqlite3_stmt *st = STORE_BIND(s, SQL_SWEEP_CONN, w->conn, ROWS);
	int count = 0, r;

	while ((r = store_step(s, st)) > 0) {
		w->conn = sqlite3_column_int64(st, 0);
		store_sweep_mark(s, sqlite3_column_int64(st, 1));
		count++;
	}
	if (r == 0 && count < ROWS)
		w->step = SWEEP_SERVERS;
	return r < 0 ? r : 1;
}

static int drop_server(struct store *s, int64_t server)
{
	struct sqlite3_stmt *st = STORE_BIND(s, SQL_SERVER_DROP, server);
	int r;

	while ((r = store_step(s, st)) > 0)
		store_server_forget(s, (const char *)sqlite3_column_text(st, 0));
	return r;
}

static int drop_servers(struct store *s)
{
	struct sweep *w = &s->sweep;
	struct sqlite3_stmt *st = STORE_BIND(s, SQL_SWEEP_SERVERS, w->victim, w->newest, VICTIM);
	int64_t unused[VICTIM];
	int count = 0, seen = 0, r;

	while ((r = store_step(s, st)) > 0) {
		w->victim = sqlite3_column_int64(st, 0);
		seen++;
		if (!is_marked(w, w->victim))
			unused[count++] = w->victim;
	}
	for (int i = 0; i < count && r == 0; i++)
		r = drop_server(s, unused[i]);
	if (r == 0 && seen < VICTIM)
		store_sweep_stop(s);
	return r < 0 ? r : 1;
}

int store_sweep_step(struct store *s, int64_t now, bool urgent)
{
	int r = 0;

	switch (s->sweep.step) {
	case SWEEP_IDLE:
		if (s->sweep.wanted && (urgent || s->sweep.next <= now))
			r = start(s, now);
		break;
	case SWEEP_CONTACTS:
		r = mark_contacts(s);
		break;
	case SWEEP_CONN:
		r = mark_connections(s);
		break;
	case SWEEP_SERVERS:
		r = drop_servers(s);
		break;
	}
	if (r < 0)
		store_sweep_stop(s);
	return r;
}
