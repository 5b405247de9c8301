#include "watch_harness.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <sqlite3.h>

#include "../edge/store_fixture.h"
#include "edge/capture.h"
#include "edge/inject.h"
#include "edge/sandbox.h"
#include "monitor/watch.h"

struct fake fake;

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

bool capture_is_there(const struct capture *c)
{
	(void)c;
	return !fake.gone;
}

int capture_rebind(struct capture *c)
{
	(void)c;
	fake.rebound++;
	return fake.rebind;
}

static void note_stage(const char *name)
{
	if (fake.record && access(fake.record, F_OK) == 0 && !strstr(fake.stages, "record "))
		strcat(fake.stages, "record ");
	strcat(fake.stages, name);
}

/* In place of what cannot be taken back; in which order it was called. */
int sandbox_drop(const char *user, const char *directory, char ret_user[SANDBOX_USER],
		 char error[SANDBOX_ERROR])
{
	note_stage("drop ");
	snprintf(fake.dropped_to, sizeof(fake.dropped_to), "%s in %s", user ? user : "owner",
		 directory);
	snprintf(ret_user, SANDBOX_USER, "someone");
	snprintf(error, SANDBOX_ERROR, "user someone: there is none");
	return fake.drop;
}

int sandbox_confine(const struct sandbox_place *places, size_t count)
{
	note_stage("confine ");
	for (size_t i = 0; i < count; i++)
		fake.writable += places[i].write;
	return fake.confine;
}

int sandbox_seal(const int *senders, size_t count, bool *ret_strict)
{
	(void)senders;
	note_stage("seal ");
	fake.senders = count;
	*ret_strict = true;
	return fake.seal;
}

/* In place of libnet. */
struct wire wire;

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

int inject_rebind(struct injector *i, const char *interface)
{
	(void)i;
	snprintf(wire.last, sizeof(wire.last), "again %s", interface);
	return wire.result;
}

int inject_fd(const struct injector *i)
{
	(void)i;
	return fake.fd;
}

void inject_close(struct injector *i)
{
	wire.closed += i != NULL;
}

int inject_send(struct injector *i, const struct reset *r)
{
	(void)i, (void)r;
	wire.sent++;
	wire.scheduling = sched_getscheduler(0) & ~SCHED_RESET_ON_FORK;
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
	put32(data + 26, fake.external ? 0xcb007109
			 : fake.many   ? 0x0a000000 + n % 8000
				       : 0x0a000001);
	put32(data + 30, 0xc6336404);
	if (fake.same_mac && n == 0) {
		memcpy(data, head + 6, 6);
		put32(data + 30, 0x0a000019);
	}
	put32(data + 34, (1024 + n % 60000) << 16 | 25);
	put32(data + 38, n);
	data[46] = 0x50;
	data[47] = 2;
	if (fake.dialogue) {
		put32(data + 34, 1024 << 16 | 25);
		put32(data + 38, n > 0);
		put32(data + 42, 7000);
		data[47] = n ? 16 : 2;
	}
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
	most = fake.dialogue ? 1 : most;
	for (; count < most && fake.ready; count++, fake.ready--)
		give(fn, context, fake.frames++);
	if (fake.ready == 0) {
		uint64_t gone;

		if (read(fake.fd, &gone, sizeof(gone)) < 0)
			assert_int_equal(errno, EAGAIN);
	}
	return count;
}

void frames_come(uint32_t count)
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
enum reset_mode reset_mode, reset_mode_again;
bool mail_server;
const char *reset_via;

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

bool has_file; /* the configuration at the start came from a file, that of a reload not */

static int reload(void *context, struct config **ret_)
{
	*ret_ = configuration(context);
	(*ret_)->rows_per_host_hour = 2;
	(*ret_)->reset = reset_mode_again;
	return 0;
}

int run_result; /* as expected */

/* Runs it until it ends; what it said. */
const char *run(const char *path, void (*beat)(int beat))
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

int64_t ask(const char *path, const char *sql)
{
	struct sqlite3 *db = fixture_reader(path);
	int64_t n = fixture_ask(db, "%s", sql);

	sqlite3_close(db);
	return n;
}

void end(void)
{
	fake.beat = NULL;
	kill(getpid(), SIGTERM);
}

void begin_resets(enum reset_mode mode)
{
	fake = (struct fake){.set_ports = 0};
	memset(&wire, 0, sizeof(wire));
	reset_mode = reset_mode_again = mode;
	mail_server = true;
	reset_via = NULL;
	run_result = 0;
}

void end_resets(void)
{
	begin_resets(RESET_NEVER);
	mail_server = false;
}
