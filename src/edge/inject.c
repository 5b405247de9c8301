/*
 * Theory of operation.  Each segment is built anew from TCP outwards, which is no slower with
 * libnet than changing a template.  What stands between the Ethernet header and IP (tags beyond the
 * first type, PPPoE) goes in as the Ethernet header's payload: libnet has no builder for more than
 * one tag.
 *
 * libnet's socket is opened for all protocols of all interfaces and never read: it gets a filter
 * that takes nothing.
 */
#include "edge/inject.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <libnet.h>
#include <linux/filter.h>

#define TTL	     64
#define TYPE_IPV4    0x0800
#define TYPE_IPV6    0x86dd
#define TYPE_PPPOE   0x8864 /* RFC 2516 */
#define PPP_IPV4     0x0021
#define PPP_IPV6     0x0057
#define PPPOE_HEADER 6
#define SHIM	     (4 * PACKET_TAGS + PPPOE_HEADER + 2)

struct injector {
	libnet_t *libnet;
	int number; /* the interface's, the kernel's */
	uint8_t mac[6];
	uint16_t id; /* of the next IPv4 datagram */
};

static int complain(char error[INJECT_ERROR], int result, const char *why)
{
	snprintf(error, INJECT_ERROR, "%s", why);
	return result;
}

/* Loopback and tunnels have no MAC addresses to send to. */
static bool is_ethernet(const char *interface)
{
	struct ifreq request = {0};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool found;

	if (fd < 0)
		return false;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", interface);
	found = ioctl(fd, SIOCGIFHWADDR, &request) == 0 &&
		request.ifr_hwaddr.sa_family == ARPHRD_ETHER;
	close(fd);
	return found;
}

static int take_nothing(int fd)
{
	struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog program = {.len = 1, .filter = &nothing};

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0 ? -errno
											   : 0;
}

int inject_open(const char *interface, struct injector **ret_, char error[INJECT_ERROR])
{
	char why[LIBNET_ERRBUF_SIZE] = "";
	const struct libnet_ether_addr *mac;
	struct injector *i;

	if (if_nametoindex(interface) == 0)
		return complain(error, -ENODEV, "no such interface, so nothing can be sent there");
	if (!is_ethernet(interface))
		return complain(error, -EOPNOTSUPP,
				"is no Ethernet interface: resets cannot be sent there; name one "
				"that reaches the hosts with --reset-via");
	i = calloc(1, sizeof(*i));
	if (!i)
		return complain(error, -ENOMEM, "no memory");
	i->libnet = libnet_init(LIBNET_LINK, interface, why);
	if (!i->libnet) {
		free(i);
		return complain(error, -EPERM,
				"may not be sent to: run as root or with CAP_NET_RAW");
	}
	mac = libnet_get_hwaddr(i->libnet);
	if (!mac || take_nothing(libnet_getfd(i->libnet)) < 0) {
		inject_close(i);
		return complain(error, -EIO, "has no MAC address to send from");
	}
	memcpy(i->mac, mac, sizeof(i->mac));
	i->number = (int)if_nametoindex(interface);
	*ret_ = i;
	return 0;
}

void inject_close(struct injector *i)
{
	if (!i)
		return;
	libnet_destroy(i->libnet);
	free(i);
}

/* --- building --------------------------------------------------------------------------------- */

static size_t put16(uint8_t *at, unsigned int value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
	return 2;
}

/* What stands between the Ethernet header and IP, whose length is given.  Returns its own, and in
 * *ret_type what the Ethernet header says of it. */
static size_t put_shim(const struct reset *r, bool v4, uint8_t *out, uint16_t *ret_type)
{
	uint16_t ip = v4 ? TYPE_IPV4 : TYPE_IPV6, inner = r->pppoe ? TYPE_PPPOE : ip;
	unsigned int length = (v4 ? LIBNET_IPV4_H : LIBNET_IPV6_H) + LIBNET_TCP_H;
	size_t used = 0;

	*ret_type = r->tag_count ? r->tags[0].tpid : inner;
	for (unsigned int i = 0; i < r->tag_count; i++) {
		used += put16(out + used, r->tags[i].tci);
		used += put16(out + used, i + 1U < r->tag_count ? r->tags[i + 1].tpid : inner);
	}
	if (!r->pppoe)
		return used;
	used += put16(out + used, 0x1100); /* version 1, type 1, session data */
	used += put16(out + used, r->pppoe_session);
	used += put16(out + used, length + 2);
	return used + put16(out + used, v4 ? PPP_IPV4 : PPP_IPV6);
}

