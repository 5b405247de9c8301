#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <locale.h>

#include "base/text.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* From a heap copy of exactly that length, so that a byte too many is seen. */
static size_t escape(const void *data, size_t length, char *out, size_t size)
{
	uint8_t *copy = calloc(1, length ? length : 1);
	size_t taken;

	memcpy(copy, data, length);
	taken = text_escape(copy, length, out, size);
	free(copy);
	return taken;
}

static void escapes_to(const void *data, size_t length, const char *want)
{
	char out[256];

	assert_int_equal(escape(data, length, out, sizeof(out)), length);
	assert_string_equal(out, want);
}

#define ESCAPES(literal, want) escapes_to(literal, sizeof(literal) - 1, want)

static void plain_text_stays(void **state)
{
	(void)state;
	ESCAPES("", "");
	ESCAPES("220 mx.example.net ESMTP ~!@#$%^&*()'\"<>",
		"220 mx.example.net ESMTP ~!@#$%^&*()'\"<>");
	ESCAPES("gr\xc3\xbc\xc3\x9f \xe4\xb8\xad \xf0\x9f\x93\xa7",
		"gr\xc3\xbc\xc3\x9f \xe4\xb8\xad \xf0\x9f\x93\xa7");
	/* the ends of each length's range */
	ESCAPES("\xc2\xa0\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbd\xf0\x90\x80\x80"
		"\xf4\x8f\xbf\xbd",
		"\xc2\xa0\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbd\xf0\x90\x80\x80"
		"\xf4\x8f\xbf\xbd");
}

static void every_c0_control_and_del_is_escaped(void **state)
{
	(void)state;
	for (int c = 0; c < 0x20; c++) {
		char data = (char)c, want[8];

		escapes_to(&data, 1, text_print(want, sizeof(want), "\\x%02x", (unsigned int)c));
	}
	ESCAPES("\x7f", "\\x7f");
	ESCAPES("a\0b", "a\\x00b");
	ESCAPES("\x1b[31mred\r\n", "\\x1b[31mred\\x0d\\x0a");
}

static void every_c1_control_is_escaped_byte_by_byte(void **state)
{
	(void)state;
	for (unsigned int c = 0x80; c < 0xa0; c++) {
		char data[3], want[16];

		text_print(data, sizeof(data), "\xc2%c", (int)c);
		escapes_to(data, 2, text_print(want, sizeof(want), "\\xc2\\x%02x", c));
	}
}

static void the_backslash_is_escaped(void **state)
{
	(void)state;
	ESCAPES("\\", "\\x5c");
	ESCAPES("\\x41", "\\x5cx41");
}

static void bidirectional_controls_are_escaped(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{"\xd8\x9c", "\\xd8\\x9c"},	     /* U+061C Arabic letter mark */
		{"\xe2\x80\x8e", "\\xe2\\x80\\x8e"}, /* U+200E left-to-right mark */
		{"\xe2\x80\x8f", "\\xe2\\x80\\x8f"}, /* U+200F */
		{"\xe2\x80\xaa", "\\xe2\\x80\\xaa"}, /* U+202A embedding */
		{"\xe2\x80\xab", "\\xe2\\x80\\xab"},
		{"\xe2\x80\xac", "\\xe2\\x80\\xac"},
		{"\xe2\x80\xad", "\\xe2\\x80\\xad"}, /* U+202D override */
		{"\xe2\x80\xae", "\\xe2\\x80\\xae"},
		{"\xe2\x81\xa6", "\\xe2\\x81\\xa6"}, /* U+2066 isolate */
		{"\xe2\x81\xa7", "\\xe2\\x81\\xa7"},
		{"\xe2\x81\xa8", "\\xe2\\x81\\xa8"},
		{"\xe2\x81\xa9", "\\xe2\\x81\\xa9"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		escapes_to(rows[i].text, strlen(rows[i].text), rows[i].want);
	/* their neighbours are not */
	ESCAPES("\xe2\x80\x8d\xe2\x80\x90\xe2\x80\xaf\xe2\x81\xa5\xe2\x81\xaa",
		"\xe2\x80\x8d\xe2\x80\x90\xe2\x80\xaf\xe2\x81\xa5\xe2\x81\xaa");
}

static void invalid_bytes_are_escaped_one_by_one(void **state)
{
	(void)state;
	ESCAPES("\x80", "\\x80");
	ESCAPES("\xbf"
		"a",
		"\\xbfa");
	ESCAPES("\xff\xfe", "\\xff\\xfe");
	ESCAPES("\xc3", "\\xc3"); /* cut */
	ESCAPES("\xe4\xb8", "\\xe4\\xb8");
	ESCAPES("\xf0\x9f\x93", "\\xf0\\x9f\\x93");
	ESCAPES("\xc3(", "\\xc3("); /* no continuation */
	ESCAPES("\xe4\xb8\xe4\xb8\xad", "\\xe4\\xb8\xe4\xb8\xad");
}

static void overlong_forms_surrogates_and_what_is_beyond_unicode_are_escaped(void **state)
{
	(void)state;
	ESCAPES("\xc0\x80", "\\xc0\\x80");
	ESCAPES("\xc1\xbf", "\\xc1\\xbf");
	ESCAPES("\xe0\x80\x8a", "\\xe0\\x80\\x8a");
	ESCAPES("\xe0\x9f\xbf", "\\xe0\\x9f\\xbf");
	ESCAPES("\xf0\x80\x80\x8a", "\\xf0\\x80\\x80\\x8a");
	ESCAPES("\xf0\x8f\xbf\xbf", "\\xf0\\x8f\\xbf\\xbf");
	ESCAPES("\xed\xa0\x80", "\\xed\\xa0\\x80");
	ESCAPES("\xed\xbf\xbf", "\\xed\\xbf\\xbf");
	ESCAPES("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80");
	ESCAPES("\xf5\x80\x80\x80", "\\xf5\\x80\\x80\\x80");
	ESCAPES("\xf8\x88\x80\x80\x80", "\\xf8\\x88\\x80\\x80\\x80");
}

/* At every size: a NUL at the end, no part of a character or an escape, and the count is right. */
static void a_text_is_cut_between_characters_at_every_size(void **state)
{
	static const char data[] = "a\xc3\xbc\n\xe4\xb8\xad\\\xf0\x9f\x93\xa7\xff\xc2\x85";
	/* what each character takes in, and what it comes out as */
	static const struct {
		size_t in, out;
	} pieces[] = {{1, 1}, {2, 2}, {1, 4}, {3, 3}, {1, 4}, {4, 4}, {1, 4}, {2, 8}};
	char whole[64];

	(void)state;
	assert_int_equal(escape(data, sizeof(data) - 1, whole, sizeof(whole)), sizeof(data) - 1);
	assert_int_equal(text_escape(data, sizeof(data) - 1, NULL, 0), 0);
	for (size_t size = 1; size <= strlen(whole) + 1; size++) {
		char *out = malloc(size);
		size_t in = 0, used = 0, taken = escape(data, sizeof(data) - 1, out, size);

		for (size_t i = 0; i < COUNT(pieces) && used + pieces[i].out < size; i++) {
			in += pieces[i].in;
			used += pieces[i].out;
		}
		assert_int_equal(taken, in);
		assert_int_equal(strlen(out), used);
		assert_memory_equal(out, whole, used);
		free(out);
	}
}

static void what_was_escaped_holds_nothing_more_to_escape_but_backslashes(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 65536; i++) {
		const uint8_t data[3] = {(uint8_t)(i >> 8), (uint8_t)i, 0x80};
		char once[64], twice[256];
		size_t more = 0;

		escape(data, sizeof(data), once, sizeof(once));
		escape(once, strlen(once), twice, sizeof(twice));
		for (const char *at = once; *at; at++)
			more += *at == '\\' ? 3 : 0;
		assert_int_equal(strlen(twice), strlen(once) + more);
	}
}

