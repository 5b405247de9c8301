#include "flow/site.h"

#include "base/lpm.h"

enum side site_side(const struct site *site, const struct addr *a)
{
	if (!addr_is_unicast(a))
		return SIDE_NEITHER;
	return lpm_find(site->internal, a) ? SIDE_INTERNAL : SIDE_EXTERNAL;
}

bool site_trusts(const struct site *site, const struct packet *p)
{
	for (unsigned int i = 0; i < p->carrier_count; i++)
		if (site_side(site, &p->carriers[i]) != SIDE_INTERNAL)
			return false;
	return true;
}
