/* A glance is as good as the decoder wherever it answers; and it does answer of the usual frames.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdlib.h>

#include "samples.h"
#include "wire/glance.h"

static struct made made;
static unsigned long answers;

/* From a heap copy of exactly that length, so that a byte read too far is caught. */
static void check(const uint8_t *data, size_t length, size_t wire, enum link link)
{
	uint8_t *copy = malloc(length ? length : 1);
	struct frame f = {.time = 25,
			  .data = copy,
			  .captured = (uint32_t)length,
			  .length = (uint32_t)wire,
			  .link = link};
	struct glance g;
	struct packet p;

	memcpy(copy, data, length);
	if (glance_frame(&f, &g)) {
		answers++;
		assert_int_equal(decode_frame(&f, &p), g.outcome);
		assert_int_equal(p.carrier_count, 0);
		assert_true(g.outcome == DECODE_TCP || g.outcome == DECODE_OTHER_IP);
		if (g.outcome == DECODE_TCP) {
			assert_int_equal(p.source_port, g.source_port);
			assert_int_equal(p.destination_port, g.destination_port);
		}
	}
	free(copy);
}

static uint32_t next_random(uint32_t *seed)
{
	/* xorshift32 (Marsaglia) */
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

static void every_sample_cut_anywhere_reads_as_the_decoder_has_it(void **state)
{
	(void)state;
	answers = 0;
	for (size_t i = 0; sample_at(i); i++) {
		sample_at(i)->make(&made);
		for (size_t cut = 0; cut <= made_length(&made); cut++) {
			check(made_data(&made), cut, made_length(&made), sample_at(i)->link);
			check(made_data(&made), cut, cut, sample_at(i)->link);
		}
	}
	assert_true(answers > 50);
}

static void check_bent(const struct sample *s, uint32_t *seed)
{
	uint8_t bent[2048];
	size_t length;

	s->make(&made);
	length = made_length(&made);
	assert_true(length <= sizeof(bent));
	memcpy(bent, made_data(&made), length);
	for (uint32_t n = next_random(seed) % 4; n < 4; n++)
		bent[next_random(seed) % length] = (uint8_t)next_random(seed);
	check(bent, length, length, s->link);
}

static void every_sample_bent_anywhere_reads_as_the_decoder_has_it(void **state)
{
	uint32_t seed = 25;

	(void)state;
	answers = 0;
	for (size_t i = 0; sample_at(i); i++)
		for (size_t round = 0; round < 2000; round++)
			check_bent(sample_at(i), &seed);
	assert_true(answers > 10000);
}

/* Ethernet, tags at random, IPv4 or IPv6, TCP or UDP, ports of interest among others, and each
 * length and offset a random one now and then. */
static size_t make_random(uint32_t *seed, uint8_t *out)
{
	static const uint16_t types[] = {0x0800, 0x0800, 0x0800, 0x86dd, 0x86dd,
					 0x8100, 0x88a8, 0x9100, 0x9200, 0x8847};
	static const uint8_t protocols[] = {6, 6, 6, 6, 17, 17, 17, 1, 47, 44, 0};
	static const uint16_t ports[] = {25, 53, 80, 443, 4789, 8472, 6081, 37008};
	size_t length = 60 + next_random(seed) % 100, at = 12;
	uint8_t *ip, *inner;
	uint16_t type;

	for (size_t i = 0; i < length; i++)
		out[i] = (uint8_t)next_random(seed);
	do {
		type = types[next_random(seed) % 10];
		out[at] = (uint8_t)(type >> 8);
		out[at + 1] = (uint8_t)type;
		at += type > 0x8000 && type != 0x86dd ? 4 : 2;
	} while (type > 0x8000 && type != 0x86dd && at < 32);
	ip = out + at;
	inner = ip + (type == 0x86dd ? 40 : 20);
	if (type == 0x86dd) {
		ip[0] = 0x60;
		ip[6] = protocols[next_random(seed) % 11];
		ip[4] = 0;
		ip[5] = (uint8_t)(next_random(seed) % 128);
		if (next_random(seed) % 8 == 0)
			memcpy(ip + (next_random(seed) % 2 ? 8 : 24),
			       "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
	} else {
		ip[0] = next_random(seed) % 8 ? 0x45 : 0x46;
		ip[2] = 0;
		ip[3] = (uint8_t)(next_random(seed) % 192);
		ip[6] = next_random(seed) % 4 ? 0x40 : 0x20;
		ip[7] = 0;
		ip[9] = protocols[next_random(seed) % 11];
	}
	for (size_t field = 0; field < 4; field += 2) {
		uint16_t port = ports[next_random(seed) % 8];

		if (next_random(seed) % 2) {
			inner[field] = (uint8_t)(port >> 8);
			inner[field + 1] = (uint8_t)port;
		}
	}
	inner[12] = (uint8_t)(next_random(seed) % 2 ? 0x50 : inner[12]);
	return next_random(seed) % 4 ? length : next_random(seed) % length;
}

static void a_million_random_frames_read_as_the_decoder_has_them(void **state)
{
	uint32_t seed = 2525;
	uint8_t frame[512];

	(void)state;
	answers = 0;
	for (size_t i = 0; i < 1000000; i++) {
		size_t length = make_random(&seed, frame);

		check(frame, length, length + next_random(&seed) % 2 * 20, LINK_ETHERNET);
	}
	assert_true(answers > 100000);
}

static size_t make_plain(uint8_t *out, unsigned int tags, bool v6, uint8_t protocol)
{
	size_t at = 12, end;

	memset(out, 7, 200);
	for (unsigned int i = 0; i < tags; i++, at += 4)
		memcpy(out + at, "\x81\0\0\x07", 4);
	memcpy(out + at, v6 ? "\x86\xdd" : "\x08\0", 2);
	at += 2;
	end = at + (v6 ? 40 : 20);
	memcpy(out + at, v6 ? "\x60\0\0\0\0\x28" : "\x45\0\0\x3c\0\0\x40\0", v6 ? 6 : 8);
	out[at + (v6 ? 6 : 9)] = protocol;
	memcpy(out + end, "\x01\xbb\xc3\x50", 4); /* 443 to 50000 */
	out[end + 12] = 0x50;
	return end + 40;
}

static void the_usual_frames_need_no_decoder(void **state)
{
	uint8_t frame[200];
	struct frame f = {.data = frame, .link = LINK_ETHERNET};
	struct glance g;

	(void)state;
	for (unsigned int i = 0; i < 16; i++) {
		bool tcp = i & 1, v6 = i & 2;

		f.captured = (uint32_t)make_plain(frame, i >> 2, v6, tcp ? 6 : 17);
		f.length = f.captured;
		assert_true(glance_frame(&f, &g));
		assert_int_equal(g.outcome, tcp ? DECODE_TCP : DECODE_OTHER_IP);
		assert_int_equal(g.source_port, tcp ? 443 : 0);
		assert_int_equal(g.destination_port, tcp ? 50000 : 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_sample_cut_anywhere_reads_as_the_decoder_has_it),
		cmocka_unit_test(every_sample_bent_anywhere_reads_as_the_decoder_has_it),
		cmocka_unit_test(a_million_random_frames_read_as_the_decoder_has_them),
		cmocka_unit_test(the_usual_frames_need_no_decoder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
