-- Fills a record with ten million offences of thirty days by three thousand hosts to two hundred
-- thousand servers, and with the sums that the writer would have kept (egress25-record(5)).
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -1000000;
PRAGMA temp_store = MEMORY;
BEGIN;
CREATE TEMP TABLE raw AS
	WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 9999999)
	SELECT i, 1 + abs(random()) % 3000 AS host, 1 + abs(random()) % 200000 AS server,
	 1767225600000000 + i * 259200 AS started, abs(random()) % 3 = 0 AS connected FROM n;
INSERT INTO host(id, address) SELECT DISTINCT host,
	format('10.%d.%d.%d', host / 62500, host / 250 % 250, host % 250 + 1) FROM raw;
INSERT INTO server(id, address) SELECT DISTINCT server,
	format('198.%d.%d.%d', 18 + server / 62500, server / 250 % 250, server % 250 + 1) FROM raw;
INSERT INTO run(mode, sensor, pid, started, beat, ended, newest, next_id)
	SELECT 'watch', 'bench', 1, min(started), max(started), max(started), max(started), 10000001 FROM raw;
INSERT INTO identity(host, mac, vlan, hops, first_seen, last_seen)
	SELECT id, format('02:00:00:00:%02x:%02x', id / 256, id % 256), '20', 64, 1767225600000000,
	 1769817600000000 FROM host;
INSERT INTO conn(id, host, client_port, server, server_port, started, last, ended, standing, reason,
	outcome, connected, vlan, mac, bytes_sent, bytes_received)
	SELECT i + 1, host, 1024 + i % 60000, server, 25, started, started + 1000, started + 1000, 0,
	 'not a mail server, and no allow entry covers it', iif(connected, 'connected', 'unanswered'),
	 connected, '20', format('02:00:00:00:%02x:%02x', host / 256, host % 256), 100, 100 FROM raw;
CREATE TEMP TABLE spans(span, us);
INSERT INTO spans VALUES (60, 60000000), (3600, 3600000000), (86400, 86400000000);
INSERT INTO host_sum(span, start, standing, host, first, last, attempts, connected, bytes_sent,
	outcome_connected, outcome_unanswered, rows)
	SELECT span, started / us * us, 0, host, min(started), max(started) + 1000, count(*),
	 sum(connected), 100 * count(*), sum(connected), sum(1 - connected), count(*)
	FROM spans, raw GROUP BY 1, 2, host;
INSERT INTO host_sum(span, start, standing, host, first, last, attempts, connected, bytes_sent,
	outcome_connected, outcome_unanswered, rows)
	SELECT 0, 0, 0, host, min(started), max(started) + 1000, count(*), sum(connected),
	 100 * count(*), sum(connected), sum(1 - connected), count(*) FROM raw GROUP BY host;
INSERT INTO contact_sum(span, start, standing, host, server, port, attempts, connected, last_start)
	SELECT span, started / us * us, 0, host, server, 25, count(*), sum(connected),
	 max(started) / 60000000 * 60000000 FROM spans, raw WHERE span < 86400 GROUP BY 1, 2, host, server;
INSERT INTO contact_sum(span, start, standing, host, server, port, attempts, connected, last_start)
	SELECT 0, 0, 0, host, server, 25, count(*), sum(connected), max(started) / 60000000 * 60000000
	FROM raw GROUP BY host, server;
-- Servers whose newest attempt by the host began within the span.
INSERT INTO host_sum(span, start, standing, host, first, last, destinations)
	SELECT s.span, last_start / us * us, 0, host, 0, 0, count(*) FROM spans s, contact_sum c
	WHERE c.span = 0 GROUP BY 1, 2, host
	ON CONFLICT DO UPDATE SET destinations = excluded.destinations;
UPDATE host_sum SET destinations = (SELECT count(*) FROM contact_sum c WHERE c.span = 0
	AND c.start = 0 AND c.standing = 0 AND c.host = host_sum.host) WHERE span = 0;
UPDATE standing_sum SET (hosts, attempts) = (SELECT count(*), coalesce(sum(h.attempts), 0)
	FROM host_sum h WHERE h.span = 0 AND h.standing = standing_sum.standing);
COMMIT;
