#include "judge/incident.h"

#include <errno.h>
#include <string.h>

static const char *const on_listing_names[ON_LISTING_COUNT] = {
	[ON_LISTING_OFF] = "off",
	[ON_LISTING_WATCH] = "watch",
	[ON_LISTING_RESET] = "reset",
};
_Static_assert(sizeof(on_listing_names) / sizeof(*on_listing_names) == ON_LISTING_COUNT,
	       "a mode has no name");

const char *incident_on_listing_name(enum incident_on_listing mode)
{
	return on_listing_names[mode];
}

int incident_on_listing_parse(const char *text, enum incident_on_listing *ret_)
{
	for (unsigned int i = 0; i < ON_LISTING_COUNT; i++)
		if (strcmp(text, on_listing_names[i]) == 0) {
			*ret_ = (enum incident_on_listing)i;
			return 0;
		}
	return -EINVAL;
}
