#include "resetter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

int resetter_allows(const struct config *c)
{
	char error[CONFIG_ERROR];

	if (config_check(c, error) == 0)
		return 0;
	log_say("%s", error);
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

void resetter_back(struct resetter *r, size_t port, const char *name)
{
	int result = r->via || !r->injectors[port] ? 0 : inject_rebind(r->injectors[port], name);

	if (result < 0)
		log_say("%s: resets: cannot be sent there any more (%s): restart egress25", name,
			strerror(-result));
}

size_t resetter_senders(const struct resetter *r, int ret_[HEALTH_INTERFACES])
{
	size_t count = 0;

	for (size_t i = 0; i < HEALTH_INTERFACES; i++)
		if (r->injectors[i])
			ret_[count++] = inject_fd(r->injectors[i]);
	return count;
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
