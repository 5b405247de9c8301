/*
 * What was said beyond the rows of single connections, which may be thinned: the HELO names of each
 * host, and names of servers.  Connections come in the order of their arrival, so those of one host
 * mostly follow one another; a name that was just written is not written again.
 */
#include "store_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

#define HELOS 16 /* of one host; those seen first stay */

char *store_json_list(const char *texts, size_t length)
{
	char *list = NULL;
	size_t size;
	FILE *out = open_memstream(&list, &size);

	if (!out)
		return NULL;
	putc('[', out);
	for (const char *at = texts; at < texts + length; at += strlen(at) + 1) {
		if (at > texts)
			putc(',', out);
		json_text(out, at);
	}
	putc(']', out);
	if (fclose(out) != 0) {
		free(list);
		return NULL;
	}
	return list;
}

/* The HELO of a host that is about to be written: of some connections in a row. */
struct pending {
	const struct connection *of; /* NULL: none */
	const char *helo;
	int64_t first, last;
};

static int put_helo(struct store *s, enum store_sql which, int64_t host, const struct pending *p)
{
	struct sqlite3_stmt *st = STORE_BIND(s, which, host, p->first, p->last);

	store_text(st, 4, p->helo);
	return store_do(s, st);
}

/* A name the host did not have.  It is known beforehand whether it would go again at once, for a
 * bot may have a new one each time. */
static int add_helo(struct store *s, int64_t host, const struct pending *p)
{
	struct sqlite3_stmt *st = STORE_BIND(s, SQL_HELO_NEWEST, host);
	int64_t count = 0, newest = 0;
	int r = store_step(s, st);

	if (r > 0) {
		count = sqlite3_column_int64(st, 0);
		newest = sqlite3_column_int64(st, 1);
		sqlite3_reset(st);
	}
	if (r < 0 || (count >= HELOS && p->first > newest))
		return r < 0 ? r : 0;
	r = put_helo(s, SQL_HELO_ADD, host, p);
	if (r == 0 && count >= HELOS)
		r = store_do(s, STORE_BIND(s, SQL_HELO_LIMIT, host, HELOS));
	return r;
}

static int flush(struct store *s, struct pending *p)
{
	int64_t host;
	int r;

	if (!p->of)
		return 0;
	r = store_host_id(s, &p->of->client, &host);
	if (r == 0)
		r = put_helo(s, SQL_HELO_UPDATE, host, p);
	if (r == 0 && sqlite3_changes(s->db) == 0)
		r = add_helo(s, host, p);
	p->of = NULL;
	return r;
}

static int note_helo(struct store *s, struct pending *p, const struct connection *c,
		     const char *helo)
{
	int r = 0;

	if (!*helo || c->standing == STANDING_ALSO_WATCHED)
		return 0;
	if (!p->of || !addr_equal(&p->of->client, &c->client) || strcmp(p->helo, helo) != 0) {
		r = flush(s, p);
		*p = (struct pending){.of = c, .helo = helo, .first = c->started, .last = c->last};
	}
	if (c->started < p->first)
		p->first = c->started;
	if (c->last > p->last)
		p->last = c->last;
	return r;
}

/* A server that no row names has no name either. */
static int note_server(struct store *s, const struct connection *c, const char *name)
{
	struct sqlite3_stmt *st;
	int64_t server;
	int r;

	if (!*name)
		return 0;
	r = store_server_find(s, &c->server, &server);
	if (r <= 0)
		return r;
	st = STORE_BIND(s, SQL_SERVER_NAME, server);
	store_text(st, 2, name);
	return store_do(s, st);
}

int store_put_words(struct store *s, const struct batch *b)
{
	uint32_t count = batch_connection_count(b);
	struct pending pending = {0};
	int r = 0;

	for (uint32_t i = 0; i < count && r >= 0; i++) {
		const struct connection *c = batch_connection(b, i);
		struct connection_texts texts;

		if (!batch_texts(b, c, &texts))
			continue;
		r = note_helo(s, &pending, c, texts.helo);
		if (r >= 0)
			r = note_server(s, c, texts.server_name);
	}
	return r < 0 ? r : flush(s, &pending);
}
