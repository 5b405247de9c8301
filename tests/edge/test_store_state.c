/* What goes along with the counts: news, identities, health, ids, sources. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/moment.h"
#include "store_fixture.h"

#define NOON (DAY_START + 12 * MOMENT_HOUR)

struct told {
	int count;
	struct store_news items[8];
};

static void take_news(void *context, const struct store_news *news)
{
	struct told *told = context;

	assert_true(told->count < 8);
	told->items[told->count++] = *news;
}

static void write_told(struct store *s, struct batch *b, struct told *told)
{
	char error[STORE_ERROR];

	told->count = 0;
	assert_int_equal(store_write(s, b, DAY_START, take_news, told, error), 0);
	batch_clear(b);
}

static void the_first_offence_of_a_host_is_news_once(void **state)
{
	const char *path = fixture_path("news.db");
	struct store *s = fixture_open_path(path);
	struct batch *b = fixture_batch();
	struct told told;
	struct connection c = fixture_attempt(1, "10.0.0.2", "192.0.2.2", NOON + 9);

	(void)state;
	fixture_add(b, &c);
	c = fixture_attempt(2, "10.0.0.1", "192.0.2.3", NOON + 8);
	fixture_add(b, &c);
	c = fixture_attempt(3, "10.0.0.2", "192.0.2.4", NOON + 7);
	fixture_add(b, &c);
	c = fixture_attempt(4, "10.0.0.3", "192.0.2.4", NOON);
	c.standing = STANDING_PERMITTED;
	fixture_add(b, &c);
	write_told(s, b, &told);
	assert_int_equal(told.count, 2);
	assert_int_equal(told.items[0].when, NOON + 7);
	assert_int_equal(told.items[0].server.b[15], 4);
	assert_int_equal(told.items[0].server_port, 25);
	assert_string_equal(told.items[0].mac, "52:54:00:00:00:01");
	assert_int_equal(told.items[1].client.b[15], 1);
	store_close(s);

	s = fixture_open_path(path);
	c = fixture_attempt(5, "10.0.0.1", "192.0.2.9", NOON + 10);
	fixture_add(b, &c);
	c = fixture_attempt(6, "10.0.0.3", "192.0.2.9", NOON + 11);
	fixture_add(b, &c);
	write_told(s, b, &told);
	assert_int_equal(told.count, 1);
	assert_int_equal(told.items[0].client.b[15], 3);
	batch_free(b);
	store_close(s);
}

static void identities_are_kept_64_a_host_the_newest(void **state)
{
	struct store *s = fixture_open_path(NULL);
	struct batch *b = fixture_batch();
	struct sqlite3 *db = store_database(s);

	(void)state;
	for (uint32_t i = 0; i < 80; i++) {
		struct connection c =
			fixture_attempt(i + 1, "10.0.0.1", "192.0.2.1", NOON + i * MOMENT_MINUTE);

		c.mac[5] = (uint8_t)i;
		c.tag_count = 2;
		c.vlans[0] = 100;
		c.vlans[1] = 20;
		fixture_add(b, &c);
		if (i % 9 == 0)
			fixture_write(s, b);
	}
	fixture_write(s, b);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM identity"), 64);
	assert_int_equal(fixture_ask(db, "SELECT min(first_seen) FROM identity"),
			 NOON + 16 * MOMENT_MINUTE);
	assert_string_equal(fixture_ask_text(db, "SELECT vlan FROM identity"), "100.20");
	assert_string_equal(fixture_ask_text(db, "SELECT vlans FROM offender"), "[20]");
	assert_int_equal(fixture_ask(db, "SELECT vlan FROM connection"), 20);
	batch_free(b);
	store_close(s);
}

static void the_offender_view_shows_the_mac_with_the_most_hops_unless_a_routers(void **state)
{
	static const uint8_t router[6] = {0x52, 0x54, 0, 0, 0, 2};
	struct store *s = fixture_open_path(NULL);
	struct batch *b = fixture_batch();
	struct sqlite3 *db = store_database(s);
	struct connection c = fixture_attempt(1, "10.0.0.1", "192.0.2.1", NOON);

	(void)state;
	fixture_add(b, &c);
	c.id = 2;
	c.started = c.last = NOON + MOMENT_MINUTE;
	c.hops = 63;
	c.mac[5] = 2;
	fixture_add(b, &c);
	fixture_write(s, b);
	assert_string_equal(fixture_ask_text(db, "SELECT mac FROM offender"), "52:54:00:00:00:01");
	c.id = 3;
	c.started = c.last = NOON + 2 * MOMENT_MINUTE;
	c.hops = 128;
	fixture_add(b, &c);
	batch_add_router(b, router);
	batch_add_router(b, router);
	fixture_write(s, b);
	assert_string_equal(fixture_ask_text(db, "SELECT mac FROM offender"), "");
	assert_string_equal(fixture_ask_text(db, "SELECT outcomes ->> 'unanswered' FROM offender"),
			    "3");
	assert_string_equal(fixture_ask_text(db, "SELECT sensor FROM offender"), "sensor-a");
	batch_free(b);
	store_close(s);
}

static void health_goes_along_and_an_empty_one_changes_nothing(void **state)
{
	struct store *s = fixture_open_path(NULL);
	struct batch *b = fixture_batch();
	struct sqlite3 *db = store_database(s);
	struct health *h = batch_health(b);

	(void)state;
	h->packets = 1000;
	h->newest = NOON;
	h->unclassified = 3;
	h->interface_count = 1;
	strcpy(h->interfaces[0].name, "eth1");
	h->interfaces[0].dropped = 5;
	health_add_loss(h, "cut short", 7);
	h->pressures[PRESSURE_STRAYS] = (struct pressure){NOON, NOON + 9, 4000};
	h->example_count = 1;
	h->examples[0] =
		(struct health_example){fixture_addr("203.0.113.1"), fixture_addr("192.0.2.1"), 25};
	fixture_write(s, b);
	fixture_write(s, b);
	assert_int_equal(fixture_ask(db, "SELECT packets FROM run"), 1000);
	assert_int_equal(fixture_ask(db, "SELECT newest FROM run"), NOON);
	assert_int_equal(fixture_ask(db, "SELECT beat FROM run"), DAY_START);
	assert_int_equal(fixture_ask(db, "SELECT dropped FROM interface WHERE name = 'eth1'"), 5);
	assert_int_equal(fixture_ask(db, "SELECT count FROM lost WHERE reason = 'cut short'"), 7);
	assert_string_equal(fixture_ask_text(db, "SELECT kind || (last - since) || ' ' || peak"
						 " FROM attack"),
			    "strays9 4000");
	assert_int_equal(fixture_ask(db,
				     "SELECT port FROM unclassified WHERE client = '203.0.113.1'"),
			 25);
	batch_free(b);
	store_close(s);
}

static void ids_go_on_where_the_last_run_stopped(void **state)
{
	const char *path = fixture_path("ids.db");
	struct store *s = fixture_open_path(path);
	struct batch *b = fixture_batch();
	struct connection c = fixture_attempt(41, "10.0.0.1", "192.0.2.1", NOON);

	(void)state;
	assert_int_equal(store_next_id(s), 1);
	fixture_add(b, &c);
	fixture_write(s, b);
	sqlite3_exec(store_database(s), "DELETE FROM conn", NULL, NULL, NULL);
	store_close(s);
	s = fixture_open_path(path);
	assert_int_equal(store_next_id(s), 42);
	assert_int_equal(fixture_ask(store_database(s), "SELECT count(*) FROM run WHERE ended > 0"),
			 1);
	batch_free(b);
	store_close(s);
}

static void sources_are_found_again(void **state)
{
	const char *path = fixture_path("sources.db");
	struct store *s = fixture_open_path(path);
	const struct store_file file = {.digest = "abc", .name = "a.pcap", .bytes = 100};
	enum store_source found = STORE_SOURCE_READ;

	(void)state;
	assert_int_equal(store_find_source(s, "abc", &found), 0);
	assert_int_equal(found, STORE_SOURCE_NEW);
	assert_int_equal(store_add_sources(s, &file, 1, NOON), 0);
	store_close(s);
	s = fixture_open_path(path);
	assert_int_equal(store_find_source(s, "abc", &found), 0);
	assert_int_equal(found, STORE_SOURCE_PARTLY);
	assert_int_equal(store_add_sources(s, &file, 1, NOON), 0);
	assert_int_equal(store_finish_sources(s), 0);
	assert_int_equal(store_find_source(s, "abc", &found), 0);
	assert_int_equal(found, STORE_SOURCE_READ);
	store_close(s);
}

static void sources_are_noted_all_or_none(void **state)
{
	const struct store_file files[] = {{.digest = "one", .name = "1.pcap", .bytes = 1},
					   {.digest = "two", .name = "2.pcap", .bytes = 2}};
	struct store *s = fixture_open_path(fixture_path("all-or-none.db"));

	(void)state;
	assert_int_equal(
		sqlite3_exec(store_database(s),
			     "CREATE TEMP TRIGGER refuse BEFORE INSERT ON source"
			     " WHEN new.digest = 'two' BEGIN SELECT raise(ABORT, 'no'); END",
			     NULL, NULL, NULL),
		SQLITE_OK);
	assert_true(store_add_sources(s, files, 2, NOON) < 0);
	assert_int_equal(fixture_ask(store_database(s), "SELECT count(*) FROM source"), 0);
	sqlite3_exec(store_database(s), "DROP TRIGGER refuse", NULL, NULL, NULL);
	assert_int_equal(store_add_sources(s, files, 2, NOON), 0);
	assert_int_equal(fixture_ask(store_database(s), "SELECT count(*) FROM source"), 2);
	store_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_offence_of_a_host_is_news_once),
		cmocka_unit_test(identities_are_kept_64_a_host_the_newest),
		cmocka_unit_test(
			the_offender_view_shows_the_mac_with_the_most_hops_unless_a_routers),
		cmocka_unit_test(health_goes_along_and_an_empty_one_changes_nothing),
		cmocka_unit_test(ids_go_on_where_the_last_run_stopped),
		cmocka_unit_test(sources_are_found_again),
		cmocka_unit_test(sources_are_noted_all_or_none),
	};

	return cmocka_run_group_tests(tests, fixture_enter_group, fixture_leave_group);
}
