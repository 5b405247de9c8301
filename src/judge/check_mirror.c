/* What the mirror shows: frames of others, both directions, the inside, the mail server. */
#include "check_parts.h"

#define MIRROR_ADVICE                                                                              \
	"mirror, on the switch, the port that leads to the router onto the port that this "        \
	"interface is plugged into, both directions; or name another interface with -i"
#define LONE_SHARE  10 /* percent of the connections: asymmetric routes, or a mirror that loses */
#define STRAY_SHARE 1  /* percent of the frames */

static unsigned int seconds(const struct check_facts *f)
{
	return (unsigned int)((f->listened + 500000) / 1000000);
}

enum check_result check_interface(const struct check_facts *f, size_t at, struct check *c)
{
	const struct check_port *p = &f->ports[at];

	if (p->error[0]) {
		SAY(c, "%s", p->error);
		ADVISE(c, "name the interface that the mirror port is plugged into with -i");
		return CHECK_FAIL;
	}
	if (!p->up) {
		SAY(c, "it is down");
		ADVISE(c, "ip link set %s up, and look whether the cable is plugged in", p->name);
		return CHECK_FAIL;
	}
	SAY(c, "%" PRIu64 " frame%s in %u s", p->frames, text_s(p->frames), seconds(f));
	if (p->frames == 0) {
		ADVISE(c, MIRROR_ADVICE);
		return CHECK_FAIL;
	}
	if (p->has_mac && p->strangers == 0) {
		check_add(c->seen, sizeof(c->seen),
			  ", all of them to everybody or this machine's own: an ordinary port, "
			  "and no mirror");
		ADVISE(c, MIRROR_ADVICE);
		return CHECK_FAIL;
	}
	if (p->has_mac)
		check_add(c->seen, sizeof(c->seen), ", %" PRIu64 " of them between other machines",
			  p->strangers);
	if (p->dropped)
		check_add(c->seen, sizeof(c->seen),
			  "; %" PRIu64 " more came too fast to be looked at by this check",
			  p->dropped);
	if (p->unread * 2 <= p->frames)
		return CHECK_PASS;
	check_add(c->seen, sizeof(c->seen), "; %" PRIu64 " were not understood", p->unread);
	ADVISE(c,
	       "capture some with tcpdump -i %s: the mirror may wrap its frames in what "
	       "egress25 cannot unpack",
	       p->name);
	return CHECK_WARN;
}

static void add_ways(const struct check_facts *f, struct check *c)
{
	for (size_t i = 0; i < f->port_count && f->port_count > 1; i++) {
		const struct check_port *p = &f->ports[i];

		check_add(c->seen, sizeof(c->seen),
			  "%s %s %" PRIu64 " frames out and %" PRIu64 " in", i ? "," : ";", p->name,
			  p->ways[CHECK_OUTWARD][0] + p->ways[CHECK_OUTWARD][1],
			  p->ways[CHECK_INWARD][0] + p->ways[CHECK_INWARD][1]);
	}
}

static enum check_result directions_one(const struct check_facts *f, struct check *c)
{
	uint32_t out = f->talks.lone[CHECK_OUTWARD], in = f->talks.lone[CHECK_INWARD];

	if (out + in == 0) {
		SAY(c, "no TCP connection between inside and outside was seen to speak");
		ADVISE(c, "open a web page from a host behind the mirror meanwhile, or listen "
			  "longer with --for 5m");
		return CHECK_UNKNOWN;
	}
	if (out && in)
		SAY(c, "of %u TCP connections each was seen in one direction only", out + in);
	else
		SAY(c, "of %u TCP connection%s only what %s was seen", out + in, text_s(out + in),
		    out ? "goes out" : "comes in");
	ADVISE(c, "let the switch mirror both directions of the port, received and sent; where "
		  "they come in by two interfaces, name both with -i");
	return CHECK_FAIL;
}

static bool any_dropped(const struct check_facts *f)
{
	for (size_t i = 0; i < f->port_count; i++)
		if (f->ports[i].dropped)
			return true;
	return false;
}

enum check_result check_directions(const struct check_facts *f, size_t at, struct check *c)
{
	uint32_t both = f->talks.both;
	uint32_t lone = f->talks.lone[CHECK_OUTWARD] + f->talks.lone[CHECK_INWARD];
	enum check_result result = CHECK_PASS;

