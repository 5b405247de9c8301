/*
 * Three steps: the sums of the window's spans are added up by host; the address and the identity of
 * each host are looked up; and each is judged by today's policy, where it is enough to look at the
 * servers a host met until one is found that it may not.
 */
#include "offender_load.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>

#include "judge/schema.h"
#include "query/texts.h"

static size_t slot_of(const struct index *x, int64_t host)
{
	return (size_t)(((uint64_t)host * UINT64_C(0x9e3779b97f4a7c15)) >> 20) & (x->size - 1);
}

static int grow_index(struct load *l)
{
	struct index next = {.size = l->index.size ? 2 * l->index.size : 1024};

	next.slots = calloc(next.size, sizeof(*next.slots));
	if (!next.slots)
		return -ENOMEM;
	for (size_t i = l->first; i < l->into->count; i++) {
		size_t at = slot_of(&next, l->into->items[i].host);

		while (next.slots[at])
			at = (at + 1) & (next.size - 1);
		next.slots[at] = (uint32_t)i + 1;
	}
	free(l->index.slots);
	l->index = next;
	return 0;
}

static struct offender *add_offender(struct load *l, int64_t host)
{
	struct offenders *o = l->into;

	if (o->count == o->room) {
		size_t room = o->room ? 2 * o->room : 64;
		struct offender *items = realloc(o->items, room * sizeof(*items));

		if (!items)
			return NULL;
		o->items = items;
		o->room = room;
	}
	o->items[o->count] = (struct offender){
		.host = host,
		.record = l->record,
		.sensor = l->record->sensor,
		.first_seen = TIME_UNKNOWN,
		.last_seen = TIME_UNKNOWN,
		.destinations_exact = true,
		.messages.known = true,
		.recipients.known = true,
	};
	return &o->items[o->count++];
}

/* The host's entry, made where it is new; NULL without memory. */
static struct offender *get_offender(struct load *l, int64_t host)
{
	struct index *x = &l->index;
	struct offender *o;
	size_t at;

	if (2 * (l->into->count - l->first + 1) > x->size && grow_index(l) < 0)
		return NULL;
	for (at = slot_of(x, host); x->slots[at]; at = (at + 1) & (x->size - 1))
		if (l->into->items[x->slots[at] - 1].host == host)
			return &l->into->items[x->slots[at] - 1];
	o = add_offender(l, host);
	if (o)
		x->slots[at] = (uint32_t)l->into->count;
	return o;
}

enum sum_column {
	SUM_HOST,
	SUM_FIRST,
	SUM_LAST,
	SUM_ATTEMPTS,
	SUM_CONNECTED,
	SUM_MESSAGES,
	SUM_RECIPIENTS,
	SUM_BYTES,
	SUM_RESETS,
	SUM_KILLED,
	SUM_KILLABLE,
	SUM_DESTINATIONS,
	SUM_FOLDED,
	SUM_OUTCOMES
};

#define SUMS                                                                                       \
	"SELECT host, first, last, attempts, connected, messages, recipients, bytes_sent, resets," \
	" killed, killable, destinations, folded,"                                                 \
	" outcome_sent, outcome_encrypted, outcome_rejected, outcome_connected, outcome_refused,"  \
	" outcome_unreachable, outcome_unanswered FROM "

static const char sum_sql[] =
	SUMS "host_sum WHERE span = ?1 AND start >= ?2 AND start < ?3 AND standing = 0";

/* The key of host_sum has the host last, so for one host it is asked start by start, from one that
 * there is to the next: this costs nothing that others did. */
static const char host_sum_sql[] =
	"WITH RECURSIVE t(start) AS (SELECT (SELECT start FROM host_sum WHERE span = ?1"
	" AND start >= ?2 AND start < ?3 ORDER BY start LIMIT 1) UNION ALL SELECT (SELECT h.start"
	" FROM host_sum h WHERE h.span = ?1 AND h.start > t.start AND h.start < ?3 ORDER BY h.start"
	" LIMIT 1) FROM t WHERE t.start IS NOT NULL) " SUMS "t CROSS JOIN host_sum s"
	" ON s.span = ?1 AND s.start = t.start AND s.standing = 0 AND s.host = ?4";

