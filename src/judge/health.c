#include "judge/health.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"

void health_add_loss(struct health *h, const char *reason, uint64_t count)
{
	if (count == 0 || h->loss_count == HEALTH_LOSSES)
		return;
	h->losses[h->loss_count++] = (struct health_loss){.reason = reason, .count = count};
}

const char *health_describe_unclassified(const struct health *h, char *buf, size_t size)
{
	char client[ADDR_TEXT], server[ADDR_TEXT];
	size_t used;

	text_print(
		buf, size,
		"%" PRIu64 " connection%s between two external addresses %s not classified: "
		"`internal` probably misses a prefix, or the mirror sits outside the NAT. Seen: ",
		h->unclassified, text_s(h->unclassified), h->unclassified == 1 ? "is" : "are");
	for (unsigned int i = 0; i < h->example_count; i++) {
		used = strlen(buf);
		text_print(buf + used, size - used, "%s%s to %s", i ? ", " : "",
			   addr_format(&h->examples[i].client, client),
			   addr_format(&h->examples[i].server, server));
	}
	used = strlen(buf);
	text_print(buf + used, size - used, ".");
	return buf;
}
