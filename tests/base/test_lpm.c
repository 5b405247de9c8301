#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/lpm.h"

static struct addr address(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(text, &a), 0);
	return a;
}

static void put(struct lpm *t, const char *text, const char *value)
{
	struct prefix p;
	void **slot;

	assert_int_equal(prefix_parse(text, &p), 0);
	slot = lpm_get(t, &p);
	assert_non_null(slot);
	*slot = (void *)(uintptr_t)value;
}

static void finds(const struct lpm *t, const char *text, const char *want)
{
	struct addr a = address(text);
	const char *value = lpm_find(t, &a);

	if (want)
		assert_string_equal(value ? value : "none", want);
	else
		assert_null(value);
}

static void the_longest_prefix_wins(void **state)
{
	struct lpm *t = lpm_new();

	(void)state;
	put(t, "10.0.3.77", "host");
	put(t, "10.0.0.0/8", "net");
	put(t, "10.0.3.0/24", "room");
	put(t, "0.0.0.0/0", "all");
	finds(t, "10.0.3.77", "host");
	finds(t, "10.0.3.76", "room");
	finds(t, "10.0.4.1", "net");
	finds(t, "11.0.0.0", "all");
	finds(t, "::1", NULL);
	lpm_free(t, NULL);
}

static void an_empty_trie_finds_nothing(void **state)
{
	struct lpm *t = lpm_new();

	(void)state;
	finds(t, "10.0.0.1", NULL);
	finds(t, "::", NULL);
	lpm_free(t, NULL);
	lpm_free(NULL, NULL);
}

static void the_families_stay_apart(void **state)
{
	struct lpm *t = lpm_new();

	(void)state;
	put(t, "::/0", "v6");
	finds(t, "10.0.0.1", NULL);
	finds(t, "::1", "v6");
	put(t, "0.0.0.0/0", "v4");
	finds(t, "10.0.0.1", "v4");
	finds(t, "::1", "v6");
	lpm_free(t, NULL);
}

static void a_prefix_without_a_value_is_passed_over(void **state)
{
	struct lpm *t = lpm_new();

	(void)state;
	put(t, "10.0.0.0/8", "net");
	put(t, "10.0.3.0/24", NULL);
	finds(t, "10.0.3.1", "net");
	lpm_free(t, NULL);
}

static void a_slot_stays_where_it_is(void **state)
{
	struct lpm *t = lpm_new();
	struct prefix p;
	void **slot;

	(void)state;
	assert_int_equal(prefix_parse("10.0.3.0/24", &p), 0);
	slot = lpm_get(t, &p);
	put(t, "10.0.0.0/8", "net");
	put(t, "10.0.3.77", "host");
	put(t, "10.0.2.0/24", "beside");
	assert_ptr_equal(lpm_get(t, &p), slot);
	assert_null(*slot);
	lpm_free(t, NULL);
}

struct trail {
	char text[64];
	size_t most, count;
};

static bool visit(void *value, void *context)
{
	struct trail *trail = context;

	strcat(strcat(trail->text, value), " ");
	return ++trail->count == trail->most;
}

static void a_walk_goes_from_the_shortest_and_stops_when_told(void **state)
{
	struct addr a = address("10.0.3.77");
	struct trail all = {.most = 9}, two = {.most = 2};
	struct lpm *t = lpm_new();

	(void)state;
	put(t, "10.0.3.77", "host");
	put(t, "10.0.0.0/8", "net");
	put(t, "10.0.3.0/24", "room");
	put(t, "10.0.2.0/24", "other");
	assert_false(lpm_walk(t, &a, visit, &all));
	assert_string_equal(all.text, "net room host ");
	assert_true(lpm_walk(t, &a, visit, &two));
	assert_string_equal(two.text, "net room ");
	lpm_free(t, NULL);
}

static size_t freed;

static void count_free(void *value)
{
	free(value);
	freed++;
}

static void every_value_is_freed_once(void **state)
{
	struct lpm *t = lpm_new();
	struct prefix p = {.length = 128};

	(void)state;
	freed = 0;
	for (unsigned int i = 0; i < 100; i++) {
		p.addr.b[3] = (uint8_t)(i * 7);
		*lpm_get(t, &p) = malloc(1);
	}
	lpm_free(t, count_free);
	assert_int_equal(freed, 100);
}

/* Against brute force: random prefixes that nest deeply, and addresses near them. */

#define PREFIXES 600
#define LOOKUPS	 4000

static uint64_t seed;

static uint32_t draw(uint32_t below)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(seed >> 33) % below;
}

/* Bits are mostly zero, so that prefixes share long heads. */
static struct addr draw_address(bool v4)
{
	struct addr a = {{0}};

	if (v4)
		a.b[10] = a.b[11] = 0xff;
	for (size_t i = v4 ? 12 : 0; i < 16; i++)
		a.b[i] = (uint8_t)(draw(3) ? 0 : 1u << draw(8));
	return a;
}

static struct prefix draw_prefix(bool v4)
{
	struct addr a = draw_address(v4);
	char text[PREFIX_TEXT + 8], plain[ADDR_TEXT];
	struct prefix p;

	/* prefix_parse() masks, which test_addr judges */
	strcpy(text, addr_format(&a, plain));
	snprintf(text + strlen(text), 8, "/%u", draw(v4 ? 33 : 129));
	assert_int_not_equal(prefix_parse(text, &p), -22);
	return p;
}

static void agrees_with_brute_force(void **state)
{
	static struct prefix prefixes[PREFIXES];
	struct lpm *t = lpm_new();

	(void)state;
	seed = 25;
	for (size_t i = 0; i < PREFIXES; i++) {
		prefixes[i] = draw_prefix(i % 2);
		*lpm_get(t, &prefixes[i]) = &prefixes[i];
	}
	for (size_t i = 0; i < LOOKUPS; i++) {
		struct addr a = draw_address(i % 2);
		const struct prefix *best = NULL, *found = lpm_find(t, &a);

		for (size_t j = 0; j < PREFIXES; j++)
			if (prefix_contains(&prefixes[j], &a) &&
			    (!best || prefixes[j].length > best->length))
				best = &prefixes[j];
		/* twice the same prefix: the later one took the slot */
		assert_int_equal(found != NULL, best != NULL);
		if (best) {
			assert_int_equal(found->length, best->length);
			assert_true(prefix_contains(found, &a));
		}
	}
	lpm_free(t, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_longest_prefix_wins),
		cmocka_unit_test(an_empty_trie_finds_nothing),
		cmocka_unit_test(the_families_stay_apart),
		cmocka_unit_test(a_prefix_without_a_value_is_passed_over),
		cmocka_unit_test(a_slot_stays_where_it_is),
		cmocka_unit_test(a_walk_goes_from_the_shortest_and_stops_when_told),
		cmocka_unit_test(every_value_is_freed_once),
		cmocka_unit_test(agrees_with_brute_force),
	};

	return cmocka_run_group_tests_name("lpm", tests, NULL, NULL);
}
