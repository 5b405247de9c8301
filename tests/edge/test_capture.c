/* Live capture on a veth pair in a namespace of the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_tun.h>

#include "edge/capture.h"
#include "veth.h"

static const uint16_t smtp[] = {25}, submission[] = {587};
static const struct capture_options options = {.ports = smtp, .port_count = 1};

static int64_t now(void)
{
	struct timeval t;

	gettimeofday(&t, NULL);
	return t.tv_sec * INT64_C(1000000) + t.tv_usec;
}

static struct capture *open_mirror(const struct capture_options *o)
{
	char error[CAPTURE_ERROR] = "";
	struct capture *c = NULL;

	if (capture_open(VETH_MIRROR, 9, o, &c, error))
		fail_msg("%s", error);
	return c;
}

/* A SYN from 10.0.0.5 to 198.51.100.4, with n tags given as {TPID, TCI}; how long it is. */
static size_t build_syn(uint8_t frame[128], uint16_t port, const uint16_t tags[][2], size_t n)
{
	static const uint8_t packet[] = {0x08, 0x00, 0x45, 0,	 0,    40, 0, 1,   0x40, 0,   64,
					 6,    0,    0,	   10,	 0,    0,  5, 198, 51,	 100, 4,
					 0x9c, 0x40, 0,	   25,	 1,    2,  3, 4,   0,	 0,   0,
					 0,    0x50, 2,	   0xff, 0xff, 0,  0, 0,   0};
	size_t at = 12;

	memcpy(frame, "\x02\x00\x00\x00\x00\x25\x02\x00\x00\x00\x00\x05", 12);
	for (size_t i = 0; i < n; i++, at += 4) {
		frame[at] = (uint8_t)(tags[i][0] >> 8);
		frame[at + 1] = (uint8_t)tags[i][0];
		frame[at + 2] = (uint8_t)(tags[i][1] >> 8);
		frame[at + 3] = (uint8_t)tags[i][1];
	}
	memcpy(frame + at, packet, sizeof(packet));
	frame[at + 24] = (uint8_t)(port >> 8);
	frame[at + 25] = (uint8_t)port;
	return at + sizeof(packet);
}

struct taken {
	unsigned int count;
	struct frame last;
	uint8_t data[CAPTURE_SNAPLEN];
};

static void take(void *context, const struct frame *frame)
{
	struct taken *t = context;

	t->count++;
	t->last = *frame;
	assert_true(frame->captured <= sizeof(t->data));
	memcpy(t->data, frame->data, frame->captured);
}

static bool is_ready(struct capture *c, int milliseconds)
{
	struct pollfd p = {.fd = capture_fd(c), .events = POLLIN};

	return poll(&p, 1, milliseconds) > 0;
}

static void take_all(struct capture *c, struct taken *t)
{
	while (is_ready(c, 100))
		assert_true(capture_dispatch(c, 64, take, t) >= 0);
}

static void frames_arrive_at_once_with_their_bytes_tags_and_times(void **state)
{
	static const uint16_t tags[][2] = {{0x8100, 0x2007}, {0x88a8, 0x0fff}, {0x9100, 7},
					   {0x8100, 9},	     {0x88a8, 7},      {0x8100, 1}};
	static const struct {
		size_t first, count;
	} forms[] = {{0, 0}, {0, 1}, {1, 1}, {2, 1}, {1, 2},
		     {0, 2}, {4, 2}, {0, 3}, {1, 3}, {2, 3}};
	struct capture *c = open_mirror(&options);
	int fd = veth_socket();

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		uint8_t frame[128];
		size_t n = build_syn(frame, 25, tags + forms[i].first, forms[i].count);
		struct taken t = {0};
		int64_t before = now(), after;

		veth_send(fd, frame, n);
		assert_true(is_ready(c, 50));
		after = now();
		assert_int_equal(capture_dispatch(c, 64, take, &t), 1);
		assert_int_equal(t.count, 1);
		assert_int_equal(t.last.captured, n);
		assert_int_equal(t.last.length, n);
		assert_memory_equal(t.data, frame, n);
		assert_int_equal(t.last.interface, 9);
		assert_int_equal(t.last.link, LINK_ETHERNET);
		assert_true(t.last.time >= before - 1000 && t.last.time <= after + 1000);
		assert_int_equal(capture_dispatch(c, 64, take, &t), 0);
	}
	close(fd);
	capture_close(c);
}

