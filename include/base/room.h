/*
 * room: for libraries that do not bear a lack of memory: as much as one can want is asked for, and
 * given back, before it is used.
 */
#ifndef EGRESS25_BASE_ROOM_H
#define EGRESS25_BASE_ROOM_H

#include <stdbool.h>
#include <stddef.h>

bool room_is_there(size_t bytes);

#endif
