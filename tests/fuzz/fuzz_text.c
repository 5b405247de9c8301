/*
 * Text from the network, from there to a terminal, to JSON, CSV and HTML: the input's texts, each
 * ended by NUL, become the texts of an offender and of a connection.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/query/html.h"
#include "answers.h"
#include "base/json.h"
#include "base/text.h"
#include "fuzz.h"
#include "query/connections.h"
#include "query/offender.h"
#include "query/texts.h"

#define TEXTS 6

/* What an escape says is what stood there. */
static size_t read_back(const char *text, uint8_t *out)
{
	size_t n = 0;

	for (; *text; n++) {
		unsigned int byte = (uint8_t)*text;
		int taken = 1;

		if (*text == '\\')
			FUZZ_MUST(sscanf(text, "\\x%2x%n", &byte, &taken) == 1 && taken == 4);
		out[n] = (uint8_t)byte;
		text += taken;
	}
	return n;
}

static void escape(const uint8_t *data, size_t size)
{
	size_t room = 4 * size + 1, taken, n;
	char *out = malloc(room);
	uint8_t *back = malloc(room);

	FUZZ_MUST(out && back);
	FUZZ_MUST(text_escape(data, size, out, room) == size);
	fuzz_harmless(out);
	FUZZ_MUST(read_back(out, back) == size && memcmp(back, data, size) == 0);
	for (size_t cut = 1; cut < room && cut < 24; cut++) {
		taken = text_escape(data, size, out, cut);
		FUZZ_MUST(taken <= size && strlen(out) < cut);
		fuzz_harmless(out);
		n = read_back(out, back);
		FUZZ_MUST(n == taken && memcmp(back, data, n) == 0);
	}
	free(back);
	free(out);
}

static char *escaped(struct bytes *in)
{
	char *raw = fuzz_text(in), *out = malloc(4 * strlen(raw) + 1), *again;

	FUZZ_MUST(out != NULL);
	record_escape(raw, strlen(raw), out, 4 * strlen(raw) + 1);
	fuzz_harmless(out);
	again = malloc(strlen(out) + 1);
	FUZZ_MUST(again != NULL);
	record_escape(out, strlen(out), again, strlen(out) + 1);
	FUZZ_MUST(strcmp(out, again) == 0); /* once is enough */
	FUZZ_MUST(text_head(out, 10) <= strlen(out));
	free(again);
	free(raw);
	return out;
}

/* No text becomes an element, an attribute or an entity. */
static void html(const char *text)
{
	char *page = NULL;
	size_t length;
	FILE *out = open_memstream(&page, &length);

	FUZZ_MUST(out != NULL);
	html_text(out, text);
	FUZZ_MUST(fclose(out) == 0 && !strpbrk(page, "<>\"'"));
	for (const char *at = page; (at = strchr(at, '&')); at++)
		FUZZ_MUST(!strncmp(at, "&amp;", 5) || !strncmp(at, "&lt;", 4) ||
			  !strncmp(at, "&gt;", 4) || !strncmp(at, "&quot;", 6) ||
			  !strncmp(at, "&#", 2));
	fuzz_page(page, length);
	free(page);
}

static void json(const char *text)
{
	char *page = NULL;
	size_t length;
	FILE *out = open_memstream(&page, &length);

	FUZZ_MUST(out != NULL);
	json_text(out, text);
	FUZZ_MUST(fclose(out) == 0);
	fuzz_json(page, length);
	free(page);
}

static void rows(char **texts)
{
	struct offender o = {.name = texts[0],
			     .vendor = texts[1],
			     .sensor = texts[2],
			     .mac_note = texts[3],
			     .first_seen = TIME_UNKNOWN,
			     .last_seen = 1,
			     .helo = {(const char *const *)texts, TEXTS},
			     .reasons = {(const char *const *)texts, 3},
			     .score = {true, 0.5}};
	struct connection_row c = {.server_name = texts[0],
				   .helo = texts[1],
				   .banner = texts[2],
				   .reply = texts[3],
				   .offence = texts[4],
				   .sensor = texts[5],
				   .senders = {(const char *const *)texts, TEXTS},
				   .ended = TIME_UNKNOWN};

	snprintf(o.address, sizeof(o.address), "10.0.0.1");
	answers_print(offender_fields, &o, 1, sizeof(o));
	answers_print(connection_fields, &c, 1, sizeof(c));
	answers_print_object(connection_fields, &c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size);
	char *texts[TEXTS];

	escape(data, size);
	for (size_t i = 0; i < TEXTS; i++) {
		texts[i] = escaped(&in);
		html(texts[i]);
		json(texts[i]);
	}
	rows(texts);
	for (size_t i = 0; i < TEXTS; i++)
		free(texts[i]);
	return 0;
}
