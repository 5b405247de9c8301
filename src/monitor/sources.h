/*
 * sources: the capture files that a record has read, so that none is counted twice unawares.
 */
#ifndef EGRESS25_MONITOR_SOURCES_H
#define EGRESS25_MONITOR_SOURCES_H

#include <stdbool.h>

struct store;

/*
 * Notes all files in the record before the first is read, so that a run that is killed leaves word
 * of it.  0; or a negative errno, having said why, where one was read before and `again` is false,
 * or the record cannot be written: then none is noted.
 */
int sources_note(struct store *store, char *const *files, int count, bool again);

#endif
