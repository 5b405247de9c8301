/*
 * pcapng (draft-ietf-opsawg-pcapng): blocks of {type, length, body, length}.  A section header sets
 * the byte order and forgets the interfaces before it; an interface description adds one; packets
 * name theirs.  Every other block is passed over, whatever its length.
 *
 * A damaged length leads nowhere, so the trailing copy of each is compared.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "base/moment.h"
#include "base/text.h"
#include "capture_file_reader.h"

#define FRAMING	       12 /* type and both lengths */
#define MAX_INTERFACES 65536

enum block {
	BLOCK_SECTION = 0x0a0d0d0a,
	BLOCK_INTERFACE = 1,
	BLOCK_OLD_PACKET = 2,
	BLOCK_SIMPLE_PACKET = 3,
	BLOCK_PACKET = 6
};

enum option { OPTION_END = 0, OPTION_RESOLUTION = 9, OPTION_OFFSET = 14 };

/* Stamps are held within 1970 and MOMENT_LAST, so that whatever a file says they can be added to,
 * subtracted and printed. */
static int64_t clamp(int64_t t)
{
	if (t < 0)
		return 0;
	return t > MOMENT_LAST ? MOMENT_LAST : t;
}

static int64_t at_most(uint64_t t)
{
	return t > (uint64_t)MOMENT_LAST ? MOMENT_LAST : (int64_t)t;
}

/* Units of 2^-power seconds.  Their product with a million is high * 2^32 + low. */
static int64_t of_binary(uint64_t units, unsigned int power)
{
	uint64_t low = (units & 0xffffffff) * 1000000;
	uint64_t high = (units >> 32) * 1000000 + (low >> 32);

	if (power >= 32)
		return at_most(power < 96 ? high >> (power - 32) : 0);
	if (high > (uint64_t)MOMENT_LAST >> (32 - power))
		return MOMENT_LAST;
	return at_most((high << (32 - power)) + ((low & 0xffffffff) >> power));
}

/* Units of 10^-resolution or, with the high bit, 2^-resolution seconds; truncated, never more than
 * MOMENT_LAST. */
static int64_t to_microseconds(uint64_t units, uint8_t resolution)
{
	unsigned int power = resolution & 0x7f;

	if (resolution & 0x80)
		return of_binary(units, power);
	for (; power < 6; power++)
		units = units > (uint64_t)MOMENT_LAST / 10 ? (uint64_t)MOMENT_LAST : units * 10;
	for (; power > 6 && units; power--)
		units /= 10;
	return at_most(units);
}

static int64_t stamp(const struct file_interface *i, uint32_t high, uint32_t low)
{
	int64_t t = to_microseconds((uint64_t)high << 32 | low, i->resolution);
	int64_t offset;

	if (__builtin_mul_overflow(i->offset, INT64_C(1000000), &offset))
		return i->offset < 0 ? 0 : MOMENT_LAST;
	if (__builtin_add_overflow(t, offset, &t))
		return MOMENT_LAST;
	return clamp(t);
}

static int64_t file_i64(const struct capture_file *f, const uint8_t *p)
{
	uint64_t first = file_u32(f, p), second = file_u32(f, p + 4);

	return (int64_t)(f->big_endian ? first << 32 | second : second << 32 | first);
}

/* Options that matter here; false where one contradicts itself. */
static bool take_options(const struct capture_file *f, struct bytes *r, struct file_interface *i)
{
	while (r->left >= 4) {
		const uint8_t *head = bytes_take(r, 4);
		uint16_t code = file_u16(f, head), length = file_u16(f, head + 2);
		const uint8_t *value;

		if (code == OPTION_END)
			return true;
		value = bytes_take(r, (length + 3u) & ~3u);
		if (!value)
			return false;
		if (code == OPTION_RESOLUTION && length == 1)
			i->resolution = value[0];
		else if (code == OPTION_OFFSET && length == 8)
			i->offset = file_i64(f, value);
		else if (code == OPTION_RESOLUTION || code == OPTION_OFFSET)
			return false;
	}
	return true;
}

