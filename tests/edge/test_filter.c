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
			if (raw && memcmp(s.data + 12, "\x08\x00", 2) && memcmp(s.data + 12, "\x86\xdd", 2))
				continue;
			if (!raw)
				memcpy(frame + links[l].type_at, s.data + 12, 2);
			memcpy(frame + links[l].header, s.data + 14, s.length - 14);
			assert_int_equal(passes(&program, frame, links[l].header + s.length - 14), s.must);
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

static void all_watched_ports_pass_and_their_neighbours_do_not(void **state)
{
	static const uint16_t ports[SITE_PORTS] = {25, 465, 587, 2525, 1025, 1027, 1029, 1031,
						   1033, 1035, 1037, 1039, 1041, 1043, 1045, 65535};
	struct bpf_program program;
	struct sample s;

	(void)state;
	assert_int_equal(filter_assemble(LINK_ETHERNET, ports, SITE_PORTS, false, &program), 0);
	corpus_build(2, &s); /* plain, TCP 40000 to 80 */
	for (unsigned int port = 0; port < 65536; port++) {
		bool watched = false;

		for (size_t i = 0; i < SITE_PORTS; i++)
			watched |= ports[i] == port;
		s.data[36] = (uint8_t)(port >> 8);
		s.data[37] = (uint8_t)port;
		assert_int_equal(passes(&program, s.data, s.length), watched);
	}
	filter_free(&program);
}

static void four_tags_and_five_labels_do_not_pass(void **state)
{
	static const uint8_t tags[] = {0x88, 0xa8, 0, 1, 0x81, 0, 0, 2, 0x81, 0, 0, 3, 0x81, 0, 0, 4};
	static const uint8_t labels[] = {0x88, 0x47, 0, 1, 0, 9, 0, 1, 0, 9, 0, 1, 0, 9,
					 0, 1, 0, 9, 0, 1, 1, 9};
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
	assert_false(passes(&program, frame, s.length - 2 + sizeof(labels)));
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
	assert_int_equal(filter_assemble(LINK_ETHERNET, ports, SITE_PORTS + 1, true, &program), -EINVAL);
	assert_int_equal(program.bf_len, 77);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_frame_of_the_corpus_gets_its_answer),
		cmocka_unit_test(other_link_types_give_the_same_answers),
		cmocka_unit_test(a_frame_cut_at_any_length_harms_nobody),
		cmocka_unit_test(all_watched_ports_pass_and_their_neighbours_do_not),
		cmocka_unit_test(four_tags_and_five_labels_do_not_pass),
		cmocka_unit_test(the_program_stays_small),
		cmocka_unit_test(what_cannot_be_assembled_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
