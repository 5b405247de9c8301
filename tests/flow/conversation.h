/*
 * A conversation as its two ends had it, for mirrors that swap, lose, repeat and cut: made segment
 * by segment, then shown to a tracker and its dialogues in whatever way a test wants.
 */
#ifndef EGRESS25_TESTS_FLOW_CONVERSATION_H
#define EGRESS25_TESTS_FLOW_CONVERSATION_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "flow/dialogs.h"
#include "flow/tracker.h"

#define MS	  INT64_C(1000)
#define MADE_MOST 64

struct shown {
	bool client;
	uint8_t flags;
	uint32_t seq, ack;
	const char *data;
	uint32_t length, captured;
	int64_t time;
};

extern struct site site;
extern struct tracker *tracker;
extern struct dialogs *dialogs;

/* What the sinks were told; the facts are those of the flow that was told last. */
extern unsigned int refusals, late, evicted;
extern struct smtp_facts facts;
extern bool has_facts, was_sent, was_rejected;

/* What is made, what each end sends next ([0] server, [1] client), and when. */
extern struct shown made[MADE_MOST];
extern size_t count;
extern uint32_t next[2];
extern int64_t now;

int setup(void **state);
int teardown(void **state);
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* Made, not shown: payload of either end, which acknowledges all that the other has sent. */
void make(bool client, uint8_t flags, const char *data);
void client(const char *data);
void server(const char *data);
void open_it(void);
void close_it(void);
void make_message(void); /* one message, accepted, from the SYN to the last ACK */

/* The index of the first segment that begins with these bytes. */
size_t find(const char *begin);
void swap(size_t i, size_t j);

struct flow *show(const struct shown *s);
void show_all(void);
void finish(void);
void expect_message(void); /* what make_message() says, whole */

#endif
