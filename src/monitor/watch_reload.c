/* A new configuration for a monitor that runs. */
#include "watch_internal.h"

#include <string.h>

#include "base/log.h"

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

/* Nothing is opened now that was not at the start. */
static void reload_resets(struct watch *w, struct config *new)
{
	if (resetter_allows(new) < 0)
		new->reset = RESET_OFF;
	if ((new->reset != RESET_NEVER && w->resetter.never) ||
	    !same_text(new->reset_via, w->resetter.via))
		log_say("reload: resets that were never to be sent, and another reset_via, need a "
			"restart");
	if (w->resetter.never)
		new->reset = RESET_NEVER;
	way_set_protected(w->way, new->never_reset, new->never_reset_count, new->reset_limit);
	watch_set_resets(w, new);
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
	if (!same_names(w, new) || strcmp(new->record, old->record) != 0 ||
	    strcmp(new->sensor, old->sensor) != 0 || !same_text(new->user, old->user))
		log_say("reload: a change of interfaces, record, sensor or user needs a restart");
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
