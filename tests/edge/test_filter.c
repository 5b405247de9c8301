/* The kernel filter, run by libpcap's interpreter; test_filter_live.c asks the kernel. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pcap/pcap.h>

#include "corpus.h"
#include "edge/filter.h"
#include "wire/decode.h"
#include "wire/glance.h"

static const uint16_t smtp[] = {25};

static bool passes(const struct bpf_program *program, const uint8_t *data, size_t length)
{
	return bpf_filter(program->bf_insns, data, (u_int)length, (u_int)length) != 0;
}

static void every_frame_of_the_corpus_gets_its_answer(void **state)
{
	struct bpf_program program;
	size_t wrong = 0, must = 0;
	struct sample s;

	(void)state;
	assert_int_equal(filter_assemble(LINK_ETHERNET, smtp, 1, false, &program), 0);
	for (size_t i = 0; i < corpus_count(); i++) {
		corpus_build(i, &s);
		must += s.must;
		if (passes(&program, s.data, s.length) == s.must)
			continue;
		fprintf(stderr, "%s: must%s pass\n", s.name, s.must ? "" : " not");
		wrong++;
	}
	assert_int_equal(wrong, 0);
	assert_true(must > 1000 && corpus_count() - must > 1000);
	filter_free(&program);
}

/* A file's frames are rejected by a glance, a live interface's by the filter: they must agree. */
static void what_a_glance_rejects_the_filter_rejects_too(void **state)
{
	struct bpf_program program;
	size_t rejected = 0, agreed = 0;
	struct sample s;

	(void)state;
	assert_int_equal(filter_assemble(LINK_ETHERNET, smtp, 1, false, &program), 0);
	for (size_t i = 0; i < corpus_count(); i++) {
		struct frame frame = {.data = s.data, .link = LINK_ETHERNET};
		struct glance g;

		corpus_build(i, &s);
		frame.captured = frame.length = (uint32_t)s.length;
		if (!glance_frame(&frame, &g))
			continue;
		agreed++;
		if (g.source_port == 25 || g.destination_port == 25 || g.source_port == 53 ||
		    g.destination_port == 53) {
			assert_true(passes(&program, s.data, s.length));
			continue;
		}
		rejected++;
		assert_false(passes(&program, s.data, s.length));
		assert_false(s.must);
	}
	printf("a glance answers %zu of %zu, and rejects %zu\n", agreed, corpus_count(), rejected);
	assert_true(rejected >= 10 && agreed > rejected);
	filter_free(&program);
}

/* Whether the decoder finds watched TCP or DNS in it, or a piece of what may become such. */
static bool decoder_wants(const struct sample *s)
{
	const struct frame frame = {.data = s->data,
				    .captured = (uint32_t)s->length,
				    .length = (uint32_t)s->length,
				    .link = LINK_ETHERNET};
	struct packet p;

	switch ((int)decode_frame(&frame, &p)) {
	case DECODE_TCP:
		if (p.source_port == 53 || p.destination_port == 53)
			return true;
		return p.source_port == 25 || p.destination_port == 25;
	case DECODE_ICMP_ERROR:
		return p.source_port == 25 || p.destination_port == 25;
	case DECODE_UDP:
		return true;
	case DECODE_FRAGMENT:
		return p.fragment_offset > 0 &&
		       (p.protocol == 6 || p.protocol == 17 || p.protocol == 47 ||
			p.protocol == 4 || p.protocol == 41);
	default:
		return false;
	}
}

/*
 * The corpus with up to four bytes changed at random: whatever the decoder then makes of it, the
 * filter must not have kept it from him.
 */
static void what_the_decoder_wants_passes_however_it_is_bent(void **state)
{
	struct bpf_program program;
	uint64_t random = 25;
	size_t wanted = 0;
	struct sample s;

	(void)state;
	assert_int_equal(filter_assemble(LINK_ETHERNET, smtp, 1, false, &program), 0);
	for (size_t i = 0; i < 35 * corpus_count(); i++) {
		corpus_build(i % corpus_count(), &s);
		for (uint64_t n = i / corpus_count() % 5; n; n--) {
			random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
			s.data[12 + (random >> 33) % (s.length - 12)] = (uint8_t)(random >> 25);
		}
		if (!decoder_wants(&s))
			continue;
		wanted++;
		if (!passes(&program, s.data, s.length))
			fail_msg("%s, bent, round %zu", s.name, i);
	}
	printf("%zu frames wanted\n", wanted);
	assert_true(wanted > 20 * 1000);
	filter_free(&program);
}

/* For raw IP and both cooked headers: the same packets, behind another link layer. */
static void other_link_types_give_the_same_answers(void **state)
{
	static const struct {
		enum link link;
		size_t header, type_at;
	} links[] = {{LINK_RAW, 0, 0}, {LINK_SLL, 16, 14}, {LINK_SLL2, 20, 0}};
	struct sample s;

	(void)state;
	for (size_t l = 0; l < 3; l++) {
		struct bpf_program program;

		assert_int_equal(filter_assemble(links[l].link, smtp, 1, false, &program), 0);
		for (size_t i = 0; i < corpus_count(); i++) {
			uint8_t frame[CORPUS_FRAME + 20] = {0};
			bool raw = links[l].link == LINK_RAW;

			corpus_build(i, &s);
			if (raw && memcmp(s.data + 12, "\x08\x00", 2) &&
			    memcmp(s.data + 12, "\x86\xdd", 2))
				continue;
			if (!raw)
				memcpy(frame + links[l].type_at, s.data + 12, 2);
			memcpy(frame + links[l].header, s.data + 14, s.length - 14);
			assert_int_equal(passes(&program, frame, links[l].header + s.length - 14),
					 s.must);
		}
		filter_free(&program);
	}
}

