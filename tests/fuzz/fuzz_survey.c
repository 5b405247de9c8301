/*
 * What `check` gathers from frames: none is counted twice or for a port that is not there, probes
 * go to hosts of ours alone, and what is concluded can be printed.
 */
#include <stdlib.h>
#include <string.h>

#include "frames.h"
#include "judge/survey.h"
#include "wire/decode.h"

static const struct policy *policy(void)
{
	static struct policy *p;
	struct prefix server;

	if (!p) {
		p = policy_new();
		FUZZ_MUST(p && prefix_parse("10.0.0.25", &server) == 0);
		FUZZ_MUST(policy_add_mail_server(p, &server, "fuzz") == 0);
	}
	return p;
}

static void ask(struct survey *s)
{
	const uint8_t own[6] = {2, 0, 0, 0, 0, 9};
	uint8_t out[PROBE_ROOM];
	struct probe probe;
	struct packet p;
	struct frame f = {.data = out, .link = LINK_ETHERNET};
	struct neighbour_talk talk;
	enum decode outcome;

	if (!survey_next_probe(s, 0, &probe))
		return;
	FUZZ_MUST(site_side(policy_site(policy()), &probe.target) == SIDE_INTERNAL);
	FUZZ_MUST(!(probe.mac[0] & 1));
	f.captured = f.length = (uint32_t)probe_build(&probe, own, out);
	outcome = decode_frame(&f, &p);
	FUZZ_MUST(outcome == DECODE_NOT_IP || outcome == DECODE_OTHER_IP);
	FUZZ_MUST(probe_read(&f, &p, &talk) && talk.question);
	FUZZ_MUST(addr_equal(&talk.target, &probe.target));
}

static void conclude(const struct check_facts *facts)
{
	static struct check checks[CHECK_MOST];
	size_t n = check_judge(facts, checks);

	FUZZ_MUST(n <= CHECK_MOST);
	for (size_t i = 0; i < n; i++) {
		FUZZ_MUST(checks[i].result < CHECK_RESULT_COUNT);
		fuzz_harmless(checks[i].seen);
		fuzz_harmless(checks[i].advice);
	}
	check_is_settled(facts, checks, n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct frames frames = frames_of(data, size);
	static struct check_facts facts;
	const uint8_t own[6] = {2, 0, 0, 0, 0, 9};
	struct addr public = addr_from_v4((const uint8_t[]){203, 0, 113, 9});
	struct survey_options options = {.key = {{1, 2}},
					 .policy = policy(),
					 .public_addresses = &public,
					 .public_count = 1,
					 .facts = &facts};
	struct survey *s;
	struct frame f;
	uint64_t given[2] = {0};

	memset(&facts, 0, sizeof(facts));
	facts.port_count = facts.prober_count = 1;
	strcpy(facts.ports[0].name, "eth1");
	facts.ports[0].mtu = 1500;
	options.via = size & 1;
	s = survey_new(&options);
	FUZZ_MUST(s != NULL);
	survey_set_prober(s, 0, own);
	while (frames_next(&frames, &f)) {
		survey_frame(s, &f);
		given[f.interface]++;
		FUZZ_MUST(facts.ports[0].frames <= given[0] && facts.ports[1].frames == 0);
		FUZZ_MUST(facts.ports[0].unread <= facts.ports[0].frames);
		if (given[0] % 8 == 0)
			ask(s);
	}
	ask(s);
	survey_count_talks(s);
	conclude(&facts);
	survey_free(s);
	return 0;
}
