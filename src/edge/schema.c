/*
 * The record's tables.  Times are microseconds since 1970 UTC, addresses RFC 5952 text; whatever
 * came from the network is escaped already.  A window query adds up whole days, hours and minutes
 * from the sums, so it costs what the window holds of hosts, not what the record holds of
 * connections.
 */
#include "edge/schema.h"

#define MEASURES                                                                                   \
	"attempts INTEGER NOT NULL DEFAULT 0,"                                                     \
	"connected INTEGER NOT NULL DEFAULT 0,"                                                    \
	"messages INTEGER NOT NULL DEFAULT 0,"                                                     \
	"recipients INTEGER NOT NULL DEFAULT 0,"                                                   \
	"bytes_sent INTEGER NOT NULL DEFAULT 0,"                                                   \
	"resets INTEGER NOT NULL DEFAULT 0,"                                                       \
	"killed INTEGER NOT NULL DEFAULT 0,"                                                       \
	"outcome_sent INTEGER NOT NULL DEFAULT 0,"                                                 \
	"outcome_encrypted INTEGER NOT NULL DEFAULT 0,"                                            \
	"outcome_rejected INTEGER NOT NULL DEFAULT 0,"                                             \
	"outcome_connected INTEGER NOT NULL DEFAULT 0,"                                            \
	"outcome_refused INTEGER NOT NULL DEFAULT 0,"                                              \
	"outcome_unreachable INTEGER NOT NULL DEFAULT 0,"                                          \
	"outcome_unanswered INTEGER NOT NULL DEFAULT 0,"

static const char version_1_counts[] =
	/* Every internal host that ever made an attempt, permitted or not. */
	"CREATE TABLE host("
	" id INTEGER PRIMARY KEY,"
	" address TEXT NOT NULL UNIQUE"
	") STRICT;"
	/* Every server attempted; id 0 stands for those beyond a host's limit. */
	"CREATE TABLE server("
	" id INTEGER PRIMARY KEY,"
	" address TEXT NOT NULL UNIQUE,"
	" name TEXT"
	") STRICT;"
	"INSERT INTO server(id, address) VALUES (0, 'others');"
	/* A host's numbers; standing: 0 offence, 1 permitted, 2 also watched. */
	"CREATE TABLE host_sum("
	" span INTEGER NOT NULL," /* seconds: 0 all time, 60, 3600, 86400 */
	" start INTEGER NOT NULL,"
	" standing INTEGER NOT NULL,"
	" host INTEGER NOT NULL REFERENCES host(id),"
	" first INTEGER NOT NULL,"
	" last INTEGER NOT NULL," MEASURES
	/* Connections that were given a row in conn; hours and all time only. */
	" rows INTEGER NOT NULL DEFAULT 0,"
	/* Offences: servers whose newest attempt by this host began within this span; so the
	 * servers of a window that reaches up to now are the sum over the spans that make it up. */
	" destinations INTEGER NOT NULL DEFAULT 0,"
	/* Attempts whose server is 'others'. */
	" folded INTEGER NOT NULL DEFAULT 0,"
	" PRIMARY KEY(span, start, standing, host)"
	") STRICT, WITHOUT ROWID;"
	/* What a host did to one server, by minute, hour and all time; permitted and also watched
	 * ones by all time alone. */
	"CREATE TABLE contact_sum("
	" span INTEGER NOT NULL,"
	" start INTEGER NOT NULL,"
	" standing INTEGER NOT NULL,"
	" host INTEGER NOT NULL REFERENCES host(id),"
	" server INTEGER NOT NULL REFERENCES server(id),"
	" port INTEGER NOT NULL,"
	" attempts INTEGER NOT NULL DEFAULT 0,"
	" connected INTEGER NOT NULL DEFAULT 0,"
	" last_start INTEGER NOT NULL," /* its newest attempt began in that minute */
	" PRIMARY KEY(span, start, standing, host, server, port)"
	") STRICT, WITHOUT ROWID;";

