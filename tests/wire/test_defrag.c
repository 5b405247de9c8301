/* Reassembly: pieces in any order, copies, contradictions, bounds, clocks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "frames.h"
#include "wire/decode.h"
#include "wire/defrag.h"

#define SECOND INT64_C(1000000)

static const struct hash_key key = {{0x0706050403020100, 0x0f0e0d0c0b0a0908}};

struct fixture {
	struct defrag *defrag;
	int64_t now;
	const char *source;
	uint32_t id;
	bool v6;
	struct packet outer; /* of what was completed last */
	const uint8_t *data;
	size_t length;
};

static int set_up(void **state)
{
	struct fixture *x = calloc(1, sizeof(*x));

	x->defrag = defrag_new(&key);
	x->now = 1700000000 * SECOND;
	x->source = "10.1.2.3";
	x->id = 7;
	*state = x;
	return x->defrag ? 0 : -1;
}

static int set_up_v6(void **state)
{
	struct fixture *x;
	int error = set_up(state);

	x = *state;
	x->v6 = true;
	x->source = "2001:db8:1::3";
	return error;
}

static int tear_down(void **state)
{
	struct fixture *x = *state;

	defrag_free(x->defrag);
	free(x);
	return 0;
}

static struct packet piece_of(const struct fixture *x, const uint8_t *data, uint32_t offset,
			      uint32_t length, bool more)
{
	struct packet p;

	memset(&p, 0, sizeof(p));
	p.time = x->now;
	p.source = made_addr(x->source);
	p.destination = made_addr(x->v6 ? "2001:db8:25::25" : "198.51.100.25");
	p.protocol = 6;
	p.fragment_id = x->id;
	p.fragment_offset = offset;
	p.fragment_more = more;
	p.fragment = data;
	p.fragment_captured = p.fragment_length = length;
	return p;
}

/* From a heap copy of exactly that length. */
static bool add_packet(struct fixture *x, const struct packet *piece)
{
	uint8_t *copy = malloc(piece->fragment_captured + 1);
	struct packet p = *piece;
	bool whole;

	memcpy(copy, piece->fragment, p.fragment_captured);
	p.fragment = copy;
	whole = defrag_add(x->defrag, &p, &x->outer, &x->data, &x->length);
	free(copy);
	return whole;
}

/* data: the whole datagram. */
static bool add(struct fixture *x, const uint8_t *data, uint32_t offset, uint32_t length, bool more)
{
	struct packet p = piece_of(x, data + offset, offset, length, more);

	return add_packet(x, &p);
}

static uint64_t lost(const struct fixture *x)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < DEFRAG_LOSS_COUNT; i++)
		sum += defrag_lost(x->defrag, i);
	return sum;
}

static void assert_whole(const struct fixture *x, const uint8_t *data, size_t length)
{
	assert_int_equal(x->length, length);
	assert_memory_equal(x->data, data, length);
}

static const uint8_t *text(size_t length, unsigned int seed)
{
	static uint8_t bytes[4][65536];
	uint8_t *b = bytes[seed % 4];

	for (size_t i = 0; i < length; i++)
		b[i] = (uint8_t)(i * 7 + i / 251 + seed * 13);
	return b;
}

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

static void a_fragment_that_the_capture_cut_is_counted(void **state)
{
	struct fixture *x = *state;
	const uint8_t *d = text(32, 0);
	struct packet p = piece_of(x, d, 0, 16, true);

	p.fragment_captured = 15;
	assert_false(add_packet(x, &p));
	assert_int_equal(defrag_lost(x->defrag, DEFRAG_TRUNCATED), 1);
	assert_false(add(x, d, 16, 16, false));
	assert_true(add(x, d, 0, 16, true));
}

static void what_is_never_completed_expires(void **state)
{
	struct fixture *x = *state;
	const uint8_t *d = text(32, 0);

	assert_false(add(x, d, 0, 16, true));
	x->now += DEFRAG_HOLD;
	x->id++;
	assert_false(add(x, d, 0, 16, true));
	assert_int_equal(defrag_lost(x->defrag, DEFRAG_EXPIRED), 0);
	x->now++;
	x->id--;
	assert_false(add(x, d, 16, 16, false));
	assert_int_equal(defrag_lost(x->defrag, DEFRAG_EXPIRED), 1);
}

static void a_clock_that_jumps_back_throws_nothing_away(void **state)
{
	struct fixture *x = *state;
	const uint8_t *d = text(32, 0);

	assert_false(add(x, d, 0, 16, true));
	x->now -= 86400 * SECOND;
	assert_true(add(x, d, 16, 16, false));
	assert_whole(x, d, 32);
}

