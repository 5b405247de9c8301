/*
 * The report as one page: no script, nothing from elsewhere, and a policy that says so.  It is
 * written as XML, too, so that any parser reads it.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "html.h"
#include "incident_page.h"
#include "query/delisting.h"
#include "query/notices.h"

#define NOTICES 12

/* An element with a text and nothing else; `tag` with its attributes. */
static void put(FILE *out, const char *tag, const char *text)
{
	fprintf(out, "<%s>", tag);
	html_text(out, text);
	fprintf(out, "</%.*s>\n", (int)strcspn(tag, " "), tag);
}

static void put_list(FILE *out, const char *tag, const struct list *list)
{
	char *const *items = list->items;

	fprintf(out, "<%s>\n", tag);
	for (size_t i = 0; i < list->count; i++)
		put(out, "li", items[i]);
	fprintf(out, "</%s>\n", tag);
}

static void put_head(FILE *out, const char *title)
{
	fprintf(out,
		"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		"style-src 'sha256-%s'; base-uri 'none'; form-action 'none'\"/>\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
		"<meta name=\"referrer\" content=\"no-referrer\"/>\n"
		"<meta name=\"robots\" content=\"noindex\"/>\n",
		incident_style_hash);
	put(out, "title", title);
	fprintf(out, "<style>%s</style>\n</head>\n<body>\n", incident_style);
}

static void put_fact(FILE *out, const char *name, const char *text)
{
	put(out, "dt", name);
	put(out, "dd", text);
}

static void put_facts(FILE *out, const struct incident_report *i)
{
	const struct incident_row *row = &i->incident.row;
	struct window w = incident_bounds(i);
	char text[256], from[MOMENT_TEXT], to[MOMENT_TEXT];

	fputs("<dl>\n", out);
	if (*row->address)
		put_fact(out, "Public address", row->address);
	text_print(text, sizeof(text), "%s by %s", incident_time(row->opened, from),
		   row->opened_by);
	put_fact(out, "Opened", text);
	if (row->closed == TIME_UNKNOWN)
		text_print(text, sizeof(text), "no, open until %s", incident_time(row->until, to));
	else
		text_print(text, sizeof(text), "%s by %s", incident_time(row->closed, to),
			   row->closed_by);
	put_fact(out, "Closed", text);
	text_print(text, sizeof(text), "%s to %s", incident_time(w.since, from),
		   incident_time(w.until, to));
	put_fact(out, "Covers", text);
	if (i->sensor)
		put_fact(out, "Sensor", i->sensor);
	fputs("</dl>\n", out);
}

static void put_summary(FILE *out, const struct incident_report *i)
{
	char *const *items = i->summary.items;

	put(out, "h2", "What happened");
	for (size_t at = 0; at < i->summary.count; at++)
		put(out, at ? "p" : "p class=\"lead\"", items[at]);
}

static void put_findings(FILE *out, const struct incident_report *i)
{
	const struct finding_row *rows = i->findings.rows.items;

	put(out, "h2", "Findings");
	for (size_t at = 0; at < i->findings.rows.count && at < INCIDENT_FINDINGS; at++) {
		fprintf(out, "<div class=\"finding%s\">\n",
			rows[at].kind >= FINDING_DEVICE ? " calm" : "");
		put(out, "p class=\"kind\"", rows[at].name);
		put(out, "p", rows[at].text);
		put(out, "p class=\"soft\"", rows[at].next);
		fputs("</div>\n", out);
	}
	if (incident_findings_more(i) > 0)
		fprintf(out, "<p>And %" PRId64 " more.</p>\n", incident_findings_more(i));
}

/* --- hosts ------------------------------------------------------------------------------------ */

static void put_number(FILE *out, int64_t n, const char *behind)
{
	fprintf(out, "<td class=\"number\">%" PRId64 "%s</td>", n, behind);
}

static void put_numbers(FILE *out, const struct offender *o)
{
	put_number(out, o->attempts, "");
	put_number(out, o->connected, "");
	if (o->messages.known)
		put_number(out, o->messages.value, "");
	else
		fputs("<td class=\"number\">-</td>", out);
	put_number(out, o->destinations, o->destinations_exact ? "" : "+");
	put_number(out, o->resets, "");
	if (o->killed.known)
		fprintf(out, "<td class=\"number\">%" PRId64 " of %" PRId64 "</td>",
			o->killed.value, o->killable);
	else
		fputs("<td class=\"number\">-</td>", out);
}

/* Where it was seen, and by what one knows it. */
static void put_place(FILE *out, const struct offender *o)
{
	char first[MOMENT_TEXT], last[MOMENT_TEXT];
	const char *between = "";

	fputs("<p class=\"soft\">", out);
	if (*o->mac)
		html_print(out, "MAC address %s", o->mac);
	else if (o->mac_note)
		html_print(out, "no MAC address: %s", o->mac_note);
	for (size_t i = 0; i < o->vlans.count; i++)
		html_print(out, "%s%d", i ? ", " : "; VLAN ", o->vlans.items[i]);
	html_print(out, "; seen from %s to %s", incident_time(o->first_seen, first),
		   incident_time(o->last_seen, last));
	if (o->helo.count > 0)
		fputs("; says HELO ", out);
	for (size_t i = 0; i < o->helo.count; i++, between = ", ") {
		fprintf(out, "%s<code>", between);
		html_text(out, ((char *const *)o->helo.items)[i]);
		fputs("</code>", out);
	}
	fputs("</p>\n", out);
}

