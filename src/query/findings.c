#include "query/findings.h"

#include <errno.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "judge/incident.h"
#include "query/texts.h"

static const char *const names[] = {
	[FINDING_SERVER_BOT] = "server bot",
	[FINDING_WORKSTATION] = "workstation",
	[FINDING_SERVER_CALLOUT] = "callout or bot",
	[FINDING_SERVER_ASIDE] = "server past smart host",
	[FINDING_DEVICE] = "device",
	[FINDING_NOBODY] = "nobody",
	[FINDING_UNSEEN] = "unseen",
};
_Static_assert(sizeof(names) / sizeof(*names) == FINDING_COUNT, "a name for each");

/* With a workstation of which too little is known. */
static const char next_unclear[] =
	"find out whose it is and which program on it sends: one that must goes by way of the mail "
	"server, one that nobody knows is a reason to treat it as infected";

/* What to do with a host; of the last two findings it depends on the incident. */
static const char *const next_steps[] = {
	[FINDING_SERVER_BOT] =
		"take it off the network, keep it for evidence, and look for the program that "
		"sends "
		"(as root on it: ss -tnp dport = :25); thaw it only when that is gone",
	[FINDING_WORKSTATION] =
		"take it off the network and clean or reinstall it, change the passwords that were "
		"used on it, then ask the lists for delisting",
	[FINDING_SERVER_CALLOUT] =
		"see which program it is (as root on it: ss -tnp dport = :25): recipient "
		"verification of the mail server is harmless, anything else is a bot",
	[FINDING_SERVER_ASIDE] = "see which program does so (as root on it: ss -tnp dport = :25): "
				 "a mail server that "
				 "is set up wrongly, or a bot; egress25 freeze tells them apart",
	[FINDING_DEVICE] =
		"point it to the mail server, or permit it by an allow entry; if nobody knows it, "
		"look at it as at an infected machine",
};
_Static_assert(sizeof(next_steps) / sizeof(*next_steps) == FINDING_NOBODY, "one for each host");

static int __attribute__((format(printf, 2, 3))) print_new(char **ret_, const char *format, ...)
{
	va_list list;
	int n;

	va_start(list, format);
	n = vasprintf(ret_, format, list);
	va_end(list);
	if (n < 0)
		*ret_ = NULL;
	return n < 0 ? -ENOMEM : 0;
}

/* --- what a mail server did while it was frozen ----------------------------------------------- */

struct frozen_sum {
	int64_t attempts, connected, messages, senders, encrypted;
	int64_t first, last;
};

/* Where nothing was frozen, later than anything. */
static int64_t frozen_since(const struct incident_row *row)
{
	return row->freeze ? incident_frozen(row) : INT64_MAX - INCIDENT_GRACE;
}

/* Senders but the empty one: MAIL FROM:<> is what verifies a recipient, too. */
static const char frozen_sql[] =
	"SELECT count(*), total(connected), total(max(coalesce(messages, 0), outcome = 'sent')),"
	" total(coalesce(senders, '[]') NOT IN ('[]', '[\"<>\"]')), total(outcome = 'encrypted'),"
	" min(started), max(started) FROM conn WHERE host = ?1 AND started >= ?2 AND started < ?3"
	" AND standing = 0 AND reason IN (?4, ?5)";

static int ask_frozen(const struct record *r, sqlite3_stmt *s, int64_t host,
		      struct frozen_sum *ret_)
{
	int rc;

	sqlite3_bind_int64(s, 1, host);
	rc = record_step(s);
	if (rc > 0)
		*ret_ = (struct frozen_sum){
			.attempts = record_count(s, 0),
			.connected = record_count(s, 1),
			.messages = record_count(s, 2),
			.senders = record_count(s, 3),
			.encrypted = record_count(s, 4),
			.first = record_time(s, 5),
			.last = record_time(s, 6),
		};
	rc = rc < 0 ? record_errno(r) : 0;
	sqlite3_reset(s);
	return rc;
}

