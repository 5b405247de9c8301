#include "smtp_play.h"

#include <stdio.h>
#include <stdlib.h>

#define PENDING 65536

struct player {
	struct play *play;
	size_t step;  /* bytes at a time, 0 for all */
	size_t split; /* and once behind so many in all */
	size_t said;
	uint64_t server, before; /* bytes of the server, without and with what it said last */
	char pending[PENDING];
	uint64_t known[PENDING];
	size_t length;
};

static void note_refusal(void *context, const struct smtp_reply *reply)
{
	struct play *p = context;
	size_t used = strlen(p->refusals);

	assert_true(reply->code >= 400 && reply->code < 600);
	assert_true(strlen(reply->text) < SMTP_REPLY_TEXT);
	snprintf(p->refusals + used, sizeof(p->refusals) - used, "%s\n", reply->text);
	p->refusal_count++;
}

/* How many of n bytes are handed on next. */
static size_t portion(struct player *p, size_t n)
{
	if (p->step && n > p->step)
		n = p->step;
	if (p->said < p->split && p->said + n > p->split)
		n = p->split - p->said;
	return n;
}

/* From memory of exactly that size, so that a byte read beyond it is seen. */
static size_t hand_on(struct player *p, bool client, const char *text, size_t n, uint64_t known)
{
	struct smtp_sink sink = {.context = p->play, .refusal = note_refusal};
	char *copy = malloc(n);
	size_t taken = n;

	memcpy(copy, text, n);
	if (client)
		taken = smtp_client(p->play->smtp, copy, n, known);
	else
		smtp_server(p->play->smtp, copy, n, &sink);
	free(copy);
	assert_true(taken <= n);
	return taken;
}

static void offer(struct player *p)
{
	while (p->length > 0) {
		size_t n = 1, taken;

		while (n < p->length && p->known[n] == p->known[0])
			n++;
		n = portion(p, n);
		taken = hand_on(p, true, p->pending, n, p->known[0]);
		p->length -= taken;
		p->said += taken;
		memmove(p->pending, p->pending + taken, p->length);
		memmove(p->known, p->known + taken, p->length * sizeof(*p->known));
		if (taken < n)
			return;
	}
}

static void client_says(struct player *p, const char *text, size_t n, uint64_t known)
{
	assert_true(p->length + n <= PENDING);
	memcpy(p->pending + p->length, text, n);
	for (size_t i = 0; i < n; i++)
		p->known[p->length + i] = known;
	p->length += n;
	offer(p);
}

/* RFC 8446 5.1 and 4: type, version, length; type, length, version. */
static void client_hello(struct player *p, size_t n)
{
	static const char filler[] = "\r\nMAIL FROM:<a@b.example>\r\n";
	size_t record = n - 5, hello = n - 9;
	char text[1024] = {22,		 3, 1, (char)(record >> 8),
			   (char)record, 1, 0, (char)(hello >> 8),
			   (char)hello,	 3, 3};

	assert_true(n >= 50 && n <= sizeof(text));
	for (size_t i = 11; i < n; i++)
		text[i] = filler[(i - 11) % (sizeof(filler) - 1)];
	client_says(p, text, n, p->server);
}

static void server_says(struct player *p, const char *text)
{
	size_t n = strlen(text), part;

	p->before = p->server;
	for (size_t i = 0; i < n; i += part) {
		part = portion(p, n - i);
		hand_on(p, false, text + i, part, 0);
		p->said += part;
	}
	p->server += n;
	offer(p);
}

static void play_event(struct player *p, const char *event)
{
	uint64_t n = strtoull(event + 1, NULL, 10);

	switch (*event) {
	case 'S':
		server_says(p, event + 1);
		break;
	case 'C':
		client_says(p, event + 1, strlen(event + 1), p->server);
		break;
	case 'c':
		client_says(p, event + 1, strlen(event + 1), p->before);
		break;
	case 'G':
		smtp_gap(p->play->smtp, true, n);
		break;
	case 'g':
		p->before = p->server;
		p->server += n;
		smtp_gap(p->play->smtp, false, n);
		break;
	case 'T':
		client_hello(p, (size_t)n);
		break;
	case 'A':
		smtp_assume(p->play->smtp);
		offer(p);
		break;
	default:
		fail_msg("no such event: %s", event);
	}
}

static struct player player;

static size_t run(struct play *play, const char *const *events, size_t count, size_t step,
		  size_t split)
{
	memset(&player, 0, sizeof(player));
	player.play = play;
	player.step = step;
	player.split = split;
	play->refusals[0] = '\0';
	play->refusal_count = 0;
	smtp_init(play->smtp);
	for (size_t i = 0; i < count; i++)
		play_event(&player, events[i]);
	return player.said;
}

struct play *play_events(const char *const *events, size_t count)
{
	static struct smtp whole, part;
	static struct play a = {.smtp = &whole, .facts = &whole.facts}, b = {.smtp = &part};
	size_t n = run(&a, events, count, 0, 0);

	for (size_t split = 0; split < n; split++) {
		run(&b, events, count, split == 0, split);
		assert_memory_equal(&part.facts, &whole.facts, sizeof(whole.facts));
		assert_string_equal(b.refusals, a.refusals);
	}
	return &a;
}

bool play_holds(const struct play *p, const char *text)
{
	return memmem(p->smtp, sizeof(*p->smtp), text, strlen(text)) != NULL;
}

const char *play_text(const char *texts, size_t length, size_t i)
{
	size_t at = 0;

	for (; i > 0 && at < length; i--)
		at += strlen(texts + at) + 1;
	return at < length ? texts + at : "";
}
