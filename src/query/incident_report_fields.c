#include "query/incident_report.h"
#include "query/notices.h"

#define AT(member) .offset = offsetof(struct timeline_mark, member)

static const struct field mark_fields[] = {
	{"at", FIELD_TIME, AT(at)},
	{"what", FIELD_TEXT, AT(what)},
	{0},
};

#undef AT
#define AT(member) .offset = offsetof(struct incident_report, member)

const struct field incident_report_fields[] = {
	{"incident", FIELD_INLINE, AT(incident), .fields = incident_fields},
	{"sensor", FIELD_TEXT, AT(sensor)},
	{"made", FIELD_TIME, AT(made)},
	{"summary", FIELD_TEXTS, AT(summary)},
	{"findings", FIELD_OBJECTS, AT(findings.rows), .fields = finding_fields,
	 .size = sizeof(struct finding_row)},
	{"findings_more", FIELD_INTEGER, AT(findings.more)},
	{"listings", FIELD_OBJECTS, AT(listings), .fields = notice_fields,
	 .size = sizeof(struct notice_row)},
	{"timeline", FIELD_OBJECTS, AT(timeline.rows), .fields = timeline_fields,
	 .size = sizeof(struct timeline_row)},
	{"marks", FIELD_OBJECTS, AT(marks), .fields = mark_fields,
	 .size = sizeof(struct timeline_mark)},
	{"done", FIELD_TEXTS, AT(done)},
	{"remains", FIELD_TEXTS, AT(remains)},
	{"next", FIELD_TEXTS, AT(next)},
	{"blind", FIELD_TEXTS, AT(watching.blind)},
	{0},
};
