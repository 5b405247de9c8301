#include "judge/survey.h"

#include <stdlib.h>
#include <string.h>

#include "survey_parts.h"

#define AROUND_IP 30 /* Ethernet's header, up to three tags, and its check sum */

struct survey {
	struct survey_options options;
	struct check_facts *facts;
	const struct site *site;
	struct talks *talks;
	struct host hosts[CHECK_PORTS][HOSTS_KEPT]; /* by prober */
	bool asks[CHECK_PORTS];
	uint8_t own[CHECK_PORTS][6]; /* of the probers that ask */
};

static void list_servers(struct survey *s)
{
	struct check_facts *f = s->facts;

	f->server_count = (uint32_t)policy_rule_count(s->options.policy, POLICY_MAIL_SERVER);
	for (size_t i = 0; i < f->server_count && i < CHECK_SERVERS; i++)
		policy_prefix(s->options.policy, POLICY_MAIL_SERVER, i, &f->servers[i].prefix);
}

struct survey *survey_new(const struct survey_options *options)
{
	struct survey *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->options = *options;
	s->facts = options->facts;
	s->site = policy_site(options->policy);
	s->talks = talks_new(&options->key);
	if (!s->talks) {
		free(s);
		return NULL;
	}
	list_servers(s);
	return s;
}

void survey_free(struct survey *s)
{
	if (!s)
		return;
	free(s->talks);
	free(s);
}

void survey_set_prober(struct survey *s, size_t prober, const uint8_t mac[6])
{
	s->asks[prober] = true;
	memcpy(s->own[prober], mac, 6);
}

bool survey_next_probe(struct survey *s, size_t prober, struct probe *ret_)
{
	return s->asks[prober] && hosts_next(s->hosts[prober], ret_);
}

void survey_count_talks(struct survey *s)
{
	talks_count(s->talks, &s->facts->talks);
}

/* --- probes ----------------------------------------------------------------------------------- */

static bool is_mac(const uint8_t *mac)
{
	static const uint8_t zero[6];

	return !(mac[0] & 1) && memcmp(mac, zero, sizeof(zero)) != 0;
}

static bool is_ours(const struct survey *s, const uint8_t *mac)
{
	for (size_t i = 0; i < CHECK_PORTS; i++)
		if (s->asks[i] && memcmp(s->own[i], mac, 6) == 0)
			return true;
	return false;
}

/* Who answers a prober, or whose frame shows that it may be asked. */
static void note_host(struct survey *s, const struct packet *p, const struct addr *a,
		      enum host_rank rank)
{
	size_t prober = s->options.via ? 0 : p->interface;
	struct probe probe = {.target = *a, .tag_count = p->tag_count};

	if (rank == HOST_NONE || !p->has_mac || p->pppoe || !is_mac(p->mac_source) ||
	    is_ours(s, p->mac_source) || (p->carrier_count && !s->options.via) ||
	    p->interface >= s->facts->port_count || site_side(s->site, a) != SIDE_INTERNAL)
		return;
	memcpy(probe.mac, p->mac_source, sizeof(probe.mac));
	memcpy(probe.tags, p->tags, sizeof(probe.tags));
	if (probe.tag_count && probe.tags[0].tpid == 0) /* a remote mirror's word, not a tag */
		probe.tag_count = 0;
	hosts_note(s->hosts[prober], rank, &probe);
}

static bool was_asked(const struct check_prober *p, const struct addr *a)
{
	for (unsigned int i = 0; i < p->sent; i++)
		if (addr_equal(&p->asked[i], a))
			return true;
	return false;
}

static void note_answer(struct survey *s, const struct neighbour_talk *t)
{
	for (size_t i = 0; i < s->facts->prober_count; i++) {
		struct check_prober *p = &s->facts->probers[i];
		bool to_us = t->to_all || memcmp(t->target_mac, s->own[i], 6) == 0;

		if (!s->asks[i] || !to_us || !was_asked(p, &t->sender))
			continue;
		p->answered = true;
		p->answerer = t->sender;
	}
}

/* A question of ours that came in: the switch passed it on. */
static void note_reflection(struct survey *s, const struct packet *p,
			    const struct neighbour_talk *t)
{
	for (size_t i = 0; i < s->facts->prober_count; i++) {
		struct check_prober *prober = &s->facts->probers[i];

		if (s->asks[i] && memcmp(p->mac_source, s->own[i], 6) == 0 &&
		    was_asked(prober, &t->target))
			prober->seen_again = true;
	}
}

