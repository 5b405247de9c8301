/*
 * Honest programs with few, constant destinations, as their makers ship them: names such as
 * RNP<MAC> (Ricoh), NPI<MAC> (HP), BRN<MAC> (Brother), apc<MAC>, axis-<MAC>; smtplib writes its
 * verbs in lower case, Outlook a blank after the colon, many an appliance forgets to QUIT.
 */
#include "act.h"

#include <string.h>

enum when { WHEN_OFFICE, WHEN_ANY, WHEN_PERIOD };

enum { TARGETS = 24, READERS = 8 };

struct device {
	struct dialect dialect;
	char helo[NAME_SIZE], from[NAME_SIZE], readers[READERS][NAME_SIZE];
	uint32_t reader_count, rotation, used;
	struct server targets[TARGETS];
	uint32_t target_count, next_target;
	enum when when;
	uint64_t gap, burst_gap, small, large, retry;
	uint32_t burst, left, tries, tried, unknown;
	bool attached, asks, all; /* all: each target in turn, else one at random */
	bool domains;		  /* each target has readers of its own */
	struct domain tenant;
	bool rotates;
	uint16_t port;
};

static void own_address(const struct device *v, struct rng *r, struct mail *m, uint32_t target)
{
	uint32_t n = 1 + (rng_chance(r, 150) ? rng_below(r, 3) : 0);

	memset(m, 0, sizeof(*m));
	snprintf(m->from, sizeof(m->from), "%s", v->from);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t reader =
			v->domains ? target % v->reader_count : rng_below(r, v->reader_count);

		snprintf(m->to[m->rcpts++], sizeof(m->to[0]), "%s", v->readers[reader]);
	}
	m->size = (size_t)rng_log(r, v->small, v->large);
	m->attached = v->attached;
}

static struct result send(struct sim *s, struct agent *a, uint32_t target)
{
	struct device *v = a->state;
	struct mail m;
	struct server server = v->targets[target];
	struct session what = {.host = a->host,
			       .rng = &a->rng,
			       .server = &server,
			       .dialect = &v->dialect,
			       .helo = v->helo,
			       .mails = &m,
			       .count = 1,
			       .port = v->port,
			       .unknown = v->unknown};
	uint64_t t = a->next;

	own_address(v, &a->rng, &m, target);
	if (v->rotates) { /* a service whose name has other addresses every few minutes */
		world_server(s, &v->tenant, 0, rng_below(&a->rng, v->rotation), &server);
		server.asks_list = false;
	}
	if (v->asks)
		t = dns_address(s, a->host, &a->rng, t, server.name, server.ip);
	return smtp_session(s, &what, t);
}

static uint64_t later(struct device *v, struct rng *r, uint64_t t)
{
	if (v->left > 0) {
		v->left--;
		return t + rng_jitter(r, v->burst_gap, 60);
	}
	v->left = v->burst ? rng_below(r, v->burst) : 0;
	if (v->when == WHEN_PERIOD)
		return t + v->gap;
	t += rng_wait(r, v->gap);
	return v->when == WHEN_OFFICE ? office_hours(r, t) : t;
}

static void device_step(struct sim *s, struct agent *a)
{
	struct device *v = a->state;
	uint32_t target =
		v->all ? v->next_target++ % v->target_count : rng_below(&a->rng, v->target_count);
	struct result result = send(s, a, target);

	if (result.fate != FATE_SENT && v->tries > v->tried) {
		v->tried++;
		a->next = result.until + v->retry;
		return;
	}
	v->tried = 0;
	if (v->when == WHEN_PERIOD)
		a->next = later(v, &a->rng, a->next);
	else
		a->next = later(v, &a->rng, result.until);
}

static struct device *device_new(struct sim *s, struct host *h, struct agent **ret_a)
{
	struct agent *a = sim_add_agent(s, h, s->start, device_step, sizeof(struct device));
	struct device *v = a->state;
	char local[40];

	v->dialect.ehlo = rng_chance(&a->rng, 700);
	v->dialect.ending = rng_chance(&a->rng, 750) ? END_QUIT : END_FIN;
	v->asks = rng_chance(&a->rng, 850);
	v->reader_count = 1 + rng_below(&a->rng, READERS);
	for (uint32_t i = 0; i < READERS; i++) {
		name_local(&a->rng, local, sizeof(local));
		snprintf(v->readers[i], NAME_SIZE, "%s@%.50s", local, s->site.domain);
	}
	world_relay(s, s->seed * 64 + s->agent_count % 3, 0, &v->targets[0]);
	v->target_count = 1;
	v->port = 25;
	v->small = 400;
	v->large = 2500;
	v->gap = 4 * HOUR;
	v->retry = 5 * MINUTE;
	a->next = s->start + rng_wait(&a->rng, 2 * HOUR);
	*ret_a = a;
	return v;
}

