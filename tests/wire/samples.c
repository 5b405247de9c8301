#include "samples.h"

const struct sample *sample_at(size_t i)
{
	if (i < samples_link_count)
		return &samples_link[i];
	i -= samples_link_count;
	if (i < samples_ip_count)
		return &samples_ip[i];
	i -= samples_ip_count;
	return i < samples_tunnel_count ? &samples_tunnel[i] : NULL;
}
