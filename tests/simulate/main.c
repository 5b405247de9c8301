/*
 * simulate: writes a labelled capture of a LAN over simulated days, as a mirror port inside its NAT
 * shows it, from a seed: the same seed and options give the same bytes on any machine.
 */
#include "act.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

struct options {
	const char *out, *labels, *only, *kinds;
	uint32_t hosts;
	bool all;
};

static const char usage[] =
	"usage: simulate --out FILE [--labels FILE.csv|FILE.json] [OPTION...]\n"
	"  --seed N               what everything follows from (1)\n"
	"  --days F               how long (1)\n"
	"  --view full|blocked    blocked: port 25 is blocked for all but the mail server\n"
	"  --dns yes|no|resolver  whose DNS is seen: the hosts', nobody's, the resolver's (yes)\n"
	"  --scale F              how much a bot sends (1: some 50 to 900 attempts)\n"
	"  --observations N       each bot ends after N distinct servers\n"
	"  --hosts N              how many hosts are drawn (25: four bots in ten)\n"
	"  --only KIND            as many hosts of one kind\n"
	"  --kinds A,B*3,...      these instead of drawing\n"
	"  --all                  one of each kind\n"
	"  --bot-on-server        a bot on the mail server's address\n"
	"  --list-kinds           name, class and what it is\n";

static int fail(const char *what, const char *why)
{
	fprintf(stderr, "simulate: %s: %s\n", what, why);
	return 2;
}

static uint64_t thousandths(const char *text)
{
	double v = strtod(text, NULL);

	return v <= 0 ? 0 : (uint64_t)(v * 1000 + 0.5);
}

static int list_kinds(void)
{
	static const char *const classes[] = {"bot",	    "device", "sender",
					      "mailserver", "other",  "quiet"};

	for (size_t i = 0; i < kind_count; i++)
		printf("%s,%s,%s\n", kinds[i].name, classes[kinds[i].class], kinds[i].about);
	return 0;
}

static void make_site(struct sim *s, struct rng *r)
{
	static const uint32_t weights[] = {50, 25, 25};
	struct site *t = &s->site;
	char name[NAME_SIZE];

	t->public_ip = world_public_ip(s->seed, 77);
	switch (rng_below(r, 3)) {
	case 0:
		t->net = 0xc0a80000 | rng_below(r, 256) << 8;
		break;
	case 1:
		t->net = 0x0a000000 | rng_below(r, 65536) << 8;
		break;
	default:
		t->net = 0xac100000 | rng_below(r, 4096) << 8;
		break;
	}
	name_domain(r, t->domain, sizeof(t->domain));
	name_reverse(r, t->public_ip, t->gateway_name, sizeof(t->gateway_name));
	memcpy(t->gateway_mac, "\x00\x1b\x21\x0a\x0b\x01", 6);
	t->upstream = rng_chance(r, 500) ? 0x09090909 : world_public_ip(s->seed, 53);
	t->resolver = rng_chance(r, 500) ? (t->net & 0xffff0000) + 0xff0a : t->upstream;
	name_domain(r, name, sizeof(name));
	t->listed_from = s->start + rng_between(r, 0, s->end - s->start);
	t->listed_until = t->listed_from + rng_between(r, 6, 120) * HOUR;
	if (rng_chance(r, 400)) /* the company was not noticed yet */
		t->listed_from = t->listed_until = s->end + DAY;
	t->block = (enum block)(BLOCK_DROP + rng_pick(r, weights, 3));
}

/* Hosts of the kinds in a list such as "burst,mfp*3". */
static int add_listed(struct sim *s, const char *list)
{
	while (*list) {
		size_t n = strcspn(list, ","), name = strcspn(list, "*,");
		unsigned long times = list[name] == '*' ? strtoul(list + name + 1, NULL, 10) : 1;
		const struct kind *k = kind_find(list, name);

		if (!k)
			return fail("no such kind", list);
		while (times-- > 0)
			if (!sim_add_host(s, k))
				return fail("kinds", "too many hosts");
		list += n + (list[n] == ',');
	}
	return 0;
}

static size_t of_class(bool bots, const struct kind **ret_list)
{
	size_t n = 0;

	for (size_t i = 0; i < kind_count; i++)
		if (bots ? kinds[i].class == CLASS_BOT
			 : kinds[i].class == CLASS_DEVICE || kinds[i].class == CLASS_SENDER)
			ret_list[n++] = &kinds[i];
	return n;
}

/* Draws without putting back, until all were drawn. */
static size_t draw(struct rng *r, const struct kind **from, size_t count, size_t wanted,
		   const struct kind **ret_list)
{
	size_t left = count;

	for (size_t i = 0; i < wanted; i++) {
		size_t at;
		const struct kind *k;

		if (left == 0)
			left = count;
		at = rng_below(r, (uint32_t)left--);
		k = from[at];
		from[at] = from[left];
		from[left] = k;
		ret_list[i] = k;
	}
	return wanted;
}

static void add_drawn(struct sim *s, struct rng *r, uint32_t hosts)
{
	const struct kind *from[64], *drawn[HOSTS_MAX], *mixed[HOSTS_MAX];
	size_t bots = hosts * 2 / 5, n;

	n = draw(r, from, of_class(true, from), bots, drawn);
	n += draw(r, from, of_class(false, from), hosts - bots, drawn + n);
	draw(r, drawn, n, n, mixed);
	sim_add_host(s, kind_find("mailserver", 10));
	for (size_t i = 0; i < n; i++)
		sim_add_host(s, mixed[i]);
	sim_add_host(s, kind_find("quiet", 5));
	if (rng_chance(r, 300))
		sim_add_host(s, kind_find("prober", 6));
}