static void from(struct device *v, const struct sim *s, const char *local)
{
	snprintf(v->from, sizeof(v->from), "%s@%.60s", local, s->site.domain);
}

/* "NPI1A2B3C": a maker's prefix and the end of the MAC. */
static void name_by_mac(struct device *v, const struct host *h, const char *prefix, int bytes)
{
	size_t n = (size_t)snprintf(v->helo, sizeof(v->helo), "%s", prefix);

	for (int i = 6 - bytes; i < 6; i++)
		n += (size_t)snprintf(v->helo + n, sizeof(v->helo) - n, "%02X", h->end.mac[i]);
}

static void printer(struct device *v, struct sim *s, struct host *h, struct rng *r)
{
	static const char *const prefixes[] = {"RNP", "NPI", "BRN", "KM", "Canon", "XRX"};
	int bytes;

	switch (rng_below(r, 4)) {
	case 0:
		snprintf(v->helo, sizeof(v->helo), "localhost");
		break;
	case 1:
		snprintf(v->helo, sizeof(v->helo),
			 rng_chance(r, 500) ? "[%u.%u.%u.%u]" : "%u.%u.%u.%u", h->end.ip >> 24,
			 (h->end.ip >> 16) & 255, (h->end.ip >> 8) & 255, h->end.ip & 255);
		break;
	default:
		bytes = rng_chance(r, 500) ? 6 : 3;
		name_by_mac(v, h, prefixes[rng_below(r, 6)], bytes);
		break;
	}
	from(v, s, rng_chance(r, 500) ? "scanner" : "mfp2");
	v->when = WHEN_OFFICE;
	v->gap = rng_log(r, 30, 240) * MINUTE;
	v->small = 15000;
	v->large = 90000;
	v->attached = true;
	v->burst = rng_chance(r, 400) ? 4 : 0;
	v->burst_gap = 40 * SECOND;
	v->tries = 2;
}

void device_mfp(struct sim *s, struct host *h)
{
	struct agent *a;
	struct device *v = device_new(s, h, &a);

	printer(v, s, h, &a->rng);
	v->dialect.auth = rng_chance(&a->rng, 400);
	v->targets[0].auth = v->dialect.auth;
	a->next = office_hours(&a->rng, a->next);
}

void device_mfp365(struct sim *s, struct host *h)
{
	struct agent *a;
	struct device *v = device_new(s, h, &a);
	uint32_t id = DOMAIN_FIRST + 77;

	printer(v, s, h, &a->rng);
	do
		world_domain(s, id++, &v->tenant);
	while (v->tenant.provider != PROVIDER_M365);
	v->rotates = true;
	v->rotation = 4 + rng_below(&a->rng, 20);
	v->dialect.starttls = rng_chance(&a->rng, 600);
	v->dialect.ehlo = true;
	v->asks = true;
	a->next = office_hours(&a->rng, a->next);
}

/* No relay: the domain of each recipient says where it goes. */
void device_bypass(struct sim *s, struct host *h)
{
	struct agent *a;
	struct device *v = device_new(s, h, &a);
	char local[40];

	printer(v, s, h, &a->rng);
	v->target_count = 2 + rng_below(&a->rng, READERS - 2);
	v->reader_count = v->target_count;
	v->domains = true;
	for (uint32_t i = 0; i < v->target_count; i++) {
		struct domain d;

		do
			world_domain(s, act_company(&a->rng), &d);
		while (d.provider >= 0);
		world_server(s, &d, 0, 0, &v->targets[i]);
		snprintf(v->targets[i].name, NAME_SIZE, "%s", d.name);
		name_local(&a->rng, local, sizeof(local));
		snprintf(v->readers[i], NAME_SIZE, "%s@%.50s", local, d.name);
	}
	a->next = office_hours(&a->rng, a->next);
}

