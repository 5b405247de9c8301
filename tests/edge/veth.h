/*
 * veth: a network namespace of the test's own, with a pair of Ethernet ends: what is sent into
 * VETH_HOST comes in at VETH_MIRROR.  Gone when the test's process is.
 */
#ifndef EGRESS25_TESTS_EDGE_VETH_H
#define EGRESS25_TESTS_EDGE_VETH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VETH_HOST   "host0"
#define VETH_MIRROR "mirror0"

/* False, with a line on standard output why, where it cannot be had (no root, no ip command). */
bool veth_begin(void);

/* Runs a shell command; true where it succeeded. */
bool veth_run(const char *command);

/* Writes text to a file under /proc or /sys; true where it succeeded. */
bool veth_write(const char *path, const char *text);

/* A socket that sends whole frames into VETH_HOST. */
int veth_socket(void);
void veth_send(int fd, const void *data, size_t length);

/* The same frame n times, as quickly as may be. */
void veth_flood(int fd, const void *data, size_t length, unsigned int n);

#endif
