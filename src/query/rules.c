/* The dialects, and what is printed around their words. */
#include "query/rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/moment.h"
#include "base/text.h"
#include "rules_parts.h"

static const struct rules_dialect *const dialects[] = {
	&rules_nftables,  &rules_iptables,  &rules_pf,	    &rules_opnsense,
	&rules_cisco_ios, &rules_cisco_asa, &rules_fortios, &rules_routeros,
	&rules_junos,	  &rules_windows,   &rules_unifi,
};
#define DIALECTS (sizeof(dialects) / sizeof(*dialects))

static const char *const part_names[] = {
	[RULES_APPLY] = "apply",
	[RULES_VERIFY] = "verify",
	[RULES_UNDO] = "undo",
};
_Static_assert(sizeof(part_names) / sizeof(*part_names) == RULES_PART_COUNT, "names");

const char *rules_part_name(enum rules_part part)
{
	return part_names[part];
}

const char *rules_dialect_name(size_t i)
{
	return i < DIALECTS ? dialects[i]->name : NULL;
}

const struct rules_dialect *rules_dialect(const char *name)
{
	for (size_t i = 0; i < DIALECTS; i++)
		if (strcmp(dialects[i]->name, name) == 0)
			return dialects[i];
	return NULL;
}

bool rules_dialect_is_tested(const struct rules_dialect *d)
{
	return d->tested;
}

