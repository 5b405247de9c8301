/* DNS messages: what is told of good ones, and that bad ones are told apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>

#include "dns_made.h"
#include "wire/dns.h"

static struct dns_made d;

/* What the parser told, as text: "mx.example.com A 192.0.2.1 300;". */
static char told[16384];
static unsigned int told_count;

static void tell(void *context, const struct dns_message *m, const struct dns_answer *a)
{
	char address[ADDR_TEXT], *end = told + strlen(told);
	size_t room = sizeof(told) - strlen(told);

	assert_ptr_equal(context, &told_count);
	assert_true(m->response);
	told_count++;
	if (a->type == DNS_A || a->type == DNS_AAAA)
		snprintf(end, room, "%s %s %s %u;", a->owner, a->type == DNS_A ? "A" : "AAAA",
			 addr_format(&a->address, address), a->ttl);
	else
		snprintf(end, room, "%s %s %s %u;", a->owner,
			 a->type == DNS_MX	? "MX"
			 : a->type == DNS_CNAME ? "CNAME"
						: "?",
			 a->target, a->ttl);
}

/* From a heap copy of exactly what was captured. */
static enum dns_result parse(size_t captured, size_t length, struct dns_message *ret_)
{
	uint8_t *copy = malloc(captured ? captured : 1);
	enum dns_result result;

	assert_non_null(copy);
	memcpy(copy, d.b, captured);
	told[0] = 0;
	told_count = 0;
	result = dns_parse(copy, captured, length, ret_, tell, &told_count);
	assert_true(result < DNS_RESULT_COUNT);
	assert_true(strlen(ret_->name) < DNS_NAME);
	free(copy);
	return result;
}

static enum dns_result parse_all(struct dns_message *ret_)
{
	return parse(d.n, d.n, ret_);
}

/* The example of RFC 1035, 4.1.4, as an answer: F.ISI.ARPA, FOO.F.ISI.ARPA, ARPA, the root. */
static void names_are_compressed_as_in_rfc_1035(void **state)
{
	static const uint8_t message[] = {
		0x12, 0x34, 0x81, 0x80, 0,    1,   0, 3,   0,	0,   0,	  0, /* header */
		1,    'F',  3,	  'I',	'S',  'I', 4, 'A', 'R', 'P', 'A', 0,   0, 15, 0,
		1, /* at 12 */
		3,    'F',  'O',  'O',	0xc0, 12,  0, 5,   0,	1,   0,	  0,   0, 60, 0,
		2,    0xc0, 18, /* to ARPA */
		0xc0, 12,   0,	  15,	0,    1,   0, 0,   0,	61,  0,	  4,   0, 1,  0xc0,
		28, /* to FOO */
		0,    0,    1,	  0,	1,    0,   0, 0,   62,	0,   4,	  192, 0, 2,  1,
	};
	struct dns_message m;

	(void)state;
	d.n = 0;
	dns_bytes(&d, message, sizeof(message));
	assert_int_equal(parse_all(&m), DNS_OK);
	assert_int_equal(m.id, 0x1234);
	assert_true(m.response);
	assert_int_equal(m.type, DNS_MX);
	assert_string_equal(m.name, "f.isi.arpa");
	assert_string_equal(told, "foo.f.isi.arpa CNAME arpa 60;f.isi.arpa MX foo.f.isi.arpa 61;"
				  " A 192.0.2.1 62;");
}

static void a_question_is_told_in_lower_case_whatever_case_it_was_sent_in(void **state)
{
	struct dns_message m;

	(void)state;
	dns_begin(&d, 7, DNS_QUERY);
	dns_question(&d, "GmAiL-sMtP-in.l.gOOgle.COM", DNS_AAAA);
	d.b[11] = 1; /* EDNS */
	dns_bytes(&d, "\0\0\x29\x10\0\0\0\0\0\0\0", 11);
	assert_int_equal(parse_all(&m), DNS_OK);
	assert_false(m.response);
	assert_int_equal(m.id, 7);
	assert_int_equal(m.type, DNS_AAAA);
	assert_string_equal(m.name, "gmail-smtp-in.l.google.com");
	assert_int_equal(told_count, 0);
}

