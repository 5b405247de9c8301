#include "query/incident.h"

#define AT(member) .offset = offsetof(struct incident_row, member)

const struct field incident_row_fields[] = {
	{"id", FIELD_INTEGER, AT(id), .heading = "ID", .place = 1, .right = true},
	{"opened", FIELD_TIME, AT(opened), .heading = "OPENED", .place = 2, .weight = 95},
	{"opened_by", FIELD_CHARS, AT(opened_by), .heading = "BY", .place = 3, .weight = 30,
	 .least = 6},
	{"since", FIELD_TIME, AT(since)},
	{"until", FIELD_TIME, AT(until), .heading = "LIMIT", .place = 4, .weight = 50},
	{"closed", FIELD_TIME, AT(closed), .heading = "CLOSED", .place = 5, .weight = 90},
	{"closed_by", FIELD_CHARS, AT(closed_by), .heading = "BY", .place = 6, .weight = 40},
	{"reason", FIELD_CHARS, AT(reason), .heading = "REASON", .place = 10, .weight = 85,
	 .least = 16},
	{"address", FIELD_CHARS, AT(address), .heading = "ADDRESS", .place = 7, .weight = 80},
	{"reset", FIELD_BOOL, AT(reset), .heading = "RESET", .place = 8, .weight = 70},
	{"freeze", FIELD_BOOL, AT(freeze), .heading = "FREEZE", .place = 9, .weight = 60},
	{"acknowledged", FIELD_TIME, AT(acknowledged)},
	{"effect", FIELD_CHARS, AT(effect)},
	{"frozen", FIELD_TIME, AT(frozen)},
	{"frozen_until", FIELD_TIME, AT(frozen_until)},
	{"thawed", FIELD_TIME, AT(thawed)},
	{"mta", FIELD_CHARS, AT(mta)},
	{"mta_host", FIELD_CHARS, AT(mta_host)},
	{0},
};

#undef AT
#define AT(member) .offset = offsetof(struct incident, member)

const struct field incident_fields[] = {
	{"row", FIELD_INLINE, AT(row), .fields = incident_row_fields},
	{"policy", FIELD_TEXT, AT(policy)},
	{"offenders", FIELD_OBJECTS, AT(offenders), .fields = offender_fields,
	 .size = sizeof(struct offender)},
	{"resets", FIELD_INTEGER, AT(resets)},
	{"killed", FIELD_MAYBE, AT(killed)},
	{0},
};
