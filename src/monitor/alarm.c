#include "alarm.h"

#include <string.h>

#include "base/log.h"
#include "base/moment.h"
#include "base/text.h"

static struct alarm_told *find(struct alarm *a, const struct listing *l)
{
	for (size_t i = 0; i < a->count; i++) {
		struct alarm_told *t = &a->told[i];

		if (addr_equal(&t->address, &l->address) &&
		    (l->has_address || strcmp(t->list, l->list) == 0))
			return t;
	}
	return NULL;
}

static void add(struct alarm *a, const struct listing *l)
{
	if (a->count == NOTICE_ADDRESSES)
		a->count = 0; /* then some are told twice */
	a->told[a->count] = (struct alarm_told){.address = l->address, .finding = l->finding};
	text_print(a->told[a->count].list, NOTICE_LIST, "%s", l->list);
	a->count++;
}

static void tell_listings(struct alarm *a, const struct batch *batch)
{
	char text[LISTING_TEXT];

	for (uint32_t i = 0; i < batch_listing_count(batch); i++) {
		const struct listing *l = batch_listing(batch, i);
		struct alarm_told *told = find(a, l);

		if (told && (told->finding || !l->finding))
			continue;
		if (told)
			told->finding = true;
		else
			add(a, l);
		log_say("%s", listing_describe(l, text));
	}
}

static void tell_unclassified(struct alarm *a, const struct batch *batch)
{
	const struct health *h = batch_read_health(batch);
	int64_t now = moment_now();
	char text[HEALTH_TEXT];

	if (h->unclassified == a->unclassified || (a->unclassified && now - a->at < MOMENT_HOUR))
		return;
	a->unclassified = h->unclassified;
	a->at = now;
	log_say("%s", health_describe_unclassified(h, text, sizeof(text)));
}

void alarm_tell(struct alarm *a, const struct batch *batch)
{
	tell_unclassified(a, batch);
	tell_listings(a, batch);
}
