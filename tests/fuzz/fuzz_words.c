/*
 * What people and recipes write: times, durations, addresses, prefixes, kinds; one text a line of
 * the input (ended by NUL).  What is read and printed again reads as the same; addresses are read
 * as inet_pton(3) reads them.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/moment.h"
#include "base/text.h"
#include "fuzz.h"
#include "judge/incident.h"
#include "judge/mta.h"
#include "judge/reset_mode.h"

#define NOW INT64_C(1700000000000000)

static void address(const char *text)
{
	uint8_t v4[4], v6[16];
	char out[ADDR_TEXT], judge[INET6_ADDRSTRLEN];
	struct addr a, b;
	bool is_v4 = inet_pton(AF_INET, text, v4) == 1;
	bool is_v6 = inet_pton(AF_INET6, text, v6) == 1;

	FUZZ_MUST((addr_parse(text, &a) == 0) == (is_v4 || is_v6));
	if (!is_v4 && !is_v6)
		return;
	b = is_v4 ? addr_from_v4(v4) : addr_from_v6(v6);
	FUZZ_MUST(addr_equal(&a, &b) && addr_compare(&a, &b) == 0);
	addr_format(&a, out);
	FUZZ_MUST(addr_parse(out, &b) == 0 && addr_equal(&a, &b));
	if (is_v4) {
		FUZZ_MUST(strcmp(out, inet_ntop(AF_INET, v4, judge, sizeof(judge))) == 0);
		FUZZ_MUST(addr_is_v4(&a));
	}
}

static void prefix(const char *text)
{
	char out[PREFIX_TEXT];
	struct prefix p, q;
	int r = prefix_parse(text, &p);

	FUZZ_MUST(r == 0 || r == -EINVAL || r == -EDOM);
	if (r == -EINVAL)
		return;
	FUZZ_MUST(p.length <= 128 && prefix_contains(&p, &p.addr));
	prefix_format(&p, out);
	FUZZ_MUST(prefix_parse(out, &q) == 0);
	FUZZ_MUST(q.length == p.length && addr_equal(&p.addr, &q.addr));
}

static void moment(const char *text)
{
	char out[MOMENT_TEXT];
	int64_t t, again;

	if (moment_parse(text, NOW, &t) < 0)
		return;
	fuzz_harmless(moment_format_local(t, out));
	fuzz_harmless(moment_format_ago(t, NOW, out));
	moment_format_utc(t, out);
	if (t >= 0 && t <= MOMENT_LAST)
		FUZZ_MUST(moment_parse(out, NOW, &again) == 0 && again == t);
	FUZZ_MUST(moment_floor(t, MOMENT_DAY) <= t || t < INT64_MIN + MOMENT_DAY);
}

static void duration(const char *text)
{
	int64_t t;

	if (moment_parse_duration(text, &t) == 0)
		FUZZ_MUST(t >= 0);
}

static const char *word(const void *context, size_t i)
{
	return ((const char *const *)context)[i];
}

static void words(const char *text)
{
	static const char *const known[] = {"offenders", "host", "incident", ""};
	const char *near = text_nearest(text, word, known, 3);
	enum mta_kind kind;

	FUZZ_MUST(text_distance(text, text) == 0 || strlen(text) > 63);
	FUZZ_MUST(text_distance(text, "host") == text_distance("host", text));
	FUZZ_MUST(!near || near == known[0] || near == known[1] || near == known[2]);
	if (mta_kind_parse(text, &kind) == 0)
		FUZZ_MUST(strcmp(mta_kind_name(kind), text) == 0);
	if (mta_host_is_valid(text))
		FUZZ_MUST(*text && *text != '-' && !strpbrk(text, " \t\n'\"\\$`;|&<>()*?~#"));
}

/* An answer of a recipe is many lines: the whole input is one. */
static void recipe(const char *text, size_t size)
{
	struct mta_state s;
	const struct mta_lines *all[] = {&s.spared, &s.callouts, &s.notes};

	mta_state_read(text, size, &s);
	FUZZ_MUST(s.frozen <= MTA_UNKNOWN && s.in_force <= MTA_UNKNOWN && s.running <= MTA_UNKNOWN);
	FUZZ_MUST(s.deliveries >= -1 && s.timer >= 0);
	FUZZ_MUST(s.timer <= INT64_MAX / MOMENT_SECOND);
	for (size_t i = 0; i < 3; i++) {
		FUZZ_MUST(all[i]->count <= MTA_LINES);
		for (size_t k = 0; k < all[i]->count; k++) {
			FUZZ_MUST(strlen(all[i]->text[k]) < MTA_LINE);
			fuzz_harmless(all[i]->text[k]);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size);
	char *whole;

	setenv("TZ", "Europe/Berlin", 0);
	while (in.left) {
		char *text = fuzz_text(&in);

		address(text);
		prefix(text);
		moment(text);
		duration(text);
		words(text);
		free(text);
	}
	in = bytes_of(data, size);
	whole = (char *)fuzz_copy(&in, size, &size);
	recipe(whole, size);
	free(whole);
	return 0;
}
