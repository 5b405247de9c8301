/* The freeze while it lasts: is it frozen still, and is the incident open still? */
#include "freeze_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "base/moment.h"

/* What was said already is not said every 15 s. */
static void say_once(struct freeze *f, const char *why)
{
	if (strcmp(f->said, why) == 0)
		return;
	memcpy(f->said, why, sizeof(f->said));
	log_say("%s: cannot be asked whether it is frozen: %s", f->target, why);
}

/* The grace begins anew: what it sent meanwhile it may have been allowed to. */
static void renew(struct freeze *f)
{
	char error[STORE_ERROR];
	struct request_answer a;

	f->view.frozen = f->outcome->frozen = moment_now();
	if (request_renew(f->options->record, f->row.id, f->view.frozen, freeze_is_watched(f), &a,
			  error) < 0)
		log_say("%s", error);
	freeze_say(f, "%s is frozen again; what it sent in between accuses nobody", f->target);
}

static void freeze_again(struct freeze *f)
{
	struct mta_reply reply;

	log_say("%s: IS NOT FROZEN ANY MORE: somebody or something has thawed it; freezing it "
		"again",
		f->target);
	if (freeze_ask(f, MTA_FREEZE, freeze_timer(f), &reply) < 0)
		log_say("%s: %s; trying again in %d s", f->target, reply.why,
			(int)(FREEZE_ASK / MOMENT_SECOND));
	else
		renew(f);
}

/* true: to end */
static bool ask(struct freeze *f)
{
	struct mta_reply reply;
	int r = freeze_ask(f, MTA_CHECK, 0, &reply);

	if (r == -EINTR)
		return true;
	if (r < 0) {
		say_once(f, reply.why);
		return false;
	}
	f->said[0] = '\0';
	if (reply.state.frozen != MTA_YES || reply.state.in_force == MTA_NO)
		freeze_again(f);
	return false;
}

/* Mail that waits while nobody looks who sends is kept for nothing. */
static bool is_given_up(struct freeze *f, bool watched)
{
	const int seconds = (int)(FREEZE_RETURN / MOMENT_SECOND);

	if (watched && f->unwatched)
		freeze_say(f, "a monitor runs again; who sent while none did is not known");
	if (watched) {
		f->unwatched = 0;
		return false;
	}
	if (f->unwatched == 0) {
		f->unwatched = moment_since_boot();
		log_say("incident %" PRId64 ": NO MONITOR RUNS ANY MORE, so nobody sees who sends: "
			"start egress25 watch within %d s, or the freeze ends",
			f->row.id, seconds);
	}
	if (moment_since_boot() - f->unwatched < FREEZE_RETURN)
		return false;
	log_say("incident %" PRId64 ": no monitor came back within %d s: the freeze ends",
		f->row.id, seconds);
	return true;
}

/* Whether to end, and how. */
static bool is_over(struct freeze *f, enum freeze_result *ret_)
{
	struct request_look look;
	char error[STORE_ERROR];

	/* A record that cannot be reached now is asked again in a second. */
	if (request_look(f->options->record, f->row.id, moment_now(), &look, error) < 0)
		return false;
	if (look.closed) {
		freeze_say(f, "incident %" PRId64 " was closed: the freeze ends with it",
			   f->row.id);
		*ret_ = FREEZE_DONE;
		return true;
	}
	*ret_ = FREEZE_FAILED;
	return is_given_up(f, look.watched);
}

enum freeze_result freeze_watch(struct freeze *f)
{
	int64_t look = moment_since_boot(), next = look + FREEZE_ASK;
	enum freeze_result result;

	while (moment_since_boot() < f->deadline) {
		if (freeze_pause(f))
			return FREEZE_END;
		if (moment_since_boot() >= look) {
			look = moment_since_boot() + MOMENT_SECOND;
			if (is_over(f, &result))
				return result;
		}
		if (moment_since_boot() < next)
			continue;
		if (ask(f))
			return FREEZE_END;
		next = moment_since_boot() + FREEZE_ASK;
	}
	return FREEZE_DONE;
}
