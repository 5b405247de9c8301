/*
 * samples: one frame of every encapsulation, each holding the same segment, with what the decoder
 * must say of it, worked out by hand from the RFCs that decode.h names.
 *
 * The segment: 10.1.2.3 or 2001:db8:1::3, port 40001, to 198.51.100.25 or 2001:db8:25::25, port 25,
 * PSH and ACK, sequence 0xa1b2c3d4, acknowledgement 0x0badcafe, payload "EHLO x\r\n".  Written to a
 * capture file, the frames of outcome DECODE_TCP read the same in tshark 4.0, but for what it does
 * not know: TPID 0x9200, TCP behind mobility and HIP headers, an IP packet in ERSPAN III, and a
 * jumbogram of less than 64 KiB (no RFC's either, but shows that the length field is not read).
 */
#ifndef EGRESS25_TESTS_WIRE_SAMPLES_H
#define EGRESS25_TESTS_WIRE_SAMPLES_H

#include "frames.h"
#include "wire/decode.h"

#define SAMPLE_CLIENT  "10.1.2.3"
#define SAMPLE_SERVER  "198.51.100.25"
#define SAMPLE_CLIENT6 "2001:db8:1::3"
#define SAMPLE_SERVER6 "2001:db8:25::25"
#define SAMPLE_ROUTER  "192.0.2.1"
#define SAMPLE_ROUTER6 "2001:db8:ffff::1"
#define SAMPLE_PORT    40001
#define SAMPLE_SEQ     0xa1b2c3d4
#define SAMPLE_ACK     0x0badcafe
#define SAMPLE_PAYLOAD "EHLO x\r\n"

struct sample {
	const char *name;
	void (*make)(struct made *m);
	enum link link;
	enum decode outcome;
	/* The rest for DECODE_TCP and DECODE_ICMP_ERROR. */
	bool v6;
	bool has_mac;
	enum tunnel tunnel;
	uint8_t depth;
	bool pppoe;
	uint8_t tag_count;
	struct vlan_tag tags[PACKET_TAGS];
};

extern const struct sample samples_link[], samples_ip[], samples_tunnel[];
extern const size_t samples_link_count, samples_ip_count, samples_tunnel_count;

/* The i-th of them all, or NULL behind the last. */
const struct sample *sample_at(size_t i);

#endif
