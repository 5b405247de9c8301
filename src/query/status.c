#include "query/status.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/path.h"
#include "base/text.h"
#include "judge/health.h"
#include "judge/schema.h"
#include "query/texts.h"
#include "query/verdict.h"

static int64_t file_bytes(const char *path, const char *suffix)
{
	char name[4096];
	struct stat st;

	text_print(name, sizeof(name), "%s%s", path, suffix);
	return stat(name, &st) == 0 ? (int64_t)st.st_size : 0;
}

static void load_file(const struct record *r, struct status *s)
{
	size_t size = 4 * strlen(record_name(r)) + 1;

	s->record.schema = SCHEMA_VERSION;
	s->record.path = malloc(size);
	if (s->record.path)
		record_escape(record_name(r), strlen(record_name(r)), s->record.path, size);
	if (r->path) {
		s->record.log = file_bytes(r->path, "-wal");
		s->record.bytes = file_bytes(r->path, "") + s->record.log;
	}
}

/* A monitor's run, if there ever was one; the newest.  It runs no more where another has begun
 * since: that may be a `read` which holds the lock that a killed monitor left. */
static const char run_sql[] = "SELECT id, mode, sensor, started, beat,"
			      " ended IS NULL AND id = (SELECT max(id) FROM run), packets, "
			      "stray, unclassified, newest, resets_sent, resets_planned,"
			      " resets_limited, resets_refused, killable, killed, privileges"
			      " FROM run ORDER BY mode = 'watch' DESC, id DESC LIMIT 1";

static void load_resets(sqlite3_stmt *q, struct status *s)
{
	int64_t killable = record_count(q, 14);

	s->resets.sent = record_count(q, 10);
	s->resets.planned = record_count(q, 11);
	s->resets.limited = record_count(q, 12);
	s->resets.refused = record_count(q, 13);
	s->resets.killed_share.known = killable > 0;
	if (killable > 0)
		s->resets.killed_share.value = (double)record_count(q, 15) / (double)killable;
}

static int load_run(const struct record *r, int64_t now, struct status *s, int64_t *ret_run)
{
	sqlite3_stmt *q = record_prepare(r, run_sql);
	int rc, held = r->path ? path_is_locked(r->path) : 0;
	bool open;

	if (!q)
		return record_errno(r);
	rc = record_step(q);
	if (rc > 0) {
		*ret_run = sqlite3_column_int64(q, 0);
		record_text(q, 1, s->mode, sizeof(s->mode));
		s->sensor = record_text_new(q, 2);
		s->started = record_time(q, 3);
		s->beat = record_time(q, 4);
		open = sqlite3_column_int(q, 5) != 0;
		s->packets = record_count(q, 6);
		s->stray = record_count(q, 7);
		s->unclassified.connections = record_count(q, 8);
		s->newest = record_time(q, 9);
		load_resets(q, s);
		s->privileges = record_text_new(q, 16);
		s->running = open && strcmp(s->mode, "watch") == 0 &&
			     health_is_alive(held, s->beat, now);
	}
	sqlite3_finalize(q);
	return rc < 0 ? record_errno(r) : 0;
}

/* Prepares sql with run bound, and room for `most` items of that size. */
static int begin_list(const struct record *r, const char *sql, int64_t run, size_t most,
		      size_t size, struct list *list, sqlite3_stmt **ret_)
{
	sqlite3_stmt *q = record_prepare(r, sql);
	int rc = q ? 0 : record_errno(r);

	if (!q)
		return rc < 0 ? rc : -EIO;
	list->items = calloc(most, size);
	if (!list->items) {
		sqlite3_finalize(q);
		return -ENOMEM;
	}
	sqlite3_bind_int64(q, 1, run);
	*ret_ = q;
	return 0;
}

static int load_interfaces(const struct record *r, int64_t run, struct status *s)
{
	struct status_interface *items;
	sqlite3_stmt *q = NULL;
	int rc = begin_list(r,
			    "SELECT name, received, dropped, dropped_by_interface, outward, inward,"
			    " last_frame, down FROM interface WHERE run = ?1 ORDER BY name",
			    run, HEALTH_INTERFACES, sizeof(*items), &s->interfaces, &q);

	if (rc < 0)
		return rc;
	items = (struct status_interface *)s->interfaces.items;
	while (s->interfaces.count < HEALTH_INTERFACES && (rc = record_step(q)) > 0) {
		int64_t last = record_time(q, 6);

		items[s->interfaces.count++] = (struct status_interface){
			.name = record_text_new(q, 0),
			.received = record_count(q, 1),
			.dropped = record_count(q, 2),
			.dropped_by_interface = record_count(q, 3),
			.outward = record_count(q, 4),
			.inward = record_count(q, 5),
			.both_directions = record_count(q, 4) > 0 && record_count(q, 5) > 0,
			.down = sqlite3_column_int64(q, 7) != 0,
			.last_frame = last ? last : TIME_UNKNOWN,
		};
	}
	sqlite3_finalize(q);
	return rc < 0 ? record_errno(r) : 0;
}

