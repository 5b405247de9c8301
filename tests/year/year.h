/* What the parts of the program `year` share. */
#ifndef EGRESS25_TESTS_YEAR_YEAR_H
#define EGRESS25_TESTS_YEAR_YEAR_H

#include <stdint.h>

void year_fail(const char *what, const char *why) __attribute__((noreturn));
/* Of the file PATH with suffix behind; 0 where it is not there. */
int64_t year_bytes(const char *path, const char *suffix);

/*
 * Opens the record with the real writer's thread, lowers its limit to so many bytes as SIGHUP does,
 * and offers a batch ten times a second as a capture thread would until it has shrunk; prints one
 * line of JSON: how long an offer took at most, and how long a batch waited to be taken.
 */
void year_hand_over(const char *path, int64_t bytes);

#endif
