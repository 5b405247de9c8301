/* The reply of a hostile server, and what is remembered of it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "judge/notice.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void hear(const struct notice *n, const char *reply)
{
	struct listings *l = listings_new();
	struct notice_heard heard = {.domain = n->list, .notice = n};
	bool news;

	if (!l)
		return;
	for (uint8_t i = 0; i < 3; i++) {
		heard.server.b[0] = i;
		listings_hear(l, &heard, reply, &news);
	}
	if (listings_count(l) != 1 || strlen(listings_at(l, 0)->reply) > strlen(reply))
		abort();
	listings_free(l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *reply = malloc(size + 1);
	struct notice n;

	if (!reply)
		return 0;
	memcpy(reply, data, size);
	reply[size] = '\0';
	if (notice_parse(reply, &n) == NOTICE_LISTED) {
		if (n.list[0] == '\0' || !memchr(n.list, 0, sizeof(n.list)))
			abort();
		if (n.has_address && !addr_is_unicast(&n.address))
			abort();
		hear(&n, reply);
	}
	free(reply);
	return 0;
}
