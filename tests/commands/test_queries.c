/* The commands that ask a record, as a user gives them: the program's path is the first argument.
 */
#include "../query/scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/moment.h"

#define NEWEST INT64_C(1700000000000000) /* 2023-11-14T22:13:20Z */
#define TEXT   (1 << 20)

static const char *program;

struct fixture {
	struct scratch s;
	char config[128];
	char out[TEXT], error[4096];
};

static void add_offender(struct scratch *s, int id, int64_t started)
{
	scratch_sql(s, "INSERT INTO host VALUES (%d, '10.0.0.%d')", id, id);
	scratch_sql(s,
		    "DELETE FROM host_sum; DELETE FROM contact_sum;"
		    "INSERT INTO raw VALUES (%d, 1, 25, %lld, %lld, 1, 'connected', 10)",
		    id, started, started);
	scratch_sum(s);
	scratch_sql(s,
		    "INSERT INTO conn(host, client_port, server, server_port, started, last,"
		    " standing, reason, outcome, connected, vlan, bytes_sent, bytes_received)"
		    " VALUES (%d, 4000, 1, 25, %lld, 0, 0, 'why', 'connected', 1, '', 1, 2)",
		    id, started);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	FILE *config;

	scratch_open(&f->s);
	snprintf(f->config, sizeof(f->config), "%s/egress25.conf", f->s.directory);
	config = fopen(f->config, "w");
	assert_non_null(config);
	fclose(config);
	scratch_sql(&f->s,
		    "INSERT INTO run(mode, sensor, pid, started, beat, newest, ended)"
		    " VALUES ('watch', 'fw1', 1, 1, 1, %lld, 1)",
		    NEWEST);
	scratch_sql(&f->s, "INSERT INTO server(id, address) VALUES (1, '198.51.100.4')");
	add_offender(&f->s, 1, NEWEST - MOMENT_MINUTE);
	add_offender(&f->s, 2, NEWEST - 2 * MOMENT_DAY);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	unlink(f->config);
	scratch_close(&f->s);
	free(f);
	return 0;
}

/* Reads what a file descriptor still holds. */
static void drain(int fd, char *buf, size_t size)
{
	size_t used = 0;
	ssize_t n;

	while (used + 1 < size && (n = read(fd, buf + used, size - 1 - used)) > 0)
		used += (size_t)n;
	buf[used] = '\0';
}

/* Runs "egress25 COMMAND..." by the shell; the exit status, with both outputs taken. */
static int run(struct fixture *f, const char *format, ...) __attribute__((format(printf, 2, 3)));
static int run(struct fixture *f, const char *format, ...)
{
	char command[1024], line[2048], error[160];
	va_list list;
	FILE *pipe;
	int fd;

	va_start(list, format);
	vsnprintf(command, sizeof(command), format, list);
	va_end(list);
	snprintf(error, sizeof(error), "%s/error", f->s.directory);
	snprintf(line, sizeof(line), "COLUMNS=100 '%s' %s 2>%s", program, command, error);
	pipe = popen(line, "r");
	assert_non_null(pipe);
	drain(fileno(pipe), f->out, sizeof(f->out));
	fd = open(error, O_RDONLY);
	drain(fd, f->error, sizeof(f->error));
	close(fd);
	unlink(error);
	return WEXITSTATUS(pclose(pipe));
}

#define ASK(f, command, more)                                                                      \
	run(f, "%s --config %s --record %s %s", command, (f)->config, (f)->s.path, more)

static void expect_words(const char *text, const char *words)
{
	if (!strstr(text, words))
		fail_msg("\"%s\" lacks \"%s\"", text, words);
}

/* One line of error, and nothing printed. */
static void expect_error(const struct fixture *f, const char *words)
{
	assert_string_equal(f->out, "");
	expect_words(f->error, words);
	assert_memory_equal(f->error, "egress25: ", 10);
	assert_ptr_equal(strchr(f->error, '\n'), f->error + strlen(f->error) - 1);
}

