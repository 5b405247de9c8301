/* Names that look like names. */
#include "world.h"

#include <string.h>

static const char *const syllables[] = {"ba", "ber", "bo",  "ca",  "con", "da",	 "del", "do",
					"en", "fa",  "fin", "ga",  "go",  "hal", "in",	"ka",
					"ko", "la",  "len", "lo",  "ma",  "mer", "mi",	"mon",
					"na", "ne",  "nor", "o",   "pa",  "per", "pi",	"po",
					"ra", "ri",  "ro",  "sa",  "sen", "si",	 "so",	"ta",
					"te", "tel", "ti",  "ton", "va",  "ver", "vi",	"wal"};
static const char *const endings[] = {"com",   "com",	 "com", "com", "net", "org", "de",
				      "de",    "it",	 "fr",	"nl",  "pl",  "ru",  "cz",
				      "co.uk", "com.br", "eu",	"ch",  "at",  "es"};
static const char *const people[] = {"anna",   "ben",	  "carla", "david", "elena", "frank",
				     "greta",  "hans",	  "irene", "john",  "karen", "luca",
				     "maria",  "nina",	  "oscar", "paul",  "rita",  "sara",
				     "tom",    "ute",	  "info",  "sales", "admin", "kontakt",
				     "office", "support", "mike",  "linda", "peter", "jane"};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

void name_domain(struct rng *r, char *ret_name, size_t size)
{
	uint32_t n = 2 + rng_below(r, 3);
	size_t at = 0;

	while (n--)
		at += (size_t)snprintf(ret_name + at, size - at, "%s",
				       syllables[rng_below(r, COUNT(syllables))]);
	if (rng_chance(r, 150))
		at += (size_t)snprintf(ret_name + at, size - at, "-%s",
				       syllables[rng_below(r, COUNT(syllables))]);
	snprintf(ret_name + at, size - at, ".%s", endings[rng_below(r, COUNT(endings))]);
}

void name_local(struct rng *r, char *ret_name, size_t size)
{
	const char *person = people[rng_below(r, COUNT(people))];
	const char *family = syllables[rng_below(r, COUNT(syllables))];
	const char *rest = syllables[rng_below(r, COUNT(syllables))];

	switch (rng_below(r, 4)) {
	case 0:
		snprintf(ret_name, size, "%s", person);
		break;
	case 1:
		snprintf(ret_name, size, "%s.%s%s", person, family, rest);
		break;
	case 2:
		snprintf(ret_name, size, "%c%s%s", person[0], family, rest);
		break;
	default:
		snprintf(ret_name, size, "%s%u", person, rng_below(r, 1000));
		break;
	}
}

void name_random(struct rng *r, uint32_t length, char *ret_name, size_t size)
{
	uint32_t i;

	for (i = 0; i < length && i + 1 < size; i++)
		ret_name[i] = (char)('a' + rng_below(r, 26));
	ret_name[i] = '\0';
}

void name_computer(struct rng *r, char *ret_name, size_t size)
{
	char part[8];

	switch (rng_below(r, 5)) {
	case 0:
	case 1:
		for (int i = 0; i < 7; i++)
			part[i] = "0123456789ABCDEFGHIJKLMNOPQRSTUV"[rng_below(r, 32)];
		part[7] = '\0';
		snprintf(ret_name, size, "DESKTOP-%s", part);
		break;
	case 2:
		snprintf(ret_name, size, "%s-pc", people[rng_below(r, 20)]);
		break;
	case 3:
		snprintf(ret_name, size, "PC%03u", rng_below(r, 400));
		break;
	default:
		snprintf(ret_name, size, "e%u", 6000 + 10 * rng_below(r, 99));
		break;
	}
}

void name_reverse(struct rng *r, uint32_t ip, char *ret_name, size_t size)
{
	static const char *const forms[] = {"host-%u-%u-%u-%u.%s", "%u-%u-%u-%u.dsl.%s",
					    "static-%u-%u-%u-%u.business.%s",
					    "p%u-%u-%u-%u.dip.%s"};
	char isp[NAME_SIZE / 2];
	uint32_t form = rng_below(r, 4), a = ip >> 24, b = (ip >> 16) & 255, c = (ip >> 8) & 255;

	name_domain(r, isp, sizeof(isp));
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* the forms stand above */
	snprintf(ret_name, size, forms[form], a, b, c, ip & 255, isp);
#pragma GCC diagnostic pop
}
