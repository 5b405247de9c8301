#include "query/notices.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>

#include "base/moment.h"
#include "base/text.h"
#include "judge/notice.h"

#define AT(member) .offset = offsetof(struct notice_row, member)

const struct field notice_fields[] = {
	{"address", FIELD_CHARS, AT(address), .heading = "ADDRESS", .place = 1},
	{"list", FIELD_TEXT, AT(list), .heading = "LIST", .place = 2, .weight = 95, .least = 12},
	{"finding", FIELD_BOOL, AT(finding), .heading = "CONFIRMED", .place = 3, .weight = 90},
	{"policy", FIELD_BOOL, AT(policy), .heading = "POLICY", .place = 4, .weight = 50},
	{"first_seen", FIELD_TIME, AT(first_seen), .heading = "FIRST SEEN", .place = 5,
	 .weight = 30},
	{"last_seen", FIELD_TIME, AT(last_seen), .heading = "LAST SEEN", .place = 6, .weight = 80},
	{"heard", FIELD_INTEGER, AT(heard), .heading = "HEARD", .place = 7, .weight = 60,
	 .right = true},
	{"servers", FIELD_INTEGER, AT(servers), .heading = "SERVERS", .place = 8, .weight = 70,
	 .right = true},
	{"client", FIELD_CHARS, AT(client), .heading = "TOLD TO", .place = 9, .weight = 75},
	{"server", FIELD_CHARS, AT(server), .heading = "BY", .place = 10, .weight = 40},
	{"reply", FIELD_TEXT, AT(reply), .heading = "REPLY", .place = 11, .weight = 65,
	 .least = 20},
	{0},
};

/* Runs each keep their own: one row for a list and an address, if any is named, in the words heard
 * last.  An address that one run found is a finding whatever list others name.  Configured
 * addresses and findings come first: a stranger can make up as many claims as there is room for. */
static const char notices_sql[] =
	"SELECT * FROM (SELECT address, list, max(iif(address = '', 0, finding)) OVER a AS found,"
	" policy, min(first) OVER g, max(last) OVER g AS newest, total(max(heard, 0)) OVER g,"
	" max(voices) OVER g, client, server, reply, max(configured) OVER a AS ours,"
	/* in JSON; addresses hold nothing that is escaped there */
	" max(instr(clients, '\"' || ?1 || '\"')) OVER g AS told,"
	" row_number() OVER (PARTITION BY address, list ORDER BY last DESC, run DESC) AS place"
	" FROM listing"
	" WINDOW a AS (PARTITION BY address), g AS (PARTITION BY address, list))"
	" WHERE place = 1 AND (?1 IS NULL OR told > 0)"
	" ORDER BY ours DESC, found DESC, newest DESC, address, list";

static void take(sqlite3_stmt *s, struct notice_row *row)
{
	record_text(s, 0, row->address, sizeof(row->address));
	row->list = record_text_new(s, 1);
	row->finding = sqlite3_column_int(s, 2) != 0;
	row->policy = sqlite3_column_int(s, 3) != 0;
	row->first_seen = record_time(s, 4);
	row->last_seen = record_time(s, 5);
	row->heard = record_count(s, 6);
	row->servers = record_count(s, 7);
	record_text(s, 8, row->client, sizeof(row->client));
	record_text(s, 9, row->server, sizeof(row->server));
	row->reply = record_text_new(s, 10);
}

int notices_load(const struct record *r, const char *client, struct list *ret_)
{
	struct notice_row *rows = calloc(NOTICES_MOST, sizeof(*rows));
	struct list list = {.items = rows};
	sqlite3_stmt *s = record_prepare(r, notices_sql);
	int rc = 0;

	if (!rows || !s) {
		sqlite3_finalize(s);
		free(rows);
		return rows ? record_errno(r) : -ENOMEM;
	}
	sqlite3_bind_text(s, 1, client, -1, SQLITE_STATIC); /* NULL binds null */
	while (list.count < NOTICES_MOST && (rc = record_step(s)) > 0)
		take(s, &rows[list.count++]);
	rc = rc < 0 ? record_errno(r) : 0;
	sqlite3_finalize(s);
	if (rc < 0)
		notices_done(&list);
	else
		*ret_ = list;
	return rc;
}

void notices_done(struct list *list)
{
	const struct notice_row *rows = list->items;

	for (size_t i = 0; i < list->count; i++) {
		free(rows[i].list);
		free(rows[i].reply);
	}
	free((void *)list->items);
	*list = (struct list){0};
}

const char *notices_describe(const struct notice_row *row, char buf[NOTICES_TEXT])
{
	struct listing l = {
		.is_policy = row->policy,
		.finding = row->finding,
		.heard = (uint64_t)row->heard,
		.voices = row->servers < UINT32_MAX ? (uint32_t)row->servers : UINT32_MAX,
	};
	char words[LISTING_TEXT], last[MOMENT_TEXT];

	l.has_address = addr_parse(row->address, &l.address) == 0;
	addr_parse(row->client, &l.client);
	addr_parse(row->server, &l.server);
	text_print(l.list, sizeof(l.list), "%s", row->list ? row->list : "");
	return text_print(buf, NOTICES_TEXT, "%s, last at %s.", listing_describe(&l, words),
			  moment_format_local(row->last_seen, last));
}
