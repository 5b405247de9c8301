#include "evidence_parts.h"

#include "base/moment.h"

#define WAYS	4
#define BUCKETS (EVIDENCE_KNOWN / WAYS)
#define IN_USE	(30 * 24 * 60) /* minutes */

static uint64_t mix(uint64_t x)
{
	x ^= x >> 32;
	x *= UINT64_C(0xd6e8feb86659fd93);
	x ^= x >> 32;
	return x;
}

/* Bits 24 to 31, not 0. */
static uint32_t tag_of(uint64_t hash)
{
	uint32_t tag = (uint32_t)(hash >> 32) >> 24;

	return (tag ? tag : 1) << 24;
}

static uint32_t *bucket_of(struct evidence *e, uint64_t hash)
{
	return &e->known[(hash % BUCKETS) * WAYS];
}

uint32_t *known_find(struct evidence *e, uint64_t group)
{
	uint64_t hash = mix(group);
	uint32_t *bucket = bucket_of(e, hash);
	uint32_t tag = tag_of(hash);

	for (unsigned int i = 0; i < WAYS; i++)
		if (bucket[i] >> 24 << 24 == tag)
			return &bucket[i];
	return NULL;
}

uint32_t *known_insert(struct evidence *e, uint64_t group, uint16_t minute)
{
	uint64_t hash = mix(group);
	uint32_t *bucket = bucket_of(e, hash);
	uint32_t *oldest = bucket;

	for (unsigned int i = 0; i < WAYS; i++) {
		if (!bucket[i]) {
			oldest = &bucket[i];
			break;
		}
		if (known_age(bucket[i], minute) > known_age(*oldest, minute))
			oldest = &bucket[i];
	}
	*oldest = tag_of(hash);
	return oldest;
}

unsigned int known_vouched(uint32_t word)
{
	return word >> 22 & 3;
}

void known_set_vouched(uint32_t *word, unsigned int thirds)
{
	*word = (*word & ~(UINT32_C(3) << 22)) | (thirds & 3) << 22;
}

unsigned int known_count(const struct evidence *e)
{
	uint16_t minute = evidence_minute(e->last);
	unsigned int n = 0;

	for (unsigned int i = 0; i < EVIDENCE_KNOWN; i++)
		n += e->known[i] && known_age(e->known[i], minute) <= IN_USE;
	return n;
}

uint16_t evidence_minute(int64_t time)
{
	return (uint16_t)(moment_floor(time, MOMENT_MINUTE) / MOMENT_MINUTE);
}