static void long_frames_are_cut_at_the_snapshot_length(void **state)
{
	uint8_t frame[4000] = {0};
	struct taken t = {0};
	struct capture *c;
	int fd;

	(void)state;
	assert_true(veth_run("ip link set " VETH_HOST " mtu 5000 && ip link set " VETH_MIRROR
			     " mtu 5000"));
	c = open_mirror(&options);
	fd = veth_socket();
	build_syn(frame, 25, NULL, 0);
	veth_send(fd, frame, sizeof(frame));
	take_all(c, &t);
	assert_int_equal(t.count, 1);
	assert_int_equal(t.last.length, sizeof(frame));
	assert_int_equal(t.last.captured, CAPTURE_SNAPLEN);
	close(fd);
	capture_close(c);
}

static void the_number_handed_over_is_bounded(void **state)
{
	struct capture *c = open_mirror(&options);
	struct taken t = {0};
	uint8_t frame[128];
	size_t n = build_syn(frame, 25, NULL, 0);
	int fd = veth_socket();

	(void)state;
	veth_flood(fd, frame, n, 10);
	assert_true(is_ready(c, 1000));
	usleep(20000);
	assert_int_equal(capture_dispatch(c, 4, take, &t), 4);
	assert_int_equal(t.count, 4);
	take_all(c, &t);
	assert_int_equal(t.count, 10);
	close(fd);
	capture_close(c);
}

/* What we send on the mirror's own interface stays out, and is not counted. */
static void own_frames_are_left_out(void **state)
{
	struct capture *c = open_mirror(&options);
	struct capture_stats stats;
	struct taken t = {0};
	uint8_t frame[128];
	size_t n = build_syn(frame, 25, NULL, 0);
	struct capture *peer = NULL;
	char error[CAPTURE_ERROR];
	int fd = veth_socket();

	(void)state;
	assert_int_equal(capture_open(VETH_HOST, 0, &options, &peer, error), 0);
	veth_send(fd, frame, n); /* goes out of VETH_HOST, comes in at VETH_MIRROR */
	take_all(c, &t);
	assert_int_equal(t.count, 1);
	take_all(peer, &t);
	assert_int_equal(t.count, 1);
	assert_int_equal(capture_stats(peer, &stats), 0);
	assert_int_equal(stats.received, 0);
	close(fd);
	capture_close(peer);
	capture_close(c);
}

/* The reader stalls before a tiny ring: received = sent, and what was not dropped is handed over.
 */
static void drops_are_counted_exactly(void **state)
{
	struct capture_options tiny = options;
	struct capture_stats stats;
	struct taken t = {0};
	struct capture *c;
	uint8_t frame[128];
	size_t n = build_syn(frame, 25, NULL, 0);
	int fd = veth_socket();

	(void)state;
	tiny.ring_bytes = 64 << 10;
	c = open_mirror(&tiny);
	for (unsigned int round = 1; round <= 3; round++) {
		veth_flood(fd, frame, n, 5000);
		take_all(c, &t);
		assert_int_equal(capture_stats(c, &stats), 0);
		assert_int_equal(stats.received, 5000 * round);
		assert_int_equal(t.count + stats.dropped, 5000 * round);
		assert_true(stats.dropped > 1000 * round);
		assert_int_equal(stats.dropped_by_interface, 0);
		assert_true(stats.up);
	}
	close(fd);
	capture_close(c);
}

/* Frames of the old ports that wait in the ring stay; new ones pass from the moment of the change.
 */
static void every_frame_comes_in_where_all_are_asked_for(void **state)
{
	static const struct capture_options all = {.all = true};
	uint8_t arp[60] = {2, 0, 0, 0, 0, 0x25, 2, 0, 0, 0, 0, 5, 8, 6}, syn[128];
	struct capture *c = open_mirror(&all);
	struct taken t = {0};
	int fd = veth_socket();

	(void)state;
	for (int i = 0; i < 10; i++) {
		veth_send(fd, arp, sizeof(arp));
		veth_send(fd, syn, build_syn(syn, 80, NULL, 0));
	}
	take_all(c, &t);
	assert_int_equal(t.count, 20);
	close(fd);
	capture_close(c);
}