static libnet_ptag_t build_ip(struct injector *i, const struct reset *r, bool v4)
{
	struct libnet_in6_addr source, destination;
	uint32_t from, to;

	if (v4) {
		memcpy(&from, r->source.b + 12, sizeof(from));
		memcpy(&to, r->destination.b + 12, sizeof(to));
		return libnet_build_ipv4(LIBNET_IPV4_H + LIBNET_TCP_H, 0, i->id++, IP_DF, TTL,
					 IPPROTO_TCP, 0, from, to, NULL, 0, i->libnet, 0);
	}
	memcpy(&source, r->source.b, sizeof(source));
	memcpy(&destination, r->destination.b, sizeof(destination));
	/* libnet 1.1.6 puts a flow label of its own making where it is not 0. */
	return libnet_build_ipv6(0, 0, LIBNET_TCP_H, IPPROTO_TCP, TTL, source, destination, NULL, 0,
				 i->libnet, 0);
}

static bool build(struct injector *i, const struct reset *r)
{
	uint8_t shim[SHIM], flags = TH_RST | (r->has_ack ? TH_ACK : 0);
	bool v4 = addr_is_v4(&r->source);
	uint16_t type;
	size_t n = put_shim(r, v4, shim, &type);

	libnet_clear_packet(i->libnet);
	return libnet_build_tcp(r->source_port, r->destination_port, r->seq, r->ack, flags,
				r->window, 0, 0, LIBNET_TCP_H, NULL, 0, i->libnet, 0) >= 0 &&
	       build_ip(i, r, v4) >= 0 &&
	       libnet_build_ethernet(r->mac, i->mac, type, n ? shim : NULL, (uint32_t)n, i->libnet,
				     0) >= 0;
}

/* Libnet names the interface at each write: under which it is there now.  False: it has gone. */
static bool follow_name(struct injector *i)
{
	struct ifreq r = {.ifr_ifindex = i->number};
	char *name;

	if (ioctl(libnet_getfd(i->libnet), SIOCGIFNAME, &r) < 0 ||
	    strcmp(r.ifr_name, i->libnet->device) == 0)
		return false;
	name = strdup(r.ifr_name);
	if (!name)
		return false;
	free(i->libnet->device);
	i->libnet->device = name;
	return true;
}

/* What was built last. */
static int put_out(struct injector *i)
{
	errno = 0;
	if (libnet_write(i->libnet) >= 0)
		return 0;
	if ((errno == ENODEV || errno == ENXIO) && follow_name(i) && libnet_write(i->libnet) >= 0)
		return 0;
	return errno ? -errno : -EIO;
}

int inject_send(struct injector *i, const struct reset *r)
{
	if (addr_is_v4(&r->source) != addr_is_v4(&r->destination) || r->tag_count > PACKET_TAGS)
		return -EINVAL;
	return build(i, r) ? put_out(i) : -ENOMEM;
}

int inject_rebind(struct injector *i, const char *interface)
{
	struct ifreq r = {.ifr_ifindex = 0};
	int fd = libnet_getfd(i->libnet), number;
	char *name;

	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", interface);
	if (ioctl(fd, SIOCGIFINDEX, &r) < 0)
		return -errno;
	number = r.ifr_ifindex;
	if (ioctl(fd, SIOCGIFHWADDR, &r) < 0)
		return -errno;
	if (r.ifr_hwaddr.sa_family != ARPHRD_ETHER)
		return -EOPNOTSUPP;
	name = strdup(interface);
	if (!name)
		return -ENOMEM;
	free(i->libnet->device);
	i->libnet->device = name;
	i->number = number;
	memcpy(i->mac, r.ifr_hwaddr.sa_data, sizeof(i->mac));
	return 0;
}

int inject_fd(const struct injector *i)
{
	return libnet_getfd(i->libnet);
}

const uint8_t *inject_mac(const struct injector *i)
{
	return i->mac;
}

int inject_frame(struct injector *i, const uint8_t *frame, size_t length)
{
	if (length <= LIBNET_ETH_H || memcmp(frame + sizeof(i->mac), i->mac, sizeof(i->mac)) != 0)
		return -EINVAL;
	libnet_clear_packet(i->libnet);
	if (libnet_build_ethernet(frame, i->mac, (uint16_t)(frame[12] << 8 | frame[13]),
				  frame + LIBNET_ETH_H, (uint32_t)(length - LIBNET_ETH_H),
				  i->libnet, 0) < 0)
		return -ENOMEM;
	return put_out(i);
}
