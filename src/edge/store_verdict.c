/* What is thought of each host, with the judge's memory of it; and what remote servers say of us.
 */
#include "store_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "judge/suspects.h"

/* Three JSON arrays in one allocation, which begins with the reasons. */
struct papers {
	char *reasons;
	const char *ledger, *remarks;
};

static void put_real(FILE *out, double value)
{
	int64_t thousandths = (int64_t)(value * 1000 + (value < 0 ? -0.5 : 0.5));

	fprintf(out, "%s%lld.%03lld", thousandths < 0 ? "-" : "",
		(long long)(llabs(thousandths) / 1000), (long long)(llabs(thousandths) % 1000));
}

/*
 * Whether it speaks for the verdict; where that is unclear, either way.  That most hosts are no
 * bots is no reason: it is known of everybody.
 */
static bool is_reason(const struct ledger_term *t, enum verdict verdict)
{
	if (strcmp(t->key, LEDGER_PRIOR) == 0)
		return false;
	return (t->weight > 0 && verdict != VERDICT_DEVICE && verdict != VERDICT_SENDER) ||
	       (t->weight < 0 && verdict != VERDICT_BOT);
}

static void write_reasons(FILE *out, const struct ledger *l)
{
	bool first = true;

	putc('[', out);
	for (size_t i = 0; i < l->count; i++) {
		const struct ledger_term *t = &l->terms[i];

		if (!is_reason(t, l->verdict))
			continue;
		if (!first)
			putc(',', out);
		json_text(out, t->text);
		first = false;
	}
	putc(']', out);
}

static void write_ledger(FILE *out, const struct ledger *l)
{
	putc('[', out);
	for (size_t i = 0; i < l->count; i++) {
		fputs(i ? ",{\"reason\":" : "{\"reason\":", out);
		json_text(out, l->terms[i].key);
		fputs(",\"weight\":", out);
		put_real(out, l->terms[i].weight);
		fputs(",\"text\":", out);
		json_text(out, l->terms[i].text);
		putc('}', out);
	}
	putc(']', out);
}

static void write_remarks(FILE *out, const struct ledger *l)
{
	putc('[', out);
	for (size_t i = 0; i < l->remark_count; i++) {
		if (i)
			putc(',', out);
		json_text(out, l->remarks[i]);
	}
	putc(']', out);
}

/* By one stream, for each brings a page or two of its own. */
static int write_papers(const struct ledger *l, struct papers *ret_)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	long ledger, remarks;

	if (!out)
		return -ENOMEM;
	write_reasons(out, l);
	putc('\0', out);
	ledger = ftell(out);
	write_ledger(out, l);
	putc('\0', out);
	remarks = ftell(out);
	write_remarks(out, l);
	if (fclose(out) != 0) {
		free(text);
		return -ENOMEM;
	}
	*ret_ = (struct papers){text, text + ledger, text + remarks};
	return 0;
}

static int put_verdict(struct store *s, const struct batch *b, int64_t host,
		       const struct batch_host *h, const struct ledger *l, const struct papers *p)
{
	struct sqlite3_stmt *st =
		STORE_BIND(s, SQL_VERDICT_PUT, host, batch_read_health(b)->newest);
	store_text(st, 3, verdict_name(l->verdict));
	store_text(st, 4, p->reasons);
	store_text(st, 5, p->ledger);
	store_text(st, 6, p->remarks);
	if (st) {
		sqlite3_bind_double(st, 7, l->score);
		sqlite3_bind_double(st, 8, l->log_odds);
		sqlite3_bind_blob(st, 9, &h->evidence, sizeof(h->evidence), SQLITE_STATIC);
	}
	return store_do(s, st);
}

/*
 * Whether the host was called a bot, by evidence that had to be given up since: that it begins anew
 * makes it none.  1, 0, or an error.
 */
static int was_a_bot(struct store *s, int64_t host, const struct evidence *now)
{
	struct sqlite3_stmt *st = STORE_BIND(s, SQL_VERDICT_BOT, host);
	int r = store_step(s, st);

	if (r > 0)
		r = evidence_outlives(sqlite3_column_blob(st, 0),
				      (size_t)sqlite3_column_bytes(st, 0), now);
	sqlite3_reset(st);
	return r;
}

