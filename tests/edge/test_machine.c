/* What the kernel says of an interface, beside what ip(8) and ethtool(8) have set; and of the
 * clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "edge/machine.h"
#include "veth.h"

static struct machine_interface ask(const char *name)
{
	struct machine_interface m;

	memset(&m, 0xa5, sizeof(m));
	assert_int_equal(machine_interface(name, &m), 0);
	return m;
}

static void an_interface_is_as_it_was_set(void **state)
{
	static const uint8_t mac[6] = {2, 0x25, 0, 0, 0, 9};
	struct machine_interface m;

	(void)state;
	assert_true(veth_run("ip link set " VETH_MIRROR " mtu 1400 address 02:25:00:00:00:09 && "
			     "ethtool -K " VETH_MIRROR " gro on"));
	m = ask(VETH_MIRROR);
	assert_int_equal(m.mtu, 1400);
	assert_true(m.has_mac);
	assert_memory_equal(m.mac, mac, sizeof(mac));
	assert_true(m.features_known && m.gro);
	assert_false(m.lro);
	assert_true(veth_run("ethtool -K " VETH_MIRROR " gro off"));
	m = ask(VETH_MIRROR);
	assert_true(m.features_known);
	assert_false(m.gro);
	assert_false(ask("lo").has_mac);
}

static void frames_that_leave_are_counted(void **state)
{
	struct machine_interface before = ask(VETH_HOST), after;
	uint8_t frame[60] = {2, 0, 0, 0, 0, 0x25, 2, 0, 0, 0, 0, 5, 8, 6};
	int fd = veth_socket();

	(void)state;
	for (int i = 0; i < 5; i++)
		veth_send(fd, frame, sizeof(frame));
	after = ask(VETH_HOST);
	assert_int_equal(after.sent - before.sent, 5);
	assert_int_equal(after.unsent - before.unsent, 0);
	close(fd);
}

static void what_is_no_interface_is_told(void **state)
{
	struct machine_interface m = {.mtu = 7};

	(void)state;
	assert_int_equal(machine_interface("eth25", &m), -ENODEV);
	assert_int_equal(m.mtu, 7);
}

static void the_clock_has_a_bound_where_it_is_kept(void **state)
{
	struct machine_clock c;

	(void)state;
	assert_int_equal(machine_clock(&c), 0);
	assert_true(c.error >= 0);
}

static void it_gives_way(void **state)
{
	(void)state;
	machine_give_way();
	assert_true(getpriority(PRIO_PROCESS, 0) >= 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_interface_is_as_it_was_set),
		cmocka_unit_test(frames_that_leave_are_counted),
		cmocka_unit_test(what_is_no_interface_is_told),
		cmocka_unit_test(the_clock_has_a_bound_where_it_is_kept),
		cmocka_unit_test(it_gives_way),
	};

	if (!veth_begin())
		return 77;
	return cmocka_run_group_tests_name("machine", tests, NULL, NULL);
}
