#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "edge/schema.h"

static void run(struct scratch *s, const char *sql)
{
	char *error = NULL;

	if (sqlite3_exec(s->db, sql, NULL, NULL, &error) != SQLITE_OK)
		fail_msg("%s: %.300s", error, sql);
}

/* The writer's sums over all hosts, whatever a test puts into host_sum. */
#define STANDING_SUM(sign, row)                                                                    \
	" UPDATE standing_sum SET hosts = hosts " sign " (" row ".attempts > 0),"                  \
	" attempts = attempts " sign " max(0, min(" row ".attempts, 1 << 60))"                     \
	" WHERE standing = " row ".standing;"

static const char triggers[] =
	"CREATE TRIGGER host_sum_begins AFTER INSERT ON host_sum WHEN new.span = 0"
	" BEGIN" STANDING_SUM(
		"+",
		"new") " END;"
		       "CREATE TRIGGER host_sum_changes AFTER UPDATE ON host_sum WHEN new.span = 0"
		       " BEGIN" STANDING_SUM("-", "old")
			       STANDING_SUM("+", "new") " END;"
							"CREATE TRIGGER host_sum_ends AFTER DELETE "
							"ON host_sum WHEN old.span = 0"
							" BEGIN" STANDING_SUM("-", "old") " END;";

void scratch_open(struct scratch *s)
{
	setenv("TZ", "UTC", 1);
	strcpy(s->directory, "/tmp/egress25-test-XXXXXX");
	assert_non_null(mkdtemp(s->directory));
	snprintf(s->path, sizeof(s->path), "%s/record.db", s->directory);
	assert_int_equal(sqlite3_open(s->path, &s->db), SQLITE_OK);
	/* What a crash would leave is the writer's to test: this is made a hundred times. */
	scratch_sql(s, "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; BEGIN");
	for (int version = 0; version < SCHEMA_VERSION; version++)
		for (int i = 0; i < SCHEMA_PARTS && schema_step[version][i]; i++)
			run(s, schema_step[version][i]);
	run(s, triggers);
	scratch_sql(s, "PRAGMA application_id = %d; PRAGMA user_version = %d",
		    SCHEMA_APPLICATION_ID, SCHEMA_VERSION);
	scratch_sql(s, "CREATE TABLE raw(host, server, port, started, last, connected, outcome,"
		       " bytes); COMMIT");
}

void scratch_close(struct scratch *s)
{
	static const char *const suffixes[] = {"", "-wal", "-shm", "-lock"};
	char name[128];

	sqlite3_close(s->db);
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++) {
		snprintf(name, sizeof(name), "%s%s", s->path, suffixes[i]);
		unlink(name);
	}
	rmdir(s->directory);
}

void scratch_sql(struct scratch *s, const char *format, ...)
{
	va_list list;
	char *sql;

	va_start(list, format);
	sql = sqlite3_vmprintf(format, list);
	va_end(list);
	assert_non_null(sql);
	run(s, sql);
	sqlite3_free(sql);
}