static bool is_plain(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool rules_interface_is_plain(const char *name)
{
	size_t length = 0;

	for (; name[length]; length++)
		if (!is_plain((unsigned char)name[length]) &&
		    (length == 0 || !strchr("._/-", name[length])))
			return false;
	return length > 0 && length <= RULES_INTERFACE;
}

bool rules_banned(const struct rules_plan *p, size_t i, char buf[ADDR_TEXT])
{
	if (i >= p->banned.count)
		return false;
	rules_address(&p->banned.items[i], buf);
	return true;
}

bool rules_left_out(const struct rules_dialect *d, const struct rules_plan *p, size_t i,
		    char buf[ADDR_TEXT])
{
	for (size_t j = 0; d->whole && j < p->banned.count; j++)
		if (rules_is_spared(p, &p->banned.items[j]) && i-- == 0)
			return rules_banned(p, j, buf);
	return false;
}

char *rules_write(const struct rules_dialect *d, const struct rules_plan *p, enum rules_part part)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	/* An empty ban is none, and takes no other's place. */
	if (part != RULES_APPLY || !p->order.ban || p->banned.count > 0)
		d->write[part](out, p);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

/* Notes. */

static const char *note_untested(const struct rules_dialect *d, const struct rules_plan *p,
				 char buf[RULES_NOTE])
{
	(void)p;
	return d->tested ? NULL : text_print(buf, RULES_NOTE, "not tested on a device");
}

static const char *note_placeholders(const struct rules_dialect *d, const struct rules_plan *p,
				     char buf[RULES_NOTE])
{
	bool lan = d->lan && !p->order.lan, wan = d->wan && !p->order.wan;

	if (!lan && !wan)
		return NULL;
	return text_print(buf, RULES_NOTE,
			  "replace %s%s%s by the names of your interfaces or zones, or give %s%s%s",
			  lan ? RULES_LAN : "", lan && wan ? " and " : "", wan ? RULES_WAN : "",
			  lan ? "--lan-interface" : "", lan && wan ? " and " : "",
			  wan ? "--wan-interface" : "");
}

static const char *note_keep(const struct rules_dialect *d, const struct rules_plan *p,
			     char buf[RULES_NOTE])
{
	return d->listed ? text_print(buf, RULES_NOTE, "keep this: the undo part is of %s alone",
				      p->order.ban ? "these hosts" : "this configuration")
			 : NULL;
}

/* 2000::/3, from which all public IPv6 addresses are. */
static const char *note_public(const struct rules_dialect *d, const struct rules_plan *p,
			       char buf[RULES_NOTE])
{
	if (p->order.ban || p->order.lan || d->lan)
		return NULL;
	for (size_t i = 0; i < p->internal.count; i++)
		if (!prefix_is_v4(&p->internal.items[i]) &&
		    p->internal.items[i].addr.b[0] >> 5 == 1)
			return NULL;
	return text_print(buf, RULES_NOTE,
			  "internal holds no public IPv6 prefix: hosts that have such addresses "
			  "are not blocked by them; configure it");
}

static const char *note_ending(const struct rules_dialect *d, const struct rules_plan *p,
			       char buf[RULES_NOTE])
{
	int64_t first = 0;
	char when[MOMENT_TEXT];

	(void)d;
	for (size_t i = 0; i < p->permit_count; i++)
		if (p->permits[i].until && (first == 0 || p->permits[i].until < first))
			first = p->permits[i].until;
	if (first == 0)
		return NULL;
	return text_print(buf, RULES_NOTE, "an allow entry ends at %s: apply these anew then",
			  moment_format_local(first, when));
}

static const char *note_end(const struct rules_dialect *d, const struct rules_plan *p,
			    char buf[RULES_NOTE])
{
	char end[RULES_TIME];

	(void)d;
	if (!p->order.ban || p->banned.count == 0)
		return NULL;
	return text_print(buf, RULES_NOTE, "the ban is to end at %s, local time",
			  rules_time(rules_end(p), RULES_TIME_PLAIN, end));
}

static const char *note_nothing(const struct rules_dialect *d, const struct rules_plan *p,
				char buf[RULES_NOTE])
{
	(void)d;
	return p->order.ban && p->banned.count == 0
		       ? text_print(buf, RULES_NOTE, "there is no host to ban: nothing to apply")
		       : NULL;
}

bool rules_note(const struct rules_dialect *d, const struct rules_plan *p, size_t i,
		char buf[RULES_NOTE])
{
	static const char *(*const notes[])(const struct rules_dialect *d,
					    const struct rules_plan *p, char buf[RULES_NOTE]) = {
		note_untested, note_placeholders, note_public,	note_ending,
		note_keep,     note_end,	  note_nothing,
	};

	for (size_t n = 0; n < sizeof(notes) / sizeof(*notes); n++)
		if (notes[n](d, p, buf) && i-- == 0)
			return true;
	if (i >= sizeof(d->notes) / sizeof(*d->notes) || !d->notes[i])
		return false;
	text_print(buf, RULES_NOTE, "%s", d->notes[i]);
	return true;
}

/* Printing. */

static void print_head(FILE *out, const struct rules_dialect *d, const struct rules_plan *p)
{
	char note[RULES_NOTE];

	fprintf(out, "%s %s: %s, for %s: %s\n", d->comment, p->mark,
		p->order.ban ? "a ban on offenders"
			     : "outbound mail for mail servers and allow entries alone",
		d->name, d->use);
	for (size_t i = 0; rules_note(d, p, i, note); i++)
		fprintf(out, "%s note: %s\n", d->comment, note);
}

/* Each line behind the comment's sign. */
static void print_comment(FILE *out, const struct rules_dialect *d, const char *text)
{
	while (*text) {
		int length = (int)strcspn(text, "\n");

		fprintf(out, "%s   %.*s\n", d->comment, length, text);
		text += length + (text[length] == '\n');
	}
}

static int print_part(FILE *out, const struct rules_dialect *d, const struct rules_plan *p,
		      enum rules_part part, bool commented)
{
	char *text = rules_write(d, p, part);

	if (!text)
		return -ENOMEM;
	if (commented) {
		fprintf(out, "\n%s %s (--part %s prints it alone):\n", d->comment, part_names[part],
			part_names[part]);
		print_comment(out, d, text);
	} else {
		fprintf(out, "\n%s %s\n%s", d->comment, part_names[part], text);
	}
	free(text);
	return 0;
}

int rules_print(FILE *out, const struct rules_dialect *d, const struct rules_plan *p,
		enum rules_part part)
{
	int r = 0;

	print_head(out, d, p);
	if (part != RULES_PART_COUNT)
		r = print_part(out, d, p, part, false);
	for (enum rules_part i = 0; part == RULES_PART_COUNT && i < RULES_PART_COUNT && r == 0; i++)
		r = print_part(out, d, p, i, i != RULES_APPLY);
	if (r == 0 && ferror(out))
		r = -EIO;
	return r;
}
