#include "judge/freeze.h"

static const struct {
	const char *name;
	enum freeze_step next[FREEZE_RESULT_COUNT]; /* done, failed, to end */
	bool vital;				    /* its failure is that of the whole */
} steps[] = {
	[FREEZE_LOOK] = {"look", {FREEZE_FREEZE, FREEZE_OVER, FREEZE_OVER}, true},
	[FREEZE_FREEZE] = {"freeze", {FREEZE_PROVE, FREEZE_THAW, FREEZE_THAW}, true},
	[FREEZE_PROVE] = {"prove", {FREEZE_OPEN, FREEZE_THAW, FREEZE_THAW}, true},
	[FREEZE_OPEN] = {"open", {FREEZE_WATCH, FREEZE_RELEASE, FREEZE_RELEASE}, true},
	[FREEZE_WATCH] = {"watch", {FREEZE_RELEASE, FREEZE_RELEASE, FREEZE_RELEASE}, true},
	[FREEZE_RELEASE] = {"release", {FREEZE_THAW, FREEZE_THAW, FREEZE_THAW}, true},
	/* Whether it did is what CONFIRM tells. */
	[FREEZE_THAW] = {"thaw", {FREEZE_CONFIRM, FREEZE_CONFIRM, FREEZE_CONFIRM}, false},
	[FREEZE_CONFIRM] = {"confirm", {FREEZE_CLOSE, FREEZE_CLOSE, FREEZE_CLOSE}, true},
	[FREEZE_CLOSE] = {"close", {FREEZE_OVER, FREEZE_OVER, FREEZE_OVER}, true},
	[FREEZE_OVER] = {"over", {FREEZE_OVER, FREEZE_OVER, FREEZE_OVER}, false},
};
_Static_assert(sizeof(steps) / sizeof(*steps) == FREEZE_STEP_COUNT, "a step without its row");

const char *freeze_step_name(enum freeze_step step)
{
	return steps[step].name;
}

enum freeze_step freeze_next(enum freeze_step step, enum freeze_result result)
{
	return steps[step].next[result];
}

bool freeze_is_failure(enum freeze_step step, enum freeze_result result)
{
	return result == FREEZE_FAILED && steps[step].vital;
}
