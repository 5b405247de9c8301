/*
 * Every frame is looked at, not those of port 25 alone: on a quiet site there are none of these
 * within ten seconds.  What comes faster than that is left out by the kernel and counted, and the
 * thread gives way to other programs, a monitor that runs beside it among them.
 */
#include "monitor/examine.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/moment.h"
#include "base/text.h"
#include "edge/capture.h"
#include "edge/inject.h"
#include "edge/machine.h"
#include "judge/survey.h"
#include "realtime.h"

#define BEAT	      (MOMENT_SECOND / 10)
#define LEAST	      (2 * MOMENT_SECOND) /* of listening, whatever is proven */
#define PROBE_EACH    MOMENT_SECOND
#define ANSWER_WITHIN (MOMENT_SECOND / 2)
#define DISPATCH_MOST 256

struct prober {
	struct injector *injector;
	const char *name;
	uint32_t unsent; /* of the interface's counter, at the start */
	int64_t next;	 /* when to ask */
};

struct examiner {
	struct examine_options options;
	struct examination *result;
	struct check_facts *facts;
	struct survey *survey;
	struct capture *captures[CHECK_PORTS + 1]; /* the last may be that of reset_via */
	size_t capture_count;
	struct prober probers[CHECK_PORTS];
	int signals;
	int64_t started, beaten; /* on the clock that never jumps */
	int64_t offset;		 /* of the wall clock to it, at the start */
	int64_t now;		 /* wall clock, before the frames that are looked at */
	bool stopping;
};

/* --- setting up ------------------------------------------------------------------------------- */

static void set_name(char to[32], const char *name)
{
	text_escape(name, strlen(name), to, 32);
}

static bool open_port(struct examiner *x, size_t at, const char *name)
{
	struct check_port *port = &x->facts->ports[at];
	const struct capture_options options = {.all = true};
	struct machine_interface m = {0};
	char error[CAPTURE_ERROR];
	int result = capture_open(name, (uint16_t)at, &options, &x->captures[at], error);

	set_name(port->name, name);
	if (result < 0) {
		text_escape(error, strlen(error), port->error, sizeof(port->error));
		return false;
	}
	if (machine_interface(name, &m) < 0)
		return true;
	port->mtu = m.mtu;
	port->has_mac = m.has_mac;
	memcpy(port->mac, m.mac, sizeof(port->mac));
	port->features_known = m.features_known;
	port->gro = m.gro;
	port->lro = m.lro;
	return true;
}

static int open_ports(struct examiner *x)
{
	const struct config *c = x->options.config;
	bool any = false;

	if (c->interface_count > CHECK_PORTS) {
		log_say("check: %zu interfaces: at most %d can be checked at once",
			c->interface_count, CHECK_PORTS);
		return -EINVAL;
	}
	x->facts->port_count = (uint8_t)c->interface_count;
	x->capture_count = c->interface_count;
	for (size_t i = 0; i < c->interface_count; i++)
		any = open_port(x, i, c->interfaces[i]) || any;
	if (any)
		return 0;
	for (size_t i = 0; i < c->interface_count; i++)
		log_say("%s: %s", x->facts->ports[i].name, x->facts->ports[i].error);
	return -ENODEV;
}

static int open_survey(struct examiner *x)
{
	const struct config *c = x->options.config;
	struct survey_options options = {.policy = c->policy,
					 .public_addresses = c->public_addresses,
					 .public_count = c->public_count,
					 .via = c->reset_via != NULL,
					 .facts = x->facts};
	int result = hash_key_draw(&options.key);

	if (result == 0)
		x->survey = survey_new(&options);
	if (result == 0 && !x->survey)
		result = -ENOMEM;
	if (result < 0)
		log_say("check: cannot start: %s", strerror(-result));
	return result;
}

/* Between probes, and before the first. */
static int64_t pause_of(const struct examiner *x)
{
	int64_t part = x->options.duration / 4;

	return part < PROBE_EACH ? part : PROBE_EACH;
}