static const char version_1_details[] =
	/* Connections, thinned beyond a number per host and hour. */
	"CREATE TABLE conn("
	" id INTEGER PRIMARY KEY,"
	" host INTEGER NOT NULL REFERENCES host(id),"
	" client_port INTEGER NOT NULL,"
	" server INTEGER NOT NULL REFERENCES server(id),"
	" server_port INTEGER NOT NULL,"
	" started INTEGER NOT NULL,"
	" last INTEGER NOT NULL,"
	" ended INTEGER," /* NULL while it is open */
	" standing INTEGER NOT NULL,"
	" reason TEXT NOT NULL,"
	" outcome TEXT NOT NULL,"
	" connected INTEGER NOT NULL,"
	" vlan TEXT NOT NULL," /* tags outermost first, '100.20'; '' for none */
	" mac TEXT,"
	" bytes_sent INTEGER NOT NULL,"
	" bytes_received INTEGER NOT NULL,"
	" messages INTEGER,"
	" recipients INTEGER,"
	" resets INTEGER NOT NULL DEFAULT 0,"
	" killed INTEGER,"
	" helo TEXT,"
	" senders TEXT," /* a JSON array */
	" banner TEXT,"
	" reply TEXT"
	") STRICT;"
	"CREATE INDEX conn_by_host ON conn(host, started);"
	"CREATE INDEX conn_by_time ON conn(started);"
	/* Those to be closed after a kill, however long the record is. */
	"CREATE INDEX conn_open ON conn(id) WHERE ended IS NULL;"
	/* Where a host was seen: MAC address and VLAN of its own frames. */
	"CREATE TABLE identity("
	" host INTEGER NOT NULL REFERENCES host(id),"
	" mac TEXT NOT NULL," /* '' where the frames had none */
	" vlan TEXT NOT NULL,"
	" hops INTEGER NOT NULL,"
	" first_seen INTEGER NOT NULL,"
	" last_seen INTEGER NOT NULL,"
	" name TEXT,"
	" source TEXT NOT NULL DEFAULT 'frame',"
	" PRIMARY KEY(host, mac, vlan)"
	") STRICT, WITHOUT ROWID;"
	/* MAC addresses that carry many addresses: no workstation's. */
	"CREATE TABLE router(mac TEXT PRIMARY KEY, noticed INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
	/* One row per start of the monitor, and per `read --record`. */
	"CREATE TABLE run("
	" id INTEGER PRIMARY KEY,"
	" mode TEXT NOT NULL," /* 'watch' or 'read' */
	" sensor TEXT NOT NULL,"
	" pid INTEGER NOT NULL,"
	" started INTEGER NOT NULL,"
	" beat INTEGER NOT NULL," /* wall clock of the last write */
	" ended INTEGER,"	  /* wall clock; NULL while it runs, or where it was killed */
	" next_id INTEGER NOT NULL DEFAULT 1," /* first conn.id never given */
	" newest INTEGER NOT NULL DEFAULT 0,"  /* greatest stamp of any frame */
	" packets INTEGER NOT NULL DEFAULT 0,"
	" attempts INTEGER NOT NULL DEFAULT 0,"
	" tracked INTEGER NOT NULL DEFAULT 0,"
	" stray INTEGER NOT NULL DEFAULT 0,"
	" inbound INTEGER NOT NULL DEFAULT 0,"
	" internal INTEGER NOT NULL DEFAULT 0,"
	" copies INTEGER NOT NULL DEFAULT 0,"
	" unclassified INTEGER NOT NULL DEFAULT 0"
	") STRICT;"
	"CREATE TABLE interface("
	" run INTEGER NOT NULL REFERENCES run(id),"
	" name TEXT NOT NULL,"
	" received INTEGER NOT NULL,"
	" dropped INTEGER NOT NULL,"
	" dropped_by_interface INTEGER NOT NULL,"
	" outward INTEGER NOT NULL,"
	" inward INTEGER NOT NULL,"
	" last_frame INTEGER NOT NULL,"
	" down INTEGER NOT NULL,"
	" PRIMARY KEY(run, name)"
	") STRICT, WITHOUT ROWID;"
	"CREATE TABLE lost("
	" run INTEGER NOT NULL REFERENCES run(id),"
	" reason TEXT NOT NULL,"
	" count INTEGER NOT NULL,"
	" PRIMARY KEY(run, reason)"
	") STRICT, WITHOUT ROWID;"
	"CREATE TABLE unclassified("
	" run INTEGER NOT NULL REFERENCES run(id),"
	" client TEXT NOT NULL,"
	" server TEXT NOT NULL,"
	" port INTEGER NOT NULL,"
	" PRIMARY KEY(run, client, server, port)"
	") STRICT, WITHOUT ROWID;"
	/* Capture files read into this record. */
	"CREATE TABLE source("
	" id INTEGER PRIMARY KEY,"
	" run INTEGER NOT NULL REFERENCES run(id),"
	" digest TEXT NOT NULL,"
	" name TEXT NOT NULL,"
	" bytes INTEGER NOT NULL,"
	" noted INTEGER NOT NULL,"
	" complete INTEGER NOT NULL DEFAULT 0"
	") STRICT;"
	"CREATE INDEX source_by_digest ON source(digest);"
	/* What retention has taken away. */
	"CREATE TABLE pruned("
	" what TEXT PRIMARY KEY,"
	" rows INTEGER NOT NULL,"
	" before INTEGER NOT NULL"
	") STRICT, WITHOUT ROWID;";

