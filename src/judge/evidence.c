/*
 * What is told of a host becomes sums that fade and shares of the last few observations; nothing is
 * kept of a single connection.  What may be lost: beyond EVIDENCE_KNOWN destinations the longest
 * idle ones are forgotten and count as new when they come again.
 */
#include "judge/evidence.h"

#include <math.h>
#include <string.h>

#include "base/moment.h"
#include "evidence_parts.h"
#include "weights.h"

#define RETURN	     5	/* minutes that differ by this much are 4 minutes apart and more */
#define NEAR	     16 /* addresses this close together are neighbours */
#define SUM_MOST     1e6F
#define OUTLIVES     (30 * MOMENT_DAY)
#define SERVER_SHARE 0.25F /* of a further new server of a destination that is no longer new */

void evidence_init(struct evidence *e)
{
	memset(e, 0, sizeof(*e));
	e->version = EVIDENCE_VERSION;
}

static bool in_range(float x, float most)
{
	return x >= 0 && x <= most; /* false for a NaN */
}

static bool habits_are_valid(const struct evidence_habits *h)
{
	return in_range(h->strange_helo, SUM_MOST) && in_range(h->strange_dialect, SUM_MOST) &&
	       in_range(h->direct, SUM_MOST) && in_range(h->breaches, SUM_MOST);
}

bool evidence_is_valid(const void *blob, size_t size)
{
	struct evidence e;

	if (size != sizeof(e))
		return false;
	memcpy(&e, blob, sizeof(e));
	if (e.version != EVIDENCE_VERSION || e.first > e.last || e.faded > e.last)
		return false;
	for (unsigned int i = 0; i < EVIDENCE_SUMS; i++)
		if (!in_range(e.sums[i], SUM_MOST))
			return false;
	for (unsigned int i = 0; i < EVIDENCE_RECENT; i++)
		if (e.recent[i].is_group > 1)
			return false;
	return e.observations <= e.attempts && e.groups <= e.observations &&
	       e.peak <= EVIDENCE_RECENT && in_range(e.order, 1) && in_range(e.periodic, 1) &&
	       in_range(e.monitor, 1) && e.many_greetings <= 1 && habits_are_valid(&e.habits);
}

bool evidence_outlives(const void *earlier, size_t size, const struct evidence *now)
{
	struct evidence e;

	if (!evidence_is_valid(earlier, size))
		return false;
	memcpy(&e, earlier, sizeof(e));
	return e.last < now->first && evidence_since(now->last, e.last) < OUTLIVES &&
	       e.observations > now->observations;
}

static void fade(struct evidence *e, int64_t time)
{
	int64_t passed = evidence_since(time, e->faded);
	float left;

	if (passed < MOMENT_MINUTE)
		return;
	left = exp2f((float)(-(double)passed / (double)WEIGHTS_HALF_LIFE));
	for (unsigned int i = 0; i < EVIDENCE_SUMS; i++)
		e->sums[i] *= left;
	e->habits.strange_helo *= left;
	e->habits.strange_dialect *= left;
	e->habits.direct *= left;
	e->habits.breaches *= left;
	e->faded = time;
}

/*
 * A stamp a little older than the newest changes nothing; one that is a day older says that the
 * newest were wrong, and time goes on from there.
 */
void evidence_touch(struct evidence *e, int64_t time)
{
	if (!e->attempts && !e->sessions && e->first == 0 && e->last == 0)
		e->first = e->last = e->faded = time;
	if (evidence_since(time, e->last) < -MOMENT_DAY) {
		e->last = e->faded = time;
		if (e->first > time)
			e->first = time;
	}
	if (time <= e->last)
		return;
	e->last = time;
	fade(e, time);
}

static uint32_t low_word(const struct addr *a)
{
	return (uint32_t)a->b[12] << 24 | (uint32_t)a->b[13] << 16 | (uint32_t)a->b[14] << 8 |
	       a->b[15];
}

static uint32_t server_hash(const struct addr *a)
{
	uint64_t high, low;

	memcpy(&high, a->b, 8);
	memcpy(&low, a->b + 8, 8);
	return (uint32_t)((high * 31 ^ low) * UINT64_C(0xd6e8feb86659fd93) >> 32);
}

/* Notes a server in the ring of the last minute; false where it stands there already. */
static bool note_recent(struct evidence *e, uint32_t server, uint32_t second, bool is_group)
{
	unsigned int oldest = 0;

	for (unsigned int i = 0; i < EVIDENCE_RECENT; i++) {
		if (e->recent[i].server == server && second - e->recent[i].second <= 60)
			return false;
		if (second - e->recent[i].second > second - e->recent[oldest].second)
			oldest = i;
	}
	e->recent[oldest].server = server;
	e->recent[oldest].second = second;
	e->recent[oldest].is_group = is_group;
	return true;
}

/* The most new servers within a minute: new destinations, and a little for each further server. */
static void measure_peak(struct evidence *e, uint32_t second)
{
	uint32_t groups = 0, servers = 0;
	float further, peak;

	for (unsigned int i = 0; i < EVIDENCE_RECENT; i++) {
		if (!e->recent[i].server || second - e->recent[i].second > 60)
			continue;
		groups += e->recent[i].is_group;
		servers += !e->recent[i].is_group;
	}
	further = (float)servers * SERVER_SHARE;
	peak = (float)groups + (further > (float)groups ? (float)groups : further);
	if (!groups || peak < e->sums[SUM_PEAK])
		return;
	e->sums[SUM_PEAK] = peak;
	e->peak = groups + servers;
}

