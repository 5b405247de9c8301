#include "base/log.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

#define LINE 4096 /* PIPE_BUF: a pipe that poll(2) calls writable has room for it */

static const char prefix[] = "egress25: ";
static atomic_bool never_waits;
static atomic_ullong left_out; /* and not said yet */

void log_never_wait(bool yes)
{
	atomic_store(&never_waits, yes);
}

/* Escaped once more, but for the backslashes of what is escaped already. */
static size_t escape(const char *plain, char *safe, size_t size)
{
	size_t used = 0;

	safe[0] = '\0';
	for (const char *at = plain; *at;) {
		size_t n = strcspn(at, "\\");

		text_escape(at, n, safe + used, size - used);
		used += strlen(safe + used);
		at += n;
		for (; *at == '\\' && used + 1 < size; at++)
			safe[used++] = '\\';
		safe[used] = '\0';
		if (*at == '\\')
			break;
	}
	return used;
}

bool log_is_ready(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};

	return poll(&p, 1, 0) > 0;
}

static void write_line(const char *line, size_t length)
{
	while (length > 0) {
		ssize_t n = write(STDERR_FILENO, line, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		line += n;
		length -= (size_t)n;
	}
}

static void say_left_out(void)
{
	unsigned long long count = atomic_exchange(&left_out, 0);
	char line[128];

	if (count == 0)
		return;
	text_print(line, sizeof(line),
		   "%s%llu line%s before this one went untold: nobody took them\n", prefix, count,
		   text_s(count));
	write_line(line, strlen(line));
}

/* Where lines are never waited for: whether one may go out.  Else it is counted. */
static bool may_write(void)
{
	if (log_is_ready(STDERR_FILENO))
		say_left_out();
	if (log_is_ready(STDERR_FILENO)) /* still */
		return true;
	atomic_fetch_add(&left_out, 1);
	return false;
}

void log_say(const char *format, ...)
{
	char plain[1024], line[LINE];
	size_t used = sizeof(prefix) - 1;
	va_list list;

	va_start(list, format);
	vsnprintf(plain, sizeof(plain), format, list);
	va_end(list);
	memcpy(line, prefix, used);
	used += escape(plain, line + used, sizeof(line) - used - 1);
	line[used++] = '\n';
	if (!atomic_load(&never_waits) || may_write())
		write_line(line, used);
}
