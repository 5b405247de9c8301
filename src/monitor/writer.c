/*
 * Two batches and a thread.  `fill` is the capture thread's; `store` is the writer's from the
 * moment it is offered until it is written and cleared.  The lock is held only to exchange them, so
 * the capture thread waits for no disk.
 *
 * What cannot be written is kept and tried again every 250 ms, while `fill` takes what comes; how
 * that ends when it is full too stands in batch.h.  A kind of failure is said once, and once more
 * when it is over.  Where nothing is offered for a second, the heartbeat is written with an empty
 * batch; and while nothing waits, retention has its slices.  Where batches come one upon the other
 * it has as long as the last one took, or a flood would fill the record faster than it is emptied.
 */
#include "monitor/writer.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/moment.h"
#include "base/text.h"
#include "edge/store_incident.h"

#define RETRY	(MOMENT_SECOND / 4)
#define NICE	10
#define BEAT	MOMENT_SECOND
#define SHARE	(2 * MOMENT_SECOND) /* of retention, behind a batch at most */
#define CHANGED (-ESTALE)

struct writer {
	struct writer_options options;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t work; /* for the writer: a batch was offered, or it is to stop */
	pthread_cond_t idle; /* for the capture thread: a batch was written, or has failed */
	struct batch *fill, *store;
	bool runs; /* the thread does, and makes nothing that it needs any more */
	bool busy; /* store is the writer's */
	bool stop;
	int64_t stop_by;       /* monotonic: the last writes are tried until then */
	int64_t failing_since; /* monotonic; 0: the last write went well */
	struct store_limits limits;
	bool has_limits;	       /* they wait for the writer */
	struct incident_answer answer; /* the capture thread's words, and the record's */
	struct incident_order order;
	struct incident_wish wish; /* the newest of so many */
	uint64_t wishes;
	/* The writer thread's own. */
	uint64_t granted; /* wishes up to this one are done */
	int64_t last_beat;
	bool last_taken; /* the batch that was being filled when it was to stop */
	int said;	 /* the kind of failure that was said last */
	int prune_said;	 /* and of retention's */
	struct {
		int64_t now, steady; /* the time that was believed, and the steady clock then */
		int64_t doubted;     /* since then a later one is; steady; 0: none is */
	} believed;
	uint64_t tries;
	int result;
	char error[STORE_ERROR];
};

/* Waits, with the lock held, until `when` at the latest. */
static void wait_until(struct writer *w, pthread_cond_t *condition, int64_t when)
{
	struct timespec t = {.tv_sec = (time_t)(when / MOMENT_SECOND),
			     .tv_nsec = (long)(when % MOMENT_SECOND * 1000)};

	pthread_cond_timedwait(condition, &w->lock, &t);
}

static void say_failure(struct writer *w, int r)
{
	w->tries++;
	if (r == w->said)
		return;
	w->said = r;
	log_say("%s", w->error);
}

static void say_healed(struct writer *w, int64_t since)
{
	if (w->said == 0)
		return;
	if (w->said != CHANGED)
		log_say("record: written again after %lld s and %llu tries",
			(long long)((moment_steady() - since) / MOMENT_SECOND),
			(unsigned long long)w->tries);
	w->said = 0;
	w->tries = 0;
}

/* Notes how a write went; returns since when they fail. */
static int64_t note(struct writer *w, int r)
{
	int64_t since;

	pthread_mutex_lock(&w->lock);
	since = w->failing_since;
	if (r == 0)
		w->failing_since = 0;
	else if (since == 0)
		w->failing_since = moment_steady();
	pthread_cond_broadcast(&w->idle);
	pthread_mutex_unlock(&w->lock);
	return since;
}

/* Whether to try once more, after a while. */
static bool bear(struct writer *w, int r)
{
	bool again;

	if (r == CHANGED)
		return true;
	pthread_mutex_lock(&w->lock);
	wait_until(w, &w->work, moment_steady() + RETRY);
	again = !w->stop || moment_steady() < w->stop_by;
	pthread_mutex_unlock(&w->lock);
	return again;
}

/* Writes w->store, however often it takes; gives up only when it is to stop. */
static int write_to(struct writer *w, struct store *to, store_news_fn *news)
{
	int64_t since;
	int r;

	do {
		r = store_write(to, w->store, moment_now(), news, w->options.context, w->error);
		since = note(w, r);
		if (r == 0)
			say_healed(w, since);
		else
			say_failure(w, r);
	} while (r < 0 && bear(w, r));
	return r;
}