static void offenders_tells_those_of_the_last_day_and_how_many_stand_before(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(ASK(f, "offenders", ""), 0);
	expect_words(f->out, "1 offender since 2023-11-13 22:13:\n");
	expect_words(f->out, "10.0.0.1 ");
	expect_words(f->out, "1 more offender before it: --all shows it\n");
	assert_int_equal(ASK(f, "offenders", "--format json"), 0);
	assert_json(f->out, "map(.address) == [\"10.0.0.1\"]");
	assert_int_equal(ASK(f, "offenders", "--all --format json"), 0);
	assert_json(f->out, "map(.address) == [\"10.0.0.1\", \"10.0.0.2\"]");
	assert_int_equal(ASK(f, "offenders", "--all --format csv"), 0);
	assert_csv(f->out, "[r[\"address\"] for r in rows] == [\"10.0.0.1\", \"10.0.0.2\"]");
	assert_string_equal(f->error, "");
}

static void offenders_in_an_empty_window_says_so(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(ASK(f, "offenders", "--exit-code --since 2024-01-01T00:00:30Z"), 0);
	expect_words(f->out, "No offender since 2024-01-01 00:00.\n");
}

static void the_exit_code_tells_offenders_that_are_not_permitted_now(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(ASK(f, "offenders", "--exit-code"), 1);
	assert_int_equal(ASK(f, "offenders", "--exit-code --mail-server 10.0.0.1"), 0);
	expect_words(f->out, "permitted\n");
	assert_int_equal(ASK(f, "offenders", "--exit-code --all --mail-server 10.0.0.1"), 1);
}

static void host_tells_one_host_or_says_that_it_is_unknown(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(ASK(f, "host 10.0.0.1", "--format json"), 0);
	assert_json(f->out, ".address == \"10.0.0.1\" and .attempts == 1 and"
			    " .servers[0].address == \"198.51.100.4\" and (.recent | length == 1)");
	assert_int_equal(ASK(f, "host 10.0.0.1", ""), 0);
	expect_words(f->out, "198.51.100.4");
	assert_int_equal(ASK(f, "host 10.0.0.9", "--format json"), 3);
	expect_error(f, "10.0.0.9: is not in the record");
	assert_int_equal(ASK(f, "host tenpenny", ""), 2);
	expect_error(f, "is no IPv4 or IPv6 address");
}

static void several_records_make_lists(void **state)
{
	struct fixture *f = *state;
	char copy[160], more[256], twice[256];

	snprintf(copy, sizeof(copy), "%s/copy.db", f->s.directory);
	scratch_sql(&f->s, "VACUUM INTO '%q'", copy);
	snprintf(more, sizeof(more), "--record %s", copy);
	snprintf(twice, sizeof(twice), "--record %s --format json", copy);
	assert_int_equal(ASK(f, "offenders", more), 0);
	expect_words(f->out, "2 rows of 2 records since 2023-11-13 22:13:\n");
	expect_words(f->out, "2 more rows before it: --all shows them\n");
	assert_int_equal(ASK(f, "host 10.0.0.1", twice), 0);
	assert_json(f->out, "map(.address) == [\"10.0.0.1\", \"10.0.0.1\"]");
	assert_int_equal(ASK(f, "status", twice), 0);
	assert_json(f->out, "map(.sensor) == [\"fw1\", \"fw1\"]");
	assert_int_equal(ASK(f, "offenders", twice), 0);
	assert_json(f->out, "map(.sensor) == [\"fw1\", \"fw1\"]");
	unlink(copy);
}

static void the_same_record_named_twice_is_refused(void **state)
{
	struct fixture *f = *state;
	char more[320], other[160];

	snprintf(more, sizeof(more), "--record %s", f->s.path);
	assert_int_equal(ASK(f, "offenders", more), 2);
	expect_error(f, "is the same file as");
	snprintf(other, sizeof(other), "%s/link.db", f->s.directory);
	assert_int_equal(symlink(f->s.path, other), 0);
	snprintf(more, sizeof(more), "--record %s --format json", other);
	assert_int_equal(ASK(f, "status", more), 2);
	expect_error(f, "link.db: is the same file as");
	unlink(other);
}

