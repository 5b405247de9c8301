/* What is remembered of a host: once per destination in ten minutes, bounded, whatever is told. */
#include "history.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

static void a_destination_is_observed_once_in_ten_minutes(void **state)
{
	struct history h;

	(void)state;
	history_begin(&h);
	for (int i = 0; i < 60; i++) {
		syn(&h, 1);
		h.now += 10 * MOMENT_SECOND;
	}
	assert_int_equal(h.e.attempts, 60);
	assert_int_equal(h.e.groups, 1);
	/* Ten minutes touch two of the clock's ten minutes at most. */
	assert_in_range(h.e.observations, 1, 2);
	syn(&h, 2);
	assert_int_equal(h.e.groups, 2);
}

static void retries_every_half_hour_are_one_new_destination(void **state)
{
	struct history h;

	(void)state;
	history_begin(&h);
	for (int i = 0; i < 48; i++) {
		syn(&h, 1);
		h.now += 30 * MOMENT_MINUTE;
	}
	assert_int_equal(h.e.groups, 1);
	assert_int_equal(h.e.observations, 48);
	assert_true(h.e.sums[SUM_FRESH] <= 1);
	assert_true(h.e.sums[SUM_RETURNED] <= 1);
}

static void a_return_within_four_minutes_is_none(void **state)
{
	struct history h;

	(void)state;
	history_begin(&h);
	syn(&h, 1);
	h.now += 3 * MOMENT_MINUTE + 59 * MOMENT_SECOND;
	syn(&h, 1);
	assert_true(h.e.sums[SUM_RETURNED] == 0);
	h.now += 6 * MOMENT_MINUTE;
	syn(&h, 1);
	assert_true(h.e.sums[SUM_RETURNED] == 1);
	assert_true(h.e.sums[SUM_RETRIED] == 1);
}

static void sums_fade_by_half_in_a_day_and_keep_their_ratios(void **state)
{
	struct history h;

	(void)state;
	history_begin(&h);
	for (unsigned int i = 0; i < 8; i++)
		syn(&h, i);
	h.now += 10 * MOMENT_MINUTE;
	for (unsigned int i = 0; i < 4; i++)
		syn(&h, i);
	h.now += MOMENT_DAY - 10 * MOMENT_MINUTE;
	syn(&h, 0);
	assert_true(fabs((double)h.e.sums[SUM_FRESH] - 4) < 0.05);
	assert_true(fabs((double)h.e.sums[SUM_RETURNED] - 2) < 0.05);
}

static void more_fresh_destinations_never_lower_the_sum(void **state)
{
	static const int64_t gaps[] = {MOMENT_SECOND / 10, 5 * MOMENT_SECOND, MOMENT_MINUTE,
				       20 * MOMENT_MINUTE};
	struct smtp_facts f = talk("www.example.com", "shop@example.com");
	struct history h;
	double before, after;

	(void)state;
	for (unsigned int had = 0; had < 30; had += 3)
		for (size_t g = 0; g < sizeof(gaps) / sizeof(*gaps); g++) {
			history_begin(&h);
			for (unsigned int i = 0; i < had; i++) {
				syn(&h, i);
				ends(&h, i, OUTCOME_SENT, &f);
				h.now += 20 * MOMENT_SECOND;
			}
			for (unsigned int i = 0; i < had; i += 2) {
				h.now += 6 * MOMENT_MINUTE;
				syn(&h, i);
			}
			/* The few destinations are weighed by how often they were seen. */
			for (unsigned int i = 0; i < 5; i++) {
				h.now += 15 * MOMENT_MINUTE;
				syn(&h, 0);
			}
			before = odds(&h);
			for (unsigned int i = 100; i < 120; i++) {
				syn(&h, i);
				after = odds(&h);
				/* What fades between two observations is not the new one's. */
				assert_true(after >=
					    before - 0.001 -
						    0.01 * (double)gaps[g] / MOMENT_MINUTE);
				before = after;
				h.now += gaps[g];
			}
		}
}

static void scramble(struct smtp_facts *f, unsigned int seed)
{
	uint8_t *b = (uint8_t *)f;

	for (size_t i = 0; i < sizeof(*f); i++) {
		seed = seed * 1103515245 + 12345;
		b[i] = (uint8_t)(seed >> 16);
	}
}

static void assert_sound(const struct evidence *e)
{
	struct ledger l;

	assert_true(evidence_is_valid(e, sizeof(*e)));
	evidence_judge(e, &l);
	assert_true(isfinite(l.log_odds) && fabs(l.log_odds) < 40);
	assert_true(l.score >= 0.001 && l.score <= 0.999);
	assert_true((unsigned int)l.verdict < VERDICT_COUNT);
	for (size_t i = 0; i < l.count; i++)
		assert_true(memchr(l.terms[i].text, 0, LEDGER_TEXT) != NULL);
}

