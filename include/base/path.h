/*
 * path: parts of a file's path.
 */
#ifndef EGRESS25_BASE_PATH_H
#define EGRESS25_BASE_PATH_H

#include <stddef.h>

/* Where the file stands, by its name: *ret_, of so many bytes, is within path or ".". */
size_t path_directory(const char *path, const char **ret_);

#endif
