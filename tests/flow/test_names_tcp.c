/* DNS over TCP: messages in any segments, copies, holes, and who may have a place. */
#include "names_world.h"

#include <stdio.h>

#define SYN 0x02
#define ACK 0x10
#define FIN 0x01

static uint8_t stream[DNS_MADE];
static size_t stream_length;

/* The message in d behind its length, at the end of the stream. */
static void append(void)
{
	stream[stream_length] = (uint8_t)(d.n >> 8);
	stream[stream_length + 1] = (uint8_t)d.n;
	memcpy(stream + stream_length + 2, d.b, d.n);
	stream_length += 2 + d.n;
}

static void to_resolver(uint32_t seq, uint8_t flags, size_t from, size_t length)
{
	send_tcp(BOT, PORT, QUAD8, 53, seq, flags, stream + from, length, length);
}

static void to_client(uint32_t seq, uint8_t flags, size_t from, size_t length)
{
	send_tcp(QUAD8, 53, BOT, PORT, seq, flags, stream + from, length, length);
}

static void handshake(uint32_t client_isn, uint32_t server_isn)
{
	to_resolver(client_isn, SYN, 0, 0);
	to_client(server_isn, SYN | ACK, 0, 0);
}

static void ask_for(const char *name, unsigned int type)
{
	stream_length = 0;
	dns_begin(&d, 77, DNS_QUERY);
	dns_question(&d, name, type);
	append();
}

static void answer_with(const char *name, const char *address)
{
	dns_begin(&d, 77, DNS_ANSWER);
	dns_question(&d, name, DNS_A);
	dns_address(&d, 1, name, 300, address);
	append();
}

static void a_question_and_its_answer_are_read_however_they_are_cut(void **state)
{
	(void)state;
	for (size_t piece = 1; piece < 80; piece++) {
		char address[32];

		snprintf(address, sizeof(address), "198.51.100.%zu", piece);
		handshake(0xfffffff0, 0xffffffff);
		ask_for("mx.example.com", DNS_A);
		for (size_t at = 0; at < stream_length; at += piece)
			to_resolver(0xfffffff1 + (uint32_t)at, ACK, at,
				    stream_length - at < piece ? stream_length - at : piece);
		stream_length = 0;
		answer_with("mx.example.com", address);
		for (size_t at = 0; at < stream_length; at += piece)
			to_client((uint32_t)at, ACK, at,
				  stream_length - at < piece ? stream_length - at : piece);
		expect(BOT, address, "mx.example.com", NAMES_BY_NAME);
		to_resolver(0xfffffff1 + 100, FIN | ACK, 0, 0);
		to_client(1000, FIN | ACK, 0, 0);
	}
	assert_int_equal(names_counters(names)->holes, 0);
	assert_int_equal(names_counters(names)->messages, 2 * 79);
	assert_int_equal(names_counters(names)->bad, 0);
}

static void several_messages_in_one_segment_are_all_read(void **state)
{
	(void)state;
	handshake(100, 200);
	ask_for("one.example", DNS_MX);
	dns_begin(&d, 78, DNS_QUERY);
	dns_question(&d, "two.example", DNS_MX);
	append();
	dns_begin(&d, 79, DNS_QUERY);
	dns_question(&d, "three.example", DNS_MX);
	append();
	to_resolver(101, ACK, 0, stream_length);
	assert_string_equal(events(), "MX 10.0.3.77 one.example;MX 10.0.3.77 two.example;"
				      "MX 10.0.3.77 three.example;");
}

static void what_comes_twice_or_overlaps_is_read_once(void **state)
{
	(void)state;
	handshake(100, 200);
	ask_for("one.example", DNS_MX);
	dns_begin(&d, 78, DNS_QUERY);
	dns_question(&d, "two.example", DNS_MX);
	append();
	to_resolver(101, ACK, 0, 20);
	to_resolver(101, ACK, 0, 20);
	to_resolver(111, ACK, 10, 30);
	to_resolver(101, ACK, 0, stream_length);
	to_resolver(131, ACK, 30, 20);
	assert_int_equal(names_counters(names)->messages, 2);
	assert_int_equal(names_counters(names)->holes, 0);
	assert_string_equal(events(), "MX 10.0.3.77 one.example;MX 10.0.3.77 two.example;");
}

static void behind_a_hole_reading_goes_on_where_a_segment_begins_a_message(void **state)
{
	(void)state;
	handshake(100, 200);
	ask_for("one.example", DNS_MX);
	to_resolver(101, ACK, 0, 20);
	to_resolver(131, ACK, 7, 18); /* 10 bytes are missing, and this begins nothing */
	assert_int_equal(names_counters(names)->holes, 1);
	to_resolver(149, ACK, 0, stream_length);
	assert_int_equal(names_counters(names)->holes, 1);
	assert_string_equal(events(), "MX 10.0.3.77 one.example;");
}

