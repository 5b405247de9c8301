#include <stdlib.h>
#include <string.h>

#include "query/offender.h"

static int compare_numbers(int64_t a, int64_t b)
{
	return a > b ? -1 : a < b;
}

/* What a later issue knows of verdicts and scores goes between the first two. */
static int compare(const void *left, const void *right)
{
	const struct offender *a = left, *b = right;
	int c = (int)a->now_permitted - (int)b->now_permitted;

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

void offenders_rank(struct offenders *o)
{
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
