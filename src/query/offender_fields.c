#include <inttypes.h>
#include <string.h>

#include "base/moment.h"
#include "base/text.h"
#include "judge/evidence.h"
#include "query/offender.h"

#define LONG_AGO (60 * MOMENT_DAY)

static void cell_address(const void *row, int64_t now, char *buf, size_t size)
{
	const struct offender *o = row;

	(void)now;
	if (o->name)
		text_print(buf, size, "%s (%s)", o->address, o->name);
	else
		text_print(buf, size, "%s", o->address);
}

static void cell_destinations(const void *row, int64_t now, char *buf, size_t size)
{
	const struct offender *o = row;

	(void)now;
	text_print(buf, size, "%" PRId64 "%s", o->destinations, o->destinations_exact ? "" : "+");
}

/* Of those that were reset when established. */
static void cell_killed(const void *row, int64_t now, char *buf, size_t size)
{
	const struct offender *o = row;

	(void)now;
	if (o->killable)
		text_print(buf, size, "%" PRId64 " of %" PRId64,
			   o->killed.known ? o->killed.value : 0, o->killable);
	else
		*buf = '\0';
}

static void cell_permitted(const void *row, int64_t now, char *buf, size_t size)
{
	const struct offender *o = row;

	(void)now;
	text_print(buf, size, "%s", o->now_permitted ? "permitted" : "");
}

static void cell_verdict(const void *row, int64_t now, char *buf, size_t size)
{
	const struct offender *o = row;

	(void)now;
	if (*o->verdict && o->score.known)
		text_print(buf, size, "%s %.2f", o->verdict, o->score.value);
	else
		text_print(buf, size, "%s", *o->verdict ? o->verdict : "-");
}

/* A capture may be of any year: there the day says more than how long ago it is. */
static void put_time(int64_t t, int64_t now, char *buf, size_t size)
{
	char local[MOMENT_TEXT], ago[MOMENT_TEXT];

	if (t == TIME_UNKNOWN)
		return;
	if (t < now && now - t > LONG_AGO)
		text_print(buf, size, "%.10s", moment_format_local(t, local));
	else
		text_print(buf, size, "%s", moment_format_ago(t, now, ago));
}

static void cell_first_seen(const void *row, int64_t now, char *buf, size_t size)
{
	put_time(((const struct offender *)row)->first_seen, now, buf, size);
}

static void cell_last_seen(const void *row, int64_t now, char *buf, size_t size)
{
	put_time(((const struct offender *)row)->last_seen, now, buf, size);
}

const char *offender_style(const void *offender)
{
	const struct offender *o = offender;

	if (o->now_permitted)
		return "2";
	if (strcmp(o->verdict, verdict_name(VERDICT_BOT)) == 0)
		return "1;31";
	if (o->outcomes[OUTCOME_SENT] > 0 || o->outcomes[OUTCOME_ENCRYPTED] > 0)
		return "1;31";
	return o->connected > 0 ? "31" : NULL;
}

#define AT(member) .offset = offsetof(struct offender, member)

const struct field offender_fields[] = {
	{"address", FIELD_CHARS, AT(address), .heading = "ADDRESS", .place = 1,
	 .cell = cell_address},
	{"name", FIELD_TEXT, AT(name)},
	{"mac", FIELD_CHARS, AT(mac), .heading = "MAC", .place = 3, .weight = 90},
	{"vendor", FIELD_TEXT, AT(vendor)},
	{"vlans", FIELD_NUMBERS, AT(vlans), .heading = "VLAN", .place = 4, .weight = 80,
	 .least = 4},
	{"sensor", FIELD_TEXT, AT(sensor), .heading = "SENSOR", .place = 14, .weight = 55,
	 .least = 6, .merged = true},
	{"first_seen", FIELD_TIME, AT(first_seen), .heading = "FIRST SEEN", .place = 11,
	 .weight = 30, .cell = cell_first_seen},
	{"last_seen", FIELD_TIME, AT(last_seen), .heading = "LAST SEEN", .place = 12, .weight = 75,
	 .cell = cell_last_seen},
	{"attempts", FIELD_INTEGER, AT(attempts), .heading = "ATTEMPTS", .place = 5, .weight = 95,
	 .right = true},
	{"connected", FIELD_INTEGER, AT(connected), .heading = "CONNECTED", .place = 6,
	 .weight = 70, .right = true},
	{"messages", FIELD_MAYBE, AT(messages), .heading = "MESSAGES", .place = 7, .weight = 85,
	 .right = true},
	{"recipients", FIELD_MAYBE, AT(recipients)},
	{"destinations", FIELD_INTEGER, AT(destinations), .heading = "SERVERS", .place = 8,
	 .weight = 65, .right = true, .cell = cell_destinations},
	{"destinations_exact", FIELD_BOOL, AT(destinations_exact)},
	{"bytes_sent", FIELD_INTEGER, AT(bytes_sent)},
	{"resets", FIELD_INTEGER, AT(resets)},
	{"killed", FIELD_MAYBE, AT(killed), .heading = "KILLED", .place = 9, .weight = 68,
	 .right = true, .cell = cell_killed},
	{"helo", FIELD_TEXTS, AT(helo)},
	{"outcomes", FIELD_OUTCOMES, AT(outcomes), .heading = "OUTCOMES", .place = 10, .weight = 50,
	 .least = 12},
	{"verdict", FIELD_CHARS, AT(verdict), .heading = "VERDICT", .place = 2, .weight = 97,
	 .cell = cell_verdict},
	{"score", FIELD_REAL, AT(score)},
	{"reasons", FIELD_TEXTS, AT(reasons), .heading = "BECAUSE", .place = 15, .weight = 99,
	 .below = true},
	{"now_permitted", FIELD_BOOL, AT(now_permitted), .heading = "TODAY", .place = 13,
	 .weight = 60, .cell = cell_permitted},
	{0},
};
