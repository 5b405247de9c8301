#include "store_internal.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"

/* All that the store ever asks.  Rows are taken away in small numbers, picked by a primary key or
 * an index, and each such statement returns the times of what it took. */
static const char *const texts[] = {
	[SQL_BEGIN] = "BEGIN IMMEDIATE",
	[SQL_COMMIT] = "COMMIT",
	[SQL_ROLLBACK] = "ROLLBACK",
	[SQL_HOST_FIND] = "SELECT id FROM host WHERE address = ?1",
	[SQL_HOST_ADD] = "INSERT INTO host(address) VALUES (?1)",
	[SQL_SERVER_FIND] = "SELECT id FROM server WHERE address = ?1",
	[SQL_SERVER_ADD] = "INSERT INTO server(address) VALUES (?1)",
	[SQL_HOST_BASE] = "SELECT attempts, destinations FROM host_sum"
			  " WHERE span = 0 AND start = 0 AND standing = ?1 AND host = ?2",
	[SQL_HOST_SUM_ADD] =
		"INSERT INTO host_sum(span, start, standing, host, first, last, destinations,"
		" folded, attempts, connected, messages, recipients, bytes_sent, resets, killed,"
		" outcome_sent, outcome_encrypted, outcome_rejected, outcome_connected,"
		" outcome_refused, outcome_unreachable, outcome_unanswered, killable)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16,"
		" ?17, ?18, ?19, ?20, ?21, ?22, ?23) ON CONFLICT DO UPDATE SET"
		" first = min(first, excluded.first), last = max(last, excluded.last),"
		" destinations = destinations + excluded.destinations,"
		" folded = folded + excluded.folded, attempts = attempts + excluded.attempts,"
		" connected = connected + excluded.connected,"
		" messages = messages + excluded.messages,"
		" recipients = recipients + excluded.recipients,"
		" bytes_sent = bytes_sent + excluded.bytes_sent,"
		" resets = resets + excluded.resets, killed = killed + excluded.killed,"
		" killable = killable + excluded.killable,"
		" outcome_sent = outcome_sent + excluded.outcome_sent,"
		" outcome_encrypted = outcome_encrypted + excluded.outcome_encrypted,"
		" outcome_rejected = outcome_rejected + excluded.outcome_rejected,"
		" outcome_connected = outcome_connected + excluded.outcome_connected,"
		" outcome_refused = outcome_refused + excluded.outcome_refused,"
		" outcome_unreachable = outcome_unreachable + excluded.outcome_unreachable,"
		" outcome_unanswered = outcome_unanswered + excluded.outcome_unanswered",
	/* A span that retention has taken stays away. */
	[SQL_HOST_SUM_LEAVE] = "UPDATE host_sum SET destinations = max(destinations - 1, 0)"
			       " WHERE span = ?1 AND start = ?2 AND standing = 0 AND host = ?3",
	[SQL_STANDING_ADD] = "UPDATE standing_sum SET hosts = hosts + ?2,"
			     " attempts = attempts + ?3 WHERE standing = ?1",
	[SQL_CONTACT_NEWEST] = "SELECT max(last_start) FROM contact_sum WHERE span = 0 AND"
			       " start = 0 AND standing = ?1 AND host = ?2 AND server = ?3",
	[SQL_CONTACT_ADD] =
		"INSERT INTO contact_sum(span, start, standing, host, server, port, attempts,"
		" connected, last_start) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
		" ON CONFLICT DO UPDATE SET attempts = attempts + excluded.attempts,"
		" connected = connected + excluded.connected,"
		" last_start = max(last_start, excluded.last_start)",
	[SQL_IDENTITY_UPDATE] =
		"UPDATE identity SET hops = max(hops, ?2), first_seen = min(first_seen, ?3),"
		" last_seen = max(last_seen, ?4) WHERE host = ?1 AND mac = ?5 AND vlan = ?6",
	[SQL_IDENTITY_ADD] = "INSERT INTO identity(host, hops, first_seen, last_seen, mac, vlan)"
			     " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
	[SQL_IDENTITY_COUNT] = "SELECT count(*) FROM identity WHERE host = ?1",
	[SQL_IDENTITY_LIMIT] =
		"DELETE FROM identity WHERE host = ?1 AND (mac, vlan) IN (SELECT mac, vlan FROM"
		" identity WHERE host = ?1 ORDER BY last_seen DESC, mac, vlan LIMIT -1 OFFSET ?2)",
	[SQL_ROWS_IN_HOUR] = "SELECT coalesce(sum(rows), 0) FROM host_sum WHERE span = 3600 AND"
			     " start = ?1 AND standing IN (0, 1, 2) AND host = ?2",
	[SQL_ROWS_ADD] = "INSERT INTO host_sum(span, start, standing, host, first, last, rows)"
			 " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO UPDATE SET"
			 " first = min(first, excluded.first), last = max(last, excluded.last),"
			 " rows = rows + excluded.rows",
	[SQL_CONN_ADD] =
		"INSERT OR REPLACE INTO conn(id, host, client_port, server, server_port, started,"
		" last, ended, standing, connected, bytes_sent, bytes_received, reason, outcome,"
		" vlan, mac, resets, killed, messages, recipients, helo, banner, reply, senders,"
		" isn) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, iif(?8, NULL, ?7), ?9, ?10, ?11, ?12,"
		" ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25)",
	/* What was known stays where nothing new is told. */
	[SQL_CONN_UPDATE] =
		"UPDATE conn SET last = ?2, ended = iif(?3, NULL, ?2), connected = ?4,"
		" bytes_sent = ?5, bytes_received = ?6, outcome = ?7, vlan = ?8, mac = ?9,"
		" resets = ?10, killed = coalesce(?11, killed),"
		" messages = coalesce(?12, messages), recipients = coalesce(?13, recipients),"
		" helo = coalesce(?14, helo), banner = coalesce(?15, banner),"
		" reply = coalesce(?16, reply), senders = coalesce(?17, senders) WHERE id = ?1",
	[SQL_HELO_UPDATE] =
		"UPDATE helo SET first_seen = min(first_seen, ?2), last_seen = max(last_seen, ?3)"
		" WHERE host = ?1 AND name = ?4",
	[SQL_HELO_NEWEST] = "SELECT count(*), max(first_seen) FROM helo WHERE host = ?1",
	[SQL_HELO_ADD] =
		"INSERT INTO helo(host, first_seen, last_seen, name) VALUES (?1, ?2, ?3, ?4)",
	[SQL_HELO_LIMIT] = "DELETE FROM helo WHERE host = ?1 AND name IN (SELECT name FROM helo"
			   " WHERE host = ?1 ORDER BY first_seen, name LIMIT -1 OFFSET ?2)",
	[SQL_SERVER_NAME] = "UPDATE server SET name = ?2 WHERE id = ?1 AND name IS NOT ?2",
	[SQL_VERDICT_BOT] = "SELECT state FROM verdict WHERE host = ?1 AND verdict = 'bot'",
	[SQL_VERDICT_PUT] =
		"INSERT OR REPLACE INTO verdict(host, observed, verdict, reasons, ledger, remarks,"
		" score, log_odds, state) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
	[SQL_VERDICT_LOAD] =
		"SELECT h.address, v.state FROM verdict v JOIN host h ON h.id = v.host WHERE v.host"
		" IN (SELECT host FROM verdict ORDER BY observed DESC LIMIT ?1) ORDER BY "
		"v.observed",
	[SQL_LISTING_PUT] =
		"INSERT OR REPLACE INTO listing(run, policy, finding, configured, first, last,"
		" heard, voices, address, list, client, server, reply, first_server, clients)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
	/* Never a finding for a claim, nor a configured address for another; and of what one server
	 * was the first to say, more than the second number goes before what others did. */
	[SQL_LISTING_LIMIT] =
		"DELETE FROM listing WHERE (run, address, list) IN (SELECT run, address, list FROM"
		" (SELECT run, address, list, configured, finding, last, row_number() OVER"
		" (PARTITION BY configured, finding, first_server ORDER BY last DESC) AS own"
		" FROM listing) ORDER BY configured DESC, finding DESC, own <= ?2 DESC, last DESC"
		" LIMIT -1 OFFSET ?1) RETURNING 1",
	[SQL_ROUTER_ADD] = "INSERT OR IGNORE INTO router(noticed, mac) VALUES (?1, ?2)",
	[SQL_ROUTER_LIMIT] =
		"DELETE FROM router WHERE mac IN (SELECT mac FROM router ORDER BY noticed"
		" LIMIT max(0, (SELECT count(*) FROM router) - ?1))",
	[SQL_RUN_ADD] = "INSERT INTO run(pid, started, beat, next_id, mode, sensor)"
			" VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
	[SQL_RUN_BEAT] = "UPDATE run SET beat = ?2, next_id = ?3 WHERE id = ?1",
	[SQL_RUN_HEALTH] = "UPDATE run SET newest = ?2, packets = ?3, attempts = ?4, tracked = ?5,"
			   " stray = ?6, inbound = ?7, internal = ?8, copies = ?9,"
			   " unclassified = ?10, resets_sent = ?11, resets_planned = ?12,"
			   " resets_limited = ?13, resets_refused = ?14, killable = ?15,"
			   " killed = ?16, reset_mode = ?17, privileges = ?18 WHERE id = ?1",
	[SQL_RUN_END] = "UPDATE run SET ended = ?2 WHERE id = ?1",
	[SQL_RUN_DROP] = "DELETE FROM run WHERE id = ?1",
	[SQL_INTERFACE_PUT] =
		"INSERT OR REPLACE INTO interface(run, received, dropped, dropped_by_interface,"
		" outward, inward, last_frame, down, name) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8,"
		" ?9)",
	[SQL_LOST_PUT] = "INSERT OR REPLACE INTO lost(run, count, reason) VALUES (?1, ?2, ?3)",
	[SQL_LOST_ADD] = "INSERT INTO lost(run, count, reason) VALUES (?1, ?2, ?3)"
			 " ON CONFLICT DO UPDATE SET count = count + excluded.count",
	[SQL_ATTACK_PUT] = "INSERT OR REPLACE INTO attack(run, since, last, peak, kind)"
			   " VALUES (?1, ?2, ?3, ?4, ?5)",
	[SQL_UNCLASSIFIED_ADD] = "INSERT OR IGNORE INTO unclassified(run, port, client, server)"
				 " VALUES (?1, ?2, ?3, ?4)",
	[SQL_NEXT_ID] = "SELECT max((SELECT coalesce(max(id), 0) + 1 FROM conn),"
			" (SELECT coalesce(max(next_id), 1) FROM run))",
	[SQL_LAST_BEAT] = "SELECT max(beat) FROM run",
	[SQL_RUN_NEWEST] = "SELECT mode = 'watch' AND ended IS NULL, beat FROM run"
			   " ORDER BY id DESC LIMIT 1",
	[SQL_CLOSE_OPEN] = "UPDATE conn SET ended = last WHERE ended IS NULL",
	[SQL_CLOSE_OLDER] = "UPDATE conn SET ended = last WHERE ended IS NULL AND id NOT IN"
			    " (SELECT id FROM conn WHERE ended IS NULL ORDER BY id DESC LIMIT ?1)",
	[SQL_CLOSE_ONE] = "UPDATE conn SET ended = last WHERE id = ?1 AND ended IS NULL",
	/* Those that are open, and the newest ones that had a frame since ?2. */
	[SQL_RESUME] =
		"SELECT c.id, c.client_port, c.server_port, c.started, c.last, c.ended IS NULL,"
		" c.standing, c.connected, c.bytes_sent, c.bytes_received, c.isn,"
		" coalesce(c.messages, 0), coalesce(c.recipients, 0), c.resets, h.address,"
		" s.address, c.reason, c.outcome, c.vlan, c.mac, iif(json_valid(c.senders),"
		" c.senders, NULL)"
		" FROM conn c JOIN host h ON h.id = c.host JOIN server s ON s.id = c.server WHERE"
		" c.id IN (SELECT id FROM conn WHERE ended IS NULL ORDER BY id DESC LIMIT ?1)"
		" OR c.id IN (SELECT id FROM (SELECT id, last FROM conn ORDER BY id DESC LIMIT ?1)"
		" WHERE last >= ?2) ORDER BY c.last",
	/* At most ?2 of both, those that were known first. */
	[SQL_SENDERS_JOIN] =
		"UPDATE conn SET senders = (SELECT json_group_array(value) FROM (SELECT DISTINCT"
		" value FROM (SELECT value FROM json_each(?3) UNION ALL SELECT value FROM"
		" json_each(?4)) LIMIT ?2)) WHERE id = ?1",
	[SQL_CLOSE_RUNS] = "UPDATE run SET ended = beat WHERE ended IS NULL",
	[SQL_SOURCE_FIND] = "SELECT max(complete) FROM source WHERE digest = ?1",
	[SQL_SOURCE_ADD] = "INSERT INTO source(run, bytes, noted, digest, name)"
			   " VALUES (?1, ?2, ?3, ?4, ?5)",
	[SQL_SOURCE_FINISH] = "UPDATE source SET complete = 1 WHERE run = ?1",
	[SQL_OLDEST_CONN] = "SELECT min(started) FROM conn",
	[SQL_OLDEST_CONTACT] = "SELECT min(start) FROM contact_sum WHERE span = ?1",
	[SQL_OLDEST_HOST_SUM] = "SELECT min(start) FROM host_sum WHERE span = ?1",
	[SQL_PRUNE_CONN] = "DELETE FROM conn WHERE id IN (SELECT id FROM conn WHERE started < ?1"
			   " ORDER BY started LIMIT ?2) RETURNING started",
	[SQL_PRUNE_PLAIN] =
		"DELETE FROM conn WHERE id IN (SELECT id FROM conn WHERE started >= ?1 AND"
		" outcome NOT IN ('sent', 'encrypted') ORDER BY started LIMIT ?2)"
		" RETURNING started",
	[SQL_PRUNE_CONTACT] =
		"DELETE FROM contact_sum WHERE (span, start, standing, host, server, port) IN"
		" (SELECT span, start, standing, host, server, port FROM contact_sum"
		" WHERE span = ?1 AND start < ?2 ORDER BY start LIMIT ?3) RETURNING start",
	[SQL_PRUNE_HOST_SUM] =
		"DELETE FROM host_sum WHERE (span, start, standing, host) IN"
		" (SELECT span, start, standing, host FROM host_sum"
		" WHERE span = ?1 AND start < ?2 ORDER BY start LIMIT ?3) RETURNING start",
	[SQL_PRUNE_LISTING] = "DELETE FROM listing WHERE last < ?1",
	[SQL_PRUNED_ADD] =
		"INSERT INTO pruned(rows, before, what) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE"
		" SET rows = rows + excluded.rows, before = max(before, excluded.before)",
	[SQL_PAGES] = "PRAGMA page_count",
	[SQL_FREE_PAGES] = "PRAGMA freelist_count",
	[SQL_PAGE_SIZE] = "PRAGMA page_size",
	[SQL_VACUUM] = "PRAGMA incremental_vacuum(64)",
	[SQL_OLD_HOSTS] = "SELECT h.id, (SELECT max(last) FROM host_sum WHERE span = 0 AND"
			  " start = 0 AND standing IN (0, 1, 2) AND host = h.id) FROM host h"
			  " WHERE h.id > ?1 ORDER BY h.id LIMIT ?2",
	[SQL_HOST_VICTIMS] =
		"SELECT host, max(last) FROM host_sum WHERE span = 0 AND start = 0 GROUP BY host"
		" ORDER BY max(standing = 0), max(last) LIMIT ?1",
	[SQL_HOST_LAST] = "SELECT max(last), min(first), (SELECT address FROM host WHERE id = ?1)"
			  " FROM host_sum WHERE span = 0 AND start = 0 AND standing IN (0, 1, 2)"
			  " AND host = ?1",
	[SQL_HOST_ENTOMB] = "UPDATE host SET address = 'gone ' || id WHERE id = ?1",
	[SQL_HOST_IDENTITIES_DROP] = "DELETE FROM identity WHERE host = ?1",
	[SQL_HOST_HELO_DROP] = "DELETE FROM helo WHERE host = ?1",
	[SQL_HOST_VERDICT_DROP] = "DELETE FROM verdict WHERE host = ?1",
	[SQL_HOST_CONN_DROP] = "DELETE FROM conn WHERE host = ?1",
	[SQL_HOST_SUM_NEXT] = "SELECT start FROM host_sum WHERE span = ?1 AND start >= ?2"
			      " ORDER BY start LIMIT 1",
	[SQL_HOST_SUM_DROP] = "DELETE FROM host_sum WHERE span = ?1 AND start = ?2 AND"
			      " standing IN (0, 1, 2) AND host = ?3",
	/* Of all standings, while the host's sums of all time stand. */
	[SQL_STANDING_LEAVE] =
		"UPDATE standing_sum SET (hosts, attempts) = (SELECT standing_sum.hosts -"
		" count(*), standing_sum.attempts - coalesce(sum(h.attempts), 0) FROM host_sum h "
		"WHERE h.span = 0 AND"
		" h.start = 0 AND h.standing = standing_sum.standing AND h.host = ?1 AND"
		" h.attempts > 0)",
	[SQL_TOMB_FIND] = "SELECT id FROM host WHERE address > 'gone ' AND address < 'gone!'"
			  " LIMIT 1",
	[SQL_TOMB_CONTACTS] =
		"DELETE FROM contact_sum WHERE (span, start, standing, host, server, port) IN"
		" (SELECT span, start, standing, host, server, port FROM contact_sum WHERE"
		" span = 0 AND start = 0 AND standing IN (0, 1, 2) AND host = ?1 LIMIT ?2)",
	[SQL_TOMB_DROP] = "DELETE FROM host WHERE id = ?1",
	[SQL_SERVER_MAX] = "SELECT max(id) FROM server",
	[SQL_SWEEP_CONTACTS] =
		"SELECT standing, host, server FROM contact_sum WHERE span = 0 AND start = 0 AND"
		" (standing, host, server, port) > (?1, ?2, ?3, 65536)"
		" ORDER BY standing, host, server, port LIMIT ?4",
	[SQL_SWEEP_CONN] = "SELECT id, server FROM conn WHERE id > ?1 ORDER BY id LIMIT ?2",
	[SQL_SWEEP_SERVERS] = "SELECT id FROM server WHERE id > ?1 AND id <= ?2 ORDER BY id"
			      " LIMIT ?3",
	[SQL_SERVER_DROP] = "DELETE FROM server WHERE id = ?1 RETURNING address",
	[SQL_INCIDENT_CURRENT] =
		"SELECT id, opened, until, reset, freeze <> 0 AND thawed IS NULL, revision,"
		" coalesce(frozen, opened), coalesce(frozen_until, until) FROM incident"
		" WHERE closed IS NULL",
	[SQL_INCIDENT_ADD] =
		"INSERT INTO incident(opened, since, until, reset, freeze, opened_by, reason,"
		" address, policy) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
	[SQL_INCIDENT_EXPIRE] = "UPDATE incident SET closed = until, closed_by = 'limit'"
				" WHERE closed IS NULL AND until <= ?1",
	[SQL_INCIDENT_CLOSE] = "UPDATE incident SET closed = min(?2, until), closed_by = ?3"
			       " WHERE id = ?1 AND closed IS NULL",
	[SQL_INCIDENT_STATE] = "SELECT taken IS NOT NULL AND taken >= revision, released IS NOT"
			       " NULL, effect, closed IS NOT NULL FROM incident WHERE id = ?1",
	/* ?1 is in force, ?2 came to its limit, ?3 is the effect, ?4 the revision in force. */
	[SQL_INCIDENT_NEWS] = "SELECT id FROM incident WHERE (id = ?2 AND closed IS NULL) OR"
			      " (id = ?1 AND (effect IS NOT ?3 OR taken IS NOT ?4)) OR"
			      " (id <> ?1 AND closed IS NOT NULL AND released IS NULL) LIMIT 1",
	[SQL_INCIDENT_TAKEN] = "UPDATE incident SET effect = ?3, taken = ?4, acknowledged ="
			       " coalesce(acknowledged, ?2) WHERE id = ?1",
	[SQL_INCIDENT_RELEASED] = "UPDATE incident SET released = ?2 WHERE id <> ?1 AND"
				  " closed IS NOT NULL AND released IS NULL",
	/* ?1: who wishes, ?2: since, ?3: of any address, else of ?4; ?5: now. */
	[SQL_INCIDENT_WISHED] =
		"SELECT id FROM incident WHERE opened_by = ?1 AND opened > ?2 AND opened <= ?5"
		" AND (?3 OR address = ?4) LIMIT 1",
	/* ?6: the incident was open before. */
	[SQL_FREEZE_BEGIN] =
		"UPDATE incident SET joined_until = iif(?6, until, NULL), joined_reset = iif(?6,"
		" reset, NULL), until = max(until, ?3), reset = max(reset, ?4), freeze = 1,"
		" frozen = ?2, frozen_until = ?5, thawed = NULL, mta = ?7, mta_host = ?8,"
		" revision = revision + 1 WHERE id = ?1",
	[SQL_FREEZE_RENEW] = "UPDATE incident SET frozen = ?2, revision = revision + 1"
			     " WHERE id = ?1 AND freeze <> 0 AND thawed IS NULL",
	[SQL_FREEZE_FIND] = "SELECT id, frozen, frozen_until, closed IS NULL, mta, mta_host,"
			    " joined_until IS NOT NULL FROM incident"
			    " WHERE freeze <> 0 AND thawed IS NULL ORDER BY id DESC LIMIT 1",
	[SQL_FREEZE_RELEASE] = "UPDATE incident SET frozen_until = min(frozen_until, ?2),"
			       " revision = revision + 1 WHERE id = ?1",
	[SQL_FREEZE_CONFIRM] = "UPDATE incident SET thawed = ?1 WHERE freeze <> 0 AND thawed IS"
			       " NULL AND mta IS ?2 AND mta_host IS ?3",
	[SQL_FREEZE_UNJOIN] = "UPDATE incident SET until = max(joined_until, ?2), reset ="
			      " joined_reset, revision = revision + 1 WHERE id = ?1 AND"
			      " closed IS NULL AND joined_until IS NOT NULL",
	[SQL_FREEZE_CLOSE] = "UPDATE incident SET closed = min(?2, until), closed_by = 'freeze'"
			     " WHERE id = ?1 AND closed IS NULL AND joined_until IS NULL",
};
_Static_assert(sizeof(texts) / sizeof(texts[0]) == SQL_COUNT, "a statement without its text");

