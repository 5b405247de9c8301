/* The kinds of bot: what each of them does not leave to chance. */
#include "bot.h"

static void control(struct sim *s, struct host *h, struct agent *a)
{
	if (rng_chance(&a->rng, 700))
		act_poll(s, h, rng_log(&a->rng, 10, 240) * MINUTE,
			 a->next > HOUR ? a->next - 20 * SECOND : a->next);
}

void bot_burst(struct sim *s, struct host *h)
{
	struct agent *a;

	bot_new(s, h, &a);
	control(s, h, a);
	act_browse(s, h);
}

void bot_iplist(struct sim *s, struct host *h)
{
	struct agent *a;
	struct bot *b = bot_new(s, h, &a);

	b->by_address = true;
	b->gap = MINUTE / rng_log(&a->rng, 5, 600);
	act_browse(s, h);
}

void bot_slow(struct sim *s, struct host *h)
{
	struct agent *a;
	struct bot *b = bot_new(s, h, &a);

	b->gap = rng_between(&a->rng, 6, 14) * MINUTE;
	b->wave = 60 * DAY;
	a->next = s->start + rng_between(&a->rng, 0, (s->end - s->start) / 3);
	b->wave_until = a->next + b->wave;
	b->cap = (uint32_t)(rng_between(&a->rng, 150, 700) * s->scale / 1000);
	act_browse(s, h);
}

void bot_starttls(struct sim *s, struct host *h)
{
	struct agent *a;
	struct bot *b = bot_new(s, h, &a);

	b->dialect.ehlo = true;
	b->dialect.starttls = true;
	b->dialect.bare = false;
	b->gap = rng_log(&a->rng, 1, 120) * SECOND;
	act_browse(s, h);
}

void bot_provider(struct sim *s, struct host *h)
{
	struct agent *a;
	struct bot *b = bot_new(s, h, &a);

	b->provider = (int)rng_below(&a->rng, 4);
	b->route.any = true;
	b->gap = rng_log(&a->rng, 1, 200) * SECOND;
	act_browse(s, h);
}

void bot_pregreet(struct sim *s, struct host *h)
{
	struct agent *a;
	struct bot *b = bot_new(s, h, &a);
	uint32_t which = rng_below(&a->rng, 3);

	b->dialect.hasty = which != 1;
	b->dialect.blind = which != 0;
	b->gap = rng_log(&a->rng, 1, 120) * SECOND;
	act_browse(s, h);
}

void bot_begun(struct sim *s, struct host *h)
{
	struct agent *a;
	struct bot *b = bot_new(s, h, &a);
	uint64_t room;

	b->cap = 6 + rng_below(&a->rng, 10);
	b->route.tries = 1;
	b->dead = b->dead > 300 ? 300 : b->dead;
	b->gap = rng_log(&a->rng, 1, 60) * SECOND;
	room = b->cap * b->gap * 2 + MINUTE;
	a->next = s->end - room;
	b->wave_until = UINT64_MAX;
	act_browse(s, h);
}

void bot_blocked(struct sim *s, struct host *h)
{
	struct agent *a;
	struct bot *b = bot_new(s, h, &a);

	h->block = BLOCK_DROP + (enum block)rng_below(&a->rng, 3);
	b->gap = rng_log(&a->rng, 1, 240) * SECOND;
	b->by_address = rng_chance(&a->rng, 200);
	act_browse(s, h);
}

void bot_template(struct sim *s, struct host *h)
{
	struct agent *a;
	struct bot *b = bot_new(s, h, &a);

	b->helo = HELO_STOLEN;
	name_reverse(&a->rng, world_public_ip(rng_next(&a->rng), 1), b->name, sizeof(b->name));
	b->sender = rng_chance(&a->rng, 500) ? SENDER_RANDOM : SENDER_POOL;
	b->gap = rng_between(&a->rng, 20, 240) * SECOND;
	b->wave = 20 * DAY;
	b->wave_until = a->next + b->wave;
	act_poll(s, h, 15 * MINUTE, a->next);
}

/* Knows the protocol and keeps to it, from clean lists. */
void bot_polite(struct sim *s, struct host *h)
{
	struct agent *a;
	struct bot *b = bot_new(s, h, &a);

	b->helo = rng_chance(&a->rng, 600) ? HELO_FQDN : HELO_SENDER;
	b->sender = rng_chance(&a->rng, 600) ? SENDER_CAMPAIGN : SENDER_POOL;
	b->dialect.ehlo = true;
	b->dialect.letter = LETTER_UPPER;
	b->dialect.ending = END_QUIT;
	b->dialect.bare = b->dialect.deaf = b->dialect.rset = false;
	b->dialect.sizes = rng_chance(&a->rng, 500);
	b->dialect.pipelines = rng_chance(&a->rng, 300);
	b->dialect.starttls = rng_chance(&a->rng, 300);
	b->dead = (uint32_t)rng_between(&a->rng, 30, 150);
	b->unknown = (uint32_t)rng_between(&a->rng, 80, 300);
	b->spam = (uint32_t)rng_between(&a->rng, 10, 150);
	b->gap = rng_log(&a->rng, 5, 400) * SECOND;
	b->wave = rng_between(&a->rng, 2, 12) * HOUR;
	b->wave_until = a->next + b->wave;
	b->route.any = false;
	act_browse(s, h);
}

void bot_retries(struct sim *s, struct host *h)
{
	struct agent *a;
	struct bot *b = bot_new(s, h, &a);

	b->retries = true;
	b->gap = rng_log(&a->rng, 2, 120) * SECOND;
	b->wave = rng_between(&a->rng, 1, 8) * HOUR;
	b->wave_until = a->next + b->wave;
	act_poll(s, h, rng_between(&a->rng, 3, 20) * MINUTE,
		 a->next > HOUR ? a->next - 30 * SECOND : a->next);
	act_browse(s, h);
}

/* A script on a web server: its name is the server's. */
void bot_web(struct sim *s, struct host *h)
{
	static const enum helo names[] = {HELO_FQDN, HELO_LOCALDOMAIN, HELO_SENDER, HELO_LOCALHOST};
	struct agent *a;
	struct bot *b = bot_new(s, h, &a);

	snprintf(b->name, sizeof(b->name), "www.%.80s", s->site.domain);
	b->helo = names[rng_below(&a->rng, 4)];
	b->gap = rng_log(&a->rng, 1, 60) * SECOND;
	h->helper = 0;
	device_reports(s, h);
}

/* Tries passwords on many servers under the name that is known for it. */
void bot_guesses(struct sim *s, struct host *h)
{
	struct agent *a;
	struct bot *b = bot_new(s, h, &a);

	b->helo = HELO_FQDN;
	snprintf(b->name, sizeof(b->name), "%s", rng_chance(&a->rng, 600) ? "ylmf-pc" : "User");
	b->by_address = rng_chance(&a->rng, 500);
	b->dialect.ehlo = true;
	b->dialect.auth = b->dialect.guesses = true;
	b->dialect.mute = true;
	b->gap = rng_log(&a->rng, 1, 60) * SECOND;
}

void bot_on_server(struct sim *s, struct host *h)
{
	struct agent *a;
	struct bot *b = bot_new(s, h, &a);

	if (b->helo == HELO_OWN)
		b->helo = HELO_RANDOM;
	b->gap = rng_log(&a->rng, 2, 200) * SECOND;
}
