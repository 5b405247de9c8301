/* The report as an HTML page, as Python's XML parser reads it. */
#include "incident_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/moment.h"

/*
 * Asserts that a Python expression holds, in which `page` is the text, `root` its element, `words`
 * all its text, `tags` the names of its elements, `attributes` pairs, and `bars` the rectangles of
 * the timeline as (class, y, height).
 */
static void assert_page(const char *page, const char *expression)
{
	static const char program[] =
		"python3 -c 'import base64, hashlib, re, sys, xml.etree.ElementTree as E\n"
		"page = sys.stdin.buffer.read().decode()\n"
		"root = E.fromstring(page)\n"
		"words = \"\".join(root.itertext())\n"
		"tags = {e.tag.split(\"}\")[-1] for e in root.iter()}\n"
		"attributes = {(n, v) for e in root.iter() for n, v in e.attrib.items()}\n"
		"bars = [(e.get(\"class\"), e.get(\"y\"), e.get(\"height\")) for e in root.iter()"
		" if e.tag.endswith(\"rect\") and e.get(\"y\")]\n"
		"sys.exit(0 if (";
	char *command = sqlite3_mprintf("%s%s) else 1)'", program, expression);
	FILE *pipe = popen(command, "w");

	assert_non_null(pipe);
	fputs(page, pipe);
	if (pclose(pipe) != 0)
		fail_msg("python: %s\nof: %.9000s", expression, page);
	sqlite3_free(command);
}

static void expect(struct scratch *s, const char *expression)
{
	char *page = incident_page_of(s);

	assert_page(page, expression);
	free(page);
}

static void it_is_one_page_without_scripts_or_anything_from_elsewhere(void **state)
{
	struct scratch *s = *state;

	incident_attempts(s, 1, T0 + MOMENT_MINUTE, 3);
	incident_listing(s, T0, T0 + MOMENT_MINUTE, "zen.spamhaus.org", "554 blocked");
	expect(s, "page.startswith(\"<!DOCTYPE html>\") and"
		  " not tags & {\"script\", \"link\", \"img\", \"iframe\", \"object\", \"embed\","
		  " \"form\", \"base\", \"image\", \"use\", \"foreignObject\", \"a:href\"} and"
		  " {v for n, v in attributes if n in (\"src\", \"href\")} =="
		  " {\"https://check.spamhaus.org/\"} and"
		  " not [n for n, v in attributes if n.startswith(\"on\") or n == \"style\"] and"
		  " not re.search(r\"url\\(|@import\", page)");
}

static void its_policy_lets_in_its_own_style_sheet_alone(void **state)
{
	expect(*state,
	       "[m.get(\"content\") for m in root.iter(\"meta\")"
	       " if m.get(\"http-equiv\") == \"Content-Security-Policy\"] =="
	       " [\"default-src \\x27none\\x27; style-src \\x27sha256-\" + base64.b64encode("
	       "hashlib.sha256(root.find(\"head/style\").text.encode()).digest()).decode() +"
	       " \"\\x27; base-uri \\x27none\\x27; form-action \\x27none\\x27\"] and"
	       " len(list(root.iter(\"style\"))) == 1");
}

#define HOSTILE "</title></p><script>alert(1)</script>]]>\"onload=\"x' onerror='x&lt;<!--"

static void hostile_text_stays_text_wherever_it_stands(void **state)
{
	struct scratch *s = *state;

	incident_attempts(s, 1, T0 + MOMENT_MINUTE, 3);
	incident_listing(s, T0, T0 + MOMENT_MINUTE, HOSTILE, HOSTILE);
	scratch_sql(
		s,
		"UPDATE incident SET reason = %Q, opened_by = %Q, closed_by = '<i>', address ="
		" '<b>', effect = %Q;"
		"UPDATE run SET sensor = %Q;"
		"INSERT INTO helo VALUES (1, %Q, %lld, %lld);"
		"INSERT INTO identity(host, mac, vlan, hops, first_seen, last_seen, name) VALUES"
		" (1, '02:00:00:00:00:01', '20', 0, %lld, %lld, %Q);"
		"INSERT INTO verdict VALUES (1, 'bot', 0.9, 2.2, 1, json_array(%Q), '[]', '[]',"
		" x'00')",
		HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, T0, T0 + MOMENT_HOUR, T0,
		T0 + MOMENT_HOUR, HOSTILE, HOSTILE);
	expect(s,
	       "tags == {\"html\", \"head\", \"meta\", \"title\", \"style\", \"body\", \"h1\","
	       " \"h2\", \"dl\", \"dt\", \"dd\", \"p\", \"div\", \"ul\", \"ol\", \"li\", \"b\","
	       " \"code\", \"blockquote\", \"figure\", \"figcaption\", \"svg\", \"desc\", \"rect\","
	       " \"line\", \"text\", \"details\", \"summary\", \"table\", \"thead\", \"tbody\","
	       " \"tr\", \"th\", \"td\", \"footer\"} and \"<script\" not in page and"
	       " \"]]&gt;&quot;onload=&quot;x&#39; onerror=\" in page and"
	       /* the title twice, the user, the effect, the sensor, HELO, names, reasons, list,
		  reply */
	       " words.count(\"<script>alert(1)</script>]]>\\\"onload=\") >= 10");
}

