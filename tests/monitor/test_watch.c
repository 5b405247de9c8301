/*
 * The monitor with a made-up capture in place of the kernel's: what it says, what a reload changes,
 * and what becomes of frames that wait when it is told to stop.  Its beat drives the test: at each
 * it asks the capture for its counters.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "../edge/store_fixture.h"
#include "edge/capture.h"
#include "edge/inject.h"
#include "monitor/watch.h"

static struct fake {
	int fd;
	int beats;
	uint32_t frames; /* handed over so far */
	uint32_t ready;	 /* and those that wait: at once, or once it is to stop */
	uint32_t at_end;
	bool external; /* from an external address, all from one internal host else */
	bool many;     /* each from a host of its own */
	int set_ports; /* what that answers */
	void (*beat)(int beat);
} fake;

int capture_open(const char *interface, uint16_t index, const struct capture_options *options,
		 struct capture **ret_, char error[CAPTURE_ERROR])
{
	(void)interface, (void)index, (void)options, (void)error;
	*ret_ = (struct capture *)&fake;
	return 0;
}

void capture_close(struct capture *c)
{
	(void)c;
}

int capture_fd(const struct capture *c)
{
	(void)c;
	return fake.fd;
}

int capture_set_ports(struct capture *c, const uint16_t *ports, size_t port_count)
{
	(void)c, (void)ports, (void)port_count;
	return fake.set_ports;
}

int capture_stats(struct capture *c, struct capture_stats *ret_)
{
	(void)c;
	*ret_ = (struct capture_stats){.up = true};
	if (fake.beat)
		fake.beat(++fake.beats);
	return 0;
}

/* In place of libnet. */
static struct {
	int opened, closed, sent, result;
	char last[32];
} wire;

int inject_open(const char *interface, struct injector **ret_, char error[INJECT_ERROR])
{
	if (wire.result < 0) {
		strcpy(error, "is no Ethernet interface");
		return wire.result;
	}
	snprintf(wire.last, sizeof(wire.last), "%s", interface);
	wire.opened++;
	*ret_ = (struct injector *)&wire;
	return 0;
}

void inject_close(struct injector *i)
{
	wire.closed += i != NULL;
}

int inject_send(struct injector *i, const struct reset *r)
{
	(void)i, (void)r;
	wire.sent++;
	return 0;
}

static void put32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (24 - 8 * i));
}

/* A SYN to port 25. */
static void give(capture_frame_fn *fn, void *context, uint32_t n)
{
	static const uint8_t head[] = {2, 0, 0,	   0, 0, 1,  2, 2, 0, 0, 0,  0,
				       8, 0, 0x45, 0, 0, 40, 0, 9, 0, 0, 64, 6};
	uint8_t data[54] = {0};
	struct frame frame = {.time = DAY_START + n,
			      .data = data,
			      .captured = sizeof(data),
			      .length = sizeof(data),
			      .link = LINK_ETHERNET};

	memcpy(data, head, sizeof(head));
	put32(data + 26, fake.external ? 0xcb007109 : fake.many ? 0x0a000000 + n : 0x0a000001);
	put32(data + 30, 0xc6336404);
	put32(data + 34, (1024 + n % 60000) << 16 | 25);
	put32(data + 38, n);
	data[46] = 0x50;
	data[47] = 2;
	fn(context, &frame);
}

int capture_dispatch(struct capture *c, int most, capture_frame_fn *fn, void *context)
{
	int count = 0;

	(void)c;
	if (fake.at_end) {
		fake.ready = fake.at_end;
		fake.at_end = 0;
	}
	for (; count < most && fake.ready; count++, fake.ready--)
		give(fn, context, fake.frames++);
	if (fake.ready == 0) {
		uint64_t gone;

		if (read(fake.fd, &gone, sizeof(gone)) < 0)
			assert_int_equal(errno, EAGAIN);
	}
	return count;
}

static void frames_come(uint32_t count)
{
	uint64_t one = 1;

	fake.ready = count;
	assert_int_equal(write(fake.fd, &one, sizeof(one)), sizeof(one));
}

static char *copy(const char *text)
{
	char *c = strdup(text);

	assert_non_null(c);
	return c;
}

/* What the configuration says of resets, at the start and when it is read again. */
static enum reset_mode reset_mode, reset_mode_again;
static bool mail_server;
static const char *reset_via;

static struct config *configuration(const char *path)
{
	struct config *c = calloc(1, sizeof(*c));
	struct prefix mail;

	assert_non_null(c);
	c->policy = policy_new();
	c->interfaces = calloc(1, sizeof(*c->interfaces));
	c->interfaces[0] = copy("mirror0");
	c->interface_count = 1;
	c->record = copy(path);
	c->sensor = copy("sensor-a");
	c->ports[0] = 25;
	c->port_count = 1;
	c->reset = reset_mode;
	c->reset_limit = 10000;
	c->reset_via = reset_via ? copy(reset_via) : NULL;
	prefix_parse("10.0.0.25", &mail);
	if (mail_server)
		assert_int_equal(policy_add_mail_server(c->policy, &mail, "test"), 0);
	return c;
}

