/* The outcome of a connection is the first that holds, in the order of the interface. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "flow/flow.h"

static void expect(struct flow f, const char *name)
{
	assert_string_equal(outcome_name(flow_outcome(&f)), name);
}

static void the_first_that_holds_is_the_outcome(void **state)
{
	struct flow f = {0};

	(void)state;
	expect(f, "unanswered");
	f.unreachable = true;
	expect(f, "unreachable");
	f.refused = true;
	expect(f, "refused");
	f.connected = true;
	expect(f, "connected");
	f.rejected = true;
	expect(f, "rejected");
	f.encrypted = true;
	expect(f, "encrypted");
	f.sent = true;
	expect(f, "sent");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_that_holds_is_the_outcome),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
