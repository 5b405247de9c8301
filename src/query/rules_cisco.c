/*
 * Cisco IOS and ASA: a list on the inside interface, inbound, where hosts have their own addresses.
 * It sees every packet on IOS; ASA asks it for new connections alone, so these are cleared.
 */
#include "rules_parts.h"

#include <stdio.h>

#include "base/text.h"

#define WORDS 128

/* A list that is being written: who it is for, and how its lines begin. */
struct list {
	FILE *out;
	const struct rules_plan *plan;
	const char *(*words)(const struct rules_plan *p, const struct prefix *prefix, bool v4,
			     char buf[WORDS]);
	const char *head; /* "access-list NAME extended " */
	bool v4, both;	  /* both: one list for either family */
	unsigned int sequence;
	unsigned int step;  /* 0: lines have no number */
	const char *number; /* what stands before it */
};

static const char *name_of(const struct rules_plan *p)
{
	return p->order.ban ? "EGRESS25-BAN" : "EGRESS25";
}

static bool is_of(const struct list *l, const struct prefix *prefix)
{
	return l->both || prefix_is_v4(prefix) == l->v4;
}

static void begin_line(struct list *l)
{
	fprintf(l->out, " %s", l->head);
	if (l->step)
		fprintf(l->out, "%s%u ", l->number, l->sequence += l->step);
}

/* A line for each port; source and destination may be NULL. */
static void put_lines(struct list *l, const char *verb, const struct prefix *source,
		      const struct prefix *destination, uint16_t port, const char *tail)
{
	bool v4 = source ? prefix_is_v4(source) : destination ? prefix_is_v4(destination) : l->v4;
	char from[WORDS], to[WORDS];
	uint16_t n;

	for (size_t i = 0; (n = rules_port(l->plan, port, i)) != 0; i++) {
		begin_line(l);
		fprintf(l->out, "%s tcp %s %s eq %u%s\n", verb, l->words(l->plan, source, v4, from),
			l->words(l->plan, destination, v4, to), n, tail);
	}
}

/* What is permitted first: whatever stays within, then whom policy permits. */
static void put_permits(struct list *l)
{
	const struct rules_plan *p = l->plan;
	struct rules_walk w = {0};

	for (size_t i = 0; i < p->internal.count; i++)
		if (is_of(l, &p->internal.items[i]))
			put_lines(l, "permit", NULL, &p->internal.items[i], 0, "");
	while (rules_next_pair(p, &w))
		if (is_of(l, w.pair.source))
			put_lines(l, "permit", w.pair.source, w.pair.destination, w.pair.port, "");
}

static void put_denials(struct list *l, const char *tail)
{
	const struct rules_plan *p = l->plan;

	if (!p->order.ban)
		put_lines(l, "deny", NULL, NULL, 0, tail);
	for (size_t i = 0; i < p->banned.count; i++)
		if (is_of(l, &p->banned.items[i]))
			put_lines(l, "deny", &p->banned.items[i], NULL, 0, tail);
}

static void put_time_range(FILE *out, const struct rules_plan *p)
{
	char end[RULES_TIME];

	if (p->order.ban)
		fprintf(out, "time-range %s\n absolute end %s\n", name_of(p),
			rules_time(rules_end(p), RULES_TIME_CISCO, end));
}

static const char *log_words(const struct rules_plan *p, const char *log, char buf[WORDS])
{
	return text_print(buf, WORDS, "%s%s%s", p->order.ban ? " time-range EGRESS25-BAN" : "",
			  *log ? " " : "", log);
}

/* IOS. */

static const char *ios_words(const struct rules_plan *p, const struct prefix *prefix, bool v4,
			     char buf[WORDS])
{
	char address[PREFIX_TEXT], mask[ADDR_TEXT];

	(void)p;
	if (!prefix || rules_length(prefix) == 0)
		return text_print(buf, WORDS, "any");
	if (prefix->length == 128)
		return text_print(buf, WORDS, "host %s", rules_address(prefix, address));
	if (!v4)
		return text_print(buf, WORDS, "%s", prefix_format(prefix, address));
	return text_print(buf, WORDS, "%s %s", rules_address(prefix, address),
			  rules_mask(prefix, true, mask));
}

static void ios_list(FILE *out, const struct rules_plan *p, bool v4)
{
	struct list l = {.out = out,
			 .plan = p,
			 .words = ios_words,
			 .head = "",
			 .v4 = v4,
			 .step = 10,
			 .number = v4 ? "" : "sequence "};
	char log[WORDS];

	fprintf(out,
		v4 ? "no ip access-list extended %s\nip access-list extended %s\n"
		   : "no ipv6 access-list %s-6\nipv6 access-list %s-6\n",
		name_of(p), name_of(p));
	fprintf(out, " remark %s\n", p->mark);
	put_permits(&l);
	put_denials(&l, log_words(p, "log", log));
	begin_line(&l);
	fprintf(out, "permit %s any any\n", v4 ? "ip" : "ipv6");
}

