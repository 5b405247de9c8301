/* What else is known of each offender, and whether today's policy permits what it did. */
#include "offender_load.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "judge/schema.h"
#include "query/texts.h"
#include "query/verdict.h"

#define HELOS_MOST 16

static void add_vlan(struct numbers *n, int vlan)
{
	size_t at = n->count;

	if (vlan < 0)
		return;
	for (size_t i = 0; i < n->count; i++)
		if (n->items[i] == vlan)
			return;
	if (n->count == NUMBERS_MOST)
		return;
	for (; at > 0 && n->items[at - 1] > vlan; at--)
		n->items[at] = n->items[at - 1];
	n->items[at] = (uint16_t)vlan;
	n->count++;
}

int vlan_innermost(const char *tags)
{
	const char *dot = strrchr(tags, '.');
	long vlan;
	char *end;

	tags = dot ? dot + 1 : tags;
	vlan = strtol(tags, &end, 10);
	return end == tags || *end || vlan < 0 || vlan > 65535 ? -1 : (int)vlan;
}

/* Those that were seen within the window, where there are any; else all. */
static const char identity_sql[] =
	"SELECT mac, vlan, name, EXISTS(SELECT 1 FROM router r WHERE r.mac = i.mac),"
	" first_seen < ?3 AND last_seen >= ?2 AS within FROM identity i WHERE host = ?1"
	" ORDER BY within DESC, mac <> '' DESC, " SCHEMA_DISTANCE ", last_seen DESC";

static void take_identity(struct offender *o, sqlite3_stmt *s, bool first)
{
	char mac[MAC_TEXT], tags[64];

	record_text(s, 0, mac, sizeof(mac));
	record_text(s, 1, tags, sizeof(tags));
	if (first && !*mac)
		o->mac_note = "its frames carried no MAC address";
	else if (first && sqlite3_column_int(s, 3))
		o->mac_note = "it is behind a router, whose MAC address its frames carry";
	else if (first)
		text_print(o->mac, sizeof(o->mac), "%s", mac);
	add_vlan(&o->vlans, vlan_innermost(tags));
	if (!o->name)
		o->name = record_text_new(s, 2);
}

static int load_identity(const struct load *l, struct offender *o, sqlite3_stmt *s)
{
	bool first = true, within = false;
	int rc;

	o->mac_note = "no frame of its own was recorded";
	sqlite3_bind_int64(s, 1, o->host);
	sqlite3_bind_int64(s, 2, l->window->since);
	sqlite3_bind_int64(s, 3, l->window->until);
	while ((rc = record_step(s)) > 0) {
		if (first)
			within = sqlite3_column_int(s, 4);
		else if (within && !sqlite3_column_int(s, 4))
			break;
		if (first)
			o->mac_note = NULL;
		take_identity(o, s, first);
		first = false;
	}
	sqlite3_reset(s);
	return rc < 0 ? rc : 0;
}

static int load_address(struct offender *o, sqlite3_stmt *s)
{
	int rc;

	sqlite3_bind_int64(s, 1, o->host);
	rc = record_step(s);
	if (rc > 0) {
		record_text(s, 0, o->address, sizeof(o->address));
		addr_parse(o->address, &o->parsed);
	}
	sqlite3_reset(s);
	return rc < 0 ? rc : 0;
}

/* Its HELO names, as far as they were heard within the window. */
static const char helo_sql[] = "SELECT name FROM helo WHERE host = ?1 AND first_seen < ?3"
			       " AND last_seen >= ?2 ORDER BY first_seen, name";

static int load_helo(const struct load *l, struct offender *o, sqlite3_stmt *s)
{
	sqlite3_bind_int64(s, 1, o->host);
	sqlite3_bind_int64(s, 2, l->window->since);
	sqlite3_bind_int64(s, 3, l->window->until);
	return texts_collect(l->record, s, HELOS_MOST, &o->helo);
}

static int load_verdict(struct offender *o, sqlite3_stmt *s, sqlite3_stmt *each)
{
	int rc;

	sqlite3_bind_int64(s, 1, o->host);
	rc = record_step(s);
	if (rc > 0) {
		double score = sqlite3_column_double(s, 1);

		record_text(s, 0, o->verdict, sizeof(o->verdict));
		o->score = (struct maybe_real){
			.known = sqlite3_column_type(s, 1) == SQLITE_FLOAT && score >= 0 &&
				 score <= 1,
			.value = score,
		};
		texts_take(each, s, 2, VERDICT_REASONS, &o->reasons);
	}
	sqlite3_reset(s);
	return rc < 0 ? rc : 0;
}