static sqlite3_stmt *prepare_frozen(const struct record *r, const struct incident_row *row)
{
	sqlite3_stmt *s = record_prepare(r, frozen_sql);

	if (!s)
		return NULL;
	sqlite3_bind_int64(s, 2, frozen_since(row) + INCIDENT_GRACE);
	sqlite3_bind_int64(s, 3, incident_frozen_until(row));
	sqlite3_bind_text(s, 4, reason_text(REASON_FROZEN), -1, SQLITE_STATIC);
	sqlite3_bind_text(s, 5, reason_text(REASON_NO_SMART_HOST), -1, SQLITE_STATIC);
	return s;
}

/* --- which finding a host is ------------------------------------------------------------------ */

/* One offender, as far as it is known what it is; FINDING_COUNT: nothing. */
struct suspect {
	const struct offender *offender;
	enum finding kind;
	struct frozen_sum frozen;
};

static enum finding judge_server(const struct incident_row *row, const struct suspect *s)
{
	const struct frozen_sum *f = &s->frozen;

	if (f->attempts == 0) /* what the first minute held accuses nobody */
		return s->offender->first_seen < frozen_since(row) ? FINDING_SERVER_ASIDE
								   : FINDING_COUNT;
	return f->messages > 0 || f->senders > 0 ? FINDING_SERVER_BOT : FINDING_SERVER_CALLOUT;
}

static enum finding judge_host(const struct offender *o)
{
	if (o->now_permitted)
		return FINDING_COUNT;
	return !strcmp(o->verdict, "device") || !strcmp(o->verdict, "sender") ? FINDING_DEVICE
									      : FINDING_WORKSTATION;
}

static int judge_all(const struct record *r, const struct incident *i, const struct policy *policy,
		     struct suspect *suspects)
{
	sqlite3_stmt *s = i->row.freeze ? prepare_frozen(r, &i->row) : NULL;
	int rc = s || !i->row.freeze ? 0 : record_errno(r);

	for (size_t at = 0; at < i->found.count && rc == 0; at++) {
		struct suspect *u = &suspects[at];

		u->offender = &i->found.items[at];
		if (s)
			rc = ask_frozen(r, s, u->offender->host, &u->frozen);
		if (u->frozen.attempts > 0 ||
		    (policy && policy_is_mail_server(policy, &u->offender->parsed)))
			u->kind = u->offender->now_permitted ? FINDING_COUNT
							     : judge_server(&i->row, u);
		else
			u->kind = judge_host(u->offender);
	}
	sqlite3_finalize(s);
	return rc;
}

/* --- in words --------------------------------------------------------------------------------- */

/* "10.0.0.7 (pc-7, MAC address 02:00:00:00:00:07, VLAN 20)" */
static int name_machine(const struct offender *o, char **ret_)
{
	char more[512] = "", vlan[32] = "";

	if (o->vlans.count > 0)
		text_print(vlan, sizeof(vlan), "VLAN %d%s", o->vlans.items[0],
			   o->vlans.count > 1 ? " and others" : "");
	text_print(more, sizeof(more), "%s%s%s%s%s%s", o->name ? o->name : "",
		   o->name && (*o->mac || *vlan) ? ", " : "", *o->mac ? "MAC address " : "", o->mac,
		   *o->mac && *vlan ? ", " : "", vlan);
	return print_new(ret_, "%s%s%s%s", o->address, *more ? " (" : "", more, *more ? ")" : "");
}

static int describe_server(const struct suspect *s, const char *machine, char **ret_)
{
	const struct frozen_sum *f = &s->frozen;

	if (f->messages > 0)
		return print_new(
			ret_,
			"the mail server %s sent %" PRId64 " message%s in %" PRId64
			" connection%s while it was frozen: they were not in its queue, so "
			"it has a bot of its own",
			machine, f->messages, text_s(f->messages), f->attempts,
			text_s(f->attempts));
	if (f->senders > 0)
		return print_new(
			ret_,
			"the mail server %s began to send in %" PRId64 " of %" PRId64
			" connection%s while it was frozen, though no message was accepted: "
			"that was not its queue, so it has a bot of its own, unless its "
			"recipient verification names a sender",
			machine, f->senders, f->attempts, text_s(f->attempts));
	return print_new(ret_,
			 "the mail server %s connected %" PRId64 " time%s of %" PRId64
			 " attempt%s while it was frozen, and no message or sender was seen%s: "
			 "callout or bot",
			 machine, f->connected, text_s(f->connected), f->attempts,
			 text_s(f->attempts),
			 f->encrypted > 0 ? ", but some went on encrypted" : "");
}

