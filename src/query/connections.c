#include "query/connections.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "judge/policy.h"
#include "query/offender.h"
#include "query/texts.h"

#define CHUNK	     256
#define SENDERS_MOST 16

/* One record's rows, read up to `at` of `count`. */
struct cursor {
	const struct record *record;
	sqlite3_stmt *page, *senders, *number;
	int64_t host;		   /* 0: all; -1: the record does not know it */
	int64_t before, before_id; /* where the next page begins */
	struct connection_row rows[CHUNK];
	size_t at, count;
	bool done;
};

struct connections {
	struct window window;
	size_t count;
	struct cursor *cursors;
	struct cursor *told; /* whose row was handed out last */
};

#define ROWS                                                                                       \
	"SELECT c.id, h.address, c.client_port, s.address, c.server_port, s.name, c.vlan, c.mac,"  \
	" c.started, c.ended, c.outcome, c.resets, c.killed, c.helo, c.senders, c.recipients,"     \
	" c.messages, c.bytes_sent, c.bytes_received, c.banner, c.reply, c.standing, c.reason"     \
	" FROM conn c CROSS JOIN host h ON h.id = c.host CROSS JOIN server s ON s.id = c.server"   \
	" WHERE c.started >= ?1 AND (c.started, c.id) < (?2, ?3)"
#define ORDER " ORDER BY c.started DESC, c.id DESC LIMIT ?4"

static const char all_sql[] = ROWS ORDER;
static const char host_sql[] = ROWS " AND c.host = ?5" ORDER;

static const char count_all_sql[] = "SELECT count(*) FROM (SELECT 1 FROM conn"
				    " WHERE started >= ?1 AND started < ?2 LIMIT ?4)";
static const char count_host_sql[] =
	"SELECT count(*) FROM (SELECT 1 FROM conn"
	" WHERE started >= ?1 AND started < ?2 AND host = ?5 LIMIT ?4)";

void connection_row_done(struct connection_row *row)
{
	texts_done(&row->senders);
	free(row->server_name);
	free(row->helo);
	free(row->banner);
	free(row->reply);
	free(row->offence);
	*row = (struct connection_row){0};
}

static struct maybe maybe_column(sqlite3_stmt *s, int column)
{
	if (sqlite3_column_type(s, column) == SQLITE_NULL)
		return (struct maybe){0};
	return (struct maybe){.known = true, .value = record_count(s, column)};
}

static void take_endpoints(struct connection_row *r, sqlite3_stmt *s)
{
	int vlan;

	r->id = sqlite3_column_int64(s, 0);
	record_text(s, 1, r->client, sizeof(r->client));
	r->client_port = record_count(s, 2);
	record_text(s, 3, r->server, sizeof(r->server));
	r->server_port = record_count(s, 4);
	r->server_name = record_text_new(s, 5);
	record_text(s, 6, r->vlan_tags, sizeof(r->vlan_tags));
	record_text(s, 7, r->mac, sizeof(r->mac));
	vlan = vlan_innermost(r->vlan_tags);
	r->vlan = (struct maybe){.known = vlan >= 0, .value = vlan};
}

static void take_row(struct cursor *u, struct connection_row *r, sqlite3_stmt *s)
{
	int64_t standing = sqlite3_column_int64(s, 21);
	bool permitted = standing != STANDING_OFFENCE;

	*r = (struct connection_row){.sensor = u->record->sensor, .permitted = permitted};
	take_endpoints(r, s);
	if (standing >= 0 && standing < STANDING_COUNT)
		r->standing = standing_name((enum standing)standing);
	r->started = record_time(s, 8);
	r->ended = sqlite3_column_type(s, 9) == SQLITE_NULL ? TIME_UNKNOWN : record_time(s, 9);
	record_text(s, 10, r->outcome, sizeof(r->outcome));
	r->resets = record_count(s, 11);
	r->killed = maybe_column(s, 12);
	r->helo = record_text_new(s, 13);
	texts_take(u->senders, s, 14, SENDERS_MOST, &r->senders);
	r->recipients = maybe_column(s, 15);
	r->messages = maybe_column(s, 16);
	r->bytes_sent = record_count(s, 17);
	r->bytes_received = record_count(s, 18);
	r->banner = record_text_new(s, 19);
	r->reply = record_text_new(s, 20);
	r->offence = permitted ? NULL : record_text_new(s, 22);
}

