#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <unistd.h>

#include "base/log.h"

/* What log_say() writes to standard error, for the text given as its argument. */
static const char *say_whole(const char *lead, const char *text, char *buf, size_t size)
{
	FILE *file = tmpfile();
	int saved = dup(STDERR_FILENO);
	size_t length;

	assert_non_null(file);
	fflush(stderr);
	dup2(fileno(file), STDERR_FILENO);
	log_say("%s%s", lead, text);
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(file);
	length = fread(buf, 1, size - 1, file);
	buf[length] = '\0';
	fclose(file);
	return buf;
}

static const char *say(const char *text, char *buf, size_t size)
{
	return say_whole("read: ", text, buf, size);
}

static void an_empty_message_is_an_empty_line(void **state)
{
	char buf[8192];

	(void)state;
	say("something of before", buf, sizeof(buf)); /* leaves it on the stack */
	assert_string_equal(say_whole("", "", buf, sizeof(buf)), "egress25: \n");
}

static void a_message_is_one_line_that_begins_with_the_program(void **state)
{
	char buf[8192];

	(void)state;
	assert_string_equal(say("done", buf, sizeof(buf)), "egress25: read: done\n");
}

static void control_bytes_are_escaped_and_so_are_line_ends(void **state)
{
	char buf[8192];

	(void)state;
	assert_string_equal(say("a\nb\x1b[2J\x7f\xc2\x9b\xff", buf, sizeof(buf)),
			    "egress25: read: a\\x0ab\\x1b[2J\\x7f\\xc2\\x9b\\xff\n");
}

static void what_is_escaped_already_stays_as_it_is(void **state)
{
	char buf[8192];

	(void)state;
	assert_string_equal(say("\\x1b\\", buf, sizeof(buf)), "egress25: read: \\x1b\\\n");
	assert_string_equal(say("\\\\a\n", buf, sizeof(buf)), "egress25: read: \\\\a\\x0a\n");
}

static void a_long_message_is_cut_and_still_one_line(void **state)
{
	static const char fill[] = "\n\\x\xe4";
	char text[4000], buf[16384];
	size_t length;

	(void)state;
	for (size_t k = 0; k < 3; k++) {
		memset(text, fill[k], sizeof(text) - 1);
		text[sizeof(text) - 1] = '\0';
		say(text, buf, sizeof(buf));
		length = strlen(buf);
		assert_true(length > 1000);
		assert_ptr_equal(strchr(buf, '\n'), buf + length - 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_is_one_line_that_begins_with_the_program),
		cmocka_unit_test(control_bytes_are_escaped_and_so_are_line_ends),
		cmocka_unit_test(an_empty_message_is_an_empty_line),
		cmocka_unit_test(what_is_escaped_already_stays_as_it_is),
		cmocka_unit_test(a_long_message_is_cut_and_still_one_line),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
