/*
 * watch: mirror ports through the way into the record, until a signal ends it.
 *
 * One thread captures: it waits for frames, for a timer of four beats a second, and for signals; it
 * never waits for the disk.  The writer's thread stores.  An interface that goes away is tried
 * again at every second beat of the clock, since a mirror port that comes back must not need a
 * restart.
 */
#include "watch_internal.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/log.h"
#include "base/moment.h"
#include "base/text.h"
#include "judge/health.h"
#include "realtime.h"

#define BEAT	      (MOMENT_SECOND / 4)
#define REOPEN_BEATS  8
#define DISPATCH_MOST 128
#define COLLECT_MOST  256
#define CHANGES	      6 /* of the batch, by one frame at most */
#define EVENTS	      (HEALTH_INTERFACES + 2)

/* Between two looks at whether the batch is full. */
_Static_assert(DISPATCH_MOST *CHANGES + COLLECT_MOST <= BATCH_SLACK, "the batch may overflow");

enum source { SOURCE_SIGNAL = HEALTH_INTERFACES, SOURCE_TIMER };

/* --- setting up ------------------------------------------------------------------------------- */

static int add_source(struct watch *w, int fd, uint32_t source)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u32 = source};

	if (fd < 0 || epoll_ctl(w->epoll, EPOLL_CTL_ADD, fd, &event) < 0)
		return -errno;
	return 0;
}

static int open_port(struct watch *w, size_t i)
{
	struct config *config = w->options.config;
	struct capture_options options = {.ports = config->ports, .port_count = config->port_count};
	struct port *port = &w->ports[i];
	char error[CAPTURE_ERROR];
	int result = capture_open(port->name, (uint16_t)i, &options, &port->capture, error);

	if (result < 0) {
		log_say("%s: %s", port->name, error);
		w->said = true;
		return result;
	}
	return add_source(w, capture_fd(port->capture), (uint32_t)i);
}

/* The handle is kept: another could not be opened any more. */
static void lose_port(struct watch *w, size_t i, int result)
{
	struct port *port = &w->ports[i];

	log_say("%s: %s: looking for it again every %d s", port->name,
		result == -ENODEV ? "the interface has gone" : strerror(-result),
		(int)(REOPEN_BEATS * BEAT / MOMENT_SECOND));
	epoll_ctl(w->epoll, EPOLL_CTL_DEL, capture_fd(port->capture), NULL);
	port->away = true;
}

static void regain_port(struct watch *w, size_t i)
{
	struct port *port = &w->ports[i];
	int result = capture_rebind(port->capture);

	if (result == -EOPNOTSUPP && !port->strange)
		log_say("%s: is back as another kind of interface: it needs a restart", port->name);
	port->strange = result == -EOPNOTSUPP;
	if (result < 0 || add_source(w, capture_fd(port->capture), (uint32_t)i) < 0)
		return;
	port->away = false;
	resetter_back(&w->resetter, i, port->name);
	log_say("%s: is back, and watched again", port->name);
}

int watch_hold_signals(sigset_t *ret_set)
{
	sigemptyset(ret_set);
	sigaddset(ret_set, SIGINT);
	sigaddset(ret_set, SIGTERM);
	sigaddset(ret_set, SIGHUP);
	sigaddset(ret_set, SIGUSR1); /* by default it would end us */
	return sigprocmask(SIG_BLOCK, ret_set, NULL) < 0 ? -errno : 0;
}

/* Signals are blocked before the writer's thread starts, so that it never gets one. */
static int open_signals(struct watch *w)
{
	sigset_t set;
	int result = watch_hold_signals(&set);

	if (result < 0)
		return result;
	w->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	return add_source(w, w->signals, SOURCE_SIGNAL);
}

static int open_timer(struct watch *w)
{
	struct timespec beat = {.tv_nsec = BEAT * 1000};
	struct itimerspec when = {.it_interval = beat, .it_value = beat};

	w->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (w->timer < 0 || timerfd_settime(w->timer, 0, &when, NULL) < 0)
		return -errno;
	return add_source(w, w->timer, SOURCE_TIMER);
}

static int open_store(struct watch *w)
{
	const struct config *c = w->options.config;
	struct store_options options = {
		.path = c->record,
		.sensor = c->sensor,
		.mode = "watch",
		.rows_per_host_hour = c->rows_per_host_hour,
		.retention_age = c->retention_age,
		.retention_bytes = c->retention_bytes,
	};
	char error[STORE_ERROR];
	int result = store_open(&options, &w->store, error);

	if (result < 0)
		log_say("%s", error);
	w->said = result < 0;
	return result;
}

static int open_resets(struct watch *w)
{
	int result = resetter_open(&w->resetter, w->options.config, w->names, w->port_count);

	w->said = result < 0;
	/* Root may lack what raises the limit, in a container: then it is now or never. */
	if (result == 0 && realtime_keep() < 0 && resetter_can_send(&w->resetter))
		w->hurried = w->always_hurried = realtime_set(true) == 0;
	return result;
}

