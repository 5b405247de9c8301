/*
 * delayline: a wire of a given length between two interfaces: each frame of either is sent out of
 * the other so many microseconds later.  A kernel may lack netem.
 *
 * usage: delayline INTERFACE INTERFACE MICROSECONDS READY
 *
 * Makes the file READY once it listens.
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
#include <time.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>

#define FRAMES 65536 /* on their way at once */
#define ROOM   2048

struct frame {
	int64_t due; /* nanoseconds */
	int to;
	size_t length;
	uint8_t data[ROOM];
};

static struct frame *ring;
static unsigned int first, count;

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static int open_end(const char *name)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET,
				 .sll_protocol = htons(ETH_P_ALL),
				 .sll_ifindex = (int)if_nametoindex(name)};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, htons(ETH_P_ALL));
	int room = 32 << 20;

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0) {
		fprintf(stderr, "delayline: %s: %s\n", name, strerror(errno));
		exit(3);
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	return fd;
}

static void take(int from, int to, int64_t delay)
{
	while (count < FRAMES) {
		struct frame *f = &ring[(first + count) % FRAMES];
		struct sockaddr_ll at;
		socklen_t size = sizeof(at);
		ssize_t n = recvfrom(from, f->data, ROOM, 0, (struct sockaddr *)&at, &size);

		if (n <= 0)
			return;
		if (at.sll_pkttype == PACKET_OUTGOING)
			continue;
		f->due = now() + delay;
		f->to = to;
		f->length = (size_t)n;
		count++;
	}
}

static void give(void)
{
	for (; count > 0 && ring[first].due <= now(); count--, first = (first + 1) % FRAMES)
		if (send(ring[first].to, ring[first].data, ring[first].length, 0) < 0 &&
		    errno != ENOBUFS && errno != EMSGSIZE)
			perror("delayline: send");
}

int main(int argc, char **argv)
{
	struct pollfd ends[2];
	int64_t delay;

	ring = calloc(FRAMES, sizeof(*ring));
	if (argc != 5 || !ring)
		return 2;
	delay = strtoll(argv[3], NULL, 10) * 1000;
	for (int i = 0; i < 2; i++)
		ends[i] = (struct pollfd){.fd = open_end(argv[i + 1]), .events = POLLIN};
	close(open(argv[4], O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
	for (;;) {
		int64_t left = count ? ring[first].due - now() : 1000000000;
		struct timespec wait = {.tv_sec = (time_t)(left / 1000000000),
					.tv_nsec = (long)(left % 1000000000)};

		if (left > 0)
			ppoll(ends, 2, &wait, NULL);
		take(ends[0].fd, ends[1].fd, delay);
		take(ends[1].fd, ends[0].fd, delay);
		give();
	}
}
