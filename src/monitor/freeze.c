#include "freeze_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/moment.h"
#include "base/text.h"

#define IN_FORCE (20 * MOMENT_SECOND) /* from the change of a configuration to its use */
#define TRIES	 3 /* to thaw, and to ask whether it is: a network may come back */
#define BETWEEN	 (3 * MOMENT_SECOND)

static bool show(void *context)
{
	struct freeze *f = context;

	f->view.left = f->deadline > moment_since_boot() ? f->deadline - moment_since_boot() : 0;
	/* Behind the watch nothing is given up any more. */
	return f->screen->idle(f->screen->context, &f->view) && f->view.step <= FREEZE_WATCH;
}

bool freeze_is_watched(const struct freeze *f)
{
	return f->options->running && f->unwatched == 0;
}

bool freeze_pause(struct freeze *f)
{
	const struct timespec tenth = {.tv_nsec = 100000000};

	nanosleep(&tenth, NULL);
	return show(f);
}

void freeze_say(struct freeze *f, const char *format, ...)
{
	char text[1024];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	f->screen->say(f->screen->context, text);
}

int freeze_ask(struct freeze *f, enum mta_verb verb, int64_t seconds, struct mta_reply *ret_)
{
	int r = mta_run(&f->options->target, verb, seconds, show, f, ret_);

	if (r == 0 && verb != MTA_THAW) {
		f->view.state = ret_->state;
		f->view.asked = moment_now();
	}
	return r;
}

int64_t freeze_timer(const struct freeze *f)
{
	int64_t left = f->deadline - moment_since_boot();

	return ((left > 0 ? left : 0) + FREEZE_SLACK) / MOMENT_SECOND;
}

static void say_all(struct freeze *f, const char *what, const struct mta_lines *lines)
{
	for (size_t i = 0; i < lines->count; i++)
		freeze_say(f, "%s: %s%s", f->target, what, lines->text[i]);
	if (lines->more)
		freeze_say(f, "%s: and %zu more of these", f->target, lines->more);
}

/* --- the steps -------------------------------------------------------------------------------- */

static enum freeze_result fail(struct freeze *f, int r, const char *why)
{
	if (r == -EINTR)
		return FREEZE_END;
	log_say("%s: %s", f->target, why);
	return FREEZE_FAILED;
}

static enum freeze_result refuse_frozen(struct freeze *f, int64_t timer)
{
	char until[MOMENT_TEXT] = "", why[200];

	if (timer > 0)
		moment_format_local(timer * MOMENT_SECOND, until);
	text_print(why, sizeof(why),
		   "is frozen already%s%s: egress25 thaw undoes that; then freeze again",
		   timer > 0 ? ", and thaws by itself at " : "", until);
	return fail(f, 0, why);
}

static enum freeze_result look(struct freeze *f)
{
	char error[STORE_ERROR];
	struct mta_reply reply;
	int r = request_find_frozen(f->options->record, &f->row, error);

	if (r < 0) {
		log_say("%s", error);
		return FREEZE_FAILED;
	}
	if (f->row.id && f->row.open) {
		log_say("incident %" PRId64 ": has a mail server frozen already, or an interrupted "
			"freeze left it so: egress25 thaw undoes that; then freeze again",
			f->row.id);
		return FREEZE_FAILED;
	}
	f->row = (struct store_frozen){0};
	r = freeze_ask(f, MTA_CHECK, 0, &reply);
	if (r < 0)
		return fail(f, r, reply.why);
	if (reply.state.frozen == MTA_YES)
		return refuse_frozen(f, reply.state.timer);
	if (reply.state.running == MTA_NO)
		log_say("%s: does not run: is this the right one?", f->target);
	f->outcome->callouts = reply.state.callouts;
	say_all(f, "may connect to other servers though frozen: ", &reply.state.callouts);
	say_all(f, "", &reply.state.notes);
	return FREEZE_DONE;
}

static enum freeze_result freeze(struct freeze *f)
{
	struct mta_reply reply;
	int r;

	/* Its own timer is armed after this, and is longer: it comes behind the limit. */
	f->deadline = moment_since_boot() + f->options->length;
	f->row.frozen_until = moment_now() + f->options->length;
	r = freeze_ask(f, MTA_FREEZE, freeze_timer(f), &reply);
	return r < 0 ? fail(f, r, reply.why) : FREEZE_DONE;
}

