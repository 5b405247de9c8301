#include "text.h"
#include "wire.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void text_done(struct text *t)
{
	free(t->at);
	memset(t, 0, sizeof(*t));
}

static void reserve(struct text *t, size_t more)
{
	if (t->length + more <= t->room)
		return;
	t->room = (t->length + more) * 2;
	t->at = realloc(t->at, t->room);
	if (!t->at)
		abort();
}

void text_add(struct text *t, const void *data, size_t length)
{
	reserve(t, length);
	memcpy(t->at + t->length, data, length);
	t->length += length;
}

void text_put(struct text *t, const char *string)
{
	text_add(t, string, strlen(string));
}

void text_printf(struct text *t, const char *format, ...)
{
	char line[1024];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (n > 0)
		text_add(t, line, (size_t)n < sizeof(line) ? (size_t)n : sizeof(line) - 1);
}

void text_date(struct text *t, uint64_t time)
{
	static const char *const days[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
	static const char *const months[] = {"Mar", "Apr", "May", "Jun", "Jul", "Aug",
					     "Sep", "Oct", "Nov", "Dec", "Jan", "Feb"};
	uint64_t seconds = time / SECOND, day = seconds / 86400, z = day + 719468;
	uint64_t era = z / 146097, doe = z % 146097;
	uint64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	uint64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
	uint64_t year = yoe + era * 400 + (mp >= 10 ? 1 : 0);

	text_printf(t, "%s, %u %s %u %02u:%02u:%02u +0000", days[day % 7],
		    (unsigned)(doy - (153 * mp + 2) / 5 + 1), months[mp], (unsigned)year,
		    (unsigned)(seconds % 86400 / 3600), (unsigned)(seconds % 3600 / 60),
		    (unsigned)(seconds % 60));
}

static const char *const lines[] = {
	"Dear customer, please find the details of your order below.",
	"The report of the last night is attached to this message.",
	"This message was generated automatically, please do not reply to it.",
	"Only this week: the best prices for all who answer soon.",
	"...and so on, as we have agreed the other day.",
	"Kind regards",
	".",
	"Volume 1 is healthy, 71 percent of the space is in use.",
	"From the third floor it was reported that the light is out again.",
	"You can see your account at http://www.example.com/account?id=1872 at any time.",
};
static const char *const subjects[] = {"Your order",	"Message from scanner", "Alarm",
				       "Hello",		"Meeting on Monday",	"Invoice 2281",
				       "You have won",	"Re: your question",	"Status report",
				       "Special prices"};

static void attachment(struct text *t, struct rng *r, size_t until, const char *eol)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char line[80];

	while (t->length < until) {
		for (size_t i = 0; i < 76;) {
			uint64_t x = rng_next(r);

			for (int j = 0; j < 10 && i < 76; j++, x >>= 6)
				line[i++] = alphabet[x & 63];
		}
		text_add(t, line, 76);
		text_put(t, eol);
	}
}

static void prose(struct text *t, struct rng *r, size_t until, const char *eol)
{
	do {
		const char *line = lines[rng_below(r, sizeof(lines) / sizeof(lines[0]))];

		if (line[0] == '.')
			text_put(t, ".");
		text_put(t, line);
		text_put(t, eol);
	} while (t->length < until);
}

void text_message(struct text *t, struct rng *r, const char *from, const char *to, uint64_t time,
		  size_t size, bool attached, const char *eol)
{
	size_t until = t->length + size;

	text_put(t, "Date: ");
	text_date(t, time);
	text_printf(t, "%sFrom: <%s>%sTo: <%s>%sSubject: %s%s", eol, from, eol, to, eol,
		    subjects[rng_below(r, sizeof(subjects) / sizeof(subjects[0]))], eol);
	text_printf(t, "Message-ID: <%016llx@%s>%sMIME-Version: 1.0%s",
		    (unsigned long long)rng_next(r),
		    strchr(from, '@') ? strchr(from, '@') + 1 : "localhost", eol, eol);
	if (!attached) {
		text_printf(t, "Content-Type: text/plain; charset=us-ascii%s%s", eol, eol);
		prose(t, r, until, eol);
		return;
	}
	text_printf(t, "Content-Type: multipart/mixed; boundary=\"b1_17\"%s%s--b1_17%s", eol, eol,
		    eol);
	text_printf(t, "Content-Type: text/plain%s%sSee the attached file.%s--b1_17%s", eol, eol,
		    eol, eol);
	text_printf(t, "Content-Type: application/octet-stream; name=\"scan.bin\"%s", eol);
	text_printf(t, "Content-Transfer-Encoding: base64%s%s", eol, eol);
	attachment(t, r, until, eol);
	text_printf(t, "%s--b1_17--%s", eol, eol);
}