static void connections_shows_fifty_and_says_how_many_there_are(void **state)
{
	struct fixture *f = *state;

	scratch_sql(&f->s,
		    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE"
		    " i < 60) INSERT INTO conn(host, client_port, server, server_port,"
		    " started, last, standing, reason, outcome, connected, vlan, bytes_sent,"
		    " bytes_received) SELECT 1, 4000, 1, 25, %lld + i, 0, 0, 'why',"
		    " 'refused', 0, '', 1, 2 FROM n",
		    NEWEST);
	assert_int_equal(ASK(f, "connections", ""), 0);
	expect_words(f->out, "\n11 older ones in this window: --format csv shows them\n");
	assert_int_equal(ASK(f, "connections", "--format csv"), 0);
	assert_csv(f->out, "len(rows) == 61");
	assert_int_equal(ASK(f, "connections", "--all"), 0);
	expect_words(f->out, "Connections in the whole record, newest first:\n");
	expect_words(f->out, "10.0.0.2 "); /* of two days before, the 62nd */
	assert_null(strstr(f->out, "older"));
	assert_int_equal(ASK(f, "connections 10.0.0.2", "--all --format json"), 0);
	assert_json(f->out, "map(.client) == [\"10.0.0.2\"]");
	assert_int_equal(ASK(f, "connections 10.0.0.9", ""), 0);
	expect_words(f->out, "No connection of 10.0.0.9 recorded since 2023-11-13 22:13.\n");
}

static void status_trips_the_exit_code_only_when_asked(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(ASK(f, "status", "--format json"), 0);
	assert_json(f->out, ".running == false and (.blind | length == 1)");
	assert_int_equal(ASK(f, "status", "--exit-code"), 1);
	expect_words(f->out, "no monitor runs");
}

static void incident_report_is_text_json_or_a_page(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(ASK(f, "incident report", ""), 3);
	expect_error(f, "none was ever opened");
	scratch_sql(
		&f->s,
		"INSERT INTO incident(opened, opened_by, since, until, closed, closed_by,"
		" reason, reset, freeze, policy) VALUES (%lld, 'joe', %lld, %lld, %lld, 'user',"
		" 'older', 0, 0, ''), (%lld, 'joe', %lld, %lld, %lld, 'user', 'newer', 0, 0, '')",
		NEWEST, NEWEST - MOMENT_MINUTE, NEWEST + 2, NEWEST + 1, NEWEST,
		NEWEST - MOMENT_MINUTE, NEWEST + 2, NEWEST + 1);
	assert_int_equal(ASK(f, "incident report", ""), 0);
	expect_words(f->out, "Incident 2: newer\n");
	assert_int_equal(ASK(f, "incident report 1", "--format text"), 0);
	expect_words(f->out, "Incident 1: older\n");
	assert_int_equal(ASK(f, "incident report", "--format json"), 0);
	assert_json(f->out, ".id == 2 and (.offenders | length) == 1 and"
			    " .timeline[0].address == \"10.0.0.1\"");
	assert_int_equal(ASK(f, "incident report", "--format html"), 0);
	expect_words(f->out, "<h1>Incident 2: newer</h1>");
	assert_int_equal(ASK(f, "incident report 3", ""), 3);
	expect_error(f, "no such incident");
	assert_int_equal(ASK(f, "incident report", "--format html > /dev/full"), 3);
	expect_error(f, "No space left on device");
	assert_int_equal(ASK(f, "incident report", "--format csv"), 2);
	expect_error(f, "expected text, json or html");
	assert_int_equal(ASK(f, "incident show", "--format html"), 2);
	expect_error(f, "--format html has a meaning with report alone");
	assert_int_equal(ASK(f, "status", "--format html"), 2);
	expect_error(f, "--format html: expected table, json or csv");
}

static void errors_are_one_line_and_an_exit_status(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(run(f, "offenders --config %s --record /nonexistent/r.db", f->config), 3);
	expect_error(f, "/nonexistent/r.db: no record yet: run egress25 watch, or name one with "
			"--record");
	assert_int_equal(run(f, "status --config %s --record %s", f->config, f->config), 3);
	expect_error(f, "is no record of egress25");
	assert_int_equal(ASK(f, "offenders", "--since tomorrow"), 2);
	expect_error(f, "--since tomorrow: is no time");
	assert_int_equal(ASK(f, "offenders", "--since 1h --until 2h"), 2);
	expect_error(f, "--until 2h: is not behind --since 1h");
}

static void what_could_not_be_written_is_an_error(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(ASK(f, "offenders", "--format json > /dev/full"), 3);
	expect_error(f, "No space left on device");
	assert_int_equal(ASK(f, "host 10.0.0.1", "> /dev/full"), 3);
	expect_error(f, "No space left on device");
	assert_int_equal(ASK(f, "connections", "> /dev/full"), 3);
	expect_error(f, "No space left on device");
	assert_int_equal(ASK(f, "status", "> /dev/full"), 3);
	expect_error(f, "No space left on device");
}

