/* What a monitor lacks of its seal: no blindness, and yet to be known. */
#include <string.h>

#include "judge/health.h"
#include "query/status.h"
#include "query/texts.h"

static const struct {
	const char *words; /* of `privileges` */
	const char *note;
} lacks[] = {
	{HEALTH_UNCONFINED, "the monitor is not confined by Landlock, which its kernel lacks: only "
			    "its user's rights limit what it may open; use Linux 5.13 or later, "
			    "with landlock among its security modules"},
	{HEALTH_UNSEALED, "the monitor is not sealed by seccomp, which its kernel lacks: any "
			  "system call is open to it; use a kernel with CONFIG_SECCOMP_FILTER"},
	{HEALTH_BUT_LOGS, "the monitor is not held by its seccomp filter, which on this "
			  "architecture but logs: look at the kernel's log for what it would have "
			  "refused"},
	{"runs as root ",
	 "the monitor runs as root, though without capabilities: give the "
	 "record's directory to a user of its own (chown), or name one with --user"},
};

#define LACKS (sizeof(lacks) / sizeof(*lacks))

int status_note(struct status *s)
{
	int r = 0;

	for (size_t i = 0; i < LACKS && s->running && s->privileges && r == 0; i++)
		if (strstr(s->privileges, lacks[i].words))
			r = texts_print(&s->notes, LACKS, "%s", lacks[i].note);
	return r;
}