static void ports_change_without_loss(void **state)
{
	struct capture *c = open_mirror(&options);
	struct capture_stats stats;
	struct taken t = {0};
	uint8_t old[128], new[128];
	size_t n = build_syn(old, 25, NULL, 0);
	uint16_t many[40] = {0};
	int fd = veth_socket();

	(void)state;
	old[0] = new[0] = 3; /* the sampler leaves groups alone */
	build_syn(new, 587, NULL, 0);
	new[0] = 3;
	veth_flood(fd, old, n, 100);
	usleep(20000);
	assert_int_equal(capture_set_ports(c, submission, 1), 0);
	veth_flood(fd, old, n, 50);
	veth_flood(fd, new, n, 70);
	take_all(c, &t);
	assert_int_equal(t.count, 170);
	assert_int_equal(capture_set_ports(c, many, 40), -EINVAL); /* and 587 stays watched */
	veth_flood(fd, new, n, 30);
	take_all(c, &t);
	assert_int_equal(t.count, 200);
	assert_int_equal(capture_stats(c, &stats), 0);
	assert_int_equal(stats.received, 200);
	close(fd);
	capture_close(c);
}

/* While frames pour in and the ports change all the time: none of those that always match is lost.
 */
static void ports_change_under_load_without_loss(void **state)
{
	static const uint16_t both[] = {25, 587};
	struct capture *c = open_mirror(&options);
	struct capture_stats stats;
	struct taken t = {0};
	uint8_t frame[128];
	size_t n = build_syn(frame, 25, NULL, 0);
	pid_t child;

	(void)state;
	child = fork();
	if (child == 0) {
		veth_flood(veth_socket(), frame, n, 50000);
		_exit(0);
	}
	for (int i = 0; i < 400; i++) {
		assert_int_equal(capture_set_ports(c, i & 1 ? smtp : both, i & 1 ? 1 : 2), 0);
		assert_true(capture_dispatch(c, 2000, take, &t) >= 0);
	}
	waitpid(child, NULL, 0);
	take_all(c, &t);
	assert_int_equal(capture_stats(c, &stats), 0);
	assert_int_equal(stats.received, 50000);
	assert_int_equal(t.count + stats.dropped, 50000);
	capture_close(c);
}

static void a_link_that_goes_down_and_up_goes_on(void **state)
{
	struct capture *c = open_mirror(&options);
	struct capture_stats stats;
	struct taken t = {0};
	uint8_t frame[128];
	size_t n = build_syn(frame, 25, NULL, 0);
	int fd = veth_socket();

	(void)state;
	veth_flood(fd, frame, n, 20);
	assert_true(veth_run("ip link set " VETH_MIRROR " down"));
	for (int i = 0; i < 5; i++)
		assert_true(capture_dispatch(c, 64, take, &t) >= 0);
	assert_int_equal(capture_stats(c, &stats), 0);
	assert_false(stats.up);
	assert_true(veth_run("ip link set " VETH_MIRROR " up"));
	usleep(20000);
	veth_flood(fd, frame, n, 20);
	take_all(c, &t);
	assert_int_equal(t.count, 40);
	assert_int_equal(capture_stats(c, &stats), 0);
	assert_true(stats.up);
	assert_int_equal(stats.received, 40);
	close(fd);
	capture_close(c);
}

static void a_renamed_interface_is_up_under_its_new_name(void **state)
{
	struct capture *c = open_mirror(&options);
	struct capture_stats stats;

	(void)state;
	assert_true(veth_run("ip link set " VETH_MIRROR " down && ip link set " VETH_MIRROR
			     " name renamed0 && ip link set renamed0 up"));
	usleep(20000);
	assert_int_equal(capture_stats(c, &stats), 0);
	assert_true(stats.up);
	assert_true(veth_run("ip link set renamed0 down && ip link set renamed0 name " VETH_MIRROR
			     " && ip link set " VETH_MIRROR " up"));
	capture_close(c);
}

static void expect_refusal(const char *name, int result, const char *words)
{
	char error[CAPTURE_ERROR] = "";
	struct capture *c = NULL;

	assert_int_equal(capture_open(name, 0, &options, &c, error), result);
	assert_null(c);
	if (!strstr(error, words) || strchr(error, '\n'))
		fail_msg("%s", error);
}

static void what_cannot_be_opened_says_what_to_do(void **state)
{
	(void)state;
	expect_refusal("eth25", -ENODEV, "no such interface; there are: lo, ");
	expect_refusal("eth25", -ENODEV, VETH_MIRROR);
	expect_refusal("", -ENODEV, "no such interface");
	expect_refusal("an-interface-of-a-name-that-is-too-long", -ENODEV, "no such interface");
	assert_true(veth_run("ip link set " VETH_MIRROR " down"));
	expect_refusal(VETH_MIRROR, -ENETDOWN, "ip link set " VETH_MIRROR " up");
	assert_true(veth_run("ip link set " VETH_MIRROR " up"));
}

