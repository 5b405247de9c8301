/* Probes as RFC 826, 5227, 4861 and 4862 write them; bytes and the check sum are worked out by
 * hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "frames.h"
#include "wire/decode.h"
#include "wire/probe.h"

static const uint8_t own[6] = {2, 0x25, 0, 0, 0, 1};

static struct probe probe_of(const char *target)
{
	return (struct probe){.target = made_addr(target), .mac = {2, 0, 0, 0, 0, 0x77}};
}

static void an_arp_probe_tells_nothing_of_who_asks(void **state)
{
	static const uint8_t expected[] = {
		2, 0,	 0, 0, 0, 0x77,		     /* to the target alone */
		2, 0x25, 0, 0, 0, 1,	8,  6,	     /* ARP */
		0, 1,	 8, 0, 6, 4,	0,  1,	     /* a question */
		2, 0x25, 0, 0, 0, 1,	0,  0, 0, 0, /* from 0.0.0.0 */
		0, 0,	 0, 0, 0, 0,	10, 0, 3, 0x4d,
	};
	struct probe p = probe_of("10.0.3.77");
	uint8_t frame[PROBE_ROOM];

	(void)state;
	assert_int_equal(probe_build(&p, own, frame), sizeof(expected));
	assert_memory_equal(frame, expected, sizeof(expected));
}

static void a_solicitation_is_that_of_duplicate_address_detection(void **state)
{
	/* Words summed: 24 + 58 + ff02+0001+ff00+0077 (the group's others are 0) + 8700 + fd00 +
	 * 0030 + 0077 = 38373, folded 8376, its complement 7c89. */
	static const uint8_t expected[] = {
		2, 0,	 0,    0,  0,  0x77, 2,	   0x25, 0,    0,    0, 1, 0x86, 0xdd, 0x60, 0,
		0, 0,	 0,    24, 58, 255,  0,	   0,	 0,    0,    0, 0, 0,	 0,    0,    0,
		0, 0,	 0,    0,  0,  0,    0xff, 2,	 0,    0,    0, 0, 0,	 0,    0,    0,
		0, 1,	 0xff, 0,  0,  0x77, 135,  0,	 0x7c, 0x89, 0, 0, 0,	 0,    0xfd, 0,
		0, 0x30, 0,    0,  0,  0,    0,	   0,	 0,    0,    0, 0, 0,	 0x77,
	};
	struct probe p = probe_of("fd00:30::77");
	uint8_t frame[PROBE_ROOM];

	(void)state;
	assert_int_equal(probe_build(&p, own, frame), sizeof(expected));
	assert_memory_equal(frame, expected, sizeof(expected));
}

static void tags_stand_where_the_hosts_own_frames_have_them(void **state)
{
	static const uint8_t expected[] = {0x88, 0xa8, 0x60, 0x64, 0x81, 0, 0, 0x1e, 8, 6};
	struct probe p = probe_of("10.0.3.77");
	uint8_t frame[PROBE_ROOM];

	(void)state;
	p.tag_count = 2;
	p.tags[0] = (struct vlan_tag){0x88a8, 0x6064};
	p.tags[1] = (struct vlan_tag){0x8100, 30};
	assert_int_equal(probe_build(&p, own, frame), 42 + 8);
	assert_memory_equal(frame + 12, expected, sizeof(expected));
}

/* Reads the frame that was made. */
static bool reads(const struct made *m, struct neighbour_talk *t)
{
	struct frame frame = made_frame(m, LINK_ETHERNET);
	struct packet p;
	enum decode outcome = decode_frame(&frame, &p);

	return (outcome == DECODE_NOT_IP || outcome == DECODE_OTHER_IP) &&
	       probe_read(&frame, &p, t);
}

static void an_arp_answer_is_read_behind_tags(void **state)
{
	struct neighbour_talk t;
	struct made m;

	(void)state;
	made_begin(&m);
	made_hex(&m, "0001 0800 06 04 0002 02005e100001 0a00034d 022500000001 00000000");
	made_be16(&m, 0x0806);
	made_tag(&m, 0x8100, 30);
	made_macs(&m);
	assert_true(reads(&m, &t));
	assert_false(t.question);
	assert_false(t.to_all);
	assert_memory_equal(t.target_mac, own, 6);
	assert_memory_equal(t.sender_mac, MADE_MAC_SOURCE, 6);
	assert_true(addr_equal(&t.sender, &(struct addr){.b = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff,
							       0xff, 10, 0, 3, 77}}));
}

