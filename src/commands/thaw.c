/*
 * thaw: undoes what a freeze left that was killed, or lost its mail server.  The record knows which
 * one; where there is none, or it knows nothing, the options do.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/moment.h"
#include "base/text.h"
#include "commands/freeze.h"
#include "query/status.h"

struct answer {
	char mta[16], host[MTA_HOST];
	struct maybe incident; /* unknown: none was concerned */
	bool thawed;
};

static const struct field answer_fields[] = {
	{.name = "mta", .kind = FIELD_CHARS, .offset = offsetof(struct answer, mta)},
	{.name = "mta_host", .kind = FIELD_CHARS, .offset = offsetof(struct answer, host)},
	{.name = "incident", .kind = FIELD_MAYBE, .offset = offsetof(struct answer, incident)},
	{.name = "thawed", .kind = FIELD_BOOL, .offset = offsetof(struct answer, thawed)},
	{0},
};

/* What the record says, where there is one; it may be damaged, or another version's. */
static void ask_record(const char *path, struct store_frozen *found, bool *ret_running)
{
	char error[RECORD_ERROR > STORE_ERROR ? RECORD_ERROR : STORE_ERROR];
	struct record *r = NULL;
	struct status s;

	*found = (struct store_frozen){0};
	*ret_running = false;
	if (access(path, F_OK) < 0 && errno == ENOENT)
		return;
	if (request_find_frozen(path, found, error) < 0) {
		log_say("%s: what it says of a freeze is not known", error);
		return;
	}
	if (record_open(path, &r, error) == 0 && status_load(r, 0, moment_now(), &s) == 0) {
		*ret_running = s.running;
		status_done(&s);
	}
	record_close(r);
}

static bool is_target(const struct store_frozen *f, const struct mta_target *t)
{
	return !*f->mta ||
	       (strcmp(f->mta, mta_kind_name(t->kind)) == 0 && strcmp(f->host, t->host) == 0);
}

static int print(const struct options *o, const struct mta_target *t,
		 const struct freeze_outcome *out)
{
	struct answer a = {.incident = {.known = out->incident > 0, .value = out->incident},
			   .thawed = out->thawed};
	struct report_options report;

	text_print(a.mta, sizeof(a.mta), "%s", mta_kind_name(t->kind));
	memcpy(a.host, t->host, sizeof(a.host));
	query_report(o, moment_now(), &report);
	if (report.format == REPORT_TABLE)
		return EXIT_DONE;
	return query_written(report_object(&report, answer_fields, &a), EXIT_DONE);
}

static int undo(const struct options *o, const struct config *c, const struct mta_target *t,
		const struct store_frozen *found, bool running)
{
	static const struct store_frozen none = {0};
	const struct freeze_options options = {.record = c->record,
					       .target = *t,
					       .running = running};
	struct screen *s = screen_begin(o, NULL, false);
	struct freeze_outcome out = {.failed = true};
	int status;

	if (!s) {
		log_say("thaw: %s", strerror(ENOMEM));
		return EXIT_FAILED;
	}
	freeze_undo(&options, is_target(found, t) ? found : &none, screen_calls(s), &out);
	screen_end(s);
	status = print(o, t, &out);
	return out.failed ? EXIT_FAILED : status;
}

int command_thaw(const struct options *o)
{
	struct store_frozen found;
	struct config *c = NULL;
	struct mta_target target;
	bool running;
	int status = options_config(o, &c);

	if (status == EXIT_DONE) {
		ask_record(c->record, &found, &running);
		status = freeze_target(o, c, "thaw", *found.mta ? found.mta : NULL,
				       *found.host ? found.host : NULL, &target);
	}
	if (status == EXIT_DONE)
		status = undo(o, c, &target, &found, running);
	config_free(c);
	return status;
}
