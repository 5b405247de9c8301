#include "incident_words.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "query/delisting.h"
#include "query/notices.h"
#include "query/texts.h"

#define TEXTS_MOST  64
#define LISTS_MOST  8
#define RECENT	    (10 * MOMENT_MINUTE)
#define KILLED_GOOD 90 /* per cent */

#define say(list, ...) texts_print(list, TEXTS_MOST, __VA_ARGS__)

/* --- what happened ---------------------------------------------------------------------------- */

static int tell_whole(struct incident_report *i)
{
	size_t hosts = i->incident.found.count;
	struct window w = incident_bounds(i);
	char from[MOMENT_TEXT], to[MOMENT_TEXT];

	incident_time(w.since, from);
	incident_time(w.until, to);
	if (hosts == 0)
		return say(&i->summary,
			   "Between %s and %s no machine inside the network was seen to send mail "
			   "to the Internet past the mail server.",
			   from, to);
	return say(&i->summary,
		   "Between %s and %s %zu machine%s inside the network sent mail, or tried to, to "
		   "the Internet past the mail server: %" PRId64 " attempt%s, of which %" PRId64
		   " reached a server there and %" PRId64 " message%s were seen to be accepted.",
		   from, to, hosts, text_s((int64_t)hosts), i->attempts, text_s(i->attempts),
		   i->connected, i->messages, text_s(i->messages));
}

static const char *explain_verdict(const char *verdict)
{
	if (strcmp(verdict, "bot") == 0)
		return "It behaves like a program that sends spam.";
	if (strcmp(verdict, "device") == 0)
		return "It behaves like a device, a printer say, that sends notes of its own.";
	if (strcmp(verdict, "sender") == 0)
		return "It behaves like a mail server, or an application that sends, of which "
		       "nobody had told egress25.";
	return "Too little of it was seen to say what it is.";
}

static int tell_first(struct incident_report *i)
{
	const struct offender *o = i->incident.found.items;
	char name[512], place[64] = "", mac[64] = "", first[MOMENT_TEXT], last[MOMENT_TEXT];

	if (i->pressing == 0)
		return 0;
	if (o->vlans.count > 0)
		text_print(place, sizeof(place), " in VLAN %d", o->vlans.items[0]);
	if (*o->mac)
		text_print(mac, sizeof(mac), " with the MAC address %s", o->mac);
	return say(&i->summary,
		   "The most conspicuous is %s%s%s: it made %" PRId64 " attempt%s to %" PRId64
		   "%s server%s between %s and %s. %s",
		   incident_host(o, name, sizeof(name)), mac, place, o->attempts,
		   text_s(o->attempts), o->destinations, o->destinations_exact ? "" : " or more",
		   text_s(o->destinations), incident_time(o->first_seen, first),
		   incident_time(o->last_seen, last), explain_verdict(o->verdict));
}

static int tell_listings(struct incident_report *i)
{
	const struct notice_row *row = i->listings.items;
	char first[MOMENT_TEXT];

	if (i->listings.count == 0)
		return 0;
	return say(
		&i->summary,
		"Mail servers on the Internet refused mail in these hours because %s%s%s is on a "
		"blacklist: %s, first heard of at %s%s.",
		*row->address ? "the public address " : "an address of ours", row->address,
		row->finding ? "" : ", as they say,", row->list ? row->list : "",
		incident_time(row->first_seen, first), i->listings.count > 1 ? ", and others" : "");
}

static int tell_summary(struct incident_report *i)
{
	int rc = tell_whole(i);

	if (rc == 0)
		rc = tell_first(i);
	return rc < 0 ? rc : tell_listings(i);
}

/* --- what was done ---------------------------------------------------------------------------- */

static int tell_resets(struct incident_report *i)
{
	int64_t killed = i->incident.killed.known ? i->incident.killed.value : 0;
	bool asked = i->incident.row.reset;

	if (i->incident.resets == 0)
		return say(&i->done, "%s",
			   asked ? "Resets were asked for, and none was sent."
				 : "No connection was reset.");
	return say(&i->done,
		   "Connections of these machines were reset: %" PRId64 " reset segment%s sent; of "
		   "%" PRId64 " established connection%s %" PRId64 " were cut before the server "
		   "took anything more%s.",
		   i->incident.resets, text_s(i->incident.resets), i->killable, text_s(i->killable),
		   killed,
		   i->killable == 0 || killed >= (int64_t)((double)i->killable * KILLED_GOOD / 100)
			   ? ""
			   : ", which is too few: see egress25 status");
}

static int tell_freeze(struct incident_report *i)
{
	const struct incident_row *row = &i->incident.row;
	char from[MOMENT_TEXT], to[MOMENT_TEXT], by[2 * INCIDENT_HOST] = "";
	int64_t until = incident_frozen_until(row);

	if (!row->freeze)
		return say(&i->done,
			   "The mail server was not frozen, so whether it sends by itself "
			   "was not tried.");
	if (*row->mta)
		text_print(by, sizeof(by), " (%s%s%s)", row->mta, *row->mta_host ? " on " : "",
			   row->mta_host);
	return say(&i->done,
		   "The mail server%s was frozen from %s %s %s: what was sent to the Internet "
		   "meanwhile did not come from its queue.",
		   by, incident_time(incident_frozen(row), from),
		   until <= i->end ? "to" : "and is to be until", incident_time(until, to));
}