static void a_connection_that_was_there_before_is_read_from_a_message_on(void **state)
{
	(void)state;
	ask_for("one.example", DNS_MX);
	to_resolver(5000, ACK, 5, 25);
	assert_string_equal(events(), "");
	to_resolver(5030, ACK, 0, stream_length);
	assert_string_equal(events(), "MX 10.0.3.77 one.example;");
}

static void a_message_longer_than_the_buffer_is_read_in_part_and_passed_by(void **state)
{
	(void)state;
	handshake(100, 200);
	ask_for("x.example", DNS_A);
	to_resolver(101, ACK, 0, stream_length);
	stream_length = 0;
	dns_begin(&d, 77, DNS_ANSWER);
	dns_question(&d, "x.example", DNS_A);
	dns_address(&d, 1, "x.example", 300, "198.51.100.1");
	while (d.n < 60000)
		dns_address(&d, 1, "y.example", 300, "198.51.100.2");
	append();
	dns_begin(&d, 78, DNS_QUERY); /* from the resolver: nothing, but in its place */
	dns_question(&d, "z.example", DNS_A);
	append();
	for (size_t at = 0; at < stream_length; at += 1400)
		to_client(201 + (uint32_t)at, ACK, at,
			  stream_length - at < 1400 ? stream_length - at : 1400);
	expect(BOT, "198.51.100.1", "x.example", NAMES_BY_NAME);
	assert_int_equal(names_counters(names)->messages, 3);
	assert_int_equal(names_counters(names)->holes, 0);
	assert_int_equal(names_counters(names)->bad, 0);
}

static void what_the_capture_cut_off_within_a_message_is_passed_by(void **state)
{
	(void)state;
	handshake(100, 200);
	ask_for("one.example", DNS_MX);
	d.b[11] = 1; /* EDNS, which the capture lacks */
	dns_bytes(&d, "\0\0\x29\x10\0\0\0\0\0\0\0", 11);
	stream_length = 0;
	append();
	send_tcp(BOT, PORT, QUAD8, 53, 101, ACK, stream, stream_length - 11, stream_length);
	assert_string_equal(events(), "MX 10.0.3.77 one.example;");
	ask_for("two.example", DNS_MX);
	to_resolver(101 + (uint32_t)stream_length + 11, ACK, 0, stream_length);
	assert_string_equal(events(), "MX 10.0.3.77 two.example;");
	assert_int_equal(names_counters(names)->holes, 0);
}

static void an_answer_without_its_question_has_no_place(void **state)
{
	(void)state;
	stream_length = 0;
	answer_with("x.example", "198.51.100.1");
	for (int i = 0; i < 1000; i++) {
		send_tcp(QUAD8, 53, BOT, (uint16_t)(i + 1024), 1, SYN | ACK, NULL, 0, 0);
		send_tcp(QUAD8, 53, BOT, (uint16_t)(i + 1024), 2, ACK, stream, stream_length,
			 stream_length);
		send_tcp("203.0.113.1", (uint16_t)(i + 1024), RESOLVER, 53, 1, SYN, NULL, 0, 0);
	}
	assert_int_equal(names_counters(names)->messages, 0);
	assert_int_equal(names_counters(names)->evicted, 0);
}

static void more_connections_than_there_is_room_for_push_out_the_oldest(void **state)
{
	(void)state;
	ask_for("one.example", DNS_MX);
	for (int i = 0; i < 1000; i++) {
		now += MS;
		send_tcp(BOT, (uint16_t)(i + 1024), QUAD8, 53, 100, SYN, NULL, 0, 0);
	}
	assert_in_range(names_counters(names)->evicted, 1000 - 128, 999);
	send_tcp(BOT, 1024, QUAD8, 53, 101, ACK, stream, 10, 10);
	send_tcp(BOT, 1024, QUAD8, 53, 111, ACK, stream + 10, stream_length - 10,
		 stream_length - 10);
	assert_string_equal(events(), "");
	send_tcp(BOT, 2023, QUAD8, 53, 101, ACK, stream, 10, 10);
	send_tcp(BOT, 2023, QUAD8, 53, 111, ACK, stream + 10, stream_length - 10,
		 stream_length - 10);
	assert_string_equal(events(), "MX 10.0.3.77 one.example;");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, names_setup, names_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_question_and_its_answer_are_read_however_they_are_cut),
		TEST(several_messages_in_one_segment_are_all_read),
		TEST(what_comes_twice_or_overlaps_is_read_once),
		TEST(behind_a_hole_reading_goes_on_where_a_segment_begins_a_message),
		TEST(a_connection_that_was_there_before_is_read_from_a_message_on),
		TEST(a_message_longer_than_the_buffer_is_read_in_part_and_passed_by),
		TEST(what_the_capture_cut_off_within_a_message_is_passed_by),
		TEST(an_answer_without_its_question_has_no_place),
		TEST(more_connections_than_there_is_room_for_push_out_the_oldest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
