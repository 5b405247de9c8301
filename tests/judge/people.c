#include "people.h"

#include <math.h>
#include <string.h>

#include "base/moment.h"
#include "base/text.h"

#define MORNING	  (INT64_C(1795510800) * MOMENT_SECOND)
#define PENDING	  64
#define PROVIDERS 8
#define QUEUE	  512

const char *const kind_names[] = {
	"burst",   "list",     "slow",	    "starttls", "provider", "early",	 "begun",
	"printer", "rotating", "alarm",	    "monitor",	"web",	    "developer", "client",
	"scanner", "mta",      "list-host", "fax",	"phone",    "forwarder",
};
_Static_assert(sizeof(kind_names) / sizeof(*kind_names) == KIND_COUNT, "each kind has a name");
const char *const sight_names[] = {"dialogue", "blocked", "syns"};
_Static_assert(sizeof(sight_names) / sizeof(*sight_names) == SIGHT_COUNT, "each sight has one");

/* A session that is to end. */
struct ending {
	struct evidence_session session;
	struct smtp_facts facts;
	bool talks;
};

struct person {
	struct evidence *e;
	enum sight sight;
	uint64_t random;
	int64_t now, end;
	void (*look)(void *context, const struct evidence *e);
	void *context;
	struct ending pending[PENDING];
	unsigned int pending_count;
	/* How it speaks. */
	bool bot, ehlo, quit, tls, early, breach, lf, vary_helo, vary_sender, mx, no_dns, auth,
		check;
	double refused, dead, big; /* shares: of recipients, of servers, of the great providers */
	uint32_t pool;
	const char *helo;
	uint8_t helo_flags;
	uint32_t senders;
};

static uint32_t draw(struct person *p, uint32_t below)
{
	p->random += UINT64_C(0x9e3779b97f4a7c15);
	uint64_t z = p->random;

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (uint32_t)((z ^ z >> 31) % below);
}

static double chance(struct person *p)
{
	return draw(p, 1u << 30) / (double)(1u << 30);
}

static bool maybe(struct person *p, double share)
{
	return chance(p) < share;
}

/* Between a and b, evenly in the logarithm. */
static double between(struct person *p, double a, double b)
{
	return a * pow(b / a, chance(p));
}

static void seen(struct person *p)
{
	if (p->look)
		p->look(p->context, p->e);
}

static void pass(struct person *p, double seconds)
{
	int64_t to = p->now + (int64_t)(seconds * 1e6);

	for (;;) {
		unsigned int first = PENDING;

		for (unsigned int i = 0; i < p->pending_count; i++)
			if (p->pending[i].session.time <= to &&
			    (first == PENDING ||
			     p->pending[i].session.time < p->pending[first].session.time))
				first = i;
		if (first == PENDING)
			break;
		struct ending x = p->pending[first];

		p->pending[first] = p->pending[--p->pending_count];
		x.session.facts = x.talks ? &x.facts : NULL;
		evidence_session(p->e, &x.session);
		seen(p);
	}
	p->now = to;
}

static void put_text(char *list, uint16_t *length, uint8_t *count, const char *text)
{
	size_t n = strlen(text) + 1;

	memcpy(list + *length, text, n);
	*length = (uint16_t)(*length + n);
	(*count)++;
}

static void speak(struct person *p, struct smtp_facts *f, bool refused)
{
	uint32_t domain;
	char sender[64];

	memset(f, 0, sizeof(*f));
	f->client_seen = f->server_seen = true;
	f->banner_code = 220;
	f->replies = 6;
	f->starttls_offered = true;
	text_print(f->helo, sizeof(f->helo), "%s", p->helo);
	if (p->vary_helo)
		text_print(f->helo, sizeof(f->helo), "h%u.example.net", draw(p, 1000000));
	f->helo_count = 1;
	f->helo_flags = p->helo_flags;
	f->ehlo = p->ehlo;
	f->helo_verb = !p->ehlo;
	f->spoke_first = p->early && maybe(p, 0.8);
	f->pipelined_without_leave = p->breach && maybe(p, 0.6);
	f->bare_lf = p->lf;
	f->dialect = 7;
	f->encrypted = f->starttls_asked = p->tls;
	if (p->tls)
		return;
	f->auth_tried = f->auth_succeeded = p->auth;
	f->quit = p->quit;
	if (p->check)
		return;
	domain = p->vary_sender ? draw(p, 1000000) : maybe(p, 0.6) ? 0 : draw(p, p->senders);
	if (domain || p->vary_sender || p->bot)
		text_print(sender, sizeof(sender), "u%u@d%u.example", draw(p, 100), domain);
	else
		text_print(sender, sizeof(sender), "u%u@example.com", draw(p, 100));
	put_text(f->senders, &f->senders_length, &f->sender_count, sender);
	f->mails = 1;
	f->recipients = !refused;
	f->messages = !refused;
	f->recipients_refused = refused;
	f->replies_5xx = refused;
}

