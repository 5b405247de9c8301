#include "base/json.h"

#include <stdbool.h>

static bool is_plain(char c)
{
	return (unsigned char)c >= 0x20 && c != '"' && c != '\\' && c != 0x7f;
}

void json_text(FILE *out, const char *text)
{
	putc_unlocked('"', out);
	for (;; text++) {
		size_t plain = 0;

		while (is_plain(text[plain]))
			plain++;
		fwrite_unlocked(text, 1, plain, out);
		text += plain;
		if (!*text)
			break;
		if (*text == '"' || *text == '\\')
			fprintf(out, "\\%c", *text);
		else
			fprintf(out, "\\u%04x", (unsigned int)*text);
	}
	putc_unlocked('"', out);
}
