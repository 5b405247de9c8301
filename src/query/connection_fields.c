#include <inttypes.h>
#include <string.h>

#include "base/moment.h"
#include "base/text.h"
#include "judge/policy.h"
#include "query/connections.h"

static void cell_started(const void *row, int64_t now, char *buf, size_t size)
{
	const struct connection_row *c = row;
	char text[MOMENT_TEXT];

	(void)now;
	text_print(buf, size, "%s", moment_format_local(c->started, text));
}

static void cell_server(const void *row, int64_t now, char *buf, size_t size)
{
	const struct connection_row *c = row;
	bool colons = strchr(c->server, ':') != NULL;

	(void)now;
	text_print(buf, size, "%s%s%s:%" PRId64, colons ? "[" : "", c->server, colons ? "]" : "",
		   c->server_port);
}

static bool is_also_watched(const struct connection_row *c)
{
	return c->standing == standing_name(STANDING_ALSO_WATCHED);
}

static void cell_offence(const void *row, int64_t now, char *buf, size_t size)
{
	const struct connection_row *c = row;

	(void)now;
	text_print(buf, size, "%s",
		   is_also_watched(c) ? c->standing
		   : c->offence	      ? c->offence
				      : "");
}

const char *connection_style(const void *row)
{
	return is_also_watched(row) ? "2" : NULL;
}

#define AT(member) .offset = offsetof(struct connection_row, member)

const struct field connection_fields[] = {
	{"id", FIELD_INTEGER, AT(id)},
	{"client", FIELD_CHARS, AT(client), .heading = "CLIENT", .place = 2},
	{"client_port", FIELD_INTEGER, AT(client_port), .heading = "PORT", .place = 3, .weight = 20,
	 .right = true},
	{"server", FIELD_CHARS, AT(server), .heading = "SERVER", .place = 4, .weight = 92,
	 .late = true, .least = 8, .cell = cell_server},
	{"server_port", FIELD_INTEGER, AT(server_port)},
	{"server_name", FIELD_TEXT, AT(server_name)},
	{"vlan", FIELD_MAYBE, AT(vlan), .heading = "VLAN", .place = 5, .weight = 60, .right = true},
	{"mac", FIELD_CHARS, AT(mac), .heading = "MAC", .place = 6, .weight = 70},
	{"started", FIELD_TIME, AT(started), .heading = "STARTED", .place = 1, .weight = 94,
	 .late = true, .least = 8, .tail = true, .cell = cell_started},
	{"ended", FIELD_TIME, AT(ended)},
	{"outcome", FIELD_CHARS, AT(outcome), .heading = "OUTCOME", .place = 7, .weight = 96,
	 .late = true, .least = 7},
	{"resets", FIELD_INTEGER, AT(resets)},
	{"killed", FIELD_MAYBE_BOOL, AT(killed)},
	{"helo", FIELD_TEXT, AT(helo)},
	{"senders", FIELD_TEXTS, AT(senders)},
	{"recipients", FIELD_MAYBE, AT(recipients)},
	{"messages", FIELD_MAYBE, AT(messages)},
	{"bytes_sent", FIELD_INTEGER, AT(bytes_sent), .heading = "SENT", .place = 8, .weight = 40,
	 .right = true},
	{"bytes_received", FIELD_INTEGER, AT(bytes_received), .heading = "RECEIVED", .place = 9,
	 .weight = 30, .right = true},
	{"banner", FIELD_TEXT, AT(banner)},
	{"reply", FIELD_TEXT, AT(reply)},
	{"permitted", FIELD_BOOL, AT(permitted)},
	{"offence", FIELD_TEXT, AT(offence), .heading = "OFFENCE", .place = 10, .weight = 50,
	 .least = 10, .cell = cell_offence},
	{"vlan_tags", FIELD_CHARS, AT(vlan_tags)},
	{"sensor", FIELD_TEXT, AT(sensor), .heading = "SENSOR", .place = 11, .weight = 55,
	 .least = 6, .merged = true},
	{"standing", FIELD_TEXT, AT(standing)},
	{0},
};
