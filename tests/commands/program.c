#include "program.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <unistd.h>

#define WORDS_MOST 32

char told[1024]; /* what the command was handed */
int result;	 /* what it is to answer */

static char *tell_list(char *at, const char *name, const struct config_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		at += sprintf(at, " %s=%s", name, list->items[i]);
	return at;
}

static int tell(const char *command, const struct options *o)
{
	static const char *const formats[] = {"table", "json", "csv"};
	char *at = told + sprintf(told, "%s %s", command, formats[o->format]);

	at += sprintf(at, "%s%s%s%s%s", o->all ? " all" : "", o->follow ? " follow" : "",
		      o->exit_code ? " exit-code" : "", o->again ? " again" : "",
		      o->no_color ? " no-color" : "");
	at += o->since ? sprintf(at, " since=%s", o->since) : 0;
	at += o->until ? sprintf(at, " until=%s", o->until) : 0;
	at += o->config ? sprintf(at, " config=%s", o->config) : 0;
	at += o->ban ? sprintf(at, " offenders") : 0;
	at += o->part ? sprintf(at, " part=%s", o->part) : 0;
	at += o->duration ? sprintf(at, " for=%s", o->duration) : 0;
	at += o->incident_reset ? sprintf(at, " reset") : 0;
	at += o->reason ? sprintf(at, " reason=%s", o->reason) : 0;
	at += o->address ? sprintf(at, " address=%s", o->address) : 0;
	at += o->mta ? sprintf(at, " mta=%s", o->mta) : 0;
	at += o->ssh ? sprintf(at, " ssh=%s", o->ssh) : 0;
	at += o->force ? sprintf(at, " force") : 0;
	at += o->incident ? sprintf(at, " incident=%s", o->incident) : 0;
	at += o->lan ? sprintf(at, " lan=%s", o->lan) : 0;
	at += o->wan ? sprintf(at, " wan=%s", o->wan) : 0;
	at = tell_list(at, "record", &o->records);
	at = tell_list(at, "interface", &o->overrides.interfaces);
	at = tell_list(at, "internal", &o->overrides.internal);
	at = tell_list(at, "mail", &o->overrides.mail_servers);
	at = tell_list(at, "smart", &o->overrides.smart_hosts);
	at = tell_list(at, "public", &o->overrides.public_addresses);
	at = tell_list(at, "allow", &o->overrides.allow);
	at = tell_list(at, "port", &o->overrides.ports);
	at = tell_list(at, "also", &o->overrides.also_watch);
	for (int i = 0; i < o->argument_count; i++)
		at += sprintf(at, " <%s>", o->arguments[i]);
	return result;
}

#define COMMAND(name)                                                                              \
	int command_##name(const struct options *options)                                          \
	{                                                                                          \
		return tell(#name, options);                                                       \
	}
COMMAND(read)
COMMAND(watch)
COMMAND(offenders)
COMMAND(host)
COMMAND(connections)
COMMAND(status)
COMMAND(rules)
COMMAND(incident)
COMMAND(freeze)
COMMAND(thaw)
COMMAND(check)

char out[65536], err[65536];

int redirect(int fd, FILE *to)
{
	int saved = dup(fd);

	dup2(fileno(to), fd);
	return saved;
}

void restore(int fd, int saved, FILE *from, char *text, size_t size)
{
	size_t length;

	dup2(saved, fd);
	close(saved);
	rewind(from);
	length = fread(text, 1, size - 1, from);
	text[length] = '\0';
	fclose(from);
}

int run(const char *line)
{
	FILE *to = tmpfile(), *error = tmpfile();
	char words[1024], *argv[WORDS_MOST + 2] = {(char *)(uintptr_t) "egress25"}, *at = words;
	int argc = 1, saved_out, saved_err, status;

	snprintf(words, sizeof(words), "%s", line);
	while (argc <= WORDS_MOST && (argv[argc] = strsep(&at, " ")) != NULL)
		argc += *argv[argc] != '\0';
	argv[argc] = NULL;
	told[0] = '\0';
	fflush(stdout);
	saved_out = redirect(STDOUT_FILENO, to);
	saved_err = redirect(STDERR_FILENO, error);
	status = egress25_main(argc, argv);
	fflush(stdout);
	restore(STDOUT_FILENO, saved_out, to, out, sizeof(out));
	restore(STDERR_FILENO, saved_err, error, err, sizeof(err));
	return status;
}

void refuses(const char *line, const char *want)
{
	assert_int_equal(run(line), EXIT_USAGE);
	assert_string_equal(told, "");
	assert_string_equal(out, "");
	assert_string_equal(err, want);
}
