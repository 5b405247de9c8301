/*
 * defrag: IPv4 and IPv6 reassembly in bounded memory (RFC 791, RFC 8200 4.5, RFC 5722).
 *
 * Bounds: DEFRAG_DATAGRAMS datagrams at once and DEFRAG_BYTES of payload in all, held for
 * DEFRAG_HOLD.  When either bound is reached the oldest datagram goes, and is counted.  Where
 * fragments of one IPv4 datagram overlap, what came first stands (a mirror's second copy of a
 * fragment is the common case, and changes nothing); an overlap that disagrees is counted.
 * Overlapping IPv6 fragments that are no exact copy drop their datagram (RFC 5722).
 *
 * Key: addresses, identification and, for IPv4 alone, protocol (RFC 8200 lets only the fragment at
 * offset 0 say it); neither VLAN nor interface, since a mirror may tag one direction only.  Time is
 * the frame's stamp; when it jumps back nothing is thrown away early.
 *
 * A datagram that was completed is remembered for a while, so that a second copy of its fragments
 * neither completes it again nor lies about as a datagram that never will be.
 */
#ifndef EGRESS25_WIRE_DEFRAG_H
#define EGRESS25_WIRE_DEFRAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "wire/packet.h"

#define DEFRAG_DATAGRAMS 1024
#define DEFRAG_BYTES	 (4u << 20)
#define DEFRAG_HOLD	 (30 * INT64_C(1000000)) /* microseconds */

struct defrag;

enum defrag_loss {
	DEFRAG_EVICTED,	  /* a bound was reached: the oldest datagram went */
	DEFRAG_EXPIRED,	  /* never completed within DEFRAG_HOLD */
	DEFRAG_OVERLAP,	  /* fragments overlapped and disagreed */
	DEFRAG_TRUNCATED, /* a fragment was cut by the capture's snapshot length */
	DEFRAG_LOSS_COUNT
};

const char *defrag_loss_name(enum defrag_loss loss);

/* All memory is taken here.  NULL without memory.  defrag_free() accepts NULL. */
struct defrag *defrag_new(const struct hash_key *key);
void defrag_free(struct defrag *d);

/*
 * Adds a DECODE_FRAGMENT packet.  True where it completed its datagram: *ret_outer is then the
 * fragment at offset 0 (its tags, MACs, hops, protocol), stamped with the time of the last one, and
 * *ret_data and *ret_length are the datagram's payload, borrowed until the next call: all three for
 * decode_datagram().  ret_outer may be where fragment stands.
 */
bool defrag_add(struct defrag *d, const struct packet *fragment, struct packet *ret_outer,
		const uint8_t **ret_data, size_t *ret_length);

uint64_t defrag_lost(const struct defrag *d, enum defrag_loss loss);

#endif
