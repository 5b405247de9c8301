/* Segments as they leave on a wire of the test's own; checksums are worked out here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if_ether.h>
#include <linux/if_packet.h>

#include "edge/inject.h"
#include "veth.h"

static struct injector *injector;
static uint8_t own[6], frame[256];
static int wire; /* sees what goes out, with its tags where they stand */

static int open_wire(void)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET,
				 .sll_protocol = htons(ETH_P_ALL),
				 .sll_ifindex = (int)if_nametoindex(VETH_MIRROR)};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

static size_t next_frame(void)
{
	struct pollfd p = {.fd = wire, .events = POLLIN};
	ssize_t n;

	assert_int_equal(poll(&p, 1, 2000), 1);
	n = recv(wire, frame, sizeof(frame), 0);
	assert_true(n > 0);
	return (size_t)n;
}

static struct reset to(const char *source, const char *destination)
{
	struct reset r = {.mac = {2, 0, 0, 0, 0, 0x77},
			  .source_port = 25,
			  .destination_port = 40000,
			  .seq = 0x01020304,
			  .ack = 0x0a0b0c0d,
			  .has_ack = true,
			  .window = 0x1234};

	assert_int_equal(addr_parse(source, &r.source), 0);
	assert_int_equal(addr_parse(destination, &r.destination), 0);
	return r;
}

/* RFC 1071, over n bytes and what is added to them. */
static uint16_t sum(const uint8_t *b, size_t n, uint32_t more)
{
	for (size_t i = 0; i < n; i++)
		more += (uint32_t)(i % 2 ? b[i] : b[i] << 8);
	while (more >> 16)
		more = (more & 0xffff) + (more >> 16);
	return (uint16_t)~more;
}

/* The TCP header at b: as r has it, and its sum over the pseudo header of n address bytes at a. */
static void expect_tcp(const uint8_t *b, const struct reset *r, const uint8_t *a, size_t n)
{
	const uint8_t expected[16] = {0,    25,	  0x9c, 0x40, 1,    2,	  3,
				      4,    0x0a, 0x0b, 0x0c, 0x0d, 0x50, r->has_ack ? 0x14 : 0x04,
				      0x12, 0x34};

	assert_memory_equal(b, expected, sizeof(expected));
	assert_int_equal(sum(b, 20, (uint32_t)(uint16_t)~sum(a, n, 0) + 6 + 20), 0);
}

static void an_ipv4_segment_goes_out_whole(void **state)
{
	static const uint8_t ip[] = {0x45, 0, 0, 40}, tail[] = {0x40, 0, 64, 6};
	struct reset r = to("198.51.100.4", "10.0.3.77");

	(void)state;
	assert_int_equal(inject_send(injector, &r), 0);
	assert_int_equal(next_frame(), 14 + 40);
	assert_memory_equal(frame, r.mac, 6);
	assert_memory_equal(frame + 6, own, 6);
	assert_memory_equal(frame + 12, "\x08\x00", 2);
	assert_memory_equal(frame + 14, ip, sizeof(ip));
	assert_memory_equal(frame + 20, tail, sizeof(tail));
	assert_memory_equal(frame + 26, "\xc6\x33\x64\x04\x0a\x00\x03\x4d", 8);
	assert_int_equal(sum(frame + 14, 20, 0), 0);
	expect_tcp(frame + 34, &r, frame + 26, 8);
	/* And without an acknowledgement. */
	r.has_ack = false;
	assert_int_equal(inject_send(injector, &r), 0);
	assert_int_equal(next_frame(), 14 + 40);
	expect_tcp(frame + 34, &r, frame + 26, 8);
}

static void an_ipv6_segment_goes_out_whole(void **state)
{
	static const uint8_t ip[] = {0x60, 0, 0, 0, 0, 20, 6, 64};
	struct reset r = to("2001:db8::4", "fd00::77");

	(void)state;
	assert_int_equal(inject_send(injector, &r), 0);
	assert_int_equal(next_frame(), 14 + 60);
	assert_memory_equal(frame + 12, "\x86\xdd", 2);
	assert_memory_equal(frame + 14, ip, sizeof(ip));
	assert_memory_equal(frame + 22, r.source.b, 16);
	assert_memory_equal(frame + 38, r.destination.b, 16);
	expect_tcp(frame + 54, &r, frame + 22, 32);
}

