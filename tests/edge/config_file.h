/* config_file: a configuration file in a folder of its own. */
#ifndef EGRESS25_TESTS_EDGE_CONFIG_FILE_H
#define EGRESS25_TESTS_EDGE_CONFIG_FILE_H

#include <stddef.h>

#include "edge/config.h"

extern char folder[], path[64];

/* Set-up and tear-down of a group. */
int open_folder(void **state);
int close_folder(void **state);

void write_file(const void *data, size_t length);

/* Writes and loads; fails the test where that is refused. */
struct config *load(const char *text);

#endif
