#include "flow/smtp_since.h"

#include <string.h>

void smtp_mark(const struct smtp_facts *f, struct smtp_mark *ret_)
{
	*ret_ = (struct smtp_mark){
		.mails = f->mails,
		.mails_refused = f->mails_refused,
		.recipients = f->recipients,
		.recipients_refused = f->recipients_refused,
		.messages = f->messages,
		.messages_refused = f->messages_refused,
		.replies_4xx = f->replies_4xx,
		.replies_5xx = f->replies_5xx,
		.unknown_commands = f->unknown_commands,
		.senders_length = f->senders_length,
		.helo_count = f->helo_count,
	};
}

bool smtp_has_more(const struct smtp_facts *f, const struct smtp_mark *m)
{
	return f->mails != m->mails || f->messages != m->messages ||
	       f->messages_refused != m->messages_refused || f->recipients != m->recipients ||
	       f->recipients_refused != m->recipients_refused ||
	       f->senders_length != m->senders_length || f->helo_count != m->helo_count;
}

void smtp_since(const struct smtp_facts *f, const struct smtp_mark *m, struct smtp_facts *ret_)
{
	uint16_t told = m->senders_length;
	uint32_t told_recipients = m->recipients;

	*ret_ = *f;
	ret_->mails = f->mails - m->mails;
	if (ret_->mails == 0 && f->mails > 0)
		ret_->mails = 1;
	if (f->messages != m->messages || f->messages_refused != m->messages_refused)
		told_recipients =
			m->recipients - (f->recipients == m->recipients && f->recipients > 0);
	ret_->mails_refused -= m->mails_refused;
	ret_->recipients -= told_recipients;
	ret_->recipients_refused -= m->recipients_refused;
	ret_->messages -= m->messages;
	ret_->messages_refused -= m->messages_refused;
	ret_->replies_4xx -= m->replies_4xx;
	ret_->replies_5xx -= m->replies_5xx;
	ret_->unknown_commands -= m->unknown_commands;
	if (told > f->senders_length || f->senders_length > sizeof(f->senders))
		told = 0;
	ret_->senders_length = (uint16_t)(f->senders_length - told);
	memmove(ret_->senders, ret_->senders + told, ret_->senders_length);
	/* The name given last counts as the first of those that follow. */
	if (m->helo_count > 0)
		ret_->helo_count = (uint8_t)(f->helo_count - m->helo_count + 1);
}