static void open_prober(struct examiner *x, size_t at, const char *name)
{
	struct check_prober *to = &x->facts->probers[at];
	struct prober *p = &x->probers[at];
	struct machine_interface m = {0};
	char error[INJECT_ERROR];

	set_name(to->name, name);
	p->name = name;
	if (x->facts->mode == RESET_NEVER)
		return;
	if (inject_open(name, &p->injector, error) < 0) {
		text_escape(error, strlen(error), to->error, sizeof(to->error));
		return;
	}
	if (machine_interface(name, &m) == 0)
		p->unsent = m.unsent;
	p->next = x->started + pause_of(x);
	survey_set_prober(x->survey, at, inject_mac(p->injector));
}

/* Answers may come in where the probes go out. */
static void open_return(struct examiner *x, const char *name)
{
	const struct capture_options options = {.all = true};
	char error[CAPTURE_ERROR];

	for (size_t i = 0; i < x->facts->port_count; i++)
		if (strcmp(x->options.config->interfaces[i], name) == 0)
			return;
	if (capture_open(name, x->facts->port_count, &options, &x->captures[x->capture_count],
			 error) == 0)
		x->capture_count++;
}

static void open_probers(struct examiner *x)
{
	const struct config *c = x->options.config;

	x->facts->mode = c->reset;
	x->facts->via = c->reset_via != NULL;
	if (c->reset_via) {
		x->facts->prober_count = 1;
		open_prober(x, 0, c->reset_via);
		if (x->probers[0].injector)
			open_return(x, c->reset_via);
		return;
	}
	x->facts->prober_count = x->facts->port_count;
	for (size_t i = 0; i < x->facts->port_count; i++)
		open_prober(x, i, c->interfaces[i]);
}

static int open_signals(struct examiner *x)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &set, NULL) == 0)
		x->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (x->signals >= 0)
		return 0;
	log_say("check: cannot start: %s", strerror(errno));
	return -errno;
}

static int open_all(struct examiner *x)
{
	int result = open_ports(x);

	if (result == 0)
		result = open_survey(x);
	if (result == 0)
		result = open_signals(x);
	if (result < 0)
		return result;
	x->facts->snapshot = CAPTURE_SNAPLEN;
	x->facts->realtime = realtime_set(true);
	if (x->facts->realtime == 0)
		realtime_set(false);
	machine_give_way();
	x->started = x->beaten = moment_steady();
	x->offset = moment_now() - x->started;
	open_probers(x);
	return 0;
}

/* --- listening -------------------------------------------------------------------------------- */

static void on_frame(void *context, const struct frame *frame)
{
	struct examiner *x = context;
	int64_t ahead = frame->time - x->now;

	if (ahead > x->facts->clock.ahead)
		x->facts->clock.ahead = ahead;
	if (-ahead > x->facts->clock.behind)
		x->facts->clock.behind = -ahead;
	survey_frame(x->survey, frame);
}

/* Frames that wait at one port; whether there were any. */
static bool take_frames(struct examiner *x, size_t at)
{
	int n;

	if (!x->captures[at])
		return false;
	x->now = moment_now();
	n = capture_dispatch(x->captures[at], DISPATCH_MOST, on_frame, x);
	if (n >= 0)
		return n > 0;
	if (at < x->facts->port_count)
		text_print(x->facts->ports[at].error, CHECK_TEXT, "%s",
			   n == -ENODEV ? "the interface has gone" : strerror(-n));
	capture_close(x->captures[at]);
	x->captures[at] = NULL;
	return false;
}

static void count_ports(struct examiner *x)
{
	struct capture_stats stats;

	for (size_t i = 0; i < x->facts->port_count; i++)
		if (x->captures[i] && capture_stats(x->captures[i], &stats) == 0) {
			x->facts->ports[i].up = stats.up;
			x->facts->ports[i].dropped = stats.dropped;
		}
}

