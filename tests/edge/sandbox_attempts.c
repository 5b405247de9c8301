#include "sandbox_attempts.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/if_packet.h>

char top[64], record[96], conf[96];
int pair[2], other[2];

int opens_packets(void)
{
	return socket(AF_PACKET, SOCK_RAW, 0);
}

int opens_a_socket(void)
{
	return socket(AF_INET, SOCK_DGRAM, 0);
}

int becomes_daemon(void)
{
	return setuid(1);
}

int reads_shadow(void)
{
	return open("/etc/shadow", O_RDONLY);
}

int reads_passwd(void)
{
	return open("/etc/passwd", O_RDONLY);
}

int signals_init(void)
{
	return kill(1, 0);
}

int signals_itself(void)
{
	return kill(getpid(), 0);
}

/* A line of /proc/self/status that begins with Cap and is not 0. */
int has_a_capability(void)
{
	FILE *f = fopen("/proc/self/status", "re");
	char line[256];
	bool has = !f;

	while (f && fgets(line, sizeof(line), f))
		has |= strncmp(line, "Cap", 3) == 0 && strtoull(line + 7, NULL, 16) != 0;
	return has ? 0 : -1;
}

int may_gain_privileges(void)
{
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0 ? 0 : -1;
}

int may_be_read_by_others(void)
{
	return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 1 ? 0 : -1;
}

/* The call alone: a program that was started would be ended for what it calls then. */
int executes(void)
{
	execl("/", "/", NULL);
	return errno == EACCES ? 0 : -1;
}

int asks_for_a_thread(void)
{
	return syscall(SYS_clone3, NULL, (size_t)0) < 0 && errno == EINVAL ? 0 : -1;
}

int forks(void)
{
	pid_t child = fork();

	if (child == 0)
		_exit(0);
	return child < 0 ? -1 : 0;
}

static void *nothing(void *context)
{
	return context;
}

int starts_a_thread(void)
{
	pthread_t t;

	return -pthread_create(&t, NULL, nothing, NULL);
}

int traces(void)
{
	return (int)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

int doubles(void)
{
	return dup(STDERR_FILENO);
}

int doubles_by_fcntl(void)
{
	return fcntl(STDERR_FILENO, F_DUPFD, 10);
}

int maps_code(void)
{
	void *at = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return at == MAP_FAILED ? -1 : 0;
}

int makes_code(void)
{
	static char page[8192] __attribute__((aligned(4096)));

	return mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

int asks_another_ioctl(void)
{
	int n;

	return ioctl(pair[0], FIONREAD, &n);
}

int sets_another_option(void)
{
	return setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &(int){4096}, sizeof(int));
}

int writes_to_a_socket(void)
{
	return (int)write(pair[0], "x", 1);
}

int sends_by_the_first(void)
{
	return (int)sendto(pair[0], "x", 1, 0, NULL, 0);
}

int sends_by_another(void)
{
	return (int)sendto(other[0], "x", 1, 0, NULL, 0);
}

int sends_a_message(void)
{
	struct iovec part = {.iov_base = "x", .iov_len = 1};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

	return (int)sendmsg(pair[0], &message, 0);
}

int renames(void)
{
	char to[128];

	snprintf(to, sizeof(to), "%s/a", record);
	return rename(to, to);
}

int makes_a_name_space(void)
{
	return unshare(CLONE_FS);
}

int writes_words(void)
{
	return write(STDERR_FILENO, "", 0) < 0 ? -1 : 0;
}

static int below(const char *directory, const char *name, int flags)
{
	char path[160];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return open(path, flags, 0600);
}

int makes_beside_the_record(void)
{
	char path[160];

	snprintf(path, sizeof(path), "%s/new", record);
	return below(record, "new", O_RDWR | O_CREAT | O_TRUNC) < 0 ? -1 : unlink(path);
}

int reads_the_configuration(void)
{
	return below(conf, "c", O_RDONLY);
}

int writes_the_configuration(void)
{
	return below(conf, "c", O_WRONLY);
}

int makes_beside_the_configuration(void)
{
	return below(conf, "d", O_RDWR | O_CREAT);
}

int makes_elsewhere(void)
{
	return below(top, "elsewhere", O_RDWR | O_CREAT);
}

int links_out(void)
{
	char path[160];

	snprintf(path, sizeof(path), "%s/l", record);
	unlink(path);
	return symlink("/etc/passwd", path);
}

int makes_a_directory(void)
{
	char path[160];

	snprintf(path, sizeof(path), "%s/m", record);
	rmdir(path);
	return mkdir(path, 0700);
}
