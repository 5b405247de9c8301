#include "query/delisting.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

static const struct delisting known[] = {
	{"spamhaus.org", "https://check.spamhaus.org/",
	 "look up the address, whose page says when and with which HELO name it was caught, and "
	 "ask "
	 "for removal there"},
	{"abuseat.org", "https://check.spamhaus.org/", "the CBL is Spamhaus' XBL now"},
	{"Barracuda", "https://www.barracudacentral.org/rbl/removal-request",
	 "fill in the form for removal"},
	{"barracudacentral.org", "https://www.barracudacentral.org/rbl/removal-request",
	 "fill in the form for removal"},
	{"spamcop.net", "https://www.spamcop.net/bl.shtml",
	 "it ends by itself about a day after the last report"},
	{"uceprotect.net", "https://www.uceprotect.net/en/rblcheck.php",
	 "level 1 ends by itself 7 days after the last hit; levels 2 and 3 list the provider"},
	{"backscatterer.org", "https://www.backscatterer.org/",
	 "bounces or sender callouts, no bot: it ends by itself weeks after the last"},
	{"psbl.surriel.com", "https://psbl.org/", "remove it there"},
	{"Proofpoint", "https://ipcheck.proofpoint.com/", "look up the address and ask there"},
	{"Cloudmark", "https://csi.cloudmark.com/", "ask for a reset there"},
	{"Cisco Talos", "https://talosintelligence.com/reputation_center",
	 "look up the address; its standing mends with time"},
	{"gbudb.net", NULL, "it ends by itself within days; nothing can be asked for"},
	{"s5h.net", NULL,
	 "one request from the listed address removes it: "
	 "curl -4 http://www.usenix.org.uk/content/rblremove"},
	{"sorbs.net", NULL,
	 "the list was shut down in 2024: tell the server's operator to take it out"},
	{"manitu.net", NULL,
	 "the list was shut down in 2025: tell the server's operator to take it out"},
	{"local list", NULL, "write to the postmaster of the server that refused the mail"},
	{"missing PTR", NULL, "have the provider set a name for the address in the reverse DNS"},
};

/* The list itself, or what stands within it: zen.spamhaus.org of spamhaus.org. */
static int is_of(const char *list, const char *end)
{
	size_t a = strlen(list), b = strlen(end);

	return a >= b && strcasecmp(list + a - b, end) == 0 && (a == b || list[a - b - 1] == '.');
}

const struct delisting *delisting_find(const char *list)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (is_of(list, known[i].list))
			return &known[i];
	return NULL;
}
