/*
 * The contract's face.  A batch is one transaction: it stands in the record whole or not at all,
 * and what failed is offered again by the caller on the same connection, which SQLite keeps usable
 * after a full disk, a lock or an I/O error.
 *
 * A record that was deleted or replaced while it was written is noticed before each write, for
 * SQLite would go on writing to a file without a name.  Then a fresh one is begun, and -ESTALE says
 * so once; the batch is written by the next try.  What stood in the deleted file is gone with it.
 */
#include "store_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/moment.h"
#include "base/text.h"

int store_tell(const struct store *s, int r, char error[STORE_ERROR])
{
	text_print(error, STORE_ERROR, "%s", s->error[0] ? s->error : strerror(-r));
	return r;
}

void store_free(struct store *s)
{
	store_ids_free(s);
	store_resumed_free(s);
	free(s->path);
	free(s->sensor);
	free(s->mode);
	free(s);
}

struct store *store_new(const struct store_options *options)
{
	struct store *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->lock = -1;
	s->next_id = 1;
	s->started = moment_now();
	s->rows_per_host_hour = options->rows_per_host_hour;
	s->totals_only = options->totals_only;
	s->keeps_open = strcmp(options->mode, "watch") == 0;
	s->retention_age = options->retention_age;
	s->retention_bytes = options->retention_bytes;
	s->path = options->path ? strdup(options->path) : NULL;
	s->sensor = strdup(options->sensor);
	s->mode = strdup(options->mode);
	if ((options->path && !s->path) || !s->sensor || !s->mode || store_ids_new(s) < 0) {
		store_free(s);
		return NULL;
	}
	return s;
}

int store_open(const struct store_options *options, struct store **ret_, char error[STORE_ERROR])
{
	struct store *s = store_new(options);
	int r;

	if (!s) {
		text_print(error, STORE_ERROR, "no memory");
		return -ENOMEM;
	}
	r = store_open_record(s);
	if (r < 0) {
		store_tell(s, r, error);
		store_free(s);
		return r;
	}
	*ret_ = s;
	return 0;
}

void store_set_limits(struct store *s, const struct store_limits *limits)
{
	s->rows_per_host_hour = limits->rows_per_host_hour;
	s->retention_age = limits->retention_age;
	s->retention_bytes = limits->retention_bytes;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	if (s->db && store_begin(s) == 0) {
		int r = s->keeps_open ? 0 : store_do(s, store_plain(s, SQL_CLOSE_OPEN));

		if (r == 0)
			r = store_do(s, STORE_BIND(s, SQL_RUN_END, s->run, moment_now()));
		store_end(s, r);
	}
	store_close_record(s);
	store_free(s);
}

void store_abandon(struct store *s)
{
	if (s && s->db)
		store_do(s, STORE_BIND(s, SQL_RUN_DROP, s->run));
	store_close(s);
}

/* 0 where the record is open and still the one at its path. */
static int be_present(struct store *s)
{
	int r;

	if (s->db && (!s->path || !store_is_gone(s)))
		return 0;
	if (s->db) { /* what it holds has no name any more: nothing to save */
		sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
		s->replaced = true;
		store_resumed_free(s);
	}
	store_close_record(s);
	r = store_open_record(s);
	if (r < 0)
		return r;
	if (!s->replaced)
		return 0;
	s->replaced = false;
	text_print(s->error, sizeof(s->error),
		   "%s: was deleted or replaced; what it held is gone, a fresh record is begun",
		   s->path);
	return -ESTALE;
}

static int compare_news(const void *left, const void *right, void *context)
{
	const struct sum *a = batch_sum(context, *(const uint32_t *)left);
	const struct sum *b = batch_sum(context, *(const uint32_t *)right);

	return a->first < b->first ? -1 : a->first > b->first;
}

static void tell_news(const struct batch *b, struct news_list *list, store_news_fn *news,
		      void *context)
{
	if (!news || list->count == 0)
		return;
	qsort_r(list->sums, list->count, sizeof(*list->sums), compare_news, (void *)b);
	for (uint32_t i = 0; i < list->count; i++) {
		const struct sum *sum = batch_sum(b, list->sums[i]);
		struct store_news item = {
			.client = sum->client,
			.server = sum->server,
			.server_port = sum->port,
			.when = sum->first,
		};

		if (sum->has_mac)
			mac_format(sum->mac, item.mac);
		news(context, &item);
	}
}

static int put_all(struct store *s, const struct batch *b, int64_t now, struct news_list *list)
{
	int r = store_put_sums(s, b, list);

	if (r == 0)
		r = store_put_rows(s, b);
	if (r == 0)
		r = store_put_words(s, b);
	if (r == 0)
		r = store_put_verdicts(s, b);
	if (r == 0)
		r = store_put_listings(s, b);
	if (r == 0)
		r = store_put_state(s, b, now);
	return r;
}

int store_write(struct store *s, const struct batch *b, int64_t now, store_news_fn *news,
		void *context, char error[STORE_ERROR])
{
	struct news_list list = {0};
	int r;

	s->error[0] = '\0';
	r = be_present(s);
	if (r == 0)
		r = store_bound_log(s);
	if (r == 0)
		r = store_begin(s);
	if (r == 0)
		r = store_end(s, put_all(s, b, now, &list));
	if (r == 0)
		tell_news(b, &list, news, context);
	else
		store_tell(s, r, error);
	free(list.sums);
	return r;
}

int64_t store_last_written(const struct store *s)
{
	return s->last_written;
}

uint64_t store_next_id(const struct store *s)
{
	return s->next_id;
}

int store_find_source(struct store *s, const char *digest, enum store_source *ret_)
{
	struct sqlite3_stmt *st = store_plain(s, SQL_SOURCE_FIND);
	int r;

	store_text(st, 1, digest);
	r = store_step(s, st);
	if (r <= 0)
		return r;
	if (sqlite3_column_type(st, 0) == SQLITE_NULL)
		*ret_ = STORE_SOURCE_NEW;
	else
		*ret_ = sqlite3_column_int64(st, 0) ? STORE_SOURCE_READ : STORE_SOURCE_PARTLY;
	sqlite3_reset(st);
	return 0;
}

int store_add_sources(struct store *s, const struct store_file *files, size_t count, int64_t now)
{
	int r = store_begin(s);

	if (r < 0)
		return r;
	for (size_t i = 0; i < count && r == 0; i++) {
		struct sqlite3_stmt *st =
			STORE_BIND(s, SQL_SOURCE_ADD, s->run, (int64_t)files[i].bytes, now);

		store_text(st, 4, files[i].digest);
		store_text(st, 5, files[i].name);
		r = store_do(s, st);
	}
	return store_end(s, r);
}

int store_finish_sources(struct store *s)
{
	return store_do(s, STORE_BIND(s, SQL_SOURCE_FINISH, s->run));
}

struct sqlite3 *store_database(struct store *s)
{
	return s->db;
}
