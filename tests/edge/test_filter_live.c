/* The kernel filter in the kernel: attached by capture_open(), fed through a veth pair. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "corpus.h"
#include "edge/capture.h"
#include "edge/filter.h"
#include "veth.h"

static struct capture *open_mirror(const char *name, const uint16_t *ports, size_t count)
{
	const struct capture_options options = {.ports = ports, .port_count = count};
	char error[CAPTURE_ERROR] = "";
	struct capture *c = NULL;

	if (capture_open(name, 3, &options, &c, error))
		fail_msg("%s", error);
	return c;
}

static const uint16_t smtp[] = {25};

/* Hands over until nothing came for a while. */
static void take_all(struct capture *c, capture_frame_fn *fn, void *context)
{
	struct pollfd p = {.fd = capture_fd(c), .events = POLLIN};

	while (poll(&p, 1, 100) > 0)
		assert_true(capture_dispatch(c, -1, fn, context) >= 0);
}

/* What came in of the corpus: each frame tells its number at the end of its source MAC. */
struct arrivals {
	unsigned int *times;
	bool whole; /* compare the bytes; not for cooked links */
};

static void arrive(void *context, const struct frame *frame)
{
	struct arrivals *a = context;
	struct sample s;
	size_t i;

	assert_int_equal(frame->interface, 3);
	if (!a->whole) {
		a->times[0]++;
		return;
	}
	assert_int_equal(frame->link, LINK_ETHERNET);
	assert_true(frame->captured > 14);
	i = (size_t)(frame->data[10] << 8 | frame->data[11]);
	assert_true(i < corpus_count());
	corpus_build(i, &s);
	assert_int_equal(frame->captured, s.length);
	assert_int_equal(frame->length, s.length);
	assert_memory_equal(frame->data, s.data, s.length);
	a->times[i]++;
}

static void the_kernel_answers_as_the_corpus_says_and_bytes_are_as_sent(void **state)
{
	struct arrivals a = {.whole = true};
	size_t wrong = 0;
	struct capture *c;
	struct sample s;
	int fd;

	(void)state;
	a.times = calloc(corpus_count(), sizeof(*a.times));
	c = open_mirror(VETH_MIRROR, smtp, 1);
	fd = veth_socket();
	for (size_t i = 0; i < corpus_count(); i++) {
		corpus_build(i, &s);
		veth_send(fd, s.data, s.length);
	}
	take_all(c, arrive, &a);
	for (size_t i = 0; i < corpus_count(); i++) {
		corpus_build(i, &s);
		if (a.times[i] == (s.must ? 1 : 0))
			continue;
		fprintf(stderr, "%s: must%s pass, did %u times\n", s.name, s.must ? "" : " not",
			a.times[i]);
		wrong++;
	}
	assert_int_equal(wrong, 0);
	close(fd);
	capture_close(c);
	free(a.times);
}

/* The "any" device sees the packet from its IP header on, and each frame here once. */
static void any_device_answers_the_same(void **state)
{
	unsigned int got = 0, must = 0;
	struct arrivals a = {.times = &got};
	struct capture *c;
	struct sample s;
	int fd;

	(void)state;
	c = open_mirror("any", smtp, 1);
	fd = veth_socket();
	for (size_t i = 0; i < corpus_count(); i++) {
		corpus_build(i, &s);
		must += s.must;
		veth_send(fd, s.data, s.length);
	}
	take_all(c, arrive, &a);
	assert_int_equal(got, must);
	close(fd);
	capture_close(c);
}

static void count_frame(void *context, const struct frame *frame)
{
	(void)frame;
	++*(unsigned int *)context;
}

#define SAMPLED 200000
_Static_assert(FILTER_SAMPLE == 4096, "the bounds below are worked out for it");

/* Binomial: mean n p = 48.8, deviation sqrt(n p (1-p)) = 6.99; six of them: 7 to 90. */
static void of_other_unicast_frames_one_in_4096_passes(void **state)
{
	unsigned int unicast = 0, multicast = 0;
	struct capture *c;
	struct sample s;
	int fd;

	(void)state;
	c = open_mirror(VETH_MIRROR, smtp, 1);
	fd = veth_socket();
	corpus_build(2, &s); /* plain, TCP to 80 */
	assert_false(s.must);
	s.data[0] = 3;
	veth_flood(fd, s.data, s.length, SAMPLED);
	take_all(c, count_frame, &multicast);
	s.data[0] = 2;
	veth_flood(fd, s.data, s.length, SAMPLED);
	take_all(c, count_frame, &unicast);
	printf("sampled %u of %d\n", unicast, SAMPLED);
	assert_int_equal(multicast, 0);
	assert_in_range(unicast, 7, 90);
	close(fd);
	capture_close(c);
}

/*
 * Debian 12's kernel (6.1) gives a socket's filter 20,480 bytes.  Since 6.8 the limit belongs to
 * the network namespace, so that this one can be made as narrow.
 */
static void the_largest_program_fits_debian_12s_optmem_max(void **state)
{
	uint16_t ports[SITE_PORTS];
	struct capture *c;

	(void)state;
	for (int i = 0; i < SITE_PORTS; i++)
		ports[i] = (uint16_t)(25 + 2 * i);
	if (!veth_write("/proc/sys/net/core/optmem_max", "20480")) {
		printf("skipped: this kernel's optmem_max cannot be set for a namespace\n");
		skip();
	}
	c = open_mirror(VETH_MIRROR, ports, SITE_PORTS);
	/* A change holds both programs for a moment, which is more than there is room for. */
	assert_int_equal(capture_set_ports(c, ports, SITE_PORTS), 0);
	capture_close(c);
	veth_write("/proc/sys/net/core/optmem_max", "131072");
}

static void a_kernel_without_room_for_the_filter_is_an_error(void **state)
{
	const struct capture_options options = {.ports = smtp, .port_count = 1};
	char error[CAPTURE_ERROR] = "";
	struct capture *c = NULL;
	int r;

	(void)state;
	if (!veth_write("/proc/sys/net/core/optmem_max", "4096"))
		skip();
	r = capture_open(VETH_MIRROR, 0, &options, &c, error);
	veth_write("/proc/sys/net/core/optmem_max", "131072");
	assert_int_equal(r, -EOPNOTSUPP);
	assert_null(c);
	assert_non_null(strstr(error, "sysctl net.core.optmem_max"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_kernel_answers_as_the_corpus_says_and_bytes_are_as_sent),
		cmocka_unit_test(any_device_answers_the_same),
		cmocka_unit_test(of_other_unicast_frames_one_in_4096_passes),
		cmocka_unit_test(the_largest_program_fits_debian_12s_optmem_max),
		cmocka_unit_test(a_kernel_without_room_for_the_filter_is_an_error),
	};

	if (!veth_begin())
		return 77; /* skipped, to meson */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
