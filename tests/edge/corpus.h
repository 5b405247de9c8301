/*
 * corpus: frames of every encapsulation x IP form x payload, and whether the kernel filter must let
 * them pass.  The answers follow from how a frame is built: what is named "to 25" is TCP to
 * port 25; DNS is UDP or TCP of port 53.
 */
#ifndef EGRESS25_TESTS_EDGE_CORPUS_H
#define EGRESS25_TESTS_EDGE_CORPUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CORPUS_FRAME 1500

struct sample {
	uint8_t data[CORPUS_FRAME];
	size_t length;
	bool must; /* pass; else it must not */
	char name[128];
};

/* How many there are; and number i, whose source MAC ends in i and whose destination is a group. */
size_t corpus_count(void);
void corpus_build(size_t i, struct sample *ret_);

#endif