static void alarm(struct device *v, struct rng *r, const struct sim *s, const char *local)
{
	from(v, s, local);
	v->when = WHEN_ANY;
	v->gap = rng_log(r, 4, 96) * HOUR;
	v->burst = 1 + rng_below(r, 5);
	v->burst_gap = rng_log(r, 1, 120) * SECOND;
	v->tries = rng_below(r, 4);
}

void device_nas(struct sim *s, struct host *h)
{
	struct agent *a;
	struct device *v = device_new(s, h, &a);

	alarm(v, &a->rng, s, "nas");
	snprintf(v->helo, sizeof(v->helo), "%s",
		 rng_chance(&a->rng, 500) ? "DiskStation" : "NAS5E1F20");
	v->dialect.auth = v->targets[0].auth = rng_chance(&a->rng, 600);
	v->dialect.starttls = rng_chance(&a->rng, 300);
}

void device_ups(struct sim *s, struct host *h)
{
	struct agent *a;
	struct device *v = device_new(s, h, &a);

	alarm(v, &a->rng, s, "ups1");
	name_by_mac(v, h, "apc", 3);
	v->dialect.ehlo = false;
}

void device_camera(struct sim *s, struct host *h)
{
	struct agent *a;
	struct device *v = device_new(s, h, &a);

	alarm(v, &a->rng, s, "kamera-hof");
	name_by_mac(v, h, "axis-", 6);
	v->gap = rng_log(&a->rng, 2, 24) * HOUR;
	v->burst = 10 + rng_below(&a->rng, 40);
	v->attached = true;
	v->small = 4000;
	v->large = 12000;
}

void device_ilo(struct sim *s, struct host *h)
{
	struct agent *a;
	struct device *v = device_new(s, h, &a);

	alarm(v, &a->rng, s, "ilo-alert");
	name_by_mac(v, h, "ILOCZ", 3);
}

/* A web server's own reports. */
void device_reports(struct sim *s, struct host *h)
{
	struct agent *a;
	struct device *v = device_new(s, h, &a);

	alarm(v, &a->rng, s, "www-data");
	snprintf(v->helo, sizeof(v->helo), "www.%.80s", s->site.domain);
	v->dialect.ehlo = true;
	v->dialect.ending = END_QUIT;
}

/* Its relay was switched off long ago. */
void device_dead(struct sim *s, struct host *h)
{
	struct agent *a;
	struct device *v = device_new(s, h, &a);

	from(v, s, "controller");
	name_by_mac(v, h, "PLC-", 3);
	v->targets[0].life = LIFE_SILENT + (enum life)rng_below(&a->rng, 3);
	v->targets[0].ip += rng_below(&a->rng, 90);
	v->when = WHEN_PERIOD;
	v->gap = rng_between(&a->rng, 10, 60) * MINUTE;
	v->tries = rng_below(&a->rng, 3);
	v->retry = 10 * SECOND;
	v->asks = rng_chance(&a->rng, 500);
}

/* Looks every few minutes whether some MX still answer. */
void device_monitor(struct sim *s, struct host *h)
{
	struct agent *a;
	struct device *v = device_new(s, h, &a);
	uint64_t least;
	struct domain d;

	v->target_count = 3 + rng_below(&a->rng, 14);
	for (uint32_t i = 0; i < v->target_count; i++) {
		world_domain(s, act_company(&a->rng), &d);
		world_server(s, &d, 0, 0, &v->targets[i]);
	}
	snprintf(v->helo, sizeof(v->helo), "%s",
		 rng_chance(&a->rng, 700) ? "monitor.example.net" : "nagios");
	if (rng_chance(&a->rng, 700))
		snprintf(v->helo, sizeof(v->helo), "nagios.%.60s", s->site.domain);
	v->dialect.mute = true;
	v->dialect.ehlo = rng_chance(&a->rng, 400);
	v->dialect.silent = rng_chance(&a->rng, 300);
	v->dialect.ending = END_QUIT;
	v->dialect.patience = 10 * SECOND;
	v->all = true;
	v->when = WHEN_PERIOD;
	v->asks = rng_chance(&a->rng, 500);
	v->gap = rng_log(&a->rng, 5, 60) * MINUTE / v->target_count;
	least = (s->end - s->start) / 5000; /* keeps the file small */
	if (v->gap < least)
		v->gap = least;
}

static struct device *client(struct sim *s, struct host *h)
{
	struct agent *a;
	struct device *v = device_new(s, h, &a);
	bool outlook = rng_chance(&a->rng, 600);

