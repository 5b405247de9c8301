/* Items: values and where they stand; and the configuration's lines, which are made from them. */
#include "config_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

int items_add(struct items *items, const struct item *item, const char *text)
{
	if (items->count == items->room) {
		size_t room = items->room ? 2 * items->room : 64;
		struct item *list = reallocarray(items->list, room, sizeof(*list));

		if (!list)
			return -ENOMEM;
		items->list = list;
		items->room = room;
	}
	items->list[items->count] = *item;
	items->list[items->count].text = strdup(text);
	if (!items->list[items->count].text)
		return -ENOMEM;
	items->count++;
	return 0;
}

void items_done(struct items *items)
{
	for (size_t i = 0; i < items->count; i++)
		free(items->list[i].text);
	free(items->list);
	free(items->allow_lines);
}

bool items_replaced(const struct items *items, enum setting setting)
{
	for (size_t i = 0; i < items->count; i++)
		if (items->list[i].option && items->list[i].setting == setting)
			return true;
	return false;
}

const char *config_origin(const struct config *c, unsigned int line, const char *option, char *buf,
			  size_t size)
{
	if (option)
		return text_print(buf, size, "%s", option);
	return text_print(buf, size, "%s:%u", c->path, line);
}

/* What stands where nothing was configured, in the words of the file; NULL where nothing does. */
static const char *default_of(const struct config *c, enum setting setting)
{
	if (setting == SET_RECORD)
		return c->record;
	if (setting == SET_SENSOR)
		return c->sensor;
	return setting_table[setting].otherwise;
}

static bool in_policy(enum setting setting)
{
	return (setting >= SET_INTERNAL && setting <= SET_ALSO_WATCH) ||
	       (setting >= SET_ALLOW_SOURCE && setting <= SET_ALLOW_NOTE);
}

static int add_line(struct config *c, enum setting setting, const char *text, const char *origin)
{
	struct config_line *lines = reallocarray(c->lines, c->line_count + 1, sizeof(*lines));
	struct config_line *line;

	if (!lines)
		return -ENOMEM;
	c->lines = lines;
	line = &lines[c->line_count++];
	line->name = setting_table[setting].full;
	line->text = strdup(text);
	line->origin = strdup(origin);
	return line->text && line->origin ? 0 : -ENOMEM;
}

static int list_setting(struct config *c, const struct items *items, enum setting setting)
{
	bool replaced = items_replaced(items, setting), found = false;
	const char *otherwise = default_of(c, setting);
	char origin[ORIGIN_TEXT];
	int r = 0;

	for (size_t i = 0; i < items->count && r == 0; i++) {
		const struct item *item = &items->list[i];

		if (item->setting != setting || (replaced && !item->option))
			continue;
		r = add_line(c, setting, item->text,
			     config_origin(c, item->line, item->option, origin, sizeof(origin)));
		found = true;
	}
	return !found && otherwise ? add_line(c, setting, otherwise, BUILT_IN) : r;
}

int config_list_lines(struct config *c, const struct items *items)
{
	int r = 0;

	for (size_t s = 0; s < SET_COUNT && r == 0; s++)
		if (!in_policy((enum setting)s))
			r = list_setting(c, items, (enum setting)s);
	return r;
}
