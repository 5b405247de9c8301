#include "flow/flow.h"

static const char *const names[] = {
	[OUTCOME_SENT] = "sent",
	[OUTCOME_ENCRYPTED] = "encrypted",
	[OUTCOME_REJECTED] = "rejected",
	[OUTCOME_CONNECTED] = "connected",
	[OUTCOME_REFUSED] = "refused",
	[OUTCOME_UNREACHABLE] = "unreachable",
	[OUTCOME_UNANSWERED] = "unanswered",
};
_Static_assert(sizeof(names) / sizeof(names[0]) == OUTCOME_COUNT, "an outcome without a name");

const char *outcome_name(enum outcome outcome)
{
	return names[outcome];
}

enum outcome flow_outcome(const struct flow *f)
{
	if (f->sent)
		return OUTCOME_SENT;
	if (f->encrypted)
		return OUTCOME_ENCRYPTED;
	if (f->rejected)
		return OUTCOME_REJECTED;
	if (f->connected)
		return OUTCOME_CONNECTED;
	if (f->refused)
		return OUTCOME_REFUSED;
	if (f->unreachable)
		return OUTCOME_UNREACHABLE;
	return OUTCOME_UNANSWERED;
}
