/*
 * A capture file from arbitrary bytes.  Frames lie within the file, the reading comes to an end,
 * and what is wrong is said in one harmless line.  libpcap reads the same classic file beside it:
 * frame for frame they are of one mind.
 */
#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>

#include "edge/capture_file.h"
#include "fuzz.h"

struct other {
	pcap_t *pcap;
	bool ended;
};

/* Another reader of the same bytes, where it is sure to mean the same by them. */
static void other_open(struct other *o, const uint8_t *data, size_t size)
{
	char error[PCAP_ERRBUF_SIZE];
	FILE *f;

	*o = (struct other){.ended = true};
	if (size < 24 || (memcmp(data, "\xd4\xc3\xb2\xa1\2\0\4\0", 8) != 0 &&
			  memcmp(data, "\xa1\xb2\xc3\xd4\0\2\0\4", 8) != 0))
		return;
	f = fmemopen((void *)(uintptr_t)data, size, "rb");
	FUZZ_MUST(f != NULL);
	o->pcap = pcap_fopen_offline(f, error);
	o->ended = !o->pcap;
	if (!o->pcap)
		fclose(f);
}

/* What libpcap cuts at the snapshot length, or would not take, ends the comparison. */
static void other_compare(struct other *o, const struct frame *f)
{
	struct pcap_pkthdr *h;
	const u_char *data;

	if (o->ended)
		return;
	o->ended = pcap_next_ex(o->pcap, &h, &data) != 1 || h->caplen != f->captured;
	if (o->ended)
		return;
	FUZZ_MUST(h->len == f->length || h->len < h->caplen);
	FUZZ_MUST(memcmp(data, f->data, h->caplen) == 0);
	if (h->ts.tv_usec >= 0 && h->ts.tv_usec < 1000000)
		FUZZ_MUST(h->ts.tv_sec * INT64_C(1000000) + h->ts.tv_usec == f->time ||
			  f->time == (uint32_t)h->ts.tv_sec * INT64_C(1000000) + h->ts.tv_usec);
}

/* Where ours is at the end, or finds the next frame cut, there is none for the other one either. */
static void other_end(struct other *o, int r)
{
	struct pcap_pkthdr *h;
	const u_char *data;

	if (!o->ended && (r == 0 || r == -ENODATA))
		FUZZ_MUST(pcap_next_ex(o->pcap, &h, &data) != 1);
}

static void read_all(struct capture_file *f, const uint8_t *data, size_t size)
{
	char error[CAPTURE_ERROR] = "";
	struct frame frame;
	struct other other;
	size_t frames = 0;
	uint64_t sum = 0, before = 0;
	int r;

	other_open(&other, data, size);
	while ((r = capture_file_next(f, &frame, error)) > 0) {
		FUZZ_MUST(++frames <= size / 8);
		FUZZ_MUST(frame.link <= LINK_UNKNOWN && frame.interface == 7);
		FUZZ_MUST(frame.captured <= size);
		sum += frame.captured;
		FUZZ_MUST(sum <= size);
		FUZZ_MUST(capture_file_position(f) <= size && capture_file_position(f) >= before);
		before = capture_file_position(f);
		FUZZ_MUST(frame.captured == 0 || memchr(frame.data, frame.data[0], frame.captured));
		other_compare(&other, &frame);
	}
	other_end(&other, r);
	FUZZ_MUST((r < 0) == (error[0] != '\0'));
	if (r < 0)
		fuzz_harmless(error);
	FUZZ_MUST(capture_file_size(f) == size);
	if (other.pcap)
		pcap_close(other.pcap);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *path = fuzz_file(data, size);
	char error[CAPTURE_ERROR] = "", digest[CAPTURE_FILE_DIGEST];
	struct capture_file *f;

	FUZZ_MUST(capture_file_digest(path, digest) == 0);
	FUZZ_MUST(strlen(digest) == CAPTURE_FILE_DIGEST - 1);
	if (capture_file_open(path, 7, &f, error) < 0) {
		FUZZ_MUST(error[0] != '\0');
		fuzz_harmless(error);
		return 0;
	}
	read_all(f, data, size);
	capture_file_close(f);
	return 0;
}
