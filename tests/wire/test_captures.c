/*
 * Real captures, judged by tshark 4.0.  EGRESS25_CAPTURES names their directory; none is shipped.
 *
 * tcp:   frames whose innermost packet is TCP:
 *        tshark -r FILE -T fields -e frame.protocols | sed -E 's,:icmp(v6)?:.+,,' | grep -c ':tcp'
 * syn:   tshark -r FILE -Y 'tcp.flags.syn==1 && !icmp && !icmpv6' | wc -l
 * other: frames with another protocol innermost over IP, not_ip: with none, pieces: fragments that
 *        completed nothing:
 *        tshark -r FILE -q -z io,phs
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "wire/decode.h"
#include "wire/defrag.h"

struct count {
	unsigned int tcp, syn, other, not_ip, pieces, failed;
};

struct expectation {
	const char *file;
	struct count count;
};

#define SURICATA "OISF_suricata-verify__tests__"
#define ZEEK	 "zeek_zeek__testing__btest__Traces__"
#define TCPDUMP	 "the-tcpdump-group_tcpdump__tests__"

/* clang-format off: a table */
static const struct expectation expectations[] = {
	{ZEEK "http-vlan-0.pcap", {.tcp = 14, .syn = 2}},
	{ZEEK "http-qinq-0.pcap", {.tcp = 14, .syn = 2}},
	{ZEEK "vlan-qinqinq.pcap", {.tcp = 14, .syn = 2}},
	{ZEEK "vlan-pcp-dei.pcapng", {.tcp = 9, .syn = 6}},
	{ZEEK "q-in-q.pcap", {.other = 4, .not_ip = 1}},
	{TCPDUMP "802.1ad_QinQ.pcap", {.not_ip = 2}},
	{ZEEK "mixed-vlan-mpls.pcap", {.tcp = 47, .syn = 5}},
	{"arkime_arkime__tests__pcap__mpls-basic.pcap",
	 {.tcp = 19, .syn = 2, .other = 33, .not_ip = 6}},
	{"arkime_arkime__tests__pcap__pppoe.pcap", {.tcp = 10, .syn = 2}},
	{ZEEK "pppoe.pcap", {.other = 25, .not_ip = 40}},
	{ZEEK "erspanI.pcap", {.other = 10}},
	{ZEEK "erspanII.pcap", {.other = 4}},
	{ZEEK "tunnels__gre-erspan3-dot1q.pcap", {.other = 2}},
	{TCPDUMP "erspan-type-ii-3.pcap", {.not_ip = 108}},
	{SURICATA "decode-erspan-typeI-02__input.pcap", {.other = 42}},
	{ZEEK "tunnels__gre-within-gre.pcap", {.other = 628}},
	{ZEEK "tunnels__gre-pptp.pcap", {.other = 2}},
	{"ntop_nDPI__tests__cfgs__default__pcap__vxlan.pcap", {.tcp = 119, .syn = 4, .other = 8}},
	{SURICATA "vxlan-non-zero-reserved-fields__input.pcap", {.tcp = 10, .syn = 2}},
	{SURICATA "vxlan-decoder-02__vxlan.pcap", {.other = 8, .not_ip = 2}},
	{TCPDUMP "gso-ipv4-vxlan-ipv4.pcap", {.tcp = 1}},
	/* tshark: malformed, no TCP.  It takes the payload length 0 of IPv6 at its word; the kernel
	 * wrote it for a packet of 80,122 bytes (BIG TCP), and the bytes hold UDP to port 4789, a
	 * VXLAN header, and IPv4 of total length 0 with TCP from port 41873.  Ours is right. */
	{TCPDUMP "bigtcp-ipv6-vxlan-ipv4.pcap", {.tcp = 1}},
	{"the-tcpdump-group_libpcap__tests__filter__geneve.pcap", {.tcp = 8, .syn = 2, .other = 2}},
	{ZEEK "tunnels__geneve-47101.pcap", {.tcp = 24, .syn = 2}},
	{ZEEK "tunnels__geneve-many-options.pcap", {.tcp = 10, .syn = 2}},
	{ZEEK "tunnels__geneve.pcap", {.other = 6}},
	/* tshark: GENEVE, malformed behind it.  The datagram ends within the inner Ethernet header,
	 * which is the same said in our words. */
	{ZEEK "tunnels__geneve-truncated.pcapng", {.failed = 1}},
	{SURICATA "geneve-decoder__input.pcap", {.other = 8, .not_ip = 2}},
	{"ntop_nDPI__tests__cfgs__default__pcap__4in6tunnel.pcap", {.tcp = 4, .syn = 2}},
	{ZEEK "tunnels__4in6.pcap", {.tcp = 1, .syn = 1}},
	{SURICATA "decode-sll2-01__input.pcap", {.tcp = 5, .syn = 2}},
	{ZEEK "linux_dlt_sll2.pcap", {.other = 4, .not_ip = 2}},
	{SURICATA "linktype-228__flow-test-01.pcap", {.tcp = 7, .syn = 2}},
	{ZEEK "ipv6-http-atomic-frag.pcap", {.tcp = 36, .syn = 8, .other = 2}},
	{ZEEK "ipv6-fragmented-dns.pcap", {.other = 5, .pieces = 3}},
	/* tshark shows the fragments one by one.  Those of 18 bytes with more to come are refused
	 * by RFC 791 (units of 8), as failed; in the first file the other first fragment, of 304
	 * bytes, goes past the end that the last one, at 48 of 116 bytes, gave. */
	{ZEEK "ipv4__fragmented-1.pcap", {.pieces = 2, .failed = 1}},
	{ZEEK "ipv4__fragmented-2.pcap", {.pieces = 1, .failed = 2}},
	{ZEEK "ipv4__fragmented-3.pcap", {.pieces = 5}},
	{SURICATA "defrag__bug-6887-defrag-ipv4-tcp-syn__frag-ip-tcp-syn.pcap",
	 {.tcp = 1, .syn = 1, .pieces = 2}},
	{SURICATA "defrag__bug-6887-defrag-ipv6-tcp__frag-ip-tcp.pcap", {.tcp = 1, .pieces = 2}},
	{SURICATA "defrag__bug-6887-defrag-eth-vlan-ipv4-tcp-syn__frag-eth-vlan-ip-tcp-syn.pcap",
	 {.tcp = 1, .syn = 1, .pieces = 2}},
	{SURICATA "defrag__bug-6887-defrag-eth-vlan-ipv6-tcp__frag-eth-vlan-ipv6-tcp.pcap",
	 {.tcp = 1, .pieces = 2}},
	{SURICATA "defrag__bug-6887-defrag-ppp-ipv4-tcp-syn__frag-ppp-ip-tcp-syn.pcap",
	 {.tcp = 1, .syn = 1, .pieces = 2}},
	{SURICATA "defrag__bug-6887-defrag-ppp-ipv6-tcp__frag-ppp-ipv6-tcp.pcap",
	 {.tcp = 1, .pieces = 2}},
	{ZEEK "trunc__ip4-trunc.pcap", {.failed = 1}},
	{ZEEK "trunc__ip6-trunc.pcap", {.failed = 1}},
	{ZEEK "trunc__trunc-hdr.pcap", {.failed = 1}},
};
/* clang-format on */