static void advertise(struct made *m, const char *to, const char *owner, uint8_t hops)
{
	struct addr target = made_addr(owner);

	made_begin(m);
	made_bytes(m, target.b, 16);
	made_hex(m, "8800 0000 20000000");
	made_ipv6(m, 58, owner, to);
	m->room[m->at + 7] = hops;
	made_ethernet(m, 0x86dd);
}

static void an_advertisement_is_read(void **state)
{
	struct addr owner = made_addr("fd00:30::77");
	struct neighbour_talk t;
	struct made m;

	(void)state;
	advertise(&m, "ff02::1", "fd00:30::77", 255);
	assert_true(reads(&m, &t));
	assert_true(!t.question && t.to_all && addr_equal(&t.sender, &owner));
	advertise(&m, "fe80::1", "fd00:30::77", 255);
	assert_true(reads(&m, &t));
	assert_true(!t.question && !t.to_all);
	/* From elsewhere than the link: RFC 4861 7.1.2. */
	advertise(&m, "ff02::1", "fd00:30::77", 254);
	assert_false(reads(&m, &t));
}

static void what_is_built_is_read_again(void **state)
{
	static const char *const targets[] = {"10.0.3.77", "fd00:30::77"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct probe p = probe_of(targets[i]);
		struct neighbour_talk t;
		uint8_t frame[PROBE_ROOM];
		struct made m;
		size_t n;

		p.tag_count = 1;
		p.tags[0] = (struct vlan_tag){0x8100, 30};
		n = probe_build(&p, own, frame);
		made_begin(&m);
		made_bytes(&m, frame, n);
		assert_true(reads(&m, &t));
		assert_true(t.question && addr_equal(&t.target, &p.target));
		assert_false(addr_is_unicast(&t.sender));
		/* Cut anywhere it is none. */
		for (size_t cut = 0; cut < n; cut++) {
			struct frame f = {.data = malloc(cut + !cut),
					  .captured = (uint32_t)cut,
					  .length = (uint32_t)n,
					  .link = LINK_ETHERNET};
			struct packet packet;
			enum decode outcome;

			memcpy((uint8_t *)(uintptr_t)f.data, frame, cut);
			outcome = decode_frame(&f, &packet);
			if (outcome == DECODE_NOT_IP || outcome == DECODE_OTHER_IP)
				assert_false(probe_read(&f, &packet, &t));
			free((void *)(uintptr_t)f.data);
		}
	}
}

static void other_frames_are_none(void **state)
{
	struct neighbour_talk t;
	struct made m;

	(void)state;
	made_begin(&m); /* ARP of another kind of address */
	made_hex(&m, "0001 86dd 06 10 0002 02005e100001 0a00034d 022500000001 00000000");
	made_ethernet(&m, 0x0806);
	assert_false(reads(&m, &t));
	made_begin(&m); /* reverse ARP's operation */
	made_hex(&m, "0001 0800 06 04 0003 02005e100001 0a00034d 022500000001 00000000");
	made_ethernet(&m, 0x0806);
	assert_false(reads(&m, &t));
	made_begin(&m);
	made_fill(&m, 60, 0);
	made_ethernet(&m, 0x88cc);
	assert_false(reads(&m, &t));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_arp_probe_tells_nothing_of_who_asks),
		cmocka_unit_test(a_solicitation_is_that_of_duplicate_address_detection),
		cmocka_unit_test(tags_stand_where_the_hosts_own_frames_have_them),
		cmocka_unit_test(an_arp_answer_is_read_behind_tags),
		cmocka_unit_test(an_advertisement_is_read),
		cmocka_unit_test(what_is_built_is_read_again),
		cmocka_unit_test(other_frames_are_none),
	};

	return cmocka_run_group_tests_name("probe", tests, NULL, NULL);
}
