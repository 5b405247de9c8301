/*
 * html: text within a page.  Whatever is printed by these two stands there as text, in an element
 * or in a quoted attribute, of HTML, XHTML and SVG alike.  Write errors stay with the stream.
 */
#ifndef EGRESS25_SRC_QUERY_HTML_H
#define EGRESS25_SRC_QUERY_HTML_H

#include <stdio.h>

/* NULL prints nothing. */
void html_text(FILE *out, const char *text);

/* printf(3), and the whole of it as text; cut at HTML_MOST. */
#define HTML_MOST 4096
void html_print(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
