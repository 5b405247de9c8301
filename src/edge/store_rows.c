/*
 * Rows of single connections, thinned: a host is given rows_per_host_hour of them for each hour of
 * starts; a connection that was sent through or encrypted has its row whatever the number, also
 * when it was passed over at first.
 */
#include "store_internal.h"

#include <errno.h>
#include <stdlib.h>

#include "base/moment.h"
#include "flow/smtp.h"

struct row_place {
	int64_t host, hour;
	uint32_t index;
};

/* One host in one hour. */
struct row_group {
	int64_t host, hour;
	int64_t rows; /* it has in this hour, those of this batch included */
	struct {
		int64_t rows, first, last;
	} added[STANDING_COUNT];
};

static int compare_places(const void *left, const void *right)
{
	const struct row_place *a = left, *b = right;

	if (a->host != b->host)
		return a->host < b->host ? -1 : 1;
	if (a->hour != b->hour)
		return a->hour < b->hour ? -1 : 1;
	return a->index < b->index ? -1 : a->index > b->index;
}

/* A connection's id in this record: see store_next_id(). */
static uint64_t row_id(const struct store *s, const struct connection *c)
{
	return c->id + s->id_offset;
}

struct row_text {
	char vlan[VLAN_TEXT], mac[MAC_TEXT];
	char *senders;
};

static void bind_known(struct sqlite3_stmt *st, int parameter, const char *text)
{
	store_text(st, parameter, *text ? text : NULL);
}

/* What the dialogue told; null where nothing is new. */
static void bind_dialogue(struct sqlite3_stmt *st, int from, const struct batch *b,
			  const struct connection *c, const struct resumed_row *was,
			  struct row_text *buf)
{
	struct connection_texts texts = {.helo = "", .banner = "", .reply = ""};

	sqlite3_bind_null(st, from);
	sqlite3_bind_null(st, from + 1);
	if (c->has_dialogue) {
		sqlite3_bind_int64(st, from, c->messages + (was ? was->messages : 0));
		sqlite3_bind_int64(st, from + 1, c->recipients + (was ? was->recipients : 0));
	}
	batch_texts(b, c, &texts);
	if (texts.senders_length > 0)
		buf->senders = store_json_list(texts.senders, texts.senders_length);
	bind_known(st, from + 2, texts.helo);
	bind_known(st, from + 3, texts.banner);
	bind_known(st, from + 4, texts.reply);
	store_text(st, from + 5, was && was->senders ? NULL : buf->senders);
}

/* Parameters in the same order in either statement; the texts live in buf. */
static void bind_texts(struct sqlite3_stmt *st, int from, const struct batch *b,
		       const struct connection *c, const struct resumed_row *was,
		       struct row_text *buf)
{
	if (!st)
		return;
	buf->senders = NULL;
	store_text(st, from, outcome_name((enum outcome)c->outcome));
	store_text(st, from + 1, store_vlan_text(c->vlans, c->tag_count, buf->vlan));
	store_text(st, from + 2, c->has_mac ? mac_format(c->mac, buf->mac) : NULL);
	sqlite3_bind_int64(st, from + 3, c->resets + (was ? was->resets : 0));
	sqlite3_bind_null(st, from + 4);
	if (c->killed >= 0)
		sqlite3_bind_int(st, from + 4, c->killed);
	bind_dialogue(st, from + 5, b, c, was, buf);
}

static void note_added(struct row_group *g, const struct connection *c)
{
	uint8_t standing = c->standing < STANDING_COUNT ? c->standing : 0;

	if (g->added[standing].rows++ == 0) {
		g->added[standing].first = c->started;
		g->added[standing].last = c->last;
	}
	if (c->started < g->added[standing].first)
		g->added[standing].first = c->started;
	if (c->last > g->added[standing].last)
		g->added[standing].last = c->last;
	g->rows++;
}

static int add_row(struct store *s, struct row_group *g, const struct batch *b,
		   const struct connection *c)
{
	struct row_text buf = {0};
	struct sqlite3_stmt *st;
	int64_t server;
	int r = store_server_id(s, &c->server, &server);

	if (r < 0)
		return r;
	st = STORE_BIND(s, SQL_CONN_ADD, (int64_t)row_id(s, c), g->host, c->client_port, server,
			c->server_port, c->started, c->last, c->open, c->standing, c->connected,
			(int64_t)c->bytes_sent, (int64_t)c->bytes_received);
	store_text(st, 13, reason_text((enum reason)c->reason));
	sqlite3_bind_null(st, 25);
	if (c->has_isn)
		sqlite3_bind_int64(st, 25, c->isn);
	bind_texts(st, 14, b, c, NULL, &buf);
	r = store_do(s, st);
	free(buf.senders);
	if (r < 0)
		return r;
	if (!connection_is_precious(c) && c->started < s->prune.plain_floor)
		s->prune.plain_floor = c->started;
	note_added(g, c);
	return 0;
}

