/* By RFC 8259 7: quotation mark, backslash and control characters never stand for themselves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/json.h"

static void expect(const char *text, const char *json)
{
	char *out = NULL;
	size_t length;
	FILE *f = open_memstream(&out, &length);

	assert_non_null(f);
	json_text(f, text);
	fclose(f);
	assert_string_equal(out, json);
	free(out);
}

static void plain_text_stands_in_quotation_marks(void **state)
{
	(void)state;
	expect("", "\"\"");
	expect("gr\xc3\xbc\xc3\x9f", "\"gr\xc3\xbc\xc3\x9f\"");
}

static void quotation_marks_and_backslashes_are_escaped(void **state)
{
	(void)state;
	expect("a\"b\\x1b", "\"a\\\"b\\\\x1b\"");
}

static void control_bytes_are_told_by_number(void **state)
{
	(void)state;
	expect("\x01\x1b\n\x7f", "\"\\u0001\\u001b\\u000a\\u007f\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_text_stands_in_quotation_marks),
		cmocka_unit_test(quotation_marks_and_backslashes_are_escaped),
		cmocka_unit_test(control_bytes_are_told_by_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
