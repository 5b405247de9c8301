/* Which servers are one destination to a sender. */
#include "names_internal.h"

#include <string.h>

/*
 * In so many networks of /16 or /32 the servers of one domain are one destination; most providers'
 * lie in fewer at a time.  Beyond, each network is one: in a zone of one's own any server may have
 * a name.
 */
#define NETWORKS 8

/*
 * What is compared with what an earlier run stored is hashed under a key that is no secret.  A
 * stranger can so make two destinations that count as one, which he can have cheaper by giving them
 * one domain; of the tables here it leads to no place.
 */
const struct hash_key names_lasting = {{UINT64_C(0x6567726573733235), UINT64_C(0x64657374)}};

static uint64_t hash_text(const struct hash_key *key, const char *text)
{
	return hash_bytes(key, text, strlen(text));
}

/* IPv4's 12 bytes of prefix and 2 of its own; of IPv6 4. */
static uint64_t network_of(const struct addr *server)
{
	return hash_bytes(&names_lasting, server->b, addr_is_v4(server) ? 14 : 4);
}

void names_note_domain(struct names *n, const struct addr *server, const char *name, int64_t now)
{
	uint64_t key = hash_text(&n->key, names_domain(name));
	struct domain *d = table_get(NAMES_TABLE(n, domains), key, now, &n->counters.evicted);

	d->mark.time = now;
	d->mark.life = NAMES_LONGEST;
	d->networks |= UINT64_C(1) << network_of(server) % 64;
}

uint64_t names_group(const struct names *n, const char *name, const struct addr *server,
		     int64_t now)
{
	const struct domain *d;
	const char *domain;

	/* IPv4's 12 bytes of prefix and 3 of its own; of IPv6 6. */
	if (!name)
		return hash_bytes(&names_lasting, server->b, addr_is_v4(server) ? 15 : 6);
	domain = names_domain(name);
	d = table_find(NAMES_TABLE(n, domains), hash_text(&n->key, domain), now);
	if (d && __builtin_popcountll(d->networks) > NETWORKS)
		return hash_text(&names_lasting, domain) ^ network_of(server);
	return hash_text(&names_lasting, domain);
}
