/*
 * Tables for a person at a terminal.  A line is never wider than the terminal, so nothing wraps:
 * first the lightest columns that may be cut are cut, down to their least; then the lightest column
 * goes, and cutting is thought over again.  Columns of weight 0 stay, and are cut only where they
 * alone are too wide.  A column in which nothing ever stood is not shown.  A text that goes below
 * stands in a column where that fits without any cut, and else beneath its row, to the end.
 *
 * Widths come from the rows themselves, a page of them at a time, so a list of any length needs the
 * memory of one page.  Widths only ever grow; where a later page needs wider ones, its headings are
 * printed again.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "formats.h"

#define COLUMNS_MOST 24
#define GAP	     2
#define BELOW_MOST   2 /* texts beneath a row */
#define BELOW_INDENT 2

struct column {
	const struct field *field;
	size_t base; /* where in the row the struct with this field begins */
	int natural; /* widest cell so far, the heading included; 0: all were empty */
	int width;   /* as laid out; 0: left out */
};

struct table {
	struct report_options options;
	struct column columns[COLUMNS_MOST];
	size_t column_count;
	char **cells; /* of the rows held back, column by column */
	const char **styles;
	size_t row_count;
	bool headed;
	bool below; /* the texts that may stand there do */
};

static void collect(struct table *t, const struct field *fields, size_t base)
{
	for (const struct field *f = fields; f->name; f++) {
		size_t at = t->column_count;

		if (f->kind == FIELD_INLINE)
			collect(t, f->fields, base + f->offset);
		if (!f->heading || f->kind == FIELD_INLINE || at == COLUMNS_MOST ||
		    (f->merged && !t->options.merged))
			continue;
		for (; at > 0 && t->columns[at - 1].field->place > f->place; at--)
			t->columns[at] = t->columns[at - 1];
		t->columns[at] = (struct column){.field = f, .base = base};
		t->column_count++;
	}
}

struct table *table_new(const struct report_options *options, const struct field *fields)
{
	struct table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->options = *options;
	collect(t, fields, 0);
	t->cells = calloc(REPORT_PAGE * (t->column_count + 1), sizeof(*t->cells));
	t->styles = calloc(REPORT_PAGE, sizeof(*t->styles));
	if (!t->cells || !t->styles) {
		table_free(t);
		return NULL;
	}
	return t;
}

/* The last one. */
static void drop_row(struct table *t)
{
	char **cells = t->cells + --t->row_count * t->column_count;

	for (size_t i = 0; i < t->column_count; i++) {
		free(cells[i]);
		cells[i] = NULL;
	}
}

static void drop_rows(struct table *t)
{
	while (t->row_count > 0)
		drop_row(t);
}

void table_free(struct table *t)
{
	if (!t)
		return;
	if (t->cells)
		drop_rows(t);
	free(t->cells);
	free(t->styles);
	free(t);
}

/* Of a cell, which has several lines where it may go below. */
static size_t first_line(const char *cell)
{
	return strcspn(cell, "\n");
}

static void widen(struct column *c, const char *cell)
{
	int heading = text_columns(c->field->heading), columns;
	char text[CELL_TEXT];

	text_print(text, sizeof(text), "%.*s", (int)first_line(cell), cell);
	columns = text_columns(text);

	if (strcmp(text, "-") == 0 && c->field->weight > 0)
		return;
	if (c->natural < heading)
		c->natural = heading;
	if (c->natural < columns)
		c->natural = columns;
}

/* The first texts, one a line. */
static void below_words(const struct list *texts, char *buf, size_t size)
{
	const char *const *items = texts->items;
	size_t used = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < texts->count && i < BELOW_MOST; i++)
		used += strlen(
			text_print(buf + used, size - used, "%s%s", i ? "\n" : "", items[i]));
}

void table_set_now(struct table *t, int64_t now)
{
	t->options.now = now;
}

int table_add(struct table *t, const void *row, const char *style)
{
	char **cells = t->cells + t->row_count * t->column_count;
	char text[CELL_TEXT];

	t->row_count++;
	t->styles[t->row_count - 1] = style;
	for (size_t i = 0; i < t->column_count; i++) {
		struct column *c = &t->columns[i];

		if (c->field->below)
			below_words(field_at(c->field, (const char *)row + c->base), text,
				    sizeof(text));
		else
			value_words(c->field, (const char *)row + c->base, t->options.now, text,
				    sizeof(text));
		cells[i] = strdup(text);
		if (!cells[i]) {
			drop_row(t);
			return -ENOMEM;
		}
		widen(c, text);
	}
	if (t->row_count == REPORT_PAGE)
		table_flush(t);
	return 0;
}

static int total(const struct column *columns, size_t n)
{
	int sum = 0;

	for (size_t i = 0; i < n; i++)
		if (columns[i].width > 0)
			sum += columns[i].width + (sum > 0 ? GAP : 0);
	return sum;
}

/* The lightest column that is there and lighter than any of weight `above` or less; or NULL. */
static struct column *lightest(struct column *columns, size_t n, int above)
{
	struct column *found = NULL;

	for (size_t i = 0; i < n; i++) {
		int weight = columns[i].field->weight;

		if (columns[i].width > 0 && weight > above &&
		    (!found || weight < found->field->weight))
			found = &columns[i];
	}
	return found;
}

