/* act: what agents of every kind do: look a domain up, deliver to it, go on the web. */
#ifndef SIMULATE_ACT_H
#define SIMULATE_ACT_H

#include "dns.h"
#include "smtp.h"

/* A company's domain that exists, or one of which little answers. */
uint32_t act_company(struct rng *r);
uint32_t act_dead(struct rng *r);

/* Adds a recipient at this domain. */
void act_add_rcpt(struct mail *m, struct rng *r, const char *domain);

/* How an agent finds servers. */
struct route {
	bool asks_mx, asks_address; /* what it looks up itself */
	uint32_t tries;		    /* servers it tries before it gives up; 0: all */
	bool any;		    /* any MX, not the best one first */
};

/* Delivers to a domain by its MX.  `what` is complete but for the server. */
struct result act_deliver(struct sim *s, const struct session *what, uint64_t start,
			  const struct domain *d, const struct route *route);

/* Some agents: a person's web traffic in office hours; a program that fetches something small from
 * one place every `period`. */
void act_browse(struct sim *s, struct host *h);
void act_poll(struct sim *s, struct host *h, uint64_t period, uint64_t first);

/* Starts of the kinds, see kinds.c. */
void bot_burst(struct sim *s, struct host *h);
void bot_iplist(struct sim *s, struct host *h);
void bot_slow(struct sim *s, struct host *h);
void bot_starttls(struct sim *s, struct host *h);
void bot_provider(struct sim *s, struct host *h);
void bot_pregreet(struct sim *s, struct host *h);
void bot_begun(struct sim *s, struct host *h);
void bot_blocked(struct sim *s, struct host *h);
void bot_template(struct sim *s, struct host *h);
void bot_polite(struct sim *s, struct host *h);
void bot_retries(struct sim *s, struct host *h);
void bot_web(struct sim *s, struct host *h);
void bot_guesses(struct sim *s, struct host *h);
void bot_on_server(struct sim *s, struct host *h);

void device_mfp(struct sim *s, struct host *h);
void device_mfp365(struct sim *s, struct host *h);
void device_bypass(struct sim *s, struct host *h);
void device_nas(struct sim *s, struct host *h);
void device_ups(struct sim *s, struct host *h);
void device_camera(struct sim *s, struct host *h);
void device_ilo(struct sim *s, struct host *h);
void device_reports(struct sim *s, struct host *h);
void device_dead(struct sim *s, struct host *h);
void device_monitor(struct sim *s, struct host *h);
void device_client(struct sim *s, struct host *h);
void device_vulnscan(struct sim *s, struct host *h);
void device_phone(struct sim *s, struct host *h);
void device_developer(struct sim *s, struct host *h);
void device_prober(struct sim *s, struct host *h);
void device_quiet(struct sim *s, struct host *h);

void sender_web(struct sim *s, struct host *h);
void sender_erp(struct sim *s, struct host *h);
void sender_newsletter(struct sim *s, struct host *h);
void sender_second(struct sim *s, struct host *h);
void sender_list(struct sim *s, struct host *h);
void sender_forwarder(struct sim *s, struct host *h);
void sender_backup(struct sim *s, struct host *h);
void sender_fax(struct sim *s, struct host *h);
void sender_mailserver(struct sim *s, struct host *h);

#endif
