#include "freeze_tries.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "query/offender.h"

#define SHOWN 4096 /* hosts that are known to have been told of; beyond them none is */

struct tries {
	struct query *query;
	struct record *record;
	struct offenders found;
	int64_t version; /* of the record, at the last look; 0: there was none */
	bool said;	 /* that it cannot be read */
	struct told {
		int64_t host;
		char verdict[sizeof(((struct offender *)NULL)->verdict)];
	} told[SHOWN];
	size_t told_count;
};

struct tries *tries_new(struct query *q)
{
	struct tries *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->query = q;
	t->record = q->records[0];
	return t;
}

void tries_free(struct tries *t)
{
	if (!t)
		return;
	offenders_done(&t->found);
	free(t);
}

/* Whether it is to be told of, with the verdict that it has now. */
static bool is_news(struct tries *t, const struct offender *o)
{
	struct told *at = t->told, *end = at + t->told_count;

	while (at < end && at->host != o->host)
		at++;
	if (at == end && t->told_count == SHOWN)
		return false;
	if (at < end && strcmp(at->verdict, o->verdict) == 0)
		return false;
	t->told_count += at == end;
	at->host = o->host;
	memcpy(at->verdict, o->verdict, sizeof(at->verdict));
	return true;
}

static void tell_news(struct tries *t, void (*tell)(void *context, const char *text), void *context)
{
	char line[512], score[16], messages[48];

	for (size_t i = 0; i < t->found.count; i++) {
		const struct offender *o = &t->found.items[i];

		if (!is_news(t, o))
			continue;
		score[0] = messages[0] = '\0';
		if (o->score.known)
			text_print(score, sizeof(score), " %.2f", o->score.value);
		if (o->messages.known)
			text_print(messages, sizeof(messages), ", messages %" PRId64,
				   o->messages.value);
		text_print(line, sizeof(line),
			   "%s tries%s%s: %s%s; attempts %" PRId64 ", connected %" PRId64 "%s",
			   o->address, *o->mac ? ", MAC " : "", o->mac,
			   *o->verdict ? o->verdict : "no verdict yet", score, o->attempts,
			   o->connected, messages);
		tell(context, line);
	}
}

static int look(struct tries *t, int64_t since)
{
	struct window w = {.since = moment_floor(since, MOMENT_MINUTE), .until = INT64_MAX};
	struct offenders found = {0};
	uint64_t outside;
	int rc = record_refresh(t->record);

	if (rc == 0)
		rc = offenders_load(t->record, &w, 0, t->query->config->policy, moment_now(),
				    &found, &outside);
	if (rc < 0) {
		offenders_done(&found);
		return rc;
	}
	offenders_rank(&found);
	offenders_done(&t->found);
	t->found = found;
	return 0;
}

void tries_look(struct tries *t, int64_t since, void (*tell)(void *context, const char *text),
		void *context)
{
	int64_t version = 0;
	int rc = record_number(t->record, "PRAGMA data_version", 0, &version);

	if (rc == 0 && version == t->version)
		return;
	if (rc == 0)
		rc = look(t, since);
	if (rc < 0 && !t->said)
		log_say("%s: cannot be read: %s: the freeze goes on", record_name(t->record),
			record_error(t->record));
	t->said = rc < 0;
	if (rc < 0)
		return;
	t->version = version;
	if (tell)
		tell_news(t, tell, context);
}

const char *tries_summary(const struct tries *t, char *buf, size_t size)
{
	int64_t attempts = 0;

	for (size_t i = 0; i < t->found.count; i++)
		attempts = count_add(attempts, t->found.items[i].attempts);
	if (t->found.count == 0)
		return text_print(buf, size, "nobody tries so far");
	return text_print(buf, size, "%zu offender%s so far, attempts %" PRId64, t->found.count,
			  text_s(t->found.count), attempts);
}

/* The report writes them as it does elsewhere; of its lines those that fit are taken. */
int tries_table(struct tries *t, FILE *out, int most)
{
	struct report_options options = t->query->report;
	char *text = NULL, *at;
	struct report *report;
	size_t size;
	int lines = 0;

	options.columns = report_terminal_columns() - 1;
	options.now = moment_now();
	options.out = open_memstream(&text, &size);
	report = options.out && t->found.count ? report_begin(&options, offender_fields) : NULL;
	if (report)
		report_set_style(report, offender_style);
	for (size_t i = 0; report && i < t->found.count && i < (size_t)(most > 0 ? most : 0); i++)
		report_row(report, &t->found.items[i]);
	report_end(report);
	if (options.out)
		fclose(options.out);
	at = text;
	for (char *end; at && lines < most && (end = strchr(at, '\n')); at = end + 1, lines++)
		fwrite(at, 1, (size_t)(end - at) + 1, out);
	free(text);
	return lines;
}