	v->target_count = 1 + rng_below(&a->rng, 4);
	for (uint32_t i = 1; i < v->target_count; i++)
		world_relay(s, s->seed * 64 + 40, i, &v->targets[i]);
	world_relay(s, s->seed * 64 + 40, 0, &v->targets[0]);
	for (uint32_t i = 0; i < v->target_count; i++)
		v->targets[i].auth = true;
	if (outlook)
		snprintf(v->helo, sizeof(v->helo), "%s", h->name);
	else
		snprintf(v->helo, sizeof(v->helo), "[%u.%u.%u.%u]", h->end.ip >> 24,
			 (h->end.ip >> 16) & 255, (h->end.ip >> 8) & 255, h->end.ip & 255);
	for (uint32_t i = 0; i < READERS; i++) {
		char domain[NAME_SIZE];

		name_domain(&a->rng, domain, sizeof(domain));
		snprintf(v->readers[i], NAME_SIZE, "friend%u@%.50s", i, domain);
	}
	snprintf(v->from, sizeof(v->from), "user@%.60s", strchr(v->targets[0].name, '.') + 1);
	v->dialect.ehlo = v->dialect.auth = true;
	v->dialect.letter = outlook ? LETTER_SPACED : LETTER_UPPER;
	v->dialect.sizes = !outlook;
	v->dialect.ending = END_QUIT;
	v->reader_count = READERS;
	v->unknown = 10;
	v->when = WHEN_OFFICE;
	v->gap = rng_log(&a->rng, 20, 300) * MINUTE;
	a->next = office_hours(&a->rng, a->next);
	act_browse(s, h);
	return v;
}

void device_client(struct sim *s, struct host *h)
{
	client(s, h);
}

void device_phone(struct sim *s, struct host *h)
{
	struct agent *a;
	struct device *v = device_new(s, h, &a);

	h->vlan = 200;
	world_relay(s, rng_next(&a->rng), 0, &v->targets[0]);
	v->targets[0].auth = true;
	if (rng_chance(&a->rng, 300))
		v->targets[0].life = LIFE_SILENT;
	snprintf(v->helo, sizeof(v->helo), "[%u.%u.%u.%u]", h->end.ip >> 24,
		 (h->end.ip >> 16) & 255, (h->end.ip >> 8) & 255, h->end.ip & 255);
	snprintf(v->from, sizeof(v->from), "guest@%.60s", strchr(v->targets[0].name, '.') + 1);
	v->dialect.ehlo = v->dialect.auth = true;
	v->dialect.ending = rng_chance(&a->rng, 500) ? END_QUIT : END_RESET;
	v->dialect.patience = 20 * SECOND;
	v->when = WHEN_OFFICE;
	v->gap = rng_log(&a->rng, 60, 900) * MINUTE;
	v->tries = 4;
	v->retry = MINUTE;
	v->reader_count = READERS;
	a->next = office_hours(&a->rng, a->next);
}

/* Tries things out by hand: swaks, telnet, a script with smtplib. */
void device_developer(struct sim *s, struct host *h)
{
	struct agent *a;
	struct device *v = device_new(s, h, &a);
	struct domain d;

	v->target_count = 1 + rng_below(&a->rng, 4);
	for (uint32_t i = 0; i < v->target_count; i++) {
		world_domain(s, act_company(&a->rng), &d);
		world_server(s, &d, 0, 0, &v->targets[i]);
	}
	snprintf(v->helo, sizeof(v->helo), "%s", rng_chance(&a->rng, 300) ? "localhost" : h->name);
	from(v, s, "test");
	v->dialect.ehlo = true;
	v->dialect.letter = rng_chance(&a->rng, 500) ? LETTER_LOWER : LETTER_UPPER;
	v->dialect.sizes = v->dialect.letter == LETTER_LOWER;
	v->dialect.ending = rng_chance(&a->rng, 800) ? END_QUIT : END_RESET;
	v->unknown = 250;
	v->when = WHEN_OFFICE;
	v->gap = rng_log(&a->rng, 4, 90) * HOUR;
	v->burst = 6;
	v->burst_gap = 90 * SECOND;
	a->next = office_hours(&a->rng, a->next);
	act_browse(s, h);
}

/* Submits as it should, by port 587. */
void device_quiet(struct sim *s, struct host *h)
{
	struct device *v = client(s, h);

	v->port = 587;
	v->dialect.starttls = true;
	for (uint32_t i = 0; i < v->target_count; i++)
		v->targets[i].starttls = true;
}
