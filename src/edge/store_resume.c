/*
 * Connections that an earlier run left open, or saw end just now, for the next run to know again.
 * What a run tells of a connection are totals since it knows it: for a row that it took up, what
 * stood there comes on top.
 */
#include "store_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/moment.h"

#define REMEMBERED (240 * MOMENT_SECOND) /* an ended connection, as by the tracker */
#define ROWS	   ((size_t)2 * STORE_RESUMED)
#define AHEAD	   MOMENT_MINUTE /* stamps of the future are some other clock's */

/* Columns of SQL_RESUME. */
enum {
	ID,
	CLIENT_PORT,
	SERVER_PORT,
	STARTED,
	LAST,
	OPEN,
	STANDING,
	CONNECTED,
	BYTES_SENT,
	BYTES_RECEIVED,
	ISN,
	MESSAGES,
	RECIPIENTS,
	RESETS,
	CLIENT,
	SERVER,
	REASON,
	OUTCOME,
	VLAN,
	MAC,
	SENDERS
};

struct loading {
	struct store *s;
	int64_t now;
	store_resume_fn *each;
	void *context;
	int64_t *refused; /* ids of open rows that nobody takes up */
	size_t refused_count;
};

static const char *text_of(struct sqlite3_stmt *st, int column)
{
	const char *text = (const char *)sqlite3_column_text(st, column);

	return text ? text : "";
}

static bool take_reason(const char *text, struct flow *f)
{
	for (unsigned int i = 0; i < REASON_COUNT; i++) {
		if (strcmp(text, reason_text((enum reason)i)) != 0)
			continue;
		f->reason = (uint8_t)i;
		return true;
	}
	return false;
}

/* What led to the outcome, as far as it tells. */
static bool take_outcome(const char *text, struct flow *f)
{
	unsigned int i = 0;

	while (i < OUTCOME_COUNT && strcmp(text, outcome_name((enum outcome)i)) != 0)
		i++;
	if (i == OUTCOME_COUNT)
		return false;
	f->sent = f->sent_before = i == OUTCOME_SENT;
	f->encrypted = i == OUTCOME_ENCRYPTED;
	f->rejected = f->rejected_before = i == OUTCOME_REJECTED;
	f->refused = i == OUTCOME_REFUSED;
	f->unreachable = i == OUTCOME_UNREACHABLE;
	/* Of what is encrypted, or over, nothing is read any more. */
	f->dialogue = f->encrypted || f->ended;
	return true;
}

static bool read_mac(const char *text, uint8_t mac[6])
{
	for (int i = 0; i < 6; i++) {
		char *end;
		unsigned long byte = strtoul(text, &end, 16);

		if (end != text + 2 || byte > UINT8_MAX || *end != (i < 5 ? ':' : '\0'))
			return false;
		mac[i] = (uint8_t)byte;
		text = end + 1;
	}
	return true;
}

static void take_link(struct sqlite3_stmt *st, struct flow *f)
{
	const char *at = text_of(st, VLAN);
	unsigned int count = 0;

	for (char *end; *at && count < PACKET_TAGS; at = *end == '.' ? end + 1 : end) {
		unsigned long tag = strtoul(at, &end, 10);

		if (end == at)
			break;
		f->vlans[count++] = tag & 0x0fff;
	}
	f->tag_count = count & 3u;
	f->has_mac = read_mac(text_of(st, MAC), f->mac);
}

static bool take_numbers(struct sqlite3_stmt *st, int64_t now, struct flow *f)
{
	int64_t standing = sqlite3_column_int64(st, STANDING);

	f->client_port = (uint16_t)sqlite3_column_int(st, CLIENT_PORT);
	f->server_port = (uint16_t)sqlite3_column_int(st, SERVER_PORT);
	f->started = sqlite3_column_int64(st, STARTED);
	f->last = sqlite3_column_int64(st, LAST);
	f->ended = !sqlite3_column_int(st, OPEN);
	f->connected = sqlite3_column_int(st, CONNECTED);
	f->bytes_sent = (uint64_t)sqlite3_column_int64(st, BYTES_SENT);
	f->bytes_received = (uint64_t)sqlite3_column_int64(st, BYTES_RECEIVED);
	f->syn_seen = sqlite3_column_type(st, ISN) != SQLITE_NULL;
	f->client_isn = (uint32_t)sqlite3_column_int64(st, ISN);
	f->standing = (uint8_t)standing & 0xfu;
	return standing >= 0 && standing < STANDING_COUNT && f->last <= now + AHEAD;
}

