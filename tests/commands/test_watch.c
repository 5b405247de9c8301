/*
 * The command `watch` as it is called, with a monitor in place of the real one that tells what the
 * test wants told: what becomes of the news on standard output.  And the real program where it
 * cannot start.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "commands/command.h"
#include "monitor/watch.h"

int egress25_main(int argc, char **argv);

#define COMMAND(name)                                                                              \
	int command_##name(const struct options *options)                                          \
	{                                                                                          \
		(void)options;                                                                     \
		return EXIT_FAILED;                                                                \
	}
COMMAND(read)
COMMAND(offenders)
COMMAND(host)
COMMAND(connections)
COMMAND(status)
COMMAND(rules)
COMMAND(incident)
COMMAND(freeze)
COMMAND(thaw)
COMMAND(check)
COMMAND(config)

static char *program;
static char file[] = "/tmp/egress25-watch-XXXXXX";
static int ends[2]; /* of the pipe that is standard output */
static void (*happen)(const struct watch_options *options);
static char record[64], out[8192], err[4096];

int watch_hold_signals(sigset_t *ret_set)
{
	return sigemptyset(ret_set);
}

int watch_run(const struct watch_options *options)
{
	snprintf(record, sizeof(record), "%s", options->config->record);
	happen(options);
	config_free(options->config);
	return 0;
}

static void tell(const struct watch_options *options, const char *client, const char *mac)
{
	struct store_news news = {.server_port = 25, .when = INT64_C(1795478400000000)};

	assert_int_equal(addr_parse(client, &news.client), 0);
	assert_int_equal(addr_parse("198.51.100.4", &news.server), 0);
	snprintf(news.mac, sizeof(news.mac), "%s", mac);
	options->news(options->context, &news);
}

/* What waits in the pipe. */
static size_t drain(void)
{
	ssize_t n = read(ends[0], out, sizeof(out) - 1);

	out[n > 0 ? n : 0] = '\0';
	return n > 0 ? (size_t)n : 0;
}

static int run(const char *format, void (*what)(const struct watch_options *))
{
	char *argv[] = {"egress25", "watch", "-i",	 "lo", "--record", "named.db",
			"--config", file,    "--format", NULL, NULL};
	FILE *words = tmpfile();
	int saved_out = dup(STDOUT_FILENO), saved_err = dup(STDERR_FILENO), status;
	char name[16];

	snprintf(name, sizeof(name), "%s", format);
	argv[9] = name;
	happen = what;
	out[0] = '\0';
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
	fflush(stdout);
	dup2(ends[1], STDOUT_FILENO);
	close(ends[1]);
	dup2(fileno(words), STDERR_FILENO);
	alarm(10); /* one that waits for the reader is ended */
	status = egress25_main(10, argv);
	alarm(0);
	dup2(saved_out, STDOUT_FILENO);
	dup2(saved_err, STDERR_FILENO);
	close(saved_out);
	close(saved_err);
	rewind(words);
	err[fread(err, 1, sizeof(err) - 1, words)] = '\0';
	fclose(words);
	return status;
}

static void two(const struct watch_options *options)
{
	tell(options, "2001:db8:25::aaaa:bbbb", "52:54:00:00:00:01");
	tell(options, "10.0.0.1", "");
	drain();
}

static void each_format_has_a_line_for_each_offender(void **state)
{
	(void)state;
	assert_int_equal(run("json", two), EXIT_DONE);
	assert_string_equal(
		out, "{\"address\":\"2001:db8:25::aaaa:bbbb\",\"mac\":\"52:54:00:00:00:01\","
		     "\"first_seen\":\"2026-11-24T00:00:00.000000Z\",\"server\":\"198.51.100.4\","
		     "\"server_port\":25}\n"
		     "{\"address\":\"10.0.0.1\",\"mac\":null,"
		     "\"first_seen\":\"2026-11-24T00:00:00.000000Z\",\"server\":\"198.51.100.4\","
		     "\"server_port\":25}\n");
	close(ends[0]);
	assert_int_equal(run("csv", two), EXIT_DONE);
	assert_string_equal(out,
			    "address,mac,first_seen,server,server_port\r\n"
			    "2001:db8:25::aaaa:bbbb,52:54:00:00:00:01,2026-11-24T00:00:00.000000Z,"
			    "198.51.100.4,25\r\n"
			    "10.0.0.1,,2026-11-24T00:00:00.000000Z,198.51.100.4,25\r\n");
	close(ends[0]);
	assert_int_equal(run("table", two), EXIT_DONE);
	assert_non_null(strstr(out, "  new offender 2001:db8:25::aaaa:bbbb (52:54:00:00:00:01) to "
				    "198.51.100.4 port 25\n"));
	assert_non_null(strstr(out, "  new offender 10.0.0.1 to 198.51.100.4 port 25\n"));
	assert_string_equal(err, "");
	close(ends[0]);
}

