/*
 * What an open incident changes: resets are switched on, and mail servers lose their permission.
 * `never` and `dry-run` outrank it, and so does SIGUSR1; and without a mail server no resets arm.
 */
#include "watch_internal.h"

#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "base/moment.h"
#include "base/text.h"
#include "on_listing.h"
#include "realtime.h"

static bool asks_for_resets(const struct watch *w)
{
	return w->incident.order.id && w->incident.order.reset;
}

enum reset_mode watch_reset_mode(const struct watch *w, const struct config *c)
{
	if (w->reset_stopped)
		return RESET_OFF;
	if (c->reset == RESET_OFF && asks_for_resets(w) && policy_has_mail_servers(c->policy))
		return RESET_ON;
	return c->reset;
}

static const char *describe_resets(const struct watch *w, const struct config *c)
{
	if (!asks_for_resets(w))
		return "watching";
	if (c->reset == RESET_NEVER)
		return "resets stay off: the monitor runs with reset = never";
	if (w->reset_stopped)
		return "resets stay off: SIGUSR1 stopped them until the monitor is started again";
	if (c->reset == RESET_DRY_RUN)
		return "resets are counted, not sent: the monitor runs with reset = dry-run";
	if (!policy_has_mail_servers(c->policy))
		return "resets stay off: the monitor knows no mail server, so all mail would be "
		       "cut "
		       "off";
	if (!resetter_can_send(&w->resetter))
		return "resets cannot be sent: no interface takes them";
	return "resets are on";
}

static void freeze(struct watch *w)
{
	const struct incident_order *o = &w->incident.order;

	if (o->id && o->freeze)
		way_set_frozen(w->way, o->frozen + INCIDENT_GRACE, o->frozen_until);
	else
		way_set_frozen(w->way, INT64_MAX, INT64_MAX);
}

/* While resets are sent this thread runs before all others: it races the server's answer. */
static void hurry(struct watch *w, bool on)
{
	int result;

	if (w->hurried == on || w->always_hurried)
		return;
	w->hurried = on;
	result = realtime_set(on);
	if (on && result < 0)
		log_say("resets: no real-time priority (%s): they come later while this machine is "
			"busy; run as root, with CAP_SYS_NICE, or under LimitRTPRIO=1",
			strerror(-result));
}

void watch_set_resets(struct watch *w, const struct config *c)
{
	struct incident_answer *a = &w->answer;
	enum reset_mode mode = watch_reset_mode(w, c);

	way_set_reset_mode(w->way, mode);
	hurry(w, mode == RESET_ON);
	a->id = w->incident.order.id;
	a->ended = w->incident.ended.id;
	a->revision = w->incident.order.revision;
	text_print(a->effect, sizeof(a->effect), "%s%s", describe_resets(w, c),
		   w->incident.order.freeze ? "; mail servers may not send" : "");
}

static void say_change(const struct watch *w, const struct incident_order *before,
		       enum incident_change change)
{
	const struct incident_order *o = &w->incident.order;
	char until[MOMENT_TEXT];

	if (change == INCIDENT_OPENED || change == INCIDENT_CHANGED)
		log_say("incident %" PRId64 ": until %s: %s", o->id,
			moment_format_local(o->until, until), w->answer.effect);
	else if (change == INCIDENT_THAWED)
		log_say("incident %" PRId64 ": the freeze has come to its limit: mail servers may "
			"send again",
			o->id);
	else
		log_say("incident %" PRId64 ": %s", before->id ? before->id : w->incident.ended.id,
			change == INCIDENT_LIMIT ? "has come to its limit" : "was closed");
}

void watch_follow_incident(struct watch *w)
{
	struct incident_order record, before;
	enum incident_change change;

	do {
		writer_incident(w->writer, &w->answer, &record);
		before = w->incident.order;
		change = incident_watch_update(&w->incident, &record, moment_now(),
					       moment_since_boot());
		/* Also where nothing changed but that the record knows of an end. */
		watch_set_resets(w, w->options.config);
		if (change == INCIDENT_SAME)
			return;
		freeze(w);
		say_change(w, &before, change);
	} while (change == INCIDENT_CLOSED || change == INCIDENT_LIMIT);
	writer_incident(w->writer, &w->answer, &record);
}

void watch_heed_listings(struct watch *w)
{
	struct incident_wish wish;

	if (on_listing_wish(writer_batch(w->writer), w->options.config, moment_now(), &wish))
		writer_wish(w->writer, &wish);
}
