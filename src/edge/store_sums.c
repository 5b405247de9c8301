/*
 * From a batch's sums to host_sum and contact_sum.
 *
 * The sums are sorted by host, standing and minute, so that a host's row of a minute, an hour, a
 * day and of all time is each written once, when the next begins.
 *
 * `destinations` of a span counts the servers whose newest offence by this host began in it, so
 * that the servers of any window that reaches up to the end are the sum over the spans that make it
 * up. When a server is attempted anew, in a later minute, it leaves the minute (hour, day) that had
 * it and enters the new one.  Its newest start is kept in its rows of span 0, one for each port:
 * the newest of these decides, for a server is one whatever the port.
 *
 * Limit: SCHEMA_DESTINATIONS servers a host and standing.  Later ones share server 0, counted in
 * `folded`; those known before go on being exact.
 */
#include "store_internal.h"

#include <errno.h>
#include <stdlib.h>

#include "base/moment.h"

enum { MINUTE, HOUR, DAY, ALL, SPANS };

static const int64_t spans[SPANS] = {
	[MINUTE] = SCHEMA_SPAN_MINUTE,
	[HOUR] = SCHEMA_SPAN_HOUR,
	[DAY] = SCHEMA_SPAN_DAY,
	[ALL] = SCHEMA_SPAN_ALL,
};

struct place {
	int64_t host, minute;
	uint32_t index;
	uint8_t standing;
};

/* A row of host_sum as it grows. */
struct pile {
	bool used;
	int64_t start, first, last, destinations, folded;
	struct tally tally;
};

/* One host under one standing. */
struct group {
	int64_t host;
	uint8_t standing;
	bool known;	      /* it had attempts before this batch */
	int64_t destinations; /* all time, this batch's included */
	struct pile piles[SPANS];
};

static int first_span(const struct store *s)
{
	return s->totals_only ? ALL : MINUTE;
}

static int64_t start_of(int64_t time, int span)
{
	return span == ALL ? 0 : moment_floor(time, spans[span] * MOMENT_SECOND);
}

static int compare_places(const void *left, const void *right)
{
	const struct place *a = left, *b = right;

	if (a->host != b->host)
		return a->host < b->host ? -1 : 1;
	if (a->standing != b->standing)
		return a->standing < b->standing ? -1 : 1;
	if (a->minute != b->minute)
		return a->minute < b->minute ? -1 : 1;
	return a->index < b->index ? -1 : a->index > b->index;
}

static int find_places(struct store *s, const struct batch *b, struct place *places)
{
	uint32_t count = batch_sum_count(b);

	for (uint32_t i = 0; i < count; i++) {
		const struct sum *sum = batch_sum(b, i);
		int r;

		places[i] = (struct place){.minute = sum->minute,
					   .index = i,
					   .standing = sum->standing};
		r = store_host_id(s, &sum->client, &places[i].host);
		if (r < 0)
			return r;
	}
	qsort(places, count, sizeof(*places), compare_places);
	return 0;
}

static int flush_pile(struct store *s, struct group *g, int span)
{
	struct pile *p = &g->piles[span];
	const struct tally *t = &p->tally;
	const int64_t *o = t->outcomes;
	int r;

	if (!p->used)
		return 0;
	r = store_do(s, STORE_BIND(s, SQL_HOST_SUM_ADD, spans[span], p->start, g->standing, g->host,
				   p->first, p->last, p->destinations, p->folded, t->attempts,
				   t->connected, t->messages, t->recipients, t->bytes_sent,
				   t->resets, t->killed, o[OUTCOME_SENT], o[OUTCOME_ENCRYPTED],
				   o[OUTCOME_REJECTED], o[OUTCOME_CONNECTED], o[OUTCOME_REFUSED],
				   o[OUTCOME_UNREACHABLE], o[OUTCOME_UNANSWERED], t->killable));
	p->used = false;
	return r;
}

