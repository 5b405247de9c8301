/*
 * Making and opening the file.
 *
 * Whether a file is a record is read from its first 100 bytes before SQLite sees it, so that a file
 * which is refused stays as it is, bit for bit, and gets no -wal, -shm or -lock beside it.  That
 * works because the schema, with application_id and user_version, is written in one transaction of
 * the rollback journal, before the file is turned to WAL: a record's header always tells what it
 * is. Only a newer user_version may still stand in the WAL alone; then SQLite tells it, and the
 * connection is closed without a checkpoint.
 *
 * The lock comes first where its file exists: reading a record that this very process has open
 * would drop SQLite's own locks on it when the descriptor is closed (fcntl(2), POSIX locks).
 *
 * A record that is missing while its -wal or -shm remain was deleted by hand: these are removed,
 * lest SQLite takes them for the new file's.
 */
#include "store_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/moment.h"
#include "base/text.h"
#include "edge/schema.h"

#define HEADER		   100
#define HEADER_VERSION	   60
#define HEADER_APPLICATION 68
#define OPEN_BUSY_MS	   2000

static int say(struct store *s, int r, const char *what)
{
	text_print(s->error, sizeof(s->error), "%s: %s", s->path, what);
	return r;
}

/* Takes the lock.  -ENOENT where its file is missing and must not be made. */
static int take_lock(struct store *s, bool create)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	char *name = store_beside(s, "-lock");
	int fd, r = 0;

	if (!name)
		return -ENOMEM;
	/* Ours alone: whoever may open it could hold it, and keep us from starting. */
	fd = open(name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | (create ? O_CREAT : 0), 0600);
	if (fd < 0)
		r = -errno;
	else if (fcntl(fd, F_OFD_SETLK, &lock) < 0)
		r = errno == EACCES ? -EAGAIN : -errno;
	free(name);
	if (r == 0) {
		if (create)
			fchmod(fd, 0600);
		s->lock = fd;
		return 0;
	}
	if (fd >= 0)
		close(fd);
	if (r == -EAGAIN)
		return say(s, -EBUSY,
			   "another egress25 writes this record: stop it, or name another "
			   "record with --record");
	return r == -ENOENT && !create ? r : store_say_errno(s, r);
}

static int check_header(struct store *s, const uint8_t *header, size_t length)
{
	if (length < HEADER || memcmp(header, "SQLite format 3", 16) != 0)
		return say(s, -EINVAL, "is no record of egress25: name another with --record");
	if (bytes_be32(header + HEADER_APPLICATION) != SCHEMA_APPLICATION_ID)
		return say(s, -EINVAL,
			   "is a database of another program: name another record with "
			   "--record");
	if (bytes_be32(header + HEADER_VERSION) > SCHEMA_VERSION)
		return say(s, -EPROTO,
			   "was written by a newer egress25: update this one, or name "
			   "another record with --record");
	return 0;
}

/* Looks at the file as it lies there.  *ret_new where there is none, or an empty one. */
static int check_file(struct store *s, bool *ret_new)
{
	uint8_t header[HEADER];
	struct stat st;
	ssize_t got;
	int fd = open(s->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW);

	if (fd < 0) {
		if (errno == ELOOP)
			return say(s, -EINVAL,
				   "is a symbolic link: name the file itself, since its lock and "
				   "log stand beside it");
		if (errno != ENOENT)
			return store_say_errno(s, -errno);
		*ret_new = true;
		return 0;
	}
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return say(s, -EINVAL, "is no file: name another record with --record");
	}
	if (st.st_nlink > 1) {
		close(fd);
		return say(s, -EINVAL,
			   "has a second name (a hard link), by which another could write it: "
			   "remove one");
	}
	if (!store_trusts(s, &st)) {
		close(fd);
		return say(
			s, -EACCES,
			"belongs to another user: give it to the one who is to write it (chown), "
			"or name another record with --record");
	}
	got = read(fd, header, sizeof(header));
	close(fd);
	if (got < 0)
		return store_say_errno(s, -errno);
	*ret_new = st.st_size == 0;
	return *ret_new ? 0 : check_header(s, header, (size_t)got);
}

static int remove_rests(struct store *s)
{
	static const char *const suffixes[] = {"-wal", "-shm", "-journal"};

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		char *name = store_beside(s, suffixes[i]);

		if (!name)
			return -ENOMEM;
		unlink(name);
		free(name);
	}
	return 0;
}

/* An empty file of our mode: SQLite gives the -wal and -shm the same. */
static int make_file(struct store *s)
{
	mode_t mode = store_file_mode(s);
	int fd = open(s->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW, mode);
	int r = fd < 0 ? -errno : 0;

	if (r == 0 && fchmod(fd, mode) < 0)
		r = -errno;
	if (fd >= 0)
		close(fd);
	if (r == 0)
		r = remove_rests(s);
	return r < 0 ? store_say_errno(s, r) : 0;
}