	(void)at;
	if (both == 0) {
		result = directions_one(f, c);
	} else if ((uint64_t)lone * 100 < (uint64_t)(both + lone) * LONE_SHARE) {
		SAY(c, "%u TCP connection%s in both directions%s", both, text_s(both),
		    lone ? ", few in one only" : "");
	} else {
		SAY(c, "of %u TCP connections %u were seen in one direction only", both + lone,
		    lone);
		if (any_dropped(f))
			check_add(c->seen, sizeof(c->seen),
				  "; this check itself left out frames, which may be why");
		ADVISE(c, "mirror the other way that they take too (a second router or uplink); "
			  "or the mirror loses frames: does it send more than its port can?");
		result = CHECK_WARN;
	}
	add_ways(f, c);
	return result;
}

static void add_examples(const struct check_facts *f, struct check *c)
{
	char from[ADDR_TEXT], to[ADDR_TEXT];

	for (unsigned int i = 0; i < f->sides.example_count; i++)
		check_add(c->seen, sizeof(c->seen), "%s%s to %s", i ? ", " : ": ",
			  addr_format(&f->sides.examples[i].from, from),
			  addr_format(&f->sides.examples[i].to, to));
}

static enum check_result nat_outside(const struct check_facts *f, struct check *c)
{
	char address[ADDR_TEXT];

	if (f->sides.public_seen) {
		SAY(c,
		    "outside: %s, an address of ours as the Internet sees it, speaks with "
		    "others, and no internal one does",
		    addr_format(&f->sides.public_address, address));
		ADVISE(c, "mirror a port on the inside of the router or firewall: outside all "
			  "hosts have one address, and nothing can tell which one sends");
		return CHECK_FAIL;
	}
	SAY(c, "all traffic is between external addresses");
	add_examples(f, c);
	ADVISE(c, "mirror a port on the inside of the router or firewall; or, where some of "
		  "these are the LAN's own, name their prefix with --internal");
	return CHECK_FAIL;
}

static enum check_result nat_nothing(const struct check_facts *f, struct check *c)
{
	if (f->sides.foreign) {
		SAY(c,
		    "%" PRIu64 " frames came in tunnels from external addresses, which are "
		    "not unpacked",
		    f->sides.foreign);
		ADVISE(c, "name the switch that mirrors by its address with --internal");
		return CHECK_FAIL;
	}
	SAY(c, f->sides.internal ? "all traffic is between internal addresses"
				 : "no traffic between hosts was seen");
	ADVISE(c, "mirror the port that leads to the router; where that is done, open a web page "
		  "from a host meanwhile");
	return f->sides.internal ? CHECK_WARN : CHECK_UNKNOWN;
}

enum check_result check_nat(const struct check_facts *f, size_t at, struct check *c)
{
	uint64_t across = f->sides.across, external = f->sides.external;

	(void)at;
	if (across == 0)
		return external ? nat_outside(f, c) : nat_nothing(f, c);
	SAY(c, "inside: %" PRIu64 " frame%s between internal and external addresses", across,
	    text_s(across));
	if (external < CHECK_SURELY || external * 100 < across * STRAY_SHARE)
		return CHECK_PASS;
	check_add(c->seen, sizeof(c->seen), "; but %" PRIu64 " between external ones", external);
	add_examples(f, c);
	ADVISE(c, "where some of these are the LAN's own, name their prefix with --internal; where "
		  "one is the router's, its outside is mirrored too, and should not be");
	return CHECK_WARN;
}

enum check_result check_mail_server(const struct check_facts *f, size_t at, struct check *c)
{
	uint32_t known = f->server_count < CHECK_SERVERS ? f->server_count : CHECK_SERVERS;
	char text[PREFIX_TEXT], missing[CHECK_TEXT] = "";
	uint32_t seen = 0;

	(void)at;
	if (f->server_count == 0) {
		SAY(c, "none is configured");
		ADVISE(c, "name yours with --mail-server or `mail_servers`: until then every host "
			  "that sends is an offender, and no reset is sent");
		return CHECK_WARN;
	}
	for (uint32_t i = 0; i < known; i++) {
		seen += f->servers[i].seen;
		if (!f->servers[i].seen)
			check_add(missing, sizeof(missing), "%s%s", missing[0] ? ", " : "",
				  prefix_format(&f->servers[i].prefix, text));
	}
	if (seen == known) {
		SAY(c, "seen%s", known > 1 ? ", all of them" : "");
		return CHECK_PASS;
	}
	SAY(c, "no frame of %s in %u s", missing, seconds(f));
	ADVISE(c, "send a message by it and check again; where it is still not seen its port is "
		  "not on the mirror, or its address is another one");
	return CHECK_WARN;
}
