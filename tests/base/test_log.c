#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
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

/* Fills a pipe in the place of standard error, speaks, and empties it. */
static void a_line_that_nobody_takes_is_counted_and_the_next_one_says_so(void **state)
{
	static char buf[1 << 17];
	int saved = dup(STDERR_FILENO), ends[2];
	ssize_t n;

	(void)state;
	assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
	while (write(ends[1], buf, 4096) > 0)
		;
	fcntl(ends[1], F_SETFL, 0); /* a write would wait for ever */
	dup2(ends[1], STDERR_FILENO);
	log_never_wait(true);
	log_say("lost");
	log_say("lost too");
	while (read(ends[0], buf, sizeof(buf)) > 0)
		;
	log_say("heard");
	log_never_wait(false);
	dup2(saved, STDERR_FILENO);
	close(saved);
	n = read(ends[0], buf, sizeof(buf) - 1);
	assert_true(n > 0);
	buf[n] = '\0';
	assert_string_equal(buf, "egress25: 2 lines before this one went untold: nobody took "
				 "them\negress25: heard\n");
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_is_one_line_that_begins_with_the_program),
		cmocka_unit_test(control_bytes_are_escaped_and_so_are_line_ends),
		cmocka_unit_test(an_empty_message_is_an_empty_line),
		cmocka_unit_test(what_is_escaped_already_stays_as_it_is),
		cmocka_unit_test(a_long_message_is_cut_and_still_one_line),
		cmocka_unit_test(a_line_that_nobody_takes_is_counted_and_the_next_one_says_so),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
