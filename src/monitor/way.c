#include "way_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/moment.h"

#define SAMPLE_ALL  16384	  /* frames at the start, of which each is looked at */
#define SAMPLE_TIME MOMENT_SECOND /* and later one at least in so long a time */
#define TICK_MOST   (BATCH_SLACK / 2)
#define JUDGE_EACH  (MOMENT_SECOND / 5) /* less than a beat of the monitor */
#define SAID_MORE   MOMENT_MINUTE	/* and again, where it goes on */

/* --- the tracker's sink ----------------------------------------------------------------------- */

static void note_unclassified(struct way *w, const struct flow *f)
{
	struct health_example *e;

	for (int i = 0; i < w->example_count; i++)
		if (addr_equal(&w->examples[i].client, &f->client) &&
		    addr_equal(&w->examples[i].server, &f->server) &&
		    w->examples[i].port == f->server_port)
			return;
	if (w->example_count == HEALTH_EXAMPLES)
		return;
	e = &w->examples[w->example_count++];
	e->client = f->client;
	e->server = f->server;
	e->port = f->server_port;
}

/*
 * Whether a mail server sends while it is frozen.  A connection without a SYN began before anybody
 * looked: it accuses no one.
 */
static bool breaks_freeze(const struct way *w, const struct flow *f, enum reason reason)
{
	return (reason == REASON_MAIL_SERVER || reason == REASON_SMART_HOST) && f->syn_seen &&
	       f->started >= w->frozen.since && f->started < w->frozen.until;
}

/* Whether a flow's host is: see crowd.h. */
static bool is_told_apart(struct way *w, const struct flow *f)
{
	return crowd_admit(w->crowd, &f->client, flow_is_proven(f), tracker_now(w->tracker));
}

static void on_begin(void *context, struct flow *f)
{
	struct way *w = context;
	struct judgement judgement;

	resets_begin(w->resets, tracker_index(w->tracker, f));
	if (f->kind == FLOW_UNCLASSIFIED) {
		note_unclassified(w, f);
		return;
	}
	policy_judge(w->policy, &f->client, &f->server, f->server_port, f->started, &judgement);
	if (breaks_freeze(w, f, judgement.reason))
		judgement = (struct judgement){STANDING_OFFENCE, REASON_FROZEN, judgement.rule};
	f->standing = (uint8_t)judgement.standing & 0xfu;
	f->reason = (uint8_t)judgement.reason;
	if (is_told_apart(w, f))
		inquiry_begin(w->inquiry, f);
}

static uint32_t index_of(const struct way *w, const struct flow *f)
{
	return tracker_index(w->tracker, f);
}

/* Whether it has ended, or is open but has said enough; having been weighed, has said more. */
static bool is_due(const struct flow *f, const struct dialogue *dialogue, bool over)
{
	if (!f->weighed)
		return over ||
		       (dialogue && (f->sent || f->rejected) && f->last - f->started > WAY_SAID);
	return dialogue && smtp_has_more(&dialogue->smtp.facts, &dialogue->weighed) &&
	       (over || f->last - dialogue->weighed_at > SAID_MORE);
}

static void weigh(struct way *w, struct flow *f, struct dialogue *dialogue, bool final)
{
	bool over = final || (f->ended && dialogs_is_over(w->dialogs, index_of(w, f)));

	if (flow_is_proven(f) && !f->answered) {
		w->answered++;
		inquiry_answer(w->inquiry, f);
	}
	f->answered |= flow_is_proven(f); /* one that was resumed is not, at first */
	if (!is_due(f, dialogue, over))
		return;
	inquiry_end(w->inquiry, f, dialogue, !f->ended);
	f->weighed = true;
}

/* Nothing to count: no frame came since it was last told, and all of that was taken. */
static bool is_told(const struct flow *f, const struct tally *change, bool news)
{
	static const struct tally nothing;

	return !news && f->told && memcmp(change, &nothing, sizeof(nothing)) == 0;
}