/* A load past the end means "no"; the sanitizer sees to the rest. */
static void a_frame_cut_at_any_length_harms_nobody(void **state)
{
	struct bpf_program program;
	struct sample s;

	(void)state;
	assert_int_equal(filter_assemble(LINK_ETHERNET, smtp, 1, false, &program), 0);
	for (size_t i = 0; i < corpus_count(); i += 7) {
		corpus_build(i, &s);
		for (size_t n = 0; n < s.length; n++) {
			uint8_t *exact = malloc(n ? n : 1);

			memcpy(exact, s.data, n);
			if (n < 14 + 7)
				assert_false(passes(&program, exact, n));
			else
				passes(&program, exact, n);
			free(exact);
		}
	}
	filter_free(&program);
}

static void all_watched_ports_and_that_of_dns_pass_and_their_neighbours_do_not(void **state)
{
	static const uint16_t ports[SITE_PORTS] = {25,	 465,  587,  2525, 1025, 1027, 1029, 1031,
						   1033, 1035, 1037, 1039, 1041, 1043, 1045, 65535};
	struct bpf_program program;
	struct sample s;

	(void)state;
	assert_int_equal(filter_assemble(LINK_ETHERNET, ports, SITE_PORTS, false, &program), 0);
	corpus_build(2, &s); /* plain, TCP 40000 to 80 */
	for (unsigned int port = 0; port < 65536; port++) {
		bool watched = port == 53;

		for (size_t i = 0; i < SITE_PORTS; i++)
			watched |= ports[i] == port;
		s.data[36] = (uint8_t)(port >> 8);
		s.data[37] = (uint8_t)port;
		assert_int_equal(passes(&program, s.data, s.length), watched);
	}
	filter_free(&program);
}

static void four_tags_do_not_pass_and_five_labels_do(void **state)
{
	static const uint8_t tags[] = {0x88, 0xa8, 0, 1, 0x81, 0, 0, 2,
				       0x81, 0,	   0, 3, 0x81, 0, 0, 4};
	static const uint8_t labels[] = {0x88, 0x47, 0, 1, 0, 9, 0, 1, 0, 9, 0,
					 1,    0,    9, 0, 1, 0, 9, 0, 1, 1, 9};
	struct bpf_program program;
	struct sample s;
	uint8_t frame[CORPUS_FRAME + 32];

	(void)state;
	assert_int_equal(filter_assemble(LINK_ETHERNET, smtp, 1, false, &program), 0);
	corpus_build(0, &s);
	assert_true(passes(&program, s.data, s.length));
	memcpy(frame, s.data, 12);
	memcpy(frame + 12, tags, sizeof(tags));
	memcpy(frame + 12 + sizeof(tags), s.data + 12, s.length - 12);
	assert_false(passes(&program, frame, s.length + sizeof(tags)));
	memcpy(frame + 12, labels, sizeof(labels));
	memcpy(frame + 12 + sizeof(labels), s.data + 14, s.length - 14);
	s.data[37] = 80;
	memcpy(frame + 12 + sizeof(labels), s.data + 14, s.length - 14);
	assert_true(passes(&program, frame, s.length - 2 + sizeof(labels))); /* unread */
	filter_free(&program);
}

/*
 * Linux 6.1's program of eBPF must fit 20,480 bytes less a header of 72: 2551 instructions.
 * Conversion turns a load relative to X into at most 9 and any other into at most 3 (net/core/
 * filter.c, bpf_convert_filter), most into 1; test_filter_live.c asks a kernel.
 */
static void the_program_stays_small(void **state)
{
	uint16_t ports[SITE_PORTS];
	struct bpf_program program;
	unsigned int loads = 0;

	(void)state;
	for (int i = 0; i < SITE_PORTS; i++)
		ports[i] = (uint16_t)(2 * i + 25);
	assert_int_equal(filter_assemble(LINK_ETHERNET, ports, SITE_PORTS, true, &program), 0);
	for (unsigned int i = 0; i < program.bf_len; i++)
		loads += BPF_CLASS(program.bf_insns[i].code) == BPF_LD &&
			 BPF_MODE(program.bf_insns[i].code) == BPF_IND;
	printf("%u instructions, %u of them loads relative to X\n", program.bf_len, loads);
	assert_true(program.bf_len < 1024);
	assert_true(program.bf_len + 8 * loads < 2400);
	filter_free(&program);
}

static void what_cannot_be_assembled_is_refused(void **state)
{
	static const uint16_t ports[SITE_PORTS + 1] = {25};
	struct bpf_program program = {.bf_len = 77};

	(void)state;
	assert_int_equal(filter_assemble(LINK_NULL, smtp, 1, true, &program), -EINVAL);
	assert_int_equal(filter_assemble(LINK_UNKNOWN, smtp, 1, true, &program), -EINVAL);
	assert_int_equal(filter_assemble(LINK_ETHERNET, ports, SITE_PORTS + 1, true, &program),
			 -EINVAL);
	assert_int_equal(program.bf_len, 77);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_frame_of_the_corpus_gets_its_answer),
		cmocka_unit_test(what_a_glance_rejects_the_filter_rejects_too),
		cmocka_unit_test(what_the_decoder_wants_passes_however_it_is_bent),
		cmocka_unit_test(other_link_types_give_the_same_answers),
		cmocka_unit_test(a_frame_cut_at_any_length_harms_nobody),
		cmocka_unit_test(
			all_watched_ports_and_that_of_dns_pass_and_their_neighbours_do_not),
		cmocka_unit_test(four_tags_do_not_pass_and_five_labels_do),
		cmocka_unit_test(the_program_stays_small),
		cmocka_unit_test(what_cannot_be_assembled_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
