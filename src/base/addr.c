#include "base/addr.h"
#include "base/bytes.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static const uint8_t v4_head[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

struct addr addr_from_v4(const uint8_t *bytes)
{
	struct addr a;

	memcpy(a.b, v4_head, sizeof(v4_head));
	memcpy(a.b + sizeof(v4_head), bytes, 4);
	return a;
}

struct addr addr_from_v6(const uint8_t *bytes)
{
	struct addr a;

	memcpy(a.b, bytes, sizeof(a.b));
	return a;
}

bool addr_is_v4(const struct addr *a)
{
	return memcmp(a->b, v4_head, sizeof(v4_head)) == 0;
}

bool addr_is_unicast(const struct addr *a)
{
	static const struct addr unspecified;

	if (addr_is_v4(a)) {
		const uint8_t *v4 = a->b + sizeof(v4_head);

		if ((v4[0] & 0xf0) == 0xe0) /* 224.0.0.0/4 */
			return false;
		return bytes_be32(v4) != 0 && bytes_be32(v4) != UINT32_MAX;
	}
	return a->b[0] != 0xff && !addr_equal(a, &unspecified);
}

int addr_compare(const struct addr *a, const struct addr *b)
{
	bool a4 = addr_is_v4(a), b4 = addr_is_v4(b);

	if (a4 != b4)
		return a4 ? -1 : 1;
	return memcmp(a->b, b->b, sizeof(a->b));
}

const char *addr_format(const struct addr *a, char buf[ADDR_TEXT])
{
	bool v4 = addr_is_v4(a);

	/* glibc's text for IPv6 is RFC 5952's. */
	inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? a->b + sizeof(v4_head) : a->b, buf, ADDR_TEXT);
	return buf;
}

int addr_parse(const char *text, struct addr *ret_)
{
	uint8_t bytes[16];

	if (inet_pton(AF_INET, text, bytes) == 1) {
		*ret_ = addr_from_v4(bytes);
		return 0;
	}
	if (inet_pton(AF_INET6, text, bytes) == 1) {
		*ret_ = addr_from_v6(bytes);
		return 0;
	}
	return -EINVAL;
}

/* Clears what stands behind the prefix; returns whether anything did. */
static bool prefix_mask(struct prefix *p)
{
	bool cleared = false;

	for (size_t i = 0; i < sizeof(p->addr.b); i++) {
		size_t first = i * 8;
		uint8_t keep = 0xff;

		if (p->length <= first)
			keep = 0;
		else if (p->length < first + 8)
			keep = (uint8_t)(0xff << (first + 8 - p->length));
		cleared |= (p->addr.b[i] & (uint8_t)~keep) != 0;
		p->addr.b[i] &= keep;
	}
	return cleared;
}

int prefix_parse(const char *text, struct prefix *ret_)
{
	char address[ADDR_TEXT];
	const char *slash = strchr(text, '/');
	size_t length = slash ? (size_t)(slash - text) : strlen(text);
	unsigned long bits, most;
	struct prefix p;
	char *end;

	if (length >= sizeof(address))
		return -EINVAL;
	memcpy(address, text, length);
	address[length] = '\0';
	if (addr_parse(address, &p.addr) < 0)
		return -EINVAL;
	most = addr_is_v4(&p.addr) && !strchr(address, ':') ? 32 : 128;
	bits = most;
	if (slash) {
		if (slash[1] < '0' || slash[1] > '9')
			return -EINVAL;
		bits = strtoul(slash + 1, &end, 10);
		if (*end != '\0' || bits > most)
			return -EINVAL;
	}
	p.length = (uint8_t)(128 - most + bits);
	if (prefix_mask(&p)) {
		*ret_ = p;
		return -EDOM;
	}
	*ret_ = p;
	return 0;
}

bool prefix_is_v4(const struct prefix *p)
{
	return p->length >= 96 && addr_is_v4(&p->addr);
}

const char *prefix_format(const struct prefix *p, char buf[PREFIX_TEXT])
{
	char text[ADDR_TEXT];
	int bits = prefix_is_v4(p) ? p->length - 96 : p->length;

	addr_format(&p->addr, text);
	if (p->length == 128)
		snprintf(buf, PREFIX_TEXT, "%s", text);
	else
		snprintf(buf, PREFIX_TEXT, "%s/%d", text, bits);
	return buf;
}

bool prefix_contains(const struct prefix *p, const struct addr *a)
{
	size_t whole = p->length / 8;
	unsigned int rest = p->length % 8;

	if (prefix_is_v4(p) != addr_is_v4(a))
		return false;
	if (memcmp(p->addr.b, a->b, whole) != 0)
		return false;
	return rest == 0 || ((p->addr.b[whole] ^ a->b[whole]) >> (8 - rest)) == 0;
}

const char *mac_format(const uint8_t mac[6], char buf[MAC_TEXT])
{
	snprintf(buf, MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
		 mac[4], mac[5]);
	return buf;
}
