#include "veth.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if_ether.h>
#include <linux/if_packet.h>

#define BATCH 500

bool veth_run(const char *command)
{
	return system(command) == 0;
}

bool veth_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return written;
}

bool veth_begin(void)
{
	if (geteuid() != 0 || unshare(CLONE_NEWNET) < 0) {
		printf("skipped: a network namespace is needed: run as root\n");
		return false;
	}
	/* No neighbour discovery: every frame is to be one of ours. */
	veth_write("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
	if (veth_run("ip link add " VETH_HOST " type veth peer name " VETH_MIRROR " && "
		     "ip link set " VETH_HOST " up && ip link set " VETH_MIRROR " up"))
		return true;
	printf("skipped: no veth pair: the ip command (iproute2) and the kernel's veth are "
	       "needed\n");
	return false;
}

int veth_socket(void)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET,
				 .sll_ifindex = (int)if_nametoindex(VETH_HOST)};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

void veth_send(int fd, const void *data, size_t length)
{
	ssize_t n;

	do {
		n = send(fd, data, length, 0);
	} while (n < 0 && errno == ENOBUFS);
	assert_int_equal(n, (ssize_t)length);
}

void veth_flood(int fd, const void *data, size_t length, unsigned int n)
{
	struct iovec part = {.iov_base = (void *)(uintptr_t)data, .iov_len = length};
	struct mmsghdr all[BATCH] = {0};

	for (size_t i = 0; i < BATCH; i++)
		all[i].msg_hdr = (struct msghdr){.msg_iov = &part, .msg_iovlen = 1};
	while (n) {
		int sent = sendmmsg(fd, all, n < BATCH ? n : BATCH, 0);

		assert_true(sent > 0 || errno == ENOBUFS);
		if (sent > 0)
			n -= (unsigned int)sent;
	}
}
