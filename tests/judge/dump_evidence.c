/*
 * dump_evidence: features of hosts as CSV on standard output, for scripts/fit-weights.
 *
 *   dump_evidence people SEEDS        hosts of people.c
 *   dump_evidence blobs < FILE        lines of: LABEL KIND SIGHT HEX, the stored evidence of a host
 *                                     (LABEL 1 for a bot), as the record holds it
 *   dump_evidence table               the table of weights as it stands: key, class, weight,
 *                                     fitted, and the least and most of the class
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/judge/weights.h"
#include "people.h"

static void print_row(int label, const char *kind, const char *sight, const struct evidence *e)
{
	double phi[FEATURE_COUNT];
	struct ledger l;

	features_of(e, phi);
	evidence_judge(e, &l);
	printf("%d,%s,%s,%s,%.4f", label, kind, sight, verdict_name(l.verdict), l.log_odds);
	for (unsigned int i = 0; i < FEATURE_COUNT; i++)
		printf(",%.5g", phi[i]);
	putchar('\n');
}

static void print_head(void)
{
	printf("label,kind,sight,verdict,log_odds");
	for (unsigned int i = 0; i < FEATURE_COUNT; i++)
		printf(",%s", weights[i].key);
	putchar('\n');
}

static void print_people(unsigned long seeds)
{
	static const double days[] = {0.04, 0.3, 2, 10};
	struct evidence e;

	for (unsigned long seed = 0; seed < seeds; seed++)
		for (unsigned int kind = 0; kind < KIND_COUNT; kind++)
			for (unsigned int sight = 0; sight < SIGHT_COUNT; sight++) {
				person_live(&e, (enum kind)kind, (enum sight)sight, seed * 1000003,
					    days[seed % 4], NULL, NULL);
				print_row(kind < HONEST_PRINTER, kind_names[kind],
					  sight_names[sight], &e);
			}
}

static int print_blobs(void)
{
	static char line[2 * sizeof(struct evidence) + 256];
	char kind[128], sight[64];
	uint8_t blob[sizeof(struct evidence)];
	struct evidence e;
	int label, at;

	while (fgets(line, sizeof(line), stdin)) {
		size_t n = 0;

		if (sscanf(line, "%d %127s %63s %n", &label, kind, sight, &at) != 3)
			return 1;
		for (const char *p = line + at;
		     n < sizeof(blob) && sscanf(p, "%2hhx", &blob[n]) == 1; p += 2)
			n++;
		if (!evidence_is_valid(blob, n)) {
			fprintf(stderr, "dump_evidence: %s: not evidence of this version\n", kind);
			return 1;
		}
		memcpy(&e, blob, sizeof(e));
		print_row(label, kind, sight, &e);
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "table")) {
		for (unsigned int i = 0; i < FEATURE_COUNT; i++)
			printf("%s,%d,%g,%d,%g,%g\n", weights[i].key, (int)weights[i].class,
			       weights[i].weight, weights[i].fitted,
			       weight_caps[weights[i].class].least,
			       weight_caps[weights[i].class].most);
		return 0;
	}
	print_head();
	if (argc == 3 && !strcmp(argv[1], "people"))
		print_people(strtoul(argv[2], NULL, 10));
	else if (argc == 2 && !strcmp(argv[1], "blobs"))
		return print_blobs();
	else
		return 2;
	return 0;
}