/* One attempt at a server of group, and how it ends. */
static void try(struct person *p, uint32_t group, uint32_t server, bool dead, bool refused)
{
	struct evidence_attempt a = {.time = p->now,
				     .group = group * UINT64_C(0x9e3779b97f4a7c15),
				     .origin = p->no_dns ? NAMES_NONE
					       : p->mx	 ? NAMES_BY_MX
							 : NAMES_BY_NAME};
	struct ending *x;
	bool reached = !dead && p->sight == SIGHT_DIALOGUE;

	a.server.b[10] = a.server.b[11] = 0xff;
	a.server.b[12] = (uint8_t)(group >> 16 | 1);
	a.server.b[13] = (uint8_t)(group >> 8);
	a.server.b[14] = (uint8_t)group;
	a.server.b[15] = (uint8_t)server;
	evidence_attempt(p->e, &a);
	seen(p);
	if (p->pending_count == PENDING)
		pass(p, 1);
	if (p->pending_count == PENDING)
		return;
	x = &p->pending[p->pending_count++];
	memset(x, 0, sizeof(*x));
	x->session =
		(struct evidence_session){.time = p->now +
						  (reached ? 800000 + draw(p, 3000000) : 63000000),
					  .server = a.server,
					  .group = a.group,
					  .connected = reached,
					  .outcome = reached ? OUTCOME_SENT : OUTCOME_UNANSWERED};
	x->talks = reached;
	if (reached)
		speak(p, &x->facts, refused);
}

static void ask_mx(struct person *p, uint32_t group)
{
	struct names_event event = {.time = p->now,
				    .lookup = NAMES_MX,
				    .name = "",
				    .name_hash = group};

	if (p->mx)
		evidence_lookup(p->e, &event);
}

static uint32_t pick(struct person *p)
{
	return maybe(p, p->big) ? draw(p, PROVIDERS) : 100 + draw(p, p->pool);
}

/* --- bots --------------------------------------------------------------------------------------
 */

static void bot_message(struct person *p, uint32_t group)
{
	if (group >= PROVIDERS || maybe(p, 0.2))
		ask_mx(p, group);
	try(p, group, draw(p, 5), maybe(p, p->dead), maybe(p, p->refused));
}

static void bot_habits(struct person *p, enum kind kind)
{
	static const struct {
		const char *name;
		uint8_t flags;
	} helos[] = {{"localhost", SMTP_HELO_LOCALHOST},
		     {"203.0.113.9", SMTP_HELO_BARE_ADDRESS},
		     {"PC-4711", SMTP_HELO_NO_DOT},
		     {"mail.example.org", 0},
		     {"9-113-0-203.dyn.example.net", 0}};
	unsigned int at = draw(p, 5);

	p->bot = true;
	p->helo = helos[at].name;
	p->helo_flags = helos[at].flags;
	p->vary_helo = maybe(p, 0.5);
	p->vary_sender = maybe(p, 0.75);
	p->senders = 3;
	p->ehlo = maybe(p, 0.5);
	p->quit = maybe(p, 0.4);
	p->mx = maybe(p, 0.7);
	p->no_dns = !p->mx && maybe(p, 0.7);
	p->breach = maybe(p, 0.25);
	p->lf = maybe(p, 0.2);
	p->refused = 0.1 + 0.6 * chance(p);
	p->dead = 0.3 * chance(p);
	p->big = 0.6 * chance(p);
	p->pool = (uint32_t)between(p, 60, 5000);
	p->early = kind == BOT_EARLY;
	if (kind == BOT_LIST) {
		p->mx = false;
		p->no_dns = true;
	}
	if (kind == BOT_STARTTLS) {
		p->tls = p->ehlo = true;
		p->vary_helo = p->vary_helo || at == 3;
	}
}

