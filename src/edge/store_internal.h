/*
 * What the parts of the store share.  store.c is the contract's face; store_open.c makes and opens
 * the file; store_sql.c owns the statements; store_ids.c turns addresses into ids; store_sums.c,
 * store_identity.c, store_rows.c, store_words.c, store_verdict.c and store_state.c write the parts
 * of a batch; store_prune.c, store_hosts.c and store_sweep.c take away again;
 * store_incident.c holds what commands and the monitor tell each other.
 */
#ifndef EGRESS25_EDGE_STORE_INTERNAL_H
#define EGRESS25_EDGE_STORE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <sqlite3.h>

#include "base/hash.h"
#include "edge/store.h"
#include "judge/schema.h"

enum store_sql {
	SQL_BEGIN,
	SQL_COMMIT,
	SQL_ROLLBACK,
	SQL_HOST_FIND,
	SQL_HOST_ADD,
	SQL_SERVER_FIND,
	SQL_SERVER_ADD,
	SQL_HOST_BASE,
	SQL_HOST_SUM_ADD,
	SQL_HOST_SUM_LEAVE,
	SQL_STANDING_ADD,
	SQL_CONTACT_NEWEST,
	SQL_CONTACT_ADD,
	SQL_IDENTITY_UPDATE,
	SQL_IDENTITY_ADD,
	SQL_IDENTITY_COUNT,
	SQL_IDENTITY_LIMIT,
	SQL_ROWS_IN_HOUR,
	SQL_ROWS_ADD,
	SQL_CONN_ADD,
	SQL_CONN_UPDATE,
	SQL_HELO_UPDATE,
	SQL_HELO_NEWEST,
	SQL_HELO_ADD,
	SQL_HELO_LIMIT,
	SQL_SERVER_NAME,
	SQL_VERDICT_BOT,
	SQL_VERDICT_PUT,
	SQL_VERDICT_LOAD,
	SQL_LISTING_PUT,
	SQL_LISTING_LIMIT,
	SQL_ROUTER_ADD,
	SQL_ROUTER_LIMIT,
	SQL_RUN_ADD,
	SQL_RUN_BEAT,
	SQL_RUN_HEALTH,
	SQL_RUN_END,
	SQL_RUN_DROP,
	SQL_INTERFACE_PUT,
	SQL_LOST_PUT,
	SQL_LOST_ADD,
	SQL_ATTACK_PUT,
	SQL_UNCLASSIFIED_ADD,
	SQL_NEXT_ID,
	SQL_LAST_BEAT,
	SQL_RUN_NEWEST,
	SQL_CLOSE_OPEN,
	SQL_CLOSE_OLDER,
	SQL_CLOSE_ONE,
	SQL_RESUME,
	SQL_SENDERS_JOIN,
	SQL_CLOSE_RUNS,
	SQL_SOURCE_FIND,
	SQL_SOURCE_ADD,
	SQL_SOURCE_FINISH,
	SQL_OLDEST_CONN,
	SQL_OLDEST_CONTACT,
	SQL_OLDEST_HOST_SUM,
	SQL_PRUNE_CONN,
	SQL_PRUNE_PLAIN,
	SQL_PRUNE_CONTACT,
	SQL_PRUNE_HOST_SUM,
	SQL_PRUNE_LISTING,
	SQL_PRUNED_ADD,
	SQL_PAGES,
	SQL_FREE_PAGES,
	SQL_PAGE_SIZE,
	SQL_VACUUM,
	SQL_OLD_HOSTS,
	SQL_HOST_VICTIMS,
	SQL_HOST_LAST,
	SQL_HOST_ENTOMB,
	SQL_HOST_IDENTITIES_DROP,
	SQL_HOST_HELO_DROP,
	SQL_HOST_VERDICT_DROP,
	SQL_HOST_CONN_DROP,
	SQL_HOST_SUM_NEXT,
	SQL_HOST_SUM_DROP,
	SQL_STANDING_LEAVE,
	SQL_TOMB_FIND,
	SQL_TOMB_CONTACTS,
	SQL_TOMB_DROP,
	SQL_SERVER_MAX,
	SQL_SWEEP_CONTACTS,
	SQL_SWEEP_CONN,
	SQL_SWEEP_SERVERS,
	SQL_SERVER_DROP,
	SQL_INCIDENT_CURRENT,
	SQL_INCIDENT_ADD,
	SQL_INCIDENT_EXPIRE,
	SQL_INCIDENT_CLOSE,
	SQL_INCIDENT_STATE,
	SQL_INCIDENT_NEWS,
	SQL_INCIDENT_TAKEN,
	SQL_INCIDENT_RELEASED,
	SQL_INCIDENT_WISHED,
	SQL_FREEZE_BEGIN,
	SQL_FREEZE_RENEW,
	SQL_FREEZE_FIND,
	SQL_FREEZE_RELEASE,
	SQL_FREEZE_CONFIRM,
	SQL_FREEZE_UNJOIN,
	SQL_FREEZE_CLOSE,
	SQL_COUNT
};

