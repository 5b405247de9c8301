#include "edge/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config_parts.h"

#define FILE_MOST (1 << 20)

const char *const section_names[SECTION_COUNT] = {
	[SECTION_NONE] = "",
	[SECTION_ALLOW] = "allow",
	[SECTION_RETENTION] = "retention",
};

const struct setting_row setting_table[SET_COUNT] = {
	[SET_INTERFACES] = {"interfaces", "interfaces", SECTION_NONE, true, NULL},
	[SET_INTERNAL] = {"internal", "internal", SECTION_NONE, true, NULL},
	[SET_MAIL_SERVERS] = {"mail_servers", "mail_servers", SECTION_NONE, true, NULL},
	[SET_SMART_HOSTS] = {"smart_hosts", "smart_hosts", SECTION_NONE, true, NULL},
	[SET_PORTS] = {"ports", "ports", SECTION_NONE, true, NULL},
	[SET_ALSO_WATCH] = {"also_watch", "also_watch", SECTION_NONE, true, NULL},
	[SET_PUBLIC_ADDRESSES] = {"public_addresses", "public_addresses", SECTION_NONE, true, NULL},
	[SET_NEVER_RESET] = {"never_reset", "never_reset", SECTION_NONE, true, NULL},
	[SET_RESET] = {"reset", "reset", SECTION_NONE, false, "off"},
	[SET_RESET_VIA] = {"reset_via", "reset_via", SECTION_NONE, false, NULL},
	[SET_RESET_LIMIT] = {"reset_limit", "reset_limit", SECTION_NONE, false, "10000"},
	[SET_INCIDENT_ON_LISTING] = {"incident_on_listing", "incident_on_listing", SECTION_NONE,
				     false, "off"},
	[SET_MTA] = {"mta", "mta", SECTION_NONE, false, NULL},
	[SET_MTA_SSH] = {"mta_ssh", "mta_ssh", SECTION_NONE, false, NULL},
	[SET_RECORD] = {"record", "record", SECTION_NONE, false, NULL},
	[SET_SENSOR] = {"sensor", "sensor", SECTION_NONE, false, NULL},
	[SET_USER] = {"user", "user", SECTION_NONE, false, NULL},
	[SET_SILENT_AFTER] = {"silent_after", "silent_after", SECTION_NONE, false, "10m"},
	[SET_ALLOW_SOURCE] = {"allow.source", "source", SECTION_ALLOW, true, NULL},
	[SET_ALLOW_DESTINATION] = {"allow.destination", "destination", SECTION_ALLOW, true, NULL},
	[SET_ALLOW_PORT] = {"allow.port", "port", SECTION_ALLOW, true, NULL},
	[SET_ALLOW_UNTIL] = {"allow.until", "until", SECTION_ALLOW, false, NULL},
	[SET_ALLOW_NOTE] = {"allow.note", "note", SECTION_ALLOW, false, NULL},
	[SET_RETENTION_AGE] = {"retention.age", "age", SECTION_RETENTION, false, "90d"},
	[SET_RETENTION_SIZE] = {"retention.size", "size", SECTION_RETENTION, false, "4G"},
	[SET_RETENTION_ROWS] = {"retention.rows_per_host_hour", "rows_per_host_hour",
				SECTION_RETENTION, false, "1000"},
};

const char *config_name(size_t i)
{
	return i < SET_COUNT ? setting_table[i].full : NULL;
}

int config_fail(char error[CONFIG_ERROR], const char *format, ...)
{
	va_list list;

	if (*error)
		return -EINVAL;
	va_start(list, format);
	vsnprintf(error, CONFIG_ERROR, format, list);
	va_end(list);
	return -EINVAL;
}

/* Reading the file. */

static int read_all(int fd, char *text, size_t size, size_t *ret_length)
{
	size_t length = 0;

	while (length < size) {
		ssize_t n = read(fd, text + length, size - length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		length += (size_t)n;
	}
	*ret_length = length;
	return 0;
}

static int read_open(int fd, const char *path, char **ret_text, size_t *ret_length,
		     char error[CONFIG_ERROR])
{
	struct stat st;
	size_t length = 0;
	char *text;
	int r;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return config_fail(error,
				   "%s: is no regular file; name a file that can be read again",
				   path);
	text = malloc(FILE_MOST + 2);
	if (!text)
		return -ENOMEM;
	r = read_all(fd, text, FILE_MOST + 1, &length);
	if (r == 0 && length > FILE_MOST)
		r = config_fail(error, "%s: is above 1 MiB; this is no configuration file", path);
	if (r < 0) {
		free(text);
		return r;
	}
	text[length] = '\0';
	*ret_text = text;
	*ret_length = length;
	return 0;
}

/* Opened without waiting, so that a FIFO in the file's place holds nobody up. */
static int read_file(const char *path, char **ret_text, size_t *ret_length,
		     char error[CONFIG_ERROR])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int r;

	if (fd < 0)
		return -errno;
	r = read_open(fd, path, ret_text, ret_length, error);
	close(fd);
	return r;
}

