/* What is to be known of a frozen mail server, by whoever looks: it is easily forgotten. */
#include "base/text.h"
#include "query/status.h"

#define THAWING MOMENT_MINUTE /* a thaw that has begun may take so long */

static void say(struct status_freeze *f, int64_t now)
{
	const struct incident_row *row = &f->row;
	char since[MOMENT_TEXT], until[MOMENT_TEXT], ago[MOMENT_TEXT], what[400];

	text_print(what, sizeof(what), "%s on %s", *row->mta ? row->mta : "the mail server",
		   *row->mta_host ? row->mta_host : "this machine");
	moment_format_local(row->frozen, since);
	moment_format_local(incident_frozen_until(row), until);
	moment_format_ago(row->frozen, now, ago);
	if (!f->over)
		text_print(f->words, sizeof(f->words),
			   "FROZEN: %s sends nothing since %s (%s), until %s; egress25 thaw ends "
			   "it now.",
			   what, since, ago, until);
	else if (now - incident_frozen_until(row) < THAWING)
		text_print(f->words, sizeof(f->words), "THAWING: %s, frozen since %s (%s).", what,
			   since, ago);
	else
		text_print(f->words, sizeof(f->words),
			   "THAW NOT CONFIRMED: %s was frozen at %s (%s), until %s, and nobody has "
			   "proven that it sends again: run egress25 thaw.",
			   what, since, ago, until);
}

void status_judge_freeze(struct status *s, int64_t now)
{
	struct status_freeze *f = &s->freeze;

	f->incident = f->row.id;
	if (f->incident == 0)
		return;
	f->over = now >= incident_frozen_until(&f->row);
	say(f, now);
}
