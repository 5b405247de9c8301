/*
 * glance: the decoder's answer for the plainest frames, which are nearly all of them, at a tenth of
 * its price: Ethernet with tags, IPv4 without options or IPv6 without extension headers, whole, and
 * in it TCP, or UDP that is neither a tunnel nor DNS.  Pure.
 */
#ifndef EGRESS25_WIRE_GLANCE_H
#define EGRESS25_WIRE_GLANCE_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/decode.h"
#include "wire/frame.h"

struct glance {
	enum decode outcome; /* DECODE_TCP or DECODE_OTHER_IP */
	/* Of DECODE_TCP; of another outcome 0. */
	uint16_t source_port, destination_port;
};

/*
 * True where the frame is so plain; then decode_frame() has the same outcome, ports, no carrier and
 * the frame's time.  False says nothing: ask the decoder.
 */
bool glance_frame(const struct frame *frame, struct glance *ret_);

#endif
