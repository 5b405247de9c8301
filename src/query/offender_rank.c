#include <stdlib.h>
#include <string.h>

#include "judge/evidence.h"
#include "query/offender.h"

static int compare_numbers(int64_t a, int64_t b)
{
	return a > b ? -1 : a < b;
}

/* Most pressing first; a host on which nothing is known stands beside those that are unclear. */
static int verdict_place(const struct offender *o)
{
	static const enum verdict order[] = {VERDICT_BOT, VERDICT_UNCLEAR, VERDICT_SENDER,
					     VERDICT_DEVICE};

	_Static_assert(sizeof(order) / sizeof(order[0]) == VERDICT_COUNT, "a place for each");
	for (int i = 0; i < VERDICT_COUNT; i++)
		if (strcmp(o->verdict, verdict_name(order[i])) == 0)
			return i;
	return 1;
}

static int compare_scores(const struct offender *a, const struct offender *b)
{
	double left = a->score.known ? a->score.value : 0;
	double right = b->score.known ? b->score.value : 0;

	return left > right ? -1 : left < right;
}

static int compare(const void *left, const void *right)
{
	const struct offender *a = left, *b = right;
	int c = (int)a->now_permitted - (int)b->now_permitted;

	if (c == 0)
		c = a->crowded - b->crowded;
	if (c == 0)
		c = verdict_place(a) - verdict_place(b);
	if (c == 0)
		c = compare_scores(a, b);
	if (c == 0)
		c = compare_numbers(a->messages.value, b->messages.value);
	if (c == 0)
		c = compare_numbers(a->connected, b->connected);
	if (c == 0)
		c = compare_numbers(a->attempts, b->attempts);
	if (c == 0)
		c = addr_compare(&a->parsed, &b->parsed);
	if (c == 0)
		c = strcmp(a->sensor ? a->sensor : "", b->sensor ? b->sensor : "");
	return c;
}

enum { SPOKEN_TO, SPEAKING, REACHING_NOBODY, CROWDS };

static int crowd_of(const struct offender *o)
{
	if (o->outcomes[OUTCOME_SENT] || o->outcomes[OUTCOME_ENCRYPTED] ||
	    o->outcomes[OUTCOME_REJECTED])
		return SPOKEN_TO;
	return o->connected > 0 ? SPEAKING : REACHING_NOBODY;
}

/*
 * Whoever forges source addresses makes offenders of as many hosts as he likes, and may have them
 * look like bots.  He may forge payload too, which counts as connected; but no server speaks to
 * them.
 */
static void find_crowd(struct offenders *o)
{
	size_t n[CROWDS] = {0};

	for (size_t i = 0; i < o->count; i++)
		n[crowd_of(&o->items[i])]++;
	for (size_t i = 0; i < o->count; i++) {
		int crowd = crowd_of(&o->items[i]);

		o->items[i].crowded = n[crowd] > OFFENDERS_CROWD ? crowd : 0;
	}
}

void offenders_rank(struct offenders *o)
{
	find_crowd(o);
	if (o->count > 0)
		qsort(o->items, o->count, sizeof(*o->items), compare);
}

size_t offenders_pressing(const struct offenders *o)
{
	size_t n = 0;

	for (size_t i = 0; i < o->count; i++)
		n += !o->items[i].now_permitted;
	return n;
}
