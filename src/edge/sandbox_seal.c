/*
 * The list holds what is left to do: frames from the ring or a file, the record by SQLite, the
 * configuration read again, resets by sockets that are open.  No socket, process, thread or program
 * can be made, no descriptor doubled, no memory made executable; write(2) takes the standard
 * streams alone, for on the socket of a capture it would send.  Opening and removing are Landlock's
 * to limit.
 *
 * It was tried on x86-64 with glibc.  A library may need another call on another architecture, and
 * a monitor that a rare path of the C library ends is worse than one that is not sealed: there the
 * kernel logs what is not in the list.
 */
#include "edge/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if_arp.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if_packet.h>
#include <seccomp.h>

#include "base/room.h"
#include "sandbox_internal.h"

#define ROOM (4 << 20)

#if defined(__x86_64__)
#define STRICT true
#else
#define STRICT false
#endif

static const int calls[] = {
	/* waiting, clocks, threads that are there already */
	SCMP_SYS(epoll_wait),
	SCMP_SYS(epoll_pwait),
	SCMP_SYS(epoll_ctl),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(clock_nanosleep),
	SCMP_SYS(nanosleep),
	SCMP_SYS(futex),
	SCMP_SYS(sched_yield),
	SCMP_SYS(sched_setscheduler),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	/* memory */
	SCMP_SYS(brk),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(madvise),
	/* files */
	SCMP_SYS(open),
	SCMP_SYS(openat),
	SCMP_SYS(close),
	SCMP_SYS(read),
	SCMP_SYS(pread64),
	SCMP_SYS(pwrite64),
	SCMP_SYS(lseek),
	SCMP_SYS(fadvise64),
	SCMP_SYS(fadvise64_64),
	SCMP_SYS(stat),
	SCMP_SYS(lstat),
	SCMP_SYS(fstat),
	SCMP_SYS(newfstatat),
	SCMP_SYS(statx),
	SCMP_SYS(access),
	SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2),
	SCMP_SYS(readlink),
	SCMP_SYS(readlinkat),
	SCMP_SYS(getcwd),
	SCMP_SYS(ftruncate),
	SCMP_SYS(fsync),
	SCMP_SYS(fdatasync),
	SCMP_SYS(unlink),
	SCMP_SYS(unlinkat),
	SCMP_SYS(fchmod),
	SCMP_SYS(fchown),
	/* sockets that are open: libpcap asks for its name when a link goes down */
	SCMP_SYS(getsockopt),
	SCMP_SYS(getsockname),
	SCMP_SYS(bind),
	/* what libraries ask for: qsort_r() how much memory there is, SQLite who we are */
	SCMP_SYS(sysinfo),
	SCMP_SYS(uname),
	SCMP_SYS(getrandom),
	SCMP_SYS(getpid),
	SCMP_SYS(gettid),
	SCMP_SYS(getuid),
	SCMP_SYS(geteuid),
	SCMP_SYS(getgid),
	SCMP_SYS(getegid),
};

/* Calls that are let through with certain arguments alone: one, or two of the same call. */
struct limit {
	int call;
	unsigned int argument;
	uint64_t mask, value;
	unsigned int second; /* 0: none */
	uint64_t second_value;
};

#define ALL UINT64_C(0xffffffff)

static const struct limit limits[] = {
	{.call = SCMP_SYS(write), .mask = ALL, .value = STDOUT_FILENO},
	{.call = SCMP_SYS(write), .mask = ALL, .value = STDERR_FILENO},
	{.call = SCMP_SYS(writev), .mask = ALL, .value = STDOUT_FILENO},
	{.call = SCMP_SYS(writev), .mask = ALL, .value = STDERR_FILENO},
	{.call = SCMP_SYS(mmap), .argument = 2, .mask = PROT_EXEC},
	{.call = SCMP_SYS(mmap2), .argument = 2, .mask = PROT_EXEC},
	{.call = SCMP_SYS(mprotect), .argument = 2, .mask = PROT_EXEC},
	/* of libnet and libpcap, and where an interface comes back; standard output's kind */
	{.call = SCMP_SYS(ioctl), .argument = 1, .mask = ALL, .value = SIOCGIFINDEX},
	{.call = SCMP_SYS(ioctl), .argument = 1, .mask = ALL, .value = SIOCGIFNAME},
	{.call = SCMP_SYS(ioctl), .argument = 1, .mask = ALL, .value = SIOCGIFFLAGS},
	{.call = SCMP_SYS(ioctl), .argument = 1, .mask = ALL, .value = SIOCGIFHWADDR},
	{.call = SCMP_SYS(ioctl), .argument = 1, .mask = ALL, .value = TCGETS},
	{.call = SCMP_SYS(ioctl), .argument = 1, .mask = ALL, .value = TIOCGWINSZ},
	/* locks of SQLite and of the record; no duplicate of a descriptor */
	{.call = SCMP_SYS(fcntl), .argument = 1, .mask = ALL, .value = F_SETLK},
	{.call = SCMP_SYS(fcntl), .argument = 1, .mask = ALL, .value = F_GETLK},
	{.call = SCMP_SYS(fcntl), .argument = 1, .mask = ALL, .value = F_OFD_SETLK},
	{.call = SCMP_SYS(fcntl), .argument = 1, .mask = ALL, .value = F_GETFD},
	{.call = SCMP_SYS(fcntl), .argument = 1, .mask = ALL, .value = F_SETFD},
	{.call = SCMP_SYS(fcntl), .argument = 1, .mask = ALL, .value = F_GETFL},
	/* the ports of the kernel filter; an interface that comes back; closing the ring */
	{.call = SCMP_SYS(setsockopt),
	 .argument = 1,
	 .mask = ALL,
	 .value = SOL_SOCKET,
	 .second = 2,
	 .second_value = SO_ATTACH_FILTER},
	{.call = SCMP_SYS(setsockopt),
	 .argument = 1,
	 .mask = ALL,
	 .value = SOL_SOCKET,
	 .second = 2,
	 .second_value = SO_DETACH_FILTER},
	{.call = SCMP_SYS(setsockopt),
	 .argument = 1,
	 .mask = ALL,
	 .value = SOL_PACKET,
	 .second = 2,
	 .second_value = PACKET_ADD_MEMBERSHIP},
	{.call = SCMP_SYS(setsockopt),
	 .argument = 1,
	 .mask = ALL,
	 .value = SOL_PACKET,
	 .second = 2,
	 .second_value = PACKET_RX_RING},
};