static void counters_at_their_greatest_keep_it_sound(void **state)
{
	struct smtp_facts f;
	struct history h;

	(void)state;
	history_begin(&h);
	memset(&f, 0xff, sizeof(f));
	for (unsigned int i = 0; i < 3000; i++) {
		syn(&h, i % 7);
		ends(&h, i % 7, (enum outcome)(i % OUTCOME_COUNT), &f);
		h.now += MOMENT_SECOND;
	}
	assert_sound(&h.e);
	h.e.attempts = h.e.observations = h.e.sessions = h.e.talks = h.e.groups = UINT32_MAX;
	for (unsigned int i = 0; i < EVIDENCE_SUMS; i++)
		h.e.sums[i] = 1e6F;
	syn(&h, 1000);
	ends(&h, 1000, OUTCOME_SENT, &f);
	assert_sound(&h.e);
}

/* Facts from a bad pen: bits of any value, texts without an end.  A bool keeps 0 or 1, as any
 * writer's does. */
static void any_facts_keep_it_sound(void **state)
{
	struct smtp_facts f;
	struct history h;

	(void)state;
	history_begin(&h);
	for (unsigned int i = 0; i < 3000; i++) {
		scramble(&f, i);
		syn(&h, i % 300);
		ends(&h, i % 301, (enum outcome)(i % OUTCOME_COUNT), &f);
		h.now += MOMENT_MINUTE;
	}
	assert_sound(&h.e);
}

static void stamps_may_jump(void **state)
{
	static const int64_t jumps[] = {0,
					INT64_MIN,
					INT64_MAX,
					NOON,
					-1,
					1,
					NOON + MOMENT_DAY,
					MOMENT_LAST,
					NOON - 400 * MOMENT_DAY};
	const size_t n = sizeof(jumps) / sizeof(*jumps);
	struct smtp_facts f = talk("a.example", "a@a.example");
	struct history h;

	(void)state;
	for (size_t first = 0; first < n; first++)
		for (size_t second = 0; second < n; second++) {
			struct names_event mx = {.time = jumps[second], .name = ""};

			history_begin(&h);
			h.now = jumps[first];
			syn(&h, 1);
			h.now = jumps[second];
			syn(&h, 2);
			syn(&h, 1);
			ends(&h, 1, OUTCOME_SENT, &f);
			evidence_lookup(&h.e, &mx);
			h.now = jumps[first];
			ends(&h, 2, OUTCOME_SENT, &f);
			assert_sound(&h.e);
		}
}

static void a_step_back_in_time_makes_no_return_of_a_copy(void **state)
{
	struct history h;

	(void)state;
	history_begin(&h);
	syn(&h, 1);
	h.now -= 2 * MOMENT_MINUTE;
	syn(&h, 1);
	assert_true(h.e.sums[SUM_RETURNED] == 0);
	assert_int_equal(h.e.observations, 1);
}

static void a_clock_that_was_a_year_ahead_is_forgotten(void **state)
{
	struct history h;

	(void)state;
	history_begin(&h);
	h.now += 365 * MOMENT_DAY;
	syn(&h, 1);
	h.now = NOON;
	for (unsigned int i = 0; i < 6; i++)
		syn(&h, 10 + i);
	assert_true(h.e.last == NOON);
	h.now += 5 * MOMENT_DAY;
	syn(&h, 1);
	assert_true(h.e.sums[SUM_FRESH] < 1);
}

static void only_its_own_blobs_are_valid(void **state)
{
	struct history h;
	struct evidence e;
	uint8_t *short_copy = malloc(sizeof(e) - 1);

	(void)state;
	history_begin(&h);
	syn(&h, 1);
	e = h.e;
	assert_true(evidence_is_valid(&e, sizeof(e)));
	assert_non_null(short_copy);
	memcpy(short_copy, &e, sizeof(e) - 1);
	assert_false(evidence_is_valid(short_copy, sizeof(e) - 1));
	assert_false(evidence_is_valid(short_copy, 0));
	free(short_copy);
	e.version++;
	assert_false(evidence_is_valid(&e, sizeof(e)));
	e = h.e;
	e.sums[SUM_MX] = NAN;
	assert_false(evidence_is_valid(&e, sizeof(e)));
	e.sums[SUM_MX] = -1;
	assert_false(evidence_is_valid(&e, sizeof(e)));
	e.sums[SUM_MX] = FLT_MAX;
	assert_false(evidence_is_valid(&e, sizeof(e)));
	e = h.e;
	e.order = 1.5F;
	assert_false(evidence_is_valid(&e, sizeof(e)));
	e = h.e;
	e.peak = 1000;
	assert_false(evidence_is_valid(&e, sizeof(e)));
	e = h.e;
	e.faded = e.last + 1;
	assert_false(evidence_is_valid(&e, sizeof(e)));
}

