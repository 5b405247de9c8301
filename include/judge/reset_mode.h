/*
 * reset_mode: whether connections are reset.
 */
#ifndef EGRESS25_JUDGE_RESET_MODE_H
#define EGRESS25_JUDGE_RESET_MODE_H

enum reset_mode {
	RESET_NEVER,   /* nothing is opened that could send */
	RESET_OFF,     /* idle, but may be switched on */
	RESET_DRY_RUN, /* planned and counted, not sent */
	RESET_ON,
	RESET_MODE_COUNT
};
const char *reset_mode_name(enum reset_mode mode); /* "never", "off", "dry-run", "on" */
/* 0, or -EINVAL for what is no name of one. */
int reset_mode_parse(const char *text, enum reset_mode *ret_);

#endif