/* What is known of a connection, into the batch.  Returns whether all of it could be taken. */
static bool tell(struct way *w, struct flow *f, bool news, bool final)
{
	struct dialogue *dialogue = dialogs_find(w->dialogs, index_of(w, f));
	struct connection connection;
	bool over = final && (f->ended || !(w->finishing && w->options.pauses)), words;
	struct connection_texts texts;
	struct tally change;
	unsigned int lost;

	if (!f->told && !is_told_apart(w, f)) {
		w->crowded += final;
		return false; /* it waits: the host may yet be proven */
	}
	weigh(w, f, dialogue, over);
	offence_of_flow(f, dialogue, w->options.id_base, over, &connection, &change);
	resets_tell(w->resets, index_of(w, f), f, &connection, &change);
	words = (dialogue ? offence_has_words(dialogue) : !f->told) &&
		inquiry_texts(w->inquiry, f, dialogue, &texts);
	lost = batch_add(w->batch, &connection, words ? &texts : NULL,
			 is_told(f, &change, news) ? NULL : &change);
	if (final || !(lost & 1u << BATCH_COUNTS_LOST)) {
		offence_told(f, dialogue);
		resets_told(w->resets, index_of(w, f), f);
	}
	for (unsigned int i = 0; i < BATCH_LOSS_COUNT; i++)
		w->batch_lost[i] += (lost >> i) & 1;
	return !(lost & 1u << BATCH_COUNTS_LOST);
}

static unsigned int send_pair(void *context, const struct reset_pair *pair)
{
	const struct way_resets *to = &((struct way *)context)->sender;
	unsigned int sent = 0;

	if (!to->send)
		return 0;
	sent += to->send(to->context, &pair->client) == 0;
	sent += to->send(to->context, &pair->server) == 0;
	return sent;
}

static void on_change(void *context, struct flow *f, bool news, bool final)
{
	struct way *w = context;
	uint32_t index = index_of(w, f);
	bool told;

	if (final) {
		resets_flush_one(w->resets, index, send_pair, w);
		dialogs_flush(w->dialogs, index);
	}
	told = tell(w, f, news, final);
	if (final || (told && f->ended && dialogs_is_over(w->dialogs, index)))
		dialogs_forget(w->dialogs, index);
	else if (f->ended)
		dialogs_end(w->dialogs, index, tracker_now(w->tracker));
}

/* --- the dialogues' sink ---------------------------------------------------------------------- */

static void on_refusal(void *context, struct flow *f, const struct smtp_reply *reply)
{
	struct way *w = context;

	inquiry_refusal(w->inquiry, f, dialogs_find(w->dialogs, index_of(w, f)), reply);
}

static void on_late(void *context, struct flow *f)
{
	tracker_touch(((struct way *)context)->tracker, f);
}

static void on_evict(void *context, struct flow *f)
{
	tell(context, f, true, false);
}

/* --- setting up ------------------------------------------------------------------------------- */

struct way *way_new(const struct way_options *options)
{
	struct way *w = calloc(1, sizeof(*w));
	struct tracker_sink sink = {.context = w, .begin = on_begin, .change = on_change};
	struct dialogs_sink dialogs = {.context = w,
				       .refusal = on_refusal,
				       .late = on_late,
				       .evict = on_evict};
	uint32_t flows = options->flows ? options->flows : TRACKER_FLOWS;

	if (!w)
		return NULL;
	w->options = *options;
	way_set_frozen(w, INT64_MAX, INT64_MAX);
	if (w->options.sample == 0)
		w->options.sample = 1;
	if (w->options.judge_each == 0)
		w->options.judge_each = JUDGE_EACH;
	w->until_sample = w->options.sample;
	w->defrag = defrag_new(&options->key);
	w->neighbours = neighbours_new(&options->key);
	w->tracker = tracker_new(&options->key, flows, &sink);
	w->dialogs = dialogs_new(flows, &dialogs);
	w->inquiry = inquiry_new(&options->key);
	w->resets = resets_new(&options->key, flows, w->neighbours);
	w->crowd = crowd_new(&options->key);
	if (!w->defrag || !w->neighbours || !w->tracker || !w->dialogs || !w->inquiry ||
	    !w->resets || !w->crowd) {
		way_free(w);
		return NULL;
	}
	return w;
}

void way_free(struct way *w)
{
	if (!w)
		return;
	tracker_free(w->tracker);
	dialogs_free(w->dialogs);
	inquiry_free(w->inquiry);
	resets_free(w->resets);
	crowd_free(w->crowd);
	neighbours_free(w->neighbours);
	defrag_free(w->defrag);
	free(w);
}