_Static_assert(OUTCOME_COUNT == 7 && OUTCOME_SENT == 0 && OUTCOME_UNANSWERED == 6,
	       "the columns of SUMS follow enum outcome");

static void add_sum(struct offender *o, sqlite3_stmt *s)
{
	int64_t first = record_time(s, SUM_FIRST);
	int64_t last = record_time(s, SUM_LAST);

	if (o->first_seen == TIME_UNKNOWN || first < o->first_seen)
		o->first_seen = first;
	if (o->last_seen == TIME_UNKNOWN || last > o->last_seen)
		o->last_seen = last;
	o->attempts = count_add(o->attempts, record_count(s, SUM_ATTEMPTS));
	o->connected = count_add(o->connected, record_count(s, SUM_CONNECTED));
	o->messages.value = count_add(o->messages.value, record_count(s, SUM_MESSAGES));
	o->recipients.value = count_add(o->recipients.value, record_count(s, SUM_RECIPIENTS));
	o->bytes_sent = count_add(o->bytes_sent, record_count(s, SUM_BYTES));
	o->resets = count_add(o->resets, record_count(s, SUM_RESETS));
	if (record_count(s, SUM_KILLABLE) > 0) {
		o->killed.known = true;
		o->killed.value = count_add(o->killed.value, sqlite3_column_int64(s, SUM_KILLED));
		o->killable = count_add(o->killable, record_count(s, SUM_KILLABLE));
	}
	o->destinations = count_add(o->destinations, record_count(s, SUM_DESTINATIONS));
	if (sqlite3_column_int64(s, SUM_FOLDED) > 0)
		o->destinations_exact = false;
	for (int i = 0; i < OUTCOME_COUNT; i++)
		o->outcomes[i] = count_add(o->outcomes[i], record_count(s, SUM_OUTCOMES + i));
}

static void bind_span(sqlite3_stmt *s, int at, const struct span *span)
{
	sqlite3_bind_int64(s, at, span->span);
	sqlite3_bind_int64(s, at + 1, span->from);
	sqlite3_bind_int64(s, at + 2, span->to);
}

static int add_span(struct load *l, sqlite3_stmt *s, const struct span *span)
{
	int rc;

	bind_span(s, 1, span);
	while ((rc = record_step(s)) > 0) {
		int64_t host = sqlite3_column_int64(s, SUM_HOST);
		struct offender *o;

		o = get_offender(l, host);
		if (!o) {
			rc = -ENOMEM;
			break;
		}
		add_sum(o, s);
	}
	sqlite3_reset(s);
	return rc;
}

static int load_sums(struct load *l)
{
	struct span spans[WINDOW_SPANS];
	size_t count = window_spans(l->window, SCHEMA_SPAN_DAY, spans);
	sqlite3_stmt *s = record_prepare(l->record, l->host ? host_sum_sql : sum_sql);
	int rc = s ? 0 : record_errno(l->record);

	if (s && l->host)
		sqlite3_bind_int64(s, 4, l->host);
	for (size_t i = 0; i < count && rc == 0; i++)
		rc = add_span(l, s, &spans[i]);
	sqlite3_finalize(s);
	if (rc == 0 && l->host && !get_offender(l, l->host))
		rc = -ENOMEM;
	return rc;
}

/* Hosts of which the window holds no more than the tail of an attempt that began before. */
static void drop_idle(struct load *l)
{
	size_t kept = l->first;

	for (size_t i = l->first; i < l->into->count; i++)
		if (l->into->items[i].attempts > 0 || l->host)
			l->into->items[kept++] = l->into->items[i];
	l->into->count = kept;
	free(l->index.slots);
	l->index = (struct index){0};
}