/* Cuts what may be cut, lightest first, until the line fits.  No two weights are the same. */
static void cut(struct column *columns, size_t n, int room)
{
	struct column *c = lightest(columns, n, 0);
	bool late = c && c->field->late;
	int above = 0;

	while (total(columns, n) > room && (c = lightest(columns, n, above))) {
		bool may = c->field->least > 0 && (late || !c->field->late);
		int spare = may ? c->width - c->field->least : 0;
		int excess = total(columns, n) - room;

		if (spare > 0)
			c->width -= excess < spare ? excess : spare;
		above = c->field->weight;
	}
}

/* Once below, always: rows of one list should look the same. */
static void send_below(struct table *t, bool left_out[COLUMNS_MOST])
{
	struct column all[COLUMNS_MOST];

	for (size_t i = 0; i < t->column_count; i++) {
		all[i] = t->columns[i];
		all[i].width = all[i].natural;
	}
	t->below = t->below || total(all, t->column_count) > t->options.columns;
	for (size_t i = 0; i < t->column_count; i++)
		left_out[i] = t->below && t->columns[i].field->below;
}

/* Gives the columns their widths; whether any is not what it was. */
static bool lay_out(struct table *t)
{
	struct column next[COLUMNS_MOST];
	size_t n = t->column_count;
	bool changed = false, left_out[COLUMNS_MOST] = {false};
	struct column *c = NULL;

	send_below(t, left_out);
	do {
		if (c)
			left_out[c - next] = true;
		for (size_t i = 0; i < n; i++) {
			next[i] = t->columns[i];
			next[i].width = left_out[i] ? 0 : next[i].natural;
		}
		cut(next, n, t->options.columns);
		c = lightest(next, n, 0);
	} while (total(next, n) > t->options.columns && c);
	for (size_t i = 0; i < n; i++) {
		if (next[i].width > t->options.columns)
			next[i].width = t->options.columns;
		changed = changed || next[i].width != t->columns[i].width;
		t->columns[i].width = next[i].width;
	}
	return changed;
}

static void put_blanks(FILE *out, int n)
{
	for (; n > 0; n--)
		putc(' ', out);
}

/* The end of a text that is too wide: "22:13:20" of a date and time.  ASCII, as these are. */
static void put_tail(FILE *out, const struct column *c, const char *text)
{
	size_t width = (size_t)c->width, length = strlen(text);
	bool least = c->width <= c->field->least;

	fprintf(out, "%s%s", least ? "" : "…", text + length - (least ? width : width - 1));
}

/* One cell, cut to its width with an ellipsis. */
static void put_cell(FILE *out, const struct column *c, const char *text, bool last)
{
	int columns = text_columns(text);

	if (c->field->right)
		put_blanks(out, c->width - columns);
	if (c->field->below) {
		fwrite(text, 1, first_line(text), out);
	} else if (columns > c->width && c->field->tail) {
		put_tail(out, c, text);
		columns = c->width;
	} else if (columns > c->width) {
		char head[CELL_TEXT];

		text_print(head, sizeof(head), "%.*s", (int)text_head(text, c->width - 1), text);
		fprintf(out, "%s…", head);
		columns = text_columns(head) + 1;
	} else {
		fputs(text, out);
	}
	if (!c->field->right && !last)
		put_blanks(out, c->width - columns);
}

/* The texts of a row that stand beneath it. */
static void put_below(const struct table *t, char *const *cells)
{
	FILE *out = t->options.out;

	for (size_t i = 0; i < t->column_count; i++) {
		char *at = cells[i];

		if (!t->columns[i].field->below)
			continue;
		while (*at) {
			char text[CELL_TEXT];

			text_print(text, sizeof(text), "%.*s", (int)first_line(at), at);
			put_blanks(out, BELOW_INDENT);
			report_wrap(out, text, BELOW_INDENT, 2 * BELOW_INDENT, t->options.columns);
			at += first_line(at);
			at += *at == '\n';
		}
	}
}

/* The last cell of a line, in as many lines as it takes. */
static void put_wrapped(const struct table *t, const struct column *c, const char *text)
{
	int at = total(t->columns, t->column_count) - c->width;

	report_wrap(t->options.out, text, at, at, at + c->width);
}

static void put_line(const struct table *t, char *const *cells, const char *style)
{
	FILE *out = t->options.out;
	bool first = true, wrapped = false;
	size_t last = 0;

	for (size_t i = 0; i < t->column_count; i++)
		if (t->columns[i].width > 0)
			last = i;
	if (style && t->options.color)
		fprintf(out, "\033[%sm", style);
	for (size_t i = 0; i < t->column_count; i++) {
		const struct column *c = &t->columns[i];

		if (c->width == 0)
			continue;
		if (!first)
			put_blanks(out, GAP);
		first = false;
		wrapped = c->field->wraps && cells && i == last;
		if (wrapped)
			put_wrapped(t, c, cells[i]);
		else
			put_cell(out, c, cells ? cells[i] : c->field->heading, i == last);
	}
	if (style && t->options.color)
		fputs("\033[0m", out);
	if (!wrapped)
		putc('\n', out);
}

void table_flush(struct table *t)
{
	if (t->row_count == 0)
		return;
	if (lay_out(t) || !t->headed)
		put_line(t, NULL, "1");
	t->headed = true;
	for (size_t i = 0; i < t->row_count; i++) {
		put_line(t, t->cells + i * t->column_count, t->styles[i]);
		if (t->below)
			put_below(t, t->cells + i * t->column_count);
	}
	drop_rows(t);
}