static int execute(struct store *s, const char *sql)
{
	return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : store_fail(s);
}

static int ask_version(struct store *s, int64_t *ret_)
{
	struct sqlite3_stmt *st = NULL;
	int r;

	sqlite3_prepare_v2(s->db, "PRAGMA user_version", -1, &st, NULL);
	r = store_number(s, st, ret_);
	sqlite3_finalize(st);
	return r < 0 ? r : 0;
}

/*
 * From version to the next, in one transaction.  auto_vacuum is set within it, for on an empty file
 * it is a write of its own, and must come before the write lock, which makes the first page.
 */
static int step_up(struct store *s, int64_t version)
{
	char mark[96];
	int r = execute(s, version == 0 && s->path ? "BEGIN; PRAGMA auto_vacuum = INCREMENTAL"
						   : "BEGIN IMMEDIATE");

	text_print(mark, sizeof(mark), "PRAGMA application_id = %d; PRAGMA user_version = %d",
		   SCHEMA_APPLICATION_ID, (int)version + 1);
	for (size_t i = 0; i < SCHEMA_PARTS && schema_step[version][i] && r == 0; i++)
		r = execute(s, schema_step[version][i]);
	if (r == 0)
		r = execute(s, mark);
	if (r == 0)
		r = execute(s, "COMMIT");
	if (r < 0 && !sqlite3_get_autocommit(s->db))
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	/* So that the file's header tells the new version. */
	if (r == 0 && version > 0)
		sqlite3_exec(s->db, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL);
	return r;
}

static int migrate(struct store *s)
{
	int64_t version = 0;
	int r = ask_version(s, &version);

	if (r == 0 && version > SCHEMA_VERSION)
		return say(s, -EPROTO,
			   "was written by a newer egress25: update this one, or name "
			   "another record with --record");
	for (; r == 0 && version < SCHEMA_VERSION; version++)
		r = step_up(s, version);
	return r;
}

static void configure(struct store *s)
{
	int on = 1;

	sqlite3_extended_result_codes(s->db, 0);
	sqlite3_busy_timeout(s->db, OPEN_BUSY_MS);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	sqlite3_file_control(s->db, "main", SQLITE_FCNTL_PERSIST_WAL, &on);
}

/*
 * Page cache: small where a monitor runs for months, larger for the short life of a temporary one.
 * That one keeps no journal, which would hold in memory every page that a batch touches; so what
 * fails in it cannot be taken back, and store_end() spoils it.
 */
static int open_database(struct store *s)
{
	int r;

	/* No 20 pages at once for each cache, also for that of a statement's temporary table: they
	 * would go back to the kernel with it.  Refused once SQLite is in use, which does no harm.
	 */
	sqlite3_config(SQLITE_CONFIG_PAGECACHE, NULL, 0, 0);
	if (sqlite3_open_v2(s->path ? s->path : "", &s->db,
			    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
				    (s->path ? 0 : SQLITE_OPEN_CREATE),
			    NULL) != SQLITE_OK)
		return s->db ? store_fail(s) : -ENOMEM;
	configure(s);
	if (!s->path) {
		r = execute(s, "PRAGMA cache_size = -6144; PRAGMA secure_delete = OFF;"
			       "PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF");
		return r < 0 ? r : migrate(s);
	}
	r = execute(s, "PRAGMA secure_delete = OFF; PRAGMA cache_size = -4096");
	if (r == 0)
		r = migrate(s);
	if (r == 0)
		r = execute(s, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
			       "PRAGMA journal_size_limit = 16777216");
	return r;
}

static int table_is_empty(struct store *s, const char *sql, bool *ret_)
{
	struct sqlite3_stmt *st = NULL;
	int64_t count = 0;
	int r;

	sqlite3_prepare_v2(s->db, sql, -1, &st, NULL);
	r = store_number(s, st, &count);
	sqlite3_finalize(st);
	*ret_ = count == 0;
	return r < 0 ? r : 0;
}

/*
 * The caller goes on counting where another record took the place of his: with an offset none of
 * his ids, from the first on, is one that stands in it.
 */
static void take_ids(struct store *s, uint64_t next)
{
	if (next > s->next_id)
		s->next_id = next;
	if (s->first_id == 0)
		s->first_id = s->next_id;
	else if (next > s->first_id + s->id_offset)
		s->id_offset = next - s->first_id;
}