static bool has_file; /* the configuration at the start came from a file, that of a reload not */

static int reload(void *context, struct config **ret_)
{
	*ret_ = configuration(context);
	(*ret_)->rows_per_host_hour = 2;
	(*ret_)->reset = reset_mode_again;
	return 0;
}

static int run_result; /* as expected */

/* Runs it until it ends; what it said. */
static const char *run(const char *path, void (*beat)(int beat))
{
	static char words[8192];
	char name[128];
	struct watch_options options = {.config = configuration(path),
					.reload = reload,
					.context = name};
	FILE *to = tmpfile();
	int saved = dup(STDERR_FILENO), result;

	if (has_file)
		options.config->path = copy("/etc/egress25.conf");

	snprintf(name, sizeof(name), "%s", path);
	fake.fd = eventfd(0, EFD_NONBLOCK);
	fake.beat = beat;
	dup2(fileno(to), STDERR_FILENO);
	result = watch_run(&options);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(fake.fd);
	rewind(to);
	words[fread(words, 1, sizeof(words) - 1, to)] = '\0';
	fclose(to);
	assert_int_equal(result, run_result);
	return words;
}

static int64_t ask(const char *path, const char *sql)
{
	struct sqlite3 *db = fixture_reader(path);
	int64_t n = fixture_ask(db, "%s", sql);

	sqlite3_close(db);
	return n;
}

static void end(void)
{
	fake.beat = NULL;
	kill(getpid(), SIGTERM);
}

static void some_twice(int beat)
{
	if (beat == 1 || beat == 3)
		frames_come(2);
	else if (beat == 5)
		end();
}

static void unclassified_traffic_is_told_once(void **state)
{
	const char *words, *at;

	(void)state;
	fake = (struct fake){.external = true};
	words = run(fixture_path("unclassified.db"), some_twice);
	at = strstr(words, "connections between two external addresses are not classified: ");
	assert_non_null(at);
	assert_non_null(strstr(at, "Seen: 203.0.113.9 to 198.51.100.4."));
	assert_null(strstr(at + 1, "connections between two external"));
}

static void reload_then_five(int beat)
{
	if (beat == 1)
		kill(getpid(), SIGHUP);
	else if (beat == 2)
		frames_come(5);
	else if (beat == 4)
		end();
}

static void a_reload_changes_the_limits_of_the_record(void **state)
{
	const char *path = fixture_path("limits.db"), *words;

	(void)state;
	fake = (struct fake){.set_ports = 0};
	words = run(path, reload_then_five);
	assert_non_null(strstr(words, "reload: the new configuration is in force\n"));
	assert_int_equal(ask(path, "SELECT attempts FROM host_sum WHERE span = 0"), 5);
	assert_int_equal(ask(path, "SELECT count(*) FROM conn"), 2);
}

/* An editor writes anew under another name: for a moment there is no file. */
static void a_reload_without_the_file_keeps_what_is_in_force(void **state)
{
	const char *path = fixture_path("gone.db"), *words;

	(void)state;
	fake = (struct fake){.set_ports = 0};
	has_file = true;
	words = run(path, reload_then_five);
	has_file = false;
	assert_non_null(strstr(words, "reload: /etc/egress25.conf is gone"));
	assert_null(strstr(words, "the new configuration is in force"));
	assert_int_equal(ask(path, "SELECT count(*) FROM conn"), 5);
}

static void signal_then_two(int beat)
{
	if (beat == 1)
		kill(getpid(), SIGUSR1);
	else if (beat == 2)
		frames_come(2);
	else if (beat == 4)
		end();
}

static void sigusr1_ends_nothing(void **state)
{
	const char *path = fixture_path("usr1.db");

	(void)state;
	fake = (struct fake){.set_ports = 0};
	assert_non_null(strstr(run(path, signal_then_two), "SIGUSR1"));
	assert_int_equal(ask(path, "SELECT count(*) FROM conn"), 2);
}

static void begin_resets(enum reset_mode mode)
{
	fake = (struct fake){.set_ports = 0};
	memset(&wire, 0, sizeof(wire));
	reset_mode = reset_mode_again = mode;
	mail_server = true;
	reset_via = NULL;
	run_result = 0;
}

static void end_resets(void)
{
	begin_resets(RESET_NEVER);
	mail_server = false;
}

static void offenders_are_reset_where_the_configuration_says_so(void **state)
{
	const char *path = fixture_path("resets.db"), *words;

	(void)state;
	begin_resets(RESET_ON);
	words = run(path, some_twice);
	assert_non_null(strstr(words, "resets are on"));
	assert_int_equal(wire.sent, 8);
	assert_string_equal(wire.last, "mirror0");
	assert_int_equal(wire.opened, wire.closed);
	assert_int_equal(ask(path, "SELECT sum(resets) FROM conn"), 8);
	assert_int_equal(ask(path, "SELECT resets_sent FROM run"), 8);
	begin_resets(RESET_ON);
	reset_via = "eth7";
	run(fixture_path("via.db"), some_twice);
	assert_string_equal(wire.last, "eth7");
	assert_int_equal(wire.sent, 8);
	end_resets();
}

