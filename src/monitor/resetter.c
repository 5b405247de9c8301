#include "resetter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "judge/policy.h"

int resetter_allows(const struct config *c)
{
	if (c->reset < RESET_DRY_RUN || policy_has_mail_servers(c->policy))
		return 0;
	log_say("reset = %s: no mail server is configured, so all mail would be cut off: name "
		"yours with --mail-server or `mail_servers`",
		reset_mode_name(c->reset));
	return -EPERM;
}

static int open_one(struct resetter *r, size_t at, const char *name, bool needed)
{
	char error[INJECT_ERROR];
	int result = inject_open(name, &r->injectors[at], error);

	if (result == 0)
		return 0;
	log_say("%s: resets: %s", name, error);
	return needed ? result : 0;
}

int resetter_open(struct resetter *r, const struct config *c, char *const *names, size_t count)
{
	bool needed = c->reset >= RESET_DRY_RUN;
	int result = resetter_allows(c);

	*r = (struct resetter){.never = c->reset == RESET_NEVER};
	if (result < 0 || r->never)
		return result;
	if (c->reset_via) {
		r->via = strdup(c->reset_via);
		return r->via ? open_one(r, 0, r->via, true) : -ENOMEM;
	}
	for (size_t i = 0; i < count && result == 0; i++)
		result = open_one(r, i, names[i], needed);
	return result;
}

bool resetter_can_send(const struct resetter *r)
{
	for (size_t i = 0; i < HEALTH_INTERFACES; i++)
		if (r->injectors[i])
			return true;
	return false;
}

void resetter_lost(struct resetter *r, size_t port)
{
	if (r->via)
		return;
	inject_close(r->injectors[port]);
	r->injectors[port] = NULL;
}

void resetter_back(struct resetter *r, size_t port, const char *name)
{
	if (!r->via && !r->never && !r->injectors[port])
		open_one(r, port, name, false);
}

void resetter_close(struct resetter *r)
{
	for (size_t i = 0; i < HEALTH_INTERFACES; i++) {
		inject_close(r->injectors[i]);
		r->injectors[i] = NULL;
	}
	free(r->via);
	r->via = NULL;
}

int resetter_send(void *context, const struct reset *segment)
{
	struct resetter *r = context;
	size_t at = r->via ? 0 : segment->interface;

	if (at >= HEALTH_INTERFACES || !r->injectors[at])
		return -ENODEV;
	return inject_send(r->injectors[at], segment);
}
