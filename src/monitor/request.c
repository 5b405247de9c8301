#include "monitor/request.h"

#include <string.h>
#include <time.h>

#include "base/moment.h"

#define LOOK (MOMENT_SECOND / 20)

static int64_t steady_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * MOMENT_SECOND + t.tv_nsec / 1000;
}

/* Until the monitor has taken the row up, or its end. */
static int wait_for(struct store *s, bool end, struct request_answer *a, char error[STORE_ERROR])
{
	const struct timespec look = {.tv_nsec = LOOK * 1000};
	int64_t by = steady_now() + REQUEST_PATIENCE;
	struct store_incident_state how;
	int r;

	do {
		nanosleep(&look, NULL);
		r = store_incident_state(s, a->id, &how, error);
		if (r < 0)
			return r;
		a->heard = end ? how.released : how.acknowledged;
	} while (!a->heard && steady_now() < by);
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
		r = wait_for(s, false, ret_, error);
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
		r = wait_for(s, true, ret_, error);
	store_incident_leave(s);
	return r;
}
