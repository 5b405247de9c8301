/* The commands that wait for their replies: runs of one kind, in order. */
#include "smtp_internal.h"

#include <string.h>

_Static_assert(KIND_COUNT <= UINT8_MAX, "a kind is kept in a byte");
_Static_assert(SMTP_RUNS <= UINT8_MAX, "so is the number of runs");

static size_t place(const struct smtp_queue *q, size_t i)
{
	return (q->head + i) % SMTP_RUNS;
}

bool smtp_queue_empty(const struct smtp_queue *q)
{
	return q->length == 0 && q->forgotten == 0;
}

void smtp_queue_clear(struct smtp_queue *q)
{
	memset(q, 0, sizeof(*q));
}

bool smtp_queue_push(struct smtp_queue *q, enum smtp_kind kind)
{
	size_t last = place(q, q->length + SMTP_RUNS - 1u);

	if (q->forgotten == 0 && q->length > 0 && q->kinds[last] == kind &&
	    q->counts[last] < UINT16_MAX) {
		q->counts[last]++;
		return true;
	}
	if (q->forgotten > 0 || q->length == SMTP_RUNS) {
		if (q->forgotten < UINT32_MAX)
			q->forgotten++;
		return false;
	}
	last = place(q, q->length++);
	q->kinds[last] = (uint8_t)kind;
	q->counts[last] = 1;
	return true;
}

static void drop_run(struct smtp_queue *q)
{
	q->head = (uint8_t)place(q, 1);
	q->length--;
}

enum smtp_kind smtp_queue_pop(struct smtp_queue *q)
{
	enum smtp_kind kind = smtp_queue_head(q);

	q->vouched -= q->vouched > 0;
	if (q->length == 0)
		q->forgotten -= q->forgotten > 0;
	else if (--q->counts[q->head] == 0)
		drop_run(q);
	return kind;
}

enum smtp_kind smtp_queue_head(const struct smtp_queue *q)
{
	return q->length ? (enum smtp_kind)q->kinds[q->head] : KIND_NONE;
}

void smtp_queue_vouch(struct smtp_queue *q)
{
	q->vouched = 0;
	for (size_t i = 0; i < q->length; i++)
		q->vouched += q->counts[place(q, i)];
}

bool smtp_queue_holds(const struct smtp_queue *q, enum smtp_kind kind)
{
	for (size_t i = 0; i < q->length; i++)
		if (q->kinds[place(q, i)] == kind)
			return true;
	return false;
}

bool smtp_queue_drop_before(struct smtp_queue *q, enum smtp_kind kind)
{
	bool dropped = false;

	q->vouched = 0;
	while (q->length > 0 && q->kinds[q->head] != kind) {
		drop_run(q);
		dropped = true;
	}
	return dropped;
}

/* Neither gets a 250. */
static bool apart(uint8_t kind)
{
	return kind == KIND_DATA || kind == KIND_QUIT || kind == KIND_STARTTLS || kind == KIND_AUTH;
}

bool smtp_queue_plain(const struct smtp_queue *q)
{
	for (size_t i = 1; i < q->length; i++) {
		uint8_t kind = q->kinds[place(q, i)];

		if (kind != q->kinds[q->head] && !apart(kind))
			return false;
	}
	return q->forgotten == 0;
}
