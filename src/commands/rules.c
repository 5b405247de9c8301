/* rules: firewall rules for the policy, or for the offenders found. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/moment.h"
#include "base/text.h"
#include "commands/command.h"
#include "commands/query.h"
#include "query/offender.h"
#include "query/rules.h"

#define BAN_DEFAULT  MOMENT_DAY
#define BAN_LEAST    MOMENT_MINUTE
#define BAN_MOST     (366 * MOMENT_DAY)
#define REFUSED_MOST 100 /* named on standard error, one by one */

/* What the command line asks for. */
struct order {
	const struct rules_dialect *dialect;
	enum rules_part part; /* RULES_PART_COUNT: all */
	struct rules_order rules;
};

struct refused {
	char address[ADDR_TEXT];
	const char *reason;
};

struct refusals {
	struct refused *items;
	size_t count;
};

/* Options. */

static int bad(const char *option, const char *value, const char *expected)
{
	log_say("rules: --%s %s: expected %s; see egress25 rules --help", option, value, expected);
	return EXIT_USAGE;
}

static const char *dialect_word(const void *context, size_t i)
{
	(void)context;
	return rules_dialect_name(i);
}

static int take_dialect(const char *name, const struct rules_dialect **ret_)
{
	char known[256] = "";
	const char *near, *each;
	size_t count = 0, used = 0;

	*ret_ = rules_dialect(name);
	if (*ret_)
		return EXIT_DONE;
	for (; (each = rules_dialect_name(count)); count++) {
		text_print(known + used, sizeof(known) - used, "%s%s", count ? ", " : "", each);
		used = strlen(known);
	}
	near = text_nearest(name, dialect_word, NULL, count);
	log_say("rules: \"%s\": unknown firewall%s%s; known are %s", name, near ? ", perhaps " : "",
		near ? near : "", known);
	return EXIT_USAGE;
}

static int take_part(const char *text, enum rules_part *ret_)
{
	*ret_ = RULES_PART_COUNT;
	if (!text || strcmp(text, "all") == 0)
		return EXIT_DONE;
	for (enum rules_part i = 0; i < RULES_PART_COUNT; i++)
		if (strcmp(text, rules_part_name(i)) == 0) {
			*ret_ = i;
			return EXIT_DONE;
		}
	return bad("part", text, "apply, verify, undo or all");
}

static int take_duration(const char *text, int64_t *ret_)
{
	*ret_ = BAN_DEFAULT;
	if (!text)
		return EXIT_DONE;
	if (moment_parse_duration(text, ret_) < 0 || *ret_ < BAN_LEAST || *ret_ > BAN_MOST)
		return bad("for", text, "a duration from 1m to 366d, such as 2h");
	return EXIT_DONE;
}

static int take_incident(const char *text, int64_t *ret_)
{
	char *end;

	*ret_ = 0;
	if (!text)
		return EXIT_DONE;
	errno = 0;
	*ret_ = strtoll(text, &end, 10);
	if (*text < '1' || *text > '9' || *end || errno)
		return bad("incident", text, "the number of an incident");
	return EXIT_DONE;
}

static int take_interface(const char *option, const char *text, const char **ret_)
{
	*ret_ = text;
	if (!text || rules_interface_is_plain(text))
		return EXIT_DONE;
	return bad(option, text, "a name of letters, digits and . _ / -");
}

/* What has a meaning only where hosts are banned. */
static int check_ban_options(const struct options *o)
{
	const char *without = o->duration ? "for" : o->since ? "since" : o->until ? "until" : NULL;

	if (o->ban || !without)
		return EXIT_DONE;
	log_say("rules: --%s has a meaning with --offenders alone; see egress25 rules --help",
		without);
	return EXIT_USAGE;
}

