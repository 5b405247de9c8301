/* What no single line shows: whether a monitor may run with all of them. */
#include <errno.h>

#include "config_parts.h"

int config_check(const struct config *c, char error[CONFIG_ERROR])
{
	*error = '\0';
	if (c->reset < RESET_DRY_RUN || policy_has_mail_servers(c->policy))
		return 0;
	return config_fail(error,
			   "reset = %s: no mail server is configured, so all mail would be cut "
			   "off: name yours with --mail-server or `mail_servers`",
			   reset_mode_name(c->reset));
}
