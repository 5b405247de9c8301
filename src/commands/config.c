/* config: what is in force, and which line decides. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/moment.h"
#include "base/text.h"
#include "commands/command.h"
#include "commands/query.h"
#include "query/report.h"

#define RULE_TEXT 256

/* A line of the configuration as it is printed. */
struct line {
	const char *name, *value, *origin, *note;
	char local[RULE_TEXT]; /* of the value, where it holds a time */
};

static const struct field line_fields[] = {
	{.name = "name",
	 .kind = FIELD_TEXT,
	 .offset = offsetof(struct line, name),
	 .heading = "NAME",
	 .place = 1,
	 .weight = 8,
	 .least = 14},
	{.name = "value",
	 .kind = FIELD_TEXT,
	 .offset = offsetof(struct line, value),
	 .heading = "VALUE",
	 .place = 2,
	 .weight = 9, /* the last to go */
	 .least = 14},
	{.name = "origin",
	 .kind = FIELD_TEXT,
	 .offset = offsetof(struct line, origin),
	 .heading = "STANDS AT",
	 .place = 3,
	 .weight = 7,
	 .least = 16},
	{.name = "note",
	 .kind = FIELD_TEXT,
	 .offset = offsetof(struct line, note),
	 .heading = "NOTE",
	 .place = 4,
	 .weight = 6,
	 .least = 8},
	{0},
};

/* The whole configuration: one object. */
struct whole {
	const char *path;
	struct list lines;
};

static const struct field whole_fields[] = {
	{.name = "path", .kind = FIELD_TEXT, .offset = offsetof(struct whole, path)},
	{.name = "lines",
	 .kind = FIELD_OBJECTS,
	 .offset = offsetof(struct whole, lines),
	 .fields = line_fields,
	 .size = sizeof(struct line)},
	{0},
};

static const struct field rule_fields[] = {
	{.name = "origin", .kind = FIELD_TEXT, .offset = offsetof(struct rule, origin)},
	{.name = "text", .kind = FIELD_TEXT, .offset = offsetof(struct rule, text)},
	{.name = "note", .kind = FIELD_TEXT, .offset = offsetof(struct rule, note)},
	{0},
};

/* One answer of `explain`: about one watched port. */
struct answer {
	char address[ADDR_TEXT], destination[ADDR_TEXT];
	const char *side, *destination_side;
	struct rule side_rule, destination_rule, rule;
	int64_t port;
	const char *standing; /* NULL: no attempt, or it depends on the destination */
	const char *reason;
	struct list may; /* of struct rule */
};

static const struct field answer_fields[] = {
	{.name = "address", .kind = FIELD_CHARS, .offset = offsetof(struct answer, address)},
	{.name = "side", .kind = FIELD_TEXT, .offset = offsetof(struct answer, side)},
	{.name = "side_rule",
	 .kind = FIELD_OBJECT,
	 .offset = offsetof(struct answer, side_rule),
	 .fields = rule_fields},
	{.name = "destination",
	 .kind = FIELD_CHARS,
	 .offset = offsetof(struct answer, destination)},
	{.name = "destination_side",
	 .kind = FIELD_TEXT,
	 .offset = offsetof(struct answer, destination_side)},
	{.name = "destination_rule",
	 .kind = FIELD_OBJECT,
	 .offset = offsetof(struct answer, destination_rule),
	 .fields = rule_fields},
	{.name = "port", .kind = FIELD_INTEGER, .offset = offsetof(struct answer, port)},
	{.name = "standing", .kind = FIELD_TEXT, .offset = offsetof(struct answer, standing)},
	{.name = "reason", .kind = FIELD_TEXT, .offset = offsetof(struct answer, reason)},
	{.name = "rule",
	 .kind = FIELD_OBJECT,
	 .offset = offsetof(struct answer, rule),
	 .fields = rule_fields},
	{.name = "may",
	 .kind = FIELD_OBJECTS,
	 .offset = offsetof(struct answer, may),
	 .fields = rule_fields,
	 .size = sizeof(struct rule)},
	{0},
};

/* Printing what is in force. */

struct lines {
	struct line *items;
	size_t count;
};

/* A rule's text without the name that begins it. */
static const char *rule_value(enum policy_class c, const struct rule *r)
{
	size_t n = strlen(policy_class_name(c));

	return strncmp(r->text, policy_class_name(c), n) == 0 ? r->text + n + 1 : r->text;
}

/* A rule's text for people, who read local time: it may end in "until" and a time in UTC. */
static const char *local_text(const char *text, char buf[RULE_TEXT])
{
	static const char word[] = " until ";
	const char *at = strstr(text, word);
	char when[MOMENT_TEXT];
	int64_t t;

	if (!at || moment_parse(at + strlen(word), 0, &t) < 0)
		return text;
	return text_print(buf, RULE_TEXT, "%.*s%s%s", (int)(at - text), text, word,
			  moment_format_local(t, when));
}

