#include "query/host.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "judge/schema.h"
#include "query/memory.h"

/* Its offences: the one entry that offenders_load() makes for it. */
static int load_offender(struct record *r, int64_t id, const struct window *w,
			 const struct policy *policy, int64_t now, struct host *h)
{
	struct offenders one = {0};
	uint64_t outside; /* not asked for */
	int rc = offenders_load(r, w, id, policy, now, &one, &outside);

	if (rc == 0) {
		h->offender = one.items[0];
		one.count = 0; /* its texts are the host's now */
	}
	offenders_done(&one);
	return rc;
}

static int load_sum(struct record *r, int64_t id, int standing, struct host_sum *ret_)
{
	sqlite3_stmt *s = record_prepare(r, "SELECT attempts, connected, first, last FROM host_sum"
					    " WHERE span = 0 AND start = 0 AND standing = ?1"
					    " AND host = ?2");
	int rc;

	if (!s)
		return record_errno(r);
	*ret_ = (struct host_sum){.first_seen = TIME_UNKNOWN, .last_seen = TIME_UNKNOWN};
	sqlite3_bind_int(s, 1, standing);
	sqlite3_bind_int64(s, 2, id);
	rc = record_step(s);
	if (rc > 0)
		*ret_ = (struct host_sum){
			.attempts = record_count(s, 0),
			.connected = record_count(s, 1),
			.first_seen = record_time(s, 2),
			.last_seen = record_time(s, 3),
		};
	sqlite3_finalize(s);
	return rc < 0 ? record_errno(r) : 0;
}

static void take_identity(sqlite3_stmt *s, struct host_identity *i)
{
	int vlan;

	record_text(s, 0, i->mac, sizeof(i->mac));
	record_text(s, 1, i->vlan_tags, sizeof(i->vlan_tags));
	vlan = vlan_innermost(i->vlan_tags);
	i->vlan = (struct maybe){.known = vlan >= 0, .value = vlan};
	i->hops = record_count(s, 2);
	i->first_seen = record_time(s, 3);
	i->last_seen = record_time(s, 4);
	i->name = record_text_new(s, 5);
	record_text(s, 6, i->source, sizeof(i->source));
	i->router = sqlite3_column_int(s, 7) != 0;
}

static int load_identities(struct record *r, int64_t id, struct host *h)
{
	struct host_identity *items = calloc(HOST_IDENTITIES, sizeof(*items));
	sqlite3_stmt *s = record_prepare(r, "SELECT mac, vlan, hops, first_seen, last_seen, name,"
					    " source, EXISTS(SELECT 1 FROM router r"
					    " WHERE r.mac = i.mac) FROM identity i WHERE host = ?1"
					    " ORDER BY last_seen DESC, mac, vlan");
	int rc = 0;

	h->identities.items = items;
	if (!items || !s) {
		sqlite3_finalize(s);
		return items ? record_errno(r) : -ENOMEM;
	}
	sqlite3_bind_int64(s, 1, id);
	while (h->identities.count < HOST_IDENTITIES && (rc = record_step(s)) > 0)
		take_identity(s, &items[h->identities.count++]);
	sqlite3_finalize(s);
	return rc < 0 ? record_errno(r) : 0;
}

/* One row per server and standing: what was added up, how many rows there are, and how many of them
 * are servers of offences. */
#define SERVERS                                                                                    \
	"SELECT s.address, s.name, total(max(c.attempts, 0)) AS n,"                                \
	" total(max(c.connected, 0)) AS m, max(c.last_start),"                                     \
	" c.standing, count(*) OVER (), sum(c.standing = 0 AND c.server <> 0) OVER ()"
#define ORDER                                                                                      \
	" CROSS JOIN server s ON s.id = c.server GROUP BY c.standing, c.server"                    \
	" ORDER BY n DESC, m DESC, s.address"

/* The key of contact_sum begins with span and start, so a window is asked start by start, from one
 * that there is to the next: it costs what this host did, whatever others did. */
static const char servers_all_sql[] =
	SERVERS " FROM (SELECT * FROM contact_sum WHERE span = 0 AND start = 0"
		" AND standing IN (0, 1, 2) AND host = ?1) c" ORDER;
static const char servers_window_sql[] =
	"WITH RECURSIVE t(span, start, until) AS (SELECT * FROM"
	" (SELECT ?2 AS a, ?3 AS b, ?4 AS c UNION ALL SELECT ?5, ?6, ?7 UNION ALL SELECT ?8, ?9, "
	"?10) WHERE b < c UNION ALL SELECT span, (SELECT n.start FROM contact_sum n"
	" WHERE n.span = t.span AND n.start > t.start AND n.start < t.until ORDER BY n.start"
	" LIMIT 1), until FROM t WHERE start IS NOT NULL) " SERVERS
	" FROM t CROSS JOIN contact_sum c ON c.span = t.span AND c.start = t.start"
	" AND c.standing = 0 AND c.host = ?1" ORDER;

static void take_server(sqlite3_stmt *s, struct host_server *v)
{
	int standing = sqlite3_column_int(s, 5);

	record_text(s, 0, v->address, sizeof(v->address));
	v->name = record_text_new(s, 1);
	v->attempts = record_count(s, 2);
	v->connected = record_count(s, 3);
	v->last_attempt = record_time(s, 4);
	if (standing >= 0 && standing < STANDING_COUNT)
		v->standing = standing_name((enum standing)standing);
}