static int take_order(const struct options *o, struct order *ret_)
{
	struct rules_order *rules = &ret_->rules;
	int status = take_dialect(o->arguments[0], &ret_->dialect);

	rules->ban = o->ban;
	if (status == EXIT_DONE)
		status = take_part(o->part, &ret_->part);
	if (status == EXIT_DONE)
		status = take_duration(o->duration, &rules->duration);
	if (status == EXIT_DONE)
		status = take_incident(o->incident, &rules->incident);
	if (status == EXIT_DONE)
		status = take_interface("lan-interface", o->lan, &rules->lan);
	if (status == EXIT_DONE)
		status = take_interface("wan-interface", o->wan, &rules->wan);
	if (status == EXIT_DONE)
		status = check_ban_options(o);
	if (status == EXIT_DONE && o->format == FORMAT_CSV)
		status = bad("format", "csv", "table or json");
	return status;
}

/* Whom to ban. */

static int refuse(struct refusals *refused, const char *address, const char *reason)
{
	struct refused *items = reallocarray(refused->items, refused->count + 1, sizeof(*items));

	if (!items)
		return -ENOMEM;
	refused->items = items;
	text_print(items[refused->count].address, ADDR_TEXT, "%s", address);
	items[refused->count++].reason = reason;
	return 0;
}

static int ban(struct rules_plan *plan, const struct offender *o, struct refusals *refused)
{
	enum rules_refusal why = RULES_REFUSED_PERMITTED;
	int r = o->now_permitted ? -EPERM : rules_plan_ban(plan, &o->parsed, &why);

	return r == -EPERM ? refuse(refused, o->address, rules_refusal_text(why)) : r;
}

/* The offenders of the window, as `offenders` finds them. */
static int ban_offenders(const struct query *q, struct rules_plan *plan, struct refusals *refused)
{
	struct offenders found = {0};
	uint64_t outside;
	int status = EXIT_DONE;

	for (size_t i = 0; i < q->count && status == EXIT_DONE; i++)
		if (offenders_load(q->records[i], &q->window, 0, q->config->policy, q->now, &found,
				   &outside) < 0)
			status = query_failed(q->records[i]);
	offenders_rank(&found);
	for (size_t i = 0; i < found.count && status == EXIT_DONE; i++)
		if (ban(plan, &found.items[i], refused) < 0) {
			log_say("rules: no memory for the offenders");
			status = EXIT_FAILED;
		}
	offenders_done(&found);
	return status;
}

/* Answers. */

struct answer {
	const char *firewall;
	bool tested;
	struct maybe incident;
	char *parts[RULES_PART_COUNT];
	struct list hosts, refused, notes;
};

static const struct field refused_fields[] = {
	{.name = "address", .kind = FIELD_CHARS, .offset = offsetof(struct refused, address)},
	{.name = "reason", .kind = FIELD_TEXT, .offset = offsetof(struct refused, reason)},
	{0},
};

static const struct field answer_fields[] = {
	{.name = "firewall", .kind = FIELD_TEXT, .offset = offsetof(struct answer, firewall)},
	{.name = "tested", .kind = FIELD_BOOL, .offset = offsetof(struct answer, tested)},
	{.name = "incident", .kind = FIELD_MAYBE, .offset = offsetof(struct answer, incident)},
	{.name = "apply",
	 .kind = FIELD_TEXT,
	 .offset = offsetof(struct answer, parts[RULES_APPLY])},
	{.name = "verify",
	 .kind = FIELD_TEXT,
	 .offset = offsetof(struct answer, parts[RULES_VERIFY])},
	{.name = "undo", .kind = FIELD_TEXT, .offset = offsetof(struct answer, parts[RULES_UNDO])},
	{.name = "hosts", .kind = FIELD_TEXTS, .offset = offsetof(struct answer, hosts)},
	{.name = "refused",
	 .kind = FIELD_OBJECTS,
	 .offset = offsetof(struct answer, refused),
	 .fields = refused_fields,
	 .size = sizeof(struct refused)},
	{.name = "notes", .kind = FIELD_TEXTS, .offset = offsetof(struct answer, notes)},
	{0},
};

static int add_text(struct list *list, const char *text)
{
	char **items =
		reallocarray((void *)(uintptr_t)list->items, list->count + 1, sizeof(*items));

	if (!items)
		return -ENOMEM;
	list->items = items;
	items[list->count] = strdup(text);
	return items[list->count] ? (list->count++, 0) : -ENOMEM;
}