static int collect_lines(const struct config *c, struct lines *ret_)
{
	size_t count = c->line_count, at = 0;
	struct line *items;

	for (enum policy_class k = 0; k < POLICY_CLASS_COUNT; k++)
		count += policy_rule_count(c->policy, k);
	items = calloc(count, sizeof(*items));
	if (!items)
		return -ENOMEM;
	for (enum policy_class k = 0; k < POLICY_CLASS_COUNT; k++) {
		for (size_t i = 0; i < policy_rule_count(c->policy, k); i++) {
			const struct rule *r = policy_rule(c->policy, k, i);

			items[at++] = (struct line){.name = policy_class_name(k),
						    .value = rule_value(k, r),
						    .origin = r->origin,
						    .note = r->note};
		}
	}
	for (size_t i = 0; i < c->line_count; i++)
		items[at++] = (struct line){.name = c->lines[i].name,
					    .value = c->lines[i].text,
					    .origin = c->lines[i].origin};
	*ret_ = (struct lines){items, at};
	return 0;
}

static int print_list(const struct report_options *ro, const struct lines *lines)
{
	struct report *report = report_begin(ro, line_fields);
	int r = report ? 0 : -ENOMEM;

	for (size_t i = 0; i < lines->count && r == 0; i++) {
		struct line *line = &lines->items[i];

		if (ro->format == REPORT_TABLE)
			line->value = local_text(line->value, line->local);
		r = report_row(report, line);
	}
	if (r == 0)
		return report_end(report);
	report_end(report);
	return r;
}

static int print_config(const struct options *options, const struct config *c)
{
	struct report_options ro;
	struct lines lines;
	int r = collect_lines(c, &lines);

	if (r < 0)
		return r;
	query_report(options, moment_now(), &ro);
	if (ro.format == REPORT_JSON) {
		struct whole whole = {c->path, {lines.items, lines.count}};

		r = report_object(&ro, whole_fields, &whole);
	} else {
		r = print_list(&ro, &lines);
		if (r == 0 && c->path)
			r = report_note(&ro, "%s is in order.", c->path);
		else if (r == 0)
			r = report_note(&ro, "There is no %s; these are the defaults.",
					CONFIG_DEFAULT_PATH);
	}
	free(lines.items);
	return r;
}

/* Explaining. */

static const char *side_name(enum side side)
{
	switch (side) {
	case SIDE_INTERNAL:
		return "internal";
	case SIDE_EXTERNAL:
		return "external";
	case SIDE_NEITHER:
		break;
	}
	return "neither";
}

struct question {
	const struct policy *policy;
	struct addr address, destination;
	bool has_destination;
	int64_t now;
	enum side side, destination_side;
	const struct rule *side_rule, *destination_rule;
	struct rule *may;
	size_t may_count;
	bool no_memory;
};

static void take_rule(const struct rule *rule, void *context)
{
	struct question *q = context;
	struct rule *may = reallocarray(q->may, q->may_count + 1, sizeof(*may));

	if (!may) {
		q->no_memory = true;
		return;
	}
	q->may = may;
	may[q->may_count++] = *rule;
}

/* Why there is no attempt to judge, or NULL. */
static const char *no_attempt(const struct question *q)
{
	if (q->side == SIDE_NEITHER)
		return "no unicast address";
	if (q->side == SIDE_EXTERNAL)
		return "not internal: its connections to external addresses are unclassified";
	if (q->has_destination && q->destination_side == SIDE_INTERNAL)
		return "the destination is internal: such connections are not watched";
	if (q->has_destination && q->destination_side == SIDE_NEITHER)
		return "the destination is no unicast address";
	return NULL;
}

static void set_rule(struct rule *to, const struct rule *from)
{
	*to = from ? *from : (struct rule){NULL, NULL, NULL};
}

/* Without a destination: what holds for all of them, where one answer does. */
static void judge_any(const struct question *q, uint16_t port, struct answer *a)
{
	static const struct addr nowhere;
	struct judgement j;

	if (site_port(policy_site(q->policy), port) != PORT_ALSO && q->may_count > 0 &&
	    !policy_permits_all(q->policy, &q->address, q->now)) {
		a->reason = "depends on the destination";
		return;
	}
	policy_judge(q->policy, &q->address, &nowhere, port, q->now, &j);
	a->standing = standing_name(j.standing);
	a->reason = reason_text(j.reason);
	set_rule(&a->rule, j.rule);
}

static void answer(const struct question *q, uint16_t port, struct answer *ret_)
{
	struct answer a = {.side = side_name(q->side), .port = port};
	struct judgement j;

	addr_format(&q->address, a.address);
	set_rule(&a.side_rule, q->side_rule);
	a.may = (struct list){q->may, q->may_count};
	if (q->has_destination) {
		addr_format(&q->destination, a.destination);
		a.destination_side = side_name(q->destination_side);
		set_rule(&a.destination_rule, q->destination_rule);
	}
	a.reason = no_attempt(q);
	if (!a.reason && q->has_destination) {
		policy_judge(q->policy, &q->address, &q->destination, port, q->now, &j);
		a.standing = standing_name(j.standing);
		a.reason = reason_text(j.reason);
		set_rule(&a.rule, j.rule);
	} else if (!a.reason) {
		judge_any(q, port, &a);
	}
	*ret_ = a;
}

