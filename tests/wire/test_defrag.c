/* Reassembly: pieces in any order, copies, contradictions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "fragments.h"

static void two_fragments_make_a_datagram(void **state)
{
	struct fixture *x = *state;
	const uint8_t *d = text(1500, 0);

	assert_false(add(x, d, 0, 1480, true));
	assert_true(add(x, d, 1480, 20, false));
	assert_whole(x, d, 1500);
	assert_int_equal(lost(x), 0);
}

static void any_order_of_the_smallest_fragments_makes_the_same_datagram(void **state)
{
	struct fixture *x = *state;
	const uint8_t *d = text(37, 0); /* pieces of 8, 8, 8, 8 and 5 bytes */

	for (unsigned int order = 0; order < 3125; order++) {
		unsigned int digits = order, seen = 0;
		int wholes = 0;

		x->id = order;
		for (int i = 0; i < 5; i++, digits /= 5) {
			unsigned int at = digits % 5;

			wholes += add(x, d, at * 8, at == 4 ? 5 : 8, at != 4);
			seen |= 1u << at;
			assert_int_equal(wholes, seen == 31);
		}
		if (seen == 31)
			assert_whole(x, d, 37);
	}
	assert_int_equal(defrag_lost(x->defrag, DEFRAG_OVERLAP), 0);
}

static void the_greatest_datagram_is_made_of_its_smallest_fragments(void **state)
{
	struct fixture *x = *state;
	const uint8_t *d = text(65535, 0);

	for (uint32_t at = 65528; at > 0; at -= 8)
		assert_false(add(x, d, at, at == 65528 ? 7 : 8, at != 65528));
	assert_true(add(x, d, 0, 8, true));
	assert_whole(x, d, 65535);
	assert_int_equal(lost(x), 0);
}

static void what_is_handed_out_is_the_first_fragments_packet_at_the_last_ones_time(void **state)
{
	struct fixture *x = *state;
	const uint8_t *d = text(32, 0);
	struct packet first = piece_of(x, d, 0, 16, true);

	first.tag_count = 1;
	first.tags[0].tci = 42;
	first.hops = 61;
	first.protocol = x->v6 ? 60 : 6;
	assert_false(add(x, d, 16, 8, true));
	x->now += SECOND;
	assert_false(add_packet(x, &first));
	x->now += SECOND;
	assert_true(add(x, d, 24, 8, false));
	assert_int_equal(x->outer.tag_count, 1);
	assert_int_equal(x->outer.tags[0].tci, 42);
	assert_int_equal(x->outer.hops, 61);
	assert_int_equal(x->outer.protocol, x->v6 ? 60 : 6);
	assert_int_equal(x->outer.time, x->now);
}

static void second_copies_change_nothing(void **state)
{
	struct fixture *x = *state;
	const uint8_t *d = text(3000, 0);

	for (int round = 0; round < 3; round++) {
		assert_false(add(x, d, 0, 1480, true));
		assert_false(add(x, d, 0, 1480, true));
		assert_false(add(x, d, 1480, 1480, true));
		assert_false(add(x, d, 1480, 1480, true));
		assert_int_equal(add(x, d, 2960, 40, false), round == 0);
		assert_false(add(x, d, 2960, 40, false));
	}
	x->now += 31 * SECOND; /* nothing lies about that could expire */
	x->id++;
	assert_false(add(x, d, 0, 8, true));
	assert_int_equal(lost(x), 0);
}

static void an_identification_used_again_is_a_new_datagram(void **state)
{
	struct fixture *x = *state;
	const uint8_t *a = text(24, 0), *b = text(24, 1);

	assert_false(add(x, a, 0, 16, true));
	assert_true(add(x, a, 16, 8, false));
	assert_false(add(x, b, 0, 16, true));
	assert_true(add(x, b, 16, 8, false));
	assert_whole(x, b, 24);
	assert_false(add(x, a, 16, 8, false));
	assert_true(add(x, a, 0, 16, true));
	assert_whole(x, a, 24);
	assert_int_equal(lost(x), 0);
}

/* Its second fragment looks like a copy of the old datagram's, and comes first. */
static void a_new_datagram_may_share_a_fragment_with_the_old_one(void **state)
{
	struct fixture *x = *state;
	uint8_t a[24], b[24];

	memcpy(a, text(24, 0), 24);
	memcpy(b, a, 24);
	b[3] ^= 1;
	assert_false(add(x, a, 0, 16, true));
	assert_true(add(x, a, 16, 8, false));
	assert_false(add(x, b, 16, 8, false));
	assert_true(add(x, b, 0, 16, true));
	assert_whole(x, b, 24);
	assert_int_equal(lost(x), 0);
}

/* The mirror shows every fragment twice, and the identification is used again for a longer one. */
static void a_stale_copy_gives_way_to_the_new_datagram(void **state)
{
	struct fixture *x = *state;
	const uint8_t *a = text(24, 0), *b = text(40, 1);

	assert_false(add(x, a, 0, 16, true));
	assert_false(add(x, a, 0, 16, true));
	assert_true(add(x, a, 16, 8, false));
	assert_false(add(x, a, 16, 8, false));
	assert_false(add(x, b, 32, 8, false));
	assert_false(add(x, b, 16, 16, true));
	assert_true(add(x, b, 0, 16, true));
	assert_whole(x, b, 40);
	assert_int_equal(lost(x), 0);
}

