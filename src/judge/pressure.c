#include "judge/pressure.h"

#include <string.h>

struct row {
	const char *name, *words;
	uint64_t threshold; /* a second */
};

static const struct row rows[] = {
	[PRESSURE_SYNS] = {"syn flood", "attempts that no server answered", 1000},
	[PRESSURE_ATTEMPTS] = {"attempts", "attempts that a server answered", 1000},
	[PRESSURE_HOSTS] = {"forged sources",
			    "attempts of hosts too many to be told apart, probably forged", 100},
	[PRESSURE_DIALOGUES] = {"dialogues", "dialogues beyond those that can be read", 100},
	[PRESSURE_STRAYS] = {"strays", "frames on watched ports that belong to no connection",
			     1000},
	[PRESSURE_FRAGMENTS] = {"fragments", "fragments that never became whole", 100},
	[PRESSURE_CONFLICTS] = {"contradictions",
				"segments that repeat bytes as other ones, to deceive who listens",
				10},
	[PRESSURE_SERVERS] = {"servers", "attempts on servers too many to be told apart", 100},
};
_Static_assert(sizeof(rows) / sizeof(rows[0]) == PRESSURE_KIND_COUNT, "a pressure without a row");

const char *pressure_name(enum pressure_kind kind)
{
	return rows[kind].name;
}

const char *pressure_words(enum pressure_kind kind)
{
	return rows[kind].words;
}

static void note(struct pressure *p, uint64_t rate, int64_t from, int64_t now)
{
	if (p->last == 0 || now - p->last > PRESSURE_CALM)
		*p = (struct pressure){.since = from};
	p->last = now;
	if (rate > p->peak)
		p->peak = rate;
}

void pressures_note(struct pressures *p, const uint64_t counts[PRESSURE_KIND_COUNT], int64_t now)
{
	int64_t passed = now - p->noted;

	if (p->noted != 0 && passed < MOMENT_SECOND)
		return;
	for (unsigned int i = 0; i < PRESSURE_KIND_COUNT && p->noted != 0; i++) {
		uint64_t more = counts[i] > p->counts[i] ? counts[i] - p->counts[i] : 0;
		uint64_t rate = (uint64_t)((double)more * (double)MOMENT_SECOND / (double)passed);

		if (rate >= rows[i].threshold)
			note(&p->kinds[i], rate, p->noted, now);
	}
	memcpy(p->counts, counts, sizeof(p->counts));
	p->noted = now;
}