static void interfaces_whose_clocks_differ_throw_nothing_away(void **state)
{
	struct fixture *x = *state;
	const uint8_t *d = text(32, 0);

	assert_false(add(x, d, 0, 16, true));
	x->now -= 3600 * SECOND;
	x->id = 1000;
	assert_false(add(x, d, 0, 16, true));
	x->now += 3601 * SECOND;
	x->id = 7;
	assert_true(add(x, d, 16, 16, false));
	assert_int_equal(lost(x), 0);
}

static void a_clock_that_stays_back_lets_things_expire(void **state)
{
	struct fixture *x = *state;
	const uint8_t *d = text(32, 0);

	assert_false(add(x, d, 0, 16, true));
	x->now -= 86400 * SECOND;
	x->id++;
	assert_false(add(x, d, 0, 16, true));
	x->now += DEFRAG_HOLD + 1;
	x->id++;
	assert_false(add(x, d, 0, 16, true));
	assert_int_equal(defrag_lost(x->defrag, DEFRAG_EXPIRED), 2);
}

static void the_oldest_goes_when_the_table_is_full(void **state)
{
	struct fixture *x = *state;
	const uint8_t *d = text(32, 0);

	for (x->id = 0; x->id < DEFRAG_DATAGRAMS + 10; x->id++)
		assert_false(add(x, d, 0, 16, true));
	assert_int_equal(defrag_lost(x->defrag, DEFRAG_EVICTED), 10);
	x->id = 10;
	assert_true(add(x, d, 16, 16, false));
	x->id = 9;
	assert_false(add(x, d, 16, 16, false)); /* in the place of the completed one */
	assert_int_equal(lost(x), 10);
}

static void the_oldest_goes_when_the_memory_is_full(void **state)
{
	struct fixture *x = *state;
	const uint8_t *d = text(65535, 0);

	/* 64 of 65,536 bytes, less a little: the memory holds no 65th. */
	for (x->id = 0; x->id < 65; x->id++)
		assert_false(add(x, d, 8, 65527, false));
	assert_int_equal(defrag_lost(x->defrag, DEFRAG_EVICTED), 1);
	x->id = 1;
	assert_true(add(x, d, 0, 8, true));
	assert_whole(x, d, 65535);
	x->id = 0;
	assert_false(add(x, d, 0, 8, true));
	assert_int_equal(lost(x), 1);
}

static void completed_datagrams_go_before_any_other(void **state)
{
	struct fixture *x = *state;
	const uint8_t *d = text(32, 0);

	x->id = 70000;
	assert_false(add(x, d, 0, 16, true));
	for (x->id = 0; x->id < 2 * DEFRAG_DATAGRAMS; x->id++) {
		assert_false(add(x, d, 0, 16, true));
		assert_true(add(x, d, 16, 16, false));
	}
	x->id = 70000;
	assert_true(add(x, d, 16, 16, false));
	assert_int_equal(lost(x), 0);
}

