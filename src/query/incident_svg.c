/*
 * The timeline as inline SVG.  Bars are stacked, most active host lowest; marks have letters, which
 * the legend explains, so that no words lie over one another.  Colours are the style sheet's.
 */
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "html.h"
#include "incident_page.h"

#define WIDTH  760
#define HEIGHT 250
#define LEFT   56 /* of the drawing within it */
#define RIGHT  750
#define TOP    34
#define BOTTOM 214
#define LABELS 6  /* of time, at most */
#define LETTER 16 /* room for a mark's letter */

static double x_of(const struct timeline *t, int64_t at)
{
	return LEFT + (double)(at - t->since) / (double)(t->until - t->since) * (RIGHT - LEFT);
}

static double y_of(int64_t attempts, int64_t top)
{
	return BOTTOM - (double)attempts / (double)top * (BOTTOM - TOP);
}

const char *incident_series_class(const struct timeline *t, size_t series)
{
	static const char *const classes[TIMELINE_SERIES] = {"s1", "s2", "s3", "s4",
							     "s5", "s6", "s7"};

	return t->series[series].host ? classes[series] : classes[TIMELINE_SERIES - 1];
}

/* The least of 1, 2, 5, 10, 20, ... of which four reach the fullest bar. */
static int64_t choose_grid(int64_t most)
{
	static const int digits[] = {1, 2, 5};

	for (int64_t ten = 1;; ten *= 10)
		for (size_t i = 0; i < 3; i++)
			if (digits[i] * ten >= (most + 3) / 4 || ten > COUNT_MOST / 100)
				return digits[i] * ten;
}

/* The line of the axis that stands at the top. */
static int64_t top_of(int64_t most, int64_t grid)
{
	int64_t lines = (most + grid - 1) / grid;

	return grid * (lines > 0 ? lines : 1);
}

static void put_grid(FILE *out, int64_t grid, int64_t top)
{
	for (int64_t n = 0; n <= top / grid; n++) {
		double y = y_of(n * grid, top);

		fprintf(out,
			"<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>"
			"<text class=\"axis\" x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%" PRId64
			"</text>\n",
			LEFT, RIGHT, y, y, LEFT - 6, y + 4, n * grid);
	}
}

/* Where there are days, they are what is told. */
static void put_hours(FILE *out, const struct timeline *t)
{
	size_t each = (t->points + LABELS - 1) / LABELS;
	char text[MOMENT_TEXT];

	for (size_t i = 0; i < t->points; i += each) {
		int64_t at = t->since + (int64_t)i * t->step;

		moment_format_utc(at, text);
		fprintf(out,
			"<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>"
			"<text class=\"axis\" x=\"%.1f\" y=\"%d\" text-anchor=\"start\">",
			x_of(t, at), x_of(t, at), BOTTOM, BOTTOM + 5, x_of(t, at), BOTTOM + 18);
		if (t->until - t->since > MOMENT_DAY)
			fprintf(out, "%.5s %.5s</text>\n", text + 5, text + 11);
		else
			fprintf(out, "%.5s</text>\n", text + 11);
	}
}

static void put_bars(FILE *out, const struct timeline *t, int64_t top)
{
	double width = (double)(RIGHT - LEFT) / (double)t->points;
	double gap = width > 4 ? 1 : 0;

	for (size_t i = 0; i < t->points; i++) {
		double left = x_of(t, t->since + (int64_t)i * t->step);
		int64_t below = 0;

		for (size_t s = 0; s < t->series_count; s++) {
			int64_t above = count_add(below, t->series[s].at[i]);

			if (above == below)
				continue;
			fprintf(out,
				"<rect class=\"%s\" x=\"%.1f\" width=\"%.1f\" y=\"%.1f\" "
				"height=\"%.1f\"/>\n",
				incident_series_class(t, s), left, width - gap, y_of(above, top),
				y_of(below, top) - y_of(above, top));
			below = above;
		}
	}
}

/* Letters that would touch stand above one another, in two rows. */
static void put_marks(FILE *out, const struct timeline *t)
{
	double last[2] = {-LETTER, -LETTER};

	for (size_t i = 0; i < t->mark_count; i++) {
		double x = x_of(t, t->marks[i].at);
		int row = x - last[0] < LETTER;

		last[row] = x;
		fprintf(out,
			"<line class=\"mark\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>"
			"<text class=\"letter\" x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%c"
			"</text>\n",
			x, x, TOP - 4 - 14 * row, BOTTOM, x, TOP - 7 - 14 * row, (int)('A' + i));
	}
}