static int add_interface(struct capture_file *f, const struct file_interface *i,
			 char error[CAPTURE_ERROR])
{
	if (f->interface_count == MAX_INTERFACES)
		return file_damaged(f, error, "more than %d interfaces", MAX_INTERFACES);
	if (f->interface_count == f->interface_room) {
		size_t room = f->interface_room ? 2 * f->interface_room : 8;
		struct file_interface *larger = realloc(f->interfaces, room * sizeof(*larger));

		if (!larger) {
			text_print(error, CAPTURE_ERROR, "no memory");
			return -ENOMEM;
		}
		f->interfaces = larger;
		f->interface_room = room;
	}
	f->interfaces[f->interface_count++] = *i;
	return 0;
}

static int take_interface(struct capture_file *f, struct bytes body, char error[CAPTURE_ERROR])
{
	const uint8_t *p = bytes_take(&body, 8);
	struct file_interface i = {.resolution = 6};

	if (!p)
		return file_damaged(f, error, "an interface description that is too short");
	i.link = link_of_dlt(file_u16(f, p));
	i.snaplen = file_u32(f, p + 4);
	if (!take_options(f, &body, &i))
		return file_damaged(f, error, "an interface's options are wrong");
	return add_interface(f, &i, error);
}

static int give(struct capture_file *f, const struct file_interface *i, struct bytes *body,
		uint32_t captured, uint32_t length, struct frame *ret_, char error[CAPTURE_ERROR])
{
	const uint8_t *data = bytes_take(body, captured);

	if (!data)
		return file_damaged(f, error, "a frame longer than its block");
	ret_->data = data;
	ret_->captured = captured;
	ret_->length = length < captured ? captured : length;
	ret_->link = i->link;
	return 1;
}

/* The enhanced packet block and its predecessor differ in the width of the interface's number. */
static int take_packet(struct capture_file *f, bool old, struct bytes body, struct frame *ret_,
		       char error[CAPTURE_ERROR])
{
	const uint8_t *p = bytes_take(&body, 20);
	uint32_t number;

	if (!p)
		return file_damaged(f, error, "a packet block that is too short");
	number = old ? file_u16(f, p) : file_u32(f, p);
	if (number >= f->interface_count)
		return file_damaged(f, error, "a packet of interface %u, which is not described",
				    number);
	ret_->time = stamp(&f->interfaces[number], file_u32(f, p + 4), file_u32(f, p + 8));
	return give(f, &f->interfaces[number], &body, file_u32(f, p + 12), file_u32(f, p + 16),
		    ret_, error);
}

/* Says neither interface (it is the first), nor time (the last one known stands), nor how much was
 * captured (the interface's snapshot length cut it). */
static int take_simple(struct capture_file *f, struct bytes body, struct frame *ret_,
		       char error[CAPTURE_ERROR])
{
	const uint8_t *p = bytes_take(&body, 4);
	uint32_t length, captured, snaplen;

	if (!p)
		return file_damaged(f, error, "a simple packet block that is too short");
	if (!f->interface_count)
		return file_damaged(f, error, "a packet before any interface is described");
	length = captured = file_u32(f, p);
	snaplen = f->interfaces[0].snaplen;
	if (snaplen && captured > snaplen)
		captured = snaplen;
	ret_->time = f->last_time;
	return give(f, &f->interfaces[0], &body, captured, length, ret_, error);
}

/* Byte order first: the block's length is to be read in it already. */
static int take_byte_order(struct capture_file *f, char error[CAPTURE_ERROR])
{
	int r = file_need(f, 12, error);

	if (r <= 0)
		return r;
	f->big_endian = bytes_be32(file_at(f) + 8) == 0x1a2b3c4d;
	if (!f->big_endian && bytes_be32(file_at(f) + 8) != 0x4d3c2b1a)
		return file_damaged(f, error, "a section header without a byte order");
	return 1;
}

