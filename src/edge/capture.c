/*
 * Theory of operation.  libpcap opens the interface in immediate mode (a ring that wakes the reader
 * with each frame: with the filter in front that costs nothing, and answers in microseconds); the
 * filter goes into the kernel by setsockopt(2) and not by pcap_setfilter(), for three reasons:
 *
 * - a kernel that refuses the program makes pcap_setfilter() filter in user space and return 0, and
 *   there the program's random sample does not exist; setsockopt() simply fails;
 * - pcap_setfilter() shuts the socket for a moment while it changes programs, and what arrives then
 *   is lost uncounted; setsockopt() changes them in one step;
 * - on cooked links ("any") libpcap rewrites a program's offsets.
 *
 * What came in between opening the socket and attaching the filter is thrown away before
 * capture_open() returns, and not counted.
 *
 * PACKET_IGNORE_OUTGOING keeps out what this machine sends on the interface: our resets.  So on a
 * router, as opposed to a sensor on a mirror port, one interface shows one direction only.
 */
#include "edge/capture.h"

#include <errno.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <linux/filter.h>
#include <pcap/pcap.h>

#include "base/text.h"
#include "edge/filter.h"

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23 /* Linux 4.20 */
#endif
#define DRAIN_MOST 1000000 /* frames that may wait at opening; more than any ring holds */

struct capture {
	pcap_t *pcap;
	char *name;
	int number;		 /* the kernel's, 0 for "any" */
	unsigned short hardware; /* ARPHRD_... */
	uint16_t index;
	enum link link;
	struct bpf_program program; /* in force */

	/* For the time of one capture_dispatch(). */
	capture_frame_fn *fn;
	void *context;

	/* libpcap counts in 32 bits; these go on counting. */
	struct pcap_stat last;
	struct capture_stats total;
};

static bool is_any(const char *interface)
{
	return strcmp(interface, "any") == 0;
}