/* The record may have been written by whoever may write it: what makes no sense is passed over. */
static bool read_flow(struct sqlite3_stmt *st, int64_t now, struct flow *f)
{
	*f = (struct flow){.kind = FLOW_ATTEMPT};
	if (addr_parse(text_of(st, CLIENT), &f->client) < 0 ||
	    addr_parse(text_of(st, SERVER), &f->server) < 0 || !take_numbers(st, now, f) ||
	    !take_reason(text_of(st, REASON), f) || !take_outcome(text_of(st, OUTCOME), f))
		return false;
	take_link(st, f);
	return true;
}

static int note_row(struct store *s, struct sqlite3_stmt *st)
{
	struct resumed_row *row = &s->resumed[s->resumed_count];

	*row = (struct resumed_row){
		.id = (uint64_t)sqlite3_column_int64(st, ID),
		.messages = sqlite3_column_int64(st, MESSAGES),
		.recipients = sqlite3_column_int64(st, RECIPIENTS),
		.resets = sqlite3_column_int64(st, RESETS),
	};
	if (sqlite3_column_type(st, SENDERS) != SQLITE_NULL) {
		row->senders = strdup(text_of(st, SENDERS));
		if (!row->senders)
			return -ENOMEM;
	}
	s->resumed_count += row->messages || row->recipients || row->resets || row->senders;
	return 0;
}

static int load_row(struct loading *l, struct sqlite3_stmt *st)
{
	int64_t id = sqlite3_column_int64(st, ID);
	struct flow f;

	if (id > 0 && read_flow(st, l->now, &f)) {
		int r = note_row(l->s, st);

		if (r < 0 || l->each(l->context, (uint64_t)id, &f))
			return r;
	}
	l->refused[l->refused_count++] = id;
	return 0;
}

/* What nobody took up, and what stood beyond those that were asked for. */
static int close_rows(struct loading *l)
{
	int r = store_begin(l->s);

	if (r < 0)
		return r;
	r = store_do(l->s, STORE_BIND(l->s, SQL_CLOSE_OLDER, STORE_RESUMED));
	for (size_t i = 0; i < l->refused_count && r == 0; i++)
		r = store_do(l->s, STORE_BIND(l->s, SQL_CLOSE_ONE, l->refused[i]));
	return store_end(l->s, r);
}

static int compare_rows(const void *left, const void *right)
{
	const struct resumed_row *a = left, *b = right;

	return a->id < b->id ? -1 : a->id > b->id;
}

static int load_all(struct loading *l)
{
	struct sqlite3_stmt *st = STORE_BIND(l->s, SQL_RESUME, STORE_RESUMED, l->now - REMEMBERED);
	size_t count = 0;
	int r;

	while ((r = store_step(l->s, st)) > 0) {
		r = count++ < ROWS ? load_row(l, st) : -EOVERFLOW;
		if (r < 0) {
			sqlite3_reset(st);
			return r;
		}
	}
	return r < 0 ? r : close_rows(l);
}

static void shrink(struct store *s)
{
	struct resumed_row *rows = NULL;

	if (s->resumed_count)
		rows = reallocarray(s->resumed, s->resumed_count, sizeof(*rows));
	if (rows)
		s->resumed = rows;
	else if (s->resumed_count == 0)
		store_resumed_free(s);
}

int store_load_open(struct store *s, int64_t now, store_resume_fn *each, void *context)
{
	struct loading l = {.s = s, .now = now, .each = each, .context = context};
	int r = -ENOMEM;

	store_resumed_free(s);
	s->resumed = calloc(ROWS, sizeof(*s->resumed));
	l.refused = calloc(ROWS, sizeof(*l.refused));
	if (s->resumed && l.refused)
		r = load_all(&l);
	free(l.refused);
	if (r < 0) {
		store_resumed_free(s);
		return r;
	}
	qsort(s->resumed, s->resumed_count, sizeof(*s->resumed), compare_rows);
	shrink(s);
	return 0;
}

const struct resumed_row *store_resumed(const struct store *s, uint64_t id)
{
	const struct resumed_row key = {.id = id};

	if (s->resumed_count == 0)
		return NULL;
	return bsearch(&key, s->resumed, s->resumed_count, sizeof(key), compare_rows);
}

void store_resumed_free(struct store *s)
{
	for (size_t i = 0; i < s->resumed_count; i++)
		free(s->resumed[i].senders);
	free(s->resumed);
	s->resumed = NULL;
	s->resumed_count = 0;
}
