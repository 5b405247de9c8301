/*
 * path: parts of a file's path, and the lock beside a file.
 */
#ifndef EGRESS25_BASE_PATH_H
#define EGRESS25_BASE_PATH_H

#include <stddef.h>

/* Where the file stands, by its name: *ret_, of so many bytes, is within path or ".". */
size_t path_directory(const char *path, const char **ret_);

/* Whether somebody holds the lock of "PATH-lock", an open file description lock: 1; 0, also where
 * there is no such file; or a negative errno where that cannot be told. */
int path_is_locked(const char *path);

#endif