static void without_the_capability_permission_is_asked_for(void **state)
{
	(void)state;
	assert_int_equal(seteuid(65534), 0);
	expect_refusal(VETH_MIRROR, -EPERM, "CAP_NET_RAW");
	assert_int_equal(seteuid(0), 0);
}

/* A TAP made to look like IEEE 802.11. */
static void an_unknown_link_type_is_refused(void **state)
{
	struct ifreq r = {.ifr_name = "radio0", .ifr_flags = IFF_TAP | IFF_NO_PI};
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	(void)state;
	if (fd < 0 || ioctl(fd, TUNSETIFF, &r) < 0 ||
	    ioctl(fd, TUNSETLINK, ARPHRD_IEEE80211_RADIOTAP) < 0) {
		printf("skipped: no TAP here\n");
		skip();
	}
	assert_true(veth_run("ip link set radio0 up"));
	expect_refusal("radio0", -EOPNOTSUPP, "link type IEEE802_11_RADIO is not watched");
	close(fd);
}

static void raw_ip_from_a_tun_is_watched(void **state)
{
	struct ifreq r = {.ifr_name = "raw0", .ifr_flags = IFF_TUN | IFF_NO_PI};
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	struct capture *c = NULL;
	char error[CAPTURE_ERROR] = "";
	struct taken t = {0};
	uint8_t frame[128];

	(void)state;
	if (fd < 0 || ioctl(fd, TUNSETIFF, &r) < 0) {
		printf("skipped: no TUN here\n");
		skip();
	}
	assert_true(veth_run("ip link set raw0 up"));
	assert_int_equal(capture_open("raw0", 0, &options, &c, error), 0);
	build_syn(frame, 25, NULL, 0);
	assert_int_equal(write(fd, frame + 14, 40), 40);
	take_all(c, &t);
	assert_int_equal(t.count, 1);
	assert_int_equal(t.last.link, LINK_RAW);
	assert_int_equal(t.last.captured, 40);
	capture_close(c);
	close(fd);
}

/* Last: there is no pair after it. */
static void an_interface_that_goes_away_is_told(void **state)
{
	struct capture *c = open_mirror(&options);
	struct capture_stats stats;
	struct taken t = {0};
	int r = 0;

	(void)state;
	assert_true(veth_run("ip link del " VETH_HOST));
	assert_true(is_ready(c, 1000));
	for (int i = 0; i < 5 && r >= 0; i++)
		r = capture_dispatch(c, 64, take, &t);
	assert_int_equal(r, -ENODEV);
	assert_int_equal(capture_stats(c, &stats), 0);
	assert_false(stats.up);
	/* Another of the same name is not the one that was opened. */
	assert_true(veth_run("ip link add " VETH_HOST " type veth peer name " VETH_MIRROR " && "
			     "ip link set " VETH_MIRROR " up && ip link set " VETH_HOST " up"));
	assert_int_equal(capture_stats(c, &stats), 0);
	assert_false(stats.up);
	capture_close(c);
	capture_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_arrive_at_once_with_their_bytes_tags_and_times),
		cmocka_unit_test(long_frames_are_cut_at_the_snapshot_length),
		cmocka_unit_test(the_number_handed_over_is_bounded),
		cmocka_unit_test(own_frames_are_left_out),
		cmocka_unit_test(drops_are_counted_exactly),
		cmocka_unit_test(every_frame_comes_in_where_all_are_asked_for),
		cmocka_unit_test(ports_change_without_loss),
		cmocka_unit_test(ports_change_under_load_without_loss),
		cmocka_unit_test(a_link_that_goes_down_and_up_goes_on),
		cmocka_unit_test(a_renamed_interface_is_up_under_its_new_name),
		cmocka_unit_test(what_cannot_be_opened_says_what_to_do),
		cmocka_unit_test(without_the_capability_permission_is_asked_for),
		cmocka_unit_test(an_unknown_link_type_is_refused),
		cmocka_unit_test(raw_ip_from_a_tun_is_watched),
		cmocka_unit_test(an_interface_that_goes_away_is_told),
	};

	if (!veth_begin())
		return 77; /* skipped, to meson */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
