#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "commands/command.h"

static const char *docs; /* the folder of the manual pages */

/* The table of commands names them; none is called here. */
#define COMMAND(name)                                                                              \
	int command_##name(const struct options *options)                                          \
	{                                                                                          \
		(void)options;                                                                     \
		return EXIT_FAILED;                                                                \
	}
COMMAND(read)
COMMAND(watch)
COMMAND(offenders)
COMMAND(host)
COMMAND(connections)
COMMAND(status)
COMMAND(config)
COMMAND(rules)
COMMAND(incident)
COMMAND(freeze)
COMMAND(thaw)
COMMAND(check)

/* The manual pages name everything there is. */

static char *page(const char *name)
{
	static char text[1 << 17];
	char path[512];
	FILE *file;
	size_t length;

	snprintf(path, sizeof(path), "%s/%s", docs, name);
	file = fopen(path, "r");
	assert_non_null(file);
	length = fread(text, 1, sizeof(text) - 1, file);
	text[length] = '\0';
	fclose(file);
	return text;
}

static void egress25_1_names_every_option_with_its_own_item(void **state)
{
	const char *text = page("egress25.1");
	size_t count = 0;

	(void)state;
	for (; options_name(count); count++) {
		char want[64];
		bool found = false;

		snprintf(want, sizeof(want), "\\&-%s", options_name(count));
		for (const char *at = text; !found && (at = strstr(at, "\n.It Fl ")); at++) {
			const char *end = strchr(at + 1, '\n'), *here = strstr(at, want);

			found = here && here < end && strchr(" \n", here[strlen(want)]);
		}
		if (!found)
			fail_msg("egress25.1 has no item for --%s", options_name(count));
	}
	assert_int_equal(count, 36);
}

static void egress25_1_names_every_command(void **state)
{
	const char *text = page("egress25.1");

	(void)state;
	for (int i = 0; i < command_count; i++) {
		char want[64];

		snprintf(want, sizeof(want), "\n.It Cm %s", command_table[i].name);
		assert_non_null(strstr(text, want));
	}
}

static void egress25_conf_5_names_every_setting(void **state)
{
	const char *text = page("egress25.conf.5");
	size_t count = 0;

	(void)state;
	for (; config_name(count); count++) {
		const char *full = config_name(count), *dot = strchr(full, '.');
		const char *from = text, *found;
		char want[64];

		if (dot) {
			snprintf(want, sizeof(want), "\n.Ss Section %.*s\n", (int)(dot - full),
				 full);
			from = strstr(text, want);
			assert_non_null(from);
		}
		snprintf(want, sizeof(want), "\n.It Cm %s = ", dot ? dot + 1 : full);
		found = strstr(from, want);
		if (!found)
			fail_msg("egress25.conf.5 has no item for %s", full);
		/* with its default, or that it must be there, before the next one */
		from = strstr(found + strlen(want), "\n.It ");
		assert_true(
			!from || (strstr(found, "Default:") && strstr(found, "Default:") < from) ||
			(strstr(found, "must be there") && strstr(found, "must be there") < from));
	}
	assert_int_equal(count, 26);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(egress25_1_names_every_option_with_its_own_item),
		cmocka_unit_test(egress25_1_names_every_command),
		cmocka_unit_test(egress25_conf_5_names_every_setting),
	};

	if (argc != 2) {
		fputs("usage: test_pages FOLDER of the manual pages\n", stderr);
		return 2;
	}
	docs = argv[1];
	return cmocka_run_group_tests_name("pages", tests, NULL, NULL);
}
