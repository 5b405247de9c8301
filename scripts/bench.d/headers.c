/*
 * headers: the physical limit of reading a pcap file: read(2) in blocks of 256 KiB, and no more
 * than the step from one frame's header to the next.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BLOCK (256 << 10)
#define MOST  (256 << 10) /* the longest frame */

static unsigned char buffer[MOST + 16 + BLOCK];

int main(int argc, char **argv)
{
	unsigned long long packets = 0, bytes = 0;
	size_t begin = 24, end = 0;
	int file;

	if (argc != 2) {
		fputs("usage: headers FILE\n", stderr);
		return 2;
	}
	file = open(argv[1], O_RDONLY);
	if (file < 0) {
		fprintf(stderr, "headers: %s: %s\n", argv[1], strerror(errno));
		return 3;
	}
	for (;;) {
		ssize_t n = read(file, buffer + end, BLOCK);

		if (n <= 0)
			break;
		end += (size_t)n;
		while (end - begin >= 16) {
			uint32_t captured;

			memcpy(&captured, buffer + begin + 8, 4);
			if (captured > MOST) {
				fprintf(stderr, "headers: %s: is damaged\n", argv[1]);
				return 3;
			}
			if (end - begin < 16 + captured)
				break;
			begin += 16 + captured;
			packets++;
			bytes += captured;
		}
		memmove(buffer, buffer + begin, end - begin);
		end -= begin;
		begin = 0;
	}
	printf("%llu packets, %llu bytes\n", packets, bytes);
	return end - begin == 0 ? 0 : 3;
}
