/*
 * The kernel's filter against the decoder: no frame in which the decoder finds a watched port or
 * DNS may be kept back.  The program is run by libpcap's own interpreter.
 */
#include <pcap/pcap.h>
#include <string.h>

#include "edge/filter.h"
#include "frames.h"
#include "wire/decode.h"
#include "wire/numbers.h"

static bool is_wanted(const struct packet *p, uint16_t port)
{
	return p->source_port == port || p->destination_port == port;
}

static const struct bpf_program *program_of(enum link link)
{
	static struct bpf_program programs[LINK_COUNT];
	const uint16_t port = 25;

	if (link != LINK_ETHERNET && link != LINK_RAW)
		return NULL;
	if (!programs[link].bf_insns)
		FUZZ_MUST(filter_assemble(link, &port, 1, false, &programs[link]) == 0);
	return &programs[link];
}

static void take(const struct frame *f)
{
	const struct bpf_program *program = program_of(f->link);
	struct packet p;
	enum decode outcome;
	bool passes;

	if (!program)
		return;
	passes = bpf_filter(program->bf_insns, f->data, f->length, f->captured) != 0;
	outcome = decode_frame(f, &p);
	if (outcome == DECODE_UDP)
		FUZZ_MUST(passes);
	if (outcome == DECODE_TCP || outcome == DECODE_ICMP_ERROR)
		FUZZ_MUST(passes || !(is_wanted(&p, 25) ||
				      (outcome == DECODE_TCP && is_wanted(&p, UDP_DNS))));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct frames frames = frames_of(data, size);
	struct frame f;

	while (frames_next(&frames, &f))
		take(&f);
	return 0;
}