static void ask(struct examiner *x, size_t at, int64_t now)
{
	struct prober *p = &x->probers[at];
	struct check_prober *to = &x->facts->probers[at];
	uint8_t frame[PROBE_ROOM];
	struct probe probe;
	size_t length;
	int result;

	if (!p->injector || now < p->next || to->answered || to->sent == CHECK_PROBES ||
	    now + ANSWER_WITHIN > x->started + x->options.duration ||
	    !survey_next_probe(x->survey, at, &probe))
		return;
	p->next = now + pause_of(x);
	length = probe_build(&probe, inject_mac(p->injector), frame);
	result = inject_frame(p->injector, frame, length);
	if (result < 0)
		to->failed = -result;
	else
		to->asked[to->sent++] = probe.target;
}

static void judge(struct examiner *x)
{
	int64_t now = moment_steady();

	x->facts->listened = now - x->started;
	x->facts->clock.now = moment_now();
	x->facts->clock.jump = llabs(x->facts->clock.now - now - x->offset);
	survey_count_talks(x->survey);
	x->result->count = check_judge(x->facts, x->result->checks);
}

static void show_progress(const struct examiner *x, int64_t now)
{
	int64_t left = x->started + x->options.duration - now;
	uint64_t frames = 0;

	if (!x->options.progress)
		return;
	for (size_t i = 0; i < x->facts->port_count; i++)
		frames += x->facts->ports[i].frames;
	fprintf(stderr, "\r\033[Klistening: %" PRId64 " s left, %" PRIu64 " frames",
		left / MOMENT_SECOND + 1, frames);
	fflush(stderr);
}

static void on_beat(struct examiner *x, int64_t now)
{
	x->beaten = now;
	count_ports(x);
	for (size_t i = 0; i < x->facts->prober_count; i++)
		ask(x, i, now);
	show_progress(x, now);
	judge(x);
	if (now - x->started >= LEAST &&
	    check_is_settled(x->facts, x->result->checks, x->result->count))
		x->stopping = true;
}

static void wait_for_more(struct examiner *x, int64_t most)
{
	struct pollfd fds[CHECK_PORTS + 2] = {{.fd = x->signals, .events = POLLIN}};
	nfds_t n = 1;

	for (size_t i = 0; i < x->capture_count; i++)
		if (x->captures[i])
			fds[n++] =
				(struct pollfd){.fd = capture_fd(x->captures[i]), .events = POLLIN};
	poll(fds, n, (int)(most / 1000) + 1);
	x->stopping = x->stopping || fds[0].revents != 0;
}

static void listen_on(struct examiner *x)
{
	while (!x->stopping) {
		int64_t now = moment_steady(), end = x->started + x->options.duration;

		if (now >= end)
			return;
		if (now >= x->beaten + BEAT)
			on_beat(x, now);
		wait_for_more(x, x->beaten + BEAT > now ? x->beaten + BEAT - now : 0);
		for (size_t i = 0; i < x->capture_count; i++)
			take_frames(x, i);
	}
}

/* --- the end ---------------------------------------------------------------------------------- */

static void finish(struct examiner *x)
{
	struct machine_interface m;
	struct machine_clock clock;

	if (x->options.progress)
		fputs("\r\033[K", stderr);
	count_ports(x);
	for (size_t i = 0; i < x->facts->prober_count; i++)
		if (x->probers[i].injector && machine_interface(x->probers[i].name, &m) == 0)
			x->facts->probers[i].unsent = m.unsent - x->probers[i].unsent;
	x->facts->clock.known = machine_clock(&clock) == 0;
	if (x->facts->clock.known) {
		x->facts->clock.synchronised = clock.synchronised;
		x->facts->clock.error = clock.error;
	}
	judge(x);
}

static void close_all(struct examiner *x)
{
	for (size_t i = 0; i < x->capture_count; i++)
		capture_close(x->captures[i]);
	for (size_t i = 0; i < CHECK_PORTS; i++)
		inject_close(x->probers[i].injector);
	survey_free(x->survey);
	if (x->signals >= 0)
		close(x->signals);
}

int examine_run(const struct examine_options *options, struct examination *ret_)
{
	struct examiner x = {.options = *options,
			     .result = ret_,
			     .facts = &ret_->facts,
			     .signals = -1};
	int result;

	memset(ret_, 0, sizeof(*ret_));
	result = open_all(&x);
	if (result == 0) {
		listen_on(&x);
		finish(&x);
	}
	close_all(&x);
	return result;
}
