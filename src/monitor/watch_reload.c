/* A new configuration for a monitor that runs. */
#include "watch_internal.h"

#include <string.h>

#include "base/log.h"
#include "base/text.h"

static bool same_names(const struct watch *w, const struct config *c)
{
	if (c->interface_count != w->port_count)
		return false;
	for (size_t i = 0; i < w->port_count; i++)
		if (strcmp(c->interfaces[i], w->names[i]) != 0)
			return false;
	return true;
}

/* The ports of the kernel filters; false where one could not be changed. */
static bool set_ports(struct watch *w, const struct config *c)
{
	bool all = true;

	for (size_t i = 0; i < w->port_count; i++) {
		int result = capture_set_ports(w->ports[i].capture, c->ports, c->port_count);

		if (result < 0)
			log_say("%s: the kernel filter could not be changed: %s", w->names[i],
				strerror(-result));
		all = all && result == 0;
	}
	return all;
}

static void set_limits(struct watch *w, const struct config *c)
{
	const struct store_limits limits = {
		.rows_per_host_hour = c->rows_per_host_hour,
		.retention_age = c->retention_age,
		.retention_bytes = c->retention_bytes,
	};

	writer_set_limits(w->writer, &limits);
}

/* Of what may be NULL: not set. */
static bool same_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

static void say_resets(const struct watch *w, const struct config *new)
{
	const struct config *old = w->options.config;
	enum reset_mode mode = watch_reset_mode(w, new);
	bool changed = new->reset != old->reset;

	if (w->reset_stopped && changed && new->reset >= RESET_DRY_RUN)
		log_say("resets stay off: SIGUSR1 stopped them until the monitor is started again");
	else if (mode == RESET_ON && mode != watch_reset_mode(w, old) &&
		 !resetter_can_send(&w->resetter))
		log_say("resets cannot be sent: no interface takes them");
	else if (mode != watch_reset_mode(w, old))
		log_say("resets are %s", reset_mode_name(mode));
}

/* Nothing is opened now that was not at the start. */
static void reload_resets(struct watch *w, struct config *new)
{
	if (new->reset != RESET_NEVER && w->resetter.never)
		log_say("reload: leaving reset = never needs a restart");
	if (w->resetter.never)
		new->reset = RESET_NEVER;
	way_set_protected(w->way, new->never_reset, new->never_reset_count, new->reset_limit);
	watch_set_resets(w, new);
	say_resets(w, new);
}

/* Names what changed and yet stays as it was. */
static void say_restart(const struct watch *w, const struct config *new)
{
	const struct config *old = w->options.config;
	const struct {
		const char *name;
		bool same;
	} settings[] = {
		{"interfaces", same_names(w, new)},
		{"record", same_text(new->record, old->record)},
		{"sensor", same_text(new->sensor, old->sensor)},
		{"user", same_text(new->user, old->user)},
		{"reset_via", w->resetter.never || same_text(new->reset_via, w->resetter.via)},
	};
	char names[64] = "";
	size_t used = 0;

	for (size_t i = 0; i < sizeof(settings) / sizeof(*settings); i++) {
		if (settings[i].same)
			continue;
		text_print(names + used, sizeof(names) - used, "%s%s", used ? ", " : "",
			   settings[i].name);
		used += strlen(names + used);
	}
	if (used > 0)
		log_say("reload: a change of %s needs a restart", names);
}

/* The new configuration is in force from the next frame on, and its limits from the next write. */
static void take(struct watch *w, struct config *new)
{
	struct config *old = w->options.config;
	bool all_ports;

	if (!new) {
		log_say("reload: the configuration in force stays as it was");
		return;
	}
	if (old->path && !new->path) {
		/* An editor that writes anew removes it for a moment; nobody means "no rules". */
		log_say("reload: %s is gone: the configuration in force stays as it was",
			old->path);
		config_free(new);
		return;
	}
	if (resetter_allows(new) < 0) {
		log_say("reload: the configuration in force stays as it was");
		config_free(new);
		return;
	}
	say_restart(w, new);
	way_set_policy(w->way, new->policy);
	way_set_public(w->way, new->public_addresses, new->public_count);
	reload_resets(w, new);
	set_limits(w, new);
	all_ports = set_ports(w, new);
	w->options.config = new;
	config_free(old);
	log_say("reload: the new configuration is in force%s",
		all_ports ? "" : ", but for the ports that it watches");
}

void watch_ask_reload(struct watch *w)
{
	service_reloading(&w->service);
	reloader_ask(w->reloader);
}

void watch_reload(struct watch *w)
{
	struct config *new = NULL;
	bool more;

	if (!reloader_take(w->reloader, &new, &more))
		return;
	take(w, new);
	if (!more)
		service_ready(&w->service);
}
