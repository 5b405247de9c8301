/* Hostile frames: every sample cut at every length, and with every byte made another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "samples.h"

static struct made made;

/* From a heap copy of exactly that length, so that a byte read too far is caught. */
static uint8_t *exact_copy(const uint8_t *data, size_t length)
{
	uint8_t *copy = malloc(length ? length : 1);

	assert_non_null(copy);
	memcpy(copy, data, length);
	return copy;
}

static void assert_within(const uint8_t *data, size_t length, const uint8_t *part, size_t size)
{
	assert_true(part >= data && part <= data + length);
	assert_true(size <= (size_t)(data + length - part));
}

/* What must hold of any answer to any frame. */
static void check_sane(const struct frame *f, enum decode outcome, const struct packet *p)
{
	assert_true(outcome < DECODE_COUNT);
	if (outcome >= DECODE_BAD_LINK || outcome == DECODE_NOT_IP)
		return;
	assert_true(p->tag_count <= PACKET_TAGS);
	assert_true(p->depth <= DECODE_DEPTH);
	assert_true(p->tunnel < TUNNEL_COUNT);
	if (outcome == DECODE_TCP || outcome == DECODE_UDP) {
		assert_within(f->data, f->captured, p->payload, p->payload_captured);
		assert_true(p->payload_captured <= p->payload_length);
	}
	if (outcome == DECODE_FRAGMENT) {
		assert_within(f->data, f->captured, p->fragment, p->fragment_captured);
		assert_true(p->fragment_captured <= p->fragment_length);
		assert_true(p->fragment_offset + p->fragment_length <= 65535);
		assert_true(p->fragment_offset % 8 == 0 && p->fragment_length > 0);
	}
}

static void assert_same_segment(const struct packet *a, const struct packet *b)
{
	assert_memory_equal(&a->source, &b->source, sizeof(a->source));
	assert_memory_equal(&a->destination, &b->destination, sizeof(a->destination));
	assert_int_equal(a->source_port, b->source_port);
	assert_int_equal(a->destination_port, b->destination_port);
	assert_int_equal(a->seq, b->seq);
	assert_int_equal(a->tag_count, b->tag_count);
	assert_int_equal(a->depth, b->depth);
}

/* length: what the frame had on the wire.  Returns the outcome. */
static enum decode decode_cut(const struct sample *s, size_t cut, size_t length)
{
	struct frame whole = made_frame(&made, s->link), f = whole;
	uint8_t *copy = exact_copy(whole.data, cut);
	struct packet p, q;
	enum decode outcome;

	f.data = copy;
	f.captured = (uint32_t)cut;
	f.length = (uint32_t)length;
	outcome = decode_frame(&f, &p);
	check_sane(&f, outcome, &p);
	if (outcome == DECODE_TCP || outcome == DECODE_ICMP_ERROR) {
		assert_int_equal(decode_frame(&whole, &q), outcome);
		assert_same_segment(&p, &q);
	}
	if (outcome == DECODE_TCP) {
		assert_true(p.flags == q.flags && p.ack == q.ack);
		assert_memory_equal(p.payload, q.payload, p.payload_captured);
	}
	free(copy);
	return outcome;
}

static void a_sample_cut_by_the_snapshot_length_is_truncated_or_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; sample_at(i); i++) {
		const struct sample *s = sample_at(i);

		s->make(&made);
		for (size_t cut = 0; cut <= made_length(&made); cut++) {
			enum decode outcome = decode_cut(s, cut, made_length(&made));

			if (outcome != s->outcome && outcome != DECODE_TRUNCATED)
				print_message("%s cut at %zu: %s\n", s->name, cut,
					      decode_name(outcome));
			assert_true(outcome == s->outcome || outcome == DECODE_TRUNCATED);
		}
	}
}

static void a_sample_that_was_short_on_the_wire_is_never_another_segment(void **state)
{
	(void)state;
	for (size_t i = 0; sample_at(i); i++) {
		const struct sample *s = sample_at(i);

		s->make(&made);
		for (size_t cut = 0; cut <= made_length(&made); cut++) {
			enum decode outcome = decode_cut(s, cut, cut);

			assert_true(outcome == s->outcome || outcome >= DECODE_BAD_LINK ||
				    outcome == DECODE_OTHER_IP);
		}
	}
}

static uint32_t next_random(uint32_t *seed)
{
	/* xorshift32 (Marsaglia) */
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

static void decode_copy(const struct sample *s, const uint8_t *copy, size_t length)
{
	struct frame f = {.data = copy,
			  .captured = (uint32_t)length,
			  .length = (uint32_t)length,
			  .link = s->link};
	struct packet p;

	check_sane(&f, decode_frame(&f, &p), &p);
}

static void a_sample_with_any_byte_changed_gets_a_sane_answer(void **state)
{
	uint32_t seed = 25;

	(void)state;
	for (size_t i = 0; sample_at(i); i++) {
		const struct sample *s = sample_at(i);
		size_t length;
		uint8_t *copy;

		s->make(&made);
		length = made_length(&made);
		copy = exact_copy(made_data(&made), length);
		for (size_t at = 0; at < length * 12; at++) {
			uint8_t kept = copy[at % length];

			copy[at % length] = (uint8_t)next_random(&seed);
			decode_copy(s, copy, length);
			copy[at % length] = kept;
		}
		free(copy);
	}
}

static void change_many(const struct sample *s, uint32_t *seed)
{
	size_t length;
	uint8_t *copy;

	s->make(&made);
	length = made_length(&made);
	copy = exact_copy(made_data(&made), length);
	for (uint32_t i = next_random(seed) % 8 + 2; i > 0; i--)
		copy[next_random(seed) % length] = (uint8_t)next_random(seed);
	decode_copy(s, copy, length);
	free(copy);
}

static void a_sample_with_many_bytes_changed_gets_a_sane_answer(void **state)
{
	uint32_t seed = 2525;

	(void)state;
	for (size_t round = 0; round < 200; round++) {
		for (size_t i = 0; sample_at(i); i++)
			change_many(sample_at(i), &seed);
	}
}

static void frames_of_nothing_but_one_byte_get_a_sane_answer(void **state)
{
	uint8_t *copy = exact_copy(made.room, 2000);

	(void)state;
	for (unsigned int value = 0; value < 256; value++) {
		memset(copy, (int)value, 2000);
		for (unsigned int link = 0; link < LINK_COUNT; link++) {
			struct sample s = {.link = link};

			decode_copy(&s, copy, 2000);
		}
	}
	free(copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sample_cut_by_the_snapshot_length_is_truncated_or_the_same),
		cmocka_unit_test(a_sample_that_was_short_on_the_wire_is_never_another_segment),
		cmocka_unit_test(a_sample_with_any_byte_changed_gets_a_sane_answer),
		cmocka_unit_test(a_sample_with_many_bytes_changed_gets_a_sane_answer),
		cmocka_unit_test(frames_of_nothing_but_one_byte_get_a_sane_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
