#include "commands/order.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/moment.h"
#include "base/text.h"
#include "commands/query.h"
#include "query/status.h"

static int bad(const char *command, const char *option, const char *text, const char *expected)
{
	char escaped[256];

	text_escape(text, strlen(text), escaped, sizeof(escaped));
	log_say("%s: --%s %s: expected %s; see egress25 %s --help", command, option, escaped,
		expected, command);
	return EXIT_USAGE;
}

static int take_reason(const char *command, const char *text, char ret_[INCIDENT_TEXT])
{
	if (strlen(text) > INCIDENT_REASON) {
		log_say("%s: --reason: is %zu bytes long, %d are allowed: say it shorter", command,
			strlen(text), INCIDENT_REASON);
		return EXIT_USAGE;
	}
	text_escape(text, strlen(text), ret_, INCIDENT_TEXT);
	return EXIT_DONE;
}

static int take_address(const char *command, const char *text, char ret_[ADDR_TEXT])
{
	struct addr address;

	if (addr_parse(text, &address) < 0)
		return bad(command, "address", text, "an IPv4 or IPv6 address");
	addr_format(&address, ret_);
	return EXIT_DONE;
}

static int take_times(const struct options *o, const char *command,
		      const struct order_limits *limits, struct store_incident *i)
{
	int64_t length = limits->length;

	if (o->duration && (moment_parse_duration(o->duration, &length) < 0 ||
			    length < limits->least || length > limits->most))
		return bad(command, "for", o->duration, limits->range);
	i->since = i->opened;
	if (o->since && (moment_parse(o->since, i->opened, &i->since) < 0 || i->since > i->opened))
		return bad(command, "since", o->since, "a time that has been, such as 09:30 or 2h");
	i->until = i->opened + length;
	return EXIT_DONE;
}

/* Behind sudo whoever called it: its word is that of root alone. */
static const char *sudo_user(void)
{
	const char *name = getuid() == 0 ? getenv("SUDO_USER") : NULL;

	return name && *name && strlen(name) < INCIDENT_USER && getpwnam(name) ? name : NULL;
}

static void name_user(char ret_[INCIDENT_USER])
{
	const char *name = sudo_user();
	const struct passwd *user = name ? NULL : getpwuid(getuid());

	if (user)
		name = user->pw_name;
	if (name)
		text_escape(name, strlen(name), ret_, INCIDENT_USER);
	else
		text_print(ret_, INCIDENT_USER, "%u", (unsigned int)getuid());
}

int order_fill(const struct options *o, const struct config *c, const char *command,
	       const struct order_limits *limits, struct order *ret_)
{
	int status;

	ret_->row = (struct store_incident){
		.opened_by = ret_->user,
		.reason = ret_->reason,
		.address = o->address ? ret_->address : NULL,
		.policy = ret_->policy,
		.opened = moment_now(),
		.reset = o->incident_reset,
	};
	name_user(ret_->user);
	policy_print(c->policy, ret_->policy, sizeof(ret_->policy));
	status = take_reason(command, o->reason ? o->reason : limits->reason, ret_->reason);
	if (status == EXIT_DONE && o->address)
		status = take_address(command, o->address, ret_->address);
	return status == EXIT_DONE ? take_times(o, command, limits, &ret_->row) : status;
}

int order_running(const struct options *o, struct config **ret_config, bool *ret_)
{
	struct status s;
	struct query q;
	int status = query_open(o, true, &q);

	if (status == EXIT_DONE && status_load(q.records[0], q.config->silent_after, q.now, &s) < 0)
		status = query_failed(q.records[0]);
	if (status == EXIT_DONE) {
		*ret_ = s.running;
		status_done(&s);
		*ret_config = q.config;
		q.config = NULL;
	}
	query_close(&q);
	return status;
}
