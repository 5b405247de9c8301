/* Reassembly's bounds and clocks, chance, and its place between decoder and decoder. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "fragments.h"

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
		if (!add(x, sources[r >> 4 & 1], offset, more ? length : length - (r >> 5 & 7),
			 more))
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
			assert_int_equal(outcome, inner && outer ? DECODE_TCP : DECODE_FRAGMENT);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
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
