/*
 * What makes a monitor blind, each in plain words with what to do.  A check errs on the side of
 * speaking, but for one-sidedness and drops, which a handful of frames would else prove every
 * morning.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "judge/health.h"
#include "query/memory.h"
#include "query/status.h"

#define REASONS_MOST (8 + 4 * HEALTH_INTERFACES)

static void __attribute__((format(printf, 2, 3))) add(struct status *s, const char *format, ...)
{
	char **items = (char **)s->blind.items;
	va_list list;
	int n;

	if (!items) {
		items = calloc(REASONS_MOST, sizeof(*items));
		s->blind.items = items;
	}
	if (!memory_noted((void *)items) || s->blind.count == REASONS_MOST)
		return;
	va_start(list, format);
	n = vasprintf(&items[s->blind.count], format, list);
	va_end(list);
	if (n < 0)
		memory_lacks();
	else
		s->blind.count++;
}

/* "3 min" */
static const char *span_text(int64_t span, char buf[MOMENT_TEXT])
{
	char *ago;

	moment_format_ago(0, span, buf);
	ago = strstr(buf, " ago");
	if (ago)
		*ago = '\0';
	return buf;
}

static void judge_monitor(struct status *s, int64_t now)
{
	char text[MOMENT_TEXT];

	if (!s->running && s->beat == TIME_UNKNOWN)
		add(s, "no monitor ever wrote this record: start egress25 watch");
	else if (!s->running && strcmp(s->mode, "watch") != 0)
		add(s, "no monitor runs on this record, it was read from capture files: start "
		       "egress25 watch to see what happens now");
	else if (!s->running)
		add(s, "no monitor runs: the last one wrote %s; start egress25 watch",
		    moment_format_ago(s->beat, now, text));
	else if (now - s->beat > STATUS_BEAT)
		add(s,
		    "the monitor runs but has written nothing to the record for %s: look for a "
		    "full or stalled disk, and at its messages",
		    span_text(now - s->beat, text));
}

/* The sum over interfaces counts: one may carry each direction. */
static void judge_sides(struct status *s)
{
	const struct status_interface *items = s->interfaces.items;
	int64_t outward = 0, inward = 0;

	for (size_t i = 0; i < s->interfaces.count; i++) {
		outward = count_add(outward, items[i].outward);
		inward = count_add(inward, items[i].inward);
	}
	if (inward == 0 && outward >= STATUS_ONE_SIDED)
		add(s,
		    "the mirror is one-sided: %" PRId64 " frames to external addresses, none back; "
		    "mirror both directions of the port (both, rx and tx)",
		    outward);
	if (outward == 0 && inward >= STATUS_ONE_SIDED)
		add(s,
		    "the mirror is one-sided: %" PRId64 " frames from external addresses, none to "
		    "them; mirror both directions of the port (both, rx and tx)",
		    inward);
}

static void judge_silence(struct status *s, const struct status_interface *i, int64_t silent_after,
			  int64_t now)
{
	int64_t since = i->last_frame == TIME_UNKNOWN ? s->started : i->last_frame;
	char text[MOMENT_TEXT];

	if (silent_after <= 0 || now - since <= silent_after)
		return;
	if (i->last_frame == TIME_UNKNOWN)
		add(s,
		    "%s: no frame at all since the start %s: check that the switch mirrors to this "
		    "port and that the cable is in it",
		    i->name, moment_format_ago(since, now, text));
	else
		add(s,
		    "%s: silent, the last frame came %s: check the mirror's configuration on the "
		    "switch",
		    i->name, moment_format_ago(since, now, text));
}

static void judge_drops(struct status *s, const struct status_interface *i)
{
	int64_t all = count_add(i->received, i->dropped);

	if (i->dropped > 0 && i->dropped >= all / STATUS_DROP_SHARE)
		add(s,
		    "%s: the kernel dropped %" PRId64 " of %" PRId64
		    " frames (%.1f %%): attempts in "
		    "them were not seen; give this machine more or faster processors, or mirror "
		    "less",
		    i->name, i->dropped, all, 100.0 * (double)i->dropped / (double)all);
}

static void judge_unclassified(struct status *s)
{
	const struct status_example *e = s->unclassified.examples.items;
	char text[1024] = "";
	size_t used = 0;

	if (s->unclassified.connections == 0)
		return;
	for (size_t i = 0; i < s->unclassified.examples.count; i++) {
		text_print(text + used, sizeof(text) - used, "%s%s to %s", i ? ", " : "",
			   e[i].client, e[i].server);
		used += strlen(text + used);
	}
	add(s,
	    "%" PRId64 " connection%s two external ends%s%s: `internal` "
	    "probably misses a prefix, or the mirror sits outside the NAT; name the clients' "
	    "prefix under internal, or mirror the inside",
	    s->unclassified.connections,
	    s->unclassified.connections == 1 ? " on a watched port has" : "s on watched ports have",
	    used ? ", such as " : "", text);
}

void status_judge(struct status *s, int64_t silent_after, int64_t now)
{
	const struct status_interface *items = s->interfaces.items;

	judge_monitor(s, now);
	for (size_t i = 0; i < s->interfaces.count; i++) {
		const struct status_interface *n = &items[i];

		if (!n->name)
			continue;
		if (s->running && n->down)
			add(s,
			    "%s: the interface is down: bring it up (ip link set %s up) and check "
			    "the cable",
			    n->name, n->name);
		else if (s->running)
			judge_silence(s, n, silent_after, now);
		judge_drops(s, n);
	}
	judge_sides(s);
	judge_unclassified(s);
}
