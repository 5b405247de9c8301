#include "store_internal.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define IDENTITIES 64 /* of one host; the one longest unseen goes */

const char *store_vlan_text(const uint16_t *vlans, uint8_t count, char buf[VLAN_TEXT])
{
	size_t used = 0;

	buf[0] = '\0';
	for (uint8_t i = 0; i < count && i < PACKET_TAGS; i++) {
		text_print(buf + used, VLAN_TEXT - used, "%s%u", i ? "." : "", vlans[i]);
		used += strlen(buf + used);
	}
	return buf;
}

static bool is_same(const struct identity *a, int64_t host, const struct sum *b)
{
	return a->host == host && a->has_mac == b->has_mac && a->tag_count == b->tag_count &&
	       memcmp(a->mac, b->mac, sizeof(a->mac)) == 0 &&
	       memcmp(a->vlans, b->vlans, b->tag_count * sizeof(b->vlans[0])) == 0;
}

static int put(struct store *s, enum store_sql which, const struct identity *i)
{
	char mac[MAC_TEXT] = "", vlan[VLAN_TEXT];
	struct sqlite3_stmt *st = STORE_BIND(s, which, i->host, i->hops, i->first, i->last);

	if (i->has_mac)
		mac_format(i->mac, mac);
	store_text(st, 5, mac);
	store_text(st, 6, store_vlan_text(i->vlans, i->tag_count, vlan));
	return store_do(s, st);
}

/* Writes the pending one; a host's number is looked at once, when the next host's turn comes. */
static int flush(struct store *s, struct identity *pending, int64_t next_host)
{
	int r;

	if (pending->host == 0)
		return 0;
	r = put(s, SQL_IDENTITY_UPDATE, pending);
	if (r == 0 && sqlite3_changes(s->db) == 0) {
		r = put(s, SQL_IDENTITY_ADD, pending);
		pending->added = true;
	}
	if (pending->host == next_host)
		return r;
	if (r == 0 && pending->added)
		r = store_limit(s, SQL_IDENTITY_COUNT, SQL_IDENTITY_LIMIT, pending->host,
				IDENTITIES);
	pending->added = false;
	return r;
}

/* Sums come host by host, so one pending identity joins nearly all that are alike. */
int store_note_identity(struct store *s, struct identity *pending, int64_t host,
			const struct sum *sum)
{
	int r = 0;

	if (!sum->has_mac && sum->tag_count == 0)
		return 0;
	if (!is_same(pending, host, sum)) {
		r = flush(s, pending, host);
		*pending = (struct identity){
			.host = host,
			.added = pending->added,
			.has_mac = sum->has_mac,
			.tag_count = sum->tag_count,
			.first = INT64_MAX,
			.last = INT64_MIN,
		};
		memcpy(pending->mac, sum->mac, sizeof(pending->mac));
		memcpy(pending->vlans, sum->vlans, sizeof(pending->vlans));
	}
	if (sum->hops > pending->hops)
		pending->hops = sum->hops;
	if (sum->first < pending->first)
		pending->first = sum->first;
	if (sum->last > pending->last)
		pending->last = sum->last;
	return r;
}

int store_flush_identity(struct store *s, struct identity *pending)
{
	int r = flush(s, pending, 0);

	pending->host = 0;
	return r;
}