static void fill(void)
{
	char fill[4096];

	memset(fill, 'x', sizeof(fill));
	assert_int_equal(fcntl(STDOUT_FILENO, F_SETPIPE_SZ, (int)sizeof(fill)), sizeof(fill));
	assert_int_equal(write(STDOUT_FILENO, fill, sizeof(fill)), sizeof(fill));
}

static void stall_and_go(const struct watch_options *options)
{
	fill();
	for (int i = 0; i < 3; i++)
		tell(options, "10.0.0.1", "");
	assert_int_equal(drain(), 4096);
	tell(options, "10.0.0.2", "");
	drain();
}

static void a_reader_that_stalls_holds_nothing_up_and_is_told_what_it_missed(void **state)
{
	(void)state;
	assert_int_equal(run("json", stall_and_go), EXIT_DONE);
	assert_non_null(strstr(out, "{\"address\":\"10.0.0.2\""));
	assert_string_equal(err, "egress25: standard output: 3 new offenders were not told: too "
				 "many at once, or nobody took the lines; the record has them\n");
	close(ends[0]);
}

static void stall(const struct watch_options *options)
{
	fill();
	tell(options, "10.0.0.1", "");
}

static void a_reader_that_stalls_for_good_does_not_hold_up_the_end(void **state)
{
	(void)state;
	assert_int_equal(run("json", stall), EXIT_DONE);
	assert_string_equal(err, "egress25: standard output: 1 new offenders were not told: too "
				 "many at once, or nobody took the lines; the record has them\n");
	close(ends[0]);
}

static void leave(const struct watch_options *options)
{
	tell(options, "10.0.0.1", "");
	close(ends[0]);
	tell(options, "10.0.0.2", "");
	tell(options, "10.0.0.3", "");
}

static void a_reader_that_left_is_no_failure_of_the_watch(void **state)
{
	(void)state;
	assert_int_equal(run("csv", leave), EXIT_DONE);
	assert_string_equal(err, "");
	assert_int_equal(run("table", leave), EXIT_DONE);
	assert_string_equal(err, "");
}

static void the_record_is_the_one_named(void **state)
{
	(void)state;
	run("json", two);
	assert_string_equal(record, "named.db");
	close(ends[0]);
}

static void one_that_cannot_start_says_why(void **state)
{
	char command[512], line[512] = "", more[512];
	FILE *words;

	(void)state;
	/* Room for the configuration's file, and then for epoll's, but not for all that follow. */
	snprintf(command, sizeof(command),
		 "exec 2>&1 >/dev/null; ulimit -n 5; ASAN_OPTIONS=detect_leaks=0 exec '%s' watch "
		 "-i lo --record /tmp/egress25-none/r.db --config '%s'",
		 program, file);
	words = popen(command, "r");
	assert_non_null(words);
	assert_non_null(fgets(line, sizeof(line), words));
	assert_string_equal(line, "egress25: watch: cannot start: Too many open files\n");
	assert_null(fgets(more, sizeof(more), words));
	assert_int_equal(WEXITSTATUS(pclose(words)), EXIT_FAILED);
}

static void nothing(const struct watch_options *options)
{
	(void)options;
	fail_msg("it was started");
}

static void resets_without_a_mail_server_are_a_mistake_before_anything_is_opened(void **state)
{
	FILE *f = fopen(file, "w");

	(void)state;
	fputs("reset = on\n", f);
	fclose(f);
	assert_int_equal(run("table", nothing), EXIT_USAGE);
	assert_string_equal(err, "egress25: reset = on: no mail server is configured, so all mail "
				 "would be cut off: name yours with --mail-server or "
				 "`mail_servers`\n");
	close(ends[0]);
	assert_int_equal(truncate(file, 0), 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_format_has_a_line_for_each_offender),
		cmocka_unit_test(a_reader_that_stalls_holds_nothing_up_and_is_told_what_it_missed),
		cmocka_unit_test(a_reader_that_stalls_for_good_does_not_hold_up_the_end),
		cmocka_unit_test(a_reader_that_left_is_no_failure_of_the_watch),
		cmocka_unit_test(the_record_is_the_one_named),
		cmocka_unit_test(one_that_cannot_start_says_why),
		cmocka_unit_test(
			resets_without_a_mail_server_are_a_mistake_before_anything_is_opened),
	};
	int fd = mkstemp(file), failed;

	if (argc < 2 || fd < 0)
		return 1;
	close(fd);
	program = argv[1];
	failed = cmocka_run_group_tests_name("watch", tests, NULL, NULL);
	unlink(file);
	return failed;
}
