/*
 * filter_assembler: classic BPF with labels.  Jumps may be written at any distance: where the 8
 * bits of a conditional one do not reach, an unconditional jump (32 bits) is put behind it.
 */
#ifndef EGRESS25_EDGE_FILTER_ASSEMBLER_H
#define EGRESS25_EDGE_FILTER_ASSEMBLER_H

#include <stdbool.h>
#include <stdint.h>

#include <sys/types.h> /* which pcap/bpf.h needs, and does not include */

#include <pcap/bpf.h>

#define ASSEMBLER_MOST	 2048 /* instructions; the kernel takes 4096 */
#define ASSEMBLER_LABELS 512
#define LABEL_NEXT	 (-1) /* the instruction behind a jump */

struct assembler_line {
	uint16_t code;
	uint32_t k;
	int when_true, when_false; /* labels; only for jumps */
	bool far_true, far_false;
};

struct assembler {
	struct assembler_line lines[ASSEMBLER_MOST];
	int count;
	int label_line[ASSEMBLER_LABELS];
	int label_count;
	bool full; /* something did not fit: the program is no good */
};

int assembler_label(struct assembler *a);	     /* a new label */
void assembler_here(struct assembler *a, int label); /* which stands before the next line */

/* Any instruction but a jump. */
void assembler_put(struct assembler *a, int code, uint32_t k);
/* code is BPF_JEQ, BPF_JGT, BPF_JGE or BPF_JSET, against k. */
void assembler_jump(struct assembler *a, int code, uint32_t k, int when_true, int when_false);
/* The same against X. */
void assembler_jump_x(struct assembler *a, int code, int when_true, int when_false);
void assembler_go(struct assembler *a, int label);

/* 0; -E2BIG; -ENOMEM; -EINVAL for a label that stands nowhere or behind its jump. */
int assembler_finish(struct assembler *a, struct bpf_program *ret_);

#endif