static uint32_t next_random(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

/* Whatever comes, what is handed out is a datagram of the length that some fragment gave it. */
static void random_fragments_never_break_the_table(void **state)
{
	struct fixture *x = *state;
	const uint8_t *sources[] = {text(65535, 0), text(65535, 1)};
	uint32_t seed = 815;
	int wholes = 0;

	for (int i = 0; i < 60000; i++) {
		uint32_t r = next_random(&seed), offset = (r >> 8 & 3) * 400;
		uint32_t length = r >> 10 & 3 ? 400 : (next_random(&seed) % 100 + 1) * 8;
		bool more = (r >> 8 & 3) != 3;

		if ((r >> 20 & 0xff) == 0)
			offset = 0x1f00 * 8, length = 0x80 * 8; /* near the end */
		x->id = next_random(&seed) % 60;
		x->v6 = r & 8;
		x->source = x->v6 ? "2001:db8:1::3" : "10.1.2.3";
		x->now += (r >> 28) * 1000;
		if ((r >> 16 & 0xfff) == 0)
			x->now -= 20 * SECOND;
		if (!add(x, sources[r >> 4 & 1], offset, more ? length : length - (r >> 5 & 7), more))
			continue;
		wholes++;
		assert_true(x->length > 0 && x->length <= 65535);
		assert_true(x->data[0] == sources[0][0] || x->data[0] == sources[1][0]);
	}
	assert_true(wholes > 100);
}

static struct made made;

static enum decode decode(struct fixture *x, const struct made *m, struct packet *ret_)
{
	struct frame f = made_frame(m, LINK_ETHERNET);

	f.time = x->now;
	return decode_frame(&f, ret_);
}

/* One frame through decoder and reassembly, as the monitor does it. */
static enum decode walk(struct fixture *x, const struct made *m, struct packet *ret_)
{
	enum decode outcome = decode(x, m, ret_);

	while (outcome == DECODE_FRAGMENT &&
	       defrag_add(x->defrag, ret_, ret_, &x->data, &x->length))
		outcome = decode_datagram(ret_, x->data, x->length, ret_);
	return outcome;
}

/* RFC 1858's tiny fragment: 8 bytes of TCP header in the first, the flags in the second. */
static void the_tiny_first_fragment_hides_no_syn(void **state)
{
	struct fixture *x = *state;
	uint8_t header[20];
	struct packet p = {0};

	made_begin(&made);
	made_tcp(&made, 40001, 25, 0x01020304, 0, TCP_SYN);
	memcpy(header, made_data(&made), 20);
	for (int part = 0; part < 2; part++) {
		made_begin(&made);
		made_bytes(&made, header + part * 8, part ? 12 : 8);
		if (x->v6) {
			made_fragment6(&made, 6, 77, (uint16_t)(part * 8), part == 0);
			made_ipv6(&made, 44, "2001:db8:1::3", "2001:db8:25::25");
		} else {
			made_ipv4_with(&made, 6, "10.1.2.3", "198.51.100.25", 0, 77,
				       part ? 1 : 0x2000);
		}
		made_be16(&made, x->v6 ? 0x86dd : 0x0800);
		if (part == 0)
			made_tag(&made, 0x8100, 12); /* tagged in one copy only */
		made_macs(&made);
		assert_int_equal(walk(x, &made, &p), part ? DECODE_TCP : DECODE_FRAGMENT);
	}
	assert_int_equal(p.flags, TCP_SYN);
	assert_int_equal(p.seq, 0x01020304);
	assert_int_equal(p.destination_port, 25);
	assert_int_equal(p.payload_length, 0);
	assert_int_equal(p.tag_count, 1);
	assert_int_equal(p.tags[0].tci, 12);
}

/* A fragmented packet in a VXLAN datagram that was fragmented itself. */
static void fragments_within_fragments_are_put_together(void **state)
{
	struct fixture *x = *state;
	enum decode outcome = DECODE_NOT_IP;
	uint8_t segment[28], datagram[128];
	struct packet p;

	made_begin(&made);
	made_text(&made, "EHLO x\r\n");
	made_tcp(&made, 40001, 25, 0x01020304, 0, TCP_ACK);
	memcpy(segment, made_data(&made), sizeof(segment));
	for (int inner = 0; inner < 2; inner++) {
		size_t length;

		made_begin(&made);
		made_bytes(&made, segment + inner * 16, inner ? 12 : 16);
		made_ipv4_with(&made, 6, "10.1.2.3", "198.51.100.25", 0, 5, inner ? 2 : 0x2000);
		made_ethernet(&made, 0x0800);
		made_hex(&made, "08000000 00002a00");
		made_udp(&made, 50000, 4789);
		length = made_length(&made);
		memcpy(datagram, made_data(&made), length);
		for (int outer = 0; outer < 2; outer++) {
			made_begin(&made);
			made_bytes(&made, datagram + outer * 32, outer ? length - 32 : 32);
			made_ipv4_with(&made, 17, "192.0.2.1", "192.0.2.9", 0,
				       (uint16_t)(100 + inner), outer ? 4 : 0x2000);
			made_outer_ethernet(&made, 0x0800);
			outcome = walk(x, &made, &p);
			assert_int_equal(outcome,
					 inner && outer ? DECODE_TCP : DECODE_FRAGMENT);
		}
	}
	assert_int_equal(p.tunnel, TUNNEL_VXLAN);
	assert_int_equal(p.seq, 0x01020304);
	assert_int_equal(p.payload_captured, 8);
	assert_memory_equal(p.payload, "EHLO x\r\n", 8);
	assert_memory_equal(p.mac_source, MADE_MAC_SOURCE, 6);
}

static void every_loss_has_a_name_and_nothing_is_freed_twice(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < DEFRAG_LOSS_COUNT; i++) {
		for (unsigned int j = 0; j < i; j++)
			assert_string_not_equal(defrag_loss_name(i), defrag_loss_name(j));
	}
	defrag_free(NULL);
}

#define V4(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
#define V6(test) {#test " (IPv6)", test, set_up_v6, tear_down, NULL}

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
		V4(a_fragment_that_the_capture_cut_is_counted),
		V4(what_is_never_completed_expires),
		V4(a_clock_that_jumps_back_throws_nothing_away),
		V4(interfaces_whose_clocks_differ_throw_nothing_away),
		V4(a_clock_that_stays_back_lets_things_expire),
		V4(the_oldest_goes_when_the_table_is_full),
		V4(the_oldest_goes_when_the_memory_is_full),
		V4(completed_datagrams_go_before_any_other),
		V4(random_fragments_never_break_the_table),
		V4(the_tiny_first_fragment_hides_no_syn),
		V6(the_tiny_first_fragment_hides_no_syn),
		V4(fragments_within_fragments_are_put_together),
		V4(every_loss_has_a_name_and_nothing_is_freed_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
