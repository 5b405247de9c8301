#include "html.h"

#include <stdarg.h>
#include <string.h>

/* U+FFFE and U+FFFF, which are characters of UTF-8 and none of XML. */
static int is_no_character(const char *text)
{
	return memcmp(text, "\xEF\xBF\xBE", 3) == 0 || memcmp(text, "\xEF\xBF\xBF", 3) == 0;
}

static const char *entity_of(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

void html_text(FILE *out, const char *text)
{
	for (; text && *text; text++) {
		const char *entity = entity_of(*text);

		if (entity)
			fputs(entity, out);
		else if ((unsigned char)*text < ' ' || *text == '\x7f')
			fprintf(out, "\\x%02x", (unsigned int)*text);
		else if (strncmp(text, "\xEF\xBF", 2) == 0 && text[2] && is_no_character(text))
			fprintf(out, "\\xef\\xbf\\x%02x", (unsigned char)*(text += 2));
		else
			putc(*text, out);
	}
}

void html_print(FILE *out, const char *format, ...)
{
	char text[HTML_MOST];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	html_text(out, text);
}