static void what_is_no_xml_or_turns_the_direction_is_shown_as_its_bytes(void **state)
{
	struct scratch *s = *state;

	incident_attempts(s, 1, T0 + MOMENT_MINUTE, 3);
	scratch_sql(s,
		    "INSERT INTO helo VALUES (1, 'a' || cast(x'efbfbf' AS TEXT) ||"
		    " cast(x'e280ae' AS TEXT) || cast(x'01' AS TEXT) || 'b', %lld, %lld)",
		    T0, T0 + MOMENT_HOUR);
	expect(s, "\"a\\\\xef\\\\xbf\\\\xbf\\\\xe2\\\\x80\\\\xae\\\\x01b\" in words");
}

/* Two hosts with four attempts each in one minute: the scale ends at 8, 180 units high. */
static void bars_are_stacked_to_scale_with_the_busiest_host_lowest(void **state)
{
	struct scratch *s = *state;

	incident_attempts(s, 2, T0 + MOMENT_MINUTE, 4);
	incident_attempts(s, 1, T0 + MOMENT_MINUTE, 4);
	incident_attempts(s, 1, T0 + 3 * MOMENT_MINUTE, 2);
	expect(s, "bars == [(\"s1\", \"124.0\", \"90.0\"), (\"s2\", \"34.0\", \"90.0\"),"
		  " (\"s1\", \"169.0\", \"45.0\")] and \"10.0.0.1: 6\" in words and"
		  " \"10.0.0.2: 4\" in words and \"all others\" not in words");
}

static void the_drawing_has_a_name_a_description_and_a_table(void **state)
{
	struct scratch *s = *state;

	incident_attempts(s, 1, T0 + MOMENT_MINUTE, 4);
	expect(s, "(\"role\", \"img\") in attributes and {i for n, v in attributes"
		  " if n == \"aria-labelledby\" for i in v.split()} <="
		  " {v for n, v in attributes if n == \"id\"} and"
		  " [[c.text for c in r] for r in root.find(\".//details/table/tbody\")] =="
		  " [[\"2023-11-14 22:15:00 UTC\", \"10.0.0.1\", \"4\", \"0\"]]");
}

static void moments_are_marked_by_letters_that_the_legend_explains(void **state)
{
	struct scratch *s = *state;

	incident_listing(s, T0 + 2 * MOMENT_MINUTE, T0 + 3 * MOMENT_MINUTE, "zen.spamhaus.org",
			 "x");
	expect(s,
	       "[\"\".join(e.itertext()) for e in root.iter(\"li\") if e.find(\"b\") is not None]"
	       " == [\"A 2023-11-14 22:14:00 UTC opened, resets asked for\","
	       " \"B 2023-11-14 22:14:00 UTC mail server frozen\","
	       " \"C 2023-11-14 22:16:00 UTC first told of a blacklisting\","
	       " \"D 2023-11-14 22:24:00 UTC freeze over\","
	       " \"E 2023-11-14 22:24:00 UTC closed\"]");
}

static void of_many_hosts_twenty_are_told_and_the_rest_counted(void **state)
{
	struct scratch *s = *state;

	for (int host = 1; host <= 250; host++)
		incident_attempts(s, host, T0 + MOMENT_MINUTE, host < 8 ? 9 : 1);
	expect(s, "len([e for e in root.iter(\"tr\") if e.get(\"class\") == \"first\"]) == 20 and"
		  " \"And 230 more\" in words and \"And 240 more.\" in words and len(bars) == 7 and"
		  " \"all others: 252\" in words and len(page) < 50000");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, incident_setup, incident_teardown)
	const struct CMUnitTest tests[] = {
		TEST(it_is_one_page_without_scripts_or_anything_from_elsewhere),
		TEST(its_policy_lets_in_its_own_style_sheet_alone),
		TEST(hostile_text_stays_text_wherever_it_stands),
		TEST(what_is_no_xml_or_turns_the_direction_is_shown_as_its_bytes),
		TEST(bars_are_stacked_to_scale_with_the_busiest_host_lowest),
		TEST(the_drawing_has_a_name_a_description_and_a_table),
		TEST(moments_are_marked_by_letters_that_the_legend_explains),
		TEST(of_many_hosts_twenty_are_told_and_the_rest_counted),
	};

	return cmocka_run_group_tests_name("incident_page", tests, NULL, NULL);
}
