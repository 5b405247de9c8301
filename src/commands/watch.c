/*
 * watch: the live monitor in the foreground.  Each host's first offence is told on standard output
 * as it is recorded.
 *
 * It is told from the writer's thread, and the record waits for no reader: a line that standard
 * output does not take at once is left out and counted.  A line is one write(2) no longer than
 * PIPE_BUF, so a pipe that poll(2) calls writable has room for it.  What this cannot see: another
 * process that fills the same pipe between the two calls, and a terminal with room for less than a
 * line.  O_NONBLOCK could, but would hold for all who share that pipe or terminal.
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/moment.h"
#include "commands/command.h"
#include "commands/query.h"
#include "monitor/watch.h"
#include "query/report.h"

struct news_row {
	char address[ADDR_TEXT], mac[MAC_TEXT], server[ADDR_TEXT];
	int64_t first_seen, server_port;
};

#define AT(member) .offset = offsetof(struct news_row, member)

static const struct field news_fields[] = {
	{.name = "address", .kind = FIELD_CHARS, AT(address)},
	{.name = "mac", .kind = FIELD_CHARS, AT(mac)},
	{.name = "first_seen", .kind = FIELD_TIME, AT(first_seen)},
	{.name = "server", .kind = FIELD_CHARS, AT(server)},
	{.name = "server_port", .kind = FIELD_INTEGER, AT(server_port)},
	{0},
};

struct teller {
	const struct options *options;
	FILE *out; /* gathers one line in memory */
	char *line;
	size_t length;
	struct report *report; /* onto out; NULL for words */
	uint64_t left_out;     /* and not said yet */
	int error;	       /* of the last that was left out; 0: nobody took it */
	bool ended;	       /* nobody reads any more */
	int64_t second;	       /* of the clock, and how many lines were told in it */
	unsigned int told;
};

#define TOLD_MOST 20 /* lines a second: a flood of forged sources must not flood a journal */

/* Whether one more line may go out in this second. */
static bool take_turn(struct teller *t)
{
	int64_t second = moment_steady() / MOMENT_SECOND;

	if (second != t->second)
		t->told = 0;
	t->second = second;
	return t->told++ < TOLD_MOST;
}

static void say_left_out(struct teller *t)
{
	if (t->left_out == 0 || t->ended || !log_is_ready(STDERR_FILENO))
		return;
	log_say("standard output: %" PRIu64 " new offenders were not told: %s; the record has them",
		t->left_out,
		t->error ? strerror(t->error) : "too many at once, or nobody took the lines");
	t->left_out = 0;
}

/* Sends the gathered line on; false where it is left out. */
static bool send_line(struct teller *t)
{
	ssize_t n;

	if (fflush(t->out) != 0)
		return false;
	rewind(t->out);
	t->error = 0;
	if (t->ended || t->length > PIPE_BUF || !take_turn(t) || !log_is_ready(STDOUT_FILENO))
		return false;
	n = write(STDOUT_FILENO, t->line, t->length);
	if (n < 0)
		t->error = errno;
	t->ended = n < 0 && errno == EPIPE;
	return n == (ssize_t)t->length;
}

static void put_words(FILE *out, const struct news_row *row)
{
	char when[MOMENT_TEXT];

	fprintf(out, "%s  new offender %s%s%s%s to %s port %d\n",
		moment_format_local(row->first_seen, when), row->address, row->mac[0] ? " (" : "",
		row->mac, row->mac[0] ? ")" : "", row->server, (int)row->server_port);
}

static void tell(void *context, const struct store_news *n)
{
	struct teller *t = context;
	struct news_row row = {.first_seen = n->when, .server_port = n->server_port};

	addr_format(&n->client, row.address);
	addr_format(&n->server, row.server);
	memcpy(row.mac, n->mac, sizeof(row.mac));
	if (t->report)
		report_row(t->report, &row);
	else
		put_words(t->out, &row);
	if (send_line(t))
		say_left_out(t);
	else
		t->left_out++;
}

static int teller_open(const struct options *o, struct teller *t)
{
	struct report_options options;

	*t = (struct teller){.options = o};
	t->out = open_memstream(&t->line, &t->length);
	if (!t->out)
		return -ENOMEM;
	if (o->format == FORMAT_TABLE)
		return 0;
	query_report(o, 0, &options);
	options.out = t->out;
	options.lines = true;
	t->report = report_begin(&options, news_fields);
	if (!t->report || report_flush(t->report) < 0) /* with CSV's heading */
		return -ENOMEM;
	send_line(t);
	return 0;
}

static void teller_close(struct teller *t)
{
	say_left_out(t);
	report_end(t->report);
	if (t->out)
		fclose(t->out);
	free(t->line);
}

static int reload(void *context, struct config **ret_)
{
	const struct teller *t = context;

	return options_config(t->options, ret_) == EXIT_DONE ? 0 : -1;
}

static int run(const struct options *o, struct config *config)
{
	struct teller teller;
	struct watch_options options = {.config = config,
					.reload = reload,
					.news = tell,
					.context = &teller};
	int status = EXIT_FAILED;

	signal(SIGPIPE, SIG_IGN); /* a reader that goes away must not end the watch */
	log_never_wait(true);
	if (teller_open(o, &teller) == 0) {
		status = watch_run(&options) < 0 ? EXIT_FAILED : EXIT_DONE;
	} else {
		log_say("watch: no memory");
		config_free(config);
	}
	teller_close(&teller);
	log_never_wait(false);
	return status;
}

int command_watch(const struct options *o)
{
	struct config *config;
	sigset_t held;
	int status;

	watch_hold_signals(&held);
	status = options_config(o, &config);
	if (status != EXIT_DONE)
		return status;
	if (config->interface_count == 0) {
		log_say("watch: no interface: name the mirror port with -i, or `interfaces` in the "
			"configuration");
		status = EXIT_USAGE;
	} else {
		status = options_check(config);
	}
	if (status == EXIT_DONE)
		return run(o, config);
	config_free(config);
	return status;
}
