/*
 * config: the configuration file (libconfuse) and the command line's replacements for its lists.
 */
#ifndef EGRESS25_EDGE_CONFIG_H
#define EGRESS25_EDGE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "judge/policy.h"
#include "judge/incident.h"
#include "judge/reset_mode.h"

#define CONFIG_DEFAULT_PATH   "/etc/egress25.conf"
#define CONFIG_DEFAULT_RECORD "/var/lib/egress25/record.db"
#define CONFIG_ERROR	      1024
#define CONFIG_PUBLIC	      32 /* most public addresses */

/* Texts given on the command line; a list with any entry replaces the file's. */
struct config_list {
	const char **items;
	size_t count;
};

struct config_overrides {
	struct config_list interfaces, internal, mail_servers, smart_hosts, allow;
	struct config_list ports, also_watch, public_addresses;
	struct config_list reset, reset_via, reset_limit, user; /* one each */
	const char *record;					/* or NULL */
};

struct config {
	char *path; /* the file read, or NULL where there was none */
	struct policy *policy;
	char **interfaces;
	size_t interface_count;
	char *record;
	char *sensor;		    /* the host's name unless configured */
	char *user;		    /* whom watch becomes; NULL: sandbox_drop() finds one */
	uint16_t ports[SITE_PORTS]; /* watched and also watched, ascending; more are an error */
	size_t port_count;
	struct addr public_addresses[CONFIG_PUBLIC]; /* of the NAT, as the Internet sees us */
	size_t public_count;
	/* Hosts, as gateways and DNS servers, that resets and bans never touch. */
	struct prefix *never_reset;
	size_t never_reset_count;
	enum reset_mode reset;
	char *reset_via;      /* interface, or NULL: the one that saw the frame */
	uint32_t reset_limit; /* segments a second */
	enum incident_on_listing incident_on_listing;
	/* What freeze and thaw act on where no option says: NULL where nothing does. */
	char *mta;     /* mta_kind_parse() takes it */
	char *mta_ssh; /* mta_host_is_valid() */
	/* section retention */
	int64_t retention_age; /* microseconds */
	int64_t retention_bytes;
	uint32_t rows_per_host_hour;
	int64_t silent_after; /* microseconds without a frame: the mirror counts as silent */
	/* All of the above but the policy, in words and with its origin: for `config`. */
	struct config_line *lines;
	size_t line_count;
};

struct config_line {
	const char *name; /* "retention.age" */
	char *text;	  /* "90d" */
	char *origin;	  /* as in struct rule */
};

/*
 * Reads path; NULL means CONFIG_DEFAULT_PATH where it exists, else built-in defaults.  0, or
 * -EINVAL / another negative errno with one line in error that names file, line, what was found and
 * what is expected.  *ret_ is owned by the caller: config_free().  libconfuse keeps globals: one
 * call at a time in a process.
 */
int config_load(const char *path, const struct config_overrides *overrides, struct config **ret_,
		char error[CONFIG_ERROR]);
void config_free(struct config *c); /* accepts NULL */

/*
 * Whether a monitor may run with it: 0, or -EINVAL with one line in error.  Resets are not armed
 * without a mail server, as they would cut off all mail.
 */
int config_check(const struct config *c, char error[CONFIG_ERROR]);

/* Every name that a configuration file may hold ("internal", "allow.source"); NULL behind the last.
 * For what must not forget one, as the manual page's test. */
const char *config_name(size_t i);

#endif