/* The spans of the window in which the host offended at all, at ?2 and on. */
static void bind_window(sqlite3_stmt *s, const struct window *w, const struct offender *o)
{
	struct span spans[WINDOW_SPANS];
	size_t count = o->attempts > 0 ? window_spans(w, SCHEMA_SPAN_HOUR, spans) : 0;

	for (size_t i = 0; i < 3; i++) {
		struct span none = {0}, *p = i < count ? &spans[i] : &none;
		int64_t unit = p->span * MOMENT_SECOND, least, most;
		int at = 2 + 3 * (int)i;

		least = unit ? moment_floor(o->first_seen, unit) : 0;
		most = unit ? moment_floor(o->last_seen, unit) + unit : 0;
		sqlite3_bind_int64(s, at, p->span);
		sqlite3_bind_int64(s, at + 1, p->from > least ? p->from : least);
		sqlite3_bind_int64(s, at + 2, p->to < most ? p->to : most);
	}
}

static int load_servers(struct record *r, int64_t id, const struct window *w, struct host *h)
{
	bool all = window_is_all(w);
	struct host_server *items = calloc(HOST_SERVERS, sizeof(*items));
	sqlite3_stmt *s = record_prepare(r, all ? servers_all_sql : servers_window_sql);
	int64_t destinations = 0;
	int rc = 0;

	h->servers.items = items;
	if (!items || !s) {
		sqlite3_finalize(s);
		return items ? record_errno(r) : -ENOMEM;
	}
	sqlite3_bind_int64(s, 1, id);
	if (!all)
		bind_window(s, w, &h->offender);
	while (h->servers.count < HOST_SERVERS && (rc = record_step(s)) > 0) {
		h->server_count = record_count(s, 6);
		destinations = record_count(s, 7);
		take_server(s, &items[h->servers.count++]);
	}
	if (!all)
		h->offender.destinations = destinations;
	sqlite3_finalize(s);
	return rc < 0 ? record_errno(r) : 0;
}

/* A row of connections_next() is lent; this keeps it. */
static void keep_row(const struct connection_row *from, struct connection_row *to)
{
	char **senders = memory_noted(calloc(from->senders.count + 1, sizeof(*senders)));

	*to = *from;
	to->server_name = memory_copy(from->server_name);
	to->helo = memory_copy(from->helo);
	to->banner = memory_copy(from->banner);
	to->reply = memory_copy(from->reply);
	to->offence = memory_copy(from->offence);
	to->senders = (struct list){.items = senders};
	for (size_t i = 0; senders && i < from->senders.count; i++) {
		senders[i] = memory_copy(((char *const *)from->senders.items)[i]);
		if (!senders[i])
			break;
		to->senders.count++;
	}
}

static int load_recent(struct record *r, const char *address, const struct window *w,
		       struct host *h)
{
	struct connection_row *items = calloc(HOST_RECENT, sizeof(*items));
	const struct connection_row *row;
	const struct record *failed;
	struct connections *c = NULL;
	int rc;

	h->recent.items = items;
	if (!items)
		return -ENOMEM;
	rc = connections_open(&r, 1, w, address, &c);
	while (rc >= 0 && h->recent.count < HOST_RECENT &&
	       (rc = connections_next(c, &row, &failed)) > 0)
		keep_row(row, &items[h->recent.count++]);
	connections_close(c);
	return rc < 0 ? rc : 0;
}

/* As host_load(), within a transaction; *h is to be freed whatever comes. */
static int load_all(struct record *r, const char *address, const struct window *w,
		    const struct policy *policy, int64_t now, struct host *h)
{
	int64_t id = 0;
	int rc = record_host(r, address, &id);

	if (rc <= 0)
		return rc;
	rc = load_offender(r, id, w, policy, now, h);
	if (rc == 0)
		rc = load_sum(r, id, STANDING_PERMITTED, &h->permitted);
	if (rc == 0)
		rc = load_sum(r, id, STANDING_ALSO_WATCHED, &h->also_watched);
	if (rc == 0)
		rc = load_identities(r, id, h);
	if (rc == 0)
		rc = load_servers(r, id, w, h);
	if (rc == 0)
		rc = load_recent(r, address, w, h);
	if (rc == 0)
		rc = ledger_load(r, id, &h->ledger);
	if (rc == 0)
		rc = notices_load(r, address, &h->notices);
	return rc < 0 ? rc : 1;
}

int host_load(struct record *r, const char *address, const struct window *w,
	      const struct policy *policy, int64_t now, struct host *ret_)
{
	struct host h = {0};
	int rc = record_begin(r);

	if (rc < 0)
		return rc;
	rc = load_all(r, address, w, policy, now, &h);
	record_end(r);
	if (rc > 0)
		*ret_ = h;
	else
		host_done(&h);
	return rc;
}

void host_done(struct host *h)
{
	const struct host_identity *identities = h->identities.items;
	const struct host_server *servers = h->servers.items;

	for (size_t i = 0; i < h->identities.count; i++)
		free(identities[i].name);
	for (size_t i = 0; i < h->servers.count; i++)
		free(servers[i].name);
	for (size_t i = 0; i < h->recent.count; i++)
		connection_row_done((struct connection_row *)h->recent.items + i);
	free((void *)h->identities.items);
	free((void *)h->servers.items);
	free((void *)h->recent.items);
	offender_done(&h->offender);
	ledger_done(&h->ledger);
	notices_done(&h->notices);
	*h = (struct host){0};
}