/* A host without attempts, which were pruned, say, and that now looks something up, gets no row:
 * retention goes by attempts, and would never take it away again. */
static int judge(struct store *s, const struct batch *b, const struct batch_host *h)
{
	struct papers p;
	struct ledger l;
	int64_t host;
	int r = store_host_find(s, &h->address, &host);

	if (r <= 0)
		return r;
	evidence_judge(&h->evidence, &l);
	if (l.verdict != VERDICT_BOT) {
		r = was_a_bot(s, host, &h->evidence);
		if (r != 0)
			return r < 0 ? r : 0;
	}
	r = write_papers(&l, &p);
	if (r < 0)
		return r;
	r = put_verdict(s, b, host, h, &l, &p);
	free(p.reasons);
	return r;
}

int store_put_verdicts(struct store *s, const struct batch *b)
{
	uint32_t count = batch_host_count(b);
	int r = 0;

	for (uint32_t i = 0; i < count && r == 0; i++)
		r = judge(s, b, batch_host(b, i));
	return r;
}

int store_load_evidence(struct store *s, store_evidence_fn *each, void *context)
{
	struct sqlite3_stmt *st = STORE_BIND(s, SQL_VERDICT_LOAD, SUSPECTS_CAPACITY);
	int r;

	while ((r = store_step(s, st)) > 0) {
		const char *text = (const char *)sqlite3_column_text(st, 0);
		struct addr address;

		if (text && addr_parse(text, &address) == 0)
			each(context, &address, sqlite3_column_blob(st, 1),
			     (size_t)sqlite3_column_bytes(st, 1));
	}
	return r;
}

/* --- what remote servers say of us ------------------------------------------------------------ */

#define LISTINGS	256 /* rows of the record, whatever strangers say */
#define LISTINGS_OF_ONE 16
#define CLIENTS_TEXT	(NOTICE_CLIENTS * (ADDR_TEXT + 3) + 3)

/* The hosts that were told, as a JSON array. */
static const char *format_clients(const struct listing *l, char buf[CLIENTS_TEXT])
{
	char address[ADDR_TEXT];
	size_t at = 1;

	text_print(buf, CLIENTS_TEXT, "[");
	for (uint32_t i = 0; i < l->client_count; i++) {
		text_print(buf + at, CLIENTS_TEXT - at, "%s\"%s\"", i ? "," : "",
			   addr_format(&l->clients[i], address));
		at += strlen(buf + at);
	}
	text_print(buf + at, CLIENTS_TEXT - at, "]");
	return buf;
}

static int put_listing(struct store *s, const struct listing *l)
{
	char address[ADDR_TEXT] = "", client[ADDR_TEXT], server[ADDR_TEXT], first[ADDR_TEXT];
	char clients[CLIENTS_TEXT];
	struct sqlite3_stmt *st =
		STORE_BIND(s, SQL_LISTING_PUT, s->run, l->is_policy, l->finding, l->configured,
			   l->first, l->last, (int64_t)l->heard, l->voices);

	if (l->has_address)
		addr_format(&l->address, address);
	store_text(st, 9, address);
	store_text(st, 10, l->list);
	store_text(st, 11, addr_format(&l->client, client));
	store_text(st, 12, addr_format(&l->server, server));
	store_text(st, 13, l->reply);
	store_text(st, 14, addr_format(&l->first_server, first));
	store_text(st, 15, format_clients(l, clients));
	return store_do(s, st);
}

/* Keeps the rows within bounds, and counts what goes. */
static int limit_listings(struct store *s)
{
	struct sqlite3_stmt *st = STORE_BIND(s, SQL_LISTING_LIMIT, LISTINGS, LISTINGS_OF_ONE);
	int64_t gone = 0;
	int r;

	while ((r = store_step(s, st)) > 0)
		gone++;
	if (r < 0 || gone == 0)
		return r;
	st = STORE_BIND(s, SQL_LOST_ADD, s->run, gone);
	store_text(st, 3, "listings that found no room in the record");
	return store_do(s, st);
}

int store_put_listings(struct store *s, const struct batch *b)
{
	uint32_t count = batch_listing_count(b);
	int r = 0;

	for (uint32_t i = 0; i < count && r == 0; i++)
		r = put_listing(s, batch_listing(b, i));
	return r == 0 && count > 0 ? limit_listings(s) : r;
}
