#include "judge/reset_mode.h"

#include <errno.h>
#include <string.h>

static const char *const mode_names[RESET_MODE_COUNT] = {
	[RESET_NEVER] = "never",
	[RESET_OFF] = "off",
	[RESET_DRY_RUN] = "dry-run",
	[RESET_ON] = "on",
};
_Static_assert(sizeof(mode_names) / sizeof(*mode_names) == RESET_MODE_COUNT, "a mode has no name");

const char *reset_mode_name(enum reset_mode mode)
{
	return mode_names[mode];
}

int reset_mode_parse(const char *text, enum reset_mode *ret_)
{
	for (unsigned int i = 0; i < RESET_MODE_COUNT; i++)
		if (strcmp(text, mode_names[i]) == 0) {
			*ret_ = (enum reset_mode)i;
			return 0;
		}
	return -EINVAL;
}
