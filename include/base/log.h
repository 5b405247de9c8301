/*
 * log: the one place that speaks.  Lines go to standard error as "egress25: what: why, and what to
 * do".  Pure code never calls it: it returns reasons.
 */
#ifndef EGRESS25_BASE_LOG_H
#define EGRESS25_BASE_LOG_H

#include <stdbool.h>

/* One line; the format needs no newline.  Control bytes in arguments are escaped. */
void log_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * From now on a line that standard error does not take at once is left out, and counted; the next
 * one that goes out is preceded by how many.  For a monitor, which waits for no reader.
 */
void log_never_wait(bool yes);

/* Whether a line of PIPE_BUF bytes at most, written to fd now, returns at once, be it with an
 * error. */
bool log_is_ready(int fd);

#endif
