/*
 * Goal: of a message that anybody may have written, the question and the few records of use, in
 * time bounded by its length.  A compression pointer (RFC 1035, 4.1.4) must lead before the labels
 * that it ends, so that it never leads twice to the same place, and a name may follow at most as
 * many as it can have labels.
 *
 * Names are told as text: lower case (of ASCII alone, RFC 4343), labels apart by dots, and escaped,
 * where a dot within a label stands as \x2e.  Text that would be too long loses labels in front,
 * for the last ones tell whose name it is.
 */
#include "wire/dns.h"

#include <string.h>

#include "base/bytes.h"
#include "base/text.h"

#define HEADER	  12
#define CLASS_IN  1
#define NAME_MOST 255 /* bytes of a name on the wire */
#define LABELS	  128
#define ESCAPED	  4 /* most characters of text a byte becomes */

#define FLAG_RESPONSE 0x8000
#define FLAG_OPCODE   0x7800
#define FLAG_CUT      0x0200
#define FLAG_RCODE    0x000f

/* A label of 63 bytes always fits, however many of them are escaped. */
_Static_assert(63 * ESCAPED < DNS_NAME, "the last label alone may be too long");

struct message {
	const uint8_t *data;
	size_t captured, length;
	size_t at;	     /* never above captured */
	enum dns_result why; /* once something is missing */
};

/* n bytes at m->at, or NULL with the reason in m->why. */
static const uint8_t *take(struct message *m, size_t n)
{
	if (m->captured - m->at < n) {
		m->why = m->length - m->at < n ? DNS_BAD : DNS_CUT;
		return NULL;
	}
	m->at += n;
	return m->data + m->at - n;
}

static bool stop(struct message *m, enum dns_result why)
{
	m->why = why;
	return false;
}

/* --- names ------------------------------------------------------------------------------------ */

/* A name's labels as they lie in the message, in order. */
struct labels {
	const uint8_t *label[LABELS]; /* its length, then so many bytes */
	size_t count;
	size_t bytes;
};

static bool follow(struct message *m, uint8_t high, size_t begin)
{
	const uint8_t *low = take(m, 1);
	size_t target;

	if (!low)
		return false;
	target = (size_t)(high & 0x3f) << 8 | *low;
	if (target >= begin || target < HEADER)
		return stop(m, DNS_BAD);
	m->at = target;
	return true;
}

static bool add_label(struct message *m, struct labels *l, const uint8_t *label)
{
	l->bytes += 1u + *label;
	if (l->bytes >= NAME_MOST || l->count == LABELS)
		return stop(m, DNS_BAD);
	if (!take(m, *label))
		return false;
	l->label[l->count++] = label;
	return true;
}

/* Goes through the name at m->at; m->at is behind it afterwards. */
static bool walk_name(struct message *m, struct labels *ret_)
{
	size_t begin = m->at, behind = 0;
	const uint8_t *p;

	ret_->count = ret_->bytes = 0;
	for (unsigned int jumps = 0; (p = take(m, 1));) {
		if (*p == 0)
			break;
		if (*p < 0x40) {
			if (!add_label(m, ret_, p))
				return false;
			continue;
		}
		if (*p < 0xc0 || ++jumps > LABELS)
			return stop(m, DNS_BAD);
		if (!behind)
			behind = m->at + 1;
		if (!follow(m, *p, begin))
			return false;
		begin = m->at;
	}
	if (behind)
		m->at = behind;
	return p != NULL;
}

/* Passes over the name without looking where it leads. */
static bool skip_name(struct message *m)
{
	const uint8_t *p;

	while ((p = take(m, 1)) && *p > 0 && *p < 0x40)
		if (!take(m, *p))
			return false;
	if (!p || *p == 0)
		return p != NULL;
	return *p >= 0xc0 ? take(m, 1) != NULL : stop(m, DNS_BAD);
}

/* Returns the length of the text. */
static size_t write_label(const uint8_t *label, char out[static DNS_NAME])
{
	char lower[64];
	size_t length = *label, at = 0, n = 0;

	for (size_t i = 0; i < length; i++) {
		uint8_t c = label[1 + i];

		lower[i] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
	}
	while (at < length) {
		const char *dot = memchr(lower + at, '.', length - at);
		size_t part = dot ? (size_t)(dot - lower) - at : length - at;

		text_escape(lower + at, part, out + n, DNS_NAME - n);
		n += strlen(out + n);
		at += part;
		if (!dot)
			break;
		memcpy(out + n, "\\x2e", 5);
		n += 4;
		at++;
	}
	out[n] = 0;
	return n;
}

/* From the last label to the front, as many as there is room for. */
static void write_name(const struct labels *l, char out[static DNS_NAME])
{
	size_t begin = DNS_NAME - 1;
	char label[DNS_NAME];

	out[begin] = 0;
	for (size_t i = l->count; i-- > 0;) {
		size_t n = write_label(l->label[i], label);
		bool last = i + 1 == l->count;

		if (begin < n + !last)
			break;
		if (!last)
			out[--begin] = '.';
		begin -= n;
		memcpy(out + begin, label, n);
	}
	memmove(out, out + begin, DNS_NAME - begin);
}

static bool read_name(struct message *m, char out[static DNS_NAME])
{
	struct labels labels;

	if (!walk_name(m, &labels))
		return false;
	write_name(&labels, out);
	return true;
}

/* --- records ---------------------------------------------------------------------------------- */