static void bot_live(struct person *p, enum kind kind)
{
	double gap = kind == BOT_SLOW ? between(p, 200, 900) : between(p, 0.1, 8);
	double pause = between(p, 600, 20000);
	uint32_t round = (uint32_t)between(p, 20, 300), left = round;
	uint32_t most = kind == BOT_BEGUN ? 6 + draw(p, 10) : 4000;

	while (p->now < p->end && most--) {
		bot_message(p, kind == BOT_PROVIDER ? draw(p, 2) : pick(p));
		pass(p, gap * between(p, 0.4, 2.5));
		if (kind != BOT_SLOW && !--left) {
			pass(p, pause * between(p, 0.5, 2));
			left = round;
		}
	}
}

/* --- honest ones -------------------------------------------------------------------------------
 */

static void steady_habits(struct person *p, const char *helo, uint8_t flags)
{
	p->helo = helo;
	p->helo_flags = flags;
	p->ehlo = p->quit = true;
	p->senders = 1;
	p->refused = 0.05 * chance(p);
	p->dead = 0.03;
}

/* Prints, scans, alarms: a few destinations, at any rate. */
static void device_live(struct person *p, uint32_t servers, double least, double most, bool dead)
{
	double gap = between(p, least, most);

	while (p->now < p->end) {
		uint32_t burst = 1 + draw(p, 4);

		while (burst--) {
			try(p, 3, draw(p, servers), dead, maybe(p, p->refused));
			pass(p, between(p, 0.5, 10));
		}
		pass(p, dead ? gap : gap * between(p, 0.2, 4));
	}
}

static void monitor_live(struct person *p)
{
	uint32_t targets = 3 + draw(p, 40);
	double period = 60 * (1 + draw(p, 30));

	while (p->now < p->end) {
		double spent = 0;

		for (uint32_t i = 0; i < targets; i++) {
			double step = between(p, 0.02, 0.5);

			try(p, 200 + i, 1, false, false);
			pass(p, step);
			spent += step;
		}
		pass(p, period - spent);
	}
}

/* A queue: messages to domains, some of them anew, each retried with back-off where it failed. */
static void queue_live(struct person *p, uint32_t domains, double zipf, double least, double most)
{
	struct {
		uint32_t group;
		int64_t due;
		double wait;
	} queue[QUEUE];
	unsigned int waiting = 0;
	double gap = between(p, least, most);
	int64_t next = p->now;

	while (p->now < p->end) {
		int64_t due = next;
		unsigned int at = QUEUE;

		for (unsigned int i = 0; i < waiting; i++)
			if (queue[i].due < due) {
				due = queue[i].due;
				at = i;
			}
		pass(p, (double)(due - p->now) / 1e6);
		if (at < QUEUE) {
			try(p, queue[at].group, 1, p->sight != SIGHT_BLOCKED && maybe(p, 0.5),
			    false);
			queue[at].wait *= 1.8;
			queue[at].due = p->now + (int64_t)(queue[at].wait * 1e6);
			if (queue[at].wait > 30000 || (p->sight != SIGHT_BLOCKED && maybe(p, 0.6)))
				queue[at] = queue[--waiting];
			continue;
		}
		uint32_t burst = 1 + draw(p, 1 + draw(p, 14));

		while (burst--) {
			uint32_t group = (uint32_t)(domains * pow(chance(p), zipf));
			bool dead = maybe(p, p->dead);

			ask_mx(p, group);
			try(p, group, 1, dead, maybe(p, p->refused));
			if ((dead || p->sight == SIGHT_BLOCKED) && waiting < QUEUE) {
				queue[waiting].group = group;
				queue[waiting].wait = between(p, 300, 1200);
				queue[waiting].due = p->now + (int64_t)(queue[waiting].wait * 1e6);
				waiting++;
			}
			pass(p, between(p, 0.2, 10));
		}
		next = p->now + (int64_t)(gap * between(p, 0.2, 4) * 1e6);
	}
}

