/*
 * json: a text as JSON (RFC 8259) has it.
 */
#ifndef EGRESS25_BASE_JSON_H
#define EGRESS25_BASE_JSON_H

#include <stdio.h>

/* text in quotation marks; it is UTF-8 already.  Errors stay in out. */
void json_text(FILE *out, const char *text);

#endif
