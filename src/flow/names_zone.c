/*
 * Lookups in blacklists, by the form that RFC 5782 gives them: an address reversed, by octets or by
 * nibbles, in front of the list's zone.
 */
#include "names_internal.h"

#include <string.h>

#define OCTETS	4
#define NIBBLES 32

/*
 * Well-known blacklists of addresses, dead ones too: old programs go on asking.  (Their operators'
 * own pages; the keyed forms are those of Spamhaus DQS and Abusix Mail Intelligence.)
 */
static const struct {
	const char *zone;
	bool keyed; /* the customer's key stands in front, as a label of its own */
} lists[] = {
	{"zen.spamhaus.org", false},
	{"sbl.spamhaus.org", false},
	{"xbl.spamhaus.org", false},
	{"pbl.spamhaus.org", false},
	{"sbl-xbl.spamhaus.org", false},
	{"zen.dq.spamhaus.net", true},
	{"sbl.dq.spamhaus.net", true},
	{"xbl.dq.spamhaus.net", true},
	{"pbl.dq.spamhaus.net", true},
	{"sbl-xbl.dq.spamhaus.net", true},
	{"authbl.dq.spamhaus.net", true},
	{"combined.mail.abusix.zone", true},
	{"black.mail.abusix.zone", true},
	{"exploit.mail.abusix.zone", true},
	{"dynamic.mail.abusix.zone", true},
	{"cbl.abuseat.org", false},
	{"b.barracudacentral.org", false},
	{"bb.barracudacentral.org", false},
	{"bl.spamcop.net", false},
	{"dnsbl-1.uceprotect.net", false},
	{"dnsbl-2.uceprotect.net", false},
	{"dnsbl-3.uceprotect.net", false},
	{"ips.backscatterer.org", false},
	{"psbl.surriel.com", false},
	{"all.s5h.net", false},
	{"truncate.gbudb.net", false},
	{"dnsbl.dronebl.org", false},
	{"bl.mailspike.net", false},
	{"z.mailspike.net", false},
	{"all.spamrats.com", false},
	{"dyna.spamrats.com", false},
	{"noptr.spamrats.com", false},
	{"spam.spamrats.com", false},
	{"bl.spameatingmonkey.net", false},
	{"backscatter.spameatingmonkey.net", false},
	{"bl.blocklist.de", false},
	{"all.bl.blocklist.de", false},
	{"mail.bl.blocklist.de", false},
	{"dnsbl.sorbs.net", false},
	{"spam.dnsbl.sorbs.net", false},
	{"ix.dnsbl.manitu.net", false},
	{"ubl.unsubscore.com", false},
	{"dnsbl.inps.de", false},
	{"dnsbl.njabl.org", false},
	{"dnsbl.ahbl.org", false},
	{"list.dsbl.org", false},
	{"relays.ordb.org", false},
};

/* Reversed addresses stand in front of these too: names of hosts, routes, and lists of the good. */
static const char *const others[] = {
	"in-addr.arpa",	      "ip6.arpa",  "asn.cymru.com",
	"asn.routeviews.org", "dnswl.org", "wl.mailspike.net",
};

/* The tail of name that is that zone, at the border of a label; or NULL. */
static const char *tail(const char *name, const char *zone)
{
	size_t length = strlen(name), n = strlen(zone);

	if (length < n || strcmp(name + length - n, zone) != 0)
		return NULL;
	return length == n || name[length - n - 1] == '.' ? name + length - n : NULL;
}

/* 0 to 255 without needless zeros, then a dot: what is behind it, or NULL. */
static const char *take_octet(const char *at, uint8_t *ret_)
{
	unsigned int value = 0, digits = 0;

	for (; *at >= '0' && *at <= '9' && digits < 4; at++, digits++)
		value = value * 10 + (unsigned int)(*at - '0');
	if (digits == 0 || value > 255 || *at != '.' || (digits > 1 && at[-(int)digits] == '0'))
		return NULL;
	*ret_ = (uint8_t)value;
	return at + 1;
}

static const char *take_v4(const char *at, struct addr *ret_)
{
	uint8_t octets[OCTETS];

	for (int i = OCTETS; i-- > 0;) {
		at = take_octet(at, &octets[i]);
		if (!at)
			return NULL;
	}
	*ret_ = addr_from_v4(octets);
	return at;
}

static const char *take_v6(const char *at, struct addr *ret_)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t bytes[NIBBLES / 2] = {0};

	for (int i = NIBBLES; i-- > 0; at += 2) {
		const char *digit = *at ? strchr(digits, *at) : NULL;

		if (!digit || at[1] != '.')
			return NULL;
		bytes[i / 2] |= (uint8_t)((digit - digits) << (i % 2 ? 0 : 4));
	}
	*ret_ = addr_from_v6(bytes);
	return at;
}

/* Finds the zone in the table; *zone then begins behind a key. */
static bool is_known(const char **zone)
{
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		const char *at = tail(*zone, lists[i].zone);

		if (!at)
			continue;
		if (at != *zone && !(lists[i].keyed && strchr(*zone, '.') == at - 1))
			continue;
		*zone = at;
		return true;
	}
	return false;
}

bool names_zone(const char *name, struct addr *ret_listed, const char **ret_zone, bool *ret_known)
{
	struct addr listed;
	const char *zone = take_v6(name, &listed);

	if (!zone)
		zone = take_v4(name, &listed);
	if (!zone || !strchr(zone, '.'))
		return false;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (tail(zone, others[i]))
			return false;
	*ret_known = is_known(&zone);
	*ret_zone = zone;
	*ret_listed = listed;
	return true;
}