static void scanner_live(struct person *p)
{
	uint32_t group = 70000, rounds = 1 + draw(p, 3);

	while (rounds-- && p->now < p->end) {
		for (uint32_t i = 0; i < 400; i++) {
			try(p, group + i / 250, 1 + i % 250, maybe(p, 0.7), false);
			pass(p, between(p, 0.05, 1));
		}
		pass(p, 40000);
	}
}

static void honest_live(struct person *p, enum kind kind)
{
	switch ((int)kind) {
	case HONEST_ROTATING:
		device_live(p, 12, 600, 20000, false);
		break;
	case HONEST_ALARM:
		device_live(p, 1, 600, 40000, maybe(p, 0.5));
		break;
	case HONEST_MONITOR:
		monitor_live(p);
		break;
	case HONEST_WEB:
		queue_live(p, 4 + draw(p, 26), 1 + chance(p), 600, 20000);
		break;
	case HONEST_MTA:
	case HONEST_FORWARDER:
		queue_live(p, 20 + draw(p, 200), 2 + chance(p), 60, 2000);
		break;
	case HONEST_LIST_HOST:
		queue_live(p, 10 + draw(p, 60), 1.5, 2000, 40000);
		break;
	case HONEST_SCANNER:
		scanner_live(p);
		break;
	case HONEST_DEVELOPER:
	case HONEST_PHONE:
		for (int i = 4 + (int)draw(p, 12); i > 0 && p->now < p->end; i--) {
			try(p, 100 + draw(p, 3), 1, false, maybe(p, 0.3));
			pass(p, between(p, 30, 20000));
		}
		break;
	default:
		device_live(p, 2, 600, 20000, false);
		break;
	}
}

static void honest_habits(struct person *p, enum kind kind)
{
	static const struct {
		const char *name;
		uint8_t flags;
	} odd[] = {{"localhost", SMTP_HELO_LOCALHOST},
		   {"192.168.1.20", SMTP_HELO_BARE_ADDRESS},
		   {"MFP-22", SMTP_HELO_NO_DOT},
		   {"printer.example.com", 0}};
	unsigned int at = draw(p, 4);
	bool queues = kind == HONEST_WEB || kind == HONEST_MTA || kind == HONEST_LIST_HOST ||
		      kind == HONEST_FORWARDER;

	steady_habits(p, odd[at].name, odd[at].flags);
	if (!queues && kind != HONEST_CLIENT) {
		p->ehlo = maybe(p, 0.6);
		p->quit = maybe(p, 0.8);
		p->refused = maybe(p, 0.15) ? 0.9 : p->refused;
		p->early = maybe(p, 0.03);
		p->lf = maybe(p, 0.1);
	}
	if (queues) {
		steady_habits(p,
			      maybe(p, 0.85) || kind != HONEST_WEB ? "www.example.com"
								   : "localhost",
			      0);
		p->helo_flags = p->helo[0] == 'l' ? SMTP_HELO_LOCALHOST : 0;
		p->mx = true;
		p->tls = maybe(p, 0.5);
		p->senders = kind == HONEST_FORWARDER ? 30 : 1 + draw(p, 3);
		p->refused = 0.2 * chance(p);
		p->dead = 0.1 * chance(p);
	}
	if (kind == HONEST_MONITOR || kind == HONEST_SCANNER) {
		p->check = p->quit = p->ehlo = true;
		p->no_dns = kind == HONEST_SCANNER;
	}
	p->auth = kind == HONEST_CLIENT || (kind == HONEST_PHONE && maybe(p, 0.7));
	p->vary_helo = kind == HONEST_DEVELOPER && maybe(p, 0.15);
}

void person_live(struct evidence *e, enum kind kind, enum sight sight, uint64_t seed, double days,
		 void (*look)(void *context, const struct evidence *e), void *context)
{
	struct person p = {.e = e,
			   .sight = sight,
			   .random = seed,
			   .now = MORNING,
			   .look = look,
			   .context = context};

	p.random += (uint64_t)kind << 32;
	p.end = MORNING + (int64_t)(days * (double)MOMENT_DAY);
	evidence_init(e);
	if (kind < HONEST_PRINTER) {
		bot_habits(&p, kind);
		bot_live(&p, kind);
	} else {
		honest_habits(&p, kind);
		honest_live(&p, kind);
	}
	pass(&p, 120);
}