static int print_answers(const struct report_options *ro, const struct config *c,
			 const struct question *q)
{
	struct report *report = report_begin(ro, answer_fields);
	int r = report ? 0 : -ENOMEM;

	for (size_t i = 0; i < c->port_count && r == 0; i++) {
		struct answer a;

		answer(q, c->ports[i], &a);
		r = report_row(report, &a);
	}
	if (r == 0)
		return report_end(report);
	report_end(report);
	return r;
}

static int say_rule(const struct report_options *ro, const char *lead, const struct rule *r)
{
	char local[RULE_TEXT];

	return report_note(ro, "%s%s (%s)%s%s", lead, local_text(r->text, local), r->origin,
			   r->note ? ": " : "", r->note ? r->note : "");
}

static int say_side(const struct report_options *ro, const char *address, const char *side,
		    const struct rule *rule)
{
	if (strcmp(side, "neither") == 0)
		return report_note(ro, "%s is no unicast address.", address);
	if (!rule->text)
		return report_note(ro, "%s is %s: no line says that it is internal.", address,
				   side);
	return report_note(ro, "%s is %s: %s (%s).", address, side, rule->text, rule->origin);
}

static int say_may(const struct report_options *ro, const struct question *q)
{
	int r;

	if (q->may_count == 0)
		return report_note(ro, "It is no mail server, and no allow entry covers it.");
	r = report_note(ro, "These lines let it send:");
	for (size_t i = 0; i < q->may_count && r == 0; i++)
		r = say_rule(ro, "  ", &q->may[i]);
	for (size_t i = 0; i < policy_rule_count(q->policy, POLICY_SMART_HOST) && r == 0; i++)
		r = say_rule(ro, "  mail servers may send to ",
			     policy_rule(q->policy, POLICY_SMART_HOST, i));
	return r;
}

static int say_port(const struct report_options *ro, const struct answer *a)
{
	int r = report_note(ro, "Port %d: %s%s%s.", (int)a->port, a->standing ? a->standing : "",
			    a->standing ? ": " : "", a->reason);

	return r == 0 && a->rule.text ? say_rule(ro, "  ", &a->rule) : r;
}

static int print_words(const struct report_options *ro, const struct config *c,
		       const struct question *q)
{
	struct answer a;
	int r;

	answer(q, c->ports[0], &a);
	r = say_side(ro, a.address, a.side, &a.side_rule);
	if (r == 0 && q->side == SIDE_INTERNAL && !q->has_destination)
		r = say_may(ro, q);
	if (r == 0 && q->has_destination)
		r = say_side(ro, a.destination, a.destination_side, &a.destination_rule);
	if (r == 0 && no_attempt(q))
		return q->side == SIDE_NEITHER ? 0 : report_note(ro, "No attempt: %s.", a.reason);
	for (size_t i = 0; i < c->port_count && r == 0; i++) {
		answer(q, c->ports[i], &a);
		r = say_port(ro, &a);
	}
	return r;
}

static int take_address(const char *text, struct addr *ret_)
{
	if (addr_parse(text, ret_) == 0)
		return EXIT_DONE;
	log_say("config: \"%s\": expected an IPv4 or IPv6 address; see egress25 config --help",
		text);
	return EXIT_USAGE;
}

static int explain(const struct options *options, const struct config *c)
{
	struct question q = {.policy = c->policy, .now = moment_now()};
	struct report_options ro;
	char **arguments = options->arguments + 1;
	int r;

	query_report(options, q.now, &ro);
	q.has_destination = options->argument_count > 2;
	if (take_address(arguments[0], &q.address) ||
	    (q.has_destination && take_address(arguments[1], &q.destination)))
		return EXIT_USAGE;
	q.side_rule = policy_side_rule(c->policy, &q.address, &q.side);
	if (q.has_destination)
		q.destination_rule =
			policy_side_rule(c->policy, &q.destination, &q.destination_side);
	if (q.side == SIDE_INTERNAL)
		policy_walk_client(c->policy, &q.address, q.now, take_rule, &q);
	if (q.no_memory)
		r = -ENOMEM;
	else
		r = ro.format == REPORT_TABLE ? print_words(&ro, c, &q) : print_answers(&ro, c, &q);
	free(q.may);
	return query_written(r, EXIT_DONE);
}

static int check_arguments(const struct options *options)
{
	if (options->argument_count == 0)
		return EXIT_DONE;
	if (strcmp(options->arguments[0], "explain") != 0)
		log_say("config: \"%s\": expected explain, or nothing; see egress25 config --help",
			options->arguments[0]);
	else if (options->argument_count < 2)
		log_say("config: explain needs an ADDRESS; see egress25 config --help");
	else
		return EXIT_DONE;
	return EXIT_USAGE;
}

int command_config(const struct options *options)
{
	struct config *c;
	int r = check_arguments(options);

	if (r == EXIT_DONE)
		r = options_config(options, &c);
	if (r != EXIT_DONE)
		return r;
	if (options->argument_count > 0)
		r = explain(options, c);
	else if ((r = options_check(c)) == EXIT_DONE)
		r = query_written(print_config(options, c), EXIT_DONE);
	config_free(c);
	return r;
}
