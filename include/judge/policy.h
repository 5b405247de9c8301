/*
 * policy: who may send to whom, and which line says so.  Filled once from the configuration, then
 * read-only: it may be shared between threads, and swapped whole when the configuration is reread.
 */
#ifndef EGRESS25_JUDGE_POLICY_H
#define EGRESS25_JUDGE_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "flow/site.h"

enum standing { STANDING_OFFENCE, STANDING_PERMITTED, STANDING_ALSO_WATCHED, STANDING_COUNT };

/* Why: stored with the connection, in these words. */
enum reason {
	REASON_NO_MAIL_SERVER, /* "not a mail server, and no allow entry covers it" */
	REASON_NO_SMART_HOST,  /* "mail server, but the destination is no smart host" */
	REASON_ALLOW_EXPIRED,  /* "the allow entry that covered it has expired" */
	REASON_MAIL_SERVER,    /* "mail server" */
	REASON_SMART_HOST,     /* "mail server to a smart host" */
	REASON_ALLOW,	       /* "allow entry" */
	REASON_ALSO_WATCHED,   /* "also watched port" */
	REASON_FROZEN,	       /* "mail server, while frozen by an incident": the monitor's own */
	REASON_COUNT
};

const char *standing_name(enum standing s); /* "offence", "permitted", "also watched" */
const char *reason_text(enum reason r);

/*
 * Where a line of policy stands: "/etc/egress25.conf:12", "--mail-server", "built-in default".
 * The text is owned by the policy.
 */
struct rule {
	char *origin;
	char *text; /* "mail_servers 10.0.0.25", "allow 10.0.3.0/24 to 198.51.100.4 port 25" */
	char *note; /* or NULL */
};

struct judgement {
	enum standing standing;
	enum reason reason;
	/* The line that decides, or NULL where it is the lack of one.  For REASON_NO_SMART_HOST
	 * the line that makes the client a mail server, for REASON_ALLOW_EXPIRED the entry. */
	const struct rule *rule;
};

struct policy;

struct policy *policy_new(void); /* NULL without memory */
void policy_free(struct policy *p);

/*
 * Filling.  Each returns 0, -ENOMEM, or -EEXIST where the same entry stands already (harmless).
 * origin is copied; note and text may be NULL.  A first policy_add_internal() for an address family
 * replaces that family's default (10/8, 172.16/12, 192.168/16, 100.64/10, 169.254/16; fc00::/7,
 * fe80::/10); a first policy_add_port() replaces 25.  Ports are in host order, 1 to 65535;
 * more than SITE_PORTS in all are -E2BIG, and a port that stands in the other list is -EINVAL: add
 * the watched ports first.
 */
int policy_add_internal(struct policy *p, const struct prefix *prefix, const char *origin);
int policy_add_mail_server(struct policy *p, const struct prefix *prefix, const char *origin);
int policy_add_smart_host(struct policy *p, const struct prefix *prefix, const char *origin);
int policy_add_port(struct policy *p, uint16_t port, const char *origin);
int policy_add_also_watch(struct policy *p, uint16_t port, const char *origin);

struct allow {
	struct prefix source;
	bool any_destination;
	struct prefix destination; /* unless any_destination */
	uint16_t port;		   /* 0: any watched port */
	int64_t until;		   /* microseconds since 1970; 0: for ever */
	const char *note;	   /* copied; may be NULL */
};
int policy_add_allow(struct policy *p, const struct allow *allow, const char *origin);

/* What the tracker needs; owned by the policy. */
const struct site *policy_site(const struct policy *p);

bool policy_has_mail_servers(const struct policy *p);
bool policy_is_mail_server(const struct policy *p, const struct addr *a);

/* Judges an attempt of an internal host at the time it began. */
void policy_judge(const struct policy *p, const struct addr *client, const struct addr *server,
		  uint16_t port, int64_t when, struct judgement *ret_);

/*
 * Whether every destination is permitted to this host on every watched port, at that time.  Several
 * entries that cover a family only together are not added up: false then means "ask for each".
 */
bool policy_permits_all(const struct policy *p, const struct addr *client, int64_t when);

/* The line by which the address is internal, or external; NULL where only the default of "all other
 * unicast is external" says so. */
const struct rule *policy_side_rule(const struct policy *p, const struct addr *a,
				    enum side *ret_side);

/*
 * For `config explain`: calls visit with each line that permits the client anything at that time,
 * on any port: the one that makes it a mail server, then allow entries as they were added.
 */
void policy_walk_client(const struct policy *p, const struct addr *client, int64_t when,
			void (*visit)(const struct rule *rule, void *context), void *context);

/* For `config`: every rule in force, in order of class and origin. */
enum policy_class {
	POLICY_INTERNAL,
	POLICY_MAIL_SERVER,
	POLICY_SMART_HOST,
	POLICY_ALLOW,
	POLICY_PORT,
	POLICY_ALSO_WATCH,
	POLICY_CLASS_COUNT
};
const char *policy_class_name(enum policy_class c); /* the configuration's names */
size_t policy_rule_count(const struct policy *p, enum policy_class c);
const struct rule *policy_rule(const struct policy *p, enum policy_class c, size_t i);
/* All rules but those of what is internal, escaped, as far as there is room. */
void policy_print(const struct policy *p, char *out, size_t size);

/* For what writes the policy in another language.  The prefix of the i-th rule of internal, mail
 * servers or smart hosts, and the i-th allow entry, with the note borrowed from the policy; false
 * where there is none. */
bool policy_prefix(const struct policy *p, enum policy_class c, size_t i, struct prefix *ret_);
bool policy_allow(const struct policy *p, size_t i, struct allow *ret_);

#endif
