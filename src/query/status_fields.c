#include "query/status.h"

#define INTERFACE(member) .offset = offsetof(struct status_interface, member)

static const struct field interface_fields[] = {
	{"name", FIELD_TEXT, INTERFACE(name), .heading = "NAME", .place = 1},
	{"received", FIELD_INTEGER, INTERFACE(received), .heading = "RECEIVED", .place = 2,
	 .weight = 80, .right = true},
	{"dropped", FIELD_INTEGER, INTERFACE(dropped), .heading = "DROPPED", .place = 3,
	 .weight = 90, .right = true},
	{"dropped_by_interface", FIELD_INTEGER, INTERFACE(dropped_by_interface),
	 .heading = "BY INTERFACE", .place = 4, .weight = 20, .right = true},
	{"both_directions", FIELD_BOOL, INTERFACE(both_directions), .heading = "BOTH WAYS",
	 .place = 5, .weight = 60},
	{"last_frame", FIELD_TIME, INTERFACE(last_frame), .heading = "LAST FRAME", .place = 6,
	 .weight = 70},
	{"outward", FIELD_INTEGER, INTERFACE(outward)},
	{"inward", FIELD_INTEGER, INTERFACE(inward)},
	{"down", FIELD_BOOL, INTERFACE(down), .heading = "DOWN", .place = 7, .weight = 50},
	{0},
};

#define EXAMPLE(member) .offset = offsetof(struct status_example, member)

static const struct field example_fields[] = {
	{"client", FIELD_CHARS, EXAMPLE(client), .heading = "CLIENT", .place = 1},
	{"server", FIELD_CHARS, EXAMPLE(server), .heading = "SERVER", .place = 2, .weight = 90},
	{"port", FIELD_INTEGER, EXAMPLE(port), .heading = "PORT", .place = 3, .weight = 80,
	 .right = true},
	{0},
};

#define AT(member) .offset = offsetof(struct status, member)
/* Within the structs that struct status holds in place. */
#define WITHIN(outer, member)                                                                      \
	.offset = offsetof(struct status, outer.member) - offsetof(struct status, outer)

static const struct field unclassified_fields[] = {
	{"connections", FIELD_INTEGER, WITHIN(unclassified, connections)},
	{"examples", FIELD_OBJECTS, WITHIN(unclassified, examples), .fields = example_fields,
	 .size = sizeof(struct status_example)},
	{0},
};

static const struct field reset_fields[] = {
	{"sent", FIELD_INTEGER, WITHIN(resets, sent)},
	{"planned", FIELD_INTEGER, WITHIN(resets, planned)},
	{"limited", FIELD_INTEGER, WITHIN(resets, limited)},
	{"refused", FIELD_INTEGER, WITHIN(resets, refused)},
	{"killed_share", FIELD_REAL, WITHIN(resets, killed_share)},
	{0},
};

static const struct field record_fields[] = {
	{"path", FIELD_TEXT, WITHIN(record, path)},
	{"bytes", FIELD_INTEGER, WITHIN(record, bytes)},
	{"log", FIELD_INTEGER, WITHIN(record, log)},
	{"schema", FIELD_INTEGER, WITHIN(record, schema)},
	{0},
};

static const struct field freeze_fields[] = {
	{"incident", FIELD_INTEGER, WITHIN(freeze, incident)},
	{"mta", FIELD_CHARS, WITHIN(freeze, row.mta)},
	{"mta_host", FIELD_CHARS, WITHIN(freeze, row.mta_host)},
	{"frozen", FIELD_TIME, WITHIN(freeze, row.frozen)},
	{"frozen_until", FIELD_TIME, WITHIN(freeze, row.frozen_until)},
	{"over", FIELD_BOOL, WITHIN(freeze, over)},
	{0},
};

#define ATTACK(member) .offset = offsetof(struct status_attack, member)

static const struct field attack_fields[] = {
	{"kind", FIELD_CHARS, ATTACK(kind), .heading = "ATTACK", .place = 1},
	{"since", FIELD_TIME, ATTACK(since)},
	{"last", FIELD_TIME, ATTACK(last)},
	{"peak", FIELD_INTEGER, ATTACK(peak)},
	{"ongoing", FIELD_BOOL, ATTACK(ongoing), .heading = "GOES ON", .place = 2, .weight = 90},
	{"text", FIELD_CHARS, ATTACK(text), .heading = "WHAT", .place = 3, .weight = 80,
	 .wraps = true},
	{0},
};

const struct field status_fields[] = {
	{"running", FIELD_BOOL, AT(running)},
	{"sensor", FIELD_TEXT, AT(sensor)},
	{"started", FIELD_TIME, AT(started)},
	{"interfaces", FIELD_OBJECTS, AT(interfaces), .fields = interface_fields,
	 .size = sizeof(struct status_interface)},
	{"packets", FIELD_INTEGER, AT(packets)},
	{"connections", FIELD_INTEGER, AT(connections)},
	{"offenders", FIELD_INTEGER, AT(offenders)},
	{"unclassified", FIELD_OBJECT, AT(unclassified), .fields = unclassified_fields},
	{"stray", FIELD_INTEGER, AT(stray)},
	{"resets", FIELD_OBJECT, AT(resets), .fields = reset_fields},
	{"lost", FIELD_COUNTS, AT(lost)},
	{"record", FIELD_OBJECT, AT(record), .fields = record_fields},
	{"incident", FIELD_OBJECT, AT(incident), .fields = incident_row_fields, .maybe = true},
	{"freeze", FIELD_OBJECT, AT(freeze), .fields = freeze_fields, .maybe = true},
	{"blind", FIELD_TEXTS, AT(blind)},
	{"attacks", FIELD_OBJECTS, AT(attacks), .fields = attack_fields,
	 .size = sizeof(struct status_attack)},
	{"listings", FIELD_OBJECTS, AT(listings), .fields = notice_fields,
	 .size = sizeof(struct notice_row)},
	{"remarks", FIELD_TEXTS, AT(remarks)},
	{"privileges", FIELD_TEXT, AT(privileges)},
	{"notes", FIELD_TEXTS, AT(notes)},
	{"written", FIELD_TIME, AT(beat)},
	{0},
};