static int start_run(struct store *s)
{
	int64_t next = 1;
	struct sqlite3_stmt *st;
	int r = store_number(s, store_plain(s, SQL_NEXT_ID), &next);

	if (r < 0)
		return r;
	take_ids(s, (uint64_t)next);
	r = store_number(s, store_plain(s, SQL_LAST_BEAT), &s->last_written);
	if (r < 0)
		return r;
	r = store_do(s, store_plain(s, SQL_CLOSE_RUNS));
	if (r < 0)
		return r;
	st = STORE_BIND(s, SQL_RUN_ADD, getpid(), s->started, moment_now(), (int64_t)s->next_id);
	store_text(st, 5, s->mode);
	store_text(st, 6, s->sensor);
	r = store_do(s, st);
	if (r < 0)
		return r;
	s->run = sqlite3_last_insert_rowid(s->db);
	/* A monitor that starts takes them up: store_load_open().  In its second record it does
	 * not. */
	if (s->keeps_open && !s->replaced)
		return 0;
	return store_do(s, store_plain(s, SQL_CLOSE_OPEN));
}

/* Starts this run in the record; one that was killed, and the rows it left open, are closed. */
static int enter(struct store *s)
{
	bool no_host = false, no_server = false;
	int r = store_begin(s);

	if (r < 0)
		return r;
	r = store_end(s, start_run(s));
	if (r == 0)
		r = table_is_empty(s, "SELECT EXISTS(SELECT 1 FROM host)", &no_host);
	if (r == 0)
		r = table_is_empty(s, "SELECT EXISTS(SELECT 1 FROM server WHERE id > 0)",
				   &no_server);
	s->hosts.complete = no_host;
	s->servers.complete = no_server;
	return r;
}

static int note_inode(struct store *s)
{
	struct stat st;

	if (stat(s->path, &st) < 0)
		return store_say_errno(s, -errno);
	s->device = st.st_dev;
	s->inode = st.st_ino;
	return 0;
}

static int open_file(struct store *s)
{
	bool new = false;
	int r = store_check_place(s, true);

	if (r < 0)
		return r;
	r = take_lock(s, false);
	if (r < 0 && r != -ENOENT)
		return r;
	r = check_file(s, &new);
	if (r == 0 && s->lock < 0)
		r = take_lock(s, true);
	if (r == 0 && new)
		r = make_file(s);
	return r;
}

/* SQLite would open it for reading alone, and fail in the midst. */
static int check_writable(struct store *s)
{
	if (faccessat(AT_FDCWD, s->path, W_OK, AT_EACCESS) == 0)
		return 0;
	if (errno != EACCES)
		return store_say_errno(s, -errno);
	return say(s, -EACCES,
		   "may be read by this user, not written: ask its owner, or a member of the "
		   "file's group");
}

/*
 * A version that still stands in the log alone is SQLite's to tell, and an older record is the
 * monitor's to bring up to date: it holds the lock.
 */
int store_open_beside(struct store *s)
{
	int64_t version = 0;
	bool new = false;
	int r = store_check_place(s, false);

	if (r == 0)
		r = check_file(s, &new);
	if (r == 0 && new)
		return say(s, -ENOENT,
			   "no record: start egress25 watch, or name another with "
			   "--record");
	if (r == 0)
		r = check_writable(s);
	if (r == 0 && sqlite3_open_v2(s->path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
				      NULL) != SQLITE_OK)
		r = s->db ? store_fail(s) : -ENOMEM;
	if (r < 0)
		return r;
	configure(s);
	r = ask_version(s, &version);
	if (r == 0 && version != SCHEMA_VERSION)
		return say(s, -EPROTO,
			   version > SCHEMA_VERSION
				   ? "was written by a newer egress25: update this one"
				   : "was written by an older egress25: start egress25 watch of "
				     "this version first");
	return r;
}

int store_open_record(struct store *s)
{
	int r = s->path ? open_file(s) : 0;

	store_ids_forget(s);
	s->prune = (struct prune_state){.plain_floor = INT64_MIN, .tombs = true};
	if (r == 0)
		r = open_database(s);
	if (r == 0)
		r = enter(s);
	if (r == 0 && s->path)
		r = note_inode(s);
	if (r == 0)
		sqlite3_busy_timeout(s->db, WRITE_BUSY_MS);
	if (r == 0)
		sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
	if (r < 0)
		store_close_record(s);
	return r;
}

void store_close_record(struct store *s)
{
	store_finalize(s);
	store_sweep_stop(s);
	sqlite3_close(s->db);
	s->db = NULL;
	if (s->lock >= 0)
		close(s->lock);
	s->lock = -1;
}

bool store_is_gone(const struct store *s)
{
	struct stat st;

	if (stat(s->path, &st) < 0)
		return errno == ENOENT || errno == ENOTDIR;
	return st.st_dev != s->device || st.st_ino != s->inode;
}