static void blobs_with_any_byte_changed_are_refused_or_sound(void **state)
{
	struct smtp_facts f = talk("a.example", "a@a.example");
	struct history h;
	struct evidence e;

	(void)state;
	history_begin(&h);
	for (unsigned int i = 0; i < 20; i++) {
		syn(&h, i);
		ends(&h, i, OUTCOME_SENT, &f);
	}
	for (size_t at = 0; at < sizeof(e); at++)
		for (unsigned int flip = 1; flip < 256; flip = flip * 2 + (flip == 128)) {
			struct history changed = h;

			((uint8_t *)&changed.e)[at] ^= (uint8_t)flip;
			if (!evidence_is_valid(&changed.e, sizeof(e)))
				continue;
			syn(&changed, 3);
			syn(&changed, 77);
			ends(&changed, 3, OUTCOME_SENT, &f);
			assert_sound(&changed.e);
		}
}

/* 40 destinations; before each message a connection that only says QUIT. */
static void knocking_before_each_message_vouches_for_nothing(void **state)
{
	struct smtp_facts knock = talk("pc7.example.com", "");
	struct history with, without;

	(void)state;
	knock.mails = knock.recipients = knock.messages = 0;
	knock.senders_length = knock.sender_count = 0;
	history_begin(&with);
	history_begin(&without);
	for (unsigned int i = 0; i < 40; i++) {
		char sender[32];
		struct smtp_facts spam;

		snprintf(sender, sizeof(sender), "a@d%u.example", i);
		spam = talk("pc7.example.com", sender);
		spam.quit = false;
		spam.messages = 0;
		spam.recipients = 0;
		spam.recipients_refused = spam.replies_5xx = 1;
		syn(&with, i);
		ends(&with, i, OUTCOME_CONNECTED, &knock);
		syn(&with, i);
		ends(&with, i, OUTCOME_REJECTED, &spam);
		syn(&with, i);
		ends(&with, i, OUTCOME_CONNECTED, &knock);
		syn(&without, i);
		ends(&without, i, OUTCOME_REJECTED, &spam);
		with.now += 30 * MOMENT_SECOND;
		without.now = with.now;
	}
	assert_true(with.e.sums[SUM_VOUCHED] <= without.e.sums[SUM_VOUCHED] + 0.1F);
	/* Each message counts as a whole though a connection to its server was heard just before.
	 */
	assert_true(with.e.sums[SUM_MAILS] > 39);
	assert_string_equal(called(&with), "bot");
}

/* One well-behaved message, and only then what it came for, in the same connection. */
static void what_comes_after_a_connection_was_heard_is_heard_too(void **state)
{
	struct smtp_facts f = talk("www.example.com", "a@example.com");
	struct smtp_mark mark;
	struct history h;
	float vouched;

	(void)state;
	history_begin(&h);
	syn(&h, 1);
	ends(&h, 1, OUTCOME_SENT, &f);
	vouched = h.e.sums[SUM_VOUCHED];
	smtp_mark(&f, &mark);
	assert_false(smtp_has_more(&f, &mark));
	f.mails += 2;
	f.recipients_refused += 9;
	f.replies_5xx += 9;
	memcpy(f.senders + f.senders_length, "b@b.example\0c@c.example", 24);
	f.senders_length = (uint16_t)(f.senders_length + 24);
	assert_true(smtp_has_more(&f, &mark));
	h.now += 30 * MOMENT_SECOND;
	ends_again(&h, 1, OUTCOME_SENT, &f, &mark);
	assert_int_equal(h.e.sessions, 1);
	assert_int_equal(h.e.talks, 1);
	assert_true(h.e.sums[SUM_NEW_SENDER] > 1.5F);
	assert_true(h.e.sums[SUM_SENDERS] > 2.9F && h.e.sums[SUM_SENDERS] < 3.1F);
	assert_true(h.e.sums[SUM_REFUSED] > 0.19F); /* all that came since, at a fifth */
	assert_true(h.e.sums[SUM_VOUCHED] < vouched);
}

