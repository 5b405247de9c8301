/*
 * answers: everything that the queries tell of a record, in every format, and the judges of that.
 */
#ifndef EGRESS25_TESTS_FUZZ_ANSWERS_H
#define EGRESS25_TESTS_FUZZ_ANSWERS_H

#include <stddef.h>

#include "judge/policy.h"
#include "query/record.h"
#include "query/report.h"

/* Rows of `size` bytes as a list in each format; each must be well-formed and harmless. */
void answers_print(const struct field *fields, const void *rows, size_t count, size_t size);
void answers_print_object(const struct field *fields, const void *object);

/* What was added up of a record, to be held against what went in. */
struct answers {
	int64_t attempts;    /* of all offenders */
	int64_t connections; /* rows */
};

/* Asks all queries; `host` is one that `host` is asked for. */
void answers_ask(struct record *r, const char *host, const struct policy *policy, int64_t now,
		 struct answers *ret_);

#endif