static void add(struct count *c, enum decode outcome, const struct packet *p)
{
	if (outcome >= DECODE_BAD_LINK)
		c->failed++;
	else if (outcome == DECODE_NOT_IP)
		c->not_ip++;
	else if (outcome == DECODE_FRAGMENT)
		c->pieces++;
	else if (outcome == DECODE_TCP)
		c->tcp++;
	else
		c->other++;
	if (outcome == DECODE_TCP && (p->flags & TCP_SYN))
		c->syn++;
}

static void one(struct defrag *defrag, const struct frame *f, struct count *c)
{
	struct packet p;
	const uint8_t *data;
	size_t length;
	enum decode outcome = decode_frame(f, &p);

	while (outcome == DECODE_FRAGMENT && defrag_add(defrag, &p, &p, &data, &length))
		outcome = decode_datagram(&p, data, length, &p);
	add(c, outcome, &p);
}

static struct count count_file(const char *path)
{
	static const struct hash_key key = {{1, 2}};
	char error[PCAP_ERRBUF_SIZE];
	pcap_t *pcap = pcap_open_offline(path, error);
	struct defrag *defrag = defrag_new(&key);
	struct pcap_pkthdr *header;
	const u_char *data;
	struct count c = {0};

	if (!pcap)
		fail_msg("%s", error);
	while (pcap_next_ex(pcap, &header, &data) == 1) {
		struct frame f = {
			.time = header->ts.tv_sec * INT64_C(1000000) + header->ts.tv_usec,
			.data = data,
			.captured = header->caplen,
			.length = header->len,
			.link = link_of_dlt(pcap_datalink(pcap)),
		};

		one(defrag, &f, &c);
	}
	pcap_close(pcap);
	defrag_free(defrag);
	return c;
}

static bool same(const char *file, const char *what, unsigned int ours, unsigned int expected)
{
	if (ours != expected)
		print_message("%s: %s: %u, not %u\n", file, what, ours, expected);
	return ours == expected;
}

static void real_captures_are_understood_as_tshark_does(void **state)
{
	const char *directory = getenv("EGRESS25_CAPTURES");
	bool good = true;

	(void)state;
	if (!directory || !*directory) {
		print_message("EGRESS25_CAPTURES names no directory of captures: skipped\n");
		skip();
	}
	for (size_t i = 0; i < sizeof(expectations) / sizeof(expectations[0]); i++) {
		const struct expectation *e = &expectations[i];
		struct count c;
		char path[4096];

		snprintf(path, sizeof(path), "%s/%s", directory, e->file);
		c = count_file(path);
		good &= same(e->file, "tcp", c.tcp, e->count.tcp);
		good &= same(e->file, "syn", c.syn, e->count.syn);
		good &= same(e->file, "other", c.other, e->count.other);
		good &= same(e->file, "not IP", c.not_ip, e->count.not_ip);
		good &= same(e->file, "pieces", c.pieces, e->count.pieces);
		good &= same(e->file, "failed", c.failed, e->count.failed);
	}
	assert_true(good);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_captures_are_understood_as_tshark_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
