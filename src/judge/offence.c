#include "judge/offence.h"

#include <string.h>

#include "flow/dialogs.h"

void tally_add(struct tally *to, const struct tally *change)
{
	to->attempts += change->attempts;
	to->connected += change->connected;
	to->messages += change->messages;
	to->recipients += change->recipients;
	to->bytes_sent += change->bytes_sent;
	to->resets += change->resets;
	to->killable += change->killable;
	to->killed += change->killed;
	for (size_t i = 0; i < OUTCOME_COUNT; i++)
		to->outcomes[i] += change->outcomes[i];
}

static void describe(const struct flow *f, const struct dialogue *dialogue, uint64_t id_base,
		     bool final, struct connection *c)
{
	*c = (struct connection){
		.id = id_base + f->serial,
		.started = f->started,
		.last = f->last,
		.client = f->client,
		.server = f->server,
		.client_port = f->client_port,
		.server_port = f->server_port,
		.interface = f->interface,
		.begun = !f->told,
		.open = !final && !f->ended,
		.connected = f->connected,
		.proven = flow_is_proven(f),
		.has_isn = f->syn_seen,
		.isn = f->client_isn,
		.standing = f->standing,
		.reason = f->reason,
		.outcome = (uint8_t)flow_outcome(f),
		.has_mac = f->has_mac,
		.hops = f->hops,
		.tag_count = f->tag_count,
		.bytes_sent = f->bytes_sent,
		.bytes_received = f->bytes_received,
		.killed = -1,
	};
	memcpy(c->mac, f->mac, sizeof(c->mac));
	memcpy(c->vlans, f->vlans, sizeof(c->vlans));
	if (!dialogue)
		return;
	c->has_dialogue = true;
	c->messages = dialogue->smtp.facts.messages;
	c->recipients = dialogue->smtp.facts.recipients;
}

/* An attempt has one outcome at a time, so the sum of the outcomes stays the number of attempts. */
static void compare(const struct flow *f, const struct dialogue *dialogue, enum outcome now,
		    struct tally *change)
{
	*change = (struct tally){
		.attempts = !f->told,
		.connected = f->connected && !f->told_connected,
		.bytes_sent = (int64_t)(f->bytes_sent - f->told_bytes_sent),
	};
	change->outcomes[now]++;
	if (f->told)
		change->outcomes[f->told_outcome]--;
	if (!dialogue)
		return;
	change->messages = (int64_t)dialogue->smtp.facts.messages - dialogue->told_messages;
	change->recipients = (int64_t)dialogue->smtp.facts.recipients - dialogue->told_recipients;
}

void offence_of_flow(const struct flow *f, const struct dialogue *dialogue, uint64_t id_base,
		     bool final, struct connection *ret_connection, struct tally *ret_change)
{
	describe(f, dialogue, id_base, final, ret_connection);
	compare(f, dialogue, flow_outcome(f), ret_change);
}

/* Lines of either side grow with every word that is kept. */
static uint32_t words_of(const struct dialogue *dialogue)
{
	const struct smtp_facts *facts = &dialogue->smtp.facts;

	return facts->commands + facts->unknown_commands + facts->replies;
}

bool offence_has_words(const struct dialogue *dialogue)
{
	return words_of(dialogue) != dialogue->told_words;
}

void offence_told(struct flow *f, struct dialogue *dialogue)
{
	f->told = true;
	f->told_connected = f->connected;
	f->told_outcome = (unsigned int)flow_outcome(f) & 0xf;
	f->told_bytes_sent = f->bytes_sent;
	if (!dialogue)
		return;
	dialogue->told_messages = dialogue->smtp.facts.messages;
	dialogue->told_recipients = dialogue->smtp.facts.recipients;
	dialogue->told_words = words_of(dialogue);
}
