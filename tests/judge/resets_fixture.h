/* One offence, whose segments resets look at: 10.0.3.77 to 198.51.100.4; 10.0.0.25 is the mail
 * server, 10.0.0.53 never to be reset. */
#ifndef EGRESS25_TESTS_RESETS_FIXTURE_H
#define EGRESS25_TESTS_RESETS_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "judge/resets.h"

#define FLOWS 64
#define NOON  (INT64_C(1795521600) * INT64_C(1000000)) /* where now begins */

extern struct resets *resets;
extern struct neighbours *neighbours;
extern struct policy *policy;
extern struct prefix never;
extern struct flow flow;
extern int64_t now;
extern struct reset_pair last; /* answer */
extern unsigned int answers;
extern unsigned int taken; /* by the interface, of the two of an answer */

/* For cmocka. */
int resets_enter(void **state);
int resets_leave(void **state);
#define TEST(name) cmocka_unit_test_setup_teardown(name, resets_enter, resets_leave)

struct addr address(const char *text);
struct packet segment(bool from_client, uint8_t flags, uint32_t seq, uint32_t ack, uint32_t length);

/* What the tracker would know behind it. */
void track(const struct packet *p, bool from_client);
unsigned int send_pair(void *context, const struct reset_pair *pair);
/* Whether its answer should not wait. */
bool seen(struct packet p);
/* How many answers go out. */
unsigned int flush(int64_t time);
/* Whether it is answered, no other frame being at hand. */
bool sees(struct packet p);
bool syn(void);

enum reset_fate fate(void);
const struct resets_counters *counted(void);

#endif