static void answers_and_additional_records_are_told_and_authorities_are_not(void **state)
{
	struct dns_message m;

	(void)state;
	dns_begin(&d, 1, DNS_ANSWER);
	dns_question(&d, "example.com", DNS_MX);
	dns_mx(&d, "example.com", 3600, "mx1.example.net");
	dns_mx(&d, "example.com", 3600, "mx2.example.net");
	dns_address(&d, 2, "a.gtld-servers.net", 5, "192.0.2.53");
	dns_address(&d, 3, "mx1.example.net", 300, "198.51.100.1");
	dns_address(&d, 3, "mx1.example.net", 300, "2001:db8::25");
	dns_count(&d, 3);
	dns_bytes(&d, "\0\0\x29\x04\xd0\0\0\0\0\0\0", 11); /* EDNS: no record of ours */
	assert_int_equal(parse_all(&m), DNS_OK);
	assert_string_equal(told, "example.com MX mx1.example.net 3600;"
				  "example.com MX mx2.example.net 3600;"
				  "mx1.example.net A 198.51.100.1 300;"
				  "mx1.example.net AAAA 2001:db8::25 300;");
}

static void the_response_code_and_the_truncation_are_told(void **state)
{
	struct dns_message m;

	(void)state;
	dns_begin(&d, 1, DNS_ANSWER | DNS_NXDOMAIN);
	dns_question(&d, "nobody.example", DNS_A);
	assert_int_equal(parse_all(&m), DNS_OK);
	assert_int_equal(m.rcode, 3);
	assert_false(m.cut);

	dns_begin(&d, 1, DNS_ANSWER | DNS_TRUNCATED);
	dns_question(&d, "example.com", DNS_A);
	dns_address(&d, 1, "example.com", 1, "192.0.2.1");
	d.b[7] = 9; /* records that did not fit */
	assert_int_equal(parse_all(&m), DNS_CUT);
	assert_true(m.cut);
	assert_int_equal(told_count, 1);
}

static void a_ttl_beyond_31_bits_is_none(void **state)
{
	struct dns_message m;

	(void)state;
	dns_begin(&d, 1, DNS_ANSWER);
	dns_question(&d, "x.example", DNS_A);
	dns_address(&d, 1, "x.example", 0x80000000, "192.0.2.1");
	dns_address(&d, 1, "x.example", 0x7fffffff, "192.0.2.2");
	assert_int_equal(parse_all(&m), DNS_OK);
	assert_string_equal(told, "x.example A 192.0.2.1 0;x.example A 192.0.2.2 2147483647;");
}

static void what_is_no_standard_query_of_the_internet_is_not_ours(void **state)
{
	struct dns_message m;

	(void)state;
	dns_begin(&d, 1, 5 << 11); /* update */
	dns_question(&d, "example.com", 6);
	assert_int_equal(parse_all(&m), DNS_NOT_OURS);
	dns_begin(&d, 1, DNS_QUERY);
	dns_question(&d, "version.bind", DNS_TXT);
	d.b[d.n - 1] = 3; /* CHAOS */
	assert_int_equal(parse_all(&m), DNS_NOT_OURS);
	dns_begin(&d, 1, DNS_QUERY);
	dns_question(&d, "one.example", DNS_A);
	dns_question(&d, "two.example", DNS_A);
	assert_int_equal(parse_all(&m), DNS_NOT_OURS);
	dns_begin(&d, 1, DNS_ANSWER);
	assert_int_equal(parse_all(&m), DNS_NOT_OURS);
}

static void bytes_that_are_no_text_are_escaped_and_a_dot_in_a_label_is_no_border(void **state)
{
	struct dns_message m;

	(void)state;
	dns_begin(&d, 1, DNS_QUERY);
	dns_count(&d, 0);
	dns_label(&d, "a.b\\\0\xff\x1b", 7);
	dns_label(&d, "example", 7);
	dns_bytes(&d, "\0\0\1\0\1", 5);
	assert_int_equal(parse_all(&m), DNS_OK);
	assert_string_equal(m.name, "a\\x2eb\\x5c\\x00\\xff\\x1b.example");
}

/* 63 + 63 + 63 + 61 bytes and 4 lengths are 254, the final one makes 255: RFC 1035, 3.1. */
static void the_longest_name_is_told_and_a_longer_one_is_no_name(void **state)
{
	char label[64], expected[DNS_NAME];
	struct dns_message m;

	(void)state;
	memset(label, 'x', 63);
	for (size_t last = 61; last <= 62; last++) {
		dns_begin(&d, 1, DNS_QUERY);
		dns_count(&d, 0);
		for (int i = 0; i < 3; i++)
			dns_label(&d, label, 63);
		dns_label(&d, label, last);
		dns_bytes(&d, "\0\0\1\0\1", 5);
		assert_int_equal(parse_all(&m), last == 61 ? DNS_OK : DNS_BAD);
		if (last != 61)
			continue;
		memset(expected, 'x', 253);
		expected[63] = expected[127] = expected[191] = '.';
		expected[253] = 0;
		assert_string_equal(m.name, expected);
	}
}

