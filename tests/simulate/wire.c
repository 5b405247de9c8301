#include "wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v);
}

static void little32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

static uint32_t sum16(const uint8_t *p, size_t n, uint32_t sum)
{
	for (; n > 1; p += 2, n -= 2)
		sum += (uint32_t)p[0] << 8 | p[1];
	return n ? sum + ((uint32_t)p[0] << 8) : sum;
}

static uint32_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

static bool earlier(const struct wire_frame *a, const struct wire_frame *b)
{
	return a->time != b->time ? a->time < b->time : a->order < b->order;
}

static void sink(struct wire *w, size_t i)
{
	for (;;) {
		size_t child = 2 * i + 1;
		struct wire_frame *t = w->heap[i];

		if (child >= w->count)
			return;
		if (child + 1 < w->count && earlier(w->heap[child + 1], w->heap[child]))
			child++;
		if (!earlier(w->heap[child], t))
			return;
		w->heap[i] = w->heap[child];
		w->heap[child] = t;
		i = child;
	}
}

static struct wire_frame *pop(struct wire *w)
{
	struct wire_frame *f = w->heap[0];

	w->heap[0] = w->heap[--w->count];
	sink(w, 0);
	return f;
}

static void push(struct wire *w, struct wire_frame *f)
{
	size_t i = w->count++;

	if (i == w->room) {
		w->room = w->room ? w->room * 2 : 4096;
		w->heap = realloc(w->heap, w->room * sizeof(struct wire_frame *));
		if (!w->heap)
			abort();
	}
	for (; i > 0 && earlier(f, w->heap[(i - 1) / 2]); i = (i - 1) / 2)
		w->heap[i] = w->heap[(i - 1) / 2];
	w->heap[i] = f;
}

static struct wire_frame *frame_new(struct wire *w, uint64_t time, size_t length)
{
	struct wire_frame *f = malloc(sizeof(*f) + length);

	if (!f)
		abort();
	f->time = time;
	f->order = w->order++;
	f->length = (uint32_t)length;
	return f;
}

int wire_open(struct wire *w, const char *path)
{
	uint8_t head[24] = {0x4d, 0x3c, 0xb2, 0xa1, 2, 0, 4, 0};

	memset(w, 0, sizeof(*w));
	w->file = strcmp(path, "-") == 0 ? stdout : fopen(path, "wb");
	if (!w->file)
		return -errno;
	little32(head + 16, 262144);
	little32(head + 20, 1);
	w->failed = fwrite(head, sizeof(head), 1, w->file) != 1;
	return 0;
}

static void write_frame(struct wire *w, const struct wire_frame *f)
{
	uint8_t head[16];
	/* No two frames share a stamp: a port sends one after the other. */
	uint64_t t = f->time > w->last ? f->time : w->last + 1;

	w->last = t;
	little32(head, (uint32_t)(t / SECOND));
	little32(head + 4, (uint32_t)(t % SECOND));
	little32(head + 8, f->length);
	little32(head + 12, f->length);
	if (fwrite(head, sizeof(head), 1, w->file) != 1 ||
	    fwrite(f->bytes, f->length, 1, w->file) != 1)
		w->failed = true;
	w->frames++;
	w->bytes += f->length + sizeof(head);
}

void wire_flush(struct wire *w, uint64_t until)
{
	while (w->count > 0 && w->heap[0]->time < until) {
		struct wire_frame *f = pop(w);

		write_frame(w, f);
		free(f);
	}
}

int wire_close(struct wire *w)
{
	int r = 0;

	wire_flush(w, UINT64_MAX);
	free(w->heap);
	w->heap = NULL;
	if (w->file == stdout ? fflush(stdout) : fclose(w->file))
		r = -errno;
	return w->failed ? -EIO : r;
}