static void put_drawing(FILE *out, const struct timeline *t)
{
	int64_t grid = choose_grid(t->most), top = top_of(t->most, grid);
	char from[MOMENT_TEXT], to[MOMENT_TEXT], step[MOMENT_TEXT];

	incident_step(t, step);
	fprintf(out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\" "
		"aria-labelledby=\"timeline-title timeline-desc\">\n"
		"<title id=\"timeline-title\">Attempts by %s</title>\n"
		"<desc id=\"timeline-desc\">",
		WIDTH, HEIGHT, step);
	html_print(out,
		   "Bars from %s to %s, %s each; the highest stands for %" PRId64
		   " attempts. The table behind it has the numbers.",
		   incident_time(t->since, from), incident_time(t->until, to), step, t->most);
	fputs("</desc>\n", out);
	put_grid(out, grid, top);
	put_hours(out, t);
	put_bars(out, t, top);
	put_marks(out, t);
	fputs("</svg>\n", out);
}

/* --- what stands beneath it ------------------------------------------------------------------- */

static const struct offender *find_host(const struct offenders *found, int64_t host)
{
	for (size_t i = 0; i < found->count; i++)
		if (found->items[i].host == host)
			return &found->items[i];
	return NULL;
}

static void put_legend(FILE *out, const struct timeline *t, const struct offenders *found)
{
	fputs("<ul class=\"legend\">\n", out);
	for (size_t i = 0; i < t->series_count; i++) {
		const struct timeline_series *s = &t->series[i];
		const struct offender *o = s->host ? find_host(found, s->host) : NULL;
		char name[512] = "all others";

		if (s->attempts == 0)
			continue;
		if (o)
			incident_host(o, name, sizeof(name));
		fprintf(out,
			"<li><svg class=\"swatch\" viewBox=\"0 0 10 10\" aria-hidden=\"true\">"
			"<rect class=\"%s\" width=\"10\" height=\"10\"/></svg> ",
			incident_series_class(t, i));
		html_print(out, "%s: %" PRId64, name, s->attempts);
		fputs("</li>\n", out);
	}
	fputs("</ul>\n", out);
}

static void put_mark_list(FILE *out, const struct timeline *t)
{
	char text[MOMENT_TEXT];

	if (t->mark_count == 0)
		return;
	fputs("<ul class=\"legend\">\n", out);
	for (size_t i = 0; i < t->mark_count; i++) {
		fprintf(out, "<li><b class=\"letter\">%c</b> ", (int)('A' + i));
		html_print(out, "%s %s", incident_time(t->marks[i].at, text), t->marks[i].what);
		fputs("</li>\n", out);
	}
	fputs("</ul>\n", out);
}

static void put_table(FILE *out, const struct timeline *t)
{
	const struct timeline_row *rows = t->rows.items;
	char text[MOMENT_TEXT];

	if (t->rows.count == 0)
		return;
	fputs("<details>\n<summary>The timeline in numbers</summary>\n<table>\n<thead><tr>"
	      "<th scope=\"col\">From</th><th scope=\"col\">Host</th>"
	      "<th scope=\"col\" class=\"number\">Attempts</th>"
	      "<th scope=\"col\" class=\"number\">Messages</th></tr></thead>\n<tbody>\n",
	      out);
	for (size_t i = 0; i < t->rows.count; i++) {
		fputs("<tr><td>", out);
		html_text(out, incident_time(rows[i].at, text));
		fputs("</td><td>", out);
		html_text(out, *rows[i].address ? rows[i].address : "all others");
		fprintf(out,
			"</td><td class=\"number\">%" PRId64 "</td><td class=\"number\">%" PRId64
			"</td></tr>\n",
			rows[i].attempts, rows[i].messages);
	}
	fputs("</tbody>\n</table>\n</details>\n", out);
}

void incident_svg(FILE *out, const struct timeline *t, const struct offenders *found)
{
	char step[MOMENT_TEXT];

	fputs("<figure>\n", out);
	put_drawing(out, t);
	fputs("<figcaption>", out);
	html_print(out, "Attempts to send past the mail server, by %s; times in UTC.",
		   incident_step(t, step));
	fputs("</figcaption>\n", out);
	put_legend(out, t, found);
	put_mark_list(out, t);
	fputs("</figure>\n", out);
	put_table(out, t);
}
