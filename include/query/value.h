/*
 * value: the kinds of value that an answer's fields have, so that one table of fields describes it
 * to every writer.  Plain data; who owns what it points to stands with the struct that holds it.
 */
#ifndef EGRESS25_QUERY_VALUE_H
#define EGRESS25_QUERY_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A time that is not known; 0 is one, and capture files hold it. */
#define TIME_UNKNOWN INT64_MIN

/* The most that a count says; the sum of two still fits. */
#define COUNT_MOST (INT64_C(1) << 62)

/* The sum of two counts, COUNT_MOST at most. */
static inline int64_t count_add(int64_t a, int64_t b)
{
	return a < COUNT_MOST - b ? a + b : COUNT_MOST;
}

/* A number or a truth that may not be known. */
struct maybe {
	bool known;
	int64_t value;
};

struct maybe_real {
	bool known;
	double value;
};

/* Items of one type, one behind the other. */
struct list {
	const void *items;
	size_t count;
};

struct named_count {
	const char *name;
	int64_t count;
};

/* A few small numbers, held in place; further ones are left out. */
#define NUMBERS_MOST 31
struct numbers {
	uint16_t count;
	uint16_t items[NUMBERS_MOST];
};

enum field_kind {
	FIELD_CHARS,	  /* char[]; "" is null */
	FIELD_TEXT,	  /* const char *; NULL is null */
	FIELD_INTEGER,	  /* int64_t */
	FIELD_MAYBE,	  /* struct maybe */
	FIELD_REAL,	  /* struct maybe_real */
	FIELD_BOOL,	  /* bool */
	FIELD_MAYBE_BOOL, /* struct maybe */
	FIELD_TIME,	  /* int64_t; TIME_UNKNOWN is null */
	FIELD_NUMBERS,	  /* struct numbers */
	FIELD_TEXTS,	  /* struct list of const char * */
	FIELD_OUTCOMES,	  /* int64_t[OUTCOME_COUNT] */
	FIELD_COUNTS,	  /* struct list of struct named_count: an object */
	FIELD_OBJECT,	  /* a struct in place, which `fields` describes */
	FIELD_OBJECTS,	  /* struct list of structs of `size` bytes, which `fields` describes */
	FIELD_INLINE,	  /* a struct in place, whose fields stand among ours */
	FIELD_KIND_COUNT
};

/*
 * One field of an answer: one row of a table that ends in {0}.  `name` is what JSON and CSV call
 * it.  In a table of rows it is a column where it has a heading, at `place`, left to right.  Where
 * room is short, columns of the greatest `weight` stay longest (each has its own; weight 0 is never
 * dropped), and a column with `least` may be cut to that many characters to spare a heavier one.
 *
 * A column that `wraps` is the last one: where it is cut, its text goes on in further lines of it.
 * One that goes `below` is of FIELD_TEXTS: it shows the first text, and where that would have to be
 * cut, the first two stand in lines of their own beneath the row.
 */
struct field {
	const char *name;
	enum field_kind kind;
	size_t offset;
	const struct field *fields;
	size_t size;

	const char *heading;
	uint8_t place, weight, least;
	bool right;
	bool late; /* is cut only where no lighter column is left that is not late */
	bool tail; /* where it is cut, its end stays: of a time, the hour */
	bool wraps, below;
	bool maybe;	  /* of FIELD_OBJECT: null where the number it begins with is 0 */
	bool merged;	  /* a column only where several records are merged */
	const char *note; /* of FIELD_OBJECTS: words beneath its table in a sheet; or NULL */
	/* Text of the cell, where the kind's own will not do. */
	void (*cell)(const void *row, int64_t now, char *buf, size_t size);
};

static inline const void *field_at(const struct field *f, const void *row)
{
	return (const char *)row + f->offset;
}

#endif