static int load_page(struct connections *c, struct cursor *u)
{
	sqlite3_stmt *s = u->page;
	int rc = 0;

	u->at = u->count = 0;
	sqlite3_bind_int64(s, 1, c->window.since);
	sqlite3_bind_int64(s, 2, u->before);
	sqlite3_bind_int64(s, 3, u->before_id);
	sqlite3_bind_int64(s, 4, CHUNK);
	sqlite3_bind_int64(s, 5, u->host);
	while (u->count < CHUNK && (rc = record_step(s)) > 0) {
		struct connection_row *r = &u->rows[u->count++];

		take_row(u, r, s);
		u->before = sqlite3_column_int64(s, 8); /* as it stands there */
		u->before_id = r->id;
	}
	u->done = u->count < CHUNK;
	sqlite3_reset(s);
	return u->done && rc < 0 ? record_errno(u->record) : 0;
}

static int open_cursor(struct cursor *u, const struct record *r, const struct window *w,
		       const char *client)
{
	u->record = r;
	u->before = w->until;
	u->before_id = INT64_MIN;
	if (client) {
		int rc = record_host(r, client, &u->host);

		if (rc < 0)
			return rc;
		if (rc == 0)
			u->host = -1;
		u->done = rc == 0;
	}
	u->page = record_prepare(r, client ? host_sql : all_sql);
	u->number = record_prepare(r, client ? count_host_sql : count_all_sql);
	u->senders = texts_prepare(r);
	return u->page && u->number && u->senders ? 0 : record_errno(r);
}

int connections_open(struct record *const *records, size_t count, const struct window *w,
		     const char *client, struct connections **ret_)
{
	struct connections *c = calloc(1, sizeof(*c));
	int rc = 0;

	if (!c)
		return -ENOMEM;
	c->window = *w;
	c->cursors = calloc(count, sizeof(*c->cursors));
	if (!c->cursors)
		rc = -ENOMEM;
	for (size_t i = 0; i < count && rc == 0; i++) {
		c->count++;
		rc = open_cursor(&c->cursors[i], records[i], w, client);
	}
	if (rc < 0) {
		connections_close(c);
		return rc;
	}
	*ret_ = c;
	return 0;
}

void connections_close(struct connections *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->count; i++) {
		struct cursor *u = &c->cursors[i];

		for (size_t j = 0; j < u->count; j++)
			connection_row_done(&u->rows[j]);
		sqlite3_finalize(u->page);
		sqlite3_finalize(u->number);
		sqlite3_finalize(u->senders);
	}
	free(c->cursors);
	free(c);
}

/* The cursor's next row, a page read where it has come to that; NULL at its end. */
static int peek(struct connections *c, struct cursor *u, const struct connection_row **ret_)
{
	int rc = 0;

	if (u->at == u->count && !u->done)
		rc = load_page(c, u);
	*ret_ = u->at < u->count ? &u->rows[u->at] : NULL;
	return rc;
}

int connections_next(struct connections *c, const struct connection_row **ret_,
		     const struct record **ret_record)
{
	const struct connection_row *best = NULL, *row;

	if (c->told)
		connection_row_done(&c->told->rows[c->told->at++]);
	c->told = NULL;
	for (size_t i = 0; i < c->count; i++) {
		int rc = peek(c, &c->cursors[i], &row);

		if (rc < 0) {
			*ret_record = c->cursors[i].record;
			return rc;
		}
		if (!row || (best && row->started <= best->started))
			continue;
		best = row;
		c->told = &c->cursors[i];
	}
	if (!best)
		return 0;
	*ret_ = best;
	return 1;
}

int connections_count(struct connections *c, int64_t most, int64_t *ret_,
		      const struct record **ret_record)
{
	int64_t sum = 0;

	for (size_t i = 0; i < c->count && sum < most; i++) {
		struct cursor *u = &c->cursors[i];
		sqlite3_stmt *s = u->number;

		sqlite3_bind_int64(s, 1, c->window.since);
		sqlite3_bind_int64(s, 2, c->window.until);
		sqlite3_bind_int64(s, 4, most - sum);
		sqlite3_bind_int64(s, 5, u->host);
		if (record_step(s) < 0) {
			sqlite3_reset(s);
			*ret_record = u->record;
			return record_errno(u->record);
		}
		sum += sqlite3_column_int64(s, 0);
		sqlite3_reset(s);
	}
	*ret_ = sum;
	return 0;
}