/* Those of either run. */
static int join_senders(struct store *s, const struct resumed_row *was, const char *senders)
{
	struct sqlite3_stmt *st = STORE_BIND(s, SQL_SENDERS_JOIN, (int64_t)was->id, SMTP_SENDERS);

	store_text(st, 3, was->senders);
	store_text(st, 4, senders);
	return store_do(s, st);
}

/* 1 where the record has the row, else 0. */
static int update_row(struct store *s, const struct batch *b, const struct connection *c)
{
	struct row_text buf = {0};
	struct sqlite3_stmt *st =
		STORE_BIND(s, SQL_CONN_UPDATE, (int64_t)row_id(s, c), c->last, c->open,
			   c->connected, (int64_t)c->bytes_sent, (int64_t)c->bytes_received);
	const struct resumed_row *was = store_resumed(s, row_id(s, c));
	int r;

	bind_texts(st, 7, b, c, was, &buf);
	r = store_do(s, st);
	if (r == 0)
		r = sqlite3_changes(s->db) > 0;
	if (r > 0 && was && was->senders && buf.senders) {
		int joined = join_senders(s, was, buf.senders);

		r = joined < 0 ? joined : r;
	}
	free(buf.senders);
	return r;
}

static int put_row(struct store *s, struct row_group *g, const struct batch *b,
		   const struct connection *c)
{
	bool room = s->rows_per_host_hour == 0 || g->rows < s->rows_per_host_hour;
	int r = 0;

	if (c->begun)
		return room || connection_is_precious(c) ? add_row(s, g, b, c) : 0;
	r = update_row(s, b, c);
	if (r == 0 && connection_is_precious(c))
		return add_row(s, g, b, c);
	return r < 0 ? r : 0;
}

static int begin_group(struct store *s, const struct row_place *at, struct row_group *g)
{
	*g = (struct row_group){.host = at->host, .hour = at->hour};
	if (s->rows_per_host_hour == 0)
		return 0;
	return store_number(s, STORE_BIND(s, SQL_ROWS_IN_HOUR, at->hour, at->host), &g->rows);
}

static int end_group(struct store *s, const struct row_group *g)
{
	int r = 0;

	for (int i = 0; i < STANDING_COUNT && r == 0; i++) {
		if (g->added[i].rows == 0)
			continue;
		r = store_do(s, STORE_BIND(s, SQL_ROWS_ADD, SCHEMA_SPAN_HOUR, g->hour, i, g->host,
					   g->added[i].first, g->added[i].last, g->added[i].rows));
		if (r == 0)
			r = store_do(s, STORE_BIND(s, SQL_ROWS_ADD, SCHEMA_SPAN_ALL, 0, i, g->host,
						   g->added[i].first, g->added[i].last,
						   g->added[i].rows));
	}
	return r;
}

static int put_groups(struct store *s, const struct batch *b, const struct row_place *at,
		      const struct row_place *end)
{
	struct row_group g;
	int r = 0;

	while (at < end && r >= 0) {
		const struct row_place *from = at;

		r = begin_group(s, from, &g);
		for (; r >= 0 && at < end && at->host == from->host && at->hour == from->hour; at++)
			r = put_row(s, &g, b, batch_connection(b, at->index));
		if (r >= 0)
			r = end_group(s, &g);
	}
	return r < 0 ? r : 0;
}

static int find_places(struct store *s, const struct batch *b, struct row_place *places)
{
	uint32_t count = batch_connection_count(b);

	for (uint32_t i = 0; i < count; i++) {
		const struct connection *c = batch_connection(b, i);
		int r = store_host_id(s, &c->client, &places[i].host);

		if (r < 0)
			return r;
		places[i].hour = moment_floor(c->started, MOMENT_HOUR);
		places[i].index = i;
		if (row_id(s, c) >= s->next_id && row_id(s, c) < INT64_MAX)
			s->next_id = row_id(s, c) + 1;
	}
	qsort(places, count, sizeof(*places), compare_places);
	return 0;
}

int store_put_rows(struct store *s, const struct batch *b)
{
	uint32_t count = batch_connection_count(b);
	struct row_place *places;
	int r;

	if (count == 0 || s->totals_only)
		return 0;
	places = malloc(count * sizeof(*places));
	r = places ? find_places(s, b, places) : -ENOMEM;
	if (r == 0)
		r = put_groups(s, b, places, places + count);
	free(places);
	return r;
}