const char *store_sql_text(enum store_sql which)
{
	return texts[which];
}

struct sqlite3_stmt *store_plain(struct store *s, enum store_sql which)
{
	if (!s->statements[which])
		sqlite3_prepare_v3(s->db, texts[which], -1, SQLITE_PREPARE_PERSISTENT,
				   &s->statements[which], NULL);
	return s->statements[which];
}

struct sqlite3_stmt *store_bind(struct store *s, enum store_sql which, size_t count,
				const int64_t *values)
{
	struct sqlite3_stmt *st = store_plain(s, which);

	for (size_t i = 0; st && i < count; i++)
		sqlite3_bind_int64(st, (int)i + 1, values[i]);
	return st;
}

void store_text(struct sqlite3_stmt *st, int parameter, const char *text)
{
	if (st)
		sqlite3_bind_text(st, parameter, text, -1, SQLITE_STATIC);
}

static int errno_of(struct sqlite3 *db, int code)
{
	switch (code) {
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_READONLY:
		return -EROFS;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return -EACCES;
	case SQLITE_NOTADB:
		return -EINVAL;
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
		return sqlite3_system_errno(db) > 0 ? -sqlite3_system_errno(db) : -EIO;
	default:
		return -EIO;
	}
}

static const char *advice(int r)
{
	switch (r) {
	case -ENOSPC:
	case -EDQUOT:
		return ": make room on its disk, or lower the retention";
	case -EBUSY:
		return ": another program holds it locked";
	case -EROFS:
	case -EACCES:
		return ": check the permissions of the file and its directory";
	default:
		return "";
	}
}