static int write_batch(struct writer *w)
{
	int r = write_to(w, w->options.store, w->options.news);

	if (r == 0 && w->options.also)
		r = write_to(w, w->options.also, NULL);
	w->last_beat = moment_steady();
	return r;
}

/* Waits for an offer, the next heartbeat or the end.  False: nothing is left to write. */
static bool wait_for_work(struct writer *w, bool prune_waits)
{
	bool work = true;

	pthread_mutex_lock(&w->lock);
	while (!w->busy && !w->stop && !prune_waits && moment_steady() < w->last_beat + BEAT)
		wait_until(w, &w->work, w->last_beat + BEAT);
	if (w->stop && !w->busy) {
		struct batch *last = w->fill;

		w->fill = w->store;
		w->store = last;
		work = !w->last_taken; /* written even if empty: its health is the newest */
		w->last_taken = true;
	}
	pthread_mutex_unlock(&w->lock);
	return work;
}

/* Takes the empty batch for a heartbeat, unless another is offered just now. */
static bool take_turn(struct writer *w, bool *ret_stopping)
{
	bool due;

	pthread_mutex_lock(&w->lock);
	due = w->busy || w->stop || moment_steady() >= w->last_beat + BEAT;
	w->busy |= due;
	*ret_stopping = w->stop;
	if (w->has_limits)
		store_set_limits(w->options.store, &w->limits);
	w->has_limits = false;
	pthread_mutex_unlock(&w->lock);
	return due;
}

static void hand_back(struct writer *w)
{
	batch_clear(w->store);
	pthread_mutex_lock(&w->lock);
	w->busy = false;
	pthread_cond_broadcast(&w->idle);
	pthread_mutex_unlock(&w->lock);
}

/*
 * The time for retention, which takes away for good.  A clock that leapt ahead, since the last look
 * or since the record was last written, is believed when it has stood there for a day.
 */
static int64_t believed_now(struct writer *w)
{
	int64_t steady = moment_since_boot(), now = moment_now();
	int64_t expected = w->believed.now + (steady - w->believed.steady);

	if (w->believed.now == 0 || now <= expected + MOMENT_DAY) {
		w->believed.now = now;
		w->believed.steady = steady;
		w->believed.doubted = 0;
		return now;
	}
	if (w->believed.doubted == 0) {
		w->believed.doubted = steady;
		log_say("retention: the clock is %lld days further than when the record was last "
			"written: nothing is taken away for that, unless it stays so for a day",
			(long long)((now - expected) / MOMENT_DAY));
	}
	if (steady - w->believed.doubted >= MOMENT_DAY)
		w->believed.now = 0;
	return expected;
}

/* Whether more waits.  What fails is tried again behind the next write. */
static bool prune(struct writer *w)
{
	char error[STORE_ERROR];
	int r = store_prune(w->options.store, believed_now(w), error);

	if (r < 0 && r != w->prune_said)
		log_say("retention: %s", error);
	w->prune_said = r < 0 ? r : 0;
	return r > 0;
}

/* Has that long, where so much waits; whether more does. */
static bool prune_share(struct writer *w, int64_t share)
{
	int64_t until = moment_steady() + (share < SHARE ? share : SHARE);
	bool more;

	do
		more = prune(w);
	while (more && moment_steady() < until);
	return more;
}

/* What fails is tried again behind the next write. */
static void grant_wish(struct writer *w)
{
	struct incident_wish wish;
	uint64_t number;

	pthread_mutex_lock(&w->lock);
	wish = w->wish;
	number = w->wishes;
	pthread_mutex_unlock(&w->lock);
	if (number != w->granted && store_incident_wish(w->options.store, &wish, moment_now()) == 0)
		w->granted = number;
}

/* What fails is asked again behind the next write; until then all stays as it is. */
static void ask_for_incident(struct writer *w)
{
	struct incident_answer answer;
	struct incident_order order;

	if (!w->options.incidents)
		return;
	grant_wish(w);
	pthread_mutex_lock(&w->lock);
	answer = w->answer;
	pthread_mutex_unlock(&w->lock);
	if (store_incident_poll(w->options.store, &answer, moment_now(), &order) < 0)
		return;
	pthread_mutex_lock(&w->lock);
	w->order = order;
	pthread_mutex_unlock(&w->lock);
}