static void meet(struct evidence *e, const struct evidence_attempt *a, uint16_t minute)
{
	static const enum evidence_sum by_origin[NAMES_ORIGIN_COUNT] = {
		[NAMES_UNSEEN] = EVIDENCE_SUMS,
		[NAMES_NONE] = SUM_BY_NOTHING,
		[NAMES_BY_NAME] = SUM_BY_NAME,
		[NAMES_BY_MX] = SUM_BY_MX,
	};
	uint32_t distance = low_word(&a->server) - e->last_server;
	uint32_t *word = known_insert(e, a->group, minute);

	*word |= minute | (uint32_t)KNOWN_OPEN;
	evidence_count(&e->groups);
	evidence_add(e, SUM_FRESH, 1);
	evidence_add(e, SUM_OPEN, 1);
	if ((unsigned int)a->origin < NAMES_ORIGIN_COUNT && by_origin[a->origin] < EVIDENCE_SUMS)
		evidence_add(e, by_origin[a->origin], 1);
	if (distance + NEAR <= 2 * NEAR && e->attempts > 1)
		evidence_add(e, SUM_NEXT, 1);
	evidence_move(&e->order, 0, 6);
}

static void meet_again(struct evidence *e, uint32_t *word, uint16_t minute)
{
	uint16_t gap = known_age(*word, minute);

	/* A stamp before the newest one: no time has passed. */
	if (gap > UINT16_MAX - EVIDENCE_SLOT)
		return;
	if (gap >= RETURN && !(*word & KNOWN_RETURNED)) {
		*word |= KNOWN_RETURNED;
		evidence_add(e, SUM_RETURNED, 1);
	}
	if (gap >= RETURN && (*word & KNOWN_OPEN) && !(*word & KNOWN_RETRIED)) {
		*word |= KNOWN_RETRIED;
		evidence_add(e, SUM_RETRIED, 1);
	}
	if (gap >= EVIDENCE_SLOT || minute / EVIDENCE_SLOT != (uint16_t)*word / EVIDENCE_SLOT) {
		evidence_count(&e->observations);
		*word &= ~(uint32_t)(KNOWN_ENDED | KNOWN_TALKED);
	}
	*word = (*word & ~UINT32_C(0xffff)) | minute;
}

/* Whether a few destinations are visited by the clock: the gap is the one before, to one part in
 * twenty and two seconds. */
static void keep_time(struct evidence *e, uint64_t group, uint32_t second)
{
	uint32_t key = (uint32_t)(group ^ group >> 32) | 1;
	unsigned int at = (unsigned int)(key >> 1) % EVIDENCE_CLOCKS;
	uint32_t gap = second - e->clocks[at].last, was = e->clocks[at].period;

	if (e->clocks[at].group != key) {
		/* The clock's own destination keeps it while it is visited. */
		if (e->clocks[at].group && gap < 86400)
			return;
		e->clocks[at].group = key;
		e->clocks[at].period = 0;
	} else {
		if (gap < 30)
			return;
		if (was) {
			uint32_t off = gap > was ? gap - was : was - gap;

			evidence_move(&e->periodic, off <= was / 20 + 2 ? 1 : 0, 8);
		}
		e->clocks[at].period = gap > 30 * 86400 ? 0 : gap;
	}
	e->clocks[at].last = second;
}

void evidence_attempt(struct evidence *e, const struct evidence_attempt *a)
{
	uint32_t *word = known_find(e, a->group);
	bool fresh = !word;
	uint32_t server = server_hash(&a->server) | 1;
	uint32_t second = (uint32_t)(moment_floor(a->time, MOMENT_SECOND) / MOMENT_SECOND);
	uint16_t minute = evidence_minute(a->time);

	evidence_touch(e, a->time);
	evidence_count(&e->attempts);
	if (fresh) {
		evidence_count(&e->observations);
		meet(e, a, minute);
	} else {
		meet_again(e, word, minute);
	}
	if (note_recent(e, server, second, fresh))
		measure_peak(e, second);
	keep_time(e, a->group, second);
	if (a->past_smart_hosts)
		e->habits.direct = fminf(e->habits.direct + 1, SUM_MOST);
	e->last_server = low_word(&a->server);
}

/* Of our own address a bot asks; a server that receives mail asks of many, which says nothing. */
static void note_listing(struct evidence *e, const struct addr *address)
{
	uint32_t hash = server_hash(address) | 2;

	if (!e->listed_asked)
		e->listed_asked = hash;
	else if (e->listed_asked != hash)
		e->listed_asked = 1;
	evidence_add(e, SUM_DNSBL, 1);
}

void evidence_answer(struct evidence *e, int64_t time)
{
	evidence_touch(e, time);
	evidence_count(&e->answered);
}

void evidence_lookup(struct evidence *e, const struct names_event *event)
{
	evidence_touch(e, event->time);
	switch (event->lookup) {
	case NAMES_MX:
		evidence_add(e, SUM_MX, 1);
		break;
	case NAMES_DNSBL:
		note_listing(e, &event->listed);
		break;
	case NAMES_LOOKUP_COUNT:
	default:
		break;
	}
}
