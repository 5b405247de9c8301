#include "edge/notify.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A path, or with an '@' in front a name that is in no file system.  Its length, or -EINVAL. */
static int fill_address(const char *name, struct sockaddr_un *ret_)
{
	size_t length = strlen(name);

	if ((*name != '/' && *name != '@') || length < 2 || length >= sizeof(ret_->sun_path))
		return -EINVAL;
	*ret_ = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(ret_->sun_path, name, length + 1);
	if (*name == '@')
		ret_->sun_path[0] = '\0';
	return (int)(offsetof(struct sockaddr_un, sun_path) + length + (*name == '/'));
}

int notify_open(void)
{
	const char *name = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address;
	int length, fd, error;

	if (!name || !*name)
		return -ENODATA;
	length = fill_address(name, &address);
	if (length < 0)
		return length;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, (socklen_t)length) == 0)
		return fd;
	error = errno;
	if (fd >= 0)
		close(fd);
	return -error;
}

int notify_send(int fd, int patience, const char *lines)
{
	struct pollfd room = {.fd = fd, .events = POLLOUT};

	if (poll(&room, 1, patience) == 0)
		return -EAGAIN;
	return send(fd, lines, strlen(lines), MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* A number in decimal digits and nothing else; -1 where it is none. */
static int64_t parse_number(const char *text)
{
	char *end;
	long long n;

	if (*text < '0' || *text > '9')
		return -1;
	errno = 0;
	n = strtoll(text, &end, 10);
	return *end || errno ? -1 : n;
}

int64_t notify_watchdog(void)
{
	const char *length = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	int64_t n = length ? parse_number(length) : 0;

	return n < 0 || (pid && parse_number(pid) != getpid()) ? 0 : n;
}
