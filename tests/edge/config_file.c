#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <time.h>
#include <unistd.h>

#include "config_file.h"

char folder[] = "/tmp/egress25-test-XXXXXX";
char path[64];

int open_folder(void **state)
{
	(void)state;
	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/f", folder);
	return 0;
}

int close_folder(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

void write_file(const void *data, size_t length)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, length, file), length);
	fclose(file);
}

struct config *load(const char *text)
{
	char error[CONFIG_ERROR];
	struct config *c = NULL;

	write_file(text, strlen(text));
	if (config_load(path, NULL, &c, error) < 0)
		fail_msg("%s", error);
	return c;
}