static const char version_1_views[] =
	"CREATE VIEW connection AS SELECT c.id AS id, h.address AS client, c.client_port AS "
	"client_port,"
	" s.address AS server, c.server_port AS server_port, s.name AS server_name,"
	" CASE WHEN c.vlan = '' THEN NULL"
	"  ELSE CAST(replace(c.vlan, rtrim(c.vlan, '0123456789'), '') AS INTEGER) END AS vlan,"
	" c.vlan AS vlan_tags, c.mac AS mac, c.started AS started, c.ended AS ended,"
	" c.outcome AS outcome, c.resets AS resets, c.killed AS killed, c.helo AS helo,"
	" coalesce(c.senders, '[]') AS senders, c.recipients AS recipients, c.messages AS messages,"
	" c.bytes_sent AS bytes_sent, c.bytes_received AS bytes_received, c.banner AS banner,"
	" c.reply AS reply, c.standing <> 0 AS permitted,"
	" CASE WHEN c.standing = 0 THEN c.reason END AS offence"
	" FROM conn c JOIN host h ON h.id = c.host JOIN server s ON s.id = c.server;"
	/* Of all time; a window's numbers are the program's to add up.  The MAC address is the
	 * newest one of the fewest routers passed, unless it carries many addresses.  No JSON
	 * function here: SQLite 3.40 calls some of them unsafe, and would refuse a reader that does
	 * not trust schemas. */
	"CREATE VIEW offender AS SELECT h.address AS address, NULL AS name,"
	" (SELECT CASE WHEN i.mac NOT IN (SELECT mac FROM router) THEN i.mac END FROM identity i"
	"  WHERE i.host = a.host AND i.mac <> '' ORDER BY " SCHEMA_DISTANCE ","
	"  i.last_seen DESC LIMIT 1)"
	"  AS mac, NULL AS vendor,"
	" (SELECT '[' || coalesce(group_concat(v), '') || ']' FROM (SELECT DISTINCT"
	"  CAST(replace(i.vlan, rtrim(i.vlan, '0123456789'), '') AS INTEGER) AS v FROM identity i"
	"  WHERE i.host = a.host AND i.vlan <> '' ORDER BY v)) AS vlans,"
	" (SELECT sensor FROM run ORDER BY id DESC LIMIT 1) AS sensor,"
	" a.first AS first_seen, a.last AS last_seen, a.attempts AS attempts,"
	" a.connected AS connected, NULL AS messages, NULL AS recipients,"
	" a.destinations AS destinations, a.folded = 0 AS destinations_exact,"
	" a.bytes_sent AS bytes_sent, a.resets AS resets, a.killed AS killed, '[]' AS helo,"
	" '{\"sent\":' || a.outcome_sent || ',\"encrypted\":' || a.outcome_encrypted ||"
	"  ',\"rejected\":' || a.outcome_rejected || ',\"connected\":' || a.outcome_connected ||"
	"  ',\"refused\":' || a.outcome_refused || ',\"unreachable\":' || a.outcome_unreachable ||"
	"  ',\"unanswered\":' || a.outcome_unanswered || '}' AS outcomes,"
	" NULL AS verdict, NULL AS score, '[]' AS reasons"
	" FROM host_sum a JOIN host h ON h.id = a.host"
	" WHERE a.span = 0 AND a.start = 0 AND a.standing = 0 AND a.attempts > 0;";

/* --- version 2: what was said, and the verdict ------------------------------------------------ */