struct record {
	size_t owner; /* where its name stands */
	uint16_t type, class;
	uint32_t ttl;
	size_t data, length;
};

static bool read_record(struct message *m, struct record *ret_)
{
	const uint8_t *p;

	ret_->owner = m->at;
	if (!skip_name(m))
		return false;
	p = take(m, 10);
	if (!p)
		return false;
	ret_->type = bytes_be16(p);
	ret_->class = bytes_be16(p + 2);
	ret_->ttl = bytes_be32(p + 4);
	if (ret_->ttl > INT32_MAX) /* RFC 2181, 8 */
		ret_->ttl = 0;
	ret_->length = bytes_be16(p + 8);
	ret_->data = m->at;
	return take(m, ret_->length) != NULL;
}

/* False where the address has not the length of one, or would be taken for one of IPv4. */
static bool read_address(const struct message *m, const struct record *r, struct addr *ret_)
{
	if (r->type == DNS_A && r->length == 4)
		*ret_ = addr_from_v4(m->data + r->data);
	else if (r->type == DNS_AAAA && r->length == 16)
		*ret_ = addr_from_v6(m->data + r->data);
	else
		return false;
	return r->type == DNS_A || !addr_is_v4(ret_);
}

static bool is_wanted(const struct record *r)
{
	return r->class == CLASS_IN && (r->type == DNS_A || r->type == DNS_AAAA ||
					r->type == DNS_MX || r->type == DNS_CNAME);
}

/* The name at offset `at`, which must end where the record's data does if it stands in it. */
static bool read_name_at(const struct message *m, size_t at, size_t end, char out[static DNS_NAME])
{
	struct message part = *m;

	part.at = at;
	return read_name(&part, out) && (end == 0 || part.at == end);
}

/* False where the record contradicts itself. */
static bool read_answer(const struct message *m, const struct record *r,
			char owner[static DNS_NAME], char target[static DNS_NAME],
			struct dns_answer *ret_)
{
	size_t preference = r->type == DNS_MX ? 2 : 0;

	*ret_ = (struct dns_answer){.owner = owner, .type = r->type, .ttl = r->ttl};
	if (!read_name_at(m, r->owner, 0, owner))
		return false;
	if (r->type == DNS_A || r->type == DNS_AAAA)
		return read_address(m, r, &ret_->address);
	ret_->target = target;
	return r->length > preference &&
	       read_name_at(m, r->data + preference, r->data + r->length, target);
}

struct telling {
	const struct dns_message *message;
	void (*answer)(void *context, const struct dns_message *m, const struct dns_answer *a);
	void *context;
	unsigned int told;
};

/* One that contradicts itself is passed over: its length, which all the others hang on, was good.
 */
static void tell(const struct message *m, const struct record *r, struct telling *t)
{
	char owner[DNS_NAME], target[DNS_NAME];
	struct dns_answer a;

	t->told++;
	if (read_answer(m, r, owner, target, &a))
		t->answer(t->context, t->message, &a);
}

/* Authority records are passed over: they name servers that nobody asked for. */
static bool read_records(struct message *m, const uint16_t counts[3], struct telling *t)
{
	for (unsigned int section = 0; section < 3; section++) {
		for (uint32_t i = 0; i < counts[section]; i++) {
			struct record r;

			if (!read_record(m, &r))
				return false;
			if (section == 1 || !is_wanted(&r))
				continue;
			tell(m, &r, t);
			if (t->told == DNS_ANSWERS)
				return true;
		}
	}
	return true;
}

/* --- the message ------------------------------------------------------------------------------ */

static bool read_question(struct message *m, struct dns_message *ret_)
{
	const uint8_t *p;

	if (!read_name(m, ret_->name))
		return false;
	p = take(m, 4);
	if (!p) {
		ret_->name[0] = 0;
		return false;
	}
	if (bytes_be16(p + 2) != CLASS_IN)
		return stop(m, DNS_NOT_OURS);
	ret_->type = bytes_be16(p);
	return true;
}

static bool read_header(struct message *m, struct dns_message *ret_, uint16_t counts[static 3])
{
	const uint8_t *h = take(m, HEADER);
	uint16_t flags;

	if (!h)
		return false;
	flags = bytes_be16(h + 2);
	*ret_ = (struct dns_message){
		.id = bytes_be16(h),
		.response = flags & FLAG_RESPONSE,
		.cut = flags & FLAG_CUT,
		.rcode = flags & FLAG_RCODE,
	};
	if ((flags & FLAG_OPCODE) != 0 || bytes_be16(h + 4) != 1)
		return stop(m, DNS_NOT_OURS);
	for (size_t i = 0; i < 3; i++)
		counts[i] = bytes_be16(h + 6 + 2 * i);
	return true;
}

enum dns_result
dns_parse(const void *data, size_t captured, size_t length, struct dns_message *ret_,
	  void (*answer)(void *context, const struct dns_message *m, const struct dns_answer *a),
	  void *context)
{
	struct message m = {
		.data = data,
		.captured = captured < length ? captured : length,
		.length = length,
	};
	struct telling t = {.message = ret_, .answer = answer, .context = context};
	uint16_t counts[3];

	*ret_ = (struct dns_message){0};
	if (!read_header(&m, ret_, counts) || !read_question(&m, ret_))
		return m.why;
	if (ret_->response && answer && !read_records(&m, counts, &t))
		return ret_->cut ? DNS_CUT : m.why;
	return ret_->response && ret_->cut ? DNS_CUT : DNS_OK;
}
