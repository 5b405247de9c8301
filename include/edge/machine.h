/*
 * machine: what the kernel says of an interface and of the clock.
 */
#ifndef EGRESS25_EDGE_MACHINE_H
#define EGRESS25_EDGE_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

struct machine_interface {
	uint32_t mtu;
	bool has_mac;
	uint8_t mac[6];
	bool features_known;   /* gro and lro */
	bool gro, lro;	       /* the kernel, or the card, merges received frames */
	uint32_t sent, unsent; /* frames that left, and those that did not; in 32 bits, wrapping */
};
/* 0, or -ENODEV, or another negative errno. */
int machine_interface(const char *name, struct machine_interface *ret_);

struct machine_clock {
	bool synchronised;
	int64_t error; /* microseconds by which it may be wrong, as the kernel thinks */
};
int machine_clock(struct machine_clock *ret_);

/* Gives way to whatever else runs. */
void machine_give_way(void);

#endif
