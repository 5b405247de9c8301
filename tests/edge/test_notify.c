/* What arrives at a service manager's socket. */
#include "../service_manager.h"

#include <errno.h>

#include "edge/notify.h"
#include "store_fixture.h"

static void without_a_service_manager_there_is_nothing_to_open(void **state)
{
	(void)state;
	unsetenv("NOTIFY_SOCKET");
	assert_int_equal(notify_open(), -ENODATA);
	setenv("NOTIFY_SOCKET", "", 1);
	assert_int_equal(notify_open(), -ENODATA);
}

static void words_arrive_at_a_path(void **state)
{
	int manager = manager_open(fixture_path("notify")), fd = notify_open();

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(notify_send(fd, 0, "RELOADING=1\nMONOTONIC_USEC=7"), 0);
	assert_string_equal(manager_hears(manager), "RELOADING=1\nMONOTONIC_USEC=7");
	assert_string_equal(manager_hears(manager), "");
	close(fd);
	manager_close(manager);
}

static void words_arrive_at_an_abstract_name(void **state)
{
	char name[64];
	int manager, fd;

	(void)state;
	snprintf(name, sizeof(name), "@egress25-test-notify-%d", (int)getpid());
	manager = manager_open(name);
	fd = notify_open();
	assert_true(fd >= 0);
	assert_int_equal(notify_send(fd, 0, "READY=1"), 0);
	assert_string_equal(manager_hears(manager), "READY=1");
	close(fd);
	manager_close(manager);
}

static void a_name_that_is_no_socket_is_refused(void **state)
{
	char longer[200] = "/";

	(void)state;
	memset(longer + 1, 'a', sizeof(longer) - 2);
	setenv("NOTIFY_SOCKET", longer, 1);
	assert_int_equal(notify_open(), -EINVAL);
	setenv("NOTIFY_SOCKET", "relative", 1);
	assert_int_equal(notify_open(), -EINVAL);
	setenv("NOTIFY_SOCKET", "/", 1);
	assert_int_equal(notify_open(), -EINVAL);
	setenv("NOTIFY_SOCKET", fixture_path("nothing-here"), 1);
	assert_int_equal(notify_open(), -ENOENT);
	unsetenv("NOTIFY_SOCKET");
}

/* systemd may be busy: its queue is then full. */
static void a_service_manager_that_does_not_listen_holds_nothing_up(void **state)
{
	int manager = manager_open(fixture_path("full")), fd = notify_open(), r = 0;

	(void)state;
	for (int i = 0; r == 0; i++) {
		assert_true(i < 1 << 20);
		r = notify_send(fd, 0, "WATCHDOG=1");
	}
	assert_int_equal(r, -EAGAIN);
	close(manager);
	assert_int_equal(notify_send(fd, 0, "WATCHDOG=1"), -ECONNREFUSED);
	close(fd);
	manager_close(-1);
}

static void the_watchdog_is_that_of_this_process(void **state)
{
	char pid[16];

	(void)state;
	unsetenv("WATCHDOG_USEC");
	assert_int_equal(notify_watchdog(), 0);
	setenv("WATCHDOG_USEC", "30000000", 1);
	assert_int_equal(notify_watchdog(), 30000000);
	setenv("WATCHDOG_PID", "1", 1);
	assert_int_equal(notify_watchdog(), 0);
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("WATCHDOG_PID", pid, 1);
	assert_int_equal(notify_watchdog(), 30000000);
	for (size_t i = 0; i < 3; i++) {
		setenv("WATCHDOG_USEC", ((const char *[]){"30s", "-1", "99999999999999999999"})[i],
		       1);
		assert_int_equal(notify_watchdog(), 0);
	}
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_service_manager_there_is_nothing_to_open),
		cmocka_unit_test(words_arrive_at_a_path),
		cmocka_unit_test(words_arrive_at_an_abstract_name),
		cmocka_unit_test(a_name_that_is_no_socket_is_refused),
		cmocka_unit_test(a_service_manager_that_does_not_listen_holds_nothing_up),
		cmocka_unit_test(the_watchdog_is_that_of_this_process),
	};

	return cmocka_run_group_tests_name("notify", tests, fixture_enter_group,
					   fixture_leave_group);
}
