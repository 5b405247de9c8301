/*
 * incident_words: the sentences of an incident's report.
 */
#ifndef EGRESS25_SRC_QUERY_INCIDENT_WORDS_H
#define EGRESS25_SRC_QUERY_INCIDENT_WORDS_H

#include "query/incident_report.h"

/* Fills summary, done, remains and next from all else.  0 or -ENOMEM. */
int incident_words(struct incident_report *i);

#endif