static int tell_done(struct incident_report *i)
{
	int rc = tell_resets(i);

	if (rc == 0)
		rc = tell_freeze(i);
	if (rc == 0 && *i->incident.row.effect)
		rc = say(&i->done, "The monitor's own word for it: %s.", i->incident.row.effect);
	return rc;
}

/* --- what remains ----------------------------------------------------------------------------- */

static int64_t recent_hosts(const struct incident_report *i)
{
	int64_t count = 0;

	for (size_t at = 0; at < i->incident.found.count; at++)
		count += i->incident.found.items[at].last_seen >= i->end - RECENT &&
			 !i->incident.found.items[at].now_permitted;
	return count;
}

/* By the command, whose recipe would know. */
static bool is_left_frozen(const struct incident_report *i)
{
	const struct incident_row *row = &i->incident.row;

	return row->freeze && *row->mta && row->thawed == TIME_UNKNOWN &&
	       incident_frozen_until(row) <= i->end;
}

static int tell_still(struct incident_report *i)
{
	int64_t recent = recent_hosts(i);
	int rc = 0;

	if (i->incident.row.closed == TIME_UNKNOWN)
		rc = say(&i->remains, "The incident is still open: these numbers are not final.");
	if (rc == 0 && is_left_frozen(i))
		rc = say(&i->remains, "%s",
			 "That the mail server was thawed is not proven: run egress25 thaw.");
	if (rc == 0 && recent > 0)
		rc = say(&i->remains, "%" PRId64 " machine%s tried within its last 10 minutes.",
			 recent, text_s(recent));
	if (rc == 0 && i->later_attempts > 0)
		rc = say(&i->remains,
			 "After its end %" PRId64 " machine%s made %" PRId64
			 " further attempt%s past the mail server.",
			 i->later_hosts, text_s(i->later_hosts), i->later_attempts,
			 text_s(i->later_attempts));
	if (rc == 0 && i->open > 0)
		rc = say(&i->remains, "%" PRId64 " of the connections are still open.", i->open);
	return rc;
}

static int tell_blind(struct incident_report *i)
{
	char *const *blind = i->watching.blind.items;
	int rc = 0;

	for (size_t at = 0; at < i->watching.blind.count && rc == 0; at++)
		rc = say(&i->remains, "Not all was seen: %s.", blind[at]);
	if (rc == 0 && i->remains.count == 0)
		rc = say(&i->remains, "%s",
			 "Nothing is known to be left: no machine tried in the last minutes, and "
			 "the "
			 "monitor saw well.");
	return rc;
}

/* --- what to do now --------------------------------------------------------------------------- */

static bool is_told(const struct finding_row *rows, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (strcmp(rows[i].next, rows[at].next) == 0)
			return true;
	return false;
}

/* Each advice once, with the first of those whom it is for. */
static int advise_findings(struct incident_report *i)
{
	const struct finding_row *rows = i->findings.rows.items;
	int rc = 0;

	for (size_t at = 0; at < i->findings.rows.count && rc == 0; at++)
		if (!is_told(rows, at))
			rc = say(&i->next, "%s%s%s: %s.", rows[at].name,
				 *rows[at].address ? " " : "", rows[at].address, rows[at].next);
	return rc;
}

static int advise_rules(struct incident_report *i)
{
	if (i->pressing == 0)
		return 0;
	return say(&i->next,
		   "block port 25 at the firewall for all but the mail servers: egress25 rules "
		   "FIREWALL prints the rules, with --incident %" PRId64 " in their comments.",
		   i->incident.row.id);
}

static int advise_delisting(struct incident_report *i)
{
	const struct notice_row *rows = i->listings.items;
	int rc = 0;

	for (size_t at = 0; at < i->listings.count && at < LISTS_MOST && rc == 0; at++) {
		const char *list = rows[at].list ? rows[at].list : "";
		const struct delisting *d = delisting_find(list);
		const char *address = *rows[at].address ? rows[at].address : "the public address";

		if (d && d->url)
			rc = say(&i->next, "when that is done, have %s taken off %s at %s: %s.",
				 address, list, d->url, d->advice);
		else if (d)
			rc = say(&i->next, "%s on %s: %s.", address, list, d->advice);
		else
			rc = say(&i->next,
				 "when that is done, ask the operator of %s to take off %s.", list,
				 address);
	}
	return rc;
}

int incident_words(struct incident_report *i)
{
	int rc = tell_summary(i);

	if (rc == 0)
		rc = tell_done(i);
	if (rc == 0)
		rc = tell_still(i);
	if (rc == 0)
		rc = tell_blind(i);
	if (rc == 0)
		rc = advise_findings(i);
	if (rc == 0)
		rc = advise_rules(i);
	return rc < 0 ? rc : advise_delisting(i);
}