static int describe_host(const struct offender *o, const char *machine, char **ret_)
{
	const char *reason = o->reasons.count ? ((char *const *)o->reasons.items)[0] : NULL;
	char sent[64] = "", thought[64] = "";

	if (o->messages.known && o->messages.value > 0)
		text_print(sent, sizeof(sent), ", %" PRId64 " message%s accepted",
			   o->messages.value, text_s(o->messages.value));
	if (*o->verdict)
		text_print(thought, sizeof(thought), "; it looks like: %s", o->verdict);
	return print_new(ret_,
			 "%s tried %" PRId64 " time%s to send past the mail server to %" PRId64
			 "%s destination%s: %" PRId64 " connected%s%s%s%s%s",
			 machine, o->attempts, text_s(o->attempts), o->destinations,
			 o->destinations_exact ? "" : " or more", text_s(o->destinations),
			 o->connected, sent, thought, reason ? " (" : "", reason ? reason : "",
			 reason ? ")" : "");
}

static const char *choose_next(const struct suspect *s)
{
	if (s->kind == FINDING_WORKSTATION && strcmp(s->offender->verdict, "bot") != 0)
		return next_unclear;
	return next_steps[s->kind];
}

static int fill_texts(const struct suspect *s, struct finding_row *row)
{
	char *machine = NULL;
	int rc = name_machine(s->offender, &machine);

	if (rc == 0 && (s->kind == FINDING_SERVER_BOT || s->kind == FINDING_SERVER_CALLOUT))
		rc = describe_server(s, machine, &row->text);
	else if (rc == 0)
		rc = describe_host(s->offender, machine, &row->text);
	if (rc == 0)
		rc = print_new(&row->next, "%s", choose_next(s));
	if (rc == 0 && s->offender->name)
		rc = print_new(&row->host, "%s", s->offender->name);
	if (rc == 0 && *s->offender->verdict)
		rc = print_new(&row->verdict, "%s", s->offender->verdict);
	free(machine);
	return rc;
}

static int fill_row(const struct suspect *s, struct finding_row *row)
{
	const struct offender *o = s->offender;

	*row = (struct finding_row){
		.kind = s->kind,
		.name = names[s->kind],
		.attempts = o->attempts,
		.connected = o->connected,
		.messages = o->messages,
		.first_seen = o->first_seen,
		.last_seen = o->last_seen,
	};
	text_print(row->address, sizeof(row->address), "%s", o->address);
	if (s->frozen.attempts > 0) {
		row->attempts = s->frozen.attempts;
		row->connected = s->frozen.connected;
		row->messages = (struct maybe){.known = true, .value = s->frozen.messages};
		row->first_seen = s->frozen.first;
		row->last_seen = s->frozen.last;
	}
	return fill_texts(s, row);
}

/* --- nobody ----------------------------------------------------------------------------------- */

static const char nobody_frozen[] =
	"nobody sent: no bot at work within this time, while the mail server was frozen";
static const char nobody_watched[] =
	"nobody was seen to send past the mail server; whether it has a bot of its own was not "
	"tried, since it was not frozen";
static const char nobody_next[] =
	"look at the mail server itself, for relay abuse (a stolen password, an open relay, a web "
	"form: its log names the account) and backscatter (bounces to forged senders); and repeat "
	"this at another hour, since bots sleep";
static const char unseen_text[] =
	"nobody who would explain a listing was seen, but not all of it was "
	"watched, so nobody is cleared";
static const char unseen_next[] = "mend what kept the monitor from seeing, and repeat this";