#if SANDBOX_SANITIZED
/* The search for leaks at the end stops all threads by a process of its own; and the rest is what
 * the sanitizers' own memory takes. */
static const int sanitizer_calls[] = {
	SCMP_SYS(clone),
	SCMP_SYS(ptrace),
	SCMP_SYS(wait4),
	SCMP_SYS(prctl),
	SCMP_SYS(sigaltstack),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(getdents64),
	SCMP_SYS(getdents),
	SCMP_SYS(write),
	SCMP_SYS(getppid),
	SCMP_SYS(sched_getaffinity),
	SCMP_SYS(prlimit64),
	SCMP_SYS(tgkill),
	SCMP_SYS(getrusage),
	SCMP_SYS(arch_prctl),
	SCMP_SYS(sched_getparam),
	SCMP_SYS(pipe),
	SCMP_SYS(pipe2),
	SCMP_SYS(process_vm_readv),
	SCMP_SYS(mmap),
	SCMP_SYS(mprotect),
	SCMP_SYS(kill),
};
#endif

static int allow_calls(scmp_filter_ctx filter, const int *list, size_t count)
{
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++)
		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, list[i], 0);
	return r;
}

static int allow_limited(scmp_filter_ctx filter, const struct limit *l)
{
	const struct scmp_arg_cmp arguments[] = {
		SCMP_CMP(l->argument, SCMP_CMP_MASKED_EQ, l->mask, l->value),
		SCMP_CMP(l->second, SCMP_CMP_MASKED_EQ, ALL, l->second_value),
	};

	return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, l->call, l->second ? 2 : 1,
				      arguments);
}

/* A failed check of the C library, as of a smashed stack, is to end by its own name. */
static int allow_abort(scmp_filter_ctx filter)
{
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
				SCMP_CMP(0, SCMP_CMP_MASKED_EQ, ALL, (uint64_t)getpid()));
}

static int fill(scmp_filter_ctx filter, const int *senders, size_t count)
{
	int r = allow_calls(filter, calls, sizeof(calls) / sizeof(*calls));

	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits) && r == 0; i++)
		r = allow_limited(filter, &limits[i]);
	for (size_t i = 0; i < count && r == 0; i++)
		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(sendto), 1,
				     SCMP_CMP(0, SCMP_CMP_MASKED_EQ, ALL, (uint64_t)senders[i]));
	if (r == 0)
		r = allow_abort(filter);
#if SANDBOX_SANITIZED
	if (r == 0)
		r = allow_calls(filter, sanitizer_calls,
				sizeof(sanitizer_calls) / sizeof(*sanitizer_calls));
#endif
	return r;
}

int sandbox_seal(const int *senders, size_t count, bool *ret_strict)
{
	scmp_filter_ctx filter;
	int r;

	if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) < 0)
		return -EOPNOTSUPP;
	if (!room_is_there(ROOM)) /* libseccomp (2.5.4) frees twice without */
		return -ENOMEM;
	filter = seccomp_init(STRICT ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_LOG);
	if (!filter)
		return -ENOMEM;
	r = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
	if (r == 0)
		r = fill(filter, senders, count);
	if (r == 0)
		r = seccomp_load(filter);
	seccomp_release(filter);
	if (r == 0)
		*ret_strict = STRICT;
	return r;
}
