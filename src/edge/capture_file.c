/*
 * Theory of operation.  The goal is to be limited by memory bandwidth and not by this file: read(2)
 * fills one buffer by blocks, frames are borrowed from where they lie in it, and only what a block
 * cut in two is moved.  Each format is a function that finds the next frame at the buffer's begin.
 *
 * What may be lost: nothing that stands before the first damaged byte.  Neither format can be
 * entered again behind damage with any certainty, so a file ends there, and the error says so.
 */
#include "edge/capture_file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/text.h"
#include "capture_file_reader.h"

static int say(char error[CAPTURE_ERROR], int result, const char *text)
{
	text_print(error, CAPTURE_ERROR, "%s", text);
	return result;
}

/* One read(2), behind f->end; there is room.  Bytes, 0 at the end, -errno. */
static ssize_t read_some(struct capture_file *f)
{
	size_t room = f->size - f->end;

	for (;;) {
		ssize_t n = read(f->fd, f->buffer + f->end, room < FILE_BLOCK ? room : FILE_BLOCK);

		if (n >= 0)
			return n;
		if (errno == EAGAIN)
			poll(&(struct pollfd){.fd = f->fd, .events = POLLIN}, 1, -1);
		else if (errno != EINTR)
			return -errno;
	}
}

/* Moves what is left to the buffer's start and sees to room for n bytes in all. */
static int make_room(struct capture_file *f, size_t n)
{
	if (n > f->size) {
		uint8_t *larger = realloc(f->buffer, n + FILE_BLOCK);

		if (!larger)
			return -ENOMEM;
		f->buffer = larger;
		f->size = n + FILE_BLOCK;
	}
	if (f->begin) {
		memmove(f->buffer, f->buffer + f->begin, f->end - f->begin);
		f->end -= f->begin;
		f->begin = 0;
	}
	return 0;
}

int file_fill(struct capture_file *f, size_t n, char error[CAPTURE_ERROR])
{
	int r = make_room(f, n);

	while (!r && f->end - f->begin < n) {
		ssize_t got = read_some(f);

		if (got == 0)
			return 0;
		if (got > 0)
			f->end += (size_t)got;
		else
			r = (int)got;
	}
	if (r < 0)
		text_print(error, CAPTURE_ERROR, "cannot be read: %s", strerror(-r));
	return r < 0 ? r : 1;
}

int file_skip(struct capture_file *f, uint64_t n, char error[CAPTURE_ERROR])
{
	while (n) {
		size_t here = f->end - f->begin;
		int r;

		if (here > n)
			here = (size_t)n;
		file_consume(f, here);
		n -= here;
		if (!n)
			break;
		r = file_need(f, 1, error);
		if (r <= 0)
			return r;
	}
	return 1;
}

int file_cut_short(const struct capture_file *f, char error[CAPTURE_ERROR])
{
	text_print(
		error, CAPTURE_ERROR,
		"ends in mid-packet after %llu frames: cut short while it was written or copied; "
		"what came before was read",
		(unsigned long long)f->frames);
	return -ENODATA;
}

int file_cut_header(char error[CAPTURE_ERROR])
{
	return say(error, -ENODATA, "ends within its file header: nothing in it can be read");
}

int file_cut(const struct capture_file *f, char error[CAPTURE_ERROR])
{
	return f->begin == f->end ? 0 : file_cut_short(f, error);
}

int file_damaged(const struct capture_file *f, char error[CAPTURE_ERROR], const char *format, ...)
{
	char what[200];
	va_list list;

	va_start(list, format);
	vsnprintf(what, sizeof(what), format, list);
	va_end(list);
	text_print(error, CAPTURE_ERROR,
		   "is damaged after %llu frames, at byte %llu (%s); what came before was read, "
		   "fetch the file again for the rest",
		   (unsigned long long)f->frames, (unsigned long long)f->consumed, what);
	return -EBADMSG;
}