static void note_neighbour(struct survey *s, const struct frame *frame, const struct packet *p)
{
	struct neighbour_talk t;

	if (!probe_read(frame, p, &t))
		return;
	if (!t.question)
		note_answer(s, &t);
	else if (is_ours(s, p->mac_source))
		note_reflection(s, p, &t);
	if (memcmp(t.sender_mac, p->mac_source, 6) == 0 && addr_is_unicast(&t.sender))
		note_host(s, p, &t.sender, HOST_LINKED);
}

/* --- what comes in ---------------------------------------------------------------------------- */

static void note_length(struct check_port *port, const struct frame *frame)
{
	if (frame->length > port->longest)
		port->longest = frame->length;
	if (port->mtu && frame->length > port->mtu + AROUND_IP)
		port->merged++;
}

static void note_link(struct check_port *port, const struct packet *p)
{
	unsigned int vlan = p->tag_count ? p->tags[p->tag_count - 1].tci & 0xfff : 0;

	if (p->tag_count) {
		port->tagged++;
		port->vlans[vlan / 8] |= (uint8_t)(1 << vlan % 8);
	}
	if (p->tag_count > port->deepest)
		port->deepest = p->tag_count;
	port->pppoe = port->pppoe || p->pppoe;
	if (p->tunnel != TUNNEL_NONE)
		port->tunnels |= 1u << p->tunnel;
	port->strangers += p->carrier_count > 0 || (p->has_mac && !(p->mac_destination[0] & 1) &&
						    memcmp(p->mac_destination, port->mac, 6) != 0 &&
						    memcmp(p->mac_source, port->mac, 6) != 0);
}

static void note_servers(struct survey *s, const struct packet *p)
{
	struct check_facts *f = s->facts;

	for (uint32_t i = 0; i < f->server_count && i < CHECK_SERVERS; i++)
		if (!f->servers[i].seen)
			f->servers[i].seen =
				prefix_contains(&f->servers[i].prefix, &p->source) ||
				prefix_contains(&f->servers[i].prefix, &p->destination);
}

static void note_public(struct survey *s, const struct addr *a)
{
	for (size_t i = 0; i < s->options.public_count; i++)
		if (addr_equal(&s->options.public_addresses[i], a)) {
			s->facts->sides.public_seen = true;
			s->facts->sides.public_address = *a;
		}
}

static void note_external(struct survey *s, const struct packet *p)
{
	struct check_sides *sides = &s->facts->sides;

	sides->external++;
	if (!sides->public_seen) {
		note_public(s, &p->source);
		note_public(s, &p->destination);
	}
	if (sides->example_count == CHECK_EXAMPLES)
		return;
	for (unsigned int i = 0; i < sides->example_count; i++)
		if (addr_equal(&sides->examples[i].from, &p->source) ||
		    addr_equal(&sides->examples[i].from, &p->destination))
			return;
	sides->examples[sides->example_count].from = p->source;
	sides->examples[sides->example_count++].to = p->destination;
}

static void note_sides(struct survey *s, struct check_port *port, const struct packet *p,
		       enum decode outcome)
{
	enum side from = site_side(s->site, &p->source), to = site_side(s->site, &p->destination);
	enum check_way way = from == SIDE_INTERNAL ? CHECK_OUTWARD : CHECK_INWARD;

	if (from == SIDE_NEITHER || to == SIDE_NEITHER)
		return;
	if (from == to) {
		if (from == SIDE_INTERNAL)
			s->facts->sides.internal++;
		else
			note_external(s, p);
		return;
	}
	s->facts->sides.across++;
	port->ways[way][p->tag_count > 0]++;
	if (outcome == DECODE_TCP)
		talks_segment(s->talks, p, way);
}

static void note_packet(struct survey *s, struct check_port *port, const struct packet *p,
			enum decode outcome)
{
	note_link(port, p);
	/* An ICMP error's addresses are those of what it quotes. */
	if (outcome == DECODE_NOT_IP || outcome == DECODE_ICMP_ERROR)
		return;
	note_servers(s, p);
	note_sides(s, port, p, outcome);
	note_host(s, p, &p->source, hosts_rank(p));
}

void survey_frame(struct survey *s, const struct frame *frame)
{
	struct check_port *port =
		frame->interface < s->facts->port_count ? &s->facts->ports[frame->interface] : NULL;
	struct packet p;
	enum decode outcome = decode_frame(frame, &p);

	if (outcome == DECODE_NOT_IP || outcome == DECODE_OTHER_IP)
		note_neighbour(s, frame, &p);
	if (!port)
		return;
	port->frames++;
	note_length(port, frame);
	if (outcome >= DECODE_BAD_LINK)
		port->unread++;
	else if (!site_trusts(s->site, &p))
		s->facts->sides.foreign++;
	else
		note_packet(s, port, &p, outcome);
}