static const char version_2_tables[] =
	/* HELO and EHLO names of a host's offences, or of a mail server; 16 at most. */
	"CREATE TABLE helo("
	" host INTEGER NOT NULL REFERENCES host(id),"
	" name TEXT NOT NULL,"
	" first_seen INTEGER NOT NULL,"
	" last_seen INTEGER NOT NULL,"
	" PRIMARY KEY(host, name)"
	") STRICT, WITHOUT ROWID;"
	/* What is thought of a host, as of its last observation. */
	"CREATE TABLE verdict("
	" host INTEGER PRIMARY KEY REFERENCES host(id),"
	" verdict TEXT NOT NULL,"
	" score REAL NOT NULL,"
	" log_odds REAL NOT NULL,"
	" observed INTEGER NOT NULL," /* frames' time of the write */
	" reasons TEXT NOT NULL,"     /* JSON array of texts, strongest first */
	" ledger TEXT NOT NULL,"      /* JSON array of {reason, weight, text} */
	" remarks TEXT NOT NULL,"     /* JSON array of texts: a mail server unlike itself */
	" state BLOB NOT NULL"	      /* the judge's own memory: struct evidence */
	") STRICT;"
	/* What remote servers said of a public address of ours, by run and list; 256 at most. */
	"CREATE TABLE listing("
	" run INTEGER NOT NULL REFERENCES run(id),"
	" address TEXT NOT NULL," /* '' where none was named */
	" list TEXT NOT NULL,"
	" policy INTEGER NOT NULL,"
	" finding INTEGER NOT NULL," /* of the address, whatever list */
	" first INTEGER NOT NULL,"
	" last INTEGER NOT NULL,"
	" heard INTEGER NOT NULL,"
	" voices INTEGER NOT NULL,"
	" client TEXT NOT NULL,"
	" server TEXT NOT NULL,"
	" reply TEXT NOT NULL,"
	" configured INTEGER NOT NULL," /* the address is, as ours */
	" first_server TEXT NOT NULL,"
	" clients TEXT NOT NULL," /* JSON array of addresses, newest first */
	" PRIMARY KEY(run, address, list)"
	") STRICT, WITHOUT ROWID;"
	/* What looked like an attack on the monitor: the newest of each kind. */
	"CREATE TABLE attack("
	" run INTEGER NOT NULL REFERENCES run(id),"
	" kind TEXT NOT NULL,"
	" since INTEGER NOT NULL," /* frames' time */
	" last INTEGER NOT NULL,"
	" peak INTEGER NOT NULL," /* the most a second */
	" PRIMARY KEY(run, kind)"
	") STRICT, WITHOUT ROWID;"
	/* Connections that were reset though established: what killed is a share of. */
	"ALTER TABLE host_sum ADD COLUMN killable INTEGER NOT NULL DEFAULT 0;"
	/* The SYN's sequence number, by which a restarted monitor knows it again. */
	"ALTER TABLE conn ADD COLUMN isn INTEGER;"
	/* What the run did with resets; segments, and connections. */
	"ALTER TABLE run ADD COLUMN reset_mode TEXT;"
	/* How a monitor runs, in words; NULL of a read. */
	"ALTER TABLE run ADD COLUMN privileges TEXT;"
	"ALTER TABLE run ADD COLUMN resets_sent INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE run ADD COLUMN resets_planned INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE run ADD COLUMN resets_limited INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE run ADD COLUMN resets_refused INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE run ADD COLUMN killable INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE run ADD COLUMN killed INTEGER NOT NULL DEFAULT 0;";

static const char version_2_incidents[] =
	/* What commands ask of the monitor, and what it answers.  Times by the wall clock. */
	"CREATE TABLE incident("
	" id INTEGER PRIMARY KEY,"
	" opened INTEGER NOT NULL,"
	" opened_by TEXT NOT NULL,"
	" since INTEGER NOT NULL," /* the window of what is counted begins */
	" until INTEGER NOT NULL," /* it ends by itself */
	" closed INTEGER,"	   /* NULL while it is open */
	" closed_by TEXT,"	   /* 'user', 'limit' or 'freeze' */
	" reason TEXT NOT NULL,"
	" address TEXT,"
	" reset INTEGER NOT NULL,"
	" freeze INTEGER NOT NULL,"
	" policy TEXT NOT NULL," /* the lines in force when it was opened */
	/* While frozen mail servers may not send; the commands freeze and thaw write these. */
	" frozen INTEGER,"	 /* when the mail server was */
	" frozen_until INTEGER," /* the limit, or when the thaw began */
	" thawed INTEGER,"	 /* proven then; NULL until */
	" mta TEXT,"		 /* which recipe */
	" mta_host TEXT,"	 /* where by ssh; NULL: on the monitor's machine */
	/* What an incident was that a freeze joined; NULL where the freeze opened it. */
	" joined_until INTEGER,"
	" joined_reset INTEGER,"
	" revision INTEGER NOT NULL DEFAULT 1," /* of what is asked of the monitor */
	" taken INTEGER,"			/* the revision that it took up */
	" acknowledged INTEGER,"		/* the monitor took it up, at first */
	" effect TEXT,"				/* what it does for it, in words */
	" released INTEGER"			/* and took up its end */
	") STRICT;"
	/* One is open at most. */
	"CREATE UNIQUE INDEX incident_open ON incident((closed IS NULL)) WHERE closed IS NULL;"
	"CREATE INDEX incident_unreleased ON incident(id) WHERE closed IS NOT NULL AND"
	" released IS NULL;"
	"CREATE INDEX incident_frozen ON incident(id) WHERE freeze <> 0 AND thawed IS NULL;";