static void columns_are_those_of_the_terminal(void **state)
{
	(void)state;
	assert_int_equal(text_columns(""), 0);
	assert_int_equal(text_columns("abc"), 3);
	assert_int_equal(text_columns("gr\xc3\xbc\xc3\x9f"), 4);
	assert_int_equal(text_columns("\xe4\xb8\xad\xe6\x96\x87"), 4); /* wide */
	assert_int_equal(text_columns("e\xcc\x81"), 1);		       /* combining */
	assert_int_equal(text_columns("\xff"
				      "a"),
			 2);
}

static void a_head_takes_no_more_columns_than_asked_for(void **state)
{
	(void)state;
	assert_int_equal(text_head("abc", 0), 0);
	assert_int_equal(text_head("abc", 2), 2);
	assert_int_equal(text_head("abc", 9), 3);
	assert_int_equal(text_head("\xe4\xb8\xad\xe6\x96\x87", 3), 3);
	assert_int_equal(text_head("\xe4\xb8\xad\xe6\x96\x87", 4), 6);
	assert_int_equal(text_head("e\xcc\x81x", 1), 3); /* the accent goes with its letter */
}

static void distances_count_single_changes(void **state)
{
	(void)state;
	assert_int_equal(text_distance("", ""), 0);
	assert_int_equal(text_distance("", "abc"), 3);
	assert_int_equal(text_distance("abc", ""), 3);
	assert_int_equal(text_distance("kitten", "sitting"), 3);
	assert_int_equal(text_distance("prots", "ports"), 1); /* swapped */
	assert_int_equal(text_distance("mail-server", "mail_servers"), 2);
	assert_true(
		text_distance("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
			      "a") > 60);
}

static const char *word(const void *context, size_t i)
{
	return ((const char *const *)context)[i];
}

static void the_nearest_word_is_found_where_one_is_near(void **state)
{
	static const char *const words[] = {"internal", "interfaces", "ports", "record"};

	(void)state;
	assert_string_equal(text_nearest("interal", word, words, 4), "internal");
	assert_string_equal(text_nearest("interface", word, words, 4), "interfaces");
	assert_string_equal(text_nearest("port", word, words, 4), "ports");
	assert_null(text_nearest("colour", word, words, 4));
	assert_null(text_nearest("x", word, words, 4));
}

static int set_locale(void **state)
{
	(void)state;
	return setlocale(LC_CTYPE, "C.UTF-8") ? 0 : -1; /* as main() does */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_text_stays),
		cmocka_unit_test(every_c0_control_and_del_is_escaped),
		cmocka_unit_test(every_c1_control_is_escaped_byte_by_byte),
		cmocka_unit_test(the_backslash_is_escaped),
		cmocka_unit_test(bidirectional_controls_are_escaped),
		cmocka_unit_test(invalid_bytes_are_escaped_one_by_one),
		cmocka_unit_test(overlong_forms_surrogates_and_what_is_beyond_unicode_are_escaped),
		cmocka_unit_test(a_text_is_cut_between_characters_at_every_size),
		cmocka_unit_test(what_was_escaped_holds_nothing_more_to_escape_but_backslashes),
		cmocka_unit_test(columns_are_those_of_the_terminal),
		cmocka_unit_test(a_head_takes_no_more_columns_than_asked_for),
		cmocka_unit_test(distances_count_single_changes),
		cmocka_unit_test(the_nearest_word_is_found_where_one_is_near),
	};

	return cmocka_run_group_tests_name("text", tests, set_locale, NULL);
}
