#include "flow/site.h"

#include "base/lpm.h"

enum side site_side(const struct site *site, const struct addr *a)
{
	if (!addr_is_unicast(a))
		return SIDE_NEITHER;
	return lpm_find(site->internal, a) ? SIDE_INTERNAL : SIDE_EXTERNAL;
}
