#include "realtime.h"

#include <errno.h>
#include <sched.h>
#include <sys/resource.h>

#define PRIORITY 1

int realtime_keep(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_RTPRIO, &limit) < 0)
		return -errno;
	if (limit.rlim_cur >= PRIORITY)
		return 0;
	limit.rlim_cur = PRIORITY;
	if (limit.rlim_max < PRIORITY)
		limit.rlim_max = PRIORITY;
	return setrlimit(RLIMIT_RTPRIO, &limit) < 0 ? -errno : 0;
}

int realtime_set(bool on)
{
	struct sched_param param = {.sched_priority = on ? PRIORITY : 0};
	int policy = on ? SCHED_FIFO : SCHED_OTHER;

	/* Without the flag, once given, nobody but root takes it back. */
	return sched_setscheduler(0, policy | SCHED_RESET_ON_FORK, &param) < 0 ? -errno : 0;
}