static const char contact_sql[] =
	"SELECT s.address, c.port FROM contact_sum c CROSS JOIN server s ON s.id = c.server"
	" WHERE c.span = 0 AND c.start = 0 AND c.standing = 0 AND c.host = ?1"
	" UNION ALL SELECT 'others', 0 FROM host_sum"
	" WHERE span = 0 AND start = 0 AND standing = 0 AND host = ?1 AND folded > 0";

/* Whether the offence of this row would be one today; so would be what is no longer known. */
static bool row_offends(const struct load *l, const struct offender *o, sqlite3_stmt *s)
{
	int64_t port = sqlite3_column_int64(s, 1);
	struct judgement judgement;
	struct addr server;
	char text[ADDR_TEXT];

	record_text(s, 0, text, sizeof(text));
	if (addr_parse(text, &server) < 0 || port < 1 || port > 65535)
		return true;
	policy_judge(l->policy, &o->parsed, &server, (uint16_t)port, l->now, &judgement);
	return judgement.standing == STANDING_OFFENCE;
}

/* Mail servers were frozen while it did what it may not: a minute is granted, see incident.h. */
static const char frozen_sql[] =
	"SELECT EXISTS(SELECT 1 FROM incident WHERE freeze <> 0 AND opened <= ?2 - 60000000"
	" AND coalesce(closed, until) >= ?1)";

/* 1 where today's policy says nothing of a mail server's offences, for they were made by a freeze;
 * 0; or negative. */
static int was_frozen(const struct load *l, const struct offender *o, sqlite3_stmt *s)
{
	int rc;

	if (!policy_is_mail_server(l->policy, &o->parsed))
		return 0;
	sqlite3_bind_int64(s, 1, o->first_seen);
	sqlite3_bind_int64(s, 2, o->last_seen);
	rc = record_step(s);
	if (rc > 0)
		rc = sqlite3_column_int(s, 0) != 0;
	sqlite3_reset(s);
	return rc;
}

static int judge_today(const struct load *l, struct offender *o, sqlite3_stmt *s,
		       sqlite3_stmt *frozen)
{
	bool offends = false, any = false;
	int rc;

	if (!l->policy || o->attempts == 0 || !*o->address)
		return 0;
	rc = was_frozen(l, o, frozen);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	if (policy_permits_all(l->policy, &o->parsed, l->now)) {
		o->now_permitted = true;
		return 0;
	}
	sqlite3_bind_int64(s, 1, o->host);
	while (!offends && (rc = record_step(s)) > 0) {
		any = true;
		offends = row_offends(l, o, s);
	}
	sqlite3_reset(s);
	o->now_permitted = any && !offends;
	return !offends && rc < 0 ? rc : 0;
}

/* What is asked of each offender. */
struct questions {
	sqlite3_stmt *address, *identity, *contact, *helo, *verdict, *texts, *frozen;
};

static int ask_details(const struct load *l, struct offender *o, const struct questions *q)
{
	int rc = load_address(o, q->address);

	if (rc == 0)
		rc = load_identity(l, o, q->identity);
	if (rc == 0)
		rc = load_helo(l, o, q->helo);
	if (rc == 0)
		rc = load_verdict(o, q->verdict, q->texts);
	return rc < 0 ? rc : judge_today(l, o, q->contact, q->frozen);
}

int offender_load_details(struct load *l)
{
	struct questions q = {
		.address = record_prepare(l->record, "SELECT address FROM host WHERE id = ?1"),
		.identity = record_prepare(l->record, identity_sql),
		.contact = record_prepare(l->record, contact_sql),
		.helo = record_prepare(l->record, helo_sql),
		.verdict = record_prepare(l->record, "SELECT verdict, score, reasons FROM verdict"
						     " WHERE host = ?1"),
		.texts = texts_prepare(l->record),
		.frozen = record_prepare(l->record, frozen_sql),
	};
	int rc = q.address && q.identity && q.contact && q.helo && q.verdict && q.texts && q.frozen
			 ? 0
			 : record_errno(l->record);

	for (size_t i = l->first; i < l->into->count && rc == 0; i++)
		rc = ask_details(l, &l->into->items[i], &q);
	sqlite3_finalize(q.address);
	sqlite3_finalize(q.identity);
	sqlite3_finalize(q.contact);
	sqlite3_finalize(q.helo);
	sqlite3_finalize(q.verdict);
	sqlite3_finalize(q.texts);
	sqlite3_finalize(q.frozen);
	return rc;
}