static void texts_done(struct list *list)
{
	char **items = (void *)(uintptr_t)list->items;

	for (size_t i = 0; i < list->count; i++)
		free(items[i]);
	free(items);
}

static int fill_answer(struct answer *a, const struct order *order, const struct rules_plan *plan)
{
	char note[RULES_NOTE], address[ADDR_TEXT];
	int r = 0;

	for (size_t i = 0; r == 0 && rules_note(order->dialect, plan, i, note); i++)
		r = add_text(&a->notes, note);
	for (size_t i = 0; r == 0 && rules_banned(plan, i, address); i++)
		r = add_text(&a->hosts, address);
	for (enum rules_part i = 0; r == 0 && i < RULES_PART_COUNT; i++) {
		a->parts[i] = rules_write(order->dialect, plan, i);
		r = a->parts[i] ? 0 : -ENOMEM;
	}
	return r;
}

static int print_json(const struct report_options *ro, const char *name, const struct order *order,
		      const struct rules_plan *plan, const struct refusals *refused)
{
	struct answer a = {.firewall = name,
			   .tested = rules_dialect_is_tested(order->dialect),
			   .incident = {order->rules.incident != 0, order->rules.incident},
			   .refused = {refused->items, refused->count}};
	int r = fill_answer(&a, order, plan);

	if (r == 0)
		r = report_object(ro, answer_fields, &a);
	for (size_t i = 0; i < RULES_PART_COUNT; i++)
		free(a.parts[i]);
	texts_done(&a.hosts);
	texts_done(&a.notes);
	return r;
}

static void say_refused(const struct refusals *refused)
{
	for (size_t i = 0; i < refused->count && i < REFUSED_MOST; i++)
		log_say("rules: %s is not banned: %s", refused->items[i].address,
			refused->items[i].reason);
	if (refused->count > REFUSED_MOST)
		log_say("rules: %zu more are not banned; --format json names them",
			refused->count - REFUSED_MOST);
}

static int print(const struct query *q, const char *name, const struct order *order,
		 const struct rules_plan *plan, struct refusals *refused)
{
	char address[ADDR_TEXT];
	int r = 0;

	for (size_t i = 0; r == 0 && rules_left_out(order->dialect, plan, i, address); i++)
		r = refuse(refused, address,
			   "this firewall could not leave alone what an allow entry permits it");
	if (r < 0)
		return r;
	say_refused(refused);
	if (q->report.format == REPORT_JSON)
		return print_json(&q->report, name, order, plan, refused);
	return rules_print(q->report.out, order->dialect, plan, order->part);
}

static int answer(struct query *q, const char *name, struct order *order)
{
	struct refusals refused = {0};
	struct rules_plan *plan;
	int status = EXIT_DONE, r;

	order->rules.now = q->now;
	order->rules.never = q->config->never_reset;
	order->rules.never_count = q->config->never_reset_count;
	r = rules_plan_new(q->config->policy, &order->rules, &plan);
	if (r == -ENOENT) {
		log_say("rules: no mail server is configured, and these rules would stop it too; "
			"name it with --mail-server");
		return EXIT_USAGE;
	}
	if (r < 0) {
		log_say("rules: no memory for the rules");
		return EXIT_FAILED;
	}
	if (order->rules.ban)
		status = ban_offenders(q, plan, &refused);
	if (status == EXIT_DONE)
		status = query_written(print(q, name, order, plan, &refused), EXIT_DONE);
	rules_plan_free(plan);
	free(refused.items);
	return status;
}

/* A block asks no record. */
static int open_config(const struct options *options, struct query *q)
{
	*q = (struct query){.now = moment_now()};
	query_report(options, q->now, &q->report);
	return options_config(options, &q->config);
}

int command_rules(const struct options *options)
{
	struct order order = {0};
	struct query q;
	int status = take_order(options, &order);

	if (status != EXIT_DONE)
		return status;
	status = options->ban ? query_open(options, false, &q) : open_config(options, &q);
	if (status == EXIT_DONE && options->ban)
		status = query_incident(&q, options, &(int64_t){0});
	if (status == EXIT_DONE)
		status = answer(&q, options->arguments[0], &order);
	query_close(&q);
	return status;
}
