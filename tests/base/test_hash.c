/* The expected values are CPython 3.11's, whose hash of bytes is SipHash-1-3: hash(bytes(range(n)))
 * under PYTHONHASHSEED=0, whose key is zero, and 25, whose key is the one below. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"

struct known {
	size_t length;
	uint64_t hash;
};

static void check(const struct hash_key *key, const struct known *known, size_t count)
{
	uint8_t data[65];

	/* from an odd address: the hash must not care */
	for (size_t i = 0; i < 64; i++)
		data[i + 1] = (uint8_t)i;
	for (size_t i = 0; i < count; i++)
		assert_int_equal(hash_bytes(key, data + 1, known[i].length), known[i].hash);
}

static void hashes_as_cpython_does_under_a_zero_key(void **state)
{
	static const struct hash_key key;
	static const struct known known[] = {
		{1, UINT64_C(0x68a914128e01e473)},  {2, UINT64_C(0x010bac45c41e3669)},
		{7, UINT64_C(0x2f098ab0c751325a)},  {8, UINT64_C(0xead411e67ebe2eea)},
		{9, UINT64_C(0x75927f9d95124362)},  {15, UINT64_C(0xf30eb725bb91c9ea)},
		{16, UINT64_C(0x8972188433a5c5b7)}, {17, UINT64_C(0x4883c49a2c009c1d)},
		{31, UINT64_C(0x169739443111d49b)}, {64, UINT64_C(0x75e05fd5bbc870c6)},
	};

	(void)state;
	check(&key, known, sizeof(known) / sizeof(*known));
}

static void hashes_as_cpython_does_under_another_key(void **state)
{
	static const struct hash_key key = {
		{UINT64_C(0x3fa08ddf7382cd78), UINT64_C(0x5d6df376126b2e48)}};
	static const struct known known[] = {
		{1, UINT64_C(0xc3bf670876e047eb)},  {2, UINT64_C(0x10d8b15072731bc9)},
		{7, UINT64_C(0xa9ab0e0357f59dae)},  {8, UINT64_C(0xeb8fddd032b33f16)},
		{9, UINT64_C(0x2b57d87bbe9e6c0c)},  {15, UINT64_C(0x2b9c717831f80d3f)},
		{16, UINT64_C(0xf77e6513fb319984)}, {17, UINT64_C(0x7303c647d2643aa3)},
		{31, UINT64_C(0xaf78b25798377c03)}, {64, UINT64_C(0x7788856a6313f1b1)},
	};

	(void)state;
	check(&key, known, sizeof(known) / sizeof(*known));
}

static void drawn_keys_differ(void **state)
{
	struct hash_key a = {{0, 0}}, b = {{0, 0}};

	(void)state;
	assert_int_equal(hash_key_draw(&a), 0);
	assert_int_equal(hash_key_draw(&b), 0);
	assert_memory_not_equal(&a, &b, sizeof(a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hashes_as_cpython_does_under_a_zero_key),
		cmocka_unit_test(hashes_as_cpython_does_under_another_key),
		cmocka_unit_test(drawn_keys_differ),
	};

	return cmocka_run_group_tests_name("hash", tests, NULL, NULL);
}