static int complain(char error[CAPTURE_ERROR], int result, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static int complain(char error[CAPTURE_ERROR], int result, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(error, CAPTURE_ERROR, format, list);
	va_end(list);
	return result;
}

static int complain_missing(char error[CAPTURE_ERROR])
{
	struct if_nameindex *all = if_nameindex();
	size_t used = 0;
	char names[300] = "";

	for (struct if_nameindex *i = all; i && i->if_index && used + 24 < sizeof(names); i++) {
		text_print(names + used, sizeof(names) - used, "%s%s", used ? ", " : "",
			   i->if_name);
		used += strlen(names + used);
	}
	if (all)
		if_freenameindex(all);
	return complain(error, -ENODEV, "no such interface; there %s: %s",
			strchr(names, ',') ? "are" : "is", *names ? names : "none");
}

static int complain_activate(const struct capture *c, int status, char error[CAPTURE_ERROR])
{
	switch (status) {
	case PCAP_ERROR_NO_SUCH_DEVICE:
		return complain_missing(error);
	case PCAP_ERROR_PERM_DENIED:
	case PCAP_ERROR_PROMISC_PERM_DENIED:
		return complain(error, -EPERM,
				"may not be captured from: run as root or with CAP_NET_RAW");
	case PCAP_ERROR_IFACE_NOT_UP:
		return complain(error, -ENETDOWN,
				"is down, and a mirror port must be up: ip link set %s up",
				c->name);
	default:
		return complain(error, -EIO, "cannot be captured from: %s%s%s",
				pcap_statustostr(status), *pcap_geterr(c->pcap) ? ": " : "",
				pcap_geterr(c->pcap));
	}
}

/* In one step: the old program stands until the new one does. */
static int attach(const struct capture *c, const struct bpf_program *program)
{
	struct sock_fprog f = {
		.len = (unsigned short)program->bf_len,
		/* struct bpf_insn and struct sock_filter are one thing under two names. */
		.filter = (struct sock_filter *)(void *)program->bf_insns,
	};

	if (setsockopt(pcap_fileno(c->pcap), SOL_SOCKET, SO_ATTACH_FILTER, &f, sizeof(f)) < 0)
		return -errno;
	return 0;
}

_Static_assert(sizeof(struct bpf_insn) == sizeof(struct sock_filter), "one thing, two names");

/*
 * Linux charges old and new program together against net.core.optmem_max for the moment of the
 * change: where that is small (20 KiB before 6.8) the old one has to go first.  Then some frames
 * come in unfiltered, which harms nobody.
 */
static int exchange(const struct capture *c, const struct bpf_program *program)
{
	int none = 0, r = attach(c, program);

	if (r != -ENOMEM || !c->program.bf_insns)
		return r;
	setsockopt(pcap_fileno(c->pcap), SOL_SOCKET, SO_DETACH_FILTER, &none, sizeof(none));
	r = attach(c, program);
	if (r)
		attach(c, &c->program);
	return r;
}

int capture_set_ports(struct capture *c, const uint16_t *ports, size_t port_count)
{
	struct bpf_program program;
	int r = filter_assemble(c->link, ports, port_count, true, &program);

	if (r)
		return r;
	r = exchange(c, &program);
	if (r) {
		filter_free(&program);
		return r;
	}
	filter_free(&c->program);
	c->program = program;
	return 0;
}

static int set_filter(struct capture *c, const struct capture_options *options,
		      char error[CAPTURE_ERROR])
{
	int r = options->all ? 0 : capture_set_ports(c, options->ports, options->port_count);

	if (r == -ENOMEM)
		return complain(
			error, -EOPNOTSUPP,
			"the kernel has no room for the filter: sysctl net.core.optmem_max=65536");
	if (r)
		return complain(error, r == -EINVAL ? -EOPNOTSUPP : r,
				"the kernel refused the filter: %s", strerror(-r));
	return 0;
}

static int check_link(struct capture *c, char error[CAPTURE_ERROR])
{
	int dlt = pcap_datalink(c->pcap);
	const char *name = pcap_datalink_val_to_name(dlt);

	c->link = link_of_dlt(dlt);
	if (c->link == LINK_ETHERNET || c->link == LINK_RAW || c->link == LINK_SLL ||
	    c->link == LINK_SLL2)
		return 0;
	return complain(
		error, -EOPNOTSUPP,
		"its link type %s is not watched: name the Ethernet interface that the mirror "
		"port is plugged into",
		name ? name : "is unknown and");
}

static void ignore_frame(u_char *user, const struct pcap_pkthdr *header, const u_char *data)
{
	(void)user;
	(void)header;
	(void)data;
}

/* Throws away what came in before the filter stood. */
static void drain(struct capture *c)
{
	int n, all = 0;

	do {
		n = pcap_dispatch(c->pcap, 1000, ignore_frame, NULL);
		all += n > 0 ? n : 0;
	} while (n > 0 && all < DRAIN_MOST);
	pcap_stats(c->pcap, &c->last);
}

/* The interface that was opened, by its present name: it may have been renamed.  False: it is gone.
 */
static bool find_interface(const struct capture *c, struct ifreq *ret_)
{
	struct ifreq r = {.ifr_ifindex = c->number};

	if (ioctl(pcap_fileno(c->pcap), SIOCGIFNAME, &r) < 0)
		return false;
	*ret_ = r;
	return true;
}

static int prepare(struct capture *c, const struct capture_options *options,
		   char error[CAPTURE_ERROR])
{
	char reason[PCAP_ERRBUF_SIZE] = "";
	int on = 1, r = check_link(c, error);
	struct ifreq present;

	if (r)
		return r;
	if (find_interface(c, &present) &&
	    ioctl(pcap_fileno(c->pcap), SIOCGIFHWADDR, &present) == 0)
		c->hardware = present.ifr_hwaddr.sa_family;
	if (setsockopt(pcap_fileno(c->pcap), SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) <
	    0)
		return complain(
			error, -EOPNOTSUPP,
			"the kernel cannot leave out our own frames (%s): Linux 4.20 is needed",
			strerror(errno));
	if (pcap_setnonblock(c->pcap, 1, reason) < 0)
		return complain(error, -EIO, "cannot be captured from: %s", reason);
	r = set_filter(c, options, error);
	if (r)
		return r;
	drain(c);
	return 0;
}

static int activate(struct capture *c, const struct capture_options *options,
		    char error[CAPTURE_ERROR])
{
	char reason[PCAP_ERRBUF_SIZE] = "";
	int status;

	c->pcap = pcap_create(c->name, reason);
	if (!c->pcap)
		return complain(error, -EIO, "cannot be captured from: %s", reason);
	pcap_set_snaplen(c->pcap, CAPTURE_SNAPLEN);
	pcap_set_promisc(c->pcap, 1);
	pcap_set_immediate_mode(c->pcap, 1);
	pcap_set_buffer_size(c->pcap, options->ring_bytes ? options->ring_bytes : CAPTURE_RING);
	status = pcap_activate(c->pcap);
	if (status < 0)
		return complain_activate(c, status, error);
	return prepare(c, options, error);
}

int capture_open(const char *interface, uint16_t index, const struct capture_options *options,
		 struct capture **ret_, char error[CAPTURE_ERROR])
{
	unsigned int number = if_nametoindex(interface);
	struct capture *c;
	int r;

	if (!number && !is_any(interface))
		return complain_missing(error);
	c = calloc(1, sizeof(*c));
	if (c)
		c->name = strdup(interface);
	if (!c || !c->name) {
		free(c);
		return complain(error, -ENOMEM, "no memory");
	}
	c->number = (int)number;
	c->index = index;
	r = activate(c, options, error);
	if (r) {
		capture_close(c);
		return r;
	}
	*ret_ = c;
	return 0;
}

void capture_close(struct capture *c)
{
	if (!c)
		return;
	if (c->pcap)
		pcap_close(c->pcap);
	filter_free(&c->program);
	free(c->name);
	free(c);
}

int capture_fd(const struct capture *c)
{
	return pcap_get_selectable_fd(c->pcap);
}

static void hand_over(u_char *user, const struct pcap_pkthdr *header, const u_char *data)
{
	const struct capture *c = (const struct capture *)(const void *)user;
	const struct frame frame = {
		.time = header->ts.tv_sec * INT64_C(1000000) + header->ts.tv_usec,
		.data = data,
		.captured = header->caplen,
		.length = header->len,
		.link = c->link,
		.interface = c->index,
	};

	c->fn(c->context, &frame);
}

bool capture_is_there(const struct capture *c)
{
	struct ifreq r;

	return !c->number || find_interface(c, &r);
}

/*
 * A handle whose interface went down and was renamed meanwhile says that it has gone, each time
 * that nothing waits, since libpcap looks by the old name.  The socket knows better.
 */
static bool is_sound(const struct capture *c)
{
	struct pollfd p = {.fd = pcap_fileno(c->pcap)};

	return poll(&p, 1, 0) == 0;
}

int capture_dispatch(struct capture *c, int most, capture_frame_fn *fn, void *context)
{
	int n;

	c->fn = fn;
	c->context = context;
	n = pcap_dispatch(c->pcap, most, hand_over, (u_char *)c);
	if (n >= 0)
		return n;
	if (!capture_is_there(c))
		return -ENODEV;
	return is_sound(c) ? 0 : -EIO;
}

/* The interface that is to be watched from now on; under its old number where that is there. */
static int find_again(const struct capture *c, int *ret_number)
{
	struct ifreq r = {.ifr_ifindex = 0};
	int fd = pcap_fileno(c->pcap);

	if (capture_is_there(c)) {
		*ret_number = c->number;
		return 0;
	}
	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", c->name);
	if (ioctl(fd, SIOCGIFINDEX, &r) < 0)
		return -ENODEV;
	*ret_number = r.ifr_ifindex;
	if (ioctl(fd, SIOCGIFHWADDR, &r) < 0)
		return -ENODEV;
	/* What libpcap found out about the link when it opened it stands. */
	return r.ifr_hwaddr.sa_family == c->hardware ? 0 : -EOPNOTSUPP;
}

/*
 * The socket, its ring and its filter outlive the interface; binding takes no privilege, and what
 * came in promiscuously did so by a membership that went with the interface.
 */
int capture_rebind(struct capture *c)
{
	struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
	struct packet_mreq promiscuous = {.mr_type = PACKET_MR_PROMISC};
	int fd = pcap_fileno(c->pcap), number, r = find_again(c, &number);

	if (r < 0)
		return r;
	address.sll_ifindex = promiscuous.mr_ifindex = number;
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promiscuous, sizeof(promiscuous));
	c->number = number;
	return 0;
}

static bool is_up(const struct capture *c)
{
	struct ifreq r;

	if (!c->number)
		return true;
	if (!find_interface(c, &r) || ioctl(pcap_fileno(c->pcap), SIOCGIFFLAGS, &r) < 0)
		return false;
	return (r.ifr_flags & (IFF_UP | IFF_RUNNING)) == (IFF_UP | IFF_RUNNING);
}

int capture_stats(struct capture *c, struct capture_stats *ret_)
{
	struct pcap_stat now;
	int32_t fallen;

	if (pcap_stats(c->pcap, &now) < 0)
		return -EIO;
	c->total.received += now.ps_recv - c->last.ps_recv;
	c->total.dropped += now.ps_drop - c->last.ps_drop;
	/* The interface's own count, which begins anew with the interface. */
	fallen = (int32_t)(now.ps_ifdrop - c->last.ps_ifdrop);
	c->total.dropped_by_interface += fallen > 0 ? (uint64_t)fallen : 0;
	c->last = now;
	c->total.up = is_up(c);
	*ret_ = c->total;
	return 0;
}
