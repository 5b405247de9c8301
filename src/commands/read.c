/*
 * read: capture files in, their offenders out.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/moment.h"
#include "base/text.h"
#include "commands/command.h"
#include "commands/print.h"
#include "monitor/reading.h"
#include "query/notices.h"
#include "query/record.h"
#include "query/report.h"
#include "query/texts.h"
#include "query/verdict.h"

/* A line of its own, as wide as the terminal where it goes there. */
static void say_line(FILE *to, const char *text)
{
	report_wrap(to, text, 0, 2, to == stdout ? report_terminal_columns() : REPORT_COLUMNS);
}

static void say_losses(FILE *to, const struct health *h)
{
	char text[4096] = "";
	size_t used = 0;

	for (unsigned int i = 0; i < h->loss_count; i++)
		used += strlen(text_print(text + used, sizeof(text) - used, "%s%s: %" PRIu64 "%s",
					  i ? "; " : "Not all was understood or kept: ",
					  h->losses[i].reason, h->losses[i].count,
					  i + 1 == h->loss_count ? "." : ""));
	if (h->loss_count)
		say_line(to, text);
}

static void say_unclassified(FILE *to, const struct health *h)
{
	char text[HEALTH_TEXT];

	if (h->unclassified)
		say_line(to, health_describe_unclassified(h, text, sizeof(text)));
}

/* What remote servers said of us. */
static void say_notices(FILE *to, const struct record *record)
{
	char text[NOTICES_TEXT];
	struct list list;

	if (notices_load(record, NULL, &list) == 0) {
		const struct notice_row *rows = list.items;

		for (size_t i = 0; i < list.count; i++)
			say_line(to, notices_describe(&rows[i], text));
		notices_done(&list);
	}
}

/* Permitted hosts to be looked at, a mail server above all: no list above has them. */
static void say_remarks(FILE *to, const struct record *record)
{
	struct list list = {0};
	char text[1024];

	if (remarks_load(record, &list) == 0)
		for (size_t i = 0; i < list.count; i++)
			say_line(to,
				 text_print(text, sizeof(text), "permitted, yet suspicious: %s.",
					    ((char *const *)list.items)[i]));
	texts_done(&list);
}

static void say_findings(FILE *to, struct sqlite3 *db)
{
	struct record *record = record_borrow(db);

	if (record) {
		say_notices(to, record);
		say_remarks(to, record);
	}
	record_close(record);
}

static void say_frames(FILE *to, const struct health *h)
{
	char newest[MOMENT_TEXT], text[512];

	say_line(to, text_print(text, sizeof(text),
				"%" PRIu64 " frames read%s%s; %" PRIu64
				" attempts, permitted ones included; %" PRIu64 " stray frames.",
				h->packets, h->packets ? ", the newest of " : "",
				h->packets ? moment_format_local(h->newest, newest) : "",
				h->attempts, h->stray));
}

/* The closing lines: on standard output beside a table, else on standard error. */
static void say_health(FILE *to, const struct health *h)
{
	uint64_t inward = 0, outward = 0;

	for (unsigned int i = 0; i < h->interface_count; i++) {
		inward += h->interfaces[i].inward;
		outward += h->interfaces[i].outward;
	}
	say_frames(to, h);
	if (h->attempts && (inward == 0 || outward == 0))
		fprintf(to, "Only frames %s were seen: the mirror shows one direction.\n",
			inward ? "from outside to inside" : "from inside to outside");
	say_unclassified(to, h);
	say_losses(to, h);
}

/* What could be read is answered; that something could not shows in the status. */
static int read_and_print(const struct options *o, const struct config *config, struct reading *r)
{
	FILE *to = o->format == FORMAT_TABLE ? stdout : stderr;
	int result = reading_run(r), status;

	if (result < 0 && reading_health(r)->packets == 0)
		return EXIT_FAILED;
	status = offenders_print(reading_database(r), config, o, moment_now());
	say_findings(to, reading_database(r));
	say_health(to, reading_health(r));
	if (fflush(stdout) != 0)
		return EXIT_FAILED;
	return result < 0 ? EXIT_FAILED : status;
}

int command_read(const struct options *o)
{
	struct config *config;
	struct reading *r;
	int status = options_config(o, &config);

	if (status == EXIT_DONE) {
		struct reading_options options = {
			.files = o->arguments,
			.file_count = o->argument_count,
			.record = o->records.count ? o->records.items[0] : NULL,
			.totals_only = !o->since && !o->until,
			.again = o->again,
			.progress = isatty(STDERR_FILENO),
			.config = config,
		};

		status = EXIT_FAILED;
		if (reading_open(&options, &r) == 0) {
			if (reading_seal(&options) == 0)
				status = read_and_print(o, config, r);
			reading_close(r);
		}
		config_free(config);
	}
	return status;
}
