/*
 * ERSPAN (draft-foschiano-erspan-03), a remote mirror's frames in GRE.
 *
 * Type I has no header of its own and is known by GRE carrying no sequence number.  II and III tell
 * the VLAN in which the frame was seen, for the tag may be gone from the frame itself.
 */
#include "walk.h"

#define ERSPAN_II  1 /* versions in the header's first nibble */
#define ERSPAN_III 2

#define FRAME_ETHERNET 0
#define FRAME_IP       2

/* Class of service and VLAN stand like priority and number of a tag. */
static uint16_t mirrored_tci(const uint8_t *header)
{
	uint16_t vlan = bytes_be16(header) & 0x0fff;
	uint16_t priority = bytes_be16(header + 2) & 0xe000;

	return vlan ? priority | vlan : 0;
}

static bool mirrored(struct walk *w, enum layer next, uint16_t tci)
{
	if (!walk_enter(w, TUNNEL_ERSPAN, next))
		return false;
	w->mirror_tci = tci;
	return true;
}

/* The last 16 bits of type III's 12: P, frame type (5), hardware (6), D, granularity (2), O. */
static bool erspan_iii(struct walk *w, const uint8_t *first)
{
	const uint8_t *rest = walk_take(w, 4, DECODE_OTHER_IP);
	uint16_t field;

	if (!rest)
		return false;
	field = bytes_be16(rest + 2);
	if ((field & 1) && !walk_take(w, 8, DECODE_OTHER_IP)) /* platform's subheader */
		return false;
	switch (field >> 10 & 0x1f) {
	case FRAME_ETHERNET:
		return mirrored(w, LAYER_ETHERNET, mirrored_tci(first));
	case FRAME_IP:
		return mirrored(w, LAYER_IP, 0);
	default:
		return walk_stop(w, DECODE_OTHER_IP);
	}
}

bool tunnel_erspan(struct walk *w, bool headerless)
{
	const uint8_t *h;

	if (headerless)
		return mirrored(w, LAYER_ETHERNET, 0);
	h = walk_take(w, 8, DECODE_OTHER_IP);
	if (!h)
		return false;
	switch (h[0] >> 4) {
	case ERSPAN_II:
		return mirrored(w, LAYER_ETHERNET, mirrored_tci(h));
	case ERSPAN_III:
		return erspan_iii(w, h);
	default:
		return walk_stop(w, DECODE_OTHER_IP);
	}
}
