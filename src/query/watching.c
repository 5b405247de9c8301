#include "query/watching.h"

#include <inttypes.h>
#include <sqlite3.h>

#include "base/moment.h"
#include "query/status.h"
#include "query/texts.h"

#define REASONS_MOST (WATCHING_GAPS + 8)

/* The runs of a monitor that touch the stretch, and what they add up to. */
struct sums {
	int64_t since, until;
	int64_t covered; /* a monitor ran up to here, or a gap was told of */
	int64_t runs, packets, newest, unclassified;
	int64_t received, dropped, outward, inward;
	int64_t gaps, untold; /* how many, and microseconds of those not told one by one */
};

#define add(w, ...) texts_print(&(w)->blind, REASONS_MOST, __VA_ARGS__)

static int add_gap(struct watching *w, struct sums *s, int64_t from, int64_t to)
{
	char first[MOMENT_TEXT], last[MOMENT_TEXT];

	if (to - from <= WATCHING_SLACK)
		return 0;
	if (++s->gaps > WATCHING_GAPS) {
		s->untold += to - from;
		return 0;
	}
	moment_format_utc(from, first);
	moment_format_utc(to, last);
	return add(w,
		   "no monitor ran from %.19sZ to %.19sZ (%" PRId64 " s): what was sent then "
		   "was not seen",
		   first, last, (to - from) / MOMENT_SECOND);
}

static int take_run(struct watching *w, struct sums *s, sqlite3_stmt *q)
{
	int64_t from = record_time(q, 0), to = record_time(q, 1), newest = record_time(q, 3);
	int rc = add_gap(w, s, s->covered, from);

	from = from > s->covered ? from : s->covered;
	to = to < s->until ? to : s->until;
	if (to > from)
		w->watched += to - from;
	s->covered = to > s->covered ? to : s->covered;
	s->runs++;
	s->packets = count_add(s->packets, record_count(q, 2));
	s->newest = newest > s->newest ? newest : s->newest;
	s->unclassified = count_add(s->unclassified, record_count(q, 4));
	s->received = count_add(s->received, record_count(q, 5));
	s->dropped = count_add(s->dropped, record_count(q, 6));
	s->outward = count_add(s->outward, record_count(q, 7));
	s->inward = count_add(s->inward, record_count(q, 8));
	return rc;
}

#define LAST "coalesce(ended, beat)"

/* The one that touches the stretch with its end alone may be the one that runs. */
static const char runs_sql[] =
	"SELECT started, max(started, " LAST "), packets, newest, unclassified,"
	" (SELECT total(max(received, 0)) FROM interface WHERE run = r.id),"
	" (SELECT total(max(dropped, 0)) FROM interface WHERE run = r.id),"
	" (SELECT total(max(outward, 0)) FROM interface WHERE run = r.id),"
	" (SELECT total(max(inward, 0)) FROM interface WHERE run = r.id)"
	" FROM run r WHERE mode = 'watch' AND started < ?2 AND " LAST " >= ?1 ORDER BY started, id";

static int load_runs(const struct record *r, struct watching *w, struct sums *s)
{
	sqlite3_stmt *q = record_prepare(r, runs_sql);
	int rc, said = 0;

	if (!q)
		return record_errno(r);
	sqlite3_bind_int64(q, 1, s->since);
	sqlite3_bind_int64(q, 2, s->until);
	while (said == 0 && (rc = record_step(q)) > 0)
		said = take_run(w, s, q);
	if (said == 0 && rc < 0)
		said = record_errno(r);
	sqlite3_finalize(q);
	return said;
}

static int judge_runs(const struct record *r, struct watching *w, struct sums *s)
{
	int64_t files = 0;
	int rc;

	if (s->runs > 0) {
		rc = add_gap(w, s, s->covered, s->until);
		if (rc == 0 && s->gaps > WATCHING_GAPS)
			rc = add(w, "nor did one run in %" PRId64 " further gaps, of %" PRId64 " s",
				 s->gaps - WATCHING_GAPS, s->untold / MOMENT_SECOND);
		return rc;
	}
	rc = record_number(r, "SELECT count(*) FROM run WHERE mode <> 'watch'", 0, &files);
	if (rc < 0)
		return rc;
	return add(w, files ? "no monitor ran: the record was read from capture files, and "
			      "nothing says that they hold all that was sent"
			    : "no monitor ran: nothing that was sent was seen; start egress25 "
			      "watch");
}

/* The mirror's, which the monitor itself cannot tell from a quiet night. */
static int judge_mirror(struct watching *w, const struct sums *s)
{
	int rc = 0;

	if (s->runs == 0)
		return 0;
	if (s->packets == 0 || s->newest < s->since)
		return add(w, "the monitor saw not one frame: look at the mirror port, and at "
			      "egress25 status");
	if (s->inward == 0 && s->outward >= STATUS_ONE_SIDED)
		rc = add(w, "the mirror is one-sided: no frame from external addresses was seen");
	if (s->outward == 0 && s->inward >= STATUS_ONE_SIDED)
		rc = add(w, "the mirror is one-sided: no frame to external addresses was seen");
	if (rc == 0 && s->dropped > 0 &&
	    s->dropped >= count_add(s->received, s->dropped) / STATUS_DROP_SHARE)
		rc = add(w, "the kernel dropped %" PRId64 " frames: attempts in them were not seen",
			 s->dropped);
	if (rc == 0 && s->unclassified > 0)
		rc = add(w,
			 "%" PRId64 " connections had two external ends: internal probably misses "
			 "a prefix, so their hosts are not known",
			 s->unclassified);
	return rc;
}

int watching_load(const struct record *r, int64_t since, int64_t until, struct watching *ret_)
{
	struct sums s = {.since = since, .until = until, .covered = since};
	struct watching w = {0};
	int rc = load_runs(r, &w, &s);

	if (rc == 0)
		rc = judge_runs(r, &w, &s);
	if (rc == 0)
		rc = judge_mirror(&w, &s);
	if (rc == 0 && r->pruned > since)
		rc = add(&w, "the record has given up what is older than its retention");
	if (rc < 0)
		watching_done(&w);
	else
		*ret_ = w;
	return rc;
}

void watching_done(struct watching *w)
{
	texts_done(&w->blind);
	w->watched = 0;
}