static void ios_apply(FILE *out, const struct rules_plan *p)
{
	fputs("configure terminal\n", out);
	put_time_range(out, p);
	ios_list(out, p, true);
	ios_list(out, p, false);
	fprintf(out, "interface %s\n ip access-group %s in\n ipv6 traffic-filter %s-6 in\nend\n",
		rules_lan(p), name_of(p), name_of(p));
}

static void ios_verify(FILE *out, const struct rules_plan *p)
{
	fprintf(out,
		"show ip interface %s | include access list\nshow ip access-lists %s\n"
		"show ipv6 access-list %s-6\n",
		rules_lan(p), name_of(p), name_of(p));
}

static void ios_undo(FILE *out, const struct rules_plan *p)
{
	fprintf(out,
		"configure terminal\ninterface %s\n no ip access-group %s in\n"
		" no ipv6 traffic-filter %s-6 in\nno ip access-list extended %s\n"
		"no ipv6 access-list %s-6\n",
		rules_lan(p), name_of(p), name_of(p), name_of(p), name_of(p));
	if (p->order.ban)
		fprintf(out, "no time-range %s\n", name_of(p));
	fputs("end\n", out);
}

const struct rules_dialect rules_cisco_ios = {
	.name = "cisco-ios",
	.comment = "!",
	.use = "paste it at the enable prompt",
	.lan = true,
	.write = {ios_apply, ios_verify, ios_undo},
	.notes = {"an interface takes one list in each direction: where it has one, put the "
		  "numbered lines into that one, before its own, and leave the interface alone",
		  "the list sees every packet, so running connections end too"},
};

/* ASA: one list for both families. */

static const char *asa_words(const struct rules_plan *p, const struct prefix *prefix, bool v4,
			     char buf[WORDS])
{
	char address[PREFIX_TEXT], mask[ADDR_TEXT];

	(void)p;
	if (!prefix)
		return text_print(buf, WORDS, "any");
	if (rules_length(prefix) == 0)
		return text_print(buf, WORDS, v4 ? "any4" : "any6");
	if (prefix->length == 128)
		return text_print(buf, WORDS, "host %s", rules_address(prefix, address));
	if (!v4)
		return text_print(buf, WORDS, "%s", prefix_format(prefix, address));
	return text_print(buf, WORDS, "%s %s", rules_address(prefix, address),
			  rules_mask(prefix, false, mask));
}

static void asa_kill(FILE *out, const struct rules_plan *p)
{
	char text[PREFIX_TEXT];

	for (size_t i = 0; i < p->banned.count; i++)
		fprintf(out, "clear conn address %s\n", prefix_format(&p->banned.items[i], text));
	if (!p->order.ban)
		fputs("! running connections go on; end those of a host by: clear conn address "
		      "HOST\n",
		      out);
}

static void asa_apply(FILE *out, const struct rules_plan *p)
{
	char head[WORDS], log[WORDS];
	struct list l = {
		.out = out, .plan = p, .words = asa_words, .head = head, .v4 = true, .both = true};

	text_print(head, sizeof(head), "access-list %s extended ", name_of(p));
	fputs("configure terminal\n", out);
	put_time_range(out, p);
	fprintf(out, "clear configure access-list %s\n access-list %s remark %s\n", name_of(p),
		name_of(p), p->mark);
	put_permits(&l);
	put_denials(&l, log_words(p, p->order.ban ? "" : "log", log));
	begin_line(&l);
	fprintf(out, "permit ip any any\naccess-group %s in interface %s\nend\n", name_of(p),
		rules_lan(p));
	asa_kill(out, p);
}

static void asa_verify(FILE *out, const struct rules_plan *p)
{
	fprintf(out, "show running-config access-group\nshow access-list %s\n", name_of(p));
}

static void asa_undo(FILE *out, const struct rules_plan *p)
{
	fprintf(out,
		"configure terminal\nno access-group %s in interface %s\n"
		"clear configure access-list %s\n",
		name_of(p), rules_lan(p), name_of(p));
	if (p->order.ban)
		fprintf(out, "no time-range %s\n", name_of(p));
	fputs("end\n", out);
}

const struct rules_dialect rules_cisco_asa = {
	.name = "cisco-asa",
	.comment = "!",
	.use = "paste it at the enable prompt",
	.lan = true,
	.write = {asa_apply, asa_verify, asa_undo},
	.notes = {"an interface takes one list in each direction: where it has one, put the lines "
		  "into that one, before its own, and leave the access-group alone"},
};