/* What else people take for a capture, by its first bytes. */
static const struct foreign {
	const char *magic;
	size_t length;
	const char *text;
} foreign[] = {
	{"\x1f\x8b", 2, "gzip: unpack it first: zcat FILE | egress25 read -"},
	{"\x28\xb5\x2f\xfd", 4, "zstd: unpack it first: zstdcat FILE | egress25 read -"},
	{"\xfd"
	 "7zXZ",
	 5, "xz: unpack it first: xzcat FILE | egress25 read -"},
	{"BZh", 3, "bzip2: unpack it first: bzcat FILE | egress25 read -"},
	{"\x04\x22\x4d\x18", 4, "lz4: unpack it first: lz4cat FILE | egress25 read -"},
	{"PK\x03\x04", 4, "zip: unpack it first: unzip -p FILE | egress25 read -"},
	{"snoop\0\0\0", 8, "a snoop capture: turn it into pcap: editcap -F pcap FILE FILE.pcap"},
	{"btsnoop\0", 8, "a Bluetooth capture: there is no mail in it"},
	{"GMBU", 4, "a Network Monitor capture: turn it into pcap: editcap -F pcap FILE FILE.pcap"},
	{"RTSS", 4, "a Network Monitor capture: turn it into pcap: editcap -F pcap FILE FILE.pcap"},
	{"TRSNIFF data", 12,
	 "a Sniffer capture: turn it into pcap: editcap -F pcap FILE FILE.pcap"},
	{"SQLite format 3", 15,
	 "an SQLite file, such as a record: see egress25 offenders --record FILE"},
};

static int refuse(const struct capture_file *f, char error[CAPTURE_ERROR])
{
	size_t have = f->end - f->begin;

	if (have == 0)
		return say(error, -EINVAL, "is empty: nothing was ever written to it");
	for (size_t i = 0; i < sizeof(foreign) / sizeof(*foreign); i++) {
		if (have >= foreign[i].length &&
		    memcmp(file_at(f), foreign[i].magic, foreign[i].length) == 0)
			return say(error, -EOPNOTSUPP, foreign[i].text);
	}
	return say(error, -EINVAL,
		   "is no capture file: pcap or pcapng is expected, as tcpdump -w writes it");
}

/* Byte order is the writer's: every magic number may stand either way round. */
static int begin(struct capture_file *f, char error[CAPTURE_ERROR])
{
	int r = file_need(f, 16, error);
	uint32_t magic, swapped;

	if (r < 0)
		return r;
	if (f->end - f->begin < 4)
		return refuse(f, error);
	magic = bytes_be32(file_at(f));
	swapped = __builtin_bswap32(magic);
	if (magic == 0x0a0d0d0a)
		return file_pcapng_begin(f, error);
	for (int i = 0; i < 2; i++, magic = swapped) {
		f->big_endian = i == 0;
		if (magic == 0xa1b2c3d4 || magic == 0xa1b23c4d || magic == 0xa1b2cd34)
			return file_pcap_begin(f, error);
	}
	return refuse(f, error);
}

static int complain_open(int number, char error[CAPTURE_ERROR])
{
	const char *hint = "";

	if (number == ENOENT)
		hint = ": see whether the name is right";
	else if (number == EACCES || number == EPERM)
		hint = ": run as a user who may read it";
	text_print(error, CAPTURE_ERROR, "cannot be opened: %s%s", strerror(number), hint);
	return -number;
}