static void resets_that_are_off_or_never_send_nothing(void **state)
{
	(void)state;
	begin_resets(RESET_OFF);
	run(fixture_path("off.db"), some_twice);
	assert_int_equal(wire.opened, 1);
	assert_int_equal(wire.sent, 0);
	begin_resets(RESET_NEVER);
	run(fixture_path("never.db"), some_twice);
	assert_int_equal(wire.opened, 0);
	begin_resets(RESET_DRY_RUN);
	run(fixture_path("dry.db"), some_twice);
	assert_int_equal(wire.sent, 0);
	assert_int_equal(ask(fixture_path("dry.db"), "SELECT resets_planned FROM run"), 8);
	end_resets();
}

static void sigusr1_stops_all_resets(void **state)
{
	(void)state;
	begin_resets(RESET_ON);
	assert_non_null(strstr(run(fixture_path("stop.db"), signal_then_two), "no reset is sent"));
	assert_int_equal(wire.sent, 0);
	end_resets();
}

static void a_reload_switches_resets_on_but_not_past_never(void **state)
{
	(void)state;
	begin_resets(RESET_OFF);
	reset_mode_again = RESET_ON;
	run(fixture_path("on.db"), reload_then_five);
	assert_int_equal(wire.sent, 10);
	begin_resets(RESET_NEVER);
	reset_mode_again = RESET_ON;
	assert_non_null(strstr(run(fixture_path("sealed.db"), reload_then_five), "restart"));
	assert_int_equal(wire.sent, 0);
	end_resets();
}

static void without_a_mail_server_resets_do_not_arm(void **state)
{
	(void)state;
	begin_resets(RESET_ON);
	mail_server = false;
	run_result = -EPERM;
	assert_non_null(strstr(run(fixture_path("unarmed.db"), NULL), "--mail-server"));
	assert_int_equal(wire.opened, 0);
	end_resets();
}

static void an_interface_that_takes_no_resets_is_told(void **state)
{
	(void)state;
	begin_resets(RESET_OFF);
	wire.result = -EOPNOTSUPP;
	assert_non_null(strstr(run(fixture_path("lo.db"), some_twice), "mirror0: resets: is no"));
	begin_resets(RESET_ON);
	wire.result = run_result = -EOPNOTSUPP;
	run(fixture_path("lo2.db"), NULL);
	end_resets();
}

static void a_filter_that_could_not_be_changed_is_not_called_in_force(void **state)
{
	const char *words;

	(void)state;
	fake = (struct fake){.set_ports = -ENOMEM};
	words = run(fixture_path("filter.db"), reload_then_five);
	assert_non_null(strstr(words, "mirror0: the kernel filter could not be changed"));
	assert_non_null(strstr(words, "in force, but for the ports that it watches\n"));
}

static void stop_with_frames(int beat)
{
	(void)beat;
	fake.at_end = 40000;
	end();
}

static void frames_that_wait_at_the_end_keep_their_servers(void **state)
{
	const char *path = fixture_path("end.db");

	(void)state;
	fake = (struct fake){.many = true};
	run(path, stop_with_frames);
	assert_int_equal(ask(path, "SELECT sum(attempts) FROM host_sum WHERE span = 0"), 40000);
	assert_int_equal(ask(path, "SELECT sum(folded) FROM host_sum WHERE span = 0"), 0);
	assert_int_equal(ask(path, "SELECT count(*) FROM conn"), 40000);
}

static int enter(void **state)
{
	(void)state;
	fixture_enter();
	return 0;
}

static int leave(void **state)
{
	(void)state;
	fixture_leave();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unclassified_traffic_is_told_once),
		cmocka_unit_test(a_reload_changes_the_limits_of_the_record),
		cmocka_unit_test(a_reload_without_the_file_keeps_what_is_in_force),
		cmocka_unit_test(sigusr1_ends_nothing),
		cmocka_unit_test(offenders_are_reset_where_the_configuration_says_so),
		cmocka_unit_test(resets_that_are_off_or_never_send_nothing),
		cmocka_unit_test(sigusr1_stops_all_resets),
		cmocka_unit_test(a_reload_switches_resets_on_but_not_past_never),
		cmocka_unit_test(without_a_mail_server_resets_do_not_arm),
		cmocka_unit_test(an_interface_that_takes_no_resets_is_told),
		cmocka_unit_test(a_filter_that_could_not_be_changed_is_not_called_in_force),
		cmocka_unit_test(frames_that_wait_at_the_end_keep_their_servers),
	};

	return cmocka_run_group_tests_name("watch", tests, enter, leave);
}
