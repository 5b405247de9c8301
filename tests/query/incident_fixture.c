#include "incident_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>

#include "base/moment.h"

static struct record *record; /* of the report loaded last, which points into it */

int incident_setup(void **state)
{
	static struct scratch s;

	scratch_open(&s);
	scratch_sql(&s,
		    "INSERT INTO server(id, address) VALUES (1, '198.51.100.4');"
		    "WITH n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 250)"
		    " INSERT INTO host SELECT i, '10.0.0.' || i FROM n;"
		    "INSERT INTO run(mode, sensor, pid, started, beat, newest, packets) VALUES"
		    " ('watch', 'fw1', 1, %lld, %lld, %lld, 1000);"
		    "INSERT INTO interface VALUES (1, 'eth1', 1000, 0, 0, 500, 500, %lld, 0);"
		    "INSERT INTO incident(opened, opened_by, since, until, closed, closed_by,"
		    " reason, address, reset, freeze, policy) VALUES (%lld, 'joe', %lld, %lld,"
		    " %lld, 'user', 'listed by zen', '203.0.113.9', 1, 1,"
		    " 'mail_servers 10.0.0.25')",
		    T0 - MOMENT_HOUR, T0 + MOMENT_HOUR, T0 + MOMENT_HOUR, T0 + MOMENT_HOUR, T0, T0,
		    T0 + MOMENT_HOUR, T0 + 10 * MOMENT_MINUTE);
	*state = &s;
	return 0;
}

int incident_teardown(void **state)
{
	record_close(record);
	record = NULL;
	scratch_close(*state);
	return 0;
}

void incident_attempts(struct scratch *s, int host, int64_t when, int count)
{
	scratch_sql(s,
		    "WITH n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
		    " INSERT INTO raw SELECT %d, 1, 25, %lld, %lld, 1, 'sent', 10 FROM n",
		    count, host, when, when);
}

void incident_listing(struct scratch *s, int64_t first, int64_t last, const char *list,
		      const char *reply)
{
	scratch_sql(s,
		    "INSERT INTO listing VALUES (1, '203.0.113.9', %Q, 0, 1, %lld, %lld, 3, 2,"
		    " '10.0.0.1', '198.51.100.4', %Q, 1, '198.51.100.4', '[\"10.0.0.1\"]')",
		    list, first, last, reply);
}

void incident_load_report(struct scratch *s, struct incident_report *ret_)
{
	char error[RECORD_ERROR];

	scratch_sum(s);
	record_close(record);
	record = NULL;
	if (record_open(s->path, &record, error) < 0)
		fail_msg("%s", error);
	assert_int_equal(incident_report_load(record, 1, NULL, T0 + MOMENT_HOUR, ret_), 1);
}

static char *print(struct scratch *s, bool page)
{
	struct report_options options = {.columns = 80};
	struct incident_report i;
	char *text = NULL;
	size_t length;

	incident_load_report(s, &i);
	options.out = open_memstream(&text, &length);
	assert_non_null(options.out);
	assert_int_equal(page ? incident_report_html(&i, options.out)
			      : incident_report_text(&i, &options),
			 0);
	fclose(options.out);
	incident_report_done(&i);
	return text;
}

char *incident_page_of(struct scratch *s)
{
	return print(s, true);
}

char *incident_text_of(struct scratch *s)
{
	return print(s, false);
}
