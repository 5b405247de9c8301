#include "query/memory.h"

#include <sqlite3.h>
#include <stdatomic.h>
#include <string.h>

static atomic_bool lacked;

static void on_message(void *context, int code, const char *text)
{
	(void)context;
	(void)text;
	if ((code & 0xff) == SQLITE_NOMEM)
		memory_lacks();
}

void memory_watch(void)
{
	sqlite3_config(SQLITE_CONFIG_LOG, on_message, NULL);
}

void memory_lacks(void)
{
	atomic_store(&lacked, true);
}

bool memory_lacked(void)
{
	return atomic_load(&lacked);
}

void *memory_noted(void *p)
{
	if (!p)
		memory_lacks();
	return p;
}

char *memory_copy(const char *text)
{
	return text ? memory_noted(strdup(text)) : NULL;
}
