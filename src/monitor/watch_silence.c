/* Mirrors that show nothing. */
#include "watch_internal.h"

#include "base/moment.h"

void watch_listen(struct watch *w)
{
	int64_t now = moment_steady();

	for (size_t i = 0; i < w->port_count; i++) {
		struct port *port = &w->ports[i];

		alarm_listen(&port->silence, port->name, !port->away && !port->down,
			     w->options.config->silent_after, now);
	}
}