static void *run(void *context)
{
	struct writer *w = context;
	bool prune_waits = false, stopping;

	/* Where cores are few, frames go first: the batch can wait, the ring cannot. */
	if (w->options.yields)
		setpriority(PRIO_PROCESS, (id_t)gettid(), NICE);
	pthread_mutex_lock(&w->lock);
	w->runs = true;
	pthread_cond_broadcast(&w->idle);
	pthread_mutex_unlock(&w->lock);
	while (wait_for_work(w, prune_waits)) {
		int64_t began = moment_steady(), took = 0;

		if (take_turn(w, &stopping)) {
			w->result = write_batch(w);
			if (w->result < 0) /* to stop, and not to be written */
				break;
			ask_for_incident(w);
			took = moment_steady() - began;
			hand_back(w);
		}
		prune_waits = !stopping && prune_share(w, took);
	}
	return NULL;
}

static int prepare(struct writer *w)
{
	pthread_condattr_t monotonic;
	struct hash_key key;
	int r = hash_key_draw(&key);

	if (r < 0)
		return r;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->work, &monotonic);
	pthread_cond_init(&w->idle, &monotonic);
	pthread_condattr_destroy(&monotonic);
	w->fill = batch_new(&key);
	w->store = batch_new(&key);
	if (!w->fill || !w->store)
		return -ENOMEM;
	if (w->options.totals_only) {
		batch_set_totals_only(w->fill);
		batch_set_totals_only(w->store);
	}
	return 0;
}

static void writer_free(struct writer *w)
{
	batch_free(w->fill);
	batch_free(w->store);
	free(w);
}

int writer_start(const struct writer_options *options, struct writer **ret_)
{
	struct writer *w = calloc(1, sizeof(*w));
	sigset_t all, before;
	int r;

	if (!w)
		return -ENOMEM;
	w->options = *options;
	if (w->options.patience == 0)
		w->options.patience = WRITER_PATIENCE;
	w->last_beat = moment_steady();
	w->believed.now = options->last_written;
	w->believed.steady = moment_since_boot();
	r = prepare(w);
	if (r == 0) {
		ask_for_incident(w);
		/* Signals are the capture thread's. */
		sigfillset(&all);
		pthread_sigmask(SIG_SETMASK, &all, &before);
		r = -pthread_create(&w->thread, NULL, run, w);
		pthread_sigmask(SIG_SETMASK, &before, NULL);
	}
	if (r < 0) {
		writer_free(w);
		return r;
	}
	pthread_mutex_lock(&w->lock);
	while (!w->runs)
		pthread_cond_wait(&w->idle, &w->lock);
	pthread_mutex_unlock(&w->lock);
	*ret_ = w;
	return 0;
}

struct batch *writer_batch(struct writer *w)
{
	return w->fill;
}

bool writer_is_idle(struct writer *w)
{
	bool idle;

	pthread_mutex_lock(&w->lock);
	idle = !w->busy;
	pthread_mutex_unlock(&w->lock);
	return idle;
}

void writer_set_limits(struct writer *w, const struct store_limits *limits)
{
	pthread_mutex_lock(&w->lock);
	w->limits = *limits;
	w->has_limits = true;
	pthread_mutex_unlock(&w->lock);
}

void writer_incident(struct writer *w, const struct incident_answer *answer,
		     struct incident_order *ret_)
{
	pthread_mutex_lock(&w->lock);
	w->answer = *answer;
	*ret_ = w->order;
	pthread_mutex_unlock(&w->lock);
}

void writer_wish(struct writer *w, const struct incident_wish *wish)
{
	pthread_mutex_lock(&w->lock);
	w->wish = *wish;
	w->wishes++;
	pthread_mutex_unlock(&w->lock);
}

/* Whether one who waits should go on to. */
static bool is_hopeful(const struct writer *w)
{
	return w->failing_since == 0 || moment_steady() < w->failing_since + w->options.patience;
}

bool writer_offer(struct writer *w, bool wait)
{
	bool taken;

	pthread_mutex_lock(&w->lock);
	while (wait && w->busy && is_hopeful(w))
		wait_until(w, &w->idle, moment_steady() + MOMENT_SECOND);
	taken = !w->busy;
	if (taken) {
		struct batch *offered = w->fill;

		w->fill = w->store;
		w->store = offered;
		w->busy = true;
		pthread_cond_signal(&w->work);
	}
	pthread_mutex_unlock(&w->lock);
	return taken;
}

int writer_stop(struct writer *w, char error[STORE_ERROR])
{
	int r;

	pthread_mutex_lock(&w->lock);
	w->stop = true;
	w->stop_by = moment_steady() + w->options.patience;
	pthread_cond_signal(&w->work);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	r = w->result;
	if (r < 0)
		text_print(error, STORE_ERROR, "%s", w->error);
	writer_free(w);
	return r;
}