static void text_that_is_too_long_loses_labels_in_front(void **state)
{
	struct dns_message m;

	(void)state;
	dns_begin(&d, 1, DNS_QUERY);
	dns_count(&d, 0);
	dns_label(&d, "\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1", 31);
	dns_label(&d, "\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2", 31);
	dns_label(&d, "\3", 1);
	dns_label(&d, "example", 7);
	dns_bytes(&d, "\0\0\1\0\1", 5);
	/* 124 + 1 + 124 + 1 + 4 + 1 + 7 is 262: one of 31 must go. */
	assert_int_equal(parse_all(&m), DNS_OK);
	assert_int_equal(strlen(m.name), 124 + 1 + 4 + 1 + 7);
	assert_string_equal(m.name + 120, "\\x02.\\x03.example");
}

static void pointers_that_lead_forward_or_in_a_circle_are_bad(void **state)
{
	static const size_t targets[] = {12, 13, 14, 20, 100, 0x3fff, 0, 11};
	struct dns_message m;

	(void)state;
	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		dns_begin(&d, 1, DNS_QUERY);
		dns_count(&d, 0);
		dns_label(&d, "a", 1); /* at 12 */
		dns_pointer(&d, targets[i]);
		dns_bytes(&d, "\0\1\0\1\0\0\0\0\0\0\0\0", 12);
		assert_int_equal(parse_all(&m), DNS_BAD);
	}
}

/* Each pointer leads to the one before it; the first to the name. */
static void a_chain_of_pointers_is_followed_so_far_as_a_name_can_have_labels(void **state)
{
	struct dns_message m;

	(void)state;
	for (unsigned int chain = 127; chain <= 128; chain++) {
		size_t at;

		dns_begin(&d, 1, DNS_ANSWER);
		dns_question(&d, "x.example", DNS_A); /* its name at 12 */
		dns_count(&d, 1);
		dns_name(&d, "y");
		dns_middle(&d, DNS_TXT, 0, 2 * chain);
		at = d.n;
		for (unsigned int i = 0; i < chain; i++)
			dns_pointer(&d, i ? at + 2 * (i - 1) : 12);
		dns_count(&d, 1);
		dns_pointer(&d, at + 2 * (chain - 1));
		dns_middle(&d, DNS_A, 9, 4);
		dns_bytes(&d, "\xc0\0\2\1", 4);
		assert_int_equal(parse_all(&m), DNS_OK);
		assert_string_equal(told, chain == 127 ? "x.example A 192.0.2.1 9;" : "");
	}
}

static void labels_of_unknown_kinds_are_bad(void **state)
{
	struct dns_message m;

	(void)state;
	for (unsigned int kind = 0x40; kind <= 0x80; kind += 0x40) {
		dns_begin(&d, 1, DNS_QUERY);
		dns_count(&d, 0);
		dns_bytes(&d, (const uint8_t[]){(uint8_t)(kind | 1), 'a', 0, 0, 1, 0, 1}, 7);
		assert_int_equal(parse_all(&m), DNS_BAD);
	}
}

static void counts_and_lengths_that_lie_are_bad_and_what_came_before_was_told(void **state)
{
	struct dns_message m;
	size_t last;

	(void)state;
	dns_begin(&d, 1, DNS_ANSWER);
	dns_question(&d, "x.example", DNS_A);
	dns_address(&d, 1, "x.example", 9, "192.0.2.1");
	d.b[6] = 0xff; /* 65281 answers */
	assert_int_equal(parse_all(&m), DNS_BAD);
	assert_string_equal(told, "x.example A 192.0.2.1 9;");

	d.b[6] = 0;
	last = d.n;
	dns_address(&d, 1, "x.example", 9, "192.0.2.2");
	d.b[last + 11 + 9] = 5; /* of 4 */
	assert_int_equal(parse_all(&m), DNS_BAD);
	assert_string_equal(told, "x.example A 192.0.2.1 9;");
}

static void a_record_that_contradicts_itself_is_left_out(void **state)
{
	struct dns_message m;

	(void)state;
	dns_begin(&d, 1, DNS_ANSWER);
	dns_question(&d, "x.example", 255);
	dns_count(&d, 1);
	dns_name(&d, "x.example");
	dns_middle(&d, DNS_A, 9, 5);
	dns_bytes(&d, "\1\2\3\4\5", 5);
	dns_count(&d, 1);
	dns_name(&d, "x.example");
	dns_middle(&d, DNS_AAAA, 9, 16); /* ::ffff:192.0.2.1 */
	dns_bytes(&d, "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\1", 16);
	dns_count(&d, 1);
	dns_name(&d, "x.example");
	dns_middle(&d, DNS_MX, 9, 2); /* no name */
	dns_be16(&d, 10);
	dns_count(&d, 1);
	dns_name(&d, "x.example");
	dns_middle(&d, DNS_CNAME, 9, 5); /* its name ends before the data does */
	dns_bytes(&d, "\1y\0\0\0", 5);
	dns_address(&d, 1, "x.example", 9, "192.0.2.9");
	assert_int_equal(parse_all(&m), DNS_OK);
	assert_string_equal(told, "x.example A 192.0.2.9 9;");
}

