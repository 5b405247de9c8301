#include "frames.h"

#include <stdlib.h>

struct frames frames_of(const uint8_t *data, size_t size)
{
	return (struct frames){.in = bytes_of(data, size), .now = FRAMES_START};
}

bool frames_next(struct frames *f, struct frame *ret_)
{
	const uint8_t *head = bytes_take(&f->in, 4);
	size_t size;

	free(f->copy);
	f->copy = NULL;
	if (!head)
		return false;
	size = bytes_be16(head + 2);
	if (size > f->in.left)
		size = f->in.left;
	f->now += (head[0] & 32 ? -1 : 1) * (int64_t)head[1] * head[1] * 1000;
	*ret_ = (struct frame){
		.time = f->now,
		.captured = (uint32_t)(head[0] & 8 ? size / 2 : size),
		.length = (uint32_t)size,
		.link = (enum link)((head[0] & 7) % (LINK_COUNT + 1)),
		.interface = head[0] & 16 ? 1 : 0,
	};
	f->copy = fuzz_copy(&(struct bytes){f->in.at, f->in.left}, ret_->captured, &(size_t){0});
	ret_->data = f->copy;
	bytes_skip(&f->in, size);
	return true;
}
