/*
 * The freeze in the record.  A row says that a mail server is frozen from before its thaw begins
 * until the thaw is proven, so that whoever comes after a kill knows what is left to undo.
 */
#include "edge/store_freeze.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "store_internal.h"

static void copy_text(struct sqlite3_stmt *st, int column, char *out, size_t size)
{
	const char *text = (const char *)sqlite3_column_text(st, column);

	text = text ? text : "";
	text_escape(text, strlen(text), out, size);
}

/* 1 with *ret_ filled, 0 or negative. */
static int find(struct store *s, struct store_frozen *ret_)
{
	struct sqlite3_stmt *st = store_plain(s, SQL_FREEZE_FIND);
	int r = store_step(s, st);

	if (r <= 0)
		return r;
	ret_->id = sqlite3_column_int64(st, 0);
	ret_->frozen = sqlite3_column_int64(st, 1);
	ret_->frozen_until = sqlite3_column_int64(st, 2);
	ret_->open = sqlite3_column_int(st, 3) != 0;
	copy_text(st, 4, ret_->mta, sizeof(ret_->mta));
	copy_text(st, 5, ret_->host, sizeof(ret_->host));
	ret_->joined = sqlite3_column_int(st, 6) != 0;
	sqlite3_reset(st);
	return 1;
}

static int confirm(struct store *s, const struct store_frozen *f, int64_t now)
{
	struct sqlite3_stmt *st = STORE_BIND(s, SQL_FREEZE_CONFIRM, now);

	store_text(st, 2, *f->mta ? f->mta : NULL);
	store_text(st, 3, *f->host ? f->host : NULL);
	return store_do(s, st);
}

static int write_freeze(struct store *s, const struct store_incident *i,
			const struct store_frozen *f, int64_t id, bool joined)
{
	struct sqlite3_stmt *st = STORE_BIND(s, SQL_FREEZE_BEGIN, id, f->frozen, i->until, i->reset,
					     f->frozen_until, joined);

	store_text(st, 7, f->mta);
	store_text(st, 8, *f->host ? f->host : NULL);
	return store_do(s, st);
}

/* Within a transaction. */
static int begin(struct store *s, const struct store_incident *i, const struct store_frozen *f,
		 int64_t *id, bool *joined)
{
	struct store_frozen before = {0};
	int r = store_incident_expire(s, i->opened), found = 0;

	if (r == 0)
		r = found = store_incident_find_open(s, id);
	if (r < 0)
		return r;
	*joined = found > 0;
	r = find(s, &before);
	if (r > 0 && *joined && before.id == *id)
		return -EALREADY;
	if (r >= 0)
		r = confirm(s, f, i->opened);
	if (r == 0 && !*joined)
		r = store_incident_add(s, i, id);
	return r == 0 ? write_freeze(s, i, f, *id, *joined) : r;
}

int store_freeze_begin(struct store *s, const struct store_incident *i,
		       const struct store_frozen *f, int64_t *ret_id, bool *ret_joined,
		       char error[STORE_ERROR])
{
	bool joined = false;
	int64_t id = 0;
	int r = store_begin(s), end;

	if (r < 0)
		return store_tell(s, r, error);
	r = begin(s, i, f, &id, &joined);
	end = store_end(s, r);
	if (r == 0 && end < 0)
		r = end;
	if (r == 0 || r == -EALREADY)
		*ret_id = id;
	if (r == 0)
		*ret_joined = joined;
	else if (r == -EALREADY)
		text_print(error, STORE_ERROR,
			   "incident %lld: has a mail server frozen already: egress25 thaw ends "
			   "that",
			   (long long)id);
	else
		store_tell(s, r, error);
	return r;
}

int store_freeze_find(struct store *s, struct store_frozen *ret_, char error[STORE_ERROR])
{
	int r = find(s, ret_);

	return r < 0 ? store_tell(s, r, error) : r;
}

static int change(struct store *s, enum store_sql which, int64_t id, int64_t now,
		  char error[STORE_ERROR])
{
	int r = store_do(s, STORE_BIND(s, which, id, now));

	return r < 0 ? store_tell(s, r, error) : 0;
}

int store_freeze_renew(struct store *s, int64_t id, int64_t now, char error[STORE_ERROR])
{
	return change(s, SQL_FREEZE_RENEW, id, now, error);
}

int store_freeze_release(struct store *s, int64_t id, int64_t now, char error[STORE_ERROR])
{
	return change(s, SQL_FREEZE_RELEASE, id, now, error);
}

int store_freeze_end(struct store *s, const struct store_frozen *f, bool proven, int64_t now,
		     char error[STORE_ERROR])
{
	int r = store_begin(s);

	if (r < 0)
		return store_tell(s, r, error);
	r = store_do(s, STORE_BIND(s, SQL_FREEZE_UNJOIN, f->id, now));
	if (r == 0)
		r = store_do(s, STORE_BIND(s, SQL_FREEZE_CLOSE, f->id, now));
	if (r == 0 && proven)
		r = confirm(s, f, now);
	r = store_end(s, r);
	return r < 0 ? store_tell(s, r, error) : 0;
}