static int open_way(struct watch *w)
{
	const struct config *c = w->options.config;
	struct writer_options options = {.store = w->store,
					 .last_written = store_last_written(w->store),
					 .news = w->options.news,
					 .incidents = true,
					 .yields = true,
					 .context = w->options.context};
	struct way_options way = {.id_base = store_next_id(w->store) - 1, .pauses = true};
	const struct way_resets resets = {.send = resetter_send,
					  .context = &w->resetter,
					  .via = w->resetter.via != NULL};
	int result = hash_key_draw(&way.key);

	if (result == 0) {
		w->way = way_new(&way);
		result = w->way ? 0 : -ENOMEM;
	}
	if (result == 0) {
		way_set_policy(w->way, c->policy);
		result = watch_load_past(w);
	}
	if (result == 0)
		result = reloader_start(w->options.reload, w->options.context, &w->reloader);
	if (result == 0)
		result = writer_start(&options, &w->writer);
	if (result < 0)
		return result;
	way_set_public(w->way, c->public_addresses, c->public_count);
	way_set_protected(w->way, c->never_reset, c->never_reset_count, c->reset_limit);
	way_set_batch(w->way, writer_batch(w->writer));
	if (!w->resetter.never)
		way_set_resets(w->way, &resets);
	watch_follow_incident(w); /* one that was open before a restart is taken up again */
	return 0;
}

static int copy_names(struct watch *w)
{
	const struct config *c = w->options.config;

	if (c->interface_count > HEALTH_INTERFACES) {
		log_say("watch: %zu interfaces: at most %d can be watched by one monitor",
			c->interface_count, HEALTH_INTERFACES);
		w->said = true;
		return -EINVAL;
	}
	w->names = calloc(c->interface_count, sizeof(*w->names));
	for (size_t i = 0; w->names && i < c->interface_count; i++) {
		w->names[i] = strdup(c->interfaces[i]);
		w->ports[i].name = w->names[i];
		if (!w->names[i])
			return -ENOMEM;
		w->port_count++;
	}
	return w->names ? 0 : -ENOMEM;
}

/* What takes privileges. */
static int open_all(struct watch *w)
{
	int result = copy_names(w);

	w->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (result == 0 && w->epoll < 0)
		result = -errno;
	if (result == 0)
		result = open_signals(w);
	if (result == 0)
		result = open_timer(w);
	for (size_t i = 0; result == 0 && i < w->port_count; i++)
		result = open_port(w, i);
	if (result == 0)
		result = open_resets(w);
	return result;
}

static int open_record(struct watch *w)
{
	int result = open_store(w);

	return result == 0 ? open_way(w) : result;
}

/* --- what happens ----------------------------------------------------------------------------- */

static void on_frame(void *context, const struct frame *frame)
{
	struct watch *w = context;

	w->newest = frame->time;
	way_frame(w->way, frame);
}

static void fill_health(struct watch *w)
{
	struct health *h = batch_health(writer_batch(w->writer));

	way_health(w->way, h);
	h->privileges = w->privileges[0] ? w->privileges : NULL;
	h->interface_count = (uint8_t)w->port_count;
	for (size_t i = 0; i < w->port_count; i++) {
		struct port *port = &w->ports[i];
		struct health_interface *to = &h->interfaces[i];
		struct capture_stats stats = {0};

		if (capture_stats(port->capture, &stats) < 0)
			stats = (struct capture_stats){0};
		text_escape(port->name, strlen(port->name), to->name, sizeof(to->name));
		to->dropped = stats.dropped;
		to->dropped_by_interface = stats.dropped_by_interface;
		to->down = !stats.up;
		if (to->down != port->down)
			log_say("%s: %s", port->name,
				to->down ? "is down: nothing is seen there" : "is up again");
		port->down = to->down;
	}
}

static void hand_over(struct watch *w, bool wait)
{
	if (!wait && !writer_is_idle(w->writer))
		return;
	fill_health(w);
	alarm_tell(&w->alarm, writer_batch(w->writer));
	watch_heed_listings(w);
	if (writer_offer(w->writer, wait))
		way_set_batch(w->way, writer_batch(w->writer));
}

/* Frames of one port, and what they changed, into the batch.  Their number, or negative. */
static int take_frames(struct watch *w, size_t i, bool wait)
{
	int count = capture_dispatch(w->ports[i].capture, DISPATCH_MOST, on_frame, w);

	w->ports[i].silence.heard |= count > 0;
	way_answer(w->way, w->newest); /* the race: before anything else is done */
	way_collect(w->way, COLLECT_MOST);
	if (batch_is_full(writer_batch(w->writer)))
		hand_over(w, wait);
	return count;
}

static void on_port(struct watch *w, size_t i)
{
	int result;

	watch_clock(w);
	result = w->ports[i].away ? 0 : take_frames(w, i, false);
	if (result < 0)
		lose_port(w, i, result);
}