#define WRITE_BUSY_MS 100 /* the writer tries again anyhow */

/* Addresses whose id is known, so that most need no question to SQLite. */
struct id_cache {
	struct id_entry *entries; /* a mapping of fixed size, touched as it is used */
	uint32_t buckets;
	uint32_t turn; /* which entry of a full bucket goes next */
	bool complete; /* every row of the table is in here: a miss proves it is new */
};

#define VICTIMS 256

/* Where retention stands between two calls. */
struct prune_state {
	int64_t next_pass;   /* wall clock: when what is seldom done is due again */
	int64_t next_hosts;  /* and hosts are looked at again for their age */
	int64_t host_cursor; /* last host id looked at in this pass; 0: no pass under way */
	int64_t plain_floor; /* no plain connection row began before this */
	int64_t victims[VICTIMS], victim_last[VICTIMS];
	uint32_t victim_count, victim_at;
	bool tombs; /* hosts may be left of which some contacts still stand */
	bool rests; /* a reader makes the log grow */
};

/* What a connection's row held when this run took it up; what is told of it now comes on top. */
struct resumed_row {
	uint64_t id;
	int64_t messages, recipients, resets;
	char *senders; /* a JSON array, or NULL */
};

enum sweep_step { SWEEP_IDLE, SWEEP_CONTACTS, SWEEP_CONN, SWEEP_SERVERS };

/* The search for servers that nothing names any more. */
struct sweep {
	enum sweep_step step;
	bool wanted;
	uint8_t *used; /* a bit for each id up to newest */
	int64_t newest;
	int64_t standing, host, server, conn, victim; /* cursors */
	int64_t next;				      /* wall clock: not before */
};

struct store {
	struct sqlite3 *db; /* NULL where the last try to reopen failed */
	struct sqlite3_stmt *statements[SQL_COUNT];
	char *path; /* NULL: temporary */
	char *sensor, *mode;
	bool totals_only;
	bool keeps_open; /* connections, at its end, for the next run */
	uint32_t rows_per_host_hour;
	int64_t retention_age, retention_bytes;
	int lock;	       /* descriptor of PATH-lock, or -1 */
	struct stat directory; /* as it was when the record was opened */
	dev_t device;
	ino_t inode;
	int spoiled;   /* a temporary record: the error that left it half written, or 0 */
	bool replaced; /* the record was lost under us, and that was not told yet */
	int64_t run, started;
	int64_t last_written; /* by an earlier run */
	uint64_t next_id;
	/* What the caller was told at first, and what is added to his ids since. */
	uint64_t first_id, id_offset;
	struct hash_key key;
	struct id_cache hosts, servers;
	struct prune_state prune;
	struct sweep sweep;
	struct resumed_row *resumed; /* by id */
	size_t resumed_count;
	char error[STORE_ERROR];
};

/* store_sql.c */

/* The statement with its first parameters bound to integers; NULL where it cannot be prepared,
 * which the step then reports. */
struct sqlite3_stmt *store_bind(struct store *s, enum store_sql which, size_t count,
				const int64_t *values);
#define STORE_BIND(s, which, ...)                                                                  \
	store_bind(s, which, sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t),                   \
		   (int64_t[]){__VA_ARGS__})
struct sqlite3_stmt *store_plain(struct store *s, enum store_sql which); /* no integers first */
const char *store_sql_text(enum store_sql which);
/* Text that lives until the step; NULL binds null. */
void store_text(struct sqlite3_stmt *st, int parameter, const char *text);

/* 1: a row, to be read and then reset; 0: done; else negative, with s->error filled. */
int store_step(struct store *s, struct sqlite3_stmt *st);
/* For what yields no row, or whose rows do not matter. */
int store_do(struct store *s, struct sqlite3_stmt *st);
/* First column of the first row.  1, 0 where there is none, or negative. */
int store_number(struct store *s, struct sqlite3_stmt *st, int64_t *ret_);
/* Where `count` finds more than `most` of a host, `limit` takes away the rest: the former is far
 * the cheaper. */
int store_limit(struct store *s, enum store_sql count, enum store_sql limit, int64_t host,
		int64_t most);

/* The line for the caller: s->error, or else r in words.  Returns r. */
int store_tell(const struct store *s, int r, char error[STORE_ERROR]);
/* The errno of the newest error of SQLite; fills s->error. */
int store_fail(struct store *s);
int store_begin(struct store *s);
/* Commits where r is 0, else rolls back; returns r or what the commit met. */
int store_end(struct store *s, int r);
void store_finalize(struct store *s);