int store_fail(struct store *s)
{
	int r = s->db ? errno_of(s->db, sqlite3_errcode(s->db) & 0xff) : -EIO;

	text_print(s->error, sizeof(s->error), "%s: %s%s", s->path ? s->path : "temporary record",
		   s->db ? sqlite3_errmsg(s->db) : "not open", advice(r));
	return r;
}

int store_step(struct store *s, struct sqlite3_stmt *st)
{
	int rc = st ? sqlite3_step(st) : SQLITE_ERROR, r;

	if (rc == SQLITE_ROW)
		return 1;
	r = rc == SQLITE_DONE ? 0 : store_fail(s);
	sqlite3_reset(st);
	return r;
}

int store_do(struct store *s, struct sqlite3_stmt *st)
{
	int r;

	do
		r = store_step(s, st);
	while (r > 0);
	return r;
}

int store_number(struct store *s, struct sqlite3_stmt *st, int64_t *ret_)
{
	int r = store_step(s, st);

	if (r > 0) {
		*ret_ = sqlite3_column_int64(st, 0);
		sqlite3_reset(st);
	}
	return r;
}

int store_limit(struct store *s, enum store_sql count, enum store_sql limit, int64_t host,
		int64_t most)
{
	int64_t n = 0;
	int r = store_number(s, STORE_BIND(s, count, host), &n);

	if (r > 0)
		r = n > most ? store_do(s, STORE_BIND(s, limit, host, most)) : 0;
	return r;
}

int store_begin(struct store *s)
{
	if (s->spoiled < 0)
		return s->spoiled;
	return store_do(s, store_plain(s, SQL_BEGIN));
}

int store_end(struct store *s, int r)
{
	if (r == 0)
		r = store_do(s, store_plain(s, SQL_COMMIT));
	if (r == 0)
		return 0;
	if (!s->path)
		s->spoiled = r;
	/* Disk full and the like have rolled back already.  Ids given since must be forgotten. */
	if (!sqlite3_get_autocommit(s->db)) {
		struct sqlite3_stmt *st = store_plain(s, SQL_ROLLBACK);

		sqlite3_step(st);
		sqlite3_reset(st);
	}
	store_ids_forget(s);
	return r;
}

void store_finalize(struct store *s)
{
	for (size_t i = 0; i < SQL_COUNT; i++) {
		sqlite3_finalize(s->statements[i]);
		s->statements[i] = NULL;
	}
}
