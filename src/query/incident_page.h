/*
 * incident_page: the parts of the HTML page.  Write errors stay with the stream.
 */
#ifndef EGRESS25_SRC_QUERY_INCIDENT_PAGE_H
#define EGRESS25_SRC_QUERY_INCIDENT_PAGE_H

#include <stdio.h>

#include "query/incident_report.h"

/* The page's one style sheet, and its SHA-256 in base64, by which it is let in. */
extern const char incident_style[], incident_style_hash[];

/* The timeline's figure: drawing, legend and marks, and the same as a table. */
void incident_svg(FILE *out, const struct timeline *t, const struct offenders *found);

/* "host-1", or "host-others": how a series is drawn. */
const char *incident_series_class(const struct timeline *t, size_t series);

#endif