/* Ethernet and IPv4 for `length` bytes above; returns where those begin. */
static uint8_t *ip_frame(struct wire *w, uint64_t time, struct wire_end *from,
			 const struct wire_end *to, uint16_t vlan, uint8_t protocol, size_t length,
			 struct wire_frame **ret_f)
{
	size_t link = vlan ? 18 : 14;
	struct wire_frame *f = frame_new(w, time, link + 20 + length);
	uint8_t *p = f->bytes, *ip = p + link;

	memcpy(p, to->mac, 6);
	memcpy(p + 6, from->mac, 6);
	if (vlan) {
		put16(p + 12, 0x8100);
		put16(p + 14, vlan);
	}
	put16(ip - 2, 0x0800);
	memset(ip, 0, 20);
	ip[0] = 0x45;
	put16(ip + 2, (uint32_t)(20 + length));
	put16(ip + 4, from->id++);
	ip[6] = 0x40;
	ip[8] = from->ttl;
	ip[9] = protocol;
	put32(ip + 12, from->ip);
	put32(ip + 16, to->ip);
	put16(ip + 10, fold(sum16(ip, 20, 0)));
	*ret_f = f;
	return ip + 20;
}

static uint32_t pseudo(const struct wire_end *from, const struct wire_end *to, uint8_t protocol,
		       size_t length)
{
	return (from->ip >> 16) + (from->ip & 0xffff) + (to->ip >> 16) + (to->ip & 0xffff) +
	       protocol + (uint32_t)length;
}

void wire_tcp(struct wire *w, uint64_t time, struct wire_end *from, const struct wire_end *to,
	      uint16_t vlan, const struct wire_segment *s)
{
	size_t header = 20u + s->options_length, length = header + s->length;
	struct wire_frame *f;
	uint8_t *p = ip_frame(w, time, from, to, vlan, 6, length, &f);

	memset(p, 0, 20);
	put16(p, from->port);
	put16(p + 2, to->port);
	put32(p + 4, s->seq);
	put32(p + 8, s->ack);
	p[12] = (uint8_t)(header / 4 << 4);
	p[13] = s->flags;
	put16(p + 14, s->window);
	if (s->options_length)
		memcpy(p + 20, s->options, s->options_length);
	if (s->length)
		memcpy(p + header, s->payload, s->length);
	put16(p + 16, fold(sum16(p, length, pseudo(from, to, 6, length))));
	push(w, f);
}

void wire_udp(struct wire *w, uint64_t time, struct wire_end *from, const struct wire_end *to,
	      uint16_t vlan, const void *payload, size_t length)
{
	struct wire_frame *f;
	uint8_t *p = ip_frame(w, time, from, to, vlan, 17, 8 + length, &f);
	uint32_t sum;

	put16(p, from->port);
	put16(p + 2, to->port);
	put16(p + 4, (uint32_t)(8 + length));
	put16(p + 6, 0);
	memcpy(p + 8, payload, length);
	sum = fold(sum16(p, 8 + length, pseudo(from, to, 17, 8 + length)));
	put16(p + 6, sum ? sum : 0xffff);
	push(w, f);
}

void wire_unreachable(struct wire *w, uint64_t time, struct wire_end *from,
		      const struct wire_end *to, uint16_t vlan, uint8_t code,
		      const struct wire_end *about, uint32_t seq)
{
	struct wire_frame *f;
	uint8_t *p = ip_frame(w, time, from, to, vlan, 1, 8 + 28, &f), *q = p + 8;

	memset(p, 0, 36);
	p[0] = 3;
	p[1] = code;
	q[0] = 0x45;
	put16(q + 2, 60);
	put16(q + 4, (uint32_t)(to->id - 1));
	q[6] = 0x40;
	q[8] = (uint8_t)(to->ttl - 1);
	q[9] = 6;
	put32(q + 12, to->ip);
	put32(q + 16, about->ip);
	put16(q + 10, fold(sum16(q, 20, 0)));
	put16(q + 20, to->port);
	put16(q + 22, about->port);
	put32(q + 24, seq);
	put16(p + 2, fold(sum16(p, 36, 0)));
	push(w, f);
}