/* One reader is shown other bytes than another: no honest TCP does so. */
static void a_client_that_sends_bytes_again_as_others_breaks_the_protocol(void **state)
{
	struct smtp_facts f = talk("www.example.com", "a@example.com");
	struct history h;

	(void)state;
	history_begin(&h);
	syn(&h, 1);
	ends(&h, 1, OUTCOME_SENT, &f);
	assert_true(h.e.sums[SUM_BREACH] <= 0);
	f.server_conflicts = 3; /* not the host's doing */
	syn(&h, 2);
	ends(&h, 2, OUTCOME_SENT, &f);
	assert_true(h.e.sums[SUM_BREACH] <= 0);
	f.conflicts = 1;
	syn(&h, 3);
	ends(&h, 3, OUTCOME_SENT, &f);
	assert_true(h.e.sums[SUM_BREACH] > 0.9F);
}

static void own_address_in_blacklists_tells_and_a_filter_that_asks_of_many_does_not(void **state)
{
	struct names_event ask = {.time = NOON, .lookup = NAMES_DNSBL, .name = "zen.spamhaus.org"};
	const char *key = "own address looked up in blacklists";
	struct history h;
	struct ledger l;

	(void)state;
	history_begin(&h);
	ask.listed = server_of(1);
	evidence_lookup(&h.e, &ask);
	evidence_lookup(&h.e, &ask);
	l = judge(&h);
	assert_true(weight_of(&l, key) > 1);
	ask.listed = server_of(2);
	evidence_lookup(&h.e, &ask);
	l = judge(&h);
	assert_true(weight_of(&l, key) == 0);
}

static void server_day(struct history *h, const struct smtp_facts *f, unsigned int sessions)
{
	for (unsigned int i = 0; i < sessions; i++) {
		syn(h, i % 10);
		ends(h, i % 10, OUTCOME_SENT, f);
		h->now += MOMENT_MINUTE;
	}
}

static void a_mail_server_unlike_itself_is_remarked_on(void **state)
{
	struct smtp_facts usual = talk("mx.example.com", "ann@example.com");
	struct smtp_facts strange = talk("mx.example.com", "ann@example.com");
	struct evidence_attempt past = {.server = server_of(1), .past_smart_hosts = true};
	struct history h;

	(void)state;
	history_begin(&h);
	server_day(&h, &usual, 100);
	assert_int_equal(judge(&h).remark_count, 0);

	strange.helo[0] = 'n';
	server_day(&h, &strange, 1);
	assert_int_equal(judge(&h).remark_count, 1);
	assert_string_equal(judge(&h).remarks[0],
			    "1 new HELO name of late, after 100 sessions under others");

	strange = usual;
	for (unsigned int i = 0; i < 5; i++) {
		strange.dialect = 1000 + i;
		server_day(&h, &strange, 1);
	}
	assert_int_equal(judge(&h).remark_count, 2);

	past.time = h.now;
	evidence_attempt(&h.e, &past);
	assert_int_equal(judge(&h).remark_count, 3);

	strange = usual;
	strange.spoke_first = true;
	server_day(&h, &strange, 1);
	assert_int_equal(judge(&h).remark_count, 4);
}

static void two_names_from_the_start_are_no_alarm(void **state)
{
	struct smtp_facts one = talk("a.example.com", "ann@example.com");
	struct smtp_facts two = talk("b.example.com", "ann@example.com");
	struct history h;

	(void)state;
	history_begin(&h);
	for (int i = 0; i < 200; i++) {
		two.dialect = 43;
		server_day(&h, i % 3 ? &one : &two, 1);
	}
	assert_int_equal(judge(&h).remark_count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_destination_is_observed_once_in_ten_minutes),
		cmocka_unit_test(retries_every_half_hour_are_one_new_destination),
		cmocka_unit_test(a_return_within_four_minutes_is_none),
		cmocka_unit_test(sums_fade_by_half_in_a_day_and_keep_their_ratios),
		cmocka_unit_test(more_fresh_destinations_never_lower_the_sum),
		cmocka_unit_test(counters_at_their_greatest_keep_it_sound),
		cmocka_unit_test(any_facts_keep_it_sound),
		cmocka_unit_test(stamps_may_jump),
		cmocka_unit_test(a_step_back_in_time_makes_no_return_of_a_copy),
		cmocka_unit_test(a_clock_that_was_a_year_ahead_is_forgotten),
		cmocka_unit_test(only_its_own_blobs_are_valid),
		cmocka_unit_test(blobs_with_any_byte_changed_are_refused_or_sound),
		cmocka_unit_test(knocking_before_each_message_vouches_for_nothing),
		cmocka_unit_test(a_client_that_sends_bytes_again_as_others_breaks_the_protocol),
		cmocka_unit_test(what_comes_after_a_connection_was_heard_is_heard_too),
		cmocka_unit_test(
			own_address_in_blacklists_tells_and_a_filter_that_asks_of_many_does_not),
		cmocka_unit_test(a_mail_server_unlike_itself_is_remarked_on),
		cmocka_unit_test(two_names_from_the_start_are_no_alarm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
