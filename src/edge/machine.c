#include "edge/machine.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timex.h>
#include <unistd.h>

#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/sockios.h>

#define NICENESS 10

/* One word of ethtool's; false where the interface has no such thing. */
static bool ask_ethtool(int fd, const char *name, uint32_t command, uint32_t *ret_)
{
	struct ethtool_value value = {.cmd = command};
	struct ifreq request = {0};

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	request.ifr_data = (void *)&value;
	if (ioctl(fd, SIOCETHTOOL, &request) < 0)
		return false;
	*ret_ = value.data;
	return true;
}

static void ask_features(int fd, const char *name, struct machine_interface *i)
{
	uint32_t gro = 0, flags = 0;

	i->features_known = ask_ethtool(fd, name, ETHTOOL_GGRO, &gro) &&
			    ask_ethtool(fd, name, ETHTOOL_GFLAGS, &flags);
	i->gro = gro != 0;
	i->lro = flags & ETH_FLAG_LRO;
}

static int ask(int fd, const char *name, struct machine_interface *i)
{
	struct ifreq request = {0};

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (ioctl(fd, SIOCGIFMTU, &request) < 0)
		return -errno;
	i->mtu = (uint32_t)request.ifr_mtu;
	if (ioctl(fd, SIOCGIFHWADDR, &request) < 0)
		return -errno;
	i->has_mac = request.ifr_hwaddr.sa_family == ARPHRD_ETHER;
	if (i->has_mac)
		memcpy(i->mac, request.ifr_hwaddr.sa_data, sizeof(i->mac));
	ask_features(fd, name, i);
	return 0;
}

/* By netlink: /sys shows another network namespace where nobody has mounted it anew. */
static void count(const char *name, struct machine_interface *i)
{
	struct ifaddrs *all;

	if (getifaddrs(&all) < 0)
		return;
	for (const struct ifaddrs *a = all; a; a = a->ifa_next) {
		const struct rtnl_link_stats *s = a->ifa_data;

		if (!s || !a->ifa_addr || a->ifa_addr->sa_family != AF_PACKET ||
		    strcmp(a->ifa_name, name) != 0)
			continue;
		i->sent = s->tx_packets;
		i->unsent = s->tx_dropped + s->tx_errors;
	}
	freeifaddrs(all);
}

int machine_interface(const char *name, struct machine_interface *ret_)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), result;
	struct machine_interface i = {0};

	if (fd < 0)
		return -errno;
	result = ask(fd, name, &i);
	close(fd);
	if (result < 0)
		return result;
	count(name, &i);
	*ret_ = i;
	return 0;
}

int machine_clock(struct machine_clock *ret_)
{
	struct timex t = {.modes = 0};
	int state = adjtimex(&t);

	if (state < 0)
		return -errno;
	ret_->synchronised = state != TIME_ERROR && !(t.status & STA_UNSYNC);
	ret_->error = t.maxerror;
	return 0;
}

void machine_give_way(void)
{
	setpriority(PRIO_PROCESS, 0, NICENESS);
}