static void no_more_records_are_told_than_the_bound(void **state)
{
	struct dns_message m;

	(void)state;
	dns_begin(&d, 1, DNS_ANSWER);
	dns_question(&d, "x.example", DNS_A);
	for (int i = 0; i < DNS_ANSWERS + 20; i++)
		dns_address(&d, 1, "x.example", 9, "192.0.2.1");
	assert_int_equal(parse_all(&m), DNS_OK);
	assert_int_equal(told_count, DNS_ANSWERS);
}

static void make_rich(void)
{
	dns_begin(&d, 1, DNS_ANSWER);
	dns_question(&d, "www.example.com", DNS_MX);
	dns_cname(&d, "www.example.com", 60, "example.com");
	dns_mx(&d, "example.com", 3600, "mx1.example.net");
	dns_address(&d, 3, "mx1.example.net", 300, "198.51.100.1");
	dns_address(&d, 3, "mx1.example.net", 300, "2001:db8::25");
}

static void a_message_cut_by_the_capture_is_cut_and_one_short_on_the_wire_is_bad(void **state)
{
	struct dns_message m;
	unsigned int last = 0;

	(void)state;
	make_rich();
	for (size_t n = 0; n < d.n; n++) {
		assert_int_equal(parse(n, d.n, &m), DNS_CUT);
		assert_true(told_count >= last && told_count <= 3);
		last = told_count;
		assert_int_equal(m.type, n < 12 + 17 + 4 ? 0 : DNS_MX);
		assert_int_equal(parse(n, n, &m), DNS_BAD);
	}
	assert_int_equal(parse_all(&m), DNS_OK);
	assert_int_equal(told_count, 4);
}

static void a_message_with_any_byte_changed_harms_nobody(void **state)
{
	struct dns_message m;

	(void)state;
	make_rich();
	for (size_t at = 0; at < d.n; at++) {
		uint8_t kept = d.b[at];

		for (unsigned int value = 0; value < 256; value += 3) {
			d.b[at] = (uint8_t)value;
			parse_all(&m);
		}
		d.b[at] = kept;
	}
}

/* 65,535 bytes of the shortest records; a parser that went back for each would take minutes. */
static void the_largest_message_takes_no_time(void **state)
{
	struct dns_message m;

	(void)state;
	dns_begin(&d, 1, DNS_ANSWER);
	dns_question(&d, "", DNS_A);
	d.b[6] = d.b[7] = 0xff;
	while (d.n + 11 <= 65535) {
		dns_name(&d, "");
		dns_middle(&d, DNS_TXT, 0, 0);
	}
	for (int i = 0; i < 100; i++)
		assert_int_equal(parse_all(&m), DNS_BAD);
	assert_int_equal(told_count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_compressed_as_in_rfc_1035),
		cmocka_unit_test(a_question_is_told_in_lower_case_whatever_case_it_was_sent_in),
		cmocka_unit_test(answers_and_additional_records_are_told_and_authorities_are_not),
		cmocka_unit_test(the_response_code_and_the_truncation_are_told),
		cmocka_unit_test(a_ttl_beyond_31_bits_is_none),
		cmocka_unit_test(what_is_no_standard_query_of_the_internet_is_not_ours),
		cmocka_unit_test(
			bytes_that_are_no_text_are_escaped_and_a_dot_in_a_label_is_no_border),
		cmocka_unit_test(the_longest_name_is_told_and_a_longer_one_is_no_name),
		cmocka_unit_test(text_that_is_too_long_loses_labels_in_front),
		cmocka_unit_test(pointers_that_lead_forward_or_in_a_circle_are_bad),
		cmocka_unit_test(a_chain_of_pointers_is_followed_so_far_as_a_name_can_have_labels),
		cmocka_unit_test(labels_of_unknown_kinds_are_bad),
		cmocka_unit_test(counts_and_lengths_that_lie_are_bad_and_what_came_before_was_told),
		cmocka_unit_test(a_record_that_contradicts_itself_is_left_out),
		cmocka_unit_test(no_more_records_are_told_than_the_bound),
		cmocka_unit_test(
			a_message_cut_by_the_capture_is_cut_and_one_short_on_the_wire_is_bad),
		cmocka_unit_test(a_message_with_any_byte_changed_harms_nobody),
		cmocka_unit_test(the_largest_message_takes_no_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
