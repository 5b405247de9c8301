/*
 * flood: SYNs to port 25 of invented sources inside and servers outside, as a mirror would show
 * them.
 *
 * usage: flood INTERFACE SECONDS PER-SECOND HOSTS
 *
 * PER-SECOND 0: as many as the machine can.  Of HOSTS sources in 10.128.0.0/9, at most 2^23. Prints
 * how many were sent, and how many a second.
 */
#include <errno.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>

#define BATCH 64
#define SIZE  54

static uint8_t frames[BATCH][SIZE];

static void die(const char *what)
{
	fprintf(stderr, "flood: %s: %s\n", what, strerror(errno));
	exit(1);
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static uint32_t draw(void)
{
	static uint64_t x = 88172645463325252u;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return (uint32_t)(x >> 16);
}

static int open_port(const char *name)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET,
				 .sll_protocol = 0,
				 .sll_ifindex = (int)if_nametoindex(name)};
	int one = 1, fd = socket(AF_PACKET, SOCK_RAW, 0);

	if (fd < 0 || at.sll_ifindex == 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		die(name);
	if (setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one)) < 0)
		die("PACKET_QDISC_BYPASS");
	return fd;
}

static void put32(uint8_t *p, uint32_t v)
{
	v = htonl(v);
	memcpy(p, &v, sizeof(v));
}

static void put_head(uint8_t *frame)
{
	static const uint8_t head[24] = {2, 0x25, 0,	0, 0, 1,  2, 0x25, 0, 0, 0,  9,
					 8, 0,	  0x45, 0, 0, 40, 0, 9,	   0, 0, 64, 6};

	memcpy(frame, head, sizeof(head));
	frame[37] = 25;
	frame[46] = 0x50;
	frame[47] = 2;
}

static void fill(uint32_t hosts)
{
	for (unsigned int i = 0; i < BATCH; i++) {
		put32(frames[i] + 26, 0x0a800000u + draw() % hosts);
		put32(frames[i] + 30, 0x2d000000u | (draw() & 0xffffff));
		put32(frames[i] + 34, (draw() | 0x04000000u) << 16 | 25);
		frames[i][34] |= 4;
		put32(frames[i] + 38, draw());
	}
}

static void wait_until(double when)
{
	double left = when - seconds();
	struct timespec t = {.tv_nsec = (long)(left * 1e9)};

	if (left > 0 && left < 1)
		nanosleep(&t, NULL);
}

int main(int argc, char **argv)
{
	struct mmsghdr messages[BATCH] = {0};
	struct iovec parts[BATCH];
	uint64_t sent = 0;
	double from, until, rate;
	uint32_t hosts;
	int fd;

	if (argc != 5) {
		fputs("usage: flood INTERFACE SECONDS PER-SECOND HOSTS\n", stderr);
		return 2;
	}
	fd = open_port(argv[1]);
	rate = strtod(argv[3], NULL);
	hosts = (uint32_t)strtoul(argv[4], NULL, 10);
	if (hosts == 0 || hosts > 1u << 23)
		hosts = 1u << 23;
	for (unsigned int i = 0; i < BATCH; i++) {
		put_head(frames[i]);
		parts[i] = (struct iovec){frames[i], SIZE};
		messages[i].msg_hdr = (struct msghdr){.msg_iov = &parts[i], .msg_iovlen = 1};
	}
	from = seconds();
	until = from + strtod(argv[2], NULL);
	while (seconds() < until) {
		int n;

		fill(hosts);
		n = sendmmsg(fd, messages, BATCH, 0);
		if (n < 0 && errno != ENOBUFS)
			die("sendmmsg");
		sent += n > 0 ? (uint64_t)n : 0;
		if (rate > 0)
			wait_until(from + (double)sent / rate);
	}
	printf("{\"sent\": %llu, \"per_second\": %.0f}\n", (unsigned long long)sent,
	       (double)sent / (seconds() - from));
	return 0;
}
