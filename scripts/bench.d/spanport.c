/*
 * spanport: a mirror port that tags: what the switch copies leaves with VLAN tags on, and what is
 * sent into the port loses them on its way to the switch.  A frame with other tags is dropped, as a
 * trunk drops a VLAN that it does not carry.
 *
 * usage: spanport SWITCH MIRROR TAGS READY
 *
 * TAGS is a list of TPID:VLAN, outermost first, such as 88a8:100,8100:30.  Makes the file READY
 * once it listens.
 */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>

#define MACS 12
#define TAG  4
#define MOST 2
#define ROOM 16384

static uint8_t tags[MOST * TAG];
static size_t tags_length;

static void parse(const char *text)
{
	unsigned int tpid, vlan;
	int used;

	while (sscanf(text, "%x:%u%n", &tpid, &vlan, &used) == 2 && tags_length < sizeof(tags)) {
		uint16_t words[2] = {htons((uint16_t)tpid), htons((uint16_t)vlan)};

		memcpy(tags + tags_length, words, TAG);
		tags_length += TAG;
		text += used + (text[used] == ',');
	}
	if (*text || tags_length == 0) {
		fprintf(stderr, "spanport: not a list of tags: %s\n", text);
		exit(2);
	}
}

static int open_port(const char *name)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET,
				 .sll_protocol = htons(ETH_P_ALL),
				 .sll_ifindex = (int)if_nametoindex(name)};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, htons(ETH_P_ALL));
	int room = 32 << 20, yes = 1;

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0) {
		fprintf(stderr, "spanport: %s: %s\n", name, strerror(errno));
		exit(3);
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &yes, sizeof(yes));
	return fd;
}

/* Puts back the outermost tag, which the kernel takes off.  frame has room for it. */
static size_t restore(uint8_t *frame, size_t length, struct msghdr *message)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		struct tpacket_auxdata aux;
		uint16_t words[2];

		if (c->cmsg_level != SOL_PACKET || c->cmsg_type != PACKET_AUXDATA)
			continue;
		memcpy(&aux, CMSG_DATA(c), sizeof(aux));
		if (!(aux.tp_status & TP_STATUS_VLAN_VALID))
			continue;
		words[0] = htons(aux.tp_status & TP_STATUS_VLAN_TPID_VALID ? aux.tp_vlan_tpid
									   : ETH_P_8021Q);
		words[1] = htons(aux.tp_vlan_tci);
		memmove(frame + MACS + TAG, frame + MACS, length - MACS);
		memcpy(frame + MACS, words, TAG);
		return length + TAG;
	}
	return length;
}

/* The next frame that came in from outside, 0 when there is none. */
static size_t next(int fd, uint8_t *frame)
{
	for (;;) {
		char control[256];
		struct sockaddr_ll at;
		struct iovec piece = {.iov_base = frame, .iov_len = ROOM - TAG};
		struct msghdr message = {.msg_name = &at,
					 .msg_namelen = sizeof(at),
					 .msg_iov = &piece,
					 .msg_iovlen = 1,
					 .msg_control = control,
					 .msg_controllen = sizeof(control)};
		ssize_t n = recvmsg(fd, &message, 0);

		if (n < 0)
			return 0;
		if (at.sll_pkttype != PACKET_OUTGOING && n > MACS)
			return restore(frame, (size_t)n, &message);
	}
}

static void give(int fd, const uint8_t *frame, size_t length)
{
	if (send(fd, frame, length, 0) < 0 && errno != ENOBUFS && errno != EMSGSIZE)
		perror("spanport: send");
}

int main(int argc, char **argv)
{
	static uint8_t frame[ROOM + sizeof(tags)];
	struct pollfd ends[2];
	size_t n;

	if (argc != 5)
		return 2;
	parse(argv[3]);
	for (int i = 0; i < 2; i++)
		ends[i] = (struct pollfd){.fd = open_port(argv[i + 1]), .events = POLLIN};
	close(open(argv[4], O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
	for (;;) {
		poll(ends, 2, -1);
		while ((n = next(ends[0].fd, frame)) > 0) {
			memmove(frame + MACS + tags_length, frame + MACS, n - MACS);
			memcpy(frame + MACS, tags, tags_length);
			give(ends[1].fd, frame, n + tags_length);
		}
		while ((n = next(ends[1].fd, frame)) > 0) {
			if (n < MACS + tags_length + 2 ||
			    memcmp(frame + MACS, tags, tags_length) != 0)
				continue;
			memmove(frame + MACS, frame + MACS + tags_length, n - MACS - tags_length);
			give(ends[0].fd, frame, n - tags_length);
		}
	}
}
