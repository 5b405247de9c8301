/*
 * watch: the live monitor in the foreground.  Each host's first offence is told on standard output
 * as it is recorded.
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/moment.h"
#include "commands/command.h"
#include "monitor/watch.h"

static void tell_table(const struct store_news *n, const char *client, const char *server)
{
	char when[MOMENT_TEXT];

	printf("%s  new offender %s%s%s%s to %s port %u\n", moment_format_local(n->when, when),
	       client, n->mac[0] ? " (" : "", n->mac, n->mac[0] ? ")" : "", server, n->server_port);
}

static void tell_json(const struct store_news *n, const char *client, const char *server)
{
	char when[MOMENT_TEXT];

	printf("{\"address\":\"%s\",\"mac\":%s%s%s,\"first_seen\":\"%s\",\"server\":\"%s\","
	       "\"server_port\":%u}\n",
	       client, n->mac[0] ? "\"" : "", n->mac[0] ? n->mac : "null", n->mac[0] ? "\"" : "",
	       moment_format_utc(n->when, when), server, n->server_port);
}

static void tell_csv(const struct store_news *n, const char *client, const char *server)
{
	char when[MOMENT_TEXT];

	printf("%s,%s,%s,%s,%u\r\n", client, n->mac, moment_format_utc(n->when, when), server,
	       n->server_port);
}

/* On the writer's thread: a terminal that stalls delays the record, never the capture. */
static void tell(void *context, const struct store_news *n)
{
	static void (*const how[])(const struct store_news *, const char *, const char *) = {
		[FORMAT_TABLE] = tell_table, [FORMAT_JSON] = tell_json, [FORMAT_CSV] = tell_csv};
	const struct options *o = context;
	char client[ADDR_TEXT], server[ADDR_TEXT];

	how[o->format](n, addr_format(&n->client, client), addr_format(&n->server, server));
	fflush(stdout);
}

/* The configuration, with what the command line says of the record. */
static int load(const struct options *o, struct config **ret_)
{
	struct config *config;
	int status = options_config(o, &config);

	if (status != EXIT_DONE)
		return status;
	if (o->records.count) {
		free(config->record);
		config->record = strdup(o->records.items[0]);
	}
	if (!config->record) {
		config_free(config);
		return EXIT_FAILED;
	}
	*ret_ = config;
	return EXIT_DONE;
}

static int reload(void *context, struct config **ret_)
{
	return load(context, ret_) == EXIT_DONE ? 0 : -1;
}

int command_watch(const struct options *o)
{
	struct watch_options options = {.reload = reload,
					.news = tell,
					.context = (void *)(uintptr_t)o};
	int status;

	signal(SIGPIPE, SIG_IGN); /* a reader that goes away must not end the watch */
	status = load(o, &options.config);
	if (status != EXIT_DONE)
		return status;
	if (options.config->interface_count == 0) {
		log_say("watch: no interface: name the mirror port with -i, or `interfaces` in the "
			"configuration");
		config_free(options.config);
		return EXIT_USAGE;
	}
	if (o->format == FORMAT_CSV)
		fputs("address,mac,first_seen,server,server_port\r\n", stdout);
	return watch_run(&options) < 0 ? EXIT_FAILED : EXIT_DONE;
}
