/*
 * Ids of hosts and servers.  Each table has a cache in front: buckets of eight entries found by
 * SipHash under a key drawn at the start, so that nobody can aim at one bucket; in a full bucket
 * they go in turn.  While nothing was ever dropped from the cache of a table that was empty at the
 * start, a miss proves that the address is new.
 */
#include "store_internal.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#define WAYS	       8
#define HOST_BUCKETS   2048
#define SERVER_BUCKETS 8192

struct id_entry {
	struct addr addr;
	int64_t id; /* 0: none */
};

struct id_kind {
	enum store_sql find, add;
};

static const struct id_kind host_kind = {SQL_HOST_FIND, SQL_HOST_ADD};
static const struct id_kind server_kind = {SQL_SERVER_FIND, SQL_SERVER_ADD};

static size_t cache_size(const struct id_cache *c)
{
	return (size_t)c->buckets * WAYS * sizeof(struct id_entry);
}

static int cache_new(struct id_cache *c, uint32_t buckets)
{
	void *entries;

	c->buckets = buckets;
	entries = mmap(NULL, cache_size(c), PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (entries == MAP_FAILED)
		return -ENOMEM;
	c->entries = entries;
	return 0;
}

static void cache_free(struct id_cache *c)
{
	if (c->entries)
		munmap(c->entries, cache_size(c));
	c->entries = NULL;
}

int store_ids_new(struct store *s)
{
	int r = hash_key_draw(&s->key);

	if (r == 0)
		r = cache_new(&s->hosts, HOST_BUCKETS);
	if (r == 0)
		r = cache_new(&s->servers, SERVER_BUCKETS);
	return r;
}

void store_ids_free(struct store *s)
{
	cache_free(&s->hosts);
	cache_free(&s->servers);
}

void store_ids_forget(struct store *s)
{
	struct id_cache *caches[] = {&s->hosts, &s->servers};

	for (size_t i = 0; i < 2; i++) {
		if (caches[i]->entries)
			madvise(caches[i]->entries, cache_size(caches[i]), MADV_DONTNEED);
		caches[i]->complete = false;
	}
}

static struct id_entry *bucket_of(const struct store *s, const struct id_cache *c,
				  const struct addr *a)
{
	return &c->entries[(hash_bytes(&s->key, a->b, sizeof(a->b)) & (c->buckets - 1)) * WAYS];
}

static struct id_entry *cache_find(const struct store *s, const struct id_cache *c,
				   const struct addr *a)
{
	struct id_entry *e = bucket_of(s, c, a);

	for (size_t i = 0; i < WAYS; i++)
		if (e[i].id && addr_equal(&e[i].addr, a))
			return &e[i];
	return NULL;
}

static void cache_put(const struct store *s, struct id_cache *c, const struct addr *a, int64_t id)
{
	struct id_entry *e = bucket_of(s, c, a);
	size_t way = 0;

	while (way < WAYS && e[way].id)
		way++;
	if (way == WAYS) {
		way = c->turn++ % WAYS;
		c->complete = false;
	}
	e[way] = (struct id_entry){.addr = *a, .id = id};
}

static int find_id(struct store *s, struct id_cache *c, const struct id_kind *kind,
		   const struct addr *a, int64_t *ret_)
{
	const struct id_entry *known = cache_find(s, c, a);
	struct sqlite3_stmt *st;
	char text[ADDR_TEXT];
	int r;

	if (known) {
		*ret_ = known->id;
		return 1;
	}
	if (c->complete)
		return 0;
	st = store_plain(s, kind->find);
	store_text(st, 1, addr_format(a, text));
	r = store_number(s, st, ret_);
	if (r > 0)
		cache_put(s, c, a, *ret_);
	return r;
}

static int add_id(struct store *s, struct id_cache *c, const struct id_kind *kind,
		  const struct addr *a, int64_t *ret_)
{
	struct sqlite3_stmt *st = store_plain(s, kind->add);
	char text[ADDR_TEXT];
	int r;

	store_text(st, 1, addr_format(a, text));
	r = store_do(s, st);
	if (r < 0)
		return r;
	*ret_ = sqlite3_last_insert_rowid(s->db);
	cache_put(s, c, a, *ret_);
	return 0;
}

int store_host_id(struct store *s, const struct addr *a, int64_t *ret_)
{
	int r = store_host_find(s, a, ret_);

	if (r != 0)
		return r < 0 ? r : 0;
	return add_id(s, &s->hosts, &host_kind, a, ret_);
}

int store_host_find(struct store *s, const struct addr *a, int64_t *ret_)
{
	return find_id(s, &s->hosts, &host_kind, a, ret_);
}

int store_server_find(struct store *s, const struct addr *a, int64_t *ret_)
{
	int r = find_id(s, &s->servers, &server_kind, a, ret_);

	if (r > 0)
		store_sweep_mark(s, *ret_);
	return r;
}

int store_server_add(struct store *s, const struct addr *a, int64_t *ret_)
{
	int r = add_id(s, &s->servers, &server_kind, a, ret_);

	if (r == 0)
		store_sweep_mark(s, *ret_);
	return r;
}

int store_server_id(struct store *s, const struct addr *a, int64_t *ret_)
{
	int r = store_server_find(s, a, ret_);

	if (r != 0)
		return r < 0 ? r : 0;
	return store_server_add(s, a, ret_);
}

static void forget(struct store *s, struct id_cache *c, const char *address)
{
	struct id_entry *known;
	struct addr a;

	if (!address || addr_parse(address, &a) < 0)
		return;
	known = cache_find(s, c, &a);
	if (known)
		*known = (struct id_entry){0};
}

void store_host_forget(struct store *s, const char *address)
{
	forget(s, &s->hosts, address);
}

void store_server_forget(struct store *s, const char *address)
{
	forget(s, &s->servers, address);
}
