/*
 * blast: sends the frames of a capture file out of an interface as fast as asked, by sendmmsg on a
 * packet socket that bypasses the queueing discipline.  For a veth pair of the bench's own.
 *
 *   blast INTERFACE FILE RATE SECONDS
 *
 * RATE is frames a second, 0 for as fast as possible.  Prints "sent seconds".  The file is held in
 * memory and sent again and again; with each round the sequence numbers of its frames to port 25 go
 * up by one, so that each SYN is an attempt of its own.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define BATCH  64
#define FRAMES 65536

static struct iovec frame[FRAMES];
static unsigned int frames;

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool load(const char *path)
{
	uint32_t header[6], record[4];
	FILE *file = fopen(path, "rb");

	if (!file || fread(header, sizeof(header), 1, file) != 1 || header[0] != 0xa1b2c3d4u)
		return false;
	while (frames < FRAMES && fread(record, sizeof(record), 1, file) == 1) {
		void *data = malloc(record[2]);

		if (!data || record[2] > 2048 || fread(data, record[2], 1, file) != 1)
			return false;
		frame[frames++] = (struct iovec){data, record[2]};
	}
	fclose(file);
	return frames > BATCH;
}

static int open_socket(const char *interface)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET};
	int one = 1, fd = socket(AF_PACKET, SOCK_RAW, 0);

	to.sll_ifindex = (int)if_nametoindex(interface);
	if (fd < 0 || !to.sll_ifindex || bind(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		return -1;
	setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one));
	return fd;
}

/* Makes a frame to port 25 one that was not sent before. */
static void renew(struct iovec *f)
{
	unsigned char *p = f->iov_base;
	unsigned int at = p[12] == 0x81 ? 18 : 14;

	if (f->iov_len >= at + 40 && p[at + 9] == 6 && p[at + 22] == 0 && p[at + 23] == 25)
		for (int i = 27; i >= 24 && ++p[at + (unsigned int)i] == 0; i--)
			;
}

int main(int argc, char **argv)
{
	static struct mmsghdr message[BATCH];
	unsigned long long sent = 0;
	unsigned int next = 0;
	double rate, start, end, t;
	int fd;

	if (argc != 5) {
		fputs("usage: blast INTERFACE FILE RATE SECONDS\n", stderr);
		return 2;
	}
	fd = open_socket(argv[1]);
	if (fd < 0 || !load(argv[2])) {
		fprintf(stderr, "blast: %s %s: %s\n", argv[1], argv[2], strerror(errno));
		return 3;
	}
	rate = strtod(argv[3], NULL);
	start = t = seconds();
	end = start + strtod(argv[4], NULL);
	while (t < end) {
		int n;

		for (unsigned int i = 0; i < BATCH; i++) {
			struct iovec *f = &frame[(next + i) % frames];

			renew(f);
			message[i].msg_hdr = (struct msghdr){.msg_iov = f, .msg_iovlen = 1};
		}
		n = sendmmsg(fd, message, BATCH, 0);
		if (n < 0 && errno != ENOBUFS && errno != EAGAIN) {
			perror("blast: sendmmsg");
			return 3;
		}
		if (n > 0) {
			sent += (unsigned int)n;
			next = (next + (unsigned int)n) % frames;
		}
		t = seconds();
		while (rate > 0 && t < end && (double)sent > (t - start) * rate)
			t = seconds();
	}
	printf("%llu %.3f\n", sent, t - start);
	return 0;
}