static void noise(struct text *t, struct rng *r, size_t n)
{
	reserve(t, n + 8);
	for (size_t i = 0; i < n; i += 8) {
		uint64_t x = rng_next(r);

		memcpy(t->at + t->length + i, &x, n - i < 8 ? n - i : 8);
	}
	t->length += n;
}

static void put16(struct text *t, size_t v)
{
	uint8_t b[2] = {(uint8_t)(v >> 8), (uint8_t)v};

	text_add(t, b, 2);
}

static void set16(struct text *t, size_t at, size_t v)
{
	t->at[at] = (char)(v >> 8);
	t->at[at + 1] = (char)v;
}

/* Ends a handshake record that began at `start`: fills in its lengths. */
static void finish(struct text *t, size_t start, size_t extensions)
{
	set16(t, start + 3, t->length - start - 5);
	t->at[start + 6] = 0;
	set16(t, start + 7, t->length - start - 9);
	set16(t, extensions, t->length - extensions - 2);
}

void text_client_hello(struct text *t, struct rng *r, const char *server_name)
{
	static const uint8_t suites[] = {0, 10,	  0x13, 2,    0x13, 3, 0x13,
					 1, 0xc0, 0x2c, 0xc0, 0x30, 1, 0};
	static const uint8_t more[] = {0, 10, 0,  4, 0,	 2, 0,	0x1d, 0,    13, 0, 8, 0,
				       6, 4,  3,  8, 4,	 4, 1,	0,    43,   0,	3, 2, 3,
				       4, 0,  51, 0, 38, 0, 36, 0,    0x1d, 0,	32};
	size_t start = t->length, extensions, n = strlen(server_name);

	text_add(t, "\x16\x03\x01\0\0\x01\0\0\0\x03\x03", 11);
	noise(t, r, 32);
	text_add(t, "\x20", 1);
	noise(t, r, 32);
	text_add(t, suites, sizeof(suites));
	extensions = t->length;
	put16(t, 0);
	put16(t, 0); /* the server's name */
	put16(t, n + 5);
	put16(t, n + 3);
	text_add(t, "", 1);
	put16(t, n);
	text_put(t, server_name);
	text_add(t, more, sizeof(more));
	noise(t, r, 32);
	finish(t, start, extensions);
}

void text_server_hello(struct text *t, struct rng *r)
{
	static const uint8_t more[] = {0, 43, 0, 2, 3, 4, 0, 51, 0, 36, 0, 0x1d, 0, 32};
	size_t start = t->length, extensions;

	text_add(t, "\x16\x03\x03\0\0\x02\0\0\0\x03\x03", 11);
	noise(t, r, 32);
	text_add(t, "\x20", 1);
	noise(t, r, 32);
	text_add(t, "\x13\x02\0", 3);
	extensions = t->length;
	put16(t, 0);
	text_add(t, more, sizeof(more));
	noise(t, r, 32);
	finish(t, start, extensions);
	text_add(t, "\x14\x03\x03\0\x01\x01", 6);
}

void text_record(struct text *t, struct rng *r, size_t length)
{
	while (length > 0) {
		size_t part = length < 16000 ? length : 16000;

		text_add(t, "\x17\x03\x03", 3);
		put16(t, part + 17);
		noise(t, r, part + 17);
		length -= part;
	}
}
