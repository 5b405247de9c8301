/* How frames come in: tags, tunnels, and whether something on the way has merged them. */
#include "check_parts.h"

#define VLANS_SHOWN 16

static const struct {
	enum tunnel tunnel;
	const char *name;
} tunnels[] = {
	{TUNNEL_GRE, "GRE or IP in IP"}, {TUNNEL_ERSPAN, "ERSPAN"}, {TUNNEL_VXLAN, "VXLAN"},
	{TUNNEL_GENEVE, "GENEVE"},	 {TUNNEL_TZSP, "TZSP"},
};
_Static_assert(sizeof(tunnels) / sizeof(*tunnels) == TUNNEL_COUNT - 1, "a name for each tunnel");

static void add_vlans(const struct check_port *p, struct check *c)
{
	unsigned int count = 0;

	for (unsigned int v = 0; v < 4096; v++) {
		if (!(p->vlans[v / 8] & (1 << v % 8)))
			continue;
		if (count++ < VLANS_SHOWN)
			check_add(c->seen, sizeof(c->seen), "%s%u", count > 1 ? ", " : "VLAN ", v);
	}
	if (count > VLANS_SHOWN)
		check_add(c->seen, sizeof(c->seen), " and %u more", count - VLANS_SHOWN);
}

static void add_carriers(const struct check_port *p, struct check *c)
{
	if (p->deepest > 1)
		check_add(c->seen, sizeof(c->seen), ", up to %u tags (QinQ)", p->deepest);
	if (p->tagged && p->tagged < p->frames)
		check_add(c->seen, sizeof(c->seen), ", and frames without a tag");
	if (p->pppoe)
		check_add(c->seen, sizeof(c->seen), ", in PPPoE");
	for (size_t i = 0; i < sizeof(tunnels) / sizeof(*tunnels); i++)
		if (p->tunnels & (1u << tunnels[i].tunnel))
			check_add(c->seen, sizeof(c->seen), ", in %s", tunnels[i].name);
}

/* One direction with tags throughout, and the other one without. */
static bool is_lopsided(const struct check_port *p)
{
	const uint64_t *out = p->ways[CHECK_OUTWARD], *in = p->ways[CHECK_INWARD];

	return (out[0] == 0 && in[1] == 0 && out[1] >= CHECK_SURELY && in[0] >= CHECK_SURELY) ||
	       (out[1] == 0 && in[0] == 0 && out[0] >= CHECK_SURELY && in[1] >= CHECK_SURELY);
}

enum check_result check_tags(const struct check_facts *f, size_t at, struct check *c)
{
	const struct check_port *p = &f->ports[at];

	if (p->frames == 0) {
		SAY(c, "no frame was seen");
		ADVISE(c, "see the interface above");
		return CHECK_UNKNOWN;
	}
	if (p->tagged)
		add_vlans(p, c);
	else
		SAY(c, "none");
	add_carriers(p, c);
	if (!is_lopsided(p))
		return CHECK_PASS;
	check_add(c->seen, sizeof(c->seen), "; only what %s has them",
		  p->ways[CHECK_OUTWARD][1] ? "goes out" : "comes in");
	ADVISE(c, "attempts are counted all the same; but a reset goes out as the frame that it "
		  "answers: let the switch tag both directions, and see injection below");
	return CHECK_WARN;
}

static void advise_offload(const struct check_port *p, struct check *c)
{
	if (p->gro || p->lro)
		ADVISE(c, "ethtool -K %s%s%s, and again at each start", p->name,
		       p->gro ? " gro off" : "", p->lro ? " lro off" : "");
	else
		ADVISE(c, "they come so from a virtual switch: at the machine's or container's "
			  "end that sends them, ethtool -K INTERFACE tso off gso off");
}

enum check_result check_offload(const struct check_facts *f, size_t at, struct check *c)
{
	const struct check_port *p = &f->ports[at];

	if (p->merged) {
		SAY(c,
		    "%" PRIu64 " frame%s longer than the interface's %u bytes, up to %u: merged "
		    "on the way, and read to byte %u only",
		    p->merged, text_s(p->merged), p->mtu, p->longest, f->snapshot);
		advise_offload(p, c);
		return CHECK_FAIL;
	}
	if (!p->features_known) {
		SAY(c, "the kernel does not say whether it merges frames");
		ADVISE(c, "name an interface of its own with -i, and no \"any\"");
		return CHECK_UNKNOWN;
	}
	if (p->gro || p->lro) {
		SAY(c, "%s may merge frames, of which %u bytes are read; none of %" PRIu64 " was",
		    p->gro && p->lro ? "GRO and LRO"
		    : p->gro	     ? "GRO"
				     : "LRO",
		    f->snapshot, p->frames);
		advise_offload(p, c);
		return CHECK_WARN;
	}
	SAY(c, "off");
	return CHECK_PASS;
}
