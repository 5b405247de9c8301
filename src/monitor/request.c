#include "monitor/request.h"

#include <string.h>
#include <time.h>

#include "base/moment.h"

#define LOOK (MOMENT_SECOND / 20)

/* Until the monitor has taken the row up as it stands, or its end. */
static int wait_for(struct store *s, struct request_answer *a, char error[STORE_ERROR])
{
	const struct timespec look = {.tv_nsec = LOOK * 1000};
	int64_t by = moment_steady() + REQUEST_PATIENCE;
	struct store_incident_state how;
	int r;

	do {
		nanosleep(&look, NULL);
		r = store_incident_state(s, a->id, &how, error);
		if (r < 0)
			return r;
		a->heard = how.closed ? how.released : how.acknowledged;
	} while (!a->heard && moment_steady() < by);
	memcpy(a->effect, how.effect, sizeof(a->effect));
	return 0;
}

int request_open(const char *path, const struct store_incident *i, bool running,
		 struct request_answer *ret_, char error[STORE_ERROR])
{
	struct store *s = NULL;
	int r = store_incident_enter(path, &s, error);

	*ret_ = (struct request_answer){0};
	if (r == 0)
		r = store_incident_open(s, i, &ret_->id, error);
	if (r == 0 && running)
		r = wait_for(s, ret_, error);
	store_incident_leave(s);
	return r;
}

int request_close(const char *path, int64_t now, bool running, struct request_answer *ret_,
		  char error[STORE_ERROR])
{
	struct store *s = NULL;
	int r = store_incident_enter(path, &s, error);

	*ret_ = (struct request_answer){0};
	if (r == 0)
		r = store_incident_close(s, "user", now, &ret_->id, error);
	if (r == 0 && running)
		r = wait_for(s, ret_, error);
	store_incident_leave(s);
	return r;
}

/* --- frozen mail servers ---------------------------------------------------------------------- */

int request_freeze(const char *path, const struct store_incident *i, const struct store_frozen *f,
		   struct request_answer *ret_, char error[STORE_ERROR])
{
	struct store *s = NULL;
	int r = store_incident_enter(path, &s, error);

	*ret_ = (struct request_answer){0};
	if (r == 0)
		r = store_freeze_begin(s, i, f, &ret_->id, &ret_->joined, error);
	if (r == 0)
		r = wait_for(s, ret_, error);
	store_incident_leave(s);
	return r;
}

static int change(const char *path,
		  int (*how)(struct store *s, int64_t id, int64_t now, char error[STORE_ERROR]),
		  int64_t id, int64_t now, bool running, struct request_answer *ret_,
		  char error[STORE_ERROR])
{
	struct store *s = NULL;
	int r = store_incident_enter(path, &s, error);

	*ret_ = (struct request_answer){.id = id};
	if (r == 0)
		r = how(s, id, now, error);
	if (r == 0 && running)
		r = wait_for(s, ret_, error);
	store_incident_leave(s);
	return r;
}

int request_renew(const char *path, int64_t id, int64_t now, bool running,
		  struct request_answer *ret_, char error[STORE_ERROR])
{
	return change(path, store_freeze_renew, id, now, running, ret_, error);
}

int request_release(const char *path, int64_t id, int64_t now, bool running,
		    struct request_answer *ret_, char error[STORE_ERROR])
{
	return change(path, store_freeze_release, id, now, running, ret_, error);
}

int request_thawed(const char *path, const struct store_frozen *f, bool proven, int64_t now,
		   bool running, struct request_answer *ret_, char error[STORE_ERROR])
{
	struct store *s = NULL;
	int r = store_incident_enter(path, &s, error);

	*ret_ = (struct request_answer){.id = f->id};
	if (r == 0)
		r = store_freeze_end(s, f, proven, now, error);
	if (r == 0 && running)
		r = wait_for(s, ret_, error);
	store_incident_leave(s);
	return r;
}

int request_find_frozen(const char *path, struct store_frozen *ret_, char error[STORE_ERROR])
{
	struct store *s = NULL;
	int r = store_incident_enter(path, &s, error);

	*ret_ = (struct store_frozen){0};
	if (r == 0)
		r = store_freeze_find(s, ret_, error);
	store_incident_leave(s);
	return r < 0 ? r : 0;
}

int request_look(const char *path, int64_t id, int64_t now, struct request_look *ret_,
		 char error[STORE_ERROR])
{
	struct store_incident_state how;
	struct store *s = NULL;
	int r = store_incident_enter(path, &s, error);

	if (r == 0)
		r = store_incident_state(s, id, &how, error);
	if (r == 0)
		r = store_incident_watched(s, now, error);
	if (r >= 0)
		*ret_ = (struct request_look){.closed = how.closed, .watched = r > 0};
	store_incident_leave(s);
	return r < 0 ? r : 0;
}
