/*
 * sim: what the parts of the simulator share: the site behind its NAT, its hosts with what they
 * did (the truth, counted while it is written), and the agents that act in them.
 */
#ifndef SIMULATE_SIM_H
#define SIMULATE_SIM_H

#include "rng.h"
#include "wire.h"

enum { HOSTS_MAX = 256, AGENTS_MAX = 1024, NAME_SIZE = 96 };

enum class {
	CLASS_BOT,
	CLASS_DEVICE,
	CLASS_SENDER,
	CLASS_MAILSERVER,
	CLASS_OTHER,
	CLASS_QUIET,
	CLASS_COUNT
};

enum kernel { KERNEL_LINUX, KERNEL_WINDOWS, KERNEL_WINDOWS7, KERNEL_EMBEDDED, KERNEL_COUNT };

/* What a firewall does with port 25. */
enum block { BLOCK_NONE, BLOCK_DROP, BLOCK_RESET, BLOCK_ICMP };

enum dns_view { DNS_HOSTS, DNS_UNSEEN, DNS_RESOLVER };

struct kind;

/* Distinct servers of one host. */
struct set {
	uint32_t *items; /* 0: free */
	size_t count, room;
};

struct truth {
	uint64_t attempts, connected, mail, rcpt, data; /* commands, as far as they are readable */
	uint64_t messages, recipients;			/* accepted in the clear */
	uint64_t hidden;				/* messages accepted under TLS */
	uint64_t first, last;				/* begin of the first and last attempt */
	struct set servers;
};

struct host {
	struct wire_end end;
	const struct kind *kind;
	enum kernel kernel;
	enum block block; /* of its own, beside the site's */
	uint16_t vlan;
	bool exempt;	 /* the site's block is not for it */
	uint32_t helper; /* the resolver it asks */
	char name[NAME_SIZE];
	struct truth truth;
	uint32_t bots; /* agents of class bot on it */
};

struct agent;
struct sim;

struct kind {
	const char *name;
	enum class class;
	const char *about;
	void (*start)(struct sim *s, struct host *h);
	const char *oui; /* of its maker */
	enum kernel kernel;
};

struct agent {
	struct host *host;
	uint64_t next; /* UINT64_MAX: rests for ever */
	void (*step)(struct sim *s, struct agent *a);
	struct rng rng;
	void *state; /* its own; freed with it */
};

struct site {
	uint32_t public_ip, net; /* net: /24 of the hosts */
	char domain[NAME_SIZE], gateway_name[NAME_SIZE];
	uint8_t gateway_mac[6];
	uint32_t resolver, upstream;
	uint64_t listed_from, listed_until; /* on a blacklist */
	uint32_t list;
	enum block block;
};

struct sim {
	uint64_t seed, start, end;
	uint32_t scale, observations; /* scale in thousandths; observations 0: no bound */
	bool blocked, bot_on_server;
	enum dns_view dns;
	struct site site;
	struct wire wire;
	struct host hosts[HOSTS_MAX];
	size_t host_count;
	struct agent agents[AGENTS_MAX];
	size_t agent_count;
	struct agent *acting;
	struct rng rng;
	uint64_t *cache; /* names the resolver knows, see dns.c */
};

extern const struct kind kinds[];
extern const size_t kind_count;
const struct kind *kind_find(const char *name, size_t length);

/* A host of this kind, whose agents it starts. */
struct host *sim_add_host(struct sim *s, const struct kind *k);

/* An agent with its own chance and `size` bytes of zeroed state, which acts first at `first`. */
struct agent *sim_add_agent(struct sim *s, struct host *h, uint64_t first,
			    void (*step)(struct sim *s, struct agent *a), size_t size);

/* Runs all agents to the end and writes the rest of the capture. */
void sim_run(struct sim *s);
void sim_done(struct sim *s);

bool set_add(struct set *s, uint32_t item);

/* Moves a time into office hours (7 to 18, Monday to Friday; UTC) by waiting. */
uint64_t office_hours(struct rng *r, uint64_t t);

/* 0 to 23, and whether it is a Saturday or Sunday. */
uint32_t hour_of(uint64_t t);
bool weekend(uint64_t t);

int labels_write(const struct sim *s, const char *path);

#endif