static int populate(struct sim *s, const struct options *o)
{
	struct rng r;
	const struct kind *k;

	rng_seed(&r, s->seed, 2);
	if (o->kinds)
		return add_listed(s, o->kinds);
	if (o->only) {
		k = kind_find(o->only, strlen(o->only));
		if (!k)
			return fail("no such kind", o->only);
		for (uint32_t i = 0; i < o->hosts; i++)
			sim_add_host(s, k);
	} else if (o->all) {
		for (size_t i = 0; i < kind_count; i++)
			sim_add_host(s, &kinds[i]);
	} else {
		add_drawn(s, &r, o->hosts);
	}
	return 0;
}

enum {
	OPT_SEED = 256,
	OPT_DAYS,
	OPT_OUT,
	OPT_LABELS,
	OPT_VIEW,
	OPT_DNS,
	OPT_SCALE,
	OPT_OBS,
	OPT_HOSTS,
	OPT_ONLY,
	OPT_KINDS,
	OPT_ALL,
	OPT_SERVER,
	OPT_LIST
};

static const struct option longs[] = {{"seed", 1, NULL, OPT_SEED},
				      {"days", 1, NULL, OPT_DAYS},
				      {"out", 1, NULL, OPT_OUT},
				      {"labels", 1, NULL, OPT_LABELS},
				      {"view", 1, NULL, OPT_VIEW},
				      {"dns", 1, NULL, OPT_DNS},
				      {"scale", 1, NULL, OPT_SCALE},
				      {"observations", 1, NULL, OPT_OBS},
				      {"hosts", 1, NULL, OPT_HOSTS},
				      {"only", 1, NULL, OPT_ONLY},
				      {"kinds", 1, NULL, OPT_KINDS},
				      {"all", 0, NULL, OPT_ALL},
				      {"list-kinds", 0, NULL, OPT_LIST},
				      {"bot-on-server", 0, NULL, OPT_SERVER},
				      {NULL, 0, NULL, 0}};

static bool choose_view(struct sim *s, const char *text)
{
	s->blocked = strcmp(text, "blocked") == 0;
	return s->blocked || strcmp(text, "full") == 0;
}

static bool choose_dns(struct sim *s, const char *text)
{
	static const char *const names[] = {"yes", "no", "resolver"};

	for (int i = 0; i < 3; i++) {
		if (strcmp(text, names[i]) == 0) {
			s->dns = (enum dns_view)i;
			return true;
		}
	}
	return false;
}

/* 0: goes on; 1: was only asked for the list; 2: usage. */
static int parse(struct sim *s, struct options *o, uint64_t *days, int argc, char **argv)
{
	int c;
	bool good = true;

	while (good && (c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c == OPT_SEED)
			s->seed = strtoull(optarg, NULL, 10);
		else if (c == OPT_DAYS)
			*days = thousandths(optarg);
		else if (c == OPT_OUT)
			o->out = optarg;
		else if (c == OPT_LABELS)
			o->labels = optarg;
		else if (c == OPT_VIEW)
			good = choose_view(s, optarg);
		else if (c == OPT_DNS)
			good = choose_dns(s, optarg);
		else if (c == OPT_SCALE)
			s->scale = (uint32_t)thousandths(optarg);
		else if (c == OPT_OBS)
			s->observations = (uint32_t)strtoul(optarg, NULL, 10);
		else if (c == OPT_HOSTS)
			o->hosts = (uint32_t)strtoul(optarg, NULL, 10);
		else if (c == OPT_ONLY)
			o->only = optarg;
		else if (c == OPT_KINDS)
			o->kinds = optarg;
		else if (c == OPT_ALL)
			o->all = true;
		else if (c == OPT_SERVER)
			s->bot_on_server = true;
		else if (c == OPT_LIST)
			return 1;
		else
			good = false;
	}
	good = good && o->out && *days > 0 && o->hosts > 0 && o->hosts <= HOSTS_MAX - 4;
	return good ? 0 : 2;
}

/* A Monday between 2023 and 2026. */
static uint64_t monday(struct rng *r)
{
	return (19359 + 7 * (uint64_t)rng_below(r, 180)) * DAY;
}

int main(int argc, char **argv)
{
	struct options o = {.hosts = 25};
	struct sim *s = calloc(1, sizeof(*s));
	uint64_t days = 1000;
	int r;

	if (!s)
		return 3;
	s->seed = 1;
	s->scale = 1000;
	r = parse(s, &o, &days, argc, argv);
	if (r) {
		if (r == 2)
			fputs(usage, stderr);
		free(s);
		return r == 1 ? list_kinds() : 2;
	}
	rng_seed(&s->rng, s->seed, 1);
	s->start = monday(&s->rng);
	s->end = s->start + days * (DAY / 1000);
	make_site(s, &s->rng);
	r = wire_open(&s->wire, o.out);
	if (r)
		return fail(o.out, strerror(-r)) + 1;
	r = populate(s, &o);
	if (r == 0) {
		sim_run(s);
		if (o.labels && labels_write(s, o.labels))
			r = fail(o.labels, "cannot write") + 1;
	}
	if (wire_close(&s->wire))
		r = fail(o.out, "cannot write") + 1;
	sim_done(s);
	free(s);
	return r;
}
