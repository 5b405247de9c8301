/*
 * config_parts: between the files of the configuration, and for nobody else.
 *
 *   config_scan.c   looks over the text before libconfuse sees it
 *   config_parse.c  libconfuse's part: from text to items, each with its line
 *   config_take.c   reads single values
 *   config_apply.c  from items to the policy and the settings
 *   config.c        the file, the defaults, and what holds them together
 */
#ifndef EGRESS25_EDGE_CONFIG_PARTS_H
#define EGRESS25_EDGE_CONFIG_PARTS_H

#include "edge/config.h"

enum setting {
	SET_INTERFACES,
	SET_INTERNAL,
	SET_MAIL_SERVERS,
	SET_SMART_HOSTS,
	SET_PORTS,
	SET_ALSO_WATCH,
	SET_PUBLIC_ADDRESSES,
	SET_NEVER_RESET,
	SET_RESET,
	SET_RESET_VIA,
	SET_RESET_LIMIT,
	SET_INCIDENT_ON_LISTING,
	SET_MTA,
	SET_MTA_SSH,
	SET_RECORD,
	SET_SENSOR,
	SET_USER,
	SET_SILENT_AFTER,
	SET_ALLOW_SOURCE,
	SET_ALLOW_DESTINATION,
	SET_ALLOW_PORT,
	SET_ALLOW_UNTIL,
	SET_ALLOW_NOTE,
	SET_RETENTION_AGE,
	SET_RETENTION_SIZE,
	SET_RETENTION_ROWS,
	SET_COUNT
};

enum section { SECTION_NONE, SECTION_ALLOW, SECTION_RETENTION, SECTION_COUNT };

/* One row per name: the parser, the messages and the manual page's test are made from them. */
struct setting_row {
	const char *full; /* "allow.source" */
	const char *name; /* "source" */
	enum section section;
	bool list;
	const char *otherwise; /* the default as one would write it; NULL: none, or not fixed */
};
extern const struct setting_row setting_table[SET_COUNT];
extern const char *const section_names[SECTION_COUNT];

#define ORIGIN_TEXT 4200 /* where a value stands, in words */

/* One value, and where it stands. */
struct item {
	enum setting setting;
	unsigned int line;  /* 0: from the command line */
	unsigned int entry; /* which allow section it stands in, from 0 */
	const char *option; /* "--mail-server", where from the command line */
	char *text;
};

struct items {
	struct item *list;
	size_t count, room;
	unsigned int *allow_lines; /* where each allow section begins */
	unsigned int allow_count;
};

/* Adds the item with a copy of text.  0 or -ENOMEM. */
int items_add(struct items *items, const struct item *item, const char *text);
void items_done(struct items *items);

/* Writes the one line of an error; the first one stands.  Returns -EINVAL. */
int config_fail(char error[CONFIG_ERROR], const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Blanks the comments of the text and refuses what libconfuse would mistake.  0, or -EINVAL with
 * error filled; *items gets the lines of the allow sections.
 */
int config_scan(char *text, size_t length, const char *path, struct items *items,
		char error[CONFIG_ERROR]);

/* config_take.c: the value of an item, or -EINVAL with what is wrong with it said. */
struct apply {
	struct config *c;
	const struct items *items;
	char *error;
	char origin[ORIGIN_TEXT]; /* of the item in hand */
};

const char *config_item_origin(struct apply *a, unsigned int line, const char *option);
/* Says what is wrong with an item: "FILE:12: ports: found "x", expected ..." */
int config_item_fail(struct apply *a, const struct item *item, const char *what);
int config_take_prefix(struct apply *a, const struct item *item, const char *text,
		       struct prefix *ret_);
int config_take_number(struct apply *a, const struct item *item, const char *text, int64_t least,
		       int64_t most, int64_t *ret_);
int config_take_port(struct apply *a, const struct item *item, const char *text, uint16_t *ret_);
int config_take_duration(struct apply *a, const struct item *item, int64_t *ret_);
int config_take_size(struct apply *a, const struct item *item, int64_t *ret_);
int config_take_until(struct apply *a, const struct item *item, int64_t *ret_);
int config_take_text(struct apply *a, const struct item *item, size_t most, char **ret_);

/* Parses text that config_scan() has passed. */
int config_parse(const char *text, const char *path, struct items *items, char error[CONFIG_ERROR]);

/* Fills the configuration but for its lines: with the defaults, then with what the items say. */
int config_apply(struct config *c, const struct items *items, char error[CONFIG_ERROR]);

/* Where a default stands. */
#define BUILT_IN "built-in default"

/* Sources times destinations times ports of one allow section: more are a mistake. */
#define ALLOW_PRODUCT 65536

/* Fills the lines: what the items say, else the defaults.  0 or -ENOMEM. */
int config_list_lines(struct config *c, const struct items *items);

/* Whether the command line replaces the file's setting. */
bool items_replaced(const struct items *items, enum setting setting);

/* Where an item stands, in words: "FILE:12" or "--mail-server". */
const char *config_origin(const struct config *c, unsigned int line, const char *option, char *buf,
			  size_t size);

#endif
