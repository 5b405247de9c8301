/*
 * Goal: take every change of the capture thread in constant time, in memory that was reserved at
 * the start.  The memory is one anonymous mapping, which the kernel fills with pages only where it
 * is touched: entries are used from the front, and clearing resets just the index slots in use, so
 * a quiet site pays for what it uses.  Once a storm has been over for some batches the pages are
 * given back; not sooner, for a file that is read would pay for their return with every batch.
 *
 * Two open-addressing indexes, at most half full, by SipHash: sums by their key, connections by id.
 * A slot holds the entry's number plus one; nothing is ever taken out but all at once, so probing
 * needs no tombstones.
 *
 * What may be lost is in the header: first servers are folded, then counts go; rows go before that.
 */
#include "judge/batch.h"

#include <string.h>
#include <sys/mman.h>

#include "base/moment.h"

#define SUMS		 (BATCH_SUMS + BATCH_FOLDED)
#define SUM_SLOTS	 (1u << 17)
#define CONNECTION_SLOTS (1u << 16)
#define PLAIN(all)	 ((all) / 8 * 7) /* the rest is reserved, see the header */
#define PLAIN_ROWS	 PLAIN(BATCH_CONNECTIONS)
#define FEW		 1024 /* entries of a batch that is no storm's */
#define CALM		 16   /* so many of those in a row, and the storm is over */

_Static_assert(SUMS * 2 <= SUM_SLOTS, "the index of sums would be more than half full");
_Static_assert(BATCH_CONNECTIONS * 2 <= CONNECTION_SLOTS, "the index of rows would be too full");

struct batch {
	struct hash_key key;
	uint32_t sum_count, folded_count, connection_count, router_count, host_count;
	uint32_t listing_count;
	uint32_t texts_used; /* of texts; what the first byte would hold stands for none */
	uint32_t calm;	     /* batches of few entries since the last storm */
	bool stormed;	     /* pages beyond those of a few entries are in use */
	bool totals_only;
	struct health health;
	uint8_t routers[BATCH_ROUTERS][6];
	uint32_t sum_slots[SUM_SLOTS], connection_slots[CONNECTION_SLOTS];
	uint32_t sum_home[SUMS], connection_home[BATCH_CONNECTIONS]; /* slot of each entry */
	struct sum sums[SUMS];
	struct connection connections[BATCH_CONNECTIONS];
	struct listing listings[BATCH_LISTINGS];
	struct batch_host hosts[BATCH_HOSTS];
	char texts[BATCH_TEXTS];
};

/* What a sum is found by; no padding, for it is hashed as bytes. */
struct sum_key {
	struct addr client, server;
	int64_t minute;
	uint16_t port;
	uint8_t standing, folded;
	uint32_t zero;
};
_Static_assert(sizeof(struct sum_key) == 48, "struct sum_key has padding");

static const char *const loss_names[] = {
	[BATCH_SERVER_FOLDED] = "attempts whose server is no longer told apart",
	[BATCH_ROW_DROPPED] = "connections without a row of their own",
	[BATCH_COUNTS_LOST] = "changes of counts lost for want of room",
	[BATCH_TEXTS_DROPPED] = "texts of connections left out for want of room",
};
_Static_assert(sizeof(loss_names) / sizeof(loss_names[0]) == BATCH_LOSS_COUNT,
	       "a loss without a name");

const char *batch_loss_name(enum batch_loss loss)
{
	return loss_names[loss];
}