static int open_path(struct capture_file *f, const char *path, char error[CAPTURE_ERROR])
{
	struct stat st;

	if (strcmp(path, "-") == 0) {
		if (isatty(STDIN_FILENO))
			return say(error, -EINVAL,
				   "standard input is a terminal: pipe a capture into it");
		f->fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	} else {
		f->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	}
	if (f->fd < 0 || fstat(f->fd, &st) < 0)
		return complain_open(errno, error);
	if (S_ISDIR(st.st_mode))
		return say(error, -EISDIR, "is a directory: name the capture files in it");
	if (S_ISREG(st.st_mode)) {
		off_t at = lseek(f->fd, 0, SEEK_CUR);

		f->length = (uint64_t)(at > 0 && at < st.st_size ? st.st_size - at : st.st_size);
		posix_fadvise(f->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	}
	return 0;
}

int capture_file_open(const char *path, uint16_t index, struct capture_file **ret_,
		      char error[CAPTURE_ERROR])
{
	struct capture_file *f = calloc(1, sizeof(*f));
	int r;

	if (!f)
		return say(error, -ENOMEM, "no memory");
	f->fd = -1;
	f->index = index;
	r = open_path(f, path, error);
	if (!r)
		r = begin(f, error);
	if (r < 0) {
		capture_file_close(f);
		return r;
	}
	*ret_ = f;
	return 0;
}

void capture_file_close(struct capture_file *f)
{
	if (!f)
		return;
	if (f->fd >= 0)
		close(f->fd);
	free(f->interfaces);
	free(f->buffer);
	free(f);
}

/* The end stays the end, and an error the same error, however often one asks again. */
static int finish(struct capture_file *f, int result, char error[CAPTURE_ERROR])
{
	f->over = result ? result : 1;
	if (result < 0)
		text_print(f->why, sizeof(f->why), "%s", error);
	return result;
}

int capture_file_next(struct capture_file *f, struct frame *ret_, char error[CAPTURE_ERROR])
{
	int r;

	if (f->over)
		return f->over > 0 ? 0 : say(error, f->over, f->why);
	r = f->next(f, ret_, error);
	if (r != 1)
		return finish(f, r, error);
	ret_->interface = f->index;
	f->frames++;
	f->last_time = ret_->time;
	return 1;
}

uint64_t capture_file_position(const struct capture_file *f)
{
	return f->consumed;
}

uint64_t capture_file_size(const struct capture_file *f)
{
	return f->length;
}

/* The whole of n bytes at offset. */
static int read_at(int fd, uint8_t *data, size_t n, off_t offset)
{
	while (n) {
		ssize_t got = pread(fd, data, n, offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got ? -errno : -EIO;
		data += got;
		n -= (size_t)got;
		offset += got;
	}
	return 0;
}

static int digest_fd(int fd, uint64_t size, char ret_[CAPTURE_FILE_DIGEST])
{
	/* Fixed, for a digest must be the same tomorrow; nobody gains by a collision of his own
	 * files. */
	static const struct hash_key keys[2] = {
		{{UINT64_C(0x6567726573733235), UINT64_C(0x66696c65206f6e65)}},
		{{UINT64_C(0x6567726573733235), UINT64_C(0x66696c652074776f)}},
	};
	const size_t part = 1 << 20;
	size_t head = size < part ? (size_t)size : part;
	size_t tail = size - head < part ? (size_t)(size - head) : part;
	uint8_t *all = malloc(8 + head + tail);
	int r;

	if (!all)
		return -ENOMEM;
	for (int i = 0; i < 8; i++)
		all[i] = (uint8_t)(size >> (8 * i));
	r = read_at(fd, all + 8, head, 0);
	if (!r)
		r = read_at(fd, all + 8 + head, tail, (off_t)(size - tail));
	if (!r)
		text_print(ret_, CAPTURE_FILE_DIGEST, "%016llx%016llx",
			   (unsigned long long)hash_bytes(&keys[0], all, 8 + head + tail),
			   (unsigned long long)hash_bytes(&keys[1], all, 8 + head + tail));
	free(all);
	return r;
}

int capture_file_digest(const char *path, char ret_[CAPTURE_FILE_DIGEST])
{
	struct stat st;
	int fd, r;

	if (strcmp(path, "-") == 0)
		return -ESPIPE;
	/* Not blocking, so that a FIFO without a writer answers too. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		r = -errno;
	else if (S_ISDIR(st.st_mode))
		r = -EISDIR;
	else
		r = S_ISREG(st.st_mode) ? digest_fd(fd, (uint64_t)st.st_size, ret_) : -ESPIPE;
	close(fd);
	return r;
}
