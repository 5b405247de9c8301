/*
 * pcap: a header of 24 bytes, then records of 16 bytes and the frame.  Also the nanosecond variant,
 * and the "modified" one (Kuznetzov), whose records carry 8 bytes more.
 */
#include <errno.h>

#include "base/text.h"
#include "capture_file_reader.h"

#define HEADER 24

static int next(struct capture_file *f, struct frame *ret_, char error[CAPTURE_ERROR])
{
	uint32_t captured, length, fraction;
	const uint8_t *p;
	int r = file_need(f, f->header_length, error);

	if (r <= 0)
		return r ? r : file_cut(f, error);
	p = file_at(f);
	captured = file_u32(f, p + 8);
	length = file_u32(f, p + 12);
	/* Before version 2.3 the two stood the other way round, in 2.3 either way. */
	if (f->version_minor < 3 || (f->version_minor == 3 && captured > length)) {
		uint32_t other = captured;

		captured = length;
		length = other;
	}
	if (captured > FILE_SNAPLEN)
		return file_damaged(f, error, "a frame of %u bytes", captured);
	r = file_need(f, f->header_length + captured, error);
	if (r <= 0)
		return r ? r : file_cut(f, error);
	p = file_at(f);
	fraction = file_u32(f, p + 4);
	if (f->divisor != 1) /* a division costs as much as all the rest */
		fraction /= f->divisor;
	ret_->time = file_u32(f, p) * INT64_C(1000000) + fraction;
	ret_->data = p + f->header_length;
	ret_->captured = captured;
	ret_->length = length < captured ? captured : length;
	ret_->link = f->link;
	file_consume(f, f->header_length + captured);
	return 1;
}

/* The versions that libpcap reads; 543.0 is DG/UX's. */
static int check_version(struct capture_file *f, char error[CAPTURE_ERROR])
{
	uint16_t major = file_u16(f, file_at(f) + 4), minor = file_u16(f, file_at(f) + 6);

	f->version_minor = minor;
	if ((major == 2 && minor <= 4) || (major == 543 && minor == 0))
		return 0;
	text_print(error, CAPTURE_ERROR,
		   "is pcap of version %u.%u: only 2.0 to 2.4 are known; turn it into pcapng: "
		   "editcap FILE FILE.pcapng",
		   major, minor);
	return -EOPNOTSUPP;
}

int file_pcap_begin(struct capture_file *f, char error[CAPTURE_ERROR])
{
	int r = file_need(f, HEADER, error);
	uint32_t magic;

	if (r < 0)
		return r;
	if (!r)
		return file_cut_header(error);
	r = check_version(f, error);
	if (r < 0)
		return r;
	magic = file_u32(f, file_at(f));
	f->divisor = magic == 0xa1b23c4d ? 1000 : 1;
	f->header_length = magic == 0xa1b2cd34 ? 24 : 16;
	/* The high 6 bits tell of a checksum behind the frames, which IP's length leaves out
	 * anyway. */
	f->link = link_of_dlt((int)(file_u32(f, file_at(f) + 20) & 0x03ffffff));
	f->next = next;
	file_consume(f, HEADER);
	return 0;
}
