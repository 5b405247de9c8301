#include "judge/health.h"

void health_add_loss(struct health *h, const char *reason, uint64_t count)
{
	if (count == 0 || h->loss_count == HEALTH_LOSSES)
		return;
	h->losses[h->loss_count++] = (struct health_loss){.reason = reason, .count = count};
}