/* Asks until the running server has it, where it says that it has not yet. */
static int ask_in_force(struct freeze *f, struct mta_reply *reply)
{
	int64_t by = moment_since_boot() + IN_FORCE;
	int r;

	do {
		r = freeze_ask(f, MTA_CHECK, 0, reply);
		if (r < 0 || reply->state.frozen != MTA_YES || reply->state.in_force != MTA_NO)
			return r;
		for (int i = 0; i < 10; i++)
			if (freeze_pause(f))
				return -EINTR;
	} while (moment_since_boot() < by);
	return 0;
}

static enum freeze_result prove(struct freeze *f)
{
	struct mta_reply reply;
	char local[MOMENT_TEXT];
	int r = ask_in_force(f, &reply);

	if (r < 0)
		return fail(f, r, reply.why);
	if (reply.state.frozen != MTA_YES)
		return fail(f, 0, "says that it is not frozen, though it was: see its log");
	if (reply.state.in_force == MTA_NO)
		return fail(f, 0,
			    "its configuration is changed, but the running server has not "
			    "taken it up: see its log");
	if (reply.state.timer == 0)
		return fail(f, 0, "has no timer that would thaw it, so it is not left frozen");
	if (reply.state.in_force != MTA_YES)
		log_say("%s: cannot tell whether the running server has taken it up: what it sends "
			"may be its own",
			f->target);
	f->view.frozen = f->outcome->frozen = moment_now();
	f->outcome->was_frozen = true;
	freeze_say(f, "%s is frozen%s; its own timer would thaw it at %s", f->target,
		   reply.state.in_force == MTA_YES ? ", and that is proven" : "",
		   moment_format_local(reply.state.timer * MOMENT_SECOND, local));
	if (reply.state.deliveries > 0)
		freeze_say(f,
			   "%" PRId64 " deliveries are under way still, and may end; they accuse "
			   "nobody",
			   reply.state.deliveries);
	return FREEZE_DONE;
}

static enum freeze_result open_incident(struct freeze *f)
{
	struct store_incident i = *f->options->incident;
	char error[STORE_ERROR];
	struct request_answer a;
	int r;

	i.opened = i.since = f->view.frozen;
	i.until = f->row.frozen_until + FREEZE_SLACK;
	i.freeze = true;
	f->row.frozen = f->view.frozen;
	text_print(f->row.mta, sizeof(f->row.mta), "%s", mta_kind_name(f->options->target.kind));
	memcpy(f->row.host, f->options->target.host, sizeof(f->row.host));
	r = request_freeze(f->options->record, &i, &f->row, &a, error);
	if (r != -EALREADY) /* else it is another one's */
		f->row.id = f->view.incident = f->outcome->incident = a.id;
	if (r < 0) {
		log_say("%s", error);
		return FREEZE_FAILED;
	}
	f->row.open = true;
	f->row.joined = f->view.joined = a.joined;
	if (!a.heard)
		log_say("incident %" PRId64 ": the monitor did not acknowledge it within 2 s: see "
			"egress25 status",
			a.id);
	else
		freeze_say(f, "incident %" PRId64 " %s: %s", a.id,
			   a.joined ? "was open, and is joined" : "is open", a.effect);
	return a.heard ? FREEZE_DONE : FREEZE_FAILED;
}

static enum freeze_result release(struct freeze *f)
{
	char error[STORE_ERROR];
	struct request_answer a;

	if (!f->row.id)
		return FREEZE_DONE;
	if (request_release(f->options->record, f->row.id, moment_now(), freeze_is_watched(f), &a,
			    error) < 0)
		log_say("%s", error);
	else if (a.heard || !freeze_is_watched(f) || !f->row.open)
		return FREEZE_DONE;
	else
		log_say("incident %" PRId64
			": the monitor did not acknowledge the thaw within 2 s: "
			"what the mail server sends may be counted as an offence until the limit",
			f->row.id);
	return FREEZE_FAILED;
}

static void wait_between(struct freeze *f)
{
	int64_t by = moment_since_boot() + BETWEEN;

	while (moment_since_boot() < by)
		freeze_pause(f);
}

/* Whether it is worth another try: a recipe that is not there stays away. */
static bool may_pass(int r)
{
	return r == -EIO || r == -ETIMEDOUT;
}

static enum freeze_result thaw(struct freeze *f)
{
	struct mta_reply reply = {0};