/* --- the way ---------------------------------------------------------------------------------- */

static unsigned int slot_of(uint16_t interface)
{
	return interface < HEALTH_INTERFACES ? interface : HEALTH_INTERFACES - 1;
}

static void note_frame(struct way *w, const struct frame *frame)
{
	unsigned int slot = slot_of(frame->interface);

	w->packets++;
	w->interfaces[slot].received++;
}

/* Only of frames that were understood: what is damaged may have any stamp. */
static void note_time(struct way *w, const struct frame *frame)
{
	unsigned int slot = slot_of(frame->interface);

	if (w->newest == 0 || frame->time > w->newest)
		w->newest = frame->time;
	if (frame->time > w->interfaces[slot].last_frame)
		w->interfaces[slot].last_frame = frame->time;
}

/*
 * Which directions the mirror shows: told by frames that cross the border, whatever they carry.
 * Behind the kernel's filter SMTP is no sign that another direction is missing: all of it is seen,
 * but of the rest only a sample, and a stranger could send it.
 */
static void note_direction(struct way *w, const struct packet *p, bool ours)
{
	enum side from = site_side(w->site, &p->source);
	enum side to = site_side(w->site, &p->destination);
	bool sampled = w->options.sample == 1;
	unsigned int slot = slot_of(p->interface);

	if (from == SIDE_INTERNAL && to == SIDE_EXTERNAL) {
		w->interfaces[slot].outward++;
		tracker_direction(w->tracker, true, 0);
	} else if (from == SIDE_EXTERNAL && to == SIDE_INTERNAL) {
		w->interfaces[slot].inward++;
		tracker_direction(w->tracker, false, !sampled ? TRACKER_SURE : ours ? 0 : 1);
	}
}

/* From the first decoding to what a datagram of however many fragments is in the end. */
static enum decode decode_whole(struct way *w, const struct frame *frame, struct packet *p)
{
	enum decode outcome = decode_frame(frame, p);

	while (outcome == DECODE_FRAGMENT) {
		const uint8_t *data;
		size_t length;

		if (!site_trusts(w->site, p) || !defrag_add(w->defrag, p, p, &data, &length))
			return DECODE_FRAGMENT;
		w->decoded[DECODE_FRAGMENT]++;
		outcome = decode_datagram(p, data, length, p);
	}
	return outcome;
}

static bool is_watched(const struct way *w, uint16_t a, uint16_t b)
{
	return site_port(w->site, a) != PORT_OTHER || site_port(w->site, b) != PORT_OTHER;
}

static bool is_dns(uint16_t a, uint16_t b)
{
	return a == DNS_PORT || b == DNS_PORT;
}

/* Of frames that are not ours some tell whose MAC address it is, and which way they go. */
static bool is_sampled(struct way *w, const struct frame *frame)
{
	int64_t age = frame->time - w->sampled;

	if (w->packets >= SAMPLE_ALL && --w->until_sample > 0 && age >= 0 && age < SAMPLE_TIME)
		return false;
	w->until_sample = w->options.sample;
	w->sampled = frame->time;
	return true;
}

/* Whether a glance shows that the frame is neither on a watched port nor DNS. */
static bool is_other(const struct way *w, const struct frame *frame, enum decode *ret_outcome)
{
	struct glance g;

	if (!glance_frame(frame, &g))
		return false;
	*ret_outcome = g.outcome;
	return g.outcome != DECODE_TCP || !(is_watched(w, g.source_port, g.destination_port) ||
					    is_dns(g.source_port, g.destination_port));
}

/* A frame on a watched port: to its connection, and what it carries to the dialogue. */
static void follow(struct way *w, const struct packet *p, enum decode outcome)
{
	struct flow *f;

	if (outcome == DECODE_TCP && resets_is_own(w->resets, p))
		return;
	f = tracker_packet(w->tracker, w->site, p, outcome == DECODE_ICMP_ERROR);
	if (!f || f->kind != FLOW_ATTEMPT || outcome != DECODE_TCP)
		return;
	if (resets_packet(w->resets, index_of(w, f), f, p)) /* the race: before anything else */
		resets_flush_one(w->resets, index_of(w, f), send_pair, w);
	else if (resets_are_many(w->resets))
		way_answer(w, p->time);
	dialogs_segment(w->dialogs, index_of(w, f), f, p, tracker_now(w->tracker));
}

