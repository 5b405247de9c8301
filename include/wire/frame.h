/*
 * frame: what a mirror port or a capture file hands over.
 */
#ifndef EGRESS25_WIRE_FRAME_H
#define EGRESS25_WIRE_FRAME_H

#include <stdint.h>

/* How the first bytes are to be read.  The numbers of capture files are turned into these at the
 * edge: see link_of_dlt(). */
enum link {
	LINK_ETHERNET,
	LINK_RAW,  /* an IP header, either version (LINKTYPE_RAW, _IPV4, _IPV6) */
	LINK_NULL, /* 4 bytes of address family, either byte order (LINKTYPE_NULL, _LOOP) */
	LINK_PPP,  /* PPP, with or without HDLC framing bytes (LINKTYPE_PPP, _PPP_HDLC) */
	LINK_SLL,  /* Linux cooked, version 1 */
	LINK_SLL2, /* Linux cooked, version 2 */
	LINK_COUNT,
	LINK_UNKNOWN = LINK_COUNT
};

/* From a LINKTYPE_ or DLT_ number (they agree for all that are known here). */
enum link link_of_dlt(int dlt);

struct frame {
	int64_t time; /* microseconds since 1970 UTC, as the capture stamped it; may jump back */
	const uint8_t *data; /* captured bytes: borrowed until the next frame is asked for */
	uint32_t captured;   /* bytes at data */
	uint32_t length;     /* bytes the frame had on the wire; may exceed captured */
	enum link link;
	uint16_t interface; /* index of the interface within this capture */
};

#endif
