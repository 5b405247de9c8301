/*
 * A configuration file from arbitrary bytes: refused with a reason, or understood; and then all
 * that it says can be told, and is what a second reading of the same file says.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "edge/config.h"
#include "fuzz.h"

#define NOW INT64_C(1700000000000000)

static void check_rules(const struct policy *p)
{
	static char text[1 << 16];
	struct prefix prefix;
	struct allow allow;

	for (enum policy_class c = 0; c < POLICY_CLASS_COUNT; c++)
		for (size_t i = 0; i < policy_rule_count(p, c); i++) {
			const struct rule *r = policy_rule(p, c, i);

			FUZZ_MUST(r && r->origin && *r->origin);
		}
	for (size_t i = 0; policy_prefix(p, POLICY_INTERNAL, i, &prefix); i++)
		FUZZ_MUST(prefix.length <= 128 && prefix_contains(&prefix, &prefix.addr));
	for (size_t i = 0; policy_allow(p, i, &allow); i++)
		FUZZ_MUST(prefix_contains(&allow.source, &allow.source.addr));
	policy_print(p, text, sizeof(text));
	fuzz_page(text, strlen(text));
	policy_print(p, text, 100);
	FUZZ_MUST(strlen(text) < 100);
}

static void check_settings(const struct config *c)
{
	FUZZ_MUST(c->port_count >= 1 && c->port_count <= SITE_PORTS);
	for (size_t i = 0; i + 1 < c->port_count; i++)
		FUZZ_MUST(c->ports[i] < c->ports[i + 1]);
	FUZZ_MUST(c->public_count <= CONFIG_PUBLIC && c->record && c->sensor);
	FUZZ_MUST(c->reset < RESET_MODE_COUNT && c->reset_limit > 0);
	FUZZ_MUST(c->incident_on_listing < ON_LISTING_COUNT);
	FUZZ_MUST(c->retention_age >= 0 && c->retention_bytes >= 0 && c->silent_after > 0);
	for (size_t i = 0; i < c->line_count; i++)
		FUZZ_MUST(c->lines[i].name && c->lines[i].text && c->lines[i].origin);
}

static void check_again(const struct config *c, const char *path)
{
	static const struct config_overrides none;
	char error[CONFIG_ERROR] = "";
	struct config *d;

	FUZZ_MUST(config_load(path, &none, &d, error) == 0);
	FUZZ_MUST(d->line_count == c->line_count && d->retention_age == c->retention_age);
	for (enum policy_class k = 0; k < POLICY_CLASS_COUNT; k++)
		FUZZ_MUST(policy_rule_count(c->policy, k) == policy_rule_count(d->policy, k));
	config_free(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct config_overrides none;
	const char *path = fuzz_file(data, size);
	char error[CONFIG_ERROR] = "";
	struct config *c;

	if (config_load(path, &none, &c, error) < 0) {
		FUZZ_MUST(error[0] && strlen(error) < CONFIG_ERROR && !strchr(error, '\n'));
		return 0;
	}
	check_rules(c->policy);
	check_settings(c);
	check_again(c, path);
	config_free(c);
	return 0;
}
