/*
 * connections: the connections of one or several records, newest first, one at a time.
 *
 * They are read a few hundred at a go, each go a short read transaction of its own, so a list that
 * somebody pages through for an hour does not hold up the writer's log; rows that are written
 * meanwhile are newer than what is read, or missing.
 */
#ifndef EGRESS25_QUERY_CONNECTIONS_H
#define EGRESS25_QUERY_CONNECTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "query/record.h"
#include "query/value.h"
#include "query/window.h"

struct connection_row {
	int64_t id;
	char client[ADDR_TEXT], server[ADDR_TEXT];
	int64_t client_port, server_port;
	char *server_name;
	struct maybe vlan; /* innermost */
	char vlan_tags[32];
	char mac[MAC_TEXT];
	int64_t started, ended;
	char outcome[32];
	int64_t resets;
	struct maybe killed;
	char *helo;
	struct list senders;
	struct maybe recipients, messages;
	int64_t bytes_sent, bytes_received;
	char *banner, *reply;
	bool permitted;
	char *offence;
	const char *standing; /* "offence", "permitted", "also watched"; or NULL */
	const char *sensor;   /* the record's */
};

extern const struct field connection_fields[];

/* For report_set_style(). */
const char *connection_style(const void *row);

void connection_row_done(struct connection_row *row);

struct connections;

/* client NULL: all hosts'.  0 or a negative errno; the records stay the caller's. */
int connections_open(struct record *const *records, size_t count, const struct window *w,
		     const char *client, struct connections **ret_);
void connections_close(struct connections *c); /* accepts NULL */

/* 1 and *ret_, which is good until the next call; 0 at the end; or a negative errno, and
 * *ret_record the record that failed. */
int connections_next(struct connections *c, const struct connection_row **ret_,
		     const struct record **ret_record);

/* How many the window holds, counted up to `most`.  A negative errno as above. */
int connections_count(struct connections *c, int64_t most, int64_t *ret_,
		      const struct record **ret_record);

#endif
