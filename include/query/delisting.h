/*
 * delisting: how to get off a blacklist, as its operator has it.
 */
#ifndef EGRESS25_QUERY_DELISTING_H
#define EGRESS25_QUERY_DELISTING_H

struct delisting {
	const char *list;   /* a zone's end, or an operator's name as in struct notice */
	const char *url;    /* NULL: there is no page */
	const char *advice; /* what to know, or do */
};

/* NULL where nothing is known of the list. */
const struct delisting *delisting_find(const char *list);

#endif