#define DISTINCT_SPAN                                                                              \
	"SELECT host, server FROM contact_sum WHERE span = ? AND start >= ? AND start < ?"         \
	" AND standing = 0 AND server <> 0"

/* Where the window ends in the past the writer's own count does not hold: see schema.c. */
static int count_destinations(struct load *l)
{
	static const char *const sql[] = {
		"SELECT host, count(*) FROM (SELECT DISTINCT * FROM (" DISTINCT_SPAN
		")) GROUP BY 1",
		"SELECT host, count(*) FROM (" DISTINCT_SPAN " UNION " DISTINCT_SPAN ") GROUP BY 1",
		"SELECT host, count(*) FROM (" DISTINCT_SPAN " UNION " DISTINCT_SPAN
		" UNION " DISTINCT_SPAN ") GROUP BY 1",
	};
	struct span spans[WINDOW_SPANS];
	size_t count = window_spans(l->window, SCHEMA_SPAN_HOUR, spans);
	sqlite3_stmt *s;
	int rc;

	for (size_t i = l->first; i < l->into->count; i++)
		l->into->items[i].destinations = 0;
	if (count == 0)
		return 0;
	s = record_prepare(l->record, sql[count - 1]);
	if (!s)
		return record_errno(l->record);
	for (size_t i = 0; i < count; i++)
		bind_span(s, 1 + 3 * (int)i, &spans[i]);
	while ((rc = record_step(s)) > 0) {
		int64_t host = sqlite3_column_int64(s, 0);
		struct offender *o = get_offender(l, host);

		if (o)
			o->destinations = record_count(s, 1);
	}
	sqlite3_finalize(s);
	return rc;
}

/* How many offenders of the record are not among those found. */
static int count_outside(const struct load *l, uint64_t *ret_)
{
	size_t found = l->into->count - l->first;
	int64_t all = 0;
	int rc =
		record_number(l->record,
			      "SELECT max(hosts, 0) FROM standing_sum WHERE standing = 0", 0, &all);

	if (rc == 0)
		*ret_ = (uint64_t)all > found ? (uint64_t)all - found : 0;
	return rc;
}

static int load_all(struct load *l, uint64_t *ret_outside)
{
	int rc = load_sums(l);

	/* Windows that reach the newest frame hold the newest attempt to every server.  A single
	 * host's are counted by who asked for it, at the cost of that host alone. */
	if (rc == 0 && !l->host && l->window->until <= l->record->newest)
		rc = count_destinations(l);
	drop_idle(l);
	if (!window_is_all(l->window) && l->window->since < l->record->pruned)
		for (size_t i = l->first; i < l->into->count; i++)
			l->into->items[i].destinations_exact = false;
	if (rc == 0)
		rc = offender_load_details(l);
	return rc == 0 && !l->host ? count_outside(l, ret_outside) : rc;
}

/* Whether any rule could permit anything: else nobody need be judged. */
static bool permits_any(const struct policy *p)
{
	return p && policy_rule_count(p, POLICY_MAIL_SERVER) + policy_rule_count(p, POLICY_ALLOW) +
				    policy_rule_count(p, POLICY_ALSO_WATCH) >
			    0;
}

int offenders_load(struct record *r, const struct window *w, int64_t host,
		   const struct policy *policy, int64_t now, struct offenders *into,
		   uint64_t *ret_outside)
{
	struct load l = {
		.record = r,
		.window = w,
		.policy = permits_any(policy) ? policy : NULL,
		.now = now,
		.host = host,
		.into = into,
		.first = into->count,
	};
	int rc = record_begin(r);

	if (rc < 0)
		return rc;
	rc = load_all(&l, ret_outside);
	free(l.index.slots);
	record_end(r);
	return rc;
}

void offender_done(struct offender *o)
{
	free(o->name);
	texts_done(&o->helo);
	texts_done(&o->reasons);
}

void offenders_done(struct offenders *o)
{
	for (size_t i = 0; i < o->count; i++)
		offender_done(&o->items[i]);
	free(o->items);
	*o = (struct offenders){0};
}
