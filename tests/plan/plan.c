#include "plan.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

static const char *const growing[] = {"host", "server",	  "host_sum", "contact_sum",
				      "conn", "identity", "helo",     "verdict"};

static bool is_word(int c)
{
	return isalnum(c) || c == '_';
}

/* Whether the statement calls the table so: by its name, or "TABLE NAME" or "TABLE AS NAME". */
static bool is_called(const char *sql, const char *table, const char *name, size_t length)
{
	size_t own = strlen(table);

	if (own == length && strncmp(table, name, length) == 0)
		return true;
	for (const char *at = sql; (at = strstr(at, table)); at += own) {
		const char *alias = at + own;

		if ((at > sql && is_word(at[-1])) || *alias != ' ')
			continue;
		alias += strncmp(alias, " AS ", 4) == 0 ? 4 : 1;
		if (strncmp(alias, name, length) == 0 && !is_word(alias[length]))
			return true;
	}
	return false;
}

/* The growing table that a step of a plan walks from end to end; NULL where it does not. */
static const char *walked(const char *sql, const char *step)
{
	const char *name = step + strlen("SCAN ");
	size_t length;

	if (strstr(step, "AUTOMATIC"))
		return "a table, to index it";
	/* All hosts, or all that they ever met. */
	if (strstr(step, "(span=? AND start=?)"))
		return "all time of a sum";
	/* An index of what is open alone is as long as that. */
	if (strncmp(step, "SCAN ", 5) != 0 || strstr(step, "INDEX conn_open"))
		return NULL;
	length = strcspn(name, " ");
	for (size_t i = 0; i < sizeof(growing) / sizeof(*growing); i++)
		if (is_called(sql, growing[i], name, length))
			return growing[i];
	return NULL;
}

int plan_walks(struct sqlite3 *db, const char *sql, const struct plan_exception *exceptions,
	       size_t count, int *used)
{
	char *explain = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", sql);
	sqlite3_stmt *s = NULL;
	size_t excepted = 0;
	int walks = 0;

	if (sqlite3_prepare_v2(db, explain, -1, &s, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sqlite3_errmsg(db), sql);
	while (excepted < count && !strstr(sql, exceptions[excepted].part))
		excepted++;
	while (sqlite3_step(s) == SQLITE_ROW) {
		const char *step = (const char *)sqlite3_column_text(s, 3);
		const char *table = walked(sql, step);

		if (table && excepted < count && used)
			used[excepted]++;
		if (!table || excepted < count)
			continue;
		print_error("walks %s (%s): %s\n", table, step, sql);
		walks++;
	}
	sqlite3_finalize(s);
	sqlite3_free(explain);
	return walks;
}
