/* attacks: generators of what hosts do to blind the monitor, each one frame or a few at a time. */
#ifndef EGRESS25_TESTS_ATTACKS_H
#define EGRESS25_TESTS_ATTACKS_H

#include "arena.h"

struct attack {
	const char *name, *title;
	void (*step)(struct arena *a, uint64_t i);
	uint64_t size; /* steps of the full size */
};

extern const struct attack attacks[]; /* the last has no name */
const struct attack *attack_find(const char *name);

/* So many steps, with a frame of the bot's after every `bot_each` of them. */
void attack_run(struct arena *a, const struct attack *attack, uint64_t steps, uint32_t bot_each);

#endif
