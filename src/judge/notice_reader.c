/*
 * Goal: that refusals cost little, however many of them strangers make.  Servers refuse in the same
 * words again and again, so what was read lately is remembered by a hash of the text, each in the
 * one place that its hash leads to.  What is new is read within bounds, for each connection and for
 * each second.
 *
 * What may be lost: a notice behind so many other refusals that nobody means any more.
 */
#include "judge/notice.h"

#include <stdlib.h>
#include <string.h>

#include "base/moment.h"

#define REMEMBERED 256
#define SECOND	   INT64_C(1000000)

struct memory {
	uint64_t hash; /* 0: empty */
	enum notice_result result;
	struct notice notice;
};

struct notice_reader {
	struct hash_key key;
	struct notice_counters counters;
	int64_t second; /* that is under way, by stamps */
	uint32_t reads; /* within it */
	struct memory memories[REMEMBERED];
};

struct notice_reader *notice_reader_new(const struct hash_key *key)
{
	struct notice_reader *r = calloc(1, sizeof(*r));

	if (r)
		r->key = *key;
	return r;
}

void notice_reader_free(struct notice_reader *r)
{
	free(r);
}

const struct notice_counters *notice_reader_counters(const struct notice_reader *r)
{
	return &r->counters;
}

static bool may_read(struct notice_reader *r, uint32_t before, int64_t time)
{
	int64_t second = time / SECOND;

	if (before >= NOTICE_READS)
		return false;
	if (moment_is_next(second, r->second)) {
		r->second = second;
		r->reads = 0;
	}
	return r->reads++ < NOTICE_RATE;
}

static void read_new(struct notice_reader *r, const char *reply, uint64_t hash, struct memory *m)
{
	*m = (struct memory){.hash = hash};
	m->result = notice_parse(reply, &m->notice);
	r->counters.given_up += m->result == NOTICE_GIVEN_UP;
}

bool notice_reader_read(struct notice_reader *r, const char *reply, uint32_t before, int64_t time,
			struct notice *ret_)
{
	uint64_t hash = hash_bytes(&r->key, reply, strlen(reply)) | 1;
	struct memory *m = &r->memories[hash / 2 % REMEMBERED];

	if (m->hash != hash) {
		if (!may_read(r, before, time)) {
			r->counters.unread++;
			return false;
		}
		read_new(r, reply, hash, m);
	}
	if (m->result != NOTICE_LISTED)
		return false;
	*ret_ = m->notice;
	return true;
}