struct batch *batch_new(const struct hash_key *key)
{
	struct batch *b = mmap(NULL, sizeof(*b), PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (b == MAP_FAILED)
		return NULL;
	b->key = *key;
	b->texts_used = 1;
	return b;
}

void batch_set_totals_only(struct batch *b)
{
	b->totals_only = true;
}

void batch_free(struct batch *b)
{
	if (b)
		munmap(b, sizeof(*b));
}

/* The whole pages of an array; the rest of them reads as it was, so nothing may rely on zeros. */
static void give_back(void *array, size_t size)
{
	uintptr_t page = 4096, from = ((uintptr_t)array + page - 1) & ~(page - 1);
	uintptr_t to = ((uintptr_t)array + size) & ~(page - 1);

	if (from < to)
		madvise((void *)from, to - from, MADV_DONTNEED);
}

static void watch_weather(struct batch *b)
{
	if (b->sum_count > FEW || b->connection_count > FEW) {
		b->stormed = true;
		b->calm = 0;
		return;
	}
	if (!b->stormed || ++b->calm < CALM)
		return;
	give_back(b->sum_slots, sizeof(b->sum_slots));
	give_back(b->connection_slots, sizeof(b->connection_slots));
	give_back(b->sum_home, sizeof(b->sum_home));
	give_back(b->connection_home, sizeof(b->connection_home));
	give_back(b->sums, sizeof(b->sums));
	give_back(b->connections, sizeof(b->connections));
	give_back(b->hosts, sizeof(b->hosts));
	give_back(b->texts, sizeof(b->texts));
	b->stormed = false;
}

void batch_clear(struct batch *b)
{
	for (uint32_t i = 0; i < b->sum_count; i++)
		b->sum_slots[b->sum_home[i]] = 0;
	for (uint32_t i = 0; i < b->connection_count; i++)
		b->connection_slots[b->connection_home[i]] = 0;
	watch_weather(b);
	b->sum_count = b->folded_count = b->connection_count = b->router_count = 0;
	b->host_count = b->listing_count = 0;
	b->texts_used = 1;
	b->health = (struct health){0};
}

static bool sum_has_key(const struct sum *s, const struct sum_key *key)
{
	return s->minute == key->minute && s->port == key->port && s->standing == key->standing &&
	       s->folded == (key->folded != 0) && addr_equal(&s->client, &key->client) &&
	       addr_equal(&s->server, &key->server);
}

/* The slot that holds the key, or the empty one where it belongs. */
static uint32_t find_sum_slot(const struct batch *b, const struct sum_key *key)
{
	uint32_t slot = (uint32_t)hash_bytes(&b->key, key, sizeof(*key)) & (SUM_SLOTS - 1);

	while (b->sum_slots[slot] && !sum_has_key(&b->sums[b->sum_slots[slot] - 1], key))
		slot = (slot + 1) & (SUM_SLOTS - 1);
	return slot;
}

static struct sum *add_sum(struct batch *b, const struct sum_key *key, uint32_t slot)
{
	struct sum *s = &b->sums[b->sum_count];

	*s = (struct sum){
		.client = key->client,
		.server = key->server,
		.port = key->port,
		.standing = key->standing,
		.folded = key->folded != 0,
		.minute = key->minute,
		.first = INT64_MAX,
		.last = INT64_MIN,
	};
	b->sum_home[b->sum_count] = slot;
	b->sum_slots[slot] = ++b->sum_count;
	b->folded_count += key->folded;
	return s;
}

/* The entry for a connection, a new one where there is room, else the folded one, else NULL. */
static struct sum *get_sum(struct batch *b, const struct connection *c)
{
	struct sum_key key = {
		.client = c->client,
		.server = c->server,
		.minute = moment_floor(c->started, MOMENT_MINUTE),
		.port = c->server_port,
		.standing = c->standing,
	};
	uint32_t most = c->proven ? BATCH_SUMS : PLAIN(BATCH_SUMS);
	uint32_t most_folded = c->proven ? BATCH_FOLDED : PLAIN(BATCH_FOLDED);
	uint32_t slot = find_sum_slot(b, &key);

	if (b->sum_slots[slot])
		return &b->sums[b->sum_slots[slot] - 1];
	if (b->sum_count - b->folded_count < most)
		return add_sum(b, &key, slot);