/* One that was down before it went says nothing of itself. */
static void look_for_ports(struct watch *w)
{
	for (size_t i = 0; i < w->port_count; i++)
		if (w->ports[i].away)
			regain_port(w, i);
		else if (!capture_is_there(w->ports[i].capture))
			lose_port(w, i, -ENODEV);
}

static void tell_service(struct watch *w)
{
	if (!service_beat(&w->service))
		return;
	fill_health(w);
	service_status(&w->service, batch_health(writer_batch(w->writer)));
}

static void on_beat(struct watch *w)
{
	uint64_t expired;

	if (read(w->timer, &expired, sizeof(expired)) != (ssize_t)sizeof(expired))
		return;
	watch_clock(w);
	way_tick(w->way, moment_now());
	way_collect(w->way, BATCH_SLACK);
	hand_over(w, false);
	watch_follow_incident(w);
	tell_service(w);
	watch_reload(w);
	watch_listen(w);
	if (++w->beats % REOPEN_BEATS == 0)
		look_for_ports(w);
}

static void stop_resets(struct watch *w)
{
	w->reset_stopped = true;
	watch_set_resets(w, w->options.config);
	log_say("SIGUSR1: no reset is sent from now on, until the monitor is started again");
}

static void on_signal(struct watch *w)
{
	struct signalfd_siginfo info;

	while (read(w->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGHUP)
			watch_ask_reload(w);
		else if (info.ssi_signo == SIGUSR1)
			stop_resets(w);
		else
			w->stopping = true;
	}
}

static void loop(struct watch *w)
{
	struct epoll_event events[EVENTS];

	while (!w->stopping) {
		int n = epoll_wait(w->epoll, events, EVENTS, way_waiting(w->way) ? 1 : -1);

		if (n == 0)
			way_answer(w->way, INT64_MAX);
		for (int i = 0; i < n; i++) {
			uint32_t source = events[i].data.u32;

			if (source == SOURCE_SIGNAL)
				on_signal(w);
			else if (source == SOURCE_TIMER)
				on_beat(w);
			else
				on_port(w, source);
		}
	}
}

/* --- the end ---------------------------------------------------------------------------------- */

static void room(void *context)
{
	hand_over(context, true);
}

/* What still waits in the rings is looked at, then everything goes into the record. */
static int stop(struct watch *w)
{
	char error[STORE_ERROR];
	int result;

	for (size_t i = 0; i < w->port_count; i++)
		for (int rounds = 0; !w->ports[i].away && rounds < 4096; rounds++)
			if (take_frames(w, i, true) <= 0)
				break;
	way_finish(w->way, room, w);
	fill_health(w);
	result = writer_stop(w->writer, error);
	w->writer = NULL;
	if (result < 0)
		log_say("record: %s", error);
	return result;
}

static void close_all(struct watch *w)
{
	char ignored[STORE_ERROR];

	if (w->writer) /* it could not be sealed: nothing was watched */
		writer_stop(w->writer, ignored);
	for (size_t i = 0; i < w->port_count; i++) {
		capture_close(w->ports[i].capture);
		free(w->names[i]);
	}
	free(w->names);
	resetter_close(&w->resetter);
	if (w->hurried)
		realtime_set(false);
	service_close(&w->service);
	way_free(w->way);
	store_close(w->store);
	reloader_stop(w->reloader);
	if (w->signals >= 0)
		close(w->signals);
	if (w->timer >= 0)
		close(w->timer);
	if (w->epoll >= 0)
		close(w->epoll);
}

static void say_start(struct watch *w)
{
	const struct config *c = w->options.config;

	for (size_t i = 0; i < w->port_count; i++)
		log_say("%s: watching, record %s", w->names[i], c->record);
	watch_say_privileges(w);
	if (c->reset >= RESET_DRY_RUN)
		log_say("resets are %s", reset_mode_name(c->reset));
	if (!policy_has_mail_servers(c->policy))
		log_say("no mail server is configured: every host that sends mail directly counts "
			"as an offender; name yours with --mail-server or `mail_servers`");
}

int watch_run(const struct watch_options *options)
{
	struct watch w = {.options = *options, .epoll = -1, .signals = -1, .timer = -1};
	int result;

	service_open(&w.service);
	result = open_all(&w);
	if (result == 0)
		result = watch_drop(&w);
	if (result == 0)
		result = watch_confine(&w);
	if (result == 0)
		result = open_record(&w);
	if (result == 0)
		result = watch_seal(&w);
	if (result < 0 && !w.said)
		log_say("watch: cannot start: %s", strerror(-result));
	if (result == 0) {
		say_start(&w);
		service_ready(&w.service);
		loop(&w);
		service_stopping(&w.service);
		result = stop(&w);
	}
	close_all(&w);
	config_free(w.options.config);
	return result;
}
