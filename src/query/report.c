#include "query/report.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/text.h"
#include "formats.h"

struct report {
	struct report_options options;
	const struct field *fields;
	const char *(*style)(const void *row);
	struct table *table;
	uint64_t rows;
	bool started; /* the array or the heading was written */
};

int report_terminal_columns(void)
{
	const char *text = getenv("COLUMNS");
	long columns = text ? strtol(text, NULL, 10) : 0;
	struct winsize size;

	if (columns > 0 && columns < 10000)
		return (int)columns;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	return REPORT_COLUMNS;
}

bool report_terminal_color(void)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	return !(no_color && *no_color) && !(term && strcmp(term, "dumb") == 0) &&
	       isatty(STDOUT_FILENO);
}

static int stream_error(FILE *out)
{
	int saved = errno;

	return ferror(out) ? (saved ? -saved : -EIO) : 0;
}

struct report *report_begin(const struct report_options *options, const struct field *fields)
{
	struct report *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->options = *options;
	r->fields = fields;
	if (options->format == REPORT_TABLE) {
		r->table = table_new(options, fields);
		if (!r->table) {
			free(r);
			return NULL;
		}
	}
	return r;
}

void report_set_style(struct report *r, const char *(*style)(const void *row))
{
	r->style = style;
}

/* What stands before the first row, also where none follows. */
static void start(struct report *r)
{
	if (r->started)
		return;
	r->started = true;
	if (r->options.format == REPORT_CSV)
		csv_heading(r->options.out, r->fields);
	else if (r->options.format == REPORT_JSON && !r->options.lines)
		putc('[', r->options.out);
}

static void put_json(struct report *r, const void *row)
{
	FILE *out = r->options.out;

	if (!r->options.lines)
		fputs(r->rows ? ",\n" : "\n", out);
	json_object(out, r->fields, row);
	if (r->options.lines)
		putc('\n', out);
}

void report_set_now(struct report *r, int64_t now)
{
	r->options.now = now;
	if (r->table)
		table_set_now(r->table, now);
}

int report_row(struct report *r, const void *row)
{
	int rc = 0;

	start(r);
	if (r->options.format == REPORT_TABLE)
		rc = table_add(r->table, row, r->style ? r->style(row) : NULL);
	else if (r->options.format == REPORT_JSON)
		put_json(r, row);
	else
		csv_row(r->options.out, r->fields, row);
	r->rows++;
	return rc < 0 ? rc : stream_error(r->options.out);
}

int report_flush(struct report *r)
{
	start(r);
	if (r->table)
		table_flush(r->table);
	return fflush(r->options.out) == 0 ? 0 : -errno;
}

int report_end(struct report *r)
{
	int rc;

	if (!r)
		return 0;
	start(r);
	if (r->options.format == REPORT_JSON && !r->options.lines)
		fputs(r->rows ? "\n]\n" : "]\n", r->options.out);
	rc = report_flush(r);
	if (rc == 0)
		rc = stream_error(r->options.out);
	table_free(r->table);
	free(r);
	return rc;
}

int report_note(const struct report_options *options, const char *format, ...)
{
	va_list list;

	if (options->format != REPORT_TABLE)
		return 0;
	va_start(list, format);
	vfprintf(options->out, format, list);
	va_end(list);
	putc('\n', options->out);
	return stream_error(options->out);
}

/* How many bytes of the text go on a line with so much room. */
static size_t line_length(const char *text, int room)
{
	size_t n = text_head(text, room < 10 ? 10 : room), at = n;

	if (!text[n])
		return n;
	while (at > 0 && text[at] != ' ')
		at--;
	return at > 0 ? at : n > 0 ? n : strlen(text);
}

void report_wrap(FILE *out, const char *text, int at, int indent, int columns)
{
	for (;;) {
		size_t n = line_length(text, columns - at);

		fwrite(text, 1, n, out);
		putc('\n', out);
		text += n;
		text += strspn(text, " ");
		if (!*text)
			return;
		fprintf(out, "%*s", indent, "");
		at = indent;
	}
}

int report_object(const struct report_options *options, const struct field *fields,
		  const void *object)
{
	int rc = 0;

	if (options->format == REPORT_CSV) {
		csv_heading(options->out, fields);
		csv_row(options->out, fields, object);
	} else if (options->format == REPORT_JSON) {
		json_object(options->out, fields, object);
		putc('\n', options->out);
	} else {
		rc = table_object(options, fields, object);
	}
	if (fflush(options->out) != 0)
		return -errno;
	return rc < 0 ? rc : stream_error(options->out);
}
