/*
 * Theory of operation.  Each family has a trie of its own.  A node stands for a prefix: one that
 * was put in, or the longest common head of two that were, where they part.  A child's prefix lies
 * within its parent's and is longer, so a way down has at most 129 nodes however many prefixes
 * there are, and a lookup stops at the first node that does not hold the address.  Nodes are never
 * moved or freed before the whole trie is: that is what keeps the addresses of slots good.
 *
 * A key is held as two numbers in host order, so that a step costs two exclusive ors and two shifts
 * and no loop over bytes.
 */
#include "base/lpm.h"

#include <endian.h>
#include <stdlib.h>

struct key {
	uint64_t high, low;
};

struct node {
	struct key key; /* bits behind length are clear */
	unsigned int length;
	void *value; /* NULL where the node only branches */
	struct node *child[2];
};

struct lpm {
	struct node *v4, *v6;
};

static inline struct key key_of(const struct addr *a)
{
	uint64_t half[2];

	memcpy(half, a->b, sizeof(half));
	return (struct key){.high = be64toh(half[0]), .low = be64toh(half[1])};
}

static inline unsigned int key_bit(struct key k, unsigned int i)
{
	return (unsigned int)((i < 64 ? k.high >> (63 - i) : k.low >> (127 - i)) & 1);
}

/* How many leading bits two keys share, 128 where they are equal. */
static unsigned int key_common(struct key a, struct key b)
{
	if (a.high != b.high)
		return (unsigned int)__builtin_clzll(a.high ^ b.high);
	if (a.low != b.low)
		return 64 + (unsigned int)__builtin_clzll(a.low ^ b.low);
	return 128;
}

static struct key key_mask(struct key k, unsigned int length)
{
	if (length == 0)
		return (struct key){0, 0};
	if (length <= 64)
		return (struct key){k.high & (~UINT64_C(0) << (64 - length)), 0};
	return (struct key){k.high, k.low & (~UINT64_C(0) << (128 - length))};
}

static inline bool node_holds(const struct node *n, struct key k)
{
	uint64_t high = n->key.high ^ k.high, low = n->key.low ^ k.low;

	if (n->length > 64)
		return high == 0 && low >> (128 - n->length) == 0;
	return n->length == 0 || high >> (64 - n->length) == 0;
}

/* The child on the key's way.  A node of length 128 has none. */
static inline const struct node *node_next(const struct node *n, struct key k)
{
	return n->length == 128 ? NULL : n->child[key_bit(k, n->length)];
}

static struct node *node_new(struct key k, unsigned int length)
{
	struct node *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	n->key = key_mask(k, length);
	n->length = length;
	return n;
}

struct lpm *lpm_new(void)
{
	return calloc(1, sizeof(struct lpm));
}

/* No deeper than 129 nodes. */
static void node_free(struct node *n, void (*free_value)(void *value))
{
	if (!n)
		return;
	node_free(n->child[0], free_value);
	node_free(n->child[1], free_value);
	if (n->value && free_value)
		free_value(n->value);
	free(n);
}

void lpm_free(struct lpm *t, void (*free_value)(void *value))
{
	if (!t)
		return;
	node_free(t->v4, free_value);
	node_free(t->v6, free_value);
	free(t);
}

/* Puts a new node for the key's first `length` bits where *at, which it holds, was. */
static struct node *node_insert_above(struct node **at, struct key k, unsigned int length)
{
	struct node *n = node_new(k, length);

	if (!n)
		return NULL;
	n->child[key_bit((*at)->key, length)] = *at;
	*at = n;
	return n;
}

/* Puts a node where *at and the key part after `common` bits, with the new leaf beside *at. */
static struct node *node_branch(struct node **at, struct key k, unsigned int common,
				unsigned int length)
{
	struct node *leaf = node_new(k, length);
	struct node *fork;

	if (!leaf)
		return NULL;
	fork = node_insert_above(at, k, common);
	if (!fork) {
		free(leaf);
		return NULL;
	}
	fork->child[key_bit(k, common)] = leaf;
	return leaf;
}

static struct node *node_get(struct node **at, struct key k, unsigned int length)
{
	while (*at) {
		unsigned int common = key_common((*at)->key, k);

		if (common >= length && length < (*at)->length)
			return node_insert_above(at, k, length);
		if (common < (*at)->length)
			return node_branch(at, k, common, length);
		if ((*at)->length == length)
			return *at;
		at = &(*at)->child[key_bit(k, (*at)->length)];
	}
	*at = node_new(k, length);
	return *at;
}

void **lpm_get(struct lpm *t, const struct prefix *p)
{
	struct node **root = prefix_is_v4(p) ? &t->v4 : &t->v6;
	struct node *n = node_get(root, key_mask(key_of(&p->addr), p->length), p->length);

	return n ? &n->value : NULL;
}

void *lpm_find(const struct lpm *t, const struct addr *a)
{
	const struct node *n = addr_is_v4(a) ? t->v4 : t->v6;
	struct key k = key_of(a);
	void *best = NULL;

	/* Chosen without a branch, which would be guessed wrong at every other node. */
	for (; n && node_holds(n, k); n = node_next(n, k))
		best = n->value ? n->value : best;
	return best;
}

bool lpm_walk(const struct lpm *t, const struct addr *a, bool (*visit)(void *value, void *context),
	      void *context)
{
	const struct node *n = addr_is_v4(a) ? t->v4 : t->v6;
	struct key k = key_of(a);

	for (; n && node_holds(n, k); n = node_next(n, k))
		if (n->value && visit(n->value, context))
			return true;
	return false;
}