/* Starts `offenders --follow` with its output on a pipe. */
static pid_t follow(struct fixture *f, int *ret_out)
{
	int ends[2];
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(ends[1], STDOUT_FILENO);
		close(ends[0]);
		close(ends[1]);
		execl(program, program, "offenders", "--follow", "--format", "json", "--config",
		      f->config, "--record", f->s.path, (char *)NULL);
		_exit(127);
	}
	close(ends[1]);
	*ret_out = ends[0];
	return pid;
}

/* The next line; the alarm ends the test where none comes. */
static void next_line(int fd, char *buf, size_t size)
{
	size_t used = 0;

	alarm(20);
	while (used + 1 < size && read(fd, buf + used, 1) == 1 && buf[used] != '\n')
		used++;
	alarm(0);
	buf[used] = '\0';
}

static int wait_for(pid_t pid)
{
	int status;

	alarm(20);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	alarm(0);
	return status;
}

static void following_tells_each_new_offender_until_it_is_interrupted(void **state)
{
	struct fixture *f = *state;
	int out, status;
	pid_t pid = follow(f, &out);

	next_line(out, f->out, sizeof(f->out));
	assert_json(f->out, ".address == \"10.0.0.1\"");
	add_offender(&f->s, 3, NEWEST + 1);
	next_line(out, f->out, sizeof(f->out));
	assert_json(f->out, ".address == \"10.0.0.3\"");
	/* One that is known does more: not told again.  Then another new one. */
	scratch_sql(&f->s, "UPDATE host_sum SET attempts = attempts + 1");
	add_offender(&f->s, 4, NEWEST + 2);
	next_line(out, f->out, sizeof(f->out));
	assert_json(f->out, ".address == \"10.0.0.4\"");
	kill(pid, SIGINT);
	status = wait_for(pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	close(out);
}

static void set_verdict(struct fixture *f, const char *verdict)
{
	scratch_sql(
		&f->s,
		"INSERT OR REPLACE INTO verdict(host, verdict, score, log_odds, observed, reasons,"
		" ledger, remarks, state) VALUES (1, %Q, 0.5, 0.0, 1, '[]', '[]', '[]', x'')",
		verdict);
}

static void following_tells_each_change_of_verdict(void **state)
{
	struct fixture *f = *state;
	int out;
	pid_t pid;

	set_verdict(f, "unclear");
	pid = follow(f, &out);
	next_line(out, f->out, sizeof(f->out));
	assert_json(f->out, ".address == \"10.0.0.1\" and .verdict == \"unclear\"");
	set_verdict(f, "bot");
	next_line(out, f->out, sizeof(f->out));
	assert_json(f->out, ".address == \"10.0.0.1\" and .verdict == \"bot\"");
	set_verdict(f, "bot"); /* written again as it was: not told */
	add_offender(&f->s, 3, NEWEST + 1);
	next_line(out, f->out, sizeof(f->out));
	assert_json(f->out, ".address == \"10.0.0.3\" and .verdict == null");
	kill(pid, SIGINT);
	wait_for(pid);
	close(out);
}

static void following_ends_when_nobody_reads_any_more(void **state)
{
	struct fixture *f = *state;
	int out, status;
	pid_t pid = follow(f, &out);

	next_line(out, f->out, sizeof(f->out));
	close(out);
	status = wait_for(pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

#define WITH_RECORD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		WITH_RECORD(offenders_tells_those_of_the_last_day_and_how_many_stand_before),
		WITH_RECORD(offenders_in_an_empty_window_says_so),
		WITH_RECORD(the_exit_code_tells_offenders_that_are_not_permitted_now),
		WITH_RECORD(host_tells_one_host_or_says_that_it_is_unknown),
		WITH_RECORD(several_records_make_lists),
		WITH_RECORD(the_same_record_named_twice_is_refused),
		WITH_RECORD(connections_shows_fifty_and_says_how_many_there_are),
		WITH_RECORD(status_trips_the_exit_code_only_when_asked),
		WITH_RECORD(incident_report_is_text_json_or_a_page),
		WITH_RECORD(errors_are_one_line_and_an_exit_status),
		WITH_RECORD(what_could_not_be_written_is_an_error),
		WITH_RECORD(following_tells_each_new_offender_until_it_is_interrupted),
		WITH_RECORD(following_tells_each_change_of_verdict),
		WITH_RECORD(following_ends_when_nobody_reads_any_more),
	};

	if (argc != 2) {
		fprintf(stderr, "usage: %s PROGRAM\n", argv[0]);
		return 2;
	}
	program = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
