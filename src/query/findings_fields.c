#include <errno.h>
#include <inttypes.h>

#include "base/text.h"
#include "query/findings.h"

#define AT(member) .offset = offsetof(struct finding_row, member)

const struct field finding_fields[] = {
	{"finding", FIELD_TEXT, AT(name)},
	{"address", FIELD_CHARS, AT(address)},
	{"name", FIELD_TEXT, AT(host)},
	{"verdict", FIELD_TEXT, AT(verdict)},
	{"attempts", FIELD_INTEGER, AT(attempts)},
	{"connected", FIELD_INTEGER, AT(connected)},
	{"messages", FIELD_MAYBE, AT(messages)},
	{"first_seen", FIELD_TIME, AT(first_seen)},
	{"last_seen", FIELD_TIME, AT(last_seen)},
	{"text", FIELD_TEXT, AT(text)},
	{"next", FIELD_TEXT, AT(next)},
	{0},
};

#undef AT
#define AT(member) .offset = offsetof(struct findings, member)

const struct field findings_fields[] = {
	{"rows", FIELD_OBJECTS, AT(rows), .fields = finding_fields,
	 .size = sizeof(struct finding_row)},
	{"more", FIELD_INTEGER, AT(more)},
	{"blind", FIELD_TEXTS, AT(watching.blind)},
	{0},
};

#define WIDE 100 /* longer lines of words are no good to read */

static void put(const struct report_options *o, const char *mark, int indent, const char *text)
{
	int columns = o->columns < WIDE ? o->columns : WIDE;

	fprintf(o->out, "%*s%s", indent - 2, "", mark);
	report_wrap(o->out, text, indent, indent, columns);
}

int findings_print(const struct findings *f, const struct report_options *o)
{
	const struct finding_row *rows = f->rows.items;
	char *const *blind = f->watching.blind.items;

	for (size_t i = 0; i < f->rows.count; i++) {
		put(o, "- ", 2, rows[i].text);
		put(o, "> ", 4, rows[i].next);
	}
	if (f->more > 0)
		fprintf(o->out, "- and %" PRId64 " further host%s: see egress25 offenders\n",
			f->more, text_s(f->more));
	for (size_t i = 0; i < f->watching.blind.count; i++)
		put(o, "! ", 2, blind[i]);
	errno = 0;
	if (fflush(o->out) == 0 && !ferror(o->out))
		return 0;
	return errno ? -errno : -EIO;
}