	key.server = (struct addr){0};
	key.port = 0;
	key.folded = 1;
	slot = find_sum_slot(b, &key);
	if (b->sum_slots[slot])
		return &b->sums[b->sum_slots[slot] - 1];
	return b->folded_count < most_folded ? add_sum(b, &key, slot) : NULL;
}

static void note_identity(struct sum *s, const struct connection *c)
{
	if (!c->has_mac && c->tag_count == 0)
		return;
	if ((s->has_mac || s->tag_count) && c->hops < s->hops)
		return;
	s->has_mac = c->has_mac;
	s->hops = c->hops;
	s->tag_count = c->tag_count;
	memcpy(s->mac, c->mac, sizeof(s->mac));
	memcpy(s->vlans, c->vlans, sizeof(s->vlans));
}

static void count(struct sum *s, const struct connection *c, const struct tally *change)
{
	if (c->started < s->first)
		s->first = c->started;
	if (c->last > s->last)
		s->last = c->last;
	tally_add(&s->tally, change);
	note_identity(s, c);
}

static bool keeps_row(const struct batch *b, const struct connection *c)
{
	uint32_t most = c->proven ? BATCH_CONNECTIONS : PLAIN_ROWS;

	return b->connection_count < (connection_is_precious(c) ? most : PLAIN(most));
}

/* Takes the row as it stands; false where there is no room. */
static bool put_row(struct batch *b, const struct connection *c)
{
	uint32_t slot =
		(uint32_t)hash_bytes(&b->key, &c->id, sizeof(c->id)) & (CONNECTION_SLOTS - 1);
	uint32_t entry;

	for (; (entry = b->connection_slots[slot]); slot = (slot + 1) & (CONNECTION_SLOTS - 1)) {
		struct connection *row = &b->connections[entry - 1];
		bool begun = row->begun;
		uint32_t texts = row->texts;

		if (row->id != c->id)
			continue;
		*row = *c;
		row->begun |= begun;
		if (!row->texts)
			row->texts = texts;
		return true;
	}
	if (!keeps_row(b, c))
		return false;
	b->connections[b->connection_count] = *c;
	b->connection_home[b->connection_count] = slot;
	b->connection_slots[slot] = ++b->connection_count;
	return true;
}

static unsigned int count_change(struct batch *b, const struct connection *c,
				 const struct tally *change)
{
	static const struct tally nothing;
	struct sum *s = get_sum(b, c);

	if (!s)
		return memcmp(change, &nothing, sizeof(nothing)) != 0 ? 1u << BATCH_COUNTS_LOST : 0;
	count(s, c, change);
	return s->folded && change->attempts ? 1u << BATCH_SERVER_FOLDED : 0;
}

/* --- texts ------------------------------------------------------------------------------------ */

enum { TEXT_SERVER_NAME, TEXT_HELO, TEXT_BANNER, TEXT_REPLY, TEXT_COUNT };

static uint32_t put_text(struct batch *b, uint32_t at, const char *text, size_t length)
{
	memcpy(b->texts + at, text, length);
	return at + (uint32_t)length;
}

/* The four texts one behind the other, then how long the senders are, and they.  0: no room. */
static uint32_t put_texts(struct batch *b, const struct connection_texts *t, bool proven)
{
	const char *const texts[TEXT_COUNT] = {t->server_name, t->helo, t->banner, t->reply};
	uint32_t from = b->texts_used, at = from;
	size_t lengths[TEXT_COUNT], all = sizeof(t->senders_length) + t->senders_length;

	for (size_t i = 0; i < TEXT_COUNT; i++) {
		lengths[i] = strlen(texts[i]) + 1;
		all += lengths[i];
	}
	if (from + all > (proven ? BATCH_TEXTS : PLAIN(BATCH_TEXTS)))
		return 0;
	for (size_t i = 0; i < TEXT_COUNT; i++)
		at = put_text(b, at, texts[i], lengths[i]);
	at = put_text(b, at, (const char *)&t->senders_length, sizeof(t->senders_length));
	b->texts_used = put_text(b, at, t->senders, t->senders_length);
	return from;
}

bool batch_texts(const struct batch *b, const struct connection *c, struct connection_texts *ret_)
{
	const char *texts[TEXT_COUNT], *at = b->texts + c->texts;

	if (!c->texts)
		return false;
	for (size_t i = 0; i < TEXT_COUNT; i++) {
		texts[i] = at;
		at += strlen(at) + 1;
	}
	*ret_ = (struct connection_texts){
		.server_name = texts[TEXT_SERVER_NAME],
		.helo = texts[TEXT_HELO],
		.banner = texts[TEXT_BANNER],
		.reply = texts[TEXT_REPLY],
		.senders = at + sizeof(ret_->senders_length),
	};
	memcpy(&ret_->senders_length, at, sizeof(ret_->senders_length));
	return true;
}

unsigned int batch_add(struct batch *b, const struct connection *c,
		       const struct connection_texts *texts, const struct tally *change)
{
	unsigned int lost = change ? count_change(b, c, change) : 0;
	struct connection row = *c;

	row.texts = texts ? put_texts(b, texts, c->proven) : 0;
	if (texts && !row.texts)
		lost |= 1u << BATCH_TEXTS_DROPPED;
	if ((!b->totals_only || row.texts) && !put_row(b, &row))
		lost |= 1u << BATCH_ROW_DROPPED;
	return lost;
}

/* --- what else goes along --------------------------------------------------------------------- */

bool batch_has_room_for_host(const struct batch *b)
{
	return b->host_count < BATCH_HOSTS;
}

bool batch_add_host(struct batch *b, const struct addr *address, const struct evidence *e)
{
	if (!batch_has_room_for_host(b))
		return false;
	b->hosts[b->host_count++] = (struct batch_host){.address = *address, .evidence = *e};
	return true;
}

uint32_t batch_host_count(const struct batch *b)
{
	return b->host_count;
}

const struct batch_host *batch_host(const struct batch *b, uint32_t i)
{
	return &b->hosts[i];
}

bool batch_add_listing(struct batch *b, const struct listing *listing)
{
	if (b->listing_count == BATCH_LISTINGS)
		return false;
	b->listings[b->listing_count++] = *listing;
	return true;
}

uint32_t batch_listing_count(const struct batch *b)
{
	return b->listing_count;
}

const struct listing *batch_listing(const struct batch *b, uint32_t i)
{
	return &b->listings[i];
}

bool batch_add_router(struct batch *b, const uint8_t mac[6])
{
	if (b->router_count == BATCH_ROUTERS)
		return false;
	memcpy(b->routers[b->router_count++], mac, 6);
	return true;
}

uint32_t batch_router_count(const struct batch *b)
{
	return b->router_count;
}

const uint8_t *batch_router(const struct batch *b, uint32_t i)
{
	return b->routers[i];
}

bool batch_is_full(const struct batch *b)
{
	return b->sum_count - b->folded_count > PLAIN(BATCH_SUMS) - BATCH_SLACK ||
	       b->connection_count > PLAIN(PLAIN_ROWS) - BATCH_SLACK ||
	       b->texts_used > BATCH_TEXTS / 2;
}

bool batch_is_brimful(const struct batch *b)
{
	return b->sum_count - b->folded_count > BATCH_SUMS - BATCH_SLACK ||
	       b->connection_count > PLAIN_ROWS - BATCH_SLACK ||
	       b->texts_used > BATCH_TEXTS / 4 * 3;
}

bool batch_is_empty(const struct batch *b)
{
	return b->sum_count == 0 && b->connection_count == 0 && b->router_count == 0 &&
	       b->host_count == 0 && b->listing_count == 0;
}

uint32_t batch_sum_count(const struct batch *b)
{
	return b->sum_count;
}

const struct sum *batch_sum(const struct batch *b, uint32_t i)
{
	return &b->sums[i];
}

uint32_t batch_connection_count(const struct batch *b)
{
	return b->connection_count;
}

const struct connection *batch_connection(const struct batch *b, uint32_t i)
{
	return &b->connections[i];
}

struct health *batch_health(struct batch *b)
{
	return &b->health;
}

const struct health *batch_read_health(const struct batch *b)
{
	return &b->health;
}
