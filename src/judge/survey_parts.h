/* survey_parts: what the files of survey share. */
#ifndef EGRESS25_SRC_JUDGE_SURVEY_PARTS_H
#define EGRESS25_SRC_JUDGE_SURVEY_PARTS_H

#include "judge/survey.h"
#include "wire/decode.h"

/* survey_talks.c: connections, of which a sample is enough. */
struct talks;
struct talks *talks_new(const struct hash_key *key); /* NULL without memory */
/* A TCP segment between an internal and an external address. */
void talks_segment(struct talks *t, const struct packet *p, enum check_way way);
void talks_count(const struct talks *t, struct check_talks *ret_);

/* survey_hosts.c: hosts that probes may ask. */
#define HOSTS_KEPT 8

enum host_rank {
	HOST_NONE,
	HOST_NEAR,  /* its frames have not passed a router, by their TTL or hop limit */
	HOST_LINKED /* it speaks ARP or neighbour discovery, or by a link-local address */
};

struct host {
	enum host_rank rank;
	unsigned int asked; /* how often */
	struct probe probe;
};

/* Of those that fit the highest rank stays. */
void hosts_note(struct host hosts[HOSTS_KEPT], enum host_rank rank, const struct probe *probe);
bool hosts_next(struct host hosts[HOSTS_KEPT], struct probe *ret_);
enum host_rank hosts_rank(const struct packet *p);

#endif