/* `wanted`: it was seen to be none of ours already, and is in the sample. */
static void understand(struct way *w, const struct frame *frame, bool wanted)
{
	struct packet p;
	enum decode outcome;
	bool ours, dns;

	outcome = decode_whole(w, frame, &p);
	w->decoded[outcome]++;
	if (outcome > DECODE_OTHER_IP || outcome == DECODE_FRAGMENT)
		return;
	note_time(w, frame);
	if (p.carrier_count && !site_trusts(w->site, &p)) {
		w->foreign_tunnels++;
		return;
	}
	dns = outcome == DECODE_UDP ||
	      (outcome == DECODE_TCP && is_dns(p.source_port, p.destination_port));
	ours = (outcome == DECODE_TCP || outcome == DECODE_ICMP_ERROR) &&
	       is_watched(w, p.source_port, p.destination_port);
	if (!ours && !dns && !wanted && !is_sampled(w, frame))
		return;
	tracker_clock(w->tracker, way_clock(w, p.time));
	if (outcome != DECODE_ICMP_ERROR) {
		neighbours_note(w->neighbours, &p);
		resets_note(w->resets, &p);
		note_direction(w, &p, ours || dns);
	}
	if (dns)
		inquiry_dns(w->inquiry, &p, tracker_is_one_sided(w->tracker));
	if (ours)
		follow(w, &p, outcome);
}

void way_frame(struct way *w, const struct frame *frame)
{
	enum decode outcome;
	/* Where each is looked at anyway, a glance before tells nothing. */
	bool other = w->options.sample > 1 && is_other(w, frame, &outcome);

	note_frame(w, frame);
	if (!other || is_sampled(w, frame)) {
		understand(w, frame, other);
		return;
	}
	w->decoded[outcome]++;
	note_time(w, frame);
}

unsigned int way_waiting(const struct way *w)
{
	return resets_waiting(w->resets);
}

void way_answer(struct way *w, int64_t now)
{
	resets_flush(w->resets, now, send_pair, w);
}

bool way_tick(struct way *w, int64_t now)
{
	bool more = tracker_tick(w->tracker, way_clock(w, now), TICK_MOST);

	dialogs_tick(w->dialogs, tracker_now(w->tracker), TICK_MOST);
	return more;
}

static void collect_routers(struct way *w)
{
	uint8_t mac[6];

	while (batch_router_count(w->batch) < BATCH_ROUTERS &&
	       neighbours_next_router(w->neighbours, mac))
		batch_add_router(w->batch, mac);
}

/* What is proven goes first, and has room of its own. */
static uint32_t collect_flows(struct way *w, bool proven, uint32_t most)
{
	uint32_t done = 0;

	while (done < most && !(proven ? batch_is_brimful(w->batch) : batch_is_full(w->batch))) {
		uint32_t n = tracker_collect(w->tracker, proven,
					     most - done < TICK_MOST ? most - done : TICK_MOST);

		if (n == 0)
			break;
		done += n;
	}
	return done;
}

uint32_t way_collect(struct way *w, uint32_t most)
{
	uint32_t done = collect_flows(w, true, most);

	collect_routers(w);
	way_note_pressure(w);
	done += collect_flows(w, false, most - done);
	inquiry_collect(w->inquiry, w->batch, tracker_now(w->tracker), w->options.judge_each,
			false);
	return done;
}

void way_finish(struct way *w, void (*room)(void *context), void *context)
{
	w->finishing = true;
	collect_routers(w);
	while (tracker_finish(w->tracker, TICK_MOST) ||
	       batch_router_count(w->batch) == BATCH_ROUTERS) {
		if (batch_is_full(w->batch) || batch_router_count(w->batch) == BATCH_ROUTERS)
			room(context);
		collect_routers(w);
	}
	while (inquiry_collect(w->inquiry, w->batch, tracker_now(w->tracker), 0, true))
		room(context);
}
