/* What looks like an attack on the monitor, in words. */
#include <errno.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "judge/pressure.h"
#include "query/status.h"

static const char *words_of(const char *kind)
{
	for (unsigned int i = 0; i < PRESSURE_KIND_COUNT; i++)
		if (strcmp(kind, pressure_name((enum pressure_kind)i)) == 0)
			return pressure_words((enum pressure_kind)i);
	return kind;
}

static void describe(struct status_attack *a, bool running, int64_t now)
{
	char since[MOMENT_TEXT], last[MOMENT_TEXT];

	a->ongoing = running && now - a->last < STATUS_BEAT;
	moment_format_ago(a->since, now, since);
	moment_format_ago(a->last, now, last);
	text_print(a->text, sizeof(a->text), "%s, up to %" PRId64 " a second: began %s, %s%s",
		   words_of(a->kind), a->peak, since, a->ongoing ? "goes on" : "the last ",
		   a->ongoing ? "" : last);
}

int status_load_attacks(const struct record *r, int64_t run, int64_t now, struct status *s)
{
	sqlite3_stmt *q = record_prepare(r, "SELECT kind, since, last, peak FROM attack"
					    " WHERE run = ?1 AND last > ?2 ORDER BY last DESC,"
					    " peak DESC");
	struct status_attack *items = calloc(PRESSURE_KIND_COUNT, sizeof(*items));
	int rc = q ? 1 : -EIO;

	if (!items)
		rc = -ENOMEM;
	s->attacks.items = items;
	sqlite3_bind_int64(q, 1, run);
	sqlite3_bind_int64(q, 2, now - MOMENT_DAY);
	while (rc > 0 && s->attacks.count < PRESSURE_KIND_COUNT && (rc = record_step(q)) > 0) {
		struct status_attack *a = &items[s->attacks.count++];

		record_text(q, 0, a->kind, sizeof(a->kind));
		a->since = record_time(q, 1);
		a->last = record_time(q, 2);
		a->peak = record_count(q, 3);
		describe(a, s->running, now);
	}
	sqlite3_finalize(q);
	return rc < 0 ? (items ? record_errno(r) : rc) : 0;
}