static void tags_and_pppoe_are_those_of_the_frame_answered(void **state)
{
	static const uint8_t expected[] = {0x88, 0xa8, 0x60, 0x64, 0x81, 0x00, 0x00, 0xc8, 0x88,
					   0x64, 0x11, 0x00, 0x00, 0x07, 0,    62,   0x00, 0x57};
	struct reset r = to("2001:db8::4", "fd00::77");

	(void)state;
	r.tag_count = 1;
	r.tags[0] = (struct vlan_tag){.tpid = 0x8100, .tci = 0x00c8};
	assert_int_equal(inject_send(injector, &r), 0);
	assert_int_equal(next_frame(), 18 + 60);
	assert_memory_equal(frame + 12, "\x81\x00\x00\xc8\x86\xdd\x60", 7);
	r.tag_count = 2;
	r.tags[0] = (struct vlan_tag){.tpid = 0x88a8, .tci = 0x6064};
	r.tags[1] = (struct vlan_tag){.tpid = 0x8100, .tci = 0x00c8};
	r.pppoe = true;
	r.pppoe_session = 7;
	assert_int_equal(inject_send(injector, &r), 0);
	assert_int_equal(next_frame(), 12 + sizeof(expected) + 2 + 60 - 2);
	assert_memory_equal(frame + 12, expected, sizeof(expected));
	expect_tcp(frame + 12 + sizeof(expected) + 40, &r, r.source.b, 32);
}

static void what_cannot_be_sent_is_refused(void **state)
{
	struct reset r = to("198.51.100.4", "fd00::77");

	(void)state;
	assert_int_equal(inject_send(injector, &r), -EINVAL);
	r = to("198.51.100.4", "10.0.3.77");
	r.tag_count = PACKET_TAGS + 1;
	assert_int_equal(inject_send(injector, &r), -EINVAL);
}

static void a_whole_frame_goes_out_as_it_is_and_from_our_own_address_alone(void **state)
{
	uint8_t sent[60] = {2, 0, 0, 0, 0, 0x77, [12] = 0x81, 0, 0, 30, 8, 6, [59] = 0xee};

	(void)state;
	assert_memory_equal(inject_mac(injector), own, sizeof(own));
	memcpy(sent + 6, own, sizeof(own));
	assert_int_equal(inject_frame(injector, sent, sizeof(sent)), 0);
	assert_int_equal(next_frame(), sizeof(sent));
	assert_memory_equal(frame, sent, sizeof(sent));
	assert_int_equal(inject_frame(injector, sent, 14), -EINVAL);
	sent[11] ^= 1;
	assert_int_equal(inject_frame(injector, sent, sizeof(sent)), -EINVAL);
}

static void where_nothing_can_be_sent_to_it_is_said_at_once(void **state)
{
	struct injector *none = NULL;
	char error[INJECT_ERROR] = "";

	(void)state;
	assert_int_equal(inject_open("eth25", &none, error), -ENODEV);
	assert_int_equal(inject_open("lo", &none, error), -EOPNOTSUPP);
	assert_non_null(strstr(error, "--reset-via"));
	assert_null(none);
}

static void many_segments_leave_no_memory_behind(void **state)
{
	struct reset r = to("198.51.100.4", "10.0.3.77");

	(void)state;
	for (int i = 0; i < 20000; i++)
		assert_int_equal(inject_send(injector, &r), 0);
}

static int enter(void **state)
{
	struct ifreq request = {.ifr_name = VETH_MIRROR};
	char error[INJECT_ERROR] = "";

	(void)state;
	if (inject_open(VETH_MIRROR, &injector, error) < 0)
		fail_msg("%s", error);
	wire = open_wire();
	assert_int_equal(ioctl(wire, SIOCGIFHWADDR, &request), 0);
	memcpy(own, request.ifr_hwaddr.sa_data, sizeof(own));
	return 0;
}

static int leave(void **state)
{
	(void)state;
	inject_close(injector);
	inject_close(NULL);
	close(wire);
	return 0;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)
	const struct CMUnitTest tests[] = {
		TEST(an_ipv4_segment_goes_out_whole),
		TEST(an_ipv6_segment_goes_out_whole),
		TEST(tags_and_pppoe_are_those_of_the_frame_answered),
		TEST(what_cannot_be_sent_is_refused),
		TEST(a_whole_frame_goes_out_as_it_is_and_from_our_own_address_alone),
		TEST(where_nothing_can_be_sent_to_it_is_said_at_once),
		TEST(many_segments_leave_no_memory_behind),
	};

	if (!veth_begin())
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