/* The command line's lists, as items. */

static int add_list(struct items *items, const struct config_list *list, enum setting setting,
		    const char *option)
{
	int r = 0;

	for (size_t i = 0; i < list->count && r == 0; i++) {
		struct item item = {.setting = setting, .option = option};

		r = items_add(items, &item, list->items[i]);
	}
	return r;
}

static int add_overrides(struct items *items, const struct config_overrides *o)
{
	const struct {
		const struct config_list *list;
		enum setting setting;
		const char *option;
	} rows[] = {
		{&o->interfaces, SET_INTERFACES, "--interface"},
		{&o->internal, SET_INTERNAL, "--internal"},
		{&o->mail_servers, SET_MAIL_SERVERS, "--mail-server"},
		{&o->smart_hosts, SET_SMART_HOSTS, "--smart-host"},
		{&o->allow, SET_ALLOW_SOURCE, "--allow"},
		{&o->ports, SET_PORTS, "--port"},
		{&o->also_watch, SET_ALSO_WATCH, "--also-watch"},
		{&o->public_addresses, SET_PUBLIC_ADDRESSES, "--public-address"},
		{&o->reset, SET_RESET, "--reset"},
		{&o->reset_via, SET_RESET_VIA, "--reset-via"},
		{&o->reset_limit, SET_RESET_LIMIT, "--reset-limit"},
		{&o->user, SET_USER, "--user"},
	};
	const struct item record = {.setting = SET_RECORD, .option = "--record"};
	int r = o->record ? items_add(items, &record, o->record) : 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows) && r == 0; i++)
		r = add_list(items, rows[i].list, rows[i].setting, rows[i].option);
	return r;
}

/* Making the configuration. */

static struct config *config_new(void)
{
	char host[256] = "";
	struct config *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	if (gethostname(host, sizeof(host) - 1) < 0 || !*host)
		strcpy(host, "localhost");
	c->policy = policy_new();
	c->record = strdup(CONFIG_DEFAULT_RECORD);
	c->sensor = strdup(host);
	if (c->policy && c->record && c->sensor)
		return c;
	config_free(c);
	return NULL;
}

void config_free(struct config *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->interface_count; i++)
		free(c->interfaces[i]);
	free(c->interfaces);
	for (size_t i = 0; i < c->line_count; i++) {
		free(c->lines[i].text);
		free(c->lines[i].origin);
	}
	free(c->lines);
	free(c->never_reset);
	free(c->path);
	free(c->reset_via);
	free(c->mta);
	free(c->mta_ssh);
	free(c->record);
	free(c->sensor);
	free(c->user);
	policy_free(c->policy);
	free(c);
}

static void list_ports(struct config *c)
{
	const struct site *site = policy_site(c->policy);

	for (uint32_t port = 1; port <= UINT16_MAX; port++)
		if (site_port(site, (uint16_t)port) != PORT_OTHER)
			c->ports[c->port_count++] = (uint16_t)port;
}

/* Reads and parses the file, where there is one. */
static int load_file(struct config *c, const char *path, struct items *items,
		     char error[CONFIG_ERROR])
{
	const char *name = path ? path : CONFIG_DEFAULT_PATH;
	size_t length = 0;
	char *text = NULL;
	int r = read_file(name, &text, &length, error);

	if (r == -ENOENT && !path)
		return 0;
	if (r < 0) {
		config_fail(error, "%s: cannot be read: %s; give another with --config", name,
			    strerror(-r));
		return r;
	}
	c->path = strdup(name);
	r = c->path ? config_scan(text, length, name, items, error) : -ENOMEM;
	if (r == 0)
		r = config_parse(text, name, items, error);
	free(text);
	return r;
}

int config_load(const char *path, const struct config_overrides *overrides, struct config **ret_,
		char error[CONFIG_ERROR])
{
	struct config *c = config_new();
	struct items items = {.count = 0};
	int r = -ENOMEM;

	*error = '\0';
	if (c)
		r = load_file(c, path, &items, error);
	if (r == 0 && overrides)
		r = add_overrides(&items, overrides);
	if (r == 0)
		r = config_apply(c, &items, error);
	if (r == 0)
		r = config_list_lines(c, &items);
	items_done(&items);
	if (r == 0) {
		list_ports(c);
		*ret_ = c;
		return 0;
	}
	config_free(c);
	config_fail(error, "configuration: %s", strerror(-r));
	return r;
}
