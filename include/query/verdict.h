/*
 * verdict: what the record says is thought of a host, and why.
 */
#ifndef EGRESS25_QUERY_VERDICT_H
#define EGRESS25_QUERY_VERDICT_H

#include <stdint.h>

#include "query/record.h"
#include "query/value.h"

#define VERDICT_REASONS 32
#define REMARKS_MOST	64

struct ledger_row {
	char *reason, *text;
	struct maybe_real weight; /* log-odds: above 0 for a bot */
};

struct ledger_sheet {
	struct maybe_real log_odds;
	struct list terms;   /* struct ledger_row, greatest weight first */
	struct list remarks; /* texts: what is unlike a mail server's own habits */
};

extern const struct field ledger_fields[]; /* of a struct ledger_row */
extern const char ledger_note[];	   /* how to read it */

/* 0 with *ret_ filled, to be given to ledger_done(), or a negative errno (record_error()). */
int ledger_load(const struct record *r, int64_t host, struct ledger_sheet *ret_);
void ledger_done(struct ledger_sheet *sheet);

/*
 * A text for each remark on a host that may send, and for each such host that is no offender and
 * behaves like a bot, behind the host and what is thought of it; of the newest few.  *ret_ is to be
 * given to texts_done(), whatever is returned.
 */
int remarks_load(const struct record *r, struct list *ret_);

#endif
