/*
 * smtp_since: what a dialogue that goes on has told since it was looked at last.
 */
#ifndef EGRESS25_FLOW_SMTP_SINCE_H
#define EGRESS25_FLOW_SMTP_SINCE_H

#include <stdbool.h>

#include "flow/smtp.h"

/* How far a dialogue had come; all 0 before anything was looked at. */
struct smtp_mark {
	uint32_t mails, mails_refused, recipients, recipients_refused, messages, messages_refused;
	uint32_t replies_4xx, replies_5xx, unknown_commands;
	uint16_t senders_length;
	uint8_t helo_count;
};

void smtp_mark(const struct smtp_facts *f, struct smtp_mark *ret_);

/* Whether a message, a recipient, a sender or a name came up since. */
bool smtp_has_more(const struct smtp_facts *f, const struct smtp_mark *m);

/*
 * The facts without what was told before the mark: counts are differences, senders are those new
 * since, and of the transaction that goes on one MAIL command and, behind DATA, one
 * recipient stand for themselves.  What is true of
 * the connection as a whole (how it speaks, whether it quit) stays.
 */
void smtp_since(const struct smtp_facts *f, const struct smtp_mark *m, struct smtp_facts *ret_);

#endif
