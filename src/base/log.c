#include "base/log.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

#define LINE 4096 /* PIPE_BUF: a pipe that poll(2) calls writable has room for it */

static const char prefix[] = "egress25: ";
/* The lock of stderr is theirs too. */
static bool never_waits;
static uint64_t left_out; /* and not said yet */

void log_never_wait(bool yes)
{
	flockfile(stderr);
	never_waits = yes;
	funlockfile(stderr);
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

/* Whether all of it went out. */
static bool write_line(const char *line, size_t length)
{
	while (length > 0) {
		ssize_t n = write(STDERR_FILENO, line, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		line += n;
		length -= (size_t)n;
	}
	return true;
}

/* Before a line, in the same write: what went untold.  Its length. */
static size_t put_left_out(char line[LINE])
{
	line[0] = '\0';
	if (left_out > 0)
		text_print(line, LINE,
			   "%s%" PRIu64 " line%s before this one went untold: nobody took them\n",
			   prefix, left_out, text_s((int64_t)left_out));
	return strlen(line);
}

void log_say(const char *format, ...)
{
	char plain[1024], line[LINE];
	size_t used;
	va_list list;

	va_start(list, format);
	vsnprintf(plain, sizeof(plain), format, list);
	va_end(list);
	flockfile(stderr);
	used = put_left_out(line);
	memcpy(line + used, prefix, sizeof(prefix) - 1);
	used += sizeof(prefix) - 1;
	used += escape(plain, line + used, sizeof(line) - used - 1);
	line[used++] = '\n';
	if ((never_waits && !log_is_ready(STDERR_FILENO)) || !write_line(line, used))
		left_out++;
	else
		left_out = 0;
	funlockfile(stderr);
}
