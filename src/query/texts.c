#include "query/memory.h"
#include "query/texts.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct sqlite3_stmt *texts_prepare(const struct record *r)
{
	return record_prepare(r, "SELECT value FROM json_each(?1) WHERE type = 'text'");
}

static bool begin(struct list *list, size_t most)
{
	*list = (struct list){.items = memory_noted(calloc(most, sizeof(char *)))};
	return list->items != NULL;
}

static void add(struct list *list, char *text)
{
	if (text)
		((char **)list->items)[list->count++] = text;
}

void texts_take(struct sqlite3_stmt *each, struct sqlite3_stmt *row, int column, size_t most,
		struct list *list)
{
	*list = (struct list){0};
	if (sqlite3_column_type(row, column) == SQLITE_NULL || !begin(list, most))
		return;
	sqlite3_bind_value(each, 1, sqlite3_column_value(row, column));
	while (list->count < most && record_step(each) > 0)
		add(list, record_text_new(each, 0));
	sqlite3_reset(each);
}

int texts_collect(const struct record *r, struct sqlite3_stmt *s, size_t most, struct list *list)
{
	int rc = 0;

	if (!begin(list, most))
		return -ENOMEM;
	while (list->count < most && (rc = record_step(s)) > 0)
		add(list, record_text_new(s, 0));
	sqlite3_reset(s);
	return rc < 0 ? record_errno(r) : 0;
}

int texts_print(struct list *list, size_t most, const char *format, ...)
{
	char **items, *text = NULL;
	va_list arguments;
	int n;

	if (list->count >= most)
		return 0;
	items = reallocarray((void *)list->items, list->count + 1, sizeof(*items));
	if (!items)
		return -ENOMEM;
	list->items = items;
	va_start(arguments, format);
	n = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (n < 0)
		return -ENOMEM;
	items[list->count++] = text;
	return 0;
}

void texts_done(struct list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(((char *const *)list->items)[i]);
	free((void *)list->items);
	*list = (struct list){0};
}