static int load_losses(const struct record *r, int64_t run, struct status *s)
{
	struct named_count *items;
	sqlite3_stmt *q = NULL;
	int rc = begin_list(r,
			    "SELECT reason, count FROM lost WHERE run = ?1 ORDER BY count DESC,"
			    " reason",
			    run, HEALTH_LOSSES, sizeof(*items), &s->lost, &q);

	if (rc < 0)
		return rc;
	items = (struct named_count *)s->lost.items;
	while (s->lost.count < HEALTH_LOSSES && (rc = record_step(q)) > 0) {
		items[s->lost.count].count = record_count(q, 1);
		items[s->lost.count].name = record_text_new(q, 0);
		s->lost.count += items[s->lost.count].name != NULL;
	}
	sqlite3_finalize(q);
	return rc < 0 ? record_errno(r) : 0;
}

static int load_examples(const struct record *r, int64_t run, struct status *s)
{
	struct list *list = &s->unclassified.examples;
	struct status_example *items;
	sqlite3_stmt *q = NULL;
	int rc = begin_list(r, "SELECT client, server, port FROM unclassified WHERE run = ?1", run,
			    HEALTH_EXAMPLES, sizeof(*items), list, &q);

	if (rc < 0)
		return rc;
	items = (struct status_example *)list->items;
	while (list->count < HEALTH_EXAMPLES && (rc = record_step(q)) > 0) {
		struct status_example *e = &items[list->count++];

		record_text(q, 0, e->client, sizeof(e->client));
		record_text(q, 1, e->server, sizeof(e->server));
		e->port = record_count(q, 2);
	}
	sqlite3_finalize(q);
	return rc < 0 ? record_errno(r) : 0;
}

static int load_all(const struct record *r, int64_t now, struct status *s)
{
	int64_t run = 0;
	int rc = load_run(r, now, s, &run);

	if (rc == 0)
		rc = load_interfaces(r, run, s);
	if (rc == 0)
		rc = load_losses(r, run, s);
	if (rc == 0)
		rc = load_examples(r, run, s);
	if (rc == 0)
		rc = status_load_attacks(r, run, now, s);
	if (rc == 0)
		rc = notices_load(r, NULL, &s->listings);
	if (rc == 0)
		rc = remarks_load(r, &s->remarks);
	if (rc == 0)
		rc = incident_find(r, 0, now, &s->incident);
	if (rc >= 0)
		rc = incident_unthawed(r, now, &s->freeze.row);
	if (rc > 0)
		rc = 0;
	if (rc == 0)
		rc = record_number(r, "SELECT total(max(attempts, 0)) FROM standing_sum", 0,
				   &s->connections);
	if (rc == 0)
		rc = record_number(r, "SELECT max(hosts, 0) FROM standing_sum WHERE standing = 0",
				   0, &s->offenders);
	return rc;
}

int status_load(struct record *r, int64_t silent_after, int64_t now, struct status *ret_)
{
	struct status s = {.started = TIME_UNKNOWN, .beat = TIME_UNKNOWN};
	int rc = record_begin(r);

	if (rc < 0)
		return rc;
	load_file(r, &s);
	rc = load_all(r, now, &s);
	record_end(r);
	if (rc < 0) {
		status_done(&s);
		return rc;
	}
	status_judge(&s, silent_after, now);
	status_judge_freeze(&s, now);
	rc = status_note(&s);
	if (rc < 0) {
		status_done(&s);
		return rc;
	}
	*ret_ = s;
	return 0;
}

void status_done(struct status *s)
{
	const struct status_interface *interfaces = s->interfaces.items;
	const struct named_count *lost = s->lost.items;
	char *const *blind = s->blind.items;

	for (size_t i = 0; i < s->interfaces.count; i++)
		free(interfaces[i].name);
	for (size_t i = 0; i < s->lost.count; i++)
		free((void *)lost[i].name);
	for (size_t i = 0; i < s->blind.count; i++)
		free(blind[i]);
	free((void *)s->interfaces.items);
	free((void *)s->lost.items);
	free((void *)s->blind.items);
	free((void *)s->attacks.items);
	free((void *)s->unclassified.examples.items);
	notices_done(&s->listings);
	texts_done(&s->remarks);
	texts_done(&s->notes);
	free(s->privileges);
	free(s->sensor);
	free(s->record.path);
	*s = (struct status){0};
}