static int take_section(struct capture_file *f, struct bytes body, char error[CAPTURE_ERROR])
{
	const uint8_t *p = bytes_take(&body, 16);
	uint16_t major, minor;

	if (!p)
		return file_damaged(f, error, "a section header that is too short");
	major = file_u16(f, p + 4);
	minor = file_u16(f, p + 6);
	/* 1.2 is 1.0 written by mistake (the draft, 4.1). */
	if (major != 1 || (minor != 0 && minor != 2)) {
		text_print(error, CAPTURE_ERROR,
			   "is pcapng of version %u.%u: only 1.0 is known; turn it into pcap: "
			   "editcap -F pcap FILE FILE.pcap",
			   major, minor);
		return -EOPNOTSUPP;
	}
	f->interface_count = 0;
	return 0;
}

static int take_block(struct capture_file *f, uint32_t type, struct bytes body, struct frame *ret_,
		      char error[CAPTURE_ERROR])
{
	switch (type) {
	case BLOCK_SECTION:
		return take_section(f, body, error);
	case BLOCK_INTERFACE:
		return take_interface(f, body, error);
	case BLOCK_PACKET:
		return take_packet(f, false, body, ret_, error);
	case BLOCK_OLD_PACKET:
		return take_packet(f, true, body, ret_, error);
	default:
		return take_simple(f, body, ret_, error);
	}
}

static bool is_read(uint32_t type)
{
	return type == BLOCK_SECTION || type == BLOCK_INTERFACE || type == BLOCK_PACKET ||
	       type == BLOCK_OLD_PACKET || type == BLOCK_SIMPLE_PACKET;
}

/* Passes over a block in pieces: it may be longer than the buffer. */
static int skip_block(struct capture_file *f, uint32_t length, char error[CAPTURE_ERROR])
{
	int r = file_skip(f, length - 4, error);

	if (r > 0)
		r = file_need(f, 4, error);
	if (r <= 0)
		return r;
	if (file_u32(f, file_at(f)) != length)
		return file_damaged(f, error, "a block whose lengths differ");
	file_consume(f, 4);
	return 1;
}

/* The type and length of the block at the buffer's begin.  1, 0 at the end, -errno. */
static int peek(struct capture_file *f, uint32_t *ret_type, uint32_t *ret_length,
		char error[CAPTURE_ERROR])
{
	int r = file_need(f, 8, error);

	if (r > 0 && bytes_be32(file_at(f)) == BLOCK_SECTION)
		r = take_byte_order(f, error);
	if (r <= 0)
		return r;
	*ret_type = file_u32(f, file_at(f));
	*ret_length = file_u32(f, file_at(f) + 4);
	if (*ret_length < FRAMING || *ret_length % 4)
		return file_damaged(f, error, "a block of %u bytes", *ret_length);
	return 1;
}

/* One block.  1 and *ret_ set for a packet; 2 for another; 0 where the file ends before; -errno. */
static int take_next(struct capture_file *f, struct frame *ret_, char error[CAPTURE_ERROR])
{
	uint32_t type, length;
	int r = peek(f, &type, &length, error);

	if (r <= 0)
		return r;
	if (!is_read(type)) {
		r = skip_block(f, length, error);
		return r == 1 ? 2 : r;
	}
	if (length > CAPTURE_FILE_RECORD)
		return file_damaged(f, error, "a block of %u bytes", length);
	r = file_need(f, length, error);
	if (r <= 0)
		return r;
	if (file_u32(f, file_at(f) + length - 4) != length)
		return file_damaged(f, error, "a block whose lengths differ");
	r = take_block(f, type, bytes_of(file_at(f) + 8, length - FRAMING), ret_, error);
	if (r < 0)
		return r;
	file_consume(f, length);
	return r ? 1 : 2;
}

static int next(struct capture_file *f, struct frame *ret_, char error[CAPTURE_ERROR])
{
	for (;;) {
		uint64_t start = f->consumed;
		int r = take_next(f, ret_, error);

		if (r == 2)
			continue;
		/* A block that was passed over in part left nothing behind, and was cut all the
		 * same. */
		if (r == 0 && f->consumed != start)
			return file_cut_short(f, error);
		return r ? r : file_cut(f, error);
	}
}

int file_pcapng_begin(struct capture_file *f, char error[CAPTURE_ERROR])
{
	struct frame none;
	int r = take_next(f, &none, error);

	f->next = next;
	if (r == 0)
		return file_cut_header(error);
	return r < 0 ? r : 0;
}
