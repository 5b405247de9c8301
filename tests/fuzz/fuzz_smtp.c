/*
 * A dialogue from arbitrary bytes.  The input is a row of events: a byte that says what, one that
 * says how long, and so many bytes.  Each dialogue is read twice, by events and byte by byte, and
 * what is understood must be the same and within what its header promises.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "flow/smtp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
	if (!condition)
		abort();
}

static void refusal(void *context, const struct smtp_reply *reply)
{
	unsigned int *count = context;

	must(reply->code >= 400 && reply->code < 600);
	must(strlen(reply->text) < SMTP_REPLY_TEXT);
	(*count)++;
}

struct speech {
	struct smtp smtp;
	unsigned int refusals;
	bool bytewise;
	uint64_t server, before;
};

static void client(struct speech *p, const uint8_t *at, size_t n, uint64_t known)
{
	size_t step = p->bytewise ? 1 : n, taken;

	/* What is not taken is dropped, as a caller without room would do. */
	for (size_t i = 0; i < n; i += taken) {
		size_t part = n - i < step ? n - i : step;

		taken = smtp_client(&p->smtp, at + i, part, known);
		must(taken == part || smtp_waits(&p->smtp));
		if (taken < part)
			break;
	}
}

static void server(struct speech *p, const uint8_t *at, size_t n)
{
	struct smtp_sink sink = {.context = &p->refusals, .refusal = refusal};
	size_t step = p->bytewise ? 1 : n;

	p->before = p->server;
	for (size_t i = 0; i < n; i += step)
		smtp_server(&p->smtp, at + i, step, &sink);
	p->server += n;
}

static void event(struct speech *p, uint8_t what, const uint8_t *at, size_t n)
{
	uint64_t gap = (uint64_t)n << (what >> 4);

	switch (what & 7) {
	case 0:
	case 1:
		client(p, at, n, p->server);
		break;
	case 2:
		client(p, at, n, p->before);
		break;
	case 3:
	case 4:
		server(p, at, n);
		break;
	case 5:
		smtp_gap(&p->smtp, true, gap);
		break;
	case 6:
		smtp_gap(&p->smtp, false, gap);
		p->server += gap;
		break;
	default:
		smtp_assume(&p->smtp);
		break;
	}
}

static void speak(struct speech *p, struct bytes from, bool bytewise)
{
	uint8_t what, length;

	memset(p, 0, sizeof(*p));
	p->bytewise = bytewise;
	smtp_init(&p->smtp);
	while (bytes_take_u8(&from, &what) && bytes_take_u8(&from, &length)) {
		bool carries = (what & 7) < 5;
		size_t n = carries && length > from.left ? from.left : length;

		event(p, what, from.at, n);
		if (carries)
			bytes_skip(&from, n);
	}
}

static void texts(const char *all, size_t length, size_t count)
{
	size_t at = 0;

	for (size_t i = 0; i < count; i++)
		at += strlen(all + at) + 1;
	must(at == length);
}

static void keep_promises(const struct smtp_facts *f)
{
	must(memchr(f->banner, 0, sizeof(f->banner)) && memchr(f->helo, 0, sizeof(f->helo)) &&
	     memchr(f->reply, 0, sizeof(f->reply)) && memchr(f->auth, 0, sizeof(f->auth)));
	must(f->senders_length <= sizeof(f->senders) && f->sender_count <= SMTP_SENDERS);
	must(f->domains_length <= sizeof(f->domains) && f->domain_count <= SMTP_DOMAINS);
	texts(f->senders, f->senders_length, f->sender_count);
	texts(f->domains, f->domains_length, f->domain_count);
	must((uint64_t)f->recipients + f->messages + f->messages_refused + f->mails_refused +
		     f->recipients_refused + f->unmatched_replies <=
	     f->replies);
	must(f->replies_4xx + f->replies_5xx <= f->replies);
	must(!f->spoke_first || (f->server_seen && f->client_seen));
	must(!f->pipelined_without_leave || f->pipelined);
	must(!f->pipelined || (f->server_seen && f->client_seen));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct speech whole, part;

	speak(&whole, bytes_of(data, size), false);
	speak(&part, bytes_of(data, size), true);
	keep_promises(&whole.smtp.facts);
	must(memcmp(&whole.smtp.facts, &part.smtp.facts, sizeof(whole.smtp.facts)) == 0);
	must(whole.refusals == part.refusals);
	must(whole.refusals == whole.smtp.facts.replies_4xx + whole.smtp.facts.replies_5xx);
	return 0;
}
