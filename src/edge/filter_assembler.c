#include "filter_assembler.h"

#include <errno.h>
#include <stdlib.h>

int assembler_label(struct assembler *a)
{
	if (a->label_count == ASSEMBLER_LABELS) {
		a->full = true;
		return 0;
	}
	a->label_line[a->label_count] = -1;
	return a->label_count++;
}

void assembler_here(struct assembler *a, int label)
{
	a->label_line[label] = a->count;
}

static void append(struct assembler *a, struct assembler_line line)
{
	if (a->count == ASSEMBLER_MOST)
		a->full = true;
	else
		a->lines[a->count++] = line;
}

void assembler_put(struct assembler *a, int code, uint32_t k)
{
	append(a, (struct assembler_line){.code = (uint16_t)code, .k = k});
}

void assembler_jump(struct assembler *a, int code, uint32_t k, int when_true, int when_false)
{
	append(a, (struct assembler_line){.code = (uint16_t)(BPF_JMP | BPF_K | code),
					  .k = k,
					  .when_true = when_true,
					  .when_false = when_false});
}

void assembler_jump_x(struct assembler *a, int code, int when_true, int when_false)
{
	assembler_jump(a, code | BPF_X, 0, when_true, when_false);
}

void assembler_go(struct assembler *a, int label)
{
	append(a, (struct assembler_line){.code = BPF_JMP | BPF_JA, .when_true = label});
}

static bool is_go(const struct assembler_line *line)
{
	return line->code == (BPF_JMP | BPF_JA);
}

static bool is_conditional(const struct assembler_line *line)
{
	return BPF_CLASS(line->code) == BPF_JMP && !is_go(line);
}

/* Where each line comes to lie, with the jumps put behind those that do not reach. */
static int place(const struct assembler *a, int *at)
{
	int position = 0;

	for (int i = 0; i < a->count; i++) {
		at[i] = position;
		position += 1 + a->lines[i].far_true + a->lines[i].far_false;
	}
	at[a->count] = position;
	return position;
}

static int target(const struct assembler *a, const int *at, int line, int label)
{
	return label == LABEL_NEXT ? at[line + 1] : at[a->label_line[label]];
}

/* Marks the branches that do not reach; true if there were new ones, which moves everything. */
static bool stretch(struct assembler *a, const int *at)
{
	bool changed = false;

	for (int i = 0; i < a->count; i++) {
		struct assembler_line *line = &a->lines[i];

		if (!is_conditional(line))
			continue;
		if (!line->far_true && target(a, at, i, line->when_true) - at[i] - 1 > 255)
			line->far_true = changed = true;
		if (!line->far_false && target(a, at, i, line->when_false) - at[i] - 1 > 255)
			line->far_false = changed = true;
	}
	return changed;
}

/* The kernel allows no jump back; and a label that was never placed is a mistake of ours. */
static bool is_forward(const struct assembler *a, int line, int label)
{
	if (label == LABEL_NEXT)
		return line + 1 < a->count;
	return a->label_line[label] > line && a->label_line[label] < a->count;
}

static bool is_sound(const struct assembler *a)
{
	for (int i = 0; i < a->count; i++) {
		const struct assembler_line *line = &a->lines[i];

		if (BPF_CLASS(line->code) != BPF_JMP)
			continue;
		if (!is_forward(a, i, line->when_true))
			return false;
		if (!is_go(line) && !is_forward(a, i, line->when_false))
			return false;
	}
	return true;
}

static struct bpf_insn jump_always(int from, int to)
{
	return (struct bpf_insn){.code = BPF_JMP | BPF_JA, .k = (uint32_t)(to - from - 1)};
}

static void write_line(const struct assembler *a, const int *at, int i, struct bpf_insn *out)
{
	const struct assembler_line *line = &a->lines[i];
	int position = at[i], behind = position + 1;
	int yes, no;

	out[position] = (struct bpf_insn){.code = line->code, .k = line->k};
	if (is_go(line))
		out[position] = jump_always(position, target(a, at, i, line->when_true));
	if (!is_conditional(line))
		return;
	yes = target(a, at, i, line->when_true);
	no = target(a, at, i, line->when_false);
	if (line->far_true) {
		out[behind] = jump_always(behind, yes);
		yes = behind++;
	}
	if (line->far_false) {
		out[behind] = jump_always(behind, no);
		no = behind;
	}
	out[position].jt = (unsigned char)(yes - position - 1);
	out[position].jf = (unsigned char)(no - position - 1);
}

int assembler_finish(struct assembler *a, struct bpf_program *ret_)
{
	int at[ASSEMBLER_MOST + 1];
	struct bpf_insn *out;
	int length;

	if (a->full)
		return -E2BIG;
	if (!is_sound(a))
		return -EINVAL;
	do {
		length = place(a, at);
	} while (stretch(a, at));
	if (length < 1 || length > ASSEMBLER_MOST)
		return -E2BIG;
	out = calloc((size_t)length, sizeof(*out));
	if (!out)
		return -ENOMEM;
	for (int i = 0; i < a->count; i++)
		write_line(a, at, i, out);
	*ret_ = (struct bpf_program){.bf_len = (unsigned int)length, .bf_insns = out};
	return 0;
}
