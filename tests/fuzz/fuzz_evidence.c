/*
 * A blob of evidence from a record that somebody edited.  The first byte says how many bytes of a
 * good blob are changed, each by 3 bytes (where, and to what); the rest is a blob as it stands, or
 * what then happens to the host.  Whatever is taken for valid gives a verdict that can be printed,
 * and stays valid whatever is observed next.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "judge/evidence.h"
#include "judge/suspects.h"

#define NOW INT64_C(1700000000000000)

static void check_ledger(const struct evidence *e)
{
	struct ledger l;
	double sum = 0;

	evidence_judge(e, &l);
	FUZZ_MUST(l.verdict < VERDICT_COUNT && l.score >= 0 && l.score <= 1);
	FUZZ_MUST(l.count <= LEDGER_TERMS && l.remark_count <= LEDGER_REMARKS);
	FUZZ_MUST(isfinite(l.log_odds));
	for (size_t i = 0; i < l.count; i++) {
		FUZZ_MUST(isfinite(l.terms[i].weight) && l.terms[i].key[0]);
		FUZZ_MUST(i == 0 || fabs(l.terms[i].weight) <= fabs(l.terms[i - 1].weight));
		fuzz_harmless(l.terms[i].text);
		sum += l.terms[i].weight;
	}
	FUZZ_MUST(fabs(sum - l.log_odds) < 1e-6 * (1 + fabs(sum)));
	for (size_t i = 0; i < l.remark_count; i++)
		fuzz_harmless(l.remarks[i]);
}

static void observe(struct evidence *e, const uint8_t *at, int64_t *now)
{
	struct evidence_attempt a = {.origin = (enum names_origin)(at[1] % NAMES_ORIGIN_COUNT),
				     .past_smart_hosts = at[0] & 128,
				     .group = at[2]};
	struct evidence_session s = {.outcome = (enum outcome)(at[1] % OUTCOME_COUNT),
				     .connected = at[0] & 64,
				     .listed = at[0] & 32,
				     .cut = at[0] & 16,
				     .group = at[2]};
	struct names_event lookup = {.lookup = (enum names_lookup)(at[1] % NAMES_LOOKUP_COUNT),
				     .name = "mx.example.org"};

	*now += (at[0] & 8 ? -1 : 1) * (int64_t)at[3] * at[3] * at[3] * at[3] * 1000;
	a.time = s.time = lookup.time = *now;
	a.server = s.server = addr_from_v4((const uint8_t[]){198, 51, 100, at[2]});
	if (at[0] % 8 < 3)
		evidence_attempt(e, &a);
	else if (at[0] % 8 < 5)
		evidence_session(e, &s);
	else if (at[0] % 8 == 5)
		evidence_answer(e, *now);
	else
		evidence_lookup(e, &lookup);
}

/* As at the start of a monitor. */
static void restore(const void *blob, size_t size)
{
	static const struct hash_key key = {{3, 4}};
	struct addr host = addr_from_v4((const uint8_t[]){10, 0, 0, 1});
	struct suspects *s = suspects_new(&key, 4);
	bool valid = evidence_is_valid(blob, size);

	FUZZ_MUST(s != NULL);
	FUZZ_MUST(suspects_restore(s, &host, blob, size) == valid);
	FUZZ_MUST((suspects_find(s, &host) != NULL) == valid);
	FUZZ_MUST(suspects_counters(s)->discarded == !valid);
	suspects_free(s);
}

static void live_on(const void *blob, size_t size, struct bytes *events)
{
	struct evidence e;
	const uint8_t *at;
	int64_t now = NOW;

	if (!evidence_is_valid(blob, size))
		return;
	memcpy(&e, blob, sizeof(e));
	check_ledger(&e);
	evidence_outlives(blob, size, &e);
	while ((at = bytes_take(events, 4))) {
		observe(&e, at, &now);
		FUZZ_MUST(evidence_is_valid(&e, sizeof(e)));
	}
	check_ledger(&e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size);
	struct evidence e;
	const uint8_t *at;
	uint8_t changes, *copy;

	if (!bytes_take_u8(&in, &changes))
		return 0;
	if (changes == 255) {
		copy = fuzz_copy(&in, in.left, &size);
		restore(copy, size);
		live_on(copy, size, &(struct bytes){0});
		free(copy);
		return 0;
	}
	evidence_init(&e);
	while (changes-- > 0 && (at = bytes_take(&in, 3)))
		((uint8_t *)&e)[bytes_be16(at) % sizeof(e)] = at[2];
	live_on(&e, sizeof(e), &in);
	return 0;
}