	for (int i = 0; i < TRIES; i++) {
		int r = freeze_ask(f, MTA_THAW, 0, &reply);

		if (r == 0) {
			say_all(f, "", &reply.state.notes);
			f->nothing = reply.state.nothing;
			if (f->nothing)
				freeze_say(f, "%s had nothing to undo", f->target);
			return FREEZE_DONE;
		}
		log_say("%s: %s", f->target, reply.why);
		if (!may_pass(r))
			break;
		if (i + 1 < TRIES)
			wait_between(f);
	}
	return FREEZE_FAILED;
}

static enum freeze_result confirm(struct freeze *f)
{
	char by_hand[MTA_COMMAND], local[MOMENT_TEXT] = "";
	struct mta_reply reply = {0};
	int r = -EIO;

	for (int i = 0; i < TRIES && may_pass(r); i++) {
		if (i > 0)
			wait_between(f);
		r = freeze_ask(f, MTA_CHECK, 0, &reply);
	}
	if (r == 0 && reply.state.frozen == MTA_NO) {
		f->outcome->thawed = true;
		if (f->nothing)
			freeze_say(f, "%s is not frozen, and that is proven", f->target);
		else
			freeze_say(f,
				   "%s is thawed, and that is proven: what waited in its queue "
				   "goes out",
				   f->target);
		return FREEZE_DONE;
	}
	if (f->view.state.timer > 0)
		moment_format_local(f->view.state.timer * MOMENT_SECOND, local);
	log_say("%s: IS NOT PROVEN TO BE THAWED: %s%s%s%s; by hand: %s", f->target,
		r < 0 ? reply.why : "it says that it is frozen",
		*local ? "; its own timer thaws it at " : "", local, "",
		mta_command(&f->options->target, MTA_THAW, by_hand));
	return FREEZE_FAILED;
}

static enum freeze_result close_incident(struct freeze *f)
{
	char error[STORE_ERROR];
	struct request_answer a;

	if (!f->row.id)
		return FREEZE_DONE;
	if (request_thawed(f->options->record, &f->row, f->outcome->thawed, moment_now(),
			   freeze_is_watched(f), &a, error) == 0)
		return FREEZE_DONE;
	log_say("%s", error);
	return FREEZE_FAILED;
}

static enum freeze_result do_step(struct freeze *f)
{
	static enum freeze_result (*const steps[])(struct freeze * f) = {
		[FREEZE_LOOK] = look,
		[FREEZE_FREEZE] = freeze,
		[FREEZE_PROVE] = prove,
		[FREEZE_OPEN] = open_incident,
		[FREEZE_WATCH] = freeze_watch,
		[FREEZE_RELEASE] = release,
		[FREEZE_THAW] = thaw,
		[FREEZE_CONFIRM] = confirm,
		[FREEZE_CLOSE] = close_incident,
	};
	_Static_assert(sizeof(steps) / sizeof(*steps) == FREEZE_OVER, "a step that nobody does");
	enum freeze_result result = steps[f->view.step](f);

	/* Of what cannot be given up in the middle the end is awaited, and then it ends. */
	if (result == FREEZE_DONE && f->view.step < FREEZE_WATCH && show(f))
		result = FREEZE_END;
	return result;
}

static void run(struct freeze *f, enum freeze_step first)
{
	mta_target_text(&f->options->target, f->target);
	f->view.target = &f->options->target;
	for (f->view.step = first; f->view.step != FREEZE_OVER;) {
		enum freeze_result result = do_step(f);

		f->outcome->failed |= freeze_is_failure(f->view.step, result);
		f->view.step = freeze_next(f->view.step, result);
	}
}

void freeze_run(const struct freeze_options *o, const struct freeze_screen *screen,
		struct freeze_outcome *ret_)
{
	struct freeze f = {.options = o, .screen = screen, .outcome = ret_};

	*ret_ = (struct freeze_outcome){0};
	run(&f, FREEZE_LOOK);
}

void freeze_undo(const struct freeze_options *o, const struct store_frozen *found,
		 const struct freeze_screen *screen, struct freeze_outcome *ret_)
{
	struct freeze f = {.options = o, .screen = screen, .outcome = ret_, .row = *found};

	*ret_ = (struct freeze_outcome){.incident = found->id};
	run(&f, FREEZE_RELEASE);
}