/* store.c */
struct store *store_new(const struct store_options *options); /* NULL without memory */
void store_free(struct store *s);

/* store_open.c */
int store_open_record(struct store *s);
/* A record that is there and of this version, beside the monitor: no lock, no run. */
int store_open_beside(struct store *s);
void store_close_record(struct store *s);
/* Whether another file or none stands at the path now; false where that cannot be seen. */
bool store_is_gone(const struct store *s);

/* store_ids.c */
int store_ids_new(struct store *s);
void store_ids_free(struct store *s);
void store_ids_forget(struct store *s); /* after a rollback, or with another file */
int store_host_id(struct store *s, const struct addr *a, int64_t *ret_);
/* 1, or 0 where the host, or the server, is not known. */
int store_host_find(struct store *s, const struct addr *a, int64_t *ret_);
int store_server_find(struct store *s, const struct addr *a, int64_t *ret_);
int store_server_id(struct store *s, const struct addr *a, int64_t *ret_);
/* Where it was looked for and is not known. */
int store_server_add(struct store *s, const struct addr *a, int64_t *ret_);
void store_host_forget(struct store *s, const char *address);
void store_server_forget(struct store *s, const char *address);

/* "100.20", "" for none */
#define VLAN_TEXT 24
const char *store_vlan_text(const uint16_t *vlans, uint8_t count, char buf[VLAN_TEXT]);

/* store_sums.c: news gets the number of a sum for each host whose first offence is here. */
struct news_list {
	uint32_t *sums; /* malloc'd by the callee */
	uint32_t count;
};
int store_put_sums(struct store *s, const struct batch *b, struct news_list *ret_news);

/* store_identity.c */
struct identity {
	int64_t host; /* 0: none is pending */
	bool added;   /* one of this host was new: they may be too many */
	bool has_mac;
	uint8_t hops, tag_count, mac[6];
	uint16_t vlans[PACKET_TAGS];
	int64_t first, last;
};
int store_note_identity(struct store *s, struct identity *pending, int64_t host,
			const struct sum *sum);
int store_flush_identity(struct store *s, struct identity *pending);

/* store_rows.c */
int store_put_rows(struct store *s, const struct batch *b);

/* store_resume.c: NULL where the row began in this run. */
const struct resumed_row *store_resumed(const struct store *s, uint64_t id);
void store_resumed_free(struct store *s);

/* store_words.c: what a batch's texts tell beyond the rows: HELO names of hosts, names of servers.
 */
int store_put_words(struct store *s, const struct batch *b);
/* Texts one behind the other, with their NULs, as a JSON array to be freed; NULL without memory. */
char *store_json_list(const char *texts, size_t length);

/* store_verdict.c: verdicts on hosts, and what remote servers say of us. */
int store_put_verdicts(struct store *s, const struct batch *b);
int store_put_listings(struct store *s, const struct batch *b);

/* store_state.c */
int store_put_state(struct store *s, const struct batch *b, int64_t now);

/* store_hosts.c: each 1 where it did something, 0 where nothing is to do. */
int store_prune_old_hosts(struct store *s, int64_t cutoff);
int store_prune_any_host(struct store *s);
int store_prune_tombs(struct store *s);
/* store_prune.c */
/* -EBUSY where the log is longer than can be borne, and cannot be cut. */
int store_bound_log(struct store *s);
int store_note_pruned(struct store *s, const char *what, int64_t rows, int64_t before);

/* store_sweep.c */
void store_sweep_want(struct store *s);
void store_sweep_mark(struct store *s, int64_t server);
int store_sweep_step(struct store *s, int64_t now, bool urgent);
void store_sweep_stop(struct store *s);

/* store_incident.c, for store_freeze.c: the number of the open one: 1, 0 where there is none, or
 * negative; writes the end of one past its limit; adds a row. */
struct store_incident;
int store_incident_find_open(struct store *s, int64_t *ret_);
int store_incident_expire(struct store *s, int64_t now);
int store_incident_add(struct store *s, const struct store_incident *i, int64_t *ret_id);

/*
 * store_place.c.  Looks at the directory and at what stands beside the record: 0, or negative with
 * the error written.  `own`: the directory must be ours or root's.
 */
int store_check_place(struct store *s, bool own);
/* Whether a file there is ours, root's or the directory's owner's; behind store_check_place(). */
bool store_trusts(const struct store *s, const struct stat *file);
mode_t store_file_mode(const struct store *s);
/* PATH with something behind; NULL without memory. */
char *store_beside(const struct store *s, const char *suffix);
/* Writes what a negative errno of the file system means; returns it. */
int store_say_errno(struct store *s, int r);

#endif
