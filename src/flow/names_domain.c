/*
 * Whose name it is, without the list of public suffixes, which changes by the week: two labels, or
 * three where a country keeps the second one for kinds of owners.  What is taken wrongly is the few
 * suffixes that a company or a region sells names under ("s3.amazonaws.com", "tokyo.jp"), whose
 * owners then count as one, and a real domain of such a word ("go.fr"), whose hosts count as many.
 */
#include "flow/names.h"

#include <string.h>

/* Second labels by which countries tell kinds of owners apart. */
static const char *const kinds[] = {
	"ac",  "ad",  "asn",  "co",  "com", "ed",  "edu",  "gen",    "go",  "gob", "gouv",
	"gov", "gr",  "govt", "id",  "idv", "ind", "info", "lg",     "ltd", "mil", "ne",
	"net", "nhs", "nic",  "nom", "or",  "org", "plc",  "police", "res", "sch", "web",
};

static bool is_country(const char *label)
{
	return label[0] >= 'a' && label[0] <= 'z' && label[1] >= 'a' && label[1] <= 'z' &&
	       (label[2] == 0 || (label[2] == '.' && label[3] == 0));
}

static bool is_kind(const char *label, size_t length)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strlen(kinds[i]) == length && memcmp(kinds[i], label, length) == 0)
			return true;
	return false;
}

/* "[192.0.2.1]", "192.0.2.1", "2001:db8::1": no name has a last label of digits alone. */
static bool is_literal(const char *name)
{
	const char *last = strrchr(name, '.');

	if (name[0] == '[' || strchr(name, ':'))
		return true;
	last = last ? last + 1 : name;
	return *last && strspn(last, "0123456789") == strlen(last);
}

/* Where the label in front of the one at `at` begins. */
static const char *label_before(const char *name, const char *at)
{
	at--;
	while (at > name && at[-1] != '.')
		at--;
	return at;
}

const char *names_domain(const char *name)
{
	const char *end = name + strlen(name), *last, *second;

	if (is_literal(name) || name == end)
		return name;
	if (end[-1] == '.')
		end--;
	last = label_before(name, end + 1);
	if (last == name)
		return name;
	second = label_before(name, last);
	if (second == name)
		return name;
	if (!is_country(last) || !is_kind(second, (size_t)(last - 1 - second)))
		return second;
	return label_before(name, second);
}
