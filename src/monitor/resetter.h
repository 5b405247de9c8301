/* resetter: the interfaces by which resets leave, one for each mirror port or one for all. */
#ifndef EGRESS25_SRC_MONITOR_RESETTER_H
#define EGRESS25_SRC_MONITOR_RESETTER_H

#include <stdbool.h>
#include <stddef.h>

#include "edge/config.h"
#include "edge/inject.h"
#include "judge/health.h"

struct resetter {
	char *via;				       /* or NULL */
	bool never;				       /* nothing was opened, nor will be */
	struct injector *injectors[HEALTH_INTERFACES]; /* by port; with via the first alone */
};

/*
 * Whether the mode may be in force: 0, or -EPERM having said why not.  Resets are not armed without
 * a mail server: they would cut off all mail.
 */
int resetter_allows(const struct config *c);

/* Opens what the configuration asks for.  0, or negative having said why; where resets are but off
 * an interface that takes none is said and passed over. */
int resetter_open(struct resetter *r, const struct config *c, char *const *names, size_t count);
/* Whether any interface takes them. */
bool resetter_can_send(const struct resetter *r);
/* A port is back, as another interface of its name. */
void resetter_back(struct resetter *r, size_t port, const char *name);
/* The descriptors that are sent by, and how many. */
size_t resetter_senders(const struct resetter *r, int ret_[HEALTH_INTERFACES]);
void resetter_close(struct resetter *r);

/* For struct way_resets. */
int resetter_send(void *context, const struct reset *segment);

#endif
