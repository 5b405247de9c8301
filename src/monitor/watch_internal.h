/* watch_internal: what the files of watch share. */
#ifndef EGRESS25_SRC_MONITOR_WATCH_INTERNAL_H
#define EGRESS25_SRC_MONITOR_WATCH_INTERNAL_H

#include "edge/capture.h"
#include "edge/sandbox.h"
#include "judge/health.h"
#include "monitor/watch.h"
#include "monitor/way.h"
#include "monitor/writer.h"
#include "alarm.h"
#include "incident_watch.h"
#include "reloader.h"
#include "resetter.h"
#include "service.h"

struct port {
	struct capture *capture;
	const char *name;
	bool away;    /* it has gone, and is not waited for */
	bool strange; /* what has its name now is of another kind, which was said */
	bool down;
	struct alarm_silence silence;
};

struct watch {
	struct watch_options options;
	struct store *store;
	struct writer *writer;
	struct way *way;
	struct port ports[HEALTH_INTERFACES];
	size_t port_count;
	char **names; /* of the interfaces, as configured at the start */
	int epoll, signals, timer;
	uint32_t beats;
	int64_t newest; /* stamp of the newest frame */
	bool stopping;
	struct {
		bool known;
		int64_t ahead; /* of the one that nobody sets */
		int64_t said;  /* on that one */
	} clock;
	struct reloader *reloader;
	bool said; /* why it cannot start */
	char user[SANDBOX_USER];
	bool confined, sealed, strict; /* sandbox.h */
	char privileges[HEALTH_PRIVILEGES];
	struct alarm alarm;
	struct resetter resetter;
	bool hurried;	     /* real-time priority was asked for */
	bool always_hurried; /* for it could not be had again */
	struct service service;
	bool reset_stopped; /* by SIGUSR1, until the next start */
	struct incident_watch incident;
	struct incident_answer answer; /* for the record */
};

/* watch_incident.c: what the configuration and the open incident say of resets, in force from the
 * next frame on. */
void watch_set_resets(struct watch *w, const struct config *c);
/* The mode that it puts in force. */
enum reset_mode watch_reset_mode(const struct watch *w, const struct config *c);
/* Looks whether an incident has begun or ended: four times a second. */
void watch_follow_incident(struct watch *w);
/* Asks for one, where the batch tells of a listing and the configuration says so. */
void watch_heed_listings(struct watch *w);

/* watch_sandbox.c: the stages of sandbox.h; 0 also where the kernel has not what they need. */
int watch_drop(struct watch *w);
int watch_confine(struct watch *w);
int watch_seal(struct watch *w);
/* What came of them, for the log and the record. */
void watch_say_privileges(struct watch *w);

/* watch_past.c: what earlier runs knew, into the way, whose policy is set. */
int watch_load_past(struct watch *w);

/* watch_clock.c: notices that the clock was set; before frames are taken, and at each beat. */
void watch_clock(struct watch *w);

/* watch_silence.c: says which mirror is silent: four times a second. */
void watch_listen(struct watch *w);

/* watch_reload.c: has the configuration read again, and takes one that was: four times a second. */
void watch_ask_reload(struct watch *w);
void watch_reload(struct watch *w);

#endif
