/* check_parts: what the files of check share. */
#ifndef EGRESS25_SRC_JUDGE_CHECK_PARTS_H
#define EGRESS25_SRC_JUDGE_CHECK_PARTS_H

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "judge/check.h"

#define SAY(c, ...)    text_print((c)->seen, sizeof((c)->seen), __VA_ARGS__)
#define ADVISE(c, ...) text_print((c)->advice, sizeof((c)->advice), __VA_ARGS__)

/* Adds to a text that ends somewhere in size bytes. */
#define check_add(text, size, ...)                                                                 \
	text_print((text) + strlen(text), (size)-strlen(text), __VA_ARGS__)

/* Each fills in seen and advice, and returns the result.  `at` is a port's or prober's index. */

/* check_mirror.c */
enum check_result check_interface(const struct check_facts *f, size_t at, struct check *c);
enum check_result check_directions(const struct check_facts *f, size_t at, struct check *c);
enum check_result check_nat(const struct check_facts *f, size_t at, struct check *c);
enum check_result check_mail_server(const struct check_facts *f, size_t at, struct check *c);

/* check_link.c */
enum check_result check_tags(const struct check_facts *f, size_t at, struct check *c);
enum check_result check_offload(const struct check_facts *f, size_t at, struct check *c);

/* check_sending.c */
enum check_result check_resets(const struct check_facts *f, size_t at, struct check *c);
enum check_result check_injection(const struct check_facts *f, size_t at, struct check *c);
enum check_result check_scheduling(const struct check_facts *f, size_t at, struct check *c);
enum check_result check_clock(const struct check_facts *f, size_t at, struct check *c);

#endif
