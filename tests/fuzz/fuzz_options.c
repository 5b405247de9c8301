/*
 * Command lines: words ended by NUL, of which the first chooses what the command takes.  Whatever
 * is taken lies within the words; times and windows, and the policy that the options make, are what
 * they should be.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/moment.h"
#include "commands/command.h"
#include "fuzz.h"
#include "judge/mta.h"
#include "query/window.h"

#define WORDS 32
#define NOW   INT64_C(1700000000000000)

static const struct command commands[] = {
	{.name = "offenders",
	 .synopsis = "offenders",
	 .details = "",
	 .example = "",
	 .options = "all follow exit-code record since until mail-server internal smart-host allow "
		    "port also-watch public-address config format no-color help version",
	 .found = "found",
	 .maximum = 0},
	{.name = "watch",
	 .synopsis = "watch",
	 .details = "",
	 .example = "",
	 .options =
		 "interface record! reset! reset-via! reset-limit! mail-server internal smart-host "
		 "allow port also-watch public-address config format help version",
	 .maximum = 0},
	{.name = "freeze",
	 .synopsis = "freeze",
	 .details = "",
	 .example = "",
	 .options = "mta ssh force for reason address reset* since until incident part offenders "
		    "lan-interface wan-interface again record! config format help",
	 .pages = true,
	 .minimum = 1,
	 .maximum = -1},
};

/* Instead of the program's: what goes to standard error is libFuzzer's. */
void __wrap_log_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void __wrap_log_say(const char *format, ...)
{
	char line[4096];
	va_list list;

	va_start(list, format);
	FUZZ_MUST(vsnprintf(line, sizeof(line), format, list) > 0);
	va_end(list);
}

static void check_window(const struct options *o)
{
	struct window w;
	struct span spans[WINDOW_SPANS];
	char text[WINDOW_TEXT];
	const char *bad = NULL;
	size_t n;
	int r = window_parse(o->since, o->until, o->all, NOW, NOW, &w, &bad);

	FUZZ_MUST(r == 0 || r == -EDOM || (r == -EINVAL && bad));
	if (r < 0)
		return;
	FUZZ_MUST(w.since < w.until);
	fuzz_harmless(window_format(&w, text));
	n = window_spans(&w, 86400, spans);
	FUZZ_MUST(n >= 1 && n <= WINDOW_SPANS);
	for (size_t i = 0; i < n; i++)
		FUZZ_MUST(spans[i].from < spans[i].to || spans[i].span == 0);
}

static void check_config(struct options *o)
{
	static const char empty[] = "# nothing\n";
	const struct addr client = addr_from_v4((const uint8_t[]){10, 0, 0, 1});
	const struct addr server = addr_from_v4((const uint8_t[]){198, 51, 100, 4});
	struct config *c;
	struct judgement j;
	int status;

	o->config = fuzz_file(empty, sizeof(empty) - 1);
	status = options_config(o, &c);
	FUZZ_MUST(status == EXIT_DONE || status == EXIT_USAGE);
	if (status != EXIT_DONE)
		return;
	FUZZ_MUST(c->port_count >= 1 && c->port_count <= SITE_PORTS);
	FUZZ_MUST(c->reset < RESET_MODE_COUNT && c->reset_limit > 0);
	policy_judge(c->policy, &client, &server, c->ports[0], NOW, &j);
	FUZZ_MUST(j.standing < STANDING_COUNT && j.reason < REASON_COUNT);
	config_free(c);
}

static bool is_among(char **words, int count, const char *text)
{
	for (int i = 0; i < count; i++)
		if (text >= words[i] && text <= words[i] + strlen(words[i]))
			return true;
	return false;
}

static void parse(const struct command *command, int count, char **words)
{
	struct options o;
	int r = options_parse(command, count, words, &o);

	FUZZ_MUST(r == 0 || r == EXIT_DONE + 1 || r == EXIT_USAGE + 1);
	if (r != 0)
		return;
	FUZZ_MUST(o.argument_count >= command->minimum);
	FUZZ_MUST(command->maximum < 0 || o.argument_count <= command->maximum);
	FUZZ_MUST(o.format < (command->pages ? FORMAT_COUNT : FORMAT_TEXT));
	for (int i = 0; i < o.argument_count; i++)
		FUZZ_MUST(is_among(words, count, o.arguments[i]));
	for (size_t i = 0; i < o.overrides.allow.count; i++)
		FUZZ_MUST(is_among(words, count, o.overrides.allow.items[i]));
	FUZZ_MUST(!o.since || is_among(words, count, o.since));
	check_window(&o);
	check_config(&o);
	options_done(&o);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size);
	char *words[WORDS + 1] = {0}, *order[WORDS + 1] = {0};
	uint8_t which;
	int n = 0;

	if (!bytes_take_u8(&in, &which))
		return 0;
	if (!freopen("/dev/null", "w", stdout)) /* help goes there */
		return 0;
	words[n++] = strdup(commands[which % 3].name);
	while (in.left && n < WORDS)
		words[n++] = fuzz_text(&in);
	memcpy(order, words, sizeof(order)); /* getopt moves what is no option */
	parse(&commands[which % 3], n, order);
	for (int i = 0; i < n; i++)
		free(words[i]);
	return 0;
}
