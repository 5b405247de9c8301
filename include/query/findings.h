/*
 * findings: what an incident proves, host by host, and what to do next.
 *
 * While a mail server is frozen, whatever sends past it is not its queue.  What a mail server does
 * counts against it only where the monitor judged it to be sent while frozen, so connections that
 * were open at the freeze, and the INCIDENT_GRACE behind it, accuse nobody.
 */
#ifndef EGRESS25_QUERY_FINDINGS_H
#define EGRESS25_QUERY_FINDINGS_H

#include <stdint.h>

#include "base/addr.h"
#include "judge/policy.h"
#include "query/incident.h"
#include "query/record.h"
#include "query/report.h"
#include "query/value.h"
#include "query/watching.h"

enum finding {
	FINDING_SERVER_BOT,	/* a frozen mail server sent: its messages were in no queue */
	FINDING_WORKSTATION,	/* a host that is no mail server tried */
	FINDING_SERVER_CALLOUT, /* a frozen mail server connected, or said MAIL FROM:<>, no more */
	FINDING_SERVER_ASIDE,	/* a mail server passed its smart hosts by, without a freeze */
	FINDING_DEVICE,		/* tried, but behaves like a device or an unlisted mail server */
	FINDING_NOBODY,		/* nobody that would explain a listing, and the monitor saw well */
	FINDING_UNSEEN,		/* nobody was seen, but the monitor was blind: nobody is cleared */
	FINDING_COUNT
};

#define FINDINGS_MOST 32 /* rows; the others are counted */

struct finding_row {
	enum finding kind;
	const char *name;	 /* "server bot", "workstation", "callout or bot", ... */
	char address[ADDR_TEXT]; /* "" where it is of no host; and so are all below */
	char *host, *verdict;	 /* or NULL */
	int64_t attempts, connected;
	struct maybe messages;
	int64_t first_seen, last_seen;
	char *text; /* one line: which machine, and how one knows */
	char *next; /* what to do now */
};

struct findings {
	struct list rows; /* struct finding_row, most pressing first; at least one */
	int64_t more;	  /* hosts that found no room among them */
	struct watching watching;
};

/* "rows", "more" and "blind". */
extern const struct field finding_fields[], findings_fields[];

/*
 * Of an incident that incident_load() filled; with a freeze nobody is claimed of the freeze's time
 * alone.  policy may be NULL: mail servers are then those that sent while frozen.  0 and *ret_
 * filled, to be given to findings_done(), or a negative errno (record_error()).
 */
int findings_load(const struct record *r, const struct incident *i, const struct policy *policy,
		  int64_t now, struct findings *ret_);
void findings_done(struct findings *f);

/* As plain words, whatever the format: 0 or a negative errno. */
int findings_print(const struct findings *f, const struct report_options *options);

#endif
