#include "sim.h"

#include <errno.h>
#include <string.h>

static const char *const classes[] = {"bot", "device", "sender", "mailserver", "other", "quiet"};

_Static_assert(sizeof(classes) / sizeof(classes[0]) == CLASS_COUNT, "a name for each class");

static void row(FILE *f, const struct host *h, bool json, bool last)
{
	const struct truth *t = &h->truth;
	uint32_t ip = h->end.ip;
	const uint8_t *m = h->end.mac;
	const char *const form[2] = {
		"%u.%u.%u.%u,%02x:%02x:%02x:%02x:%02x:%02x,%s,%s,%s,%llu,%llu,%zu,%llu,%llu,%llu,%"
		"llu,%llu,"
		"%llu,%llu.%06llu,%llu.%06llu%s\n",
		" {\"address\": \"%u.%u.%u.%u\", \"mac\": \"%02x:%02x:%02x:%02x:%02x:%02x\", "
		"\"kind\": \"%s\", "
		"\"class\": \"%s\", \"bot\": %s, \"attempts\": %llu, \"connected\": %llu, "
		"\"servers\": %zu, \"messages\": %llu, \"recipients\": %llu, \"hidden\": %llu, "
		"\"mail\": %llu, \"rcpt\": %llu, \"data\": %llu, \"first\": %llu.%06llu, "
		"\"last\": %llu.%06llu}%s\n"};

#define N(x) (unsigned long long)(x)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* both forms stand above */
	fprintf(f, form[json], ip >> 24, (ip >> 16) & 255, (ip >> 8) & 255, ip & 255, m[0], m[1],
		m[2], m[3], m[4], m[5], h->kind->name, classes[h->kind->class],
		h->bots ? "true" : "false", N(t->attempts), N(t->connected), t->servers.count,
		N(t->messages), N(t->recipients), N(t->hidden), N(t->mail), N(t->rcpt), N(t->data),
		N(t->first / SECOND), N(t->first % SECOND / US), N(t->last / SECOND),
		N(t->last % SECOND / US), json && !last ? "," : "");
#pragma GCC diagnostic pop
}

int labels_write(const struct sim *s, const char *path)
{
	size_t n = strlen(path);
	bool json = n > 5 && strcmp(path + n - 5, ".json") == 0;
	FILE *f = fopen(path, "w");

	if (!f)
		return -errno;
	fputs(json ? "[\n"
		   : "address,mac,kind,class,bot,attempts,connected,servers,messages,recipients,"
		     "hidden,"
		     "mail,rcpt,data,first,last\n",
	      f);
	for (size_t i = 0; i < s->host_count; i++)
		row(f, &s->hosts[i], json, i + 1 == s->host_count);
	if (json)
		fputs("]\n", f);
	return fclose(f) ? -errno : 0;
}
