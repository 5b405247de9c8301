#include "service.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/moment.h"
#include "base/text.h"
#include "edge/notify.h"

#define PATIENCE 100 /* milliseconds, for what is said once; a sign of life waits for nobody */
#define STATUS	 (10 * MOMENT_SECOND)

void service_open(struct service *s)
{
	*s = (struct service){.fd = notify_open()};
	if (s->fd >= 0)
		s->watchdog = notify_watchdog() / 2;
	else if (s->fd != -ENODATA)
		log_say("watch: NOTIFY_SOCKET: %s: the service manager hears nothing of the "
			"monitor",
			strerror(-s->fd));
}

void service_close(struct service *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

static void tell(struct service *s, const char *lines)
{
	int r = s->fd < 0 ? 0 : notify_send(s->fd, PATIENCE, lines);

	if (r < 0)
		log_say("watch: NOTIFY_SOCKET: %s: the service manager did not hear %.*s",
			strerror(-r), (int)strcspn(lines, "\n"), lines);
}

void service_ready(struct service *s)
{
	tell(s, "READY=1");
}

void service_reloading(struct service *s)
{
	char lines[64];

	tell(s, text_print(lines, sizeof(lines), "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
			   moment_steady()));
}

void service_stopping(struct service *s)
{
	tell(s, "STOPPING=1\nSTATUS=writing the last of it into the record");
}

/* "watching eth1 (down), eth2: 1502 frames, 121 attempts" */
static void describe(const struct health *h, char text[SERVICE_TEXT])
{
	size_t used = 0;

	for (unsigned int i = 0; i < h->interface_count; i++)
		used += strlen(text_print(text + used, SERVICE_TEXT - used, "%s%s%s",
					  i ? ", " : "STATUS=watching ", h->interfaces[i].name,
					  h->interfaces[i].down ? " (down)" : ""));
	text_print(text + used, SERVICE_TEXT - used, ": %" PRIu64 " frames, %" PRIu64 " attempts",
		   h->packets, h->attempts);
}

bool service_beat(struct service *s)
{
	int64_t now = moment_steady();

	if (s->fd < 0)
		return false;
	if (s->watchdog && now - s->alive >= s->watchdog &&
	    notify_send(s->fd, 0, "WATCHDOG=1") == 0)
		s->alive = now;
	return s->told == 0 || now - s->told >= STATUS;
}

void service_status(struct service *s, const struct health *h)
{
	char text[SERVICE_TEXT];

	describe(h, text);
	s->told = moment_steady();
	if (strcmp(text, s->status) != 0 && notify_send(s->fd, 0, text) == 0)
		text_print(s->status, sizeof(s->status), "%s", text);
}