static int flush_piles(struct store *s, struct group *g)
{
	int r = 0;

	for (int span = 0; span < SPANS && r == 0; span++)
		r = flush_pile(s, g, span);
	return r;
}

/* Makes the piles those of this minute; what they held before is written. */
static int turn_to(struct store *s, struct group *g, int64_t minute)
{
	for (int span = first_span(s); span < SPANS; span++) {
		int64_t start = start_of(minute, span);
		int r = 0;

		if (g->piles[span].used && g->piles[span].start != start)
			r = flush_pile(s, g, span);
		if (r < 0)
			return r;
		if (!g->piles[span].used)
			g->piles[span] = (struct pile){.used = true,
						       .start = start,
						       .first = INT64_MAX,
						       .last = INT64_MIN};
	}
	return 0;
}

static void count(struct group *g, const struct sum *sum, bool others)
{
	for (int span = 0; span < SPANS; span++) {
		struct pile *p = &g->piles[span];

		if (sum->first < p->first)
			p->first = sum->first;
		if (sum->last > p->last)
			p->last = sum->last;
		if (others)
			p->folded += sum->tally.attempts;
		tally_add(&p->tally, &sum->tally);
	}
}

/* The server's newest start moves to this sum's minute: it enters the piles and leaves the rows of
 * old.  Those are written already, for minutes come in order. */
static int move_server(struct store *s, struct group *g, const struct sum *sum, int64_t old)
{
	int r = 0;

	if (s->totals_only)
		return 0;
	for (int span = 0; span < ALL && r == 0; span++) {
		int64_t start = start_of(old, span);

		if (start == start_of(sum->minute, span))
			continue;
		g->piles[span].destinations++;
		r = store_do(s, STORE_BIND(s, SQL_HOST_SUM_LEAVE, spans[span], start, g->host));
	}
	return r;
}

/* Only offences are told apart by time; the others count servers for their limit alone. */
static void enter_server(struct group *g)
{
	int first = g->standing == STANDING_OFFENCE ? MINUTE : ALL;

	for (int span = first; span < SPANS; span++)
		g->piles[span].destinations++;
	g->destinations++;
}

/* Which server's row counts the sum, 0 for the others; servers known and new are told apart. */
static int choose_server(struct store *s, struct group *g, const struct sum *sum, int64_t *ret_)
{
	bool exists = false;
	int64_t old = 0, id = 0;
	int r;

	if (sum->folded) {
		*ret_ = 0;
		return 0;
	}
	r = store_server_find(s, &sum->server, &id);
	if (r > 0) {
		struct sqlite3_stmt *st =
			STORE_BIND(s, SQL_CONTACT_NEWEST, g->standing, g->host, id);

		r = store_step(s, st);
		if (r > 0) {
			exists = sqlite3_column_type(st, 0) != SQLITE_NULL;
			old = sqlite3_column_int64(st, 0);
			sqlite3_reset(st);
		}
	}
	if (r < 0)
		return r;
	if (exists) {
		*ret_ = id;
		return g->standing == STANDING_OFFENCE && sum->minute > old
			       ? move_server(s, g, sum, old)
			       : 0;
	}
	if (g->destinations >= SCHEMA_DESTINATIONS) {
		*ret_ = 0;
		return 0;
	}
	r = id ? 0 : store_server_add(s, &sum->server, &id);
	if (r == 0)
		enter_server(g);
	*ret_ = id;
	return r;
}

static int put_contact(struct store *s, const struct group *g, const struct sum *sum,
		       int64_t server)
{
	static const int of_offences[] = {ALL, HOUR, MINUTE};
	size_t most = g->standing == STANDING_OFFENCE && !s->totals_only ? 3 : 1;
	int r = 0;

	for (size_t i = 0; i < most && r == 0; i++)
		r = store_do(s, STORE_BIND(s, SQL_CONTACT_ADD, spans[of_offences[i]],
					   start_of(sum->minute, of_offences[i]), g->standing,
					   g->host, server, sum->port, sum->tally.attempts,
					   sum->tally.connected, sum->first));
	return r;
}