static void put_host(FILE *out, const struct offender *o)
{
	char *const *reasons = o->reasons.items;
	char text[512], verdict[64];

	fputs("<tr class=\"first\"><td><b>", out);
	html_text(out, incident_host(o, text, sizeof(text)));
	fputs("</b></td><td>", out);
	html_text(out, incident_verdict(o, verdict));
	html_text(out, o->now_permitted ? ", now permitted" : "");
	fputs("</td>", out);
	put_numbers(out, o);
	fputs("</tr>\n<tr class=\"why\"><td colspan=\"8\">\n", out);
	put_place(out, o);
	if (o->reasons.count > 0) {
		fputs("<ul>\n", out);
		for (size_t i = 0; i < o->reasons.count && i < INCIDENT_REASONS; i++)
			put(out, "li", reasons[i]);
		fputs("</ul>\n", out);
	}
	fputs("</td></tr>\n", out);
}

static void put_hosts(FILE *out, const struct incident_report *i)
{
	static const char *const headings[] = {"Attempts",     "Connected", "Messages",
					       "Destinations", "Resets",    "Cut off"};
	const struct offenders *found = &i->incident.found;

	put(out, "h2", "Which hosts");
	if (found->count == 0) {
		put(out, "p", "None was seen.");
		return;
	}
	fputs("<table>\n<thead><tr><th scope=\"col\">Host</th><th scope=\"col\">Looks like</th>",
	      out);
	for (size_t at = 0; at < sizeof(headings) / sizeof(*headings); at++)
		fprintf(out, "<th scope=\"col\" class=\"number\">%s</th>", headings[at]);
	fputs("</tr></thead>\n<tbody>\n", out);
	for (size_t at = 0; at < found->count && at < INCIDENT_HOSTS; at++)
		put_host(out, &found->items[at]);
	fputs("</tbody>\n</table>\n", out);
	if (found->count > INCIDENT_HOSTS)
		fprintf(out,
			"<p>And %zu more: <code>egress25 incident show %" PRId64 "</code></p>\n",
			found->count - INCIDENT_HOSTS, i->incident.row.id);
}

/* --- blacklists ------------------------------------------------------------------------------- */

static void put_listing(FILE *out, const struct notice_row *n)
{
	const struct delisting *d = delisting_find(n->list ? n->list : "");
	char first[MOMENT_TEXT], last[MOMENT_TEXT];

	fputs("<p><b>", out);
	html_text(out, n->list);
	fputs("</b>", out);
	html_print(out,
		   ": %s, %s%s; heard %" PRId64 " time%s from %" PRId64 " server%s, from %s to "
		   "%s",
		   *n->address ? n->address : "no address named",
		   n->finding ? "confirmed" : "a claim, which anyone can forge",
		   n->policy ? ", for the kind of address, no sign of a bot" : "", n->heard,
		   text_s(n->heard), n->servers, text_s(n->servers),
		   incident_time(n->first_seen, first), incident_time(n->last_seen, last));
	if (d && d->url) {
		fputs(". Look it up: <a rel=\"noreferrer\" href=\"", out);
		html_text(out, d->url);
		fputs("\">", out);
		html_text(out, d->url);
		fputs("</a>", out);
	}
	fputs("</p>\n<blockquote>", out);
	html_print(out, "%s to %s: %s", n->server, n->client, n->reply ? n->reply : "");
	fputs("</blockquote>\n", out);
}

static void put_listings(FILE *out, const struct incident_report *i)
{
	const struct notice_row *rows = i->listings.items;

	put(out, "h2", "What the blacklists say");
	if (i->listings.count == 0)
		put(out, "p", "No mail server was heard to name one within this time.");
	for (size_t at = 0; at < i->listings.count && at < NOTICES; at++)
		put_listing(out, &rows[at]);
	if (i->listings.count > NOTICES)
		fprintf(out, "<p>And %zu more: <code>egress25 status</code></p>\n",
			i->listings.count - NOTICES);
}

/* --- all -------------------------------------------------------------------------------------- */

int incident_report_html(const struct incident_report *i, FILE *out)
{
	char title[INCIDENT_TITLE], made[MOMENT_TEXT];

	incident_title(&i->incident.row, title);
	put_head(out, title);
	put(out, "h1", title);
	put_facts(out, i);
	put_summary(out, i);
	put_findings(out, i);
	put(out, "h2", "Timeline");
	incident_svg(out, &i->timeline, &i->incident.found);
	put_hosts(out, i);
	put_listings(out, i);
	put(out, "h2", "What was done");
	put_list(out, "ul", &i->done);
	put(out, "h2", "What remains");
	put_list(out, "ul", &i->remains);
	put(out, "h2", "What to do next");
	put_list(out, "ol", &i->next);
	fputs("<footer>", out);
	html_print(out, "Made by egress25 at %s. All times are UTC. Numbers are of offences alone.",
		   incident_time(i->made, made));
	fputs("</footer>\n</body>\n</html>\n", out);
	errno = 0;
	if (fflush(out) == 0 && !ferror(out))
		return 0;
	return errno ? -errno : -EIO;
}
