/*
 * fuzz: what the fuzz targets share: saying which promise was broken, and judges of texts that know
 * nothing of the program's own writers.
 */
#ifndef EGRESS25_TESTS_FUZZ_H
#define EGRESS25_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

void fuzz_check(bool good, const char *what, const char *file, int line);

/* A promise: ends the program, telling it, where it does not hold. */
#define FUZZ_MUST(condition) fuzz_check((condition), #condition, __FILE__, __LINE__)

/* Text as text.h promises it: UTF-8 in which no control and no bidirectional control stands. */
void fuzz_harmless(const char *text);

/* What was printed: the same, but that lines may end. */
void fuzz_page(const char *text, size_t length);

/* A page that is one value of JSON (RFC 8259), or `lines` of them. */
void fuzz_json(const char *text, size_t length);

/* A page that is CSV (RFC 4180): as many cells in each row, and none that a spreadsheet would take
 * for a formula. */
void fuzz_csv(const char *text, size_t length);

/* Path of a file in memory that holds these bytes, until the next call. */
const char *fuzz_file(const void *data, size_t size);

/* The reader's bytes up to the next NUL (which is passed over) or the end: a text, to be freed. */
char *fuzz_text(struct bytes *in);

/* So many of the reader's bytes, or what is left of them, in memory of just that size; to be freed.
 */
uint8_t *fuzz_copy(struct bytes *in, size_t size, size_t *ret_size);

#endif