static void what_came_first_stands_in_ipv4(void **state)
{
	struct fixture *x = *state;
	const uint8_t *a = text(48, 0), *b = text(48, 1);
	uint8_t expected[48];

	assert_false(add(x, a, 16, 16, true));
	assert_false(add(x, b, 8, 32, true)); /* disagrees about 16 to 32, brings 8 and 32 */
	assert_int_equal(defrag_lost(x->defrag, DEFRAG_OVERLAP), 1);
	assert_false(add(x, a, 40, 8, false));
	assert_true(add(x, a, 0, 8, true));
	memcpy(expected, a, 48);
	memcpy(expected + 8, b + 8, 8);
	memcpy(expected + 32, b + 32, 8);
	assert_whole(x, expected, 48);
	assert_int_equal(lost(x), 1);
}

static void a_second_end_is_left_out_in_ipv4(void **state)
{
	struct fixture *x = *state;
	const uint8_t *d = text(64, 0);

	assert_false(add(x, d, 24, 8, false));
	assert_false(add(x, d, 24, 16, false));
	assert_false(add(x, d, 8, 8, false));
	assert_false(add(x, d, 32, 8, true));
	assert_int_equal(defrag_lost(x->defrag, DEFRAG_OVERLAP), 3);
	assert_true(add(x, d, 0, 24, true));
	assert_whole(x, d, 32);
}

static void an_end_that_brings_no_bytes_still_ends_in_ipv4(void **state)
{
	struct fixture *x = *state;
	const uint8_t *d = text(16, 0);

	assert_false(add(x, d, 0, 16, true));
	assert_true(add(x, d, 8, 8, false));
	assert_whole(x, d, 16);
}

static void overlapping_fragments_spoil_a_datagram_in_ipv6(void **state)
{
	static const struct {
		uint32_t offset, length;
		bool more;
	} overlaps[] = {{8, 16, true}, {0, 8, false}, {8, 8, false}, {0, 24, true}};
	struct fixture *x = *state;
	const uint8_t *d = text(32, 0);

	for (uint32_t i = 0; i < sizeof(overlaps) / sizeof(overlaps[0]); i++) {
		x->id = i;
		assert_false(add(x, d, 0, 16, true));
		assert_false(add(x, d, overlaps[i].offset, overlaps[i].length, overlaps[i].more));
		assert_int_equal(defrag_lost(x->defrag, DEFRAG_OVERLAP), i + 1);
		/* RFC 5722: those not yet received too. */
		assert_false(add(x, d, 16, 16, false));
		assert_false(add(x, d, 0, 16, true));
	}
	assert_int_equal(lost(x), 4);
	x->now += 31 * SECOND;
	assert_false(add(x, d, 0, 16, true));
	assert_true(add(x, d, 16, 16, false));
	assert_int_equal(lost(x), 4); /* what was spoilt is not lost a second time */
}

static void other_bytes_in_a_copy_spoil_a_datagram_in_ipv6(void **state)
{
	struct fixture *x = *state;

	assert_false(add(x, text(32, 0), 0, 16, true));
	assert_false(add(x, text(32, 1), 0, 16, true));
	assert_false(add(x, text(32, 0), 16, 16, false));
	assert_int_equal(defrag_lost(x->defrag, DEFRAG_OVERLAP), 1);
}

/* RFC 8200, 4.5: the next header of later fragments is ignored. */
static void only_the_first_fragment_tells_the_protocol_in_ipv6(void **state)
{
	struct fixture *x = *state;
	const uint8_t *d = text(32, 0);
	struct packet p = piece_of(x, d + 16, 16, 16, false);

	p.protocol = 17;
	assert_false(add_packet(x, &p));
	assert_true(add(x, d, 0, 16, true));
	assert_int_equal(x->outer.protocol, 6);
}

static void each_part_of_the_key_keeps_datagrams_apart(void **state)
{
	struct fixture *x = *state;
	const uint8_t *d = text(32, 0);
	struct packet p = piece_of(x, d + 16, 16, 16, false), q = p;

	assert_false(add(x, d, 0, 16, true));
	q.fragment_id++;
	assert_false(add_packet(x, &q));
	q = p;
	q.source.b[15] ^= 1;
	assert_false(add_packet(x, &q));
	q = p;
	q.destination.b[15] ^= 1;
	assert_false(add_packet(x, &q));
	q = p;
	q.protocol = 17;
	assert_false(add_packet(x, &q));
	assert_true(add_packet(x, &p));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		V4(two_fragments_make_a_datagram),
		V6(two_fragments_make_a_datagram),
		V4(any_order_of_the_smallest_fragments_makes_the_same_datagram),
		V6(any_order_of_the_smallest_fragments_makes_the_same_datagram),
		V4(the_greatest_datagram_is_made_of_its_smallest_fragments),
		V6(the_greatest_datagram_is_made_of_its_smallest_fragments),
		V4(what_is_handed_out_is_the_first_fragments_packet_at_the_last_ones_time),
		V6(what_is_handed_out_is_the_first_fragments_packet_at_the_last_ones_time),
		V4(second_copies_change_nothing),
		V6(second_copies_change_nothing),
		V4(an_identification_used_again_is_a_new_datagram),
		V6(an_identification_used_again_is_a_new_datagram),
		V4(a_new_datagram_may_share_a_fragment_with_the_old_one),
		V6(a_new_datagram_may_share_a_fragment_with_the_old_one),
		V4(a_stale_copy_gives_way_to_the_new_datagram),
		V6(a_stale_copy_gives_way_to_the_new_datagram),
		V4(what_came_first_stands_in_ipv4),
		V4(a_second_end_is_left_out_in_ipv4),
		V4(an_end_that_brings_no_bytes_still_ends_in_ipv4),
		V6(overlapping_fragments_spoil_a_datagram_in_ipv6),
		V6(other_bytes_in_a_copy_spoil_a_datagram_in_ipv6),
		V6(only_the_first_fragment_tells_the_protocol_in_ipv6),
		V4(each_part_of_the_key_keeps_datagrams_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