/* The view `connection` stays.  No JSON function here either. */
static const char version_2_views[] =
	"DROP VIEW offender;"
	"CREATE VIEW offender AS SELECT h.address AS address, NULL AS name,"
	" (SELECT CASE WHEN i.mac NOT IN (SELECT mac FROM router) THEN i.mac END FROM identity i"
	"  WHERE i.host = a.host AND i.mac <> '' ORDER BY " SCHEMA_DISTANCE ","
	"  i.last_seen DESC LIMIT 1)"
	"  AS mac, NULL AS vendor,"
	" (SELECT '[' || coalesce(group_concat(v), '') || ']' FROM (SELECT DISTINCT"
	"  CAST(replace(i.vlan, rtrim(i.vlan, '0123456789'), '') AS INTEGER) AS v FROM identity i"
	"  WHERE i.host = a.host AND i.vlan <> '' ORDER BY v)) AS vlans,"
	" (SELECT sensor FROM run ORDER BY id DESC LIMIT 1) AS sensor,"
	" a.first AS first_seen, a.last AS last_seen, a.attempts AS attempts,"
	" a.connected AS connected, a.messages AS messages, a.recipients AS recipients,"
	" a.destinations AS destinations, a.folded = 0 AS destinations_exact,"
	" a.bytes_sent AS bytes_sent, a.resets AS resets,"
	" iif(a.killable > 0, a.killed, NULL) AS killed,"
	" (SELECT '[' || coalesce(group_concat('\"' || replace(replace(n, '\\', '\\\\'), '\"',"
	"  '\\\"') || '\"'), '') || ']' FROM (SELECT name AS n FROM helo WHERE host = a.host"
	"  ORDER BY first_seen, name)) AS helo,"
	" '{\"sent\":' || a.outcome_sent || ',\"encrypted\":' || a.outcome_encrypted ||"
	"  ',\"rejected\":' || a.outcome_rejected || ',\"connected\":' || a.outcome_connected ||"
	"  ',\"refused\":' || a.outcome_refused || ',\"unreachable\":' || a.outcome_unreachable ||"
	"  ',\"unanswered\":' || a.outcome_unanswered || '}' AS outcomes,"
	" v.verdict AS verdict, v.score AS score, coalesce(v.reasons, '[]') AS reasons"
	" FROM host_sum a JOIN host h ON h.id = a.host LEFT JOIN verdict v ON v.host = a.host"
	" WHERE a.span = 0 AND a.start = 0 AND a.standing = 0 AND a.attempts > 0;";

/* All hosts of one standing together, so that who asks for it walks no hosts. */
static const char version_2_sums[] =
	"CREATE TABLE standing_sum("
	" standing INTEGER PRIMARY KEY,"
	" hosts INTEGER NOT NULL," /* that have attempts */
	" attempts INTEGER NOT NULL"
	") STRICT;"
	"INSERT INTO standing_sum(standing, hosts, attempts) SELECT s.column1, count(h.host),"
	" coalesce(sum(h.attempts), 0) FROM (VALUES (0), (1), (2)) s LEFT JOIN host_sum h"
	" ON h.span = 0 AND h.start = 0 AND h.standing = s.column1 AND h.attempts > 0 GROUP BY 1;";

const char *const schema_step[SCHEMA_VERSION][SCHEMA_PARTS] = {
	[0] = {version_1_counts, version_1_details, version_1_views},
	[1] = {version_2_tables, version_2_incidents, version_2_views, version_2_sums},
};
