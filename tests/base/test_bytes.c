/* The reader hands out what is there, and stays out once it ran out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/bytes.h"

static const uint8_t data[] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd};

static void numbers_are_read_in_network_order(void **state)
{
	struct bytes r = bytes_of(data, sizeof(data));
	uint32_t word = 0;
	uint16_t half = 0;
	uint8_t byte = 0;

	(void)state;
	assert_true(bytes_take_be32(&r, &word) && bytes_take_be16(&r, &half) &&
		    bytes_take_u8(&r, &byte));
	assert_int_equal(word, 0x01234567);
	assert_int_equal(half, 0x89ab);
	assert_int_equal(byte, 0xcd);
	assert_int_equal(r.left, 0);
}

static void what_is_not_there_leaves_the_result_alone(void **state)
{
	uint32_t word = 7;
	uint16_t half = 7;
	uint8_t byte = 7;

	(void)state;
	assert_false(bytes_take_be32(&(struct bytes){data, 3}, &word));
	assert_false(bytes_take_be16(&(struct bytes){data, 1}, &half));
	assert_false(bytes_take_u8(&(struct bytes){data, 0}, &byte));
	assert_int_equal(word + half + byte, 21);
}

static void a_reader_that_ran_out_stays_out(void **state)
{
	struct bytes r = bytes_of(data, sizeof(data));

	(void)state;
	assert_null(bytes_take(&r, sizeof(data) + 1));
	assert_null(bytes_take(&r, 1));
	assert_false(bytes_skip(&r, 1));
}

static void a_length_that_would_wrap_is_refused(void **state)
{
	struct bytes r = bytes_of(data, sizeof(data));

	(void)state;
	assert_null(bytes_take(&r, SIZE_MAX));
	assert_int_equal(r.left, 0);
}

static void a_limit_only_shortens(void **state)
{
	struct bytes r = bytes_of(data, sizeof(data));

	(void)state;
	bytes_limit(&r, SIZE_MAX);
	assert_int_equal(r.left, sizeof(data));
	bytes_limit(&r, 2);
	assert_int_equal(r.left, 2);
	assert_ptr_equal(bytes_take(&r, 2), data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_read_in_network_order),
		cmocka_unit_test(what_is_not_there_leaves_the_result_alone),
		cmocka_unit_test(a_reader_that_ran_out_stays_out),
		cmocka_unit_test(a_length_that_would_wrap_is_refused),
		cmocka_unit_test(a_limit_only_shortens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