static int put_sum(struct store *s, struct group *g, const struct sum *sum)
{
	int64_t server = 0;
	int r = turn_to(s, g, sum->minute);

	if (r == 0)
		r = choose_server(s, g, sum, &server);
	if (r == 0)
		r = put_contact(s, g, sum, server);
	if (r == 0)
		count(g, sum, server == 0);
	return r;
}

static int begin_group(struct store *s, const struct place *at, struct group *g)
{
	struct sqlite3_stmt *st = STORE_BIND(s, SQL_HOST_BASE, at->standing, at->host);
	int r = store_step(s, st);

	*g = (struct group){.host = at->host, .standing = at->standing};
	if (r > 0) {
		g->known = sqlite3_column_int64(st, 0) > 0;
		g->destinations = sqlite3_column_int64(st, 1);
		sqlite3_reset(st);
	}
	return r < 0 ? r : 0;
}

/* What a group adds to the sums of all hosts. */
struct standing_change {
	int64_t hosts, attempts;
};

static void note_standing(const struct group *g, struct standing_change changes[STANDING_COUNT])
{
	int64_t attempts = g->piles[ALL].used ? g->piles[ALL].tally.attempts : 0;

	if (g->standing >= STANDING_COUNT)
		return;
	changes[g->standing].attempts += attempts;
	changes[g->standing].hosts += !g->known && attempts > 0;
}

static int put_standings(struct store *s, const struct standing_change changes[STANDING_COUNT])
{
	int r = 0;

	for (int i = 0; i < STANDING_COUNT && r == 0; i++)
		if (changes[i].attempts != 0)
			r = store_do(s, STORE_BIND(s, SQL_STANDING_ADD, i, changes[i].hosts,
						   changes[i].attempts));
	return r;
}

/* A host that had no offence before and has one now: its earliest sum. */
static void note_news(const struct group *g, const struct batch *b, const struct place *from,
		      const struct place *to, struct news_list *news)
{
	const struct sum *earliest = NULL;
	uint32_t index = 0;

	if (g->known || g->standing != STANDING_OFFENCE)
		return;
	for (const struct place *at = from; at < to; at++) {
		const struct sum *sum = batch_sum(b, at->index);

		if (sum->tally.attempts <= 0 || (earliest && sum->first >= earliest->first))
			continue;
		earliest = sum;
		index = at->index;
	}
	if (earliest)
		news->sums[news->count++] = index;
}

static int put_groups(struct store *s, const struct batch *b, const struct place *at,
		      const struct place *end, struct news_list *news)
{
	struct standing_change changes[STANDING_COUNT] = {0};
	struct identity pending = {0};
	struct group g;
	int r = 0;

	while (at < end && r == 0) {
		const struct place *from = at;

		r = begin_group(s, from, &g);
		for (;
		     r == 0 && at < end && at->host == from->host && at->standing == from->standing;
		     at++) {
			const struct sum *sum = batch_sum(b, at->index);

			r = put_sum(s, &g, sum);
			if (r == 0)
				r = store_note_identity(s, &pending, at->host, sum);
		}
		note_standing(&g, changes);
		if (r == 0)
			r = flush_piles(s, &g);
		if (r == 0)
			note_news(&g, b, from, at, news);
	}
	if (r == 0)
		r = put_standings(s, changes);
	return r < 0 ? r : store_flush_identity(s, &pending);
}

int store_put_sums(struct store *s, const struct batch *b, struct news_list *ret_news)
{
	uint32_t count_all = batch_sum_count(b);
	struct place *places;
	int r;

	*ret_news = (struct news_list){0};
	if (count_all == 0)
		return 0;
	places = malloc(count_all * sizeof(*places));
	ret_news->sums = malloc(count_all * sizeof(*ret_news->sums));
	r = places && ret_news->sums ? find_places(s, b, places) : -ENOMEM;
	if (r == 0)
		r = put_groups(s, b, places, places + count_all, ret_news);
	free(places);
	return r;
}