/* Said of those beside the hosts that were found harmless, which a few minutes may mistake. */
static const char nobody_beside[] =
	"nobody who looks like a bot was seen to send past the mail server; the hosts above look "
	"harmless, as far as what was seen of them tells";

static const char *choose_nobody(const struct findings *f, const struct incident_row *i)
{
	if (f->watching.blind.count > 0)
		return unseen_text;
	if (f->rows.count > 1) /* itself */
		return nobody_beside;
	return i->freeze ? nobody_frozen : nobody_watched;
}

static int fill_nobody(const struct findings *f, const struct incident_row *i,
		       struct finding_row *row)
{
	bool blind = f->watching.blind.count > 0;
	enum finding kind = blind ? FINDING_UNSEEN : FINDING_NOBODY;
	int rc;

	*row = (struct finding_row){
		.kind = kind,
		.name = names[kind],
		.first_seen = TIME_UNKNOWN,
		.last_seen = TIME_UNKNOWN,
	};
	rc = print_new(&row->text, "%s", choose_nobody(f, i));
	return rc < 0 ? rc : print_new(&row->next, "%s", blind ? unseen_next : nobody_next);
}

/* --- all of them ------------------------------------------------------------------------------ */

/* The mail server's first minute accuses nobody, so it clears nobody either. */
static int note_short_freeze(const struct incident_row *row, int64_t end, struct findings *f)
{
	if (!row->freeze || end > frozen_since(row) + INCIDENT_GRACE)
		return 0;
	return texts_print(&f->watching.blind, SIZE_MAX,
			   "the freeze lasted less than the 60 s in which nothing accuses a mail "
			   "server");
}

static int load_watching(const struct record *r, const struct incident_row *row, int64_t now,
			 struct findings *f)
{
	int64_t end = row->closed == TIME_UNKNOWN || row->closed > now ? now : row->closed;
	int rc;

	if (row->freeze && incident_frozen_until(row) < end)
		end = incident_frozen_until(row);
	rc = watching_load(r, row->freeze ? frozen_since(row) : row->since, end, &f->watching);

	return rc < 0 ? rc : note_short_freeze(row, end, f);
}

static int collect(const struct incident *i, const struct suspect *suspects, struct findings *f)
{
	struct finding_row *rows = (struct finding_row *)f->rows.items;
	bool explained = false;
	int rc = 0;

	for (int kind = 0; kind < FINDING_NOBODY; kind++)
		for (size_t at = 0; at < i->found.count && rc == 0; at++) {
			if (suspects[at].kind != (enum finding)kind)
				continue;
			explained |= kind != FINDING_DEVICE;
			if (f->rows.count == FINDINGS_MOST)
				f->more++;
			else
				rc = fill_row(&suspects[at], &rows[f->rows.count++]);
		}
	if (rc == 0 && !explained)
		rc = fill_nobody(f, &i->row, &rows[f->rows.count++]);
	return rc;
}

int findings_load(const struct record *r, const struct incident *i, const struct policy *policy,
		  int64_t now, struct findings *ret_)
{
	struct suspect *suspects = calloc(i->found.count + 1, sizeof(*suspects));
	struct findings f = {.rows.items = calloc(FINDINGS_MOST + 1, sizeof(struct finding_row))};
	int rc = suspects && f.rows.items ? 0 : -ENOMEM;

	if (rc == 0)
		rc = judge_all(r, i, policy, suspects);
	if (rc == 0)
		rc = load_watching(r, &i->row, now, &f);
	if (rc == 0)
		rc = collect(i, suspects, &f);
	free(suspects);
	if (rc < 0)
		findings_done(&f);
	else
		*ret_ = f;
	return rc;
}

void findings_done(struct findings *f)
{
	const struct finding_row *rows = f->rows.items;

	for (size_t i = 0; i < f->rows.count; i++) {
		free(rows[i].host);
		free(rows[i].verdict);
		free(rows[i].text);
		free(rows[i].next);
	}
	free((void *)f->rows.items);
	watching_done(&f->watching);
	*f = (struct findings){0};
}
