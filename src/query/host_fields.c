#include "query/host.h"

#define IDENTITY(member) .offset = offsetof(struct host_identity, member)

static const struct field identity_fields[] = {
	{"mac", FIELD_CHARS, IDENTITY(mac), .heading = "MAC", .place = 1},
	{"vlan", FIELD_MAYBE, IDENTITY(vlan), .heading = "VLAN", .place = 2, .weight = 90,
	 .right = true},
	{"name", FIELD_TEXT, IDENTITY(name), .heading = "NAME", .place = 3, .weight = 80,
	 .least = 8},
	{"source", FIELD_CHARS, IDENTITY(source), .heading = "SOURCE", .place = 4, .weight = 20},
	{"first_seen", FIELD_TIME, IDENTITY(first_seen), .heading = "FIRST SEEN", .place = 5,
	 .weight = 50},
	{"last_seen", FIELD_TIME, IDENTITY(last_seen), .heading = "LAST SEEN", .place = 6,
	 .weight = 70},
	{"vlan_tags", FIELD_CHARS, IDENTITY(vlan_tags)},
	{"hops", FIELD_INTEGER, IDENTITY(hops), .heading = "HOPS", .place = 7, .weight = 30,
	 .right = true},
	{"router", FIELD_BOOL, IDENTITY(router), .heading = "ROUTER", .place = 8, .weight = 40},
	{0},
};

#define SERVER(member) .offset = offsetof(struct host_server, member)

static const struct field server_fields[] = {
	{"address", FIELD_CHARS, SERVER(address), .heading = "ADDRESS", .place = 1},
	{"name", FIELD_TEXT, SERVER(name), .heading = "NAME", .place = 2, .weight = 50, .least = 8},
	{"attempts", FIELD_INTEGER, SERVER(attempts), .heading = "ATTEMPTS", .place = 3,
	 .weight = 90, .right = true},
	{"connected", FIELD_INTEGER, SERVER(connected), .heading = "CONNECTED", .place = 4,
	 .weight = 80, .right = true},
	{"last_attempt", FIELD_TIME, SERVER(last_attempt), .heading = "LAST ATTEMPT", .place = 5,
	 .weight = 60},
	{"standing", FIELD_TEXT, SERVER(standing), .heading = "STANDING", .place = 6, .weight = 70},
	{0},
};

#define SUM(member) .offset = offsetof(struct host_sum, member)

static const struct field sum_fields[] = {
	{"attempts", FIELD_INTEGER, SUM(attempts)},
	{"connected", FIELD_INTEGER, SUM(connected)},
	{"first_seen", FIELD_TIME, SUM(first_seen)},
	{"last_seen", FIELD_TIME, SUM(last_seen)},
	{0},
};

#define AT(member) .offset = offsetof(struct host, member)

const struct field host_fields[] = {
	{"offender", FIELD_INLINE, AT(offender), .fields = offender_fields},
	{"mac_note", FIELD_TEXT, AT(offender.mac_note)},
	{"log_odds", FIELD_REAL, AT(ledger.log_odds)},
	{"ledger", FIELD_OBJECTS, AT(ledger.terms), .fields = ledger_fields,
	 .size = sizeof(struct ledger_row), .note = ledger_note},
	{"remarks", FIELD_TEXTS, AT(ledger.remarks)},
	{"listings", FIELD_OBJECTS, AT(notices), .fields = notice_fields,
	 .size = sizeof(struct notice_row)},
	{"permitted", FIELD_OBJECT, AT(permitted), .fields = sum_fields},
	{"also_watched", FIELD_OBJECT, AT(also_watched), .fields = sum_fields},
	{"identities", FIELD_OBJECTS, AT(identities), .fields = identity_fields,
	 .size = sizeof(struct host_identity)},
	{"server_count", FIELD_INTEGER, AT(server_count)},
	{"servers", FIELD_OBJECTS, AT(servers), .fields = server_fields,
	 .size = sizeof(struct host_server)},
	{"recent", FIELD_OBJECTS, AT(recent), .fields = connection_fields,
	 .size = sizeof(struct connection_row)},
	{0},
};
