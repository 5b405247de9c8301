/* What resets need: to be armed, to reach the hosts, to be in time; and the clock. */
#include "check_parts.h"

#include <string.h>

#define SECOND	    INT64_C(1000000)
#define BEFORE_THIS (INT64_C(1735689600) * SECOND) /* 2025: no clock that was set says less */
#define AHEAD_MOST  SECOND
#define BEHIND_MOST (60 * SECOND) /* frames may have waited in the ring */
#define JUMP_MOST   (SECOND / 2)

static long long milliseconds(int64_t t)
{
	return (long long)((t + 999) / 1000);
}

static enum check_result clock_wrong(const struct check_facts *f, struct check *c)
{
	ADVISE(c, "set the clock and keep it: timedatectl set-ntp true, or chrony; see date(1)");
	if (f->clock.now < BEFORE_THIS)
		SAY(c, "it stands before 2025: it was never set");
	else if (f->clock.jump > JUMP_MOST)
		SAY(c, "it jumped by %lld ms meanwhile", milliseconds(f->clock.jump));
	else
		SAY(c, "frames are stamped up to %lld ms before and %lld ms behind it",
		    milliseconds(f->clock.behind), milliseconds(f->clock.ahead));
	return CHECK_FAIL;
}

enum check_result check_clock(const struct check_facts *f, size_t at, struct check *c)
{
	(void)at;
	if (f->clock.now < BEFORE_THIS || f->clock.jump > JUMP_MOST ||
	    f->clock.ahead > AHEAD_MOST || f->clock.behind > BEHIND_MOST)
		return clock_wrong(f, c);
	if (!f->clock.known) {
		SAY(c, "the kernel does not say whether it is kept by NTP");
		ADVISE(c, "see timedatectl");
		return CHECK_UNKNOWN;
	}
	if (!f->clock.synchronised) {
		SAY(c, "nothing keeps it: the kernel calls it unsynchronised");
		ADVISE(c, "timedatectl set-ntp true, or chrony: blacklists tell the time of a "
			  "message to the second, and what is found is compared with that");
		return CHECK_WARN;
	}
	SAY(c, "synchronised, to %lld ms at worst", milliseconds(f->clock.error));
	return CHECK_PASS;
}

enum check_result check_resets(const struct check_facts *f, size_t at, struct check *c)
{
	bool unarmed = f->server_count == 0 && f->mode != RESET_NEVER;
	static const char *const words[] = {
		[RESET_NEVER] = "never: nothing is ever sent",
		[RESET_OFF] = "off, until an incident with --reset switches them on",
		[RESET_DRY_RUN] = "dry-run: planned and counted, not sent",
		[RESET_ON] = "on: every offence is reset",
	};

	_Static_assert(sizeof(words) / sizeof(*words) == RESET_MODE_COUNT, "words");
	(void)at;
	SAY(c, "%s", words[f->mode]);
	if (!unarmed)
		return CHECK_PASS;
	check_add(c->seen, sizeof(c->seen), "; not armed without a mail server");
	ADVISE(c, "name yours with --mail-server or `mail_servers`%s",
	       f->mode == RESET_OFF ? "" : ": until then watch does not start");
	return f->mode == RESET_OFF ? CHECK_WARN : CHECK_FAIL;
}

/* Whether frames come by a remote mirror alone, whose hosts are reached by no port of ours. */
static bool is_remote(const struct check_facts *f)
{
	uint32_t tunnels = 0;

	for (size_t i = 0; i < f->port_count; i++)
		tunnels |= f->ports[i].tunnels;
	return tunnels && !f->via;
}

static enum check_result nobody_asked(const struct check_facts *f, struct check *c)
{
	if (is_remote(f)) {
		SAY(c, "frames come by a remote mirror, which takes nothing back");
		ADVISE(c, "name an interface on the hosts' own network with --reset-via, or set "
			  "reset = never");
		return CHECK_FAIL;
	}
	SAY(c, "not tried: no host was seen that is surely on the same link");
	ADVISE(c, "check again, longer with --for 5m, while hosts behind the mirror are in use");
	return CHECK_UNKNOWN;
}

static bool was_named(const struct check_prober *p, unsigned int at)
{
	for (unsigned int i = 0; i < at; i++)
		if (addr_equal(&p->asked[i], &p->asked[at]))
			return true;
	return false;
}

static enum check_result unanswered(const struct check_prober *p, struct check *c)
{
	char text[ADDR_TEXT];

	SAY(c, "%u probe%s left %s, and none was answered or seen again: asked", p->sent,
	    text_s(p->sent), p->name);
	for (unsigned int i = 0; i < p->sent; i++)
		if (!was_named(p, i))
			check_add(c->seen, sizeof(c->seen), "%s %s", i ? "," : "",
				  addr_format(&p->asked[i], text));
	if (p->unsent)
		check_add(c->seen, sizeof(c->seen), "; the interface itself dropped %u frames",
			  p->unsent);
	ADVISE(c, "the switch drops what is sent into its mirror port: permit it there (Cisco IOS: "
		  "monitor session 1 destination interface ... ingress), or name another "
		  "interface on the hosts' network with --reset-via; or set reset = never");
	return CHECK_FAIL;
}

enum check_result check_injection(const struct check_facts *f, size_t at, struct check *c)
{
	const struct check_prober *p = &f->probers[at];
	char text[ADDR_TEXT];

	if (f->mode == RESET_NEVER) {
		SAY(c, "not tried: reset = never");
		return CHECK_UNKNOWN;
	}
	if (p->error[0]) {
		SAY(c, "%s", p->error);
		ADVISE(c, "name an interface that reaches the hosts with --reset-via, or set "
			  "reset = never");
		return CHECK_FAIL;
	}
	if (p->answered) {
		SAY(c, "%s answered a probe", addr_format(&p->answerer, text));
		return CHECK_PASS;
	}
	if (p->seen_again) {
		SAY(c, "a probe was passed on: it was seen again on the mirror");
		return CHECK_PASS;
	}
	if (p->failed && p->sent == 0) {
		SAY(c, "the interface does not take frames: %s", strerror(p->failed));
		ADVISE(c, "ip link set %s up, and look whether the cable is plugged in", p->name);
		return CHECK_FAIL;
	}
	return p->sent ? unanswered(p, c) : nobody_asked(f, c);
}

enum check_result check_scheduling(const struct check_facts *f, size_t at, struct check *c)
{
	(void)at;
	if (f->mode == RESET_NEVER) {
		SAY(c, "of no matter: nothing is ever sent");
		return CHECK_PASS;
	}
	if (f->realtime == 0) {
		SAY(c, "real-time scheduling is permitted");
		return CHECK_PASS;
	}
	SAY(c, "real-time scheduling is refused: %s", strerror(-f->realtime));
	ADVISE(c, "on a busy machine resets may come late: run it as root or with CAP_SYS_NICE, "
		  "or give its user an rtprio limit (systemd: LimitRTPRIO=1)");
	return CHECK_WARN;
}
