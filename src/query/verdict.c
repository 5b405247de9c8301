#include "query/verdict.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>

#include "judge/evidence.h"
#include "query/texts.h"

#define AT(member) .offset = offsetof(struct ledger_row, member)

const struct field ledger_fields[] = {
	{"reason", FIELD_TEXT, AT(reason), .heading = "REASON", .place = 2, .weight = 80},
	{"weight", FIELD_REAL, AT(weight), .heading = "WEIGHT", .place = 1, .weight = 95,
	 .right = true},
	{"text", FIELD_TEXT, AT(text), .heading = "FIGURES", .place = 3, .weight = 99,
	 .wraps = true, .least = 36},
	{0},
};

#define TEXT_OF(x)   #x
#define NUMBER_OF(x) TEXT_OF(x)
#define BOT_FROM     NUMBER_OF(VERDICT_BOT_FROM)

const char ledger_note[] =
	"The weights add up to the log odds above; from " BOT_FROM " on a host is called a bot."
	" What was seen and does not weigh has 0.00. Figures fade by half in a day, and repeats"
	" within ten minutes count for little: they may be less than all that it ever did.";

static struct maybe_real real_column(sqlite3_stmt *s, int column)
{
	double value = sqlite3_column_double(s, column);
	int type = sqlite3_column_type(s, column);

	/* Whoever wrote the record may have written anything. */
	return (struct maybe_real){
		.known = (type == SQLITE_FLOAT || type == SQLITE_INTEGER) && value > -1e6 &&
			 value < 1e6,
		.value = value,
	};
}

/* "10.0.0.25 (bot 0.93): " with what is thought of it, where that is known. */
#define ABOUT                                                                                      \
	"h.address || iif(typeof(v.score) = 'real' AND v.score BETWEEN 0 AND 1,"                   \
	" ' (' || substr(v.verdict, 1, 16) || printf(' %.2f)', v.score), '') || ': ' || "
#define JUDGED                                                                                     \
	" FROM host_sum a CROSS JOIN verdict v ON v.host = a.host"                                 \
	" CROSS JOIN host h ON h.id = v.host"
#define PERMITTED " WHERE a.span = 0 AND a.start = 0 AND a.standing = 1"

/* By way of the hosts that have something permitted: mail servers and the like, so they are few. */
static const char remarks_sql[] =
	"SELECT " ABOUT "e.value, v.observed AS observed, h.address AS address" JUDGED ","
	" json_each(iif(json_valid(v.remarks), v.remarks, '[]')) e" PERMITTED
	" AND v.remarks <> '[]' AND e.type = 'text'"
	" UNION ALL SELECT " ABOUT "'behaves like a bot' ||"
	" iif(json_valid(v.reasons) AND json_type(v.reasons, '$[0]') = 'text',"
	" ': ' || json_extract(v.reasons, '$[0]'), ''), v.observed, h.address" JUDGED PERMITTED
	" AND v.verdict = 'bot' AND NOT EXISTS(SELECT 1 FROM host_sum o WHERE o.span = 0"
	" AND o.start = 0 AND o.standing = 0 AND o.host = v.host)"
	" ORDER BY observed DESC, address LIMIT 64";

int remarks_load(const struct record *r, struct list *ret_)
{
	sqlite3_stmt *s = record_prepare(r, remarks_sql);
	int rc = s ? texts_collect(r, s, REMARKS_MOST, ret_) : record_errno(r);

	sqlite3_finalize(s);
	return rc;
}

static int load_terms(const struct record *r, int64_t host, struct list *list)
{
	struct ledger_row *rows = calloc(VERDICT_REASONS, sizeof(*rows));
	sqlite3_stmt *s = record_prepare(
		r, "SELECT json_extract(e.value, '$.reason'), json_extract(e.value, '$.text'),"
		   " json_extract(e.value, '$.weight') FROM verdict v,"
		   " json_each(iif(json_valid(v.ledger), v.ledger, '[]')) e"
		   " WHERE v.host = ?1 AND e.type = 'object'");
	int rc = 0;

	list->items = rows;
	if (!rows || !s) {
		sqlite3_finalize(s);
		return rows ? record_errno(r) : -ENOMEM;
	}
	sqlite3_bind_int64(s, 1, host);
	while (list->count < VERDICT_REASONS && (rc = record_step(s)) > 0)
		rows[list->count++] = (struct ledger_row){
			.reason = record_text_new(s, 0),
			.text = record_text_new(s, 1),
			.weight = real_column(s, 2),
		};
	sqlite3_finalize(s);
	return rc < 0 ? record_errno(r) : 0;
}

int ledger_load(const struct record *r, int64_t host, struct ledger_sheet *ret_)
{
	sqlite3_stmt *s = record_prepare(
		r, "SELECT log_odds, iif(EXISTS(SELECT 1 FROM host_sum a WHERE a.span = 0"
		   " AND a.start = 0 AND a.standing = 1 AND a.host = v.host),"
		   " remarks, '[]') FROM verdict v WHERE host = ?1");
	sqlite3_stmt *each = texts_prepare(r);
	struct ledger_sheet sheet = {0};
	int rc = s && each ? 0 : record_errno(r);

	if (rc == 0) {
		sqlite3_bind_int64(s, 1, host);
		rc = record_step(s);
		if (rc > 0) {
			sheet.log_odds = real_column(s, 0);
			texts_take(each, s, 1, VERDICT_REASONS, &sheet.remarks);
		}
		rc = rc < 0 ? record_errno(r) : load_terms(r, host, &sheet.terms);
	}
	sqlite3_finalize(s);
	sqlite3_finalize(each);
	if (rc < 0)
		ledger_done(&sheet);
	else
		*ret_ = sheet;
	return rc;
}

void ledger_done(struct ledger_sheet *sheet)
{
	const struct ledger_row *rows = sheet->terms.items;

	for (size_t i = 0; i < sheet->terms.count; i++) {
		free(rows[i].reason);
		free(rows[i].text);
	}
	free((void *)sheet->terms.items);
	texts_done(&sheet->remarks);
	*sheet = (struct ledger_sheet){0};
}
