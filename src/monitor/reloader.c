#include "reloader.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

struct reloader {
	reloader_fn *load;
	void *context;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t work;
	pthread_cond_t start;
	bool begun, stop, done;
	uint64_t asked, taken; /* how often, and of these are answered by what is read */
	struct config *new;    /* NULL: it could not be read */
};

static bool wait_for_work(struct reloader *r, uint64_t *ret_asked)
{
	bool stop;

	pthread_mutex_lock(&r->lock);
	while (r->asked == r->taken && !r->stop)
		pthread_cond_wait(&r->work, &r->lock);
	*ret_asked = r->asked;
	stop = r->stop;
	pthread_mutex_unlock(&r->lock);
	return !stop;
}

/* One that nobody took is out of date now. */
static void hand_over(struct reloader *r, struct config *new, uint64_t asked)
{
	struct config *old;

	pthread_mutex_lock(&r->lock);
	old = r->new;
	r->new = new;
	r->done = true;
	r->taken = asked;
	pthread_mutex_unlock(&r->lock);
	config_free(old);
}

static void *run(void *context)
{
	struct reloader *r = context;
	uint64_t asked;

	pthread_mutex_lock(&r->lock);
	r->begun = true;
	pthread_cond_signal(&r->start);
	pthread_mutex_unlock(&r->lock);
	while (wait_for_work(r, &asked)) {
		struct config *new = NULL;

		hand_over(r, r->load(r->context, &new) < 0 ? NULL : new, asked);
	}
	return NULL;
}

/* A thread that has yet to begin asks the kernel for what a sealed process may not. */
static void wait_for_start(struct reloader *r)
{
	pthread_mutex_lock(&r->lock);
	while (!r->begun)
		pthread_cond_wait(&r->start, &r->lock);
	pthread_mutex_unlock(&r->lock);
}

int reloader_start(reloader_fn *load, void *context, struct reloader **ret_)
{
	struct reloader *r = calloc(1, sizeof(*r));
	sigset_t all, before;
	int result;

	if (!r)
		return -ENOMEM;
	r->load = load;
	r->context = context;
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->work, NULL);
	pthread_cond_init(&r->start, NULL);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	result = -pthread_create(&r->thread, NULL, run, r);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (result < 0) {
		free(r);
		return result;
	}
	wait_for_start(r);
	*ret_ = r;
	return 0;
}

void reloader_stop(struct reloader *r)
{
	if (!r)
		return;
	pthread_mutex_lock(&r->lock);
	r->stop = true;
	pthread_cond_signal(&r->work);
	pthread_mutex_unlock(&r->lock);
	pthread_join(r->thread, NULL);
	config_free(r->new);
	free(r);
}

void reloader_ask(struct reloader *r)
{
	pthread_mutex_lock(&r->lock);
	r->asked++;
	pthread_cond_signal(&r->work);
	pthread_mutex_unlock(&r->lock);
}

bool reloader_take(struct reloader *r, struct config **ret_new, bool *ret_more)
{
	bool done;

	pthread_mutex_lock(&r->lock);
	done = r->done;
	if (done) {
		*ret_new = r->new;
		*ret_more = r->asked != r->taken;
	}
	r->new = NULL;
	r->done = false;
	pthread_mutex_unlock(&r->lock);
	return done;
}