int64_t scratch_number(struct scratch *s, const char *format, ...)
{
	sqlite3_stmt *q = NULL;
	int64_t number;
	va_list list;
	char *sql;

	va_start(list, format);
	sql = sqlite3_vmprintf(format, list);
	va_end(list);
	if (sqlite3_prepare_v2(s->db, sql, -1, &q, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sqlite3_errmsg(s->db), sql);
	assert_int_equal(sqlite3_step(q), SQLITE_ROW);
	number = sqlite3_column_int64(q, 0);
	sqlite3_finalize(q);
	sqlite3_free(sql);
	return number;
}

/* The start of the span that holds a stamp, as SQL. */
#define START "CASE WHEN %d = 0 THEN 0 ELSE started / (%d * 1000000) * (%d * 1000000) END"

void scratch_sum(struct scratch *s)
{
	static const int spans[] = {SCHEMA_SPAN_ALL, SCHEMA_SPAN_MINUTE, SCHEMA_SPAN_HOUR,
				    SCHEMA_SPAN_DAY};

	for (size_t i = 0; i < sizeof(spans) / sizeof(*spans); i++) {
		int n = spans[i];

		scratch_sql(
			s,
			"INSERT INTO host_sum(span, start, standing, host, first, last, attempts,"
			" connected, bytes_sent, outcome_sent, outcome_encrypted,"
			" outcome_rejected, outcome_connected, outcome_refused,"
			" outcome_unreachable, outcome_unanswered)"
			" SELECT %d, " START ", 0, host, min(started), max(last), count(*),"
			" sum(connected), sum(bytes), sum(outcome = 'sent'),"
			" sum(outcome = 'encrypted'), sum(outcome = 'rejected'),"
			" sum(outcome = 'connected'), sum(outcome = 'refused'),"
			" sum(outcome = 'unreachable'), sum(outcome = 'unanswered')"
			" FROM raw GROUP BY 2, host",
			n, n, n, n);
		/* Servers whose newest attempt by this host began within the span. */
		scratch_sql(s,
			    "UPDATE host_sum SET destinations = (SELECT count(*) FROM (SELECT"
			    " max(started) AS started FROM raw r WHERE r.host = host_sum.host"
			    " GROUP BY server) WHERE " START " = host_sum.start) WHERE span = %d",
			    n, n, n, n);
		if (n != SCHEMA_SPAN_DAY)
			scratch_sql(
				s,
				"INSERT INTO contact_sum(span, start, standing, host, server, port,"
				" attempts, connected, last_start) SELECT %d, " START ", 0, host,"
				" server, port, count(*), sum(connected), max(started) FROM raw"
				" GROUP BY 2, host, server, port",
				n, n, n, n);
	}
}

static void report_into(FILE *out, enum report_format format, int columns,
			struct report_options *ret_)
{
	*ret_ = (struct report_options){
		.out = out,
		.format = format,
		.columns = columns,
		.merged = true,
		.now = INT64_C(1700000000000000),
	};
}

char *scratch_print(enum report_format format, int columns, const struct field *fields,
		    const void *rows, size_t count, size_t size)
{
	struct report_options options;
	struct report *r;
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	assert_non_null(out);
	report_into(out, format, columns, &options);
	r = report_begin(&options, fields);
	assert_non_null(r);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(report_row(r, (const char *)rows + i * size), 0);
	assert_int_equal(report_end(r), 0);
	fclose(out);
	return text;
}

char *scratch_print_object(enum report_format format, int columns, const struct field *fields,
			   const void *object)
{
	struct report_options options;
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	assert_non_null(out);
	report_into(out, format, columns, &options);
	assert_int_equal(report_object(&options, fields, object), 0);
	fclose(out);
	return text;
}

/* Runs a command with text on its standard input; its exit status. */
static int feed(const char *command, const char *text)
{
	FILE *pipe = popen(command, "w");

	assert_non_null(pipe);
	fputs(text, pipe);
	return pclose(pipe);
}

/* Skips the test where there is no such program; looks for it once. */
static void need(const char *program)
{
	static const char *found[2];
	char command[128];

	for (size_t i = 0; i < 2; i++)
		if (found[i] == program)
			return;
	snprintf(command, sizeof(command), "command -v %s > /dev/null", program);
	if (system(command) != 0) {
		print_message("skipped: %s is not installed\n", program);
		skip();
	}
	found[found[0] != NULL] = program;
}

void assert_json(const char *text, const char *expression)
{
	char *command = sqlite3_mprintf("jq -e '%s' > /dev/null", expression);

	need("jq");
	if (feed(command, text) != 0)
		fail_msg("jq: %s\nof: %.4000s", expression, text);
	sqlite3_free(command);
}

void assert_csv(const char *text, const char *expression)
{
	char *command = sqlite3_mprintf(
		"python3 -c 'import csv, io, sys; csv.field_size_limit(1 << 24);"
		" rows = list(csv.DictReader(io.TextIOWrapper(sys.stdin.buffer, \"utf-8\","
		" newline=\"\"), strict=True)); sys.exit(0 if (%s) else 1)'",
		expression);

	need("python3");
	if (feed(command, text) != 0)
		fail_msg("python: %s\nof: %.4000s", expression, text);
	sqlite3_free(command);
}

int widest_line(const char *text)
{
	int most = 0;

	while (*text) {
		size_t n = strcspn(text, "\n");
		char *line = strndup(text, n);
		int columns = text_columns(line);

		free(line);
		most = columns > most ? columns : most;
		text += n + (text[n] == '\n');
	}
	return most;
}
