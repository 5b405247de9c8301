#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

void log_say(const char *format, ...)
{
	char plain[1024], safe[4096];
	size_t used = 0;
	va_list list;

	va_start(list, format);
	vsnprintf(plain, sizeof(plain), format, list);
	va_end(list);
	safe[0] = '\0';
	/* Escaped once more, but for the backslashes of what is escaped already. */
	for (const char *at = plain; *at;) {
		size_t n = strcspn(at, "\\");

		text_escape(at, n, safe + used, sizeof(safe) - used);
		used += strlen(safe + used);
		at += n;
		for (; *at == '\\' && used + 1 < sizeof(safe); at++)
			safe[used++] = '\\';
		safe[used] = '\0';
		if (*at == '\\')
			break;
	}
	fprintf(stderr, "egress25: %s\n", safe);
}
